//! Every error number of the system at every call that touches the vault, put in by strace: no panic, an honest exit code
//! in two lines, the old record byte for byte or the new one whole, and no request where the disk fails before it (CR-05,
//! CR-06, FI-09, FI-11).

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use tokengauge::domain::ConnectionName;

use crate::authority::{Authority, Rotation};
use crate::home::Run;
use crate::needs;
use crate::place::{CLIENT_ID, NAME, OTHER_CLIENT_ID, Place};
use crate::size::Size;

const ERRORS: [&str; 15] = [
    "EIO",
    "ENOSPC",
    "EDQUOT",
    "EFBIG",
    "EROFS",
    "EACCES",
    "EPERM",
    "EMFILE",
    "ENFILE",
    "EINTR",
    "EXDEV",
    "ENOLCK",
    "EOPNOTSUPP",
    "ESTALE",
    "ENOMEM",
];

const CALLS: &str = "openat,read,write,pwrite64,lseek,fsync,fdatasync,rename,renameat,renameat2,close,flock,ftruncate,\
                     unlink,unlinkat,mkdir,mkdirat,getdents64,fchmod,statx,newfstatat,fstat";

/// Files of the vault that one thread alone touches at a time: strace counts the calls of each thread by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Files {
    Drafts,
    Locks,
    Directories,
    Records,
}

impl Files {
    const ALL: [Self; 4] = [Self::Drafts, Self::Locks, Self::Directories, Self::Records];

    fn paths(self, place: &Place) -> Vec<PathBuf> {
        let names: &[&str] = match self {
            Self::Drafts => &[
                "connections/.contoso.tmp",
                "connections/.fabrikam.tmp",
                "apps/.CLIENT.tmp",
                "apps/.OTHER.tmp",
                ".identity.tmp",
                ".settings.tmp",
            ],
            Self::Locks => &[
                "locks/contoso.connection.lock",
                "locks/fabrikam.connection.lock",
                "locks/CLIENT.app.lock",
                "locks/OTHER.app.lock",
                "locks/key.lock",
                "locks/vault.lock",
            ],
            Self::Directories => &["", "connections", "apps", "locks"],
            Self::Records => &[
                "connections/contoso.age",
                "connections/fabrikam.age",
                "apps/CLIENT.age",
                "apps/OTHER.age",
                "identity.age",
                "settings.age",
            ],
        };
        let path = |name: &&str| match *name {
            "" => place.vault(),
            name => place.vault().join(name.replace("CLIENT", CLIENT_ID).replace("OTHER", OTHER_CLIENT_ID)),
        };
        names.iter().map(path).collect()
    }
}

/// A call at which an error is put in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    files: Files,
    call: String,
    number: usize,
}

/// Runs a command under strace, watching these files; the trace.
fn traced(place: &Place, files: Files, inject: Option<&str>, arguments: &[&str]) -> (Run, String) {
    let log = place.path("trace");
    let paths: Vec<String> =
        files.paths(place).iter().map(|path| path.to_str().unwrap().to_owned()).collect();
    let trace = inject.map_or_else(|| format!("trace={CALLS}"), str::to_owned);
    let mut strace = vec!["strace", "-f", "-qq", "-o", log.to_str().unwrap(), "-e", &trace];
    strace.extend(paths.iter().flat_map(|path| ["-P", path]));
    let run = Run::of(place.under(&strace, arguments).output().unwrap());
    (run, fs::read_to_string(&log).unwrap())
}

/// Every call of a command that touches these files, by the count of its thread.
fn points(place: &Place, arguments: &[&str]) -> Vec<Point> {
    let mut points = std::collections::BTreeSet::new();
    for files in Files::ALL {
        let (run, trace) = traced(&place.copy(), files, None, arguments);
        run.is(0);
        let mut counts = BTreeMap::new();
        for line in trace.lines().filter(|line| !line.contains("resumed>")) {
            let Some((thread, rest)) = line.split_once(' ') else { continue };
            let Some((call, _)) = rest.trim_start().split_once('(') else { continue };
            let count = counts.entry((thread.to_owned(), call.to_owned())).or_insert(0);
            *count += 1;
            points.insert(Point { files, call: call.to_owned(), number: *count });
        }
    }
    points.into_iter().collect()
}

/// What a command may leave in the record of NAME.
struct Command<'a> {
    arguments: &'a [&'a str],
    /// True if a vault holds what it was to bring about.
    is_done: fn(&Place) -> bool,
    /// How many points are passed over in the reduced size.
    stride: usize,
    errors: &'a [&'a str],
}

#[derive(Default)]
struct Seen {
    runs: usize,
    codes: BTreeMap<i32, usize>,
    before_the_request: usize,
}

fn every_error(place: &Place, authority: &Authority, command: &Command<'_>) {
    if !needs::program("strace") {
        return;
    }
    let points = points(place, command.arguments);
    let step = Size::asked().of(command.stride, 1);
    let mut seen = Seen::default();
    for (at, point) in points.iter().enumerate().step_by(step) {
        let all = command.errors;
        // One of them at each call, all of them in full size.
        let few = [all[(at / step) % all.len()]];
        for error in Size::asked().of(&few[..], all) {
            one_error(place, authority, command, point, error, &mut seen);
        }
    }
    println!(
        "`{}`: {} calls, {} errors put in, exit codes {:?}, {} of them before a request",
        command.arguments.join(" "),
        points.len(),
        seen.runs,
        seen.codes,
        seen.before_the_request
    );
    assert!(seen.runs > 0, "no error was put in");
    assert!(command.arguments[0] != "refresh" || seen.before_the_request > 0, "none before the request");
}

fn one_error(
    template: &Place,
    authority: &Authority,
    command: &Command<'_>,
    point: &Point,
    error: &str,
    seen: &mut Seen,
) {
    let place = template.copy();
    let (requests, before) = (authority.requests(), fs::read(place.record(NAME)).unwrap());
    let inject = format!("inject={}:error={error}:when={}", point.call, point.number);
    let (run, trace) = traced(&place, point.files, Some(&inject), command.arguments);
    if !trace.contains("(INJECTED)") {
        // Threads share their work differently each time.
        return;
    }
    let when = format!("`{}`, {point:?}, {error}: {run:?}", command.arguments.join(" "));
    let code = run.code.unwrap_or_else(|| panic!("killed: {when}"));
    seen.runs += 1;
    *seen.codes.entry(code).or_default() += 1;
    let is_done = (command.is_done)(&place);
    match code {
        0 => assert!(is_done, "told as done: {when}"),
        2 | 3 | 7 | 8 | 9 => {
            run.tells_in_two_lines();
            let path = place.path("");
            assert!(run.err.contains(path.to_str().unwrap()), "no path is told: {when}");
        }
        _ => panic!("{when}"),
    }
    let after = fs::read(place.record(NAME)).ok();
    if command.arguments[0] == "refresh" && authority.requests() == requests {
        seen.before_the_request += 1;
        assert_eq!(after.as_ref(), Some(&before), "{when}");
    }
    if !is_done && command.arguments[0] != "refresh" {
        assert_eq!(after.as_ref(), Some(&before), "{when}");
    }
    // Nothing is left that a later command stumbles over.
    place.run(&["list"]).is(0);
    assert!(place.left_over().is_empty(), "{when}");
    place.listing();
}

fn signed_in() -> (Authority, Place) {
    let authority = Authority::start(Rotation::Lenient, 3600);
    let place = Place::signed_in(&authority);
    (authority, place)
}

#[test]
fn errors_of_an_edit() {
    let (authority, place) = signed_in();
    let command = Command {
        arguments: &["edit", NAME, "--sign-in-as", "other@contoso.example"],
        is_done: |place| {
            let own = place.connection(NAME).settings.sign_in_as;
            own.is_some_and(|own| own.as_str() == "other@contoso.example")
        },
        stride: 9,
        errors: &ERRORS,
    };
    every_error(&place, &authority, &command);
}

#[test]
fn errors_of_a_renewal() {
    let (authority, place) = signed_in();
    let command = Command {
        arguments: &["refresh", NAME],
        is_done: |place| place.connection(NAME).renewals.len() == 2,
        stride: 7,
        errors: &ERRORS,
    };
    every_error(&place, &authority, &command);
    assert_eq!(authority.refused(), 0);
}

#[test]
fn errors_of_adding() {
    let (authority, place) = signed_in();
    let url = authority.url();
    place.write("secret", "another~client-secret.of.these.tests.0001\n");
    let command = Command {
        arguments: &[
            "add",
            "fabrikam",
            "--client-id",
            OTHER_CLIENT_ID,
            "--authority-url",
            &url,
            "--secret-file",
            "secret",
        ],
        is_done: |place| place.opened().connection(&ConnectionName::parse("fabrikam").unwrap()).is_ok(),
        stride: 9,
        errors: &ERRORS,
    };
    every_error(&place, &authority, &command);
}

#[test]
fn errors_of_removing() {
    let (authority, place) = signed_in();
    let command = Command {
        arguments: &["remove", NAME, "--yes"],
        is_done: |place| !place.record(NAME).exists(),
        stride: 5,
        errors: &ERRORS,
    };
    every_error(&place, &authority, &command);
}

#[test]
fn errors_of_a_new_passphrase() {
    let (authority, place) = signed_in();
    place.write("new", "the new passphrase\n");
    let command = Command {
        arguments: &["vault", "passphrase", "--new-passphrase-file", "new"],
        is_done: |place| place.vault().join("identity.age").exists(),
        stride: 16,
        errors: &["EIO", "ENOSPC", "EROFS", "EACCES", "EINTR"],
    };
    every_error(&place, &authority, &command);
}

/// What comes before the request proves the disk: it is the first that the draft meets.
#[test]
fn errors_of_the_drafts_own_fsync_send_nothing_and_leave_the_record() {
    if !needs::program("strace") {
        return;
    }
    let (authority, place) = signed_in();
    let before = fs::read(place.record(NAME)).unwrap();
    for error in ["EIO", "ENOSPC", "EDQUOT"] {
        let inject = format!("inject=fsync:error={error}:when=1");
        let (run, trace) = traced(&place, Files::Drafts, Some(&inject), &["refresh", NAME]);
        run.is(7).tells_in_two_lines();
        let injected: Vec<&str> = trace.lines().filter(|line| line.contains("(INJECTED)")).collect();
        assert!(matches!(injected[..], [call] if call.contains(" fsync(")), "{error}: {trace}");
        assert_eq!(authority.requests(), 0, "{error}");
        assert_eq!(fs::read(place.record(NAME)).unwrap(), before, "{error}");
        assert!(place.left_over().is_empty(), "{error}");
    }
    place.run(&["refresh", NAME]).is(0);
    assert_eq!((authority.requests(), authority.refused()), (1, 0));
}
