//! Locks: one holder at a time, across handles and processes.

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use tokengauge::vault::{LockOrders, LockedApp, LockedConnection, Vault, VaultError};

use crate::child;
use crate::sample::{NO_PATIENCE, Sample, client_id, files, id, name, named};

#[test]
fn a_lock_has_one_holder_and_names_its_process() {
    let sample = Sample::with_connection();
    let held = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let other = sample.reopened();
    let error = other.lock_connection(&id("c0ffee"), Duration::from_millis(1)).unwrap_err();
    assert_eq!(error, VaultError::Busy { what: "contoso-prod".into(), pid: Some(std::process::id()) });
    assert_eq!(error.kind().exit_code(), 9);
    drop(held);
    other.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
}

#[test]
fn a_lock_held_by_another_process_ends_with_it() {
    let sample = Sample::with_connection();
    let mut child = child::start("locks::child_that_holds_a_lock", &sample);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // The harness of the child writes lines of its own first.
    let pid = lines.find_map(|line| line.unwrap().split("locked by ").nth(1).map(|pid| pid.parse().unwrap()));
    let error = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap_err();
    assert_eq!(error, VaultError::Busy { what: "contoso-prod".into(), pid });

    child.kill().unwrap();
    child.wait().unwrap();
    sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
}

#[test]
#[ignore = "run by a_lock_held_by_another_process_ends_with_it"]
fn child_that_holds_a_lock() {
    let Some(sample) = child::sample() else { return };
    let _held = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    println!("locked by {}", std::process::id());
    // Until the parent kills it or goes away.
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn a_waiter_gets_the_lock_when_it_is_free() {
    let sample = Sample::with_connection();
    let held = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let other = sample.reopened();
    let (tell, told) = std::sync::mpsc::channel();
    let waiter = std::thread::spawn(move || {
        let lock = |patience| other.lock_connection(&id("c0ffee"), patience).map(drop);
        let at_once = lock(NO_PATIENCE);
        tell.send(()).unwrap();
        (at_once, lock(Duration::from_secs(30)))
    });
    told.recv().unwrap();
    drop(held);
    let (at_once, in_time) = waiter.join().unwrap();
    assert!(matches!(at_once, Err(VaultError::Busy { .. })), "{at_once:?}");
    in_time.unwrap();
}

#[test]
fn locks_of_different_records_do_not_meet() {
    let sample = Sample::with_connection();
    sample.vault.create_connection(&named("other", "other")).unwrap();
    let _one = sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let _two = sample.vault.lock_connection(&id("other"), NO_PATIENCE).unwrap();
    let _three = sample.vault.lock_app(&client_id(), NO_PATIENCE).unwrap();
    let error = sample.vault.lock_app(&client_id(), NO_PATIENCE).unwrap_err();
    assert!(matches!(error, VaultError::Busy { .. }), "{error:?}");
}

#[test]
fn lock_files_stay() {
    let sample = Sample::with_connection();
    sample.vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap().remove().unwrap();
    assert_eq!(
        files(&sample.dir().join("locks")),
        ["contoso-prod.connection.lock", "key.lock", "vault.lock"]
    );
}

#[test]
fn a_locked_record_may_be_held_over_an_asynchronous_request() {
    fn may_move_between_threads<T: Send + 'static>() {}
    may_move_between_threads::<LockedConnection>();
    may_move_between_threads::<LockedApp>();
}

#[test]
fn eight_threads_lose_no_change() {
    let sample = Sample::with_connection();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let vault = sample.reopened();
            scope.spawn(move || {
                for _ in 0..5 {
                    let mut locked = vault.lock_connection(&id("c0ffee"), Duration::from_secs(60)).unwrap();
                    let mut connection = locked.read().unwrap();
                    locked.prove_disk().unwrap();
                    locked.save(&mut connection).unwrap();
                }
            });
        }
    });
    assert_eq!(sample.vault.listing().unwrap().connections[0].generation, 7 + 8 * 5);
}

/// An obeying handle of the same vault, and where orders to it are given.
fn obeying(sample: &Sample) -> (Vault, LockOrders) {
    let (vault, orders) = (sample.reopened(), LockOrders::of(&sample.dir(), None));
    vault.obey(orders.clone(), orders.mark());
    (vault, orders)
}

#[test]
fn an_order_to_lock_is_obeyed_by_who_was_given_the_key_for_hours_and_by_nobody_else() {
    let sample = Sample::with_connection();
    let (vault, orders) = obeying(&sample);
    let name = name("contoso-prod");
    drop(vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap());
    orders.give("one").unwrap();
    assert!(vault.is_ordered_to_lock() && !sample.vault.is_ordered_to_lock());
    let error = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap_err();
    assert_eq!((&error, error.kind().exit_code()), (&VaultError::Closed(sample.dir()), 3));
    assert_eq!(vault.connection(&name).unwrap_err(), VaultError::Closed(sample.dir()));
    assert_eq!(vault.listing().unwrap_err(), VaultError::Closed(sample.dir()));
    sample.vault.connection(&name).unwrap();
    // Whoever is given the key afterwards is not meant.
    assert!(!obeying(&sample).0.is_ordered_to_lock());
}

#[test]
fn every_order_is_a_fresh_one_and_a_file_that_has_gone_is_none() {
    let sample = Sample::new();
    let (_, orders) = obeying(&sample);
    for fresh in ["one", "two"] {
        let before = orders.mark();
        assert!(!orders.given_since(&before));
        orders.give(fresh).unwrap();
        assert!(orders.given_since(&before), "{fresh}");
    }
    let before = orders.mark();
    orders.files().for_each(|file| std::fs::remove_file(file).unwrap());
    assert!(!orders.given_since(&before));
}

#[test]
fn what_is_on_its_way_is_saved_before_the_key_goes() {
    let sample = Sample::with_connection();
    let vault = sample.reopened();
    let mut locked = vault.lock_connection(&id("c0ffee"), NO_PATIENCE).unwrap();
    let mut connection = locked.read().unwrap();
    locked.prove_disk().unwrap();
    vault.close();
    assert!(vault.lock_app(&connection.settings.client_id, NO_PATIENCE).is_err(), "nothing begins");
    locked.save(&mut connection).unwrap();
    drop(locked);
    assert!(!vault.is_key_locked_in_memory());
    assert_eq!(vault.connection(&name("contoso-prod")).unwrap_err(), VaultError::Closed(sample.dir()));
    assert_eq!(sample.vault.connection(&name("contoso-prod")).unwrap().generation, connection.generation);
}
