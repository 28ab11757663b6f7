//! `hook`: the program that hears of warnings, tried with an example; and how commands warn.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;

use crate::app::Failure;
use crate::config::{self, Config};
use crate::domain::warning::{Concerned, Ending, Nature, News, Stage, Subject, Warning, WayOut};
use crate::domain::{Certainty, ClientId, ConnectionId, ConnectionName};
use crate::runtime::clock::Clock;
use crate::runtime::services::Services;
use crate::runtime::warnings::{Hook, Report, Run, Setup, Warner, json_event, owing};
use crate::sanitize::sanitize;

use super::context::{Context, LastWord, event_loop, wait};
use super::exit::{CliError, Exit, say, tell};
use super::{output, words};

/// Try the hook of the configuration with an example of a warning
#[derive(Debug, Args)]
pub struct HookCommand {
    /// Print what it gets on stdin, and run nothing
    #[arg(long)]
    print: bool,
}

impl HookCommand {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let now = Clock::system().now();
        let event = json_event(&News::Raised(example(now)), now);
        if self.print {
            output::print_line(&event)?;
            return Ok(Exit::Ok);
        }
        let config = Config::load(context.paths.config.as_ref())?.warnings;
        let hook = Hook::of(&config).ok_or_else(no_hook)?;
        let ended = event_loop()?.block_on(hook.run(&event));
        tell_owing(context);
        ended.map_err(|error| {
            CliError::new(
                Exit::LocalIo,
                sanitize(&error.to_string(), 400),
                "see what it gets: tokengauge hook --print; it runs in / with few variables, and no shell",
            )
        })?;
        say("the hook took the example");
        Ok(Exit::Ok)
    }
}

/// What it did not take before waits for it.
fn tell_owing(context: &Context) {
    let Some(owing) = context.sources.notes.as_deref().and_then(owing) else { return };
    let are_owed = match owing.count {
        1 => "1 warning is owed".to_owned(),
        count => format!("{count} warnings are owed"),
    };
    let again = words::moment(owing.again_at);
    say(&format!(
        "{are_owed} to the hook, and told again from {again} on; at once when watch or the dashboard starts"
    ));
}

fn no_hook() -> CliError {
    CliError::new(
        Exit::Usage,
        "the configuration names no hook",
        "write into it, below [warnings]: hook = [\"/path/of/the/program\", \"an argument\"]",
    )
}

/// A secret that ends in a fortnight.
fn example(now: DateTime<Utc>) -> Warning {
    let client_id = ClientId::parse("00000000-0000-0000-0000-000000000000").expect("a GUID");
    Warning {
        subject: Subject::Credential(client_id),
        nature: Nature::Ends(Ending {
            noun: "client secret",
            ends_at: now + TimeDelta::days(14) - TimeDelta::minutes(1),
            certainty: Certainty::Known,
            stage: Stage::Within(TimeDelta::days(14)),
            way_out: WayOut::Replace,
        }),
        connections: vec![Concerned {
            name: ConnectionName::parse("example").expect("a name"),
            id: ConnectionId::parse("example").expect("an id"),
        }],
        client_id: Some(client_id),
    }
}

/// Warns of what stands, as dashboard and `watch` do: each thing once, whoever tells it.
pub fn warn(services: &Services, config: &config::Warnings) -> Result<(), CliError> {
    let warner = Warner::new(Setup::of(config, None), Run::OneCommand);
    if !warner.setup().rules.tell_anything() {
        return Ok(());
    }
    let told = wait(services, async {
        // What cannot be read was told by whoever renewed.
        let Ok(reported) = warner.report(services, Report::default()).await else { return Ok(()) };
        for news in &reported.warned.news {
            let mark = if matches!(news, News::Raised(_)) { "warning" } else { "recovered" };
            say(&format!("{mark}: {}", sanitize(&news.message(reported.warned.at), 400)));
        }
        reported.warned.not_noted.iter().for_each(tell);
        warner.tell_hook(services, reported).await
    })?;
    if let Err(failure) = told {
        tell(&failure);
    }
    Ok(())
}

impl LastWord for Result<(), Failure> {
    fn not_saved(&self) -> Option<&crate::runtime::exchange::NotSaved> {
        None
    }
}
