//! `refresh`: renews access tokens with the refresh token (RFC 6749 §6).

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Value, json};

use crate::app::{Failure, GrantStep};
use crate::config::Config;
use crate::domain::left_alone::left_alone;
use crate::domain::need::{NoRenewal, RenewalPlan};
use crate::domain::{ConnectionId, ConnectionName, Overview, Schedule};
use crate::runtime::exchange::exchange;
use crate::runtime::records;
use crate::runtime::services::Services;
use crate::sanitize::sanitize;
use crate::vault::VaultError;

use super::context::{Context, overview, wait};
use super::exit::{CliError, Exit, say, tell};
use super::hook::warn;
use super::{facts, output, parse, words};

/// Renew connections; one line each, the highest exit code counts
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
#[expect(clippy::struct_excessive_bools, reason = "options of a command, each on or off")]
pub struct Refresh {
    /// The connections
    #[arg(value_parser = parse::name, required_unless_present_any = ["all", "due"], conflicts_with_all = ["all", "due"])]
    names: Vec<ConnectionName>,
    /// All that can renew
    #[arg(long, conflicts_with = "due")]
    all: bool,
    /// Those whose renewal is due now; where none is, nothing is said (for cron)
    #[arg(long)]
    due: bool,
    /// Go on with records that are older than what was seen here: restored from a backup
    #[arg(long, conflicts_with_all = ["all", "due"])]
    accept_restored: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What became of one connection.
struct Renewed {
    name: ConnectionName,
    result: Result<Overview, CliError>,
}

impl Refresh {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        // A configuration that is wrong is told before anything is done.
        let config = Config::load(context.paths.config.as_ref())?.warnings;
        let services = context.open()?;
        let (chosen, mut highest) = self.choose(&services)?;
        // Whoever asks every few minutes, as cron does, hears nothing of nothing.
        if chosen.is_empty() && !self.due {
            say("nothing to renew");
        }
        let mut lines = Vec::new();
        let mut pauses = self.known_pauses(&services)?;
        for choice in chosen {
            let id = choice.1.as_ref().ok().map(|held| held.id.clone());
            let result = choice.1.and_then(|held| self.renew_unless_paused(&services, &held, &mut pauses));
            // Removed since it was chosen, by another process: nobody has asked for this one.
            let failed = matches!(result, Err(CliError::Told(..))) && (self.all || self.due);
            if failed && id.is_some_and(|id| is_gone(&services, &id)) {
                continue;
            }
            let renewed = Renewed { name: choice.0, result };
            highest = highest.max(renewed.exit());
            if self.json {
                lines.push(renewed.json(services.clock.now()));
            } else {
                output::print_line(&renewed.line())?;
            }
            if let Err(CliError::Quiet(exit)) = renewed.result {
                return Err(CliError::Quiet(exit));
            }
            if !self.json {
                renewed.tell_why();
            }
        }
        if self.json {
            output::print_json(&Value::Array(lines))?;
        }
        if self.due {
            warn(&services, &config)?;
        }
        Ok(highest)
    }

    /// What earlier runs were told; a person who says "all" asks anew.
    fn known_pauses(&self, services: &Services) -> Result<Schedule, CliError> {
        let mut pauses = Schedule::default();
        if self.due {
            let now = services.clock.now();
            services.contents()?.connections.iter().for_each(|own| note_pause(&mut pauses, own, now));
        }
        Ok(pauses)
    }

    /// A server that asked for a pause is asked no more; only who names a connection insists.
    fn renew_unless_paused(
        &self,
        services: &Services,
        held: &Overview,
        pauses: &mut Schedule,
    ) -> Result<Overview, CliError> {
        let pause = pauses.paused_until(&held.settings.authority, services.clock.now());
        if let Some(until) = pause.filter(|_| self.all || self.due) {
            return Err(paused(until));
        }
        let now = services.clock.now();
        // What was refused for one resource is asked for again only by a person.
        let step = if self.due { GrantStep::renew_due(held, now) } else { GrantStep::renew(held) };
        let result = renew(services, held, step);
        if result.is_err()
            && let Ok(after) = overview(services, &held.name)
        {
            note_pause(pauses, &after, services.clock.now());
        }
        result
    }

    /// The connections that are to be renewed, and what those that could not be read count for.
    #[expect(clippy::type_complexity, reason = "used here only")]
    fn choose(
        &self,
        services: &Services,
    ) -> Result<(Vec<(ConnectionName, Result<Overview, CliError>)>, Exit), CliError> {
        if !self.all && !self.due {
            let held = |name: &ConnectionName| (name.clone(), self.named(services, name));
            return Ok((self.names.iter().map(held).collect(), Exit::Ok));
        }
        let contents = services.contents()?;
        contents.damaged.iter().for_each(|file| tell(&file.failure));
        let damaged = if contents.damaged.is_empty() { Exit::Ok } else { Exit::Damaged };
        let now = services.clock.now();
        let names = contents.connections.iter().filter(|own| self.tells_of(own, now)).map(|own| &own.name);
        left_alone(&names.collect::<Vec<_>>()).iter().for_each(|told| say(told));
        let chosen = contents
            .connections
            .into_iter()
            .filter(|own| if self.due { own.is_due(now) } else { can_renew(own, now) });
        Ok((chosen.map(|own| (own.name.clone(), Ok(own))).collect(), damaged))
    }
}

impl Refresh {
    /// True for a connection that is left alone, where that is to be told: to a person who says "all" always. Who asks for
    /// what is due, again and again, has heard of a refusal when it came; nothing came for a record that was put back.
    fn tells_of(&self, own: &Overview, now: DateTime<Utc>) -> bool {
        match own.renewal_plan(now) {
            RenewalPlan::Impossible(why) => self.all || why == NoRenewal::Restored,
            RenewalPlan::Due(_) | RenewalPlan::Retrying { .. } | RenewalPlan::OnRequest { .. } => false,
        }
    }

    fn named(&self, services: &Services, name: &ConnectionName) -> Result<Overview, CliError> {
        let held = overview(services, name)?;
        if self.accept_restored { Ok(records::accept_restored(services, &held.id)?) } else { Ok(held) }
    }
}

fn note_pause(pauses: &mut Schedule, own: &Overview, now: DateTime<Utc>) {
    if let Some(until) = own.told_pause(now) {
        pauses.pause(&own.settings.authority, until, now);
    }
}

fn is_gone(services: &Services, id: &ConnectionId) -> bool {
    matches!(services.vault.connection_by_id(id), Err(VaultError::NoSuchConnection(_)))
}

fn paused(until: DateTime<Utc>) -> CliError {
    CliError::new(
        Exit::TryLater,
        format!("not asked: the server wants a pause until {}", words::moment(until)),
        "Nothing is lost; run it again then.",
    )
}

/// A dead credential costs one request and then none until a person acts, who names the connection.
fn can_renew(own: &Overview, now: DateTime<Utc>) -> bool {
    !matches!(own.renewal_plan(now), RenewalPlan::Impossible(_))
}

/// One renewal; another process that has just done it counts as well.
pub fn renew(services: &Services, held: &Overview, step: GrantStep) -> Result<Overview, CliError> {
    tracing::info!(connection = %held.name, "renewing");
    let after = wait(services, exchange(services, &held.id, step))?
        .map_err(|error| CliError::of_exchange(&error, &held.name))?;
    match CliError::of_trouble(&after) {
        Some(error) => Err(error),
        None => Ok(after),
    }
}

impl Renewed {
    fn exit(&self) -> Exit {
        let refused = |after: &Overview| after.refusal().map_or(Exit::Ok, |own| Exit::of_trouble(own.kind));
        self.result.as_ref().map_or_else(CliError::exit, refused)
    }

    fn line(&self) -> String {
        match &self.result {
            Ok(overview) => {
                format!("{}: renewed, {}", self.name, words::access_until(overview))
            }
            Err(CliError::Told(..)) => format!("{}: not renewed", self.name),
            Err(CliError::Quiet(_)) => format!("{}: stopped; what is held is kept, run it again", self.name),
        }
    }

    fn json(&self, now: DateTime<Utc>) -> Value {
        match &self.result {
            Ok(overview) => {
                json!({ "name": self.name.as_str(), "renewed": true, "exit": self.exit() as u8, "connection": facts::connection(overview, now) })
            }
            Err(CliError::Told(exit, failure)) => json!({
                "name": self.name.as_str(),
                "renewed": false,
                "exit": *exit as u8,
                "what_happened": sanitize(&failure.what_happened, 300),
                "what_to_do": sanitize(&failure.what_to_do, 300),
            }),
            Err(CliError::Quiet(exit)) => {
                json!({ "name": self.name.as_str(), "renewed": false, "exit": *exit as u8 })
            }
        }
    }

    fn tell(&self, error: &CliError) {
        if let CliError::Told(_, failure) = error {
            let what_happened = format!("{}: {}", self.name, failure.what_happened);
            tell(&Failure { what_happened, ..failure.clone() });
        }
    }

    /// What stood in the way and what to do, on stderr, where the results of others may stand between: by its name.
    fn tell_why(&self) {
        match &self.result {
            Err(error) => self.tell(error),
            Ok(overview) => {
                let refused = overview.refusal().map(|own| CliError::of_one_trouble(own, &self.name));
                refused.iter().for_each(|error| self.tell(error));
                let remark = overview.new_remark();
                remark
                    .into_iter()
                    .for_each(|remark| say(&format!("{}: {}", self.name, sanitize(remark, 300))));
            }
        }
    }
}
