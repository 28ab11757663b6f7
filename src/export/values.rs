//! The values of one renewal, with what a consumer has to know of them.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

use crate::domain::app_registration::CredentialKind;
use crate::domain::secret::{AccessToken, ClientSecret, RefreshToken, Secret};
use crate::domain::{
    AccessGrant, AppRegistration, Audience, ClientCredential, Connection, ConnectionId, ConnectionName,
    ConnectionValue, Lifetime, Mailbox, Tenant,
};

/// The values of one renewal, with what a consumer has to know of them.
#[derive(Debug, Clone)]
pub struct ConnectionValues<'a> {
    /// The connection.
    pub name: &'a ConnectionName,
    /// Its id, which survives renaming.
    pub id: &'a ConnectionId,
    /// Application (client) ID.
    pub client_id: String,
    /// How the client proves itself.
    pub credential: CredentialKind,
    /// The client secret, where there is one.
    pub client_secret: Option<&'a ClientSecret>,
    /// The last date of the client secret.
    pub client_secret_ends_on: Option<NaiveDate>,
    /// The access token.
    pub access_token: &'a AccessToken,
    /// Its life.
    pub access_token_lifetime: Lifetime,
    /// What was granted, else what the token tells, else what was asked for: blank-separated, as on the wire.
    pub scope: String,
    /// The refresh token, where there is one.
    pub refresh_token: Option<&'a RefreshToken>,
    /// When it ends, unused; mostly an estimate.
    pub refresh_token_expires_at: Option<DateTime<Utc>>,
    /// Who signed in.
    pub mailbox: Option<&'a str>,
    /// The tenant: that of the token where it tells, else the one of the settings.
    pub tenant: &'a str,
    /// The tenant of the settings: a directory, or a class of them.
    pub asked_tenant: &'a Tenant,
    /// Where a person signs in.
    pub authorization_endpoint: String,
    /// Where new tokens come from.
    pub token_endpoint: String,
}

impl<'a> ConnectionValues<'a> {
    /// Those of a record, with the access token that a consumer gets who takes only one; `None` before the first sign-in.
    pub fn of(connection: &'a Connection, app: Option<&'a AppRegistration>) -> Option<Self> {
        Self::with_access(connection, app, connection.tokens.as_ref()?.access.primary())
    }

    /// Those with the access token of one resource; `None` where there is none of it.
    pub fn of_audience(
        connection: &'a Connection,
        app: Option<&'a AppRegistration>,
        audience: &Audience,
    ) -> Option<Self> {
        Self::with_access(connection, app, connection.tokens.as_ref()?.access.get(audience)?)
    }

    fn with_access(
        connection: &'a Connection,
        app: Option<&'a AppRegistration>,
        access: &'a AccessGrant,
    ) -> Option<Self> {
        let tokens = connection.tokens.as_ref()?;
        let settings = &connection.settings;
        let credential = app.map(|app| &app.credential);
        let secret = credential.and_then(|credential| credential.secret());
        let expected = settings.sign_in_as.as_ref().map(Mailbox::as_str);
        // A claim may be any text; only what it should be goes on.
        let username = tokens.user.username.as_deref().filter(|text| Mailbox::parse(text).is_some());
        let tid = tokens.user.tid.as_deref().filter(|text| Tenant::parse(text).is_some());
        Some(Self {
            name: &connection.name,
            id: &connection.id,
            client_id: settings.client_id.to_string(),
            credential: credential.map_or(CredentialKind::Public, ClientCredential::kind),
            client_secret: secret.map(|secret| &secret.value),
            client_secret_ends_on: secret.and_then(|secret| secret.ends_on),
            access_token: &access.token,
            access_token_lifetime: access.lifetime,
            scope: access
                .granted_scope
                .as_ref()
                .or(access.claims.scp.as_ref())
                .unwrap_or(&settings.scopes)
                .to_wire(),
            refresh_token: tokens.refresh.as_ref().map(|refresh| &refresh.current),
            refresh_token_expires_at: tokens.refresh.as_ref().map(|refresh| refresh.lifetime.expires_at),
            mailbox: username.or(expected),
            tenant: tid.unwrap_or(settings.tenant.as_str()),
            asked_tenant: &settings.tenant,
            authorization_endpoint: settings.authority.endpoint(&settings.tenant, "authorize").to_string(),
            token_endpoint: settings.authority.endpoint(&settings.tenant, "token").to_string(),
        })
    }

    /// One of the four values that a form asks for, in clear; `None` where the connection does not hold it. The tokens of
    /// other resources have no field.
    pub(super) fn value(&self, field: ConnectionValue) -> Option<&str> {
        match field {
            ConnectionValue::ClientId => Some(&self.client_id),
            ConnectionValue::ClientSecret => self.client_secret.map(Secret::expose),
            ConnectionValue::AccessToken => Some(self.access_token.expose()),
            ConnectionValue::OtherAccessToken(_) => None,
            ConnectionValue::RefreshToken => self.refresh_token.map(Secret::expose),
        }
    }

    /// When the access token ends, to the second.
    pub(super) fn expires_at(&self) -> String {
        moment(self.access_token_lifetime.expires_at)
    }
}

/// A moment as RFC 3339 writes it, in UTC, to the second.
pub(super) fn moment(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}
