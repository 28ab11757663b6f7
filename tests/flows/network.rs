//! The way to the server: refused, broken, redirected, nowhere.

use std::net::{Ipv4Addr, TcpListener};

use tokengauge::app::GrantStep;
use tokengauge::domain::{Authority, TroubleKind};
use tokengauge::runtime::exchange::exchange;
use tokengauge::simulator::browser::Answer;

use crate::child;
use crate::desk::{Desk, OPS, Platform, code, reopen, signed_in};
use crate::needs;
use crate::wire::{Wire, answer};

/// An address where nobody listens.
fn nobody() -> Authority {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    Authority::custom(&format!("http://{}", listener.local_addr().unwrap()), None).unwrap()
}

#[tokio::test]
async fn a_refused_connection_leaves_the_attempt_open() {
    let platform = Platform::with("");
    let desk = Desk::at(platform.authority());
    let begun = desk.begin();
    let address = platform.browse(&begun, OPS, Answer::Accept).unwrap();
    let code = code(&address, &begun);
    desk.change(|connection| connection.settings.authority = nobody());
    let overview = desk.redeem(&code).await.unwrap();
    assert!(overview.trouble.unwrap().what_happened.contains("refused the connection"));
    assert_eq!(overview.attempt, begun.attempt);

    desk.change(|connection| connection.settings.authority = platform.authority());
    let overview = desk.redeem(&code).await.unwrap();
    assert_eq!((overview.trouble, overview.attempt), (None, None));
    assert!(overview.tokens.is_some());
}

#[tokio::test]
async fn a_connection_that_breaks_off_spends_the_code() {
    let platform = Platform::with("[[faults]]\nendpoint = 'token'\ndrop = true\ncount = 1");
    let desk = Desk::at(platform.authority());
    let overview = desk.sign_in(&platform, OPS).await.unwrap();
    assert_eq!((overview.attempt, overview.tokens), (None, None));
    assert!(overview.trouble.unwrap().what_happened.contains("broke off"));
    assert_eq!(platform.token_requests(), 1, "a code is not sent twice");
}

#[tokio::test]
async fn a_connection_that_breaks_off_loses_no_refresh_token() {
    let (platform, desk) =
        signed_in("[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\ndrop = true\ncount = 1").await;
    let held = desk.tokens();
    let trouble = desk.refresh().await.unwrap().trouble.unwrap();
    assert!(matches!(trouble.kind, TroubleKind::TryLater { .. }), "{trouble:?}");
    assert_eq!((desk.held(), platform.token_requests()), (held, 2));
    assert_eq!(desk.refresh().await.unwrap().trouble, None);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (_platform, desk) = signed_in("").await;
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Wire::start([answer(200, &[], "{}")]).await;
        let location = format!("{}/steal", elsewhere.url());
        let here = Wire::start([answer(status, &[("location", &location)], "")]).await;
        desk.change(|connection| connection.settings.authority = here.authority());
        let held = desk.tokens();
        let trouble = desk.refresh().await.unwrap().trouble.unwrap();
        assert!(trouble.what_happened.contains("points elsewhere, to 127.0.0.1"), "{status}: {trouble:?}");
        assert_eq!((here.arrived().len(), elsewhere.arrived().len()), (1, 0), "{status}");
        assert_eq!(desk.tokens(), held);
    }
}

#[tokio::test]
async fn a_host_that_cannot_be_found_is_named() {
    if !needs::granted(child::can_cut_off_the_network().await, "a user who may make a network namespace") {
        return;
    }
    let (_platform, desk) = signed_in("").await;
    let authority = Authority::custom("https://login.nowhere.invalid", None).unwrap();
    desk.change(|connection| connection.settings.authority = authority);
    let held = desk.tokens();
    // Cut off, so that no resolver and no proxy is asked.
    child::run("network::child_that_renews_without_a_network", desk.home.path(), child::CUT_OFF).await;
    let trouble = desk.trouble();
    assert_eq!(trouble.what_happened, "name lookup failed for login.nowhere.invalid");
    assert!(matches!(trouble.kind, TroubleKind::TryLater { .. }));
    assert_eq!(desk.tokens(), held);
}

#[tokio::test]
#[ignore = "run by a_host_that_cannot_be_found_is_named"]
async fn child_that_renews_without_a_network() {
    let Some(home) = child::home() else { return };
    let services = reopen(&home);
    let overview = services.contents().unwrap().connections.remove(0);
    exchange(&services, &overview.id, GrantStep::renew(&overview)).await.unwrap();
}
