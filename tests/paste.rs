//! Pastes after a sign-in: every case of `tests/cases/redirect.json`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokengauge::domain::secret::Secret as _;
use tokengauge::oauth::redirect_response::{
    AuthorizationResponse, Awaited, Expectation, Refusal, StateCheck, read,
};
use url::Url;

fn cases() -> Vec<Value> {
    serde_json::from_str(include_str!("cases/redirect.json")).unwrap()
}

fn pasted(case: &Value) -> Vec<u8> {
    if let Some(text) = case["input"].as_str() {
        return text.into();
    }
    if let Some(encoded) = case["input_b64"].as_str() {
        return STANDARD.decode(encoded).unwrap();
    }
    let part = |name: &str| case["input_gen"][name].as_str().unwrap();
    let count = usize::try_from(case["input_gen"]["count"].as_u64().unwrap()).unwrap();
    format!("{}{}{}", part("prefix"), part("repeat").repeat(count), part("suffix")).into()
}

fn read_case(case: &Value) -> Result<AuthorizationResponse, Refusal> {
    let redirect_uri = Url::parse(case["redirect_uri"].as_str().unwrap_or("http://localhost:8400/")).unwrap();
    let expectation = Expectation {
        redirect_uri: &redirect_uri,
        state: case["state_expected"].as_str().unwrap(),
        pkce: case["pkce"].as_bool().unwrap_or(true),
        issuer: case["iss_expected"].as_str(),
        awaited: Awaited::Code,
    };
    read(&pasted(case), &expectation)
}

/// The three words in which a case says what it expects: kind, code or reason, and state.
fn outcome(case: &Value) -> [Option<String>; 3] {
    let state = case["state_expected"].as_str().map(str::to_owned);
    match read_case(case) {
        Ok(AuthorizationResponse::Code { code, state: check }) => {
            [Some("code".into()), Some(code.expose().into()), state.filter(|_| check == StateCheck::Checked)]
        }
        Ok(AuthorizationResponse::Error(error)) => {
            [Some("error".into()), Some(error.error.error.unsanitized().into()), state]
        }
        Err(refusal) => [Some("reject".into()), Some(refusal.reason().into()), None],
    }
}

fn expected(case: &Value) -> [Option<String>; 3] {
    let expect = &case["expect"];
    let word = |name: &str| expect[name].as_str().map(str::to_owned);
    [word("kind"), word("code").or_else(|| word("reason")), word("state")]
}

#[test]
fn every_case_comes_out_as_the_rules_say() {
    let cases = cases();
    assert_eq!(cases.len(), 92);
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| outcome(case) != expected(case))
        .map(|case| {
            format!("{} {}: {:?}, expected {:?}", case["id"], case["note"], outcome(case), expected(case))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_sentence_about_a_refusal_holds_a_value_of_the_paste() {
    for case in cases() {
        let Err(refusal) = read_case(&case) else { continue };
        let told = format!("{} {} {refusal} {refusal:?}", refusal.what_happened(), refusal.what_to_do());
        for value in ["fake", "AVcA", "Qm3vX0p7", "eyJ", "evil.example@"] {
            assert!(!told.contains(value), "{}: {told}", case["id"]);
        }
    }
}
