//! SIGKILL at random moments of renewals and edits: no sign-in is lost that the server has not given up (CR-02, CR-03).

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rustix::fs::inotify;
use rustix::process::Signal;

use crate::authority::{Authority, Rotation};
use crate::home::Run;
use crate::place::{NAME, Place};
use crate::process::ends_within;
use crate::size::{Size, percentile};

/// When files took their place in a directory: a record was saved.
fn saves(directory: &Path) -> Receiver<Instant> {
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC).unwrap();
    inotify::add_watch(&watch, directory, inotify::WatchFlags::MOVED_TO).unwrap();
    let (tell, told) = channel();
    thread::spawn(move || {
        let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(watch, &mut buffer);
        while reader.next().is_ok() && tell.send(Instant::now()).is_ok() {}
    });
    told
}

/// Moments that are spread evenly and come in no order: the golden ratio's multiples.
fn moment(number: u32, whole: Duration) -> Duration {
    whole.mul_f64((f64::from(number) * 0.618_033_988_75).fract())
}

/// How long a command takes, and a bit: the median of a few runs, and a tenth, so that some end undisturbed.
fn usual(mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<f64> = (0..9).map(|_| run().as_secs_f64()).collect();
    Duration::from_secs_f64(percentile(&mut times, 50) * 1.1)
}

fn timed(place: &Place, arguments: &[&str]) -> Duration {
    let begun = Instant::now();
    place.run(arguments).is(0);
    begun.elapsed()
}

/// Starts a command and kills it after `after`; true if it had not ended by itself.
fn kill_after(place: &Place, arguments: &[&str], after: Duration) -> bool {
    let begun = Instant::now();
    let mut child = place.start(arguments);
    ends_within(&child, after.saturating_sub(begun.elapsed()));
    child.kill().unwrap();
    let ended = child.wait_with_output().unwrap();
    let was_killed = ended.status.signal() == Some(Signal::KILL.as_raw());
    assert!(was_killed || ended.status.code() == Some(0), "{:?}", Run::of(ended));
    was_killed
}

/// Where the kills fell.
#[derive(Debug, Default)]
struct Tally {
    before_the_request: u32,
    between_request_and_save: u32,
    after_the_save: u32,
    not_at_all: u32,
    losses: u32,
    left_over: u32,
}

/// What must hold after every kill.
fn assert_whole(place: &Place, tally: &mut Tally) {
    tally.left_over += u32::try_from(place.left_over().len()).unwrap();
    assert!(place.left_over().len() <= 1, "{:?}", place.left_over());
    let listed = place.run(&["list"]).is(0);
    assert!(listed.out.contains(NAME), "{}", listed.out);
    assert!(place.left_over().is_empty(), "the next command cleans up");
    place.listing();
}

/// Kills renewals at the authority, and tells where; `mend` is called after each with whether the record was saved.
fn kill_renewals(
    place: &Place,
    authority: &Authority,
    number: u32,
    mut afterwards: impl FnMut(&Place, bool, bool) -> bool,
) -> (Tally, Vec<f64>) {
    let mut tally = Tally::default();
    let told = saves(&place.vault().join("connections"));
    let mut windows = Vec::new();
    let whole = usual(|| {
        let time = timed(place, &["refresh", NAME]);
        // Only the proved and renamed draft moves into the directory.
        let saved = told.recv_timeout(Duration::from_secs(10)).unwrap();
        windows.push((saved - authority.last_commit().unwrap()).as_secs_f64() * 1000.0);
        time
    });
    for kill in 0..number {
        let (granted, record) = (authority.granted(), fs::read(place.record(NAME)).unwrap());
        let was_killed = kill_after(place, &["refresh", NAME], moment(kill, whole));
        authority.settle();
        let is_saved = fs::read(place.record(NAME)).unwrap() != record;
        let is_granted = authority.granted() > granted;
        assert!(is_granted || !is_saved, "nothing is saved that was not asked for");
        match (was_killed, is_granted, is_saved) {
            (false, ..) => tally.not_at_all += 1,
            (true, false, _) => tally.before_the_request += 1,
            (true, true, false) => tally.between_request_and_save += 1,
            (true, true, true) => tally.after_the_save += 1,
        }
        while let Ok(saved) = told.try_recv() {
            windows.push((saved - authority.last_commit().unwrap()).as_secs_f64() * 1000.0);
        }
        assert_whole(place, &mut tally);
        if afterwards(place, is_granted, is_saved) {
            tally.losses += 1;
        }
        // What mended it was a save too.
        while told.try_recv().is_ok() {}
    }
    (tally, windows)
}

#[test]
fn random_kills_of_renewals_lose_no_sign_in_where_old_tokens_go_on_working() {
    let number = Size::asked().of(40, 1000);
    let authority = Authority::start(Rotation::Lenient, 3600);
    let place = Place::signed_in(&authority);
    let (tally, mut windows) = kill_renewals(&place, &authority, number, |place, _, _| {
        place.run(&["refresh", NAME]).is(0);
        false
    });
    assert_eq!((authority.refused(), tally.losses), (0, 0));
    println!("{number} kills of `refresh`, lenient server: {tally:?}");
    print_windows(&mut windows);
}

#[test]
fn random_kills_lose_a_sign_in_of_a_strict_server_only_between_its_answer_and_our_save() {
    let number = Size::asked().of(40, 1000);
    let authority = Authority::start(Rotation::Strict, 3600);
    let place = Place::signed_in(&authority);
    let mut signed_in = 0;
    let (tally, mut windows) = kill_renewals(&place, &authority, number, |place, is_granted, is_saved| {
        if !is_granted || is_saved {
            let refused = authority.refused();
            place.run(&["refresh", NAME]).is(0);
            assert_eq!(authority.refused(), refused, "nothing that is spent was sent");
            return false;
        }
        let lost = place.run(&["refresh", NAME]).is(4);
        assert!(lost.err.contains("tokengauge authorize"), "{lost:?}");
        let listed = place.run(&["list"]).is(0).out;
        assert!(listed.to_lowercase().contains("sign in"), "{listed}");
        signed_in += 1;
        place.sign_in(NAME, &format!("{NAME}-{signed_in}"));
        true
    });
    assert_eq!(tally.losses > 0, authority.refused() > 0);
    println!("{number} kills of `refresh`, strict server: {tally:?}");
    print_windows(&mut windows);
}

fn print_windows(windows: &mut [f64]) {
    println!(
        "from the server's commit to our rename: p50 {:.1} ms, p99 {:.1} ms, {} renewals",
        percentile(windows, 50),
        percentile(windows, 99),
        windows.len()
    );
}

#[test]
fn random_kills_of_edits_leave_the_old_settings_or_the_new() {
    let number = Size::asked().of(20, 1000);
    let authority = Authority::start(Rotation::Strict, 3600);
    let place = Place::signed_in(&authority);
    let mailboxes = ["first@contoso.example", "second@contoso.example"];
    let edit = |to: usize| ["edit", NAME, "--sign-in-as", mailboxes[to % 2]];
    let mut turn = 0;
    let whole = usual(|| timed(&place, &edit(0)));
    let (mut tally, mut old, mut new) = (Tally::default(), 0, 0);
    for kill in 0..number {
        turn += 1;
        let before = place.connection(NAME);
        kill_after(&place, &edit(turn), moment(kill, whole));
        assert_whole(&place, &mut tally);
        let after = place.connection(NAME);
        let mut changed = before.clone();
        changed.settings.sign_in_as = tokengauge::domain::Mailbox::parse(mailboxes[turn % 2]);
        changed.generation += 1;
        changed.trouble = None;
        if after == before {
            old += 1;
            place.run(&edit(turn)).is(0);
        } else {
            assert_eq!(after, changed);
            new += 1;
        }
    }
    place.run(&["refresh", NAME]).is(0);
    assert_eq!(authority.refused(), 0);
    println!("{number} kills of `edit`: {old} old, {new} new, {} temporary files cleaned", tally.left_over);
}
