//! `demo`: the dashboard on a simulated tenant.

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::config::Look;
use crate::simulator::Scenario;

use super::context::Global;
use super::dashboard::need_terminal;
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
        open(&self.scenario, self.speed, global.demo_look())
    }
}

/// Where the demo is handed over to the runtime.
fn open(_scenario: &str, _speed: u32, _look: Look) -> Result<Exit, CliError> {
    Err(CliError::new(Exit::Internal, "the demo is not wired yet", "use the commands: tokengauge --help"))
}
