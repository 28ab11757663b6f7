//! Shelves: the directories outside of a vault where its emergency copies lie.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::VaultError;
use super::file::{self, Draft};
use super::seal::short_digest;
use crate::domain::ConnectionId;

/// Where copies may be: the first that takes one has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmergencyPlaces {
    /// `XDG_RUNTIME_DIR`, which is not made where it is missing.
    pub runtime: Option<PathBuf>,
    /// Where this machine notes what it has seen of vaults: `$XDG_STATE_HOME/tokengauge`.
    pub state: Option<PathBuf>,
    /// `/run/user/UID`, for a program without `XDG_RUNTIME_DIR`: one with it may have left a copy there. Passed over unless
    /// it is the user's alone.
    pub usual_runtime: Option<PathBuf>,
}

/// The directories of one vault.
#[derive(Debug)]
pub(super) struct Shelves {
    /// Those that end with the last logout, and are not made where they are missing.
    runtimes: Vec<PathBuf>,
    shelves: Vec<PathBuf>,
}

/// How long a copy stays where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    /// Until it is taken in.
    UntilTakenIn,
    /// The system removes the user's runtime directory with the last logout.
    UntilLogout,
}

impl Shelves {
    /// Those of the vault in `dir`: a copy of its directory has the same id, and is another vault all the same. `vault_id`
    /// is of our own making, and told apart from a path all the same.
    pub(super) fn new(places: &EmergencyPlaces, vault_id: &str, dir: &Path) -> Self {
        let plain = !vault_id.is_empty() && vault_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
        let own = format!("{vault_id}-{}", short_digest(dir.as_os_str().as_encoded_bytes()));
        let of_runtime = |runtime: &PathBuf| runtime.join("tokengauge").join(&own);
        let is_ours = |runtime: &&PathBuf| file::check_vault_directory(runtime).is_ok_and(|there| there);
        let usual = places.usual_runtime.as_ref().filter(is_ours);
        let runtime = places.runtime.iter().map(of_runtime);
        let state = places.state.iter().map(|directory| directory.join("unsaved").join(&own));
        // The usual one comes last: no session of this program's keeps it.
        let shelves = runtime.chain(state).chain(usual.map(of_runtime)).filter(|_| plain).collect();
        Self { runtimes: places.runtime.iter().chain(usual).cloned().collect(), shelves }
    }

    /// One look at each directory: they are there only as long as a copy is. What cannot be looked at may be there.
    pub(super) fn is_any_there(&self) -> bool {
        self.shelves.iter().any(|shelf| may_be_there(shelf))
    }

    /// Where a copy of this connection is, or may be.
    pub(super) fn copies_of(&self, id: &ConnectionId) -> Vec<PathBuf> {
        self.places_of(id).filter(|path| may_be_there(path)).collect()
    }

    fn places_of<'a>(&'a self, id: &'a ConnectionId) -> impl Iterator<Item = PathBuf> + 'a {
        self.shelves.iter().map(|shelf| shelf.join(format!("{}.age", id.as_str())))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Path> {
        self.shelves.iter().map(PathBuf::as_path)
    }

    /// How long a copy stays.
    pub(super) fn lasts(&self, copy: &Path) -> Lasts {
        let is_in_one = self.runtimes.iter().any(|runtime| copy.starts_with(runtime));
        if is_in_one { Lasts::UntilLogout } else { Lasts::UntilTakenIn }
    }

    /// Writes into the first directory that takes it.
    pub(super) fn write(&self, id: &ConnectionId, sealed: &[u8]) -> Result<PathBuf, NoCopy> {
        let mut failed = NoCopy::Nowhere;
        for path in self.places_of(id) {
            match again_if_gone(|| self.write_to(&path, sealed)) {
                Ok(()) => return Ok(path),
                Err(error) => failed = NoCopy::Refused(error),
            }
        }
        Err(failed)
    }

    fn write_to(&self, path: &Path, sealed: &[u8]) -> Result<(), VaultError> {
        let directory = path.parent().unwrap_or(path);
        let mut runtimes = self.runtimes.iter().filter(|own| directory.starts_with(own));
        if let Some(missing) = runtimes.find(|own| !own.is_dir()) {
            return Err(VaultError::NotADirectory(missing.clone()));
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

/// The connections of which a copy, or what a killed process left of one, is on a shelf.
pub(super) fn on_shelf(shelf: &Path, extension: &str) -> Result<Vec<(ConnectionId, PathBuf)>, VaultError> {
    let names = file::file_names(shelf)?;
    let id = |name: &String| ConnectionId::parse(name.strip_suffix(extension)?);
    Ok(names.iter().filter_map(|name| Some((id(name)?, shelf.join(name)))).collect())
}

/// Another process that took in its own copy has removed the shelf between making it and writing to it.
fn again_if_gone(mut write: impl FnMut() -> Result<(), VaultError>) -> Result<(), VaultError> {
    match write() {
        Err(VaultError::Io { reason, .. }) if reason.kind() == io::ErrorKind::NotFound => write(),
        written => written,
    }
}

fn may_be_there(path: &Path) -> bool {
    match path.try_exists() {
        Ok(there) => there,
        // A file in the place of a directory has nothing in it.
        Err(error) => error.kind() != io::ErrorKind::NotADirectory,
    }
}

/// Removes a copy: until its save lasts it is the only one. Whoever else has removed it meanwhile did the same.
pub(super) fn discard(path: &Path) -> Result<(), VaultError> {
    file::remove_if_there(path)?;
    match file::sync_parent(path) {
        Err(VaultError::Io { reason, .. }) if reason.kind() == io::ErrorKind::NotFound => Ok(()),
        synced => synced,
    }
}

/// Only an empty one goes, so that the next look finds nothing.
pub(super) fn remove_if_empty(shelf: &Path) {
    let _ = fs::remove_dir(shelf);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shelf_that_is_removed_before_it_is_written_to_is_made_once_more() {
        let home = tempfile::TempDir::new().unwrap();
        let places = EmergencyPlaces { state: Some(home.path().to_owned()), ..EmergencyPlaces::default() };
        let shelves = Shelves::new(&places, "0123", home.path());
        let id = ConnectionId::parse("c0ffee").unwrap();
        let path = shelves.places_of(&id).next().unwrap();
        let mut tries = 0;
        let written = again_if_gone(|| {
            tries += 1;
            if tries == 1 {
                return Draft::begin(path.with_extension("tmp"), path.clone()).map(drop);
            }
            shelves.write_to(&path, b"sealed")
        });
        assert_eq!((written, tries), (Ok(()), 2));
        assert_eq!(fs::read(&path).unwrap(), b"sealed");
    }
}
