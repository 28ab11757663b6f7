//! Every record of a vault at once, opened on all processors.

use std::path::PathBuf;
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

/// How few records are not worth a thread.
const RECORDS_PER_THREAD: usize = 8;

/// Applies `read` to every name, on all processors, and keeps the order.
pub(crate) fn in_parallel<N: Sync, T: Send>(names: &[N], read: impl Fn(&N) -> T + Sync) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = names.len().div_ceil(threads).max(RECORDS_PER_THREAD);
    if names.len() <= share {
        return names.iter().map(read).collect();
    }
    let read = &read;
    thread::scope(|scope| {
        let parts =
            names.chunks(share).map(|part| scope.spawn(move || part.iter().map(read).collect::<Vec<_>>()));
        let parts = parts.collect::<Vec<_>>();
        parts
            .into_iter()
            .flat_map(|part| part.join().expect("what is done with a record does not panic"))
            .collect()
    })
}
