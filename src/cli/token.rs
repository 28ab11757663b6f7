//! `token`: an access token for a script or mail client, which is a contract: exactly the token and one line end on
//! stdout, or nothing and a non-zero code; never a question, never a read from stdin.

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use serde_json::json;
use zeroize::Zeroizing;

use crate::app::GrantStep;
use crate::domain::need::{NoRenewal, RenewalPlan};
use crate::domain::secret::Secret;
use crate::domain::{AccessGrant, Connection, ConnectionName, Lifetime, Overview};
use crate::runtime::clock::Clock;
use crate::runtime::exchange::exchange;
use crate::runtime::services::Services;

use super::context::{Asking, Context, wait};
use super::exit::{CliError, Exit};
use super::{facts, output, parse, words};

/// Print a valid access token, renewed first where too little of it is left
#[derive(Debug, Args)]
pub struct Token {
    /// The connection
    #[arg(value_parser = parse::name)]
    name: ConnectionName,
    /// How long it must be valid still [default: the smaller of 5m and a fifth of its life]
    #[arg(long, value_name = "DURATION", value_parser = parse::duration)]
    min_valid: Option<TimeDelta>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Token)]
    format: Format,
}

/// How a token is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The token alone
    Token,
    /// An object with the token and its end
    Json,
    /// The line of an HTTP request
    Header,
}

impl Token {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let (vault, _) = context.open_vault(Asking::Never)?;
        let clock = Clock::system();
        let held = vault.connection(&self.name)?;
        if let Some(access) = self.valid(&held, clock.now()) {
            return self.print(access);
        }
        // Only now is there need of an event loop, the network and a lock.
        let services = context.services(vault, clock);
        let after = self.renewed(&services, &held)?;
        match after.tokens {
            Some(tokens) => self.print(tokens.access.primary()),
            None => Err(CliError::new(Exit::SignInNeeded, "there is no token", sign_in(&self.name))),
        }
    }

    fn valid<'a>(&self, held: &'a Connection, now: DateTime<Utc>) -> Option<&'a AccessGrant> {
        let access = held.tokens.as_ref()?.access.primary();
        let enough = self.min_valid.unwrap_or_else(|| default_min_valid(&access.lifetime));
        let remaining = access.lifetime.remaining(now);
        (remaining > TimeDelta::zero() && remaining >= enough).then_some(access)
    }

    fn renewed(&self, services: &Services, held: &Connection) -> Result<Connection, CliError> {
        let overview = services.overview(held);
        refuse_hopeless(&overview, services.clock.now())?;
        tracing::info!(connection = %self.name, "renewing");
        let after = wait(exchange(services, &held.id, GrantStep::renew(&overview)))?
            .map_err(|error| CliError::of_exchange(&error, &self.name))?;
        if let Some(error) = CliError::of_trouble(&after) {
            return Err(error);
        }
        Ok(services.vault.connection(&after.name)?)
    }

    fn print(&self, access: &AccessGrant) -> Result<Exit, CliError> {
        let token = access.token.expose();
        let text = Zeroizing::new(match self.format {
            Format::Token => format!("{token}\n"),
            Format::Header => format!("Authorization: Bearer {token}\n"),
            Format::Json => {
                let object = json!({
                    "access_token": token,
                    "token_type": "Bearer",
                    "expires_at": facts::moment(access.lifetime.expires_at),
                    "scope": access.granted_scope.as_ref().map(crate::domain::ScopeSet::to_wire),
                });
                format!("{object}\n")
            }
        });
        output::print(&text)?;
        Ok(Exit::Ok)
    }
}

/// The smaller of five minutes and a fifth of the life.
fn default_min_valid(lifetime: &Lifetime) -> TimeDelta {
    (lifetime.span() / 5).min(TimeDelta::minutes(5))
}

/// A dead credential has cost its one request; a pause that the platform asked for is kept. A mail client would try every
/// minute.
fn refuse_hopeless(overview: &Overview, now: DateTime<Utc>) -> Result<(), CliError> {
    let known = || CliError::of_trouble(overview);
    match overview.renewal_plan(now) {
        RenewalPlan::Due(_) => Ok(()),
        RenewalPlan::Retrying { at, .. } if at <= now => Ok(()),
        RenewalPlan::Retrying { at, .. } => Err(CliError::new(
            Exit::TryLater,
            overview.trouble.as_ref().map_or_else(String::new, |trouble| trouble.what_happened.clone()),
            format!("it is not asked again before {}", words::moment(at)),
        )),
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

fn sign_in(name: &ConnectionName) -> String {
    format!("sign in with: tokengauge authorize {name}")
}
