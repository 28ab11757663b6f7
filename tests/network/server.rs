//! Servers that behave as a test says, and keep every byte that reaches them.

use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::certificates::Identity;

/// A stream, plain or secured.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// The bytes that arrived.
#[derive(Clone, Default)]
pub struct Arrived(Arc<Mutex<Vec<u8>>>);

impl Arrived {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    pub fn add(&self, bytes: &[u8]) {
        self.0.lock().unwrap().extend_from_slice(bytes);
    }
}

/// A server on a port of loopback, until it is dropped.
pub struct Server {
    pub port: u16,
    /// What it was sent; behind TLS, what came out of it.
    pub arrived: Arrived,
    connections: Arc<Mutex<usize>>,
    accepting: AbortHandle,
}

impl Server {
    /// Hands each connection to `serve`.
    pub async fn tcp<F>(serve: impl Fn(TcpStream, Arrived) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (arrived, connections) = (Arrived::default(), Arc::<Mutex<usize>>::default());
        let (own, count) = (arrived.clone(), Arc::clone(&connections));
        let accept = async move {
            let mut serving = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                *count.lock().unwrap() += 1;
                serving.spawn(serve(stream, own.clone()));
            }
        };
        Self { port, arrived, connections, accepting: tokio::spawn(accept).abort_handle() }
    }

    /// Hands what is on each connection to `serve`.
    pub async fn plain<F>(serve: impl Fn(Recorded) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::tcp(move |stream, arrived| serve(Recorded::new(stream, arrived))).await
    }

    /// The same behind TLS.
    pub async fn tls<F>(
        identity: &Identity,
        serve: impl Fn(Recorded) -> F + Send + Sync + Clone + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let acceptor = TlsAcceptor::from(identity.config());
        Self::tcp(move |stream, arrived| {
            let (acceptor, serve) = (acceptor.clone(), serve.clone());
            async move {
                // A client that refuses the certificate ends the handshake.
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(Recorded::new(stream, arrived)).await;
                }
            }
        })
        .await
    }

    /// How many connections it has had.
    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A stream that keeps what is read from it.
pub struct Recorded {
    stream: Box<dyn Stream>,
    arrived: Arrived,
}

impl Recorded {
    fn new(stream: impl Stream + 'static, arrived: Arrived) -> Self {
        Self { stream: Box::new(stream), arrived }
    }

    /// Where what is read is kept.
    pub fn arrived(&self) -> &Arrived {
        &self.arrived
    }

    /// Reads up to the end of a head.
    pub async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match self.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => break,
            }
        }
        String::from_utf8(head).unwrap()
    }

    /// Reads a whole request; its body.
    pub async fn request(&mut self) -> String {
        let head = self.head().await.to_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.read_exact(&mut body).await.unwrap();
        String::from_utf8(body).unwrap()
    }
}

impl AsyncRead for Recorded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.arrived.add(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Recorded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
