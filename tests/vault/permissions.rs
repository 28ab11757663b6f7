//! Who may read: modes from the first open, under any umask, and what is refused when they were loosened.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tokengauge::vault::unlock::{Keyring, Sources, unlock};
use tokengauge::vault::{ErrorKind, Presence, Protection, Vault, VaultError, WorkFactor};

use crate::child;
use crate::sample::{NO_PATIENCE, Sample, client_id, connection, id, name, passphrase};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn loosen(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Everything below a directory, itself included.
fn tree(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_owned()];
    if path.is_dir() {
        found.extend(fs::read_dir(path).unwrap().flat_map(|entry| tree(&entry.unwrap().path())));
    }
    found
}

#[test]
fn directories_are_0700_and_files_0600_under_any_umask() {
    for umask in ["000", "022", "077", "777"] {
        let sample = Sample::new();
        child::run("permissions::child_that_makes_a_vault", &sample, &format!("umask {umask};"));
        let made = sample.home.path().join("deep");
        let wanted = |path: &Path| if path.is_dir() { 0o700 } else { 0o600 };
        let wrong = tree(&made).into_iter().filter(|path| mode(path) != wanted(path)).collect::<Vec<_>>();
        assert!(wrong.is_empty(), "umask {umask}: {wrong:?}");
        assert!(tree(&made).len() >= 12, "{:?}", tree(&made));
    }
}

#[test]
#[ignore = "run by directories_are_0700_and_files_0600_under_any_umask"]
fn child_that_makes_a_vault() {
    let Some(home) = child::home() else { return };
    let vault_dir = home.join("deep/down/vault");
    let protection = Protection::Passphrase(passphrase());
    let vault = Vault::init(&vault_dir, &protection, WorkFactor::FOR_TESTS).unwrap();
    vault.write_key_file(&home.join("deep/key")).unwrap();
    vault.create_connection(&connection()).unwrap();
    let _app = vault.lock_app(&client_id(), NO_PATIENCE).unwrap();
    let mut locked = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    locked.save(&mut connection()).unwrap();
    locked.prove_disk().unwrap();
    // Ends without cleaning up, so that the parent sees the temporary file as well.
    std::process::exit(0);
}

#[test]
fn a_loose_directory_is_refused_with_the_command_that_mends_it() {
    let sample = Sample::new();
    loosen(&sample.dir(), 0o750);
    let error = Vault::presence(&sample.dir()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsafePermissions);
    assert!(error.what_to_do().contains(&format!("chmod 700 {}", sample.dir().display())), "{error:?}");
    assert_eq!(sample.unlock_with_key_file().unwrap_err().kind(), ErrorKind::UnsafePermissions);
}

#[test]
fn loose_files_are_refused() {
    let sample = Sample::with_connection();
    loosen(&sample.record("contoso-prod"), 0o640);
    let error = sample.vault.connection(&name("contoso-prod")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsafePermissions);
    assert!(error.what_to_do().contains("chmod 600"));

    loosen(&sample.dir().join("settings.age"), 0o604);
    assert_eq!(Vault::presence(&sample.dir()).unwrap_err().kind(), ErrorKind::UnsafePermissions);
}

#[test]
fn a_loose_key_file_is_refused() {
    let sample = Sample::new();
    loosen(&sample.key_file(), 0o644);
    let error = sample.unlock_with_key_file().unwrap_err();
    assert_eq!((error.kind(), error.kind().exit_code()), (ErrorKind::UnsafePermissions, 3));
}

#[test]
fn a_loose_passphrase_file_is_refused() {
    let sample = Sample::new();
    let file = sample.home.path().join("passphrase");
    fs::write(&file, "correct horse\n").unwrap();
    loosen(&file, 0o640);
    let sources = Sources { passphrase_file: Some(file), keyring: Keyring::Left, ..Sources::default() };
    assert_eq!(unlock(&sample.dir(), &sources).unwrap_err().kind(), ErrorKind::UnsafePermissions);
}

#[test]
fn a_link_is_followed_in_a_private_place_and_refused_in_a_shared_one() {
    let sample = Sample::new();
    let link = sample.home.path().join("link");
    symlink(sample.dir(), &link).unwrap();
    assert_eq!(Vault::presence(&link).unwrap(), Presence::Present { passphrase: false });
    loosen(sample.home.path(), 0o1777);
    assert_eq!(Vault::presence(&link).unwrap_err(), VaultError::UntrustedLink(link));
}

#[test]
fn what_is_no_directory_is_refused() {
    let sample = Sample::new();
    let error = Vault::presence(&sample.key_file()).unwrap_err();
    assert_eq!((error.kind(), error.kind().exit_code()), (ErrorKind::Usage, 2));
    assert_eq!(Vault::presence(&sample.key_file().join("below")).unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn a_directory_of_somebody_else_is_refused() {
    let sample = Sample::new();
    // Only root can give a directory away; elsewhere there is nothing to see.
    if std::os::unix::fs::chown(sample.dir(), Some(12_345), None).is_ok() {
        let error = Vault::presence(&sample.dir()).unwrap_err();
        assert_eq!(error, VaultError::ForeignOwner { path: sample.dir(), uid: 12_345 });
    }
}
