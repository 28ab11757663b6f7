//! A terminal that goes away: the other end of the line is closed while the program runs.

use std::fs::File;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// The program as the leader of a session on a line of its own, and the other end of that line.
fn start() -> (Child, File) {
    let line = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&line).unwrap();
    unlockpt(&line).unwrap();
    tcsetwinsize(&line, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let path = ptsname(&line, Vec::new()).unwrap().into_string().unwrap();
    let end = || Stdio::from(File::options().read(true).write(true).open(&path).unwrap());
    let child = Command::new("setsid")
        .args(["--ctty", env!("CARGO_BIN_EXE_tokengauge"), "demo", "--theme", "dark"])
        .env_remove("TMUX")
        .env("TERM", "xterm-256color")
        .stdin(end())
        .stdout(end())
        .stderr(end())
        .spawn()
        .unwrap();
    (child, File::from(line))
}

#[test]
fn a_terminal_that_goes_away_ends_the_program() {
    let (mut child, mut line) = start();
    let mut shown = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&shown).contains("NEEDS YOU") {
        let length = line.read(&mut buffer).unwrap();
        shown.extend_from_slice(&buffer[..length]);
    }
    drop(line);
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(30) || child.kill().is_err(),
            "it runs on without a terminal"
        );
        std::thread::yield_now();
    };
    // Told as a signal, and not as a panic over what can no longer be written.
    assert_eq!(status.code(), Some(143));
}
