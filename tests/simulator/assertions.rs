//! Client assertions: which are accepted, and what is said about the others.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokengauge::simulator::{Certificate, CertificateError};

use super::driver::{Answered, CLIENT_ID, Driver};

const CERTIFICATE: &str = include_str!("keys/connector.crt");
const KEY: &str = include_str!("keys/connector.key");
const STRANGER: &str = include_str!("keys/stranger.crt");
const STRANGERS_KEY: &str = include_str!("keys/stranger.key");
const AUDIENCE: &str = "https://login.invalid/contoso.example/oauth2/v2.0/token";
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client assertion that is right until a test changes something.
pub struct Assertion {
    header: Header,
    claims: Value,
    key: String,
}

impl Assertion {
    pub fn at(now: DateTime<Utc>) -> Self {
        let mut header = Header::new(Algorithm::PS256);
        header.x5t_s256 = Some(Certificate::from_pem(CERTIFICATE).unwrap().thumbprint_sha256());
        let claims = json!({
            "aud": AUDIENCE,
            "iss": CLIENT_ID,
            "sub": CLIENT_ID,
            "jti": "0d1f6a3e-58a3-4b83-9f1e-2f5f5f2d7c10",
            "iat": now.timestamp(),
            "nbf": now.timestamp(),
            "exp": now.timestamp() + 600,
        });
        Self { header, claims, key: KEY.to_owned() }
    }

    /// By another key, whose certificate is the usual one.
    pub fn signed_by(key: &str, now: DateTime<Utc>) -> Self {
        Self { key: key.to_owned(), ..Self::at(now) }
    }

    pub fn claiming(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    pub fn text(&self) -> String {
        // The RSA key inside PKCS #8 begins after 26 bytes, for keys of this size.
        let body: String = self.key.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(body).unwrap();
        jsonwebtoken::encode(&self.header, &self.claims, &EncodingKey::from_rsa_der(&der[26..])).unwrap()
    }
}

/// The tenant of `first-sign-in`, whose application has a certificate and is not sent a secret.
fn tenant(more: &str) -> Driver {
    let mut driver = Driver::with(more).redeeming("client_secret", "");
    driver.tenant = "contoso.example".into();
    driver.simulator.register_certificate(CLIENT_ID, Certificate::from_pem(CERTIFICATE).unwrap());
    driver
}

fn presenting(driver: Driver, assertion: &str) -> Driver {
    driver.redeeming("client_assertion_type", JWT_BEARER).redeeming("client_assertion", assertion)
}

fn ask(driver: &mut Driver) -> Answered {
    driver.post(&[("grant_type", "client_credentials"), ("scope", "https://graph.microsoft.com/.default")])
}

/// Changes a good assertion and tells the number that refuses it.
fn refused(change: impl FnOnce(Assertion) -> Assertion) -> u64 {
    let driver = tenant("");
    let assertion = change(Assertion::at(driver.now));
    let answer = ask(&mut presenting(driver, &assertion.text()));
    assert_eq!((answer.status, answer.text("error")), (401, "invalid_client"));
    answer.code()
}

#[test]
fn an_assertion_takes_the_place_of_a_secret_for_every_grant() {
    let mut driver = tenant("");
    let fresh = |driver: Driver, jti: &str| {
        let assertion = Assertion::at(driver.now).claiming("jti", jti).text();
        presenting(driver, &assertion)
    };
    driver = fresh(driver, "1");
    let token = ask(&mut driver);
    let claims = driver.simulator.verify_access_token(token.text("access_token")).unwrap();
    assert_eq!(claims.appid, CLIENT_ID);
    driver = fresh(driver, "2");
    let answer = driver.sign_in();
    assert_eq!(answer.status, 200);
    driver = fresh(driver, "3");
    assert_eq!(driver.refresh(answer.text("refresh_token")).status, 200);
}

#[test]
fn the_token_tells_that_a_certificate_was_used() {
    let driver = tenant("");
    let assertion = Assertion::at(driver.now).text();
    let answer = ask(&mut presenting(driver, &assertion));
    let payload = answer.text("access_token").split('.').nth(1).unwrap();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!((&claims["appidacr"], &claims["idtyp"]), (&json!("2"), &json!("app")));
}

#[test]
fn sha_1_thumbprints_go_with_rs256() {
    let driver = tenant("");
    let mut assertion = Assertion::at(driver.now);
    assertion.header = Header::new(Algorithm::RS256);
    assertion.header.x5t = Some(Certificate::from_pem(CERTIFICATE).unwrap().thumbprint_sha1());
    assert_eq!(ask(&mut presenting(driver, &assertion.text())).status, 200);
}

#[test]
fn thumbprints_may_be_padded() {
    let driver = tenant("");
    let mut assertion = Assertion::at(driver.now);
    assertion.header.x5t_s256.as_mut().unwrap().push('=');
    assert_eq!(ask(&mut presenting(driver, &assertion.text())).status, 200);
}

#[test]
fn algorithm_and_thumbprint_must_go_together() {
    let with_sha_1 = |mut assertion: Assertion| {
        assertion.header.x5t_s256 = None;
        assertion.header.x5t = Some(Certificate::from_pem(CERTIFICATE).unwrap().thumbprint_sha1());
        assertion
    };
    assert_eq!(refused(with_sha_1), 700_027);
    assert_eq!(
        refused(|mut assertion| {
            assertion.header.alg = Algorithm::RS256;
            assertion
        }),
        700_027
    );
    assert_eq!(
        refused(|mut assertion| {
            assertion.header.alg = Algorithm::PS384;
            assertion
        }),
        700_027
    );
}

#[test]
fn a_strangers_key_is_refused_under_either_name() {
    let by_stranger = |thumbprint: &str| {
        let thumbprint = Certificate::from_pem(thumbprint).unwrap().thumbprint_sha256();
        refused(move |mut assertion| {
            assertion.key = STRANGERS_KEY.to_owned();
            assertion.header.x5t_s256 = Some(thumbprint);
            assertion
        })
    };
    assert_eq!(by_stranger(STRANGER), 700_027);
    assert_eq!(by_stranger(CERTIFICATE), 700_027);
}

#[test]
fn issuer_and_subject_are_the_client() {
    let other = "11111111-0000-4000-8000-000000000001";
    assert_eq!(refused(|assertion| assertion.claiming("iss", other)), 700_021);
    assert_eq!(refused(|assertion| assertion.claiming("sub", other)), 700_021);
}

#[test]
fn the_audience_is_the_token_endpoint_of_that_tenant() {
    let with = |aud: &'static str| refused(|assertion| assertion.claiming("aud", aud));
    assert_eq!(with("https://login.invalid/common/oauth2/v2.0/token"), 50012);
    assert_eq!(with("https://elsewhere.invalid/contoso.example/oauth2/v2.0/token"), 50012);
    assert_eq!(with("https://login.invalid/contoso.example/v2.0"), 50012);
    let driver = tenant("");
    let by_id = "https://login.invalid/0f5a1c52-7d0e-4b1b-9a3e-5d1f1f0c0a01/oauth2/v2.0/token";
    let assertion = Assertion::at(driver.now).claiming("aud", by_id).text();
    assert_eq!(ask(&mut presenting(driver, &assertion)).status, 200);
}

#[test]
fn an_assertion_is_good_in_its_time_only() {
    let now = Driver::with("").now.timestamp();
    assert_eq!(refused(|assertion| assertion.claiming("nbf", now + 1)), 700_024);
    assert_eq!(refused(|assertion| assertion.claiming("exp", now)), 700_024);
    assert_eq!(refused(|assertion| assertion.claiming("nbf", now - 900).claiming("exp", now - 300)), 700_024);
}

#[test]
fn dates_may_have_a_fraction() {
    let driver = tenant("");
    let expiry = driver.now.timestamp() as f64 + 600.25;
    let assertion = Assertion::at(driver.now).claiming("exp", expiry).text();
    assert_eq!(ask(&mut presenting(driver, &assertion)).status, 200);
}

#[test]
fn an_assertion_is_good_once_unless_the_scenario_says_otherwise() {
    let twice = |more: &str| {
        let driver = tenant(more);
        let assertion = Assertion::at(driver.now).text();
        let mut driver = presenting(driver, &assertion);
        (ask(&mut driver).status, ask(&mut driver).code())
    };
    assert_eq!(twice(""), (200, 50012));
    assert_eq!(twice("[tokens]\nassertions_repeat = true"), (200, 0));
}

#[test]
fn an_expired_certificate_signs_nothing() {
    let mut driver = tenant("");
    driver.later(TimeDelta::days(365 * 20));
    let assertion = Assertion::at(driver.now).text();
    let answer = ask(&mut presenting(driver, &assertion));
    assert_eq!(answer.code(), 700_027);
    assert!(answer.text("error_description").contains("expired"));
}

#[test]
fn what_is_no_assertion_is_refused() {
    let with = |assertion: &str| ask(&mut presenting(tenant(""), assertion)).code();
    assert_eq!(with("no.jwt"), 50027);
    assert_eq!(with("e30.e30.AAAA"), 50027);
    let driver = tenant("");
    let mut lacking = Assertion::at(driver.now);
    lacking.claims.as_object_mut().unwrap().remove("jti");
    assert_eq!(ask(&mut presenting(driver, &lacking.text())).code(), 50027);
}

#[test]
fn one_proof_is_sent_and_named_rightly() {
    let good = || {
        let driver = tenant("");
        let assertion = Assertion::at(driver.now).text();
        presenting(driver, &assertion)
    };
    assert_eq!(ask(&mut good().redeeming("client_assertion_type", "")).code(), 900_144);
    assert_eq!(ask(&mut good().redeeming("client_assertion", "")).code(), 900_144);
    assert_eq!(ask(&mut good().redeeming("client_assertion_type", "jwt")).code(), 9_002_313);
    assert_eq!(ask(&mut good().redeeming("client_secret", super::driver::SECRET)).code(), 9_002_313);
}

#[test]
fn only_rsa_certificates_can_be_registered() {
    assert!(matches!(Certificate::from_pem(KEY), Err(CertificateError::NotPem)));
    let hollow = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----";
    assert!(matches!(Certificate::from_pem(hollow), Err(CertificateError::NotX509)));
    let mut parameters = rcgen::CertificateParams::new(vec!["elliptic.example".to_owned()]).unwrap();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    let elliptic = parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    assert!(matches!(Certificate::from_pem(&elliptic.pem()), Err(CertificateError::NotRsa)));
}
