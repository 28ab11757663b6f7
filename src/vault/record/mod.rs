//! Records as JSON: the only place where secrets are written out, on their way into a seal.
//!
//! Reading is tolerant: unknown fields are passed over, absent ones take their default, and only what a record cannot do
//! without is an error. Errors name a field, never a value.

mod app_registration;
mod connection;
mod history;
mod json;
mod tokens;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::domain::{AppRegistration, Connection};

pub(super) use json::Fault;

/// The format written here. A higher one may hold what this program would lose in saving, so it is refused.
const FORMAT: u32 = 1;

/// What `settings.age` holds.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct VaultSettings {
    format: u32,
    /// Tells one vault from another, for notes kept outside of it.
    pub(super) vault_id: String,
    /// Extra public keys (`age1…`) for which every record is sealed as well.
    pub(super) recipients: Vec<String>,
}

impl VaultSettings {
    pub(super) fn new(vault_id: String) -> Self {
        Self { format: FORMAT, vault_id, recipients: Vec::new() }
    }
}

pub(super) fn write_settings(settings: &VaultSettings) -> Zeroizing<Vec<u8>> {
    json::write(settings)
}

pub(super) fn read_settings(json: &[u8]) -> Result<VaultSettings, Fault> {
    json::read(json)
}

pub(super) fn write_connection(connection: &Connection) -> Zeroizing<Vec<u8>> {
    json::write(&connection::ConnectionRecord::from(connection))
}

pub(super) fn read_connection(json: &[u8]) -> Result<Connection, Fault> {
    json::read::<connection::ConnectionRecord>(json)?.try_into()
}

pub(super) fn write_app(app: &AppRegistration) -> Zeroizing<Vec<u8>> {
    json::write(&app_registration::AppRecord::from(app))
}

pub(super) fn read_app(json: &[u8]) -> Result<AppRegistration, Fault> {
    json::read::<app_registration::AppRecord>(json)?.try_into()
}
