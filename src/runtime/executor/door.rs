//! The door of the vault: opened, made, kept open for its hours, locked.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::{Contents, DoorFailure, Message, NewVault, SaveNews, Tone};
use crate::domain::secret::Passphrase;
use crate::runtime::clock;
use crate::runtime::exchange::OnFailedSave;
use crate::runtime::services::{Services, failure};
use crate::runtime::watcher;
use crate::vault::unlock::{KeySource, Sources, Unlocked, unlock, unlock_with_passphrase};
use crate::vault::{LockOrders, Protection, Vault, VaultError, WorkFactor};

use super::Executor;

/// How long a key is good for that was typed or left in the keyring.
pub const KEY_LIFE: Duration = Duration::from_secs(12 * 3600);

/// How long the door stays shut for a record that is in use, to take in what could not be saved.
const SHORT_PATIENCE: Duration = Duration::from_secs(1);

/// The open vault, once it is.
#[derive(Default)]
pub(super) struct Open {
    pub(super) services: Option<Services>,
    pub(super) watcher: Option<watcher::RecordWatcher>,
    /// When its key is to be given back; `None` for a key that lies beside the program.
    until: Option<DateTime<Utc>>,
    /// How often it was locked: an opening that began before is void.
    pub(super) lockings: u64,
}

impl Executor {
    pub(super) fn open_vault(&self, passphrase: Option<&Passphrase>) -> Result<Contents, DoorFailure> {
        let directory = &self.access.directory;
        let lockings = self.open().lockings;
        // Behind a locked screen the vault is open all the time: renewals go on.
        let (vault, source) = match passphrase {
            Some(passphrase) => {
                let opened = unlock_with_passphrase(directory, &self.access.sources, passphrase);
                (opened.map_err(door)?, KeySource::Prompt)
            }
            None if self.services().is_ok() => return self.load(),
            None => {
                let sources = Sources { since_boot: clock::since_boot(), ..self.access.sources.clone() };
                match unlock(directory, &sources).map_err(door)? {
                    Unlocked::Open(vault, source) => (vault, source),
                    Unlocked::NeedsPassphrase => return Err(DoorFailure::Locked),
                }
            }
        };
        self.keep(vault, self.end_of(&source), lockings)?;
        self.load()
    }

    /// When a key is to be given back that was got just now.
    fn end_of(&self, source: &KeySource) -> Option<DateTime<Utc>> {
        match source {
            KeySource::Prompt => {
                Some(self.clock.now() + TimeDelta::from_std(KEY_LIFE).expect("hours are in range"))
            }
            KeySource::Keyring { until } => Some(self.clock.moment_since_boot(*until)),
            KeySource::KeyFile(_) | KeySource::SystemdCredential | KeySource::PassphraseFile(_) => None,
        }
    }

    pub(super) fn create_vault(&self, protection: NewVault) -> Result<Contents, DoorFailure> {
        let (directory, sources) = (&self.access.directory, &self.access.sources);
        let lockings = self.open().lockings;
        let (protection, source) = match protection {
            NewVault::Passphrase(passphrase) => (Protection::Passphrase(passphrase), KeySource::Prompt),
            NewVault::KeyFile(path) => {
                let path = PathBuf::from(path);
                (Protection::NewKeyFile(path.clone()), KeySource::KeyFile(path))
            }
        };
        let orders = LockOrders::of(directory, sources.notes.as_deref());
        let vault = Vault::init(directory, &protection, WorkFactor::PRODUCTION).map_err(door)?;
        sources.introduce(&vault);
        if source.is_given_for_hours() {
            vault.obey(orders.clone(), orders.mark());
        }
        self.keep(vault, self.end_of(&source), lockings)?;
        self.load()
    }

    /// # Errors
    ///
    /// [`DoorFailure::Locked`] if the vault was locked since the opening began.
    pub(super) fn keep(
        &self,
        vault: Vault,
        until: Option<DateTime<Utc>>,
        lockings: u64,
    ) -> Result<(), DoorFailure> {
        for news in vault.take_in_emergency_copies(SHORT_PATIENCE) {
            let tone = if news.is_bad() { Tone::Bad } else { Tone::Good };
            // A loop that is gone hears nothing any more.
            let _ = self.answers.send(Message::Saving(SaveNews::TakenIn { tone, told: news.to_string() }));
        }
        let mut open = self.open();
        if open.lockings != lockings {
            return Err(DoorFailure::Locked);
        }
        // Where the key was changed by another program, the door was opened anew with the one that opens it now.
        let is_stale = open.services.as_ref().is_some_and(|own| own.vault.check_key().is_err());
        if open.services.is_none() || is_stale {
            let orders = LockOrders::of(vault.dir(), self.access.sources.notes.as_deref());
            let services = Services {
                leaving: self.leaving.clone(),
                on_failed_save: OnFailedSave::TryOn(self.teller.clone()),
                ..Services::with_network(vault, self.clock, self.network.clone())
            };
            let activity = services.activity.watchable();
            open.watcher =
                watcher::watch(services.vault.dir(), activity, orders.files(), self.noticed.clone());
            open.services = Some(services);
            open.until = until;
        } else if open.until.is_some() {
            // The passphrase was typed anew, and its hours begin anew; what needs none has no end.
            open.until = until;
        }
        Ok(())
    }

    /// Takes the key out of memory. Whoever saves a token saves it first; nothing else begins.
    pub(super) fn lock_vault(&self) {
        let mut open = self.open();
        open.lockings += 1;
        open.watcher = None;
        open.until = None;
        if let Some(services) = open.services.take() {
            services.vault.close();
        }
        drop(open);
        // A browser's answer could not be redeemed; it is pasted when the vault is open again.
        self.listeners.close();
    }

    pub(super) fn load(&self) -> Result<Contents, DoorFailure> {
        let services = self.services().map_err(|_| DoorFailure::Locked)?;
        let contents = services.contents().map_err(door)?;
        Ok(Contents { open_until: self.open().until, ..contents })
    }
}

/// What the person is told of a vault that did not open.
fn door(error: VaultError) -> DoorFailure {
    match error {
        VaultError::WrongPassphrase => DoorFailure::WrongPassphrase,
        VaultError::Closed(_) => DoorFailure::Locked,
        error => DoorFailure::Other(failure(&error)),
    }
}
