//! A dashboard, renewals that come round and round, programs that ask for tokens, and writers who each change a field of
//! their own, all on one vault at once: no token is spent twice, no change is lost, nothing removed comes back (RO-02,
//! RO-12).

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::authority::{Authority, Rotation};
use crate::home::Run;
use crate::line::Line;
use crate::place::{NAME, Place};
use crate::size::Size;

/// Life of an access token, seconds: it is renewed all the time.
const LIFE: u64 = 2;

/// The dashboard in a terminal, whose output is read and thrown away.
fn dashboard(place: &Place) -> Child {
    let mut line = Line::open();
    let mut command = place.under(&["setsid", "--ctty"], &["--theme", "dark"]);
    let command =
        command.env("TERM", "xterm-256color").stdin(line.end()).stdout(line.end()).stderr(line.end());
    let child = command.spawn().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while line.other_end.read(&mut buffer).is_ok_and(|length| length > 0) {}
    });
    child
}

/// All that goes on at once.
struct Stage<'a> {
    place: &'a Place,
    rounds: u32,
    writers: AtomicU32,
    over: AtomicBool,
    renewals: AtomicU32,
    tokens: AtomicU32,
}

impl Stage<'_> {
    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.place.run(&["show", name, "--json"]).is(0).out).unwrap()
    }

    /// Goes on until every writer has written.
    fn meanwhile(&self, counter: &AtomicU32, round: impl Fn()) {
        while !self.over.load(Ordering::SeqCst) {
            round();
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Writes round by round; the last writer ends the rest, and so does one that fails.
    fn write(&self, round: impl Fn(u32)) {
        let done = catch_unwind(AssertUnwindSafe(|| (0..self.rounds).for_each(round)));
        if self.writers.fetch_sub(1, Ordering::SeqCst) == 1 || done.is_err() {
            self.over.store(true, Ordering::SeqCst);
        }
        done.unwrap_or_else(|panic| resume_unwind(panic));
    }

    /// A value by turns, which nobody else writes.
    fn edit(&self, option: &str, field: &str, values: [&str; 2]) {
        self.write(|number| {
            let value = values[number as usize % 2];
            self.place.run(&["edit", NAME, option, value]).is(0);
            assert_eq!(self.json(NAME)[field], value, "{field} was lost");
        });
    }

    fn tick_permission(&self) {
        let scope = "Group.ReadWrite.All";
        self.write(|number| {
            let option = ["--add", "--remove"][number as usize % 2];
            self.place.run(&["permissions", NAME, option, scope]).is(0);
            let settings = self.place.connection(NAME).settings;
            let is_there = settings.scopes.iter().any(|own| own.to_string().ends_with(scope));
            assert_eq!(is_there, option == "--add", "the permission was lost");
        });
    }

    fn rename(&self) {
        let names = ["fabrikam", "woodgrove"];
        self.write(|number| {
            let (old, new) = (names[number as usize % 2], names[(number as usize + 1) % 2]);
            self.place.run(&["rename", old, new]).is(0);
            self.place.run(&["show", new]).is(0);
            self.place.run(&["show", old]).is(2);
        });
    }

    /// A connection that is renewed by the others already when it goes.
    fn add_and_remove(&self, authority: &Authority) {
        self.write(|number| {
            let name = format!("gone-{number}");
            self.place.add(&name, authority);
            self.place.sign_in(&name, &name);
            self.place.run(&["refresh", &name]).is(0);
            self.place.run(&["remove", &name, "--yes"]).is(0);
            assert!(!self.place.record(&name).exists(), "{name} is back");
        });
    }
}

#[test]
fn beside_a_dashboard_loops_and_writers_nothing_is_lost() {
    let authority = Authority::start(Rotation::Strict, LIFE);
    let place = Place::signed_in(&authority);
    place.add("fabrikam", &authority);
    place.sign_in("fabrikam", "fabrikam");
    let mut dashboard = dashboard(&place);
    // It takes part: nobody else renews yet.
    authority.wait_for_requests(2);
    let stage = Stage {
        place: &place,
        rounds: Size::asked().of(6, 400),
        writers: AtomicU32::new(5),
        over: AtomicBool::new(false),
        renewals: AtomicU32::new(0),
        tokens: AtomicU32::new(0),
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                stage.meanwhile(&stage.renewals, || drop(place.run(&["refresh", "--due"]).is(0)));
            });
            scope.spawn(|| {
                stage.meanwhile(&stage.tokens, || {
                    let token = place.run(&["token", NAME]).is(0).out;
                    assert!(token.starts_with("access.contoso/"), "{token}");
                });
            });
        }
        scope.spawn(|| stage.edit("--sign-in-as", "sign_in_as", ["a@contoso.example", "b@contoso.example"]));
        scope.spawn(|| {
            stage.edit(
                "--redirect-uri",
                "redirect_uri",
                ["http://localhost:8401/", "http://localhost:8402/"],
            );
        });
        scope.spawn(|| stage.tick_permission());
        scope.spawn(|| stage.rename());
        scope.spawn(|| stage.add_and_remove(&authority));
    });
    assert!(dashboard.try_wait().unwrap().is_none(), "the dashboard runs");
    kill_process(Pid::from_raw(i32::try_from(dashboard.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(dashboard.wait().unwrap().code(), Some(143));

    assert_eq!(authority.refused(), 0);
    let names: Vec<String> =
        place.listing().connections.iter().map(|own| own.name.as_str().to_owned()).collect();
    let other = if stage.rounds.is_multiple_of(2) { "fabrikam" } else { "woodgrove" };
    assert_eq!(names, [NAME, other]);
    place.run(&["refresh", NAME, other]).is(0);
    assert!(place.left_over().is_empty());
    println!(
        "beside a dashboard: {} edits by 5 writers, {} rounds of `refresh --due`, {} of `token`; {} requests, {} invalid_grant",
        5 * stage.rounds,
        stage.renewals.load(Ordering::SeqCst),
        stage.tokens.load(Ordering::SeqCst),
        authority.requests(),
        authority.refused()
    );
}

#[test]
fn beside_a_round_of_renewals_what_is_removed_is_no_error() {
    let authority = Authority::start(Rotation::Strict, 3600);
    let place = Place::signed_in(&authority);
    place.add("fabrikam", &authority);
    place.sign_in("fabrikam", "fabrikam");
    authority.hold();
    let round = place.start(&["refresh", "--all"]);
    authority.wait_for_requests(1);
    place.run(&["remove", "fabrikam", "--yes"]).is(0);
    authority.release();
    let round = Run::of(round.wait_with_output().unwrap()).is(0);
    assert!(round.out.contains(NAME) && !round.out.contains("fabrikam"), "{round:?}");
    assert_eq!((authority.requests(), place.listing().connections.len()), (1, 1));
    // Who names it is told.
    place.run(&["refresh", "fabrikam"]).is(2);
}
