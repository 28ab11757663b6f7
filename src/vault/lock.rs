//! Locks between processes: held by the kernel (`flock`), on files that are never deleted.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;

use super::error::VaultError;
use super::file;

/// How long a waiter sleeps between two tries for a lock.
const LOCK_STEP: Duration = Duration::from_millis(20);

/// Who may hold a lock beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// Nobody else.
    Alone,
    /// All who hold it so.
    Shared,
}

/// A held lock; dropping it releases it, and so does the end of the process, however it comes.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    /// The lock of the key, under which records are changed.
    beside: Option<Box<Lock>>,
}

impl Lock {
    /// Takes a lock, waiting no longer than `patience`. The lock file stays for ever: deleting it would let two processes
    /// hold two locks of one name. `label` says what is held.
    pub(super) fn take(path: &Path, label: &str, hold: Hold, patience: Duration) -> Result<Self, VaultError> {
        let mut file = open(path)?;
        // Counted in steps rather than by a clock: reading clocks belongs to the runtime.
        let mut steps = patience.as_millis() / LOCK_STEP.as_millis();
        loop {
            let tried = match hold {
                Hold::Alone => file.try_lock(),
                Hold::Shared => file.try_lock_shared(),
            };
            match tried {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(refused(path, &error)),
                Err(TryLockError::WouldBlock) if steps == 0 => {
                    return Err(VaultError::Busy { what: label.to_owned(), pid: read_pid(&mut file) });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(LOCK_STEP),
            }
            steps -= 1;
        }
        // Many may share it: no number would tell who.
        match hold {
            Hold::Alone => write_pid(&mut file),
            Hold::Shared => {
                let _ = file.set_len(0);
            }
        }
        Ok(Self { file, beside: None })
    }

    /// Holds another one as long.
    pub(super) fn with(mut self, other: Self) -> Self {
        self.beside = Some(Box::new(other));
        self
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing would not do: a program just started elsewhere in this process shares the open file until its `exec`.
        let _ = self.file.unlock();
        self.beside = None;
    }
}

fn open(path: &Path) -> Result<File, VaultError> {
    let options =
        file::private(OpenOptions::new().read(true).write(true).create(true).truncate(false)).clone();
    let opened = options.open(path).map_err(|e| VaultError::io("open", path, &e))?;
    file::check_regular(&opened, path)?;
    file::grant_owner(&opened, path)?;
    Ok(opened)
}

/// Some network file systems have no locks, and without one a token would be spent twice.
fn refused(path: &Path, error: &io::Error) -> VaultError {
    match Errno::from_io_error(error) {
        Some(Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS) => {
            VaultError::NoLocks { path: path.to_owned(), reason: error.into() }
        }
        _ => VaultError::io("lock", path, error),
    }
}

/// Best effort: on a full disk the lock holds all the same, and only the other's message loses the number.
fn write_pid(file: &mut File) {
    let _ =
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_without_locks_is_told_with_a_way_out() {
        for errno in [Errno::NOLCK, Errno::OPNOTSUPP] {
            let error = refused(Path::new("/mnt/vault/locks/a.lock"), &errno.into());
            assert_eq!(error.kind().exit_code(), 9);
            assert!(error.what_to_do().contains("--vault"), "{error:?}");
        }
        assert_eq!(refused(Path::new("/x"), &Errno::IO.into()).kind().exit_code(), 7);
    }
}
