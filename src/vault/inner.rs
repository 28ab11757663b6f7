//! What an open vault holds in memory, and how it reads records.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, Once, OnceLock, PoisonError, RwLock, RwLockWriteGuard};
use std::time::Duration;

use super::error::VaultError;
use super::listing::{DamagedRecord, Listing, in_parallel};
use super::lock::Lock;
use super::order::{LockOrders, Mark};
use super::place::Place;
use super::record::{self, Fault};
use super::seal::OpenError;
use super::seen::{Restored, Seen};
use super::settings::{self, Key};
use super::shelves::{EmergencyPlaces, Shelves};
use super::stamp::{Known, Stamp};
use super::store::Store;
use crate::domain::{AppRegistration, ClientId, Connection, ConnectionId, ConnectionName};

/// What came of reading all records of a kind.
struct ReadAll<N, T> {
    /// Those that were opened.
    opened: Vec<T>,
    /// Of all that can be read, opened now or known before.
    stamps: HashMap<N, Stamp>,
}

/// What an open vault holds in memory.
pub(super) struct Inner {
    pub(super) store: Store,
    pub(super) vault_id: String,
    held: RwLock<Held>,
    /// Which orders to lock it obeys, and what stood there when the key was got; none for a key that lies beside.
    orders: OnceLock<(LockOrders, Mark)>,
    /// Where what was seen of this vault is noted, once that is told.
    seen: OnceLock<Seen>,
    /// Where what cannot be saved is kept, once that is told.
    shelves: OnceLock<Shelves>,
    /// Under which name a connection was seen last: lets one be locked by id without opening all records.
    names: Mutex<HashMap<ConnectionId, ConnectionName>>,
    /// What this program has saved last of each connection, and what the file looked like then.
    saved: Mutex<HashMap<ConnectionName, (u64, Stamp)>>,
    /// What killed processes left behind is looked for by whoever lists the vault first. Who opens one record is not kept
    /// waiting, and what was left of a record goes when it is saved next.
    tidied: Once,
}

/// The key, and how long it is needed.
struct Held {
    /// As the settings said last; `None` once the vault is closed.
    key: Option<Arc<Key>>,
    /// How many hold a record, and save before the key may go.
    at_work: usize,
    /// Nobody begins any more.
    closing: bool,
}

impl Held {
    fn let_go(&mut self) {
        if self.closing && self.at_work == 0 {
            self.key = None;
        }
    }
}

/// Holds the key of a vault that is being closed until a record is saved.
pub(super) struct AtWork(Arc<Inner>);

impl AtWork {
    pub(super) fn on(inner: &Arc<Inner>) -> Self {
        inner.held_mut().at_work += 1;
        Self(Arc::clone(inner))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let mut held = self.0.held_mut();
        held.at_work -= 1;
        held.let_go();
    }
}

impl Inner {
    pub(super) fn new(store: Store, key: Key) -> Self {
        let vault_id = key.settings.vault_id.clone();
        Self {
            store,
            vault_id,
            held: RwLock::new(Held { key: Some(Arc::new(key)), at_work: 0, closing: false }),
            orders: OnceLock::new(),
            seen: OnceLock::new(),
            shelves: OnceLock::new(),
            names: Mutex::default(),
            saved: Mutex::default(),
            tidied: Once::new(),
        }
    }

    pub(super) fn note_generations_in(&self, directory: &Path) {
        if let Some(seen) = Seen::new(directory, &self.vault_id) {
            let _ = self.seen.set(seen);
        }
    }

    pub(super) fn keep_emergency_copies_in(&self, places: &EmergencyPlaces) {
        if *places != EmergencyPlaces::default() {
            let _ = self.shelves.set(Shelves::new(places, &self.vault_id, self.store.dir()));
        }
    }

    pub(super) fn shelves(&self) -> Option<&Shelves> {
        self.shelves.get()
    }

    pub(super) fn notes_directory(&self) -> Option<&Path> {
        self.seen.get().map(Seen::root)
    }

    pub(super) fn note_generation(&self, connection: &Connection) {
        if let Some(seen) = self.seen.get() {
            seen.note(&connection.id, connection.generation);
        }
    }

    /// Compares a record, as it was just read, with what was seen here.
    pub(super) fn restored(&self, connection: &Connection) -> Option<Restored> {
        let seen = self.seen.get()?;
        let highest = seen.highest(&connection.id).unwrap_or(0);
        if connection.generation > highest {
            seen.note(&connection.id, connection.generation);
        }
        if connection.generation >= highest {
            return None;
        }
        // Saved between reading and looking at the note? It is noted after the save, so the disk tells.
        let now = self.read_connection(&connection.name).ok().flatten()?.generation;
        (now < highest).then_some(Restored { generation: now, seen: highest })
    }

    /// What seals and opens, as the settings said last.
    ///
    /// # Errors
    ///
    /// [`VaultError::Closed`].
    pub(super) fn key(&self) -> Result<Arc<Key>, VaultError> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.key.clone().ok_or_else(|| self.closed())
    }

    pub(super) fn take_key(&self, key: Key) -> Arc<Key> {
        let key = Arc::new(key);
        let mut held = self.held_mut();
        held.key = Some(Arc::clone(&key));
        held.let_go();
        key
    }

    fn held_mut(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn closed(&self) -> VaultError {
        VaultError::Closed(self.store.dir().to_owned())
    }

    pub(super) fn obey(&self, orders: LockOrders, mark: Mark) {
        let _ = self.orders.set((orders, mark));
    }

    pub(super) fn is_ordered_to_lock(&self) -> bool {
        self.orders.get().is_some_and(|(orders, mark)| orders.given_since(mark))
    }

    pub(super) fn close(&self) {
        let mut held = self.held_mut();
        held.closing = true;
        held.let_go();
    }

    /// True once nobody begins any more.
    pub(super) fn is_closing(&self) -> bool {
        self.held.read().unwrap_or_else(PoisonError::into_inner).closing
    }

    /// Nothing is begun in a vault that is closed or was ordered to be, whether or not the program has heard it yet.
    fn check_open(&self) -> Result<(), VaultError> {
        if self.is_ordered_to_lock() {
            self.close();
        }
        if self.is_closing() { Err(self.closed()) } else { Ok(()) }
    }

    /// Reads the settings again, where another process has replaced them.
    ///
    /// # Errors
    ///
    /// [`VaultError::KeyChanged`] where they are sealed for others by now.
    pub(super) fn keep_up(&self) -> Result<Arc<Key>, VaultError> {
        let held = self.key()?;
        let on_disk = settings::read(&self.store)?;
        if on_disk == held.on_disk {
            return Ok(held);
        }
        let key = Key::of(&self.store, held.identity(), on_disk).map_err(|error| match error {
            VaultError::WrongKey(dir) => VaultError::KeyChanged(dir),
            error => error,
        })?;
        Ok(self.take_key(key))
    }

    /// Takes the lock of a record, and makes sure that what is sealed under it opens with the key of the vault.
    pub(super) fn lock(&self, place: &Place, patience: Duration) -> Result<Lock, VaultError> {
        let lock = self.store.lock(place, patience)?;
        self.check_open()?;
        self.keep_up().map(|_| lock)
    }

    pub(super) fn seal(&self, record: &[u8]) -> Result<Vec<u8>, VaultError> {
        Ok(self.key()?.sealer.seal(record))
    }

    pub(super) fn names(&self) -> MutexGuard<'_, HashMap<ConnectionId, ConnectionName>> {
        // A map that a panicking thread left is still a map, and it is checked against the disk at every use.
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn remember(&self, id: &ConnectionId, name: &ConnectionName) {
        self.names().insert(id.clone(), name.clone());
    }

    /// A record read by its name says nothing against one of a higher generation that is known already.
    pub(super) fn remember_if_new(&self, id: &ConnectionId, name: &ConnectionName) {
        self.names().entry(id.clone()).or_insert_with(|| name.clone());
    }

    pub(super) fn forget(&self, id: &ConnectionId) {
        self.names().remove(id);
    }

    /// A connection that is gone for good.
    pub(super) fn forget_removed(&self, id: &ConnectionId) {
        self.forget(id);
        if let Some(seen) = self.seen.get() {
            seen.forget(id);
        }
    }

    /// A generation was saved here just now, and nobody else can have replaced it: its lock is held.
    pub(super) fn note_saved(&self, connection: &Connection) {
        let stamp = self.store.stamp(&Place::Connection(connection.name.clone()));
        let saved = stamp.map(|stamp| (connection.name.clone(), (connection.generation, stamp)));
        self.saved().extend(saved);
    }

    /// The generation that is on disk, if this program has put it there. The record is not opened.
    pub(super) fn saved_generation(&self, name: &ConnectionName) -> Option<u64> {
        let (generation, stamp) = self.saved().get(name).copied()?;
        (self.store.stamp(&Place::Connection(name.clone())) == Some(stamp)).then_some(generation)
    }

    fn saved(&self) -> MutexGuard<'_, HashMap<ConnectionName, (u64, Stamp)>> {
        // A map that a panicking thread left is still a map, and it is checked against the disk at every use.
        self.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Under which name a connection is stored; all records are opened only if that is not remembered.
    pub(super) fn find(&self, id: &ConnectionId) -> Result<Option<ConnectionName>, VaultError> {
        let remembered = self.names().get(id).cloned();
        if remembered.is_some() {
            return Ok(remembered);
        }
        self.listing()?;
        Ok(self.names().get(id).cloned())
    }

    pub(super) fn seal_connection(&self, connection: &Connection) -> Result<Vec<u8>, VaultError> {
        self.seal(&record::write_connection(connection))
    }

    pub(super) fn read_connection(&self, name: &ConnectionName) -> Result<Option<Connection>, VaultError> {
        let place = Place::Connection(name.clone());
        let found = self.read(&place, record::read_connection)?;
        // A record moved to another name by hand would be renewed under the wrong lock.
        match found {
            Some(connection) if connection.name != *name => Err(self.misplaced(&place)),
            found => Ok(found),
        }
    }

    pub(super) fn read_in_any_case(&self, name: &ConnectionName) -> Result<Option<Connection>, VaultError> {
        if let Some(found) = self.read_connection(name)? {
            return Ok(Some(found));
        }
        self.stored_name(name)?.map_or(Ok(None), |stored| self.read_connection(&stored))
    }

    pub(super) fn read_app(&self, id: &ClientId) -> Result<Option<AppRegistration>, VaultError> {
        let place = Place::App(*id);
        match self.read(&place, record::read_app)? {
            Some(app) if app.client_id != *id => Err(self.misplaced(&place)),
            found => Ok(found),
        }
    }

    fn misplaced(&self, place: &Place) -> VaultError {
        VaultError::damaged(&self.store.path(place), "it holds the record of another name")
    }

    fn read<T>(&self, place: &Place, parse: fn(&[u8]) -> Result<T, Fault>) -> Result<Option<T>, VaultError> {
        let Some(sealed) = self.store.read(place)? else { return Ok(None) };
        let path = self.store.path(place);
        let opened = match self.key()?.sealer.open(&sealed) {
            // No damage, where the vault was given another key since it was opened.
            Err(OpenError::WrongKey) => self.keep_up()?.sealer.open(&sealed),
            opened => opened,
        };
        let json = opened.map_err(|error| VaultError::damaged(&path, error))?;
        parse(&json).map(Some).map_err(|fault| unreadable(&path, &fault))
    }

    /// The name under which a connection is stored, where only case differs.
    fn stored_name(&self, name: &ConnectionName) -> Result<Option<ConnectionName>, VaultError> {
        Ok(self.store.connection_names()?.into_iter().find(|stored| stored.is_same(name)))
    }

    pub(super) fn check_name_is_free(&self, name: &ConnectionName) -> Result<(), VaultError> {
        match self.stored_name(name)? {
            Some(taken) => Err(VaultError::ConnectionExists(taken.to_string())),
            None => Ok(()),
        }
    }

    /// Other names under which a record with this id is stored: left by a renaming that was interrupted.
    pub(super) fn other_names_of(
        &self,
        id: &ConnectionId,
        name: &ConnectionName,
    ) -> Result<Vec<ConnectionName>, VaultError> {
        let mut names = self.store.connection_names()?;
        names.retain(|other| other != name);
        let records = in_parallel(&names, |name| self.read_connection(name));
        let same = records.into_iter().filter_map(|record| record.ok()?.filter(|found| found.id == *id));
        Ok(same.map(|found| found.name).collect())
    }

    pub(super) fn listing(&self) -> Result<Listing, VaultError> {
        self.listing_since(&Known::default()).map(|(listing, _)| listing)
    }

    pub(super) fn listing_since(&self, known: &Known) -> Result<(Listing, Known), VaultError> {
        self.tidied.call_once(|| self.store.tidy());
        let mut listing = Listing::default();
        let connections = self.read_all(
            self.store.connection_names()?,
            |name| (Place::Connection(name.clone()), known.connections.get(name).copied()),
            |name| self.read_connection(name),
            &mut listing.damaged,
        )?;
        let apps = self.read_all(
            self.store.client_ids()?,
            |id| (Place::App(*id), known.apps.get(id).copied()),
            |id| self.read_app(id),
            &mut listing.damaged,
        )?;
        listing.apps = apps.opened;
        let opened = connections.opened.len();
        listing.connections = connections.opened;
        listing.put_in_order();
        let mut stamps = connections.stamps;
        if listing.connections.len() < opened {
            // What an interrupted renaming has left is looked at each time: the other one may go.
            let kept: HashSet<_> = listing.connections.iter().map(|found| &found.name).collect();
            stamps.retain(|name, _| known.connections.contains_key(name) || kept.contains(name));
        }
        self.remember_listed(&stamps, &listing);
        Ok((listing, Known { connections: stamps, apps: apps.stamps }))
    }

    /// Opens what is not known to be as it was.
    fn read_all<N: Sync + Eq + Hash, T: Send>(
        &self,
        names: Vec<N>,
        known: impl Fn(&N) -> (Place, Option<Stamp>) + Sync,
        read: impl Fn(&N) -> Result<Option<T>, VaultError> + Sync,
        damaged: &mut Vec<DamagedRecord>,
    ) -> Result<ReadAll<N, T>, VaultError> {
        let readings = in_parallel(&names, |name| {
            let (place, known) = known(name);
            // Before the record is opened: one that is replaced meanwhile is read once more, and none is missed.
            let stamp = self.store.stamp(&place);
            let is_known = stamp.is_some() && stamp == known;
            (stamp, place, if is_known { None } else { Some(read(name)) })
        });
        let mut all = ReadAll { opened: Vec::new(), stamps: HashMap::with_capacity(names.len()) };
        for (name, (stamp, place, found)) in names.into_iter().zip(readings) {
            let is_well = match found {
                None => true,
                Some(found) => {
                    let opened = self.sort_out(found, &place, damaged)?;
                    let is_there = opened.is_some();
                    all.opened.extend(opened);
                    is_there
                }
            };
            all.stamps.extend(stamp.filter(|_| is_well).map(|stamp| (name, stamp)));
        }
        Ok(all)
    }

    fn remember_listed(&self, there: &HashMap<ConnectionName, Stamp>, opened: &Listing) {
        let mut names = self.names();
        names.retain(|_, name| there.contains_key(name));
        names.extend(opened.connections.iter().map(|found| (found.id.clone(), found.name.clone())));
    }

    /// `None` for a record that another process has removed meanwhile, and for a damaged one, which is noted.
    fn sort_out<T>(
        &self,
        found: Result<Option<T>, VaultError>,
        place: &Place,
        damaged: &mut Vec<DamagedRecord>,
    ) -> Result<Option<T>, VaultError> {
        match found {
            // What is wrong with all of them is not told of each.
            Err(error @ (VaultError::KeyChanged(_) | VaultError::Closed(_))) => Err(error),
            Err(error) => {
                damaged.push(DamagedRecord { file: self.store.path(place), error });
                Ok(None)
            }
            found => found,
        }
    }
}

/// A record that opened, but does not hold what it should.
pub(super) fn unreadable(path: &Path, fault: &Fault) -> VaultError {
    match fault {
        Fault::Newer => VaultError::Newer(path.to_owned()),
        fault => VaultError::damaged(path, fault),
    }
}
