//! Administrator consent: both pages, their answers, and that everybody in the tenant may sign in afterwards.

use tokengauge::simulator::Scenario;
use tokengauge::simulator::browser::{self, Answer, BrowserError, Landing};
use url::{Url, form_urlencoded};

use super::driver::{CLIENT_ID, Driver, REDIRECT, parameter};

const ADA: &str = "ada@contoso.example";
const TENANT_ID: &str = "0f5a1c52-7d0e-4b1b-9a3e-5d1f1f0c0a01";

/// The tenant of `consent-missing`, with a list on the registration.
fn tenant() -> Driver {
    let list = "multitenant = true\npermissions = ['Mail.ReadWrite', 'User.Read', \
                'https://outlook.office.com/IMAP.AccessAsUser.All']\nroles = ['Mail.Read']";
    let text = include_str!("../../demo/scenarios/consent-missing.toml");
    Driver::play(Scenario::parse(&text.replacen("multitenant = true", list, 1)).unwrap())
}

fn visit(
    driver: &mut Driver,
    path: &str,
    parameters: &[(&str, &str)],
    (upn, answer): (&str, Answer),
) -> Result<Vec<(String, String)>, BrowserError> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let (simulator, now) = (&mut driver.simulator, driver.now);
    let landing =
        browser::sign_in(&format!("{path}?{query}"), upn, answer, |request| simulator.handle(&request, now))?;
    match landing {
        Landing::Address(address) => {
            assert!(address.starts_with(REDIRECT));
            Ok(Url::parse(&address).unwrap().query_pairs().into_owned().collect())
        }
        Landing::Posted { .. } => panic!("nothing was to be posted"),
    }
}

fn second(scope: &str, who: (&str, Answer)) -> Result<Vec<(String, String)>, BrowserError> {
    second_in(&mut tenant(), scope, who)
}

fn second_in(
    driver: &mut Driver,
    scope: &str,
    who: (&str, Answer),
) -> Result<Vec<(String, String)>, BrowserError> {
    let parameters =
        [("client_id", CLIENT_ID), ("redirect_uri", REDIRECT), ("scope", scope), ("state", "ac-7f1e")];
    visit(driver, "/organizations/v2.0/adminconsent", &parameters, who)
}

fn page(result: Result<Vec<(String, String)>, BrowserError>) -> String {
    match result {
        Err(BrowserError::ErrorPage { text, .. }) => text.split(':').next().unwrap().to_owned(),
        other => panic!("an error page was expected: {other:?}"),
    }
}

#[test]
fn consent_to_named_permissions_goes_back_with_tenant_scope_and_state() {
    let returned = second("https://graph.microsoft.com/Mail.ReadWrite", (ADA, Answer::Accept)).unwrap();
    let names: Vec<&str> = returned.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["admin_consent", "tenant", "scope", "state"]);
    assert_eq!(parameter(&returned, "admin_consent"), "True");
    assert_eq!(parameter(&returned, "tenant"), TENANT_ID);
    assert_eq!(parameter(&returned, "scope"), "https://graph.microsoft.com/Mail.ReadWrite");
    assert_eq!(parameter(&returned, "state"), "ac-7f1e");
}

#[test]
fn a_later_sign_in_of_anybody_succeeds() {
    let mut driver = tenant().asking("scope", "offline_access Mail.ReadWrite");
    assert!(parameter(&driver.returned(Answer::Accept), "error_description").starts_with("AADSTS90094"));
    second_in(&mut driver, "Mail.ReadWrite", (ADA, Answer::Accept)).unwrap();
    assert_eq!(driver.sign_in().status, 200);
}

#[test]
fn default_stands_for_the_list_of_the_registration_with_its_roles() {
    let mut driver = tenant();
    let returned =
        second_in(&mut driver, "https://graph.microsoft.com/.default", (ADA, Answer::Accept)).unwrap();
    assert_eq!(
        parameter(&returned, "scope"),
        "https://graph.microsoft.com/Mail.ReadWrite https://graph.microsoft.com/User.Read \
         https://graph.microsoft.com/Mail.Read"
    );
    driver.tenant = "contoso.example".into();
    let mut driver = driver.redeeming("redirect_uri", "").redeeming("code_verifier", "");
    let token = driver
        .post(&[("grant_type", "client_credentials"), ("scope", "https://graph.microsoft.com/.default")]);
    let claims = driver.simulator.verify_access_token(token.text("access_token")).unwrap();
    assert_eq!(claims.roles, ["Mail.Read"]);
}

#[test]
fn a_refusal_says_admin_consent_true_as_well() {
    let returned = second("Mail.ReadWrite", (ADA, Answer::Decline)).unwrap();
    assert_eq!(parameter(&returned, "admin_consent"), "True");
    assert_eq!(parameter(&returned, "error"), "consent_required");
    assert!(parameter(&returned, "error_description").starts_with("AADSTS65004: "));
    assert_eq!(parameter(&returned, "state"), "ac-7f1e");
}

#[test]
fn only_administrators_may_and_others_are_told_on_the_page() {
    let mut driver = tenant();
    let refused = second_in(&mut driver, "Mail.ReadWrite", ("ops@contoso.example", Answer::Accept));
    assert_eq!(page(refused), "AADSTS90094");
    let mut driver = driver.asking("scope", "Mail.ReadWrite");
    assert!(parameter(&driver.returned(Answer::Accept), "error_description").starts_with("AADSTS90094"));
}

#[test]
fn the_second_page_does_not_accept_common() {
    let parameters = [("client_id", CLIENT_ID), ("redirect_uri", REDIRECT), ("scope", "User.Read")];
    let answer = visit(&mut tenant(), "/common/v2.0/adminconsent", &parameters, (ADA, Answer::Accept));
    assert_eq!(page(answer), "AADSTS90130");
}

#[test]
fn the_second_page_wants_scope_and_a_registered_redirect_uri() {
    let mut driver = tenant();
    let mut with = |parameters: &[(&str, &str)]| {
        visit(&mut driver, "/organizations/v2.0/adminconsent", parameters, (ADA, Answer::Accept))
    };
    assert_eq!(page(with(&[("client_id", CLIENT_ID), ("scope", "User.Read")])), "AADSTS900971");
    let elsewhere =
        [("client_id", CLIENT_ID), ("scope", "User.Read"), ("redirect_uri", "https://x.example/")];
    assert_eq!(page(with(&elsewhere)), "AADSTS50011");
    let without_scope = with(&[("client_id", CLIENT_ID), ("redirect_uri", REDIRECT)]).unwrap();
    assert!(parameter(&without_scope, "error_description").starts_with("AADSTS900144"));
}

#[test]
fn the_first_page_consents_to_everything_that_the_registration_lists() {
    let mut driver = tenant();
    let parameters = [("client_id", CLIENT_ID), ("redirect_uri", REDIRECT), ("state", "s")];
    let returned = visit(&mut driver, "/common/adminconsent", &parameters, (ADA, Answer::Accept)).unwrap();
    assert_eq!(parameter(&returned, "admin_consent"), "True");
    assert_eq!(
        (parameter(&returned, "tenant"), parameter(&returned, "scope")),
        (TENANT_ID.into(), String::new())
    );
    let scope = "offline_access https://outlook.office.com/IMAP.AccessAsUser.All Mail.ReadWrite";
    assert_eq!(driver.asking("scope", scope).sign_in().status, 200);
}

#[test]
fn the_first_page_has_its_own_refusal() {
    let parameters = [("client_id", CLIENT_ID), ("redirect_uri", REDIRECT), ("state", "s")];
    let returned = visit(&mut tenant(), "/common/adminconsent", &parameters, (ADA, Answer::Decline)).unwrap();
    assert_eq!(parameter(&returned, "error"), "permission_denied");
    assert_eq!(parameter(&returned, "admin_consent"), "");
}

#[test]
fn a_link_without_redirect_uri_ends_on_the_platform() {
    let mut driver = tenant();
    let address =
        format!("/contoso.example/adminconsent?client_id={CLIENT_ID}&sim_user={ADA}&sim_consent=accept");
    let response = driver.get(&address);
    assert_eq!(response.status(), 200);
    assert!(String::from_utf8_lossy(response.body()).contains("Consent was given"));
    assert_eq!(driver.asking("scope", "Mail.ReadWrite").sign_in().status, 200);
}

#[test]
fn a_fault_at_admin_consent_reaches_the_client() {
    let text = include_str!("../../demo/scenarios/consent-missing.toml");
    let fault = "[[faults]]\nendpoint = 'adminconsent'\ncode = 65001\nerror = 'access_denied'";
    let mut driver = Driver::play(Scenario::parse(&format!("{text}\n{fault}")).unwrap());
    let returned = second_in(&mut driver, "User.Read", (ADA, Answer::Accept)).unwrap();
    assert_eq!(parameter(&returned, "error"), "access_denied");
    assert_eq!(parameter(&returned, "admin_consent"), "True");
}
