//! What dashboard and command line share: an open vault, HTTP, the clock.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::app::{AppFacts, Contents, DamagedFile, Failure, FailureKind, ReplacementFacts};
use crate::domain::app_registration::CredentialFacts;
use crate::domain::{
    AppRegistration, Connection, ConnectionName, Event, EventKind, Overview, Trouble, TroubleKind, WhoActs,
};
use crate::sanitize::sanitize;
use crate::vault::{DamagedRecord, Listing, Restored, Vault, VaultError, in_parallel};

use super::activity_log::ActivityLog;
use super::clock::Clock;
use super::exchange::OnFailedSave;
use super::http::{Network, TokenClient};
use super::overviews::Overviews;
use super::stop::Leaving;
use super::terminal;

/// An open vault and what is needed to work with it. Clones share everything.
#[derive(Debug, Clone)]
pub struct Services {
    /// The open vault.
    pub vault: Vault,
    /// Sends token requests.
    pub http: Arc<TokenClient>,
    /// Tells the time.
    pub clock: Clock,
    /// Tells whether the program is to end.
    pub leaving: Leaving,
    /// What becomes of an answer that cannot be saved.
    pub on_failed_save: OnFailedSave,
    /// Where the activity is kept.
    pub activity: ActivityLog,
    /// Whether it was told that the activity cannot be kept.
    pub(super) unkept_told: Arc<AtomicBool>,
    /// Of the records as they were read last.
    pub(super) overviews: Arc<Mutex<Overviews>>,
}

impl Services {
    /// Services over an open vault, with the network as the environment tells.
    pub fn new(vault: Vault, clock: Clock) -> Self {
        Self::with_network(vault, clock, Network::of_process(None))
    }

    /// Services that reach the outside in this way.
    pub fn with_network(vault: Vault, clock: Clock, network: Network) -> Self {
        let activity = vault
            .notes_directory()
            .map_or_else(ActivityLog::in_memory, |notes| ActivityLog::new(notes, vault.id()));
        Self {
            vault,
            http: Arc::new(TokenClient::new(network, clock)),
            clock,
            leaving: Leaving::default(),
            on_failed_save: OnFailedSave::TryAWhile,
            activity,
            unkept_told: Arc::default(),
            overviews: Arc::default(),
        }
    }

    /// Keeps in the activity what has just happened to a connection, best effort.
    pub fn note(&self, kind: EventKind, connection: &ConnectionName, what_happened: impl Into<String>) {
        self.note_event(&Event {
            at: self.clock.now(),
            kind,
            connection: Some(connection.clone()),
            what_happened: what_happened.into(),
            what_to_do: None,
        });
    }

    /// Keeps an event in the activity. Where that fails nothing else stops, and it is told once.
    pub fn note_event(&self, event: &Event) {
        let Err(error) = self.activity.note(event) else { return };
        if !self.unkept_told.swap(true, Ordering::Relaxed) {
            self.tell_unkept(&error);
        }
    }

    fn tell_unkept(&self, error: &io::Error) {
        let place = self.activity.place();
        let failure = Failure::new(
            format!("The activity cannot be written to {place}: {error}."),
            "Nothing else depends on it. Mend the directory, or name another with XDG_STATE_HOME.",
        );
        match &self.on_failed_save {
            OnFailedSave::TryOn(teller) => teller.tell_unkept(failure),
            OnFailedSave::TryAWhile => {
                terminal::say(&sanitize(&format!("note: {}", failure.what_happened), 400));
                terminal::say(&failure.what_to_do);
            }
        }
    }

    /// What may be shown of a connection. An app registration that cannot be read hides nothing else of it.
    pub fn overview(&self, connection: &Connection) -> Overview {
        let app = self.vault.app_registration_of(connection).ok().flatten();
        self.overview_of(connection, app.as_ref())
    }

    /// A record that was put back from a backup stands still until a person has looked at it.
    fn overview_of(&self, connection: &Connection, app: Option<&AppRegistration>) -> Overview {
        let overview = Overview::of(connection, app);
        let Some(Restored { generation, seen }) = self.vault.restored(connection) else { return overview };
        let error = VaultError::Restored { name: connection.name.to_string(), generation, seen };
        let trouble = Trouble {
            at: self.clock.now(),
            kind: TroubleKind::Restored,
            who: WhoActs::User,
            what_happened: error.what_happened(),
            what_to_do: "Its refresh token may be used up: sign in again (a), or accept it (c).".to_owned(),
            aadsts: None,
            trace_id: None,
            correlation_id: None,
        };
        Overview { trouble: Some(trouble), ..overview }
    }

    /// What may be shown of everything in the vault. The first time all records are opened, then those that were replaced.
    pub fn contents(&self) -> Result<Contents, VaultError> {
        // What a panicking thread left is compared with the disk like everything else.
        let mut overviews = self.overviews.lock().unwrap_or_else(PoisonError::into_inner);
        let (Listing { connections, apps, damaged }, known) = self.vault.listing_since(&overviews.known)?;
        let opened = in_parallel(&connections, |own| self.overview_of(own, None));
        overviews.take(known, opened, apps.iter().map(app_facts).collect());
        Ok(Contents {
            connections: overviews.connections(),
            apps: overviews.apps().to_vec(),
            damaged: damaged.iter().map(damaged_file).collect(),
            open_until: None,
        })
    }
}

fn app_facts(app: &AppRegistration) -> AppFacts {
    AppFacts {
        client_id: app.client_id,
        authority: app.authority.clone(),
        credential: CredentialFacts::from(&app.credential),
        replacement: app.replacement.as_ref().map(|own| ReplacementFacts {
            candidate: CredentialFacts::from(&own.candidate),
            proven_for: own.proven_for.clone(),
        }),
    }
}

fn damaged_file(record: &DamagedRecord) -> DamagedFile {
    let file = record.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    DamagedFile { file, failure: failure(&record.error) }
}

/// A vault's error for the screen.
pub fn failure(error: &VaultError) -> Failure {
    let kind = match error {
        VaultError::Busy { .. } => FailureKind::Contention,
        _ => FailureKind::Fault,
    };
    Failure { kind, ..Failure::new(error.what_happened(), error.what_to_do()) }
}
