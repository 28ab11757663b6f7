//! The list as it is shown: worked out once, and kept until a record, the sort or the filter changes, or until the moment
//! comes at which a connection changes its group. Nothing is kept here that the records do not say.

use std::cell::RefCell;
use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{Clock, Need, Overview};

use super::connections::Sort;

/// What was worked out, if it still holds. A copy begins with nothing, and no two are told apart by it.
#[derive(Debug, Default)]
pub(super) struct Arranged {
    /// One for each record, in their order; `None` where the record has changed.
    facts: RefCell<Vec<Option<Facts>>>,
    arrangement: RefCell<Option<Arrangement>>,
}

impl Clone for Arranged {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Arranged {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// How the person looks at the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Eye<'a> {
    pub(super) sort: Sort,
    pub(super) needs_me: bool,
    pub(super) filter: &'a str,
}

/// The list at a moment, by the places of the records.
#[derive(Debug)]
pub(super) struct Arrangement {
    sort: Sort,
    needs_me: bool,
    filter: String,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    /// The groups that are shown.
    pub(super) groups: Vec<(Need, Vec<usize>)>,
    /// How many stand in each, whatever the filter.
    pub(super) counts: [usize; 3],
    /// The longest name and the longest holder, in characters.
    pub(super) longest: (usize, usize),
    /// True if something that is shown is counted down by seconds.
    pub(super) is_ticking: bool,
}

impl Arrangement {
    fn holds(&self, eye: Eye<'_>, now: DateTime<Utc>) -> bool {
        let own = Eye { sort: self.sort, needs_me: self.needs_me, filter: &self.filter };
        own == eye && (self.from..self.until).contains(&now)
    }
}

/// What the list needs to know of a record.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    need: Need,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    first_lapse: Option<DateTime<Utc>>,
    name: String,
    mailbox: String,
    holder: usize,
    /// The ends of its clocks.
    ends: [Option<DateTime<Utc>>; 3],
}

impl Facts {
    fn of(own: &Overview, now: DateTime<Utc>) -> Self {
        Self {
            need: own.need(now),
            from: now,
            until: own.need_changes_at(now).unwrap_or(DateTime::<Utc>::MAX_UTC),
            first_lapse: own.first_lapse(),
            name: own.name.as_str().to_lowercase(),
            mailbox: own.mailbox().unwrap_or("~").to_lowercase(),
            holder: own.holder().map_or(0, |holder| holder.chars().count()),
            ends: [Clock::AccessToken, Clock::RefreshToken, Clock::ClientCredential]
                .map(|clock| own.lifetime(clock).map(|life| life.expires_at)),
        }
    }

    fn holds(&self, now: DateTime<Utc>) -> bool {
        (self.from..self.until).contains(&now)
    }
}

impl Arranged {
    /// The records are others now.
    pub(super) fn forget_all(&mut self) {
        self.facts.get_mut().clear();
        *self.arrangement.get_mut() = None;
    }

    /// The record at this place has changed, or is new there.
    pub(super) fn forget(&mut self, place: usize) {
        if let Some(facts) = self.facts.get_mut().get_mut(place) {
            *facts = None;
        }
        *self.arrangement.get_mut() = None;
    }

    /// Reads from the list as it is at a moment, working out what does not hold any more.
    pub(super) fn at<T>(
        &self,
        all: &[Overview],
        eye: Eye<'_>,
        now: DateTime<Utc>,
        read: impl FnOnce(&Arrangement) -> T,
    ) -> T {
        let mut arrangement = self.arrangement.borrow_mut();
        let kept = arrangement.take().filter(|kept| kept.holds(eye, now));
        let kept = kept.unwrap_or_else(|| self.arrange(all, eye, now));
        read(arrangement.insert(kept))
    }

    fn arrange(&self, all: &[Overview], eye: Eye<'_>, now: DateTime<Utc>) -> Arrangement {
        let mut facts = self.facts.borrow_mut();
        facts.resize_with(all.len(), || None);
        let facts: Vec<&Facts> = facts
            .iter_mut()
            .zip(all)
            .map(|(kept, own)| {
                if !kept.as_ref().is_some_and(|kept| kept.holds(now)) {
                    *kept = Some(Facts::of(own, now));
                }
                &*kept.get_or_insert_with(|| Facts::of(own, now))
            })
            .collect();
        let is_shown = |need: Need| !eye.needs_me || need == Need::NeedsYou;
        let filter = eye.filter.to_lowercase();
        let mut groups = Need::ALL.map(|need| (need, Vec::new()));
        let mut counts = [0; 3];
        for (place, own) in facts.iter().enumerate() {
            let group = own.need as usize;
            counts[group] += 1;
            if is_shown(own.need) && passes(&all[place], own, &filter) {
                groups[group].1.push(place);
            }
        }
        for (_, places) in &mut groups {
            order(places, &facts, eye.sort);
        }
        let shown = groups.iter().flat_map(|(_, places)| places).map(|place| facts[*place]);
        let (is_ticking, ticking_until) = ticking(shown, now);
        let until = facts.iter().map(|own| own.until).min().unwrap_or(ticking_until);
        Arrangement {
            sort: eye.sort,
            needs_me: eye.needs_me,
            filter: eye.filter.to_owned(),
            from: now,
            until: until.min(ticking_until),
            groups: groups.into_iter().filter(|(_, places)| !places.is_empty()).collect(),
            counts,
            longest: (
                all.iter().map(|own| own.name.as_str().len()).max().unwrap_or(0),
                facts.iter().map(|own| own.holder).max().unwrap_or(0),
            ),
            is_ticking,
        }
    }
}

/// True if name, mailbox or tenant hold what is looked for, which is in small letters.
fn passes(own: &Overview, facts: &Facts, wanted: &str) -> bool {
    wanted.is_empty()
        || facts.name.contains(wanted)
        || own.holder().is_some_and(|holder| holder.to_lowercase().contains(wanted))
        || own.settings.tenant.as_str().to_lowercase().contains(wanted)
}

fn order(places: &mut [usize], facts: &[&Facts], sort: Sort) {
    match sort {
        // What never lapses comes last: `None` is smaller than any moment, so it is reversed twice.
        Sort::Lapse => places.sort_by_key(|place| {
            (Reverse(facts[*place].first_lapse.map(Reverse)), facts[*place].name.as_str())
        }),
        Sort::Name => places.sort_by_key(|place| facts[*place].name.as_str()),
        Sort::Mailbox => {
            places.sort_by_key(|place| (facts[*place].mailbox.as_str(), facts[*place].name.as_str()));
        }
    }
}

/// Whether one of these is counted down by seconds, and how long that stays so: below a day it is.
fn ticking<'a>(shown: impl Iterator<Item = &'a Facts>, now: DateTime<Utc>) -> (bool, DateTime<Utc>) {
    let counted_from = |end: DateTime<Utc>| end.checked_sub_signed(TimeDelta::days(1)).unwrap_or(end);
    let (mut last, mut next) = (None, DateTime::<Utc>::MAX_UTC);
    for end in shown.flat_map(|own| own.ends).flatten().filter(|end| *end > now) {
        match counted_from(end) {
            from if from < now => last = last.max(Some(end)),
            // Still a full day at that very moment.
            from => next = next.min(from.max(now) + TimeDelta::nanoseconds(1)),
        }
    }
    last.map_or((false, next), |last| (true, last))
}
