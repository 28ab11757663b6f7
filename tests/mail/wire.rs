//! A connection of lines, which may become secure on the way; and the port where it comes in.

use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::Pin;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// No line of these protocols is longer here, bytes.
const LONGEST_LINE: u64 = 64 * 1024;

/// A stream, plain or secured.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// One end of a connection.
pub struct Wire {
    stream: BufReader<Box<dyn Stream>>,
}

impl Wire {
    pub fn new(stream: impl Stream + 'static) -> Self {
        Self { stream: BufReader::new(Box::new(stream)) }
    }

    /// The next line, without its end; `None` when the other side has gone.
    pub async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        (&mut self.stream).take(LONGEST_LINE).read_until(b'\n', &mut line).await.ok()?;
        let line = line.strip_suffix(b"\r\n")?;
        String::from_utf8(line.to_vec()).ok()
    }

    /// Sends a line. Whoever has gone is met at the next [`Wire::line`].
    pub async fn say(&mut self, line: &str) {
        let _ = self.stream.write_all(format!("{line}\r\n").as_bytes()).await;
        let _ = self.stream.flush().await;
    }

    /// The same connection behind TLS; nothing where the handshake fails.
    pub async fn secured(self, acceptor: &TlsAcceptor) -> Option<Self> {
        // What was sent ahead of the handshake was not protected by it.
        assert!(self.stream.buffer().is_empty(), "something came between STARTTLS and the handshake");
        Some(Self::new(acceptor.accept(self.stream.into_inner()).await.ok()?))
    }
}

type Session = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A port of loopback, until it is dropped.
pub struct Port {
    pub number: u16,
    accepting: AbortHandle,
}

impl Port {
    /// Hands each connection to `serve`. Must be called inside a tokio runtime.
    pub fn open(serve: impl Fn(TcpStream) -> Session + Send + 'static) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let number = listener.local_addr().unwrap().port();
        let accept = async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                sessions.spawn(serve(stream));
            }
        };
        Self { number, accepting: tokio::spawn(accept).abort_handle() }
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
