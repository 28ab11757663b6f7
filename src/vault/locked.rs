//! Records held under their lock: read again, proved, replaced, renamed, removed.
//!
//! Both kinds are owned and may be held over an asynchronous request; dropping one releases its lock.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::VaultError;
use super::file::Draft;
use super::inner::{AtWork, Inner};
use super::lock::Lock;
use super::place::Place;
use super::record;
use super::seen::Restored;
use crate::domain::{AppRegistration, ClientId, Connection, ConnectionId, ConnectionName};

/// The least that the proof of disk writes, in bytes: enough for the answer of any token endpoint.
const PROOF_AT_LEAST: usize = 256 * 1024;

/// A connection that no other process can change or renew meanwhile.
pub struct LockedConnection {
    vault: Arc<Inner>,
    /// Before the lock, because fields are dropped in this order: a draft that is removed after its lock was released
    /// could be another process's.
    proven: Option<Draft>,
    lock: Lock,
    id: ConnectionId,
    name: ConnectionName,
    /// Of the record on disk, which cannot change but by this lock.
    generation: u64,
    /// What is on its way is saved, also where the vault is closed meanwhile.
    _at_work: AtWork,
}

impl LockedConnection {
    pub(super) fn new(vault: Arc<Inner>, lock: Lock, connection: &Connection) -> Self {
        Self {
            _at_work: AtWork::on(&vault),
            vault,
            lock,
            id: connection.id.clone(),
            name: connection.name.clone(),
            generation: connection.generation,
            proven: None,
        }
    }

    pub(super) fn vault(&self) -> Arc<Inner> {
        Arc::clone(&self.vault)
    }

    /// Its name on disk.
    pub fn name(&self) -> &ConnectionName {
        &self.name
    }

    /// Its id.
    pub fn id(&self) -> &ConnectionId {
        &self.id
    }

    /// The record as it is on disk now.
    pub fn read(&self) -> Result<Connection, VaultError> {
        self.vault
            .read_connection(&self.name)?
            .ok_or_else(|| VaultError::NoSuchConnection(self.name.to_string()))
    }

    /// The record as it is on disk now, even if somebody without this lock has replaced it: an older version of this
    /// program, or a person who put a copy back. What is saved from now on goes on from there.
    pub fn read_again(&mut self) -> Result<Connection, VaultError> {
        let connection = self.read()?;
        if connection.id != self.id {
            return Err(VaultError::Outdated(self.name.to_string()));
        }
        self.generation = connection.generation;
        Ok(connection)
    }

    /// Proves that the disk takes the record twice over, and 256 KiB at least, before a request is sent whose answer
    /// must not be lost. The file is kept open for the next save.
    pub fn prove_disk(&mut self) -> Result<(), VaultError> {
        // Dropped first: it would take the new file with it, which has the same name.
        self.proven = None;
        let size = self.vault.store.read(&self.place())?.map_or(0, |sealed| sealed.len());
        let mut draft = self.vault.store.draft(&self.place(), &self.lock)?;
        // Sealed, because a file system that compresses would store plain zeros in no room at all.
        draft.prove(&self.vault.seal(&vec![0; (size * 2).max(PROOF_AT_LEAST)])?)?;
        self.proven = Some(draft);
        Ok(())
    }

    /// Replaces the record; the generation of `connection` grows by one, unless it was put back from a backup: then it
    /// stays as it is until it is accepted, because a record that grew past what was seen here would look like the newest
    /// one, with a refresh token that is used up. Such a save is not refused: signing in again is one of the two ways out,
    /// and its steps and refusals are kept in the record. Who edits asks [`Self::check_not_restored`] first. Where this fails, the old record is on disk,
    /// byte for byte, and the generation is as before; only an error in making the finished rename last leaves the
    /// new one there, and then the generation has grown.
    ///
    /// # Errors
    ///
    /// [`VaultError::Outdated`] if `connection` is not what is on disk with changes made to it.
    pub fn save(&mut self, connection: &mut Connection) -> Result<(), VaultError> {
        if connection.id != self.id
            || connection.name != self.name
            || connection.generation != self.generation
        {
            return Err(VaultError::Outdated(self.name.to_string()));
        }
        let draft =
            self.proven.take().map_or_else(|| self.vault.store.draft(&self.place(), &self.lock), Ok)?;
        let before = connection.generation;
        connection.generation += u64::from(self.vault.restored(connection).is_none());
        let replaced = self.vault.seal_connection(connection).and_then(|sealed| draft.replace(&sealed));
        if replaced.is_err() {
            connection.generation = before;
            return replaced;
        }
        self.generation = connection.generation;
        self.vault.note_generation(connection);
        if connection.generation > before {
            self.vault.note_saved(connection);
        }
        self.vault.store.settle(&self.place())
    }

    /// Makes what is on disk last, whoever has put it there.
    pub(super) fn settle(&self) -> Result<(), VaultError> {
        self.vault.store.settle(&self.place())
    }

    /// Replaces the record by one that goes on from the higher of both generations.
    pub(super) fn save_ahead(&mut self, connection: &mut Connection) -> Result<(), VaultError> {
        let generation = connection.generation.max(self.generation);
        connection.generation = generation;
        self.generation = generation;
        self.save(connection)
    }

    /// Refuses to go on with a record that was put back from a backup: what it holds may be used up.
    ///
    /// # Errors
    ///
    /// [`VaultError::Restored`].
    pub fn check_not_restored(&self, connection: &Connection) -> Result<(), VaultError> {
        match self.vault.restored(connection) {
            Some(Restored { generation, seen }) => {
                Err(VaultError::Restored { name: self.name.to_string(), generation, seen })
            }
            None => Ok(()),
        }
    }

    /// Takes a record that was put back from a backup as the newest one; the next save makes it so.
    pub fn accept_restored(&mut self, connection: &mut Connection) {
        if let Some(Restored { seen, .. }) = self.vault.restored(connection) {
            connection.generation = seen;
            self.generation = seen;
        }
    }

    /// Gives it another name: the record is written under the new name with the next generation, then the old file is
    /// removed. Waits for the lock of the new name no longer than `patience`.
    ///
    /// # Errors
    ///
    /// [`VaultError::Restored`] among others: under a higher generation nobody would see that it was put back.
    pub fn rename(self, new: ConnectionName, patience: Duration) -> Result<Self, VaultError> {
        if new == self.name {
            return Ok(self);
        }
        // Names that differ in case only share one lock, which is held already.
        let only_case = new.is_same(&self.name);
        let new_lock =
            if only_case { None } else { Some(self.vault.lock(&Place::Connection(new.clone()), patience)?) };
        if !only_case {
            self.vault.check_name_is_free(&new)?;
        }
        let mut connection = self.read()?;
        self.check_not_restored(&connection)?;
        connection.name = new;
        connection.generation += 1;
        self.move_to(&connection, new_lock)
    }

    fn move_to(mut self, connection: &Connection, new_lock: Option<Lock>) -> Result<Self, VaultError> {
        let (old, new) = (self.place(), Place::Connection(connection.name.clone()));
        // The proof stands under the old name.
        self.proven = None;
        let store = &self.vault.store;
        store
            .draft(&new, new_lock.as_ref().unwrap_or(&self.lock))?
            .replace(&self.vault.seal_connection(connection)?)?;
        store.remove(&old, &self.lock)?;
        self.vault.note_generation(connection);
        self.vault.remember(&connection.id, &connection.name);
        Ok(Self {
            lock: new_lock.unwrap_or(self.lock),
            name: connection.name.clone(),
            generation: connection.generation,
            ..self
        })
    }

    /// Removes the record, and with it whatever an interrupted renaming has left of it under another name, and what could
    /// not be saved of it.
    pub fn remove(mut self) -> Result<(), VaultError> {
        self.proven = None;
        for name in self.vault.other_names_of(&self.id, &self.name)? {
            let place = Place::Connection(name);
            let lock = self.vault.lock(&place, Duration::ZERO)?;
            self.vault.store.remove(&place, &lock)?;
        }
        self.vault.store.remove(&self.place(), &self.lock)?;
        self.vault.forget_removed(&self.id);
        self.discard_copies();
        Ok(())
    }

    fn place(&self) -> Place {
        Place::Connection(self.name.clone())
    }
}

impl fmt::Debug for LockedConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockedConnection")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// A name that no other process can take meanwhile; dropped unused, it is free again.
pub struct ReservedName {
    vault: Arc<Inner>,
    lock: Lock,
    name: ConnectionName,
}

impl ReservedName {
    pub(super) fn new(vault: Arc<Inner>, lock: Lock, name: ConnectionName) -> Self {
        Self { vault, lock, name }
    }

    /// Makes the record of the connection, whose name must be the reserved one.
    ///
    /// # Errors
    ///
    /// [`VaultError::Outdated`] if it is another name.
    pub fn create(self, connection: &Connection) -> Result<(), VaultError> {
        if connection.name != self.name {
            return Err(VaultError::Outdated(self.name.to_string()));
        }
        let place = Place::Connection(self.name.clone());
        let sealed = self.vault.seal_connection(connection)?;
        self.vault.store.draft(&place, &self.lock)?.replace(&sealed)?;
        self.vault.remember(&connection.id, &connection.name);
        self.vault.note_generation(connection);
        self.vault.store.settle(&place)
    }
}

impl fmt::Debug for ReservedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReservedName").field("name", &self.name).finish_non_exhaustive()
    }
}

/// An app registration, there already or not yet, that no other process can change meanwhile.
pub struct LockedApp {
    vault: Arc<Inner>,
    lock: Lock,
    client_id: ClientId,
    /// As for a connection.
    _at_work: AtWork,
}

impl LockedApp {
    pub(super) fn new(vault: Arc<Inner>, lock: Lock, client_id: ClientId) -> Self {
        Self { _at_work: AtWork::on(&vault), vault, lock, client_id }
    }

    /// The record as it is on disk now; `None` if there is none yet.
    pub fn read(&self) -> Result<Option<AppRegistration>, VaultError> {
        self.vault.read_app(&self.client_id)
    }

    /// Makes or replaces the record; the generation of `app` grows by one. Fails as [`LockedConnection::save`] does.
    ///
    /// # Errors
    ///
    /// [`VaultError::Outdated`] if `app` is not what is on disk with changes made to it.
    pub fn save(&mut self, app: &mut AppRegistration) -> Result<(), VaultError> {
        let on_disk = self.read()?.map_or(0, |app| app.generation);
        if app.client_id != self.client_id || app.generation != on_disk {
            return Err(VaultError::Outdated(format!("app registration {}", self.client_id)));
        }
        let draft = self.vault.store.draft(&self.place(), &self.lock)?;
        app.generation += 1;
        let replaced = self.vault.seal(&record::write_app(app)).and_then(|sealed| draft.replace(&sealed));
        if replaced.is_err() {
            app.generation -= 1;
            return replaced;
        }
        self.vault.store.settle(&self.place())
    }

    fn place(&self) -> Place {
        Place::App(self.client_id)
    }
}

impl fmt::Debug for LockedApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockedApp").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
