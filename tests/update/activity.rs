//! The Activity tab: what other programs did is read from beside the vault.

use tokengauge::app::{Answer, Effect, Message};
use tokengauge::domain::{ConnectionName, Event, EventKind, TroubleKind};

use super::fixtures::{Desk, contents, failure, healthy, minutes, refuse, with};

fn others(desk: &Desk, what_happened: &str) -> Event {
    Event {
        at: desk.now - minutes(1),
        kind: EventKind::HandedOver,
        connection: ConnectionName::parse("one"),
        what_happened: what_happened.to_owned(),
        what_to_do: None,
    }
}

fn told(desk: &Desk) -> Vec<String> {
    desk.app.activity.shown().iter().map(|event| event.what_happened.clone()).collect()
}

fn reads(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::ReadActivity { .. })).count()
}

#[test]
fn opening_the_tab_reads_what_others_did() {
    let mut desk = Desk::open(vec![healthy("one")]);
    let effects = desk.press("4");
    assert_eq!(reads(&effects), 1);
    let event = others(&desk, "handed over to n8n");
    desk.answer(&effects, Answer::Activity(Ok(vec![event.clone()])));
    assert_eq!(told(&desk), ["handed over to n8n", "renewed, tokens stored"]);
    desk.press("1");
    let effects = desk.press("4");
    desk.answer(&effects, Answer::Activity(Ok(vec![event])));
    assert_eq!(told(&desk).len(), 2, "nothing is told twice");
}

#[test]
fn changed_records_are_read_again_while_it_is_shown() {
    let mut desk = Desk::open(vec![healthy("one")]);
    let effects = desk.press("4");
    let changed = desk.send(Message::RecordsChanged);
    let read = desk.answer(&changed, Answer::Contents(Ok(contents(vec![healthy("one")]))));
    assert_eq!(reads(&read), 0, "one reading at a time");
    let again = desk.answer(&effects, Answer::Activity(Ok(Vec::new())));
    assert_eq!(reads(&again), 1, "what came meanwhile is read after it");
    assert_eq!(desk.answer(&again, Answer::Activity(Ok(Vec::new()))), []);
    desk.press("1");
    let changed = desk.send(Message::RecordsChanged);
    let read = desk.answer(&changed, Answer::Contents(Ok(contents(vec![healthy("one")]))));
    assert_eq!(reads(&read), 0, "nobody looks");
}

#[test]
fn what_is_noted_after_its_record_was_read_is_read_as_well() {
    let mut desk = Desk::open(vec![healthy("one")]);
    assert_eq!(desk.send(Message::ActivityNoted), [], "nobody looks");
    let effects = desk.press("4");
    assert_eq!(desk.answer(&effects, Answer::Activity(Ok(Vec::new()))), []);
    let effects = desk.send(Message::ActivityNoted);
    assert_eq!(reads(&effects), 1);
    assert_eq!(desk.send(Message::ActivityNoted), [], "one reading at a time");
    let event = others(&desk, "handed over to n8n");
    let again = desk.answer(&effects, Answer::Activity(Ok(vec![event])));
    assert_eq!(reads(&again), 1, "what came meanwhile is read after it");
    assert_eq!(told(&desk), ["handed over to n8n", "renewed, tokens stored"]);
}

#[test]
fn a_renewal_of_this_program_is_told_once_with_its_advice() {
    let mut desk = Desk::open(vec![healthy("one")]);
    let effects = desk.press("r");
    let own = with(desk.own("one"), |own| refuse(own, desk.now, TroubleKind::SetUpWrong));
    desk.answer_with(&effects, own.clone());
    let effects = desk.press("4");
    let event = Event::of_renewal(&own.name, own.renewals.last().unwrap());
    desk.answer(&effects, Answer::Activity(Ok(vec![event])));
    assert_eq!(told(&desk), ["the platform said no", "renewed, tokens stored"]);
    assert_eq!(desk.app.activity.shown()[0].what_to_do.as_deref(), Some("do something about it"));
}

#[test]
fn what_cannot_be_read_or_written_is_told_once() {
    let mut desk = Desk::open(vec![healthy("one")]);
    for expected in [failure().what_happened.as_str(), ""] {
        desk.press("1");
        let effects = desk.press("4");
        desk.answer(&effects, Answer::Activity(Err(failure())));
        assert_eq!(desk.said(), expected);
    }
    desk.send(Message::ActivityNotKept(failure()));
    assert_eq!(desk.said(), failure().what_happened);
}

#[test]
fn what_the_log_tells_under_a_new_name_before_the_record_does_is_told_once() {
    let mut desk = Desk::open(vec![healthy("one")]);
    let effects = desk.press("4");
    let old = others(&desk, "handed over to n8n");
    desk.answer(&effects, Answer::Activity(Ok(vec![old.clone()])));
    let effects = desk.send(Message::ActivityNoted);
    let renamed = Event { connection: ConnectionName::parse("two"), ..old };
    desk.answer(&effects, Answer::Activity(Ok(vec![renamed])));
    let record = with(healthy("one"), |own| own.name = ConnectionName::parse("two").unwrap());
    let changed = desk.send(Message::RecordsChanged);
    desk.answer(&changed, Answer::Contents(Ok(contents(vec![record]))));
    assert_eq!(told(&desk).iter().filter(|told| told.starts_with("handed over")).count(), 1);
}
