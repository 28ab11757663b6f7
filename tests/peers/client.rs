//! Our program with a vault of its own, and a server to talk to.

use serde_json::Value;

use super::browser::Browser;
use super::server::{OPS, REDIRECT, SECRET, SECRET_CLIENT, Server, TENANT};
use crate::home::{Home, Run};

pub const NAME: &str = "peer";

/// A vault with one connection to a server of its own.
pub struct Client {
    pub home: Home,
    pub server: Server,
}

impl Client {
    /// With the confidential client and its secret.
    pub fn new(options: &[&str]) -> Option<Self> {
        Self::with_secret(SECRET, options)
    }

    pub fn with_secret(secret: &str, options: &[&str]) -> Option<Self> {
        let client = Self::unused(&[])?;
        let own = ["--client-id", SECRET_CLIENT, "--secret-stdin", "--sign-in-as", OPS];
        client.add(&[&own, options].concat(), secret).is(0);
        Some(client)
    }

    /// Without a connection.
    pub fn unused(server: &[&str]) -> Option<Self> {
        Some(Self { server: Server::start(server)?, home: Home::new() })
    }

    pub fn add(&self, options: &[&str], stdin: &str) -> Run {
        let url = self.server.url();
        let own = ["add", NAME, "--authority-url", &url, "--tenant", TENANT];
        self.home.with_stdin(&[&own, options].concat(), stdin)
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        self.home.run(arguments)
    }

    /// The address that the person opens.
    pub fn begin(&self) -> String {
        self.run(&["authorize", NAME, "--print-url"]).is(0).out.trim_end().to_owned()
    }

    pub fn redeem(&self, pasted: &str) -> Run {
        self.home.with_stdin(&["redeem", NAME], pasted)
    }

    /// The whole sign-in.
    pub fn signed_in(self) -> Self {
        self.redeem(&browse(&self.begin())).is(0);
        self
    }

    pub fn exported(&self) -> Value {
        self.run(&["export", NAME, "--format", "json"]).is(0).json()
    }

    pub fn refresh_token(&self) -> String {
        self.exported()["refresh_token"].as_str().unwrap().to_owned()
    }

    pub fn shown(&self) -> Value {
        self.run(&["show", NAME, "--json"]).is(0).json()
    }
}

/// Signs in as the address asks, and tells where the browser ends.
pub fn browse(address: &str) -> String {
    Browser::new().follow(address, REDIRECT)
}
