//! Who was told what: one small file for each vault in the state directory, changed under its lock by all programs.
//!
//! A file that cannot be read as one of ours counts as empty: then everything is told once more.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rustix::fs::OFlags;

use crate::domain::warning::{Debts, Hold, Ledger, Look, News, Owed, State, Subject, Telling};
use crate::runtime::blocking::blocking;
use crate::runtime::services::Services;
use crate::runtime::stop::{Leaving, Pause};
use crate::sanitize::sanitize;

use super::written::{json, parse};

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
    /// The hook.
    Hook {
        /// How it is looked for what that is owed.
        look: Look,
        /// Until when whoever finds it has claimed it.
        claim: DateTime<Utc>,
    },
}

/// What each of them was told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Books {
    pub(super) activity: Ledger,
    pub(super) terminal: Ledger,
    pub(super) hook: Ledger,
    /// What of that the hook has not taken so far.
    pub(super) owed: Debts,
}

impl Books {
    pub(super) fn of(&mut self, channel: Channel) -> &mut Ledger {
        match channel {
            Channel::Activity => &mut self.activity,
            Channel::Terminal => &mut self.terminal,
            Channel::Hook { .. } => &mut self.hook,
        }
    }

    /// Does here what was done to books that stood as `before` and stand as `after` now. What others have done to these
    /// stands, unless it is older.
    pub(super) fn follow(&mut self, before: &Self, after: &Self) {
        follow(&mut self.activity, (&before.activity, &after.activity), |told| told.at);
        follow(&mut self.terminal, (&before.terminal, &after.terminal), |told| told.at);
        follow(&mut self.hook, (&before.hook, &after.hook), |told| told.at);
        follow(&mut self.owed, (&before.owed, &after.owed), |owed| owed.at);
    }

    /// Notes what came of telling the hook, by whoever has claimed that until `claim`. False, and nothing noted, if it is
    /// not theirs any more.
    pub(super) fn hand_on(&mut self, cause: &Cause, claim: DateTime<Utc>, telling: Telling) -> bool {
        let is_theirs =
            |owed: &Owed| owed.hold == Hold::Claimed(claim) && Cause::owed(&cause.subject, owed) == *cause;
        if !self.owed.get(&cause.subject).is_some_and(is_theirs) {
            return false;
        }
        let owed = self.owed.remove(&cause.subject).and_then(|owed| owed.after(telling));
        self.owed.extend(owed.map(|owed| (cause.subject.clone(), owed)));
        true
    }
}

/// What changed from `before` to `after` changes here, and nothing else: what others have ended is not brought back.
fn follow<T: Clone + PartialEq>(
    own: &mut BTreeMap<Subject, T>,
    (before, after): (&BTreeMap<Subject, T>, &BTreeMap<Subject, T>),
    at: impl Fn(&T) -> DateTime<Utc>,
) {
    for subject in before.keys().chain(after.keys()) {
        let (old, new) = (before.get(subject), after.get(subject));
        if old == new {
            continue;
        }
        let (here, is_untouched) = (own.get(subject), own.get(subject) == old);
        match new {
            Some(new) if is_untouched || here.is_none_or(|here| at(here) < at(new)) => {
                own.insert(subject.clone(), new.clone());
            }
            None if is_untouched => drop(own.remove(subject)),
            _ => {}
        }
    }
}

/// What the hook is told of: another end, act or stage is another one, and so is that it is over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cause {
    subject: Subject,
    mark: String,
    /// `None` once it is over.
    stage: Option<i64>,
}

impl Cause {
    pub(super) fn of(news: &News) -> Self {
        let (mark, stage) = match news {
            News::Raised(warning) => (warning.mark(), Some(warning.stage().seconds())),
            News::Recovered(recovery) => (recovery.mark.clone(), None),
        };
        Self { subject: news.subject().clone(), mark, stage }
    }

    fn owed(subject: &Subject, owed: &Owed) -> Self {
        let (mark, stage) = match &owed.state {
            State::Raised { mark, stage } => (mark.clone(), Some(*stage)),
            State::Recovered { mark, .. } => (mark.clone(), None),
        };
        Self { subject: subject.clone(), mark, stage }
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

    /// Those of all vaults of this person; what cannot be read is passed over.
    pub(super) fn all_below(notes: &Path) -> Vec<Books> {
        let Ok(found) = fs::read_dir(notes.join("warnings")) else { return Vec::new() };
        let paths = found.filter_map(|entry| Some(entry.ok()?.path()));
        let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        files.filter_map(|path| Some(parse(&Self { path }.read().ok()?))).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::warning::{Concerned, Told};
    use crate::domain::{ConnectionId, ConnectionName};
    use chrono::TimeDelta;
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
        }
    }

    fn subject() -> Subject {
        Subject::Act(ConnectionId::parse("c1").unwrap())
    }

    fn owed(state: State) -> Owed {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        Owed { at, state, hold: Hold::Claimed(at), failures: 2 }
    }

    #[tokio::test]
    async fn what_was_told_and_what_is_owed_is_read_by_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let file = BookFile::new(directory.path(), "0123");
        let leaving = Leaving::default();
        let (subject, told) = (subject(), told("sign-in"));
        let over = Subject::Failing("login.example".to_owned());
        let raised = owed(State::Raised { mark: told.mark.clone(), stage: told.stage });
        let recovered = owed(State::Recovered {
            mark: String::new(),
            noun: "renewals".to_owned(),
            concerned: told.concerned.clone(),
        });
        let paused = Owed { hold: Hold::Paused(raised.at + TimeDelta::minutes(5)), ..recovered };
        let written = Books {
            hook: Ledger::from([(subject.clone(), told)]),
            owed: Debts::from([(subject, raised), (over, paused)]),
            ..Books::default()
        };
        let locked = file.lock(&leaving).await.unwrap();
        locked.change(|books| books.clone_from(&written)).unwrap();
        drop(locked);
        let locked = file.lock(&leaving).await.unwrap();
        locked.change(|books| assert_eq!(*books, written)).unwrap();
        assert_eq!(BookFile::all_below(directory.path()), [written]);
        let mode = fs::metadata(&file.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn only_who_has_claimed_it_notes_what_came_of_it() {
        let raised = owed(State::Raised { mark: "sign-in".to_owned(), stage: 86_400 });
        let (claim, later) = (raised.at, raised.at + TimeDelta::minutes(1));
        let mut books = Books { owed: Debts::from([(subject(), raised)]), ..Books::default() };
        let cause = |mark: &str, stage| Cause { subject: subject(), mark: mark.into(), stage };
        let own = cause("sign-in", Some(86_400));
        assert!(!books.hand_on(&cause("another cause", Some(86_400)), claim, Telling::Done));
        assert!(!books.hand_on(&cause("sign-in", Some(0)), claim, Telling::Done), "another stage");
        assert!(!books.hand_on(&cause("sign-in", None), claim, Telling::Done), "it is not over");
        assert!(books.hand_on(&own, claim, Telling::Claimed(later)));
        assert!(!books.hand_on(&own, claim, Telling::Done), "another has it");
        assert!(books.hand_on(&own, later, Telling::Done));
        assert_eq!(books, Books::default());
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
