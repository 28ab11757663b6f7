//! A client that we did not write, against the simulated tenant: MSAL for Python, over TLS.
//!
//! Needs a Python with `msal` (`support/python.rs`). Where there is none the test says so and passes, except in continuous
//! integration (`TOKENGAUGE_CI=1`).

#[path = "support/needs.rs"]
#[expect(dead_code, reason = "other tests need other things of the machine")]
mod needs;
#[path = "support/python.rs"]
mod python;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::Utc;
use tokengauge::simulator::server::Server;
use tokengauge::simulator::{Certificate, Scenario, Simulator};
use tokio::process::Command;

const CLIENT_ID: &str = "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44";

fn in_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The tenant of `peers/msal.toml`, which trusts the test's certificate.
fn simulator() -> Simulator {
    let scenario = Scenario::parse(include_str!("peers/msal.toml")).unwrap();
    let mut simulator = Simulator::new(scenario, 1);
    let certificate = Certificate::from_pem(include_str!("simulator/keys/connector.crt")).unwrap();
    simulator.register_certificate(CLIENT_ID, certificate);
    simulator
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn msal_signs_in_every_way_and_renews() {
    let Some(python) = python::with("msal") else { return };
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    let directory = tempfile::tempdir().unwrap();
    let trusted = directory.path().join("trusted.pem");
    std::fs::write(&trusted, &certificate).unwrap();
    // MSAL dates its assertions and judges ID tokens by the machine's clock, so the tenant has to keep the same.
    let server =
        Server::start_with_tls(Arc::new(Mutex::new(simulator())), Utc::now, (&certificate, &key)).unwrap();

    let mut client = Command::new(python);
    client
        .arg(in_package("tests/peers/msal_client.py"))
        .arg(format!("{}/contoso.example", server.url()))
        .arg(&trusted)
        .args([
            in_package("tests/simulator/keys/connector.crt"),
            in_package("tests/simulator/keys/connector.key"),
        ])
        // A value of the surroundings would win over what MSAL is told.
        .env("REQUESTS_CA_BUNDLE", &trusted)
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1")
        .kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(120), client.output()).await.unwrap().unwrap();
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}\n{errors}");
    assert!(told.contains("all 13 held"), "{told}");
    let requests = server.requests();
    assert_eq!(requests.other, 0, "MSAL asked for something that is not served: {requests:?}");
    assert_eq!((requests.device_code, requests.device_login), (3, 2));
}
