//! Events: what happened to a connection, as the activity keeps it, `log` prints it and a hook hears it.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{ConnectionName, Renewal, RenewalKind, RenewalOutcome};

/// Something that happened. Its texts are printable, and no secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// What kind of thing.
    pub kind: EventKind,
    /// To which connection, by the name that it had.
    pub connection: Option<ConnectionName>,
    /// What happened, in one line.
    pub what_happened: String,
    /// What to do, where something is to be done.
    pub what_to_do: Option<String>,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A person signed in, and tokens came.
    SignedIn,
    /// A refresh token brought new tokens.
    Renewed,
    /// A client that acts for itself got a token.
    TokenIssued,
    /// No tokens came, and it is tried again by itself.
    WillRetry,
    /// No tokens came, and a person must act.
    Failed,
    /// A connection was made.
    Added,
    /// Its settings were changed.
    Edited,
    /// It has another name.
    Renamed,
    /// It was removed.
    Removed,
    /// Its values were given to somebody.
    HandedOver,
    /// Somebody was warned of something.
    Warned,
    /// What was warned of is over.
    Recovered,
    /// The hook did not take a warning.
    HookFailed,
}

impl Event {
    /// A token request and how it ended.
    pub fn of_renewal(connection: &ConnectionName, renewal: &Renewal) -> Self {
        Self {
            at: renewal.at,
            kind: EventKind::of_renewal(renewal),
            connection: Some(connection.clone()),
            what_happened: renewal.line(),
            what_to_do: None,
        }
    }
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::SignedIn,
        Self::Renewed,
        Self::TokenIssued,
        Self::WillRetry,
        Self::Failed,
        Self::Added,
        Self::Edited,
        Self::Renamed,
        Self::Removed,
        Self::HandedOver,
        Self::Warned,
        Self::Recovered,
        Self::HookFailed,
    ];

    /// As a word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::SignedIn => "signed-in",
            Self::Renewed => "renewed",
            Self::TokenIssued => "token-issued",
            Self::WillRetry => "will-retry",
            Self::Failed => "failed",
            Self::Added => "added",
            Self::Edited => "edited",
            Self::Renamed => "renamed",
            Self::Removed => "removed",
            Self::HandedOver => "handed-over",
            Self::Warned => "warned",
            Self::Recovered => "recovered",
            Self::HookFailed => "hook-failed",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What a token request came to.
    pub fn of_renewal(renewal: &Renewal) -> Self {
        match (&renewal.outcome, renewal.kind) {
            (RenewalOutcome::WillRetry(_), _) => Self::WillRetry,
            (RenewalOutcome::Failed(_), _) => Self::Failed,
            (RenewalOutcome::Worked | RenewalOutcome::WorkedOddly(_), RenewalKind::SignIn) => Self::SignedIn,
            (_, RenewalKind::Refresh) => Self::Renewed,
            (_, RenewalKind::ClientCredentials) => Self::TokenIssued,
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
