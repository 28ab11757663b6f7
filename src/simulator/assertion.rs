//! Client assertions: a JWT, signed by a registered certificate, in the place of a secret (RFC 7523 §2.2, §3).

use chrono::DateTime;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use url::Url;

use super::certificate::Certificate;
use super::error::PlatformError;
use super::registration::Tenancy;
use super::scenario::Scenario;
use super::token::TokenRequest;

/// The only value of `client_assertion_type` (RFC 7523 §2.2).
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The claims that RFC 7523 §3 and the platform ask for. Seconds since 1970 may have a fraction (RFC 7519 §2,
/// NumericDate).
#[derive(Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    sub: String,
    jti: String,
    exp: f64,
    #[serde(default)]
    nbf: f64,
}

/// A good assertion, as far as it can be used again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Presented {
    client_id: String,
    jti: String,
}

/// Checks an assertion in the order in which the platform complains: form, key, signature, client, audience, time.
pub(super) fn check(
    assertion: &str,
    request: &TokenRequest<'_>,
    origin: &str,
) -> Result<Presented, PlatformError> {
    let header = jsonwebtoken::decode_header(assertion).map_err(|_| PlatformError::new(50027))?;
    let certificate = signer(&header, &request.application.certificates)?;
    if !certificate.is_valid_at(request.now) {
        return Err(rejected("the key used is expired"));
    }
    let claims = claims(assertion, header.alg, certificate)?;
    let client_id = &request.application.client_id;
    if ![&claims.iss, &claims.sub].iter().all(|claim| claim.eq_ignore_ascii_case(client_id)) {
        return Err(PlatformError::new(700_021));
    }
    if !is_token_endpoint(&claims.aud, origin, &request.tenancy, request.scenario) {
        return Err(PlatformError::new(50012)
            .saying("The audience of the client assertion is not the token endpoint of this tenant."));
    }
    let now = request.now.timestamp_millis() as f64 / 1000.0;
    if now < claims.nbf || now >= claims.exp {
        return Err(out_of_time(&claims, request));
    }
    Ok(Presented { client_id: client_id.clone(), jti: claims.jti })
}

/// An assertion that was presented before.
pub(super) fn repeated() -> PlatformError {
    PlatformError::new(50012).saying("The client assertion was presented before: its jti is not new.")
}

/// The certificate that the header names: by SHA-256 with PS256, by SHA-1 with RS256, padded or not.
fn signer<'a>(header: &Header, known: &'a [Certificate]) -> Result<&'a Certificate, PlatformError> {
    let named = |thumbprint: &Option<String>, of: fn(&Certificate) -> String| {
        let thumbprint = thumbprint.as_deref()?.trim_end_matches('=');
        known.iter().find(|certificate| of(certificate) == thumbprint)
    };
    let found = match header.alg {
        Algorithm::PS256 => named(&header.x5t_s256, Certificate::thumbprint_sha256),
        Algorithm::RS256 => named(&header.x5t, Certificate::thumbprint_sha1),
        _ => return Err(rejected("the algorithm is neither PS256 nor RS256")),
    };
    found.ok_or_else(|| rejected("the thumbprint in the header is that of no registered certificate"))
}

/// Checks the signature and reads the claims. Dates are checked by the caller: there is no clock here.
fn claims(assertion: &str, alg: Algorithm, certificate: &Certificate) -> Result<Claims, PlatformError> {
    let mut validation = Validation::new(alg);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_rsa_der(certificate.public_key());
    match jsonwebtoken::decode(assertion, &key, &validation) {
        Ok(token) => Ok(token.claims),
        Err(error) => match error.kind() {
            jsonwebtoken::errors::ErrorKind::Json(_) => Err(PlatformError::new(50027)
                .saying("The client assertion lacks a claim: aud, iss, sub, jti and exp are needed.")),
            _ => Err(rejected("the key was not used to sign it")),
        },
    }
}

/// Whether an audience is the token endpoint that was asked, by whichever name of its tenant.
fn is_token_endpoint(aud: &str, origin: &str, tenancy: &Tenancy, scenario: &Scenario) -> bool {
    let (Ok(aud), Ok(origin)) = (Url::parse(aud), Url::parse(origin)) else { return false };
    let segment = aud.path().strip_prefix('/').and_then(|path| path.strip_suffix("/oauth2/v2.0/token"));
    aud.origin() == origin.origin()
        && aud.query().is_none()
        && segment.and_then(|segment| Tenancy::of(segment, scenario).ok()).is_some_and(|own| own == *tenancy)
}

fn rejected(reason: &str) -> PlatformError {
    PlatformError::new(700_027)
        .saying(format!("The client assertion failed signature validation. Reason: {reason}."))
}

fn out_of_time(claims: &Claims, request: &TokenRequest<'_>) -> PlatformError {
    let written = |seconds: f64| {
        DateTime::from_timestamp(seconds as i64, 0)
            .map_or_else(|| seconds.to_string(), |time| time.to_rfc3339())
    };
    PlatformError::new(700_024).saying(format!(
        "The client assertion is not within its valid time range. Current time: {}, not before {}, expires {}.",
        request.now.to_rfc3339(),
        written(claims.nbf),
        written(claims.exp)
    ))
}
