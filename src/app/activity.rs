//! The activity: what happened, newest first.

use std::cmp::Reverse;
use std::collections::{HashSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{ConnectionName, Overview, Renewal, RenewalOutcome};

use super::{Field, Tone};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: DateTime<Utc>,
    /// To which connection.
    pub connection: Option<ConnectionName>,
    /// How it is to be taken.
    pub tone: Tone,
    /// What happened.
    pub what_happened: String,
    /// What to do, where something is to be done.
    pub what_to_do: Option<String>,
}

impl Entry {
    /// Two entries of one connection, one kind and one moment are the same thing, told twice.
    fn identity(&self) -> (DateTime<Utc>, Option<ConnectionName>, String) {
        (self.at, self.connection.clone(), self.what_happened.clone())
    }
}

/// What happened since the program started, and what the records remember of the time before.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    entries: VecDeque<Entry>,
    /// Text that an entry must hold.
    pub filter: Field,
    /// The chosen row among those shown.
    pub row: usize,
}

/// How many entries are kept.
const KEPT: usize = 1000;

impl Default for Activity {
    fn default() -> Self {
        Self { entries: VecDeque::new(), filter: Field::open(64), row: 0 }
    }
}

impl Activity {
    /// Notes something that has just happened, unless it has been told already.
    pub fn note(&mut self, entry: Entry) {
        let identity = entry.identity();
        if self.entries.iter().all(|own| own.at != entry.at || own.identity() != identity) {
            self.entries.push_front(entry);
            self.entries.truncate(KEPT);
        }
    }

    /// A connection has a new name: what happened to it is told under that one.
    pub fn rename(&mut self, from: &ConnectionName, to: &ConnectionName) {
        let of_it = self.entries.iter_mut().filter(|entry| entry.connection.as_ref() == Some(from));
        of_it.for_each(|entry| entry.connection = Some(to.clone()));
    }

    /// Takes over what the records remember.
    pub fn recall(&mut self, overviews: &[Overview]) {
        let of_all = overviews.iter().flat_map(|own| own.renewals.iter().map(move |renewal| (own, renewal)));
        let mut newest: Vec<_> = of_all.enumerate().collect();
        // Many connections remember far more than is kept: only what may stay is put into words.
        if newest.len() > KEPT {
            newest.select_nth_unstable_by_key(KEPT, |(nth, (_, renewal))| (Reverse(renewal.at), *nth));
            newest.truncate(KEPT);
        }
        newest.sort_unstable_by_key(|(nth, _)| *nth);
        let remembered = newest.into_iter().map(|(_, (overview, renewal))| Entry {
            at: renewal.at,
            connection: Some(overview.name.clone()),
            tone: match renewal.outcome {
                RenewalOutcome::Worked | RenewalOutcome::WorkedOddly(_) => Tone::Good,
                RenewalOutcome::WillRetry(_) => Tone::Plain,
                RenewalOutcome::Failed(_) => Tone::Bad,
            },
            what_happened: renewal.line(),
            what_to_do: None,
        });
        let known: HashSet<_> = self.entries.iter().map(Entry::identity).collect();
        let new: Vec<Entry> = remembered.filter(|entry| !known.contains(&entry.identity())).collect();
        self.entries.extend(new);
        self.entries.make_contiguous().sort_by_key(|entry| Reverse(entry.at));
        self.entries.truncate(KEPT);
    }

    /// The entries that are shown, newest first.
    pub fn shown(&self) -> Vec<&Entry> {
        let wanted = self.filter.text().to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&wanted);
        self.entries
            .iter()
            .filter(|entry| {
                wanted.is_empty()
                    || holds(&entry.what_happened)
                    || entry.what_to_do.as_deref().is_some_and(holds)
                    || entry.connection.as_ref().is_some_and(|name| holds(name.as_str()))
            })
            .collect()
    }

    /// Moves the chosen row, stopping at the ends.
    pub fn step(&mut self, by: isize) {
        let last = self.shown().len().saturating_sub(1);
        self.row = self.row.saturating_add_signed(by).min(last);
    }
}

/// The line of the last token request, which worked, without what is odd about it.
pub fn briefly(overview: &Overview) -> &'static str {
    worth_telling(overview).map_or("", |last| last.kind.done())
}

/// The last token request; the sign-in itself where it was one for another of its resources, right behind it.
pub fn worth_telling(overview: &Overview) -> Option<&Renewal> {
    let last = overview.renewals.last()?;
    let Some(tokens) = &overview.tokens else { return Some(last) };
    let is_behind = tokens.access.count() > 1
        && tokens.access.primary().lifetime.starts_at == tokens.signed_in_at
        && last.at - tokens.signed_in_at < TimeDelta::minutes(2);
    let sign_in = overview.renewals.iter().rev().find(|own| own.at == tokens.signed_in_at);
    sign_in.filter(|_| is_behind).or(Some(last))
}
