//! A Postman environment: variables by name, the secret ones marked as such.

use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::ConnectionValues;
use super::json::pretty;
use crate::domain::secret::Secret;

#[derive(Serialize)]
struct Environment<'a> {
    id: String,
    name: String,
    values: Vec<Variable<'a>>,
    _postman_variable_scope: &'static str,
}

#[derive(Serialize)]
struct Variable<'a> {
    key: &'static str,
    value: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    enabled: bool,
}

/// The environment; a value that is not there is an empty variable, so that none is left over from before.
pub(super) fn write(values: &ConnectionValues<'_>) -> Zeroizing<String> {
    let expires_at = values.expires_at();
    let open = |key, value| Variable { key, value, kind: "default", enabled: true };
    let secret = |key, value| Variable { key, value, kind: "secret", enabled: true };
    pretty(&Environment {
        id: id(values).to_string(),
        name: format!("Exchange {}", values.name),
        values: vec![
            open("tenant", values.tenant),
            open("client_id", &values.client_id),
            secret("client_secret", values.client_secret.map_or("", Secret::expose)),
            secret("access_token", values.access_token.expose()),
            secret("refresh_token", values.refresh_token.map_or("", Secret::expose)),
            open("expires_at", &expires_at),
            open("scope", &values.scope),
            open("username", values.mailbox.unwrap_or("")),
            open("token_endpoint", &values.token_endpoint),
        ],
        _postman_variable_scope: "environment",
    })
}

/// The same for every export of a connection, and nothing of the vault.
fn id(values: &ConnectionValues<'_>) -> Uuid {
    let digest = Sha256::digest(values.id.as_str().as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
