//! A record that was put back from a backup is told by the notes outside of the vault.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tokengauge::domain::Connection;
use tokengauge::vault::{ErrorKind, Restored, Vault};

use crate::sample::{NO_PATIENCE, Sample, connection, files, id, name, named};

fn notes(sample: &Sample) -> PathBuf {
    sample.home.path().join("state")
}

fn noting(sample: &Sample) -> Vault {
    let vault = sample.reopened();
    vault.note_generations_in(Some(&notes(sample)));
    vault
}

fn save(vault: &Vault) -> Connection {
    let mut locked = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let mut connection = locked.read().unwrap();
    locked.save(&mut connection).unwrap();
    connection
}

/// Saves twice and puts the record from before back.
fn put_back(sample: &Sample) -> Connection {
    let vault = noting(sample);
    let backup = fs::read(sample.record("contoso-prod")).unwrap();
    save(&vault);
    save(&vault);
    assert_eq!(vault.restored(&vault.connection(&name("contoso-prod")).unwrap()), None);
    fs::write(sample.record("contoso-prod"), backup).unwrap();
    vault.connection(&name("contoso-prod")).unwrap()
}

#[test]
fn an_older_record_is_told_by_every_process_that_looks() {
    let sample = Sample::with_connection();
    let old = put_back(&sample);
    assert_eq!(noting(&sample).restored(&old), Some(Restored { generation: 7, seen: 9 }));
    // Whoever notes nothing knows nothing.
    assert_eq!(sample.vault.restored(&old), None);
}

#[test]
fn an_older_record_is_refused_until_it_is_accepted() {
    let sample = Sample::with_connection();
    let mut old = put_back(&sample);
    let vault = noting(&sample);
    let mut locked = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let error = locked.check_not_restored(&old).unwrap_err();
    assert_eq!((error.kind(), error.kind().exit_code()), (ErrorKind::Refused, 10));
    assert!(error.what_to_do().contains("--accept-restored"));
    // What is saved meanwhile is no newer for that, however often.
    for _ in 0..3 {
        locked.save(&mut old).unwrap();
        assert_eq!((old.generation, locked.read().unwrap().generation), (7, 7));
        assert!(locked.check_not_restored(&old).is_err());
    }
    locked.accept_restored(&mut old);
    locked.save(&mut old).unwrap();
    assert_eq!(old.generation, 10);
    locked.check_not_restored(&old).unwrap();
    drop(locked);
    assert_eq!(noting(&sample).restored(&vault.connection(&name("contoso-prod")).unwrap()), None);
}

#[test]
fn a_rename_and_another_key_are_no_restoring() {
    let sample = Sample::with_connection();
    let vault = noting(&sample);
    save(&vault);
    let locked = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    drop(locked.rename(name("renamed"), NO_PATIENCE).unwrap());
    assert_eq!(vault.restored(&vault.connection(&name("renamed")).unwrap()), None);
    let new = sample.home.path().join("new-key");
    vault.change_key(&tokengauge::vault::Successor::NewKeyFile(new.clone())).unwrap();
    fs::rename(new, sample.key_file()).unwrap();
    let vault = noting(&sample);
    assert_eq!(vault.restored(&vault.connection(&name("renamed")).unwrap()), None);
}

#[test]
fn notes_are_for_the_owner_alone_and_go_with_the_connection() {
    let sample = Sample::with_connection();
    let vault = noting(&sample);
    save(&vault);
    let directory = notes(&sample).join("generations").join(vault.id());
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(directory.clone()), mode(directory.join("c0ffee"))), (0o700, 0o600));
    assert_eq!(fs::read_to_string(directory.join("c0ffee")).unwrap(), "8");
    vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap().remove().unwrap();
    assert_eq!(files(&directory), [""; 0]);
}

#[test]
fn notes_that_cannot_be_made_or_read_are_no_error() {
    let sample = Sample::with_connection();
    // A file where the directory should be.
    fs::write(notes(&sample), "").unwrap();
    let vault = noting(&sample);
    assert_eq!(save(&vault).generation, 8);
    vault.create_connection(&named("other", "other")).unwrap();
    assert_eq!(vault.restored(&connection()), None);
    let sample = Sample::with_connection();
    let vault = noting(&sample);
    save(&vault);
    let note = notes(&sample).join("generations").join(vault.id()).join("c0ffee");
    for nonsense in ["", "-1", "99999999999999999999999", "many"] {
        fs::write(&note, nonsense).unwrap();
        assert_eq!(vault.restored(&vault.connection(&name("contoso-prod")).unwrap()), None, "{nonsense}");
        assert!(fs::read_to_string(&note).unwrap().parse::<u64>().is_ok());
    }
}

#[test]
fn an_older_record_is_not_renamed() {
    let sample = Sample::with_connection();
    put_back(&sample);
    let vault = noting(&sample);
    let locked = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    assert_eq!(locked.rename(name("renamed"), NO_PATIENCE).unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(vault.connection(&name("contoso-prod")).unwrap().generation, 7);
}
