//! An `oidc-agent` with one account at the benchmark's server: the peer that keeps tokens in a daemon's memory.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::fixture::{TokenServer, is_installed};

const ACCOUNT: &str = "bench";

/// An agent that ends with this.
pub struct OidcAgent<'a> {
    home: &'a Path,
    socket: String,
    pid: String,
}

impl<'a> OidcAgent<'a> {
    /// Starts one, if the program is there, and gives it an account.
    pub fn start(home: &'a Path, server: &TokenServer) -> Option<Self> {
        if !["oidc-agent", "oidc-gen", "oidc-token"].iter().all(|program| is_installed(program)) {
            println!("oidc-token: not installed");
            return None;
        }
        let started = output(quiet("oidc-agent", home));
        let agent =
            Self { home, socket: variable(&started, "OIDC_SOCK"), pid: variable(&started, "OIDCD_PID") };
        let issuer = format!("--issuer={}/", server.url);
        let mut generate = agent.command("oidc-gen");
        generate.args([
            ACCOUNT,
            "--manual",
            &issuer,
            "--client-id=bench",
            "--client-secret=bench",
            "--rt=bench",
        ]);
        generate.args(["--scope=openid offline_access", "--redirect-uri=http://localhost:8080"]);
        generate.args(["--confirm-yes", "--prompt=none", "--no-save"]);
        output(generate);
        Some(agent)
    }

    /// Asks it for the token.
    pub fn token(&self) -> Command {
        let mut command = self.command("oidc-token");
        command.arg(ACCOUNT);
        command
    }

    fn command(&self, program: &str) -> Command {
        let mut command = quiet(program, self.home);
        command.env("OIDC_SOCK", &self.socket);
        command
    }
}

impl Drop for OidcAgent<'_> {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(&self.pid).status();
    }
}

fn quiet(program: &str, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("HOME", home).stdin(Stdio::null());
    command
}

fn output(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// Of the lines that the agent prints for a shell: `NAME=value; export NAME;`.
fn variable(printed: &str, name: &str) -> String {
    let from = printed.find(&format!("{name}=")).expect("the agent tells where it is") + name.len() + 1;
    printed[from..].split(';').next().unwrap_or_default().to_owned()
}
