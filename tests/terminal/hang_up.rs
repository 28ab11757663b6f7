//! A terminal that goes away: the other end of the line is closed while the program runs.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use crate::line::Line;
use crate::process::ends_within;

/// The program as the leader of a session on a line of its own, and the other end of that line.
pub fn start(arguments: &[&OsStr], variables: &[(&str, &Path)]) -> (Child, File) {
    let line = Line::open();
    let child = Command::new("setsid")
        .args(["--ctty", env!("CARGO_BIN_EXE_tokengauge"), "--theme", "dark"])
        .args(arguments)
        .env_remove("TMUX")
        .envs(variables.iter().copied())
        .env("TERM", "xterm-256color")
        .stdin(line.end())
        .stdout(line.end())
        .stderr(line.end())
        .spawn()
        .unwrap();
    (child, line.other_end)
}

/// Reads what is written to the line until this is among it.
pub fn read_until(line: &mut File, wanted: &str) -> String {
    let mut shown = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&shown).contains(wanted) {
        let length = line.read(&mut buffer).unwrap();
        shown.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8_lossy(&shown).into_owned()
}

/// The exit code, in half a minute at most.
pub fn ended(child: &mut Child) -> Option<i32> {
    let has_ended = ends_within(child, Duration::from_secs(30));
    if !has_ended {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    assert!(has_ended, "it runs on");
    status.code()
}

#[test]
fn a_terminal_that_goes_away_ends_the_program() {
    let (mut child, mut line) = start(&["demo".as_ref()], &[]);
    read_until(&mut line, "NEEDS YOU");
    drop(line);
    // Told as a signal, and not as a panic over what can no longer be written.
    assert_eq!(ended(&mut child), Some(143));
}
