//! What stands in the place of a file: links, pipes, devices, sockets, directories.

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use rustix::fs::{CWD, Mode, mkfifoat};
use tokengauge::vault::unlock::{Keyring, Sources, unlock};
use tokengauge::vault::{ErrorKind, Protection, Vault, VaultError, WorkFactor};

use crate::child;
use crate::needs;
use crate::sample::{NO_PATIENCE, Sample, connection, files, id, name};

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The record of the sample, moved to another directory and linked to from its place.
fn linked_record(sample: &Sample) -> std::path::PathBuf {
    let elsewhere = sample.home.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let target = elsewhere.join("record");
    fs::rename(sample.record("contoso-prod"), &target).unwrap();
    symlink(&target, sample.record("contoso-prod")).unwrap();
    target
}

#[test]
fn behind_a_link_the_target_is_replaced_and_the_link_stays() {
    let sample = Sample::with_connection();
    let target = linked_record(&sample);
    let before = fs::read(&target).unwrap();
    let mut locked = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    locked.prove_disk().unwrap();
    let mut changed = locked.read().unwrap();
    locked.save(&mut changed).unwrap();
    assert!(fs::symlink_metadata(sample.record("contoso-prod")).unwrap().is_symlink());
    assert_ne!(fs::read(&target).unwrap(), before);
    assert_eq!(files(target.parent().unwrap()), ["record"]);
    assert_eq!(sample.vault.connection(&name("contoso-prod")).unwrap(), changed);

    locked.remove().unwrap();
    assert!(!target.exists() && fs::symlink_metadata(sample.record("contoso-prod")).is_err());
}

#[test]
fn a_link_into_a_directory_of_everybody_is_refused() {
    let sample = Sample::with_connection();
    let target = linked_record(&sample);
    set_mode(target.parent().unwrap(), 0o1777);
    let error = sample.vault.connection(&name("contoso-prod")).unwrap_err();
    assert_eq!(error, VaultError::UntrustedLink(sample.record("contoso-prod")));
    assert_eq!(error.kind().exit_code(), 3);
}

#[test]
fn a_link_that_leads_nowhere_is_no_absent_record() {
    let sample = Sample::with_connection();
    fs::remove_file(linked_record(&sample)).unwrap();
    assert_eq!(sample.vault.connection(&name("contoso-prod")).unwrap_err().kind(), ErrorKind::Io);
}

#[test]
fn a_link_to_a_file_that_others_may_read_is_refused() {
    let sample = Sample::with_connection();
    set_mode(&linked_record(&sample), 0o644);
    let error = sample.vault.connection(&name("contoso-prod")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsafePermissions);
}

#[test]
fn a_directory_of_records_that_others_may_write_to_is_refused() {
    let sample = Sample::with_connection();
    let elsewhere = sample.home.path().join("elsewhere");
    fs::rename(sample.dir().join("connections"), &elsewhere).unwrap();
    symlink(&elsewhere, sample.dir().join("connections")).unwrap();
    assert_eq!(sample.reopened().connection(&name("contoso-prod")).unwrap(), connection());
    set_mode(&elsewhere, 0o777);
    let error = sample.unlock_with_key_file().unwrap_err();
    assert!(error.what_to_do().contains("chmod 700"), "{error:?}");
}

/// Puts something that is no file in the place of a file.
fn put(kind: &str, path: &Path) {
    let _ = fs::remove_file(path);
    let _ = fs::remove_dir(path);
    match kind {
        "pipe" => mkfifoat(CWD, path, Mode::from_bits_truncate(0o600)).unwrap(),
        "directory" => fs::create_dir(path).unwrap(),
        "socket" => drop(UnixListener::bind(path).unwrap()),
        device => symlink(device, path).unwrap(),
    }
}

/// Without end, or without a beginning: a reader would never come back.
const NO_FILES: [&str; 5] = ["pipe", "directory", "socket", "/dev/zero", "/dev/full"];

#[test]
fn what_is_no_file_is_refused_at_once_in_the_place_of_a_record() {
    for kind in NO_FILES {
        let sample = Sample::with_connection();
        put(kind, &sample.record("contoso-prod"));
        let error = sample.vault.connection(&name("contoso-prod")).unwrap_err();
        // A device is somebody else's, or in a directory of everybody; either is said.
        let expected = if kind.starts_with('/') { &[3, 7][..] } else { &[7][..] };
        assert!(expected.contains(&error.kind().exit_code()), "{kind}: {error:?}");
        assert_eq!(sample.vault.listing().unwrap().damaged.len(), 1, "{kind}");
    }
}

#[test]
fn what_is_no_file_is_refused_at_once_in_the_place_of_the_settings_and_the_identity() {
    for kind in NO_FILES {
        for file in ["settings.age", "identity.age"] {
            let sample = Sample::new();
            put(kind, &sample.dir().join(file));
            let error = sample.unlock_with_key_file().unwrap_err();
            assert!([3, 7].contains(&error.kind().exit_code()), "{kind} {file}: {error:?}");
        }
    }
}

#[test]
fn what_is_no_file_is_refused_at_once_in_the_place_of_a_lock() {
    for kind in ["pipe", "directory", "socket"] {
        let sample = Sample::with_connection();
        put(kind, &sample.dir().join("locks/contoso-prod.connection.lock"));
        let error = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap_err();
        assert_eq!(error.kind().exit_code(), 7, "{kind}: {error:?}");
    }
}

#[test]
fn a_pipe_in_the_place_of_a_key_file_is_not_waited_for() {
    let sample = Sample::new();
    put("pipe", &sample.key_file());
    assert!(fs::metadata(sample.key_file()).unwrap().file_type().is_fifo());
    let error = sample.unlock_with_key_file().unwrap_err();
    assert_eq!(error.kind().exit_code(), 3);
    let sources =
        Sources { passphrase_file: Some(sample.key_file()), keyring: Keyring::Left, ..Sources::default() };
    assert_eq!(unlock(&sample.dir(), &sources).unwrap_err().kind().exit_code(), 3);
}

/// A user without any right here; only root can become one.
const NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

fn can_become_nobody() -> bool {
    needs::program(NOBODY[0]) && needs::root("who can become another user")
}

#[test]
fn a_vault_that_cannot_be_made_where_it_was_asked_for_is_told_as_usage() {
    if !can_become_nobody() {
        return;
    }
    let home = tempfile::TempDir::new().unwrap();
    set_mode(home.path(), 0o755);
    assert!(child::run_under(&NOBODY, "files::child_that_may_not_write", home.path()));
    assert_eq!(files(home.path()), [""; 0]);
}

#[test]
#[ignore = "run by a_vault_that_cannot_be_made_where_it_was_asked_for_is_told_as_usage"]
fn child_that_may_not_write() {
    let Some(home) = child::home() else { return };
    let protection = Protection::Passphrase(crate::sample::passphrase());
    let error = Vault::init(&home.join("vault"), &protection, WorkFactor::FOR_TESTS).unwrap_err();
    assert_eq!((error.kind(), error.kind().exit_code()), (ErrorKind::Usage, 2));
    assert!(error.what_to_do().contains("--vault"), "{error:?}");
}

#[test]
fn another_user_gets_nothing_out_of_a_vault() {
    if !can_become_nobody() {
        return;
    }
    let sample = Sample::with_connection();
    set_mode(sample.home.path(), 0o755);
    assert!(child::run_under(&NOBODY, "files::child_that_is_somebody_else", sample.home.path()));
}

#[test]
#[ignore = "run by another_user_gets_nothing_out_of_a_vault"]
fn child_that_is_somebody_else() {
    let Some(home) = child::home() else { return };
    let error = Vault::presence(&home.join("vault")).unwrap_err();
    assert!(matches!(error, VaultError::ForeignOwner { .. }), "{error:?}");
    assert!(!error.what_to_do().contains("force"));
}
