//! What the coming days bring for a connection: the answer to "will anything lapse?".

use std::slice;

use chrono::{DateTime, TimeDelta, Utc};

use super::lapse::{Lapse, lapses};
use super::{Need, NextStep, Overview, Trouble, TroubleKind};

/// What the coming days bring for a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outlook {
    /// It, or one of its resources, works only after a person has acted.
    NeedsYou(NextStep),
    /// No access token is valid, and renewals fail in a way that passes: since this moment.
    Failing(DateTime<Utc>),
    /// It works, and these end within the time; what ends first stands first.
    Lapses(Vec<Lapse>),
    /// Nothing ends within the time.
    Quiet {
        /// What ends first after it.
        next: Option<Lapse>,
    },
}

impl Outlook {
    /// What happens to a connection between `now` and `within` from then.
    pub fn of(connection: &Overview, within: TimeDelta, now: DateTime<Utc>) -> Self {
        // What passes does not hide what a person has to do.
        let is_over = connection.credential_lifetime().is_some_and(|lifetime| lifetime.is_expired_at(now));
        if is_over || connection.need(now) == Need::NeedsYou {
            let step = if is_over { NextStep::ReplaceSecret } else { connection.next_step(now) };
            return Self::NeedsYou(step);
        }
        let fails = matches!(connection.trouble, Some(Trouble { kind: TroubleKind::TryLater { .. }, .. }));
        if let Some(access) = connection.access_lifetime().filter(|own| fails && own.is_expired_at(now)) {
            return Self::Failing(access.expires_at);
        }
        let end = now.checked_add_signed(within).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let (soon, later): (Vec<Lapse>, Vec<Lapse>) =
            lapses(slice::from_ref(connection)).into_iter().partition(|lapse| lapse.at <= end);
        if soon.is_empty() { Self::Quiet { next: later.into_iter().next() } } else { Self::Lapses(soon) }
    }

    /// As a word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NeedsYou(_) => "needs-you",
            Self::Failing(_) => "failing",
            Self::Lapses(_) => "lapses",
            Self::Quiet { .. } => "quiet",
        }
    }
}
