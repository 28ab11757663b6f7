//! `edit`: changes what a connection was added with.

use clap::Args;

use crate::app;
use crate::domain::{ClientId, ConnectionName};
use crate::runtime::records;

use super::connection_options::{ConnectionOptions, Described};
use super::context::{Context, overview};
use super::exit::{CliError, Exit, say};
use super::parse;

/// Change a connection; what no option names stays as it is
#[derive(Debug, Args)]
pub struct Edit {
    /// The connection
    #[arg(value_parser = parse::name)]
    name: ConnectionName,
    /// Another application (client) ID
    #[arg(long, value_name = "ID", value_parser = parse::client_id)]
    client_id: Option<ClientId>,
    #[command(flatten)]
    options: ConnectionOptions,
    /// Drop the tokens without asking, where they belong to another app registration than the new one
    #[arg(long)]
    yes: bool,
}

impl Edit {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let before = overview(&services, &self.name)?;
        let client_id = self.client_id.unwrap_or(before.settings.client_id);
        let known = services.vault.app_registration(&client_id)?;
        let ended = self.options.end_that_has_come(services.clock.now());
        let Described { settings, credential } =
            self.options.describe_change(self.client_id, &before.settings, known.as_ref())?;
        let signs_in_anew =
            settings.changes_sign_in(&before.settings) || settings.scopes != before.settings.scopes;
        let drops_tokens = before.tokens.is_some() && settings.disowns_tokens_of(&before.settings);
        if drops_tokens && !self.yes {
            return Err(CliError::new(
                Exit::Refused,
                format!(
                    "the tokens of {0} belong to its present app registration, and would be dropped",
                    before.name
                ),
                format!("say so with --yes, then sign in again: tokengauge authorize {}", before.name),
            ));
        }
        let form = app::NewConnection { name: before.name.clone(), settings, credential };
        records::change(&services, &before.id, &app::Edit::Form(form, Box::new(app::Shown::of(&before))))?;
        say(&format!("changed {}", before.name));
        ended.iter().for_each(|ended| ended.warn(&before.name));
        if drops_tokens {
            say(&format!("its tokens are dropped; sign in again: tokengauge authorize {}", before.name));
        } else if signs_in_anew && before.tokens.is_some() {
            say(&format!(
                "the change takes effect with the next sign-in: tokengauge authorize {}",
                before.name
            ));
        }
        Ok(Exit::Ok)
    }
}
