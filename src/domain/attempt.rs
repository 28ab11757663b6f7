//! An attempt to sign in: begun here, finished in a browser somewhere else, brought back by paste.

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::RedirectUri;
use super::secret::CodeVerifier;

/// A sign-in under way. It is kept in the record, so that a lost SSH connection does not end it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The `state` sent, fresh for every attempt (RFC 6749 §10.12).
    pub state: String,
    /// The secret half of PKCE (RFC 7636).
    pub code_verifier: CodeVerifier,
    /// The redirect URI actually sent: the token request must repeat it (RFC 6749 §4.1.3).
    pub redirect_uri: RedirectUri,
    /// The whole authorization request, as the person opens it.
    pub authorization_request: Url,
    /// When it was begun.
    pub started_at: DateTime<Utc>,
    /// How many pastes were refused.
    pub wrong_pastes: u8,
}

/// How long an attempt lives; the platform's code lives about ten minutes of it.
pub const ATTEMPT_LIFE: TimeDelta = TimeDelta::minutes(15);

/// How many refused pastes end an attempt.
pub const WRONG_PASTES_ALLOWED: u8 = 5;

impl Attempt {
    /// True while a paste may still finish it.
    pub fn is_open_at(&self, now: DateTime<Utc>) -> bool {
        is_open(self.started_at, self.wrong_pastes, now)
    }
}

/// True while an attempt begun at `started_at` may still be finished; one from the future may not.
pub(super) fn is_open(started_at: DateTime<Utc>, wrong_pastes: u8, now: DateTime<Utc>) -> bool {
    now < started_at + ATTEMPT_LIFE
        && now >= started_at - TimeDelta::minutes(1)
        && wrong_pastes < WRONG_PASTES_ALLOWED
}
