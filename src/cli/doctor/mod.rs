//! `doctor`: does it work, and what comes next? `--online` looks at the way there, `--probe` asks Graph with the token.

use chrono::TimeDelta;
use clap::Args;
use serde_json::{Value, json};

use crate::app::{DamagedFile, Failure};
use crate::domain::checkup::{Check, Finding};
use crate::domain::probe::{Probe, Questions};
use crate::domain::{ConnectionName, Mailbox, Overview, Scope};
use crate::runtime::checkup::{Checkup, checkup};
use crate::runtime::clock::Clock;
use crate::runtime::probe::{ProbeError, probe};
use crate::runtime::services::Services;
use crate::runtime::stop::Stop;
use crate::sanitize::sanitize;

use super::context::{Asking, Context, event_loop, exit_of, overview, wait};
use super::exit::{CliError, Exit, say, tell};
use super::{facts, output, parse, words};
use outlook::Span;

mod nagios;
mod online;
mod outlook;
mod probed;

/// Tell in a sentence a connection whether anything lapses; the exit code says so
///
/// By itself it sends nothing: 0 if nothing needs a person or ends within the time, else 1. With --online the way to each
/// host is checked (name lookup, proxy, connection, TLS, clock), and tenant, client, redirect URI and permissions as far as
/// that goes without a token: 5 says that the set-up is wrong, 6 that the way is closed. With --probe Graph is asked
/// for profile, inbox, calendar and contacts, as far as the token's permissions allow; counts are all that is read. Then 4
/// says that somebody must sign in or consent, 5 that the set-up is wrong, 6 that it may pass.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "the options of the command line")]
pub struct Doctor {
    /// The connections; all of them if none is named
    #[arg(value_parser = parse::name)]
    names: Vec<ConnectionName>,
    /// How far ahead is looked
    #[arg(long, value_name = "DURATION", value_parser = parse::span, default_value = "14d")]
    within: TimeDelta,
    /// Check the way to each host and what it tells of the tenants; no token is used
    #[arg(long)]
    online: bool,
    /// Ask Graph with the connection's token, renewed first if that is due
    #[arg(long)]
    probe: bool,
    /// The mailbox that an application opens, where nobody signs in
    #[arg(long, value_name = "ADDRESS", value_parser = parse::mailbox, requires = "probe")]
    mailbox: Option<Mailbox>,
    /// As a monitoring plugin: 0 nothing lapses, 1 something ends within the time, 2 somebody must act, 3 unknown; never asks
    #[arg(long, conflicts_with_all = ["online", "probe", "json"])]
    nagios: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What is told of one connection.
struct Examined {
    name: ConnectionName,
    overview: Result<Overview, CliError>,
    probe: Option<Result<Probe, CliError>>,
}

/// A connection that is meant, and what may be shown of it.
type Chosen = (ConnectionName, Result<Overview, CliError>);

impl Doctor {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        if self.nagios { self.run_as_plugin(context) } else { self.examine(context) }
    }

    fn examine(&self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let (chosen, damaged) = self.choose(&services)?;
        let damaged = if damaged.is_empty() { Exit::Ok } else { Exit::Damaged };
        if chosen.is_empty() && damaged == Exit::Ok {
            say("no connections yet; add one with: tokengauge add NAME --client-id ID");
        }
        let checkup = self.online.then(|| check_up(&services, &chosen)).transpose()?;
        if let Some(checkup) = checkup.as_ref().filter(|_| !self.json) {
            output::print(&online::host_tables(checkup))?;
            checkup.hosts.iter().for_each(|(host, findings)| online::advise(host, findings));
        }
        let checkup = checkup.as_ref();
        let mut examined = Vec::new();
        for (name, held) in chosen {
            let probe = match &held {
                Ok(own) if self.probe => Some(self.probe(&services, own)),
                _ => None,
            };
            if let Some(Err(CliError::Quiet(exit))) = probe {
                return Err(CliError::Quiet(exit));
            }
            // A renewal that came first has changed it.
            let held = if probe.is_some() { overview(&services, &name) } else { held };
            let own = Examined { name, overview: held, probe };
            if !self.json {
                own.print(self.span(&services), checkup)?;
            }
            examined.push(own);
        }
        let span = self.span(&services);
        if !self.json && !self.probe {
            tell_remarks(&examined);
        }
        if self.json {
            output::print_json(&Value::Array(examined.iter().map(|own| own.json(span, checkup)).collect()))?;
        }
        Ok(examined.iter().map(|own| own.exit(span, checkup)).max().unwrap_or(Exit::Ok).max(damaged))
    }

    /// Whatever goes wrong is told on stdout as well, which is all that such a program shows.
    fn run_as_plugin(&self, context: &Context) -> Result<Exit, CliError> {
        let report = self.plugin_report(context).unwrap_or_else(|error| nagios::unknown(&error));
        output::print(&report.text)?;
        Ok(report.service.exit())
    }

    fn plugin_report(&self, context: &Context) -> Result<nagios::Report, CliError> {
        let (vault, _) = context.open_vault(Asking::Never)?;
        let services = context.services(vault, Clock::system());
        let (chosen, damaged) = self.choose(&services)?;
        let examined: Vec<_> = chosen.iter().map(|(name, held)| (name, held.as_ref())).collect();
        Ok(nagios::report(&examined, &damaged, self.span(&services)))
    }

    fn span(&self, services: &Services) -> Span {
        Span { within: self.within, now: services.clock.now() }
    }

    /// The connections that are meant, the most urgent first, and the records that cannot be read.
    fn choose(&self, services: &Services) -> Result<(Vec<Chosen>, Vec<DamagedFile>), CliError> {
        let (mut chosen, damaged) = self.meant(services)?;
        let span = self.span(services);
        chosen.sort_by_cached_key(|(name, held)| (span.urgency(held.as_ref()), name.clone()));
        Ok((chosen, damaged))
    }

    fn meant(&self, services: &Services) -> Result<(Vec<Chosen>, Vec<DamagedFile>), CliError> {
        if !self.names.is_empty() {
            let held = |name: &ConnectionName| (name.clone(), overview(services, name));
            return Ok((self.names.iter().map(held).collect(), Vec::new()));
        }
        let contents = services.contents()?;
        contents.damaged.iter().for_each(|file| tell(&file.failure));
        let chosen = contents.connections.into_iter().map(|own| (own.name.clone(), Ok(own)));
        Ok((chosen.collect(), contents.damaged))
    }

    fn probe(&self, services: &Services, own: &Overview) -> Result<Probe, CliError> {
        tracing::info!(connection = %own.name, "asking Graph");
        let probed = wait(services, probe(services, &own.id, self.mailbox.as_ref(), |_| {}))?;
        probed.map_err(|error| failed(&error, &own.name))
    }
}

/// Looks at the way to all of them. What is not answered is over after half a minute, twice at most for a host. A signal
/// ends it at once: nothing is sent that could be lost.
fn check_up(services: &Services, chosen: &[Chosen]) -> Result<Checkup, CliError> {
    let held: Vec<&Overview> = chosen.iter().filter_map(|(_, held)| held.as_ref().ok()).collect();
    let runtime = event_loop()?;
    let checked = runtime.block_on(async {
        let Ok(mut stop) = Stop::listen() else { return Ok(checkup(&services.http, &held).await) };
        // A turn for one that came while nobody waited.
        tokio::task::yield_now().await;
        tokio::select! {
            biased;
            signal = stop.next() => Err(CliError::Quiet(exit_of(signal))),
            checkup = checkup(&services.http, &held) => Ok(checkup),
        }
    });
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    checked
}

fn failed(error: &ProbeError, name: &ConnectionName) -> CliError {
    match error {
        ProbeError::Exchange(error) => CliError::of_exchange(error, name),
        ProbeError::Trouble(trouble) => CliError::of_one_trouble(trouble, name),
        ProbeError::NoToken | ProbeError::NoGraphToken => {
            CliError::for_connection(Exit::SignInNeeded, error.failure(), name)
        }
    }
}

/// What was odd about the last answers: a clock that differs is one remark, whomever it concerns.
fn tell_remarks(examined: &[Examined]) {
    let mut told: Vec<(&str, Vec<&str>)> = Vec::new();
    for own in examined {
        let last = own.overview.as_ref().ok().and_then(Overview::last_remark);
        let Some(remark) = last else { continue };
        match told.iter_mut().find(|(known, _)| *known == remark) {
            Some((_, names)) => names.push(own.name.as_str()),
            None => told.push((remark, vec![own.name.as_str()])),
        }
    }
    for (remark, names) in told {
        let names = match &names[..] {
            [first, rest @ ..] if rest.len() > 2 => format!("{first} and {} others", rest.len()),
            names => names.join(", "),
        };
        say(&format!("{names}: {}", sanitize(remark, 300)));
    }
}

impl Examined {
    fn exit(&self, span: Span, checkup: Option<&Checkup>) -> Exit {
        let own = match &self.overview {
            Ok(own) => span.exit(own).max(checkup.map_or(Exit::Ok, |checkup| online::exit(checkup, own))),
            Err(error) => error.exit(),
        };
        let probed = match &self.probe {
            None => Exit::Ok,
            Some(Ok(probe)) => probed::exit_of(probe.verdict()),
            Some(Err(error)) => error.exit(),
        };
        own.max(probed)
    }

    /// What was looked at without a token, and what the probe tells of the mailbox.
    fn findings(&self, checkup: &Checkup, own: &Overview) -> Vec<Finding> {
        let mut findings = checkup.connections.get(&own.id).cloned().unwrap_or_default();
        if let Some(probe) = &self.probe {
            findings.retain(|finding| finding.check != Check::Mailbox);
            findings.push(online::mailbox(probe));
        }
        findings
    }

    /// Sentences and table on stdout, what to do on stderr.
    fn print(&self, span: Span, checkup: Option<&Checkup>) -> Result<(), CliError> {
        if let Ok(own) = &self.overview {
            output::print_line(&span.sentence(own))?;
            if let Some(findings) = checkup.map(|checkup| self.findings(checkup, own)) {
                output::print(&online::table(&findings))?;
                online::advise(self.name.as_str(), &findings);
            }
        }
        match (&self.overview, &self.probe) {
            (Err(error), _) => error.tell(),
            (_, Some(Err(error))) => {
                output::print_line(&format!("{}: nothing was asked", self.name))?;
                error.tell();
            }
            (_, Some(Ok(probe))) => {
                output::print_line(&format!("{}: {}", self.name, sanitize(&probe.sentence(), 400)))?;
                if !probe.checks().is_empty() {
                    output::print(&probed::table(probe))?;
                }
                self.advise(probe);
            }
            (_, None) => {}
        }
        Ok(())
    }

    fn advise(&self, probe: &Probe) {
        if let Questions::None(why) = &probe.questions {
            say(why.what_happened());
            say(&why.what_to_do().replace("NAME", self.name.as_str()));
        }
        for (check, outcome) in probe.checks() {
            if let Some((what_happened, what_to_do)) = outcome.lines(*check) {
                let failure = Failure::new(format!("{}: {what_happened}", check.noun()), what_to_do);
                CliError::for_connection(Exit::Ok, failure, &self.name).tell();
            }
        }
        if !probe.missing().is_empty() {
            let names: Vec<&str> = probe.missing().iter().map(Scope::name).collect();
            say(&format!("not in the token: {}", sanitize(&names.join(", "), 400)));
            say(&format!(
                "sign in again to apply, or ask for consent: tokengauge authorize {0}; tokengauge consent {0}",
                self.name
            ));
        }
    }

    fn json(&self, span: Span, checkup: Option<&Checkup>) -> Value {
        let own = match &self.overview {
            Ok(own) => own,
            Err(error) => return error_json(&self.name, error),
        };
        let (step, at) = words::next_step_word(own.next_step(span.now));
        let mut told = span.json(own);
        told["name"] = json!(self.name.as_str());
        told["state"] = json!(words::need(own.need(span.now)));
        told["next_step"] = json!({ "step": step, "at": at.map(facts::moment) });
        told["exit"] = json!(self.exit(span, checkup) as u8);
        told["checks"] =
            checkup.map_or(Value::Null, |checkup| online::json(checkup, own, &self.findings(checkup, own)));
        told["probe"] = self.probe.as_ref().map_or(Value::Null, |probe| match probe {
            Ok(probe) => probed::json(probe),
            Err(error) => error_json(&self.name, error),
        });
        told
    }
}

fn error_json(name: &ConnectionName, error: &CliError) -> Value {
    let (what_happened, what_to_do) = match error {
        CliError::Told(_, failure) => (Some(&failure.what_happened), Some(&failure.what_to_do)),
        CliError::Quiet(_) => (None, None),
    };
    let line = |text: &String| sanitize(text, 400);
    json!({
        "name": name.as_str(),
        "exit": error.exit() as u8,
        "what_happened": what_happened.map(line),
        "what_to_do": what_to_do.map(line),
    })
}
