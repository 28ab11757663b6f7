//! Readings of answers, one rule each; all cases together are in `tests/answers`.

use crate::domain::secret::RefreshToken;

use super::reaction::LOOP_PAUSE;
use super::*;

fn ok(body: &str) -> TokenAnswer {
    read(&HttpAnswer { status: 200, body: body.into(), ..HttpAnswer::default() })
}

fn granted(body: &str) -> TokenResponse {
    match ok(body) {
        TokenAnswer::Granted(response) => *response,
        other @ TokenAnswer::Unusable { .. } => panic!("{other:?}"),
    }
}

fn refused(status: u16, body: &str) -> TokenRefusal {
    match read(&HttpAnswer { status, body: body.into(), ..HttpAnswer::default() }) {
        TokenAnswer::Unusable { refusal, .. } => refusal,
        other @ TokenAnswer::Granted(_) => panic!("{other:?}"),
    }
}

#[test]
fn expires_in_may_be_a_number_a_text_or_missing() {
    for (field, seconds) in [
        ("3599", 3599),
        ("\"3599\"", 3599),
        ("3599.7", 3599),
        ("-5", 0),
        ("604801", 604_800),
        ("1e300", 604_800),
        ("1000000000000000000000", 604_800),
        ("null", UNTOLD_SECONDS),
        ("\"soon\"", UNTOLD_SECONDS),
        ("\"NaN\"", UNTOLD_SECONDS),
    ] {
        assert_eq!(
            granted(&format!(r#"{{"access_token":"a","expires_in":{field}}}"#)).expires_in.seconds(),
            seconds,
            "{field}"
        );
    }
}

#[test]
fn a_new_refresh_token_is_kept_out_of_an_odd_answer() {
    for body in [
        r#"{"token_type":"pop","access_token":"a","refresh_token":"new"}"#,
        r#"{"refresh_token":"new"}"#,
        r#"{"access_token":7,"refresh_token":"new"}"#,
        "{\"access_token\":\"a\\u001b]52\",\"refresh_token\":\"new\"}",
    ] {
        match ok(body) {
            TokenAnswer::Unusable { refresh_token, refusal } => {
                assert_eq!(refresh_token, Some(RefreshToken::new("new")), "{body}");
                assert_eq!(refusal.reaction, Reaction::ProtocolError);
            }
            other @ TokenAnswer::Granted(_) => panic!("{other:?}"),
        }
    }
}

#[test]
fn error_decides_and_the_number_softens() {
    use Reaction::{ConsentMissing, ProtocolError, SetUpWrong, SignInNeeded, TryLater};
    for (body, reaction) in [
        (r#"{"error":"invalid_grant"}"#, SignInNeeded),
        (r#"{"error":"invalid_grant","error_description":"AADSTS50196: loop"}"#, TryLater(Some(LOOP_PAUSE))),
        (r#"{"error":"invalid_grant","error_codes":[65001]}"#, ConsentMissing),
        (r#"{"error":"invalid_grant","suberror":"consent_required"}"#, ConsentMissing),
        (r#"{"error":"invalid_client","error_codes":[7000215]}"#, SetUpWrong),
        (r#"{"error":"temporarily_unavailable"}"#, TryLater(None)),
        (r#"{"error":"something_new"}"#, ProtocolError),
    ] {
        assert_eq!(refused(400, body).reaction, reaction, "{body}");
    }
}

#[test]
fn what_is_no_answer_of_a_token_server_is_tried_later() {
    for (status, body) in
        [(200, "<html>"), (200, ""), (403, "<html>"), (400, "Bad Request"), (400, "{}"), (502, "x")]
    {
        assert_eq!(refused(status, body).reaction, Reaction::TryLater(None), "{status} {body}");
    }
    assert_eq!(refused(200, "[]").reaction, Reaction::ProtocolError);
    assert_eq!(refused(200, &"[".repeat(100_000)).reaction, Reaction::ProtocolError);
}

#[test]
fn debug_shows_no_token() {
    let body = r#"{"access_token":"TG1","refresh_token":"TG2","id_token":"TG3"}"#;
    let answer = HttpAnswer { status: 200, body: body.into(), ..HttpAnswer::default() };
    let text = format!("{answer:?} {:?}", read(&answer));
    // As text, and as the numbers of its bytes.
    assert!(!text.contains("TG") && !text.contains("84, 71"), "{text}");
    assert!(text.contains(&format!("{} bytes", body.len())), "{text}");
}

#[test]
fn texts_of_the_platform_come_out_printable() {
    let refusal = refused(400, "{\"error\":\"x\\u001b]0;pwned\\u0007\\u202e\",\"trace_id\":\"a\\u001b[2J\"}");
    let shown =
        format!("{} {} {:?}", refusal.what_happened, refusal.what_to_do, refusal.platform.unwrap().trace_id);
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown:?}");
}

#[test]
fn advice_of_the_number_is_given_where_it_fits() {
    let refusal = refused(400, r#"{"error":"invalid_grant","error_codes":[700082]}"#);
    assert_eq!(refusal.what_happened, "the refresh token expired unused (AADSTS700082)");
    assert_eq!(refusal.what_to_do, "Sign in again (a).");
}
