//! What must hold for every paste, every answer and every text from outside, whatever its bytes.
//!
//! Each oracle takes the bytes of a fuzzer: a few that choose the circumstances, then the text. In the text the byte 1
//! stands for [`PLANTED`], a value that must never be told.

use std::fmt::Debug;

use chrono::{DateTime, TimeDelta};
use serde_json::Value;
use tokengauge::domain::secret::Secret as _;
use tokengauge::domain::{AdminConsentRequest, Certainty, Lifetime, RedirectUri};
use tokengauge::oauth::claims;
use tokengauge::oauth::device_authorization::{self, DeviceAuthorization};
use tokengauge::oauth::device_poll::{self, PollAnswer};
use tokengauge::oauth::redirect_response::{
    self, AdminConsentResponse, AuthorizationResponse, Awaited, Expectation, Refusal, StateCheck,
};
use tokengauge::oauth::token_answer::{self, HttpAnswer, TokenAnswer, TokenRefusal, TokenResponse};
use tokengauge::sanitize::{masked_echo, sanitize};
use url::Url;

/// Shaped like a token, with letters that no GUID has, in labels longer than any that is shown of a host name.
pub const PLANTED: &str = "eyJQTEFOVEVEwLXZhbHVlLW9uZQxyz0123456789.eyJQTEFOVEVEwLXZhbHVlLXR3bw";

/// The `state` that the attempt waits for.
pub const STATE: &str = "Qm3vX0p7s2kLr9TzWb1yHd5NfUe8aJcG4oViRtKxYlM";

const ISSUER: &str = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0";

const REDIRECTS: [&str; 4] = [
    "http://localhost:8400/",
    "https://login.microsoftonline.com/common/oauth2/nativeclient",
    "https://app.contoso.example/oauth/cb",
    "msal11111111-2222-3333-4444-555555555555://auth",
];

const STATUSES: [u16; 12] = [200, 400, 401, 429, 503, 201, 204, 302, 403, 404, 500, 599];

/// Characters, more than any line about an error needs.
const LONGEST_LINE: usize = 1_000;

/// First byte: PKCE, issuer, redirect URI. Then the paste.
pub fn paste(input: &[u8]) {
    let Some((&circumstances, text)) = input.split_first() else { return };
    let Some(pasted) = planted(text) else { return };
    let redirect_uri = Url::parse(REDIRECTS[usize::from(circumstances >> 2) % REDIRECTS.len()]).unwrap();
    let expectation = Expectation {
        redirect_uri: &redirect_uri,
        state: STATE,
        pkce: circumstances & 1 == 0,
        issuer: (circumstances & 2 != 0).then_some(ISSUER),
        awaited: Awaited::Code,
    };
    let read = redirect_response::read(&pasted, &expectation);
    assert_eq!(read, redirect_response::read(&pasted, &expectation), "read alike every time");
    match &read {
        Ok(AuthorizationResponse::Code { code, state }) => code_is_ours(code.expose(), *state, &pasted),
        Ok(AuthorizationResponse::Error(error)) => {
            refusal_is_sound(&token_answer::refused_by_redirect(error.error.clone()));
        }
        Err(refusal) => refusal_is_printable(refusal),
    }
    tells_nothing(&read);
    admin_consent(&pasted);
    echo_is_masked(&String::from_utf8_lossy(&pasted));
}

fn admin_consent(pasted: &[u8]) {
    let request = AdminConsentRequest {
        state: STATE.to_owned(),
        redirect_uri: RedirectUri::parse(RedirectUri::DEFAULT).unwrap(),
        address: Url::parse("https://login.microsoftonline.com/common/v2.0/adminconsent").unwrap(),
        asked_at: DateTime::UNIX_EPOCH,
    };
    match redirect_response::read_admin_consent(pasted, &request) {
        Ok(AdminConsentResponse::Given { tenant }) => tenant.iter().for_each(|tenant| is_printable(tenant)),
        Ok(AdminConsentResponse::Refused(error)) => {
            refusal_is_sound(&token_answer::refused_by_redirect(error.error));
        }
        Err(refusal) => {
            refusal_is_printable(&refusal);
            tells_nothing(&refusal);
        }
    }
}

fn code_is_ours(code: &str, state: StateCheck, pasted: &[u8]) {
    assert!((1..=8_192).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_graphic()));
    // A code is not tied to the attempt by a state that was not pasted. Decoding and unwrapping only shorten.
    assert!(state == StateCheck::NotSent || pasted.len() >= STATE.len() + code.len());
}

fn refusal_is_printable(refusal: &Refusal) {
    for line in [refusal.what_happened(), refusal.what_to_do().to_owned(), refusal.to_string()] {
        is_a_printable_line(&line);
    }
}

fn echo_is_masked(text: &str) {
    let echo = masked_echo(text);
    is_printable(&echo);
    assert!(echo.chars().count() <= 40);
    holds_nothing_planted(&echo);
}

/// First byte: status. Second: whether `Retry-After` and a redirect came. Four for the pause. Then the body.
pub fn answer(input: &[u8]) {
    let [status, head, a, b, c, d, body @ ..] = input else { return };
    let Some(body) = planted(body) else { return };
    let answer = HttpAnswer {
        status: STATUSES[usize::from(*status) % STATUSES.len()],
        retry_after: (head & 1 != 0)
            .then(|| TimeDelta::seconds(i64::from(u32::from_be_bytes([*a, *b, *c, *d])))),
        redirected_to: (head & 6 == 6).then(|| "login.example".to_owned()),
        body,
        ..HttpAnswer::default()
    };
    let read = token_answer::read(&answer);
    tells_nothing(&answer);
    match &read {
        TokenAnswer::Granted(response) => response_is_sound(response, &answer),
        TokenAnswer::Unusable { refresh_token, refusal } => {
            assert!(refresh_token.as_ref().is_none_or(|token| is_token(token.expose())));
            refusal_is_sound(refusal);
        }
    }
    let (poll, device) = (device_poll::read(&answer), device_authorization::read(&answer));
    match (&poll, &device) {
        (PollAnswer::Ended(_, refusal), _) | (_, Err(refusal)) => refusal_is_sound(refusal),
        (_, Ok(device)) => device_is_sound(device),
    }
    if !shows_by_design(&answer.body) {
        tells_nothing(&(read, poll, device));
    }
}

fn device_is_sound(device: &DeviceAuthorization) {
    is_printable(&device.user_code);
    is_printable(device.verification_uri.as_str());
    let hour = TimeDelta::hours(1);
    assert!(device.interval > TimeDelta::zero() && device.interval <= hour && device.expires_in <= hour);
}

fn response_is_sound(response: &TokenResponse, answer: &HttpAnswer) {
    assert!((200..300).contains(&answer.status));
    assert!(is_token(response.access_token.expose()));
    assert!(response.refresh_token.as_ref().is_none_or(|token| is_token(token.expose())));
    for seconds in
        [Some(response.expires_in.seconds()), response.refresh_token_expires_in].into_iter().flatten()
    {
        let _ = Lifetime::from_seconds(DateTime::UNIX_EPOCH, seconds, Certainty::Known);
    }
    let claims = claims::claims(&response.access_token);
    let user = claims::signed_in_user(response.id_token.as_ref(), &response.access_token);
    let shown =
        [claims.aud, claims.tid, claims.upn, claims.app, user.username, user.name, user.oid, user.tid];
    shown.into_iter().flatten().for_each(|claim| is_printable(&claim));
}

fn refusal_is_sound(refusal: &TokenRefusal) {
    is_a_printable_line(&refusal.what_happened);
    is_a_printable_line(&refusal.what_to_do);
    for failures in [0, 7, u32::MAX] {
        let trouble = refusal.trouble(DateTime::UNIX_EPOCH, failures, 1.0);
        [trouble.trace_id, trouble.correlation_id].into_iter().flatten().for_each(|id| is_printable(&id));
    }
}

fn is_token(text: &str) -> bool {
    (1..=65_536).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// An error's name, ids for support, scopes and what a device shows: a server that puts a token there tells it itself.
fn shows_by_design(body: &[u8]) -> bool {
    let Ok(Value::Object(object)) = serde_json::from_slice(body) else { return false };
    ["error", "trace_id", "correlation_id", "scope", "user_code", "verification_uri", "verification_url"]
        .into_iter()
        .filter_map(|name| object.get(name)?.as_str())
        .any(|text| text.contains(&PLANTED[..4]))
}

/// Two bytes: the most characters. Then the text.
pub fn sanitizer(input: &[u8]) {
    let [high, low, text @ ..] = input else { return };
    let max = usize::from(u16::from_be_bytes([*high, *low]) % 5_000);
    let Some(text) = planted(text) else { return };
    let text = String::from_utf8_lossy(&text);
    let line = sanitize(&text, max);
    is_printable(&line);
    assert!(line.chars().count() <= max, "{line:?} has more than {max} characters");
    assert_eq!(sanitize(&line, max), line, "what is printable stays as it is");
    echo_is_masked(&text);
}

/// The text with the planted value in it; nothing if a fuzzer that watches comparisons spells parts of it elsewhere.
fn planted(text: &[u8]) -> Option<Vec<u8>> {
    let spelled = text.windows(6).any(|part| PLANTED.as_bytes().windows(6).any(|own| own == part));
    (!spelled).then(|| text.split(|byte| *byte == 1).collect::<Vec<_>>().join(PLANTED.as_bytes()))
}

fn tells_nothing(value: &impl Debug) {
    holds_nothing_planted(&format!("{value:?}"));
}

/// Not even a part that would be worth stealing: whatever is longer than 17 characters holds one of these.
fn holds_nothing_planted(told: &str) {
    for part in PLANTED.as_bytes().windows(12).step_by(6) {
        let part = std::str::from_utf8(part).unwrap();
        assert!(!told.contains(part), "{told:?} tells {part:?}");
    }
}

fn is_a_printable_line(line: &str) {
    is_printable(line);
    assert!(line.chars().count() <= LONGEST_LINE, "{line:?}");
    holds_nothing_planted_but_shown(line);
}

/// A line may quote the name of an error, of which forty characters are shown.
fn holds_nothing_planted_but_shown(line: &str) {
    assert!(!line.contains(PLANTED), "{line:?}");
}

fn is_printable(text: &str) {
    for c in text.chars() {
        assert!(!moves_or_hides_text(c), "U+{:04X} in {text:?}", u32::from(c));
    }
}

/// Named one by one, from the Unicode charts: not the list of the sanitizer.
fn moves_or_hides_text(c: char) -> bool {
    let control = matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}');
    let bidi =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}');
    let zero_width = matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    let private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
    control || bidi || zero_width || private
}
