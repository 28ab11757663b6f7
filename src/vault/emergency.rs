//! Emergency copies: records that could not be saved although what is in them was paid for.
//!
//! A copy is the whole record, sealed like the record itself, in a directory outside of the vault: the disk that was full
//! or broken is most likely another one. Its generation is that of the record which it could not replace. Whoever opens
//! the vault next, or spends what the record holds, takes it in under the connection's lock.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::VaultError;
use super::file::{self, Draft};
use super::inner::{Inner, unreadable};
use super::locked::LockedConnection;
use super::merge::{Merge, merge};
use super::record;
use crate::domain::{Connection, ConnectionId, ConnectionName};

/// Where copies may be: the first that takes one has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmergencyPlaces {
    /// `XDG_RUNTIME_DIR`, which is not made where it is missing.
    pub runtime: Option<PathBuf>,
    /// Where this machine notes what it has seen of vaults: `$XDG_STATE_HOME/tokengauge`.
    pub state: Option<PathBuf>,
}

/// The directories of one vault.
#[derive(Debug)]
pub(super) struct Shelves {
    runtime: Option<PathBuf>,
    shelves: Vec<PathBuf>,
}

impl Shelves {
    /// `vault_id` is of our own making, and told apart from a path all the same.
    pub(super) fn new(places: &EmergencyPlaces, vault_id: &str) -> Self {
        let plain = !vault_id.is_empty() && vault_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let runtime = places.runtime.as_ref().map(|directory| directory.join("tokengauge").join(vault_id));
        let state = places.state.as_ref().map(|directory| directory.join("unsaved").join(vault_id));
        let shelves = runtime.into_iter().chain(state).filter(|_| plain).collect();
        Self { runtime: places.runtime.clone(), shelves }
    }

    /// One look at each directory: they are there only as long as a copy is.
    fn is_any_there(&self) -> bool {
        self.shelves.iter().any(|shelf| shelf.exists())
    }

    fn copy_of<'a>(&'a self, id: &'a ConnectionId) -> impl Iterator<Item = PathBuf> + 'a {
        self.shelves.iter().map(|shelf| shelf.join(format!("{}.age", id.as_str())))
    }

    pub(super) fn has_copy_of(&self, id: &ConnectionId) -> bool {
        self.copy_of(id).any(|path| path.exists())
    }

    /// All copies that are there.
    fn copies(&self) -> Vec<(ConnectionId, PathBuf)> {
        let on = |shelf: &PathBuf| {
            let names = file::file_names(shelf).unwrap_or_default();
            let id = |name: &String| ConnectionId::parse(name.strip_suffix(".age")?);
            names.iter().filter_map(|name| Some((id(name)?, shelf.join(name)))).collect::<Vec<_>>()
        };
        self.shelves.iter().flat_map(on).collect()
    }

    /// Writes into the first directory that takes it.
    fn write(&self, id: &ConnectionId, sealed: &[u8]) -> Result<PathBuf, NoCopy> {
        let mut failed = NoCopy::Nowhere;
        for path in self.copy_of(id) {
            match self.write_to(&path, sealed) {
                Ok(()) => return Ok(path),
                Err(error) => failed = NoCopy::Refused(error),
            }
        }
        Err(failed)
    }

    fn write_to(&self, path: &Path, sealed: &[u8]) -> Result<(), VaultError> {
        let directory = path.parent().unwrap_or(path);
        let runtime = self.runtime.as_deref().filter(|own| directory.starts_with(own));
        if let Some(missing) = runtime.filter(|own| !own.is_dir()) {
            return Err(VaultError::NotADirectory(missing.to_owned()));
        }
        // Level by level: in a directory that others may write to, somebody may have been quicker.
        for level in directory.parent().into_iter().chain([directory]) {
            file::make_directory(level)?;
            file::check_vault_directory(level)?;
        }
        Draft::begin(path.with_extension("tmp"), path.to_owned())?.replace(sealed)?;
        file::sync_parent(path)
    }
}

/// Why there is no emergency copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoCopy {
    /// No place is known: neither `XDG_RUNTIME_DIR` nor a home.
    Nowhere,
    /// The last place that was tried did not take it.
    Refused(VaultError),
}

impl fmt::Display for NoCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str("there is no XDG_RUNTIME_DIR and no home for a copy"),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

/// What became of an emergency copy, each a line to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenIn {
    /// It is the record now.
    Saved(ConnectionName),
    /// It is in the record, which has been edited since.
    Merged(ConnectionName),
    /// The record holds newer tokens: the copy is gone.
    Outdated(ConnectionName),
    /// The connection was removed: the copy is gone.
    Removed(ConnectionName),
    /// It waits where it is.
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
    /// It cannot be opened or read, and stays where it is.
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
            Self::Removed(name) => write!(
                f,
                "{name}: an answer that could not be saved before was dropped, the connection was removed since"
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
    pub fn write_emergency_copy(&self, connection: &Connection) -> Result<PathBuf, NoCopy> {
        let vault = self.vault();
        let shelves = vault.shelves().ok_or(NoCopy::Nowhere)?;
        shelves.write(&connection.id, &vault.seal_connection(connection))
    }

    /// Takes in what could not be saved before, if a copy is there: `None` if not, which is found out by a look at each
    /// place.
    ///
    /// # Errors
    ///
    /// What stands in the way of saving it: the record is not to be worked with until it is.
    pub fn take_in_emergency_copy(&mut self) -> Result<Option<TakenIn>, VaultError> {
        let vault = self.vault();
        let Some(shelves) = vault.shelves().filter(|shelves| shelves.is_any_there()) else {
            return Ok(None);
        };
        let id = self.id().clone();
        let paths: Vec<PathBuf> = shelves.copy_of(&id).filter(|path| path.exists()).collect();
        let mut taken = None;
        for path in paths {
            taken = Some(self.take_in(&path)?);
        }
        Ok(taken)
    }

    fn take_in(&mut self, path: &Path) -> Result<TakenIn, VaultError> {
        let copy = match read(&self.vault(), path) {
            Ok(copy) if copy.id == *self.id() => copy,
            Ok(_) => return Ok(unusable(path, VaultError::damaged(path, "it holds another connection"))),
            Err(error) => return Ok(unusable(path, error)),
        };
        let on_disk = self.read_again()?;
        let name = on_disk.name.clone();
        let (merged, taken) = merge(on_disk, copy);
        if let Some(mut merged) = merged {
            self.save_ahead(&mut merged)?;
        }
        discard(path)?;
        Ok(match taken {
            Merge::Whole => TakenIn::Saved(name),
            Merge::ByField => TakenIn::Merged(name),
            Merge::Outdated => TakenIn::Outdated(name),
        })
    }
}

/// Takes in all copies that are there, waiting for each lock no longer than `patience`.
pub(super) fn take_in_all(vault: &super::Vault, patience: Duration) -> Vec<TakenIn> {
    let inner = &vault.inner;
    let Some(shelves) = inner.shelves().filter(|shelves| shelves.is_any_there()) else { return Vec::new() };
    let mut news = Vec::new();
    for (id, path) in shelves.copies() {
        let copy = match read(inner, &path) {
            Ok(copy) if copy.id == id => copy,
            Ok(_) => {
                news.push(unusable(&path, VaultError::damaged(&path, "it holds another connection")));
                continue;
            }
            Err(error) => {
                news.push(unusable(&path, error));
                continue;
            }
        };
        // The name tells which record to look at; where it has another one by now, all are.
        inner.remember_if_new(&id, &copy.name);
        let taken =
            vault.lock_connection(&id, patience).and_then(|mut locked| locked.take_in_emergency_copy());
        match taken {
            Ok(taken) => news.extend(taken),
            Err(VaultError::NoSuchConnection(_)) => news.push(drop_removed(vault, copy, path)),
            Err(error) => news.push(TakenIn::Waits { id, name: copy.name, path, error }),
        }
    }
    shelves.shelves.iter().for_each(|shelf| {
        // Only an empty one goes, so that the next look finds nothing.
        let _ = fs::remove_dir(shelf);
    });
    news
}

/// A connection that is not found was removed, unless a record that cannot be read is it.
fn drop_removed(vault: &super::Vault, copy: Connection, path: PathBuf) -> TakenIn {
    let removed = vault.listing().and_then(|listing| match listing.damaged.into_iter().next() {
        Some(damaged) => Err(damaged.error),
        None => discard(&path),
    });
    match removed {
        Ok(()) => TakenIn::Removed(copy.name),
        Err(error) => TakenIn::Waits { id: copy.id, name: copy.name, path, error },
    }
}

fn unusable(path: &Path, error: VaultError) -> TakenIn {
    TakenIn::Unusable { path: path.to_owned(), error }
}

fn read(vault: &Inner, path: &Path) -> Result<Connection, VaultError> {
    let missing = || VaultError::damaged(path, "it was removed meanwhile");
    let shelf = path.parent().unwrap_or(path);
    file::check_vault_directory(shelf)?;
    let opened = file::open_if_there(path)?.ok_or_else(missing)?;
    let sealed = file::read_whole(&opened, path)?;
    let json = vault.key().sealer.open(&sealed).map_err(|error| VaultError::damaged(path, error))?;
    record::read_connection(&json).map_err(|fault| unreadable(path, &fault))
}

/// Only after the save: until then it is the only one.
fn discard(path: &Path) -> Result<(), VaultError> {
    file::remove_if_there(path)?;
    file::sync_parent(path)
}

impl TakenIn {
    /// True for what a person should see to.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Waits { .. } | Self::Unusable { .. })
    }

    /// What stands in the way, if it is of this connection and still to be taken in: the record is older than what was
    /// paid for.
    pub fn hindrance_of(&self, connection: &ConnectionId) -> Option<&VaultError> {
        match self {
            Self::Waits { id, error, .. } if id == connection => Some(error),
            _ => None,
        }
    }
}
