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
}

impl Edit {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let before = overview(&services, &self.name)?;
        let client_id = self.client_id.unwrap_or(before.settings.client_id);
        let known = services.vault.app_registration(&client_id)?;
        let Described { settings, credential } =
            self.options.describe_change(self.client_id, &before.settings, known.as_ref())?;
        let signs_in_anew =
            settings.changes_sign_in(&before.settings) || settings.scopes != before.settings.scopes;
        let form = app::NewConnection { name: before.name.clone(), settings, credential };
        records::change(&services, &before.id, &app::Edit::Form(form, Box::new(app::Shown::of(&before))))?;
        say(&format!("changed {}", before.name));
        if signs_in_anew && before.tokens.is_some() {
            say(&format!(
                "the change takes effect with the next sign-in: tokengauge authorize {}",
                before.name
            ));
        }
        Ok(Exit::Ok)
    }
}
