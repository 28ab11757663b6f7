//! One request for one expiry, however slow the network is.

use std::sync::Arc;

use tokengauge::app::GrantStep;
use tokengauge::domain::Authority;
use tokengauge::runtime::exchange::exchange;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;

use crate::desk::{Desk, signed_in};
use crate::server::{Recorded, Server};
use crate::wire::answer;

const TOKENS: &str =
    r#"{"token_type":"Bearer","expires_in":3599,"access_token":"NEW","refresh_token":"ROTATED"}"#;

/// Answers byte by byte once it is allowed to.
async fn drip(mut stream: Recorded, allowed: Arc<Notify>) {
    stream.request().await;
    allowed.notified().await;
    for byte in answer("", TOKENS).bytes() {
        stream.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
}

fn at(desk: &Desk, server: &Server) {
    let authority = Authority::custom(&format!("http://127.0.0.1:{}", server.port), None).unwrap();
    desk.change(|connection| connection.settings.authority = authority);
}

#[tokio::test]
async fn four_that_meet_on_a_slow_network_make_one_request() {
    let (_platform, desk) = signed_in("").await;
    let allowed = Arc::new(Notify::new());
    let own = Arc::clone(&allowed);
    let server = Server::plain(move |stream| drip(stream, Arc::clone(&own))).await;
    at(&desk, &server);
    let seen = GrantStep::renew(&desk.overview());
    let renewals: Vec<_> = (0..4)
        .map(|_| {
            let (services, id, seen) = (desk.reopened(), desk.id.clone(), seen.clone());
            tokio::spawn(async move { exchange(&services, &id, seen).await.unwrap() })
        })
        .collect();
    while !server.arrived.text().contains("grant_type=refresh_token") {
        tokio::task::yield_now().await;
    }
    allowed.notify_one();
    for renewal in renewals {
        assert_eq!(renewal.await.unwrap().trouble, None);
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(server.arrived.text().matches("grant_type=refresh_token").count(), 1);
}
