//! `watch`: renews everything unattended, until stopped.

mod unit;

use clap::Args;

use crate::runtime::clock::Clock;
use crate::runtime::executor::VaultAccess;
use crate::runtime::http::Network;
use crate::runtime::service_manager::ServiceManager;
use crate::runtime::watch::log::{Detail, Log};
use crate::runtime::watch::{self, Ended, Start, WatchError};
use crate::vault::unlock::{Keyring, Sources, Unlocked, unlock};
use crate::vault::{Vault, VaultError};

use super::context::{Context, event_loop};
use super::exit::{CliError, Exit};
use super::output;

/// Renew everything unattended, until stopped: the service beside dashboard and commands
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Watch {
    /// Print a unit for systemd and end; nothing is opened
    #[arg(long)]
    print_unit: bool,
}

const AFTER_HELP: &str = "\
The vault opens by --key-file, by the systemd credential tokengauge-key or by TOKENGAUGE_PASSPHRASE_FILE; nobody is asked.
One line an event goes to stderr, with -v also what is begun. One watch at a time renews a vault (exit 9).
SIGTERM, SIGINT and SIGHUP stop it: what was sent is awaited for 5 s and saved, then it ends with 0; with 7 where
something could not be saved.";

impl Watch {
    pub fn run(&self, context: &Context, detail: Detail) -> Result<Exit, CliError> {
        if self.print_unit {
            output::print(&unit::unit(context)?)?;
            return Ok(Exit::Ok);
        }
        let (vault, sources) = open_unattended(context)?;
        let clock = Clock::system();
        let start = Start {
            vault,
            access: VaultAccess { directory: context.paths.vault.clone(), sources },
            network: Network::of_process(context.paths.config.clone()),
            clock,
            log: Log::to_stderr(clock, std::env::var("JOURNAL_STREAM").ok().as_deref(), detail),
            manager: ServiceManager::of_process(),
        };
        let runtime = event_loop()?;
        let ended = runtime.block_on(watch::run(start));
        // All that saves has been awaited. What still waits for a lock or a disk has sent nothing.
        runtime.shutdown_background();
        match ended? {
            Ended::Saved => Ok(Exit::Ok),
            Ended::Unsaved => Err(CliError::Quiet(Exit::LocalIo)),
        }
    }
}

/// Opens the vault with what is there when nobody is: no prompt, no key that ends after some hours.
fn open_unattended(context: &Context) -> Result<(Vault, Sources), CliError> {
    let sources = Sources { keyring: Keyring::Left, ..context.sources.clone() };
    match unlock(&context.paths.vault, &sources) {
        Ok(Unlocked::Open(vault, _)) => Ok((vault, sources)),
        Ok(Unlocked::NeedsPassphrase) | Err(VaultError::NoKey(_)) => Err(CliError::new(
            Exit::Locked,
            format!(
                "watch has no key for the vault in {}: it asks nobody, and what vault unlock keeps ends after 12 hours",
                context.paths.vault.display()
            ),
            "make a key file: tokengauge vault key-file FILE; then name it: tokengauge --key-file FILE watch",
        )),
        Err(error) => Err(error.into()),
    }
}

impl From<WatchError> for CliError {
    fn from(error: WatchError) -> Self {
        let exit = match &error {
            WatchError::Vault(error) => Exit::of_vault(error),
            WatchError::Unreadable(_) | WatchError::Signals(_) => Exit::LocalIo,
        };
        Self::Told(exit, error.failure())
    }
}
