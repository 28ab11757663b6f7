//! How the client proves itself at the token endpoint: a secret (RFC 6749 §2.3.1) or a signed assertion (RFC 7523 §2.2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, Header};
use serde_json::json;
use url::{Url, form_urlencoded};

use crate::domain::secret::{ClientAssertion, ClientSecret, Secret};
use crate::domain::{AppRegistration, CertificateCredential, ClientCredential, ClientId, WayIn};

use super::certificate::{CertificateError, signing_key};

/// What a token request carries as proof of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// A public client proves nothing.
    Public,
    /// The secret itself.
    Secret(ClientSecret),
    /// A statement signed with the certificate's key, good for one request.
    Assertion(ClientAssertion),
}

/// Where and when an assertion is to be good.
#[derive(Debug, Clone, Copy)]
pub struct AssertionContext<'a> {
    /// The token endpoint: the assertion's audience.
    pub endpoint: &'a Url,
    /// From now, for ten minutes.
    pub now: DateTime<Utc>,
    /// A fresh GUID: no assertion is taken twice.
    pub jti: &'a str,
}

/// How long an assertion is good; the platform advises five to ten minutes.
const ASSERTION_LIFE: TimeDelta = TimeDelta::minutes(10);

impl ClientAuthentication {
    /// The proof for one request of a way in ([`WayIn::is_public_client_at`]). Fails only for a key that could not have been entered here.
    pub fn of(
        way_in: WayIn,
        app: &AppRegistration,
        context: AssertionContext<'_>,
    ) -> Result<Self, CertificateError> {
        Ok(match &app.credential {
            _ if way_in.is_public_client_at(&app.authority) => Self::Public,
            ClientCredential::Public => Self::Public,
            ClientCredential::Secret(secret) => Self::Secret(secret.value.clone()),
            ClientCredential::Certificate(held) => Self::Assertion(assertion(held, app.client_id, context)?),
        })
    }

    /// Adds the proof to a form.
    pub(super) fn append(&self, form: &mut form_urlencoded::Serializer<'_, String>) {
        match self {
            Self::Public => {}
            Self::Secret(secret) => {
                form.append_pair("client_secret", secret.expose());
            }
            Self::Assertion(assertion) => {
                form.append_pair(
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                )
                .append_pair("client_assertion", assertion.expose());
            }
        }
    }
}

/// Signed PS256, the certificate named by its SHA-256 (Microsoft, "Certificate credentials").
fn assertion(
    held: &CertificateCredential,
    client_id: ClientId,
    context: AssertionContext<'_>,
) -> Result<ClientAssertion, CertificateError> {
    let mut header = Header::new(Algorithm::PS256);
    header.x5t_s256 = Some(URL_SAFE_NO_PAD.encode(held.thumbprint.0));
    let client_id = client_id.to_string();
    let claims = json!({
        "aud": context.endpoint.as_str(),
        "iss": client_id,
        "sub": client_id,
        "jti": context.jti,
        "iat": context.now.timestamp(),
        "nbf": context.now.timestamp(),
        "exp": (context.now + ASSERTION_LIFE).timestamp(),
    });
    let key = signing_key(&held.private_key)?;
    let signed = jsonwebtoken::encode(&header, &claims, &key).map_err(|_| CertificateError::NotRsa)?;
    Ok(ClientAssertion::new(signed))
}
