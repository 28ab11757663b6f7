//! `watch`: renews everything unattended, until stopped.

mod unit;

use clap::Args;

use crate::config::Config;
use crate::runtime::clock::Clock;
use crate::runtime::executor::VaultAccess;
use crate::runtime::http::Network;
use crate::runtime::service_manager::ServiceManager;
use crate::runtime::warnings::Setup;
use crate::runtime::watch::log::{Detail, Line, Log, Priority};
use crate::runtime::watch::{self, Ended, Start, WatchError, in_one_line};
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
One line an event goes to stderr; with -v also what is begun.
One watch at a time renews a vault: a second one ends with 9.
SIGTERM, SIGINT and SIGHUP stop it; under nohup SIGHUP does not. What was sent is awaited for 5 s and saved, then it ends with 0; with 7 if something could not be saved.";

impl Watch {
    pub fn run(&self, context: &Context, detail: Detail) -> Result<Exit, CliError> {
        if self.print_unit {
            output::print(&unit::unit(context)?)?;
            return Ok(Exit::Ok);
        }
        let clock = Clock::system();
        let log = Log::to_stderr(clock, std::env::var("JOURNAL_STREAM").ok().as_deref(), detail);
        renew(context, clock, log).map_err(|error| told_to_journal(error, &log))
    }
}

/// Renews until it is stopped.
fn renew(context: &Context, clock: Clock, log: Log) -> Result<Exit, CliError> {
    // Nobody sits at a terminal.
    let warnings = Setup::of(&Config::load(context.paths.config.as_ref())?.warnings, None);
    let (vault, sources) = open_unattended(context)?;
    let start = Start {
        vault,
        access: VaultAccess { directory: context.paths.vault.clone(), sources },
        network: Network::of_process(context.paths.config.clone()),
        clock,
        log,
        manager: ServiceManager::of_process(),
        warnings,
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

/// The journal gets an error in one line, as what it is.
fn told_to_journal(error: CliError, log: &Log) -> CliError {
    match error {
        CliError::Told(exit, failure) if log.is_journal() => {
            log.tell(&Line::new(Priority::Error, in_one_line(&failure)));
            CliError::Quiet(exit)
        }
        error => error,
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
