//! What the time brings: renewals when they are due, retries not before their moment, and when to look next.

use chrono::TimeDelta;
use tokengauge::app::{Answer, Effect, Message, Tab};
use tokengauge::domain::secret::RevealedValue;
use tokengauge::domain::{RenewalKind, TroubleKind};

use super::fixtures::*;

/// A renewal of an hour's token begins so long after its moment at the latest.
const LATEST: TimeDelta = TimeDelta::seconds(60);

fn unattended(connections: Vec<tokengauge::domain::Overview>) -> Desk {
    let mut desk = Desk::open(connections);
    desk.app.environment.has_passphrase = false;
    desk
}

#[test]
fn a_renewal_starts_by_itself_when_it_is_due_and_not_before() {
    let mut desk = unattended(vec![left("one", minutes(11))]);
    assert_eq!(desk.after(seconds(59)), []);
    assert_eq!(exchanges(&desk.after(LATEST + seconds(1))), 1);
    assert_eq!(desk.after(minutes(5)), [], "it is under way");
}

#[test]
fn what_lapses_first_is_renewed_first() {
    let mut desk = unattended(vec![left("later", minutes(4)), left("first", minutes(2))]);
    let effects = desk.after(seconds(0));
    assert!(matches!(&effects[..], [Effect::Exchange { connection, .. }, _] if *connection == id("first")));
}

#[test]
fn at_most_eight_requests_are_in_the_air() {
    let mut desk = unattended((0..40).map(|n| left(&format!("t{n}"), minutes(5))).collect());
    let effects = desk.after(seconds(0));
    assert_eq!(exchanges(&effects), 8);
    assert_eq!(desk.after(seconds(1)), []);
    let Effect::Exchange { connection, .. } = &effects[0] else { panic!() };
    let mut own = desk.app.connections.get(connection).unwrap().clone();
    renew(&mut own, desk.now, RenewalKind::Refresh);
    desk.answer_with(&effects[..1], own);
    assert_eq!(desk.app.next_deadline(desk.now), desk.now + TimeDelta::milliseconds(1));
    assert_eq!(exchanges(&desk.after(TimeDelta::milliseconds(1))), 1);
}

#[test]
fn nothing_is_tried_where_a_person_must_act() {
    for kind in [TroubleKind::SignInNeeded, TroubleKind::ConsentMissing, TroubleKind::SetUpWrong] {
        let mut desk = unattended(vec![troubled("one", kind)]);
        for _ in 0..100 {
            assert_eq!(desk.after(minutes(30)), [], "{kind:?}");
        }
    }
}

#[test]
fn a_retry_waits_for_its_moment() {
    let retry = TroubleKind::TryLater {
        retry_at: start() + minutes(2),
        attempt: 3,
        wait: tokengauge::domain::Wait::BackOff,
    };
    let mut desk = unattended(vec![troubled("one", retry)]);
    assert_eq!(desk.after(minutes(2) - seconds(1)), []);
    assert_eq!(desk.app.next_deadline(desk.now), desk.now + seconds(1));
    assert_eq!(exchanges(&desk.after(seconds(1))), 1);
}

#[test]
fn a_renewal_goes_on_behind_an_open_sign_in() {
    let mut desk = unattended(vec![begun(left("one", minutes(5)), start())]);
    assert_eq!(exchanges(&desk.after(seconds(0))), 1);
}

#[test]
fn an_exchange_that_fails_here_is_tried_again_later_and_later() {
    let mut desk = unattended(vec![left("one", minutes(5))]);
    let mut waits = Vec::new();
    let mut effects = desk.after(seconds(0));
    for _ in 0..7 {
        let tried_at = desk.now;
        let reading = desk.answer(&effects, Answer::Connection(Err(failure())));
        desk.answer(&reading, Answer::Contents(Ok(contents(vec![desk.own("one")]))));
        loop {
            desk.now = desk.app.next_deadline(desk.now);
            effects = desk.send(Message::Wake);
            if !effects.is_empty() {
                break;
            }
        }
        waits.push((desk.now - tried_at).num_seconds());
    }
    assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900]);
}

#[test]
fn an_exchange_that_leaves_the_record_as_due_is_not_repeated_at_once() {
    let mut desk = unattended(vec![left("one", minutes(5))]);
    let effects = desk.after(seconds(0));
    desk.answer_with(&effects, desk.own("one"));
    assert_eq!(desk.after(seconds(29)), []);
    assert_eq!(exchanges(&desk.after(seconds(1))), 1);
}

#[test]
fn a_success_ends_the_holding_back() {
    let mut desk = unattended(vec![left("one", minutes(5))]);
    let effects = desk.after(seconds(0));
    desk.answer(&effects, Answer::Connection(Err(failure())));
    let effects = desk.press("r");
    let own = with(desk.own("one"), |own| renew(own, desk.now, RenewalKind::Refresh));
    desk.answer_with(&effects, own);
    assert_eq!(desk.after(minutes(50) - seconds(1)), []);
    assert_eq!(exchanges(&desk.after(LATEST + seconds(1))), 1);
}

#[test]
fn thirty_seconds_are_the_longest_sleep() {
    for tab in Tab::ALL {
        let mut desk = unattended(vec![unsigned("one")]);
        desk.app.tab = tab;
        assert_eq!(desk.app.next_deadline(desk.now), desk.now + seconds(30), "{tab:?}");
    }
}

#[test]
fn seconds_are_counted_while_a_gauge_below_a_day_is_seen() {
    let mut desk = unattended(vec![healthy("quiet"), unsigned("other")]);
    desk.now += TimeDelta::milliseconds(250);
    let next = desk.now + TimeDelta::milliseconds(750);
    assert_eq!(desk.app.next_deadline(desk.now), next, "on full seconds, all together");
    for (tab, ticks) in [(Tab::Permissions, false), (Tab::Tokens, true), (Tab::Activity, false)] {
        desk.app.tab = tab;
        assert_eq!(desk.app.next_deadline(desk.now) == next, ticks, "{tab:?}");
    }
}

#[test]
fn nothing_ticks_for_what_is_not_seen() {
    let mut desk = unattended(vec![unsigned("other"), healthy("quiet")]);
    let still = desk.now + seconds(30);
    desk.press("?");
    assert_eq!(desk.app.next_deadline(desk.now), still, "help covers it");
    desk.press("?");
    desk.press("/");
    desk.type_text("other");
    assert_eq!(desk.app.next_deadline(desk.now), still, "filtered out");
    desk.press("Esc");
    desk.app.connections.select(id("other"));
    desk.press("3");
    assert_eq!(desk.app.next_deadline(desk.now), still, "another one is chosen");
    desk.press("L");
    assert_eq!(desk.app.next_deadline(desk.now), still, "locked");
}

#[test]
fn the_next_look_is_at_the_end_of_a_notice_and_of_a_reveal() {
    let mut desk = unattended(vec![unsigned("one")]);
    desk.press("s");
    desk.now += seconds(7);
    assert_eq!(desk.app.next_deadline(desk.now), desk.now + seconds(1));
    desk.after(seconds(1));
    assert_eq!(desk.app.notice, None);
    desk.press("3");
    let effects = desk.press("v");
    desk.answer(&effects, Answer::Revealed(Ok(RevealedValue::new("x"))));
    assert_eq!(desk.app.next_deadline(desk.now), desk.now + seconds(1));
}

#[test]
fn the_next_look_is_at_a_renewal_and_at_the_idle_lock() {
    let due = left("one", minutes(10) + seconds(12));
    let at = due.turn(start()).unwrap().at;
    let mut desk = unattended(vec![due]);
    desk.app.tab = Tab::Activity;
    desk.now = at - seconds(3);
    assert_eq!(desk.app.next_deadline(desk.now), at);
    let mut desk = Desk::open(vec![unsigned("one")]);
    desk.now += minutes(9) + seconds(55);
    assert_eq!(desk.app.next_deadline(desk.now), desk.now + seconds(5));
}

#[test]
fn the_next_look_is_never_in_the_past() {
    let mut desk = unattended(every_state());
    desk.now += days(400);
    assert!(desk.app.next_deadline(desk.now) > desk.now);
}

#[test]
fn a_machine_that_slept_renews_once_and_not_for_every_hour() {
    let mut desk = unattended(vec![healthy("one")]);
    let effects = desk.after(days(3));
    assert_eq!(exchanges(&effects), 1);
    let own = with(desk.own("one"), |own| renew(own, desk.now, RenewalKind::Refresh));
    desk.answer_with(&effects, own);
    assert_eq!(desk.after(seconds(1)), []);
}

#[test]
fn a_token_of_a_later_clock_is_renewed_once() {
    // The record was written by a clock that is two days ahead of this one.
    let mut desk = unattended(vec![renewed("one", start() + days(2))]);
    let effects = desk.after(seconds(0));
    assert_eq!(exchanges(&effects), 1);
    let own = with(desk.own("one"), |own| renew(own, desk.now, RenewalKind::Refresh));
    desk.answer_with(&effects, own);
    assert_eq!(desk.after(seconds(30)), []);
}

#[test]
fn two_clocks_that_differ_by_minutes_renew_nothing_early() {
    let mut desk = unattended(vec![renewed("one", start() + minutes(4))]);
    assert_eq!(desk.after(seconds(0)), [], "four minutes before it was issued");
}

#[test]
fn a_clock_that_is_set_is_told_and_changes_nothing() {
    for (by, told) in
        [(days(365), "set forward by 1 y"), (-minutes(120), "set back by 2 h"), (minutes(1), "by 1 min")]
    {
        let mut desk = unattended(vec![healthy("one")]);
        assert_eq!(desk.send(Message::ClockSet { by }), []);
        assert!(desk.said().contains(told), "{}", desk.said());
        assert_eq!(
            desk.app.activity.shown()[0].what_happened,
            desk.app.notice.clone().unwrap().what_happened
        );
        assert_eq!(desk.after(minutes(30)), [], "no storm of renewals");
    }
}
