//! Arguments that nobody means: unknown, missing, endless, not text.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::home::{Home, Run};

const COMMANDS: [&[&str]; 24] = [
    &[],
    &["demo"],
    &["add"],
    &["list"],
    &["show"],
    &["edit"],
    &["rename"],
    &["remove"],
    &["authorize"],
    &["redeem"],
    &["consent"],
    &["refresh"],
    &["token"],
    &["export"],
    &["explain"],
    &["completions"],
    &["vault", "init"],
    &["vault", "unlock"],
    &["vault", "lock"],
    &["vault", "status"],
    &["vault", "passphrase"],
    &["vault", "key-file"],
    &["vault", "recipient", "add"],
    &["vault", "recipient", "remove"],
];

fn run(home: &Home, command: &[&str], more: &[&OsStr]) -> Run {
    let output = home.command().args(command).args(more).output().unwrap();
    Run {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn what_is_no_argument_is_told_as_usage_by_every_command() {
    let home = Home::new();
    let long = "x".repeat(100_000);
    let wrong: [&[&OsStr]; 3] =
        [&[OsStr::new("--no-such-option")], &[OsStr::new("--vault")], &[OsStr::from_bytes(b"--n\xffo\xfe")]];
    for command in COMMANDS {
        for more in wrong {
            run(&home, command, more).is(2);
        }
        // Too long for a name, a path, a key; for a question it is only a long one.
        let told = run(&home, command, &[OsStr::new(&long)]);
        assert!(matches!(told.code, Some(2 | 3 | 5)), "{command:?}: {:?} {:.200}", told.code, told.err);
        assert!(!told.err.contains("a fault of tokengauge"), "{command:?}: {:.200}", told.err);
    }
}

#[test]
fn files_with_a_nul_or_without_end_are_refused() {
    let home = Home::new();
    let file = home.write("nul", "theme = \"da\0rk\"\n");
    let text = file.to_str().unwrap();
    for endless in ["/dev/zero", "/dev/full"] {
        home.bare(&["--key-file", endless, "list"]).fails(3);
    }
    home.bare(&["--key-file", text, "list"]).fails(3);
}
