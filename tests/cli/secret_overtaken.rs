//! Two programs that replace the same client secret: whoever ends it first, nobody loses a sign-in, and both say what happened.

use std::io::Write;
use std::process::Child;
use std::thread;

use tokengauge::domain::secret::ClientSecret;

use super::home::Run;
use super::one_secret::{NEW, OLD, WRONG};
use super::secret::Place;

/// Twelve use the new secret; for the others the platform was not to be had.
fn begun() -> Place {
    let busy =
        "[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\nstatus = 503\nnth = 13\ncount = 26\n";
    let place = Place::with(busy);
    place.secret(&["--secret-stdin"], NEW).is(6);
    assert_eq!((place.proven(), place.platform.requests()), (12, 38));
    place
}

fn start(place: &Place, options: &[&str], stdin: &str) -> Child {
    let mut child = place.command(options).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child
}

fn end(child: Child) -> Run {
    Run::of(child.wait_with_output().unwrap())
}

/// Goes on with the replacement, and ends it in another process while renewals are in the air.
fn overtaken(place: &Place, option: &str) -> Run {
    let before = place.platform.requests();
    let simulator = place.platform.simulator.lock().unwrap();
    let going_on = start(place, &["--resume"], "");
    while place.platform.requests() == before {
        thread::yield_now();
    }
    place.secret(&[option], "").is(0);
    drop(simulator);
    end(going_on)
}

fn in_use(place: &Place) -> ClientSecret {
    let app = place.app();
    assert_eq!(app.replacement, None);
    app.credential.secret().unwrap().value.clone()
}

#[test]
fn whoever_is_overtaken_by_one_that_takes_the_secret_says_so_and_is_content() {
    let place = begun();
    let run = overtaken(&place, "--take").is(0);
    assert!(run.err.contains("another program has taken the new secret"), "{}", run.err);
    assert!(!run.err.contains("unproven") && !run.out.contains("not yet"), "{}{}", run.err, run.out);
    assert!(run.out.contains("App Connect has that of contoso-mail01"), "who holds the old one: {}", run.out);
    assert_eq!(in_use(&place), ClientSecret::new(NEW));
    place.renew_all();
}

#[test]
fn whoever_is_overtaken_by_one_that_gives_it_up_says_so_and_does_not_begin_anew() {
    let place = begun();
    let run = overtaken(&place, "--abandon").is(10);
    assert!(run.err.contains("another program has gone back to the old secret"), "{}", run.err);
    assert!(!run.err.contains("both secrets are kept"), "{}", run.err);
    assert_eq!(in_use(&place), ClientSecret::new(OLD));
    place.renew_all();
}

#[test]
fn two_that_prove_the_same_secret_at_once_both_come_to_its_end() {
    let place = Place::new();
    let both = [(); 2].map(|()| start(&place, &["--secret-stdin"], NEW));
    for run in both.map(end) {
        let run = run.is(0);
        assert!(run.err.contains("replaced: "), "{}", run.err);
    }
    assert_eq!(in_use(&place), ClientSecret::new(NEW));
    place.renew_all();
}

#[test]
fn what_is_proven_for_nobody_any_more_is_still_kept_beside_the_old_one() {
    let place = Place::new();
    place.hold(WRONG, "removed");
    let run = place.secret(&["--resume"], "").is(5);
    assert!(run.err.contains("both secrets are kept: 0 connections use the new one"), "{}", run.err);
    assert!(!run.err.contains("nothing was changed"), "{}", run.err);
    assert!(place.app().replacement.is_some());
}
