//! No command: the dashboard.

use std::io::{self, IsTerminal};

use crate::config::Start;

use super::context::Global;
use super::exit::{CliError, Exit};

/// Opens the dashboard, if there is a terminal to open it on.
pub fn run(global: &Global) -> Result<Exit, CliError> {
    need_terminal()?;
    open(global.start()?)
}

/// Where the dashboard is handed over to the runtime.
fn open(_start: Start) -> Result<Exit, CliError> {
    Err(CliError::new(
        Exit::Internal,
        "the dashboard is not wired yet",
        "use the commands: tokengauge --help",
    ))
}

/// A dashboard drawn into a pipe helps nobody.
pub fn need_terminal() -> Result<(), CliError> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(CliError::new(
        Exit::Usage,
        "the dashboard needs a terminal",
        "see the commands that do not: tokengauge --help",
    ))
}
