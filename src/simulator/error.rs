//! The platform's errors: AADSTS numbers, the OAuth `error` each comes with, and how they are written.
//!
//! The sentences are ours, except where a client reads a figure out of one; those keep the platform's order of words.

use chrono::{DateTime, Utc};
use http::{Response, StatusCode};
use hyper::body::Bytes;
use serde_json::json;

use super::answer;

/// One refusal.
#[derive(Debug, Clone)]
pub(super) struct PlatformError {
    pub(super) code: u32,
    /// The OAuth value: RFC 6749 §4.1.2.1 and §5.2, or one of Microsoft's.
    pub(super) error: String,
    pub(super) suberror: Option<String>,
    pub(super) status: StatusCode,
    /// A claims challenge, JSON: what the next sign-in must bring.
    pub(super) claims: Option<String>,
    sentence: String,
}

/// What identifies one request in logs and in error texts.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    pub(super) now: DateTime<Utc>,
    /// `Trace ID` of error texts, a GUID.
    pub(super) id: String,
    /// The caller's `client-request-id`, or one of ours.
    pub(super) correlation_id: String,
}

impl Trace {
    /// The platform's way to write a moment in errors, with a space in the middle.
    pub(super) fn timestamp(&self) -> String {
        self.now.format("%Y-%m-%d %H:%M:%SZ").to_string()
    }
}

/// Number, OAuth error, sentence.
type Known = (u32, &'static str, &'static str);

const KNOWN: &[Known] = &[
    (
        50011,
        "invalid_request",
        "The redirect URI of the request is not one of those registered for the application.",
    ),
    (50012, "invalid_client", "The client assertion was not accepted."),
    (50020, "invalid_grant", "The account belongs to another directory and is not a guest in this one."),
    (50027, "invalid_client", "The client assertion is not a well-formed JWT."),
    (50034, "invalid_grant", "The user account does not exist in this directory."),
    (50057, "invalid_grant", "The user account is disabled."),
    (50058, "login_required", "A silent sign-in was asked for, but nobody is signed in."),
    (50059, "invalid_request", "Neither the address nor the credentials tell the tenant."),
    (50072, "interaction_required", "The user must enrol in multifactor authentication."),
    (50074, "interaction_required", "Multifactor authentication is required and was not passed."),
    (50076, "interaction_required", "Multifactor authentication is required to reach this resource."),
    (50079, "interaction_required", "The user must enrol in multifactor authentication."),
    (50132, "invalid_grant", "The session is not valid any more: the password was changed."),
    (50133, "invalid_grant", "The session was revoked."),
    (50173, "invalid_grant", "The grant was revoked and a new sign-in is needed."),
    (50194, "unauthorized_client", "A single-tenant application cannot be used through this address."),
    (50196, "invalid_grant", "The client repeats one request in a loop and was stopped."),
    (53000, "interaction_required", "The device does not comply with the organisation's policy."),
    (53003, "invalid_grant", "Access is blocked by Conditional Access policies. No token is issued."),
    (54005, "invalid_grant", "The authorization code was redeemed before."),
    (65001, "invalid_grant", "Neither the user nor an administrator has consented to the application."),
    (65004, "access_denied", "The user declined to consent to the application."),
    (70000, "invalid_grant", "The grant that was presented is not valid."),
    (70003, "unsupported_grant_type", "The application sent a grant type that is not supported."),
    (70005, "unsupported_response_type", "The response type is not supported for this application."),
    (70007, "invalid_request", "The response mode is not supported."),
    (70008, "invalid_grant", "The authorization code or refresh token has expired."),
    (70011, "invalid_scope", "The scope of this request is not valid."),
    (70016, "authorization_pending", "The user has not finished signing in yet."),
    (70018, "bad_verification_code", "The code is not known."),
    (70019, "expired_token", "The user code has expired."),
    (70020, "expired_token", "The device code has expired."),
    (70043, "invalid_grant", "The refresh token has expired because of the sign-in frequency policy."),
    (90002, "invalid_request", "The tenant was not found."),
    (90006, "temporarily_unavailable", "The service is unavailable for a moment."),
    (90033, "temporarily_unavailable", "The directory is unavailable for a moment."),
    (90055, "temporarily_unavailable", "Too many requests: the tenant is throttled."),
    (90094, "consent_required", "An administrator must consent to the permissions that were asked for."),
    (90130, "invalid_request", "The application cannot be reached through this address."),
    (500_011, "invalid_resource", "The resource named in the scope was not found in this tenant."),
    (
        501_481,
        "invalid_grant",
        "The code_verifier does not match the code_challenge of the authorization request.",
    ),
    (501_491, "invalid_request", "The code_challenge does not have the size of its method."),
    (530_036, "invalid_grant", "The refresh token was got by an authentication flow that policy now blocks."),
    (700_005, "invalid_grant", "The authorization code was issued for another tenant."),
    (700_016, "unauthorized_client", "The application was not found in the directory."),
    (700_021, "invalid_client", "Issuer and subject of the client assertion are not the client ID."),
    (700_022, "invalid_scope", "The scope names more than one resource."),
    (700_023, "invalid_scope", "The scope names no resource."),
    (700_024, "invalid_client", "The client assertion is not within its valid time range."),
    (700_025, "invalid_client", "The client is public: neither secret nor assertion may be presented."),
    (
        700_027,
        "invalid_client",
        "The client assertion was signed by a key that the application does not have.",
    ),
    (700_082, "invalid_grant", "The refresh token has expired due to inactivity."),
    (
        700_084,
        "invalid_grant",
        "The refresh token of a single page app has a fixed, limited lifetime of 1.00:00:00.",
    ),
    (900_144, "invalid_request", "A required parameter is missing."),
    (900_561, "invalid_request", "The endpoint accepts POST only."),
    (900_971, "invalid_request", "The request holds no redirect URI."),
    (7_000_215, "invalid_client", "The client secret is wrong. Send the secret's value, not its ID."),
    (7_000_218, "invalid_client", "The request must hold 'client_assertion' or 'client_secret'."),
    (7_000_222, "invalid_client", "The client secret has expired."),
    (9_000_411, "invalid_request", "A parameter was sent more than once."),
    (9_002_313, "invalid_request", "The request is malformed."),
];

impl PlatformError {
    /// The error of that number. A number outside the table is an `invalid_request` without explanation.
    pub(super) fn new(code: u32) -> Self {
        let known = KNOWN.iter().find(|(number, ..)| *number == code);
        let (error, sentence) = known
            .map_or(("invalid_request", "The request was refused."), |(_, error, sentence)| {
                (error, sentence)
            });
        Self {
            code,
            error: error.into(),
            suberror: suberror(code),
            status: status(error),
            claims: None,
            sentence: sentence.into(),
        }
    }

    /// The same number with a sentence of its own.
    #[must_use]
    pub(super) fn saying(mut self, sentence: impl Into<String>) -> Self {
        self.sentence = sentence.into();
        self
    }

    /// The same number under another OAuth value: one number occurs with several at different endpoints.
    #[must_use]
    pub(super) fn under(mut self, error: &str) -> Self {
        self.status = status(error);
        error.clone_into(&mut self.error);
        self
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::new(900_144).saying(format!("The request must hold the parameter '{parameter}'."))
    }

    /// `AADSTS…: sentence`, then trace, correlation and time, each on a line of its own.
    pub(super) fn description(&self, trace: &Trace) -> String {
        format!(
            "AADSTS{}: {}\r\nTrace ID: {}\r\nCorrelation ID: {}\r\nTimestamp: {}",
            self.code,
            self.sentence,
            trace.id,
            trace.correlation_id,
            trace.timestamp()
        )
    }

    /// The token endpoint's way to refuse (RFC 6749 §5.2 and Microsoft's additions).
    pub(super) fn to_json(&self, trace: &Trace) -> Response<Bytes> {
        let mut body = json!({
            "error": self.error,
            "error_description": self.description(trace),
            "error_codes": [self.code],
            "timestamp": trace.timestamp(),
            "trace_id": trace.id,
            "correlation_id": trace.correlation_id,
            "error_uri": format!("https://login.invalid/error?code={}", self.code),
        });
        if let Some(suberror) = &self.suberror {
            body["suberror"] = json!(suberror);
        }
        if let Some(claims) = &self.claims {
            body["claims"] = json!(claims);
        }
        answer::json(self.status, &body)
    }
}

fn suberror(code: u32) -> Option<String> {
    let text = match code {
        65001 => "consent_required",
        70043 => "token_expired",
        700_082 => "bad_token",
        50076 | 50079 | 50072 => "basic_action",
        53003 => "message_only",
        _ => return None,
    };
    Some(text.into())
}

fn status(error: &str) -> StatusCode {
    match error {
        "invalid_client" => StatusCode::UNAUTHORIZED,
        "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
        "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
