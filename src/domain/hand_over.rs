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

/// A program into whose form the values are pasted. It keeps a copy, and most renew it by themselves from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consumer {
    /// IBM App Connect's Microsoft Exchange account, BASIC OAUTH.
    AppConnect,
    /// SnapLogic's account for Exchange Online.
    SnapLogic,
    /// n8n's Microsoft OAuth2 credential; its own sign-in brings its tokens.
    N8n,
    /// Any other: the four values, whatever its form calls them.
    Other,
}

/// A field of a consumer's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormField {
    /// As the form calls it.
    pub label: &'static str,
    /// What goes into it.
    pub value: FormValue,
}

/// What goes into a field of a consumer's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FormValue {
    /// One of the four values.
    Value(ConnectionValue),
    /// When the access token ends, in seconds since 1970.
    AccessTokenEnd,
    /// The address at which a person signs in (RFC 6749 §3.1).
    AuthorizationEndpoint,
    /// The address that renews (RFC 6749 §3.2).
    TokenEndpoint,
}

const CLIENT_ID: FormValue = FormValue::Value(ConnectionValue::ClientId);
const CLIENT_SECRET: FormValue = FormValue::Value(ConnectionValue::ClientSecret);
const ACCESS_TOKEN: FormValue = FormValue::Value(ConnectionValue::AccessToken);
const REFRESH_TOKEN: FormValue = FormValue::Value(ConnectionValue::RefreshToken);

const fn field(label: &'static str, value: FormValue) -> FormField {
    FormField { label, value }
}

const FOUR_VALUES: [FormField; 4] = [
    field("Client ID", CLIENT_ID),
    field("Client secret", CLIENT_SECRET),
    field("Access token", ACCESS_TOKEN),
    field("Refresh token", REFRESH_TOKEN),
];

const SNAP_LOGIC: [FormField; 7] = [
    field("Client ID", CLIENT_ID),
    field("Client secret", CLIENT_SECRET),
    field("Access token", ACCESS_TOKEN),
    field("Refresh token", REFRESH_TOKEN),
    field("Access token expiration", FormValue::AccessTokenEnd),
    field("OAuth2 endpoint", FormValue::AuthorizationEndpoint),
    field("OAuth2 token endpoint", FormValue::TokenEndpoint),
];

const N8N: [FormField; 4] = [
    field("Authorization URL", FormValue::AuthorizationEndpoint),
    field("Access Token URL", FormValue::TokenEndpoint),
    field("Client ID", CLIENT_ID),
    field("Client Secret", CLIENT_SECRET),
];

impl Consumer {
    /// In the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::AppConnect, Self::SnapLogic, Self::N8n, Self::Other];

    /// Its name in sentences.
    pub fn name(self) -> &'static str {
        match self {
            Self::AppConnect => "App Connect",
            Self::SnapLogic => "SnapLogic",
            Self::N8n => "n8n",
            Self::Other => "The other program",
        }
    }

    /// The fields of its form, in the form's order.
    pub fn form(self) -> &'static [FormField] {
        match self {
            Self::AppConnect | Self::Other => &FOUR_VALUES,
            Self::SnapLogic => &SNAP_LOGIC,
            Self::N8n => &N8N,
        }
    }

    /// True if tokens are among the fields.
    pub fn takes_tokens(self) -> bool {
        self.form().iter().any(|field| field.value == ACCESS_TOKEN)
    }
}

impl FormValue {
    /// Its name within a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Value(value) => value.noun(),
            Self::AccessTokenEnd => "end of the access token",
            Self::AuthorizationEndpoint => "authorization endpoint",
            Self::TokenEndpoint => "token endpoint",
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

/// What was given away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandedOver {
    /// The fields of a consumer's form, one after the other.
    Form(Consumer),
    /// All values, in the export format of this name.
    Export(Label),
    /// One value.
    Value(ConnectionValue),
}

impl HandedOver {
    /// True if this value is among what was given.
    pub fn has(&self, value: ConnectionValue) -> bool {
        match self {
            Self::Form(consumer) => {
                consumer.form().iter().any(|field| field.value == FormValue::Value(value))
            }
            Self::Export(_) => true,
            Self::Value(own) => *own == value,
        }
    }
}

/// Where it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The clipboard of the person's terminal.
    Clipboard,
    /// A file, by its path.
    File(Label),
    /// The standard output of a command.
    Stdout,
}

/// A name or path as it is remembered: printable, and no longer than a path may be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Label(String);

impl Label {
    /// The longest that is kept, in characters; of a longer one the end is, which tells more of a path.
    pub const LONGEST: usize = 1024;

    /// Keeps what can be shown. What cannot, or would reorder its neighbours, stands as a question mark.
    pub fn of(text: &str) -> Self {
        let unseen = |c: char| {
            c.is_control()
                || matches!(
                    c,
                    '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                )
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
                || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..)
        };
        let excess = text.chars().count().saturating_sub(Self::LONGEST);
        Self(text.chars().skip(excess).map(|c| if unseen(c) { '?' } else { c }).collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Values that were given away: what, where and when, and by what the copy is told from a newer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub what: HandedOver,
    /// Where to.
    pub destination: Destination,
    /// When the refresh token among the values had been got.
    pub set: Option<DateTime<Utc>>,
    /// Of the refresh token that was given; `None` if there was none.
    pub refresh_token: Option<Fingerprint>,
    /// When the client secret that was given had been entered; `None` if there was none.
    pub client_secret: Option<DateTime<Utc>>,
}

impl HandOver {
    /// True if `other` went to the same keeper: the later of the two is what it holds.
    pub fn replaces(&self, other: &Self) -> bool {
        match (&self.destination, &other.destination) {
            (Destination::File(one), Destination::File(other)) => one == other,
            (one, two) => one == two && self.what == other.what,
        }
    }

    /// True if nothing was given that could go stale.
    pub fn is_lasting(&self) -> bool {
        self.refresh_token.is_none() && self.client_secret.is_none()
    }

    /// True if whoever has it renews by itself from then on, and so holds a refresh token of its own.
    pub fn renews_itself(&self) -> bool {
        matches!(self.what, HandedOver::Form(_))
    }

    /// True if it is one value alone.
    pub fn is_single(&self) -> bool {
        matches!(self.what, HandedOver::Value(_))
    }

    /// Who keeps the copy, as a name in a sentence.
    pub fn keeper(&self) -> String {
        match (&self.what, &self.destination) {
            (HandedOver::Form(consumer), _) => consumer.name().to_owned(),
            (_, Destination::File(path)) => path.to_string(),
            (HandedOver::Export(format), Destination::Stdout) => format!("the {format} export"),
            (HandedOver::Export(format), Destination::Clipboard) => format!("the {format} text copied"),
            (HandedOver::Value(value), _) => format!("the {} copied", value.noun()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_printable_and_bounded() {
        assert_eq!(Label::of("/etc/a\u{1b}[31m\u{202e}b").as_str(), "/etc/a?[31m?b");
        let long = format!("{}/end.env", "d".repeat(5_000));
        let label = Label::of(&long);
        assert_eq!(label.as_str().chars().count(), Label::LONGEST);
        assert!(label.as_str().ends_with("d/end.env"));
    }

    #[test]
    fn only_n8n_brings_its_own_tokens() {
        let without: Vec<_> = Consumer::ALL.into_iter().filter(|own| !own.takes_tokens()).collect();
        assert_eq!(without, [Consumer::N8n]);
    }
}
