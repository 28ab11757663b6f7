//! The simulator's loopback shell: HTTP/1.1 on 127.0.0.1, on a port that the system chooses; with TLS if a certificate
//! is given, for clients that insist on it.

use std::error::Error;
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
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::route::Route;
use super::{ConnectionDropped, Endpoint, Simulator, answer};

/// The largest request body that is read, bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// A running shell. Dropping it closes the port and all connections.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    scheme: &'static str,
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
    /// Device authorization endpoint.
    pub device_code: u64,
    /// The page where a user code is entered.
    pub device_login: u64,
    /// Administrator consent: pages and their answers.
    pub admin_consent: u64,
    /// Discovery documents.
    pub discovery: u64,
    /// Signing keys.
    pub keys: u64,
    /// Graph calls.
    pub graph: u64,
    /// Anything else.
    pub other: u64,
}

impl Requests {
    fn count(&mut self, path: &str) {
        let counter = match Route::of(path).map(Route::endpoint) {
            Some(Endpoint::Authorize) => &mut self.authorize,
            Some(Endpoint::Token) => &mut self.token,
            Some(Endpoint::DeviceCode) => &mut self.device_code,
            Some(Endpoint::DeviceLogin) => &mut self.device_login,
            Some(Endpoint::AdminConsent) => &mut self.admin_consent,
            Some(Endpoint::Discovery) => &mut self.discovery,
            Some(Endpoint::Keys) => &mut self.keys,
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
        Self::listen(simulator, Arc::new(clock), None)
    }

    /// As [`Server::start`], with TLS: a certificate for `127.0.0.1` and its private key, both PEM.
    pub fn start_with_tls(
        simulator: Arc<Mutex<Simulator>>,
        clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
        (certificate_pem, key_pem): (&str, &str),
    ) -> io::Result<Self> {
        let acceptor = acceptor(certificate_pem, key_pem).map_err(io::Error::other)?;
        Self::listen(simulator, Arc::new(clock), Some(acceptor))
    }

    fn listen(
        simulator: Arc<Mutex<Simulator>>,
        clock: ShellClock,
        tls: Option<TlsAcceptor>,
    ) -> io::Result<Self> {
        let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        lock(&simulator).reached_at(format!("{scheme}://{address}"));
        let requests = Arc::new(Mutex::new(Requests::default()));
        let shell = Shell { simulator, clock, requests: Arc::clone(&requests), address };
        let accepting = tokio::spawn(accept(listener, shell, tls)).abort_handle();
        Ok(Self { address, scheme, accepting, requests })
    }

    /// Where it listens, such as `http://127.0.0.1:49152`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
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

/// Tells the moment of a request.
type ShellClock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What every connection needs.
#[derive(Clone)]
struct Shell {
    simulator: Arc<Mutex<Simulator>>,
    clock: ShellClock,
    requests: Arc<Mutex<Requests>>,
    address: SocketAddr,
}

/// Reads certificate chain and key.
fn acceptor(certificate_pem: &str, key_pem: &str) -> Result<TlsAcceptor, Box<dyn Error + Send + Sync>> {
    let chain = CertificateDer::pem_slice_iter(certificate_pem.as_bytes()).collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let configuration = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(TlsAcceptor::from(Arc::new(configuration)))
}

/// Takes connections until it is aborted; the set aborts the connections with it.
async fn accept(listener: TcpListener, shell: Shell, tls: Option<TlsAcceptor>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that is gone before it is accepted is the caller's business.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(open(stream, shell.clone(), tls.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn open(stream: TcpStream, shell: Shell, tls: Option<TlsAcceptor>) {
    match tls {
        None => serve(stream, shell).await,
        Some(acceptor) => {
            // A handshake that fails is told to the caller by its own TLS.
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(stream, shell).await;
            }
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, shell: Shell) {
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

impl Error for Dropped {}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    answer::answer(status, "text/plain; charset=utf-8", String::new()).map(Full::new)
}

/// A panic elsewhere leaves counters and tokens usable.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
