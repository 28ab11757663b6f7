//! The JSON of an app registration.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::FORMAT;
use super::connection::AuthorityRecord;
use super::json::{Fault, Text, field};
use crate::domain::secret::{ClientSecret, Secret};
use crate::domain::{AppRegistration, ClientCredential, ClientId, SecretCredential};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct AppRecord<'a> {
    format: u32,
    #[serde(borrow)]
    client_id: Text<'a>,
    #[serde(borrow)]
    authority: AuthorityRecord<'a>,
    generation: u64,
    #[serde(borrow)]
    credential: CredentialRecord<'a>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct CredentialRecord<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    secret: Option<SecretRecord<'a>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct SecretRecord<'a> {
    #[serde(borrow)]
    value: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_on: Option<NaiveDate>,
    entered_at: DateTime<Utc>,
}

const PUBLIC: &str = "public";
const SECRET: &str = "secret";

impl<'a> From<&'a AppRegistration> for AppRecord<'a> {
    fn from(app: &'a AppRegistration) -> Self {
        Self {
            format: FORMAT,
            client_id: Text::owned(app.client_id.to_string()),
            authority: AuthorityRecord::from(&app.authority),
            generation: app.generation,
            credential: CredentialRecord::from(&app.credential),
        }
    }
}

impl TryFrom<AppRecord<'_>> for AppRegistration {
    type Error = Fault;

    fn try_from(record: AppRecord<'_>) -> Result<Self, Fault> {
        Ok(Self {
            client_id: ClientId::parse(&record.client_id.into_string()).ok_or_else(|| field("client_id"))?,
            authority: record.authority.try_into()?,
            generation: record.generation,
            credential: record.credential.try_into()?,
        })
    }
}

impl<'a> From<&'a ClientCredential> for CredentialRecord<'a> {
    fn from(credential: &'a ClientCredential) -> Self {
        match credential {
            ClientCredential::Public => Self { kind: Text::of(PUBLIC), secret: None },
            ClientCredential::Secret(secret) => Self {
                kind: Text::of(SECRET),
                secret: Some(SecretRecord {
                    value: Text::of(secret.value.expose()),
                    ends_on: secret.ends_on,
                    entered_at: secret.entered_at,
                }),
            },
        }
    }
}

impl TryFrom<CredentialRecord<'_>> for ClientCredential {
    type Error = Fault;

    fn try_from(record: CredentialRecord<'_>) -> Result<Self, Fault> {
        match (record.kind.as_str(), record.secret) {
            (PUBLIC, _) => Ok(Self::Public),
            (SECRET, Some(secret)) if !secret.value.as_str().is_empty() => {
                Ok(Self::Secret(SecretCredential {
                    value: ClientSecret::new(secret.value.into_string()),
                    ends_on: secret.ends_on,
                    entered_at: secret.entered_at,
                }))
            }
            (SECRET, _) => Err(field("credential.secret.value")),
            // Guessing "public" here would lose the credential with the next save.
            _ => Err(field("credential.kind")),
        }
    }
}
