//! Who renews a vault unattended: one process at a time, which holds a lock as long as it runs.

use std::fmt;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::Vault;
use super::error::VaultError;
use super::lock::Lock;
use super::place::watch_lock;

/// How long a process that wants to begin waits for one that only looked, or is about to end.
const PATIENCE: Duration = Duration::from_millis(500);

/// Renewing unattended; the end of this value, or of the process, lets the next one begin.
pub struct Watching {
    _lock: Lock,
}

impl Vault {
    /// Begins to renew this vault unattended, which one process does at a time.
    ///
    /// # Errors
    ///
    /// [`VaultError::Watched`] with the process that does so already.
    pub fn begin_watching(&self) -> Result<Watching, VaultError> {
        let lock = self.inner.store.lock_watch(PATIENCE).map_err(|error| match error {
            VaultError::Busy { pid, .. } => VaultError::Watched { dir: self.dir().to_owned(), pid },
            error => error,
        })?;
        Ok(Watching { _lock: lock })
    }
}

/// True if a process renews the vault in `dir` unattended. Whoever may not look is told that none does.
pub fn is_watched(dir: &Path) -> bool {
    // Looked at through a file of its own: closing it gives back what is got.
    let Ok(file) = File::open(dir.join(watch_lock())) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watching").finish_non_exhaustive()
    }
}
