//! Authorization response as a person pastes it after signing in (RFC 6749 §4.1.2, RFC 9207).
//!
//! [`read`] takes whatever was on the clipboard and the attempt's own values. Counting the tries, spending the code
//! once and ending the attempt are the caller's.

mod address;
#[cfg(test)]
mod admin_consent_tests;
mod answer;
mod bare;
mod candidate;
mod clean;
mod parameters;
mod refusal;
mod search;
#[cfg(test)]
mod tests;

use url::Url;

use crate::domain::secret::AuthorizationCode;
use crate::domain::{AdminConsentRequest, CodeAttemptFacts};
use crate::oauth::platform_error::PlatformError;
use crate::sanitize::sanitize;
use address::Address;
pub use refusal::{ParameterName, Refusal};

/// What the attempt knows about the answer it waits for.
#[derive(Clone, Copy)]
pub struct Expectation<'a> {
    /// The redirect address exactly as it was sent.
    pub redirect_uri: &'a Url,
    /// The attempt's `state`.
    pub state: &'a str,
    /// Whether the attempt sent a code challenge (RFC 7636).
    pub pkce: bool,
    /// The server's issuer, where it is known to send `iss` (RFC 9207 §3).
    pub issuer: Option<&'a str>,
    /// Which answer is waited for.
    pub awaited: Awaited,
}

/// Which answer is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// That of a sign-in.
    Code,
    /// That of an administrator's consent.
    AdminConsent,
}

impl<'a> Expectation<'a> {
    /// What this program's own sign-ins expect: PKCE always, and no `iss`, which the platform does not send.
    pub fn of(attempt: &'a CodeAttemptFacts) -> Self {
        let (redirect_uri, state) = (attempt.redirect_uri.url(), attempt.state.as_str());
        Self { redirect_uri, state, pkce: true, issuer: None, awaited: Awaited::Code }
    }

    /// What a request for admin consent expects.
    pub fn of_admin_consent(request: &'a AdminConsentRequest) -> Self {
        let (redirect_uri, state) = (request.redirect_uri.url(), request.state.as_str());
        Self { redirect_uri, state, pkce: false, issuer: None, awaited: Awaited::AdminConsent }
    }
}

/// What the platform answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizationResponse {
    /// The person signed in and accepted.
    Code {
        /// Good once, for about ten minutes.
        code: AuthorizationCode,
        /// Whether the answer was tied to the attempt by its `state`.
        state: StateCheck,
    },
    /// The sign-in ended without a code.
    Error(AuthorizationError),
}

/// What an administrator answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdminConsentResponse {
    /// Consent was given.
    Given {
        /// The tenant as the answer names it: for the eyes, not for trust.
        tenant: Option<String>,
    },
    /// It was not.
    Refused(AuthorizationError),
}

/// Either answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reply {
    Authorization(AuthorizationResponse),
    AdminConsent { tenant: Option<String> },
}

/// What the `state` of an answer told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateCheck {
    /// It was the attempt's own.
    Checked,
    /// Only the code was pasted; the code verifier alone ties it to the attempt. Tell the person.
    NotSent,
}

/// An error of the authorization endpoint (RFC 6749 §4.1.2.1) with the right `state`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationError {
    /// The platform's words, not yet sanitized.
    pub error: PlatformError,
}

/// Reads what was pasted. Works in bounded time, sends nothing, keeps nothing.
pub fn read(pasted: &[u8], expectation: &Expectation<'_>) -> Result<AuthorizationResponse, Refusal> {
    match search::search(&clean::clean(pasted)?, expectation)? {
        Reply::Authorization(response) => Ok(response),
        Reply::AdminConsent { .. } => Err(Refusal::AdminConsentResponse),
    }
}

/// Reads what an administrator's browser ended on. The same rules hold, and the answer carries no code.
pub fn read_admin_consent(
    pasted: &[u8],
    request: &AdminConsentRequest,
) -> Result<AdminConsentResponse, Refusal> {
    match search::search(&clean::clean(pasted)?, &Expectation::of_admin_consent(request))? {
        Reply::AdminConsent { tenant } => {
            Ok(AdminConsentResponse::Given { tenant: tenant.map(|tenant| sanitize(&tenant, 100)) })
        }
        Reply::Authorization(AuthorizationResponse::Error(error)) => Ok(AdminConsentResponse::Refused(error)),
        Reply::Authorization(AuthorizationResponse::Code { .. }) => Err(Refusal::NoAdminConsentFound),
    }
}
