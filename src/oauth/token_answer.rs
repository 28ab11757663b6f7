//! What came back from the token endpoint (RFC 6749 §5.1 and §5.2), and what it means.
//!
//! `error` and `suberror` decide; AADSTS numbers only soften: better words, a longer wait. A 200 is precious: a new
//! refresh token in it is kept even where the rest of the answer is odd. No text here ever holds a value of the answer.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use crate::catalogue::aadsts::{self, WhoActs};
use crate::domain::secret::{AccessToken, IdToken, RefreshToken};
use crate::domain::{ScopeSet, Trouble, TroubleKind};
use crate::sanitize::sanitize;

use super::platform_error::PlatformError;

/// An HTTP answer as far as it matters here. The body may hold tokens: `Debug` tells its length.
#[derive(Clone, Default)]
pub struct HttpAnswer {
    /// Status.
    pub status: u16,
    /// `Retry-After`, already as a wait.
    pub retry_after: Option<TimeDelta>,
    /// Where a redirect points: the host alone, printable.
    pub redirected_to: Option<String>,
    /// How far this machine's clock is ahead of the server's, if by more than five minutes; negative if it is behind.
    pub clock_skew: Option<TimeDelta>,
    /// The body, at most 1 MiB.
    pub body: Vec<u8>,
}

impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpAnswer")
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .field("redirected_to", &self.redirected_to)
            .field("clock_skew", &self.clock_skew)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

/// What a token request brought.
#[derive(Debug, Clone, PartialEq)]
pub enum TokenAnswer {
    /// Tokens.
    Granted(Box<TokenResponse>),
    /// No access token that can be used; a refresh token in it is kept all the same.
    Unusable {
        /// The refresh token in it.
        refresh_token: Option<RefreshToken>,
        /// What is wrong.
        refusal: TokenRefusal,
    },
}

/// A successful answer (RFC 6749 §5.1).
#[derive(Debug, Clone, PartialEq)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: AccessToken,
    /// Its life in seconds; an hour if the answer does not tell.
    pub expires_in: i64,
    /// A new refresh token.
    pub refresh_token: Option<RefreshToken>,
    /// Its life in seconds, where the answer tells it.
    pub refresh_token_expires_in: Option<i64>,
    /// What was granted.
    pub granted_scope: Option<ScopeSet>,
    /// Who signed in.
    pub id_token: Option<IdToken>,
}

/// Why there are no tokens, and what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenRefusal {
    /// What follows.
    pub reaction: Reaction,
    /// First line: what happened. Printable.
    pub what_happened: String,
    /// Second line: what to do. Printable.
    pub what_to_do: String,
    /// What the platform said, if it said something.
    pub platform: Option<PlatformError>,
}

impl TokenRefusal {
    /// The trouble that is kept in the record. `failures` tries failed in a row before this one; `jitter` is 0 to 1.
    pub fn trouble(&self, at: DateTime<Utc>, failures: u32, jitter: f64) -> Trouble {
        let later = |wait| TroubleKind::try_later(at, failures.saturating_add(1), wait, jitter);
        let platform = self.platform.as_ref();
        Trouble {
            at,
            kind: match self.reaction {
                Reaction::SignInNeeded => TroubleKind::SignInNeeded,
                Reaction::ConsentMissing => TroubleKind::ConsentMissing,
                Reaction::SetUpWrong => TroubleKind::SetUpWrong,
                Reaction::TryLater(wait) => later(wait),
                Reaction::ProtocolError => later(None),
            },
            what_happened: self.what_happened.clone(),
            what_to_do: self.what_to_do.clone(),
            aadsts: platform.and_then(|platform| platform.codes.first().copied()),
            trace_id: platform.and_then(|platform| platform.trace_id.clone()),
            correlation_id: platform.and_then(|platform| platform.correlation_id.clone()),
        }
    }
}

/// What follows from a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// A person signs in.
    SignInNeeded,
    /// An administrator consents.
    ConsentMissing,
    /// Registration or settings are mended.
    SetUpWrong,
    /// It is tried again, not before this wait where one is told.
    TryLater(Option<TimeDelta>),
    /// The answer makes no sense; it is tried again.
    ProtocolError,
}

/// Reads an answer.
pub fn read(answer: &HttpAnswer) -> TokenAnswer {
    if let Some(host) = &answer.redirected_to {
        return unusable(
            Reaction::ProtocolError,
            format!("the token endpoint points elsewhere, to {host}; that was not followed"),
            "Check the authority, and whether a proxy stands in between.",
        );
    }
    let object = match parse(&answer.body) {
        Ok(object) => object,
        Err(refusal) if answer.status == 200 => {
            return TokenAnswer::Unusable { refresh_token: None, refusal };
        }
        Err(_) => return TokenAnswer::Unusable { refresh_token: None, refusal: by_status(answer) },
    };
    if answer.status == 200 && !object.contains_key("error") {
        success(&object)
    } else {
        TokenAnswer::Unusable { refresh_token: None, refusal: refusal(answer, &object) }
    }
}

fn unusable(
    reaction: Reaction,
    what_happened: impl Into<String>,
    what_to_do: impl Into<String>,
) -> TokenAnswer {
    TokenAnswer::Unusable { refresh_token: None, refusal: own_refusal(reaction, what_happened, what_to_do) }
}

fn own_refusal(
    reaction: Reaction,
    what_happened: impl Into<String>,
    what_to_do: impl Into<String>,
) -> TokenRefusal {
    TokenRefusal {
        reaction,
        what_happened: what_happened.into(),
        what_to_do: what_to_do.into(),
        platform: None,
    }
}

const TRIED_AGAIN: &str = "Nothing is lost; it is tried again.";

fn parse(body: &[u8]) -> Result<Map<String, Value>, TokenRefusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(own_refusal(Reaction::TryLater(None), "the answer was empty", TRIED_AGAIN));
    }
    if body.trim_ascii_start().starts_with(b"<") {
        return Err(own_refusal(
            Reaction::TryLater(None),
            "the answer was not from a token server (HTML)",
            "Does a proxy or a login page stand in between? Nothing is lost; it is tried again.",
        ));
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(object)) => Ok(object),
        // serde_json's own message would print the value: only the kind of the error is looked at.
        Err(error) if error.is_eof() => {
            Err(own_refusal(Reaction::TryLater(None), "the answer was cut off", TRIED_AGAIN))
        }
        Ok(_) | Err(_) => Err(own_refusal(
            Reaction::ProtocolError,
            "the answer is no JSON object",
            "Check the authority (e).",
        )),
    }
}

fn success(object: &Map<String, Value>) -> TokenAnswer {
    let refresh_token = token_text(object, "refresh_token").ok().flatten().map(RefreshToken::new);
    let odd = |what: &str| TokenAnswer::Unusable {
        refresh_token: refresh_token.clone(),
        refusal: own_refusal(
            Reaction::ProtocolError,
            format!("the answer cannot be used: {what}"),
            "What was held is kept; it is tried again.",
        ),
    };
    if let Some(kind) = object.get("token_type")
        && !kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"))
    {
        return odd("token_type is not Bearer");
    }
    let access_token = match token_text(object, "access_token") {
        Ok(Some(text)) => AccessToken::new(text),
        Ok(None) => return odd("access_token is missing"),
        Err(()) => return odd("access_token is not a printable text"),
    };
    TokenAnswer::Granted(Box::new(TokenResponse {
        access_token,
        // RFC 6749 §5.1 lets `expires_in` be left out. An hour is what the platform grants at least.
        expires_in: seconds(object, "expires_in").unwrap_or(3600),
        refresh_token,
        refresh_token_expires_in: seconds(object, "refresh_token_expires_in"),
        granted_scope: object.get("scope").and_then(Value::as_str).map(ScopeSet::parse_lenient),
        id_token: object.get("id_token").and_then(Value::as_str).map(IdToken::new),
    }))
}

/// A token: 1 to 65,536 printable ASCII characters; an empty one counts as missing.
fn token_text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, ()> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text))
            if text.len() <= 65_536 && text.bytes().all(|b| (0x21..=0x7e).contains(&b)) =>
        {
            Ok(Some(text.clone()))
        }
        Some(_) => Err(()),
    }
}

/// A duration in seconds: a number, a fraction, or a text that holds one.
fn seconds(object: &Map<String, Value>, name: &str) -> Option<i64> {
    match object.get(name)? {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64)),
        Value::String(text) => text.trim().parse::<f64>().ok().filter(|s| s.is_finite()).map(|s| s as i64),
        _ => None,
    }
}

fn by_status(answer: &HttpAnswer) -> TokenRefusal {
    let status = answer.status;
    let what_happened = match status {
        429 => "the platform asks for a pause (HTTP 429)".to_owned(),
        500..=599 => format!("the platform has a fault (HTTP {status})"),
        _ => format!("the answer is not one of a token server (HTTP {status})"),
    };
    own_refusal(Reaction::TryLater(answer.retry_after), what_happened, TRIED_AGAIN)
}

fn refusal(answer: &HttpAnswer, object: &Map<String, Value>) -> TokenRefusal {
    let Some(error) = object.get("error").and_then(Value::as_str).filter(|error| !error.is_empty()) else {
        return by_status(answer);
    };
    let platform = platform_error(error, object);
    in_words(reaction(answer, error, &platform), platform)
}

/// What an error of the authorization endpoint means (RFC 6749 §4.1.2.1): the same words as at the token endpoint.
pub fn refused_by_redirect(platform: PlatformError) -> TokenRefusal {
    let error = platform.error.unsanitized().to_owned();
    in_words(reaction(&HttpAnswer::default(), &error, &platform), platform)
}

fn in_words(reaction: Reaction, platform: PlatformError) -> TokenRefusal {
    let error = platform.error.unsanitized();
    let known = platform.codes.iter().find_map(|code| aadsts::explain(*code));
    let what_happened = match (known, platform.codes.first()) {
        (Some(known), _) => format!("{} (AADSTS{})", known.what_happened, known.code),
        (None, Some(code)) => format!("the platform refused: {} (AADSTS{code})", sanitize(error, 40)),
        (None, None) => format!("the platform refused: {}", sanitize(error, 40)),
    };
    let what_to_do = match known {
        Some(known) if !contradicts(known.who, reaction) => known.what_to_do,
        _ => advice(reaction),
    };
    TokenRefusal { reaction, what_happened, what_to_do: what_to_do.to_owned(), platform: Some(platform) }
}

/// The error's own words decide: where they say something else than the number, the number's advice is left out.
fn contradicts(who: WhoActs, reaction: Reaction) -> bool {
    matches!(reaction, Reaction::TryLater(_)) != (who == WhoActs::Nobody)
}

fn advice(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::SignInNeeded => "Sign in again (a).",
        Reaction::ConsentMissing => "Ask the tenant's administrator to consent, then sign in again (a).",
        Reaction::SetUpWrong => "Check client ID, secret, tenant and permissions (e, tab 2).",
        Reaction::TryLater(_) | Reaction::ProtocolError => TRIED_AGAIN,
    }
}

fn platform_error(error: &str, object: &Map<String, Value>) -> PlatformError {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let mut platform = PlatformError::from_description(error, text("error_description").unwrap_or(""))
        .with_suberror(text("suberror"));
    let listed = object.get("error_codes").and_then(Value::as_array);
    let numbers =
        listed.into_iter().flatten().filter_map(Value::as_u64).filter_map(|n| u32::try_from(n).ok());
    let new: Vec<u32> = numbers.filter(|number| !platform.codes.contains(number)).take(8).collect();
    platform.codes.extend(new);
    let id = |name: &str| text(name).map(|id| sanitize(id, 40)).filter(|id| !id.is_empty());
    platform.trace_id = id("trace_id").or(platform.trace_id);
    platform.correlation_id = id("correlation_id").or(platform.correlation_id);
    platform
}

/// Five minutes: the platform has seen a loop of equal requests.
const LOOP_PAUSE: TimeDelta = TimeDelta::minutes(5);

fn reaction(answer: &HttpAnswer, error: &str, platform: &PlatformError) -> Reaction {
    // Throttling arrives dressed as invalid_grant.
    if platform.codes.contains(&50_196) {
        return Reaction::TryLater(answer.retry_after.max(Some(LOOP_PAUSE)));
    }
    if answer.status == 429 || answer.status >= 500 {
        return Reaction::TryLater(answer.retry_after);
    }
    match error {
        "invalid_grant" | "interaction_required" | "login_required" if is_consent(platform) => {
            Reaction::ConsentMissing
        }
        "consent_required" => Reaction::ConsentMissing,
        "invalid_grant" | "interaction_required" | "login_required" | "access_denied" => {
            Reaction::SignInNeeded
        }
        "invalid_client"
        | "unauthorized_client"
        | "invalid_scope"
        | "invalid_resource"
        | "invalid_request"
        | "unsupported_grant_type"
        | "unsupported_response_type" => Reaction::SetUpWrong,
        "temporarily_unavailable" | "server_error" | "slow_down" => Reaction::TryLater(answer.retry_after),
        _ => Reaction::ProtocolError,
    }
}

fn is_consent(platform: &PlatformError) -> bool {
    platform.suberror.as_ref().is_some_and(|suberror| *suberror == "consent_required")
        || platform.codes.iter().any(|code| matches!(code, 65_001 | 90_094 | 90_008))
}

#[cfg(test)]
mod tests {
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
            ("null", 3600),
            ("\"soon\"", 3600),
            ("-5", -5),
            ("1e300", i64::MAX),
        ] {
            assert_eq!(
                granted(&format!(r#"{{"access_token":"a","expires_in":{field}}}"#)).expires_in,
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
            (
                r#"{"error":"invalid_grant","error_description":"AADSTS50196: loop"}"#,
                TryLater(Some(LOOP_PAUSE)),
            ),
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
        let refusal =
            refused(400, "{\"error\":\"x\\u001b]0;pwned\\u0007\\u202e\",\"trace_id\":\"a\\u001b[2J\"}");
        let shown = format!(
            "{} {} {:?}",
            refusal.what_happened,
            refusal.what_to_do,
            refusal.platform.unwrap().trace_id
        );
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown:?}");
    }

    #[test]
    fn advice_of_the_number_is_given_where_it_fits() {
        let refusal = refused(400, r#"{"error":"invalid_grant","error_codes":[700082]}"#);
        assert_eq!(refusal.what_happened, "the refresh token expired unused (AADSTS700082)");
        assert_eq!(refusal.what_to_do, "Sign in again (a).");
    }
}
