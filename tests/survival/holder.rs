//! A process that holds a connection's lock and stands still, or is killed: who waits for it, and for how long (RO-03,
//! RO-04).

use std::process::Child;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::authority::{Authority, Rotation};
use crate::home::Run;
use crate::place::{NAME, Place};
use crate::size::{Size, percentile};

/// How long another process waits for the lock.
const PATIENCE: Duration = Duration::from_secs(10);

/// In the middle of a request, with the lock held over it.
fn holder(place: &Place, authority: &Authority) -> Child {
    let before = authority.requests();
    authority.hold();
    let child = place.start(&["refresh", NAME]);
    authority.wait_for_requests(before + 1);
    child
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// A command with the time that it takes.
fn timed(child: Child) -> JoinHandle<(Run, Duration)> {
    let begun = Instant::now();
    thread::spawn(move || (Run::of(child.wait_with_output().unwrap()), begun.elapsed()))
}

#[test]
fn a_stopped_holder_is_named_after_ten_seconds_and_never_robbed() {
    let authority = Authority::start(Rotation::Strict, 3600);
    let place = Place::signed_in(&authority);
    let before = place.connection(NAME);
    let stopped = holder(&place, &authority);
    signal(&stopped, Signal::STOP);
    authority.release();
    let requests = authority.requests();

    // What is valid is printed without the lock.
    let begun = Instant::now();
    let token = place.run(&["token", NAME]).is(0).out;
    let at_once = begun.elapsed();
    assert!(before.tokens.is_some() && token.starts_with("access."));
    assert!(at_once < PATIENCE / 2, "{at_once:?}");

    let commands: [&[&str]; 5] = [
        &["refresh", NAME],
        &["edit", NAME, "--sign-in-as", "other@contoso.example"],
        &["token", NAME, "--min-valid", "24h"],
        &["rename", NAME, "fabrikam"],
        &["remove", NAME, "--yes"],
    ];
    let waiting = commands.map(|arguments| timed(place.start(arguments)));
    let mut slowest = Duration::ZERO;
    for (arguments, ended) in commands.iter().zip(waiting) {
        let (run, waited) = ended.join().unwrap();
        let run = run.is(9);
        run.tells_in_two_lines();
        assert!(run.err.contains(&stopped.id().to_string()), "{arguments:?}: {}", run.err);
        assert!(waited >= PATIENCE, "{arguments:?} gave up after {waited:?}");
        slowest = slowest.max(waited);
    }
    assert_eq!(authority.requests(), requests, "nobody else has asked");
    assert_eq!(place.connection(NAME), before, "nobody has changed it");

    signal(&stopped, Signal::CONT);
    Run::of(stopped.wait_with_output().unwrap()).is(0);
    place.run(&["refresh", NAME]).is(0);
    assert_eq!((authority.requests(), authority.refused()), (requests + 1, 0));
    println!(
        "a stopped holder: a valid token after {at_once:.1?}, five others exit 9 after {slowest:.1?} at most; it finishes"
    );
}

#[test]
fn a_killed_holder_leaves_its_lock_to_the_next_at_once() {
    let number = Size::asked().of(15, 1000);
    // A kill in the middle of a request loses the answer: that is not what is looked at here.
    let authority = Authority::start(Rotation::Lenient, 3600);
    let place = Place::signed_in(&authority);
    let id = place.connection(NAME).id;
    let (mut free, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..number {
        let mut holder = holder(&place, &authority);
        holder.kill().unwrap();
        let killed = Instant::now();
        authority.release();
        let vault = place.opened();
        // The kernel may take a moment to end it, as `wait` tells.
        let locked = vault.lock_connection(&id, Duration::from_secs(5)).unwrap();
        free.push(killed.elapsed().as_secs_f64() * 1000.0);
        drop(locked);
        holder.wait().unwrap();
        let begun = Instant::now();
        place.run(&["refresh", NAME]).is(0);
        whole.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    assert_eq!(authority.refused(), 0);
    println!(
        "{number} killed holders: opened and locked again p50 {:.1} ms, p99 {:.1} ms; a whole refresh p50 {:.0} ms, p99 {:.0} ms",
        percentile(&mut free, 50),
        percentile(&mut free, 99),
        percentile(&mut whole, 50),
        percentile(&mut whole, 99)
    );
}
