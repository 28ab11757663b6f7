//! `add`: a new connection.

use clap::Args;

use crate::app::NewConnection;
use crate::domain::redirect_uri::RedirectPlatform;
use crate::domain::{ClientId, ConnectionName, Overview, WayIn};
use crate::runtime::records;
use crate::vault::VaultError;

use super::connection_options::{ConnectionOptions, Described};
use super::context::Context;
use super::exit::{CliError, Exit, say};
use super::parse;

/// Add a connection: an app registration, a tenant, the mailbox that signs in
///
/// The client secret is read from stdin, a file or the terminal, never from an argument. A client ID that is known here
/// already brings its secret or certificate.
#[derive(Debug, Args)]
pub struct Add {
    /// Name of your own, such as contoso-prod
    #[arg(value_parser = parse::name)]
    name: ConnectionName,
    /// Application (client) ID of the registration
    #[arg(long, value_name = "ID", value_parser = parse::client_id)]
    client_id: ClientId,
    #[command(flatten)]
    options: ConnectionOptions,
}

impl Add {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        // Looked at first: the credential is saved before the connection is.
        match services.vault.connection(&self.name) {
            Err(VaultError::NoSuchConnection(_)) => {}
            Ok(_) => return Err(VaultError::ConnectionExists(self.name.to_string()).into()),
            Err(error) => return Err(error.into()),
        }
        let known = services.vault.app_registration(&self.client_id)?;
        let Described { settings, credential } = self.options.describe_new(self.client_id, known.as_ref())?;
        let new = NewConnection { name: self.name, settings, credential };
        let overview = records::create(&services, &new)?;
        tell(&overview);
        Ok(Exit::Ok)
    }
}

fn tell(overview: &Overview) {
    say(&format!("added {}", overview.name));
    match overview.settings.way_in {
        WayIn::AuthorizationCode(_) => {
            let heading = platform(overview).heading();
            let uri = &overview.settings.redirect_uri;
            say(&format!(
                "register exactly this redirect URI: Authentication → Add a platform → {heading} → {uri}"
            ));
            say(&format!("then sign in: tokengauge authorize {}", overview.name));
        }
        WayIn::DeviceCode => say(&format!("then sign in: tokengauge authorize {}", overview.name)),
        WayIn::ClientCredentials => {
            say(
                "grant the application permissions: API permissions → Application permissions → admin consent",
            );
            say(&format!("then get the token: tokengauge authorize {}", overview.name));
        }
    }
}

fn platform(overview: &Overview) -> RedirectPlatform {
    if overview.credential.is_confidential() {
        RedirectPlatform::Web
    } else {
        RedirectPlatform::MobileAndDesktop
    }
}
