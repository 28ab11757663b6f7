//! The input pane: ways in, credentials, clouds, and the rules between them.

use tokengauge::app::input_pane::help;
use tokengauge::app::{Answer, Check, CredentialEdit, FieldId};
use tokengauge::domain::app_registration::{CredentialFacts, CredentialKind};
use tokengauge::domain::{Capture, RenewBefore, RenewalPolicy, RenewalRule, ScopeSet, WayIn};

use super::fixtures::*;
use super::form::{edit_of, fill, filled, focus, new_of, pane, said, text};

/// A form in which this way in is chosen.
fn by(way_in: WayIn) -> Desk {
    let mut desk = filled();
    choose_way_in(&mut desk, way_in);
    desk
}

fn choose_way_in(desk: &mut Desk, way_in: WayIn) {
    focus(desk, FieldId::WayIn);
    while pane(desk).way_in != way_in {
        desk.press("Right");
    }
}

fn choose_credential(desk: &mut Desk, kind: CredentialKind) {
    focus(desk, FieldId::Credential);
    while pane(desk).credential != kind {
        desk.press("Right");
    }
}

fn with_certificate() -> Desk {
    let mut desk = filled();
    choose_credential(&mut desk, CredentialKind::Certificate);
    desk
}

fn choose_cloud(desk: &mut Desk, title: &str) {
    focus(desk, FieldId::Cloud);
    while text(desk, FieldId::Cloud) != title {
        desk.press("Right");
    }
}

#[test]
fn every_way_in_is_offered_and_asks_for_what_it_uses() {
    use FieldId as F;
    let browser = [F::SignInAs, F::RedirectUri, F::ResponseMode];
    let table: [(WayIn, &[FieldId]); 5] = [
        (WayIn::AuthorizationCode(Capture::Paste), &browser),
        (WayIn::AuthorizationCode(Capture::Tunnel), &browser),
        (WayIn::AuthorizationCode(Capture::Loopback), &browser),
        (WayIn::DeviceCode, &[F::SignInAs]),
        (WayIn::ClientCredentials, &[]),
    ];
    for (way_in, asked) in table {
        let desk = by(way_in);
        let fields = pane(&desk).fields();
        let shown: Vec<FieldId> = browser.into_iter().filter(|field| fields.contains(field)).collect();
        assert_eq!(shown, asked, "{way_in}");
        assert!(fields.contains(&F::Permissions) && fields.contains(&F::Tenant));
    }
}

#[test]
fn a_chosen_way_in_is_saved() {
    for way_in in WayIn::ALL.into_iter().filter(|way_in| way_in.is_delegated()) {
        assert_eq!(new_of(&by(way_in).press("Enter")).settings.way_in, way_in);
    }
}

#[test]
fn client_credentials_ask_for_the_default_of_one_resource_in_one_tenant() {
    let mut desk = by(WayIn::ClientCredentials);
    assert_eq!(desk.press("Enter"), []);
    assert_eq!(pane(&desk).focus, FieldId::Tenant, "organizations is no tenant for it");
    assert!(matches!(said(&desk, FieldId::Tenant), Check::Wrong(text) if text.contains("one tenant")));
    fill(&mut desk, FieldId::Tenant, "contoso.com");
    let new = new_of(&desk.press("Enter"));
    assert_eq!(new.settings.scopes.to_wire(), "https://graph.microsoft.com/.default");
    assert_eq!((new.settings.way_in, new.settings.sign_in_as), (WayIn::ClientCredentials, None));
}

#[test]
fn default_follows_resource_and_cloud() {
    let mut desk = by(WayIn::ClientCredentials);
    fill(&mut desk, FieldId::Tenant, "contoso.cn");
    choose_cloud(&mut desk, "China (21Vianet)");
    focus(&mut desk, FieldId::Permissions);
    assert!(
        matches!(said(&desk, FieldId::Permissions), Check::Remark(text) if text.contains("chinacloudapi"))
    );
    desk.press("Right");
    let Check::Remark(text) = said(&desk, FieldId::Permissions) else { panic!() };
    assert!(text.contains("partner.outlook.cn/.default") && text.contains("does not document"), "{text}");
    let new = new_of(&desk.press("Enter"));
    assert_eq!(new.settings.scopes.to_wire(), "https://partner.outlook.cn/.default");
}

#[test]
fn a_client_that_acts_for_itself_cannot_be_public() {
    let mut desk = filled();
    choose_credential(&mut desk, CredentialKind::Public);
    choose_way_in(&mut desk, WayIn::ClientCredentials);
    assert_eq!(pane(&desk).credential, CredentialKind::Secret);
    fill(&mut desk, FieldId::Tenant, "contoso.com");
    fill(&mut desk, FieldId::ClientSecret, "");
    assert_eq!(desk.press("Enter"), []);
    assert_eq!(pane(&desk).focus, FieldId::ClientSecret, "and it is not asked whether that was meant");
    let mut desk = Desk::open(vec![with(healthy("public"), |own| own.credential = CredentialFacts::Public)]);
    desk.press("n");
    choose_way_in(&mut desk, WayIn::ClientCredentials);
    assert!(matches!(said(&desk, FieldId::WayIn), Check::Wrong(text) if text.contains("certificate")));
}

#[test]
fn a_public_client_by_choice_is_not_asked_about_and_ends_on_the_page_of_its_cloud() {
    let mut desk = filled();
    choose_credential(&mut desk, CredentialKind::Public);
    assert!(!pane(&desk).fields().contains(&FieldId::ClientSecret));
    let page = |host: &str| format!("https://{host}/common/oauth2/nativeclient");
    assert_eq!(text(&desk, FieldId::RedirectUri), page("login.microsoftonline.com"));
    choose_cloud(&mut desk, "US Government DoD");
    assert_eq!(text(&desk, FieldId::RedirectUri), page("login.microsoftonline.us"));
    assert!(
        matches!(said(&desk, FieldId::RedirectUri), Check::Remark(text) if text.contains("Mobile and desktop"))
    );
    assert_eq!(new_of(&desk.press("Enter")).credential, CredentialEdit::Public);
}

#[test]
fn a_redirect_uri_of_ones_own_stays_whatever_is_chosen() {
    let mut desk = filled();
    fill(&mut desk, FieldId::RedirectUri, "https://apps.contoso.com/cb");
    choose_credential(&mut desk, CredentialKind::Public);
    assert_eq!(text(&desk, FieldId::RedirectUri), "https://apps.contoso.com/cb");
    choose_way_in(&mut desk, WayIn::AuthorizationCode(Capture::Loopback));
    assert!(matches!(said(&desk, FieldId::RedirectUri), Check::Wrong(text) if text.contains("localhost")));
}

#[test]
fn a_certificate_is_given_by_its_files() {
    let mut desk = with_certificate();
    assert_eq!(desk.press("Enter"), []);
    assert_eq!(pane(&desk).focus, FieldId::CertificateFile);
    fill(&mut desk, FieldId::KeyFile, " ~/key.pem ");
    assert!(matches!(said(&desk, FieldId::CertificateFile), Check::Wrong(_)));
    fill(&mut desk, FieldId::CertificateFile, "/etc/tokens/cert.pem");
    let edit = new_of(&desk.press("Enter")).credential;
    let wanted = CredentialEdit::CertificateFiles {
        certificate: "/etc/tokens/cert.pem".into(),
        key: Some("~/key.pem".into()),
    };
    assert_eq!(edit, wanted);
}

#[test]
fn files_that_do_not_serve_are_told_and_the_form_stays() {
    let mut desk = with_certificate();
    fill(&mut desk, FieldId::CertificateFile, "both.pfx");
    assert!(
        matches!(said(&desk, FieldId::CertificateFile), Check::Remark(text) if text.contains("openssl pkcs12"))
    );
    let effects = desk.press("Enter");
    desk.answer(&effects, Answer::Connection(Err(failure())));
    assert_eq!(pane(&desk).failure, Some(failure()));
    assert_eq!(text(&desk, FieldId::CertificateFile), "both.pfx");
}

fn certified(name: &str) -> tokengauge::domain::Overview {
    with(healthy(name), |own| {
        own.credential = CredentialFacts::Certificate {
            thumbprint: tokengauge::domain::app_registration::Thumbprint([7; 32]),
            subject: "CN=connector".into(),
            lifetime: tokengauge::domain::Lifetime {
                starts_at: start() - days(100),
                expires_at: start() + days(265),
                certainty: tokengauge::domain::Certainty::Known,
            },
        };
    })
}

#[test]
fn a_certificate_that_is_held_stays_unless_another_is_named() {
    let mut desk = Desk::open(vec![certified("northwind")]);
    desk.press("e");
    assert_eq!(pane(&desk).credential, CredentialKind::Certificate);
    assert!(
        matches!(said(&desk, FieldId::CertificateFile), Check::Remark(text) if text.contains("ends 2026-12-01"))
    );
    assert_eq!(edit_of(&desk.press("Enter")).credential, CredentialEdit::Keep);
}

#[test]
fn a_credential_is_taken_away_by_the_persons_own_word_only() {
    let mut desk = Desk::open(vec![certified("northwind")]);
    desk.press("e");
    choose_credential(&mut desk, CredentialKind::Public);
    assert!(
        matches!(said(&desk, FieldId::Credential), Check::Remark(text) if text.contains("every connection"))
    );
    assert_eq!(edit_of(&desk.press("Enter")).credential, CredentialEdit::Remove);
    let mut desk = Desk::open(vec![certified("northwind")]);
    desk.press("e");
    choose_credential(&mut desk, CredentialKind::Secret);
    assert_eq!(desk.press("Enter"), [], "a secret was chosen and none typed");
    assert_eq!(pane(&desk).focus, FieldId::ClientSecret);
}

#[test]
fn a_cloud_typed_as_an_authority_is_recognised() {
    let mut desk = filled();
    focus(&mut desk, FieldId::Cloud);
    desk.press("Left");
    fill(&mut desk, FieldId::AuthorityUrl, "https://login.chinacloudapi.cn");
    assert!(matches!(said(&desk, FieldId::AuthorityUrl), Check::Remark(text) if text.contains("China")));
    assert_eq!(new_of(&desk.press("Enter")).settings.authority.cloud, "china");
    let mut desk = filled();
    focus(&mut desk, FieldId::Cloud);
    desk.press("Left");
    fill(&mut desk, FieldId::AuthorityUrl, "https://login.microsoftonline.us");
    assert!(
        matches!(said(&desk, FieldId::AuthorityUrl), Check::Wrong(text) if text.contains("gcc-high or dod"))
    );
}

#[test]
fn personal_accounts_are_for_the_global_cloud() {
    let mut desk = filled();
    fill(&mut desk, FieldId::Tenant, "9188040d-6c67-4c5b-b112-36a304b66dad");
    assert!(matches!(said(&desk, FieldId::Tenant), Check::Right(text) if text.contains("personal")));
    choose_cloud(&mut desk, "US Government GCC High");
    assert!(matches!(said(&desk, FieldId::Tenant), Check::Wrong(text) if text.contains("global cloud")));
}

#[test]
fn the_portal_beside_the_form_is_that_of_the_cloud() {
    let mut desk = filled();
    choose_cloud(&mut desk, "China (21Vianet)");
    focus(&mut desk, FieldId::ClientId);
    assert!(help(pane(&desk)).text.starts_with("portal.azure.cn"));
}

#[test]
fn editing_keeps_way_in_and_scopes_as_they_are() {
    let app_only = with(certified("northwind"), |own| {
        own.settings.way_in = WayIn::ClientCredentials;
        own.settings.tenant = tokengauge::domain::Tenant::parse("contoso.com").unwrap();
        own.settings.scopes = ScopeSet::parse_lenient("https://outlook.office365.com/.default");
        own.settings.sign_in_as = None;
    });
    let before = app_only.settings.clone();
    let mut desk = Desk::open(vec![app_only]);
    desk.press("e");
    assert_eq!(text(&desk, FieldId::Permissions), ".default of Exchange Online");
    assert_eq!(edit_of(&desk.press("Enter")).settings, before);
    desk.press("Esc");
}

#[test]
fn the_text_of_a_key_is_not_taken_where_its_path_belongs() {
    let mut desk = with_certificate();
    focus(&mut desk, FieldId::KeyFile);
    desk.paste("-----BEGIN PRIVATE KEY-----\nTGSECRET\n-----END PRIVATE KEY-----");
    assert!(!format!("{:?}", desk.app).contains("TGSECRET"));
}

#[test]
fn what_renews_by_itself_is_chosen_in_the_form() {
    let mut desk = filled();
    focus(&mut desk, FieldId::Renewal);
    assert_eq!(edit_or_new(&desk).renewal, RenewalRule::default());
    focus(&mut desk, FieldId::RenewBefore);
    desk.type_text("15m");
    assert!(matches!(pane(&desk).check(FieldId::RenewBefore), Check::Right(_)));
    assert_eq!(edit_or_new(&desk).renewal.before, RenewBefore::parse("15m"));
    focus(&mut desk, FieldId::Renewal);
    desk.press("Right");
    assert_eq!(edit_or_new(&desk).renewal.policy, RenewalPolicy::KeepAlive);
    assert!(!pane(&desk).fields().contains(&FieldId::RenewBefore), "no access token is renewed by itself");
    desk.press("Right");
    assert_eq!(edit_or_new(&desk).renewal.policy, RenewalPolicy::Manual);
    assert!(matches!(pane(&desk).check(FieldId::Renewal), Check::Remark(_)));
}

#[test]
fn a_margin_that_is_none_is_not_saved() {
    let mut desk = filled();
    focus(&mut desk, FieldId::RenewBefore);
    desk.type_text("soon");
    assert!(pane(&desk).check(FieldId::RenewBefore).is_wrong());
    assert_eq!(pane(&desk).result().unwrap_err(), FieldId::RenewBefore);
}

#[test]
fn a_margin_longer_than_the_tokens_life_is_remarked() {
    // Of a connection whose token lives an hour, and of a new one.
    for (key, longest, told) in [("e", "45m", "60 minutes only"), ("n", "70m", "60 to 90 minutes")] {
        let mut desk = Desk::open(vec![healthy("contoso")]);
        desk.press(key);
        focus(&mut desk, FieldId::RenewBefore);
        desk.type_text(longest);
        assert!(matches!(pane(&desk).check(FieldId::RenewBefore), Check::Right(_)), "{key}");
        desk.press("Ctrl-C");
        desk.type_text("20h");
        let check = pane(&desk).check(FieldId::RenewBefore);
        assert!(matches!(&check, Check::Remark(text) if text.contains(told)), "{key} {check:?}");
    }
}

fn edit_or_new(desk: &Desk) -> tokengauge::domain::Settings {
    pane(desk).result().unwrap().settings
}
