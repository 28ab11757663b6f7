//! Handing values over: which consumer was given which set, and whether it still is the current one.

use std::fmt;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::secret::{RefreshToken, Secret};

/// One of the four values that a push consumer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectionValue {
    /// Application (client) ID; no secret.
    ClientId,
    /// The client secret's value.
    ClientSecret,
    /// The access token, of the primary resource where there are several.
    AccessToken,
    /// An access token of another resource, counted from 0 in the record's order: for the eyes and the clipboard, no
    /// consumer's form has a field for it.
    OtherAccessToken(u8),
    /// The refresh token.
    RefreshToken,
}

impl ConnectionValue {
    /// In the order of App Connect's form.
    pub const ALL: [Self; 4] = [Self::ClientId, Self::ClientSecret, Self::AccessToken, Self::RefreshToken];

    /// The label of App Connect's form.
    pub fn label(self) -> &'static str {
        match self {
            Self::ClientId => "Client ID",
            Self::ClientSecret => "Client secret",
            Self::AccessToken | Self::OtherAccessToken(_) => "Access token",
            Self::RefreshToken => "Refresh token",
        }
    }

    /// Its name within a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            Self::ClientId => "client ID",
            Self::ClientSecret => "client secret",
            Self::AccessToken | Self::OtherAccessToken(_) => "access token",
            Self::RefreshToken => "refresh token",
        }
    }

    /// Long-lived secrets are copied only after a question.
    pub fn asks_before_copying(self) -> bool {
        matches!(self, Self::ClientSecret | Self::RefreshToken)
    }
}

/// Who keeps a copy of the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumer {
    /// IBM App Connect's Microsoft Exchange account.
    AppConnect,
    /// A file or stream in one of the export formats.
    Export,
}

impl Consumer {
    /// Its name in sentences.
    pub fn name(self) -> &'static str {
        match self {
            Self::AppConnect => "App Connect",
            Self::Export => "An export",
        }
    }
}

/// A short digest that tells one refresh token from another and nothing else of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The first eight bytes of SHA-256, in hex: the token has more randomness than can be searched.
    pub fn of(token: &RefreshToken) -> Self {
        let digest = Sha256::digest(token.expose().as_bytes());
        let first = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        Self(format!("{first:016x}"))
    }

    /// As stored; any text that was stored is taken back.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A set of values given to a consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// When.
    pub at: DateTime<Utc>,
    /// To whom.
    pub consumer: Consumer,
    /// Of the refresh token that was given; `None` if there was none.
    pub refresh_token: Option<Fingerprint>,
}
