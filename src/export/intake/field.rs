//! The values that are looked for, and how each is read: whatever the source, by the same rules.

use chrono::{DateTime, Utc};
use url::Url;

use super::{Found, IntakeError};
use crate::domain::app_registration::ClientSecretError;
use crate::domain::secret::{AccessToken, ClientSecret, RefreshToken};
use crate::domain::{ClientId, ConnectionName, Mailbox, ScopeSet, Tenant};

/// A value that a source may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// What the connection is called.
    Name,
    /// Application (client) ID.
    ClientId,
    /// The tenant.
    Tenant,
    /// The client secret.
    ClientSecret,
    /// The access token.
    AccessToken,
    /// The refresh token.
    RefreshToken,
    /// When the access token ends.
    ExpiresAt,
    /// What was granted.
    Scope,
    /// Whose the tokens are.
    Mailbox,
    /// Where they are renewed.
    TokenEndpoint,
}

impl Field {
    /// Its name within a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::ClientId => "client ID",
            Self::Tenant => "tenant",
            Self::ClientSecret => "client secret",
            Self::AccessToken => "access token",
            Self::RefreshToken => "refresh token",
            Self::ExpiresAt => "end of the access token",
            Self::Scope => "scope",
            Self::Mailbox => "mailbox",
            Self::TokenEndpoint => "token endpoint",
        }
    }

    /// The field of a key, in any of the usual spellings: `client_id`, `clientId`, `CLIENT-ID`.
    pub(super) fn of_key(key: &str) -> Option<Self> {
        let key = key.to_ascii_lowercase().replace(['_', '-', ' '], "");
        Some(match key.as_str() {
            "connection" => Self::Name,
            "clientid" => Self::ClientId,
            "tenant" | "tenantid" => Self::Tenant,
            "clientsecret" => Self::ClientSecret,
            "accesstoken" => Self::AccessToken,
            "refreshtoken" => Self::RefreshToken,
            "expiresat" | "tokenexpiresat" | "expireson" => Self::ExpiresAt,
            "scope" => Self::Scope,
            "username" | "mailbox" | "email" => Self::Mailbox,
            "tokenendpoint" => Self::TokenEndpoint,
            _ => return None,
        })
    }
}

/// More than any token of the platform; the same bound as for answers of the token endpoint.
const LONGEST_TOKEN: usize = 65_536;

impl Found {
    /// Takes a value. An empty one counts as missing; one that is no secret and of no use is left out.
    pub(super) fn take(&mut self, field: Field, text: &str, line: Option<usize>) -> Result<(), IntakeError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let odd = |what| IntakeError::Field { line, field, what };
        let is_second = match field {
            Field::Name => put(&mut self.name, ConnectionName::parse(text)),
            Field::ClientId => {
                let parsed = ClientId::parse(text).ok_or_else(|| odd("not a GUID"))?;
                put(&mut self.client_id, Some(parsed))
            }
            Field::Tenant => {
                let parsed = Tenant::parse(text).ok_or_else(|| odd("neither a GUID nor a domain"))?;
                put(&mut self.tenant, Some(parsed))
            }
            Field::ClientSecret => {
                let parsed = ClientSecret::parse(text).map_err(|error| odd(secret_in_words(error)))?;
                put(&mut self.client_secret, Some(parsed))
            }
            Field::AccessToken => {
                token(text).map_err(odd)?;
                put(&mut self.access_token, Some(AccessToken::new(text)))
            }
            Field::RefreshToken => {
                token(text).map_err(odd)?;
                put(&mut self.refresh_token, Some(RefreshToken::new(text)))
            }
            Field::ExpiresAt => put(&mut self.expires_at, moment(text)),
            Field::Scope => {
                put(&mut self.scope, Some(ScopeSet::parse_lenient(text)).filter(|scope| !scope.is_empty()))
            }
            Field::Mailbox => put(&mut self.mailbox, Mailbox::parse(text)),
            Field::TokenEndpoint => put(&mut self.token_host, host(text)),
        };
        if is_second { Err(IntakeError::Twice { line, field }) } else { Ok(()) }
    }
}

/// True if another value was there.
fn put<T: PartialEq>(slot: &mut Option<T>, value: Option<T>) -> bool {
    match (slot.as_ref(), &value) {
        (_, None) => false,
        (None, Some(_)) => {
            *slot = value;
            false
        }
        (Some(held), Some(new)) => held != new,
    }
}

/// Printable ASCII without blanks, as RFC 6749 appendix A has it.
fn token(text: &str) -> Result<(), &'static str> {
    match () {
        () if text.len() > LONGEST_TOKEN => Err("longer than any token"),
        () if !text.bytes().all(|b| (0x21..=0x7e).contains(&b)) => {
            Err("no token: it has blanks or other characters in it")
        }
        () => Ok(()),
    }
}

fn secret_in_words(error: ClientSecretError) -> &'static str {
    match error {
        ClientSecretError::SecretId => "the secret's ID, not its value",
        ClientSecretError::TooLong => "longer than any secret",
        ClientSecretError::Empty | ClientSecretError::Blanks => "no secret: it has blanks in it",
    }
}

/// A moment by RFC 3339, or as seconds since 1970.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let written = DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc());
    written.or_else(|| DateTime::from_timestamp(text.parse::<f64>().ok()? as i64, 0))
}

fn host(text: &str) -> Option<String> {
    Url::parse(text).ok()?.host_str().map(str::to_owned)
}
