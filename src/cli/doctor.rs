//! `doctor`: does it work, and what comes next? `--probe` asks Graph with the token.

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Value, json};

use crate::app::Failure;
use crate::domain::need::Need;
use crate::domain::probe::{
    Check, Finding, Holder, Meaning, Outcome, Permissions, Probe, Questions, Verdict, WhyNot,
};
use crate::domain::{ConnectionName, Mailbox, Overview, Scope};
use crate::runtime::probe::{Leaving, ProbeError, probe};
use crate::runtime::services::Services;
use crate::sanitize::sanitize;

use super::context::{Context, overview, wait};
use super::exit::{CliError, Exit, say, tell};
use super::{facts, output, parse, words};

/// Tell whether connections work and what comes next; the exit code says so
///
/// Without --probe nothing is sent: 0 if nothing needs a person, else 1. With --probe Graph is asked for profile, inbox,
/// calendar and contacts, as far as the token's permissions allow; counts are all that is read. Then 4 says that somebody
/// must sign in or consent, 5 that the set-up is wrong, 6 that it may pass.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The connections; all of them if none is named
    #[arg(value_parser = parse::name)]
    names: Vec<ConnectionName>,
    /// Ask Graph with the connection's token, renewed first if that is due
    #[arg(long)]
    probe: bool,
    /// The mailbox that an application opens, where nobody signs in
    #[arg(long, value_name = "ADDRESS", value_parser = parse::mailbox, requires = "probe")]
    mailbox: Option<Mailbox>,
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

impl Doctor {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let (chosen, damaged) = self.choose(&services)?;
        if chosen.is_empty() && damaged == Exit::Ok {
            say("no connections yet; add one with: tokengauge add NAME --client-id ID");
        }
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
            examined.push(Examined { name, overview: held, probe });
            if self.probe && !self.json {
                examined.last().map_or(Ok(()), Examined::print)?;
            }
        }
        let now = services.clock.now();
        if self.json {
            output::print_json(&Value::Array(examined.iter().map(|own| own.json(now)).collect()))?;
        } else if !self.probe {
            print_table(&examined, now)?;
        }
        Ok(examined.iter().map(|own| own.exit(now)).max().unwrap_or(Exit::Ok).max(damaged))
    }

    /// The connections that are meant, and what those that cannot be read count for.
    #[expect(clippy::type_complexity, reason = "used here only")]
    fn choose(
        &self,
        services: &Services,
    ) -> Result<(Vec<(ConnectionName, Result<Overview, CliError>)>, Exit), CliError> {
        if !self.names.is_empty() {
            let held = |name: &ConnectionName| (name.clone(), overview(services, name));
            return Ok((self.names.iter().map(held).collect(), Exit::Ok));
        }
        let contents = services.contents()?;
        contents.damaged.iter().for_each(|file| tell(&file.failure));
        let damaged = if contents.damaged.is_empty() { Exit::Ok } else { Exit::Damaged };
        Ok((contents.connections.into_iter().map(|own| (own.name.clone(), Ok(own))).collect(), damaged))
    }

    fn probe(&self, services: &Services, own: &Overview) -> Result<Probe, CliError> {
        tracing::info!(connection = %own.name, "asking Graph");
        let probed = wait(probe(services, &own.id, self.mailbox.as_ref(), Leaving::never(), |_| {}))?;
        probed.map_err(|error| failed(&error, &own.name))
    }
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

fn print_table(examined: &[Examined], now: DateTime<Utc>) -> Result<(), CliError> {
    let rows: Vec<Vec<String>> = examined.iter().filter_map(|own| own.row(now)).collect();
    if !rows.is_empty() {
        output::print(&words::table(&["NAME", "STATE", "NEXT STEP"], &rows))?;
    }
    examined.iter().filter_map(|own| own.overview.as_ref().err()).for_each(CliError::tell);
    tell_remarks(examined);
    Ok(())
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
    fn row(&self, now: DateTime<Utc>) -> Option<Vec<String>> {
        let own = self.overview.as_ref().ok()?;
        Some(vec![own.name.to_string(), words::need(own.need(now)).to_owned(), words::next_step(own, now)])
    }

    fn exit(&self, now: DateTime<Utc>) -> Exit {
        let own = match &self.overview {
            Ok(own) if own.need(now) == Need::NeedsYou => Exit::Lapses,
            Ok(_) => Exit::Ok,
            Err(error) => error.exit(),
        };
        let probed = match &self.probe {
            None => Exit::Ok,
            Some(Ok(probe)) => exit_of(probe.verdict()),
            Some(Err(error)) => error.exit(),
        };
        own.max(probed)
    }

    /// Sentence and table on stdout, what to do on stderr.
    fn print(&self) -> Result<(), CliError> {
        match (&self.overview, &self.probe) {
            (Err(error), _) => error.tell(),
            (_, Some(Err(error))) => {
                if let CliError::Told(_, failure) = error {
                    let line = sanitize(&failure.what_happened, 300);
                    output::print_line(&format!("{}: nothing was asked, {line}", self.name))?;
                }
                error.tell();
            }
            (_, Some(Ok(probe))) => {
                output::print_line(&format!("{}: {}", self.name, sanitize(&probe.sentence(), 400)))?;
                if !probe.checks().is_empty() {
                    output::print(&indented(&words::table(&["CHECK", "ANSWER", ""], &rows(probe))))?;
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

    fn json(&self, now: DateTime<Utc>) -> Value {
        let own = match &self.overview {
            Ok(own) => own,
            Err(error) => return error_json(&self.name, error),
        };
        let (step, at) = words::next_step_word(own.next_step(now));
        json!({
            "name": self.name.as_str(),
            "state": words::need(own.need(now)),
            "next_step": { "step": step, "at": at.map(facts::moment) },
            "exit": self.exit(now) as u8,
            "probe": self.probe.as_ref().map(|probe| match probe {
                Ok(probe) => probe_json(probe),
                Err(error) => error_json(&self.name, error),
            }),
        })
    }
}

fn exit_of(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Works => Exit::Ok,
        Verdict::SignIn => Exit::SignInNeeded,
        Verdict::SetUpWrong => Exit::SetUpWrong,
        Verdict::TryLater => Exit::TryLater,
    }
}

fn rows(probe: &Probe) -> Vec<Vec<String>> {
    let row = |(check, outcome): &(Check, Outcome)| {
        vec![check.noun().to_owned(), outcome.word().to_owned(), sanitize(&outcome.detail(), 120)]
    };
    probe.checks().iter().map(row).collect()
}

fn indented(table: &str) -> String {
    table.split_inclusive('\n').flat_map(|line| ["  ", line]).collect()
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

fn probe_json(probe: &Probe) -> Value {
    let (signed_in, expected, mailbox) = match &probe.holder {
        Holder::Person { signed_in, expected } => (signed_in.as_deref(), expected.as_ref(), None),
        Holder::Application { mailbox } => (None, None, mailbox.as_ref()),
    };
    json!({
        "asked_at": facts::moment(probe.began_at),
        "sentence": sanitize(&probe.sentence(), 400),
        "exit": exit_of(probe.verdict()) as u8,
        "signed_in_as": signed_in,
        "expected": expected.map(Mailbox::as_str),
        "is_someone_else": probe.stranger().is_some(),
        "mailbox": mailbox.map(Mailbox::as_str),
        "checks": probe.checks().iter().map(|(check, outcome)| check_json(*check, outcome)).collect::<Vec<_>>(),
        "nothing_to_ask": match &probe.questions {
            Questions::None(why) => Some(why.what_happened()),
            Questions::Asked(_) => None,
        },
        "permissions": match &probe.permissions {
            Permissions::Unknown => Value::Null,
            Permissions::Delegated { asked, missing } => json!({
                "asked": asked,
                "missing": missing.iter().map(Scope::as_str).collect::<Vec<_>>(),
            }),
            Permissions::Application { roles } => json!({ "roles": roles }),
        },
    })
}

fn check_json(check: Check, outcome: &Outcome) -> Value {
    let mut object = json!({ "check": check.noun(), "outcome": outcome.word().replace(' ', "-") });
    match outcome {
        Outcome::Answered(Finding::Folder { items, unread }) => {
            object["items"] = json!(items);
            object["unread"] = json!(unread);
        }
        Outcome::Refused(refused) => {
            object["status"] = json!(refused.status);
            object["code"] = json!(refused.code);
            object["told"] = json!(refused.told);
            object["who_acts"] = json!(words::who_acts_word(refused.meaning.who_acts()));
            if let Meaning::Pause(Some(wait)) | Meaning::Down(Some(wait)) = refused.meaning {
                object["retry_after_seconds"] = json!(wait.num_seconds());
            }
        }
        Outcome::NotAsked(WhyNot::NoPermission(least)) => object["needs"] = json!(least),
        _ => {}
    }
    if let Some((what_happened, what_to_do)) = outcome.lines(check) {
        object["what_happened"] = json!(what_happened);
        object["what_to_do"] = json!(what_to_do);
    }
    object
}
