//! Emergency copies: records that could not be saved although what is in them was paid for.
//!
//! A copy is the whole record, sealed like the record itself, in a directory outside of the vault: the disk that was full
//! or broken is most likely another one. Its generation is that of the record which it could not replace. Whoever opens
//! the vault next, or spends what the record holds, takes it in under the connection's lock.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::VaultError;
use super::file;
use super::inner::{Inner, unreadable};
use super::locked::LockedConnection;
use super::merge::{Merge, merge};
use super::record;
use super::seal::OpenError;
use super::shelves::{self, Lasts, NoCopy, discard, on_shelf};
use crate::domain::{Connection, ConnectionId, ConnectionName};

/// What became of an emergency copy, each a line to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenIn {
    /// It is the record now.
    Saved(ConnectionName),
    /// It is in the record, which has been edited since.
    Merged(ConnectionName),
    /// The record holds newer tokens: the copy is gone.
    Outdated(ConnectionName),
    /// It is in the record, and lies where it was all the same.
    Left {
        /// The name of the record.
        name: ConnectionName,
        /// Where.
        path: PathBuf,
        /// Why.
        error: VaultError,
    },
    /// It waits where it is: it cannot be saved now, or there is no record of its connection, which somebody may put back.
    Waits {
        /// Whose.
        id: ConnectionId,
        /// Its name at that time.
        name: ConnectionName,
        /// Where.
        path: PathBuf,
        /// What stands in the way.
        error: VaultError,
    },
    /// Whether it is newer than the record cannot be told now.
    Unread {
        /// Whose, unless its whole directory is meant.
        id: Option<ConnectionId>,
        /// Where.
        path: PathBuf,
        /// What stands in the way.
        error: VaultError,
    },
    /// It is damaged or sealed for another key, and stays where it is.
    Unusable {
        /// Where.
        path: PathBuf,
        /// Why.
        error: VaultError,
    },
}

impl fmt::Display for TakenIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Saved(name) => write!(f, "{name}: an answer that could not be saved before is saved now"),
            Self::Merged(name) => write!(
                f,
                "{name}: an answer that could not be saved before is saved now, beside what was edited since"
            ),
            Self::Outdated(name) => write!(
                f,
                "{name}: an answer that could not be saved before is not needed any more, the record has newer tokens"
            ),
            Self::Left { name, path, error } => write!(
                f,
                "{name}: an answer that could not be saved before is saved now, but its copy in {} cannot be removed: {error}",
                path.display()
            ),
            Self::Unread { path, error, .. } => write!(
                f,
                "{}, where an answer that could not be saved waits, cannot be read now: {error}; {}",
                path.display(),
                error.what_to_do()
            ),
            Self::Waits { name, path, error, .. } => {
                write!(f, "{name}: an answer that could not be saved waits in {}: {error}", path.display())
            }
            Self::Unusable { path, error } => write!(
                f,
                "an answer that could not be saved is in {}, which cannot be used: {error}",
                path.display()
            ),
        }
    }
}

impl LockedConnection {
    /// Keeps what could not be saved outside of the vault, sealed.
    ///
    /// # Errors
    ///
    /// [`NoCopy`]: then it is nowhere but in memory.
    pub fn write_emergency_copy(&self, connection: &Connection) -> Result<(PathBuf, Lasts), NoCopy> {
        let vault = self.vault();
        let shelves = vault.shelves().ok_or(NoCopy::Nowhere)?;
        let sealed = vault.seal_connection(connection).map_err(NoCopy::Refused)?;
        let path = shelves.write(&connection.id, &sealed)?;
        let lasts = shelves.lasts(&path);
        Ok((path, lasts))
    }

    /// Takes in what could not be saved before, if a copy is there: `None` if not, which is found out by a look at each
    /// place.
    ///
    /// # Errors
    ///
    /// What stands in the way of reading or saving it: the record is not to be worked with until it is.
    pub fn take_in_emergency_copy(&mut self) -> Result<Option<TakenIn>, VaultError> {
        let vault = self.vault();
        let Some(shelves) = vault.shelves().filter(|shelves| shelves.is_any_there()) else {
            return Ok(None);
        };
        let mut taken = None;
        for path in shelves.copies_of(self.id()) {
            taken = self.take_in(&path)?.or(taken);
        }
        Ok(taken)
    }

    fn take_in(&mut self, path: &Path) -> Result<Option<TakenIn>, VaultError> {
        let copy = match read(&self.vault(), self.id(), path) {
            Ok(Some(copy)) => copy,
            // Another process has taken it in.
            Ok(None) => return Ok(None),
            Err(error @ VaultError::Damaged { .. }) => return Ok(Some(unusable(path, error))),
            Err(error) => return Err(error),
        };
        let on_disk = self.read_again()?;
        let name = on_disk.name.clone();
        let (merged, taken) = merge(on_disk, copy);
        match merged {
            Some(mut merged) => self.save_ahead(&mut merged)?,
            // What made it so may have been replaced without lasting.
            None => self.settle()?,
        }
        if let Err(error) = discard(path) {
            return Ok(Some(TakenIn::Left { name, path: path.to_owned(), error }));
        }
        Ok(Some(match taken {
            Merge::Whole => TakenIn::Saved(name),
            Merge::ByField => TakenIn::Merged(name),
            Merge::Outdated => TakenIn::Outdated(name),
        }))
    }

    /// With the record goes what could not be saved of it, best effort: it is told as a copy without a record otherwise.
    pub(super) fn discard_copies(&self) {
        let vault = self.vault();
        let Some(shelves) = vault.shelves() else { return };
        for path in shelves.copies_of(self.id()) {
            let _ = discard(&path);
        }
        shelves.iter().for_each(shelves::remove_if_empty);
    }
}

/// Takes in all copies that are there, waiting for each lock no longer than `patience`.
pub(super) fn take_in_all(vault: &super::Vault, patience: Duration) -> Vec<TakenIn> {
    let Some(shelves) = vault.inner.shelves().filter(|shelves| shelves.is_any_there()) else {
        return Vec::new();
    };
    let mut news = Vec::new();
    for shelf in shelves.iter() {
        match on_shelf(shelf, ".age") {
            Ok(copies) => {
                news.extend(copies.iter().filter_map(|(id, path)| take_in_one(vault, id, path, patience)));
            }
            Err(error) => news.push(TakenIn::Unread { id: None, path: shelf.to_owned(), error }),
        }
        tidy(vault, shelf);
        shelves::remove_if_empty(shelf);
    }
    news
}

/// Takes in the copy of one connection, whose lock is waited for no longer than `patience`.
pub(super) fn take_in_of(vault: &super::Vault, id: &ConnectionId, patience: Duration) -> Vec<TakenIn> {
    let Some(shelves) = vault.inner.shelves().filter(|shelves| shelves.is_any_there()) else {
        return Vec::new();
    };
    let paths = shelves.copies_of(id);
    let news = paths.iter().filter_map(|path| take_in_one(vault, id, path, patience)).collect();
    if !paths.is_empty() {
        shelves.iter().for_each(shelves::remove_if_empty);
    }
    news
}

fn take_in_one(vault: &super::Vault, id: &ConnectionId, path: &Path, patience: Duration) -> Option<TakenIn> {
    let copy = match read(&vault.inner, id, path) {
        Ok(copy) => copy?,
        Err(error) => return Some(of_error(id, path, error)),
    };
    // The name tells which record to look at; where it has another one by now, all are.
    vault.inner.remember_if_new(id, &copy.name);
    let locked = match vault.lock_connection(id, patience) {
        // A record may be gone without having been removed: with a failing disk, or in a backup.
        Err(VaultError::NoSuchConnection(_)) => Err(without_record(vault, &copy.name)),
        locked => locked,
    };
    let waits =
        |error| TakenIn::Waits { id: id.clone(), name: copy.name.clone(), path: path.to_owned(), error };
    locked.and_then(|mut locked| locked.take_in_emergency_copy()).unwrap_or_else(|error| Some(waits(error)))
}

/// A connection that is not found is most likely the one whose record cannot be read, if there is one.
fn without_record(vault: &super::Vault, name: &ConnectionName) -> VaultError {
    let missing = || VaultError::NoSuchConnection(name.to_string());
    match vault.listing() {
        Ok(listing) => listing.damaged.into_iter().next().map_or_else(missing, |damaged| damaged.error),
        Err(error) => error,
    }
}

/// Removes what killed processes have left of copies that they wrote. Whoever writes one holds the connection's lock.
fn tidy(vault: &super::Vault, shelf: &Path) {
    for (id, path) in on_shelf(shelf, ".tmp").unwrap_or_default() {
        if let Ok(_) | Err(VaultError::NoSuchConnection(_)) =
            vault.lock_connection(&id, Duration::ZERO).as_ref()
        {
            let _ = file::remove_if_there(&path);
        }
    }
}

/// The record with what could not be saved of it so far, if that is newer: `None` if nothing waits.
///
/// # Errors
///
/// If that cannot be told now.
pub(super) fn with_copy(
    vault: &Inner,
    on_disk: &Connection,
) -> Result<Option<(Connection, PathBuf)>, VaultError> {
    let Some(shelves) = vault.shelves().filter(|shelves| shelves.is_any_there()) else { return Ok(None) };
    for path in shelves.copies_of(&on_disk.id) {
        let copy = match read(vault, &on_disk.id, &path) {
            Ok(Some(copy)) => copy,
            Ok(None) | Err(VaultError::Damaged { .. }) => continue,
            Err(error) => return Err(error),
        };
        if let (Some(newer), _) = merge(on_disk.clone(), copy) {
            return Ok(Some((newer, path)));
        }
    }
    Ok(None)
}

/// Refuses to end a key for which a copy is sealed. Nobody holds a record, so nobody writes one meanwhile.
pub(super) fn refuse_copies(vault: &Inner) -> Result<(), VaultError> {
    let Some(shelves) = vault.shelves() else { return Ok(()) };
    for shelf in shelves.iter() {
        if let Some((_, path)) = on_shelf(shelf, ".age")?.into_iter().next() {
            return Err(VaultError::UnsavedUnderThisKey(path));
        }
    }
    Ok(())
}

fn of_error(id: &ConnectionId, path: &Path, error: VaultError) -> TakenIn {
    match error {
        error @ VaultError::Damaged { .. } => unusable(path, error),
        error => TakenIn::Unread { id: Some(id.clone()), path: path.to_owned(), error },
    }
}

fn unusable(path: &Path, error: VaultError) -> TakenIn {
    TakenIn::Unusable { path: path.to_owned(), error }
}

/// `None` if it is not there any more: another process has taken it in.
///
/// # Errors
///
/// [`VaultError::Damaged`] for a copy that will never be of use; anything else may pass.
fn read(vault: &Inner, id: &ConnectionId, path: &Path) -> Result<Option<Connection>, VaultError> {
    let shelf = path.parent().unwrap_or(path);
    if !file::check_vault_directory(shelf)? {
        return Ok(None);
    }
    let Some(opened) = file::open_if_there(path)? else { return Ok(None) };
    let sealed = file::read_whole(&opened, path)?;
    let json = match vault.key()?.sealer.open(&sealed) {
        // Nothing is wrong with it, where the vault was given another key since it was opened.
        Err(OpenError::WrongKey) => vault.keep_up()?.sealer.open(&sealed),
        opened => opened,
    };
    let json = json.map_err(|error| VaultError::damaged(path, error))?;
    let copy = record::read_connection(&json).map_err(|fault| unreadable(path, &fault))?;
    if copy.id == *id {
        Ok(Some(copy))
    } else {
        Err(VaultError::damaged(path, "it holds another connection"))
    }
}

impl TakenIn {
    /// True for what a person should see to.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Left { .. } | Self::Waits { .. } | Self::Unread { .. } | Self::Unusable { .. })
    }

    /// What stands in the way, if it is of this connection and still to be taken in: the record may be older than what was
    /// paid for.
    pub fn hindrance_of(&self, connection: &ConnectionId) -> Option<&VaultError> {
        match self {
            Self::Waits { id, error, .. } | Self::Unread { id: Some(id), error, .. } if id == connection => {
                Some(error)
            }
            _ => None,
        }
    }
}
