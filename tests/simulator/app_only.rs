//! Client credentials: the application for itself.

use tokengauge::simulator::Scenario;

use super::driver::{Answered, CLIENT_ID, Driver};

const ROLES: &str = "[[grants]]\nclient_id = '5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44'\ntenant = 'contoso.example'\n\
                     roles = ['Mail.Read', 'https://outlook.office365.com/IMAP.AccessAsApp']";
const GRAPH: &str = "https://graph.microsoft.com/.default";

fn app(more: &str) -> Driver {
    let mut driver = Driver::with(more).redeeming("redirect_uri", "").redeeming("code_verifier", "");
    driver.tenant = "contoso.example".into();
    driver
}

fn ask(driver: &mut Driver, scope: &str) -> Answered {
    driver.post(&[("grant_type", "client_credentials"), ("scope", scope)])
}

#[test]
fn an_application_gets_a_token_with_its_roles_and_nothing_else() {
    let mut driver = app(ROLES);
    let answer = ask(&mut driver, GRAPH);
    assert_eq!(answer.status, 200);
    let mut fields: Vec<&String> = answer.body.as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(fields, ["access_token", "expires_in", "ext_expires_in", "token_type"]);
    let claims = driver.simulator.verify_access_token(answer.text("access_token")).unwrap();
    assert_eq!((claims.aud.as_str(), claims.appid.as_str()), ("https://graph.microsoft.com", CLIENT_ID));
    assert_eq!(claims.roles, ["Mail.Read"]);
    assert_eq!((claims.upn.as_str(), claims.scp.as_str()), ("", ""));
    assert_eq!(claims.oid.len(), 36);
}

#[test]
fn each_resource_has_its_own_roles() {
    let mut driver = app(ROLES);
    let token = ask(&mut driver, "https://outlook.office365.com/.default");
    let claims = driver.simulator.verify_access_token(token.text("access_token")).unwrap();
    assert_eq!(
        (claims.aud.as_str(), claims.roles),
        ("https://outlook.office.com", vec!["IMAP.AccessAsApp".into()])
    );
}

#[test]
fn a_token_is_issued_even_if_no_role_was_granted() {
    let mut driver = app("");
    let token = ask(&mut driver, GRAPH);
    let claims = driver.simulator.verify_access_token(token.text("access_token")).unwrap();
    assert!(claims.roles.is_empty());
    assert_eq!(
        driver.graph("/v1.0/users/ops@contoso.example/mailFolders/inbox", token.text("access_token")).0,
        403
    );
}

#[test]
fn one_tenant_must_be_named() {
    for segment in ["common", "organizations"] {
        let mut driver = app(ROLES);
        driver.tenant = segment.into();
        assert_eq!(ask(&mut driver, GRAPH).refusal(), (400, "invalid_request", 50059));
    }
}

#[test]
fn the_scope_is_one_default_of_one_resource() {
    let refused = |scope: &str| {
        let answer = ask(&mut app(ROLES), scope);
        (answer.text("error").to_owned(), answer.code())
    };
    let invalid = |code: u64| ("invalid_scope".to_owned(), code);
    assert_eq!(refused("https://graph.microsoft.com/Mail.Read"), invalid(70011));
    assert_eq!(refused(&format!("{GRAPH} offline_access")), invalid(70011));
    assert_eq!(refused(&format!("{GRAPH} https://outlook.office365.com/.default")), invalid(700_022));
    assert_eq!(refused("openid"), invalid(700_023));
    assert_eq!(refused(""), ("invalid_request".to_owned(), 900_144));
}

#[test]
fn an_application_needs_its_secret_even_if_it_allows_public_flows() {
    assert_eq!(ask(&mut app(ROLES).redeeming("client_secret", ""), GRAPH).code(), 7_000_218);
    assert_eq!(ask(&mut app(ROLES).redeeming("client_secret", "wrong"), GRAPH).code(), 7_000_215);
    let text = include_str!("../../demo/scenarios/first-sign-in.toml").replacen(
        "multitenant = true",
        "multitenant = true\npublic_client = true",
        1,
    );
    let mut both = Driver::play(Scenario::parse(&text).unwrap());
    both.tenant = "contoso.example".into();
    assert_eq!(ask(&mut both, GRAPH).status, 200);
}

#[test]
fn in_a_foreign_tenant_an_application_exists_once_an_administrator_has_consented() {
    let fabrikam = "[[tenants]]\nid = '11111111-0000-4000-8000-00000000000a'\ndomain = 'fabrikam.example'\n\
                    name = 'Fabrikam'";
    let granted = format!("{fabrikam}\n{}", ROLES.replace("contoso.example'", "fabrikam.example'"));
    let at_fabrikam = |more: &str| {
        let mut driver = app(more);
        driver.tenant = "fabrikam.example".into();
        ask(&mut driver, GRAPH)
    };
    assert_eq!(at_fabrikam(fabrikam).refusal(), (400, "unauthorized_client", 700_016));
    assert_eq!(at_fabrikam(&granted).status, 200);
}

#[test]
fn graph_opens_the_mailboxes_of_the_tenant_to_an_application() {
    let mut driver = app(ROLES);
    let token = ask(&mut driver, GRAPH).text("access_token").to_owned();
    let mut graph = |path: &str| driver.graph(path, &token).0;
    assert_eq!(graph("/v1.0/users/ops@contoso.example/mailFolders/inbox"), 200);
    assert_eq!(graph("/v1.0/users/a0c1e2d3-0001-4000-8000-000000000001/mailFolders/inbox"), 200);
    assert_eq!(graph("/v1.0/users/ops@contoso.example/calendars"), 403);
    assert_eq!(graph("/v1.0/users/nobody@contoso.example/mailFolders/inbox"), 404);
    assert_eq!(graph("/v1.0/users/lab@contoso.example/mailFolders/inbox"), 404);
    assert_eq!(graph("/v1.0/me"), 400);
}

#[test]
fn roles_are_granted_in_tenants_only() {
    let text = include_str!("../../demo/scenarios/first-sign-in.toml");
    let grant = ROLES.replace("tenant = 'contoso.example'", "user = 'ops@contoso.example'");
    assert!(Scenario::parse(&format!("{text}\n{grant}")).is_err());
}
