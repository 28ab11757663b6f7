//! Warnings: what somebody should hear of while there is time to act.
//!
//! `rules` says of what, `standing` what stands at a moment, `told` which of it is news, `owed` what of that somebody has yet
//! to hear, `words` how it is put.

mod owed;
mod rules;
mod standing;
mod told;
mod words;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Certainty, ClientId, ConnectionId, ConnectionName};

pub use owed::{Debts, Hold, Look, Owed, State, Telling, owe, owed_again_at, take_due};
pub use rules::{RulesFault, WarningRules};
pub use standing::Standing;
pub use told::{Ledger, News, Present, Recovery, Told, again_at, news};
pub use words::{span, whom};

/// What a warning is about. One thing is warned of once, however many connections it serves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The secret or certificate of an app registration.
    Credential(ClientId),
    /// The refresh token of a connection that is not renewed by itself, or not for ever.
    RefreshToken(ConnectionId),
    /// An act of a person without which a connection does not work.
    Act(ConnectionId),
    /// Renewals at the sign-in service of this host.
    Failing(String),
}

/// The kinds of warnings, as they are switched on and off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WarningKind {
    /// A client secret or certificate comes to its end.
    Secret,
    /// A refresh token does.
    RefreshToken,
    /// A person must act: sign in, consent, mend something.
    NeedsYou,
    /// Renewals go on failing, or are throttled.
    Failing,
    /// What was warned of is over.
    Recovered,
}

/// How things stand with the subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nature {
    /// It ends, or has ended.
    Ends(Ending),
    /// A person must act.
    Needs(Asked),
    /// It goes on failing.
    Fails(Failing),
}

/// An end that is near, or past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// The word for what ends: `client secret`, `certificate`, `refresh token`.
    pub noun: &'static str,
    /// When.
    pub ends_at: DateTime<Utc>,
    /// How far that can be trusted.
    pub certainty: Certainty,
    /// The stage that it has come to.
    pub stage: Stage,
    /// What keeps it from being put off.
    pub way_out: WayOut,
}

/// A stage before an end; the nearer one is the smaller one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The end has passed.
    Over,
    /// So long before the end, or less.
    Within(TimeDelta),
}

/// How an end is put off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayOut {
    /// A new secret or certificate takes its place.
    Replace,
    /// A renewal, which nothing does by itself.
    Renew,
    /// It renews as soon as the server lets it.
    RenewsLater,
    /// Only a sign-in: the tenant counts from the last one.
    SignIn,
    /// What stands in the way is mended first.
    Mend,
}

/// What a person is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Which act.
    pub act: Act,
    /// What happened, printable.
    pub what_happened: String,
    /// What to do, printable.
    pub what_to_do: String,
}

/// An act of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Sign in again.
    SignIn,
    /// Consent, as an administrator.
    Consent,
    /// Lift what blocks the sign-in, as an administrator.
    Unblock,
    /// Mend the registration or the settings.
    MendSettings,
    /// Replace the client secret or certificate.
    ReplaceSecret,
    /// Look at a record that was put back from a backup.
    AcceptRestored,
    /// Mend the disk: what came is in memory only.
    MendDisk,
}

/// Renewals that go on failing in a way that passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Since when.
    pub since: DateTime<Utc>,
    /// True if the server asked for pauses.
    pub throttled: bool,
    /// What the last try brought, printable.
    pub what_happened: String,
}

/// Something that somebody should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it is about.
    pub subject: Subject,
    /// How that stands.
    pub nature: Nature,
    /// The connections that it concerns, by name; at least one.
    pub connections: Vec<Concerned>,
    /// The app registration, where all of them have the same.
    pub client_id: Option<ClientId>,
}

/// A connection that a warning concerns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Concerned {
    /// Its name.
    pub name: ConnectionName,
    /// Its id.
    pub id: ConnectionId,
}

impl Subject {
    /// Of which kind a warning about it is.
    pub fn kind(&self) -> WarningKind {
        match self {
            Self::Credential(_) => WarningKind::Secret,
            Self::RefreshToken(_) => WarningKind::RefreshToken,
            Self::Act(_) => WarningKind::NeedsYou,
            Self::Failing(_) => WarningKind::Failing,
        }
    }

    /// As it is noted.
    pub fn key(&self) -> String {
        let which = match self {
            Self::Credential(client_id) => client_id.to_string(),
            Self::RefreshToken(id) | Self::Act(id) => id.as_str().to_owned(),
            Self::Failing(host) => host.clone(),
        };
        format!("{}:{which}", self.kind().word())
    }

    /// Reads what was noted.
    pub fn parse(key: &str) -> Option<Self> {
        let (kind, which) = key.split_once(':')?;
        Some(match WarningKind::parse(kind)? {
            WarningKind::Secret => Self::Credential(ClientId::parse(which)?),
            WarningKind::RefreshToken => Self::RefreshToken(ConnectionId::parse(which)?),
            WarningKind::NeedsYou => Self::Act(ConnectionId::parse(which)?),
            WarningKind::Failing => Self::Failing(which.to_owned()),
            WarningKind::Recovered => return None,
        })
    }
}

impl WarningKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Secret, Self::RefreshToken, Self::NeedsYou, Self::Failing, Self::Recovered];

    /// As a word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::RefreshToken => "refresh-token",
            Self::NeedsYou => "needs-you",
            Self::Failing => "failing",
            Self::Recovered => "recovered",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl Stage {
    /// In seconds before the end, as it is noted.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Over => 0,
            Self::Within(span) => span.num_seconds(),
        }
    }
}

impl Warning {
    /// What tells one cause from the next of the same subject: another end, another act.
    pub fn mark(&self) -> String {
        match &self.nature {
            Nature::Ends(ending) => ending.ends_at.timestamp().to_string(),
            Nature::Needs(asked) => asked.act.word().to_owned(),
            Nature::Fails(_) => String::new(),
        }
    }

    /// How near it has come.
    pub fn stage(&self) -> Stage {
        match &self.nature {
            Nature::Ends(ending) => ending.stage,
            Nature::Needs(_) | Nature::Fails(_) => Stage::Over,
        }
    }

    /// The end that it is about, where it is about one.
    pub fn ending(&self) -> Option<&Ending> {
        match &self.nature {
            Nature::Ends(ending) => Some(ending),
            Nature::Needs(_) | Nature::Fails(_) => None,
        }
    }

    /// True if nothing works any more for the connections that it concerns, or soon will not.
    pub fn stops_work(&self) -> bool {
        match &self.nature {
            Nature::Ends(ending) => ending.stage == Stage::Over,
            Nature::Needs(_) => true,
            Nature::Fails(_) => false,
        }
    }

    /// The most urgent sorts first: what does not work, what fails, what ends first.
    pub fn urgency(&self) -> (u8, i64) {
        match &self.nature {
            Nature::Needs(_) => (0, 0),
            Nature::Ends(ending) if ending.stage == Stage::Over => (0, ending.ends_at.timestamp()),
            Nature::Fails(failing) => (1, failing.since.timestamp()),
            Nature::Ends(ending) => (2, ending.ends_at.timestamp()),
        }
    }
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::SignIn,
        Self::Consent,
        Self::Unblock,
        Self::MendSettings,
        Self::ReplaceSecret,
        Self::AcceptRestored,
        Self::MendDisk,
    ];

    /// As a word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Consent => "consent",
            Self::Unblock => "unblock",
            Self::MendSettings => "settings",
            Self::ReplaceSecret => "replace-secret",
            Self::AcceptRestored => "accept-restored",
            Self::MendDisk => "disk",
        }
    }
}
