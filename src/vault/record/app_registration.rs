//! The JSON of an app registration.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::FORMAT;
use super::connection::AuthorityRecord;
use super::json::{Fault, Text, field};
use crate::domain::app_registration::Thumbprint;
use crate::domain::secret::{ClientSecret, PrivateKey, Secret};
use crate::domain::{
    AppRegistration, CertificateCredential, ClientCredential, ClientId, ConnectionId, Replacement,
    SecretCredential,
};

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
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    replacement: Option<ReplacementRecord<'a>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct ReplacementRecord<'a> {
    #[serde(borrow)]
    candidate: SecretRecord<'a>,
    #[serde(borrow)]
    proven_for: Vec<Text<'a>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct CredentialRecord<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    secret: Option<SecretRecord<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    certificate: Option<CertificateRecord<'a>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct CertificateRecord<'a> {
    #[serde(borrow)]
    certificate: Text<'a>,
    #[serde(borrow)]
    private_key: Text<'a>,
    #[serde(borrow)]
    thumbprint: Text<'a>,
    #[serde(borrow)]
    subject: Text<'a>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
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
const CERTIFICATE: &str = "certificate";

impl<'a> From<&'a AppRegistration> for AppRecord<'a> {
    fn from(app: &'a AppRegistration) -> Self {
        Self {
            format: FORMAT,
            client_id: Text::owned(app.client_id.to_string()),
            authority: AuthorityRecord::from(&app.authority),
            generation: app.generation,
            credential: CredentialRecord::from(&app.credential),
            replacement: app.replacement.as_ref().map(ReplacementRecord::from),
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
            replacement: record.replacement.map(Replacement::try_from).transpose()?,
        })
    }
}

impl<'a> From<&'a Replacement> for ReplacementRecord<'a> {
    fn from(replacement: &'a Replacement) -> Self {
        Self {
            candidate: SecretRecord::from(&replacement.candidate),
            proven_for: replacement.proven_for.iter().map(|id| Text::of(id.as_str())).collect(),
        }
    }
}

impl TryFrom<ReplacementRecord<'_>> for Replacement {
    type Error = Fault;

    fn try_from(record: ReplacementRecord<'_>) -> Result<Self, Fault> {
        let id = |text: Text<'_>| {
            ConnectionId::parse(text.as_str()).ok_or_else(|| field("replacement.proven_for"))
        };
        Ok(Self {
            candidate: record.candidate.credential().ok_or_else(|| field("replacement.candidate.value"))?,
            proven_for: record.proven_for.into_iter().map(id).collect::<Result<_, _>>()?,
        })
    }
}

impl<'a> From<&'a SecretCredential> for SecretRecord<'a> {
    fn from(secret: &'a SecretCredential) -> Self {
        Self {
            value: Text::of(secret.value.expose()),
            ends_on: secret.ends_on,
            entered_at: secret.entered_at,
        }
    }
}

impl SecretRecord<'_> {
    /// `None` if it holds no secret.
    fn credential(self) -> Option<SecretCredential> {
        (!self.value.as_str().is_empty()).then(|| SecretCredential {
            value: ClientSecret::new(self.value.into_string()),
            ends_on: self.ends_on,
            entered_at: self.entered_at,
        })
    }
}

impl<'a> From<&'a ClientCredential> for CredentialRecord<'a> {
    fn from(credential: &'a ClientCredential) -> Self {
        match credential {
            ClientCredential::Public => Self { kind: Text::of(PUBLIC), ..Self::default() },
            ClientCredential::Secret(secret) => {
                Self { kind: Text::of(SECRET), secret: Some(SecretRecord::from(secret)), certificate: None }
            }
            ClientCredential::Certificate(held) => Self {
                kind: Text::of(CERTIFICATE),
                secret: None,
                certificate: Some(CertificateRecord {
                    certificate: Text::of(&held.certificate),
                    private_key: Text::of(held.private_key.expose()),
                    thumbprint: Text::owned(held.thumbprint.to_string()),
                    subject: Text::of(&held.subject),
                    starts_at: held.starts_at,
                    ends_at: held.ends_at,
                }),
            },
        }
    }
}

impl TryFrom<CredentialRecord<'_>> for ClientCredential {
    type Error = Fault;

    fn try_from(record: CredentialRecord<'_>) -> Result<Self, Fault> {
        match (record.kind.as_str(), record.secret, record.certificate) {
            (PUBLIC, ..) => Ok(Self::Public),
            (CERTIFICATE, _, Some(held)) if !held.private_key.as_str().is_empty() => {
                Ok(Self::Certificate(CertificateCredential {
                    thumbprint: Thumbprint::parse(held.thumbprint.as_str())
                        .ok_or_else(|| field("credential.certificate.thumbprint"))?,
                    certificate: held.certificate.into_string(),
                    private_key: PrivateKey::new(held.private_key.into_string()),
                    subject: held.subject.into_string(),
                    starts_at: held.starts_at,
                    ends_at: held.ends_at,
                }))
            }
            (CERTIFICATE, ..) => Err(field("credential.certificate.private_key")),
            (SECRET, Some(secret), _) => {
                secret.credential().map(Self::Secret).ok_or_else(|| field("credential.secret.value"))
            }
            (SECRET, None, _) => Err(field("credential.secret.value")),
            // Guessing "public" here would lose the credential with the next save.
            _ => Err(field("credential.kind")),
        }
    }
}
