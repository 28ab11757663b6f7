//! Device codes: two codes, a page, and polling until the person has decided.

use chrono::TimeDelta;
use tokengauge::simulator::browser::{self, Answer, BrowserError};

use super::driver::{Answered, CLIENT_ID, Driver, OPS};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const SCOPE: &str = "offline_access openid User.Read Mail.ReadWrite";

/// The tenant of `first-sign-in` with public client flows allowed and no secret sent.
fn tenant(more: &str) -> Driver {
    allowing("multitenant = true", "multitenant = true\npublic_client = true", more)
        .redeeming("client_secret", "")
        .redeeming("redirect_uri", "")
        .redeeming("code_verifier", "")
}

fn allowing(from: &str, to: &str, more: &str) -> Driver {
    let text = include_str!("../../demo/scenarios/first-sign-in.toml").replacen(from, to, 1);
    Driver::play(tokengauge::simulator::Scenario::parse(&format!("{text}\n{more}")).unwrap())
}

fn begin(driver: &mut Driver) -> Answered {
    begin_as(driver, CLIENT_ID)
}

/// Asks for a device code for an application.
pub fn begin_as(driver: &mut Driver, client_id: &str) -> Answered {
    let path = format!("/{}/oauth2/v2.0/devicecode", driver.tenant);
    driver.post_to(&path, &[("client_id", client_id), ("scope", SCOPE)])
}

/// One poll of the token endpoint.
pub fn poll(driver: &mut Driver, device: &Answered) -> Answered {
    driver.post(&[("grant_type", GRANT), ("device_code", device.text("device_code"))])
}

/// What the person does at the verification page.
pub fn enter(driver: &mut Driver, user_code: &str, answer: Answer) -> Result<(), BrowserError> {
    let upn = driver.upn.clone();
    let (simulator, now) = (&mut driver.simulator, driver.now);
    browser::enter_code("/devicelogin", user_code, &upn, answer, |request| simulator.handle(&request, now))
}

fn page_error(driver: &mut Driver, user_code: &str) -> String {
    match enter(driver, user_code, Answer::Accept) {
        Err(BrowserError::ErrorPage { text, .. }) => text.split(':').next().unwrap().to_owned(),
        other => panic!("an error page was expected: {other:?}"),
    }
}

#[test]
fn the_answer_holds_what_rfc_8628_asks_for() {
    let mut driver = tenant("");
    driver.simulator.reached_at("http://127.0.0.1:49152");
    let device = begin(&mut driver);
    assert_eq!(device.status, 200);
    assert_eq!(device.text("verification_uri"), "http://127.0.0.1:49152/devicelogin");
    assert_eq!((&device.body["expires_in"], &device.body["interval"]), (&900.into(), &5.into()));
    assert_eq!(device.text("user_code").len(), 9);
    assert!(device.text("message").contains(device.text("user_code")));
    assert!(device.body.get("verification_uri_complete").is_none());
    assert!(driver.simulator.issued_secrets().contains(&device.text("device_code").to_owned()));
}

#[test]
fn polling_waits_for_the_person_and_then_gets_tokens() {
    let mut driver = tenant("");
    let device = begin(&mut driver);
    assert_eq!(poll(&mut driver, &device).refusal(), (400, "authorization_pending", 70016));
    driver.later(TimeDelta::seconds(5));
    assert_eq!(poll(&mut driver, &device).refusal(), (400, "authorization_pending", 70016));
    enter(&mut driver, device.text("user_code"), Answer::Accept).unwrap();
    let answer = poll(driver.later(TimeDelta::seconds(5)), &device);
    assert_eq!((answer.status, answer.text("scope")), (200, "User.Read Mail.ReadWrite openid"));
    let claims = driver.simulator.verify_access_token(answer.text("access_token")).unwrap();
    assert_eq!((claims.upn.as_str(), claims.appid.as_str()), (OPS, CLIENT_ID));
    assert_eq!(driver.refresh(answer.text("refresh_token")).status, 200);
    assert_eq!(poll(driver.later(TimeDelta::seconds(5)), &device).refusal(), (400, "invalid_grant", 54005));
}

#[test]
fn a_poll_before_its_time_makes_the_interval_five_seconds_longer_for_good() {
    let mut driver = tenant("");
    let device = begin(&mut driver);
    let mut after = |seconds: i64| {
        let answer = poll(driver.later(TimeDelta::seconds(seconds)), &device);
        answer.text("error").to_owned()
    };
    assert_eq!(after(0), "authorization_pending");
    assert_eq!(after(4), "slow_down");
    assert_eq!(after(9), "slow_down");
    assert_eq!(after(15), "authorization_pending");
    assert_eq!(after(14), "slow_down");
}

#[test]
fn declining_ends_the_polling() {
    let mut driver = tenant("");
    let device = begin(&mut driver);
    enter(&mut driver, device.text("user_code"), Answer::Decline).unwrap();
    assert_eq!(poll(&mut driver, &device).text("error"), "authorization_declined");
}

#[test]
fn a_device_code_expires_after_fifteen_minutes() {
    let mut driver = tenant("");
    let device = begin(&mut driver);
    driver.later(TimeDelta::seconds(899));
    assert_eq!(poll(&mut driver, &device).text("error"), "authorization_pending");
    driver.later(TimeDelta::seconds(1));
    assert_eq!(poll(&mut driver, &device).refusal(), (400, "expired_token", 70020));
    assert_eq!(page_error(&mut driver, device.text("user_code")), "AADSTS70019");
}

#[test]
fn an_invented_device_code_is_a_bad_verification_code() {
    let mut driver = tenant("");
    let refused = driver.post(&[("grant_type", GRANT), ("device_code", "FAQABinvented")]);
    assert_eq!(refused.refusal(), (400, "bad_verification_code", 70018));
}

#[test]
fn a_user_code_is_read_in_any_case_with_spaces_and_hyphens() {
    let mut driver = tenant("");
    let device = begin(&mut driver);
    let code = device.text("user_code").to_ascii_lowercase();
    let typed = format!(" {}-{} {}", &code[..3], &code[3..6], &code[6..]);
    enter(&mut driver, &typed, Answer::Accept).unwrap();
    assert_eq!(poll(&mut driver, &device).status, 200);
}

#[test]
fn a_user_code_is_good_for_one_decision() {
    let mut driver = tenant("");
    let device = begin(&mut driver);
    assert_eq!(page_error(&mut driver, "WRONGCODE"), "AADSTS70018");
    enter(&mut driver, device.text("user_code"), Answer::Decline).unwrap();
    assert_eq!(page_error(&mut driver, device.text("user_code")), "AADSTS70018");
    assert_eq!(poll(&mut driver, &device).text("error"), "authorization_declined");
}

#[test]
fn the_page_can_be_answered_in_its_address() {
    let mut driver = tenant("");
    let device = begin(&mut driver);
    let address =
        format!("/devicelogin?user_code={}&sim_user={OPS}&sim_consent=accept", device.text("user_code"));
    assert_eq!(driver.get(&address).status(), 200);
    assert_eq!(poll(&mut driver, &device).status, 200);
}

#[test]
fn public_client_flows_must_be_allowed() {
    let mut driver = Driver::with("").redeeming("client_secret", "");
    let device = begin(&mut driver);
    assert_eq!(poll(&mut driver, &device).refusal(), (401, "invalid_client", 7_000_218));
    let mut with_secret = tenant("").redeeming("client_secret", "any");
    let device = begin(&mut with_secret);
    assert_eq!(poll(&mut with_secret, &device).code(), 700_025);
}

#[test]
fn a_device_code_belongs_to_its_application_and_tenant() {
    let neighbour = "[[applications]]\nclient_id = '11111111-0000-4000-8000-000000000001'\nname = 'Neighbour'\n\
                     tenant = 'contoso.example'\nmultitenant = true\npublic_client = true\nredirect_uris = {}";
    let mut driver = tenant(neighbour);
    let device = begin(&mut driver);
    driver.tenant = "contoso.example".into();
    assert_eq!(poll(&mut driver, &device).code(), 700_005);
    driver.tenant = "organizations".into();
    let mut other = driver.redeeming("client_id", "11111111-0000-4000-8000-000000000001");
    assert_eq!(poll(&mut other, &device).refusal(), (400, "invalid_grant", 70000));
}

#[test]
fn an_account_of_another_tenant_is_told_to_the_person_and_the_device_goes_on_waiting() {
    let elsewhere = "[[tenants]]\nid = '11111111-0000-4000-8000-00000000000a'\ndomain = 'fabrikam.example'\n\
                     name = 'Fabrikam'\n[[users]]\nupn = 'bo@fabrikam.example'\nname = 'Bo'\n\
                     oid = '11111111-0000-4000-8000-00000000000b'\ntenant = 'fabrikam.example'";
    let mut driver = tenant(elsewhere);
    driver.tenant = "contoso.example".into();
    let device = begin(&mut driver);
    driver.upn = "bo@fabrikam.example".into();
    assert_eq!(page_error(&mut driver, device.text("user_code")), "AADSTS50020");
    assert_eq!(poll(&mut driver, &device).text("error"), "authorization_pending");
}

#[test]
fn a_policy_blocks_the_flow_at_redemption_and_later_refreshes() {
    let blocked = |from: &str| {
        let policy = format!("name = \"Contoso\"\ndevice_code_blocked_from = \"{from}\"");
        let text = include_str!("../../demo/scenarios/first-sign-in.toml")
            .replacen("multitenant = true", "multitenant = true\npublic_client = true", 1)
            .replacen("name = \"Contoso\"", &policy, 1);
        let driver = Driver::play(tokengauge::simulator::Scenario::parse(&text).unwrap());
        driver.redeeming("client_secret", "")
    };
    let mut at_once = blocked("0s");
    let device = begin(&mut at_once);
    enter(&mut at_once, device.text("user_code"), Answer::Accept).unwrap();
    assert_eq!(poll(&mut at_once, &device).refusal(), (400, "invalid_grant", 53003));

    let mut later = blocked("1h");
    let device = begin(&mut later);
    enter(&mut later, device.text("user_code"), Answer::Accept).unwrap();
    let token = poll(&mut later, &device).text("refresh_token").to_owned();
    assert_eq!(later.refresh(&token).status, 200);
    later.later(TimeDelta::hours(1));
    assert_eq!(later.refresh(&token).refusal(), (400, "invalid_grant", 530_036));
}

#[test]
fn other_sign_ins_are_not_met_by_that_policy() {
    let policy = "name = \"Contoso\"\ndevice_code_blocked_from = \"0s\"";
    let token = allowing("name = \"Contoso\"", policy, "").sign_in();
    assert_eq!(token.status, 200);
}

#[test]
fn malformed_requests_for_a_device_code_are_refused() {
    let mut driver = tenant("");
    let path = "/organizations/oauth2/v2.0/devicecode";
    assert_eq!(driver.post_to(path, &[("scope", SCOPE)]).code(), 900_144);
    assert_eq!(driver.post_to(path, &[("client_id", CLIENT_ID)]).code(), 900_144);
    assert_eq!(driver.post_to(path, &[("client_id", "x"), ("scope", SCOPE)]).code(), 700_016);
    assert_eq!(driver.get(path).status(), 400);
    assert_eq!(driver.post_to("/nowhere.example/oauth2/v2.0/devicecode", &[]).code(), 90002);
}

#[test]
fn faults_meet_the_device_endpoint_and_its_page() {
    let mut refused = tenant("[[faults]]\nendpoint = 'devicecode'\ncode = 90033");
    assert_eq!(begin(&mut refused).refusal(), (503, "temporarily_unavailable", 90033));
    let mut page = tenant("[[faults]]\nendpoint = 'devicelogin'\ncode = 53003");
    let device = begin(&mut page);
    let upn = page.upn.clone();
    let ended =
        browser::enter_code("/devicelogin", device.text("user_code"), &upn, Answer::Accept, |request| {
            page.simulator.handle(&request, page.now)
        });
    assert!(matches!(ended, Err(BrowserError::ErrorPage { text, .. }) if text.starts_with("AADSTS53003")));
}
