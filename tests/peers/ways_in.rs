//! The other ways in, by the commands: device code, loopback, the application itself.

use super::application::Certificate;
use super::browser::Browser;
use super::client::{Client, NAME};
use super::program::Program;
use super::server::{CERTIFICATE_CLIENT, OPS, PUBLIC_CLIENT, SECRET, SECRET_CLIENT};
use crate::home::Home;

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn is_user_code(word: &str) -> bool {
    let letters = |part: &str| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_uppercase());
    word.split_once('-').is_some_and(|(left, right)| letters(left) && letters(right))
}

#[test]
#[ignore = "the commands do not know this way in yet"]
fn a_device_code_signs_in_and_what_it_brought_renews() {
    let Some(client) = Client::unused(&["--interval", "1"]) else { return };
    client.add(&["--client-id", PUBLIC_CLIENT, "--grant", "device-code", "--sign-in-as", OPS], "").is(0);
    let mut program = Program::start(&client.home, &["authorize", NAME, "--device"]);
    let code = program.word(is_user_code);
    Browser::new().approve_device(&client.server.endpoint("deviceauth"), &code);
    let (exit, printed) = program.end();
    assert_eq!(exit, 0, "{printed}");
    client.run(&["refresh", NAME]).is(0);
    let grants = client.server.grants();
    let (last, polls) = grants.split_last().unwrap();
    assert_eq!(last, "refresh_token granted");
    assert_eq!(polls.last().unwrap(), &format!("{DEVICE} granted"));
}

#[test]
#[ignore = "the commands do not know this way in yet"]
fn a_device_code_that_was_declined_ends_in_sign_in_needed() {
    let Some(client) = Client::unused(&["--interval", "1"]) else { return };
    client.add(&["--client-id", PUBLIC_CLIENT, "--grant", "device-code"], "").is(0);
    let mut program = Program::start(&client.home, &["authorize", NAME, "--device"]);
    let code = program.word(is_user_code);
    Browser::new().decline_device(&client.server.endpoint("deviceauth"), &code);
    let (exit, printed) = program.end();
    assert_eq!(exit, 4, "{printed}");
}

#[test]
#[ignore = "the commands do not know this way in yet"]
fn a_browser_on_this_machine_brings_the_code_to_the_listener() {
    let Some(client) = Client::unused(&[]) else { return };
    let redirect = format!("http://localhost:{}/", free_port());
    client.add(&["--client-id", PUBLIC_CLIENT, "--redirect-uri", &redirect, "--sign-in-as", OPS], "").is(0);
    let mut program = Program::start(&client.home, &["authorize", NAME, "--loopback"]);
    let address = program.word(|word| word.contains("/oauth2/v2.0/authorize?"));
    let end = Browser::new().read(&address);
    assert_eq!(end.status, 200, "{}", end.body);
    let (exit, printed) = program.end();
    assert_eq!(exit, 0, "{printed}");
    client.run(&["refresh", NAME]).is(0);
    assert_eq!(client.server.grants(), ["authorization_code granted", "refresh_token granted"]);
}

/// RFC 8252 §7.3: any port will do, which this server knows of native applications.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

const APPLICATION: [&str; 4] =
    ["--grant", "client-credentials", "--scope", "https://graph.microsoft.com/.default"];

/// Asks twice: an application renews by asking again.
fn works_and_asks_again(client: &Client) {
    client.run(&["refresh", NAME]).is(0);
    let first = client.run(&["token", NAME]).is(0).out;
    client.run(&["refresh", NAME]).is(0);
    assert_ne!(client.run(&["token", NAME]).is(0).out, first);
    assert_eq!(client.server.grants(), ["client_credentials granted", "client_credentials granted"]);
}

#[test]
#[ignore = "the commands do not know this way in yet"]
fn an_application_with_a_secret_gets_tokens_and_asks_again() {
    let Some(client) = Client::unused(&[]) else { return };
    let own = ["--client-id", SECRET_CLIENT, "--secret-stdin"];
    client.add(&[&own[..], &APPLICATION].concat(), SECRET).is(0);
    works_and_asks_again(&client);
}

#[test]
#[ignore = "the commands do not know this way in yet"]
fn an_application_with_a_certificate_gets_tokens_and_asks_again() {
    let home = Home::empty();
    let made = Certificate::make(&home);
    let (certificate, key) = made.paths();
    let Some(client) = Client::unused(&["--certificate", certificate]) else { return };
    let own = ["--client-id", CERTIFICATE_CLIENT, "--certificate", certificate, "--certificate-key", key];
    client.add(&[&own[..], &APPLICATION].concat(), "").is(0);
    works_and_asks_again(&client);
}

#[test]
#[ignore = "the commands do not know this way in yet"]
fn a_certificate_proves_the_client_at_a_sign_in_too() {
    let home = Home::empty();
    let made = Certificate::make(&home);
    let (certificate, key) = made.paths();
    let Some(client) = Client::unused(&["--certificate", certificate]) else { return };
    let own = ["--client-id", CERTIFICATE_CLIENT, "--certificate", certificate, "--certificate-key", key];
    client.add(&own, "").is(0);
    let client = client.signed_in();
    client.run(&["refresh", NAME]).is(0);
    assert_eq!(client.server.grants(), ["authorization_code granted", "refresh_token granted"]);
}

/// `token` is a contract for scripts: nobody has to sign in first, so one request is made.
#[test]
#[ignore = "the commands do not know this way in yet"]
fn an_application_needs_no_other_command_before_its_first_token() {
    let Some(client) = Client::unused(&[]) else { return };
    let own = ["--client-id", SECRET_CLIENT, "--secret-stdin"];
    client.add(&[&own[..], &APPLICATION].concat(), SECRET).is(0);
    client.run(&["token", NAME]).is(0);
}
