//! Files that others could read, that belong to others, or that are no files (FI-01, FI-02, FI-04).

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::authority::{Authority, Rotation};
use crate::home::Run;
use crate::needs;
use crate::place::{CLIENT_ID, NAME, Place};

/// Modes below a directory that are not for the owner alone.
fn loose(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let mode = fs::symlink_metadata(&path).unwrap().mode() & 0o777;
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        if mode != wanted {
            found.push(format!("{} {mode:o}", path.display()));
        }
        if path.is_dir() {
            found.extend(loose(&path));
        }
    }
    found
}

#[test]
fn loose_masks_make_no_loose_files() {
    for mask in ["000", "022", "077", "777"] {
        let place = Place::empty();
        place.write("secret", "a~client-secret.of.the.survival.tests.001\n");
        let script = format!("umask {mask}; exec \"$0\" \"$@\"");
        let run = |arguments: &[&str]| {
            Run::of(place.under(&["sh", "-c", &script], arguments).output().unwrap()).is(0);
        };
        run(&["vault", "init", "--new-key-file", "key"]);
        run(&[
            "add",
            NAME,
            "--client-id",
            CLIENT_ID,
            "--authority-url",
            "http://127.0.0.1:9",
            "--secret-file",
            "secret",
        ]);
        run(&["edit", NAME, "--sign-in-as", "other@contoso.example"]);
        run(&["vault", "key-file", "second-key"]);
        assert_eq!(loose(&place.vault()), <[&str; 0]>::default(), "umask {mask}");
        for key in ["key", "second-key"] {
            assert_eq!(fs::metadata(place.path(key)).unwrap().mode() & 0o777, 0o600, "umask {mask}");
        }
    }
}

#[test]
fn loose_permissions_are_refused_with_the_command_that_mends_them() {
    let authority = Authority::start(Rotation::Strict, 3600);
    let place = Place::signed_in(&authority);
    let files = [
        (place.vault(), 0o755, 0o700),
        (place.vault().join("settings.age"), 0o640, 0o600),
        (place.vault().join("connections"), 0o750, 0o700),
        (place.record(NAME), 0o604, 0o600),
        (place.key(), 0o644, 0o600),
    ];
    for (path, mode, right) in files {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        for arguments in [&["show", NAME][..], &["token", NAME], &["refresh", NAME]] {
            let run = place.run(arguments).is(3);
            run.tells_in_two_lines();
            assert!(run.err.contains(&format!("chmod {right:o} {}", path.display())), "{}", run.err);
            assert_eq!(run.out.matches("access.").count(), 0);
        }
        fs::set_permissions(&path, Permissions::from_mode(right)).unwrap();
    }
    assert_eq!(authority.requests(), 0);
    place.run(&["refresh", NAME]).is(0);
}

#[test]
fn loose_ends_that_belong_to_another_user_are_refused() {
    if !needs::root("who can give a file away") {
        return;
    }
    let authority = Authority::start(Rotation::Strict, 3600);
    let place = Place::signed_in(&authority);
    for path in [place.vault(), place.vault().join("settings.age"), place.record(NAME), place.key()] {
        chown(&path, Some(65_534), None).unwrap();
        let run = place.run(&["refresh", NAME]).is(3);
        run.tells_in_two_lines();
        assert!(run.err.contains("65534") && !run.err.contains("--force"), "{}", run.err);
        chown(&path, Some(0), None).unwrap();
    }
    assert_eq!(authority.requests(), 0);
}

#[test]
fn loose_things_in_the_place_of_a_record_are_told_at_once() {
    let authority = Authority::start(Rotation::Strict, 3600);
    let signed_in = Place::signed_in(&authority);
    for thing in ["fifo", "directory", "/dev/full", "/dev/zero", "socket"] {
        for name in ["connections/contoso.age", "settings.age"] {
            let place = signed_in.copy();
            let path = place.vault().join(name);
            fs::remove_file(&path).unwrap();
            let _socket = match thing {
                "fifo" => {
                    assert!(
                        Command::new("mkfifo").args(["-m", "600"]).arg(&path).status().unwrap().success()
                    );
                    None
                }
                "directory" => {
                    fs::create_dir(&path).unwrap();
                    None
                }
                "socket" => Some(UnixListener::bind(&path).unwrap()),
                device => {
                    std::os::unix::fs::symlink(device, &path).unwrap();
                    None
                }
            };
            let begun = Instant::now();
            let run = place.run(&["refresh", NAME]);
            let took = begun.elapsed();
            // Somebody could have put the link to a device there: in a directory for all, it is not followed at all.
            assert!(matches!(run.code, Some(3 | 7)), "{thing} as {name}: {run:?}");
            run.tells_in_two_lines();
            assert!(took < Duration::from_secs(3), "{thing} as {name}: {took:?}");
        }
    }
    assert_eq!(authority.requests(), 0);
}
