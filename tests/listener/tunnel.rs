//! The one-time address for a browser at the other end of a tunnel.

use tokengauge::app::GoFate;
use tokengauge::domain::ResponseMode;
use tokengauge::runtime::listener::Heard;

use super::fixtures::*;

#[tokio::test]
async fn the_one_time_address_leads_to_the_platform_once() {
    let mut running = Running::start(ResponseMode::Query);
    let first = running.get(&format!("/go/{GO}")).await;
    assert_eq!((first.status, first.header("location")), (302, ADDRESS));
    assert_eq!((first.header("cache-control"), first.header("referrer-policy")), ("no-store", "no-referrer"));
    assert_eq!(first.body, "");
    assert_eq!(running.told().await, Heard::Go(GoFate::Used));
    let second = running.get(&format!("/go/{GO}")).await;
    assert_eq!((second.status, second.header("location")), (410, ""));
    assert!(second.body.contains("Close this tab"));
    running.still_waits().await;
}

#[tokio::test]
async fn ten_wrong_codes_close_the_one_time_address_and_nothing_else() {
    let mut running = Running::start(ResponseMode::Query);
    for guess in 0..10 {
        assert_eq!(running.get(&format!("/go/guess-{guess}")).await.status, 404);
    }
    assert_eq!(running.told().await, Heard::Go(GoFate::Closed));
    let right = running.get(&format!("/go/{GO}")).await;
    assert_eq!((right.status, right.header("location")), (410, ""));
    running.still_waits().await;
}

#[tokio::test]
async fn a_browser_that_looks_ahead_does_not_use_it_up() {
    let running = Running::start(ResponseMode::Query);
    let target = format!("/go/{GO}");
    for header in ["Sec-Purpose: prefetch;prerender\r\n", "Purpose: prefetch\r\n", "X-Moz: prefetch\r\n"] {
        assert_eq!(running.request("GET", &target, header, "").await.status, 503);
    }
    for method in ["HEAD", "POST", "OPTIONS"] {
        assert_eq!(running.request(method, &target, "", "").await.status, 405);
    }
    assert_eq!(running.get(&target).await.status, 302);
}

#[tokio::test]
async fn without_a_tunnel_there_is_no_such_address() {
    let running = Running::with(ResponseMode::Query, limits(), |expected| expected.go_code = None);
    assert_eq!(running.get(&format!("/go/{GO}")).await.status, 404);
    assert_eq!(running.get("/go/").await.status, 404);
}
