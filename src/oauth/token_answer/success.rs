//! A successful answer (RFC 6749 §5.1), read field by field: one odd field never costs the others.

use serde_json::{Map, Value};

use crate::domain::secret::{AccessToken, IdToken, RefreshToken};
use crate::domain::{Certainty, ScopeSet};

use super::TokenAnswer;
use super::reaction::Reaction;
use super::refusal::TokenRefusal;
use crate::oauth::json::seconds;

/// A successful answer (RFC 6749 §5.1).
#[derive(Debug, Clone, PartialEq)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: AccessToken,
    /// Its life.
    pub expires_in: ExpiresIn,
    /// False if the answer left `token_type` out, which RFC 6749 §5.1 does not allow; it was taken as Bearer.
    pub names_token_type: bool,
    /// A new refresh token.
    pub refresh_token: Option<RefreshToken>,
    /// Its life in seconds, where the answer tells it.
    pub refresh_token_expires_in: Option<i64>,
    /// What was granted.
    pub granted_scope: Option<ScopeSet>,
    /// Who signed in.
    pub id_token: Option<IdToken>,
}

/// The life of an access token as an answer tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiresIn {
    /// Seconds, 0 to seven days.
    Told(i64),
    /// Left out or unreadable (RFC 6749 §5.1 allows it).
    Untold,
}

/// Five minutes are believed of a token whose life nobody tells: it is renewed soon, and an answer that tells comes.
pub const UNTOLD_SECONDS: i64 = 300;

/// Seven days; the platform's longest is a day and a bit.
pub const LONGEST_ACCESS_SECONDS: i64 = 7 * 86_400;

impl ExpiresIn {
    fn read(object: &Map<String, Value>) -> Self {
        seconds(object, "expires_in")
            .map_or(Self::Untold, |told| Self::Told(told.clamp(0, LONGEST_ACCESS_SECONDS)))
    }

    /// The life to reckon with, in seconds.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Told(seconds) => seconds,
            Self::Untold => UNTOLD_SECONDS,
        }
    }

    /// How far it can be trusted.
    pub fn certainty(self) -> Certainty {
        match self {
            Self::Told(_) => Certainty::Known,
            Self::Untold => Certainty::Estimated,
        }
    }
}

impl TokenResponse {
    /// What is odd about the answer without making it useless, each a printable clause.
    pub fn warnings(&self) -> impl Iterator<Item = &'static str> {
        let untold = (self.expires_in == ExpiresIn::Untold)
            .then_some("the answer does not tell how long the access token lives; five minutes are assumed");
        let untyped = (!self.names_token_type).then_some("the answer names no token type; Bearer is assumed");
        [untold, untyped].into_iter().flatten()
    }
}

pub(super) fn read(object: &Map<String, Value>) -> TokenAnswer {
    let refresh_token = refresh_token(object);
    let odd = |what: &str| TokenAnswer::Unusable {
        refresh_token: refresh_token.clone(),
        refusal: TokenRefusal::own(
            Reaction::ProtocolError,
            format!("the answer cannot be used: {what}"),
            "What was held is kept; it is tried again.",
        ),
    };
    let kind = object.get("token_type").filter(|kind| !kind.is_null());
    if kind.is_some_and(|kind| !kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"))) {
        return odd("token_type is not Bearer");
    }
    let access_token = match token_text(object, "access_token") {
        Ok(Some(text)) => AccessToken::new(text),
        Ok(None) => return odd("access_token is missing"),
        Err(()) => return odd("access_token is not a printable text"),
    };
    TokenAnswer::Granted(Box::new(TokenResponse {
        access_token,
        expires_in: ExpiresIn::read(object),
        names_token_type: kind.is_some(),
        refresh_token,
        refresh_token_expires_in: seconds(object, "refresh_token_expires_in").filter(|told| *told > 0),
        granted_scope: object.get("scope").and_then(Value::as_str).map(ScopeSet::parse_lenient),
        id_token: object.get("id_token").and_then(Value::as_str).map(IdToken::new),
    }))
}

/// The refresh token of an answer, whatever else is in it.
pub(super) fn refresh_token(object: &Map<String, Value>) -> Option<RefreshToken> {
    token_text(object, "refresh_token").ok().flatten().map(RefreshToken::new)
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
