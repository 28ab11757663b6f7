//! Formats in: connection values read from what another program wrote. Pure, bounded, and silent about values: an error
//! names a line or a field.

mod accounts;
mod assignments;
mod error;
mod field;
mod json;

use chrono::{DateTime, Utc};

use crate::domain::secret::{AccessToken, ClientSecret, RefreshToken};
use crate::domain::{ClientId, ConnectionName, Mailbox, ScopeSet, Tenant};

use super::options::{AccountName, Prefix};

pub use error::IntakeError;
pub use field::Field;

pub use super::LARGEST;

/// A form in which values come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A token response (RFC 6749 §5.1) as JSON; also the JSON that is exported here.
    TokenResponse,
    /// Assignments.
    Env,
    /// A Postman environment.
    Postman,
    /// App Connect's accounts.
    AccountsYaml,
    /// The file of mutt_oauth2.py, decrypted.
    MuttOauth2,
}

impl Source {
    /// All of them, in the order offered.
    pub const ALL: [Self; 5] =
        [Self::TokenResponse, Self::Env, Self::Postman, Self::AccountsYaml, Self::MuttOauth2];

    /// The command line's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::TokenResponse => "token-response",
            Self::Env => "env",
            Self::Postman => "postman",
            Self::AccountsYaml => "accounts-yaml",
            Self::MuttOauth2 => "mutt-oauth2",
        }
    }

    /// What it is, in one line.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::TokenResponse => "The JSON of a token endpoint, or what export --format json wrote",
            Self::Env => {
                "Assignments: CLIENT_ID, REFRESH_TOKEN and so on with one prefix, AZURE_CLIENT_ID too"
            }
            Self::Postman => "An exported Postman environment",
            Self::AccountsYaml => "App Connect's accounts.yaml, an account of the connector msexchange",
            Self::MuttOauth2 => "The token file of mutt_oauth2.py, decrypted",
        }
    }
}

/// Which of several sets in one text is meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// Of [`Source::Env`]: names that begin so.
    pub prefix: Option<Prefix>,
    /// Of [`Source::AccountsYaml`]: the account of that name.
    pub account: Option<AccountName>,
}

/// What was found; each part is of the right form.
#[derive(Debug, Default)]
pub struct Found {
    /// What the text calls the connection.
    pub name: Option<ConnectionName>,
    /// Application (client) ID.
    pub client_id: Option<ClientId>,
    /// The tenant.
    pub tenant: Option<Tenant>,
    /// The client secret.
    pub client_secret: Option<ClientSecret>,
    /// The access token.
    pub access_token: Option<AccessToken>,
    /// When it ends, where that is told as a moment: a duration counts from a request that nobody dated.
    pub expires_at: Option<DateTime<Utc>>,
    /// The refresh token.
    pub refresh_token: Option<RefreshToken>,
    /// What was granted.
    pub scope: Option<ScopeSet>,
    /// Whose the tokens are.
    pub mailbox: Option<Mailbox>,
    /// The host that the tokens are renewed at.
    pub token_host: Option<String>,
}

/// Reads what a text holds.
pub fn read(source: Source, bytes: &[u8], choice: &Choice) -> Result<Found, IntakeError> {
    if bytes.len() > LARGEST {
        return Err(IntakeError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| not_text(bytes))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with("-----BEGIN PGP") {
        return Err(IntakeError::Encrypted);
    }
    let found = match source {
        Source::TokenResponse | Source::MuttOauth2 => json::object(text)?,
        Source::Postman => json::environment(text)?,
        Source::Env => assignments::read(text, choice.prefix.as_ref())?,
        Source::AccountsYaml => accounts::read(text, choice.account.as_ref())?,
    };
    found.is_worth_something().then_some(found).ok_or(IntakeError::Nothing)
}

/// A binary file of gpg begins with a packet tag, whose highest bit is set (RFC 9580 §4.2).
fn not_text(bytes: &[u8]) -> IntakeError {
    if bytes.first().is_some_and(|first| first & 0x80 != 0) {
        IntakeError::Encrypted
    } else {
        IntakeError::NotText
    }
}

impl Found {
    fn is_worth_something(&self) -> bool {
        self.client_id.is_some()
            || self.client_secret.is_some()
            || self.access_token.is_some()
            || self.refresh_token.is_some()
    }
}
