//! Client credentials: the application itself, by secret or by certificate.

use std::path::PathBuf;
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use tokengauge::domain::secret::PrivateKey;
use tokengauge::domain::{AppRegistration, ClientCredential, WayIn};
use tokengauge::oauth::certificate;
use tokengauge::oauth::client_authentication::{AssertionContext, ClientAuthentication};
use tokengauge::oauth::token_request;

use super::browser::Page;
use super::server::{CERTIFICATE_CLIENT, Server};
use super::wire::{post, settings};
use crate::home::Home;

/// Key and self-signed certificate, made as an administrator makes them.
pub struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificate {
    pub fn make(home: &Home) -> Self {
        let made = Self { certificate: home.path("certificate.pem"), key: home.path("key.pem") };
        let output = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=peer"])
            .arg("-keyout")
            .arg(&made.key)
            .arg("-out")
            .arg(&made.certificate)
            .output()
            .expect("openssl is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        made
    }

    /// The two files.
    pub fn paths(&self) -> (&str, &str) {
        (self.certificate.to_str().unwrap(), self.key.to_str().unwrap())
    }

    fn credential(&self) -> ClientCredential {
        let read = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
        let held = certificate::read(&read(&self.certificate), &PrivateKey::new(read(&self.key))).unwrap();
        ClientCredential::Certificate(held)
    }
}

/// Posts the request of our client with an assertion of this moment.
fn ask(server: &Server, credential: &ClientCredential, now: DateTime<Utc>, jti: &str) -> Page {
    let settings = settings(server, CERTIFICATE_CLIENT, WayIn::ClientCredentials);
    let endpoint = token_request::endpoint(&settings);
    let context = AssertionContext { endpoint: &endpoint, now, jti };
    let app = AppRegistration {
        client_id: settings.client_id,
        authority: settings.authority.clone(),
        generation: 1,
        credential: credential.clone(),
        replacement: None,
    };
    let client = ClientAuthentication::of(settings.way_in, &app, context).unwrap();
    post(&token_request::client_credentials(&settings, &client))
}

#[test]
fn an_assertion_of_our_certificate_is_taken_once() {
    let home = Home::empty();
    let made = Certificate::make(&home);
    let Some(server) = Server::start(&["--certificate", made.paths().0]) else { return };
    let (credential, now) = (made.credential(), Utc::now());
    let taken = ask(&server, &credential, now, "first");
    assert!(taken.status == 200 && taken.json()["refresh_token"].is_null(), "{}", taken.body);
    // RFC 7523 §3: an identifier is good for one assertion.
    assert_eq!(ask(&server, &credential, now, "first").json()["error"], "invalid_client");
    assert_eq!(ask(&server, &credential, now, "second").status, 200);
    assert_eq!(
        ask(&server, &credential, now - TimeDelta::hours(1), "third").json()["error"],
        "invalid_client"
    );
}

#[test]
fn an_assertion_of_another_certificate_is_refused() {
    let (home, other) = (Home::empty(), Home::empty());
    let made = Certificate::make(&home);
    let Some(server) = Server::start(&["--certificate", made.paths().0]) else { return };
    let refused = ask(&server, &Certificate::make(&other).credential(), Utc::now(), "first");
    assert_eq!((refused.status, refused.json()["error"].as_str()), (401, Some("invalid_client")));
}
