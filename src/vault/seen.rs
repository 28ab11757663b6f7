//! The highest generation seen of each connection, noted outside of the vault: an older record was put back from a backup,
//! and its refresh token may be one that was used up long ago.
//!
//! All of it is best effort: where nothing can be noted, nothing is told.

use std::path::{Path, PathBuf};

use super::file;
use crate::domain::ConnectionId;

/// The notes about one vault: a file for every connection, with a number in it.
#[derive(Debug)]
pub(super) struct Seen {
    /// Where this machine keeps notes of vaults.
    root: PathBuf,
    /// Those about this one.
    directory: PathBuf,
}

impl Seen {
    /// Below `directory`, which need not exist. `vault_id` is of our own making, and told apart from a path all the same.
    pub(super) fn new(directory: &Path, vault_id: &str) -> Option<Self> {
        let plain = !vault_id.is_empty() && vault_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        plain.then(|| Self {
            root: directory.to_owned(),
            directory: directory.join("generations").join(vault_id),
        })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The highest generation seen so far.
    pub(super) fn highest(&self, id: &ConnectionId) -> Option<u64> {
        let path = self.path(id);
        let opened = file::open_if_there(&path).ok()??;
        let bytes = file::read_whole(&opened, &path).ok()?;
        str::from_utf8(&bytes).ok()?.trim().parse().ok()
    }

    /// Notes a generation, unless a higher one is noted.
    pub(super) fn note(&self, id: &ConnectionId, generation: u64) {
        if self.highest(id).is_none_or(|highest| highest < generation) {
            let path = self.path(id);
            let made = file::make_directory(&self.directory);
            let _ = made.and_then(|()| file::replace_note(&path, generation.to_string().as_bytes()));
        }
    }

    /// Forgets a connection that was removed.
    pub(super) fn forget(&self, id: &ConnectionId) {
        let _ = file::remove_if_there(&self.path(id));
    }

    fn path(&self, id: &ConnectionId) -> PathBuf {
        self.directory.join(id.as_str())
    }
}

/// A record that is older than what was seen here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// Its generation.
    pub generation: u64,
    /// The highest one that was seen.
    pub seen: u64,
}
