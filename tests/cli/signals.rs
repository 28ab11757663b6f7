//! Signals while a request is under way: the answer is saved, however often they come.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::slow::Slow;
use super::tenant::NAME;

pub fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// The first line on stderr: the signal was heard.
fn heard(child: &mut Child) -> String {
    let mut said = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut said).unwrap();
    // What it says from now on must not meet a closed pipe in this test.
    std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    said
}

#[test]
fn an_answer_that_comes_after_three_signals_is_saved() {
    let slow = Slow::new().signed_in();
    for (number, (kind, code)) in
        [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 143)].into_iter().enumerate()
    {
        let number = u32::try_from(number).unwrap() + 1;
        let mut renewing = slow.start(&["refresh", NAME]);
        let held = slow.held();
        signal(&renewing, kind);
        assert!(heard(&mut renewing).starts_with("finishing what is under way"));
        signal(&renewing, kind);
        signal(&renewing, Signal::INT);
        held.answer(number);
        assert_eq!(renewing.wait().unwrap().code(), Some(code), "{kind:?}");
        let printed = slow.home.run(&["token", NAME]).is(0).out;
        assert!(printed.starts_with(&format!("access-{number}-")), "{kind:?}: {printed}");
    }
}

#[test]
fn a_token_that_came_after_the_signal_is_saved_and_not_printed() {
    let slow = Slow::new().signed_in();
    let mut printing = slow.start(&["token", NAME, "--min-valid", "2h"]);
    let held = slow.held();
    signal(&printing, Signal::TERM);
    heard(&mut printing);
    held.answer(7);
    let output = printing.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(143), &b""[..]));
    assert!(slow.home.run(&["token", NAME]).is(0).out.starts_with("access-7-"));
}

#[test]
fn an_answer_that_does_not_come_is_awaited_for_five_seconds_and_noted_as_lost() {
    let slow = Slow::new().signed_in();
    let mut renewing = slow.start(&["refresh", NAME]);
    let held = slow.held();
    let begun = Instant::now();
    signal(&renewing, Signal::TERM);
    heard(&mut renewing);
    signal(&renewing, Signal::TERM);
    assert_eq!(renewing.wait().unwrap().code(), Some(143));
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_secs(4) && waited < Duration::from_secs(20), "{waited:?}");
    drop(held);
    let record = slow.record();
    assert!(record.to_string().contains("no answer had come after 5 s"), "{record}");
}

#[test]
fn nobody_on_stderr_is_no_reason_to_lose_the_answer() {
    let slow = Slow::new().signed_in();
    let mut renewing = slow.start(&["refresh", NAME]);
    let held = slow.held();
    drop((renewing.stderr.take(), renewing.stdout.take()));
    signal(&renewing, Signal::HUP);
    held.answer(3);
    // It may have been saved before the signal was heard: then it goes on to the output that nobody takes.
    assert!(matches!(renewing.wait().unwrap().code(), Some(143 | 141)));
    assert!(slow.home.run(&["token", NAME]).is(0).out.starts_with("access-3-"));
}

#[test]
fn a_signal_while_the_lock_is_held_elsewhere_ends_the_command_at_once() {
    let slow = Slow::new().signed_in();
    let mut first = slow.start(&["refresh", NAME]);
    let held = slow.held();
    let mut second = slow.start(&["refresh", NAME]);
    until(|| waits(&slow, &second));
    let begun = Instant::now();
    signal(&second, Signal::INT);
    assert_eq!(second.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    held.answer(1);
    assert!(first.wait().unwrap().success());
}

/// Waits for what shows only in /proc or on disk: between two looks it listens for a moment where nobody speaks.
pub fn until(mut happened: impl FnMut() -> bool) {
    let (mut silent, _speaker) = UnixStream::pair().unwrap();
    silent.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never came");
        assert!(silent.read(&mut [0]).is_err(), "nobody speaks");
    }
}

/// True once the process has the lock file open that the other one holds.
fn waits(slow: &Slow, child: &Child) -> bool {
    let lock = slow.home.vault().join("locks").join(format!("{NAME}.connection.lock"));
    let Ok(open) = std::fs::read_dir(format!("/proc/{}/fd", child.id())) else { return false };
    open.flatten().any(|own| std::fs::read_link(own.path()).is_ok_and(|target| target == lock))
}
