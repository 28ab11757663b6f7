//! The options by which `add` and `edit` describe a connection.

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, ValueEnum};

use crate::app::{CredentialEdit, Failure};
use crate::catalogue::clouds::{self, CLOUDS, Cloud, Evidence, Recognised, Resource};
use crate::catalogue::permissions::{PRESETS, as_asked};
use crate::domain::app_registration::{CredentialKind, SecretEnded};
use crate::domain::{
    AppRegistration, Authority, Capture, ClientCredential, ClientId, ConnectionName, RedirectUri,
    RenewalPolicy, RenewalRule, ResponseMode, Scope, ScopeSet, SecretCredential, Settings, Tenant, WayIn,
    settings_rules,
};
use crate::export::intake::Found;

use super::exit::{CliError, Exit, say, tell_warning};
use super::parse::{self, AnyPreset, OwnMargin, SignInAs};
use super::secret_input::{self, CredentialOptions, GivenCredential};

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
    /// How the connection comes by tokens: authorization-code is the default
    #[arg(long, value_enum)]
    grant: Option<Grant>,
    /// How the browser's answer comes back here: paste is the default
    #[arg(long, value_enum)]
    capture: Option<CaptureWay>,
    /// Permissions by name: app-connect (the default), imap-smtp, davmail-graph, n8n-outlook and others that `permissions
    /// --presets` lists; app-only, app-only-exchange with client credentials
    #[arg(long, value_parser = parse::preset, conflicts_with = "scope")]
    preset: Option<AnyPreset>,
    /// A permission, instead of a preset; may be repeated. With client credentials one RESOURCE/.default
    #[arg(long, value_parser = parse::scope)]
    scope: Vec<Scope>,
    /// What renews by itself: automatic (the default), keep-alive (nothing but the refresh token, before disuse ends it),
    /// manual (nothing)
    #[arg(long, value_name = "POLICY", value_parser = parse::renewal_policy)]
    renew: Option<RenewalPolicy>,
    /// Renew access tokens so long before their end, such as 15m; '' for the usual margin: 10 minutes, a fifth of a short life
    #[arg(long, value_name = "TIME", value_parser = parse::renew_before)]
    renew_before: Option<OwnMargin>,
    #[command(flatten)]
    secret: CredentialOptions,
    /// Last date of the client secret, as the portal shows it
    #[arg(long, value_name = "DATE", value_parser = parse::date)]
    secret_expires: Option<NaiveDate>,
}

/// The last date of a client secret, which is today or past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndThatHasCome(NaiveDate);

impl EndThatHasCome {
    /// Says it, once it is kept for this connection.
    pub fn warn(self, name: &ConnectionName) {
        tell_warning(&Failure::new(
            format!("the client secret counts as ended: its last date, {}, has come", self.0),
            format!(
                "if that is mistyped: tokengauge edit {name} --secret-expires DATE; else make a new secret in the portal"
            ),
        ));
    }
}

/// The grants by which the first tokens come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Grant {
    /// A person signs in with a browser (RFC 6749 §4.1)
    AuthorizationCode,
    /// A person enters a short code on another device (RFC 8628)
    DeviceCode,
    /// Nobody signs in: the client acts for itself (RFC 6749 §4.4)
    ClientCredentials,
}

/// How the browser's answer comes back here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CaptureWay {
    /// The address that the browser ends on is pasted
    Paste,
    /// A browser on this machine reaches a listener
    Loopback,
    /// Your own browser reaches a listener here through ssh -L
    Tunnel,
}

impl From<CaptureWay> for Capture {
    fn from(way: CaptureWay) -> Self {
        match way {
            CaptureWay::Paste => Self::Paste,
            CaptureWay::Loopback => Self::Loopback,
            CaptureWay::Tunnel => Self::Tunnel,
        }
    }
}

/// What the options amount to.
pub struct Described {
    /// Settings of the connection.
    pub settings: Settings,
    /// What becomes of the app registration's credential.
    pub credential: CredentialEdit,
}

impl ConnectionOptions {
    /// True if stdin is read for the secret.
    pub fn reads_stdin(&self) -> bool {
        self.secret.reads_stdin()
    }

    /// What is to be said of an end date that has come already: it may be true, and it may be mistyped.
    pub fn end_that_has_come(&self, now: DateTime<Utc>) -> Option<EndThatHasCome> {
        let ended = SecretCredential::check_end(self.secret_expires, now).err();
        ended.map(|SecretEnded(date)| EndThatHasCome(date))
    }

    /// With what a source of values tells, where the options leave it open. The secret is taken out of the source.
    pub fn completed_by(self, found: &mut Found) -> Self {
        let is_delegated = self.grant != Some(Grant::ClientCredentials);
        let mailbox = found.mailbox.clone().filter(|_| is_delegated);
        let is_open = self.scope.is_empty() && self.preset.is_none() && is_delegated;
        let granted = found.scope.as_ref().filter(|_| is_open);
        Self {
            tenant: self.tenant.or_else(|| found.tenant.clone()),
            sign_in_as: self.sign_in_as.or_else(|| mailbox.map(|mailbox| SignInAs(Some(mailbox)))),
            scope: granted.map_or(self.scope, |granted| asked_for(granted, found.refresh_token.is_some())),
            secret: self.secret.or_found(found.client_secret.take()),
            ..self
        }
    }

    /// For a new connection: defaults where nothing is said, the credential of a known registration where there is one.
    pub fn describe_new(
        self,
        client_id: ClientId,
        known: Option<&AppRegistration>,
    ) -> Result<Described, CliError> {
        let (settings, given) = self.template(client_id, known)?;
        self.described(settings, given, known)
    }

    /// For many new connections: settings that each of them completes, which are not checked yet, and the credential of
    /// all of them with its kind.
    pub fn describe_many(
        self,
        client_id: ClientId,
        known: Option<&AppRegistration>,
    ) -> Result<(Described, CredentialKind), CliError> {
        let (settings, given) = self.template(client_id, known)?;
        let held = known.map_or(CredentialKind::Public, |app| app.credential.kind());
        let kind = given.as_ref().map_or(held, GivenCredential::kind);
        Ok((Described { settings, credential: self.credential(given, known)? }, kind))
    }

    /// True if a person would be asked for the secret.
    pub fn would_ask(&self, known: Option<&AppRegistration>) -> bool {
        known.is_none() && !self.secret.is_given()
    }

    fn template(
        &self,
        client_id: ClientId,
        known: Option<&AppRegistration>,
    ) -> Result<(Settings, Option<GivenCredential>), CliError> {
        let way_in = self.way_in(WayIn::default())?;
        // The secret that is held already changes nothing.
        let given = self.given_for(known)?.filter(|given| !given.is_held_by(known));
        if given.is_some() && known.is_some() {
            return Err(credential_is_known(client_id));
        }
        let authority = match (self.authority()?, known) {
            (Some(authority), _) => authority,
            (None, Some(app)) => {
                say(&format!(
                    "this registration is known here: cloud {}, {}",
                    app.authority.cloud,
                    app.authority.host()
                ));
                app.authority.clone()
            }
            (None, None) => CLOUDS[0].authority(),
        };
        let confidential = given.is_some() || known.is_some_and(|app| app.credential.is_confidential());
        let redirect_uri = match &self.redirect_uri {
            Some(uri) => uri.clone(),
            None => default_redirect_uri(confidential, way_in, &authority),
        };
        let settings = Settings {
            client_id,
            tenant: self.tenant.clone().unwrap_or_else(Tenant::organizations),
            sign_in_as: self.sign_in_as.clone().and_then(|given| given.0),
            way_in,
            redirect_uri,
            response_mode: self.response_mode.unwrap_or_default(),
            scopes: self.scopes(&authority).unwrap_or_else(|| default_scopes(way_in, &authority)),
            renewal: self.renewal(RenewalRule::default()),
            authority,
        };
        Ok((settings, given))
    }

    /// For a connection that is there: what is not said stays.
    pub fn describe_change(
        self,
        client_id: Option<ClientId>,
        before: &Settings,
        known: Option<&AppRegistration>,
    ) -> Result<Described, CliError> {
        let given = match client_id {
            Some(_) => self.given_for(known)?,
            None => self.secret.read()?,
        };
        let way_in = self.way_in(before.way_in)?;
        let authority = match (self.authority()?, known) {
            (Some(authority), _) => authority,
            (None, Some(app)) => app.authority.clone(),
            (None, None) => before.authority.clone(),
        };
        let settings = Settings {
            client_id: client_id.unwrap_or(before.client_id),
            tenant: self.tenant.clone().unwrap_or_else(|| before.tenant.clone()),
            way_in,
            sign_in_as: self.sign_in_as.clone().map_or_else(|| before.sign_in_as.clone(), |given| given.0),
            redirect_uri: self.redirect_uri.clone().unwrap_or_else(|| before.redirect_uri.clone()),
            response_mode: self.response_mode.unwrap_or(before.response_mode),
            scopes: match self.scopes(&authority) {
                Some(scopes) => scopes,
                // Permissions of a person and of the client itself are not the same kind.
                None if way_in.is_delegated() != before.way_in.is_delegated() => {
                    default_scopes(way_in, &authority)
                }
                None => before.scopes.clone(),
            },
            renewal: self.renewal(before.renewal),
            authority,
        };
        if let (None, None, None) = (&given, known, client_id) {
            // The registration's record is missing: that is no reason to make a public client of it.
            return Ok(Described { settings: checked(settings, None)?, credential: CredentialEdit::Keep });
        }
        self.described(settings, given, known)
    }

    /// Settings that nobody signs in with name no mailbox; what is worth knowing of the rest is said.
    fn described(
        &self,
        settings: Settings,
        given: Option<GivenCredential>,
        known: Option<&AppRegistration>,
    ) -> Result<Described, CliError> {
        self.tell_of_preset();
        let held = known.map_or(CredentialKind::Public, |app| app.credential.kind());
        let kind = given.as_ref().map_or(held, GivenCredential::kind);
        let settings = checked(settings, Some(kind))?;
        Ok(Described { settings, credential: self.credential(given, known)? })
    }

    /// The way in that is named, else the one of before.
    fn way_in(&self, before: WayIn) -> Result<WayIn, CliError> {
        let capture = self.capture.map(Capture::from);
        match (self.grant, capture) {
            (None, None) => Ok(before),
            (None | Some(Grant::AuthorizationCode), Some(capture)) => Ok(WayIn::AuthorizationCode(capture)),
            (Some(Grant::AuthorizationCode), None) => {
                Ok(WayIn::AuthorizationCode(before.capture().unwrap_or_default()))
            }
            (Some(Grant::DeviceCode), None) => Ok(WayIn::DeviceCode),
            (Some(Grant::ClientCredentials), None) => Ok(WayIn::ClientCredentials),
            (Some(Grant::DeviceCode | Grant::ClientCredentials), Some(_)) => Err(CliError::new(
                Exit::Usage,
                "--capture says how a browser's answer comes back, and this grant has no browser",
                "leave out --capture, or give --grant authorization-code",
            )),
        }
    }

    /// The credential given; for a registration that is not known yet a secret is asked for.
    fn given_for(&self, known: Option<&AppRegistration>) -> Result<Option<GivenCredential>, CliError> {
        match (self.secret.read()?, known) {
            (Some(given), _) => Ok(Some(given)),
            (None, Some(_)) => Ok(None),
            (None, None) => Ok(secret_input::ask_for_new()?.map(GivenCredential::Secret)),
        }
    }

    /// What must be known of the preset before it is used.
    fn tell_of_preset(&self) {
        if let Some(remark) = self.preset.and_then(AnyPreset::standing_remark) {
            say(&format!("note: {remark}"));
        }
    }

    /// The authority named. The login service of a cloud is that cloud, also where it is typed as an address.
    fn authority(&self) -> Result<Option<Authority>, CliError> {
        let Some(url) = &self.authority_url else { return Ok(self.cloud.map(Cloud::authority)) };
        let typed = clouds::typed_authority(url, self.graph_url.as_deref()).map_err(|error| {
            CliError::new(
                Exit::Usage,
                error.to_string(),
                "give --cloud NAME, or --authority-url as in: --authority-url https://login.example.com",
            )
        })?;
        match typed.recognised {
            Some(Recognised::Alias(cloud)) => {
                say(&format!("that is another name of {}: taken as --cloud {}", cloud.login, cloud.name));
            }
            Some(_) => say(&format!("that is --cloud {}", typed.authority.cloud)),
            None => {}
        }
        Ok(Some(typed.authority))
    }

    fn renewal(&self, before: RenewalRule) -> RenewalRule {
        RenewalRule {
            policy: self.renew.unwrap_or(before.policy),
            before: self.renew_before.map_or(before.before, |given| given.0),
        }
    }

    fn scopes(&self, authority: &Authority) -> Option<ScopeSet> {
        let own = (!self.scope.is_empty())
            .then(|| self.scope.iter().map(|scope| as_asked(scope, authority)).collect());
        own.or_else(|| self.preset.map(|preset| preset.scope_set(authority)))
    }

    fn credential(
        &self,
        given: Option<GivenCredential>,
        known: Option<&AppRegistration>,
    ) -> Result<CredentialEdit, CliError> {
        let ends_on = self.secret_expires;
        let held = known.map(|app| &app.credential);
        if given.is_some() && held.is_some() {
            say("it replaces the credential of every connection on this app registration");
        }
        match (given, held) {
            (Some(GivenCredential::Secret(value)), held) => {
                if ends_on.is_none() {
                    say(no_end_known(held));
                }
                Ok(CredentialEdit::Secret { value, ends_on })
            }
            (Some(GivenCredential::CertificateFiles { .. }), _) if ends_on.is_some() => Err(CliError::new(
                Exit::Usage,
                "--secret-expires is given, and a certificate tells its end itself",
                "leave out --secret-expires",
            )),
            (Some(GivenCredential::CertificateFiles { certificate, key }), _) => {
                Ok(CredentialEdit::CertificateFiles { certificate, key })
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

/// A new secret has a new end: the one known of the old says nothing of it.
fn no_end_known(held: Option<&ClientCredential>) -> &'static str {
    match held.and_then(ClientCredential::secret) {
        Some(secret) if secret.ends_on.is_some() => {
            "the new secret's end is not known, that of the old one is forgotten: give it with --secret-expires"
        }
        _ => "the secret's end is not known, so nobody will be warned: give it with --secret-expires",
    }
}

/// Keeps to the rules between settings; what works and is worth knowing is said.
fn checked(mut settings: Settings, credential: Option<CredentialKind>) -> Result<Settings, CliError> {
    if !settings.way_in.is_delegated() {
        settings.sign_in_as = None;
    }
    settings_rules::check(&settings, credential)
        .map_err(|fault| CliError::new(Exit::Usage, fault.to_string(), fault.what_to_do()))?;
    notes(&settings).iter().for_each(|note| say(note));
    Ok(settings)
}

/// What works and is worth knowing.
pub fn notes(settings: &Settings) -> Vec<String> {
    let remarks =
        settings_rules::remarks(settings).into_iter().map(|remark| format!("note: {}", remark.text()));
    let mut notes: Vec<String> = remarks.collect();
    let exchange = Resource::Exchange.default_scope(&settings.authority);
    let observed = Resource::Exchange.evidence(&settings.authority) == Evidence::Observed;
    if observed && settings.scopes.iter().any(|scope| *scope == exchange) {
        notes.push(format!("note: {exchange} is an address that Microsoft does not document for this cloud"));
    }
    notes
}

/// What was asked for to be granted this: the answer leaves `offline_access` out, to which a refresh token bears witness.
fn asked_for(granted: &ScopeSet, has_refresh_token: bool) -> Vec<Scope> {
    let mut scopes = granted.clone();
    if let Some(offline) = Scope::parse("offline_access").filter(|_| has_refresh_token) {
        scopes.insert(offline);
    }
    scopes.iter().cloned().collect()
}

fn default_scopes(way_in: WayIn, authority: &Authority) -> ScopeSet {
    if way_in.is_delegated() {
        PRESETS[0].scope_set_at(authority)
    } else {
        [Resource::Graph.default_scope(authority)].into_iter().collect()
    }
}

/// A secret that is given beside a new connection would take the place of one that others use, unproven.
fn credential_is_known(client_id: ClientId) -> CliError {
    CliError::new(
        Exit::Refused,
        format!("a credential of {client_id} is held here already, and other connections use it"),
        "leave it out here to use the one that is held; to replace it: tokengauge edit NAME --secret-stdin",
    )
}

/// The page that is registered in the usual case: localhost with a credential or a listener, the cloud's own page
/// without.
fn default_redirect_uri(confidential: bool, way_in: WayIn, authority: &Authority) -> RedirectUri {
    let native = clouds::native_redirect(authority);
    let is_local = confidential || way_in.capture().is_some_and(Capture::listens);
    let text = if is_local { RedirectUri::DEFAULT } else { &native };
    RedirectUri::parse(text)
        .or_else(|_| RedirectUri::parse(RedirectUri::DEFAULT))
        .expect("the default is a redirect URI")
}
