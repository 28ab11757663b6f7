//! An attempt to sign in: begun here, finished by a person in a browser somewhere else.

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::secret::{CodeVerifier, DeviceCode};
use super::{DevicePoll, RedirectUri};

/// A sign-in under way. It is kept in the record, so that a lost SSH connection does not end it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// A browser is to bring a code back.
    Code(CodeAttempt),
    /// A person is to enter a user code, and the token endpoint is asked again and again.
    Device(DeviceAttempt),
}

/// A sign-in by authorization code (RFC 6749 §4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeAttempt {
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
    /// How often the code was sent and the platform could not work on it.
    pub failed_redemptions: u8,
}

/// A sign-in by device code (RFC 8628 §3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceAttempt {
    /// What the token endpoint is asked with.
    pub device_code: DeviceCode,
    /// What the person enters.
    pub user_code: String,
    /// Where the person enters it.
    pub verification_uri: Url,
    /// When it was begun.
    pub started_at: DateTime<Utc>,
    /// When the codes lapse.
    pub expires_at: DateTime<Utc>,
    /// When the token endpoint may be asked next.
    pub poll: DevicePoll,
    /// Why the last question stayed without an answer, one printable line; the next answer clears it.
    pub unanswered: Option<String>,
    /// Since when an answer may have been lost on its way, and with it the tokens; the next "not yet" clears it.
    pub lost_since: Option<DateTime<Utc>>,
}

/// How long an attempt with a browser lives; the platform's code lives about ten minutes of it.
pub const ATTEMPT_LIFE: TimeDelta = TimeDelta::minutes(15);

/// How many refused pastes end an attempt.
pub const WRONG_PASTES_ALLOWED: u8 = 5;

/// How often one code may be sent: a platform that is down has not used it.
pub const REDEMPTIONS_ALLOWED: u8 = 3;

impl Attempt {
    /// What tells it from others: the `state` of a sign-in with a browser, the user code of one by device code.
    pub fn mark(&self) -> &str {
        match self {
            Self::Code(attempt) => &attempt.state,
            Self::Device(attempt) => &attempt.user_code,
        }
    }

    /// The sign-in with a browser, if it is one.
    pub fn code(&self) -> Option<&CodeAttempt> {
        match self {
            Self::Code(attempt) => Some(attempt),
            Self::Device(_) => None,
        }
    }

    /// The sign-in with a browser, if it is one, to be changed.
    pub fn code_mut(&mut self) -> Option<&mut CodeAttempt> {
        match self {
            Self::Code(attempt) => Some(attempt),
            Self::Device(_) => None,
        }
    }

    /// The sign-in with a device code, if it is one.
    pub fn device(&self) -> Option<&DeviceAttempt> {
        match self {
            Self::Code(_) => None,
            Self::Device(attempt) => Some(attempt),
        }
    }
}

impl CodeAttempt {
    /// True while a paste may still finish it.
    pub fn is_open_at(&self, now: DateTime<Utc>) -> bool {
        is_open(self.started_at, self.wrong_pastes, now)
    }
}

impl DeviceAttempt {
    /// True while the person may still enter the code.
    pub fn is_open_at(&self, now: DateTime<Utc>) -> bool {
        now < self.expires_at && began_before(self.started_at, now)
    }
}

/// True while an attempt begun at `started_at` may still be finished; one from the future may not.
pub(super) fn is_open(started_at: DateTime<Utc>, wrong_pastes: u8, now: DateTime<Utc>) -> bool {
    now < started_at + ATTEMPT_LIFE && began_before(started_at, now) && wrong_pastes < WRONG_PASTES_ALLOWED
}

/// False for a beginning in the future: a clock was set back, and nothing can be said of the time left.
pub(super) fn began_before(started_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now >= counts_from(started_at)
}

/// From this moment on a beginning is not in the future: clocks differ by seconds.
pub(super) fn counts_from(started_at: DateTime<Utc>) -> DateTime<Utc> {
    started_at - TimeDelta::minutes(1)
}
