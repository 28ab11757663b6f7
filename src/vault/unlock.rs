//! Finding the key of a vault: the order of sources, from the one named explicitly to asking a person.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::VaultError;
use super::file::{self, Guard};
use super::keyring::{self, Remembered};
use super::seal::Identity;
use super::store::{Presence, Store};
use super::{EmergencyPlaces, LockOrders, Mark, Vault};
use crate::domain::secret::Passphrase;

/// The name under which systemd hands a key over (`LoadCredential=tokengauge-key:…`).
pub const CREDENTIAL: &str = "tokengauge-key";

/// Where a key may come from. Values only: reading options and the environment is the caller's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// `--key-file` or `TOKENGAUGE_KEY_FILE`.
    pub key_file: Option<PathBuf>,
    /// `CREDENTIALS_DIRECTORY`, which systemd sets for a service, whether or not our credential is in it.
    pub credentials_directory: Option<PathBuf>,
    /// `TOKENGAUGE_PASSPHRASE_FILE`.
    pub passphrase_file: Option<PathBuf>,
    /// Whether the kernel's keyring is asked.
    pub keyring: Keyring,
    /// Where this machine notes what it has seen of vaults: `$XDG_STATE_HOME/tokengauge`.
    pub notes: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`: where what cannot be saved is kept, sealed; else beside the notes.
    pub runtime_directory: Option<PathBuf>,
    /// Where it usually is: looked at where `XDG_RUNTIME_DIR` is not set.
    pub usual_runtime_directory: Option<PathBuf>,
    /// How long this machine has been up: the end of a key in the keyring is counted so.
    pub since_boot: Duration,
}

impl Sources {
    /// Tells an open vault where this machine keeps what belongs to it outside of it.
    pub fn introduce(&self, vault: &Vault) {
        vault.note_generations_in(self.notes.as_deref());
        vault.keep_emergency_copies_in(&EmergencyPlaces {
            runtime: self.runtime_directory.clone(),
            state: self.notes.clone(),
            usual_runtime: self.usual_runtime_directory.clone().filter(|_| self.runtime_directory.is_none()),
        });
    }
}

/// Where a session of this user's keeps what ends with it.
pub fn usual_runtime_directory() -> PathBuf {
    file::usual_runtime_directory()
}

/// Whether the kernel's keyring is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keyring {
    /// It is.
    #[default]
    Asked,
    /// It is not: the demo and the tests keep to themselves.
    Left,
}

/// Where the key came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A key file.
    KeyFile(PathBuf),
    /// A credential of the service.
    SystemdCredential,
    /// A file with the passphrase.
    PassphraseFile(PathBuf),
    /// The kernel's keyring.
    Keyring {
        /// When it is to be given back, counted from boot.
        until: Duration,
    },
    /// A person typed the passphrase.
    Prompt,
}

impl KeySource {
    /// True for a key that was given for some hours, and is taken away by an order to lock. What lies beside the program
    /// would open the vault again at once; [`super::LockOrders`] tells more.
    pub fn is_given_for_hours(&self) -> bool {
        matches!(self, Self::Keyring { .. } | Self::Prompt)
    }
}

/// What came of looking for the key.
#[derive(Debug)]
pub enum Unlocked {
    /// The vault is open.
    Open(Vault, KeySource),
    /// Only a passphrase is left to try: the caller asks for it, or ends.
    NeedsPassphrase,
}

/// Opens the vault with the first source there is: key file, systemd credential, passphrase file, kernel keyring.
///
/// # Errors
///
/// Those of a source that was named and did not work: none after it is tried. [`VaultError::NoKey`] where no source is
/// left and the vault has no passphrase. A key in the kernel's keyring that does not fit is passed over.
pub fn unlock(dir: &Path, sources: &Sources) -> Result<Unlocked, VaultError> {
    let unlocked = unlock_with(dir, sources)?;
    if let Unlocked::Open(vault, _) = &unlocked {
        sources.introduce(vault);
    }
    Ok(unlocked)
}

fn unlock_with(dir: &Path, sources: &Sources) -> Result<Unlocked, VaultError> {
    // Looked at once, and before any key is.
    let store = Store::new(dir);
    let Presence::Present { passphrase } = store.presence()? else {
        return Err(VaultError::Absent(dir.to_owned()));
    };
    if let Some(path) = &sources.key_file {
        return open_with_key(store, path, Guard::OwnerOnly, KeySource::KeyFile(path.clone()));
    }
    if let Some(path) = sources.credentials_directory.as_ref().map(|dir| dir.join(CREDENTIAL))
        && file::is_there(&path)
    {
        return open_with_key(store, &path, Guard::Directory, KeySource::SystemdCredential);
    }
    if let Some(path) = &sources.passphrase_file {
        let text = read_passphrase(path)?;
        if !passphrase {
            return Err(VaultError::NoPassphrase(dir.to_owned()));
        }
        let vault = Vault::open_found_with_passphrase(&store, &text)?;
        return Ok(Unlocked::Open(vault, KeySource::PassphraseFile(path.clone())));
    }
    if let Some((vault, until)) = open_with_keyring(&store, sources) {
        return Ok(Unlocked::Open(vault, KeySource::Keyring { until }));
    }
    if passphrase { Ok(Unlocked::NeedsPassphrase) } else { Err(VaultError::NoKey(dir.to_owned())) }
}

fn open_with_key(store: Store, path: &Path, guard: Guard, source: KeySource) -> Result<Unlocked, VaultError> {
    let text = file::read_key(path, guard)?;
    let identity =
        Identity::parse(&text).map_err(|fault| VaultError::KeyUnusable { path: path.to_owned(), fault })?;
    Ok(Unlocked::Open(Vault::open_found(store, &identity)?, source))
}

fn open_with_keyring(store: &Store, sources: &Sources) -> Option<(Vault, Duration)> {
    if sources.keyring == Keyring::Left {
        return None;
    }
    // Before the key is got: an order that comes while the vault is being opened is heard.
    let (orders, mark) = orders(store.dir(), sources);
    let Remembered { identity, until } = keyring::recall(store.dir(), sources.since_boot)?;
    let vault = Vault::open_found(store.clone(), &identity).ok()?;
    vault.obey(orders, mark);
    Some((vault, until))
}

/// Opens the vault with the passphrase that a person typed.
///
/// # Errors
///
/// As [`Vault::open_with_passphrase`].
pub fn unlock_with_passphrase(
    dir: &Path,
    sources: &Sources,
    passphrase: &Passphrase,
) -> Result<Vault, VaultError> {
    let (orders, mark) = orders(dir, sources);
    let vault = Vault::open_with_passphrase(dir, passphrase)?;
    vault.obey(orders, mark);
    sources.introduce(&vault);
    Ok(vault)
}

fn orders(dir: &Path, sources: &Sources) -> (LockOrders, Mark) {
    let orders = LockOrders::of(dir, sources.notes.as_deref());
    let mark = orders.mark();
    (orders, mark)
}

/// The passphrase in a file: its first line, blanks included.
///
/// # Errors
///
/// If others may read the file, or nothing is in it.
pub fn read_passphrase(path: &Path) -> Result<Passphrase, VaultError> {
    let text = file::read_key(path, Guard::OwnerOnly)?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Passphrase::new(line)),
        _ => Err(VaultError::KeyUnusable {
            path: path.to_owned(),
            fault: "holds no passphrase in its first line",
        }),
    }
}
