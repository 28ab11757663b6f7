//! `token`: an access token for a script or mail client, which is a contract: exactly the token and one line end on
//! stdout, or nothing and a non-zero code; never a question, never a read from stdin.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use serde_json::json;
use zeroize::Zeroizing;

use crate::app::GrantStep;
use crate::catalogue::clouds::Resource;
use crate::domain::need::{NoRenewal, RenewalPlan};
use crate::domain::secret::Secret;
use crate::domain::token::Lacking;
use crate::domain::{
    AccessGrant, Audience, Connection, ConnectionName, Lifetime, Mailbox, Overview, Settings,
};
use crate::export::bearer;
use crate::runtime::clock::Clock;
use crate::runtime::exchange::exchange;
use crate::runtime::services::Services;
use crate::vault::{PATIENCE, Vault};

use super::context::{Context, tell_taken_in, wait};
use super::exit::{CliError, Exit};
use super::{facts, output, parse, words};

/// Print a valid access token, renewed first where too little of it is left
#[derive(Debug, Args)]
pub struct Token {
    /// The connection
    #[arg(value_parser = parse::name)]
    name: ConnectionName,
    /// The resource that is to take it: graph, exchange or an address [default: graph where it is asked for, else the first]
    #[arg(long, value_name = "RESOURCE", value_parser = parse::audience)]
    audience: Option<Audience>,
    /// How long it must be valid still [default: the smaller of 5m and a fifth of its life]
    #[arg(long, value_name = "DURATION", value_parser = parse::duration)]
    min_valid: Option<TimeDelta>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Token)]
    format: Format,
    /// The mailbox that sasl-xoauth2 names [default: who signed in]
    #[arg(long, value_name = "MAILBOX", value_parser = parse::mailbox)]
    user: Option<Mailbox>,
}

/// How a token is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The token alone
    Token,
    /// An object with the token, its resource and its end
    Json,
    /// The line of an HTTP request
    Header,
    /// A line for curl --config -
    CurlConfig,
    /// The initial response of IMAP, POP and SMTP, in base64
    SaslXoauth2,
}

impl Token {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let vault = context.open_vault_for_token()?;
        let clock = Clock::system();
        let held = self.newest(&vault, clock.now())?;
        let audience = self.audience(&held.settings)?;
        let user = self.user(&held)?;
        if let Some(access) = self.valid(&held, &audience, clock.now()) {
            return self.print(access, user.as_ref());
        }
        // Only now is there need of an event loop, the network and a lock.
        let services = context.services(vault, clock);
        let after = self.renewed(&services, &held, &audience)?;
        match after.tokens.as_ref().and_then(|tokens| tokens.access.get(&audience)) {
            Some(access) => self.print(access, user.as_ref()),
            None => Err(CliError::new(Exit::SignInNeeded, "there is no token", sign_in(&self.name))),
        }
    }

    /// The record, with what could not be saved of it before: that is taken in, or is good enough to be given away while it
    /// waits. What is in the record itself is older than what was paid for.
    fn newest(&self, vault: &Vault, now: DateTime<Utc>) -> Result<Connection, CliError> {
        let held = vault.connection(&self.name)?;
        if !vault.has_emergency_copy(&held.id) {
            return Ok(held);
        }
        let waiting = vault.with_emergency_copy(&held).ok().flatten();
        let waiting = waiting.filter(|own| {
            let audience = self.audience(&own.settings);
            audience.is_ok_and(|audience| self.valid(own, &audience, now).is_some())
        });
        let patience = if waiting.is_some() { Duration::ZERO } else { PATIENCE };
        let taken_in = vault.take_in_emergency_copy_of(&held.id, patience);
        tell_taken_in(&taken_in);
        match (taken_in.iter().find_map(|own| own.hindrance_of(&held.id)), waiting) {
            (None, _) => Ok(vault.connection(&self.name)?),
            (Some(_), Some(waiting)) => Ok(waiting),
            (Some(error), None) => Err(error.clone().into()),
        }
    }

    /// The resource that is meant, if the connection asks for permissions of it.
    fn audience(&self, settings: &Settings) -> Result<Audience, CliError> {
        let asked = settings.audiences();
        match &self.audience {
            None => Ok(settings.primary_audience()),
            Some(audience) if asked.contains(audience) => Ok(audience.clone()),
            Some(audience) => Err(CliError::new(
                Exit::SetUpWrong,
                format!("{} asks for no permission of {audience}", self.name),
                format!(
                    "add one and sign in again: tokengauge permissions {} --add {}",
                    self.name,
                    permission_of(audience, settings)
                ),
            )),
        }
    }

    /// Whose mailbox the token is for, where the format tells it.
    fn user(&self, held: &Connection) -> Result<Option<Mailbox>, CliError> {
        if self.format != Format::SaslXoauth2 {
            return Ok(None);
        }
        let is_delegated = held.settings.way_in.is_delegated();
        let signed_in = held.tokens.as_ref().and_then(|tokens| tokens.user.username.as_deref());
        let known = signed_in.and_then(Mailbox::parse).or_else(|| held.settings.sign_in_as.clone());
        match self.user.clone().or(known.filter(|_| is_delegated)) {
            Some(mailbox) => Ok(Some(mailbox)),
            None => Err(CliError::new(
                Exit::Usage,
                format!("sasl-xoauth2 names a mailbox, and none is known of {}", self.name),
                "name it with --user, such as: --user ops@contoso.com",
            )),
        }
    }

    fn valid<'a>(
        &self,
        held: &'a Connection,
        audience: &Audience,
        now: DateTime<Utc>,
    ) -> Option<&'a AccessGrant> {
        let access = held.tokens.as_ref()?.access.get(audience)?;
        if access.lifetime.is_of_another_clock(now) {
            return None;
        }
        let enough = self.min_valid.unwrap_or_else(|| default_min_valid(&access.lifetime));
        let remaining = access.lifetime.remaining(now);
        (remaining > TimeDelta::zero() && remaining >= enough).then_some(access)
    }

    fn renewed(
        &self,
        services: &Services,
        held: &Connection,
        audience: &Audience,
    ) -> Result<Connection, CliError> {
        let overview = services.overview(held);
        refuse_hopeless(&overview, audience, services.clock.now())?;
        tracing::info!(connection = %self.name, %audience, "renewing");
        let step = GrantStep::renew_these(&overview, [audience.clone()]);
        let after = wait(services, exchange(services, &held.id, step))?
            .map_err(|error| CliError::of_exchange(&error, &self.name))?;
        let refused = CliError::of_trouble(&after).or_else(|| refused(&after, audience));
        refused.map_or_else(|| Ok(services.vault.connection(&after.name)?), Err)
    }

    fn print(&self, access: &AccessGrant, user: Option<&Mailbox>) -> Result<Exit, CliError> {
        let token = access.token.expose();
        let mut text = match (self.format, user) {
            (Format::SaslXoauth2, user) => {
                bearer::sasl_xoauth2(user.map_or("", |mailbox| mailbox.as_str()), token)
            }
            (Format::Token, _) => Zeroizing::new(token.to_owned()),
            (Format::Header, _) => bearer::header(token),
            (Format::CurlConfig, _) => bearer::curl_config(token),
            (Format::Json, _) => {
                let object = json!({
                    "access_token": token,
                    "token_type": "Bearer",
                    "resource": access.audience.as_str(),
                    "expires_at": facts::moment(access.lifetime.expires_at),
                    "scope": access.granted_scope.as_ref().map(crate::domain::ScopeSet::to_wire),
                });
                Zeroizing::new(object.to_string())
            }
        };
        text.push('\n');
        output::print(&text)?;
        Ok(Exit::Ok)
    }
}

/// A permission by which a resource can be asked for.
fn permission_of(audience: &Audience, settings: &Settings) -> String {
    match audience {
        Audience::Graph => "Mail.Read".to_owned(),
        Audience::Exchange => {
            let default = Resource::Exchange.default_scope(&settings.authority);
            let base = default.resource().unwrap_or_default();
            // There the documentation has another name of the same resource for what a person consents to.
            let base =
                if base == "https://outlook.office365.com" { "https://outlook.office.com" } else { base };
            format!("{base}/IMAP.AccessAsUser.All")
        }
        Audience::Other(resource) => format!("{}/PERMISSION", resource.as_str()),
    }
}

/// The smaller of five minutes and a fifth of the life.
fn default_min_valid(lifetime: &Lifetime) -> TimeDelta {
    (lifetime.span() / 5).min(TimeDelta::minutes(5))
}

/// A dead credential has cost its one request; a pause that the platform asked for is kept. A mail client would try every
/// minute.
fn refuse_hopeless(overview: &Overview, audience: &Audience, now: DateTime<Utc>) -> Result<(), CliError> {
    if let Some(error) = refused(overview, audience) {
        return Err(error);
    }
    let known = || CliError::of_trouble(overview);
    let is_of_others = overview.trouble.is_none() && overview.refusal().is_some() && overview.can_renew();
    match overview.renewal_plan(now) {
        RenewalPlan::Due(_) | RenewalPlan::OnRequest { not_before: None } => Ok(()),
        RenewalPlan::Impossible(_) if is_of_others => Ok(()),
        RenewalPlan::Retrying { at, .. } | RenewalPlan::OnRequest { not_before: Some(at) } if at <= now => {
            Ok(())
        }
        RenewalPlan::Retrying { at, .. } | RenewalPlan::OnRequest { not_before: Some(at) } => {
            Err(CliError::new(
                Exit::TryLater,
                overview.trouble.as_ref().map_or_else(String::new, |trouble| trouble.what_happened.clone()),
                format!("it is not asked again before {}", words::moment(at)),
            ))
        }
        RenewalPlan::Impossible(NoRenewal::SecretExpired) => Err(CliError::new(
            Exit::SetUpWrong,
            "the client secret has passed its last date",
            format!(
                "give the new one with: tokengauge edit {} --secret-stdin --secret-expires DATE",
                overview.name
            ),
        )),
        RenewalPlan::Impossible(why) => Err(known().unwrap_or_else(|| {
            let what = match why {
                NoRenewal::NeverSignedIn => "nobody has signed in yet",
                NoRenewal::NoRefreshToken => "the access token is over, and there is no refresh token",
                _ => "the refresh token has expired unused",
            };
            CliError::new(Exit::SignInNeeded, what, sign_in(&overview.name))
        })),
    }
}

/// What the platform answered when this resource was asked for last, if that waits for a person.
fn refused(overview: &Overview, audience: &Audience) -> Option<CliError> {
    let lack = overview.lacks().find(|own| own.audience == *audience);
    lack.and_then(Lacking::refusal).map(|trouble| CliError::of_one_trouble(trouble, &overview.name))
}

fn sign_in(name: &ConnectionName) -> String {
    format!("sign in with: tokengauge authorize {name}")
}
