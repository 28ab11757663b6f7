//! The server in a process of its own, for as long as a test runs.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::browser::Browser;
use crate::needs;

pub const TENANT: &str = "contoso.example";
pub const SECRET_CLIENT: &str = "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44";
pub const CERTIFICATE_CLIENT: &str = "8e1c0b52-3a4d-4f6e-8b7a-2d9c6e5f4a31";
pub const PUBLIC_CLIENT: &str = "c0a8f3d4-9b21-4e75-a6d8-71f0b2e4c953";
pub const SECRET: &str = "peer8Q~oidc-provider.client-secret.00001";
pub const REDIRECT: &str = "http://localhost:8400/";
/// Signs in where nobody is named.
pub const OPS: &str = "ops@contoso.example";

/// Ends when its stdin closes, which is when this is dropped.
pub struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts it with further options; nothing where node or the package is missing.
    pub fn start(options: &[&str]) -> Option<Self> {
        let package = modules().join("node_modules/oidc-provider");
        let what = format!("oidc-provider in {}", modules().display());
        if !needs::program("node") || !needs::provided(package.is_dir(), &what) {
            return None;
        }
        let mut child = Command::new("node")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/oidc_provider/server.mjs"))
            .arg("--modules")
            .arg(modules())
            .args(["--tenant", TENANT])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).expect("the server tells its port");
        let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        Some(Self { child, port })
    }

    /// What `--authority-url` takes.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// An endpoint as Microsoft names it.
    pub fn endpoint(&self, name: &str) -> String {
        format!("{}/{TENANT}/oauth2/v2.0/{name}", self.url())
    }

    /// The next answer of the token endpoint gets lost on its way.
    pub fn lose_next_answer(&self) {
        assert_eq!(Browser::new().get(&format!("{}/lose", self.url())).status, 200);
    }

    /// What came to the endpoints, in order.
    pub fn log(&self) -> Vec<Value> {
        let page = Browser::new().get(&format!("{}/requests", self.url()));
        page.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The grants that were asked for at the token endpoint, each with how it ended: `refresh_token granted`.
    pub fn grants(&self) -> Vec<String> {
        let word = |line: &Value, name: &str| line[name].as_str().unwrap_or("none").to_owned();
        self.log()
            .iter()
            .filter(|line| line["endpoint"] == "token")
            .map(|line| format!("{} {}", word(line, "grant_type"), word(line, "result")))
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Where `.ci/run` installs the package.
fn modules() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("peers").join("oidc_provider")
}
