//! Answers that are none: proxies, cut lines, empty bodies, endless ones. Nothing held is lost by any of them.

use http_body_util::Full;
use hyper::body::Bytes;
use tokengauge::domain::secret::AuthorizationCode;
use tokengauge::domain::{RenewalOutcome, Trouble, TroubleKind};

use crate::desk::Desk;
use crate::wire::{Wire, answer};

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const GOOD: &str = r#"{"token_type":"Bearer","access_token":"TG-access-0","expires_in":3600,"refresh_token":"TG-refresh-0"}"#;

/// Renews at a server that answers so: the trouble, after it is known that nothing was lost.
async fn trouble_of(odd: http::Response<Full<Bytes>>) -> Trouble {
    let wire = Wire::start([answer(200, JSON, GOOD), odd]).await;
    let desk = Desk::at(wire.authority());
    desk.begin();
    desk.redeem(&AuthorizationCode::new("code")).await.unwrap();
    let held = desk.tokens();
    let trouble = desk.refresh().await.unwrap().trouble.unwrap();
    assert_eq!(desk.held(), held);
    assert_eq!(wire.arrived().len(), 2, "one request, and no other at once");
    assert!(!format!("{trouble:?}").contains("TG-"), "{trouble:?}");
    trouble
}

fn tries_again(trouble: &Trouble) -> bool {
    matches!(trouble.kind, TroubleKind::TryLater { .. })
}

#[tokio::test]
async fn a_page_instead_of_json_is_said_to_be_one() {
    for status in [200, 403, 502] {
        let trouble =
            trouble_of(answer(status, &[("content-type", "text/html")], "<html>TG-proxy</html>")).await;
        assert!(tries_again(&trouble), "{trouble:?}");
        assert!(status != 200 || trouble.what_happened.contains("HTML"), "{trouble:?}");
        assert!(status == 200 || trouble.what_happened.contains(&status.to_string()), "{trouble:?}");
    }
}

#[tokio::test]
async fn json_that_was_cut_is_said_to_be_cut() {
    let trouble = trouble_of(answer(200, JSON, &GOOD[..60])).await;
    assert!(tries_again(&trouble) && trouble.what_happened.contains("cut off"), "{trouble:?}");
}

#[tokio::test]
async fn an_empty_body_is_said_to_be_empty() {
    for body in ["", " \r\n"] {
        let trouble = trouble_of(answer(200, JSON, body)).await;
        assert!(tries_again(&trouble) && trouble.what_happened.contains("empty"), "{trouble:?}");
    }
}

#[tokio::test]
async fn json_that_is_no_object_is_not_quoted() {
    for body in [r#""TG-text""#, r#"["TG-list"]"#, "null", r#"{"access_token": TG-bare}"#, "TG-text"] {
        let trouble = trouble_of(answer(200, JSON, body)).await;
        assert!(tries_again(&trouble) && trouble.what_happened.contains("JSON"), "{body}: {trouble:?}");
    }
}

#[tokio::test]
async fn fields_of_the_wrong_kind_are_named_and_not_quoted() {
    for (body, field) in [
        (r#"{"token_type":"Bearer","access_token":["TG-x"]}"#, "access_token"),
        (r#"{"token_type":"Bearer","access_token":"TG \u001b[2J"}"#, "access_token"),
        (r#"{"token_type":"Bearer"}"#, "access_token"),
        (r#"{"token_type":"TG-mac","access_token":"TG-x"}"#, "token_type"),
    ] {
        let trouble = trouble_of(answer(200, JSON, body)).await;
        assert!(trouble.what_happened.contains(field), "{body}: {trouble:?}");
    }
}

#[tokio::test]
async fn a_body_beyond_a_mebibyte_is_not_read_to_its_end() {
    let long =
        format!(r#"{{"token_type":"Bearer","access_token":"TG-x","pad":"{}"}}"#, "x".repeat(1024 * 1024));
    let trouble = trouble_of(answer(200, JSON, long)).await;
    assert!(tries_again(&trouble) && trouble.what_happened.contains("1 MiB"), "{trouble:?}");
}

#[tokio::test]
async fn an_error_of_json_without_an_error_field_goes_by_its_status() {
    let trouble = trouble_of(answer(500, JSON, r#"{"message":"TG-stack"}"#)).await;
    assert!(tries_again(&trouble) && trouble.what_happened.contains("500"), "{trouble:?}");
}

#[tokio::test]
async fn words_of_the_platform_are_made_printable() {
    let body = r#"{"error":"odd\u001b[31m\u202e_error","error_description":"\u001b]0;TG\u0007"}"#;
    let trouble = trouble_of(answer(400, JSON, body)).await;
    assert!(!trouble.what_happened.chars().any(|c| c.is_control() || c == '\u{202e}'), "{trouble:?}");
}

/// What is remarked of a renewal that brings this.
async fn remark_of(headers: &[(&str, &str)], body: &str) -> Option<String> {
    let wire = Wire::start([answer(200, JSON, GOOD), answer(200, headers, body.to_owned())]).await;
    let desk = Desk::at(wire.authority());
    desk.begin();
    desk.redeem(&AuthorizationCode::new("code")).await.unwrap();
    assert_eq!(desk.last_outcome(), RenewalOutcome::Worked);
    let overview = desk.refresh().await.unwrap();
    assert_eq!((overview.trouble.as_ref(), overview.new_remark()), (None, desk.last_outcome().remark()));
    desk.last_outcome().remark().map(str::to_owned)
}

#[tokio::test]
async fn what_is_odd_about_a_success_is_in_the_record() {
    let untyped = r#"{"access_token":"TG-access-1","refresh_token":"TG-refresh-1"}"#;
    let remark = remark_of(JSON, untyped).await.unwrap();
    assert!(remark.contains("does not tell how long") && remark.contains("no token type"), "{remark}");
    assert_eq!(remark_of(JSON, GOOD).await, None);
}

#[tokio::test]
async fn a_narrower_grant_names_what_is_missing() {
    let narrow = r#"{"token_type":"Bearer","access_token":"TG-access-1","expires_in":3600,"scope":"openid User.Read"}"#;
    let remark = remark_of(JSON, narrow).await.unwrap();
    assert!(remark.starts_with("not granted: ") && remark.contains("Mail.Send"), "{remark}");
    assert!(!remark.contains("User.Read") && !remark.contains("offline_access"), "{remark}");
}

#[tokio::test]
async fn a_wrong_clock_is_remarked_and_lives_count_from_our_own() {
    let dated = [JSON[0], ("date", "Sun, 22 Nov 2015 05:42:00 GMT")];
    let remark = remark_of(&dated, GOOD).await.unwrap();
    assert!(remark.contains("ahead of the server's; lives are counted from expires_in"), "{remark}");
}
