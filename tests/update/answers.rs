//! Answers: taken by whoever awaits them, told once, dropped otherwise.

use tokengauge::app::{Answer, Effect, Failure, FailureKind, Message, RequestId, Tone};
use tokengauge::domain::secret::{PastedText, RevealedValue};
use tokengauge::domain::{ConnectionName, RenewalKind, RenewalOutcome, TroubleKind};

use super::fixtures::*;

fn told(desk: &Desk) -> Vec<(Option<String>, String)> {
    let name = |name: &ConnectionName| name.to_string();
    let shown = desk.app.activity.shown();
    shown.into_iter().map(|e| (e.connection.as_ref().map(name), e.what_happened.clone())).collect()
}

fn read_again(desk: &mut Desk, connections: Vec<tokengauge::domain::Overview>) {
    let reading = desk.send(Message::RecordsChanged);
    desk.answer(&reading, Answer::Contents(Ok(contents(connections))));
}

#[test]
fn answers_that_nobody_awaits_change_nothing() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    desk.press("3");
    let before = desk.app.clone();
    for answer in [
        sent(3),
        Answer::Revealed(Ok(RevealedValue::new("TGSECRET"))),
        Answer::BrowserEndedOn(Ok(PastedText::new(GOOD))),
        Answer::Contents(Ok(contents(vec![unsigned("intruder")]))),
    ] {
        assert_eq!(desk.send(Message::Answer { request: RequestId(9999), answer }), []);
    }
    assert_eq!(desk.app, before);
}

#[test]
fn a_superseded_sending_is_dropped() {
    let mut desk = Desk::open(vec![begun(unsigned("northwind"), start())]);
    let first = desk.press("a");
    let second = desk.press("y");
    desk.answer(&first, sent(1));
    assert_eq!(desk.sign_in().sent, None);
    desk.answer(&second, sent(2));
    assert!(desk.sign_in().sent.is_some());
}

#[test]
fn an_older_generation_is_left_out() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    let older = desk.own("quiet");
    let effects = desk.press("r");
    let own = with(older.clone(), |own| renew(own, desk.now, RenewalKind::Refresh));
    desk.answer_with(&effects, own.clone());
    read_again(&mut desk, vec![older]);
    assert_eq!(desk.own("quiet"), own);
}

#[test]
fn a_connection_removed_during_a_renewal_stays_away() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    let effects = desk.press("r");
    let own = with(desk.own("quiet"), |own| renew(own, desk.now, RenewalKind::Refresh));
    read_again(&mut desk, Vec::new());
    desk.answer_with(&effects, own);
    assert!(desk.app.connections.all().is_empty());
}

#[test]
fn changes_during_a_reading_are_read_once_more() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    let reading = desk.send(Message::RecordsChanged);
    assert_eq!(reading.len(), 1);
    assert_eq!(desk.send(Message::RecordsChanged), []);
    assert_eq!(desk.send(Message::RecordsChanged), []);
    let again = desk.answer(&reading, Answer::Contents(Ok(contents(vec![healthy("quiet")]))));
    assert!(matches!(again[..], [Effect::LoadVault { .. }]));
    assert_eq!(desk.answer(&again, Answer::Contents(Ok(contents(vec![healthy("quiet")])))), []);
}

#[test]
fn records_are_not_read_before_the_door_is_open() {
    assert_eq!(Desk::locked().send(Message::RecordsChanged), []);
    assert_eq!(Desk::first_run().send(Message::RecordsChanged), []);
}

#[test]
fn an_exchange_is_told_once_even_after_records_are_read_again() {
    let mut desk = Desk::open(vec![unsigned("one")]);
    desk.app.connections.put(with(unsigned("one"), |own| renew(own, start(), RenewalKind::SignIn)));
    let before = told(&desk).len();
    let effects = desk.press("r");
    let own = with(desk.own("one"), |own| renew(own, desk.now + seconds(1), RenewalKind::Refresh));
    desk.now += seconds(3);
    desk.answer_with(&effects, own.clone());
    assert_eq!(told(&desk)[0], (Some("one".into()), "renewed, tokens stored".into()));
    read_again(&mut desk, vec![own.clone()]);
    read_again(&mut desk, vec![own]);
    assert_eq!(told(&desk).len(), before + 2, "the sign-in from the record, the renewal of here");
}

#[test]
fn a_renewal_of_another_process_is_told_once() {
    let mut desk = Desk::open(vec![healthy("one")]);
    let effects = desk.press("r");
    let own = with(desk.own("one"), |own| renew(own, desk.now, RenewalKind::Refresh));
    read_again(&mut desk, vec![own.clone()]);
    let before = told(&desk);
    desk.answer_with(&effects, own);
    assert_eq!(told(&desk), before);
}

#[test]
fn renaming_tells_nothing_twice() {
    let mut desk = Desk::open(vec![healthy("one")]);
    let before = told(&desk).len();
    let renamed = with(desk.own("one"), |own| {
        own.name = ConnectionName::parse("uno").unwrap();
        own.generation += 1;
    });
    read_again(&mut desk, vec![renamed]);
    assert_eq!(told(&desk).len(), before);
    assert!(told(&desk).iter().all(|(name, _)| name.as_deref() == Some("uno")));
}

#[test]
fn a_failed_renewal_is_told_in_two_lines_until_a_key_is_pressed() {
    let mut desk = Desk::open(vec![healthy("one")]);
    let effects = desk.press("r");
    let own = with(desk.own("one"), |own| refuse(own, desk.now, TroubleKind::SignInNeeded));
    desk.answer_with(&effects, own);
    let notice = desk.app.notice.clone().unwrap();
    assert_eq!((notice.tone, &*notice.what_happened), (Tone::Bad, "one: the platform said no"));
    assert_eq!(notice.what_to_do.as_deref(), Some("do something about it"));
    desk.after(minutes(5));
    assert!(desk.app.notice.is_some());
    desk.press("Down");
    assert_eq!(desk.app.notice, None);
}

#[test]
fn a_failure_of_ours_is_told_and_the_records_are_read_again() {
    let mut desk = Desk::open(vec![healthy("one")]);
    let effects = desk.press("r");
    let more = desk.answer(&effects, Answer::Connection(Err(failure())));
    assert!(matches!(more[..], [Effect::LoadVault { .. }]));
    assert_eq!(desk.said(), "the disk is full");
    assert!(!desk.app.is_renewing(&id("one")));
}

#[test]
fn a_record_that_another_program_holds_is_no_fault_until_it_is_held_for_long() {
    let contention = Failure { kind: FailureKind::Contention, ..Failure::new("it is in use", "wait") };
    let mut desk = Desk::open(vec![left("one", minutes(5))]);
    let mut renewing = desk.send(Message::Wake);
    for (pause, is_held_up) in [(30, false), (30, false), (60, true), (120, true), (240, true), (240, true)] {
        assert_eq!(exchanges(&renewing), 1);
        let own = desk.own("one");
        let has_ended = own.access_lifetime().unwrap().expires_at <= desk.now;
        assert_eq!(desk.app.is_held_up(&own, desk.now), is_held_up || has_ended, "{pause}");
        desk.answer(&renewing, Answer::Connection(Err(contention.clone())));
        assert_eq!(desk.app.notice.as_ref().map(|own| own.tone), Some(Tone::Plain));
        assert_eq!(exchanges(&desk.after(seconds(pause - 1))), 0);
        renewing = desk.after(seconds(1));
    }
}

#[test]
fn a_record_that_is_held_while_its_access_token_ends_is_held_up() {
    let desk = Desk::open(vec![left("one", minutes(5))]);
    let own = desk.own("one");
    assert!(!desk.app.is_held_up(&own, desk.now + minutes(5) - seconds(1)));
    assert!(desk.app.is_held_up(&own, desk.now + minutes(5)));
}

#[test]
fn damaged_records_hide_no_others() {
    let mut desk = Desk::open(vec![healthy("one")]);
    let reading = desk.send(Message::RecordsChanged);
    let mut read = contents(vec![healthy("one")]);
    read.damaged.push(tokengauge::app::DamagedFile { file: "connections/x.age".into(), failure: failure() });
    desk.answer(&reading, Answer::Contents(Ok(read)));
    assert_eq!((desk.app.connections.all().len(), desk.app.connections.damaged.len()), (1, 1));
}

#[test]
fn what_is_odd_about_an_answer_is_told_once_until_it_changes() {
    let mut desk = Desk::open(vec![left("one", minutes(5))]);
    let mut said = Vec::new();
    for remark in [Some("not granted: Mail.Send"), Some("not granted: Mail.Send"), Some("the clock"), None] {
        desk.now += minutes(1);
        let effects = desk.press("r");
        let own = with(desk.own("one"), |own| {
            renew(own, desk.now, RenewalKind::Refresh);
            if let Some(remark) = remark {
                own.renewals.last_mut().unwrap().outcome = RenewalOutcome::WorkedOddly(remark.into());
            }
        });
        desk.answer_with(&effects, own);
        said.push(desk.said().to_owned());
    }
    let worked = "one: renewed, tokens stored";
    assert_eq!(
        said,
        [
            format!("{worked}; not granted: Mail.Send."),
            format!("{worked}."),
            format!("{worked}; the clock."),
            format!("{worked}.")
        ]
    );
    let odd = told(&desk).into_iter().filter(|(_, what)| what.contains("not granted")).count();
    assert_eq!(odd, 2, "each in its place in the activity");
}
