//! The scenario files: each is parsed and played until it shows what it promises.

use chrono::TimeDelta;
use tokengauge::simulator::browser::Answer;
use tokengauge::simulator::{ConnectionDropped, Scenario, ScenarioError};

use super::driver::{Driver, parameter};

fn play(name: &str) -> Driver {
    Driver::play(Scenario::embedded(name).unwrap())
}

#[test]
fn every_file_is_embedded_under_its_name() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/demo/scenarios");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let mut embedded = Scenario::EMBEDDED.to_vec();
    embedded.sort_unstable();
    assert_eq!(files, embedded);
    for name in Scenario::EMBEDDED {
        assert_eq!(Scenario::embedded(name).unwrap().name, *name);
    }
    assert!(Scenario::embedded("nothing").is_none());
}

#[test]
fn first_sign_in_ends_with_tokens() {
    let mut driver = play("first-sign-in");
    let token = driver.sign_in().text("refresh_token").to_owned();
    assert_eq!(driver.refresh(&token).status, 200);
}

#[test]
fn throttled_turns_two_renewals_away_and_then_serves() {
    let mut driver = play("throttled");
    let token = driver.sign_in().text("refresh_token").to_owned();
    let answers: Vec<_> = (0..4).map(|_| driver.refresh(&token)).collect();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 429, 429, 200]);
    assert_eq!(answers[1].headers["retry-after"], "7");
}

#[test]
fn consent_missing_needs_its_administrator() {
    let mut driver = play("consent-missing");
    let returned = driver.returned(Answer::Accept);
    assert!(parameter(&returned, "error_description").starts_with("AADSTS90094: "));
    let mut driver = driver.asking("scope", "offline_access User.Read");
    assert_eq!(driver.sign_in().text("scope"), "User.Read");
}

#[test]
fn conditional_access_refuses_at_the_token_endpoint() {
    let mut driver = play("conditional-access");
    assert_eq!(driver.sign_in().refusal(), (400, "invalid_grant", 53003));
    assert_eq!(driver.sign_in().code(), 53003);
}

#[test]
fn short_lived_tokens_live_sixty_seconds_and_rotate_strictly() {
    let mut driver = play("short-lived");
    let answer = driver.sign_in();
    assert_eq!(answer.body["expires_in"], 60);
    assert_eq!(driver.graph("/v1.0/me", answer.text("access_token")).0, 200);
    driver.later(TimeDelta::seconds(60));
    assert_eq!(driver.graph("/v1.0/me", answer.text("access_token")).0, 401);
    let token = answer.text("refresh_token").to_owned();
    assert_eq!(driver.refresh(&token).status, 200);
    assert_eq!(driver.refresh(&token).code(), 70000);
}

#[test]
fn fleet_signs_in_across_tenants_through_one_registration() {
    for upn in ["ops@contoso.example", "billing@fabrikam.example", "frontdesk@adatum.example"] {
        let mut driver = play("fleet");
        driver.upn = upn.into();
        let answer = driver.sign_in();
        let claims = driver.simulator.verify_access_token(answer.text("access_token")).unwrap();
        assert_eq!(claims.upn, upn);
    }
}

#[test]
fn faults_take_the_place_of_answers() {
    let with = |effect: &str| Driver::with(&format!("[[faults]]\nendpoint = 'token'\n{effect}"));
    assert_eq!(
        with("code = 700082\nerror = 'invalid_grant'").sign_in().refusal(),
        (400, "invalid_grant", 700_082)
    );
    assert_eq!(with("code = 50076").sign_in().text("error"), "interaction_required");
    let html = with("body = 'html'\nstatus = 503").sign_in();
    assert_eq!(
        (html.status, html.headers["content-type"].to_str().unwrap()),
        (503, "text/html; charset=utf-8")
    );
    let not_json = with("body = 'not json'").sign_in();
    assert_eq!((not_json.status, not_json.body), (200, serde_json::Value::Null));
    assert_eq!(with("body = 'empty'").sign_in().headers["content-type"], "application/json; charset=utf-8");
}

#[test]
fn a_claims_challenge_lasts_until_a_sign_in_brings_the_claims() {
    let claims = "{\"access_token\":{\"acrs\":{\"essential\":true,\"value\":\"c1\"}}}";
    let fault =
        format!("[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\ncode = 50076\nclaims = '{claims}'");
    let mut driver = Driver::with(&fault);
    let token = driver.sign_in().text("refresh_token").to_owned();
    let refused = driver.refresh(&token);
    assert_eq!(refused.refusal(), (400, "interaction_required", 50076));
    assert_eq!(refused.text("claims"), claims);
    let mut driver = driver.asking("claims", claims);
    let token = driver.sign_in().text("refresh_token").to_owned();
    let renewed = driver.refresh(&token);
    assert_eq!(renewed.status, 200);
    assert_eq!(driver.refresh(renewed.text("refresh_token")).status, 200);
}

#[test]
fn a_fault_may_put_its_own_words_and_fields_into_an_answer() {
    let worded = "[[faults]]\nendpoint = 'token'\ncode = 70000\nsentence = \"\\u001b[31mred\"";
    let refused = Driver::with(worded).sign_in();
    assert!(refused.text("error_description").starts_with("AADSTS70000: \u{1b}[31mred\r\n"));
    let fields = "[[faults]]\nendpoint = 'token'\nanswer = { expires_in = \"3599\", foci = 1 }";
    let altered = Driver::with(fields).sign_in();
    assert_eq!((altered.status, altered.text("expires_in"), &altered.body["foci"]), (200, "3599", &1.into()));
}

#[test]
fn a_body_may_hold_every_byte() {
    let mut driver = Driver::with("[[faults]]\nendpoint = 'discovery'\nbody = 'all bytes'\nstatus = 400");
    let response = driver.get("/common/v2.0/.well-known/openid-configuration");
    assert!((0..=u8::MAX).all(|byte| response.body().contains(&byte)));
}

#[test]
fn a_dropped_connection_is_marked() {
    let mut driver = Driver::with("[[faults]]\nendpoint = 'discovery'\ndrop = true\ncount = 1");
    let address = "/common/v2.0/.well-known/openid-configuration";
    assert!(driver.get(address).extensions().get::<ConnectionDropped>().is_some());
    assert!(driver.get(address).extensions().get::<ConnectionDropped>().is_none());
}

#[test]
fn a_fault_may_choose_its_user_and_application() {
    let fault = "[[faults]]\nendpoint = 'token'\nuser = 'ada@contoso.example'\n\
                 client_id = '5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44'\nstatus = 500";
    let mut driver = Driver::with(fault);
    assert_eq!(driver.sign_in().status, 200);
    driver.upn = "ada@contoso.example".into();
    assert_eq!(driver.sign_in().status, 500);
}

#[test]
fn files_that_contradict_themselves_are_refused() {
    let text = include_str!("../../demo/scenarios/first-sign-in.toml");
    let parse = |from: &str, to: &str| Scenario::parse(&text.replacen(from, to, 1)).unwrap_err();
    assert!(matches!(parse("shows =", "surprise = 1\nshows ="), ScenarioError::Shape(_)));
    assert!(matches!(parse("ada@", "ops@"), ScenarioError::Repeated { what: "a user", .. }));
    assert!(matches!(parse("a0c1e2d3-0001", "not-a-guid"), ScenarioError::NotAGuid(_)));
    let grant = |of: &str| {
        let grant = format!("{text}\n[[grants]]\nclient_id = '{}'\n{of}", super::driver::CLIENT_ID);
        Scenario::parse(&grant).unwrap_err()
    };
    assert!(matches!(
        grant("user = 'x@y.example'\nscopes = []"),
        ScenarioError::Undefined { what: "the user", .. }
    ));
    assert!(matches!(grant("user = 'ops@contoso.example'\nscopes = ['a b;c']"), ScenarioError::Scope(_)));
    assert!(matches!(grant("scopes = []"), ScenarioError::GrantToNobody(_)));
}
