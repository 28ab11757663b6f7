//! The vault's directory: which files there are, and how they are read, replaced, removed and locked.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::VaultError;
use super::file::{self, Draft};
use super::lock::{Hold, Lock};
use super::place::{APPS, CONNECTIONS, LOCKS, Place, key_lock, watch_lock};
use super::stamp::Stamp;
use crate::domain::{ClientId, ConnectionName};

/// Whether a vault is in a directory, and how it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// There is none; one can be made.
    Absent,
    /// There is one.
    Present {
        /// False in a vault that only a key file opens.
        passphrase: bool,
    },
}

/// The directory of a vault.
#[derive(Debug, Clone)]
pub(super) struct Store {
    dir: PathBuf,
}

impl Store {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn path(&self, place: &Place) -> PathBuf {
        self.dir.join(place.file())
    }

    /// Looks whether a vault is here, and whether it is safe from others.
    pub(super) fn presence(&self) -> Result<Presence, VaultError> {
        if !file::check_vault_directory(&self.dir)? {
            return Ok(Presence::Absent);
        }
        // Each may be a link to another place than the vault's own directory guards.
        [CONNECTIONS, APPS, LOCKS]
            .iter()
            .try_for_each(|name| file::check_vault_directory(&self.dir.join(name)).map(drop))?;
        // The next identity is behind a passphrase as well, and may be the vault's own already.
        let passphrase = self.check_file(&Place::Identity)? | self.check_file(&Place::NextIdentity)?;
        if self.check_file(&Place::Settings)? {
            return Ok(Presence::Present { passphrase });
        }
        if self.connection_names()?.is_empty() && self.client_ids()?.is_empty() {
            return Ok(Presence::Absent);
        }
        Err(VaultError::damaged(&self.path(&Place::Settings), "it is missing beside sealed records"))
    }

    /// Makes the directories that are not there yet.
    pub(super) fn make_directories(&self) -> Result<(), VaultError> {
        file::make_directory(&self.dir)?;
        file::check_vault_directory(&self.dir)?;
        [CONNECTIONS, APPS, LOCKS].iter().try_for_each(|name| file::make_directory(&self.dir.join(name)))
    }

    /// The sealed bytes of a file; `None` if there is no such file.
    pub(super) fn read(&self, place: &Place) -> Result<Option<Vec<u8>>, VaultError> {
        let path = self.path(place);
        let read =
            || file::open_if_there(&path)?.map_or(Ok(None), |file| file::read_whole(&file, &path).map(Some));
        match read() {
            // On a network file system, replaced by another machine while it was open here.
            Err(VaultError::Io { reason, .. }) if reason.kind() == io::ErrorKind::StaleNetworkFileHandle => {
                read()
            }
            read => read,
        }
    }

    /// What the file of a record looks like from outside; `None` if it cannot be looked at.
    pub(super) fn stamp(&self, place: &Place) -> Option<Stamp> {
        self.path(place).metadata().ok().map(|metadata| Stamp::of(&metadata))
    }

    /// True if the former identity, or the only one, is behind a passphrase.
    pub(super) fn has_identity(&self) -> bool {
        file::is_there(&self.path(&Place::Identity))
    }

    /// True while the key is changed, and where that was interrupted.
    pub(super) fn has_next_identity(&self) -> bool {
        file::is_there(&self.path(&Place::NextIdentity))
    }

    fn check_file(&self, place: &Place) -> Result<bool, VaultError> {
        Ok(file::open_if_there(&self.path(place))?.is_some())
    }

    /// The names of all connections for which there is a file, in no order.
    pub(super) fn connection_names(&self) -> Result<Vec<ConnectionName>, VaultError> {
        Ok(self.stems(CONNECTIONS)?.iter().filter_map(|stem| ConnectionName::parse(stem)).collect())
    }

    /// The ids of all app registrations for which there is a file, in no order.
    pub(super) fn client_ids(&self) -> Result<Vec<ClientId>, VaultError> {
        Ok(self.stems(APPS)?.iter().filter_map(|stem| ClientId::parse(stem)).collect())
    }

    fn stems(&self, directory: &str) -> Result<Vec<String>, VaultError> {
        let names = file::file_names(&self.dir.join(directory))?;
        Ok(names.iter().filter_map(|name| name.strip_suffix(".age")).map(str::to_owned).collect())
    }

    /// Makes what a backup did not bring along; where that fails, what needs it says so. A vault that is gone stays gone.
    fn make_missing_directories(&self) {
        if self.dir.is_dir() {
            let _ = self.make_directories();
        }
    }

    /// Takes the lock of a file, waiting no longer than `patience`; over a record, also the lock of the key, shared.
    pub(super) fn lock(&self, place: &Place, patience: Duration) -> Result<Lock, VaultError> {
        self.make_missing_directories();
        let lock = Lock::take(&self.dir.join(place.lock()), &place.label(), Hold::Alone, patience)?;
        if place.is_record() { Ok(lock.with(self.lock_key(Hold::Shared, patience)?)) } else { Ok(lock) }
    }

    /// Takes the lock of the key: alone, nobody changes a record meanwhile.
    pub(super) fn lock_key(&self, hold: Hold, patience: Duration) -> Result<Lock, VaultError> {
        Lock::take(&self.dir.join(key_lock()), "the vault", hold, patience)
    }

    /// Takes the lock of whoever renews everything unattended.
    pub(super) fn lock_watch(&self, patience: Duration) -> Result<Lock, VaultError> {
        self.make_missing_directories();
        Lock::take(&self.dir.join(watch_lock()), "watch", Hold::Alone, patience)
    }

    /// Begins to replace a file. The lock is asked for as the proof that nobody else does the same. Behind a link its
    /// target is replaced, and the link stays.
    pub(super) fn draft(&self, place: &Place, _lock: &Lock) -> Result<Draft, VaultError> {
        let path = self.path(place);
        let target = file::behind_links(&path)?;
        let draft = self.dir.join(place.draft());
        match draft.file_name() {
            Some(name) if target != path => Draft::begin(target.with_file_name(name), target),
            _ => Draft::begin(draft, target),
        }
    }

    /// Puts the next identity in the place of the present one, if there is a next one.
    pub(super) fn promote_identity(&self, lock: &Lock) -> Result<(), VaultError> {
        let Some(next) = self.read(&Place::NextIdentity)? else { return Ok(()) };
        self.draft(&Place::Identity, lock)?.replace(&next)?;
        self.settle(&Place::Identity)?;
        self.remove(&Place::NextIdentity, lock)
    }

    /// Makes a finished rename or removal last.
    pub(super) fn settle(&self, place: &Place) -> Result<(), VaultError> {
        file::sync_parent(&file::behind_links(&self.path(place))?)
    }

    /// Removes a file; one that is not there counts as removed.
    pub(super) fn remove(&self, place: &Place, _lock: &Lock) -> Result<(), VaultError> {
        let path = self.path(place);
        // What a link leads to is what was to be removed; a link that leads nowhere goes alone.
        if let Ok(target) = file::behind_links(&path) {
            file::remove_if_there(&target)?;
        }
        file::remove_if_there(&path)?;
        file::sync_parent(&path)
    }

    /// Removes what killed processes left behind, where nobody works on it. A vault that cannot be written to is read all
    /// the same, so nothing here is an error.
    pub(super) fn tidy(&self) {
        let leftovers = |directory| {
            let names = file::file_names(&self.dir.join(directory)).unwrap_or_default();
            names
                .into_iter()
                .filter_map(|name| Some(name.strip_prefix('.')?.strip_suffix(".tmp")?.to_owned()))
        };
        let connections =
            leftovers(CONNECTIONS).filter_map(|stem| ConnectionName::parse(&stem)).map(Place::Connection);
        let apps = leftovers(APPS).filter_map(|stem| ClientId::parse(&stem)).map(Place::App);
        let vault = [Place::Identity, Place::NextIdentity, Place::Settings]
            .into_iter()
            .filter(|place| self.dir.join(place.draft()).exists());
        for place in connections.chain(apps).chain(vault) {
            if let Ok(_lock) = self.lock(&place, Duration::ZERO) {
                let _ = file::remove_if_there(&self.dir.join(place.draft()));
            }
        }
    }
}
