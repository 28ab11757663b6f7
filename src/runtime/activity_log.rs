//! The activity on disk: one JSON object a line, at most 10 MiB in two files, written by all programs at once.
//!
//! It is a convenience: where it cannot be written nothing else stops, and a line that cannot be read is passed over.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::domain::ConnectionName;
use crate::domain::event::{Event, EventKind};
use crate::sanitize::sanitize;

/// A file that has grown to this is put aside, and the one put aside before goes: 5 MiB each.
const LARGEST: u64 = 5 * 1024 * 1024;
/// The longest text that is written, in characters.
const LONGEST_TEXT: usize = 400;

/// Where the activity of one vault is kept.
#[derive(Debug, Clone)]
pub struct ActivityLog {
    path: PathBuf,
}

/// An event as it is written.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    at: String,
    event: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    what_happened: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_to_do: Option<String>,
}

impl ActivityLog {
    /// Below `directory`, for the vault of this id.
    pub fn new(directory: &Path, vault_id: &str) -> Self {
        Self { path: directory.join("activity").join(format!("{vault_id}.jsonl")) }
    }

    /// Adds an event, best effort.
    pub fn note(&self, event: &Event) {
        let _ = self.append(event);
    }

    fn append(&self, event: &Event) -> io::Result<()> {
        let mut line = json(event);
        line.push('\n');
        let file = self.open()?;
        let is_full = file.metadata()?.len() >= LARGEST;
        // Where another program is putting it aside, the line lands in that one. Nobody is waited for.
        let mut file = if is_full && file.try_lock().is_ok() { self.rotate(&file)? } else { file };
        // Appended in one piece, so that lines of several programs do not mix.
        file.write_all(line.as_bytes())
    }

    fn open(&self) -> io::Result<File> {
        if let Some(directory) = self.path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        private(OpenOptions::new().append(true).create(true)).open(&self.path)
    }

    /// Puts the file aside, unless another program has done so since it was opened.
    fn rotate(&self, full: &File) -> io::Result<File> {
        let is_same =
            fs::metadata(&self.path).is_ok_and(|now| full.metadata().is_ok_and(|own| own.ino() == now.ino()));
        if is_same {
            fs::rename(&self.path, self.aside())?;
        }
        self.open()
    }

    fn aside(&self) -> PathBuf {
        self.path.with_extension("jsonl.1")
    }

    /// What was noted, oldest first.
    ///
    /// # Errors
    ///
    /// If a file is there and cannot be read.
    pub fn events(&self) -> io::Result<Vec<Event>> {
        let mut events = Vec::new();
        for path in [self.aside(), self.path.clone()] {
            match private(OpenOptions::new().read(true)).open(path) {
                Ok(file) if file.metadata()?.is_file() => {
                    events.extend(read(BufReader::new(file.take(2 * LARGEST)))?);
                }
                Ok(_) => return Err(io::ErrorKind::InvalidInput.into()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(events)
    }
}

/// For the owner alone, not through a link, and never waiting for the other end of a pipe.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
}

/// An event as one line of JSON, for the log and for hooks.
pub fn json(event: &Event) -> String {
    let text = |text: &str| sanitize(text, LONGEST_TEXT);
    let line = Line {
        at: event.at.to_rfc3339_opts(SecondsFormat::Millis, true),
        event: event.kind.word().to_owned(),
        connection: event.connection.as_ref().map(ToString::to_string),
        what_happened: text(&event.what_happened),
        what_to_do: event.what_to_do.as_deref().map(text),
    };
    serde_json::to_string(&line).expect("texts become JSON")
}

fn read(lines: impl BufRead) -> io::Result<Vec<Event>> {
    let mut events = Vec::new();
    for line in lines.split(b'\n') {
        events.extend(parse(&line?));
    }
    Ok(events)
}

/// `None` for what is cut short, of a later version, or not ours.
fn parse(line: &[u8]) -> Option<Event> {
    let line: Line = serde_json::from_slice(line).ok()?;
    let at: DateTime<Utc> = line.at.parse().ok()?;
    let connection = match line.connection {
        Some(name) => Some(ConnectionName::parse(&name)?),
        None => None,
    };
    Some(Event {
        at,
        kind: EventKind::parse(&line.event)?,
        connection,
        what_happened: sanitize(&line.what_happened, LONGEST_TEXT),
        what_to_do: line.what_to_do.map(|text| sanitize(&text, LONGEST_TEXT)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: i64) -> Event {
        Event {
            at: DateTime::from_timestamp_millis(1_800_000_000_000 + number).unwrap(),
            kind: EventKind::ALL[usize::try_from(number).unwrap() % EventKind::ALL.len()],
            connection: (number % 3 != 0).then(|| ConnectionName::parse("contoso").unwrap()),
            what_happened: format!("renewal {number}, \"quoted\""),
            what_to_do: (number % 2 == 0).then(|| "wait".to_owned()),
        }
    }

    fn log() -> (tempfile::TempDir, ActivityLog) {
        let directory = tempfile::TempDir::new().unwrap();
        let log = ActivityLog::new(directory.path(), "0123");
        (directory, log)
    }

    #[test]
    fn what_is_noted_is_read_again() {
        let (_directory, log) = log();
        assert!(log.events().unwrap().is_empty());
        let events: Vec<Event> = (0..40).map(event).collect();
        events.iter().for_each(|event| log.note(event));
        assert_eq!(log.events().unwrap(), events);
        assert_eq!(fs::metadata(&log.path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn lines_that_are_no_events_are_passed_over() {
        let (_directory, log) = log();
        log.note(&event(1));
        let mut file = log.open().unwrap();
        file.write_all(b"{\"at\":\"2026\n\xff\xfe\n{\"at\":\"2026-11-22T10:00:00Z\",\"event\":\"later\",\"what_happened\":\"x\"}\n")
            .unwrap();
        log.note(&event(2));
        assert_eq!(log.events().unwrap(), [event(1), event(2)]);
    }

    #[test]
    fn two_files_of_five_mebibytes_are_all_it_takes() {
        let (directory, log) = log();
        let lengthy = Event { what_happened: "x".repeat(LONGEST_TEXT), ..event(1) };
        let lines = 3 * LARGEST / json(&lengthy).len() as u64;
        (0..lines).for_each(|_| log.note(&lengthy));
        log.note(&event(2));
        let sizes = fs::read_dir(directory.path().join("activity")).unwrap();
        let sizes: Vec<u64> = sizes.map(|entry| entry.unwrap().metadata().unwrap().len()).collect();
        assert_eq!(sizes.len(), 2);
        assert!(sizes.iter().all(|size| *size <= LARGEST + 1000), "{sizes:?}");
        assert_eq!(log.events().unwrap().last(), Some(&event(2)));
    }

    #[test]
    fn programs_that_write_at_once_lose_no_line() {
        let (_directory, log) = log();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let log = &log;
                scope.spawn(move || (0..50).for_each(|number| log.note(&event(writer * 50 + number))));
            }
        });
        let mut noted = log.events().unwrap();
        noted.sort_by_key(|event| event.at);
        assert_eq!(noted, (0..200).map(event).collect::<Vec<_>>());
    }

    #[test]
    fn a_place_that_cannot_be_written_stops_nothing() {
        let log = ActivityLog::new(Path::new("/dev/null"), "0123");
        log.note(&event(1));
        assert!(log.events().is_err());
    }

    #[test]
    fn who_holds_the_file_keeps_nobody_waiting() {
        let (_directory, log) = log();
        log.note(&event(1));
        let held = log.open().unwrap();
        held.set_len(LARGEST).unwrap();
        held.lock().unwrap();
        log.note(&event(2));
        assert_eq!(log.events().unwrap(), [event(1)], "the line lies behind what was put there");
        assert!(held.metadata().unwrap().len() > LARGEST);
    }

    #[test]
    fn a_pipe_in_its_place_is_refused_at_once() {
        let (_directory, log) = log();
        log.note(&event(1));
        fs::remove_file(&log.path).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &log.path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        log.note(&event(2));
        assert!(log.events().is_err());
    }

    #[test]
    fn words_are_read_back() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.word()), Some(kind));
        }
    }
}
