//! Sealed records on disk: connections and app registrations, each a file in the age format.
//!
//! ```text
//! DIR/identity.age          the key to all the rest, behind the passphrase; not there if only a key file opens
//!     identity-next.age     the key that takes its place, while it is changed
//!     settings.age          an id of the vault, and who else may open its records
//!     connections/NAME.age  a connection, tokens included
//!     apps/CLIENT-ID.age    an app registration with its credential
//!     locks/                a file for every name that was ever locked, with the process id of its last holder
//! ```
//!
//! [`unlock::unlock`] finds the key and opens a [`Vault`]. Reading needs no lock. Changing goes through
//! [`LockedConnection`] and [`LockedApp`], which other processes wait for: read again, change, save. Everything blocks;
//! a caller with an event loop calls from a thread.

mod emergency;
mod error;
mod file;
mod inner;
mod key_change;
mod key_page;
mod keyring;
mod keys;
mod listing;
mod lock;
mod locked;
mod merge;
mod order;
mod place;
mod record;
mod seal;
mod seen;
mod settings;
mod shelves;
mod stamp;
mod store;
pub mod unlock;
mod watched;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

pub use emergency::TakenIn;
pub use error::{ErrorKind, Reason, RecipientFault, VaultError};
pub use key_change::{LeftDamaged, Successor};
pub(crate) use listing::in_parallel;
pub use listing::{DamagedRecord, Listing};
pub use locked::{LockedApp, LockedConnection, ReservedName};
pub use order::{LockOrders, Mark};
pub use seal::{Identity, WorkFactor};
pub use seen::Restored;
pub use settings::Recipient;
pub use shelves::{EmergencyPlaces, Lasts, NoCopy};
pub use stamp::Known;
pub use store::Presence;
pub use watched::{Watching, is_watched};

use crate::domain::secret::Passphrase;
use crate::domain::{AppRegistration, ClientId, Connection, ConnectionId, ConnectionName};
use inner::Inner;
use place::Place;
use seal::OpenError;
use settings::Key;
use store::Store;

/// How long a person or a script waits for another process that renews the same connection.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What will open a new vault.
#[derive(Debug, Clone)]
pub enum Protection {
    /// A passphrase; a key file may be written later.
    Passphrase(Passphrase),
    /// A key file, which is made here and must not exist yet.
    NewKeyFile(PathBuf),
}

/// An open vault. Clones are the same vault.
#[derive(Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

impl Vault {
    /// Tells whether a vault is in `dir`, without opening it.
    ///
    /// # Errors
    ///
    /// If others may read or change it, if it belongs to somebody else, or if it stands behind an untrusted link.
    pub fn presence(dir: &Path) -> Result<Presence, VaultError> {
        Store::new(dir).presence()
    }

    /// Makes a vault in `dir`, never over another one.
    pub fn init(dir: &Path, protection: &Protection, work_factor: WorkFactor) -> Result<Self, VaultError> {
        // Asked before anything is made or a second of work is spent, and again under the lock.
        check_absent(&Store::new(dir))?;
        let identity = Identity::generate();
        match protection {
            Protection::Passphrase(passphrase) => {
                let sealed = seal::seal_identity(&identity, passphrase, work_factor);
                Self::make(dir, &identity, Some(&sealed))
            }
            Protection::NewKeyFile(path) => {
                file::write_new(path, identity.to_key_file().as_bytes())?;
                Self::make(dir, &identity, None).inspect_err(|_| file::take_back(path))
            }
        }
    }

    /// Makes a vault that ends with this process: its identity is nowhere but in memory.
    pub fn init_ephemeral(dir: &Path) -> Result<Self, VaultError> {
        Self::make(dir, &Identity::generate(), None)
    }

    fn make(dir: &Path, identity: &Identity, sealed_identity: Option<&[u8]>) -> Result<Self, VaultError> {
        let store = Store::new(dir);
        // An unsafe place stays as it is.
        check_absent(&store)?;
        store.make_directories()?;
        let lock = store.lock(&Place::Settings, PATIENCE)?;
        check_absent(&store)?;
        if let Some(sealed) = sealed_identity {
            store.draft(&Place::Identity, &lock)?.replace(sealed)?;
        }
        let key = Key::new(identity);
        // Last, because a vault counts as made when its settings are there.
        store.draft(&Place::Settings, &lock)?.replace(&key.on_disk)?;
        store.settle(&Place::Settings)?;
        Ok(Self::of(store, key))
    }

    fn of(store: Store, key: Key) -> Self {
        Self { inner: Arc::new(Inner::new(store, key)) }
    }

    /// The text of a file of the person's that holds a key. Refused where others may read it.
    pub fn read_key_of_person(path: &Path) -> Result<Zeroizing<String>, VaultError> {
        file::read_key(path, file::Guard::OwnerOnly)
    }

    /// Opens with the identity itself, which is proved against the settings: the vault's own, or a recipient's. What an
    /// interrupted change of the key has left goes on, as far as it can.
    pub fn open(dir: &Path, identity: &Identity) -> Result<Self, VaultError> {
        let store = Store::new(dir);
        match store.presence()? {
            Presence::Absent => Err(VaultError::Absent(dir.to_owned())),
            Presence::Present { .. } => Self::open_found(store, identity),
        }
    }

    /// Opens what [`Store::presence`] has looked at already. Nothing is listed and nothing made: a script that asks for one
    /// token waits for neither.
    fn open_found(store: Store, identity: &Identity) -> Result<Self, VaultError> {
        let key = Key::open(&store, identity)?;
        let goes_on = key.is_unfinished() || store.has_next_identity();
        let vault = Self::of(store, key);
        if goes_on {
            // Where another process is at it, or the disk is full, it stays as it is: all records open.
            let _ = key_change::complete(&vault.inner);
        }
        Ok(vault)
    }

    /// Opens with the passphrase.
    pub fn open_with_passphrase(dir: &Path, passphrase: &Passphrase) -> Result<Self, VaultError> {
        let store = Store::new(dir);
        match store.presence()? {
            Presence::Absent => Err(VaultError::Absent(dir.to_owned())),
            Presence::Present { passphrase: false } => Err(VaultError::NoPassphrase(dir.to_owned())),
            Presence::Present { passphrase: true } => Self::open_found_with_passphrase(&store, passphrase),
        }
    }

    fn open_found_with_passphrase(store: &Store, passphrase: &Passphrase) -> Result<Self, VaultError> {
        let behind =
            |place| Self::open_found(store.clone(), &Self::identity_behind(store, place, passphrase)?);
        match behind(&Place::Identity) {
            // The passphrase leads to the next key as well, which alone can finish the change.
            Ok(vault) if vault.inner.key()?.settings.next_owner.is_some() => {
                behind(&Place::NextIdentity).or(Ok(vault))
            }
            // Or to the next one alone, where that has not taken the place of the former one yet.
            Err(error) if error.kind() == ErrorKind::WrongKey || !store.has_identity() => {
                behind(&Place::NextIdentity).map_err(|next| match next {
                    VaultError::KeyChangeUnfinished(_) => next,
                    _ if store.has_next_identity() && !store.has_identity() => next,
                    _ => error,
                })
            }
            opened => opened,
        }
    }

    fn identity_behind(
        store: &Store,
        place: &Place,
        passphrase: &Passphrase,
    ) -> Result<Identity, VaultError> {
        let missing = || VaultError::NoPassphrase(store.dir().to_owned());
        let sealed = store.read(place)?.ok_or_else(missing)?;
        seal::open_identity(&sealed, passphrase).map_err(|error| match error {
            OpenError::WrongKey => VaultError::WrongPassphrase,
            other => VaultError::damaged(&store.path(place), other),
        })
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        self.inner.store.dir()
    }

    /// Tells this vault from others in notes that are kept outside of it; no secret.
    pub fn id(&self) -> &str {
        &self.inner.vault_id
    }

    /// From now on the highest generation of each connection is noted below `directory`, best effort: outside of the vault,
    /// where a backup of it does not reach.
    pub fn note_generations_in(&self, directory: Option<&Path>) {
        if let Some(directory) = directory {
            self.inner.note_generations_in(directory);
        }
    }

    /// From now on what cannot be saved is kept in one of these places, sealed, and taken in from there.
    pub fn keep_emergency_copies_in(&self, places: &EmergencyPlaces) {
        self.inner.keep_emergency_copies_in(places);
    }

    /// Takes in what could not be saved before, waiting for the lock of each connection no longer than `patience`. Where
    /// there is nothing, this is a look at each place.
    pub fn take_in_emergency_copies(&self, patience: Duration) -> Vec<TakenIn> {
        emergency::take_in_all(self, patience)
    }

    /// The same for the copy of one connection alone.
    pub fn take_in_emergency_copy_of(&self, id: &ConnectionId, patience: Duration) -> Vec<TakenIn> {
        emergency::take_in_of(self, id, patience)
    }

    /// The record, which was just read, with what could not be saved of it so far; `None` if there is nothing newer. For
    /// reading alone: it is in no record.
    ///
    /// # Errors
    ///
    /// If a copy is there that cannot be read now.
    pub fn with_emergency_copy(&self, on_disk: &Connection) -> Result<Option<Connection>, VaultError> {
        Ok(emergency::with_copy(&self.inner, on_disk)?.map(|(newer, _)| newer))
    }

    /// Refuses to give away what is in a record, which was just read, while something newer waits outside of the vault.
    ///
    /// # Errors
    ///
    /// [`VaultError::Unsaved`], or why that cannot be told.
    pub fn check_nothing_waits(&self, on_disk: &Connection) -> Result<(), VaultError> {
        match emergency::with_copy(&self.inner, on_disk)? {
            Some((_, path)) => Err(VaultError::Unsaved { name: on_disk.name.to_string(), path }),
            None => Ok(()),
        }
    }

    /// Where this machine keeps notes of vaults, once that was told.
    pub fn notes_directory(&self) -> Option<&Path> {
        self.inner.notes_directory()
    }

    /// True if what could not be saved of this connection waits outside of the vault.
    pub fn has_emergency_copy(&self, id: &ConnectionId) -> bool {
        self.inner.shelves().is_some_and(|shelves| !shelves.copies_of(id).is_empty())
    }

    /// Tells whether a record is older than what was seen here: it was put back from a backup.
    pub fn restored(&self, connection: &Connection) -> Option<Restored> {
        self.inner.restored(connection)
    }

    /// Opens every record, in parallel. Of two connections with one id the higher generation is taken.
    pub fn listing(&self) -> Result<Listing, VaultError> {
        self.inner.listing()
    }

    /// Opens the records that are not known, and those whose files were replaced since; tells what is known now.
    pub fn listing_since(&self, known: &Known) -> Result<(Listing, Known), VaultError> {
        self.inner.listing_since(known)
    }

    /// The generation of a connection that is on disk, where this program has put it there: a look at the file from outside.
    pub fn saved_generation(&self, name: &ConnectionName) -> Option<u64> {
        self.inner.saved_generation(name)
    }

    /// Opens one connection, which is one file; case makes no difference.
    ///
    /// # Errors
    ///
    /// [`VaultError::NoSuchConnection`], or what is wrong with its record.
    pub fn connection(&self, name: &ConnectionName) -> Result<Connection, VaultError> {
        let missing = || VaultError::NoSuchConnection(name.to_string());
        let found = self.inner.read_in_any_case(name)?.ok_or_else(missing)?;
        self.inner.remember_if_new(&found.id, &found.name);
        Ok(found)
    }

    /// Opens one connection by its id, without a lock.
    pub fn connection_by_id(&self, id: &ConnectionId) -> Result<Connection, VaultError> {
        let missing = || VaultError::NoSuchConnection(id.as_str().to_owned());
        let remembered = self.inner.names().get(id).cloned();
        if let Some(name) = remembered
            && let Some(found) = self.inner.read_connection(&name)?.filter(|found| found.id == *id)
        {
            return Ok(found);
        }
        let name = self.inner.find(id)?.ok_or_else(missing)?;
        self.inner.read_connection(&name)?.ok_or_else(missing)
    }

    /// Opens one app registration; `None` if there is no record of it.
    pub fn app_registration(&self, id: &ClientId) -> Result<Option<AppRegistration>, VaultError> {
        self.inner.read_app(id)
    }

    /// Opens the app registration of a connection, as that connection uses it: with the secret that is proven for it.
    pub fn app_registration_of(
        &self,
        connection: &Connection,
    ) -> Result<Option<AppRegistration>, VaultError> {
        let app = self.app_registration(&connection.settings.client_id)?;
        Ok(app.map(|app| app.used_by(&connection.id)))
    }

    /// Makes the record of a new connection.
    ///
    /// # Errors
    ///
    /// [`VaultError::ConnectionExists`] if there is one of that name, in whatever case.
    pub fn create_connection(&self, connection: &Connection) -> Result<(), VaultError> {
        self.reserve_name(&connection.name)?.create(connection)
    }

    /// Keeps a free name for a connection that is about to be made.
    ///
    /// # Errors
    ///
    /// [`VaultError::ConnectionExists`] if there is one of that name, in whatever case.
    pub fn reserve_name(&self, name: &ConnectionName) -> Result<ReservedName, VaultError> {
        let lock = self.inner.lock(&Place::Connection(name.clone()), PATIENCE)?;
        self.inner.check_name_is_free(name)?;
        Ok(ReservedName::new(Arc::clone(&self.inner), lock, name.clone()))
    }

    /// Takes a connection's lock, waiting no longer than `patience`.
    ///
    /// # Errors
    ///
    /// [`VaultError::Busy`] with the process that holds it; [`VaultError::NoSuchConnection`] if it is gone.
    pub fn lock_connection(
        &self,
        id: &ConnectionId,
        patience: Duration,
    ) -> Result<LockedConnection, VaultError> {
        let missing = || VaultError::NoSuchConnection(id.as_str().to_owned());
        // Once by the name that is remembered, then by what the disk says, which another process may change again
        // between looking and locking.
        for _ in 0..3 {
            let name = self.inner.find(id)?.ok_or_else(missing)?;
            let lock = self.inner.lock(&Place::Connection(name.clone()), patience)?;
            match self.inner.read_connection(&name)? {
                Some(connection) if connection.id == *id => {
                    return Ok(LockedConnection::new(Arc::clone(&self.inner), lock, &connection));
                }
                _ => self.inner.forget(id),
            }
        }
        Err(missing())
    }

    /// Removes a connection whose record cannot be opened or read, and that only a person has given up.
    ///
    /// # Errors
    ///
    /// [`VaultError::ConnectionExists`] if the record can be read: then it goes by [`LockedConnection::remove`].
    pub fn remove_unreadable(&self, name: &ConnectionName, patience: Duration) -> Result<(), VaultError> {
        let place = Place::Connection(name.clone());
        let lock = self.inner.lock(&place, patience)?;
        match self.inner.read_connection(name) {
            Ok(Some(_)) => Err(VaultError::ConnectionExists(name.to_string())),
            Ok(None) => Err(VaultError::NoSuchConnection(name.to_string())),
            Err(VaultError::Damaged { .. }) => self.inner.store.remove(&place, &lock),
            // Loose permissions or a later format are no reason to lose what is in it.
            Err(error) => Err(error),
        }
    }

    /// Takes the lock of an app registration, there already or not yet, waiting no longer than `patience`.
    pub fn lock_app(&self, id: &ClientId, patience: Duration) -> Result<LockedApp, VaultError> {
        let lock = self.inner.lock(&Place::App(*id), patience)?;
        Ok(LockedApp::new(Arc::clone(&self.inner), lock, *id))
    }

    /// From now on an order to lock that was given since `mark` closes this vault.
    pub fn obey(&self, orders: LockOrders, mark: Mark) {
        self.inner.obey(orders, mark);
    }

    /// True if it obeys and an order was given.
    pub fn is_ordered_to_lock(&self) -> bool {
        self.inner.is_ordered_to_lock()
    }

    /// Closes it for all clones: the key leaves memory. Whoever holds a record, because a token is on its way, saves it
    /// first; with the last of them the key goes. Afterwards everything is answered with [`VaultError::Closed`].
    pub fn close(&self) {
        self.inner.close();
    }

    /// True once it is closed, or will be with the last record that somebody holds.
    pub fn is_closing(&self) -> bool {
        self.inner.is_closing()
    }
}

fn check_absent(store: &Store) -> Result<(), VaultError> {
    match store.presence()? {
        Presence::Absent => Ok(()),
        Presence::Present { .. } => Err(VaultError::VaultExists(store.dir().to_owned())),
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("dir", &self.dir()).finish_non_exhaustive()
    }
}
