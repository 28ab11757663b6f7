//! Tokens and codes as the platform shapes them: JWTs for access, opaque text for the rest.
//!
//! Issuers are under `.invalid`, so that no token can be mistaken for a real one.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::certificate::pem_section;
use super::generator::Generator;
use super::registration::Authentication;
use super::scenario::{Application, Tenant, User};
use super::scope::Resource;

/// Characters of an access token, about as many as Graph's have.
const ACCESS_TOKEN_CHARACTERS: usize = 2_000;
const REFRESH_TOKEN_CHARACTERS: usize = 1_300;
const CODE_CHARACTERS: usize = 900;
const DEVICE_CODE_CHARACTERS: usize = 180;
const USER_CODE_CHARACTERS: usize = 9;

/// The key of ID tokens: embedded, because drawing one would slow the start and differ from run to run. It is public
/// by being here.
const SIGNING_KEY: &str = include_str!("signing-key.pem");
/// Its `kid`.
const KEY_ID: &str = "simulated-2026";

/// Signs what the simulator issues: access tokens with a key of its own (HS256), because only Graph can check those;
/// ID tokens with the published one (RS256).
pub(super) struct Mint {
    key: [u8; 32],
    id_token_key: EncodingKey,
}

/// Whom a token is about, and through what.
pub(super) struct Bearer<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) application: &'a Application,
    pub(super) holder: Holder<'a>,
    pub(super) authentication: Authentication,
}

/// Who acts with a token.
pub(super) enum Holder<'a> {
    /// A person, with permissions separated by spaces.
    User { user: &'a User, scp: String },
    /// The application itself, by the object ID of its enterprise application.
    Itself { oid: String, roles: Vec<String> },
}

/// An access token's claims as far as the simulator itself reads them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// Audience: the resource.
    pub aud: String,
    /// Issuer, under `.invalid`.
    pub iss: String,
    /// Tenant ID.
    pub tid: String,
    /// Object ID of the user or of the enterprise application.
    pub oid: String,
    /// User principal name; empty for an application.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub upn: String,
    /// Display name; empty for an application.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Delegated permissions, separated by spaces; empty for an application.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scp: String,
    /// Application permissions; empty for a user, and for an application that was granted none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Client ID.
    pub appid: String,
    /// Issued at, Unix seconds.
    pub iat: i64,
    /// Not before, Unix seconds.
    pub nbf: i64,
    /// Expiry, Unix seconds.
    pub exp: i64,
    /// Version of the token's format.
    pub ver: String,
}

impl Mint {
    pub(super) fn new(generator: &mut Generator) -> Self {
        let der = pem_section(SIGNING_KEY, "RSA PRIVATE KEY").expect("the embedded key is PEM");
        Self { key: generator.bytes(), id_token_key: EncodingKey::from_rsa_der(&der) }
    }

    /// The published half of the key of ID tokens (RFC 7517).
    pub(super) fn published_key(&self) -> Jwk {
        let mut key = Jwk::from_encoding_key(&self.id_token_key, Algorithm::RS256)
            .expect("the embedded key is an RSA key");
        key.common.key_id = Some(KEY_ID.into());
        key.common.public_key_use = Some(PublicKeyUse::Signature);
        key
    }

    /// A version 1.0 token, as Graph and Exchange have it, filled up to a realistic length.
    pub(super) fn access_token(
        &self,
        bearer: &Bearer<'_>,
        resource: Resource,
        (issued_at, expires_in): (DateTime<Utc>, TimeDelta),
        generator: &mut Generator,
    ) -> String {
        let mut claims = AccessTokenClaims {
            aud: resource.audience().into(),
            iss: format!("https://sts.invalid/{}/", bearer.tenant.id),
            tid: bearer.tenant.id.clone(),
            oid: String::new(),
            upn: String::new(),
            name: String::new(),
            scp: String::new(),
            roles: Vec::new(),
            appid: bearer.application.client_id.clone(),
            iat: issued_at.timestamp(),
            nbf: issued_at.timestamp(),
            exp: (issued_at + expires_in).timestamp(),
            ver: "1.0".into(),
        };
        let more = bearer.holder.describe(&mut claims, generator);
        let mut claims = serde_json::to_value(claims).expect("claims are plain text and numbers");
        more.into_iter().for_each(|(name, value)| claims[name] = value);
        claims["app_displayname"] = json!(bearer.application.name);
        claims["appidacr"] = json!(bearer.authentication.claim());
        claims["uti"] = json!(generator.opaque(22));
        claims["rh"] = json!(format!("1.{}.", generator.opaque(60)));
        claims["aio"] = json!("");
        let bare = self.sign(&claims).len();
        // Three bytes of claims become four characters of base64url.
        claims["aio"] = json!(generator.opaque(ACCESS_TOKEN_CHARACTERS.saturating_sub(bare) * 3 / 4));
        self.sign(&claims)
    }

    /// An OpenID Connect ID token: who signed in, for the client's own eyes.
    pub(super) fn id_token(
        &self,
        bearer: &Bearer<'_>,
        (user, nonce): (&User, Option<&str>),
        issued_at: DateTime<Utc>,
        generator: &mut Generator,
    ) -> String {
        let mut claims = json!({
            "aud": bearer.application.client_id,
            "iss": format!("https://login.invalid/{}/v2.0", bearer.tenant.id),
            "iat": issued_at.timestamp(),
            "nbf": issued_at.timestamp(),
            "exp": (issued_at + TimeDelta::hours(1)).timestamp(),
            "tid": bearer.tenant.id,
            "oid": user.oid,
            "sub": generator.opaque(43),
            "name": user.name,
            "preferred_username": user.upn,
            "email": user.upn,
            "ver": "2.0",
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        let header = Header { kid: Some(KEY_ID.into()), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, &claims, &self.id_token_key).expect("the embedded key can sign")
    }

    pub(super) fn refresh_token(generator: &mut Generator) -> String {
        format!("1.A{}", generator.opaque(REFRESH_TOKEN_CHARACTERS - 3))
    }

    pub(super) fn device_code(generator: &mut Generator) -> String {
        format!("FAQAB{}", generator.opaque(DEVICE_CODE_CHARACTERS - 5))
    }

    /// Nine letters and digits that are not easily taken for each other (RFC 8628 §6.1).
    pub(super) fn user_code(generator: &mut Generator) -> String {
        generator.among(b"BCDFGHJKLMNPQRSTVWXZ2346789", USER_CODE_CHARACTERS)
    }

    pub(super) fn code(generator: &mut Generator) -> String {
        format!("1.A{}", generator.opaque(CODE_CHARACTERS - 3))
    }

    fn sign(&self, claims: &Value) -> String {
        let key = EncodingKey::from_secret(&self.key);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).expect("JSON can be signed")
    }

    /// The claims of a token that this simulator signed. Dates are the caller's to judge: there is no clock here.
    pub(super) fn verify(&self, token: &str) -> Option<AccessTokenClaims> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let key = DecodingKey::from_secret(&self.key);
        jsonwebtoken::decode(token, &key, &validation).ok().map(|token| token.claims)
    }
}

impl Holder<'_> {
    /// Fills in who it is, and gives the claims that only one kind of holder has.
    fn describe(
        &self,
        claims: &mut AccessTokenClaims,
        generator: &mut Generator,
    ) -> Vec<(&'static str, Value)> {
        match self {
            Self::User { user, scp } => {
                claims.oid.clone_from(&user.oid);
                claims.upn.clone_from(&user.upn);
                claims.name.clone_from(&user.name);
                claims.scp.clone_from(scp);
                vec![
                    ("unique_name", json!(user.upn)),
                    ("idtyp", json!("user")),
                    ("amr", json!(["pwd", "mfa"])),
                    ("sub", json!(generator.opaque(43))),
                ]
            }
            Self::Itself { oid, roles } => {
                claims.oid.clone_from(oid);
                claims.roles.clone_from(roles);
                vec![("idtyp", json!("app")), ("sub", json!(oid))]
            }
        }
    }
}
