//! Tokens and codes as the platform shapes them: JWTs for access, opaque text for the rest.
//!
//! Issuers are under `.invalid`, so that no token can be mistaken for a real one.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::generator::Generator;
use super::scenario::{Application, Tenant, User};
use super::scope::Resource;

/// Characters of an access token, about as many as Graph's have.
const ACCESS_TOKEN_CHARACTERS: usize = 2_000;
const REFRESH_TOKEN_CHARACTERS: usize = 1_300;
const CODE_CHARACTERS: usize = 900;

/// Signs what the simulator issues, with a key of its own (HS256).
pub(super) struct Mint {
    key: [u8; 32],
}

/// Whom a token is about, and through what.
pub(super) struct Bearer<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) application: &'a Application,
    pub(super) user: &'a User,
    /// Whether the client proved itself by a secret (`appidacr` 1) or is public (0).
    pub(super) confidential: bool,
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
    /// Object ID of the user.
    pub oid: String,
    /// User principal name.
    pub upn: String,
    /// Display name.
    pub name: String,
    /// Permissions, separated by spaces.
    pub scp: String,
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
        Self { key: generator.bytes() }
    }

    /// A version 1.0 token, as Graph and Exchange have it, filled up to a realistic length.
    pub(super) fn access_token(
        &self,
        bearer: &Bearer<'_>,
        (resource, scp): (Resource, &str),
        (issued_at, expires_in): (DateTime<Utc>, TimeDelta),
        generator: &mut Generator,
    ) -> String {
        let claims = AccessTokenClaims {
            aud: resource.audience().into(),
            iss: format!("https://sts.invalid/{}/", bearer.tenant.id),
            tid: bearer.tenant.id.clone(),
            oid: bearer.user.oid.clone(),
            upn: bearer.user.upn.clone(),
            name: bearer.user.name.clone(),
            scp: scp.into(),
            appid: bearer.application.client_id.clone(),
            iat: issued_at.timestamp(),
            nbf: issued_at.timestamp(),
            exp: (issued_at + expires_in).timestamp(),
            ver: "1.0".into(),
        };
        let mut claims = serde_json::to_value(claims).expect("claims are plain text and numbers");
        claims["unique_name"] = json!(bearer.user.upn);
        claims["app_displayname"] = json!(bearer.application.name);
        claims["appidacr"] = json!(if bearer.confidential { "1" } else { "0" });
        claims["idtyp"] = json!("user");
        claims["amr"] = json!(["pwd", "mfa"]);
        claims["sub"] = json!(generator.opaque(43));
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
        nonce: Option<&str>,
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
            "oid": bearer.user.oid,
            "sub": generator.opaque(43),
            "name": bearer.user.name,
            "preferred_username": bearer.user.upn,
            "email": bearer.user.upn,
            "ver": "2.0",
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        self.sign(&claims)
    }

    pub(super) fn refresh_token(generator: &mut Generator) -> String {
        format!("1.A{}", generator.opaque(REFRESH_TOKEN_CHARACTERS - 3))
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
