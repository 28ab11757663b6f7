//! Errors that begin only once the request is under way, and stay: the command tells it, and what was paid for is in the
//! vault after the next start (RO-08).
//!
//! strace is attached to the waiting program, so that each error meets the save and not the proof of disk before it. That
//! needs root, as the program lets nobody else look into it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::authority::{Authority, Rotation};
use crate::home::Run;
use crate::needs;
use crate::place::{NAME, Place};

/// What fails from the answer on, and for which of the two: the temporary file, or the directory of the renamed one.
const AFTER_THE_ANSWER: [(&str, &str, Of); 7] = [
    ("write", "ENOSPC", Of::Draft),
    ("ftruncate", "EIO", Of::Draft),
    ("fsync", "EIO", Of::Draft),
    ("rename", "EROFS", Of::Draft),
    ("rename", "EDQUOT", Of::Draft),
    ("rename", "EACCES", Of::Draft),
    ("fsync", "EIO", Of::Directory),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Draft,
    Directory,
}

impl Of {
    fn path(self, place: &Place) -> PathBuf {
        let directory = place.vault().join("connections");
        match self {
            Self::Draft => directory.join(format!(".{NAME}.tmp")),
            Self::Directory => directory,
        }
    }
}

/// A renewal under way: the request was taken, the answer waits.
struct Waiting {
    authority: Authority,
    place: Place,
    before: Vec<u8>,
    program: Child,
}

impl Waiting {
    fn start() -> Self {
        let authority = Authority::start(Rotation::Strict, 3600);
        let place = Place::signed_in(&authority);
        fs::DirBuilder::new().mode(0o700).create(place.path("runtime")).unwrap();
        let before = fs::read(place.record(NAME)).unwrap();
        authority.hold();
        let program = Self::command(&place, &["token", NAME, "--min-valid", "24h"]).spawn().unwrap();
        authority.wait_for_requests(1);
        Self { authority, place, before, program }
    }

    fn command(place: &Place, arguments: &[&str]) -> Command {
        let mut command = place.program(arguments);
        command.env("XDG_RUNTIME_DIR", place.path("runtime"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn fail(&self, call: &str, error: &str, of: Of) -> Child {
        let inject = format!("inject={call}:error={error}:when=1+");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-o", "/dev/null", "-e", &inject, "-P"]).arg(of.path(&self.place));
        let mut strace =
            strace.args(["-p", &self.program.id().to_string()]).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = String::new();
        BufReader::new(strace.stderr.as_mut().unwrap()).read_line(&mut told).unwrap();
        assert!(told.contains("attached"), "{told}");
        strace
    }

    /// The answer comes, and is not saved.
    fn answer_without_saving(self, when: &str, mend: impl FnOnce(&Place)) {
        let Self { authority, place, before, program } = self;
        let runtime = place.path("runtime");
        authority.release();
        let failed = Run::of(program.wait_with_output().unwrap()).is(7);
        mend(&place);
        failed.tells_in_two_lines();
        assert_eq!(failed.out, "", "nothing is printed that is not saved");
        assert!(failed.err.contains(runtime.to_str().unwrap()), "{when}: {}", failed.err);
        assert_eq!((authority.requests(), copies(&runtime)), (1, 1), "{when}");
        let is_new = fs::read(place.record(NAME)).unwrap() != before;
        assert_eq!(is_new, when.contains("Directory"), "{when}");

        // The next start takes it in, and asks for nothing.
        let next = Run::of(Self::command(&place, &["token", NAME]).output().unwrap()).is(0);
        assert_eq!(next.out.trim_end(), authority.newest_access(NAME), "{when}");
        assert_eq!((authority.requests(), copies(&runtime)), (1, 0), "{when}");
        place.listing();
        // The token that the strict server gave is the one that is used.
        place.run(&["refresh", NAME]).is(0);
        assert_eq!(authority.refused(), 0, "{when}");
    }
}

/// Sealed files below a directory.
fn copies(directory: &Path) -> usize {
    let count = |path: &Path| {
        if path.is_dir() {
            copies(path)
        } else {
            usize::from(path.extension().is_some_and(|extension| extension == "age"))
        }
    };
    fs::read_dir(directory).unwrap().map(|entry| count(&entry.unwrap().path())).sum()
}

#[test]
fn errors_that_stay_after_the_answer_leave_a_copy_that_the_next_start_takes_in() {
    if !needs::program("strace") || !needs::root("who can look into the running program") {
        return;
    }
    let one = |(call, error, of)| {
        thread::spawn(move || {
            let waiting = Waiting::start();
            let mut strace = waiting.fail(call, error, of);
            let when = format!("{call} {error} {of:?}");
            waiting.answer_without_saving(&when, |_| assert!(strace.wait().is_ok()));
            when
        })
    };
    let told = AFTER_THE_ANSWER.map(one).map(|thread| thread.join().unwrap());
    println!(
        "not saved after the answer, exit 7, and in the vault after the next start: {}",
        told.join(", ")
    );
}

#[test]
fn errors_of_a_disk_that_goes_away_in_the_middle_leave_a_copy_too() {
    let waiting = Waiting::start();
    let (there, gone) = (waiting.place.vault().join("connections"), waiting.place.vault().join("gone"));
    fs::rename(&there, &gone).unwrap();
    waiting.answer_without_saving("a directory that is gone", |_| {
        fs::rename(&gone, &there).unwrap();
    });
}
