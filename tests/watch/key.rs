//! Which keys open a vault where nobody is.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tokengauge::domain::secret::Passphrase;
use tokengauge::vault::{Protection, Vault, WorkFactor};

use super::home::Home;
use super::service::Service;

/// A vault behind a passphrase, and a file with it.
fn behind_a_passphrase() -> (Home, std::path::PathBuf) {
    const PASSPHRASE: &str = "plucky walrus tunes harp";
    let home = Home::empty();
    let file = home.write("passphrase", &format!("{PASSPHRASE}\n"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let protection = Protection::Passphrase(Passphrase::new(PASSPHRASE));
    Vault::init(&home.vault(), &protection, WorkFactor::FOR_TESTS).unwrap();
    (home, file)
}

#[test]
fn a_vault_that_only_a_passphrase_opens_is_refused_in_two_lines() {
    let (home, _) = behind_a_passphrase();
    let run = home.bare(&["watch"]).fails(3);
    assert_eq!(run.err.lines().count(), 2, "{}", run.err);
    assert!(run.err.contains("it asks nobody") && run.err.contains("vault key-file FILE"), "{}", run.err);
}

#[test]
fn a_vault_that_only_a_key_file_opens_is_refused_without_it() {
    let home = Home::new();
    assert!(home.bare(&["watch"]).fails(3).err.contains("--key-file FILE watch"));
}

#[test]
fn a_passphrase_file_opens_it() {
    let (home, file) = behind_a_passphrase();
    let mut service =
        Service::spawn(Service::command(&home).env("TOKENGAUGE_PASSPHRASE_FILE", file).arg("watch"));
    service.until("watching ");
    service.stop();
}

#[test]
fn a_credential_of_the_service_opens_it() {
    let home = Home::new();
    let credentials = home.path("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::set_permissions(&credentials, fs::Permissions::from_mode(0o700)).unwrap();
    fs::rename(home.key(), credentials.join("tokengauge-key")).unwrap();
    let mut service =
        Service::spawn(Service::command(&home).env("CREDENTIALS_DIRECTORY", credentials).arg("watch"));
    service.until("watching ");
    service.stop();
}
