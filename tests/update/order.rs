//! The list is worked out once and kept: it must not differ from one that is worked out anew.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use tokengauge::app::{Connections, Sort};
use tokengauge::domain::hand_over::Label;
use tokengauge::domain::{ConnectionId, Destination, HandedOver, Need, Overview, TroubleKind};

use super::fixtures::*;

/// What may happen to the list between two looks.
#[derive(Debug, Clone)]
enum Happening {
    Passes(i64),
    Sort,
    NeedsMe,
    Filter(&'static str),
    Renewed(usize),
    Refused(usize),
    Added(usize),
    Removed(usize),
    Loaded(usize),
    Stepped(isize),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (1i64..200_000).prop_map(Happening::Passes),
        1 => Just(Happening::Sort),
        1 => Just(Happening::NeedsMe),
        1 => prop_oneof![Just(""), Just("e"), Just("qu"), Just("ORG")].prop_map(Happening::Filter),
        2 => (0usize..14).prop_map(Happening::Renewed),
        2 => (0usize..14).prop_map(Happening::Refused),
        1 => (0usize..14).prop_map(Happening::Added),
        1 => (0usize..14).prop_map(Happening::Removed),
        1 => (0usize..14).prop_map(Happening::Loaded),
        1 => (-3isize..4).prop_map(Happening::Stepped),
    ]
}

fn nth(list: &Connections, place: usize) -> Option<Overview> {
    list.all().get(place % list.all().len().max(1)).cloned()
}

fn happen(list: &mut Connections, happening: &Happening, now: &mut DateTime<Utc>) {
    match happening {
        Happening::Passes(minutes) => *now += TimeDelta::minutes(*minutes),
        Happening::Sort => list.sort = Sort::next(list.sort),
        Happening::NeedsMe => list.needs_me = !list.needs_me,
        Happening::Filter(text) => list.filter.set(text),
        Happening::Renewed(place) => {
            let own = nth(list, *place)
                .map(|own| with(own, |own| renew(own, *now, tokengauge::domain::RenewalKind::Refresh)));
            own.into_iter().for_each(|own| list.put(own));
        }
        Happening::Refused(place) => {
            let own =
                nth(list, *place).map(|own| with(own, |own| refuse(own, *now, TroubleKind::SignInNeeded)));
            own.into_iter().for_each(|own| list.put(own));
        }
        Happening::Added(number) => list.put(begun(renewed(&format!("more{number}"), *now), *now)),
        Happening::Removed(place) => {
            let id: Option<ConnectionId> = nth(list, *place).map(|own| own.id);
            id.into_iter().for_each(|id| list.remove(&id, *now));
        }
        Happening::Loaded(left_out) => {
            let mut all = list.all().to_vec();
            let by = left_out % all.len().max(1);
            all.rotate_left(by);
            all.truncate(12);
            list.load(contents(all), *now);
        }
        Happening::Stepped(by) => list.step(*by, *now),
    }
}

proptest! {
    #[test]
    fn a_kept_list_is_the_one_that_would_be_worked_out_now(happenings in prop::collection::vec(happening(), 1..40)) {
        let mut list = Connections::default();
        let mut now = start();
        list.load(contents(every_state()), now);
        for happening in &happenings {
            happen(&mut list, happening, &mut now);
            // A copy has kept nothing.
            let anew = list.clone();
            let groups = anew.groups(now);
            prop_assert_eq!(list.groups(now), groups);
            prop_assert_eq!(list.counts(now), anew.clone().counts(now));
            prop_assert_eq!(list.is_ticking(now), anew.clone().is_ticking(now));
            prop_assert_eq!(list.longest(now), anew.clone().longest(now));
            for own in list.all() {
                prop_assert_eq!(list.get(&own.id), Some(own));
            }
            let with_code = list.all().iter().filter(|own| own.attempt.as_ref().is_some_and(|own| own.device().is_some()));
            prop_assert_eq!(list.with_device_code().count(), with_code.count());
        }
    }
}

/// Every look at a connection, half an hour apart, over so many days.
fn looks(own: &Overview) -> impl Iterator<Item = (DateTime<Utc>, Need)> {
    (-200..300 * 48).map(|half_hours| start() + minutes(30 * half_hours)).map(|at| (at, own.need(at)))
}

#[test]
fn no_connection_changes_its_group_before_the_moment_that_was_told() {
    let mut all = every_state();
    all.push(with(healthy("short"), |own| own.credential = secret(Some(days(31)))));
    all.push(with(healthy("handed"), |own| {
        let destination = Destination::Clipboard;
        own.hand_overs = vec![own.handed_over(HandedOver::Export(Label::of("env")), destination, start())];
    }));
    for own in &all {
        let mut until: Option<DateTime<Utc>> = None;
        let mut last = None;
        for (at, need) in looks(own) {
            if until.is_some_and(|until| at < until) || (until.is_none() && last.is_some()) {
                assert_eq!(Some(need), last, "{} at {at}, told {until:?}", own.name);
            }
            (until, last) = (own.need_changes_at(at), Some(need));
        }
    }
}
