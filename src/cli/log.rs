//! `log`: what happened, as all programs on this machine noted it.

use clap::Args;

use crate::domain::ConnectionName;
use crate::domain::event::{Event, last_names};
use crate::runtime::activity_log;

use super::context::Context;
use super::exit::{CliError, Exit, say};
use super::{output, parse, words};

/// Tell what happened, oldest first; no secrets
#[derive(Debug, Args)]
pub struct Log {
    /// Only to this connection, also under the names that it had before
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
        let log = &services.activity;
        if !log.is_on_disk() {
            say("nothing is noted here: there is no HOME and no XDG_STATE_HOME");
            return Ok(Exit::Ok);
        }
        let mut events = log.events().map_err(|error| unreadable(&error))?;
        if let Some(name) = &self.name {
            events = of_connection(events, name);
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

/// What happened to the connection of this name, also while it had others; where it has another one by now, what happened
/// under this one.
fn of_connection(events: Vec<Event>, name: &ConnectionName) -> Vec<Event> {
    let is_it = |own: Option<&ConnectionName>| own.is_some_and(|own| own.is_same(name));
    let last = last_names(&events);
    let is_last = last.iter().any(|own| is_it(own.as_ref()));
    let all = events.into_iter().zip(last);
    all.filter(|(event, last)| is_it(if is_last { last.as_ref() } else { event.connection.as_ref() }))
        .map(|(event, _)| event)
        .collect()
}

fn line(event: &Event) -> String {
    let connection = event.connection.as_ref().map_or("-", ConnectionName::as_str);
    let told = format!("{}  {connection}  {}  {}", words::moment(event.at), event.kind, event.what_happened);
    match &event.what_to_do {
        Some(what_to_do) => format!("{told}\n    {what_to_do}"),
        None => told,
    }
}

fn unreadable(error: &std::io::Error) -> CliError {
    CliError::new(
        Exit::LocalIo,
        format!("the activity cannot be read: {error}"),
        "see to the file below $XDG_STATE_HOME/tokengauge/activity; nothing else depends on it",
    )
}
