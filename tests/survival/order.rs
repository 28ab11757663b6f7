//! The order of system calls by which a file of the vault is replaced, as it has to be for a power cut: write, fsync of
//! the temporary file, rename, fsync of the directory; and nobody's permissions are changed after writing (CR-04, FI-01).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::authority::{Authority, Rotation};
use crate::home::Run;
use crate::needs;
use crate::place::{NAME, OTHER_CLIENT_ID, Place};

const CALLS: &str = "trace=openat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,ftruncate,unlink,unlinkat,\
                     mkdir,chmod,fchmod,fchmodat,sendto,exit_group";

/// A call that matters, with the file that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Call {
    Make { path: PathBuf, mode: u32 },
    MakeDirectory { mode: u32 },
    Write(PathBuf),
    Sync(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    Loosen(String),
}

/// Reads a line of `strace -f -y`.
fn call(line: &str) -> Option<Call> {
    let (_, rest) = line.split_once(' ')?;
    let (name, arguments) = rest.trim_start().split_once('(')?;
    if arguments.rsplit(") = ").next().is_some_and(|result| result.starts_with("-1")) {
        return None;
    }
    let mut quoted = arguments.split('"').skip(1).step_by(2).map(PathBuf::from);
    // Of a file that is open: `3</path>`.
    let open = || {
        let (_, rest) = arguments.split_once('<')?;
        Some(PathBuf::from(rest.split_once('>')?.0))
    };
    let mode = || {
        let last = arguments.rsplit(") = ").nth(1)?.rsplit(", ").next()?;
        u32::from_str_radix(last.trim_end_matches(')'), 8).ok()
    };
    match name {
        "openat" if arguments.contains("O_CREAT") => Some(Call::Make { path: quoted.next()?, mode: mode()? }),
        "mkdir" => Some(Call::MakeDirectory { mode: mode()? }),
        "write" | "pwrite64" | "ftruncate" => Some(Call::Write(open()?)),
        "fsync" | "fdatasync" => Some(Call::Sync(open()?)),
        "rename" | "renameat" | "renameat2" => Some(Call::Rename(quoted.next()?, quoted.next()?)),
        "unlink" | "unlinkat" => Some(Call::Remove(quoted.next()?)),
        "chmod" | "fchmod" | "fchmodat" => Some(Call::Loosen(rest.to_owned())),
        _ => None,
    }
}

/// The calls of a command that succeeds.
fn calls(place: &Place, arguments: &[&str]) -> Vec<Call> {
    let log = place.path("trace");
    let strace = ["strace", "-f", "-y", "-qq", "-o", log.to_str().unwrap(), "-e", CALLS];
    let child =
        place.under(&strace, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    Run::of(child.wait_with_output().unwrap()).is(0);
    let calls = fs::read_to_string(&log).unwrap().lines().filter_map(call).collect();
    fs::remove_file(log).unwrap();
    calls
}

/// How many files of the vault were replaced or removed, each in the right order.
fn assert_lasting(vault: &Path, calls: &[Call], arguments: &[&str]) -> usize {
    let mut changed = 0;
    for (at, call) in calls.iter().enumerate() {
        let (before, after) = (&calls[..at], &calls[at + 1..]);
        let target = match call {
            Call::Rename(draft, target) if target.starts_with(vault) => {
                let written = before.iter().rposition(|call| *call == Call::Write(draft.clone()));
                let synced = before.iter().rposition(|call| *call == Call::Sync(draft.clone()));
                assert!(
                    written.is_some() && written < synced,
                    "{arguments:?}: {} is renamed unsynced",
                    target.display()
                );
                target
            }
            // A temporary file may come back after a power cut: it is removed again.
            Call::Remove(path)
                if path.starts_with(vault) && path.extension().is_some_and(|own| own == "age") =>
            {
                path
            }
            _ => continue,
        };
        let directory = target.parent().unwrap().to_owned();
        assert!(after.contains(&Call::Sync(directory)), "{arguments:?}: {} does not last", target.display());
        changed += 1;
    }
    changed
}

fn assert_private(vault: &Path, calls: &[Call], arguments: &[&str]) {
    for call in calls {
        match call {
            Call::Make { path, mode } if path.starts_with(vault) => {
                assert_eq!(*mode, 0o600, "{}", path.display());
            }
            Call::MakeDirectory { mode } => assert_eq!(*mode, 0o700),
            Call::Loosen(call) => panic!("{arguments:?}: {call}"),
            _ => {}
        }
    }
}

#[test]
fn order_of_every_save_survives_a_power_cut() {
    if !needs::program("strace") {
        return;
    }
    let authority = Authority::start(Rotation::Strict, 3600);
    let url = authority.url();
    let place = Place::empty();
    place.write("secret", "another~client-secret.of.these.tests.0001\n");
    place.write("passphrase", "the new passphrase\n");
    let recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    // Each with how many files it changes.
    let before: [(&[&str], usize); 2] = [
        (&["vault", "init", "--new-key-file", "key"], 1),
        (
            &[
                "add",
                NAME,
                "--client-id",
                OTHER_CLIENT_ID,
                "--authority-url",
                &url,
                "--secret-file",
                "secret",
            ],
            2,
        ),
    ];
    let after: [(&[&str], usize); 8] = [
        (&["edit", NAME, "--sign-in-as", "other@contoso.example"], 1),
        (&["refresh", NAME], 1),
        (&["permissions", NAME, "--add", "Group.ReadWrite.All"], 1),
        (&["authorize", NAME, "--print-url"], 1),
        (&["rename", NAME, "fabrikam"], 2),
        (&["vault", "recipient", "add", recipient], 4),
        (&["vault", "passphrase", "--new-passphrase-file", "passphrase"], 1),
        (&["remove", "fabrikam", "--yes"], 1),
    ];
    let mut files = 0;
    let mut look = |commands: &[(&[&str], usize)]| {
        for (arguments, number) in commands {
            let calls = calls(&place, arguments);
            assert_private(&place.vault(), &calls, arguments);
            let changed = assert_lasting(&place.vault(), &calls, arguments);
            assert_eq!(changed, *number, "{arguments:?}: {calls:#?}");
            files += changed;
        }
    };
    look(&before);
    place.sign_in(NAME, NAME);
    look(&after);
    println!(
        "{files} files replaced or removed by 10 commands, each lasting before it is told, none loosened"
    );
}
