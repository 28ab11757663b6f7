//! The log of `watch`: one line an event, on stderr.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use rustix::fs::fstat;

use crate::runtime::clock::Clock;
use crate::sanitize::sanitize;

/// How much a line matters, as syslog counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Somebody must act.
    Error = 3,
    /// It did not work, and passes by itself.
    Warning = 4,
    /// Worth a look.
    Notice = 5,
    /// All is well.
    Info = 6,
    /// What is done; told if asked for.
    Debug = 7,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How much it matters.
    pub priority: Priority,
    /// What happened, and what to do.
    pub text: String,
}

impl Line {
    /// A line.
    pub fn new(priority: Priority, text: impl Into<String>) -> Self {
        Self { priority, text: text.into() }
    }
}

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What happened.
    Events,
    /// Also what is done.
    Steps,
}

/// Who reads the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// The journal: it adds the time and takes the priority off the front (sd-daemon(3)).
    Journal,
    /// A person, a file, another logger.
    Other,
}

/// Longest text of a line, in characters.
const LONGEST: usize = 600;

/// Where the lines go.
#[derive(Debug, Clone, Copy)]
pub struct Log {
    clock: Clock,
    reader: Reader,
    detail: Detail,
}

impl Log {
    /// To stderr of this process. `journal_stream` is `JOURNAL_STREAM`: device and inode of the stream that the journal
    /// reads.
    pub fn to_stderr(clock: Clock, journal_stream: Option<&str>, detail: Detail) -> Self {
        let stderr = fstat(io::stderr()).ok().map(|own| (own.st_dev, own.st_ino));
        let is_journal = stderr.is_some_and(|own| journal_stream.and_then(stream) == Some(own));
        Self { clock, reader: if is_journal { Reader::Journal } else { Reader::Other }, detail }
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// True if the journal reads the lines: it counts what has no priority among the harmless.
    pub fn is_journal(&self) -> bool {
        self.reader == Reader::Journal
    }

    /// Writes a line. Nobody reading is no error.
    pub fn tell(&self, line: &Line) {
        if line.priority == Priority::Debug && self.detail == Detail::Events {
            return;
        }
        let written = self.reader.line(line, self.clock.now(), &self.clock);
        let _ = io::stderr().lock().write_all(written.as_bytes());
    }
}

impl Reader {
    fn line(self, line: &Line, now: DateTime<Utc>, clock: &Clock) -> String {
        let text = sanitize(&line.text, LONGEST);
        match self {
            Self::Journal => format!("<{}>{text}\n", line.priority as u8),
            Self::Other => {
                let local = now.with_timezone(&clock.utc_offset());
                format!("{} {text}\n", local.to_rfc3339_opts(SecondsFormat::Secs, true))
            }
        }
    }
}

/// Reads `device:inode`.
fn stream(text: &str) -> Option<(u64, u64)> {
    let (device, inode) = text.split_once(':')?;
    Some((device.parse().ok()?, inode.parse().ok()?))
}
