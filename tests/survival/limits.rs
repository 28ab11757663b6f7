//! Limits of the process and disks that are really full: every number of open files, files that may not grow, a file
//! system without room (CR-06, FI-09).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use crate::authority::{Authority, Rotation};
use crate::home::Run;
use crate::needs;
use crate::place::{NAME, Place};
use crate::size::Size;

/// A shell that sets a limit and becomes the program.
fn limited(place: &Place, limit: &str, arguments: &[&str]) -> Run {
    let script = format!("{limit}; exec \"$0\" \"$@\"");
    Run::of(place.under(&["sh", "-c", &script], arguments).output().unwrap())
}

const COMMANDS: [&[&str]; 8] = [
    &["list"],
    &["show", NAME],
    &["token", NAME],
    &["token", NAME, "--min-valid", "24h"],
    &["refresh", NAME],
    &["edit", NAME, "--sign-in-as", "other@contoso.example"],
    &["rename", NAME, "fabrikam"],
    &["remove", NAME, "--yes"],
];

#[test]
fn limits_of_open_files_lose_nothing_and_are_no_panic() {
    let authority = Authority::start(Rotation::Strict, 3600);
    let template = Place::signed_in(&authority);
    let mut codes = BTreeMap::new();
    for arguments in COMMANDS {
        // With fewer than the three of every program the loader itself has no file to open.
        for files in (4..26).step_by(Size::asked().of(3, 1)) {
            let place = template.copy();
            let requests = authority.requests();
            let run = limited(&place, &format!("ulimit -n {files}"), arguments);
            let code = run.code.unwrap_or_else(|| panic!("{arguments:?}, {files} files: {run:?}"));
            assert!(matches!(code, 0 | 7 | 127), "{arguments:?}, {files} files: {run:?}");
            if code == 7 {
                run.tells_in_two_lines();
            }
            *codes.entry(code).or_insert(0) += 1;
            if authority.requests() > requests {
                // Whatever came is in the vault, or the next one would be refused.
                assert_eq!(code, 0, "{arguments:?}, {files} files: {run:?}");
                place.sign_in(NAME, NAME);
                fs::remove_dir_all(template.vault()).unwrap();
                crate::tree::copy(&place.vault(), &template.vault());
                break;
            }
            place.run(&["list"]).is(0);
        }
    }
    assert_eq!(authority.refused(), 0);
    println!("4 to 25 open files allowed: exit codes {codes:?}");
}

#[test]
fn limits_of_file_size_cut_a_write_short_and_leave_the_old_record() {
    let authority = Authority::start(Rotation::Strict, 3600);
    let place = Place::signed_in(&authority);
    let before = fs::read(place.record(NAME)).unwrap();
    for blocks in [1, 2, 4] {
        for arguments in &COMMANDS[3..6] {
            let run = limited(&place, &format!("trap '' XFSZ; ulimit -f {blocks}"), arguments).is(7);
            run.tells_in_two_lines();
            assert!(run.err.contains(".contoso.tmp") && run.err.contains("make room"), "{}", run.err);
            assert_eq!(fs::read(place.record(NAME)).unwrap(), before);
            assert!(place.left_over().is_empty());
        }
    }
    assert_eq!(authority.requests(), 0);
    place.run(&["refresh", NAME]).is(0);
}

#[test]
fn limits_of_a_full_file_system_are_found_before_the_request() {
    if !needs::own_mounts() {
        return;
    }
    let authority = Authority::start(Rotation::Strict, 3600);
    let place = Place::signed_in(&authority);
    let full = place.path("full");
    fs::create_dir(&full).unwrap();
    // A file system of 64 KiB in a name space of its own, with a copy of the vault in it.
    let script = r#"mount -t tmpfs -o size=64k,mode=700 none "$1" && cp -a "$2" "$1/vault" || exit 99
        own=$1; key=$3; program=$4; shift 4
        "$program" --vault "$own/vault" --key-file "$key" "$@"; code=$?
        cmp "$own/vault/connections/contoso.age" "$OLD" || exit 98
        exit $code"#;
    for (arguments, codes) in [(COMMANDS[2], &[0][..]), (COMMANDS[4], &[7])] {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", script, "sh"]).arg(&full).arg(place.vault()).arg(place.key());
        command.arg(crate::home::binary()).args(arguments).env("OLD", place.record(NAME));
        let run = Run::of(command.output().unwrap());
        assert!(run.code.is_some_and(|code| codes.contains(&code)), "{run:?}");
        if run.code == Some(7) {
            run.tells_in_two_lines();
            assert!(run.err.contains("make room"), "{}", run.err);
        }
    }
    assert_eq!(authority.requests(), 0);
    println!("full file system: a valid token is printed, a renewal refused before the request");
}

#[test]
fn limits_of_threads_are_found_before_the_request() {
    let why = "who can become a user of its own, for whom threads are counted";
    if !needs::program("setpriv") || !needs::root(why) {
        return;
    }
    // A user whom nobody else is.
    let user = 2_000_000_000 + std::process::id();
    let authority = Authority::start(Rotation::Strict, 3600);
    let place = Place::signed_in(&authority);
    give(&place.path(""), user);
    let (as_user, as_group) = (format!("--reuid={user}"), format!("--regid={user}"));
    let starter = ["setpriv", &as_user, &as_group, "--clear-groups", "prlimit", "--nproc=1"];
    for (arguments, code) in [(COMMANDS[2], 0), (COMMANDS[4], 7)] {
        let run = Run::of(place.under(&starter, arguments).output().unwrap()).is(code);
        if code == 7 {
            run.tells_in_two_lines();
        }
    }
    assert_eq!(authority.requests(), 0);
}

fn give(path: &Path, user: u32) {
    chown(path, Some(user), Some(user)).unwrap();
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give(&entry.unwrap().path(), user));
    }
}
