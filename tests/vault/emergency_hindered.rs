//! Emergency copies where something stands in the way: no copy is lost, and nothing older is worked with instead.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Barrier;
use std::thread;

use tokengauge::domain::secret::RefreshToken;
use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};
use tokengauge::vault::{EmergencyPlaces, ErrorKind, Lasts, NoCopy, Successor, TakenIn, Vault, VaultError};

use crate::emergency::{change, current, next_start, not_saved, on_disk, outside, places, renewed};
use crate::key_change::{behind_passphrase, with_key};
use crate::sample::{NO_PATIENCE, Sample, connection, files, id, name, named};

const PAID_FOR: &str = "TGSECRET-refresh-3";

fn assert_taken_in(sample: &Sample) {
    assert_eq!(
        next_start(sample).take_in_emergency_copies(NO_PATIENCE),
        [TakenIn::Saved(name("contoso-prod"))]
    );
    assert_eq!(current(&on_disk(sample)), &RefreshToken::new(PAID_FOR));
}

#[test]
fn a_key_for_which_a_copy_is_sealed_is_not_ended() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    let new = sample.home.path().join("new-key");
    let vault = next_start(&sample);
    let refused = vault.change_key(&Successor::NewKeyFile(new.clone())).unwrap_err();
    assert_eq!((refused.kind(), refused.kind().exit_code()), (ErrorKind::Busy, 9));
    assert!(refused.what_happened().contains(copy.to_str().unwrap()), "{refused}");
    assert!(refused.what_to_do().contains("tokengauge list"), "{}", refused.what_to_do());
    assert!(!new.exists() && !sample.dir().join("identity-next.age").exists());
    assert_taken_in(&sample);
    vault.change_key(&Successor::NewKeyFile(new.clone())).unwrap();
    assert_eq!(
        current(&with_key(&sample.dir(), &new).unwrap().connection_by_id(&id("c0ffee")).unwrap()),
        &RefreshToken::new(PAID_FOR)
    );
}

#[test]
fn a_copy_that_was_written_while_the_key_was_about_to_change_refuses_the_change() {
    let sample = Sample::with_connection();
    let vault = next_start(&sample);
    let locked = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let mut paid_for = locked.read().unwrap();
    renewed(&mut paid_for);
    let begun = Barrier::new(2);
    let refused = thread::scope(|scope| {
        let changing = scope.spawn(|| {
            let vault = next_start(&sample);
            begun.wait();
            vault.change_key(&behind_passphrase())
        });
        begun.wait();
        // The successor is written by then, and the change waits for the record.
        let next = sample.dir().join("identity-next.age");
        while !next.exists() && !changing.is_finished() {
            thread::yield_now();
        }
        locked.write_emergency_copy(&paid_for).unwrap();
        drop(locked);
        changing.join().unwrap()
    });
    assert!(matches!(refused, Err(VaultError::UnsavedUnderThisKey(_))), "{refused:?}");
    assert!(!sample.dir().join("identity-next.age").exists());
    assert_taken_in(&sample);
}

#[test]
fn a_copy_that_cannot_be_read_now_keeps_its_record_from_being_worked_with() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    let shelf = copy.parent().unwrap();
    for (loosened, right, wrong) in [(copy.as_path(), 0o600, 0o644), (shelf, 0o700, 0o755)] {
        fs::set_permissions(loosened, Permissions::from_mode(wrong)).unwrap();
        let vault = next_start(&sample);
        let taken = vault.take_in_emergency_copies(NO_PATIENCE);
        let hindrance = taken[0].hindrance_of(&id("c0ffee")).unwrap();
        assert_eq!(hindrance.kind(), ErrorKind::UnsafePermissions);
        assert!(taken[0].to_string().contains(&format!("chmod {right:o}")), "{}", taken[0]);
        assert!(taken[0].is_bad());
        let mut locked = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
        assert_eq!(locked.take_in_emergency_copy().unwrap_err().kind(), ErrorKind::UnsafePermissions);
        assert!(vault.check_nothing_waits(&connection()).is_err());
        fs::set_permissions(loosened, Permissions::from_mode(right)).unwrap();
    }
    assert_taken_in(&sample);
}

#[test]
fn a_directory_in_the_place_of_a_copy_is_no_copy_that_is_of_no_use() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    let aside = sample.home.path().join("aside");
    fs::rename(&copy, &aside).unwrap();
    fs::create_dir(&copy).unwrap();
    let vault = next_start(&sample);
    let mut locked = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    assert_eq!(locked.take_in_emergency_copy().unwrap_err().kind(), ErrorKind::Io);
    drop(locked);
    fs::remove_dir(&copy).unwrap();
    fs::rename(&aside, &copy).unwrap();
    assert_taken_in(&sample);
}

#[test]
fn a_copy_outlives_a_record_that_is_merely_not_there() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    let (there, gone) = (sample.dir().join("connections"), sample.dir().join("gone"));
    fs::rename(&there, &gone).unwrap();
    let taken = next_start(&sample).take_in_emergency_copies(NO_PATIENCE);
    let [news @ TakenIn::Waits { error: VaultError::NoSuchConnection(_), .. }] = taken.as_slice() else {
        panic!("{taken:?}")
    };
    assert!(news.to_string().contains(copy.to_str().unwrap()), "{news}");
    assert!(copy.exists());
    // Locking may have made it anew.
    fs::remove_dir_all(&there).unwrap();
    fs::rename(&gone, &there).unwrap();
    assert_taken_in(&sample);
}

#[test]
fn a_copy_without_a_record_hides_no_other_connection() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    fs::remove_file(sample.record("contoso-prod")).unwrap();
    let vault = next_start(&sample);
    vault.create_connection(&named("fabrikam", "fabrikam")).unwrap();
    assert_eq!(vault.take_in_emergency_copies(NO_PATIENCE).len(), 1);
    assert_eq!(vault.listing().unwrap().connections, [named("fabrikam", "fabrikam")]);
    assert!(copy.exists());
}

#[test]
fn a_copied_vault_leaves_the_copies_of_the_real_one() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    let other = sample.home.path().join("copied");
    let copied = Command::new("cp").arg("-a").args([sample.dir(), other.clone()]).status().unwrap();
    assert!(copied.success());
    let vault = with_key(&other, &sample.key_file()).unwrap();
    vault.keep_emergency_copies_in(&places(&sample));
    assert_eq!(vault.take_in_emergency_copies(NO_PATIENCE), []);
    assert_eq!(vault.connection_by_id(&id("c0ffee")).unwrap(), connection());
    assert!(copy.exists());
    assert_taken_in(&sample);
}

#[test]
fn of_two_programs_at_once_one_takes_a_copy_in_and_the_other_hears_of_nothing() {
    for _ in 0..20 {
        let sample = Sample::with_connection();
        not_saved(&sample);
        let begun = Barrier::new(4);
        let news: Vec<TakenIn> = thread::scope(|scope| {
            let one = || {
                let vault = next_start(&sample);
                begun.wait();
                vault.take_in_emergency_copies(tokengauge::vault::PATIENCE)
            };
            let all: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
            all.into_iter().flat_map(|own| own.join().unwrap()).collect()
        });
        assert_eq!(news, [TakenIn::Saved(name("contoso-prod"))]);
        assert_eq!(on_disk(&sample).generation, connection().generation + 1);
    }
}

#[test]
fn a_copy_that_is_left_over_is_outdated_and_saved_once() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    let bytes = fs::read(&copy).unwrap();
    assert_taken_in(&sample);
    let shelf = copy.parent().unwrap();
    let saved = fs::read(sample.record("contoso-prod")).unwrap();
    for edits in 0..2 {
        if edits == 1 {
            change(&sample, |own| own.settings.sign_in_as = None);
        }
        let before = on_disk(&sample);
        fs::create_dir_all(shelf).unwrap();
        for directory in [shelf.parent().unwrap(), shelf] {
            fs::set_permissions(directory, Permissions::from_mode(0o700)).unwrap();
        }
        fs::write(&copy, &bytes).unwrap();
        fs::set_permissions(&copy, Permissions::from_mode(0o600)).unwrap();
        let vault = next_start(&sample);
        vault.check_nothing_waits(&before).unwrap();
        assert_eq!(vault.take_in_emergency_copies(NO_PATIENCE), [TakenIn::Outdated(name("contoso-prod"))]);
        assert_eq!(on_disk(&sample), before);
        assert_eq!(fs::read(sample.record("contoso-prod")).unwrap() == saved, edits == 0);
    }
}

#[test]
fn one_connection_s_copy_is_taken_in_without_waiting_for_another_s() {
    let sample = Sample::with_connection();
    not_saved(&sample);
    let vault = next_start(&sample);
    vault.create_connection(&named("fabrikam", "fabrikam")).unwrap();
    let held = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    assert_eq!(vault.take_in_emergency_copy_of(&id("fabrikam"), NO_PATIENCE), []);
    let taken = vault.take_in_emergency_copy_of(&id("c0ffee"), NO_PATIENCE);
    assert_eq!(taken[0].hindrance_of(&id("c0ffee")).unwrap().kind(), ErrorKind::Busy);
    let waiting = vault.with_emergency_copy(&connection()).unwrap().unwrap();
    assert_eq!(current(&waiting), &RefreshToken::new(PAID_FOR));
    let refused = vault.check_nothing_waits(&connection()).unwrap_err();
    assert_eq!(
        (refused.kind().exit_code(), vault.check_nothing_waits(&named("fabrikam", "fabrikam"))),
        (7, Ok(()))
    );
    drop(held);
    assert_eq!(
        vault.take_in_emergency_copy_of(&id("c0ffee"), NO_PATIENCE),
        [TakenIn::Saved(name("contoso-prod"))]
    );
    assert_eq!(vault.with_emergency_copy(&on_disk(&sample)), Ok(None));
}

/// A program without `XDG_RUNTIME_DIR`, such as one that cron starts.
fn without_session(sample: &Sample, usual: &Path, state: Option<&Path>) -> Vault {
    let vault = sample.reopened();
    vault.keep_emergency_copies_in(&EmergencyPlaces {
        runtime: None,
        state: state.map(Path::to_owned),
        usual_runtime: Some(usual.to_owned()),
    });
    vault
}

#[test]
fn a_copy_in_the_runtime_directory_is_found_without_its_variable() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    let run = outside(&sample, "run");
    assert!(copy.starts_with(&run));
    fs::set_permissions(&run, Permissions::from_mode(0o755)).unwrap();
    let open_to_all = without_session(&sample, &run, None);
    assert_eq!(open_to_all.take_in_emergency_copies(NO_PATIENCE), [], "it may be anybody's");
    fs::set_permissions(&run, Permissions::from_mode(0o700)).unwrap();
    let taken = without_session(&sample, &run, None).take_in_emergency_copies(NO_PATIENCE);
    assert_eq!(taken, [TakenIn::Saved(name("contoso-prod"))]);
}

#[test]
fn what_ends_with_the_session_is_the_last_choice_of_a_program_without_one() {
    let sample = Sample::with_connection();
    let (run, state) = (outside(&sample, "run"), outside(&sample, "state"));
    fs::set_permissions(&run, Permissions::from_mode(0o700)).unwrap();
    let kept = |vault: &Vault| -> Result<_, NoCopy> {
        let locked = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
        locked.write_emergency_copy(&connection())
    };
    let (beside_notes, lasts) = kept(&without_session(&sample, &run, Some(&state))).unwrap();
    assert!(beside_notes.starts_with(&state) && lasts == Lasts::UntilTakenIn);
    let (in_run, lasts) = kept(&without_session(&sample, &run, None)).unwrap();
    assert!(in_run.starts_with(&run) && lasts == Lasts::UntilLogout);
    assert_eq!(kept(&next_start(&sample)).unwrap().1, Lasts::UntilLogout);
}

#[test]
fn the_usual_runtime_directory_is_looked_at_only_without_the_variable() {
    for (is_set, taken_in) in [(true, 0), (false, 1)] {
        let sample = Sample::with_connection();
        not_saved(&sample);
        let run = outside(&sample, "run");
        fs::set_permissions(&run, Permissions::from_mode(0o700)).unwrap();
        let sources = Sources {
            key_file: Some(sample.key_file()),
            keyring: Keyring::Left,
            runtime_directory: is_set.then(|| outside(&sample, "other")),
            usual_runtime_directory: Some(run),
            ..Sources::default()
        };
        let Unlocked::Open(vault, _) = unlock(&sample.dir(), &sources).unwrap() else { panic!() };
        assert_eq!(vault.take_in_emergency_copies(NO_PATIENCE).len(), taken_in);
    }
}

#[test]
fn what_a_killed_writer_left_goes_with_its_shelf() {
    let sample = Sample::with_connection();
    let copy = not_saved(&sample);
    let shelf = copy.parent().unwrap();
    fs::write(copy.with_extension("tmp"), "half").unwrap();
    let held = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    next_start(&sample).take_in_emergency_copies(NO_PATIENCE);
    assert_eq!(files(shelf), ["c0ffee.age", "c0ffee.tmp"], "somebody may be writing it");
    drop(held);
    assert_taken_in(&sample);
    assert!(!shelf.exists());
}
