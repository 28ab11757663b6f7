//! `calendar`: the lapse dates, for whatever reminds people.

use clap::Args;

use crate::report::calendar::calendar;

use super::context::Context;
use super::exit::{CliError, Exit, tell};
use super::report_file::ReportOutput;

/// Print the lapse dates as an iCalendar, with reminders 14, 7 and 1 days before; no secrets
///
/// Import it again whenever you like: each event keeps its identity and moves.
#[derive(Debug, Args)]
pub struct CalendarCommand {
    #[command(flatten)]
    output: ReportOutput,
}

impl CalendarCommand {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let contents = services.contents()?;
        contents.damaged.iter().for_each(|file| tell(&file.failure));
        self.output.put(&calendar(&contents.connections, services.clock.now()))?;
        Ok(if contents.damaged.is_empty() { Exit::Ok } else { Exit::Damaged })
    }
}
