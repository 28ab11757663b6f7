//! A platform that holds its answer back until the test says so, and a vault with a connection to it.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::home::Home;
use super::plain_http;
use super::tenant::{CLIENT_ID, NAME, SECRET, parameter};

/// A platform that answers when the test says so, and a vault with a connection to it.
pub struct Slow {
    pub home: Home,
    listener: TcpListener,
}

/// A request that waits for its answer.
pub struct Held(TcpStream);

impl Slow {
    pub fn new() -> Self {
        let home = Home::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let slow = Self { home, listener };
        let arguments =
            ["add", NAME, "--client-id", CLIENT_ID, "--authority-url", &slow.url(), "--secret-stdin"];
        slow.home.with_stdin(&arguments, SECRET).is(0);
        slow
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }

    /// The next request, read to its end.
    pub fn held(&self) -> Held {
        let (stream, _) = self.listener.accept().unwrap();
        plain_http::asked(&stream).unwrap();
        Held(stream)
    }

    pub fn start(&self, arguments: &[&str]) -> Child {
        self.start_under(&[], arguments)
    }

    /// Under another program, such as a tracer or a shell.
    pub fn start_under(&self, program: &[&str], arguments: &[&str]) -> Child {
        let mut command = self.home.under(program, arguments);
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("XDG_RUNTIME_DIR", self.runtime());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Where what cannot be saved is kept.
    pub fn runtime(&self) -> PathBuf {
        let directory = self.home.path("run");
        std::fs::create_dir_all(&directory).unwrap();
        directory
    }

    pub fn redeem(&self) -> Child {
        let state = parameter(&self.home.run(&["authorize", NAME, "--print-url"]).is(0).out, "state");
        let mut child = self.start(&["redeem", NAME]);
        let address = format!("http://localhost:8400/?code=0.abcdefgh&state={state}");
        child.stdin.take().unwrap().write_all(address.as_bytes()).unwrap();
        child
    }

    pub fn signed_in(self) -> Self {
        let mut redeeming = self.redeem();
        self.held().answer(0);
        assert!(redeeming.wait().unwrap().success());
        self
    }

    pub fn record(&self) -> Value {
        self.home.run(&["show", NAME, "--json"]).is(0).json()
    }
}

impl Held {
    /// With the tokens of this number.
    pub fn answer(self, number: u32) {
        let body = json!({
            "token_type": "Bearer", "expires_in": 3600, "scope": "User.Read offline_access",
            "access_token": format!("access-{number}-"),
            "refresh_token": format!("refresh-{number}"),
        })
        .to_string();
        plain_http::answer(&self.0, 200, "", body.as_bytes()).unwrap();
    }
}
