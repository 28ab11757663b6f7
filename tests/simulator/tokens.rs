//! The token endpoint: codes, refresh tokens, client authentication, and how each is refused.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;

use super::driver::{CHALLENGE, CLIENT_ID, Driver, OPS, REDIRECT, SCOPE, SECRET};

const MORE_APPLICATIONS: &str = "
[[applications]]
client_id = '11111111-0000-4000-8000-000000000001'
name = 'Neighbour'
tenant = 'contoso.example'
multitenant = true
redirect_uris.web = ['http://localhost:8400/']
[[applications.secrets]]
value = 'simulated~neighbour.secret'
[[applications.secrets]]
value = 'simulated~neighbour.ended'
end = '2026-11-01T00:00:00Z'
[[applications.secrets]]
value = 'simulated~neighbour.ending'
end = '4d'
";

#[test]
fn a_code_becomes_tokens() {
    let mut driver = Driver::with("");
    let answer = driver.sign_in();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text("token_type"), "Bearer");
    assert_eq!(answer.text("scope"), "User.Read Mail.ReadWrite openid");
    let expires_in = answer.body["expires_in"].as_i64().unwrap();
    assert!((3600..=5400).contains(&expires_in));
    assert_eq!(answer.text("refresh_token").len(), 1_300);
    assert!(answer.text("refresh_token").starts_with("1.A"));
    assert!((1_950..=2_050).contains(&answer.text("access_token").len()));
    assert_eq!(answer.headers["cache-control"], "no-store, no-cache");
}

#[test]
fn access_tokens_verify_and_say_what_they_are_for() {
    let mut driver = Driver::with("");
    let answer = driver.sign_in();
    let claims = driver.simulator.verify_access_token(answer.text("access_token")).unwrap();
    assert_eq!(claims.aud, "https://graph.microsoft.com");
    assert_eq!(claims.iss, "https://sts.invalid/0f5a1c52-7d0e-4b1b-9a3e-5d1f1f0c0a01/");
    assert_eq!(claims.tid, "0f5a1c52-7d0e-4b1b-9a3e-5d1f1f0c0a01");
    assert_eq!((claims.upn.as_str(), claims.appid.as_str(), claims.ver.as_str()), (OPS, CLIENT_ID, "1.0"));
    assert_eq!(claims.scp, "User.Read Mail.ReadWrite");
    assert_eq!(claims.iat, driver.now.timestamp());
    assert_eq!(claims.exp - claims.iat, answer.body["expires_in"].as_i64().unwrap());
    let other = Driver::with("[tokens]\naccess_token_seconds = 60");
    assert!(other.simulator.verify_access_token("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.AAAA").is_none());
}

#[test]
fn an_id_token_tells_who_signed_in() {
    let mut driver = Driver::with("").asking("nonce", "n-0S6_WzA2Mj");
    let answer = driver.sign_in();
    let payload = URL_SAFE_NO_PAD.decode(answer.text("id_token").split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(claims["preferred_username"], OPS);
    assert_eq!(claims["aud"], CLIENT_ID);
    assert_eq!(claims["nonce"], "n-0S6_WzA2Mj");
}

#[test]
fn without_openid_and_offline_access_there_is_only_an_access_token() {
    let answer = Driver::with("").asking("scope", "User.Read").sign_in();
    assert!(answer.body.get("refresh_token").is_none());
    assert!(answer.body.get("id_token").is_none());
    assert_eq!(answer.text("scope"), "User.Read");
}

#[test]
fn client_info_comes_when_it_is_asked_for() {
    let answer = Driver::with("").redeeming("client_info", "1").sign_in();
    let info = URL_SAFE_NO_PAD.decode(answer.text("client_info")).unwrap();
    assert!(String::from_utf8(info).unwrap().contains("a0c1e2d3-0001-4000-8000-000000000001"));
}

#[test]
fn a_code_is_good_once() {
    let mut driver = Driver::with("");
    let code = driver.code();
    assert_eq!(driver.redeem(&code).status, 200);
    assert_eq!(driver.redeem(&code).refusal(), (400, "invalid_grant", 54005));
}

#[test]
fn a_code_is_good_for_ten_minutes() {
    let mut driver = Driver::with("");
    let (late, in_time) = (driver.code(), driver.code());
    assert_eq!(driver.later(TimeDelta::minutes(10)).redeem(&in_time).status, 200);
    assert_eq!(driver.later(TimeDelta::seconds(1)).redeem(&late).refusal(), (400, "invalid_grant", 70008));
}

#[test]
fn an_invented_code_is_refused() {
    assert_eq!(Driver::with("").redeem("1.Ainvented").refusal(), (400, "invalid_grant", 70000));
}

#[test]
fn a_code_belongs_to_its_application() {
    let mut driver = Driver::with(MORE_APPLICATIONS);
    let code = driver.code();
    let mut neighbour = driver
        .redeeming("client_id", "11111111-0000-4000-8000-000000000001")
        .redeeming("client_secret", "simulated~neighbour.secret");
    assert_eq!(neighbour.redeem(&code).refusal(), (400, "invalid_grant", 70000));
}

#[test]
fn a_code_belongs_to_the_tenant_segment_it_came_through() {
    let mut driver = Driver::with("");
    let code = driver.code();
    driver.tenant = "contoso.example".into();
    assert_eq!(driver.redeem(&code).code(), 700_005);
    let code = driver.code();
    driver.tenant = "0f5a1c52-7d0e-4b1b-9a3e-5d1f1f0c0a01".into();
    assert_eq!(driver.redeem(&code).status, 200);
}

#[test]
fn the_redirect_uri_must_be_identical() {
    let mut driver = Driver::with("");
    let code = driver.code();
    let mut driver = driver.redeeming("redirect_uri", "http://localhost:8400");
    assert_eq!(driver.redeem(&code).refusal(), (400, "invalid_grant", 50011));
    let mut driver = driver.redeeming("redirect_uri", REDIRECT);
    assert_eq!(driver.redeem(&code).status, 200);
}

#[test]
fn the_verifier_must_match_the_challenge() {
    let redeemed = |driver: Driver, verifier: &str| {
        let mut driver = driver.redeeming("code_verifier", verifier);
        driver.sign_in().refusal().2
    };
    assert_eq!(redeemed(Driver::with(""), CHALLENGE), 501_481);
    assert_eq!(redeemed(Driver::with(""), ""), 501_481);
    let without = || Driver::with("").asking("code_challenge", "").asking("code_challenge_method", "");
    assert_eq!(redeemed(without(), CHALLENGE), 501_481);
    assert_eq!(redeemed(without(), ""), 0);
    // Without a method the challenge is the verifier itself.
    assert_eq!(redeemed(Driver::with("").asking("code_challenge_method", ""), CHALLENGE), 0);
}

#[test]
fn client_secrets_are_checked() {
    let with = |secret: &str| {
        let driver = Driver::with(MORE_APPLICATIONS)
            .asking("client_id", "11111111-0000-4000-8000-000000000001")
            .redeeming("client_id", "11111111-0000-4000-8000-000000000001");
        driver.redeeming("client_secret", secret)
    };
    assert_eq!(with("simulated~neighbour.secret").sign_in().status, 200);
    assert_eq!(with("").sign_in().refusal(), (401, "invalid_client", 7_000_218));
    assert_eq!(with("wrong").sign_in().refusal(), (401, "invalid_client", 7_000_215));
    assert_eq!(with("simulated~neighbour.ended").sign_in().refusal(), (401, "invalid_client", 7_000_222));
    let mut ending = with("simulated~neighbour.ending");
    let token = ending.sign_in().text("refresh_token").to_owned();
    assert_eq!(ending.later(TimeDelta::days(3)).refresh(&token).status, 200);
    assert_eq!(ending.later(TimeDelta::days(1)).refresh(&token).code(), 7_000_222);
}

#[test]
fn a_wrong_secret_leaves_the_code_unspent() {
    let mut driver = Driver::with("").redeeming("client_secret", "wrong");
    let code = driver.code();
    assert_eq!(driver.redeem(&code).status, 401);
    assert_eq!(driver.redeeming("client_secret", SECRET).redeem(&code).status, 200);
}

#[test]
fn credentials_may_come_by_http_basic() {
    let basic = STANDARD.encode(format!("{CLIENT_ID}:{SECRET}"));
    let mut driver = Driver::with("")
        .redeeming("client_id", "")
        .redeeming("client_secret", "")
        .redeeming("header:authorization", &format!("Basic {basic}"));
    assert_eq!(driver.sign_in().status, 200);
}

#[test]
fn a_public_redirect_makes_a_public_client() {
    let native = || Driver::with("").asking("redirect_uri", "http://localhost:9/native");
    let native = || native().redeeming("redirect_uri", "http://localhost:9/native");
    assert_eq!(native().sign_in().refusal(), (401, "invalid_client", 700_025));
    let mut driver = native().redeeming("client_secret", "");
    let token = driver.sign_in().text("refresh_token").to_owned();
    assert_eq!(driver.refresh(&token).status, 200);
}

#[test]
fn each_refresh_gives_a_new_token_and_old_ones_stay_valid() {
    let mut driver = Driver::with("");
    let first = driver.sign_in().text("refresh_token").to_owned();
    let second = driver.refresh(&first).text("refresh_token").to_owned();
    assert!(!second.is_empty());
    assert_ne!(first, second);
    assert_eq!(driver.refresh(&first).status, 200);
}

#[test]
fn strict_rotation_revokes_a_used_token() {
    let mut driver = Driver::with("[tokens]\nstrict_rotation = true");
    let first = driver.sign_in().text("refresh_token").to_owned();
    let second = driver.refresh(&first).text("refresh_token").to_owned();
    assert_eq!(driver.refresh(&first).refusal(), (400, "invalid_grant", 70000));
    assert_eq!(driver.refresh(&second).status, 200);
}

#[test]
fn ninety_idle_days_end_a_refresh_token() {
    let mut driver = Driver::with("");
    let token = driver.sign_in().text("refresh_token").to_owned();
    assert_eq!(driver.later(TimeDelta::days(90)).refresh(&token).status, 200);
    let refused = driver.later(TimeDelta::days(91)).refresh(&token);
    assert_eq!(refused.refusal(), (400, "invalid_grant", 700_082));
    assert!(refused.text("error_description").contains("was inactive for 90.00:00:00"));
}

#[test]
fn sign_in_frequency_counts_from_the_sign_in() {
    let text = include_str!("../../demo/scenarios/first-sign-in.toml")
        .replace("name = \"Contoso\"\n", "name = \"Contoso\"\nsign_in_frequency_seconds = 43200\n");
    let mut driver = Driver::play(tokengauge::simulator::Scenario::parse(&text).unwrap());
    let token = driver.sign_in().text("refresh_token").to_owned();
    let token = driver.later(TimeDelta::hours(12)).refresh(&token).text("refresh_token").to_owned();
    let refused = driver.later(TimeDelta::seconds(1)).refresh(&token);
    assert_eq!(refused.refusal(), (400, "invalid_grant", 70043));
    assert_eq!(refused.text("suberror"), "token_expired");
    assert!(refused.text("error_description").contains("issued on 2026-11-22T05:41:56.0000000Z"));
    assert!(
        refused.text("error_description").contains("maximum allowed lifetime for this request is 43200.")
    );
}

#[test]
fn one_refresh_token_serves_both_resources() {
    let scope = format!("{SCOPE} https://outlook.office.com/IMAP.AccessAsUser.All");
    let mut driver = Driver::with("").asking("scope", &scope);
    let graph = driver.sign_in();
    let mut driver =
        driver.redeeming("scope", "https://outlook.office365.com/IMAP.AccessAsUser.All offline_access");
    let exchange = driver.refresh(graph.text("refresh_token"));
    let aud = |token: &str| driver.simulator.verify_access_token(token).unwrap().aud;
    assert_eq!(aud(graph.text("access_token")), "https://graph.microsoft.com");
    assert_eq!(aud(exchange.text("access_token")), "https://outlook.office.com");
    assert_eq!(exchange.text("scope"), "https://outlook.office.com/IMAP.AccessAsUser.All");
}

#[test]
fn a_token_request_names_one_resource() {
    let mixed = format!("{SCOPE} https://outlook.office.com/IMAP.AccessAsUser.All");
    let mut driver = Driver::with("").asking("scope", &mixed);
    let token = driver.sign_in().text("refresh_token").to_owned();
    let mut driver = driver.redeeming("scope", &mixed);
    assert_eq!(driver.refresh(&token).refusal(), (400, "invalid_scope", 700_022));
    assert_eq!(driver.sign_in().refusal(), (400, "invalid_scope", 700_022));
}

#[test]
fn what_nobody_consented_to_is_refused() {
    let mut driver = Driver::with("");
    let token = driver.sign_in().text("refresh_token").to_owned();
    let refused = driver.redeeming("scope", "Calendars.ReadWrite").refresh(&token);
    assert_eq!(refused.refusal(), (400, "invalid_grant", 65001));
    assert_eq!(refused.text("suberror"), "consent_required");
}

#[test]
fn a_declined_scope_is_left_out_of_the_answer() {
    let text = include_str!("../../demo/scenarios/first-sign-in.toml").replace(
        "name = \"Contoso Operations\"\n",
        "name = \"x\"\ndeclines = [\"Mail.ReadWrite\", \"offline_access\"]\n",
    );
    let answer = Driver::play(tokengauge::simulator::Scenario::parse(&text).unwrap()).sign_in();
    assert_eq!(answer.text("scope"), "User.Read openid");
    assert!(answer.body.get("refresh_token").is_none());
}

#[test]
fn default_stands_for_what_is_granted() {
    let mut driver = Driver::with("");
    let token = driver.sign_in().text("refresh_token").to_owned();
    let answer = driver.redeeming("scope", "https://graph.microsoft.com/.default").refresh(&token);
    assert_eq!(answer.text("scope"), "User.Read Mail.ReadWrite");
}

#[test]
fn errors_have_the_platform_s_shape() {
    let id = "0d1f6a3e-58a3-4b83-9f1e-2f5f5f2d7c10";
    let refused = Driver::with("").redeeming("header:client-request-id", id).redeem("1.Ainvented");
    assert_eq!(refused.text("correlation_id"), id);
    assert_eq!(refused.headers["client-request-id"], id);
    assert_eq!(refused.text("timestamp"), "2026-11-22 05:41:56Z");
    let trace_id = refused.text("trace_id");
    assert_eq!(refused.headers["x-ms-request-id"], trace_id);
    let ending =
        format!("\r\nTrace ID: {trace_id}\r\nCorrelation ID: {id}\r\nTimestamp: 2026-11-22 05:41:56Z");
    assert!(refused.text("error_description").starts_with("AADSTS70000: "));
    assert!(refused.text("error_description").ends_with(&ending));
}

#[test]
fn malformed_token_requests_are_refused() {
    let mut driver = Driver::with("");
    assert_eq!(driver.send_form("").refusal(), (400, "invalid_request", 900_144));
    let twice = format!("grant_type=refresh_token&client_id={CLIENT_ID}&client_id={CLIENT_ID}");
    assert_eq!(driver.send_form(&twice).refusal(), (400, "invalid_request", 9_000_411));
    assert_eq!(driver.refresh("").refusal(), (400, "invalid_request", 900_144));
    assert_eq!(driver.get("/organizations/oauth2/v2.0/token").status(), 400);
    driver.tenant = "nowhere.example".into();
    assert_eq!(driver.refresh("x").code(), 90002);
}

#[test]
fn other_grants_are_unsupported() {
    for grant in ["password", "urn:ietf:params:oauth:grant-type:jwt-bearer"] {
        let refused = Driver::with("").post(&[("grant_type", grant)]);
        assert_eq!(refused.refusal(), (400, "unsupported_grant_type", 70003));
    }
}
