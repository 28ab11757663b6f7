//! The scenarios about other ways in, and about answers that need a person: each shows what it promises.

use chrono::TimeDelta;
use tokengauge::simulator::Scenario;
use tokengauge::simulator::browser::{self, Answer};

use super::assertions::{Assertion, JWT_BEARER};
use super::device::{begin_as, enter, poll};
use super::driver::{Answered, Driver, OPS, parameter};

const TERMINAL: &str = "78b7d0ac-8477-4ce0-8e4c-da11b43c589b";
const DEFAULT: &str = "https://graph.microsoft.com/.default";

fn play(name: &str) -> Driver {
    Driver::play(Scenario::embedded(name).unwrap())
}

/// A whole sign-in by device code.
fn by_device_code(driver: &mut Driver) -> Answered {
    let device = begin_as(driver, TERMINAL);
    assert_eq!(poll(driver, &device).code(), 70016);
    enter(driver, device.text("user_code"), Answer::Accept).unwrap();
    poll(driver.later(TimeDelta::seconds(5)), &device)
}

#[test]
fn device_code_ends_with_tokens_that_renew() {
    let mut driver = play("device-code");
    let token = by_device_code(&mut driver).text("refresh_token").to_owned();
    assert_eq!(driver.later(TimeDelta::days(1)).refresh(&token).status, 200);
}

#[test]
fn device_code_blocked_refuses_that_flow_and_no_other() {
    let mut driver = play("device-code-blocked");
    assert_eq!(by_device_code(&mut driver).refusal(), (400, "invalid_grant", 53003));
    assert_eq!(driver.sign_in().status, 200);
}

#[test]
fn device_code_blocked_later_ends_the_renewals_after_an_hour() {
    let mut driver = play("device-code-blocked-later");
    let token = by_device_code(&mut driver).text("refresh_token").to_owned();
    assert_eq!(driver.later(TimeDelta::minutes(50)).refresh(&token).status, 200);
    assert_eq!(driver.later(TimeDelta::minutes(10)).refresh(&token).code(), 530_036);
}

#[test]
fn app_only_secret_gives_roles_for_both_resources() {
    let mut driver = play("app-only-secret");
    driver.tenant = "contoso.example".into();
    for (scope, roles) in [
        (DEFAULT, vec!["Mail.Read", "Calendars.Read"]),
        ("https://outlook.office365.com/.default", vec!["IMAP.AccessAsApp"]),
    ] {
        let answer = driver.post(&[("grant_type", "client_credentials"), ("scope", scope)]);
        let claims = driver.simulator.verify_access_token(answer.text("access_token")).unwrap();
        assert_eq!(claims.roles, roles);
    }
    driver.later(TimeDelta::days(45));
    let ended = driver.post(&[("grant_type", "client_credentials"), ("scope", DEFAULT)]);
    assert_eq!(ended.code(), 7_000_222);
}

#[test]
fn app_only_certificate_is_opened_by_the_key_that_it_publishes() {
    let mut driver = play("app-only-certificate");
    driver.tenant = "contoso.example".into();
    let application = driver.simulator.scenario().applications[0].clone();
    let key = application.certificates[0].key.clone().unwrap();
    assert!(driver.simulator.issued_secrets().contains(&key));
    let client = application.client_id.as_str();
    let assertion = Assertion::signed_by(&key, driver.now).claiming("iss", client).claiming("sub", client);
    let mut driver = driver
        .redeeming("client_assertion_type", JWT_BEARER)
        .redeeming("client_assertion", &assertion.text());
    let answer = driver.post(&[("grant_type", "client_credentials"), ("scope", DEFAULT)]);
    assert_eq!(answer.status, 200);
    assert!(answer.body.get("refresh_token").is_none());
}

#[test]
fn admin_consent_wanted_lets_everybody_in_once_ada_has_consented() {
    let mut driver = play("admin-consent-wanted");
    let refused = driver.returned(Answer::Accept);
    assert!(parameter(&refused, "error_description").starts_with("AADSTS90094: "));
    let address = "/contoso.example/v2.0/adminconsent?client_id=5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44&\
                   redirect_uri=http%3A%2F%2Flocalhost%3A8400%2F&state=s&\
                   scope=https%3A%2F%2Fgraph.microsoft.com%2F.default";
    let (simulator, now) = (&mut driver.simulator, driver.now);
    browser::sign_in(address, "ada@contoso.example", Answer::Accept, |request| {
        simulator.handle(&request, now)
    })
    .unwrap();
    assert_eq!(driver.upn, OPS);
    assert_eq!(driver.sign_in().status, 200);
}

#[test]
fn claims_challenge_is_met_by_a_sign_in_with_its_claims() {
    let mut driver = play("claims-challenge");
    let token = driver.sign_in().text("refresh_token").to_owned();
    let refused = driver.refresh(&token);
    assert_eq!(refused.refusal(), (400, "interaction_required", 50076));
    let mut driver = driver.asking("claims", refused.text("claims"));
    let token = driver.sign_in().text("refresh_token").to_owned();
    assert_eq!(driver.refresh(&token).status, 200);
}

#[test]
fn hostile_texts_refuse_every_renewal_in_another_way() {
    let mut driver = play("hostile-texts");
    let token = driver.sign_in().text("refresh_token").to_owned();
    let sequence = driver.refresh(&token);
    assert_eq!(sequence.code(), 50173);
    assert!(sequence.text("error_description").contains("\u{1b}]52;c;"));
    assert!(sequence.text("error_description").contains("\u{1b}[6n"));
    assert_eq!(driver.refresh(&token).body, serde_json::Value::Null);
    assert_eq!(driver.refresh(&token).text("error"), "\u{1b}[5minvalid\u{1b}[0m");
    assert!(driver.refresh(&token).text("scope").contains('\u{202e}'));
    assert_eq!(driver.refresh(&token).status, 502);
    let device = begin_as(&mut driver, "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44");
    assert!(device.text("user_code").contains("\u{1b}[8m"));
    let refused = driver.returned(Answer::Accept);
    assert!(parameter(&refused, "error_description").contains("\u{1b}[6n"));
}
