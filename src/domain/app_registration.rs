//! An app registration: the client credentials, once for all connections that use them.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::secret::{ClientSecret, PrivateKey, Secret};
use super::{Authority, Certainty, ClientId, Lifetime, Replacement};

/// Authority and client ID with the client credential that belongs to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRegistration {
    /// Application (client) ID.
    pub client_id: ClientId,
    /// The authority that knows it.
    pub authority: Authority,
    /// Grows by one with every save.
    pub generation: u64,
    /// How the client proves itself at the token endpoint.
    pub credential: ClientCredential,
    /// A secret that is being proven to take the place of the one in `credential`.
    pub replacement: Option<Replacement>,
}

/// How a client proves itself (RFC 6749 §2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCredential {
    /// A public client: it cannot keep a secret and sends none.
    Public,
    /// A confidential client with a secret.
    Secret(SecretCredential),
    /// A confidential client with a certificate, whose key signs an assertion for each request (RFC 7523 §2.2).
    Certificate(CertificateCredential),
}

/// How a client proves itself, without what it proves itself with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// Not at all: a public client.
    Public,
    /// With a secret.
    Secret,
    /// With a certificate.
    Certificate,
}

/// A certificate with its private key, and what the certificate tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateCredential {
    /// The certificate, PEM. It is no secret: the portal holds it too.
    pub certificate: String,
    /// The private key, PEM.
    pub private_key: PrivateKey,
    /// SHA-256 of the certificate's DER form: `x5t#S256` of an assertion's header.
    pub thumbprint: Thumbprint,
    /// Whom it names, printable.
    pub subject: String,
    /// Not valid before.
    pub starts_at: DateTime<Utc>,
    /// Not valid after.
    pub ends_at: DateTime<Utc>,
}

/// SHA-256 of a certificate's DER form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thumbprint(pub [u8; 32]);

impl Thumbprint {
    /// Reads 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl CertificateCredential {
    /// As the certificate tells it.
    pub fn lifetime(&self) -> Lifetime {
        Lifetime { starts_at: self.starts_at, expires_at: self.ends_at, certainty: Certainty::Known }
    }
}

/// A client secret and what is known of its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretCredential {
    /// The value, as the portal showed it once.
    pub value: ClientSecret,
    /// The date on which it lapses, as the person read it in the portal.
    pub ends_on: Option<NaiveDate>,
    /// When it was entered here.
    pub entered_at: DateTime<Utc>,
}

impl SecretCredential {
    /// From when it was entered to the beginning of its last date, which errs on the safe side of all time zones.
    pub fn lifetime(&self) -> Option<Lifetime> {
        let expires_at = end_of(self.ends_on?);
        Some(Lifetime { starts_at: self.entered_at, expires_at, certainty: Certainty::Known })
    }

    /// Refuses a last date that has come already: such a secret counts as expired.
    ///
    /// # Errors
    ///
    /// [`SecretEnded`].
    pub fn check_end(ends_on: Option<NaiveDate>, now: DateTime<Utc>) -> Result<(), SecretEnded> {
        match ends_on {
            Some(date) if end_of(date) <= now => Err(SecretEnded(date)),
            Some(_) | None => Ok(()),
        }
    }
}

/// When a secret with this last date counts as expired.
fn end_of(ends_on: NaiveDate) -> DateTime<Utc> {
    ends_on.and_time(NaiveTime::MIN).and_utc()
}

/// A new secret that would have expired by now, with the last date that was given for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the end date {0} of the new client secret is not in the future")]
pub struct SecretEnded(pub NaiveDate);

impl SecretEnded {
    /// The second line.
    pub const WHAT_TO_DO: &str = "Check the date (portal, column Expires), or leave it out.";
}

impl ClientCredential {
    /// The secret, where there is one.
    pub fn secret(&self) -> Option<&SecretCredential> {
        match self {
            Self::Public | Self::Certificate(_) => None,
            Self::Secret(secret) => Some(secret),
        }
    }

    /// How the client proves itself.
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::Public => CredentialKind::Public,
            Self::Secret(_) => CredentialKind::Secret,
            Self::Certificate(_) => CredentialKind::Certificate,
        }
    }

    /// True if the client proves itself: then the redirect URI is registered under Web.
    pub fn is_confidential(&self) -> bool {
        !matches!(self, Self::Public)
    }
}

/// What is wrong with a text that was given as a client secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientSecretError {
    /// Nothing left after cutting blanks.
    #[error("the client secret is empty")]
    Empty,
    /// A GUID: the portal's *Secret ID* column.
    #[error(
        "that is the secret's ID, not its value: copy the Value column, shown once when the secret is made"
    )]
    SecretId,
    /// Blanks or control characters inside.
    #[error("a client secret has no blanks or control characters inside: copy it again")]
    Blanks,
    /// No secret of the platform is that long.
    #[error("a client secret has at most 1,024 characters")]
    TooLong,
}

impl ClientSecret {
    /// Checks a text as a client secret; blanks around it are cut.
    pub fn parse(text: &str) -> Result<Self, ClientSecretError> {
        let text = text.trim();
        match () {
            () if text.is_empty() => Err(ClientSecretError::Empty),
            () if super::authority::is_guid(text) => Err(ClientSecretError::SecretId),
            () if text.len() > 1024 => Err(ClientSecretError::TooLong),
            () if text.chars().any(|c| c.is_whitespace() || c.is_control()) => Err(ClientSecretError::Blanks),
            () => Ok(Self::new(text)),
        }
    }
}

/// What may be told of a client credential without telling it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialFacts {
    /// No secret is sent.
    Public,
    /// A secret is held.
    Secret {
        /// Its length.
        characters: usize,
        /// Its life, where the person told its end.
        lifetime: Option<Lifetime>,
        /// When it was entered.
        entered_at: DateTime<Utc>,
    },
    /// A certificate is held.
    Certificate {
        /// SHA-256, as the portal shows it beside the certificate.
        thumbprint: Thumbprint,
        /// Whom it names, printable.
        subject: String,
        /// From the certificate itself.
        lifetime: Lifetime,
    },
    /// The record of the app registration is missing or damaged.
    Missing,
}

impl CredentialFacts {
    /// How the client proves itself; `None` where that cannot be told.
    pub fn kind(&self) -> Option<CredentialKind> {
        match self {
            Self::Public => Some(CredentialKind::Public),
            Self::Secret { .. } => Some(CredentialKind::Secret),
            Self::Certificate { .. } => Some(CredentialKind::Certificate),
            Self::Missing => None,
        }
    }

    /// The word for it within a sentence: a certificate, or else the client secret that there is, was or should be.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Certificate { .. } => "certificate",
            Self::Public | Self::Secret { .. } | Self::Missing => "client secret",
        }
    }

    /// Until when the credential is good, where that is known.
    pub fn lifetime(&self) -> Option<Lifetime> {
        match self {
            Self::Secret { lifetime, .. } => *lifetime,
            Self::Certificate { lifetime, .. } => Some(*lifetime),
            Self::Public | Self::Missing => None,
        }
    }

    /// True if the client proves itself.
    pub fn is_confidential(&self) -> bool {
        matches!(self, Self::Secret { .. } | Self::Certificate { .. })
    }
}

impl From<&ClientCredential> for CredentialFacts {
    fn from(credential: &ClientCredential) -> Self {
        match credential {
            ClientCredential::Public => Self::Public,
            ClientCredential::Secret(secret) => Self::from(secret),
            ClientCredential::Certificate(certificate) => Self::Certificate {
                thumbprint: certificate.thumbprint,
                subject: certificate.subject.clone(),
                lifetime: certificate.lifetime(),
            },
        }
    }
}

impl From<&SecretCredential> for CredentialFacts {
    fn from(secret: &SecretCredential) -> Self {
        Self::Secret {
            characters: secret.value.characters(),
            lifetime: secret.lifetime(),
            entered_at: secret.entered_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_date_is_refused_from_the_moment_on_at_which_it_counts_as_expired() {
        let entered_at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let today = entered_at.date_naive();
        for ends_on in [today.pred_opt(), Some(today), today.succ_opt()] {
            let secret = SecretCredential { value: ClientSecret::new("new"), ends_on, entered_at };
            let is_expired = secret.lifetime().is_some_and(|life| life.is_expired_at(entered_at));
            assert_eq!(SecretCredential::check_end(ends_on, entered_at).is_err(), is_expired, "{ends_on:?}");
        }
        assert_eq!(SecretCredential::check_end(Some(today), entered_at), Err(SecretEnded(today)));
        assert_eq!(SecretCredential::check_end(None, entered_at), Ok(()));
    }

    #[test]
    fn a_secret_id_is_told_from_a_secret() {
        assert_eq!(
            ClientSecret::parse("6e5d4c3b-2a19-4f08-9e7d-6c5b4a392817"),
            Err(ClientSecretError::SecretId)
        );
        assert_eq!(
            ClientSecret::parse("  Ab1~x8Q.once_only-16+ \n").unwrap(),
            ClientSecret::new("Ab1~x8Q.once_only-16+")
        );
        assert_eq!(ClientSecret::parse("a b"), Err(ClientSecretError::Blanks));
        assert_eq!(ClientSecret::parse("  "), Err(ClientSecretError::Empty));
    }
}
