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

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    use super::*;
    use crate::domain::secret::PrivateKey;
    use crate::domain::{Authority, SecretCredential};
    use crate::oauth::certificate;

    const CERT: &str = include_str!("../../tests/certificates/cert.pem");
    const KEY: &str = include_str!("../../tests/certificates/key.pem");
    const CLIENT_ID: &str = "5d2f7a10-6b0e-4c7b-9a51-0f3c2f4f8a11";
    const ENDPOINT: &str = "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token";

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 22, 12, 0, 0).unwrap()
    }

    fn of(credential: &ClientCredential, jti: &str) -> ClientAuthentication {
        let endpoint = Url::parse(ENDPOINT).unwrap();
        let context = AssertionContext { endpoint: &endpoint, now: now(), jti };
        let app = AppRegistration {
            client_id: ClientId::parse(CLIENT_ID).unwrap(),
            authority: Authority::custom("https://login.microsoftonline.com", None).unwrap(),
            generation: 1,
            credential: credential.clone(),
            replacement: None,
        };
        ClientAuthentication::of(WayIn::default(), &app, context).unwrap()
    }

    fn with_certificate() -> ClientCredential {
        ClientCredential::Certificate(certificate::read(CERT, &PrivateKey::new(KEY)).unwrap())
    }

    fn form(authentication: &ClientAuthentication) -> Vec<(String, String)> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        authentication.append(&mut form);
        form_urlencoded::parse(form.finish().as_bytes()).into_owned().collect()
    }

    fn signed(jti: &str) -> String {
        match of(&with_certificate(), jti) {
            ClientAuthentication::Assertion(assertion) => assertion.expose().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    /// Checked with the public key alone, as the platform would.
    fn verified(assertion: &str) -> Value {
        use rustls_pki_types::CertificateDer;
        use rustls_pki_types::pem::PemObject;
        use x509_cert::der::Decode;
        let der = CertificateDer::from_pem_slice(CERT.as_bytes()).unwrap();
        let parsed = x509_cert::Certificate::from_der(&der).unwrap();
        let public = parsed.tbs_certificate.subject_public_key_info.subject_public_key;
        let key = DecodingKey::from_rsa_der(public.as_bytes().unwrap());
        let mut validation = Validation::new(Algorithm::PS256);
        validation.set_audience(&[ENDPOINT]);
        validation.set_issuer(&[CLIENT_ID]);
        validation.validate_exp = false;
        jsonwebtoken::decode::<Value>(assertion, &key, &validation).unwrap().claims
    }

    #[test]
    fn an_assertion_is_signed_ps256_and_names_its_certificate() {
        let header = jsonwebtoken::decode_header(signed("one")).unwrap();
        assert_eq!(header.alg, Algorithm::PS256);
        assert_eq!(header.typ.as_deref(), Some("JWT"));
        // base64url of the SHA-256 that `openssl x509 -fingerprint -sha256` prints, without padding (RFC 7515 §4.1.8).
        assert_eq!(header.x5t_s256.as_deref(), Some("EJbHJm2XP8-hrH9kRw1U5MwelCCZSk2jErHcVPyTbd0"));
        assert_eq!((header.x5t, header.kid), (None, None));
    }

    #[test]
    fn an_assertion_says_who_to_whom_and_for_how_long() {
        let claims = verified(&signed("3b1f0c1e-8a4d-4f0e-9d57-6a2b3c4d5e00"));
        assert_eq!(claims["aud"], ENDPOINT);
        assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some(CLIENT_ID), Some(CLIENT_ID)));
        assert_eq!(claims["jti"], "3b1f0c1e-8a4d-4f0e-9d57-6a2b3c4d5e00");
        let second = |name: &str| claims[name].as_i64().unwrap() - now().timestamp();
        assert_eq!([second("iat"), second("nbf"), second("exp")], [0, 0, 600]);
    }

    #[test]
    fn no_two_assertions_are_equal() {
        assert_ne!(signed("one"), signed("two"));
    }

    #[test]
    fn each_credential_has_its_own_fields_in_the_form() {
        assert_eq!(form(&of(&ClientCredential::Public, "j")), []);
        let secret = ClientCredential::Secret(SecretCredential {
            value: ClientSecret::new("Ab1~x+8Q"),
            ends_on: None,
            entered_at: now(),
        });
        assert_eq!(form(&of(&secret, "j")), [("client_secret".to_owned(), "Ab1~x+8Q".to_owned())]);
        let fields = form(&of(&with_certificate(), "j"));
        assert_eq!(fields[0].0, "client_assertion_type");
        assert_eq!(fields[0].1, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        assert_eq!((fields[1].0.as_str(), fields[1].1.split('.').count()), ("client_assertion", 3));
        assert_eq!(fields.len(), 2, "no secret beside it");
    }

    #[test]
    fn an_assertion_stands_in_no_debug_text() {
        let authentication = of(&with_certificate(), "j");
        assert!(!format!("{authentication:?}").contains("eyJ"));
    }
}
