//! Every answer of a token endpoint that we know, to the real binary; and the form that it was asked with.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use serde_json::Value;

use crate::case::{Case, Generator, Grant};
use crate::needles::Needles;
use crate::server::Server;
use crate::stage::{Prints, Stage};
use crate::tenant::CLIENT_ID;

const SECRET: &str = "planted~client.secret-of-a-case";
const ACCESS: &str = "planted-access-token-of-before";
const REFRESH: &str = "1.planted-refresh-token-of-before";
const CODE: &str = "1.planted-authorization-code";
/// Mostly waiting for processes.
const AT_ONCE: usize = 3;

#[test]
fn no_answer_of_a_token_endpoint_is_told() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../cases/token-endpoint.json")).unwrap();
    let full = std::env::var("TOKENGAUGE_SURVIVAL").is_ok_and(|value| value == "full");
    let cases: Vec<&Case> = cases.iter().filter(|case| full || !waits_for_its_limit(case)).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    played(case);
                }
            });
        }
    });
}

/// Half a minute of silence each: `TOKENGAUGE_SURVIVAL=full`.
fn waits_for_its_limit(case: &Case) -> bool {
    // A code is asked about every five seconds, by a person's patience.
    matches!(case.body_generator, Some(Generator::HeadersThenHang | Generator::Drip { .. }))
        || case.grant == Grant::DeviceCode
}

fn played(case: &Case) {
    let (url, _server) = serve(case);
    let stage = Stage::new(Needles::of([
        ("client secret", SECRET),
        ("access token of before", ACCESS),
        ("refresh token of before", REFRESH),
        ("authorization code", CODE),
    ]));
    for (name, value) in secrets_of(case) {
        stage.plant(&format!("{name} of {}", case.id), &value);
    }
    let key = stage.asked_for("key");
    let quiet = |arguments: &[&str], stdin: &str| {
        stage.run(arguments, &[("TOKENGAUGE_KEY_FILE", &key)], stdin, Prints::Nothing)
    };
    stage.run(&["vault", "init", "--new-key-file", &key], &[], "", Prints::Nothing).is(0);
    let grant = match case.grant {
        Grant::ClientCredentials => "client-credentials",
        Grant::DeviceCode | Grant::DeviceAuthorization => "device-code",
        Grant::RefreshToken | Grant::AuthorizationCode => "authorization-code",
    };
    let of_it = ["--client-id", CLIENT_ID, "--tenant", "contoso.example", "--authority-url", &url];
    let is_import = case.grant == Grant::RefreshToken;
    if is_import {
        let values = format!(
            r#"{{"client_secret":"{SECRET}","access_token":"{ACCESS}","refresh_token":"{REFRESH}"}}"#
        );
        let import = [&["import", "--format", "token-response", "--name", "a"], &of_it[..]].concat();
        quiet(&import, &values).is(0);
    } else {
        let mut add = [&["add", "a", "--grant", grant], &of_it[..]].concat();
        // A public client alone signs in by a device code.
        if !grant.starts_with("device") {
            add.push("--secret-stdin");
        }
        quiet(&add, SECRET).is(0);
    }
    match case.grant {
        Grant::RefreshToken | Grant::ClientCredentials => drop(quiet(&["refresh", "a"], "")),
        Grant::AuthorizationCode => {
            let address = quiet(&["authorize", "a", "--print-url"], "").is(0).out;
            let sent = crate::tenant::parameter(address.trim_end(), "state");
            quiet(&["redeem", "a"], &format!("http://localhost:8400/?code={CODE}&state={sent}"));
        }
        Grant::DeviceCode | Grant::DeviceAuthorization => drop(quiet(&["authorize", "a", "--device"], "")),
    }
    quiet(&["show", "a"], "").is(0);
    quiet(&["doctor", "--json"], "");
}

/// On a thread with a clock of its own: where a case is slow, its clock jumps.
fn serve(case: &Case) -> (String, std::sync::mpsc::Sender<()>) {
    let (tell, told) = channel();
    let (keep, kept) = channel::<()>();
    let case = case.clone();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Server::of(&case).await;
            tell.send(server.authority().login.to_string()).unwrap();
            // Until the other end is dropped.
            let _ = tokio::task::spawn_blocking(move || kept.recv()).await;
        });
    });
    (told.recv().unwrap(), keep)
}

/// Values of the answer that are secrets by their names.
fn secrets_of(case: &Case) -> Vec<(&'static str, String)> {
    let text = case.body.as_deref().unwrap_or_default();
    let Ok(body) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    ["access_token", "refresh_token", "id_token", "device_code", "client_secret"]
        .into_iter()
        .filter_map(|name| Some((name, body.get(name)?.as_str()?.to_owned())))
        .filter(|(_, value)| value.len() >= 12)
        .collect()
}
