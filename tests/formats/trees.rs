//! YAML and JSON: Python reads each value back exactly, whatever is in it.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use tokengauge::export::options::{AccountName, KeyStyle, KubernetesName, SecretEncoding};
use tokengauge::export::{Format, Options, write};

use super::readers::Python;
use super::values::{CLIENT_ID, Sample, hostile_text};

const CASES: u32 = 200;

fn three() -> impl Strategy<Value = (String, String, String)> {
    (hostile_text(), hostile_text(), hostile_text())
}

/// Runs the check on many sets of values with one Python.
fn with_python(check: impl Fn(&mut Python, &Sample, [&str; 3])) {
    let Some(python) = Python::start() else { return };
    let python = std::cell::RefCell::new(python);
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    runner
        .run(&three(), |(secret, access, refresh)| {
            let sample = Sample::new(&secret, &access, &refresh);
            check(&mut python.borrow_mut(), &sample, [&secret, &access, &refresh]);
            Ok(())
        })
        .unwrap();
}

fn texts<'v>(map: &'v Value, keys: [&str; 3]) -> [&'v str; 3] {
    keys.map(|key| map[key].as_str().unwrap_or_else(|| panic!("{key} is no text")))
}

fn base64(text: &str) -> String {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn python_reads_the_json_object_back() {
    with_python(|python, sample, expected| {
        let read = python.json(&write(Format::Json, &sample.values(), &Options::default()).unwrap());
        assert_eq!(texts(&read, ["client_secret", "access_token", "refresh_token"]), expected);
        assert_eq!((&read["client_id"], &read["token_type"]), (&CLIENT_ID.into(), &"Bearer".into()));
        assert!(read.as_object().unwrap().values().all(|value| !value.is_object() && !value.is_array()));
    });
}

#[test]
fn python_reads_the_postman_environment_back() {
    with_python(|python, sample, expected| {
        let read = python.json(&write(Format::Postman, &sample.values(), &Options::default()).unwrap());
        let of = |key: &str| read["values"].as_array().unwrap().iter().find(|own| own["key"] == key).unwrap();
        let told = ["client_secret", "access_token", "refresh_token"].map(of);
        assert_eq!(told.map(|variable| variable["value"].as_str().unwrap()), expected);
        assert!(told.iter().all(|variable| variable["type"] == "secret"));
        assert_eq!(read["_postman_variable_scope"], "environment");
    });
}

#[test]
fn python_reads_the_n8n_credential_back() {
    with_python(|python, sample, expected| {
        let read = python.json(&write(Format::N8n, &sample.values(), &Options::default()).unwrap());
        let data = &read[0]["data"];
        let tokens = texts(&data["oauthTokenData"], ["access_token", "refresh_token", "token_type"]);
        assert_eq!([data["clientSecret"].as_str().unwrap(), tokens[0], tokens[1]], expected);
        assert_eq!(data["oauthTokenData"]["expires_in"], 3600);
        assert_eq!(read[0]["type"], "microsoftOutlookOAuth2Api");
    });
}

#[test]
fn python_reads_the_kubernetes_secret_back() {
    with_python(|python, sample, expected| {
        let keys = ["client_secret", "access_token", "refresh_token"];
        let plain = Options { namespace: KubernetesName::parse("integration"), ..Options::default() };
        let read = python.yaml(&write(Format::KubernetesSecret, &sample.values(), &plain).unwrap()).remove(0);
        assert_eq!(texts(&read["stringData"], keys), expected);
        assert_eq!(read["metadata"]["namespace"], "integration");
        assert_eq!(read["metadata"]["name"], "contoso-exchange-oauth");
        let encoded = Options { secret_encoding: SecretEncoding::Base64, ..Options::default() };
        let read =
            python.yaml(&write(Format::KubernetesSecret, &sample.values(), &encoded).unwrap()).remove(0);
        assert_eq!(texts(&read["data"], keys).map(base64), expected);
    });
}

#[test]
fn python_reads_the_accounts_back() {
    with_python(|python, sample, expected| {
        let plain = Options::default();
        let text = write(Format::AccountsYaml, &sample.values(), &plain).unwrap();
        assert!(text.starts_with("accounts:\n"));
        let read = python.yaml(&text).remove(0);
        let account = &read["accounts"]["msexchange"][0];
        let credentials = &account["credentials"];
        assert_eq!(texts(credentials, ["clientSecret", "accessToken", "refreshToken"]), expected);
        assert_eq!((&account["name"], &credentials["clientId"]), (&"Account 1".into(), &CLIENT_ID.into()));
        assert_eq!((&account["endpoint"], &account["default"]), (&serde_json::json!({}), &true.into()));
        let other = Options {
            key_style: KeyStyle::BasicOauth,
            account: AccountName::parse("it's: \"#1\" ~").unwrap(),
            ..Options::default()
        };
        let read = python.yaml(&write(Format::AccountsYaml, &sample.values(), &other).unwrap()).remove(0);
        let account = &read["accounts"]["msexchange"][0];
        let keys = ["clientSecret", "accessTokenBasicOauth", "refreshTokenBasicOauth"];
        assert_eq!(texts(&account["credentials"], keys), expected);
        assert_eq!(account["name"], "it's: \"#1\" ~");
    });
}

#[test]
fn python_reads_the_operators_documents_back() {
    with_python(|python, sample, expected| {
        let text = write(Format::AppConnectOperator, &sample.values(), &Options::default()).unwrap();
        let read = python.yaml(&text);
        let [secret, configuration] = &read[..] else { panic!("{} documents", read.len()) };
        assert_eq!((&secret["kind"], &configuration["kind"]), (&"Secret".into(), &"Configuration".into()));
        assert_eq!(configuration["spec"]["secretName"], secret["metadata"]["name"]);
        assert_eq!(configuration["spec"]["type"], "accounts");
        let inner = python.yaml(&base64(secret["data"]["configuration"].as_str().unwrap())).remove(0);
        let credentials = &inner["accounts"]["msexchange"][0]["credentials"];
        assert_eq!(texts(credentials, ["clientSecret", "accessToken", "refreshToken"]), expected);
    });
}
