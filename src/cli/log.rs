//! `log`: what happened, as all programs on this machine noted it.

use clap::Args;

use crate::domain::ConnectionName;
use crate::domain::event::Event;
use crate::runtime::activity_log;

use super::context::Context;
use super::exit::{CliError, Exit, say};
use super::{output, parse, words};

/// Tell what happened, oldest first; no secrets
#[derive(Debug, Args)]
pub struct Log {
    /// Only to this connection
    #[arg(value_parser = parse::name)]
    name: Option<ConnectionName>,
    /// The last so many
    #[arg(short = 'n', long, value_name = "COUNT")]
    last: Option<usize>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Log {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let Some(log) = &services.activity else {
            say("nothing is noted here: there is no HOME and no XDG_STATE_HOME");
            return Ok(Exit::Ok);
        };
        let mut events = log.events().map_err(|error| unreadable(&error))?;
        if let Some(name) = &self.name {
            events.retain(|event| event.connection.as_ref().is_some_and(|own| own.is_same(name)));
            if events.is_empty() {
                services.vault.connection(name)?;
            }
        }
        let first = self.last.map_or(0, |last| events.len().saturating_sub(last));
        if events.is_empty() && !self.json {
            say("nothing has happened yet");
        }
        let lines = events[first..]
            .iter()
            .map(|event| if self.json { activity_log::json(event) } else { line(event) });
        output::print(&lines.map(|line| line + "\n").collect::<String>())?;
        Ok(Exit::Ok)
    }
}

fn line(event: &Event) -> String {
    let connection = event.connection.as_ref().map_or("-", ConnectionName::as_str);
    format!("{}  {connection}  {}  {}", words::moment(event.at), event.kind, event.what_happened)
}

fn unreadable(error: &std::io::Error) -> CliError {
    CliError::new(
        Exit::LocalIo,
        format!("the activity cannot be read: {error}"),
        "see to the file below $XDG_STATE_HOME/tokengauge/activity; nothing else depends on it",
    )
}
