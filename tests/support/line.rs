//! The line of a terminal, whose other end the test holds.

use std::fs::File;
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A line of 80 by 24 cells that nobody is at yet.
pub struct Line {
    /// The test's end: what is written to the line is read here.
    pub other_end: File,
    path: String,
}

impl Line {
    pub fn open() -> Self {
        let line = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&line).unwrap();
        unlockpt(&line).unwrap();
        tcsetwinsize(&line, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let path = ptsname(&line, Vec::new()).unwrap().into_string().unwrap();
        Self { other_end: File::from(line), path }
    }

    /// The program's end, once for each of its three streams.
    pub fn end(&self) -> Stdio {
        Stdio::from(File::options().read(true).write(true).open(&self.path).unwrap())
    }
}
