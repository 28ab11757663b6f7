//! Emergency copies: where they are kept, and what becomes of them at the next start.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tokengauge::domain::hand_over::Label;
use tokengauge::domain::secret::RefreshToken;
use tokengauge::domain::{
    ClientId, Connection, Destination, HandOver, HandedOver, Renewal, RenewalKind, RenewalOutcome,
};
use tokengauge::vault::{EmergencyPlaces, ErrorKind, NoCopy, TakenIn, Vault};

use crate::sample::{NO_PATIENCE, Sample, at, connection, device_attempt, files, id, name};

/// A directory outside of the vault, there already.
pub fn outside(sample: &Sample, which: &str) -> PathBuf {
    let directory = sample.home.path().join(which);
    fs::create_dir_all(&directory).unwrap();
    directory
}

pub fn places(sample: &Sample) -> EmergencyPlaces {
    EmergencyPlaces {
        runtime: Some(outside(sample, "run")),
        state: Some(outside(sample, "state")),
        usual_runtime: None,
    }
}

/// The vault as the next start opens it.
pub fn next_start(sample: &Sample) -> Vault {
    let vault = sample.reopened();
    vault.keep_emergency_copies_in(&places(sample));
    vault
}

/// What a renewal brings to the record.
pub fn renewed(connection: &mut Connection) {
    let refresh = connection.tokens.as_mut().unwrap().refresh.as_mut().unwrap();
    refresh.previous = Some(refresh.current.clone());
    refresh.current = RefreshToken::new("TGSECRET-refresh-3");
    connection.trouble = None;
    connection.refresh_limit = None;
    connection.attempt = None;
    note(connection, 80, RenewalOutcome::Worked);
}

pub fn note(connection: &mut Connection, seconds: i64, outcome: RenewalOutcome) {
    connection.note_renewal(Renewal { at: at(seconds), kind: RenewalKind::Refresh, outcome });
}

/// Renews, and cannot save what that brought.
pub fn not_saved(sample: &Sample) -> PathBuf {
    let vault = next_start(sample);
    let locked = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let mut connection = locked.read().unwrap();
    renewed(&mut connection);
    locked.write_emergency_copy(&connection).unwrap().0
}

/// Changes the record on disk, as somebody does meanwhile.
pub fn change(sample: &Sample, edit: impl FnOnce(&mut Connection)) {
    let mut locked = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let mut connection = locked.read().unwrap();
    edit(&mut connection);
    locked.save(&mut connection).unwrap();
}

pub fn on_disk(sample: &Sample) -> Connection {
    sample.reopened().connection_by_id(&id("c0ffee")).unwrap()
}

pub fn current(connection: &Connection) -> &RefreshToken {
    &connection.tokens.as_ref().unwrap().refresh.as_ref().unwrap().current
}

fn assert_nothing_is_left(sample: &Sample) {
    let left = |which: &str| files(&sample.home.path().join(which));
    assert_eq!(left("run"), ["tokengauge"]);
    assert_eq!(files(&sample.home.path().join("run/tokengauge")), Vec::<String>::new());
    assert_eq!(next_start(sample).take_in_emergency_copies(NO_PATIENCE), []);
}

#[test]
fn a_copy_becomes_the_next_generation_of_an_unchanged_record() {
    let sample = Sample::with_connection();
    let before = fs::read(sample.record("contoso-prod")).unwrap();
    let copy = not_saved(&sample);
    assert_eq!(fs::read(sample.record("contoso-prod")).unwrap(), before);
    assert!(copy.starts_with(sample.home.path().join("run/tokengauge")), "{copy:?}");
    let taken = next_start(&sample).take_in_emergency_copies(NO_PATIENCE);
    assert_eq!(taken, [TakenIn::Saved(name("contoso-prod"))]);
    let mut expected = connection();
    renewed(&mut expected);
    expected.generation += 1;
    assert_eq!(on_disk(&sample), expected);
    assert_nothing_is_left(&sample);
}

#[test]
fn tokens_of_the_copy_go_beside_what_was_edited_since() {
    let sample = Sample::with_connection();
    let _ = not_saved(&sample);
    let given = HandOver {
        at: at(90),
        what: HandedOver::Export(Label::of("env")),
        destination: Destination::Clipboard,
        set: None,
        refresh_token: None,
        client_secret: None,
    };
    change(&sample, |own| {
        own.settings.sign_in_as = None;
        own.note_hand_over(given.clone());
    });
    let locked = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    drop(locked.rename(name("renamed"), NO_PATIENCE).unwrap());
    let taken = next_start(&sample).take_in_emergency_copies(NO_PATIENCE);
    assert_eq!(taken, [TakenIn::Merged(name("renamed"))]);
    let merged = on_disk(&sample);
    assert_eq!(
        (current(&merged), &merged.name),
        (&RefreshToken::new("TGSECRET-refresh-3"), &name("renamed"))
    );
    assert_eq!((merged.settings.sign_in_as, merged.hand_overs.last()), (None, Some(&given)));
    assert_eq!((merged.trouble, merged.refresh_limit, merged.attempt), (None, None, None));
    assert_eq!(merged.renewals.last().unwrap().at, at(80));
    assert_nothing_is_left(&sample);
}

#[test]
fn a_sign_in_that_was_begun_since_stays_open() {
    let sample = Sample::with_connection();
    let _ = not_saved(&sample);
    let mut begun = device_attempt(None);
    begun.started_at = at(85);
    let begun = tokengauge::domain::Attempt::Device(begun);
    change(&sample, |own| own.attempt = Some(begun.clone()));
    next_start(&sample).take_in_emergency_copies(NO_PATIENCE);
    assert_eq!(on_disk(&sample).attempt, Some(begun));
}

#[test]
fn newer_tokens_in_the_record_outlive_the_copy_whatever_the_clock_says() {
    for seconds in [85, 40] {
        let sample = Sample::with_connection();
        let _ = not_saved(&sample);
        change(&sample, |own| {
            renewed(own);
            let refresh = own.tokens.as_mut().unwrap().refresh.as_mut().unwrap();
            refresh.current = RefreshToken::new("TGSECRET-refresh-4");
            own.renewals.pop();
            note(own, seconds, RenewalOutcome::Worked);
        });
        let before = fs::read(sample.record("contoso-prod")).unwrap();
        let taken = next_start(&sample).take_in_emergency_copies(NO_PATIENCE);
        assert_eq!(taken, [TakenIn::Outdated(name("contoso-prod"))]);
        assert_eq!(fs::read(sample.record("contoso-prod")).unwrap(), before);
        assert_nothing_is_left(&sample);
    }
}

#[test]
fn a_renewal_that_was_refused_since_does_not_outdate_the_copy() {
    let sample = Sample::with_connection();
    let _ = not_saved(&sample);
    change(&sample, |own| note(own, 85, RenewalOutcome::Failed("refused".into())));
    let taken = next_start(&sample).take_in_emergency_copies(NO_PATIENCE);
    assert_eq!(taken, [TakenIn::Merged(name("contoso-prod"))]);
    let merged = on_disk(&sample);
    assert_eq!(current(&merged), &RefreshToken::new("TGSECRET-refresh-3"));
    let last: Vec<_> = merged.renewals.iter().rev().take(2).map(|own| own.at).collect();
    assert_eq!(last, [at(85), at(80)], "both are remembered");
}

#[test]
fn tokens_of_another_registration_are_not_taken_in() {
    let sample = Sample::with_connection();
    let _ = not_saved(&sample);
    change(&sample, |own| {
        own.settings.client_id = ClientId::parse("00000000-0000-4000-8000-000000000001").unwrap();
        own.tokens = None;
    });
    let taken = next_start(&sample).take_in_emergency_copies(NO_PATIENCE);
    assert_eq!(taken, [TakenIn::Outdated(name("contoso-prod"))]);
    assert_eq!(on_disk(&sample).tokens, None);
}

#[test]
fn a_removed_connection_does_not_come_back() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    next_start(&sample).lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap().remove().unwrap();
    assert!(!copy.exists(), "it goes with the record");
    assert_eq!(next_start(&sample).take_in_emergency_copies(NO_PATIENCE), []);
    assert_eq!(files(&sample.dir().join("connections")), Vec::<String>::new());
    assert_nothing_is_left(&sample);
}

#[test]
fn a_record_that_cannot_be_read_is_not_taken_for_a_removed_one() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    fs::write(sample.record("contoso-prod"), "damaged").unwrap();
    let taken = next_start(&sample).take_in_emergency_copies(NO_PATIENCE);
    let [TakenIn::Waits { error, path, .. }] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!((error.kind(), path), (ErrorKind::Damaged, &copy));
    assert!(copy.exists());
}

#[test]
fn a_copy_that_cannot_be_opened_is_told_and_left_and_hides_nothing() {
    for damage in ["damaged", "of another vault"] {
        let sample = Sample::with_connection();
        let copy = not_saved(&sample);
        let other = Sample::with_connection();
        let bytes = match damage {
            "damaged" => b"age-encryption.org/v1\nnonsense".to_vec(),
            _ => fs::read(not_saved(&other)).unwrap(),
        };
        fs::write(&copy, &bytes).unwrap();
        let vault = next_start(&sample);
        let taken = vault.take_in_emergency_copies(NO_PATIENCE);
        let [news @ TakenIn::Unusable { path, .. }] = taken.as_slice() else { panic!("{taken:?}") };
        assert!(path == &copy && news.to_string().contains(copy.to_str().unwrap()), "{news}");
        assert_eq!((fs::read(&copy).unwrap(), on_disk(&sample)), (bytes, connection()));
        let mut locked = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
        assert!(matches!(locked.take_in_emergency_copy(), Ok(Some(TakenIn::Unusable { .. }))));
        locked.save(&mut connection()).unwrap();
    }
}

#[test]
fn a_copy_of_a_record_that_is_in_use_waits() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    let held = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let taken = next_start(&sample).take_in_emergency_copies(NO_PATIENCE);
    let hindrance = taken[0].hindrance_of(&id("c0ffee")).unwrap();
    assert_eq!((hindrance.kind(), taken[0].hindrance_of(&id("other"))), (ErrorKind::Busy, None));
    drop(held);
    assert!(copy.exists());
    assert_eq!(next_start(&sample).take_in_emergency_copies(NO_PATIENCE).len(), 1);
    assert_eq!(current(&on_disk(&sample)), &RefreshToken::new("TGSECRET-refresh-3"));
}

#[test]
fn a_copy_stays_until_its_save_lasts() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    // The name of the temporary file is taken: nothing can be saved.
    let draft = sample.dir().join("connections/.contoso-prod.tmp");
    fs::create_dir(&draft).unwrap();
    let taken = next_start(&sample).take_in_emergency_copies(NO_PATIENCE);
    assert_eq!(taken[0].hindrance_of(&id("c0ffee")).unwrap().kind(), ErrorKind::Io);
    assert!(copy.exists());
    fs::remove_dir(&draft).unwrap();
    assert_eq!(
        next_start(&sample).take_in_emergency_copies(NO_PATIENCE),
        [TakenIn::Saved(name("contoso-prod"))]
    );
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_copy_is_for_the_owner_alone_and_sealed() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    let shelf = copy.parent().unwrap();
    assert_eq!((mode(&copy), mode(shelf), mode(shelf.parent().unwrap())), (0o600, 0o700, 0o700));
    assert_eq!(files(shelf), ["c0ffee.age"]);
    let bytes = fs::read(&copy).unwrap();
    assert!(!bytes.windows(8).any(|window| window == b"TGSECRET"));
}

#[test]
fn a_directory_that_is_not_ours_alone_is_passed_over() {
    let sample = Sample::with_connection();
    let planted = outside(&sample, "run").join("tokengauge");
    fs::create_dir(&planted).unwrap();
    fs::set_permissions(&planted, Permissions::from_mode(0o777)).unwrap();
    let copy = not_saved(&sample);
    assert!(copy.starts_with(sample.home.path().join("state")), "{copy:?}");
    assert_eq!(next_start(&sample).take_in_emergency_copies(NO_PATIENCE).len(), 1);
}

#[test]
fn a_link_that_anybody_could_have_put_there_is_not_followed() {
    let sample = Sample::with_connection();
    let run = outside(&sample, "run");
    fs::set_permissions(&run, Permissions::from_mode(0o777)).unwrap();
    symlink(outside(&sample, "elsewhere"), run.join("tokengauge")).unwrap();
    let copy = not_saved(&sample);
    assert!(copy.starts_with(sample.home.path().join("state")), "{copy:?}");
    assert_eq!(files(&sample.home.path().join("elsewhere")), Vec::<String>::new());
}

#[test]
fn without_any_place_there_is_no_copy() {
    let sample = Sample::with_connection();
    let locked = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    assert_eq!(locked.write_emergency_copy(&connection()), Err(NoCopy::Nowhere));
    let vault = sample.reopened();
    vault.keep_emergency_copies_in(&EmergencyPlaces {
        runtime: Some(sample.home.path().join("missing")),
        state: Some(sample.key_file()),
        usual_runtime: None,
    });
    drop(locked);
    let locked = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    assert!(matches!(locked.write_emergency_copy(&connection()), Err(NoCopy::Refused(_))));
    assert!(!sample.home.path().join("missing").exists());
}
