//! The Graph corner and discovery.

use chrono::TimeDelta;

use super::driver::Driver;

const ALL: &str = "User.Read Mail.ReadWrite Calendars.ReadWrite Contacts.ReadWrite";

#[test]
fn the_four_calls_answer_a_token_that_may() {
    let mut driver = Driver::with("").asking("scope", ALL);
    let token = driver.sign_in().text("access_token").to_owned();
    let (status, me) = driver.graph("/v1.0/me?$select=id", &token);
    assert_eq!((status, me["userPrincipalName"].as_str()), (200, Some("ops@contoso.example")));
    assert_eq!(driver.graph("/v1.0/me/mailFolders/inbox", &token).1["displayName"], "Inbox");
    assert_eq!(driver.graph("/v1.0/me/calendars?$top=1", &token).1["value"][0]["canEdit"], true);
    assert!(driver.graph("/v1.0/me/contacts", &token).1["value"].is_array());
    assert_eq!(driver.graph("/v1.0/me/drive", &token).0, 404);
}

#[test]
fn a_token_without_the_permission_is_forbidden() {
    let mut driver = Driver::with("").asking("scope", "User.Read");
    let token = driver.sign_in().text("access_token").to_owned();
    let (status, body) = driver.graph("/v1.0/me/mailFolders/inbox", &token);
    assert_eq!((status, body["error"]["code"].as_str()), (403, Some("ErrorAccessDenied")));
    assert_eq!(body["error"]["innerError"]["date"], "2026-11-22T05:41:56");
}

#[test]
fn foreign_expired_and_misdirected_tokens_are_unauthorized() {
    let mut driver = Driver::with("").asking("scope", ALL);
    assert_eq!(driver.graph("/v1.0/me", "invented").0, 401);
    let answer = driver.sign_in();
    let life = TimeDelta::seconds(answer.body["expires_in"].as_i64().unwrap());
    let (status, body) = driver.later(life).graph("/v1.0/me", answer.text("access_token"));
    assert_eq!((status, body["error"]["code"].as_str()), (401, Some("InvalidAuthenticationToken")));
    let mut driver = Driver::with("").asking("scope", "https://outlook.office.com/IMAP.AccessAsUser.All");
    let token = driver.sign_in().text("access_token").to_owned();
    assert_eq!(driver.graph("/v1.0/me", &token).0, 401);
}

#[test]
fn without_a_mailbox_only_the_profile_is_there() {
    let mut driver = Driver::with("").asking("scope", ALL);
    driver.upn = "lab@contoso.example".into();
    let token = driver.sign_in().text("access_token").to_owned();
    assert_eq!(driver.graph("/v1.0/me", &token).1["mail"], serde_json::Value::Null);
    let (status, body) = driver.graph("/v1.0/me/mailFolders/inbox", &token);
    assert_eq!((status, body["error"]["code"].as_str()), (404, Some("MailboxNotEnabledForRESTAPI")));
}

#[test]
fn a_throttled_call_says_when_to_come_back() {
    let fault = "[[faults]]\nendpoint = 'graph'\nuser = 'ops@contoso.example'\ncount = 1\nstatus = 429\nretry_after = 9";
    let mut driver = Driver::with(fault);
    let token = driver.sign_in().text("access_token").to_owned();
    let (status, body) = driver.graph("/v1.0/me", &token);
    assert_eq!((status, body["error"]["code"].as_str()), (429, Some("TooManyRequests")));
    assert_eq!(driver.graph("/v1.0/me", &token).0, 200);
}

#[test]
fn discovery_names_the_endpoints_at_the_address_it_is_reached_at() {
    let mut driver = Driver::with("");
    driver.simulator.reached_at("http://127.0.0.1:49152");
    let response = driver.get("/contoso.example/v2.0/.well-known/openid-configuration");
    let document: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(document["token_endpoint"], "http://127.0.0.1:49152/contoso.example/oauth2/v2.0/token");
    assert_eq!(document["issuer"], "https://login.invalid/0f5a1c52-7d0e-4b1b-9a3e-5d1f1f0c0a01/v2.0");
    let common = driver.get("/common/v2.0/.well-known/openid-configuration");
    assert!(String::from_utf8_lossy(common.body()).contains("{tenantid}"));
    assert_eq!(driver.get("/nowhere.example/v2.0/.well-known/openid-configuration").status(), 400);
    assert_eq!(driver.get("/elsewhere").status(), 404);
}
