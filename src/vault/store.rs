//! The vault's directory: the only file of this module that touches the disk.
//!
//! Directories are made 0700 and files 0600 by the call that makes them, so that they never are wider, whatever the
//! umask. What is opened is checked again: somebody may have loosened it. A record is replaced by renaming a
//! [`Draft`] over it, so that a reader finds the old bytes or the new ones, never anything between.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::process::geteuid;
use zeroize::Zeroizing;

use super::error::VaultError;
use crate::domain::{ClientId, ConnectionName};

const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;
const CONNECTIONS: &str = "connections";
const APPS: &str = "apps";
const LOCKS: &str = "locks";
/// How long a waiter sleeps between two tries for a lock.
const LOCK_STEP: Duration = Duration::from_millis(20);
/// No key file, passphrase file or record is longer; more is not read.
const LONGEST_FILE: u64 = 16 * 1024 * 1024;

/// One of the vault's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The identity, sealed with the passphrase.
    Identity,
    /// Vault id and extra recipients.
    Settings,
    /// A connection's record.
    Connection(ConnectionName),
    /// An app registration's record.
    App(ClientId),
}

impl Place {
    fn file(&self) -> PathBuf {
        match self {
            Self::Identity => "identity.age".into(),
            Self::Settings => "settings.age".into(),
            Self::Connection(name) => Path::new(CONNECTIONS).join(format!("{name}.age")),
            Self::App(id) => Path::new(APPS).join(format!("{id}.age")),
        }
    }

    /// Names begin with a letter or digit, so a dot tells a draft from a record.
    fn draft(&self) -> PathBuf {
        match self {
            Self::Identity => ".identity.tmp".into(),
            Self::Settings => ".settings.tmp".into(),
            Self::Connection(name) => Path::new(CONNECTIONS).join(format!(".{}.tmp", lower(name))),
            Self::App(id) => Path::new(APPS).join(format!(".{id}.tmp")),
        }
    }

    /// Names that differ in case only share a lock: they cannot both exist.
    fn lock(&self) -> PathBuf {
        Path::new(LOCKS).join(match self {
            Self::Identity | Self::Settings => "vault.lock".to_owned(),
            Self::Connection(name) => format!("{}.connection.lock", lower(name)),
            Self::App(id) => format!("{id}.app.lock"),
        })
    }

    fn label(&self) -> String {
        match self {
            Self::Identity | Self::Settings => "the vault".to_owned(),
            Self::Connection(name) => name.to_string(),
            Self::App(id) => format!("app registration {id}"),
        }
    }
}

fn lower(name: &ConnectionName) -> String {
    name.as_str().to_ascii_lowercase()
}

/// Whether a vault is in a directory, and how it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// There is none; one can be made.
    Absent,
    /// There is one.
    Present {
        /// False in a vault that only a key file opens.
        passphrase: bool,
    },
}

/// The directory of a vault.
#[derive(Debug, Clone)]
pub(super) struct Store {
    dir: PathBuf,
}

impl Store {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn path(&self, place: &Place) -> PathBuf {
        self.dir.join(place.file())
    }

    /// Looks whether a vault is here, and whether it is safe from others.
    pub(super) fn presence(&self) -> Result<Presence, VaultError> {
        if !check_vault_directory(&self.dir)? {
            return Ok(Presence::Absent);
        }
        let passphrase = self.check_file(&Place::Identity)?;
        if self.check_file(&Place::Settings)? {
            return Ok(Presence::Present { passphrase });
        }
        if self.connection_names()?.is_empty() && self.client_ids()?.is_empty() {
            return Ok(Presence::Absent);
        }
        Err(VaultError::damaged(&self.path(&Place::Settings), "it is missing beside sealed records"))
    }

    /// Makes the directories that are not there yet.
    pub(super) fn make_directories(&self) -> Result<(), VaultError> {
        make_directory(&self.dir)?;
        check_vault_directory(&self.dir)?;
        [CONNECTIONS, APPS, LOCKS].iter().try_for_each(|name| make_directory(&self.dir.join(name)))
    }

    /// The sealed bytes of a file; `None` if there is no such file.
    pub(super) fn read(&self, place: &Place) -> Result<Option<Vec<u8>>, VaultError> {
        let path = self.path(place);
        let Some(mut file) = open_if_there(&path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        read_checked(&mut file, &path, &mut bytes).map(|()| Some(bytes))
    }

    fn check_file(&self, place: &Place) -> Result<bool, VaultError> {
        let path = self.path(place);
        let Some(file) = open_if_there(&path)? else { return Ok(false) };
        check_metadata(&path, &metadata(&file, &path)?, FILE_MODE).map(|()| true)
    }

    /// The names of all connections for which there is a file, in no order.
    pub(super) fn connection_names(&self) -> Result<Vec<ConnectionName>, VaultError> {
        Ok(self.stems(CONNECTIONS)?.iter().filter_map(|stem| ConnectionName::parse(stem)).collect())
    }

    /// The ids of all app registrations for which there is a file, in no order.
    pub(super) fn client_ids(&self) -> Result<Vec<ClientId>, VaultError> {
        Ok(self.stems(APPS)?.iter().filter_map(|stem| ClientId::parse(stem)).collect())
    }

    fn stems(&self, directory: &str) -> Result<Vec<String>, VaultError> {
        let names = file_names(&self.dir.join(directory))?;
        Ok(names.iter().filter_map(|name| name.strip_suffix(".age")).map(str::to_owned).collect())
    }

    /// Takes the lock of a file, waiting no longer than `patience`. The lock file stays for ever: deleting it would let
    /// two processes hold two locks of one name.
    pub(super) fn lock(&self, place: &Place, patience: Duration) -> Result<Lock, VaultError> {
        let path = self.dir.join(place.lock());
        let options = private(OpenOptions::new().read(true).write(true).create(true).truncate(false)).clone();
        let mut file = options.open(&path).map_err(|e| VaultError::io("open", &path, &e))?;
        grant_owner(&file, &path)?;
        // Counted in steps rather than by a clock: reading clocks belongs to the runtime.
        let mut steps = patience.as_millis() / LOCK_STEP.as_millis();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(VaultError::io("lock", &path, &error)),
                Err(TryLockError::WouldBlock) if steps == 0 => {
                    return Err(VaultError::Busy { what: place.label(), pid: read_pid(&mut file) });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(LOCK_STEP),
            }
            steps -= 1;
        }
        write_pid(&mut file);
        Ok(Lock { file })
    }

    /// Begins to replace a file. The lock is asked for as the proof that nobody else does the same.
    pub(super) fn draft(&self, place: &Place, _lock: &Lock) -> Result<Draft, VaultError> {
        let path = self.dir.join(place.draft());
        // Left behind by a process that was killed: whoever holds the lock now owns the name.
        remove_if_there(&path)?;
        let file = create_private(&path)?;
        Ok(Draft { file, path, target: self.path(place), state: DraftState::Open })
    }

    /// Makes a finished rename or removal last.
    pub(super) fn settle(&self, place: &Place) -> Result<(), VaultError> {
        sync_parent(&self.path(place))
    }

    /// Removes a file; one that is not there counts as removed.
    pub(super) fn remove(&self, place: &Place, _lock: &Lock) -> Result<(), VaultError> {
        remove_if_there(&self.path(place))?;
        self.settle(place)
    }

    /// Makes directories that a backup did not bring along, and removes what killed processes left behind, where nobody
    /// works on it. A vault that cannot be written to opens all the same, so nothing here is an error.
    pub(super) fn tidy(&self) {
        let _ = self.make_directories();
        let leftovers = |directory| {
            let names = file_names(&self.dir.join(directory)).unwrap_or_default();
            names
                .into_iter()
                .filter_map(|name| Some(name.strip_prefix('.')?.strip_suffix(".tmp")?.to_owned()))
        };
        let connections =
            leftovers(CONNECTIONS).filter_map(|stem| ConnectionName::parse(&stem)).map(Place::Connection);
        let apps = leftovers(APPS).filter_map(|stem| ClientId::parse(&stem)).map(Place::App);
        let vault = [Place::Identity, Place::Settings]
            .into_iter()
            .filter(|place| self.dir.join(place.draft()).exists());
        for place in connections.chain(apps).chain(vault) {
            if let Ok(_lock) = self.lock(&place, Duration::ZERO) {
                let _ = remove_if_there(&self.dir.join(place.draft()));
            }
        }
    }
}

/// A held lock; dropping it releases it, and so does the end of the process, however it comes.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing would not do: a program just started elsewhere in this process shares the open file until its `exec`.
        let _ = self.file.unlock();
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DraftState {
    Open,
    Renamed,
}

/// A file beside the one that it will replace. Dropped before that, it is removed.
#[derive(Debug)]
pub(super) struct Draft {
    file: File,
    path: PathBuf,
    target: PathBuf,
    state: DraftState,
}

impl Draft {
    /// Proves that the disk takes these bytes; they are overwritten by [`Draft::replace`].
    pub(super) fn prove(&mut self, filler: &[u8]) -> Result<(), VaultError> {
        self.write(filler)
    }

    /// Puts `bytes` in the place of the old file, which is untouched where this fails.
    pub(super) fn replace(mut self, bytes: &[u8]) -> Result<(), VaultError> {
        self.write(bytes)?;
        fs::rename(&self.path, &self.target).map_err(|e| VaultError::io("replace", &self.target, &e))?;
        self.state = DraftState::Renamed;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        let written = (|| {
            self.file.rewind()?;
            self.file.write_all(bytes)?;
            self.file.set_len(bytes.len() as u64)?;
            self.file.sync_all()
        })();
        written.map_err(|e| VaultError::io("write", &self.path, &e))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.state == DraftState::Open {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// How far the permissions of a file with a key or passphrase are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// The owner alone may read it.
    OwnerOnly,
    /// Its directory guards it: systemd opens credentials to the service by an access list, which shows as group bits.
    Directory,
}

/// The text of a file with a key or a passphrase.
pub(super) fn read_key(path: &Path, guard: Guard) -> Result<Zeroizing<String>, VaultError> {
    let unreadable = |e: &io::Error| VaultError::KeyUnreadable { path: path.to_owned(), reason: e.into() };
    let file = File::open(path).map_err(|e| unreadable(&e))?;
    let metadata = file.metadata().map_err(|e| unreadable(&e))?;
    if guard == Guard::OwnerOnly {
        check_metadata(path, &metadata, FILE_MODE)?;
    }
    // Read into room enough, so that no copy is left behind by growing; 64 KiB are plenty for a key.
    let mut text = Zeroizing::new(String::with_capacity(64 * 1024));
    file.take(64 * 1024).read_to_string(&mut text).map_err(|e| unreadable(&e))?;
    Ok(text)
}

/// True if there is such a file.
pub(super) fn is_there(path: &Path) -> bool {
    path.exists()
}

/// Makes a file that was not there, for the owner alone.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let mut file = create_private(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // A part of a key is no key, and its name must be free for the next try.
        let _ = fs::remove_file(path);
        return Err(VaultError::io("write", path, &error));
    }
    sync_parent(path)
}

/// Takes back a file that was just made and is of no use, because what follows it failed.
pub(super) fn take_back(path: &Path) {
    let _ = fs::remove_file(path);
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(FILE_MODE).custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
}

fn create_private(path: &Path) -> Result<File, VaultError> {
    let opened = private(OpenOptions::new().write(true).create_new(true)).open(path);
    let file = opened.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => VaultError::FileExists(path.to_owned()),
        _ => VaultError::io("make", path, &error),
    })?;
    grant_owner(&file, path).map(|()| file)
}

/// A umask may have taken the owner's own bits; they are given back, and never a bit to anybody else.
fn grant_owner(file: &File, path: &Path) -> Result<(), VaultError> {
    let mode = metadata(file, path)?.mode() & 0o777;
    if mode & FILE_MODE == FILE_MODE {
        return Ok(());
    }
    let granted = file.set_permissions(Permissions::from_mode(FILE_MODE));
    granted.map_err(|e| VaultError::io("make", path, &e))
}

fn make_directory(path: &Path) -> Result<(), VaultError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_directory(parent)?;
    }
    let failed = |e: &io::Error| VaultError::io("make", path, e);
    match DirBuilder::new().mode(DIRECTORY_MODE).create(path) {
        Ok(()) => {}
        // Another process was quicker; what it made is checked like everything else.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => return Ok(()),
        Err(error) => return Err(failed(&error)),
    }
    let mode = fs::symlink_metadata(path).map_err(|e| failed(&e))?.mode() & 0o777;
    if mode != DIRECTORY_MODE {
        fs::set_permissions(path, Permissions::from_mode(DIRECTORY_MODE)).map_err(|e| failed(&e))?;
    }
    sync_parent(path)
}

/// False if there is nothing; an error if there is something that is no safe directory.
fn check_vault_directory(dir: &Path) -> Result<bool, VaultError> {
    let found = |e: io::Error| match e.kind() {
        io::ErrorKind::NotFound => Ok(false),
        io::ErrorKind::NotADirectory => Err(VaultError::NotADirectory(dir.to_owned())),
        _ => Err(VaultError::io("look at", dir, &e)),
    };
    let link = match fs::symlink_metadata(dir) {
        Ok(metadata) => metadata.is_symlink(),
        Err(error) => return found(error),
    };
    if link && parent(dir).metadata().is_ok_and(|parent| parent.mode() & 0o002 != 0) {
        return Err(VaultError::UntrustedLink(dir.to_owned()));
    }
    let metadata = match fs::metadata(dir) {
        Ok(metadata) => metadata,
        Err(error) => return found(error),
    };
    if !metadata.is_dir() {
        return Err(VaultError::NotADirectory(dir.to_owned()));
    }
    check_metadata(dir, &metadata, DIRECTORY_MODE).map(|()| true)
}

fn check_metadata(path: &Path, metadata: &Metadata, wanted: u32) -> Result<(), VaultError> {
    if metadata.uid() != geteuid().as_raw() {
        return Err(VaultError::ForeignOwner { path: path.to_owned(), uid: metadata.uid() });
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(VaultError::UnsafePermissions { path: path.to_owned(), mode, wanted });
    }
    Ok(())
}

fn open_if_there(path: &Path) -> Result<Option<File>, VaultError> {
    match private(OpenOptions::new().read(true)).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(VaultError::io("open", path, &error)),
    }
}

fn read_checked(file: &mut File, path: &Path, bytes: &mut Vec<u8>) -> Result<(), VaultError> {
    let metadata = metadata(file, path)?;
    check_metadata(path, &metadata, FILE_MODE)?;
    bytes.reserve(metadata.len().min(LONGEST_FILE) as usize + 1);
    let read = file.take(LONGEST_FILE).read_to_end(bytes);
    read.map(drop).map_err(|e| VaultError::io("read", path, &e))
}

fn metadata(file: &File, path: &Path) -> Result<Metadata, VaultError> {
    file.metadata().map_err(|e| VaultError::io("look at", path, &e))
}

fn remove_if_there(path: &Path) -> Result<(), VaultError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(VaultError::io("remove", path, &error)),
        _ => Ok(()),
    }
}

fn file_names(directory: &Path) -> Result<Vec<String>, VaultError> {
    let failed = |e: &io::Error| VaultError::io("read", directory, e);
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(&error)),
    };
    let name = |entry: io::Result<fs::DirEntry>| entry.map(|entry| entry.file_name());
    let names = entries.map(name).collect::<io::Result<Vec<_>>>().map_err(|e| failed(&e))?;
    Ok(names.iter().filter_map(|name| OsStr::to_str(name)).map(str::to_owned).collect())
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_parent(path: &Path) -> Result<(), VaultError> {
    let directory = parent(path);
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|e| VaultError::io("write", directory, &e))
}
