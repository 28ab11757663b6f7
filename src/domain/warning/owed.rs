//! What somebody has yet to hear of: the latest state of each subject, until it is told. It outlives the program that was
//! to tell it, and tries that failed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::told::{Ended, how, recovery, stopped};
use super::{Concerned, Ledger, News, Present, Subject, Warning, WarningKind, WarningRules};
use crate::domain::ConnectionId;

/// So long it rests after the first failure, and twice as long after each further one.
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(5);
/// The longest rest.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);
/// No program leaves anything alone for so long: what says so was stamped by a clock that ran ahead.
const UNBELIEVABLE_HOLD: TimeDelta = TimeDelta::hours(2);

/// What is owed, by what it is about: what came before of the same subject is owed no more.
pub type Debts = BTreeMap<Subject, Owed>;

/// Something that counts as news no more, and is not told so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// Since when.
    pub at: DateTime<Utc>,
    /// What is to be told.
    pub state: State,
    /// Until when it is left alone.
    pub hold: Hold,
    /// How often all tries to tell it failed.
    pub failures: u32,
}

/// How the subject stands that is to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is warned of.
    Raised {
        /// Of which cause: [`Warning::mark`].
        mark: String,
        /// At which stage, in seconds before the end.
        stage: i64,
    },
    /// It is over.
    Recovered {
        /// Which cause is.
        mark: String,
        /// The word for what it was about.
        noun: String,
        /// Whom it concerned.
        concerned: BTreeSet<Concerned>,
    },
}

/// Until when something is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Whoever tells it is at it, or is gone by then.
    Claimed(DateTime<Utc>),
    /// It failed, and rests until then.
    Paused(DateTime<Utc>),
}

/// Who looks for something to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A program that stays has started: nothing rests any longer, since what failed may be mended.
    AtStart,
    /// Whoever looks at other times.
    Later,
}

/// What came of telling it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// It is heard.
    Done,
    /// Somebody is at it until this moment; where that is now, nobody.
    Claimed(DateTime<Utc>),
    /// It failed at this moment.
    Failed(DateTime<Utc>),
    /// It was not tried, since another one failed at this moment.
    Spared(DateTime<Utc>),
}

impl Owed {
    /// What is owed of it after that, if anything is.
    #[must_use]
    pub fn after(self, telling: Telling) -> Option<Self> {
        let failures = self.failures.saturating_add(u32::from(matches!(telling, Telling::Failed(_))));
        let hold = match telling {
            Telling::Done => return None,
            Telling::Claimed(until) => Hold::Claimed(until),
            Telling::Failed(at) | Telling::Spared(at) => Hold::Paused(at + pause(failures)),
        };
        Some(Self { hold, failures, ..self })
    }

    fn new(state: State, at: DateTime<Utc>) -> Self {
        Self { at, state, hold: Hold::Claimed(at), failures: 0 }
    }

    fn is_left_alone(&self, now: DateTime<Utc>, look: Look) -> bool {
        match (self.hold, look) {
            (Hold::Paused(_), Look::AtStart) => false,
            (hold, _) => {
                let left = hold.until() - now;
                TimeDelta::zero() < left && left < UNBELIEVABLE_HOLD
            }
        }
    }

    /// True if whoever warns by these rules is to tell it.
    fn is_told_by(&self, subject: &Subject, standing: &[Warning], rules: &WarningRules) -> bool {
        match &self.state {
            State::Raised { mark, .. } => find(standing, subject, mark).is_some(),
            State::Recovered { .. } => rules.tell(WarningKind::Recovered) && rules.tell(subject.kind()),
        }
    }
}

impl State {
    fn of(news: &News) -> Self {
        match news {
            News::Raised(warning) => Self::Raised { mark: warning.mark(), stage: warning.stage().seconds() },
            News::Recovered(recovery) => Self::Recovered {
                mark: recovery.mark.clone(),
                noun: recovery.noun.clone(),
                concerned: recovery.connections.iter().cloned().collect(),
            },
        }
    }
}

impl Hold {
    /// The end of it.
    pub fn until(self) -> DateTime<Utc> {
        match self {
            Self::Claimed(until) | Self::Paused(until) => until,
        }
    }
}

/// 5 min, doubled by each failure, an hour at most.
fn pause(failures: u32) -> TimeDelta {
    let doubled = 1 << failures.saturating_sub(1).min(4);
    (FIRST_PAUSE * doubled).min(LONGEST_PAUSE)
}

/// Notes what is news as owed. What the ledger has forgotten, since it is gone, is not warned of any more.
pub fn owe(debts: &mut Debts, found: &[News], ledger: &Ledger, now: DateTime<Utc>) {
    for news in found {
        debts.insert(news.subject().clone(), Owed::new(State::of(news), now));
    }
    debts.retain(|subject, owed| match owed.state {
        State::Raised { .. } => ledger.contains_key(subject),
        State::Recovered { .. } => true,
    });
}

/// What is to be told now, as it stands now, claimed until that moment; what has failed least comes first.
pub fn take_due(
    debts: &mut Debts,
    standing: &[Warning],
    present: Present<'_>,
    rules: &WarningRules,
    look: Look,
    until: DateTime<Utc>,
) -> Vec<News> {
    let stopped = stopped(standing);
    let mut due = Vec::new();
    debts.retain(|subject, owed| {
        if owed.is_left_alone(present.now, look) || !owed.is_told_by(subject, standing, rules) {
            return true;
        }
        let found = match &owed.state {
            State::Raised { mark, .. } => {
                let warning = find(standing, subject, mark);
                warning.map_or(Found::NotNow, |own| Found::News(News::Raised(own.clone())))
            }
            State::Recovered { mark, noun, concerned } => {
                recovered((subject, mark, noun), concerned, &stopped, present)
            }
        };
        match found {
            Found::Gone => return false,
            // It has ceased to work meanwhile, or cannot be read: it is told when it works.
            Found::NotNow => owed.hold = Hold::Paused(present.now + FIRST_PAUSE),
            Found::News(news) => {
                owed.state = State::of(&news);
                owed.hold = Hold::Claimed(until);
                due.push((owed.failures, news));
            }
        }
        true
    });
    due.sort_by_key(|(failures, _)| *failures);
    due.into_iter().map(|(_, news)| news).collect()
}

/// When something that is owed may be to be told although nothing changes.
pub fn owed_again_at(debts: &Debts, standing: &[Warning], rules: &WarningRules) -> Option<DateTime<Utc>> {
    let ours = debts.iter().filter(|(subject, owed)| owed.is_told_by(subject, standing, rules));
    ours.map(|(_, owed)| owed.hold.until()).min()
}

/// What there is to tell of something that is owed.
enum Found {
    News(News),
    NotNow,
    Gone,
}

/// A recovery as it is now, of those that are there still.
fn recovered(
    (subject, mark, noun): (&Subject, &str, &str),
    concerned: &BTreeSet<Concerned>,
    stopped: &BTreeSet<&ConnectionId>,
    present: Present<'_>,
) -> Found {
    let (mut well, mut others) = (Vec::new(), Found::Gone);
    for one in concerned {
        match present.connections.iter().find(|own| own.id == one.id) {
            None if present.is_whole => {}
            None => others = Found::NotNow,
            Some(own) if stopped.contains(&own.id) => others = Found::NotNow,
            Some(own) => match (how(subject, mark, own, present.now), subject) {
                (Ended::Well, _) => well.push(own),
                (Ended::Otherwise, Subject::Credential(_) | Subject::RefreshToken(_)) => {}
                (Ended::Otherwise | Ended::Unknown, _) => others = Found::NotNow,
            },
        }
    }
    recovery(subject, mark, noun, &well).map_or(others, |own| Found::News(News::Recovered(own)))
}

fn find<'a>(standing: &'a [Warning], subject: &Subject, mark: &str) -> Option<&'a Warning> {
    standing.iter().find(|own| own.subject == *subject && own.mark() == mark)
}
