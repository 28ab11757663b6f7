//! A probe: what Graph answers to the token of a connection, told check by check and in one sentence.
//!
//! `words.rs` has the sentences. Texts from outside are made printable before they come in here, and no content of a
//! mailbox ever does: counts at most.

mod words;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Mailbox, Scope, WhoActs};

/// The calls that prove a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    /// Who it is, from the directory: works without a mailbox.
    Profile,
    /// The inbox: proves that there is a mailbox.
    Inbox,
    /// The calendars.
    Calendar,
    /// The contacts.
    Contacts,
}

impl Check {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 4] = [Self::Profile, Self::Inbox, Self::Calendar, Self::Contacts];

    /// A word for it, also for programs.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Inbox => "inbox",
            Self::Calendar => "calendar",
            Self::Contacts => "contacts",
        }
    }

    /// True for what lies in the mailbox, not in the directory.
    pub fn is_in_mailbox(self) -> bool {
        self != Self::Profile
    }
}

/// A probe, under way or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// When it was begun.
    pub began_at: DateTime<Utc>,
    /// Whose token it is.
    pub holder: Holder,
    /// What was asked.
    pub questions: Questions,
    /// What the token holds of what was asked for.
    pub permissions: Permissions,
}

/// Whose token is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A person who signed in: `/me` is theirs.
    Person {
        /// Who, as the token tells it or the profile answers; printable.
        signed_in: Option<String>,
        /// The mailbox that the connection expects.
        expected: Option<Mailbox>,
    },
    /// The application itself, which names the mailbox that it opens.
    Application {
        /// The mailbox.
        mailbox: Option<Mailbox>,
    },
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Questions {
    /// Each check with what became of it, in order.
    Asked(Vec<(Check, Outcome)>),
    /// Nothing can be asked at Graph.
    None(NothingToAsk),
}

/// Why nothing can be asked at Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NothingToAsk {
    /// An application opens mailboxes by name, and none is named.
    NoMailboxNamed,
    /// All permissions are Exchange's own (IMAP, POP, SMTP, EWS): its token is no good at Graph.
    OnlyExchange,
}

/// What became of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its turn has not come.
    Waiting,
    /// It was sent.
    Asking,
    /// Graph answered.
    Answered(Finding),
    /// Graph refused.
    Refused(Refused),
    /// It was not sent.
    NotAsked(WhyNot),
    /// No answer came, or none that can be read. Two printable lines.
    NotReached {
        /// What happened.
        what_happened: String,
        /// What to do.
        what_to_do: String,
    },
}

/// What Graph answered: no content of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Who it is.
    Person {
        /// The address; printable.
        username: Option<String>,
    },
    /// A folder.
    Folder {
        /// How many items lie in it.
        items: Option<u64>,
        /// How many of them are unread.
        unread: Option<u64>,
    },
    /// It opens.
    Opens,
}

/// Why a check was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyNot {
    /// None of the permissions of which one is needed is in the token; the least of them.
    NoPermission(&'static str),
    /// An earlier check ended the probe.
    AfterThat(Check),
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// HTTP status.
    pub status: u16,
    /// Graph's error code; printable and short.
    pub code: Option<String>,
    /// Graph's own words; printable and short.
    pub told: Option<String>,
    /// What it means.
    pub meaning: Meaning,
}

/// What a refusal means to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// The token is not taken, although it is in time.
    TokenNotTaken,
    /// A policy of the tenant wants more than this token shows.
    PolicyWantsMore,
    /// The mailbox does not open for this token.
    MailboxDenied,
    /// The directory does not tell it to this token.
    DirectoryDenied,
    /// There is no mailbox in Exchange Online, or no licence for one.
    NoMailbox,
    /// Nobody in the tenant has that address.
    NobodyThere,
    /// Too many requests: Graph asks for a pause.
    Pause(Option<TimeDelta>),
    /// Graph does not work just now.
    Down(Option<TimeDelta>),
    /// A redirect, which is not followed: the host that it names, printable.
    Redirected(String),
    /// Something else.
    Other,
}

/// What the token holds of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permissions {
    /// Delegated permissions, which were asked for by name.
    Delegated {
        /// How many were asked for.
        asked: usize,
        /// Those that the token does not hold.
        missing: Vec<Scope>,
    },
    /// Application permissions: all that were granted are in the token.
    Application {
        /// How many it holds.
        roles: usize,
    },
    /// Neither the token nor its answer tells them.
    Unknown,
}

/// What a probe comes to: the worst of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// All that was asked was answered, and the token holds all that was asked for.
    Works,
    /// A person signs in again, or consents.
    SignIn,
    /// Client, tenant, permissions or mailbox are wrong.
    SetUpWrong,
    /// It may pass: ask again later.
    TryLater,
}

impl Probe {
    /// The checks with what became of them.
    pub fn checks(&self) -> &[(Check, Outcome)] {
        match &self.questions {
            Questions::Asked(checks) => checks,
            Questions::None(_) => &[],
        }
    }

    /// What became of one of them.
    pub fn outcome(&self, check: Check) -> Option<&Outcome> {
        self.checks().iter().find(|(own, _)| *own == check).map(|(_, outcome)| outcome)
    }

    /// Notes what became of one of them. A profile tells who it is.
    pub fn note(&mut self, check: Check, outcome: Outcome) {
        if let (
            Outcome::Answered(Finding::Person { username: Some(username) }),
            Holder::Person { signed_in, .. },
        ) = (&outcome, &mut self.holder)
        {
            *signed_in = Some(username.clone());
        }
        if let Questions::Asked(checks) = &mut self.questions
            && let Some((_, own)) = checks.iter_mut().find(|(own, _)| *own == check)
        {
            *own = outcome;
        }
    }

    /// What comes after a check that ended the probe is not asked.
    pub fn end_after(&mut self, check: Check) {
        let Questions::Asked(checks) = &mut self.questions else { return };
        for (_, outcome) in checks.iter_mut().filter(|(_, outcome)| outcome.is_open()) {
            *outcome = Outcome::NotAsked(WhyNot::AfterThat(check));
        }
    }

    /// The next check to be sent.
    pub fn next(&self) -> Option<Check> {
        self.checks().iter().find(|(_, outcome)| outcome.is_open()).map(|(check, _)| *check)
    }

    /// True once nothing is asked any more.
    pub fn is_over(&self) -> bool {
        self.next().is_none()
    }

    /// Who signed in, if that is certainly another one than the connection expects.
    pub fn stranger(&self) -> Option<(&str, &Mailbox)> {
        let Holder::Person { signed_in: Some(signed_in), expected: Some(expected) } = &self.holder else {
            return None;
        };
        (!expected.is_same(signed_in)).then_some((signed_in.as_str(), expected))
    }

    /// Permissions that were asked for and are not in the token.
    pub fn missing(&self) -> &[Scope] {
        match &self.permissions {
            Permissions::Delegated { missing, .. } => missing,
            Permissions::Application { .. } | Permissions::Unknown => &[],
        }
    }

    /// What it comes to.
    pub fn verdict(&self) -> Verdict {
        let checks = self.checks().iter().map(|(_, outcome)| outcome.verdict());
        let permissions = match &self.permissions {
            Permissions::Delegated { missing, .. } if !missing.is_empty() => Verdict::SignIn,
            Permissions::Application { roles: 0 } => Verdict::SetUpWrong,
            _ => Verdict::Works,
        };
        let person = if self.stranger().is_some() { Verdict::SignIn } else { Verdict::Works };
        checks.chain([permissions, person]).max().unwrap_or(Verdict::Works)
    }
}

impl Outcome {
    /// True while it is to be asked, or being asked.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Waiting | Self::Asking)
    }

    /// True if asking on would bring nothing: the token is not taken, Graph asks for a pause, or is not there.
    pub fn ends_probe(&self) -> bool {
        self.stop().is_some()
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::Waiting | Self::Asking | Self::Answered(_) => Verdict::Works,
            // What is missing in the token is judged by what was asked for.
            Self::NotAsked(_) => Verdict::Works,
            Self::NotReached { .. } => Verdict::TryLater,
            Self::Refused(refused) => refused.meaning.verdict(),
        }
    }
}

impl Meaning {
    fn verdict(&self) -> Verdict {
        match self {
            Self::TokenNotTaken | Self::PolicyWantsMore => Verdict::SignIn,
            Self::Pause(_) | Self::Down(_) | Self::Redirected(_) => Verdict::TryLater,
            Self::MailboxDenied
            | Self::DirectoryDenied
            | Self::NoMailbox
            | Self::NobodyThere
            | Self::Other => Verdict::SetUpWrong,
        }
    }

    /// Who can end it.
    pub fn who_acts(&self) -> WhoActs {
        match self {
            Self::TokenNotTaken | Self::PolicyWantsMore => WhoActs::User,
            Self::MailboxDenied | Self::DirectoryDenied | Self::NoMailbox => WhoActs::TenantAdmin,
            Self::NobodyThere | Self::Redirected(_) | Self::Other => WhoActs::AppOwner,
            Self::Pause(_) | Self::Down(_) => WhoActs::Nobody,
        }
    }
}
