//! Results on stdout: whole or with a non-zero code, never a panic.

use std::io::{self, Write};

use serde_json::Value;

use super::exit::{CliError, Exit};

/// Writes the text and sees to it that it has arrived.
pub fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| lost(&error))
}

/// Writes a line.
pub fn print_line(line: &str) -> Result<(), CliError> {
    print(&format!("{line}\n"))
}

/// Writes JSON that a person can read too.
pub fn print_json(value: &Value) -> Result<(), CliError> {
    print_line(&format!("{value:#}"))
}

fn lost(error: &io::Error) -> CliError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        // Whoever read it has seen enough, as with `head`.
        return CliError::Quiet(Exit::ClosedPipe);
    }
    CliError::new(
        Exit::LocalIo,
        format!("the output cannot be written: {error}"),
        "see to where the output goes; nothing in the vault is lost",
    )
}
