//! Client credentials against the simulated tenant: with a secret, with a certificate, with nothing granted.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use tokengauge::app::{CredentialEdit, Edit, NewConnection, Shown};
use tokengauge::domain::{
    ClientId, NextStep, RenewalKind, RenewalOutcome, ScopeSet, SettingsFault, Tenant, WayIn,
};
use tokengauge::runtime::certificate_files::{self, CertificateFileError};
use tokengauge::runtime::records::{self, RecordError};

use super::desk::{Desk, Platform, new_connection, secret};

const WITH_SECRET: &str = include_str!("../../demo/scenarios/app-only-secret.toml");
const WITH_CERTIFICATE: &str = include_str!("../../demo/scenarios/app-only-certificate.toml");

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let from = &text[text.find(begin).unwrap()..];
    &from[..from.find(end).unwrap() + end.len()]
}

fn value<'a>(text: &'a str, name: &str) -> &'a str {
    let after = text.split(&format!("{name} = \"")).nth(1).unwrap();
    after.split('"').next().unwrap()
}

/// A connection of the scenario's application, with this credential.
fn desk(platform: &Platform, scenario: &str, credential: CredentialEdit) -> Desk {
    let graph = format!("{}/.default", platform.server.url().trim_end_matches('/'));
    Desk::with(platform.authority(), |new| {
        new.settings.client_id = ClientId::parse(value(scenario, "client_id")).unwrap();
        new.settings.way_in = WayIn::ClientCredentials;
        new.settings.scopes = ScopeSet::parse_lenient(&graph);
        new.credential = credential;
    })
}

#[tokio::test]
async fn a_client_with_a_secret_gets_its_token_and_asks_again() {
    let platform = Platform::play(WITH_SECRET);
    let desk = desk(&platform, WITH_SECRET, secret(value(WITH_SECRET, "value")));
    let now = desk.services.clock.now();
    assert_eq!(desk.overview().next_step(now), NextStep::GetToken);
    let first = desk.refresh().await.unwrap();
    assert_eq!(first.trouble, None);
    assert_eq!(first.roles().unwrap().to_wire(), "Mail.Read Calendars.Read");
    assert!(first.tokens.as_ref().unwrap().refresh.is_none());
    assert!(matches!(first.next_step(now), NextStep::RenewsAt(_)));
    desk.refresh().await.unwrap();
    let renewals = desk.record().renewals;
    assert_eq!(renewals.len(), 2);
    assert!(renewals.iter().all(|own| own.kind == RenewalKind::ClientCredentials));
    assert!(renewals.iter().all(|own| own.outcome == RenewalOutcome::Worked));
}

#[tokio::test]
async fn a_certificate_from_files_gets_a_token_and_its_files_are_needed_no_more() {
    let platform = Platform::play(WITH_CERTIFICATE);
    let home = tempfile::TempDir::new().unwrap();
    let path = home.path().join("both.pem");
    let certificate = between(WITH_CERTIFICATE, "-----BEGIN CERTIFICATE", "-----END CERTIFICATE-----");
    let key = between(WITH_CERTIFICATE, "-----BEGIN PRIVATE KEY", "-----END PRIVATE KEY-----");
    fs::write(&path, format!("{certificate}\n{key}\n")).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let files = CredentialEdit::CertificateFiles { certificate: path.clone(), key: None };
    let desk = desk(&platform, WITH_CERTIFICATE, files);
    fs::remove_file(path).unwrap();
    let overview = desk.refresh().await.unwrap();
    assert_eq!((overview.trouble.clone(), overview.roles().unwrap().to_wire().as_str()), (None, "Mail.Read"));
    let credential = overview.credential_lifetime().unwrap();
    assert!(credential.expires_at > desk.services.clock.now());
}

#[tokio::test]
async fn a_token_without_roles_says_so() {
    let scenario = WITH_SECRET.split("[[grants]]").next().unwrap();
    let platform = Platform::play(scenario);
    let desk = desk(&platform, scenario, secret(value(scenario, "value")));
    let overview = desk.refresh().await.unwrap();
    assert_eq!(overview.trouble, None, "success proves no access");
    assert!(overview.roles().unwrap().is_empty());
}

#[tokio::test]
async fn a_wrong_secret_is_a_set_up_to_mend() {
    let platform = Platform::play(WITH_SECRET);
    let desk = desk(&platform, WITH_SECRET, secret("wrong~secret.00000000000000000000000000"));
    let overview = desk.refresh().await.unwrap();
    assert_eq!(overview.next_step(desk.services.clock.now()), NextStep::MendSettings);
}

#[tokio::test]
async fn settings_that_cannot_work_together_are_not_saved() {
    let platform = Platform::play(WITH_SECRET);
    let desk = desk(&platform, WITH_SECRET, secret(value(WITH_SECRET, "value")));
    let mut other = new_connection("second", platform.authority());
    other.settings.way_in = WayIn::ClientCredentials;
    other.settings.scopes = ScopeSet::parse_lenient("https://graph.microsoft.com/.default");
    other.settings.tenant = Tenant::organizations();
    let refused = records::create(&desk.services, &other).unwrap_err();
    assert_eq!(refused, RecordError::Settings(SettingsFault::NoSingleTenant));
    let scope = tokengauge::domain::Scope::parse("Mail.Send").unwrap();
    let edit = Edit::AddScope(scope);
    let refused = records::change(&desk.services, &desk.id, &edit).unwrap_err();
    assert_eq!(refused, RecordError::Settings(SettingsFault::NotOneDefault));
    assert_eq!(desk.record().settings.scopes.len(), 1, "and nothing was changed");
}

fn form_edit(desk: &Desk, form: &NewConnection) -> Edit {
    Edit::Form(form.clone(), Box::new(Shown::of(&desk.overview())))
}

#[tokio::test]
async fn a_credential_goes_only_by_the_persons_own_word() {
    let platform = Platform::play(WITH_SECRET);
    let desk = Desk::at(platform.authority());
    let mut form = new_connection("contoso", platform.authority());
    form.credential = CredentialEdit::Public;
    let kept = records::change(&desk.services, &desk.id, &form_edit(&desk, &form)).unwrap();
    assert!(kept.credential.is_confidential());
    form.credential = CredentialEdit::Remove;
    let gone = records::change(&desk.services, &desk.id, &form_edit(&desk, &form)).unwrap();
    assert!(!gone.credential.is_confidential());
}

#[test]
fn a_certificate_that_is_over_is_refused() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates");
    let home = tempfile::TempDir::new().unwrap();
    let key = home.path().join("key.pem");
    fs::copy(format!("{directory}/key.pem"), &key).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let certificate = std::path::PathBuf::from(format!("{directory}/cert.pem"));
    let at = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert!(certificate_files::read(&certificate, Some(&key), at("2046-11-17T11:00:28Z")).is_ok());
    let over = certificate_files::read(&certificate, Some(&key), at("2046-11-17T11:00:29Z"));
    assert!(matches!(over, Err(CertificateFileError::Ended(_))));
    for error in [
        over.unwrap_err(),
        CertificateFileError::Unusable(tokengauge::oauth::certificate::CertificateError::NotAPair),
    ] {
        let failure = error.failure();
        assert!(failure.what_happened.ends_with('.') && !failure.what_to_do.is_empty());
    }
}

#[test]
fn what_is_no_file_is_refused_and_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::from(0o600), 0)
        .unwrap();
    for path in [pipe.as_path(), std::path::Path::new("/dev/zero"), directory.path()] {
        let refused = certificate_files::read(path, None, chrono::DateTime::UNIX_EPOCH);
        assert!(matches!(refused, Err(CertificateFileError::Unreadable { .. })), "{path:?}: {refused:?}");
    }
}
