//! The order to lock: what `vault lock` leaves behind for the programs that hold the key of a vault open.
//!
//! A file in the vault is replaced with something fresh at each order. A program that was opened by a passphrase or by the
//! keyring remembers what stood there when the key was got, and closes the vault when something else does. A vault that
//! cannot be written to is ordered locked beside the notes about it.
//!
//! Programs that a key file, a credential of the service or a passphrase file opened do not obey. Whoever started them put
//! the key beside them, and they would open the vault again with the next breath: obeying would stop unattended renewals
//! and protect nothing. They are stopped as any program is.

use std::path::{Path, PathBuf};

use super::error::VaultError;
use super::file;
use super::place::LOCKS;
use super::seal::short_digest;

/// The file's name, in the vault's directory of locks.
const FILE: &str = "lock.order";

/// Where orders to lock one vault are left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockOrders {
    in_vault: PathBuf,
    beside_notes: Option<PathBuf>,
}

/// What stood there at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    in_vault: Option<Vec<u8>>,
    beside_notes: Option<Vec<u8>>,
}

impl LockOrders {
    /// Those of the vault in `dir`; `notes` is where this machine notes what it has seen of vaults.
    pub fn of(dir: &Path, notes: Option<&Path>) -> Self {
        let path = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
        let digest = short_digest(path.as_os_str().as_encoded_bytes());
        Self {
            in_vault: dir.join(LOCKS).join(FILE),
            beside_notes: notes.map(|notes| notes.join("lock-orders").join(format!("{digest}.order"))),
        }
    }

    /// What stands there now. What cannot be read is no order: it could be given by nobody whom we obey.
    pub fn mark(&self) -> Mark {
        Mark { in_vault: read(&self.in_vault), beside_notes: self.beside_notes.as_deref().and_then(read) }
    }

    /// True if an order was given since the mark was taken. A file that has gone is none: a backup may lack it.
    pub fn given_since(&self, mark: &Mark) -> bool {
        let now = self.mark();
        let differs = |now: Option<Vec<u8>>, then: &Option<Vec<u8>>| now.is_some() && now != *then;
        differs(now.in_vault, &mark.in_vault) || differs(now.beside_notes, &mark.beside_notes)
    }

    /// Orders every program that obeys to lock the vault. `fresh` is a text that never stood there before.
    ///
    /// # Errors
    ///
    /// If neither the vault nor the directory of notes can be written to: then nobody heard it.
    pub fn give(&self, fresh: &str) -> Result<(), VaultError> {
        let write = |path: &Path| {
            path.parent().map_or(Ok(()), file::make_directory)?;
            file::replace_note(path, fresh.as_bytes())
        };
        write(&self.in_vault).or_else(|error| match &self.beside_notes {
            Some(path) => write(path).map_err(|_| error),
            None => Err(error),
        })
    }

    /// The files that an order replaces.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        [Some(&self.in_vault), self.beside_notes.as_ref()].into_iter().flatten().map(PathBuf::as_path)
    }
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let opened = file::open_if_there(path).ok()??;
    file::read_whole(&opened, path).ok()
}
