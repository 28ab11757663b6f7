//! The simulator's loopback shell: HTTP/1.1 on 127.0.0.1, on a port that the system chooses.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::{ConnectionDropped, Endpoint, Simulator, answer, endpoint};

/// The largest request body that is read, bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// A running shell. Dropping it closes the port and all connections.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    accepting: AbortHandle,
    requests: Arc<Mutex<Requests>>,
}

/// How many requests each part of the platform has had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    /// Authorize endpoint: pages and their answers.
    pub authorize: u64,
    /// Token endpoint.
    pub token: u64,
    /// Discovery documents.
    pub discovery: u64,
    /// Graph calls.
    pub graph: u64,
    /// Anything else.
    pub other: u64,
}

impl Requests {
    fn count(&mut self, path: &str) {
        let counter = match endpoint(path) {
            Some(Endpoint::Authorize) => &mut self.authorize,
            Some(Endpoint::Token) => &mut self.token,
            Some(Endpoint::Discovery) => &mut self.discovery,
            Some(Endpoint::Graph) => &mut self.graph,
            None => &mut self.other,
        };
        *counter += 1;
    }
}

impl Server {
    /// Listens, and tells the simulator its address. Must be called inside a tokio runtime.
    pub fn start(
        simulator: Arc<Mutex<Simulator>>,
        clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        lock(&simulator).reached_at(format!("http://{address}"));
        let requests = Arc::new(Mutex::new(Requests::default()));
        let shell = Shell { simulator, clock: Arc::new(clock), requests: Arc::clone(&requests), address };
        let accepting = tokio::spawn(accept(listener, shell)).abort_handle();
        Ok(Self { address, accepting, requests })
    }

    /// Where it listens, such as `http://127.0.0.1:49152`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What has been asked so far.
    pub fn requests(&self) -> Requests {
        *lock(&self.requests)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Shell {
    simulator: Arc<Mutex<Simulator>>,
    clock: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    requests: Arc<Mutex<Requests>>,
    address: SocketAddr,
}

/// Takes connections until it is aborted; the set aborts the connections with it.
async fn accept(listener: TcpListener, shell: Shell) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that is gone before it is accepted is the caller's business.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, shell.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, shell: Shell) {
    let service = service_fn(move |request| {
        let shell = shell.clone();
        async move { shell.answer(request).await }
    });
    // The error is the client's hanging up or an ordered drop; there is nobody to tell.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Shell {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Dropped> {
        lock(&self.requests).count(request.uri().path());
        if !self.is_addressed_here(&request) {
            return Ok(plain(StatusCode::MISDIRECTED_REQUEST));
        }
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
            return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE));
        };
        let request = Request::from_parts(head, body.to_bytes());
        let now = (self.clock)();
        let mut response = lock(&self.simulator).handle(&request, now);
        // By the tenant's clock, which may run faster than that of hyper (RFC 9110 §5.6.7).
        answer::set(&mut response, "date", &now.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        match response.extensions().get::<ConnectionDropped>() {
            Some(_) => Err(Dropped),
            None => Ok(response.map(Full::new)),
        }
    }

    /// A page elsewhere must not reach it through a name that resolves to loopback.
    fn is_addressed_here(&self, request: &Request<Incoming>) -> bool {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let port = self.address.port();
        host.is_some_and(|host| host == self.address.to_string() || host == format!("localhost:{port}"))
    }
}

/// Ends a connection without an answer.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the scenario drops this connection")
    }
}

impl std::error::Error for Dropped {}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    answer::answer(status, "text/plain; charset=utf-8", String::new()).map(Full::new)
}

/// A panic elsewhere leaves counters and tokens usable.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
