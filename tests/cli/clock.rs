//! The machine's clock: wrong at the start, set while a program runs, at the ends of what clocks can say.

use std::fs;
use std::path::PathBuf;

use super::home::{Home, Run, binary};
use super::needs;
use super::tenant::{NAME, Tenant};
use super::terminal::Session;

/// The library by which a program sees another time; `None` where it is not installed.
fn library() -> Option<PathBuf> {
    let found = fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    let found = found.map(|path| path.join("faketime/libfaketimeMT.so.1")).find(|path| path.exists());
    needs::provided(found.is_some(), "the library of faketime");
    found
}

/// What makes a program see another time: a moment (`@2038-01-19 03:14:08`) or a distance (`+2h`).
fn faked<'a>(library: &'a str, time: &'a str) -> [(&'a str, &'a str); 4] {
    // What sleeps goes on by the machine's own time.
    [("LD_PRELOAD", library), ("FAKETIME", time), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("TZ", "UTC")]
}

fn run_at(home: &Home, library: &str, time: &str, arguments: &[&str]) -> Run {
    let mut command = home.command();
    command.arg("--key-file").arg(home.key()).envs(faked(library, time)).args(arguments);
    Run::of(command.output().unwrap())
}

const EXTREMES: [&str; 5] = [
    "@1970-01-01 00:00:10",
    "@2038-01-19 03:14:08",
    "@2106-02-07 06:28:16",
    "@9999-12-31 23:30:00",
    "@9999-11-01 00:00:00",
];

#[test]
fn no_clock_makes_a_command_panic_or_a_record_unreadable() {
    let Some(library) = library() else { return };
    let library = library.to_str().unwrap();
    for time in EXTREMES {
        let tenant = Tenant::new().signed_in();
        let run = |arguments: &[&str]| run_at(&tenant.home, library, time, arguments);
        for read in [&["list"][..], &["list", "--json"], &["show", NAME], &["show", NAME, "--json"]] {
            let run = run(read).is(0);
            assert!(!run.err.contains("fault of tokengauge"), "{time} {read:?}: {}", run.err);
        }
        assert!(matches!(run(&["doctor"]).code, Some(0 | 1)), "{time}");
        let token = run(&["token", NAME]).is(0).out;
        assert!(tenant.knows_token(token.trim_end()), "{time}");
        run(&["refresh", NAME]).is(0);
        let sent = tenant.requests();
        run(&["token", NAME]).is(0);
        assert_eq!(tenant.requests(), sent, "{time}: what was just renewed is valid");
        assert_eq!(
            run(&["list", "--json"]).is(0).json()["damaged"].as_array().map(Vec::len),
            Some(0),
            "{time}"
        );
        // And back in our time.
        tenant.run(&["show", NAME]).is(0);
        tenant.token(&[]).is(0);
        let sent = tenant.requests();
        tenant.token(&[]).is(0);
        assert_eq!(tenant.requests(), sent, "{time}");
    }
}

#[test]
fn a_token_of_a_later_clock_is_not_printed_and_costs_one_request() {
    let Some(library) = library() else { return };
    let library = library.to_str().unwrap();
    let tenant = Tenant::new().signed_in();
    let held = tenant.token(&[]).is(0).out;
    let sent = tenant.requests();
    let yesterday = |arguments: &[&str]| run_at(&tenant.home, library, "-1d", arguments);
    let listed = yesterday(&["list"]).is(0).out;
    assert!(listed.contains("unknown"), "{listed}");
    assert!(yesterday(&["show", NAME]).is(0).out.contains("age unknown"));
    assert_ne!(yesterday(&["token", NAME]).is(0).out, held);
    assert_eq!(tenant.requests(), sent + 1);
    yesterday(&["token", NAME]).is(0);
    yesterday(&["refresh", "--due"]).is(0);
    assert_eq!(tenant.requests(), sent + 1, "one request, and not one at each call");
}

#[test]
fn a_clock_two_hours_off_is_told_with_its_length() {
    let Some(library) = library() else { return };
    let library = library.to_str().unwrap();
    let tenant = Tenant::new().signed_in();
    for (time, told) in [("+2h", "about 2 h ahead of"), ("-2h", "about 2 h behind")] {
        let renewed = run_at(&tenant.home, library, time, &["refresh", NAME]).is(0);
        assert!(renewed.err.contains(told), "{}", renewed.err);
        let doctor = run_at(&tenant.home, library, time, &["doctor"]);
        assert!(doctor.err.contains(told) && doctor.err.starts_with(NAME), "{}", doctor.err);
        // Life is counted from when the request was sent: an hour, whatever the clock.
        let sent = tenant.requests();
        run_at(&tenant.home, library, time, &["token", NAME]).is(0);
        assert_eq!(tenant.requests(), sent);
    }
    tenant.run(&["refresh", NAME]).is(0);
    assert!(!tenant.run(&["doctor"]).err.contains("clock"), "mended");
}

#[test]
fn a_dashboard_comes_up_whatever_the_clock_says() {
    let Some(library) = library() else { return };
    let library = library.to_str().unwrap();
    for time in EXTREMES {
        let tenant = Tenant::new().signed_in();
        let mut session = Session::start_with(&tenant.home, &[], &faked(library, time));
        session.until_screen(NAME);
        for (key, shown) in [("3", "Access token"), ("2", "Mail"), ("4", "sign"), ("1", "Next step")] {
            session.type_in(key).until_screen(shown);
        }
        session.type_in("q");
        assert_eq!(session.ends().0, 0, "{time}");
    }
}

#[test]
fn a_clock_set_while_the_dashboard_runs_is_told_and_renews_nothing() {
    let Some(library) = library() else { return };
    let library = library.to_str().unwrap();
    for (set, told) in [("+1y", "set forward by 1 y"), ("-1y", "set back by 1 y")] {
        let tenant = Tenant::new().signed_in();
        let time = tenant.home.write("time", "+0");
        let environment = [
            ("LD_PRELOAD", library),
            ("FAKETIME_TIMESTAMP_FILE", time.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ];
        let sent = tenant.requests();
        let mut session = Session::start_with(&tenant.home, &[], &environment);
        session.until_screen(NAME);
        tenant.home.write("time", set);
        let screen = session.type_in("j").until_screen(told);
        assert!(!screen.contains("365 d"), "{screen}");
        session.type_in("4").until_screen("elapsed time");
        session.type_in("q");
        assert_eq!(session.ends().0, 0);
        assert_eq!(tenant.requests(), sent);
    }
}

#[test]
fn the_program_that_is_tested_sees_the_other_time() {
    let Some(library) = library() else { return };
    let mut command = std::process::Command::new("date");
    command.arg("+%Y").envs(faked(library.to_str().unwrap(), "@2038-01-19 03:14:08"));
    assert_eq!(String::from_utf8(command.output().unwrap().stdout).unwrap().trim(), "2038");
    assert!(binary().exists());
}
