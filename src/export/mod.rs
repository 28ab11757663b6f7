//! The formats in which connection values leave for a consumer: pure functions from values to text.

pub mod env;
pub mod json;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::secret::{AccessToken, ClientSecret, RefreshToken};
use crate::domain::{AppRegistration, Connection, ConnectionName};

/// The values of one renewal, with what a consumer has to know of them.
#[derive(Debug, Clone)]
pub struct ConnectionValues<'a> {
    /// The connection.
    pub name: &'a ConnectionName,
    /// Application (client) ID.
    pub client_id: String,
    /// The client secret, where there is one.
    pub client_secret: Option<&'a ClientSecret>,
    /// The last date of the client secret.
    pub client_secret_ends_on: Option<NaiveDate>,
    /// The access token.
    pub access_token: &'a AccessToken,
    /// When it ends.
    pub access_token_expires_at: DateTime<Utc>,
    /// The refresh token, where there is one.
    pub refresh_token: Option<&'a RefreshToken>,
    /// When it ends, unused; mostly an estimate.
    pub refresh_token_expires_at: Option<DateTime<Utc>>,
    /// Who signed in.
    pub mailbox: Option<&'a str>,
    /// The tenant: that of the token where it tells, else the one of the settings.
    pub tenant: &'a str,
    /// Where new tokens come from.
    pub token_endpoint: String,
}

impl<'a> ConnectionValues<'a> {
    /// Those of a record; `None` before the first sign-in.
    pub fn of(connection: &'a Connection, app: Option<&'a AppRegistration>) -> Option<Self> {
        let tokens = connection.tokens.as_ref()?;
        let access = tokens.access.primary();
        let settings = &connection.settings;
        let secret = app.and_then(|app| app.credential.secret());
        let expected = settings.sign_in_as.as_ref().map(crate::domain::Mailbox::as_str);
        Some(Self {
            name: &connection.name,
            client_id: settings.client_id.to_string(),
            client_secret: secret.map(|secret| &secret.value),
            client_secret_ends_on: secret.and_then(|secret| secret.ends_on),
            access_token: &access.token,
            access_token_expires_at: access.lifetime.expires_at,
            refresh_token: tokens.refresh.as_ref().map(|refresh| &refresh.current),
            refresh_token_expires_at: tokens.refresh.as_ref().map(|refresh| refresh.lifetime.expires_at),
            mailbox: tokens.user.username.as_deref().or(expected),
            tenant: tokens.user.tid.as_deref().unwrap_or(settings.tenant.as_str()),
            token_endpoint: settings.authority.endpoint(&settings.tenant, "token").to_string(),
        })
    }
}
