//! Changing who opens a vault: extra recipients, another identity.
//!
//! Every step is one file replaced, and after each of them the vault opens and every record with it:
//!
//! 1. The next identity is written, behind the passphrase (`identity-next.age`) or as a key file. It opens nothing yet.
//! 2. The settings name both keys, and are sealed for both. Whoever saves from now on seals for both.
//! 3. Every record is sealed anew, for both.
//! 4. The settings name the next key alone: whoever still holds the former one is told so, before it asks for a token.
//!    They say as well that `identity-next.age` is the vault's own by now, and the passphrase leads to it.
//! 5. `identity-next.age` takes the place of `identity.age`.
//! 6. Every record is sealed anew, for the next key alone.
//! 7. The settings say that this is done.
//!
//! What is interrupted goes on when the vault is opened with the next key: from step 2 on the passphrase leads to it. An
//! extra recipient is added by the steps 4, 6 and 7. Steps 2, 4 and 7 wait until nobody holds a record, and step
//! 2 refuses while what could not be saved waits outside of the vault, sealed for the former key alone. Up to step 4 whoever
//! opens the vault with another key than the next one may give the change up: `identity.age` is the former one still.

use std::path::PathBuf;
use std::time::Duration;

use super::emergency::refuse_copies;
use super::error::VaultError;
use super::inner::Inner;
use super::listing::in_parallel;
use super::lock::{Hold, Lock};
use super::place::Place;
use super::record::{RecipientRecord, VaultSettings};
use super::seal::{self, Identity, OpenError, WorkFactor};
use super::settings::{self, Key, Recipient, Role, keep_for};
use super::store::{Presence, Store};
use super::{PATIENCE, file};
use crate::domain::secret::Passphrase;

/// How long a change waits for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Haste {
    /// A person has asked for the change.
    Patient,
    /// The vault is opened for something else.
    AtOnce,
}

impl Haste {
    /// Until one record is free.
    fn for_a_record(self) -> Duration {
        match self {
            Self::Patient => PATIENCE,
            Self::AtOnce => Duration::ZERO,
        }
    }

    /// Until nobody holds any record: the longest request and its retries.
    fn for_all_records(self) -> Duration {
        match self {
            Self::Patient => Duration::from_secs(60),
            Self::AtOnce => Duration::ZERO,
        }
    }
}

/// What opens the vault once its key was changed.
#[derive(Debug, Clone)]
pub enum Successor {
    /// A passphrase, the former one or another.
    Passphrase(Passphrase, WorkFactor),
    /// A key file, which is made here and must not exist yet; only where there is no passphrase.
    NewKeyFile(PathBuf),
}

/// Records that were left as they are, because they are damaged.
pub type LeftDamaged = Vec<PathBuf>;

/// Seals every record for one more key from now on.
pub(super) fn add_recipient(vault: &Inner, recipient: &Recipient) -> Result<LeftDamaged, VaultError> {
    let guard = vault.store.lock(&Place::Settings, PATIENCE)?;
    let key = vault.keep_up()?;
    refuse_unfinished(vault, &key)?;
    let name = recipient.name();
    let taken = |own: &Recipient| own.is(recipient.key()) || (name.is_some() && own.name() == name);
    if recipient.key() == key.settings.owner || key.recipients().iter().any(taken) {
        return Err(VaultError::RecipientExists(name.unwrap_or(recipient.key()).to_owned()));
    }
    let mut settings = key.settings.clone();
    settings
        .recipients
        .push(RecipientRecord { key: recipient.key().to_owned(), name: recipient.name().map(str::to_owned) });
    settings.resealing = true;
    switch(vault, settings, &guard, Haste::Patient)?;
    finish_resealing(vault, &guard, Haste::Patient)
}

/// Gives the vault another identity, and takes the recipient that goes by `without` away.
pub(super) fn change_key(
    vault: &Inner,
    without: Option<&str>,
    successor: &Successor,
) -> Result<LeftDamaged, VaultError> {
    let guard = vault.store.lock(&Place::Settings, PATIENCE)?;
    vault.keep_up()?;
    end_unfinished(vault, &guard)?;
    let key = vault.key()?;
    let recipients = match without {
        Some(which) if !key.recipients().iter().any(|own| own.is(which)) => {
            return Err(VaultError::NoSuchRecipient(which.to_owned()));
        }
        Some(which) => {
            let stays = |own: &&RecipientRecord| own.key != which && own.name.as_deref() != Some(which);
            key.settings.recipients.iter().filter(stays).cloned().collect()
        }
        None => key.settings.recipients.clone(),
    };
    // Before anything is written or a second of work is spent, and again when nobody holds a record.
    refuse_copies(vault)?;
    let next = Identity::generate();
    write_successor(&vault.store, &next, successor, &guard)?;
    // Whoever recovers a vault does not have the identity that it had.
    let former_identity = (key.role == Role::Owner).then(|| keep_for(&next, key.identity()));
    let settings = VaultSettings {
        recipients,
        next_owner: Some(next.public().to_string()),
        former_identity,
        resealing: true,
        ..key.settings.clone()
    };
    // From this step on whatever is sealed opens with the next key too.
    let alone = vault.store.lock_key(Hold::Alone, Haste::Patient.for_all_records());
    let begun = alone.and_then(|alone| {
        refuse_copies(vault)?;
        put_settings(vault, settings, &guard, &alone)
    });
    if let Err(error) = begun {
        // Settings that are there already, though they may not last, name the next key.
        if settings::read(&vault.store).is_ok_and(|on_disk| on_disk == key.on_disk) {
            take_back_successor(&vault.store, successor, &guard);
        }
        return Err(error);
    }
    reseal(vault, Haste::Patient)?;
    let successor = Inner::new(vault.store.clone(), Key::of_next(&vault.store, &next)?);
    promote(&successor, &guard, Haste::Patient)
}

/// Goes on with what was interrupted, as far as the key that opened the vault can, and where nobody else is at it.
pub(super) fn complete(vault: &Inner) -> Result<(), VaultError> {
    let haste = Haste::AtOnce;
    let guard = vault.store.lock(&Place::Settings, haste.for_a_record())?;
    let key = vault.keep_up()?;
    match (key.role, &key.settings.next_owner) {
        (Role::NextOwner, _) => go_on(vault, &guard, haste).map(drop),
        // Only the next key can go on.
        (_, Some(_)) => Ok(()),
        (_, None) => {
            if !key.settings.promoting {
                vault.store.remove(&Place::NextIdentity, &guard)?;
            }
            if key.settings.resealing { finish_resealing(vault, &guard, haste).map(drop) } else { Ok(()) }
        }
    }
}

/// Seals the identity with another passphrase, or gives one to a vault that had none.
pub(super) fn set_passphrase(
    vault: &Inner,
    passphrase: &Passphrase,
    work_factor: WorkFactor,
) -> Result<(), VaultError> {
    if vault.keep_up()?.role == Role::Recovery {
        let successor = Successor::Passphrase(passphrase.clone(), work_factor);
        return change_key(vault, None, &successor).map(drop);
    }
    let guard = vault.store.lock(&Place::Identity, PATIENCE)?;
    vault.keep_up()?;
    // The next identity lies behind the passphrase that is given up now.
    end_unfinished(vault, &guard)?;
    let sealed = seal::seal_identity(vault.key()?.identity(), passphrase, work_factor);
    vault.store.draft(&Place::Identity, &guard)?.replace(&sealed)?;
    vault.store.settle(&Place::Identity)
}

/// While the key is changed, only the change itself may go on.
fn refuse_unfinished(vault: &Inner, key: &Key) -> Result<(), VaultError> {
    match key.settings.next_owner {
        Some(_) => Err(VaultError::KeyChangeUnfinished(vault.store.dir().to_owned())),
        None => Ok(()),
    }
}

fn write_successor(
    store: &Store,
    next: &Identity,
    successor: &Successor,
    guard: &Lock,
) -> Result<(), VaultError> {
    // Left by a change that never began: it must not become the vault's own in this one.
    store.remove(&Place::NextIdentity, guard)?;
    match successor {
        Successor::Passphrase(passphrase, work_factor) => {
            let sealed = seal::seal_identity(next, passphrase, *work_factor);
            store.draft(&Place::NextIdentity, guard)?.replace(&sealed)?;
            store.settle(&Place::NextIdentity)
        }
        Successor::NewKeyFile(_) if store.presence()? == (Presence::Present { passphrase: true }) => {
            Err(VaultError::HasPassphrase(store.dir().to_owned()))
        }
        Successor::NewKeyFile(path) => file::write_new(path, next.to_key_file().as_bytes()),
    }
}

/// Best effort: what stays opens nothing.
fn take_back_successor(store: &Store, successor: &Successor, guard: &Lock) {
    match successor {
        Successor::Passphrase(..) => {
            let _ = store.remove(&Place::NextIdentity, guard);
        }
        Successor::NewKeyFile(path) => file::take_back(path),
    }
}

/// Brings to an end what an earlier change has left, before another one begins.
fn end_unfinished(vault: &Inner, guard: &Lock) -> Result<(), VaultError> {
    let key = vault.key()?;
    match (key.role, &key.settings.next_owner) {
        (Role::NextOwner, _) => go_on(vault, guard, Haste::Patient).map(drop),
        // Only the next key, which is not at hand, could go on.
        (Role::Owner | Role::Recovery, Some(_)) => abandon(vault, guard),
        (_, None) if key.settings.promoting => finish_resealing(vault, guard, Haste::Patient).map(drop),
        (_, None) => Ok(()),
    }
}

/// From step 3 to the end; `vault` is open with the next key.
fn go_on(vault: &Inner, guard: &Lock, haste: Haste) -> Result<LeftDamaged, VaultError> {
    reseal(vault, haste)?;
    promote(vault, guard, haste)
}

/// Leaves the key as it was: not for the next key, for which alone some records may be sealed once it has gone on.
/// Records sealed for the next one as well are sealed anew at the next opening.
fn abandon(vault: &Inner, guard: &Lock) -> Result<(), VaultError> {
    let key = vault.key()?;
    if key.role == Role::NextOwner {
        return Err(VaultError::KeyChangeUnfinished(vault.store.dir().to_owned()));
    }
    let settings = VaultSettings { next_owner: None, former_identity: None, ..key.settings.clone() };
    switch(vault, settings, guard, Haste::Patient)?;
    vault.store.remove(&Place::NextIdentity, guard)
}

/// From both keys to the next alone, every record being sealed for it; `vault` is open with that.
fn promote(vault: &Inner, guard: &Lock, haste: Haste) -> Result<LeftDamaged, VaultError> {
    let key = vault.key()?;
    let settings = VaultSettings {
        owner: key.identity().public().to_string(),
        next_owner: None,
        former_identity: None,
        promoting: true,
        resealing: true,
        ..key.settings.clone()
    };
    switch(vault, settings, guard, haste)?;
    finish_resealing(vault, guard, haste)
}

/// From step 5 to the end.
fn finish_resealing(vault: &Inner, guard: &Lock, haste: Haste) -> Result<LeftDamaged, VaultError> {
    if vault.key()?.settings.promoting {
        vault.store.promote_identity(guard)?;
    }
    let damaged = reseal(vault, haste)?;
    let key = vault.key()?;
    // What a recipient cannot open is no damage where it is not sealed for it yet: its owner goes on.
    let resealing = key.role == Role::Recovery && !damaged.is_empty();
    let settings = VaultSettings { promoting: false, resealing, ..key.settings.clone() };
    switch(vault, settings, guard, haste).map(|()| damaged)
}

/// Replaces the settings while nobody holds a record.
fn switch(vault: &Inner, settings: VaultSettings, guard: &Lock, haste: Haste) -> Result<(), VaultError> {
    let alone = vault.store.lock_key(Hold::Alone, haste.for_all_records())?;
    put_settings(vault, settings, guard, &alone)
}

fn put_settings(
    vault: &Inner,
    settings: VaultSettings,
    guard: &Lock,
    _alone: &Lock,
) -> Result<(), VaultError> {
    let key = Key::sealing(vault.key()?.identity(), settings);
    vault.store.draft(&Place::Settings, guard)?.replace(&key.on_disk)?;
    vault.store.settle(&Place::Settings)?;
    vault.take_key(key);
    Ok(())
}

/// Seals every record anew, for all whom the settings name; tells which are damaged and were left.
fn reseal(vault: &Inner, haste: Haste) -> Result<LeftDamaged, VaultError> {
    let connections = vault.store.connection_names()?.into_iter().map(Place::Connection);
    let places = connections.chain(vault.store.client_ids()?.into_iter().map(Place::App)).collect::<Vec<_>>();
    let resealed = in_parallel(&places, |place| reseal_one(vault, place, haste));
    let mut damaged = Vec::new();
    for (place, resealed) in places.iter().zip(resealed) {
        if resealed? == Resealed::LeftDamaged {
            damaged.push(vault.store.path(place));
        }
    }
    // The renames of one directory last together.
    for kind in [true, false] {
        if let Some(place) = places.iter().find(|place| matches!(place, Place::App(_)) == kind) {
            vault.store.settle(place)?;
        }
    }
    Ok(damaged)
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resealed {
    Done,
    LeftDamaged,
}

/// Its plaintext stays as it is, to the last byte: no version of this program loses what another one has written.
fn reseal_one(vault: &Inner, place: &Place, haste: Haste) -> Result<Resealed, VaultError> {
    let lock = vault.store.lock(place, haste.for_a_record())?;
    // Removed or renamed meanwhile.
    let Some(sealed) = vault.store.read(place)? else { return Ok(Resealed::Done) };
    let key = vault.key()?;
    match key.sealer.open(&sealed) {
        Ok(plain) => {
            vault.store.draft(place, &lock)?.replace(&key.sealer.seal(&plain))?;
            Ok(Resealed::Done)
        }
        Err(OpenError::WrongKey | OpenError::Damaged | OpenError::TooDear) => Ok(Resealed::LeftDamaged),
    }
}
