//! A terminal that goes away: the other end of the line is closed while the program runs.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// The program as the leader of a session on a line of its own, and the other end of that line.
pub fn start(arguments: &[&OsStr], variables: &[(&str, &Path)]) -> (Child, File) {
    let line = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&line).unwrap();
    unlockpt(&line).unwrap();
    tcsetwinsize(&line, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let path = ptsname(&line, Vec::new()).unwrap().into_string().unwrap();
    let end = || Stdio::from(File::options().read(true).write(true).open(&path).unwrap());
    let child = Command::new("setsid")
        .args(["--ctty", env!("CARGO_BIN_EXE_tokengauge"), "--theme", "dark"])
        .args(arguments)
        .env_remove("TMUX")
        .envs(variables.iter().copied())
        .env("TERM", "xterm-256color")
        .stdin(end())
        .stdout(end())
        .stderr(end())
        .spawn()
        .unwrap();
    (child, File::from(line))
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
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        assert!(begun.elapsed() < Duration::from_secs(30) || child.kill().is_err(), "it runs on");
        std::thread::yield_now();
    }
}

#[test]
fn a_terminal_that_goes_away_ends_the_program() {
    let (mut child, mut line) = start(&["demo".as_ref()], &[]);
    read_until(&mut line, "NEEDS YOU");
    drop(line);
    // Told as a signal, and not as a panic over what can no longer be written.
    assert_eq!(ended(&mut child), Some(143));
}
