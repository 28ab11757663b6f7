//! What the coming days bring for a connection: the answer to "will anything lapse?".

use std::slice;

use chrono::{DateTime, TimeDelta, Utc};

use super::lapse::{Lapse, lapses};
use super::{Need, NextStep, Overview, TroubleKind};

/// What the coming days bring for a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// The gravest of it.
    pub verdict: Verdict,
    /// What ends within the time, or has ended, whatever the verdict; what ends first stands first.
    pub lapses: Vec<Lapse>,
    /// What ends first after it.
    pub next: Option<Lapse>,
}

/// How a connection fares, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It, or one of its resources, works only after a person has acted.
    NeedsYou(NextStep),
    /// No access token is valid, and renewals fail in a way that passes: since this moment.
    Failing(DateTime<Utc>),
    /// It works, and something ends within the time.
    Lapses,
    /// Nothing ends within the time.
    Quiet,
}

/// How urgent the outlook of a connection is; the smallest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Urgency {
    gravity: Gravity,
    at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gravity {
    NeedsYou,
    Unknown,
    Failing,
    Lapses,
    Quiet,
}

impl Urgency {
    /// Of a connection of which nothing can be told: what is known to be wrong comes before it.
    pub const UNKNOWN: Self = Self { gravity: Gravity::Unknown, at: DateTime::<Utc>::MIN_UTC };
}

impl Outlook {
    /// What happens to a connection between `now` and `within` from then.
    pub fn of(connection: &Overview, within: TimeDelta, now: DateTime<Utc>) -> Self {
        let end = now.checked_add_signed(within).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let (lapses, later): (Vec<Lapse>, Vec<Lapse>) =
            lapses(slice::from_ref(connection)).into_iter().partition(|lapse| lapse.at <= end);
        let works = if lapses.is_empty() { Verdict::Quiet } else { Verdict::Lapses };
        // What passes does not hide what a person has to do.
        let verdict = needs_you(connection, now).or_else(|| failing(connection, now)).unwrap_or(works);
        Self { verdict, lapses, next: later.into_iter().next() }
    }

    /// As a word for programs.
    pub fn word(&self) -> &'static str {
        match self.verdict {
            Verdict::NeedsYou(_) => "needs-you",
            Verdict::Failing(_) => "failing",
            Verdict::Lapses => "lapses",
            Verdict::Quiet => "quiet",
        }
    }

    /// By what connections are ordered: the graver first, then what comes or came first; what has no end comes last.
    pub fn urgency(&self) -> Urgency {
        let first = self.lapses.first().or(self.next.as_ref()).map(|lapse| lapse.at);
        let (gravity, at) = match self.verdict {
            Verdict::NeedsYou(_) => (Gravity::NeedsYou, first),
            Verdict::Failing(since) => (Gravity::Failing, Some(since)),
            Verdict::Lapses => (Gravity::Lapses, first),
            Verdict::Quiet => (Gravity::Quiet, first),
        };
        Urgency { gravity, at: at.unwrap_or(DateTime::<Utc>::MAX_UTC) }
    }
}

fn needs_you(connection: &Overview, now: DateTime<Utc>) -> Option<Verdict> {
    (connection.need(now) == Need::NeedsYou).then(|| Verdict::NeedsYou(connection.next_step(now)))
}

fn failing(connection: &Overview, now: DateTime<Utc>) -> Option<Verdict> {
    let trouble = connection.trouble.as_ref()?;
    if !matches!(trouble.kind, TroubleKind::TryLater { .. }) || connection.fails_on_demand(now) {
        return None;
    }
    match connection.access_lifetime() {
        Some(access) => access.is_expired_at(now).then_some(Verdict::Failing(access.expires_at)),
        // A client that acts for itself, and has had none yet.
        None => Some(Verdict::Failing(trouble.at)),
    }
}
