//! What the file of a record looks like from outside: tells without opening it whether it was replaced.

use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use crate::domain::{ClientId, ConnectionName};

/// What the system tells of a file. Every save makes a new one, and moves it into place after it was last written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
    /// Cannot be set back, unlike the one before; loosened permissions change it as well.
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// The records that were opened well, each as its file was then. Holds nothing of what is in them.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub(super) connections: HashMap<ConnectionName, Stamp>,
    pub(super) apps: HashMap<ClientId, Stamp>,
}

impl Known {
    /// True if the record of this connection is there.
    pub fn has_connection(&self, name: &ConnectionName) -> bool {
        self.connections.contains_key(name)
    }

    /// True if the record of this app registration is there.
    pub fn has_app(&self, id: &ClientId) -> bool {
        self.apps.contains_key(id)
    }
}
