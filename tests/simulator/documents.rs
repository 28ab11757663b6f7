//! Discovery and keys: what they name, and that ID tokens verify by them.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

use super::driver::{CLIENT_ID, Driver, OPS};

fn document(driver: &mut Driver, path: &str) -> Value {
    serde_json::from_slice(driver.get(path).body()).unwrap()
}

#[test]
fn discovery_names_the_endpoints_of_its_tenant() {
    let mut driver = Driver::with("");
    driver.simulator.reached_at("http://127.0.0.1:49152");
    let document = document(&mut driver, "/contoso.example/v2.0/.well-known/openid-configuration");
    let base = "http://127.0.0.1:49152/contoso.example";
    assert_eq!(document["device_authorization_endpoint"], format!("{base}/oauth2/v2.0/devicecode"));
    assert_eq!(document["jwks_uri"], format!("{base}/discovery/v2.0/keys"));
    assert_eq!(document["issuer"], "https://login.invalid/0f5a1c52-7d0e-4b1b-9a3e-5d1f1f0c0a01/v2.0");
    let methods = document["token_endpoint_auth_methods_supported"].as_array().unwrap();
    assert!(methods.contains(&"private_key_jwt".into()));
}

#[test]
fn the_issuer_of_an_alias_keeps_its_placeholder() {
    let document = document(&mut Driver::with(""), "/common/v2.0/.well-known/openid-configuration");
    assert_eq!(document["issuer"], "https://login.invalid/{tenantid}/v2.0");
}

#[test]
fn an_id_token_verifies_by_the_published_key() {
    let mut driver = Driver::with("");
    let id_token = driver.sign_in().text("id_token").to_owned();
    let keys = driver.get("/common/discovery/v2.0/keys");
    let keys: JwkSet = serde_json::from_slice(keys.body()).unwrap();
    let kid = jsonwebtoken::decode_header(&id_token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.set_audience(&[CLIENT_ID]);
    validation.set_issuer(&["https://login.invalid/0f5a1c52-7d0e-4b1b-9a3e-5d1f1f0c0a01/v2.0"]);
    let claims = jsonwebtoken::decode::<Value>(&id_token, &key, &validation).unwrap().claims;
    assert_eq!(claims["preferred_username"], OPS);
}

#[test]
fn the_published_key_is_only_the_public_half() {
    let keys = document(&mut Driver::with(""), "/common/discovery/v2.0/keys");
    let mut fields: Vec<&String> = keys["keys"][0].as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(fields, ["alg", "e", "kid", "kty", "n", "use"]);
}

#[test]
fn documents_of_unknown_tenants_do_not_exist() {
    for path in ["v2.0/.well-known/openid-configuration", "discovery/v2.0/keys"] {
        assert_eq!(Driver::with("").get(&format!("/nowhere.example/{path}")).status(), 400);
    }
}
