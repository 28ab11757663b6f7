//! Ending the replacement of a client secret: the new one takes the old one's place, or goes.

use std::collections::BTreeSet;

use crate::app::Failure;
use crate::domain::{AppRegistration, ClientId, ConnectionId, Event, EventKind, ReplacementError};
use crate::vault::{PATIENCE, VaultError};

use super::services::{Services, failure};

/// Why a replacement was not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndError {
    /// The vault did not allow it.
    Vault(VaultError),
    /// There is nothing to end.
    Replacement(ReplacementError),
}

impl EndError {
    /// In two lines.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Vault(error) => failure(error),
            Self::Replacement(error) => Failure::of_error(error, error.what_to_do()),
        }
    }
}

impl From<VaultError> for EndError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<ReplacementError> for EndError {
    fn from(error: ReplacementError) -> Self {
        Self::Replacement(error)
    }
}

/// The new secret takes the old one's place for all connections, and the old one goes: the person's own word.
pub fn take_new_secret(services: &Services, client_id: &ClientId) -> Result<(), EndError> {
    change(services, client_id, AppRegistration::take_new_secret)?;
    note(services, format!("client secret of {client_id} replaced"));
    Ok(())
}

/// The new secret takes the old one's place, as long as it is the one that was proven for all of these.
pub fn take_proven_secret(
    services: &Services,
    client_id: &ClientId,
    proven: &BTreeSet<ConnectionId>,
) -> Result<(), EndError> {
    change(services, client_id, |app| app.take_proven_secret(proven))?;
    note(services, format!("client secret of {client_id} replaced"));
    Ok(())
}

/// All connections use the old secret again, and the new one goes.
pub fn go_back_to_old_secret(services: &Services, client_id: &ClientId) -> Result<(), EndError> {
    change(services, client_id, AppRegistration::go_back_to_old_secret)?;
    note(services, format!("client secret of {client_id} not replaced, the old one is used again"));
    Ok(())
}

fn change(
    services: &Services,
    client_id: &ClientId,
    change: impl FnOnce(&mut AppRegistration) -> Result<(), ReplacementError>,
) -> Result<(), EndError> {
    let mut locked = services.vault.lock_app(client_id, PATIENCE)?;
    let mut app = locked.read()?.ok_or(ReplacementError::NoneUnderWay)?;
    change(&mut app)?;
    Ok(locked.save(&mut app)?)
}

fn note(services: &Services, what_happened: String) {
    services.note_event(&Event {
        at: services.clock.now(),
        kind: EventKind::Edited,
        connection: None,
        what_happened,
        what_to_do: None,
    });
}
