//! What the server itself insists on, seen without our client: else it would prove nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::browser::{Browser, Page, parameter};
use super::server::{OPS, PUBLIC_CLIENT, REDIRECT, SECRET, SECRET_CLIENT, Server, TENANT};

const VERIFIER: &str = "a-code-verifier-of-more-than-forty-three-characters";
const SCOPE: &str = "Mail.Send https://graph.microsoft.com/User.Read offline_access openid profile";

fn authorization_request(server: &Server) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut url = url::Url::parse(&server.endpoint("authorize")).unwrap();
    url.query_pairs_mut().extend_pairs([
        ("client_id", SECRET_CLIENT),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("scope", SCOPE),
        ("state", "st"),
        ("login_hint", OPS),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    url.into()
}

fn code(server: &Server) -> String {
    let landed = Browser::new().follow(&authorization_request(server), REDIRECT);
    assert_eq!(parameter(&landed, "state").as_deref(), Some("st"));
    parameter(&landed, "code").expect("a code")
}

fn ask(server: &Server, grant: &[(&str, &str)]) -> Page {
    let own = [("client_id", SECRET_CLIENT), ("client_secret", SECRET)];
    Browser::new().post(&server.endpoint("token"), &[&own, grant].concat())
}

fn redeem(server: &Server, code: &str, verifier: &str) -> Page {
    let grant = [("grant_type", "authorization_code"), ("redirect_uri", REDIRECT)];
    ask(server, &[&grant[..], &[("code", code), ("code_verifier", verifier)]].concat())
}

fn refresh(server: &Server, token: &str) -> Page {
    ask(server, &[("grant_type", "refresh_token"), ("refresh_token", token)])
}

#[track_caller]
fn granted(page: &Page) -> Value {
    assert_eq!(page.status, 200, "{}", page.body);
    page.json()
}

#[track_caller]
fn refused(page: &Page, error: &str) {
    assert_eq!(page.json()["error"], error, "{}", page.body);
}

#[test]
fn endpoints_stand_where_microsoft_has_them() {
    let Some(server) = Server::start(&[]) else { return };
    let address = format!("{}/{TENANT}/v2.0/.well-known/openid-configuration", server.url());
    let told = Browser::new().get(&address).json();
    assert_eq!(told["issuer"], format!("{}/{TENANT}/v2.0", server.url()));
    for (name, path) in [
        ("authorization_endpoint", "authorize"),
        ("token_endpoint", "token"),
        ("device_authorization_endpoint", "devicecode"),
    ] {
        assert_eq!(told[name], server.endpoint(path));
    }
    let keys = Browser::new().get(told["jwks_uri"].as_str().unwrap());
    assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 1);
}

#[test]
fn a_code_works_once_and_with_its_verifier_only() {
    let Some(server) = Server::start(&[]) else { return };
    let first = code(&server);
    refused(&redeem(&server, &first, &VERIFIER.to_uppercase()), "invalid_grant");
    let second = code(&server);
    let tokens = granted(&redeem(&server, &second, VERIFIER));
    assert_eq!(tokens["scope"], "Mail.Send https://graph.microsoft.com/User.Read");
    // RFC 6749 §4.1.2: what a code brought is taken back when it comes twice.
    refused(&redeem(&server, &second, VERIFIER), "invalid_grant");
    refused(&refresh(&server, tokens["refresh_token"].as_str().unwrap()), "invalid_grant");
}

#[test]
fn a_refresh_token_works_once_and_a_second_use_ends_all() {
    let Some(server) = Server::start(&[]) else { return };
    let old = granted(&redeem(&server, &code(&server), VERIFIER));
    let old = old["refresh_token"].as_str().unwrap();
    let new = granted(&refresh(&server, old));
    let new = new["refresh_token"].as_str().unwrap();
    assert_ne!(new, old);
    refused(&refresh(&server, old), "invalid_grant");
    refused(&refresh(&server, new), "invalid_grant");
}

#[test]
fn nothing_is_granted_without_pkce_or_the_right_secret() {
    let Some(server) = Server::start(&[]) else { return };
    let address = authorization_request(&server);
    let plain = address.replace("code_challenge_method", "other").replace("code_challenge", "another");
    let landed = Browser::new().follow(&plain, REDIRECT);
    assert_eq!(parameter(&landed, "error").as_deref(), Some("invalid_request"));
    let wrong = [("client_id", SECRET_CLIENT), ("client_secret", "no"), ("grant_type", "client_credentials")];
    let page = Browser::new().post(&server.endpoint("token"), &wrong);
    assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_client")));
}

#[test]
fn a_device_waits_until_the_person_has_accepted() {
    let Some(server) = Server::start(&[]) else { return };
    let mut browser = Browser::new();
    let begun = [("client_id", PUBLIC_CLIENT), ("scope", SCOPE)];
    let begun = granted(&browser.post(&server.endpoint("devicecode"), &begun));
    let poll = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", PUBLIC_CLIENT),
        ("device_code", begun["device_code"].as_str().unwrap()),
    ];
    refused(&Browser::new().post(&server.endpoint("token"), &poll), "authorization_pending");
    browser.approve_device(begun["verification_uri"].as_str().unwrap(), begun["user_code"].as_str().unwrap());
    let tokens = granted(&Browser::new().post(&server.endpoint("token"), &poll));
    assert!(tokens["refresh_token"].is_string() && tokens["id_token"].is_string(), "{tokens}");
}

#[test]
fn an_application_gets_tokens_with_its_secret_and_no_refresh_token() {
    let Some(server) = Server::start(&[]) else { return };
    let scope = ("scope", "https://graph.microsoft.com/.default");
    let tokens = granted(&ask(&server, &[("grant_type", "client_credentials"), scope]));
    assert!(tokens["access_token"].is_string() && tokens["refresh_token"].is_null(), "{tokens}");
}
