//! Who opens a vault is changed: extra recipients, another identity, and what is left where that is interrupted.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use tokengauge::domain::secret::Passphrase;
use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};
use tokengauge::vault::{
    ErrorKind, Listing, Protection, Recipient, Successor, Vault, VaultError, WorkFactor,
};

use crate::child;
use crate::needs;
use crate::sample::{
    NO_PATIENCE, Sample, app_registration, client_id, connection, files, id, name, named, passphrase,
};
use crate::tree;

pub fn with_key(dir: &Path, key_file: &Path) -> Result<Vault, VaultError> {
    let sources =
        Sources { key_file: Some(key_file.to_owned()), keyring: Keyring::Left, ..Sources::default() };
    match unlock(dir, &sources)? {
        Unlocked::Open(vault, _) => Ok(vault),
        Unlocked::NeedsPassphrase => panic!("a key file asks for nothing"),
    }
}

pub fn behind_passphrase() -> Successor {
    Successor::Passphrase(passphrase(), WorkFactor::FOR_TESTS)
}

/// Two connections and an app registration.
fn fill(vault: &Vault) {
    vault.create_connection(&connection()).unwrap();
    vault.create_connection(&named("fabrikam", "fabrikam")).unwrap();
    vault.lock_app(&client_id(), NO_PATIENCE).unwrap().save(&mut app_registration()).unwrap();
}

pub fn filled() -> Sample {
    let sample = Sample::new();
    fill(&sample.vault);
    sample
}

pub fn assert_whole(listing: &Listing) {
    assert_eq!(listing.damaged, []);
    assert_eq!(listing.connections, [connection(), named("fabrikam", "fabrikam")]);
    assert_eq!(listing.apps.len(), 1);
}

/// A key of recovery: a file with the identity, as made by a vault of its own, and the public key.
fn recovery_key(home: &Path) -> (std::path::PathBuf, Recipient) {
    let file = home.join("recovery");
    let output = Command::new("age-keygen").arg("-o").arg(&file).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let key = told.split_whitespace().find(|word| word.starts_with("age1")).unwrap();
    (file, Recipient::parse(key, Some("safe")).unwrap())
}

fn age_opens(key: &Path, record: &Path) -> bool {
    Command::new("age").arg("-d").arg("-i").arg(key).arg(record).output().unwrap().status.success()
}

#[test]
fn another_identity_opens_everything_and_the_former_nothing() {
    let sample = filled();
    let new = sample.home.path().join("new-key");
    assert!(sample.vault.change_key(&Successor::NewKeyFile(new.clone())).unwrap().is_empty());
    let vault = with_key(&sample.dir(), &new).unwrap();
    assert_whole(&vault.listing().unwrap());
    assert_eq!(vault.id(), sample.vault.id());
    assert!(!vault.is_key_change_unfinished());
    assert_eq!(with_key(&sample.dir(), &sample.key_file()).unwrap_err().kind(), ErrorKind::WrongKey);
    if needs::program("age-keygen") {
        for record in ["connections/fabrikam.age", "settings.age", &format!("apps/{}.age", client_id())] {
            let record = sample.dir().join(record);
            assert!(age_opens(&new, &record) && !age_opens(&sample.key_file(), &record), "{record:?}");
        }
    }
}

#[test]
fn a_vault_with_a_passphrase_keeps_it_over_a_change_of_the_key() {
    let sample = filled();
    sample.vault.set_passphrase(&passphrase(), WorkFactor::FOR_TESTS).unwrap();
    let refused = sample.vault.change_key(&Successor::NewKeyFile(sample.home.path().join("new-key")));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Usage);
    sample.vault.change_key(&behind_passphrase()).unwrap();
    assert_whole(&Vault::open_with_passphrase(&sample.dir(), &passphrase()).unwrap().listing().unwrap());
    assert_eq!(with_key(&sample.dir(), &sample.key_file()).unwrap_err().kind(), ErrorKind::WrongKey);
    assert_eq!(files(&sample.dir()), ["apps", "connections", "identity.age", "locks", "settings.age"]);
}

#[test]
fn a_program_with_the_former_key_is_told_before_it_does_anything() {
    let sample = filled();
    let other = sample.reopened();
    sample.vault.change_key(&behind_passphrase()).unwrap();
    let lock = || other.lock_connection(&id("c0ffee"), NO_PATIENCE).map(drop);
    let changed = VaultError::KeyChanged(sample.dir());
    assert_eq!(other.check_key().unwrap_err(), changed);
    assert_eq!(changed.kind().exit_code(), 3);
    assert_eq!(lock().unwrap_err(), changed);
    assert_eq!(other.listing().unwrap_err(), changed);
    assert_eq!(other.connection(&name("fabrikam")).unwrap_err(), changed);
    assert_eq!(other.create_connection(&named("new", "new")).unwrap_err(), changed);
    assert_eq!(other.write_key_file(&sample.home.path().join("late")).unwrap_err(), changed);
    assert_eq!(other.set_passphrase(&passphrase(), WorkFactor::FOR_TESTS).unwrap_err(), changed);
}

#[test]
fn a_record_in_use_keeps_its_key_until_it_is_saved() {
    let sample = filled();
    let other = sample.reopened();
    let mut held = other.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let vault = sample.vault.clone();
    let change = std::thread::spawn(move || vault.change_key(&behind_passphrase()));
    // The change is under way while an answer is awaited.
    while !sample.dir().join("identity-next.age").exists() && !change.is_finished() {
        std::thread::yield_now();
    }
    let mut saved = held.read().unwrap();
    held.save(&mut saved).unwrap();
    drop(held);
    change.join().unwrap().unwrap();
    let vault = Vault::open_with_passphrase(&sample.dir(), &passphrase()).unwrap();
    assert_eq!(vault.connection(&name("contoso-prod")).unwrap(), saved);
}

#[test]
fn a_damaged_record_is_left_and_told() {
    let sample = filled();
    fs::write(sample.record("fabrikam"), "not the age format").unwrap();
    let left = sample.vault.change_key(&behind_passphrase()).unwrap();
    assert_eq!(left, [sample.record("fabrikam")]);
    assert_eq!(fs::read(sample.record("fabrikam")).unwrap(), b"not the age format");
}

#[test]
fn a_recipient_opens_every_record_with_the_stock_program() {
    if !needs::program("age-keygen") {
        return;
    }
    let sample = filled();
    let (key, recipient) = recovery_key(sample.home.path());
    let other = sample.reopened();
    sample.vault.add_recipient(&recipient).unwrap();
    assert_eq!(other.recipients().unwrap(), std::slice::from_ref(&recipient));
    assert!(matches!(sample.vault.add_recipient(&recipient), Err(VaultError::RecipientExists(_))));
    // What a program that was open all the time saves is sealed for it too.
    let mut locked = other.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    locked.save(&mut connection()).unwrap();
    other.create_connection(&named("later", "later")).unwrap();
    for record in ["contoso-prod", "fabrikam", "later"] {
        assert!(age_opens(&key, &sample.record(record)), "{record}");
    }
    assert!(!sample.reopened().is_key_change_unfinished());
}

#[test]
fn a_recipient_that_is_removed_opens_nothing_any_more() {
    if !needs::program("age-keygen") {
        return;
    }
    let sample = filled();
    let (key, recipient) = recovery_key(sample.home.path());
    sample.vault.add_recipient(&recipient).unwrap();
    let remove = |which| sample.vault.remove_recipient(which, &behind_passphrase());
    assert_eq!(remove("nobody").unwrap_err().kind(), ErrorKind::NotFound);
    remove("safe").unwrap();
    for record in ["contoso-prod", "fabrikam"] {
        assert!(!age_opens(&key, &sample.record(record)), "{record}");
    }
    assert!(!age_opens(&key, &sample.dir().join("settings.age")));
    let vault = Vault::open_with_passphrase(&sample.dir(), &passphrase()).unwrap();
    assert_eq!(vault.recipients().unwrap(), []);
    assert_whole(&vault.listing().unwrap());
}

#[test]
fn a_key_of_recovery_gives_a_lost_vault_another_passphrase() {
    if !needs::program("age-keygen") {
        return;
    }
    let home = TempDir::new().unwrap();
    let dir = home.path().join("vault");
    let lost = Protection::Passphrase(Passphrase::new("forgotten for ever"));
    let vault = Vault::init(&dir, &lost, WorkFactor::FOR_TESTS).unwrap();
    fill(&vault);
    let (key, recipient) = recovery_key(home.path());
    vault.add_recipient(&recipient).unwrap();

    let recovered = with_key(&dir, &key).unwrap();
    assert_whole(&recovered.listing().unwrap());
    // What it saves opens for the owner still.
    recovered.create_connection(&named("by-recovery", "recovered")).unwrap();
    assert!(vault.connection(&name("by-recovery")).is_ok());
    let refused = recovered.write_key_file(&home.path().join("key")).unwrap_err();
    assert_eq!(refused, VaultError::RecoveryKey(dir.clone()));

    recovered.set_passphrase(&passphrase(), WorkFactor::FOR_TESTS).unwrap();
    let vault = Vault::open_with_passphrase(&dir, &passphrase()).unwrap();
    assert_eq!(vault.listing().unwrap().connections.len(), 3);
    assert_eq!(vault.recipients().unwrap(), [recipient]);
    assert!(Vault::open_with_passphrase(&dir, &Passphrase::new("forgotten for ever")).is_err());
    assert_eq!(with_key(&dir, &key).unwrap().listing().unwrap().damaged, []);
}

#[test]
fn what_is_no_public_key_is_no_recipient() {
    for (key, name) in [("age1nonsense", None), ("", None), ("AGE-SECRET-KEY-1TGSECRET", None)] {
        let error = VaultError::from(Recipient::parse(key, name).unwrap_err());
        assert!(!format!("{error} {}", error.what_to_do()).contains("TGSECRET"));
    }
}

/// What a killed process is made to do; each on a copy of one vault.
const CHANGES: [&str; 4] = ["change-key", "change-key, again", "add-recipient", "set-passphrase"];

const KILLED_AT: [&str; 4] = ["rename", "unlink", "fsync", "fchmod"];

#[test]
fn a_change_that_is_killed_anywhere_leaves_every_record_readable() {
    if !needs::program("strace") {
        return;
    }
    let sample = filled();
    sample.vault.set_passphrase(&passphrase(), WorkFactor::FOR_TESTS).unwrap();
    let mut kills = 0;
    for change in CHANGES {
        for call in KILLED_AT {
            for nth in 1.. {
                let home = TempDir::new().unwrap();
                tree::copy(&sample.dir(), &home.path().join("vault"));
                fs::copy(sample.key_file(), home.path().join("key")).unwrap();
                fs::write(home.path().join("change"), change).unwrap();
                let inject = format!("inject={call}:signal=KILL:when={nth}");
                let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject];
                let finished = child::run_under(&strace, "key_change::child_that_changes", home.path());
                if change == "change-key, again" {
                    change_again_while_busy(home.path());
                }
                assert_opens_after_a_kill(home.path(), &format!("{change}, {call} {nth}"));
                if finished {
                    break;
                }
                kills += 1;
            }
        }
    }
    assert!(kills >= 40, "{kills}");
}

/// By a person who tries again at once, while another process is in the middle of a request.
fn change_again_while_busy(home: &Path) {
    let dir = home.join("vault");
    let other = with_key(&dir, &home.join("key"));
    let held = other.as_ref().map(|other| other.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap());
    let vault = Vault::open_with_passphrase(&dir, &passphrase()).unwrap();
    drop(held);
    assert!(vault.change_key(&behind_passphrase()).unwrap().is_empty());
}

/// With the key that opened it before or, where that was taken away, with the passphrase; and then nothing is left to do.
fn assert_opens_after_a_kill(home: &Path, when: &str) {
    let dir = home.join("vault");
    match with_key(&dir, &home.join("key")) {
        Ok(vault) => assert_whole(&vault.listing().unwrap()),
        Err(error) => assert_eq!(error.kind(), ErrorKind::WrongKey, "{when}: {error:?}"),
    }
    let vault = [passphrase(), Passphrase::new("TGSECRET another one")]
        .iter()
        .find_map(|passphrase| Vault::open_with_passphrase(&dir, passphrase).ok());
    let vault = vault.unwrap_or_else(|| panic!("no passphrase opens: {when}"));
    assert_whole(&vault.listing().unwrap());
    assert!(!vault.is_key_change_unfinished(), "{when}");
    assert_eq!(files(&dir), ["apps", "connections", "identity.age", "locks", "settings.age"], "{when}");
    assert_eq!(files(&dir.join("connections")), ["contoso-prod.age", "fabrikam.age"], "{when}");
    // It goes on as any other.
    vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap().save(&mut connection()).unwrap();
}

#[test]
#[ignore = "run by a_change_that_is_killed_anywhere_leaves_every_record_readable"]
fn child_that_changes() {
    let Some(sample) = child::sample() else { return };
    let home = child::home().unwrap();
    match fs::read_to_string(home.join("change")).unwrap().as_str() {
        "change-key" | "change-key, again" => drop(sample.vault.change_key(&behind_passphrase()).unwrap()),
        "add-recipient" => {
            let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
            drop(sample.vault.add_recipient(&Recipient::parse(key, None).unwrap()).unwrap());
        }
        _ => {
            let other = Passphrase::new("TGSECRET another one");
            sample.vault.set_passphrase(&other, WorkFactor::FOR_TESTS).unwrap();
        }
    }
}
