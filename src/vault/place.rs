//! The names of the vault's files, their drafts and their locks.

use std::path::{Path, PathBuf};

use crate::domain::{ClientId, ConnectionName};

/// The directory of connections.
pub(super) const CONNECTIONS: &str = "connections";
/// The directory of app registrations.
pub(super) const APPS: &str = "apps";
/// The directory of lock files.
pub(super) const LOCKS: &str = "locks";

/// One of the vault's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The identity, sealed with the passphrase.
    Identity,
    /// The identity that takes its place while the key is changed.
    NextIdentity,
    /// Vault id and extra recipients.
    Settings,
    /// A connection's record.
    Connection(ConnectionName),
    /// An app registration's record.
    App(ClientId),
}

impl Place {
    pub(super) fn file(&self) -> PathBuf {
        match self {
            Self::Identity => "identity.age".into(),
            Self::NextIdentity => "identity-next.age".into(),
            Self::Settings => "settings.age".into(),
            Self::Connection(name) => Path::new(CONNECTIONS).join(format!("{name}.age")),
            Self::App(id) => Path::new(APPS).join(format!("{id}.age")),
        }
    }

    /// Names begin with a letter or digit, so a dot tells a draft from a record.
    pub(super) fn draft(&self) -> PathBuf {
        match self {
            Self::Identity => ".identity.tmp".into(),
            Self::NextIdentity => ".identity-next.tmp".into(),
            Self::Settings => ".settings.tmp".into(),
            Self::Connection(name) => Path::new(CONNECTIONS).join(format!(".{}.tmp", lower(name))),
            Self::App(id) => Path::new(APPS).join(format!(".{id}.tmp")),
        }
    }

    /// Names that differ in case only share a lock: they cannot both exist.
    pub(super) fn lock(&self) -> PathBuf {
        Path::new(LOCKS).join(match self {
            Self::Identity | Self::NextIdentity | Self::Settings => "vault.lock".to_owned(),
            Self::Connection(name) => format!("{}.connection.lock", lower(name)),
            Self::App(id) => format!("{id}.app.lock"),
        })
    }

    pub(super) fn label(&self) -> String {
        match self {
            Self::Identity | Self::NextIdentity | Self::Settings => "the vault".to_owned(),
            Self::Connection(name) => name.to_string(),
            Self::App(id) => format!("app registration {id}"),
        }
    }

    /// True for what is saved again and again, under a key that must not change meanwhile.
    pub(super) fn is_record(&self) -> bool {
        matches!(self, Self::Connection(_) | Self::App(_))
    }
}

/// Held shared over every change of a record, alone while the settings say another key: so nothing is ever sealed, nor a
/// token asked for, under a key that is gone when it is saved.
pub(super) fn key_lock() -> PathBuf {
    Path::new(LOCKS).join("key.lock")
}

/// Held by whoever renews everything unattended, as long as it runs.
pub(super) fn watch_lock() -> PathBuf {
    Path::new(LOCKS).join("watch.lock")
}

fn lower(name: &ConnectionName) -> String {
    name.as_str().to_ascii_lowercase()
}
