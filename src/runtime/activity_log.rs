//! The activity on disk: one JSON object a line, at most 10 MiB in two files, written by all programs at once.
//!
//! It is a convenience: where it cannot be written nothing else stops, and a line that cannot be read is passed over. The
//! demo, which leaves nothing behind, keeps the newest in memory.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

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
/// How much of a file is read for its newest events: a line takes some 150 bytes.
const TAIL: u64 = 512 * 1024;
/// How many events are kept in memory where no file is.
const KEPT_IN_MEMORY: usize = 1000;

/// Where the activity of one vault is kept.
#[derive(Debug, Clone)]
pub struct ActivityLog(Place);

#[derive(Debug, Clone)]
enum Place {
    Disk(Files),
    Memory(Arc<Mutex<VecDeque<Event>>>),
}

/// The file, and beside it the one that was put aside.
#[derive(Debug, Clone)]
struct Files {
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
        let path = directory.join("activity").join(format!("{vault_id}.jsonl"));
        Self(Place::Disk(Files { path }))
    }

    /// As long as this program runs.
    pub fn in_memory() -> Self {
        Self(Place::Memory(Arc::default()))
    }

    /// True if other programs and later runs read it as well.
    pub fn is_on_disk(&self) -> bool {
        matches!(self.0, Place::Disk(_))
    }

    /// The file that grows, where there is one; its directory is made, so that it can be watched.
    pub fn watchable(&self) -> Option<&Path> {
        let Place::Disk(files) = &self.0 else { return None };
        // What cannot be made is told when something is noted.
        let _ = files.make_directory();
        Some(&files.path)
    }

    /// The file, printable.
    pub fn place(&self) -> String {
        match &self.0 {
            Place::Disk(files) => sanitize(&files.path.display().to_string(), 200),
            Place::Memory(_) => "memory".to_owned(),
        }
    }

    /// Adds an event.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn note(&self, event: &Event) -> io::Result<()> {
        match &self.0 {
            Place::Disk(files) => files.append(event),
            Place::Memory(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let surplus = (kept.len() + 1).saturating_sub(KEPT_IN_MEMORY);
                kept.drain(..surplus);
                kept.push_back(event.clone());
                Ok(())
            }
        }
    }

    /// What was noted, oldest first.
    ///
    /// # Errors
    ///
    /// If a file is there and cannot be read.
    pub fn events(&self) -> io::Result<Vec<Event>> {
        self.newest(usize::MAX)
    }

    /// The newest of what was noted, oldest first: so many at most, and of each file what half a mebibyte holds.
    ///
    /// # Errors
    ///
    /// If a file is there and cannot be read.
    pub fn newest(&self, count: usize) -> io::Result<Vec<Event>> {
        match &self.0 {
            Place::Disk(files) => files.newest(count),
            Place::Memory(kept) => {
                let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(kept.iter().skip(kept.len().saturating_sub(count)).cloned().collect())
            }
        }
    }
}

impl Files {
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
        self.make_directory()?;
        private(OpenOptions::new().append(true).create(true)).open(&self.path)
    }

    fn make_directory(&self) -> io::Result<()> {
        let Some(directory) = self.path.parent() else { return Ok(()) };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
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

    fn newest(&self, count: usize) -> io::Result<Vec<Event>> {
        let mut events = read_file(&self.path, count)?;
        if events.len() < count {
            let mut older = read_file(&self.aside(), count - events.len())?;
            older.append(&mut events);
            events = older;
        }
        Ok(events)
    }
}

/// The newest events of a file, oldest first; of one that is not there, none.
fn read_file(path: &Path, count: usize) -> io::Result<Vec<Event>> {
    let mut file = match private(OpenOptions::new().read(true)).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    if count != usize::MAX && metadata.len() > TAIL {
        // The line that is cut there is passed over like any other that is none.
        file.seek(SeekFrom::Start(metadata.len() - TAIL))?;
    }
    let mut events = read(BufReader::new(file.take(2 * LARGEST)))?;
    events.drain(..events.len().saturating_sub(count));
    Ok(events)
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

    impl ActivityLog {
        fn files(&self) -> &Files {
            match &self.0 {
                Place::Disk(files) => files,
                Place::Memory(_) => panic!("it is in memory"),
            }
        }
    }

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
        events.iter().for_each(|event| log.note(event).unwrap());
        assert_eq!(log.events().unwrap(), events);
        assert_eq!(fs::metadata(&log.files().path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn the_newest_come_from_the_end_of_both_files() {
        let (_directory, log) = log();
        (0..4).for_each(|number| log.note(&event(number)).unwrap());
        fs::rename(&log.files().path, log.files().aside()).unwrap();
        (4..6).for_each(|number| log.note(&event(number)).unwrap());
        assert_eq!(log.newest(3).unwrap(), (3..6).map(event).collect::<Vec<_>>());
        assert_eq!(log.newest(2).unwrap(), (4..6).map(event).collect::<Vec<_>>());
        assert_eq!(log.newest(0).unwrap(), []);
        let lengthy = Event { what_happened: "x".repeat(LONGEST_TEXT), ..event(1) };
        (0..4_000).for_each(|_| log.note(&lengthy).unwrap());
        log.note(&event(6)).unwrap();
        let read = log.newest(100_000).unwrap();
        assert!(read.len() < 2_000, "only the tail is read: {}", read.len());
        assert_eq!((read.first(), read.last()), (Some(&event(0)), Some(&event(6))));
    }

    #[test]
    fn without_a_file_the_newest_thousand_stay() {
        let log = ActivityLog::in_memory();
        (0..1_005).for_each(|number| log.note(&event(number)).unwrap());
        assert_eq!(log.events().unwrap(), (5..1_005).map(event).collect::<Vec<_>>());
        assert_eq!(log.newest(2).unwrap(), (1_003..1_005).map(event).collect::<Vec<_>>());
    }

    #[test]
    fn lines_that_are_no_events_are_passed_over() {
        let (_directory, log) = log();
        log.note(&event(1)).unwrap();
        let mut file = log.files().open().unwrap();
        file.write_all(b"{\"at\":\"2026\n\xff\xfe\n{\"at\":\"2026-11-22T10:00:00Z\",\"event\":\"later\",\"what_happened\":\"x\"}\n")
            .unwrap();
        log.note(&event(2)).unwrap();
        assert_eq!(log.events().unwrap(), [event(1), event(2)]);
    }

    #[test]
    fn two_files_of_five_mebibytes_are_all_it_takes() {
        let (directory, log) = log();
        let lengthy = Event { what_happened: "x".repeat(LONGEST_TEXT), ..event(1) };
        let lines = 3 * LARGEST / json(&lengthy).len() as u64;
        (0..lines).for_each(|_| log.note(&lengthy).unwrap());
        log.note(&event(2)).unwrap();
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
                scope.spawn(move || {
                    (0..50).for_each(|number| log.note(&event(writer * 50 + number)).unwrap());
                });
            }
        });
        let mut noted = log.events().unwrap();
        noted.sort_by_key(|event| event.at);
        assert_eq!(noted, (0..200).map(event).collect::<Vec<_>>());
    }

    #[test]
    fn a_place_that_cannot_be_written_stops_nothing() {
        let log = ActivityLog::new(Path::new("/dev/null"), "0123");
        assert!(log.note(&event(1)).is_err());
        assert!(log.events().is_err());
    }

    #[test]
    fn who_holds_the_file_keeps_nobody_waiting() {
        let (_directory, log) = log();
        log.note(&event(1)).unwrap();
        let held = log.files().open().unwrap();
        held.set_len(LARGEST).unwrap();
        held.lock().unwrap();
        log.note(&event(2)).unwrap();
        assert_eq!(log.events().unwrap(), [event(1)], "the line lies behind what was put there");
        assert!(held.metadata().unwrap().len() > LARGEST);
    }

    #[test]
    fn a_pipe_in_its_place_is_refused_at_once() {
        let (_directory, log) = log();
        log.note(&event(1)).unwrap();
        fs::remove_file(&log.files().path).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &log.files().path, rustix::fs::FileType::Fifo, 0o600.into(), 0)
            .unwrap();
        assert!(log.note(&event(2)).is_err());
        assert!(log.events().is_err());
    }

    #[test]
    fn words_are_read_back() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.word()), Some(kind));
        }
    }
}
