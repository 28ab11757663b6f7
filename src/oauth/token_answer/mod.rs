//! What came back from the token endpoint (RFC 6749 §5.1 and §5.2), and what it means.
//!
//! `error` and `suberror` decide; AADSTS numbers only soften: better words, a longer wait. A 200 is precious: a new
//! refresh token in it is kept even where the rest of the answer is odd. No text here ever holds a value of the answer.
//!
//! | file | what |
//! |---|---|
//! | `success.rs` | tokens, read field by field |
//! | `refusal.rs` | why there are none, in words |
//! | `reaction.rs` | what follows from a refusal |

mod reaction;
mod refusal;
mod success;
#[cfg(test)]
mod tests;

use std::fmt;

use chrono::TimeDelta;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::domain::secret::RefreshToken;

pub use reaction::Reaction;
pub use refusal::{TokenRefusal, refused_by_redirect};
pub use success::{ExpiresIn, LONGEST_ACCESS_SECONDS, TokenResponse, UNTOLD_SECONDS};

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
    /// The same, however little it is; nothing where the server told no time.
    pub clock_ahead: Option<TimeDelta>,
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
            .field("clock_ahead", &self.clock_ahead)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

impl HttpAnswer {
    /// True if the server says that it has not worked on the request: too many of them, or a fault of its own.
    pub fn is_pause(&self) -> bool {
        self.status == 429 || self.status >= 500
    }

    /// True if this is the beginning of a success whose end did not arrive.
    pub fn is_cut_off(&self) -> bool {
        let is_cut = |body| serde_json::from_slice::<IgnoredAny>(body).is_err_and(|error| error.is_eof());
        self.is_success() && self.body.trim_ascii_start().starts_with(b"{") && is_cut(&self.body)
    }

    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
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

/// Reads an answer to any grant. The answers of a device that polls have [`super::device_poll::read`].
pub fn read(answer: &HttpAnswer) -> TokenAnswer {
    match object(answer) {
        Ok(object) if answer.is_success() && refusal::error(&object).is_none() => success::read(&object),
        Ok(object) => TokenAnswer::Unusable {
            refresh_token: success::refresh_token(&object).filter(|_| answer.is_success()),
            refusal: refusal::of_object(answer, &object),
        },
        Err(refusal) => TokenAnswer::Unusable { refresh_token: None, refusal },
    }
}

/// The JSON object of an answer; what is none goes by its status.
pub(super) fn object(answer: &HttpAnswer) -> Result<Map<String, Value>, TokenRefusal> {
    if let Some(host) = &answer.redirected_to {
        return Err(TokenRefusal::own(
            Reaction::ProtocolError,
            format!("the token endpoint points elsewhere, to {host}; that was not followed"),
            "Check the authority, and whether a proxy stands in between.",
        ));
    }
    match parse(&answer.body) {
        Ok(object) => Ok(object),
        Err(refusal) if answer.is_success() => Err(refusal),
        Err(_) => Err(refusal::by_status(answer)),
    }
}

/// The refusal in an answer that brought no success.
pub(super) fn refusal_of(answer: &HttpAnswer, object: &Map<String, Value>) -> TokenRefusal {
    refusal::of_object(answer, object)
}

pub(super) fn is_success(answer: &HttpAnswer) -> bool {
    answer.is_success()
}

fn parse(body: &[u8]) -> Result<Map<String, Value>, TokenRefusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(TokenRefusal::passing("the answer was empty"));
    }
    if body.trim_ascii_start().starts_with(b"<") {
        return Err(TokenRefusal::own(
            Reaction::TryLater(None),
            "the answer was not from a token server (HTML)",
            "Does a proxy or a login page stand in between? Nothing is lost; it is tried again.",
        ));
    }
    // serde_json goes 128 levels deep and no further.
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(object)) => Ok(object),
        // serde_json's own message would print the value: only the kind of the error is looked at.
        Err(error) if error.is_eof() => Err(TokenRefusal::passing("the answer was cut off")),
        Ok(_) | Err(_) => Err(TokenRefusal::own(
            Reaction::ProtocolError,
            "the answer is no JSON object",
            "Check the authority (e).",
        )),
    }
}
