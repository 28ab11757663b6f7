//! What the settings of a vault say: whose it is, and for whom every record is sealed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::error::{RecipientFault, VaultError};
use super::inner::unreadable;
use super::place::Place;
use super::record::{self, RecipientRecord, VaultSettings};
use super::seal::{Identity, OpenError, PublicKey, Sealer, open_with, seal_for};
use super::store::Store;

/// Somebody else who opens every record: an age public key, kept for recovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    key: String,
    name: Option<String>,
}

impl Recipient {
    /// Reads an age public key (`age1…`) and the name under which it is shown.
    ///
    /// # Errors
    ///
    /// If it is no such key, or a secret one, or the name cannot be shown.
    pub fn parse(key: &str, name: Option<&str>) -> Result<Self, RecipientFault> {
        let key = key.trim();
        if key.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
            return Err(RecipientFault::SecretKey);
        }
        let key = PublicKey::parse(key).ok_or(RecipientFault::NotAKey)?.to_string();
        let is_shown = |name: &str| {
            let printable = name.chars().all(|c| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric());
            printable && !name.trim().is_empty() && name.chars().count() <= 64
        };
        match name {
            Some(name) if !is_shown(name) => Err(RecipientFault::BadName),
            name => Ok(Self { key, name: name.map(|name| name.trim().to_owned()) }),
        }
    }

    /// Its public key, `age1…`.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The name under which it is shown.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// True if it goes by this key or name.
    pub(super) fn is(&self, which: &str) -> bool {
        self.key == which || self.name.as_deref() == Some(which)
    }
}

/// What the identity that opened the vault is to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The vault's own.
    Owner,
    /// The one that becomes its own: the change was interrupted.
    NextOwner,
    /// A recipient's.
    Recovery,
}

/// The settings as they were read, and what seals and opens by them.
pub(super) struct Key {
    pub(super) settings: VaultSettings,
    pub(super) sealer: Sealer,
    pub(super) role: Role,
    /// As it was on disk: tells whether it has changed since.
    pub(super) on_disk: Vec<u8>,
}

impl Key {
    /// Opens the settings.
    pub(super) fn open(store: &Store, identity: &Identity) -> Result<Self, VaultError> {
        Self::of(store, identity, read(store)?)
    }

    /// Opens the settings, which were read already.
    ///
    /// # Errors
    ///
    /// [`VaultError::KeyChangeUnfinished`] for a next owner who cannot open what the former one sealed.
    pub(super) fn of(store: &Store, identity: &Identity, on_disk: Vec<u8>) -> Result<Self, VaultError> {
        let key = Self::parse(store, identity, on_disk)?;
        if key.role == Role::NextOwner && key.settings.former_identity.is_none() {
            return Err(VaultError::KeyChangeUnfinished(store.dir().to_owned()));
        }
        Ok(key)
    }

    /// Opens the settings for a next owner, for whom every record is sealed by now.
    pub(super) fn of_next(store: &Store, next: &Identity) -> Result<Self, VaultError> {
        Self::parse(store, next, read(store)?)
    }

    fn parse(store: &Store, identity: &Identity, on_disk: Vec<u8>) -> Result<Self, VaultError> {
        let path = store.path(&Place::Settings);
        let json = open_with(identity, &on_disk).map_err(|error| match error {
            OpenError::WrongKey => VaultError::WrongKey(store.dir().to_owned()),
            other => VaultError::damaged(&path, other),
        })?;
        let mut settings = record::read_settings(&json).map_err(|fault| unreadable(&path, &fault))?;
        if settings.owner.is_empty() {
            // Where others open it too, nobody could tell whose it is, and would seal for himself alone.
            if !settings.recipients.is_empty() || settings.next_owner.is_some() {
                return Err(VaultError::damaged(&path, "field owner is missing beside other keys"));
            }
            settings.owner = identity.public().to_string();
        }
        let damaged = || VaultError::damaged(&path, "a public key in it is not usable");
        let (sealer, role) = parties(identity, &settings).ok_or_else(damaged)?;
        Ok(Self { settings, sealer, role, on_disk })
    }

    /// The settings of a vault that is just made.
    pub(super) fn new(identity: &Identity) -> Self {
        let settings = VaultSettings::new(identity.digest(), identity.public().to_string());
        Self::sealing(identity, settings)
    }

    /// These settings, sealed for all whom they name.
    pub(super) fn sealing(identity: &Identity, settings: VaultSettings) -> Self {
        let (sealer, role) = parties(identity, &settings).expect("keys were checked when they came in");
        let on_disk = sealer.seal(&record::write_settings(&settings));
        Self { settings, sealer, role, on_disk }
    }

    pub(super) fn identity(&self) -> &Identity {
        self.sealer.identity()
    }

    /// Those beside the owner.
    pub(super) fn recipients(&self) -> Vec<Recipient> {
        let shown = |own: &RecipientRecord| Recipient { key: own.key.clone(), name: own.name.clone() };
        self.settings.recipients.iter().map(shown).collect()
    }

    /// True if records may be sealed for others than they should be, or another key is on its way in.
    pub(super) fn is_unfinished(&self) -> bool {
        self.settings.resealing || self.settings.next_owner.is_some()
    }
}

/// The settings as they are on disk.
pub(super) fn read(store: &Store) -> Result<Vec<u8>, VaultError> {
    store.read(&Place::Settings)?.ok_or_else(|| VaultError::Absent(store.dir().to_owned()))
}

/// Keeps an identity for another one's eyes.
pub(super) fn keep_for(next: &Identity, identity: &Identity) -> String {
    STANDARD.encode(seal_for(&[next.public()], identity.to_key_file().as_bytes()))
}

fn kept(for_whom: &Identity, kept: &str) -> Option<Identity> {
    let text = open_with(for_whom, &STANDARD.decode(kept).ok()?).ok()?;
    Identity::parse(str::from_utf8(&text).ok()?).ok()
}

/// Who seals and opens by these settings; `None` where a key in them is none.
fn parties(identity: &Identity, settings: &VaultSettings) -> Option<(Sealer, Role)> {
    let own = identity.public().to_string();
    let role = match &settings.next_owner {
        Some(next) if *next == own => Role::NextOwner,
        _ if settings.owner == own => Role::Owner,
        _ => Role::Recovery,
    };
    let mut identities = vec![identity.clone()];
    if role == Role::NextOwner {
        identities.extend(settings.former_identity.as_deref().and_then(|text| kept(identity, text)));
    }
    let keys = [Some(&settings.owner), settings.next_owner.as_ref()].into_iter().flatten();
    let keys = keys.chain(settings.recipients.iter().map(|recipient| &recipient.key));
    let recipients = keys.map(|key| PublicKey::parse(key)).collect::<Option<Vec<_>>>()?;
    Some((Sealer::between(identities, recipients), role))
}
