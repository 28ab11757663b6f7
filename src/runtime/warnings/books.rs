//! Who was told what: one small file for each vault in the state directory, changed under its lock by all programs.
//!
//! A file that cannot be read as one of ours counts as empty: then everything is told once more.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::domain::warning::{Concerned, Ledger, Subject, Told, Warning};
use crate::domain::{ConnectionId, ConnectionName};
use crate::runtime::blocking::blocking;
use crate::runtime::services::Services;
use crate::runtime::stop::{Leaving, Pause};
use crate::sanitize::sanitize;

/// More than thousands of connections need.
const LARGEST: u64 = 16 * 1024 * 1024;
/// The lock is held for as long as it takes to look at the records: this is longer.
const TRIES: u32 = 250;
const STEP: Duration = Duration::from_millis(20);

/// Who hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    /// The activity, and the screen.
    Activity,
    /// The person at a terminal.
    Terminal,
    /// The hook, which may take so long for it.
    Hook(TimeDelta),
}

/// What each of them was told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Books {
    activity: Ledger,
    terminal: Ledger,
    hook: Ledger,
}

impl Books {
    pub(super) fn of(&mut self, channel: Channel) -> &mut Ledger {
        match channel {
            Channel::Activity => &mut self.activity,
            Channel::Terminal => &mut self.terminal,
            Channel::Hook(_) => &mut self.hook,
        }
    }

    /// Adds what was told later than what stands here.
    pub(super) fn add_later(&mut self, others: &Self) {
        let pairs = [
            (&mut self.activity, &others.activity),
            (&mut self.terminal, &others.terminal),
            (&mut self.hook, &others.hook),
        ];
        for (own, others) in pairs {
            for (subject, told) in others {
                if own.get(subject).is_none_or(|own| own.at < told.at) {
                    own.insert(subject.clone(), told.clone());
                }
            }
        }
    }

    /// Notes what became of telling the hook, by whoever has claimed that until `claim`: with another moment it is claimed
    /// until then, without one it is told. False, and nothing noted, if it is not theirs any more.
    pub(super) fn hand_on(
        &mut self,
        cause: &Cause,
        claim: DateTime<Utc>,
        until: Option<DateTime<Utc>>,
    ) -> bool {
        let is_theirs = |told: &&mut Told| {
            told.mark == cause.mark && told.stage == cause.stage && told.until == Some(claim)
        };
        let told = self.hook.get_mut(&cause.subject).filter(is_theirs);
        told.map(|told| told.until = until).is_some()
    }
}

/// What the hook is told of: another end, act or stage is another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cause {
    subject: Subject,
    mark: String,
    stage: i64,
}

impl Cause {
    pub(super) fn of(warning: &Warning) -> Self {
        Self { subject: warning.subject.clone(), mark: warning.mark(), stage: warning.stage().seconds() }
    }
}

/// Why it is not kept.
#[derive(Debug)]
pub(super) enum NotKept {
    /// Nothing tells where.
    NoPlace,
    /// Another program holds it and does not let go.
    Busy,
    /// The program ends.
    Leaving,
    /// The place takes nothing.
    Io(io::Error),
}

/// Why nothing was changed.
#[derive(Debug)]
pub(super) struct NotChanged {
    /// What stands in the way.
    pub(super) error: io::Error,
    /// What stands in the file, where that could be read.
    pub(super) read: Option<Books>,
}

/// What came of a change.
pub(super) type Kept<T> = Result<T, NotKept>;

impl NotKept {
    /// What a person is told of it, if anything: who has no state directory knows that, and what waits is told later.
    pub(super) fn in_words(&self) -> Option<String> {
        match self {
            Self::NoPlace | Self::Leaving | Self::Busy => None,
            Self::Io(error) => Some(sanitize(&error.to_string(), 120)),
        }
    }
}

/// Where it is kept.
#[derive(Debug, Clone)]
pub(super) struct BookFile {
    path: PathBuf,
}

impl BookFile {
    /// Of the open vault, if there is a place for notes.
    pub(super) fn of(services: &Services) -> Option<Self> {
        Some(Self::new(services.vault.notes_directory()?, services.vault.id()))
    }

    pub(super) fn new(notes: &Path, vault_id: &str) -> Self {
        Self { path: notes.join("warnings").join(format!("{vault_id}.json")) }
    }

    /// Waits for the lock, a few seconds at most.
    pub(super) async fn lock(&self, leaving: &Leaving) -> Kept<Locked> {
        let file = self.clone();
        let lock = blocking(move || file.open_lock()).await.map_err(NotKept::Io)?;
        for _ in 0..TRIES {
            match lock.try_lock() {
                Ok(()) => return Ok(Locked { file: self.clone(), lock }),
                Err(fs::TryLockError::Error(error)) => return Err(NotKept::Io(error)),
                Err(fs::TryLockError::WouldBlock) => {}
            }
            if leaving.pause(STEP).await == Pause::CutShort {
                return Err(NotKept::Leaving);
            }
        }
        Err(NotKept::Busy)
    }

    /// As [`Self::lock`], when the program ends as well.
    pub(super) async fn lock_at_the_end(&self) -> Kept<Locked> {
        self.lock(&Leaving::default()).await
    }

    fn open_lock(&self) -> io::Result<File> {
        let path = self.path.with_extension("lock");
        if let Some(directory) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        private(OpenOptions::new().read(true).write(true).create(true)).open(path)
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match private(OpenOptions::new().read(true)).open(&self.path) {
            Ok(file) => file.take(LARGEST).read_to_end(&mut bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(bytes)
    }

    /// Whole or not at all.
    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or_else(|| Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// For the owner alone, not through a link, and never waiting for the other end of a pipe.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
}

/// The file, while nobody else changes it.
#[derive(Debug)]
pub(super) struct Locked {
    file: BookFile,
    lock: File,
}

impl Locked {
    /// Changes it; what was changed is on disk then.
    ///
    /// # Errors
    ///
    /// Where it cannot be read, or not be written: the file is as before then.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Books) -> T) -> Result<T, NotChanged> {
        let before = self.file.read().map_err(|error| NotChanged { error, read: None })?;
        let mut books = parse(&before);
        let not_written = |error| NotChanged { error, read: Some(parse(&before)) };
        // Proven first: what is told and cannot be noted would be told again with every change.
        if before.is_empty() {
            self.file.replace(b"{}").map_err(not_written)?;
        }
        let came = change(&mut books);
        let after = json(&books);
        if after != before {
            self.file.replace(&after).map_err(not_written)?;
        }
        Ok(came)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing would not do: a program just started elsewhere in this process shares the open file until its `exec`.
        let _ = self.lock.unlock();
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct WrittenBooks {
    activity: Vec<WrittenTold>,
    terminal: Vec<WrittenTold>,
    hook: Vec<WrittenTold>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WrittenTold {
    subject: String,
    mark: String,
    /// In seconds before the end.
    stage: i64,
    at: DateTime<Utc>,
    noun: String,
    /// Name by id.
    concerned: std::collections::BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
}

fn parse(bytes: &[u8]) -> Books {
    let written: WrittenBooks = serde_json::from_slice(bytes).unwrap_or_default();
    let ledger = |own: Vec<WrittenTold>| own.into_iter().filter_map(read_told).collect();
    Books {
        activity: ledger(written.activity),
        terminal: ledger(written.terminal),
        hook: ledger(written.hook),
    }
}

fn read_told(own: WrittenTold) -> Option<(Subject, Told)> {
    let concerned: Option<BTreeSet<Concerned>> = own
        .concerned
        .iter()
        .map(|(id, name)| {
            Some(Concerned { name: ConnectionName::parse(name)?, id: ConnectionId::parse(id)? })
        })
        .collect();
    let told = Told {
        mark: own.mark,
        stage: own.stage,
        at: own.at,
        noun: sanitize(&own.noun, 40),
        concerned: concerned?,
        until: own.until,
    };
    Some((Subject::parse(&own.subject)?, told))
}

fn json(books: &Books) -> Vec<u8> {
    let ledger = |own: &Ledger| own.iter().map(|(subject, told)| written(subject, told)).collect();
    let written = WrittenBooks {
        activity: ledger(&books.activity),
        terminal: ledger(&books.terminal),
        hook: ledger(&books.hook),
    };
    serde_json::to_vec(&written).expect("texts and numbers become JSON")
}

fn written(subject: &Subject, told: &Told) -> WrittenTold {
    WrittenTold {
        subject: subject.key(),
        mark: told.mark.clone(),
        stage: told.stage,
        at: told.at,
        noun: told.noun.clone(),
        concerned: told.concerned.iter().map(|own| (own.id.as_str().into(), own.name.to_string())).collect(),
        until: told.until,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn told(mark: &str) -> Told {
        let concerned = Concerned {
            name: ConnectionName::parse("contoso").unwrap(),
            id: ConnectionId::parse("c1").unwrap(),
        };
        Told {
            mark: mark.to_owned(),
            stage: 86_400,
            at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            noun: "client secret".to_owned(),
            concerned: [concerned].into(),
            until: DateTime::from_timestamp(1_800_000_060, 0),
        }
    }

    fn subject() -> Subject {
        Subject::Act(ConnectionId::parse("c1").unwrap())
    }

    #[tokio::test]
    async fn what_was_told_is_read_by_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let file = BookFile::new(directory.path(), "0123");
        let leaving = Leaving::default();
        let locked = file.lock(&leaving).await.unwrap();
        locked.change(|books| drop(books.hook.insert(subject(), told("sign-in")))).unwrap();
        drop(locked);
        let locked = file.lock(&leaving).await.unwrap();
        locked
            .change(|books| {
                assert_eq!(books.hook, Ledger::from([(subject(), told("sign-in"))]));
                let cause = |mark: &str, stage| Cause { subject: subject(), mark: mark.into(), stage };
                let claim = books.hook[&subject()].until.unwrap();
                let later = claim + TimeDelta::minutes(1);
                assert!(!books.hand_on(&cause("another cause", 86_400), claim, None));
                assert!(!books.hand_on(&cause("sign-in", 0), claim, None), "another stage");
                assert!(books.hand_on(&cause("sign-in", 86_400), claim, Some(later)));
                assert!(!books.hand_on(&cause("sign-in", 86_400), claim, None), "another has it");
                assert!(books.hand_on(&cause("sign-in", 86_400), later, None));
                assert!(books.hook[&subject()].until.is_none());
            })
            .unwrap();
        let mode = fs::metadata(&file.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn what_is_not_ours_counts_as_empty() {
        let directory = tempfile::tempdir().unwrap();
        let file = BookFile::new(directory.path(), "0123");
        let locked = file.lock(&Leaving::default()).await.unwrap();
        for text in ["", "{", "[1,2]", "{\"hook\":7}", "{\"hook\":[{\"subject\":\"x\"}]}", "{\"later\":{}}"] {
            fs::write(&file.path, text).unwrap();
            locked.change(|books| assert_eq!(books.hook, Ledger::new(), "{text}")).unwrap();
        }
    }

    #[tokio::test]
    async fn a_place_that_takes_nothing_is_told_before_anything_is_changed() {
        let directory = tempfile::tempdir().unwrap();
        let in_the_way = directory.path().join("warnings");
        fs::write(&in_the_way, "").unwrap();
        let file = BookFile::new(directory.path(), "0123");
        assert!(matches!(file.lock(&Leaving::default()).await, Err(NotKept::Io(_))));
        fs::remove_file(in_the_way).unwrap();
        let locked = file.lock(&Leaving::default()).await.unwrap();
        fs::create_dir(&file.path).unwrap();
        assert!(locked.change(|_| -> () { panic!("nothing is told") }).is_err());
    }
}
