//! What the tests send, by which client, and what they answer.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use tokengauge::domain::secret::RequestBody;
use tokengauge::oauth::token_answer::HttpAnswer;
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::http::lookup::Lookup;
use tokengauge::runtime::http::proxy::ProxyRules;
use tokengauge::runtime::http::trust::Trust;
use tokengauge::runtime::http::{Limits, Network, SendError, SendStage, TokenClient};
use tokio::io::AsyncWriteExt;
use url::Url;

use crate::server::Recorded;

/// The host of the authority; leads to loopback.
pub const LOGIN: &str = "login.contoso.example";
/// A value that may only be seen where the form is meant to be.
pub const SECRET: &str = "TGSECRET-4711";

/// Everything has ample time; no proxy, nobody is trusted.
pub fn network() -> Network {
    let minute = Duration::from_secs(60);
    Network {
        proxies: ProxyRules::default(),
        trust: Trust::default(),
        lookup: Lookup::with(|_| Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)])),
        limits: Limits { lookup: minute, connect: minute, exchange: minute },
    }
}

/// This file of roots is the machine's.
pub fn trusting(file: PathBuf) -> Network {
    Network { trust: Trust { files: vec![file], ..Trust::default() }, ..network() }
}

/// The environment names this proxy.
pub fn through(proxy: &str, network: Network) -> Network {
    let proxies = ProxyRules::read(|name| (name == "HTTPS_PROXY").then(|| proxy.into()));
    Network { proxies, ..network }
}

/// Posts a form with a secret, to an address whose query must not be told.
pub async fn post(network: Network, origin: &str) -> Result<HttpAnswer, SendError> {
    post_by(&TokenClient::new(network, Clock::system()), origin).await
}

pub async fn post_by(client: &TokenClient, origin: &str) -> Result<HttpAnswer, SendError> {
    let url = Url::parse(&format!("{origin}/token?q={SECRET}")).unwrap();
    let form = RequestBody::new(format!("grant_type=refresh_token&refresh_token={SECRET}"));
    let answer = client.post_form(&url, &form).await;
    let told = format!("{answer:?} {client:?}");
    assert!(!told.contains(SECRET), "{told}");
    if let Err(error) = &answer {
        println!("{}\n  {}", error.what_happened, error.what_to_do);
    }
    answer
}

/// Expects the request to fail before a byte of it was sent; what happened.
pub async fn not_sent(network: Network, origin: &str) -> (String, String) {
    let error = post(network, origin).await.unwrap_err();
    assert_eq!(error.stage, SendStage::NotSent, "{error:?}");
    (error.what_happened, error.what_to_do)
}

/// An answer with these lines of the head.
pub fn answer(head: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n{head}\r\n{body}")
}

/// Reads a request and answers.
pub async fn reply(mut stream: Recorded, answer: String) {
    stream.request().await;
    write(&mut stream, answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Writes; a client that has gone is its own business.
pub async fn write(stream: &mut Recorded, bytes: &[u8]) {
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
}
