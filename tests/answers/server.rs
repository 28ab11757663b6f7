//! A server that answers as a case says, down to the socket: bodies without end, silence, a reset.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokengauge::domain::Authority;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::case::{Case, Generator};

/// What happens between the first request and its answer.
type Meanwhile = Box<dyn FnOnce() + Send>;

/// The server. Dropping it ends it.
pub struct Server {
    url: String,
    bodies: Arc<Mutex<Vec<String>>>,
    meanwhile: Arc<Mutex<Option<Meanwhile>>>,
    serving: JoinHandle<()>,
}

impl Server {
    /// Answers every request as the case says.
    pub async fn of(case: &Case) -> Self {
        Self::with(vec![case.clone()]).await
    }

    /// Answers by these cases in order, the last one again and again.
    pub async fn with(cases: Vec<Case>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let bodies = Arc::<Mutex<Vec<String>>>::default();
        let meanwhile = Arc::default();
        let serving = tokio::spawn(serve(listener, cases, Arc::clone(&bodies), Arc::clone(&meanwhile)));
        Self { url, bodies, meanwhile, serving }
    }

    pub fn authority(&self) -> Authority {
        Authority::custom(&self.url, None).unwrap()
    }

    /// What happens between the next request and its answer.
    pub fn meanwhile(&self, act: impl FnOnce() + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some(Box::new(act));
    }

    /// The forms that were posted.
    pub fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(
    listener: TcpListener,
    cases: Vec<Case>,
    bodies: Arc<Mutex<Vec<String>>>,
    meanwhile: Arc<Mutex<Option<Meanwhile>>>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (cases, bodies, meanwhile) = (cases.clone(), Arc::clone(&bodies), Arc::clone(&meanwhile));
        tokio::spawn(async move {
            let mut stream = stream;
            let Some(body) = request(&mut stream).await else { return };
            let number = {
                let mut bodies = bodies.lock().unwrap();
                bodies.push(body);
                bodies.len() - 1
            };
            if let Some(act) = meanwhile.lock().unwrap().take() {
                act();
            }
            // Whoever stops reading an endless answer closes the line: that is no error here.
            let _ = answer(&mut stream, &cases[number.min(cases.len() - 1)]).await;
        });
    }
}

/// Reads one request; its body.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 8192];
        let read = stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse::<usize>().ok())
            .unwrap_or(0);
        if body.len() >= length {
            return Some(body.to_owned());
        }
    }
}

async fn answer(stream: &mut TcpStream, case: &Case) -> std::io::Result<()> {
    if let Some(body) = case.body() {
        head(stream, case, Some(body.len())).await?;
        stream.write_all(&body).await?;
        return stream.shutdown().await;
    }
    match case.body_generator.as_ref().expect("a body or a generator") {
        Generator::Repeat { prefix, unit, suffix, count, .. } => {
            endless(stream, case, prefix.as_bytes(), unit.as_bytes(), *count).await?;
            chunk(stream, suffix.as_bytes()).await
        }
        Generator::GzipBomb { inflated_bytes } => {
            let unit = packed(&MATCH.repeat(8));
            endless(stream, case, &bomb_head(), &unit, inflated_bytes / (8 * 258)).await
        }
        Generator::Drip { bytes_per_second, total } => {
            head(stream, case, Some(usize::try_from(*total).unwrap())).await?;
            silent_time();
            for _ in 0..*total {
                tokio::time::sleep(
                    std::time::Duration::from_secs(1) / u32::try_from(*bytes_per_second).unwrap(),
                )
                .await;
                stream.write_all(b" ").await?;
            }
            Ok(())
        }
        Generator::HeadersThenHang => {
            head(stream, case, Some(100)).await?;
            silent_time();
            std::future::pending().await
        }
        // The kernel sends RST when it closes a socket that lingers for no time.
        Generator::ResetAfterRequest => stream.set_zero_linger(),
        Generator::Bytes { .. } => unreachable!("has a body"),
    }
}

/// From here on only timers are waited for: the paused clock jumps from one to the next, so no test sleeps.
fn silent_time() {
    tokio::time::pause();
}

async fn head(stream: &mut TcpStream, case: &Case, length: Option<usize>) -> std::io::Result<()> {
    let length = match length {
        // RFC 9110 §8.6: no length with 204.
        Some(_) if case.http_status == 204 => None,
        Some(length) => Some(format!("Content-Length: {length}")),
        None => Some("Transfer-Encoding: chunked".to_owned()),
    };
    let first = [format!("HTTP/1.1 {} Case", case.http_status), "Connection: close".to_owned()];
    let told = case.headers.iter().map(|(name, value)| format!("{name}: {value}"));
    let head: Vec<String> = first.into_iter().chain(told).chain(length).collect();
    stream.write_all(format!("{}\r\n\r\n", head.join("\r\n")).as_bytes()).await
}

/// `first`, then `unit` again and again, in chunks of 64 KiB or so.
async fn endless(
    stream: &mut TcpStream,
    case: &Case,
    first: &[u8],
    unit: &[u8],
    count: u64,
) -> std::io::Result<()> {
    head(stream, case, None).await?;
    chunk(stream, first).await?;
    let per_chunk = 65_536 / unit.len();
    let bytes = unit.repeat(per_chunk);
    for _ in 0..count / per_chunk as u64 {
        chunk(stream, &bytes).await?;
    }
    Ok(())
}

async fn chunk(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
    stream.write_all(bytes).await?;
    stream.write_all(b"\r\n").await
}

/// A run of 258 zeros in RFC 1951's fixed code: length 258 (symbol 285), distance 1 (symbol 0).
const MATCH: &str = "1100010100000";

/// A gzip header (RFC 1952), a last block of fixed code with one zero in it, and one match: whole bytes again.
fn bomb_head() -> Vec<u8> {
    let mut head = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    head.extend(packed(&format!("11000110000{MATCH}")));
    head
}

/// Bits in the order of the stream: the first is the lowest of its byte.
fn packed(bits: &str) -> Vec<u8> {
    let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | (bit - b'0'));
    assert_eq!(bits.len() % 8, 0);
    bits.as_bytes().chunks(8).map(byte).collect()
}
