//! The options by which `add` and `edit` describe a connection.

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use crate::app::CredentialEdit;
use crate::catalogue::clouds::{self, CLOUDS, Cloud};
use crate::catalogue::permissions::{PRESETS, Preset};
use crate::domain::secret::ClientSecret;
use crate::domain::{
    AppRegistration, Authority, ClientCredential, ClientId, RedirectUri, ResponseMode, Scope, ScopeSet,
    Settings, Tenant, WayIn,
};

use super::exit::{CliError, Exit, say};
use super::parse::{self, SignInAs};
use super::secret_input::{self, SecretOptions};

/// What may be said of a connection.
#[derive(Debug, Args)]
pub struct ConnectionOptions {
    /// Tenant that signs in: an id, a domain, or organizations (the default), common, consumers
    #[arg(long, value_parser = parse::tenant)]
    tenant: Option<Tenant>,
    /// Mailbox that must sign in; '' for whoever signs in first
    #[arg(long, value_name = "MAILBOX", value_parser = parse::sign_in_as)]
    sign_in_as: Option<SignInAs>,
    /// Microsoft cloud: global (the default), gcc-high, dod, china
    #[arg(long, value_parser = parse::cloud, conflicts_with = "authority_url")]
    cloud: Option<&'static Cloud>,
    /// Login service outside the clouds: all that stands before /TENANT/oauth2/v2.0/
    #[arg(long, value_name = "URL")]
    authority_url: Option<String>,
    /// Graph service that belongs to --authority-url
    #[arg(long, value_name = "URL", requires = "authority_url")]
    graph_url: Option<String>,
    /// Redirect URI, exactly as registered [default: http://localhost:8400/ with a secret, else the nativeclient page]
    #[arg(long, value_name = "URL", value_parser = parse::redirect_uri)]
    redirect_uri: Option<RedirectUri>,
    /// How the browser brings the answer: query (the default), fragment, form_post
    #[arg(long, value_name = "MODE", value_parser = parse::response_mode)]
    response_mode: Option<ResponseMode>,
    /// Way in
    #[arg(long, value_enum, default_value_t = Grant::AuthorizationCode)]
    grant: Grant,
    /// Permissions by name: app-connect (the default)
    #[arg(long, value_parser = parse::preset, conflicts_with = "scope")]
    preset: Option<&'static Preset>,
    /// A permission, instead of a preset; may be repeated
    #[arg(long, value_parser = parse::scope)]
    scope: Vec<Scope>,
    #[command(flatten)]
    secret: SecretOptions,
    /// Last date of the client secret, as the portal shows it
    #[arg(long, value_name = "DATE", value_parser = parse::date)]
    secret_expires: Option<NaiveDate>,
}

/// Ways to get the first tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Grant {
    /// A person signs in with a browser (RFC 6749 §4.1)
    AuthorizationCode,
}

/// What the options amount to.
pub struct Described {
    /// Settings of the connection.
    pub settings: Settings,
    /// What becomes of the app registration's credential.
    pub credential: CredentialEdit,
}

impl ConnectionOptions {
    /// For a new connection: defaults where nothing is said, the credential of a known registration where there is one.
    pub fn describe_new(
        self,
        client_id: ClientId,
        known: Option<&AppRegistration>,
    ) -> Result<Described, CliError> {
        let Grant::AuthorizationCode = self.grant;
        let secret = self.secret_for(known)?;
        let confidential = secret.is_some() || known.is_some_and(|app| app.credential.secret().is_some());
        let authority = match (self.authority()?, known) {
            (Some(authority), _) => authority,
            (None, Some(app)) => app.authority.clone(),
            (None, None) => CLOUDS[0].authority(),
        };
        let redirect_uri = match &self.redirect_uri {
            Some(uri) => uri.clone(),
            None => default_redirect_uri(confidential, &authority),
        };
        let settings = Settings {
            client_id,
            authority,
            tenant: self.tenant.clone().unwrap_or_else(Tenant::organizations),
            sign_in_as: self.sign_in_as.clone().and_then(|given| given.0),
            way_in: WayIn::default(),
            redirect_uri,
            response_mode: self.response_mode.unwrap_or_default(),
            scopes: self.scopes().unwrap_or_else(|| PRESETS[0].scope_set()),
        };
        Ok(Described { settings, credential: self.credential(secret, known)? })
    }

    /// For a connection that is there: what is not said stays.
    pub fn describe_change(
        self,
        client_id: Option<ClientId>,
        before: &Settings,
        known: Option<&AppRegistration>,
    ) -> Result<Described, CliError> {
        let secret = match client_id {
            Some(_) => self.secret_for(known)?,
            None => self.secret.read()?,
        };
        let settings = Settings {
            client_id: client_id.unwrap_or(before.client_id),
            authority: match (self.authority()?, known) {
                (Some(authority), _) => authority,
                (None, Some(app)) => app.authority.clone(),
                (None, None) => before.authority.clone(),
            },
            tenant: self.tenant.clone().unwrap_or_else(|| before.tenant.clone()),
            way_in: before.way_in,
            sign_in_as: self.sign_in_as.clone().map_or_else(|| before.sign_in_as.clone(), |given| given.0),
            redirect_uri: self.redirect_uri.clone().unwrap_or_else(|| before.redirect_uri.clone()),
            response_mode: self.response_mode.unwrap_or(before.response_mode),
            scopes: self.scopes().unwrap_or_else(|| before.scopes.clone()),
        };
        let credential = match (&secret, known, client_id) {
            // The registration's record is missing: that is no reason to make a public client of it.
            (None, None, None) => CredentialEdit::Keep,
            _ => self.credential(secret, known)?,
        };
        Ok(Described { settings, credential })
    }

    /// The secret given; a registration that is not known yet is asked for.
    fn secret_for(&self, known: Option<&AppRegistration>) -> Result<Option<ClientSecret>, CliError> {
        match (self.secret.read()?, known) {
            (Some(secret), _) => Ok(Some(secret)),
            (None, Some(_)) => Ok(None),
            (None, None) => secret_input::ask_for_new(),
        }
    }

    fn authority(&self) -> Result<Option<Authority>, CliError> {
        let custom = |url: &String| {
            Authority::custom(url, self.graph_url.as_deref()).map(Some).map_err(|error| {
                CliError::new(
                    Exit::Usage,
                    error.to_string(),
                    "give --authority-url as in: --authority-url https://login.example.com",
                )
            })
        };
        match &self.authority_url {
            Some(url) => custom(url),
            None => Ok(self.cloud.map(Cloud::authority)),
        }
    }

    fn scopes(&self) -> Option<ScopeSet> {
        let own = (!self.scope.is_empty()).then(|| self.scope.iter().cloned().collect());
        own.or_else(|| self.preset.map(Preset::scope_set))
    }

    fn credential(
        &self,
        secret: Option<ClientSecret>,
        known: Option<&AppRegistration>,
    ) -> Result<CredentialEdit, CliError> {
        let ends_on = self.secret_expires;
        match (secret, known.map(|app| &app.credential)) {
            (Some(value), held) => {
                if held.is_some() {
                    say("the secret replaces that of every connection on this app registration");
                }
                Ok(CredentialEdit::Secret { value, ends_on })
            }
            (None, Some(ClientCredential::Secret(_))) if ends_on.is_some() => {
                Ok(CredentialEdit::EndsOn(ends_on))
            }
            (None, _) if ends_on.is_some() => Err(CliError::new(
                Exit::Usage,
                "--secret-expires is given, and there is no client secret",
                "give the secret with --secret-stdin or --secret-file",
            )),
            (None, Some(_)) => Ok(CredentialEdit::Keep),
            (None, None) => Ok(CredentialEdit::Public),
        }
    }
}

/// The page that is registered in the usual case: localhost with a secret, the cloud's own page without.
fn default_redirect_uri(confidential: bool, authority: &Authority) -> RedirectUri {
    let native = clouds::native_redirect(authority);
    let text = if confidential { RedirectUri::DEFAULT } else { &native };
    RedirectUri::parse(text)
        .or_else(|_| RedirectUri::parse(RedirectUri::DEFAULT))
        .expect("the default is a redirect URI")
}
