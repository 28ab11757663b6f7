//! `show`: one connection, all but its secrets.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use clap::Args;

use crate::app::secret_replacement::OpenReplacement;
use crate::app::{Connections, copies};
use crate::domain::app_registration::CredentialFacts;
use crate::domain::{Clock, ConnectionName, Overview, RenewalKind, RenewalPolicy, Scope, ScopeSet};
use crate::runtime::services::Services;
use crate::sanitize::sanitize;

use super::context::{Context, overview};
use super::exit::{CliError, Exit};
use super::{facts, output, parse, words};

/// Show a connection: settings, lifetimes, last renewal, next step; no secrets
#[derive(Debug, Args)]
pub struct Show {
    /// The connection
    #[arg(value_parser = parse::name)]
    name: ConnectionName,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let overview = overview(&services, &self.name)?;
        let now = services.clock.now();
        let open = open_replacement(&services, &overview, now)?;
        if self.json {
            output::print_json(&facts::with_registration(&overview, open.as_ref(), now))?;
        } else {
            output::print(&page(&overview, open.as_ref(), now))?;
        }
        Ok(Exit::Ok)
    }
}

/// All connections are read only where it tells something.
fn open_replacement(
    services: &Services,
    overview: &Overview,
    now: DateTime<Utc>,
) -> Result<Option<OpenReplacement>, CliError> {
    let client_id = overview.settings.client_id;
    // A registration that cannot be read is told with its connection.
    let is_open = services
        .vault
        .app_registration(&client_id)
        .is_ok_and(|app| app.is_some_and(|app| app.replacement.is_some()));
    if !is_open {
        return Ok(None);
    }
    let mut connections = Connections::default();
    connections.load(services.contents()?, now);
    Ok(connections.open_replacement(&client_id))
}

fn page(overview: &Overview, open: Option<&OpenReplacement>, now: DateTime<Utc>) -> String {
    let mut page = String::new();
    let replacement = open.map(|own| ("New secret", format!("{}; {}", own.in_words(), own.command())));
    let rows = settings(overview).into_iter().chain(lifetimes(overview, now)).chain(replacement);
    for (label, text) in rows.chain(history(overview, now)) {
        let _ = writeln!(page, "{label:<14} {}", sanitize(&text, 600));
    }
    page
}

type Row = (&'static str, String);

fn settings(overview: &Overview) -> Vec<Row> {
    let settings = &overview.settings;
    let expected = settings.sign_in_as.as_ref().map_or("whoever signs in first", |mailbox| mailbox.as_str());
    let holder = if settings.way_in.is_delegated() {
        ("Signs in as", overview.mailbox().unwrap_or(expected).to_owned())
    } else {
        ("Acts as", overview.holder().unwrap_or_default())
    };
    let mut rows = vec![
        ("Name", overview.name.to_string()),
        holder,
        ("Tenant", settings.tenant.to_string()),
        ("Cloud", format!("{} ({})", settings.authority.cloud, settings.authority.host())),
        ("Client ID", settings.client_id.to_string()),
        ("Way in", settings.way_in.title().to_owned()),
    ];
    if settings.way_in.capture().is_some() {
        rows.push(("Redirect URI", settings.redirect_uri.to_string()));
        rows.push(("Response mode", settings.response_mode.as_str().to_owned()));
    }
    rows.push(("Renews", renews(overview)));
    rows.push(("Permissions", settings.scopes.to_wire()));
    if settings.way_in.is_delegated() {
        rows.push(("", format!("{} {}", Scope::OFFLINE_ACCESS, Scope::WHY_OFFLINE_ACCESS)));
    }
    if settings.scopes.iter().any(Scope::is_ews) {
        rows.push(("", Scope::EWS_RETIREMENT.to_owned()));
    }
    rows
}

fn renews(overview: &Overview) -> String {
    let rule = overview.settings.renewal;
    match (rule.policy, rule.before) {
        (RenewalPolicy::Automatic, None) => "automatic".to_owned(),
        (RenewalPolicy::Automatic, Some(before)) => format!("automatic, {before} before the end"),
        (RenewalPolicy::KeepAlive, _) => "keep-alive: nothing but the refresh token".to_owned(),
        (RenewalPolicy::Manual, _) => "manual: nothing by itself".to_owned(),
    }
}

fn lifetimes(overview: &Overview, now: DateTime<Utc>) -> Vec<Row> {
    let line = |clock, none: &str| {
        overview
            .lifetime(clock)
            .map_or_else(|| none.to_owned(), |life| words::lifetime_line(life, clock, now))
    };
    let secret = match &overview.credential {
        CredentialFacts::Public => "none, a public client".to_owned(),
        CredentialFacts::Missing => "its record is missing".to_owned(),
        CredentialFacts::Certificate { .. } => line(Clock::ClientCredential, ""),
        CredentialFacts::Secret { .. } => line(Clock::ClientCredential, "held, no end date known"),
    };
    let no_refresh =
        if overview.settings.way_in.is_delegated() { "none" } else { "none, the client asks again" };
    let mut rows = access(overview, now);
    rows.extend([
        ("Refresh token", line(Clock::RefreshToken, no_refresh)),
        (credential_label(overview), secret),
    ]);
    if let CredentialFacts::Certificate { thumbprint, subject, .. } = &overview.credential {
        rows.push(("Issued to", subject.clone()));
        rows.push(("SHA-256", thumbprint.to_string()));
    }
    if let Some(roles) = overview.roles() {
        let none = "none in the token: it may open nothing, since a token is issued whatever was granted";
        rows.push(("Roles", if roles.is_empty() { none.to_owned() } else { roles.to_wire() }));
        return rows;
    }
    rows.extend(granted(overview));
    rows
}

/// What was granted of each resource, and what of the wishes was not.
fn granted(overview: &Overview) -> Vec<Row> {
    let access = overview.tokens.iter().flat_map(|tokens| tokens.access.iter());
    let granted = access.filter_map(|own| own.granted_scope.as_ref());
    let mut rows: Vec<Row> = granted.map(|granted| ("Granted", granted.to_wire())).collect();
    let missing: ScopeSet = overview.permission_states().missing().map(|own| own.scope.clone()).collect();
    if !missing.is_empty() {
        rows.push(("Not granted", missing.to_wire()));
    }
    rows
}

/// The access tokens, one a line, each with its resource where there are several; and those that are not to be had.
fn access(overview: &Overview, now: DateTime<Utc>) -> Vec<Row> {
    let Some(tokens) = &overview.tokens else { return vec![("Access token", "none".to_owned())] };
    let several = tokens.access.count() > 1 || overview.lacks().next().is_some();
    let held = tokens.access.iter().map(|own| {
        let life = words::lifetime_line(own.lifetime, Clock::AccessToken, now);
        if several { format!("{}: {life}", own.audience) } else { life }
    });
    let lacks = overview.lacks().map(|own| match own.refusal() {
        Some(trouble) => format!("{}; {}", trouble.what_happened, trouble.what_to_do),
        None => format!("{}: not yet, the next renewal gets it", own.audience),
    });
    held.chain(lacks).map(|line| ("Access token", line)).collect()
}

fn credential_label(overview: &Overview) -> &'static str {
    match overview.credential {
        CredentialFacts::Certificate { .. } => "Certificate",
        _ => "Client secret",
    }
}

fn history(overview: &Overview, now: DateTime<Utc>) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(tokens) = overview.tokens.as_ref().filter(|_| overview.settings.way_in.is_delegated()) {
        rows.push(("Signed in", words::moment(tokens.signed_in_at)));
    }
    if let Some(last) = overview.renewals.last() {
        let kind = match last.kind {
            RenewalKind::SignIn => "sign-in",
            RenewalKind::Refresh => "renewal",
            RenewalKind::ClientCredentials => "client credentials",
        };
        let outcome = match last.outcome.remark() {
            Some(remark) => format!("worked; {remark}"),
            None => last.outcome.line().unwrap_or("worked").to_owned(),
        };
        rows.push(("Last request", format!("{}, {kind}: {outcome}", words::moment(last.at))));
    }
    let held = overview.held_copies(now);
    rows.extend(held.iter().map(|copy| ("Handed over", copies::in_words(copy, &words::moment))));
    if let Some(trouble) = overview.foremost_trouble() {
        rows.push(("Trouble", trouble.what_happened.clone()));
    }
    rows.push(("State", words::state(overview, now).to_owned()));
    rows.push(("Next step", words::next_step(overview, now)));
    rows
}
