//! A listener at a free port, and a bare HTTP client that says exactly what it is told to.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener as StdListener};
use std::time::Duration;

use tokengauge::domain::secret::Secret;
use tokengauge::domain::{RedirectUri, ResponseMode};
use tokengauge::runtime::listener::{Expected, Heard, Limits, Listener};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

pub const STATE: &str = "sTaTe-0123456789-abcdefghijklmnopqrstuvwxyz";
pub const CODE: &str = "0.AXkA-the-code_itself";
pub const GO: &str = "kd7m2xqp";
pub const ADDRESS: &str = "https://login.example/contoso/oauth2/v2.0/authorize?client_id=5d2f&state=sTaTe";

/// What a good answer holds.
pub fn good() -> String {
    format!("code={CODE}&state={STATE}&session_state=7e6d")
}

/// A port that is free at both addresses.
pub fn free_port() -> u16 {
    loop {
        let probe = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = probe.local_addr().unwrap().port();
        if StdListener::bind((Ipv6Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

pub fn expected(port: u16, response_mode: ResponseMode) -> Expected {
    Expected {
        redirect_uri: RedirectUri::parse(&format!("http://localhost:{port}/")).unwrap(),
        state: STATE.to_owned(),
        response_mode,
        authorization_request: ADDRESS.parse().unwrap(),
        go_code: Some(GO.to_owned()),
    }
}

pub fn limits() -> Limits {
    Limits::of_life(Duration::from_secs(900))
}

/// A listener that runs.
pub struct Running {
    pub port: u16,
    pub heard: UnboundedReceiver<Heard>,
    pub task: JoinHandle<()>,
}

impl Running {
    pub fn start(response_mode: ResponseMode) -> Self {
        Self::with(response_mode, limits(), |_| {})
    }

    /// With other limits, and what is expected changed.
    pub fn with(mode: ResponseMode, limits: Limits, change: impl Fn(&mut Expected)) -> Self {
        // Between finding a port and opening it somebody else may take it.
        let (port, listener) = loop {
            let port = free_port();
            let mut expected = expected(port, mode);
            change(&mut expected);
            if let Ok(listener) = Listener::bind(expected, limits) {
                break (port, listener);
            }
        };
        let (teller, heard) = unbounded_channel();
        let task = tokio::spawn(listener.serve(move |news| teller.send(news).unwrap()));
        Self { port, heard, task }
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.unwrap()
    }

    /// Sends these bytes, and reads to the end.
    pub async fn send(&self, bytes: &[u8]) -> Reply {
        let mut stream = self.connect().await;
        // A listener that has heard enough closes before everything is written.
        let _ = stream.write_all(bytes).await;
        read(&mut stream).await
    }

    pub async fn request(&self, method: &str, target: &str, more: &str, body: &str) -> Reply {
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let head =
            format!("{method} {target} HTTP/1.1\r\nHost: localhost:{}\r\n{more}{length}\r\n", self.port);
        self.send(format!("{head}{body}").as_bytes()).await
    }

    pub async fn get(&self, target: &str) -> Reply {
        self.request("GET", target, "", "").await
    }

    pub async fn post(&self, target: &str, body: &str) -> Reply {
        self.request("POST", target, "Content-Type: application/x-www-form-urlencoded\r\n", body).await
    }

    /// The next thing told.
    pub async fn told(&mut self) -> Heard {
        self.heard.recv().await.expect("something is told")
    }

    /// The answer that was told.
    pub async fn answer(&mut self) -> String {
        match self.told().await {
            Heard::Redirected(text) => text.expose().to_owned(),
            other @ Heard::Go(_) => panic!("{other:?}"),
        }
    }

    /// Nothing has been told, and the right answer is still taken.
    pub async fn still_waits(&mut self) {
        assert!(self.heard.try_recv().is_err());
        assert_eq!(self.get(&format!("/?{}", good())).await.status, 200);
        assert!(self.answer().await.contains(CODE));
    }
}

/// What came back; status 0 for nothing at all.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

pub async fn read(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Reply { status, head: head.to_owned(), body: body.to_owned() }
}
