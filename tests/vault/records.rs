//! What goes in comes out; what is damaged is told and hides nothing.

use std::fs;

use tokengauge::domain::{Attempt, ClientCredential, ResponseMode, Settings, TroubleKind, WayIn};
use tokengauge::vault::{ErrorKind, Known, Vault, VaultError, WorkFactor};

use crate::sample::{
    NO_PATIENCE, PLANTED, Sample, app_registration, client_id, connection, device_attempt, id, name, named,
    passphrase, trouble,
};

#[test]
fn every_field_of_a_connection_comes_back() {
    let sample = Sample::with_connection();
    assert_eq!(sample.vault.connection(&name("contoso-prod")).unwrap(), connection());
}

#[test]
fn every_kind_of_trouble_and_every_absence_comes_back() {
    let sample = Sample::new();
    let kinds = [TroubleKind::SignInNeeded, TroubleKind::ConsentMissing, TroubleKind::SetUpWrong];
    for (number, kind) in kinds.into_iter().enumerate() {
        let mut wanted = named(&format!("c{number}"), &format!("id{number}"));
        wanted.trouble = Some(trouble(kind));
        wanted.settings =
            Settings { sign_in_as: None, response_mode: ResponseMode::ALL[number], ..wanted.settings };
        sample.vault.create_connection(&wanted).unwrap();
        assert_eq!(sample.vault.connection(&wanted.name).unwrap(), wanted);
    }
}

#[test]
fn tokens_without_a_refresh_token_or_scope_come_back() {
    let sample = Sample::new();
    let mut wanted = connection();
    let tokens = wanted.tokens.as_mut().unwrap();
    (tokens.refresh, tokens.access.primary_mut().granted_scope) = (None, None);
    sample.vault.create_connection(&wanted).unwrap();
    assert_eq!(sample.vault.connection(&wanted.name).unwrap(), wanted);
}

#[test]
fn a_device_sign_in_comes_back_silent_or_not() {
    let sample = Sample::new();
    for (number, unanswered) in
        [None, Some("no answer \u{fc}ber \"10 s\"".to_owned())].into_iter().enumerate()
    {
        let mut wanted = named(&format!("c{number}"), &format!("id{number}"));
        wanted.settings.way_in = WayIn::DeviceCode;
        wanted.attempt = Some(Attempt::Device(device_attempt(unanswered)));
        sample.vault.create_connection(&wanted).unwrap();
        let read = sample.vault.connection(&wanted.name).unwrap();
        assert_eq!(read, wanted);
        assert!(!format!("{read:?}").contains(PLANTED));
    }
}

#[test]
fn an_app_registration_comes_back_with_its_generation_grown() {
    let sample = Sample::new();
    let mut wanted = app_registration();
    let mut locked = sample.vault.lock_app(&wanted.client_id, NO_PATIENCE).unwrap();
    assert_eq!(locked.read().unwrap(), None);
    locked.save(&mut wanted).unwrap();
    assert_eq!(wanted.generation, 1);
    assert_eq!(sample.vault.app_registration(&client_id()).unwrap().unwrap(), wanted);

    wanted.credential = ClientCredential::Public;
    locked.save(&mut wanted).unwrap();
    assert_eq!(locked.read().unwrap().unwrap(), wanted);
}

#[test]
fn an_app_registration_that_was_not_read_is_not_written_over() {
    let sample = Sample::new();
    let mut locked = sample.vault.lock_app(&client_id(), NO_PATIENCE).unwrap();
    locked.save(&mut app_registration()).unwrap();
    let error = locked.save(&mut app_registration()).unwrap_err();
    assert!(matches!(error, VaultError::Outdated(_)), "{error:?}");
}

#[test]
fn a_connection_is_found_in_any_case_and_made_in_one() {
    let sample = Sample::with_connection();
    assert_eq!(sample.vault.connection(&name("CONTOSO-Prod")).unwrap().name, name("contoso-prod"));
    let error = sample.vault.create_connection(&named("Contoso-PROD", "other")).unwrap_err();
    assert_eq!(error, VaultError::ConnectionExists("contoso-prod".into()));
    assert_eq!(sample.vault.connection(&name("nobody")).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_listing_is_in_the_order_of_names_and_holds_every_record() {
    let sample = Sample::new();
    for number in 0..40 {
        let text = format!("{}{number:02}", if number % 2 == 0 { "B" } else { "a" });
        sample.vault.create_connection(&named(&text, &format!("id{number}"))).unwrap();
    }
    sample.vault.lock_app(&client_id(), NO_PATIENCE).unwrap().save(&mut app_registration()).unwrap();
    let listing = sample.vault.listing().unwrap();
    let names = listing.connections.iter().map(|c| c.name.to_string()).collect::<Vec<_>>();
    assert_eq!((names.len(), names[0].as_str(), names[39].as_str()), (40, "a01", "B38"));
    assert_eq!((listing.apps.len(), listing.damaged), (1, vec![]));
}

#[test]
fn a_damaged_record_is_told_and_hides_no_other() {
    let sample = Sample::with_connection();
    sample.vault.create_connection(&named("other", "other")).unwrap();
    fs::write(sample.record("other"), "not the age format").unwrap();
    let listing = sample.vault.listing().unwrap();
    assert_eq!(listing.connections, [connection()]);
    assert_eq!(listing.damaged.len(), 1);
    assert_eq!(listing.damaged[0].file, sample.record("other"));
    assert_eq!(listing.damaged[0].error.kind().exit_code(), 8);
}

#[test]
fn only_a_record_that_cannot_be_read_is_removed_unread() {
    let sample = Sample::with_connection();
    let remove = || sample.vault.remove_unreadable(&name("contoso-prod"), NO_PATIENCE);
    assert_eq!(remove().unwrap_err().kind(), ErrorKind::Exists);
    fs::write(sample.record("contoso-prod"), "not the age format").unwrap();
    remove().unwrap();
    assert_eq!(remove().unwrap_err().kind(), ErrorKind::NotFound);
}

/// Every way to cut it short, and single bits of it flipped: all of them, or one in nine, which meets every byte but one in
/// nine and every bit of a byte.
fn damages(whole: &[u8], every: usize) -> impl Iterator<Item = Vec<u8>> {
    let cut = (0..whole.len()).map(|length| whole[..length].to_vec());
    let flipped = (0..whole.len() * 8).step_by(every).map(|bit| {
        let mut flipped = whole.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    });
    cut.chain(flipped)
}

#[test]
fn a_record_cut_short_or_changed_anywhere_is_damaged_and_left_as_it_is() {
    let sample = Sample::new();
    sample.vault.create_connection(&named("small", "small")).unwrap();
    let whole = fs::read(sample.record("small")).unwrap();
    for damaged in damages(&whole, 1) {
        fs::write(sample.record("small"), &damaged).unwrap();
        let error = sample.vault.connection(&name("small")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Damaged, "{} of {} bytes: {error}", damaged.len(), whole.len());
        assert_eq!(fs::read(sample.record("small")).unwrap(), damaged);
    }
}

#[test]
fn damaged_settings_open_nothing_and_are_left_as_they_are() {
    let sample = Sample::with_connection();
    let path = sample.dir().join("settings.age");
    let whole = fs::read(&path).unwrap();
    for damaged in damages(&whole, 9) {
        fs::write(&path, &damaged).unwrap();
        let error = sample.unlock_with_key_file().unwrap_err();
        // A change in the part that names the key cannot be told from another key.
        assert!([ErrorKind::Damaged, ErrorKind::WrongKey].contains(&error.kind()), "{error}");
        assert!(sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).is_err());
        assert_eq!(fs::read(&path).unwrap(), damaged);
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(sample.reopened().listing().unwrap().connections, [connection()]);
}

#[test]
fn a_damaged_identity_opens_nothing_and_is_left_as_it_is() {
    let sample = Sample::new();
    sample.vault.set_passphrase(&passphrase(), WorkFactor::FOR_TESTS).unwrap();
    let path = sample.dir().join("identity.age");
    let whole = fs::read(&path).unwrap();
    for damaged in damages(&whole, 9) {
        fs::write(&path, &damaged).unwrap();
        let error = Vault::open_with_passphrase(&sample.dir(), &passphrase()).unwrap_err();
        assert!([ErrorKind::Damaged, ErrorKind::WrongKey].contains(&error.kind()), "{error}");
        assert_eq!(fs::read(&path).unwrap(), damaged);
    }
}

#[test]
fn a_record_of_another_vault_or_name_is_damaged() {
    let (sample, other) = (Sample::with_connection(), Sample::with_connection());
    fs::copy(sample.record("contoso-prod"), sample.record("copy")).unwrap();
    assert_eq!(sample.vault.connection(&name("copy")).unwrap_err().kind(), ErrorKind::Damaged);
    fs::copy(other.record("contoso-prod"), sample.record("contoso-prod")).unwrap();
    assert_eq!(sample.vault.connection(&name("contoso-prod")).unwrap_err().kind(), ErrorKind::Damaged);
}

#[test]
fn of_two_records_with_one_id_the_higher_generation_is_listed_and_locked() {
    let sample = Sample::with_connection();
    let mut newer = connection();
    (newer.name, newer.generation) = (name("renamed"), 8);
    sample.vault.create_connection(&newer).unwrap();
    assert_eq!(sample.vault.listing().unwrap().connections, [newer]);
    let locked = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    assert_eq!(locked.name(), &name("renamed"));
    locked.remove().unwrap();
    assert_eq!(sample.vault.listing().unwrap().connections, []);
}

#[test]
fn debug_output_holds_no_secret() {
    let sample = Sample::with_connection();
    let locked = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let app = sample.vault.lock_app(&client_id(), NO_PATIENCE).unwrap();
    let mut listing = sample.vault.listing().unwrap();
    // The state stands in the address that the person opens, and is no secret.
    listing.connections[0].attempt.as_mut().and_then(Attempt::code_mut).unwrap().state.clear();
    let told = format!("{:?} {locked:?} {app:?} {listing:?} {:?}", sample.vault, app_registration());
    assert!(!told.contains(PLANTED), "{told}");
    assert!(!told.contains("AGE-SECRET-KEY"), "{told}");
}

#[test]
fn nothing_on_disk_but_the_key_file_is_in_clear() {
    let sample = Sample::with_connection();
    let sealed = fs::read(sample.record("contoso-prod")).unwrap();
    let text = String::from_utf8_lossy(&sealed);
    assert!(text.starts_with("age-encryption.org/v1\n-> X25519 "), "{text}");
    assert!(!text.contains(PLANTED) && !text.contains("contoso"));
}

#[test]
fn only_what_was_replaced_is_opened_again() {
    let sample = Sample::with_connection();
    let (other, gone) = (named("other", "ffee"), named("gone", "dead"));
    sample.vault.create_connection(&other).unwrap();
    sample.vault.create_connection(&gone).unwrap();
    let mine = sample.reopened();
    let (all, known) = mine.listing_since(&Known::default()).unwrap();
    assert_eq!(all.connections.len(), 3);
    assert_eq!(mine.listing_since(&known).unwrap().0.connections, []);

    // By others.
    let mut locked = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let mut changed = locked.read().unwrap();
    locked.save(&mut changed).unwrap();
    drop(locked);
    sample.vault.lock_connection(&id("dead"), NO_PATIENCE).unwrap().remove().unwrap();
    fs::write(sample.record("other"), "no record").unwrap();
    let (again, known) = mine.listing_since(&known).unwrap();
    assert_eq!(again.connections, [changed]);
    assert_eq!(again.damaged.len(), 1);
    let is_known = ["contoso-prod", "other", "gone"].map(|own| known.has_connection(&name(own)));
    assert_eq!(is_known, [true, false, false]);
    // What is damaged is told each time.
    assert_eq!(mine.listing_since(&known).unwrap().0.damaged.len(), 1);
    assert!(mine.lock_connection(&id("c0ffee"), NO_PATIENCE).is_ok());
    assert!(mine.lock_connection(&id("dead"), NO_PATIENCE).is_err());
}

#[test]
fn a_record_that_is_opened_to_others_is_refused_though_it_was_not_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let sample = Sample::with_connection();
    let (_, known) = sample.vault.listing_since(&Known::default()).unwrap();
    fs::set_permissions(sample.record("contoso-prod"), fs::Permissions::from_mode(0o644)).unwrap();
    let (again, _) = sample.vault.listing_since(&known).unwrap();
    assert_eq!(again.damaged[0].error.kind(), ErrorKind::UnsafePermissions);
}
