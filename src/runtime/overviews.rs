//! What may be shown of every record, kept from one reading of the vault to the next: only what was replaced is opened again.

use std::collections::HashMap;

use crate::app::AppFacts;
use crate::domain::app_registration::CredentialFacts;
use crate::domain::{ConnectionId, ConnectionName, Overview};
use crate::vault::Known;

/// What came of the records that were opened last. Holds no secret.
#[derive(Debug, Default)]
pub struct Overviews {
    pub(super) known: Known,
    connections: HashMap<ConnectionName, Overview>,
    apps: Vec<AppFacts>,
}

impl Overviews {
    /// Takes what was opened now, and drops what is no longer there.
    pub(super) fn take(&mut self, known: Known, opened: Vec<Overview>, apps: Vec<AppFacts>) {
        self.known = known;
        self.connections.extend(opened.into_iter().map(|own| (own.name.clone(), own)));
        self.connections.retain(|name, _| self.known.has_connection(name));
        self.apps.retain(|own| {
            self.known.has_app(&own.client_id) && apps.iter().all(|app| app.client_id != own.client_id)
        });
        self.apps.extend(apps);
        self.apps.sort_by_key(|app| app.client_id);
    }

    /// All of them by name, each with the credential of its app registration as that is now. Of two with one id, which an
    /// interrupted renaming leaves, the higher generation is taken.
    pub(super) fn connections(&self) -> Vec<Overview> {
        let mut highest: HashMap<&ConnectionId, &Overview> = HashMap::with_capacity(self.connections.len());
        for own in self.connections.values() {
            let kept = highest.entry(&own.id).or_insert(own);
            if kept.generation < own.generation {
                *kept = own;
            }
        }
        let mut connections: Vec<Overview> =
            highest.into_values().map(|own| self.with_credential(own)).collect();
        connections.sort_by_cached_key(|own| own.name.as_str().to_ascii_lowercase());
        connections
    }

    pub(super) fn apps(&self) -> &[AppFacts] {
        &self.apps
    }

    fn with_credential(&self, own: &Overview) -> Overview {
        let app = self.apps.binary_search_by_key(&own.settings.client_id, |app| app.client_id);
        let credential =
            app.map_or(CredentialFacts::Missing, |at| self.apps[at].credential_of(&own.id).clone());
        Overview { credential, ..own.clone() }
    }
}
