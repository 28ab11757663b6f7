//! `remove`: a connection and its tokens, gone for good.

use clap::Args;

use crate::domain::ConnectionName;
use crate::runtime::prompt::{self, Echo};
use crate::runtime::records;
use crate::vault::{PATIENCE, Vault, VaultError};

use super::context::{Context, connection};
use super::exit::{CliError, Exit, say};
use super::parse;

/// Remove a connection with its tokens; the app registration's secret stays for others
#[derive(Debug, Args)]
pub struct Remove {
    /// The connection
    #[arg(value_parser = parse::name)]
    name: ConnectionName,
    /// Do not ask for the name
    #[arg(long)]
    yes: bool,
}

impl Remove {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let id = match connection(&services, &self.name) {
            Ok(held) => Some(held.id),
            // A person may give up what cannot be read.
            Err(CliError::Told(Exit::Damaged, _)) => None,
            Err(error) => return Err(error),
        };
        if !self.yes {
            self.ask()?;
        }
        match id {
            Some(id) => records::remove(&services, &id)?,
            None => remove_damaged(&services.vault, &self.name)?,
        }
        say(&format!("removed {}", self.name));
        Ok(Exit::Ok)
    }

    fn ask(&self) -> Result<(), CliError> {
        if !prompt::is_possible() {
            return Err(CliError::new(
                Exit::Refused,
                format!("{} is not removed: there is no terminal to ask on", self.name),
                "give --yes if you mean it",
            ));
        }
        say(&format!("This removes {} and its tokens for good.", self.name));
        let typed = prompt::ask("Type its name to remove it: ", Echo::Shown)?;
        if ConnectionName::parse(&typed).is_some_and(|typed| typed.is_same(&self.name)) {
            return Ok(());
        }
        Err(CliError::new(Exit::Refused, "that is another name: nothing was removed", "try again"))
    }
}

fn remove_damaged(vault: &Vault, name: &ConnectionName) -> Result<(), VaultError> {
    vault.remove_unreadable(name, PATIENCE)
}
