//! What stands to be warned of, and how much of it the person has put away.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::ConnectionId;
use crate::domain::warning::{News, Standing, Subject, Warning, WarningRules};

use super::connections::Connections;
use super::{Failure, RequestId};

/// What fails is told so long after the vault was opened at the earliest: what failed before may pass with the first try.
const FIRST_TRIES: TimeDelta = TimeDelta::minutes(2);

/// What stands, as the screen shows it, and what was reported of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Warnings {
    standing: Standing,
    /// The same, put in order; made anew when it changes.
    shown: Vec<Warning>,
    failing_from: DateTime<Utc>,
    stale: Stale,
    /// The state that was reported last.
    reported: Option<u64>,
    /// The report under way.
    pub(super) awaited: Option<RequestId>,
    /// When it is to be reported again although nothing changes.
    again_at: Option<DateTime<Utc>>,
    banner: Banner,
    hidden: BTreeSet<Hidden>,
}

/// A cause at a stage that the person has put away: the next stage shows again.
type Hidden = (Subject, String, i64);

/// Which connections are to be looked at again.
#[derive(Debug, Clone, PartialEq)]
enum Stale {
    These(BTreeSet<ConnectionId>),
    All,
}

/// Whether the screen has a line for the most urgent warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Banner {
    /// It has.
    Shown,
    /// It has none.
    Off,
}

/// What came of a report: what of it was news, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Warned {
    /// When.
    pub at: DateTime<Utc>,
    /// What nobody had heard of.
    pub news: Vec<News>,
    /// What the person at a terminal had not heard of.
    pub ring: Vec<News>,
    /// When it is to be reported again although nothing changes.
    pub again_at: Option<DateTime<Utc>>,
    /// Why it is not noted who was told what, the first time.
    pub not_noted: Option<Failure>,
}

impl Warnings {
    /// Nothing known yet.
    pub fn new(rules: WarningRules, banner: Banner, now: DateTime<Utc>) -> Self {
        let failing_from = now + FIRST_TRIES;
        Self {
            standing: Standing::new(rules, failing_from),
            shown: Vec::new(),
            failing_from,
            stale: Stale::All,
            reported: None,
            awaited: None,
            again_at: None,
            banner,
            hidden: BTreeSet::new(),
        }
    }

    /// The vault was opened: what is known of before counts no more.
    pub(super) fn open(&mut self, now: DateTime<Utc>) {
        *self = Self {
            hidden: std::mem::take(&mut self.hidden),
            ..Self::new(self.standing.rules().clone(), self.banner, now)
        };
    }

    /// One connection is to be looked at again.
    pub(super) fn look_at(&mut self, id: &ConnectionId) {
        if let Stale::These(these) = &mut self.stale {
            these.insert(id.clone());
        }
    }

    /// Looks at what has changed, or has come to its moment.
    pub(super) fn follow(&mut self, connections: &Connections, now: DateTime<Utc>) {
        if !self.standing.rules().tell_anything() {
            return;
        }
        let before = self.standing.version();
        match std::mem::replace(&mut self.stale, Stale::These(BTreeSet::new())) {
            Stale::All => self.standing.take_all(connections.all(), now),
            Stale::These(mut these) => {
                these.extend(self.standing.due(now));
                these.iter().for_each(|id| match connections.get(id) {
                    Some(own) => self.standing.take(own, now),
                    None => self.standing.drop(id),
                });
            }
        }
        if self.standing.version() != before {
            self.shown = self.standing.warnings();
            let hidden = self.shown.iter().map(hidden).filter(|own| self.hidden.contains(own)).collect();
            self.hidden = hidden;
        }
    }

    /// True if what stands is to be reported now.
    pub(super) fn is_to_report(&self, now: DateTime<Utc>) -> bool {
        let changed = self.reported != Some(self.standing.version());
        self.standing.rules().tell_anything()
            && self.awaited.is_none()
            && (changed || self.again_at.is_some_and(|at| at <= now))
    }

    /// It is reported under this request.
    pub(super) fn reported(&mut self, request: RequestId) -> DateTime<Utc> {
        self.awaited = Some(request);
        self.reported = Some(self.standing.version());
        self.again_at = None;
        self.failing_from
    }

    /// The report has ended.
    pub(super) fn answered(&mut self, again_at: Option<DateTime<Utc>>) {
        self.awaited = None;
        self.again_at = again_at;
    }

    /// When to look again.
    pub(super) fn next(&self) -> Option<DateTime<Utc>> {
        self.standing.next().into_iter().chain(self.again_at).min()
    }

    /// All that stands, the most urgent first.
    pub fn all(&self) -> &[Warning] {
        &self.shown
    }

    /// What the line on the screen tells, and how many more there are that the person has not put away.
    pub fn banner(&self) -> Option<(&Warning, usize)> {
        if self.banner == Banner::Off {
            return None;
        }
        let mut open = self.shown.iter().filter(|own| !self.hidden.contains(&hidden(own)));
        let first = open.next()?;
        Some((first, open.count()))
    }

    /// Puts the line away, and the next one comes.
    pub(super) fn hide_banner(&mut self) {
        if let Some(own) = self.banner().map(|(warning, _)| hidden(warning)) {
            self.hidden.insert(own);
        }
    }
}

fn hidden(warning: &Warning) -> Hidden {
    (warning.subject.clone(), warning.mark(), warning.stage().seconds())
}
