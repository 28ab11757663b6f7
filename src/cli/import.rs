//! `import`: a connection from what another program wrote.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use crate::app::NewConnection;
use crate::domain::{
    AccessGrant, Certainty, ClientId, ConnectionName, Lack, Lacking, Lifetime, PerAudience, RefreshGrant,
    Settings, Tokens, WayIn,
};
use crate::export::intake::{self, Choice, Found, IntakeError, Source};
use crate::export::options::{AccountName, Prefix};
use crate::given_file;
use crate::oauth::claims;
use crate::runtime::records;
use crate::vault::VaultError;

use super::connection_options::{ConnectionOptions, Described};
use super::context::Context;
use super::exit::{CliError, Exit, say};
use super::parse;

/// Make a connection from values that another program wrote
///
/// From a file or stdin, never from an argument. A name that is taken is refused; nothing is made unless all of it can be.
#[derive(Debug, Args)]
pub struct Import {
    /// The file; without it stdin is read
    path: Option<PathBuf>,
    /// What it is
    #[arg(long, value_enum)]
    format: Source,
    /// Name of the connection [default: what the file calls it, else the mailbox]
    #[arg(long, value_parser = parse::name)]
    name: Option<ConnectionName>,
    /// Application (client) ID, where the file does not tell it
    #[arg(long, value_name = "ID", value_parser = parse::client_id)]
    client_id: Option<ClientId>,
    /// Which account of accounts-yaml, where it has several
    #[arg(long, value_name = "NAME", value_parser = parse::account)]
    account: Option<AccountName>,
    /// Which names of env, where it has several sets: those that begin so
    #[arg(long, value_parser = parse::prefix)]
    prefix: Option<Prefix>,
    #[command(flatten)]
    options: ConnectionOptions,
}

impl ValueEnum for Source {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.purpose()))
    }
}

/// Nobody can tell whether a later end is believable: the platform's longest life is a day and a bit.
const LONGEST_BELIEVED: TimeDelta = TimeDelta::days(7);

impl Import {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        self.check_options()?;
        let shown = self.path.as_ref().map_or_else(|| "stdin".to_owned(), |path| path.display().to_string());
        let bytes = source(self.path.as_deref())?;
        let choice = Choice { prefix: self.prefix, account: self.account };
        let mut found =
            intake::read(self.format, &bytes, &choice).map_err(|error| unusable(&shown, &error))?;
        drop(bytes);
        let name = name(self.name, &found)?;
        let client_id = client_id(self.client_id, &found)?;
        check_set(&found)?;
        let services = context.open()?;
        match services.vault.connection(&name) {
            Err(VaultError::NoSuchConnection(_)) => {}
            Ok(_) => return Err(VaultError::ConnectionExists(name.to_string()).into()),
            Err(error) => return Err(error.into()),
        }
        let known = services.vault.app_registration(&client_id)?;
        let contents = contents(&found);
        let ended = self.options.end_that_has_come(services.clock.now());
        let options = self.options.completed_by(&mut found);
        let Described { settings, credential } = options.describe_new(client_id, known.as_ref())?;
        check_host(&found, &settings)?;
        let tokens = tokens(found, &settings, services.clock.now());
        let report = Report::of(tokens.as_ref(), services.clock.now());
        let new = NewConnection { name, settings, credential };
        let overview = records::import(&services, &new, tokens)?;
        say(&format!("imported {}: {contents}", overview.name));
        report.tell(&overview.name);
        ended.iter().for_each(|ended| ended.warn(&overview.name));
        Ok(Exit::Ok)
    }

    /// Before anything is read.
    fn check_options(&self) -> Result<(), CliError> {
        let wrong = |option: &str, of: Source| {
            CliError::new(
                Exit::Usage,
                format!(
                    "{option} is for --format {}, and means nothing to {}",
                    of.name(),
                    self.format.name()
                ),
                format!("leave out {option}"),
            )
        };
        if self.prefix.is_some() && self.format != Source::Env {
            return Err(wrong("--prefix", Source::Env));
        }
        if self.account.is_some() && self.format != Source::AccountsYaml {
            return Err(wrong("--account", Source::AccountsYaml));
        }
        if self.path.is_none() && self.options.reads_stdin() {
            return Err(CliError::new(
                Exit::Usage,
                "--secret-stdin is given, and the values are to be read from stdin",
                "name the file of the values, or give --secret-file",
            ));
        }
        Ok(())
    }
}

/// The bytes of a file or of stdin, one more at most than is read.
fn source(path: Option<&Path>) -> Result<Zeroizing<Vec<u8>>, CliError> {
    let limit = intake::LARGEST as u64 + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    let read = match path {
        Some(path) => given_file::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
        None if io::stdin().is_terminal() => {
            return Err(CliError::new(
                Exit::Usage,
                "the values are not typed on a terminal, which would show them",
                "name a file, or give it by stdin: import --format FORMAT < FILE",
            ));
        }
        None => io::stdin().lock().take(limit).read_to_end(&mut bytes),
    };
    read.map(|_| bytes).map_err(|error| {
        let shown = path.map_or_else(|| "stdin".to_owned(), |path| path.display().to_string());
        CliError::new(
            Exit::LocalIo,
            format!("{shown} cannot be read: {error}"),
            "name a file that can be read",
        )
    })
}

fn unusable(shown: &str, error: &IntakeError) -> CliError {
    CliError::new(Exit::Usage, format!("{shown}: {error}"), error.what_to_do())
}

fn name(given: Option<ConnectionName>, found: &Found) -> Result<ConnectionName, CliError> {
    let mailbox = || found.mailbox.as_ref().and_then(|mailbox| ConnectionName::parse(mailbox.as_str()));
    given.or_else(|| found.name.clone()).or_else(mailbox).ok_or_else(|| {
        CliError::new(Exit::Usage, "nothing there tells what to call the connection", "give --name NAME")
    })
}

fn client_id(given: Option<ClientId>, found: &Found) -> Result<ClientId, CliError> {
    match (given, found.client_id) {
        (Some(given), Some(found)) if given != found => Err(CliError::new(
            Exit::Usage,
            format!("the values are of the client ID {found}, and --client-id names another"),
            "leave out --client-id: tokens of one registration mean nothing to another",
        )),
        (Some(id), _) | (None, Some(id)) => Ok(id),
        (None, None) => Err(CliError::new(
            Exit::Usage,
            "nothing there tells the client ID",
            "give --client-id ID: the Application (client) ID of the Overview page",
        )),
    }
}

/// Access token and refresh token are kept as a set, as they come.
fn check_set(found: &Found) -> Result<(), CliError> {
    if found.refresh_token.is_some() && found.access_token.is_none() {
        return Err(CliError::new(
            Exit::Usage,
            "there is a refresh token and no access token, and the two are kept as a set",
            "add the access token that came with it; it may have ended",
        ));
    }
    Ok(())
}

/// What was issued at one login service is not sent to another.
fn check_host(found: &Found, settings: &Settings) -> Result<(), CliError> {
    let own = settings.authority.host();
    match &found.token_host {
        Some(host) if !host.eq_ignore_ascii_case(own) => Err(CliError::new(
            Exit::Refused,
            format!("the values are of the login service {host}, and would be sent to {own}"),
            "name it with --cloud or --authority-url",
        )),
        _ => Ok(()),
    }
}

/// What was found, and what of the four values was not, in one line.
fn contents(found: &Found) -> String {
    let rows = [
        ("client ID", found.client_id.is_some()),
        ("client secret", found.client_secret.is_some()),
        ("access token", found.access_token.is_some()),
        ("refresh token", found.refresh_token.is_some()),
    ];
    let names = |there: bool| {
        rows.iter().filter(|(_, own)| *own == there).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    };
    match (names(true), names(false)) {
        (there, missing) if missing.is_empty() => there,
        (there, missing) => format!("{there}; not in it: {missing}"),
    }
}

/// The set, where there is an access token.
fn tokens(found: Found, settings: &Settings, now: DateTime<Utc>) -> Option<Tokens> {
    let token = found.access_token?;
    let mut user = claims::signed_in_user(None, &token);
    user.username = user.username.or_else(|| found.mailbox.map(|mailbox| mailbox.to_string()));
    let is_delegated = settings.way_in.is_delegated();
    let refresh = found.refresh_token.filter(|_| is_delegated).map(|current| RefreshGrant {
        current,
        previous: None,
        lifetime: Lifetime::estimated_refresh(now),
        unanswered_at: None,
    });
    let claims = claims::claims(&token);
    let audience = settings.audience_of_token(&claims, found.scope.as_ref());
    let others = settings.audiences().into_iter().filter(|own| *own != audience);
    let lacking = others.map(|audience| Lacking { audience, why: Lack::NotYet }).collect();
    let access = AccessGrant {
        audience,
        claims,
        token,
        lifetime: access_lifetime(found.expires_at, now),
        granted_scope: found.scope,
    };
    Some(Tokens {
        access: PerAudience::new(access),
        lacking,
        refresh,
        user,
        signed_in_at: now,
        way_in: if is_delegated { WayIn::default() } else { settings.way_in },
    })
}

/// Counted from now. Without a believable end it has ended, so that it is renewed before anybody uses it.
fn access_lifetime(told: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Lifetime {
    match told {
        Some(end) if end <= now + LONGEST_BELIEVED => {
            Lifetime { starts_at: now.min(end), expires_at: end, certainty: Certainty::Known }
        }
        _ => Lifetime { starts_at: now, expires_at: now, certainty: Certainty::Estimated },
    }
}

/// What the new connection can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Report {
    /// Renew itself; the access token is good until then.
    Works,
    /// Renew itself, and must.
    RenewsFirst,
    /// Nothing once the access token has ended.
    EndsWithAccess,
    /// Nothing before a sign-in.
    NeedsSignIn,
}

impl Report {
    fn of(tokens: Option<&Tokens>, now: DateTime<Utc>) -> Self {
        let Some(tokens) = tokens else { return Self::NeedsSignIn };
        let renews = tokens.refresh.is_some() || tokens.way_in == WayIn::ClientCredentials;
        match (renews, tokens.access.primary().lifetime.is_expired_at(now)) {
            (true, false) => Self::Works,
            (true, true) => Self::RenewsFirst,
            (false, false) => Self::EndsWithAccess,
            (false, true) => Self::NeedsSignIn,
        }
    }

    fn tell(self, name: &ConnectionName) {
        match self {
            Self::Works => {}
            Self::RenewsFirst => say(
                "the access token has ended, or nothing tells when it ends: it is renewed before its first use",
            ),
            Self::EndsWithAccess => say("there is no refresh token: it works until the access token ends"),
            Self::NeedsSignIn => {
                say(&format!("it holds nothing to renew with; sign in with: tokengauge authorize {name}"));
            }
        }
    }
}
