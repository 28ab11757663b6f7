//! A server that asks for a pause is left alone by all connections, and is not stormed afterwards.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use tokengauge::app::{Effect, GrantStep, Message};
use tokengauge::catalogue::clouds::CLOUDS;
use tokengauge::domain::{ClientId, ConnectionId, Overview, RenewalKind, RenewalPolicy, TroubleKind, Wait};

use super::fixtures::*;

const PAUSE: i64 = 60;

fn fleet(count: usize) -> Desk {
    let mut desk = Desk::open((0..count).map(|n| left(&format!("t{n}"), minutes(5))).collect());
    desk.app.environment.has_passphrase = false;
    desk
}

fn asked(effects: &[Effect]) -> Vec<ConnectionId> {
    let asked = effects.iter().filter_map(|effect| match effect {
        Effect::Exchange { connection, .. } => Some(connection.clone()),
        _ => None,
    });
    asked.collect()
}

/// What a 429 with `Retry-After` leaves in the record.
fn throttled(own: Overview, at: DateTime<Utc>) -> Overview {
    with(own, |own| refuse(own, at, TroubleKind::try_later(at, 1, Some(seconds(PAUSE)), 0.5)))
}

/// Answers all that is in the air with a pause.
fn throttle(desk: &mut Desk, effects: &[Effect]) {
    for effect in effects {
        let [connection] = &asked(std::slice::from_ref(effect))[..] else { continue };
        let own = throttled(desk.app.connections.get(connection).unwrap().clone(), desk.now);
        desk.answer_with(std::slice::from_ref(effect), own);
    }
}

/// Lets the time go on from look to look until something is asked.
fn until_asked(desk: &mut Desk) -> Vec<Effect> {
    for _ in 0..10_000 {
        desk.now = desk.app.next_deadline(desk.now);
        let effects = desk.send(Message::Wake);
        if !asked(&effects).is_empty() {
            return effects;
        }
    }
    panic!("nothing is asked any more");
}

#[test]
fn two_hundred_connections_obey_the_pause_that_the_first_was_told_and_spread_out_after_it() {
    let mut desk = fleet(200);
    let first = desk.after(seconds(0));
    assert_eq!(asked(&first).len(), 8);
    throttle(&mut desk, &first);
    let over = desk.now + seconds(PAUSE);
    let mut renewed: BTreeMap<ConnectionId, DateTime<Utc>> = BTreeMap::new();
    while renewed.len() < 200 {
        let effects = until_asked(&mut desk);
        assert!(desk.now >= over, "{} s before the pause is over", (over - desk.now).num_seconds());
        assert!(asked(&effects).len() <= 8);
        for effect in &effects {
            let [connection] = &asked(std::slice::from_ref(effect))[..] else { continue };
            assert_eq!(renewed.insert(connection.clone(), desk.now), None, "asked twice");
            let own = desk.app.connections.get(connection).unwrap().clone();
            let own = with(own, |own| renew(own, desk.now, RenewalKind::Refresh));
            desk.answer_with(std::slice::from_ref(effect), own);
        }
    }
    let span = *renewed.values().max().unwrap() - *renewed.values().min().unwrap();
    assert!(span >= seconds(29), "{} s", span.num_seconds());
    let within_a_second =
        |from: &DateTime<Utc>| renewed.values().filter(|at| (*from..*from + seconds(1)).contains(at)).count();
    let busiest = renewed.values().map(within_a_second);
    assert!(busiest.max().unwrap() <= 8);
}

#[test]
fn a_storm_of_pauses_lets_one_round_through_each_time() {
    let mut desk = fleet(200);
    let mut effects = desk.after(seconds(0));
    let mut over = desk.now;
    for _ in 0..10 {
        assert!(desk.now >= over && asked(&effects).len() <= 8);
        over = desk.now + seconds(PAUSE);
        throttle(&mut desk, &effects);
        effects = until_asked(&mut desk);
    }
    assert!(desk.app.connections.all().iter().all(|own| {
        own.trouble.as_ref().is_none_or(|trouble| matches!(trouble.kind, TroubleKind::TryLater { .. }))
    }));
}

#[test]
fn another_authority_is_asked_as_before() {
    let away = with(left("other", minutes(5)), |own| own.settings.authority = CLOUDS[1].authority());
    let mut desk = Desk::open(vec![throttled(left("one", minutes(5)), start()), away]);
    desk.app.environment.has_passphrase = false;
    assert_eq!(asked(&desk.after(seconds(0))), [id("other")]);
    assert_eq!(asked(&desk.after(seconds(PAUSE))), [id("one")]);
}

#[test]
fn a_pause_holds_for_every_client_of_the_authority() {
    let other = with(left("other", minutes(5)), |own| {
        own.settings.client_id = ClientId::parse("6e3f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44").unwrap();
    });
    let mut desk = Desk::open(vec![throttled(left("one", minutes(5)), start()), other]);
    desk.app.environment.has_passphrase = false;
    assert_eq!(asked(&desk.after(seconds(PAUSE - 1))), []);
    assert_eq!(asked(&desk.after(seconds(1))).len(), 1);
    assert_eq!(asked(&desk.after(seconds(1))).len(), 1);
}

#[test]
fn a_pause_that_the_records_tell_is_obeyed_from_the_start() {
    let mut desk = Desk::open(vec![throttled(left("one", minutes(5)), start()), left("two", minutes(5))]);
    desk.app.environment.has_passphrase = false;
    assert_eq!(asked(&desk.after(seconds(PAUSE - 1))), []);
    assert_eq!(asked(&desk.after(seconds(1))), [id("one")]);
    assert_eq!(asked(&desk.after(TimeDelta::milliseconds(100))), []);
    assert_eq!(asked(&desk.after(TimeDelta::milliseconds(50))), [id("two")]);
}

#[test]
fn a_failure_of_the_way_there_holds_nobody_else_back() {
    let own = with(left("one", minutes(5)), |own| {
        refuse(own, start(), TroubleKind::try_later(start(), 1, None, 0.5));
    });
    let mut desk = Desk::open(vec![own, left("two", minutes(5))]);
    desk.app.environment.has_passphrase = false;
    assert_eq!(asked(&desk.after(TimeDelta::zero())), [id("two")]);
}

#[test]
fn renewing_all_leaves_out_what_waits_for_a_pause() {
    let mut desk = Desk::open(vec![throttled(left("one", minutes(5)), start()), left("two", minutes(5))]);
    desk.app.environment.has_passphrase = false;
    desk.press("R");
    assert_eq!(asked(&desk.press("Enter")), []);
    assert!(desk.said().contains("asked for a pause"), "{}", desk.said());
    assert_eq!(asked(&desk.press("r")).len(), 1, "one that a person names is asked");
}

#[test]
fn a_pause_of_days_that_a_clock_ahead_has_written_holds_nobody_however_often_it_is_read() {
    let kind = TroubleKind::TryLater { retry_at: start() + days(3), attempt: 4, wait: Wait::Told };
    let ahead = with(left("one", minutes(5)), |own| refuse(own, start(), kind));
    let mut desk = Desk::open(vec![ahead.clone(), left("two", minutes(5))]);
    desk.app.environment.has_passphrase = false;
    let begun = asked(&desk.after(seconds(0)));
    assert_eq!(begun.len(), 2, "{begun:?}");
    for quarter in 0..=8 {
        let now = start() + minutes(15 * quarter);
        assert_eq!((ahead.told_pause(now), ahead.is_due(now)), (None, true), "{quarter}");
    }
    let told = throttled(left("one", minutes(5)), start());
    assert_eq!(told.told_pause(start()), Some(start() + seconds(PAUSE)));
    let longest = TroubleKind::try_later(start(), 1, Some(days(3)), 0.5);
    let longest = with(left("one", minutes(5)), |own| refuse(own, start(), longest));
    assert_eq!(longest.told_pause(start()), Some(start() + minutes(60)));
}

#[test]
fn what_failed_before_it_was_due_is_not_due_any_sooner() {
    let early = |name, policy| {
        with(left(name, minutes(50)), |own| {
            own.settings.renewal.policy = policy;
            refuse(own, start(), TroubleKind::try_later(start(), 1, None, 0.5));
        })
    };
    let own = early("one", RenewalPolicy::Automatic);
    assert_eq!(own.turn(start()).unwrap().at, start() + minutes(40));
    let kept_alive = early("two", RenewalPolicy::KeepAlive);
    assert_eq!(Some(kept_alive.turn(start()).unwrap().at), kept_alive.exercise_due_at());
    // A person may ask again before that.
    assert!(own.may_renew_at(start() + minutes(1)));
    let mut desk = Desk::open(vec![own, kept_alive.clone()]);
    desk.app.environment.has_passphrase = false;
    assert_eq!(asked(&desk.after(minutes(39))), []);
    assert_eq!(asked(&desk.after(minutes(1))), [id("one")]);
    let nothing = GrantStep::renew_due(&kept_alive, start() + minutes(40));
    assert_eq!(nothing, GrantStep::Renew(Vec::new()));
}
