//! Making and unlocking: what opens a vault, in which order, and what does not.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokengauge::domain::secret::Passphrase;
use tokengauge::vault::unlock::{CREDENTIAL, KeySource, Keyring, Sources, Unlocked, unlock};
use tokengauge::vault::{ErrorKind, Presence, Protection, Vault, VaultError, WorkFactor};

use crate::needs;
use crate::sample::{Sample, files, passphrase};

fn with_passphrase(home: &Path) -> Vault {
    Vault::init(&home.join("vault"), &Protection::Passphrase(passphrase()), WorkFactor::FOR_TESTS).unwrap()
}

fn sources() -> Sources {
    Sources { keyring: Keyring::Left, ..Sources::default() }
}

fn private_file(path: PathBuf, text: &str) -> PathBuf {
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    path
}

fn source(unlocked: Result<Unlocked, VaultError>) -> KeySource {
    match unlocked.unwrap() {
        Unlocked::Open(_, source) => source,
        Unlocked::NeedsPassphrase => panic!("not opened"),
    }
}

#[test]
fn there_is_no_vault_before_it_is_made_and_one_afterwards() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("vault");
    assert_eq!(Vault::presence(&dir).unwrap(), Presence::Absent);
    assert_eq!(unlock(&dir, &sources()).unwrap_err(), VaultError::Absent(dir.clone()));
    with_passphrase(home.path());
    assert_eq!(Vault::presence(&dir).unwrap(), Presence::Present { passphrase: true });
    assert_eq!(files(&dir), ["apps", "connections", "identity.age", "locks", "settings.age"]);
}

#[test]
fn a_vault_is_never_made_over_another() {
    let home = TempDir::new().unwrap();
    let vault = with_passphrase(home.path());
    let before = fs::read(vault.dir().join("settings.age")).unwrap();
    let key_file = home.path().join("key");
    for protection in [Protection::Passphrase(passphrase()), Protection::NewKeyFile(key_file.clone())] {
        let error = Vault::init(vault.dir(), &protection, WorkFactor::FOR_TESTS).unwrap_err();
        assert_eq!(error, VaultError::VaultExists(vault.dir().to_owned()));
    }
    assert_eq!(Vault::init_ephemeral(vault.dir()).unwrap_err().kind(), ErrorKind::Exists);
    assert!(!key_file.exists());
    assert_eq!(fs::read(vault.dir().join("settings.age")).unwrap(), before);
}

#[test]
fn a_vault_that_lost_its_settings_is_damaged_and_not_made_anew() {
    let sample = Sample::with_connection();
    fs::remove_file(sample.dir().join("settings.age")).unwrap();
    let error = Vault::init_ephemeral(&sample.dir()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(sample.record("contoso-prod").exists());
}

#[test]
fn a_key_file_is_never_written_over() {
    let sample = Sample::new();
    let before = fs::read(sample.key_file()).unwrap();
    let error = sample.vault.write_key_file(&sample.key_file()).unwrap_err();
    assert_eq!(error, VaultError::FileExists(sample.key_file()));
    let other = sample.home.path().join("other");
    let protection = Protection::NewKeyFile(sample.key_file());
    assert_eq!(
        Vault::init(&other, &protection, WorkFactor::FOR_TESTS).unwrap_err().kind(),
        ErrorKind::Exists
    );
    assert_eq!(fs::read(sample.key_file()).unwrap(), before);
    assert_eq!(Vault::presence(&other).unwrap(), Presence::Absent);
}

#[test]
fn the_passphrase_opens_and_another_does_not() {
    let home = TempDir::new().unwrap();
    let made = with_passphrase(home.path());
    let opened = Vault::open_with_passphrase(made.dir(), &passphrase()).unwrap();
    assert_eq!(opened.id(), made.id());
    let error = Vault::open_with_passphrase(made.dir(), &Passphrase::new("wrong")).unwrap_err();
    assert_eq!((&error, error.kind().exit_code()), (&VaultError::WrongPassphrase, 3));
}

#[test]
fn a_new_passphrase_takes_the_place_of_the_old() {
    let home = TempDir::new().unwrap();
    let vault = with_passphrase(home.path());
    vault.set_passphrase(&Passphrase::new("new"), WorkFactor::FOR_TESTS).unwrap();
    assert!(Vault::open_with_passphrase(vault.dir(), &passphrase()).is_err());
    Vault::open_with_passphrase(vault.dir(), &Passphrase::new("new")).unwrap();
}

#[test]
fn a_passphrase_change_that_was_interrupted_leaves_the_old_one_and_no_rest() {
    let home = TempDir::new().unwrap();
    let vault = with_passphrase(home.path());
    private_file(vault.dir().join(".identity.tmp"), "age-encryption.org/v1");
    Vault::open_with_passphrase(vault.dir(), &passphrase()).unwrap().listing().unwrap();
    assert_eq!(files(vault.dir()), ["apps", "connections", "identity.age", "locks", "settings.age"]);
}

#[test]
fn a_damaged_identity_is_told_from_a_wrong_passphrase() {
    let home = TempDir::new().unwrap();
    let vault = with_passphrase(home.path());
    fs::write(vault.dir().join("identity.age"), "age-encryption.org/v1\n-> scr").unwrap();
    let error = Vault::open_with_passphrase(vault.dir(), &passphrase()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged);
}

#[test]
fn the_key_of_another_vault_does_not_open_this_one() {
    let (sample, other) = (Sample::new(), Sample::new());
    let sources = Sources { key_file: Some(other.key_file()), ..sources() };
    let error = unlock(&sample.dir(), &sources).unwrap_err();
    assert_eq!((error.kind(), error.kind().exit_code()), (ErrorKind::WrongKey, 3));
}

#[test]
fn the_first_source_there_is_opens() {
    let home = TempDir::new().unwrap();
    let vault = with_passphrase(home.path());
    let key_file = home.path().join("key");
    vault.write_key_file(&key_file).unwrap();
    let credentials = home.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    let passphrase_file =
        private_file(home.path().join("passphrase"), "TGSECRET correct horse\nsecond line\n");
    let mut sources = Sources {
        key_file: Some(key_file.clone()),
        credentials_directory: Some(credentials.clone()),
        passphrase_file: Some(passphrase_file.clone()),
        ..sources()
    };

    assert_eq!(source(unlock(vault.dir(), &sources)), KeySource::KeyFile(key_file.clone()));
    sources.key_file = None;
    // The service has credentials, but not ours.
    assert_eq!(source(unlock(vault.dir(), &sources)), KeySource::PassphraseFile(passphrase_file));
    fs::copy(&key_file, credentials.join(CREDENTIAL)).unwrap();
    // As systemd shows it where an access list lets the service read.
    fs::set_permissions(credentials.join(CREDENTIAL), Permissions::from_mode(0o440)).unwrap();
    assert_eq!(source(unlock(vault.dir(), &sources)), KeySource::SystemdCredential);
}

#[test]
fn a_source_that_was_named_and_fails_is_not_passed_over() {
    let home = TempDir::new().unwrap();
    let vault = with_passphrase(home.path());
    let good = home.path().join("key");
    vault.write_key_file(&good).unwrap();
    let bad = [
        home.path().join("absent"),
        home.path().to_owned(),
        private_file(home.path().join("empty"), ""),
        private_file(home.path().join("nonsense"), "TGSECRET"),
    ];
    for path in bad {
        let key = Sources { key_file: Some(path.clone()), ..sources() };
        let phrase = Sources { passphrase_file: Some(path), ..sources() };
        for sources in [key, phrase] {
            let error = unlock(vault.dir(), &sources).unwrap_err();
            assert_eq!(error.kind().exit_code(), 3, "{error:?}");
            assert!(!format!("{error} {error:?}").contains("TGSECRET"), "{error:?}");
        }
    }
}

#[test]
fn without_a_source_the_passphrase_is_asked_for_where_there_is_one() {
    let home = TempDir::new().unwrap();
    let vault = with_passphrase(home.path());
    assert!(matches!(unlock(vault.dir(), &sources()), Ok(Unlocked::NeedsPassphrase)));

    let sample = Sample::new();
    assert_eq!(unlock(&sample.dir(), &sources()).unwrap_err(), VaultError::NoKey(sample.dir()));
    let error = Vault::open_with_passphrase(&sample.dir(), &passphrase()).unwrap_err();
    assert_eq!(error, VaultError::NoPassphrase(sample.dir()));
}

#[test]
fn an_ephemeral_vault_leaves_no_key() {
    let home = TempDir::new().unwrap();
    let vault = Vault::init_ephemeral(&home.path().join("vault")).unwrap();
    assert_eq!(Vault::presence(vault.dir()).unwrap(), Presence::Present { passphrase: false });
    assert_eq!(files(vault.dir()), ["apps", "connections", "locks", "settings.age"]);
}

#[test]
fn a_backup_without_empty_directories_opens_and_locks() {
    let sample = Sample::new();
    for directory in ["apps", "connections", "locks"] {
        fs::remove_dir_all(sample.dir().join(directory)).unwrap();
    }
    let vault = sample.reopened();
    vault.create_connection(&crate::sample::connection()).unwrap();
    assert_eq!(vault.listing().unwrap().connections.len(), 1);
}

#[test]
fn the_kernel_keyring_keeps_the_identity_until_it_is_forgotten() {
    if !needs::keyring() {
        return;
    }
    let sample = Sample::new();
    sample
        .vault
        .remember_in_keyring(std::time::Duration::from_secs(3600), std::time::Duration::ZERO)
        .unwrap();
    assert_eq!(
        source(unlock(&sample.dir(), &Sources::default())),
        KeySource::Keyring { until: std::time::Duration::from_secs(3600) }
    );
    assert!(Vault::forget_keyring(&sample.dir()).unwrap());
    assert!(!Vault::forget_keyring(&sample.dir()).unwrap());
    assert_eq!(unlock(&sample.dir(), &Sources::default()).unwrap_err().kind(), ErrorKind::Locked);
}
