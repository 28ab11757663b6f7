//! `rename`: another name for a connection; everything else stays.

use clap::Args;

use crate::domain::ConnectionName;
use crate::runtime::records;

use super::context::{Context, connection};
use super::exit::{CliError, Exit, say};
use super::parse;

/// Give a connection another name
#[derive(Debug, Args)]
pub struct Rename {
    /// Its name
    #[arg(value_parser = parse::name)]
    old: ConnectionName,
    /// Its new name
    #[arg(value_parser = parse::name)]
    new: ConnectionName,
}

impl Rename {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let held = connection(&services, &self.old)?;
        records::rename(&services, &held.id, &self.new)?;
        say(&format!("{} is now called {}", held.name, self.new));
        Ok(Exit::Ok)
    }
}
