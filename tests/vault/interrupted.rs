//! Changes of the key that were interrupted, as they lie on disk, and vaults of earlier versions, whose settings name no
//! owner. Made here with the age library, from what is written in the settings.

use std::fs;
use std::path::Path;

use age::secrecy::{ExposeSecret, SecretString};
use age::x25519;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokengauge::domain::secret::Passphrase;
use tokengauge::vault::{ErrorKind, Identity, Recipient, Successor, Vault, WorkFactor};

use crate::key_change::{assert_whole, behind_passphrase, filled, with_key};
use crate::sample::{NO_PATIENCE, Sample, connection, files, id, passphrase};

fn identity_of(sample: &Sample) -> x25519::Identity {
    let text = fs::read_to_string(sample.key_file()).unwrap();
    text.lines().find(|line| !line.starts_with('#')).unwrap().parse().unwrap()
}

fn ours(identity: &x25519::Identity) -> Identity {
    Identity::parse(identity.to_string().expose_secret()).unwrap()
}

fn sealed_for(identities: &[&x25519::Identity], plain: &[u8]) -> Vec<u8> {
    let recipients = identities.iter().map(|identity| identity.to_public()).collect::<Vec<_>>();
    let recipients = recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
    let mut sealed = Vec::new();
    let encryptor = age::Encryptor::with_recipients(recipients).unwrap();
    let mut writer = encryptor.wrap_output(&mut sealed).unwrap();
    std::io::Write::write_all(&mut writer, plain).unwrap();
    writer.finish().unwrap();
    sealed
}

fn behind(passphrase: &str, identity: &x25519::Identity) -> Vec<u8> {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
    recipient.set_work_factor(1);
    age::encrypt(&recipient, identity.to_string().expose_secret().as_bytes()).unwrap()
}

fn write_private(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Changes the settings by hand, and seals them for these.
fn rewrite_settings(sample: &Sample, for_whom: &[&x25519::Identity], change: impl FnOnce(&mut Value)) {
    let path = sample.dir().join("settings.age");
    let plain = age::decrypt(&identity_of(sample), &fs::read(&path).unwrap()).unwrap();
    let mut settings = serde_json::from_slice(&plain).unwrap();
    change(&mut settings);
    fs::write(&path, sealed_for(for_whom, settings.to_string().as_bytes())).unwrap();
}

/// As a process leaves it that is killed in step 3: both keys are named, no record is sealed anew.
fn interrupted_before_resealing(sample: &Sample) -> x25519::Identity {
    let (former, next) = (identity_of(sample), x25519::Identity::generate());
    rewrite_settings(sample, &[&former, &next], |settings| {
        let kept = sealed_for(&[&next], former.to_string().expose_secret().as_bytes());
        settings["next_owner"] = json!(next.to_public().to_string());
        settings["former_identity"] = json!(STANDARD.encode(kept));
        settings["resealing"] = json!(true);
    });
    next
}

/// As every vault was made before others could open it.
fn without_owner(sample: &Sample) {
    rewrite_settings(sample, &[&identity_of(sample)], |settings| {
        settings.as_object_mut().unwrap().remove("owner").unwrap();
    });
}

/// Opened while another process is in the middle of a request, so that the change cannot go on.
fn opened_while_busy(sample: &Sample, identity: &x25519::Identity) -> Vault {
    let other = sample.reopened();
    let _held = other.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let vault = Vault::open(&sample.dir(), &ours(identity)).unwrap();
    assert!(vault.is_key_change_unfinished());
    vault
}

#[test]
fn a_change_that_the_next_key_finds_unfinished_is_finished_before_another_begins() {
    let sample = filled();
    let next = interrupted_before_resealing(&sample);
    let vault = opened_while_busy(&sample, &next);
    let new = sample.home.path().join("new-key");
    assert!(vault.change_key(&Successor::NewKeyFile(new.clone())).unwrap().is_empty());
    let vault = with_key(&sample.dir(), &new).unwrap();
    assert_whole(&vault.listing().unwrap());
    assert!(!vault.is_key_change_unfinished());
    assert_eq!(with_key(&sample.dir(), &sample.key_file()).unwrap_err().kind(), ErrorKind::WrongKey);
    assert!(Vault::open(&sample.dir(), &ours(&next)).is_err());
}

#[test]
fn a_change_that_is_still_in_the_way_of_a_request_is_not_given_up() {
    let sample = filled();
    let next = interrupted_before_resealing(&sample);
    let vault = opened_while_busy(&sample, &next);
    let other = sample.reopened();
    let held = other.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    assert_eq!(vault.change_key(&behind_passphrase()).unwrap_err().kind(), ErrorKind::Busy);
    drop(held);
    assert_whole(&sample.reopened().listing().unwrap());
    let vault = Vault::open(&sample.dir(), &ours(&next)).unwrap();
    assert_whole(&vault.listing().unwrap());
    assert!(!vault.is_key_change_unfinished());
}

#[test]
fn a_passphrase_given_by_the_next_key_finishes_the_change() {
    let sample = filled();
    let next = interrupted_before_resealing(&sample);
    opened_while_busy(&sample, &next).set_passphrase(&passphrase(), WorkFactor::FOR_TESTS).unwrap();
    let vault = Vault::open_with_passphrase(&sample.dir(), &passphrase()).unwrap();
    assert_whole(&vault.listing().unwrap());
    assert!(Vault::open(&sample.dir(), &ours(&next)).is_ok());
}

#[test]
fn the_former_key_may_give_a_change_up_and_begin_another() {
    let sample = filled();
    let next = interrupted_before_resealing(&sample);
    write_private(&sample.dir().join("identity-next.age"), &behind("forgotten", &next));
    sample.reopened().change_key(&behind_passphrase()).unwrap();
    let vault = Vault::open_with_passphrase(&sample.dir(), &passphrase()).unwrap();
    assert_whole(&vault.listing().unwrap());
    assert!(Vault::open(&sample.dir(), &ours(&next)).is_err());
}

/// As a process leaves it that is killed before step 5: `identity.age` opens nothing any more, if it is there.
fn interrupted_before_promotion(sample: &Sample, next_passphrase: &str) {
    let next = x25519::Identity::generate();
    rewrite_settings(sample, &[&next], |settings| {
        settings["owner"] = json!(next.to_public().to_string());
        settings["promoting"] = json!(true);
        settings["resealing"] = json!(true);
    });
    for record in fs::read_dir(sample.dir().join("connections")).unwrap().map(|entry| entry.unwrap().path()) {
        reseal(&record, sample, &next);
    }
    for record in fs::read_dir(sample.dir().join("apps")).unwrap().map(|entry| entry.unwrap().path()) {
        reseal(&record, sample, &next);
    }
    write_private(&sample.dir().join("identity-next.age"), &behind(next_passphrase, &next));
}

fn reseal(record: &Path, sample: &Sample, next: &x25519::Identity) {
    let former = identity_of(sample);
    let plain = age::decrypt(&former, &fs::read(record).unwrap()).unwrap();
    fs::write(record, sealed_for(&[&former, next], &plain)).unwrap();
}

#[test]
fn the_passphrase_opens_between_the_settings_and_the_identity() {
    for (before, after) in [
        (Some(passphrase()), "TGSECRET correct horse"),
        (Some(passphrase()), "TGSECRET another"),
        (None, "TGSECRET first"),
    ] {
        let sample = filled();
        if let Some(before) = &before {
            sample.vault.set_passphrase(before, WorkFactor::FOR_TESTS).unwrap();
        }
        interrupted_before_promotion(&sample, after);
        let wrong = Vault::open_with_passphrase(&sample.dir(), &Passphrase::new("wrong")).unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::WrongKey);
        for _ in 0..2 {
            let vault = Vault::open_with_passphrase(&sample.dir(), &Passphrase::new(after)).unwrap();
            assert_whole(&vault.listing().unwrap());
            assert!(!vault.is_key_change_unfinished());
            let left = ["apps", "connections", "identity.age", "locks", "settings.age"];
            assert_eq!(files(&sample.dir()), left);
        }
        assert_eq!(with_key(&sample.dir(), &sample.key_file()).unwrap_err().kind(), ErrorKind::WrongKey);
    }
}

#[test]
fn a_vault_of_an_earlier_version_stays_its_owners_when_a_recipient_is_added() {
    let sample = filled();
    without_owner(&sample);
    let recovery = x25519::Identity::generate();
    let recipient = Recipient::parse(&recovery.to_public().to_string(), None).unwrap();
    sample.reopened().add_recipient(&recipient).unwrap();
    let recovered = Vault::open(&sample.dir(), &ours(&recovery)).unwrap();
    assert!(recovered.write_key_file(&sample.home.path().join("handed-on")).is_err());
    let mut held = recovered.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let mut saved = held.read().unwrap();
    held.save(&mut saved).unwrap();
    drop(held);
    let listing = sample.reopened().listing().unwrap();
    assert_eq!(listing.damaged, []);
    assert!(listing.connections.contains(&saved));
}

#[test]
fn a_vault_of_an_earlier_version_is_given_another_key() {
    let sample = filled();
    without_owner(&sample);
    let vault = sample.reopened();
    vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap().save(&mut connection()).unwrap();
    vault.change_key(&behind_passphrase()).unwrap();
    let vault = Vault::open_with_passphrase(&sample.dir(), &passphrase()).unwrap();
    assert_eq!(vault.listing().unwrap().damaged, []);
}

#[test]
fn settings_that_name_others_but_no_owner_are_damaged() {
    let sample = filled();
    let (own, other) = (identity_of(&sample), x25519::Identity::generate());
    let key = other.to_public().to_string();
    let whole = fs::read(sample.dir().join("settings.age")).unwrap();
    for (field, value) in [("recipients", json!([{ "key": key }])), ("next_owner", json!(key))] {
        fs::write(sample.dir().join("settings.age"), &whole).unwrap();
        rewrite_settings(&sample, &[&own, &other], |settings| {
            settings["owner"] = json!("");
            settings[field] = value;
        });
        for identity in [&own, &other] {
            let error = Vault::open(&sample.dir(), &ours(identity)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Damaged, "{field}");
        }
    }
}

#[test]
fn a_recipient_does_not_take_for_done_what_is_not_sealed_for_it_yet() {
    let sample = filled();
    let (own, recovery) = (identity_of(&sample), x25519::Identity::generate());
    rewrite_settings(&sample, &[&own, &recovery], |settings| {
        settings["recipients"] = json!([{ "key": recovery.to_public().to_string() }]);
        settings["resealing"] = json!(true);
    });
    let early = Vault::open(&sample.dir(), &ours(&recovery)).unwrap();
    assert!(early.is_key_change_unfinished());
    assert_whole(&sample.reopened().listing().unwrap());
    assert_whole(&early.listing().unwrap());
}
