//! Everything that can happen to the application.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::KeyEvent;

use crate::domain::app_registration::CredentialFacts;
use crate::domain::secret::{PastedText, RevealedValue};
use crate::domain::{Authority, ClientId, ConnectionId, Event, Overview};

use super::export::{Exported, NotExported, Previewed};
use super::secret_replacement::ProofNews;
use super::{Action, ListenerFacts, ProbeNews, Tone, Warned};

/// Something happened. Plain data: comparable, redacted, without closures or channels.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A bound key was pressed.
    Action(Action),
    /// A key that the focused field takes as text.
    Text(KeyEvent),
    /// Text was pasted; it never acts as keys.
    Paste(Pasted),
    /// A deadline has come.
    Wake,
    /// The terminal lost the focus.
    FocusLost,
    /// Another process changed records of the vault.
    RecordsChanged,
    /// A program, this one or another, has noted something in the activity.
    ActivityNoted,
    /// An answer that was paid for could not be saved, or is by now.
    Saving(SaveNews),
    /// What happens cannot be noted beside the vault; told once.
    ActivityNotKept(Failure),
    /// The wall clock was set: by a person, by NTP, or because the machine was restored from a snapshot. What is counted
    /// here goes on by elapsed time.
    ClockSet {
        /// How far forward; back if negative.
        by: TimeDelta,
    },
    /// Another process ordered the vault to be locked.
    LockOrdered,
    /// An effect has finished.
    Answer {
        /// Which effect.
        request: RequestId,
        /// With what.
        answer: Answer,
    },
}

/// What becomes of an answer that could not be saved. It is kept in memory, and its connection locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveNews {
    /// It is not saved so far.
    NotSaved {
        /// Whose.
        connection: ConnectionId,
        /// Why the last try failed.
        failure: Failure,
    },
    /// It is kept outside of the vault, which was locked meanwhile.
    Kept {
        /// Whose.
        connection: ConnectionId,
        /// Where, and what to do.
        failure: Failure,
    },
    /// It is.
    Saved {
        /// Whose.
        connection: ConnectionId,
    },
    /// What became of a copy that an earlier run left.
    TakenIn {
        /// How that is to be taken.
        tone: Tone,
        /// In one line.
        told: String,
    },
}

/// Text from the clipboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pasted {
    /// The terminal marked beginning and end (bracketed paste): this is all of it.
    Whole(PastedText),
    /// A burst of characters without marks: more may follow.
    Piece(PastedText),
}

/// Which effect an answer belongs to; state remembers which it awaits, any other answer is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// What came of an effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The vault was opened, made or read again.
    Contents(Result<Contents, DoorFailure>),
    /// A record after it was changed, a sign-in was begun or an exchange ended. Trouble with the platform is in the
    /// overview; the failure is one of ours, and nothing was stored.
    Connection(Result<Box<Overview>, Failure>),
    /// A record is gone.
    Removed(Result<ConnectionId, Failure>),
    /// A value or an address went to the clipboard, a file or a browser.
    Delivered(Result<Delivery, Failure>),
    /// A value to show.
    Revealed(Result<RevealedValue, Failure>),
    /// News of a probe: as each check is answered, and at its end.
    Probe(ProbeNews),
    /// A new client secret was tried on one connection.
    SecretProved(ProofNews),
    /// The replacement of a client secret was ended.
    ReplacementEnded(Result<(), Failure>),
    /// The simulated browser ended on this address.
    BrowserEndedOn(Result<PastedText, Failure>),
    /// The listener of a sign-in listens, or cannot; told again when something became of its one-time address.
    Listening(Result<ListenerFacts, Failure>),
    /// How an export would look.
    Previewed(Result<Box<Previewed>, Failure>),
    /// The newest of what all programs noted, oldest first.
    Activity(Result<Vec<Event>, Failure>),
    /// Values were exported, and the record remembers it.
    Exported(Result<Exported, NotExported>),
    /// What stood was reported; who had heard of it has been told nothing.
    Warned(Box<Warned>),
    /// The hook did not take some of what it was told. Nobody has to await that.
    HookFailed(Failure),
    /// The browser brought its answer to the listener, which closes by itself.
    Redirected(PastedText),
}

/// All that the screen shows of a vault.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contents {
    /// Every connection that could be read.
    pub connections: Vec<Overview>,
    /// Every app registration that could be read.
    pub apps: Vec<AppFacts>,
    /// What could not.
    pub damaged: Vec<DamagedFile>,
    /// When the key is to be given back; `None` for one that lies beside the program.
    pub open_until: Option<DateTime<Utc>>,
}

/// An app registration without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppFacts {
    /// Application (client) ID.
    pub client_id: ClientId,
    /// The authority that knows it.
    pub authority: Authority,
    /// Of its credential.
    pub credential: CredentialFacts,
    /// Of the secret that is being proven to take that one's place.
    pub replacement: Option<ReplacementFacts>,
}

/// A replacement of a client secret under way, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplacementFacts {
    /// Of the new secret.
    pub candidate: CredentialFacts,
    /// The connections that use it by now.
    pub proven_for: BTreeSet<ConnectionId>,
}

impl AppFacts {
    /// What one connection proves itself with.
    pub fn credential_of(&self, connection: &ConnectionId) -> &CredentialFacts {
        match &self.replacement {
            Some(own) if own.proven_for.contains(connection) => &own.candidate,
            _ => &self.credential,
        }
    }
}

/// A record that could not be opened; the others are not affected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedFile {
    /// File name within the vault.
    pub file: String,
    /// What is wrong with it.
    pub failure: Failure,
}

/// What went wrong and what to do: two printable lines, no secret in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub what_happened: String,
    /// What to do.
    pub what_to_do: String,
    /// How it is to be taken.
    pub kind: FailureKind,
}

/// How a failure is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Something is wrong.
    Fault,
    /// Another program is at work with the same record: nothing is wrong, and it passes.
    Contention,
}

impl Failure {
    /// The AADSTS number that the first line tells, if it tells one.
    pub fn aadsts(&self) -> Option<u32> {
        let (_, after) = self.what_happened.split_once("AADSTS")?;
        after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }

    /// The words of an error, which are no sentence yet: they get a capital and a full stop.
    pub fn of_error(error: &impl std::fmt::Display, what_to_do: impl Into<String>) -> Self {
        let words = error.to_string();
        let (first, rest) = words.split_at(1);
        Self::new(format!("{}{rest}.", first.to_ascii_uppercase()), what_to_do)
    }

    /// Both lines.
    pub fn new(what_happened: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        let kind = FailureKind::Fault;
        Self { what_happened: what_happened.into(), what_to_do: what_to_do.into(), kind }
    }
}

/// Why the vault did not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoorFailure {
    /// The passphrase does not fit: ask again.
    WrongPassphrase,
    /// The vault was locked meanwhile and needs a passphrase.
    Locked,
    /// Something else.
    Other(Failure),
}

/// How something left the program. Never "copied": a clipboard does not acknowledge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Sent to the terminal's clipboard.
    SentToTerminal {
        /// How many characters.
        characters: usize,
    },
    /// Written into a file that only its owner can read.
    WrittenTo(String),
    /// A browser on this machine was started.
    BrowserStarted,
}
