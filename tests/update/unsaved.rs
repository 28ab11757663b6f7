//! Answers that could not be saved: told at once and once, told when they are, asked about before leaving.

use tokengauge::app::{
    Answer, Contents, DamagedFile, Door, Effect, Failure, Leave, LockReason, Message, Panel, Parting,
    Question, SaveNews, Tone, Unlocking,
};
use tokengauge::domain::{ConnectionId, Need, NextStep, RenewalKind};

use super::fixtures::*;

fn desk() -> Desk {
    Desk::open(vec![left("one", minutes(30)), left("two", minutes(30))])
}

fn tell(desk: &mut Desk, news: SaveNews) -> Vec<Effect> {
    let now = desk.now;
    desk.app.update(Message::Saving(news), now)
}

fn not_saved(desk: &mut Desk, name: &str, cause: &str) {
    let failure = Failure::new(cause, "make room on the disk");
    let news = SaveNews::NotSaved { connection: id(name), failure };
    assert_eq!(tell(desk, news), []);
}

fn saved(desk: &mut Desk, name: &str) {
    assert_eq!(tell(desk, SaveNews::Saved { connection: id(name) }), []);
}

fn is_marked(desk: &Desk, connection: &ConnectionId) -> bool {
    let own = desk.app.connections.get(connection).unwrap();
    own.unsaved.is_some()
        && own.need(desk.now) == Need::NeedsYou
        && own.next_step(desk.now) == NextStep::MendDisk
}

fn told(desk: &Desk) -> Vec<String> {
    desk.app.activity.shown().iter().map(|entry| entry.what_happened.clone()).collect()
}

#[test]
fn what_is_not_saved_is_told_at_once_and_each_cause_once() {
    let mut desk = desk();
    not_saved(&mut desk, "one", "cannot write x: No space left on device");
    assert!(is_marked(&desk, &id("one")) && !is_marked(&desk, &id("two")));
    let notice = desk.app.notice.clone().unwrap();
    assert_eq!(notice.tone, Tone::Bad);
    assert!(notice.what_happened.starts_with("one: NOT SAVED, in memory only: "), "{notice:?}");
    assert!(notice.what_to_do.unwrap().contains("every 5 s"));
    desk.app.notice = None;
    let count = told(&desk).len();
    not_saved(&mut desk, "one", "cannot write x: No space left on device");
    assert_eq!((desk.app.notice.clone(), told(&desk).len()), (None, count));
    not_saved(&mut desk, "one", "cannot write x: Input/output error");
    assert_eq!(told(&desk).len(), count + 1);
}

#[test]
fn the_mark_outlives_reading_the_records_and_goes_with_the_save() {
    let mut desk = desk();
    not_saved(&mut desk, "one", "full");
    let read = desk.app.connections.all().iter().cloned();
    let read: Vec<_> = read.map(|own| tokengauge::domain::Overview { unsaved: None, ..own }).collect();
    let effects = desk.app.update(Message::RecordsChanged, desk.now);
    let contents = Contents { connections: read, ..Default::default() };
    desk.answer(&effects, Answer::Contents(Ok(contents)));
    assert!(is_marked(&desk, &id("one")));
    desk.now += seconds(35);
    saved(&mut desk, "one");
    assert!(!is_marked(&desk, &id("one")));
    assert!(desk.said().contains("one: saved now, after 35 s"), "{}", desk.said());
    assert!(told(&desk)[0].starts_with("saved now"));
}

#[test]
fn the_answer_of_the_renewal_comes_after_the_save() {
    let mut desk = desk();
    desk.app.connections.select(id("one"));
    let effects = desk.press("r");
    not_saved(&mut desk, "one", "full");
    saved(&mut desk, "one");
    let mut own = desk.app.connections.get(&id("one")).unwrap().clone();
    renew(&mut own, desk.now, RenewalKind::Refresh);
    desk.answer_with(&effects, own);
    assert!(!is_marked(&desk, &id("one")));
    assert!(!desk.app.is_renewing(&id("one")));
}

#[test]
fn leaving_asks_first_and_leaves_all_the_same() {
    for key in ["q", "Ctrl-C"] {
        let mut desk = desk();
        not_saved(&mut desk, "one", "full");
        assert_eq!(desk.press(key), [], "{key}");
        assert_eq!(desk.app.panel, Some(Panel::Question(Question::LeaveUnsaved)));
        assert_eq!(desk.press("Esc"), []);
        assert_eq!(desk.app.panel, None);
        desk.press(key);
        assert_eq!(desk.press("Enter"), [Effect::Quit(Leave::Quit)], "{key}");
        let mut desk = self::desk();
        not_saved(&mut desk, "one", "full");
        desk.press("Ctrl-C");
        assert_eq!(desk.press("Ctrl-C"), [Effect::Quit(Leave::Quit)], "whoever insists");
    }
}

#[test]
fn the_question_goes_when_everything_is_saved() {
    let mut desk = desk();
    not_saved(&mut desk, "one", "full");
    not_saved(&mut desk, "two", "full");
    desk.press("q");
    saved(&mut desk, "one");
    assert!(desk.app.panel.is_some());
    saved(&mut desk, "two");
    assert_eq!(desk.app.panel, None);
    assert_eq!(desk.press("q"), [Effect::Quit(Leave::Quit)]);
}

#[test]
fn news_of_a_connection_that_is_gone_are_dropped() {
    let mut desk = desk();
    not_saved(&mut desk, "three", "full");
    saved(&mut desk, "three");
    assert_eq!((desk.app.panel.clone(), desk.app.notice.clone()), (None, None));
}

#[test]
fn the_mark_outlives_a_record_that_cannot_be_read_or_is_missing() {
    let damaged =
        DamagedFile { file: "one.age".into(), failure: Failure::new("damaged", "put a backup back") };
    for damaged in [vec![damaged], Vec::new()] {
        let mut desk = desk();
        not_saved(&mut desk, "one", "Input/output error");
        let two = desk.app.connections.get(&id("two")).unwrap().clone();
        let effects = desk.app.update(Message::RecordsChanged, desk.now);
        desk.answer(
            &effects,
            Answer::Contents(Ok(Contents { connections: vec![two], damaged, ..Contents::default() })),
        );
        assert!(is_marked(&desk, &id("one")));
        not_saved(&mut desk, "one", "Read-only file system");
        assert!(desk.said().contains("Read-only file system"), "{}", desk.said());
        desk.app.notice = None;
        assert_eq!(desk.press("q"), []);
        assert_eq!(desk.app.panel, Some(Panel::Question(Question::LeaveUnsaved)));
        saved(&mut desk, "one");
        assert_eq!(desk.press("q"), [Effect::Quit(Leave::Quit)]);
    }
}

#[test]
fn what_is_kept_when_the_vault_is_closed_is_counted_there_and_told_once_it_is_open() {
    let mut desk = desk();
    not_saved(&mut desk, "one", "full");
    desk.send(Message::LockOrdered);
    let failure = Failure::new("the answer for one came, but could not be saved", "make room on the disk");
    assert_eq!(tell(&mut desk, SaveNews::Kept { connection: id("one"), failure }), []);
    let Door::Locked(unlocking) = &desk.app.door else { panic!("{:?}", desk.app.door) };
    assert_eq!(unlocking.not_saved, 1);
    let mut leaving = desk.clone();
    assert_eq!(leaving.press("Ctrl-C"), [Effect::Quit(Leave::Quit)], "nothing is in memory any more");
    desk.type_text("correct horse");
    let effects = desk.press("Enter");
    desk.answer(&effects, Answer::Contents(Ok(contents(vec![left("one", minutes(30))]))));
    assert!(matches!(desk.app.door, Door::Open) && !is_marked(&desk, &id("one")));
    assert!(desk.said().contains("could not be saved"), "{}", desk.said());
    assert!(told(&desk).iter().any(|own| own.contains("could not be saved")));
}

#[test]
fn leaving_from_the_door_takes_two_steps() {
    let closed = || Door::Closed(Failure::new("locked", "unlock it elsewhere"));
    let locked = || Door::Locked(Unlocking::new(LockReason::Ordered));
    for (door, key) in [(locked(), "Ctrl-C"), (closed(), "Ctrl-C"), (closed(), "q")] {
        let mut desk = desk();
        not_saved(&mut desk, "one", "full");
        desk.app.door = door.clone();
        assert_eq!(desk.press(key), [], "{door:?} {key}");
        assert_eq!(desk.app.parting, Parting::Asked, "{key} {:?}", desk.app.door);
        assert_eq!(desk.press(key), [Effect::Quit(Leave::Quit)], "{door:?} {key}");
        let mut desk = self::desk();
        desk.app.door = door;
        assert_eq!(desk.press(key), [Effect::Quit(Leave::Quit)], "nothing is unsaved");
    }
}

#[test]
fn whoever_goes_on_at_the_door_is_asked_anew() {
    for key in ["Esc", "x", "Enter"] {
        let mut desk = desk();
        not_saved(&mut desk, "one", "full");
        desk.press("L");
        assert!(matches!(desk.app.door, Door::Locked(_)));
        assert_eq!(desk.press("Ctrl-C"), []);
        desk.press(key);
        assert_eq!(desk.app.parting, Parting::Unasked, "{key}");
    }
}
