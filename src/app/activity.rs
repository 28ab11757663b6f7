//! The activity: what happened, newest first, in this program and in others.
//!
//! Events come from three sides: what this program does, what the records remember of their renewals, and what every
//! program notes beside the vault. The same event is told once.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};

use chrono::TimeDelta;

use crate::catalogue::aadsts;
use crate::domain::event::last_names;
use crate::domain::{ConnectionName, Event, EventKind, Overview, Renewal};

use super::{Failure, Field, RequestId, Tone};

/// What happened, as far as it is kept here.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    events: VecDeque<Event>,
    /// Words that an event must hold.
    pub filter: Field,
    /// The chosen row among those shown.
    pub row: usize,
    /// The reading under way.
    pub(super) reading: Option<RequestId>,
    /// Whether something happened since it began.
    pub(super) is_outdated: bool,
    /// Whether it was told that it cannot be read.
    pub(super) is_unread_told: bool,
}

/// How many events are kept, and how many are read of those that all programs noted.
pub const KEPT: usize = 1000;

impl Default for Activity {
    fn default() -> Self {
        Self {
            events: VecDeque::new(),
            filter: Field::open(64),
            row: 0,
            reading: None,
            is_outdated: false,
            is_unread_told: false,
        }
    }
}

/// How an event is to be taken.
pub fn tone(kind: EventKind) -> Tone {
    match kind {
        EventKind::SignedIn
        | EventKind::Renewed
        | EventKind::TokenIssued
        | EventKind::Tested
        | EventKind::Saved
        | EventKind::Recovered => Tone::Good,
        EventKind::WillRetry
        | EventKind::Added
        | EventKind::Edited
        | EventKind::Renamed
        | EventKind::Removed
        | EventKind::HandedOver
        | EventKind::Noted => Tone::Plain,
        EventKind::Failed
        | EventKind::TestFailed
        | EventKind::NotSaved
        | EventKind::Problem
        | EventKind::WarnedOfFailure
        | EventKind::HookFailed => Tone::Bad,
        EventKind::Warned => Tone::Soon,
    }
}

/// By what events that are told twice are known. The file tells moments in milliseconds.
#[derive(PartialEq, Eq, Hash)]
struct Identity(i64, Option<String>, String);

impl Identity {
    fn of(event: &Event) -> Self {
        let name = event.connection.as_ref().map(|name| name.as_str().to_ascii_lowercase());
        // A connection has one token request at a time, whoever puts its end into words.
        let what = match event.kind {
            EventKind::SignedIn
            | EventKind::Renewed
            | EventKind::TokenIssued
            | EventKind::WillRetry
            | EventKind::Failed
                if name.is_some() =>
            {
                String::new()
            }
            kind => format!("{kind} {}", event.what_happened),
        };
        Self(event.at.timestamp_millis(), name, what)
    }
}

impl Activity {
    /// Notes something that has just happened, unless it has been told already.
    pub fn note(&mut self, event: Event) {
        self.add([event]);
    }

    /// A connection has a new name: what happened to it is told under that one.
    pub fn rename(&mut self, from: &ConnectionName, to: &ConnectionName) {
        let of_it = self.events.iter_mut().filter(|event| event.connection.as_ref() == Some(from));
        of_it.for_each(|event| event.connection = Some(to.clone()));
        // The log may have told it under the new name before the record did.
        let mut known = HashSet::new();
        self.events.retain(|event| known.insert(Identity::of(event)));
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
        let remembered = newest.into_iter().map(|(_, (overview, renewal))| {
            let trouble = overview.foremost_trouble().filter(|trouble| trouble.at == renewal.at);
            Event::of_renewal_with(&overview.name, renewal, trouble)
        });
        self.add(remembered);
    }

    /// Takes over what all programs noted, oldest first; connections have their last names.
    pub fn merge(&mut self, events: Vec<Event>) {
        let names = last_names(&events);
        self.add(events.into_iter().zip(names).map(|(event, connection)| Event { connection, ..event }));
    }

    /// Takes what is not known yet, and of what is known the advice. The chosen row stays with its event.
    fn add(&mut self, events: impl IntoIterator<Item = Event>) {
        let chosen =
            (self.row > 0).then(|| self.shown().get(self.row).map(|event| Identity::of(event))).flatten();
        let events: Vec<Event> = events.into_iter().collect();
        // One is told twice only at its own moment: the others need not be put into words.
        let moments: HashSet<i64> = events.iter().map(|event| event.at.timestamp_millis()).collect();
        let mut known: HashMap<Identity, usize> = self
            .events
            .iter()
            .enumerate()
            .filter(|(_, own)| moments.contains(&own.at.timestamp_millis()))
            .map(|(place, own)| (Identity::of(own), place))
            .collect();
        let mut fresh: Vec<Event> = Vec::new();
        for mut event in events {
            event.what_to_do = event.what_to_do.take().or_else(|| advice(&event));
            let next = self.events.len() + fresh.len();
            match known.entry(Identity::of(&event)) {
                Entry::Occupied(place) => {
                    let place = *place.get();
                    let before = self.events.len();
                    let own =
                        if place < before { &mut self.events[place] } else { &mut fresh[place - before] };
                    own.what_to_do = own.what_to_do.take().or(event.what_to_do);
                }
                Entry::Vacant(place) => {
                    place.insert(next);
                    fresh.push(event);
                }
            }
        }
        // What comes later stands before what is of the same moment.
        fresh.into_iter().for_each(|event| self.events.push_front(event));
        self.events.make_contiguous().sort_by_key(|own| Reverse(own.at));
        self.events.truncate(KEPT);
        if let Some(chosen) = chosen {
            let row = self.shown().iter().position(|event| Identity::of(event) == chosen);
            self.row = row.unwrap_or(self.row);
        }
    }

    /// The events that are shown, newest first: those that hold every word of the filter, in their texts, as the name of
    /// their connection, or as the word for what happened.
    pub fn shown(&self) -> Vec<&Event> {
        let filter = self.filter.text().to_lowercase();
        let words: Vec<&str> = filter.split_whitespace().collect();
        self.events.iter().filter(|event| words.iter().all(|word| holds(event, word))).collect()
    }

    /// Moves the chosen row, stopping at the ends.
    pub fn step(&mut self, by: isize) {
        let last = self.shown().len().saturating_sub(1);
        self.row = self.row.saturating_add_signed(by).min(last);
    }
}

/// What is to be done about a refusal of which only the number was kept.
fn advice(event: &Event) -> Option<String> {
    if tone(event.kind) != Tone::Bad {
        return None;
    }
    let code = Failure::new(event.what_happened.as_str(), "").aadsts()?;
    aadsts::explain(code).map(|known| known.what_to_do.to_owned())
}

/// The word in a filter for all that went wrong.
const ERRORS: &str = "errors";

/// True if an event has this word, written small.
fn holds(event: &Event, word: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(word);
    event.kind.word().contains(word)
        || has(&event.what_happened)
        || event.what_to_do.as_deref().is_some_and(has)
        || event.connection.as_ref().is_some_and(|name| has(name.as_str()))
        || (word == ERRORS && tone(event.kind) == Tone::Bad)
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

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_800_000_000_000 + milliseconds).unwrap()
    }

    fn event(kind: EventKind, connection: &str, what_happened: &str, milliseconds: i64) -> Event {
        Event {
            at: at(milliseconds),
            kind,
            connection: ConnectionName::parse(connection),
            what_happened: what_happened.to_owned(),
            what_to_do: None,
        }
    }

    fn shown(activity: &Activity) -> Vec<String> {
        let line = |event: &&Event| {
            let name = event.connection.as_ref().map_or("-", ConnectionName::as_str);
            format!("{name} {}", event.what_happened)
        };
        activity.shown().iter().map(line).collect()
    }

    #[test]
    fn what_the_file_tells_of_a_renewal_is_told_once() {
        let mut activity = Activity::default();
        let finer = at(5) + TimeDelta::microseconds(321);
        let own = Event { at: finer, ..event(EventKind::Failed, "one", "refused in our words", 0) };
        activity.note(own);
        let advised = Event {
            what_to_do: Some("Sign in again (a).".into()),
            ..event(EventKind::Failed, "One", "refused", 5)
        };
        activity.merge(vec![advised.clone(), advised]);
        assert_eq!(shown(&activity), ["one refused in our words"]);
        assert_eq!(activity.shown()[0].what_to_do.as_deref(), Some("Sign in again (a)."));
        activity.merge(vec![event(EventKind::Failed, "one", "refused", 6)]);
        assert_eq!(activity.shown().len(), 2, "another moment is another event");
    }

    #[test]
    fn a_refusal_without_advice_gets_that_of_its_number() {
        let mut activity = Activity::default();
        activity.note(event(EventKind::Failed, "one", "it expired (AADSTS700082)", 1));
        assert!(activity.shown()[0].what_to_do.as_deref().unwrap().contains("Sign in again"));
        activity.note(event(EventKind::WillRetry, "one", "throttled (AADSTS90055)", 2));
        assert_eq!(activity.shown()[0].what_to_do, None, "it is tried again by itself");
    }

    #[test]
    fn what_others_did_before_a_renaming_is_told_under_the_last_name() {
        let before = ConnectionName::parse("old").unwrap();
        let mut activity = Activity::default();
        activity.note(event(EventKind::Renewed, "new", "renewed", 1));
        activity.merge(vec![
            event(EventKind::Renewed, "old", "renewed", 1),
            event(EventKind::Renamed, "new", &Event::renamed_words(&before), 2),
        ]);
        assert_eq!(shown(&activity), ["new renamed, old before", "new renewed"]);
    }

    #[test]
    fn the_newest_thousand_are_kept_and_the_chosen_one_stays_chosen() {
        let mut activity = Activity::default();
        activity.merge((0..900).map(|n| event(EventKind::Edited, "one", &format!("edit {n}"), n)).collect());
        activity.step(3);
        let chosen = activity.shown()[activity.row].clone();
        activity
            .merge((900..1_500).map(|n| event(EventKind::Edited, "two", &format!("edit {n}"), n)).collect());
        assert_eq!(activity.shown().len(), KEPT);
        assert_eq!(activity.shown()[activity.row], &chosen);
        assert_eq!(activity.shown()[0].what_happened, "edit 1499");
        assert_eq!(activity.shown()[KEPT - 1].what_happened, "edit 500");
    }

    #[test]
    fn every_word_of_the_filter_must_be_found() {
        let mut activity = Activity::default();
        activity.merge(vec![
            event(EventKind::Failed, "contoso", "the secret is wrong", 1),
            event(EventKind::HandedOver, "contoso", "handed over to n8n", 2),
            event(EventKind::Failed, "fabrikam", "consent is missing", 3),
            event(EventKind::Warned, "adatum", "the certificate ends in 5 days", 4),
            event(EventKind::WarnedOfFailure, "adatum", "the certificate ended", 5),
        ]);
        let mut found = |filter: &str| {
            activity.filter.clear();
            activity.filter.paste(filter);
            shown(&activity).len()
        };
        for (filter, count) in [
            ("", 5),
            ("contoso", 2),
            ("failed", 2),
            ("failed CONTOSO", 1),
            ("handed-over fabrikam", 0),
            ("errors", 3),
            ("errors adatum", 1),
            ("warned", 2),
            ("errors missing", 1),
        ] {
            assert_eq!(found(filter), count, "{filter}");
        }
    }
}
