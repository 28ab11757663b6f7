//! `demo`: the dashboard on a simulated tenant.

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::keymap::Keymap;
use crate::runtime::dashboard::Ended;
use crate::runtime::demo::{self, DemoError};
use crate::simulator::Scenario;

use super::context::{Global, event_loop, exit_of};
use super::dashboard::{looks, need_terminal, surroundings};
use super::exit::{CliError, Exit};

/// Look round in the dashboard on a simulated tenant; nothing to set up, nothing kept
#[derive(Debug, Args)]
pub struct Demo {
    /// What happens in the tenant
    #[arg(long, value_name = "NAME", default_value = "fleet", value_parser = PossibleValuesParser::new(Scenario::EMBEDDED))]
    scenario: String,
    /// How much faster time passes
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3600))]
    speed: u32,
}

impl Demo {
    pub fn run(self, global: &Global) -> Result<Exit, CliError> {
        need_terminal()?;
        open(&self.scenario, self.speed, global)
    }
}

/// The demo as the first-run screen offers it.
pub fn open_first(global: &Global) -> Result<Exit, CliError> {
    open(Scenario::EMBEDDED[0], 1, global)
}

fn open(scenario: &str, speed: u32, global: &Global) -> Result<Exit, CliError> {
    let looks = looks(&global.demo_look(), Keymap::default())?;
    match event_loop()?.block_on(demo::run(scenario, speed, looks, &surroundings()))? {
        Ended::Left { .. } => Ok(Exit::Ok),
        Ended::LeftUnsaved => Err(CliError::Quiet(Exit::LocalIo)),
        Ended::Stopped(signal) => Err(CliError::Quiet(exit_of(signal))),
    }
}

impl From<DemoError> for CliError {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::Vault(error) => error.into(),
            DemoError::UnknownScenario(_) => {
                Self::new(Exit::Usage, error.to_string(), "see them with: tokengauge demo --help")
            }
            DemoError::Io(_) => Self::new(
                Exit::LocalIo,
                error.to_string(),
                "see to TMPDIR and to the loopback interface of this machine",
            ),
        }
    }
}
