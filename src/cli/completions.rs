//! `completions`: a script by which a shell completes commands and options.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::exit::{CliError, Exit};
use super::{Cli, output};

/// Print completions for a shell
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> Result<Exit, CliError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "tokengauge", &mut script);
        output::print(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Ok)
    }
}
