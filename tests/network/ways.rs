//! How connections fail, each told in its own words.

use std::time::Duration;

use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::http::{Network, SendStage, TokenClient};
use url::Url;

use crate::certificates::{Ca, file};
use crate::server::Server;
use crate::wire::{LOGIN, SECRET, answer, network, not_sent, post, reply, trusting};

fn secured() -> (tempfile::TempDir, Network) {
    let (directory, roots) = file("roots.pem", Ca::new("Contoso Root").pem());
    (directory, trusting(roots))
}

#[tokio::test]
async fn a_refused_connection() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let (_directory, network) = secured();
    let (told, _) = not_sent(network, &format!("https://{LOGIN}:{port}")).await;
    assert_eq!(told, format!("{LOGIN} refused the connection"));
}

#[tokio::test]
async fn silence() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (_directory, mut network) = secured();
    network.limits.connect = Duration::from_millis(300);
    let (told, _) =
        not_sent(network, &format!("https://{LOGIN}:{}", listener.local_addr().unwrap().port())).await;
    assert_eq!(told, format!("{LOGIN} did not answer within 300ms"));
}

#[tokio::test]
async fn a_reset_within_the_handshake() {
    // A socket that is closed with bytes unread resets the connection.
    let server = Server::tcp(|stream, _| async move { drop(stream.peek(&mut [0; 1]).await) }).await;
    let (_directory, network) = secured();
    let (told, _) = not_sent(network, &format!("https://{LOGIN}:{}", server.port)).await;
    assert_eq!(told, format!("the connection to {LOGIN} was cut before it was secured"));
}

#[tokio::test]
async fn a_reset_after_the_request() {
    let server = Server::tcp(|stream, _| async move { drop(stream.peek(&mut [0; 1]).await) }).await;
    let error = post(network(), &format!("http://127.0.0.1:{}", server.port)).await.unwrap_err();
    assert_eq!(error.stage, SendStage::Unanswered);
    assert_eq!(error.what_happened, "the connection to 127.0.0.1 broke off before the answer");
    assert_eq!(server.connections(), 1, "a form is not sent twice");
}

#[tokio::test]
async fn something_that_is_no_http() {
    let server = Server::plain(|stream| reply(stream, "220 mail.example ESMTP\r\n".into())).await;
    let error = post(network(), &format!("http://127.0.0.1:{}", server.port)).await.unwrap_err();
    assert_eq!(error.stage, SendStage::Unanswered);
    assert_eq!(error.what_happened, "127.0.0.1 did not answer in HTTP");
}

#[tokio::test]
async fn plain_http_is_sent_to_this_machine_only() {
    let server = Server::plain(|stream| reply(stream, answer("", "{}"))).await;
    for host in [LOGIN, "0.0.0.0", "127.0.0.1.example"] {
        let (told, _) = not_sent(network(), &format!("http://{host}:{}", server.port)).await;
        assert!(told.contains("by https only"), "{told}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let elsewhere = Server::plain(|stream| reply(stream, answer("", "{}"))).await;
    let location = format!("location: http://127.0.0.1:{}/?code={SECRET}\r\n", elsewhere.port);
    let moved = answer(&location, "").replace("200 OK", "307 Temporary Redirect");
    let server = Server::plain(move |stream| reply(stream, moved.clone())).await;
    let answer = post(network(), &format!("http://127.0.0.1:{}", server.port)).await.unwrap();
    assert_eq!(answer.redirected_to.as_deref(), Some("127.0.0.1"));
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_document_is_got() {
    let server = Server::plain(|stream| reply(stream, answer("", r#"{"issuer":"x"}"#))).await;
    let url = Url::parse(&format!("http://127.0.0.1:{}/discovery", server.port)).unwrap();
    let got = TokenClient::new(network(), Clock::system()).get(&url).await.unwrap();
    assert_eq!(got.body, br#"{"issuer":"x"}"#);
    assert!(server.arrived.text().starts_with("GET /discovery HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_clock_that_differs_is_told_with_the_answer() {
    let skew = async |date: &str| {
        let reply_with = answer(&format!("date: {date}\r\n"), "{}");
        let server = Server::plain(move |stream| reply(stream, reply_with.clone())).await;
        post(network(), &format!("http://127.0.0.1:{}", server.port)).await.unwrap().clock_skew
    };
    let now = Clock::system().now();
    let two_hours = chrono::TimeDelta::hours(2);
    let found = skew(&(now - two_hours).to_rfc2822()).await.unwrap();
    assert!((found - two_hours).abs() < chrono::TimeDelta::minutes(1), "{found}");
    assert_eq!(skew(&now.to_rfc2822()).await, None);
}
