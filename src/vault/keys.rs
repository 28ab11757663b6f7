//! Who opens a vault: its key files, passphrase, recipients, and the kernel's keyring.

use std::path::Path;
use std::time::Duration;

use crate::domain::secret::Passphrase;

use super::settings::{Recipient, Role};
use super::{LeftDamaged, Successor, Vault, VaultError, WorkFactor, file, key_change, keyring};

impl Vault {
    /// Writes the identity in clear, in age's key-file format, for the owner alone; never over another file.
    ///
    /// # Errors
    ///
    /// [`VaultError::RecoveryKey`] where a recipient's key opened the vault: its own is not known then.
    pub fn write_key_file(&self, path: &Path) -> Result<(), VaultError> {
        let key = self.inner.keep_up()?;
        match key.role {
            Role::Owner | Role::NextOwner => file::write_new(path, key.identity().to_key_file().as_bytes()),
            Role::Recovery => Err(VaultError::RecoveryKey(self.dir().to_owned())),
        }
    }

    /// Seals the identity with another passphrase, or gives a passphrase to a vault that had none. Where a recipient's key
    /// opened the vault, it is given a new identity as well.
    pub fn set_passphrase(&self, passphrase: &Passphrase, work_factor: WorkFactor) -> Result<(), VaultError> {
        key_change::set_passphrase(&self.inner, passphrase, work_factor)
    }

    /// Who opens every record beside the vault's own identity.
    pub fn recipients(&self) -> Result<Vec<Recipient>, VaultError> {
        Ok(self.inner.keep_up()?.recipients())
    }

    /// Seals every record for one more public key, from now on and at once.
    ///
    /// # Errors
    ///
    /// [`VaultError::RecipientExists`]; [`VaultError::Busy`] where others hold records too long: then it goes on when the
    /// vault is opened next.
    pub fn add_recipient(&self, recipient: &Recipient) -> Result<LeftDamaged, VaultError> {
        key_change::add_recipient(&self.inner, recipient)
    }

    /// Takes the recipient of that name or public key away: the vault gets a new identity, and every record is sealed
    /// anew. This handle opens nothing afterwards, nor does any key file.
    ///
    /// # Errors
    ///
    /// [`VaultError::UnsavedUnderThisKey`] while an emergency copy waits.
    pub fn remove_recipient(&self, which: &str, successor: &Successor) -> Result<LeftDamaged, VaultError> {
        key_change::change_key(&self.inner, Some(which), successor)
    }

    /// Gives the vault a new identity and seals every record anew. This handle opens nothing afterwards, nor does any key
    /// file; extra recipients stay. Fails as [`Vault::remove_recipient`] does.
    pub fn change_key(&self, successor: &Successor) -> Result<LeftDamaged, VaultError> {
        key_change::change_key(&self.inner, None, successor)
    }

    /// Compares the key with what the settings say now.
    ///
    /// # Errors
    ///
    /// [`VaultError::KeyChanged`] where it opens nothing any more.
    pub fn check_key(&self) -> Result<(), VaultError> {
        self.inner.keep_up().map(drop)
    }

    /// True if a change of the key was interrupted and could not be finished so far.
    pub fn is_key_change_unfinished(&self) -> bool {
        self.inner.key().is_ok_and(|key| key.is_unfinished())
    }

    /// True if the key is kept out of swap; this user may lock no memory otherwise.
    pub fn is_key_locked_in_memory(&self) -> bool {
        self.inner.key().is_ok_and(|key| key.identity().is_locked_in_memory())
    }

    /// Leaves the identity with the kernel for as long as `life`, so that this user's processes open the vault unasked.
    /// `since_boot` is now: the end goes with the key, counted from boot, which no setting of the clock moves.
    pub fn remember_in_keyring(&self, life: Duration, since_boot: Duration) -> Result<(), VaultError> {
        keyring::remember(self.dir(), self.inner.keep_up()?.identity(), life, since_boot)
    }

    /// Takes the identity back from the kernel; tells whether it was there.
    pub fn forget_keyring(dir: &Path) -> Result<bool, VaultError> {
        keyring::forget(dir)
    }
}
