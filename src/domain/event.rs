//! Events: what happened to a connection, as the activity keeps it, `log` prints it and a hook hears it.

use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, Utc};

use super::{ConnectionName, Renewal, RenewalKind, RenewalOutcome, Trouble};

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
    /// Its token was tried on the mailbox, and it works.
    Tested,
    /// Its token was tried on the mailbox, and something is wrong.
    TestFailed,
    /// An answer could not be saved.
    NotSaved,
    /// What could not be saved is by now.
    Saved,
    /// Something that was asked for here did not work.
    Problem,
    /// Something worth knowing.
    Noted,
    /// Somebody was warned of an end that comes near.
    Warned,
    /// Somebody was warned of what does not work, or goes on failing.
    WarnedOfFailure,
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

    /// A token request and how it ended, with what is to be done where a trouble came of it.
    pub fn of_renewal_with(
        connection: &ConnectionName,
        renewal: &Renewal,
        trouble: Option<&Trouble>,
    ) -> Self {
        let arose = trouble.filter(|trouble| trouble.at == renewal.at && !renewal.outcome.worked());
        let what_to_do = arose.map(|trouble| trouble.what_to_do.clone());
        Self { what_to_do, ..Self::of_renewal(connection, renewal) }
    }

    /// What is told of a connection that had another name.
    pub fn renamed_words(before: &ConnectionName) -> String {
        format!("{RENAMED}{before}{BEFORE}")
    }

    /// The name that the connection had before, where it got another one.
    pub fn name_before(&self) -> Option<ConnectionName> {
        let before = (self.kind == EventKind::Renamed).then_some(&self.what_happened)?;
        ConnectionName::parse(before.strip_prefix(RENAMED)?.strip_suffix(BEFORE)?)
    }
}

const RENAMED: &str = "renamed, ";
const BEFORE: &str = " before";

/// The names that the connections of these events, oldest first, have by the last of them.
pub fn last_names(events: &[Event]) -> Vec<Option<ConnectionName>> {
    let key = |name: &ConnectionName| name.as_str().to_ascii_lowercase();
    let mut became: HashMap<String, ConnectionName> = HashMap::new();
    let mut names: Vec<Option<ConnectionName>> = Vec::with_capacity(events.len());
    for event in events.iter().rev() {
        let own = event.connection.as_ref();
        let last = own.map(|own| became.get(&key(own)).unwrap_or(own).clone());
        if let (Some(own), Some(last)) = (own, &last) {
            // Whoever had the name before this was another connection.
            if matches!(event.kind, EventKind::Renamed | EventKind::Added) {
                became.remove(&key(own));
            }
            if let Some(before) = event.name_before() {
                became.insert(key(&before), last.clone());
            }
        }
        names.push(last);
    }
    names.reverse();
    names
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 20] = [
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
        Self::Tested,
        Self::TestFailed,
        Self::NotSaved,
        Self::Saved,
        Self::Problem,
        Self::Noted,
        Self::Warned,
        Self::WarnedOfFailure,
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
            Self::Tested => "tested",
            Self::TestFailed => "test-failed",
            Self::NotSaved => "not-saved",
            Self::Saved => "saved",
            Self::Problem => "problem",
            Self::Noted => "noted",
            Self::Warned => "warned",
            Self::WarnedOfFailure => "warned-failure",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ConnectionName {
        ConnectionName::parse(text).unwrap()
    }

    fn event(kind: EventKind, connection: &str, what_happened: &str) -> Event {
        Event {
            at: DateTime::UNIX_EPOCH,
            kind,
            connection: Some(name(connection)),
            what_happened: what_happened.to_owned(),
            what_to_do: None,
        }
    }

    fn renamed(from: &str, to: &str) -> Event {
        event(EventKind::Renamed, to, &Event::renamed_words(&name(from)))
    }

    #[test]
    fn a_renaming_tells_the_name_before() {
        assert_eq!(renamed("a.b@c", "d").name_before(), Some(name("a.b@c")));
        assert_eq!(event(EventKind::Renamed, "d", "renamed").name_before(), None);
        assert_eq!(event(EventKind::Edited, "d", "renamed, a before").name_before(), None);
    }

    #[test]
    fn names_are_followed_through_renamings() {
        let renewed = |connection| event(EventKind::Renewed, connection, "renewed");
        let events = [
            renewed("one"),
            renamed("one", "two"),
            event(EventKind::Added, "one", "added"),
            renewed("one"),
            renewed("Two"),
            renamed("two", "three"),
            renewed("three"),
            renamed("one", "two"),
            renewed("two"),
        ];
        let names: Vec<String> =
            last_names(&events).into_iter().map(|own| own.unwrap().to_string()).collect();
        assert_eq!(names, ["three", "three", "two", "two", "three", "three", "three", "two", "two"]);
    }
}
