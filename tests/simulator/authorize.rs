//! The authorize endpoint: pages, answers in every mode, refusals to the person and to the client.

use tokengauge::simulator::browser::{Answer, BrowserError, Landing};

use super::driver::{Driver, parameter};

/// The OAuth error and the AADSTS number that the client gets.
fn refused(mut driver: Driver, answer: Answer) -> (String, String) {
    let returned = driver.returned(answer);
    assert_eq!(parameter(&returned, "state"), "c29tZS1yYW5kb20 &=?");
    let description = parameter(&returned, "error_description");
    assert!(description.contains("\r\nTrace ID: "));
    assert!(description.contains("\r\nCorrelation ID: "));
    assert!(description.ends_with("\r\nTimestamp: 2026-11-22 05:41:56Z"));
    let number = description.split(':').next().unwrap_or_default().to_owned();
    (parameter(&returned, "error"), number)
}

fn accepted_refusal(driver: Driver) -> (String, String) {
    refused(driver, Answer::Accept)
}

fn pair(error: &str, number: &str) -> (String, String) {
    (error.into(), number.into())
}

/// The text of the platform's own page.
fn own_page(mut driver: Driver) -> String {
    match driver.browse(Answer::Accept) {
        Err(BrowserError::ErrorPage { status: 400, text }) => text,
        _ => panic!("the platform should have shown its own page"),
    }
}

#[test]
fn the_page_names_application_user_and_permissions() {
    let mut driver = Driver::with("").asking("scope", "openid User.Read Group.ReadWrite.All");
    let address = driver.authorize_url();
    let html = String::from_utf8(driver.get(&address).body().to_vec()).unwrap();
    for text in ["Contoso mail connector", "ops@contoso.example", "User.Read", "needs an administrator"] {
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn the_hinted_user_comes_first() {
    let mut driver = Driver::with("").asking("login_hint", "ada@contoso.example");
    let address = driver.authorize_url();
    let html = String::from_utf8(driver.get(&address).body().to_vec()).unwrap();
    assert!(html.find("ada@").unwrap() < html.find("ops@").unwrap());
}

#[test]
fn a_query_answer_carries_code_state_and_session() {
    let returned = Driver::with("").asking("client_info", "1").returned(Answer::Accept);
    assert_eq!(parameter(&returned, "code").len(), 900);
    assert_eq!(parameter(&returned, "state"), "c29tZS1yYW5kb20 &=?");
    assert_eq!(parameter(&returned, "session_state").len(), 36);
    assert!(!parameter(&returned, "client_info").is_empty());
}

#[test]
fn the_page_can_be_answered_in_the_address() {
    let mut driver =
        Driver::with("").asking("sim_user", "ops@contoso.example").asking("sim_consent", "accept");
    let address = driver.authorize_url();
    let response = driver.get(&address);
    assert_eq!(response.status(), 302);
    assert!(response.headers()["location"].to_str().unwrap().starts_with("http://localhost:8400/?code=1.A"));
}

#[test]
fn a_fragment_answer_stays_out_of_the_query() {
    let mut driver = Driver::with("").asking("response_mode", "fragment");
    let Landing::Address(address) = driver.browse(Answer::Accept).unwrap() else {
        panic!("a redirect was asked for")
    };
    assert!(address.starts_with("http://localhost:8400/#code=1.A"));
}

#[test]
fn a_form_post_answer_posts_itself() {
    let mut driver = Driver::with("").asking("response_mode", "form_post");
    let Landing::Posted { address, body } = driver.browse(Answer::Accept).unwrap() else {
        panic!("a post was asked for")
    };
    assert_eq!(address, "http://localhost:8400/");
    assert!(body.starts_with("code=1.A"));
    assert!(body.ends_with("state=c29tZS1yYW5kb20+%26%3D%3F"));
}

#[test]
fn the_port_of_localhost_is_free_and_an_empty_path_gets_its_slash() {
    let mut driver = Driver::with("").asking("redirect_uri", "http://localhost:51234");
    let Landing::Address(address) = driver.browse(Answer::Accept).unwrap() else {
        panic!("a redirect was asked for")
    };
    assert!(address.starts_with("http://localhost:51234/?code="));
}

#[test]
fn an_unknown_client_is_told_to_the_person_only() {
    let driver = Driver::with("").asking("client_id", "00000000-0000-4000-8000-000000000000");
    assert!(own_page(driver).starts_with("AADSTS700016: "));
}

#[test]
fn an_unregistered_redirect_is_told_to_the_person_only() {
    let driver = Driver::with("").asking("redirect_uri", "http://localhost:8400/other");
    assert!(own_page(driver).starts_with("AADSTS50011: "));
}

#[test]
fn a_missing_redirect_is_told_to_the_person_only() {
    assert!(own_page(Driver::with("").asking("redirect_uri", "")).starts_with("AADSTS900971: "));
}

#[test]
fn an_unknown_tenant_is_told_to_the_person_only() {
    let mut driver = Driver::with("");
    driver.tenant = "nowhere.example".into();
    assert!(own_page(driver).starts_with("AADSTS90002: "));
}

#[test]
fn a_single_tenant_application_is_not_reached_through_common() {
    let single = "[[applications]]\nclient_id = '11111111-0000-4000-8000-000000000001'\nname = 'Single'\n\
                  tenant = 'contoso.example'\nredirect_uris.web = ['http://localhost:8400/']";
    let driver = || Driver::with(single).asking("client_id", "11111111-0000-4000-8000-000000000001");
    assert!(own_page(driver()).starts_with("AADSTS50194: "));
    let mut at_home = driver();
    at_home.tenant = "contoso.example".into();
    assert!(!at_home.code().is_empty());
}

#[test]
fn an_unknown_user_is_told_to_the_person_only() {
    let mut driver = Driver::with("");
    driver.upn = "nobody@contoso.example".into();
    assert!(own_page(driver).starts_with("AADSTS50034: "));
}

#[test]
fn declining_is_access_denied() {
    let mut driver = Driver::with("");
    assert_eq!(parameter(&driver.returned(Answer::Decline), "error_subcode"), "cancel");
    assert_eq!(refused(Driver::with(""), Answer::Decline), pair("access_denied", "AADSTS65004"));
}

#[test]
fn a_permission_for_administrators_needs_one() {
    let driver = || Driver::with("").asking("scope", "Group.ReadWrite.All");
    assert_eq!(accepted_refusal(driver()), pair("consent_required", "AADSTS90094"));
    let mut as_administrator = driver();
    as_administrator.upn = "ada@contoso.example".into();
    assert!(!as_administrator.code().is_empty());
}

#[test]
fn a_tenant_wide_grant_makes_the_administrator_unnecessary() {
    let grant = "[[grants]]\nclient_id = '5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44'\ntenant = 'contoso.example'\n\
                 scopes = ['Group.ReadWrite.All']";
    assert!(!Driver::with(grant).asking("scope", "Group.ReadWrite.All").code().is_empty());
}

#[test]
fn a_silent_sign_in_needs_a_user_and_consent() {
    let silent = |driver: Driver| driver.asking("prompt", "none").asking("login_hint", "ops@contoso.example");
    let nobody = Driver::with("").asking("prompt", "none");
    assert_eq!(accepted_refusal(nobody), pair("login_required", "AADSTS50058"));
    assert_eq!(accepted_refusal(silent(Driver::with(""))), pair("consent_required", "AADSTS65001"));
    let mut driver = Driver::with("");
    driver.sign_in();
    assert!(!silent(driver).code().is_empty());
}

#[test]
fn malformed_requests_are_told_to_the_client() {
    let asking = |name: &str, value: &str| accepted_refusal(Driver::with("").asking(name, value));
    assert_eq!(asking("response_type", "token"), pair("unsupported_response_type", "AADSTS70005"));
    assert_eq!(asking("response_mode", "smoke"), pair("invalid_request", "AADSTS70007"));
    assert_eq!(asking("scope", ""), pair("invalid_request", "AADSTS900144"));
    assert_eq!(asking("scope", ".default Mail.Read"), pair("invalid_scope", "AADSTS70011"));
    assert_eq!(asking("scope", "https://elsewhere.example/x"), pair("invalid_resource", "AADSTS500011"));
    assert_eq!(asking("code_challenge", "short"), pair("invalid_request", "AADSTS501491"));
}

#[test]
fn claims_are_accepted_if_they_are_a_json_object() {
    let with = |claims: &str| Driver::with("").asking("claims", claims);
    assert!(!with("{\"access_token\":{\"acrs\":{\"essential\":true,\"value\":\"c1\"}}}").code().is_empty());
    assert_eq!(accepted_refusal(with("not json")), pair("invalid_request", "AADSTS9002313"));
}

#[test]
fn default_asks_for_the_list_of_the_registration() {
    let text = include_str!("../../demo/scenarios/first-sign-in.toml").replacen(
        "multitenant = true",
        "multitenant = true\npermissions = ['Mail.Send', 'https://outlook.office.com/SMTP.Send']",
        1,
    );
    let driver = Driver::play(tokengauge::simulator::Scenario::parse(&text).unwrap());
    let answer = driver.asking("scope", "https://graph.microsoft.com/.default").sign_in();
    assert_eq!(answer.text("scope"), "Mail.Send");
}

#[test]
fn a_fault_at_the_authorize_endpoint_reaches_the_client() {
    let fault = "[[faults]]\nendpoint = 'authorize'\ncode = 53003\nerror = 'access_denied'";
    assert_eq!(accepted_refusal(Driver::with(fault)), pair("access_denied", "AADSTS53003"));
}

#[test]
fn a_hostile_state_cannot_leave_the_page() {
    let mut driver = Driver::with("").asking("state", "\"><script>alert(1)</script>");
    let address = driver.authorize_url();
    let html = String::from_utf8(driver.get(&address).body().to_vec()).unwrap();
    assert!(!html.contains("<script>"));
    assert_eq!(parameter(&driver.returned(Answer::Accept), "state"), "\"><script>alert(1)</script>");
}
