//! The program itself: what the environment and the configuration file say of the network is obeyed.

use std::path::Path;
use std::process::Output;

use tokengauge::domain::Authority;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::certificates::{Ca, file};
use crate::desk::{Desk, signed_in};
use crate::server::Server;
use crate::wire::{LOGIN, answer, reply, write};

const TOKENS: &str = r#"{"token_type":"Bearer","expires_in":3599,"access_token":"FROM-BEHIND-THE-PROXY"}"#;

/// A desk that is signed in, with this authority from now on.
async fn desk_at(authority: &str) -> Desk {
    let (_platform, desk) = signed_in("").await;
    let authority = Authority::custom(authority, None).unwrap();
    desk.change(|connection| connection.settings.authority = authority);
    desk
}

/// Runs a command in an environment that holds nothing else.
async fn run(desk: &Desk, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokengauge"));
    command.env_clear().env("HOME", desk.home.path()).envs(variables.iter().copied());
    command.arg("--vault").arg(desk.vault_dir()).arg("--key-file").arg(desk.home.path().join("key"));
    command.args(arguments).output().await.unwrap()
}

fn configure(desk: &Desk, ca_file: &Path) {
    let directory = desk.home.path().join(".config/tokengauge");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("config.toml"), format!("ca_file = '{}'", ca_file.display())).unwrap();
}

async fn tokens_by_tls(ca: &Ca, host: &str) -> Server {
    Server::tls(&ca.sign(&[host]), |stream| reply(stream, answer("", TOKENS))).await
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const RENEW: [&str; 4] = ["token", "contoso", "--min-valid", "24h"];

#[tokio::test]
async fn a_token_comes_through_the_proxy_with_the_configured_authority() {
    let ca = Ca::new("Inspecting Proxy");
    let (_directory, ca_file) = file("proxy.pem", ca.pem());
    let server = tokens_by_tls(&ca, LOGIN).await;
    let port = server.port;
    let proxy = Server::plain(move |mut stream| async move {
        stream.head().await;
        let mut target = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        write(&mut stream, b"HTTP/1.1 200 OK\r\n\r\n").await;
        let _ = copy_bidirectional(&mut stream, &mut target).await;
    })
    .await;
    let desk = desk_at(&format!("https://{LOGIN}")).await;
    let secrets =
        [crate::desk::text(&desk.tokens().refresh.unwrap().current), crate::desk::SECRET.to_owned()];
    configure(&desk, &ca_file);
    let address = format!("http://ops:TGPASSWORD@127.0.0.1:{}", proxy.port);
    let output = run(&desk, &RENEW, &[("https_proxy", &address)]).await;
    assert_eq!(told(&output), "FROM-BEHIND-THE-PROXY\n");
    let seen = proxy.arrived.text();
    assert!(seen.starts_with("CONNECT ") && secrets.iter().all(|secret| !seen.contains(secret)));
    assert!(server.arrived.text().contains("grant_type=refresh_token"));
}

#[tokio::test]
async fn an_authority_of_the_environment_is_trusted() {
    let ca = Ca::new("Contoso Root");
    let (_directory, ca_file) = file("own.pem", ca.pem());
    let server = tokens_by_tls(&ca, "localhost").await;
    let desk = desk_at(&format!("https://localhost:{}", server.port)).await;
    let output = run(&desk, &RENEW, &[("SSL_CERT_FILE", ca_file.to_str().unwrap())]).await;
    assert_eq!(told(&output), "FROM-BEHIND-THE-PROXY\n");
}

#[tokio::test]
async fn who_is_not_trusted_gets_nothing_and_the_program_ends_with_6() {
    let (known, other) = (Ca::new("Contoso Root"), Ca::new("Somebody"));
    let (_directory, ca_file) = file("own.pem", known.pem());
    let server = tokens_by_tls(&other, "localhost").await;
    let desk = desk_at(&format!("https://localhost:{}", server.port)).await;
    let variables = [("SSL_CERT_FILE", ca_file.to_str().unwrap()), ("HTTPS_PROXY", "http://127.0.0.1:9")];
    let output = run(&desk, &RENEW, &variables).await;
    assert_eq!((output.status.code(), output.stdout.len()), (Some(6), 0));
    let lines: Vec<String> = told(&output).lines().map(str::to_owned).collect();
    assert!(lines.len() == 2 && lines[0].contains("Somebody") && lines[1].contains("ca_file"), "{lines:?}");
    assert_eq!((server.connections(), server.arrived.text().as_str()), (1, ""));
}

#[tokio::test]
async fn a_token_that_is_still_valid_needs_no_network() {
    let desk = desk_at("https://login.contoso.example").await;
    let variables = [
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("HTTPS_PROXY", "no proxy at all"),
        ("TOKENGAUGE_CONFIG", "/nowhere/config.toml"),
    ];
    let output = run(&desk, &["token", "contoso"], &variables).await;
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    // To renew, it does.
    let output = run(&desk, &RENEW, &variables).await;
    assert_eq!(output.status.code(), Some(6));
    assert!(told(&output).contains("HTTPS_PROXY does not hold"), "{}", told(&output));
    let output = run(&desk, &["refresh", "contoso"], &variables[2..]).await;
    assert!(told(&output).contains("/nowhere/config.toml"), "{}", told(&output));
}

#[tokio::test]
async fn no_switch_turns_the_check_off() {
    let desk = Desk::at(Authority::custom("https://login.contoso.example", None).unwrap());
    for switch in ["--insecure", "-k", "--no-verify"] {
        assert_eq!(run(&desk, &["refresh", "contoso", switch], &[]).await.status.code(), Some(2), "{switch}");
    }
}
