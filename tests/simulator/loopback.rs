//! The loopback shell, asked by a real HTTP client.

use std::sync::{Arc, Mutex};

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use serde_json::Value;
use tokengauge::simulator::server::Server;
use tokengauge::simulator::{Scenario, Simulator};
use url::{Url, form_urlencoded};

use super::driver::{CHALLENGE, CLIENT_ID, OPS, REDIRECT, SCOPE, SECRET, VERIFIER, at};

fn server(more: &str) -> Server {
    let text = include_str!("../../demo/scenarios/first-sign-in.toml");
    let scenario = Scenario::parse(&format!("{text}\n{more}")).unwrap();
    let simulator = Arc::new(Mutex::new(Simulator::new(scenario, 1)));
    Server::start(simulator, || at("2026-11-22T05:41:56Z")).unwrap()
}

fn client() -> Client {
    Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[tokio::test]
async fn the_whole_flow_works_over_http() {
    let (server, client) = (server(""), client());
    let discovery = format!("{}/contoso.example/v2.0/.well-known/openid-configuration", server.url());
    let document = client.get(discovery).send().await.unwrap().bytes().await.unwrap();
    let document: Value = serde_json::from_slice(&document).unwrap();
    let query = form(&[
        ("client_id", CLIENT_ID),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("scope", SCOPE),
        ("state", "xyz"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("sim_user", OPS),
        ("sim_consent", "accept"),
    ]);
    let authorize = format!("{}?{query}", document["authorization_endpoint"].as_str().unwrap());
    let redirect = client.get(authorize).send().await.unwrap();
    assert_eq!(redirect.status(), StatusCode::FOUND);
    let location = Url::parse(redirect.headers()["location"].to_str().unwrap()).unwrap();
    let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();

    let body = form(&[
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT_ID),
        ("client_secret", SECRET),
        ("redirect_uri", REDIRECT),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ]);
    let answer = client.post(document["token_endpoint"].as_str().unwrap()).body(body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let me =
        client.get(format!("{}/v1.0/me", server.url())).bearer_auth(answer["access_token"].as_str().unwrap());
    assert_eq!(me.send().await.unwrap().status(), StatusCode::OK);

    let requests = server.requests();
    assert_eq!((requests.discovery, requests.authorize, requests.token, requests.graph), (1, 1, 1, 1));
    assert_eq!(requests.other, 0);
}

#[tokio::test]
async fn tls_serves_a_client_that_trusts_the_certificate_and_no_other() {
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    let text = include_str!("../../demo/scenarios/first-sign-in.toml");
    let simulator = Arc::new(Mutex::new(Simulator::new(Scenario::parse(text).unwrap(), 1)));
    let clock = || at("2026-11-22T05:41:56Z");
    let server = Server::start_with_tls(simulator, clock, (&certificate, &key)).unwrap();
    assert!(server.url().starts_with("https://127.0.0.1:"));
    let address = format!("{}/common/v2.0/.well-known/openid-configuration", server.url());
    let trusting = Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap()])
        .build()
        .unwrap();
    let document = trusting.get(&address).send().await.unwrap().bytes().await.unwrap();
    let document: Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["token_endpoint"], format!("{}/common/oauth2/v2.0/token", server.url()));
    assert!(client().get(&address).send().await.is_err());
}

#[tokio::test]
async fn what_is_no_certificate_starts_no_server() {
    let scenario = Scenario::embedded("first-sign-in").unwrap();
    let simulator = Arc::new(Mutex::new(Simulator::new(scenario, 1)));
    assert!(Server::start_with_tls(simulator, || at("2026-11-22T05:41:56Z"), ("no", "pem")).is_err());
}

#[tokio::test]
async fn a_drop_fault_closes_the_connection() {
    let (server, client) = (server("[[faults]]\nendpoint = 'token'\ndrop = true\ncount = 1"), client());
    let token = format!("{}/common/oauth2/v2.0/token", server.url());
    assert!(client.post(&token).send().await.is_err());
    assert_eq!(client.post(&token).send().await.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn answers_are_dated_by_the_clock_of_the_tenant() {
    let (server, client) = (server(""), client());
    let answer = client.get(format!("{}/nothing", server.url())).send().await.unwrap();
    assert_eq!(answer.headers()["date"], "Sun, 22 Nov 2026 05:41:56 GMT");
}

#[tokio::test]
async fn a_foreign_host_name_is_misdirected() {
    let (server, client) = (server(""), client());
    let request = client.get(format!("{}/v1.0/me", server.url())).header("host", "rebound.example");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_refused() {
    let (server, client) = (server(""), client());
    let request = client.post(format!("{}/common/oauth2/v2.0/token", server.url()));
    let answer = request.body("x".repeat(1024 * 1024 + 1)).send().await;
    // The refusal may arrive before the body is written; then the client sees a broken pipe.
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status() == StatusCode::PAYLOAD_TOO_LARGE));
}

#[tokio::test]
async fn it_listens_on_loopback_only_and_closes_when_dropped() {
    let (server, client) = (server(""), client());
    let url = server.url();
    assert!(url.starts_with("http://127.0.0.1:"));
    assert_eq!(client.get(format!("{url}/nothing")).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    drop(server);
    // Aborting takes effect at the next turn of the runtime.
    tokio::task::yield_now().await;
    assert!(self::client().get(format!("{url}/nothing")).send().await.is_err());
}
