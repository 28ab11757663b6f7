//! Every record of a vault at once, opened on all processors.

use std::iter;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::error::VaultError;
use crate::domain::{AppRegistration, Connection};

/// Every record of a vault.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Connections by name, without regard to case.
    pub connections: Vec<Connection>,
    /// App registrations by client ID.
    pub apps: Vec<AppRegistration>,
    /// Records that could not be opened or read.
    pub damaged: Vec<DamagedRecord>,
}

/// A record that could not be opened or read. It hides no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedRecord {
    /// Its file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub error: VaultError,
}

impl Listing {
    pub(super) fn put_in_order(&mut self) {
        self.connections.sort_by(|a, b| (&a.id, b.generation).cmp(&(&b.id, a.generation)));
        self.connections.dedup_by(|lower, higher| lower.id == higher.id);
        self.connections.sort_by_cached_key(|connection| connection.name.as_str().to_ascii_lowercase());
        self.apps.sort_by_key(|app| app.client_id);
        self.damaged.sort_by(|a, b| a.file.cmp(&b.file));
    }
}

/// So many records are taken at a time: fewer are not worth a thread.
const RECORDS_AT_A_TIME: usize = 8;

/// Applies `read` to every name, on all processors, and keeps the order. Whoever has finished takes the next few: a
/// processor that is busy with something else holds up no other.
pub(crate) fn in_parallel<N: Sync, T: Send>(names: &[N], read: impl Fn(&N) -> T + Sync) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(names.len().div_ceil(RECORDS_AT_A_TIME));
    if threads <= 1 {
        return names.iter().map(read).collect();
    }
    let waiting = Mutex::new(names.chunks(RECORDS_AT_A_TIME).enumerate());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let parts = iter::from_fn(next).map(|(nth, part)| (nth, part.iter().map(&read).collect::<Vec<_>>()));
        parts.collect::<Vec<_>>()
    };
    let mut parts = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let done = workers.into_iter().map(|worker| worker.join().expect(DOES_NOT_PANIC));
        done.flatten().collect::<Vec<_>>()
    });
    parts.sort_unstable_by_key(|(nth, _)| *nth);
    parts.into_iter().flat_map(|(_, part)| part).collect()
}

const DOES_NOT_PANIC: &str = "what is done with a record does not panic";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_in_parallel_keeps_its_order() {
        for count in [0, 1, 7, 8, 9, 1_000] {
            let names: Vec<usize> = (0..count).collect();
            assert_eq!(
                in_parallel(&names, |name| name * 2),
                names.iter().map(|name| name * 2).collect::<Vec<_>>()
            );
        }
    }
}
