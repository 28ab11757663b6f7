//! HTTP/1.1 within bounds: of time, of size, of connections. Whatever comes, the listener waits on for the right one.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::select;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::gate::{Asked, Gate};
use super::ports::Sockets;
use super::reply::Reply;
use super::{Heard, Limits};

/// The longest head: a query of the platform has some two thousand bytes.
const HEAD_LIMIT: usize = 16 * 1024;
/// The longest body.
const BODY_LIMIT: usize = 64 * 1024;
/// What is read and thrown away of a request that was too long, so that its sender sees the refusal.
const THROWN_AWAY: usize = 256 * 1024;
/// How long that may take.
const THROWING_AWAY: Duration = Duration::from_millis(500);
/// How long nothing is accepted after the system refused to.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until a moment after the answer, or to the end of the listener's life.
pub(super) async fn serve(
    sockets: &Sockets,
    gate: &Arc<Gate>,
    limits: Limits,
    mut heard: impl FnMut(Heard) + Send,
) {
    let mut connections = Connections::default();
    let replied = Arc::clone(&connections.replied);
    let mut end = pin!(sleep(limits.life));
    loop {
        select! {
            accepted = sockets.accept() => match accepted {
                Ok(stream) => connections.take(stream, gate, limits),
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
            () = replied.notified() => {}
            Some(_) = connections.tasks.join_next() => {}
            () = &mut end => return,
        }
        // Told only now: the reply is out, or its receiver has gone.
        for news in gate.news() {
            if matches!(news, Heard::Redirected(_)) {
                end.set(sleep(limits.linger));
            }
            heard(news);
        }
    }
}

/// The connections that are served.
#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    oldest_first: VecDeque<AbortHandle>,
    /// Notified when a reply has gone out.
    replied: Arc<Notify>,
}

impl Connections {
    /// One more; beyond the limit the oldest gives way, so that nobody shuts others out by holding connections.
    fn take(&mut self, stream: TcpStream, gate: &Arc<Gate>, limits: Limits) {
        self.oldest_first.retain(|own| !own.is_finished());
        if self.oldest_first.len() >= limits.connections
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            oldest.abort();
        }
        let (gate, replied) = (Arc::clone(gate), Arc::clone(&self.replied));
        let whole = async move {
            // The error is the sender's own: too slow, too long, gone. The listener waits on.
            let _ = timeout(limits.request, connection(stream, &gate, &replied, limits)).await;
        };
        self.oldest_first.push_back(self.tasks.spawn(whole));
    }
}

async fn connection(stream: TcpStream, gate: &Gate, replied: &Notify, limits: Limits) {
    let service = service_fn(|request| Box::pin(answer(gate, request)));
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .keep_alive(false)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service);
    let _ = poll_fn(|context| http.poll_without_shutdown(context)).await;
    replied.notify_one();
    // Closed by ourselves: what was not read would make the system take the reply back.
    let stream = http.into_parts().io.into_inner();
    let _ = timeout(THROWING_AWAY, close(stream)).await;
}

async fn close(mut stream: TcpStream) -> std::io::Result<()> {
    stream.shutdown().await?;
    let mut buffer = [0; 4096];
    let mut left = THROWN_AWAY;
    while left > 0 {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            break;
        }
        left = left.saturating_sub(count);
    }
    Ok(())
}

async fn answer(gate: &Gate, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let reply = match gate.ask(&head) {
        Asked::Settled(reply) => reply,
        Asked::Query(query) => gate.take_query(query),
        Asked::Form => form(gate, body).await,
    };
    Ok(reply.response())
}

async fn form(gate: &Gate, body: Incoming) -> Reply {
    // A body that says it is too long is not read at all.
    if body.size_hint().lower() > BODY_LIMIT as u64 {
        return Reply::TooLong;
    }
    match Pin::new(&mut Limited::new(body, BODY_LIMIT)).collect().await {
        Ok(body) => gate.take_form(&body.to_bytes()),
        Err(_) => Reply::TooLong,
    }
}
