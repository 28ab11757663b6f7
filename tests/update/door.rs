//! First run, unlocking, locking.

use tokengauge::app::{
    Action, Answer, Contents, Door, DoorFailure, Effect, FirstChoice, FirstStep, Leave, LockReason, Message,
    NewVault, Panel, Tab,
};
use tokengauge::domain::secret::{Passphrase, RevealedValue};

use super::fixtures::*;

fn step(desk: &Desk) -> &FirstStep {
    match &desk.app.door {
        Door::FirstRun(first) => &first.step,
        other => panic!("{other:?}"),
    }
}

fn first_failure(desk: &Desk) -> String {
    match &desk.app.door {
        Door::FirstRun(first) => first.failure.as_ref().map_or(String::new(), |f| f.what_happened.clone()),
        other => panic!("{other:?}"),
    }
}

fn locked(desk: &Desk) -> &tokengauge::app::Unlocking {
    match &desk.app.door {
        Door::Locked(unlocking) => unlocking,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_passphrase_typed_twice_makes_a_vault() {
    let mut desk = Desk::first_run();
    desk.press("Enter");
    desk.type_text("correct horse");
    assert_eq!(desk.press("Enter"), []);
    desk.type_text("correct horse");
    let effects = desk.press("Enter");
    let protection = NewVault::Passphrase(Passphrase::new("correct horse"));
    assert_eq!(effects, [Effect::CreateVault { request: request(&effects[0]), protection }]);
    desk.answer(&effects, Answer::Contents(Ok(Contents::default())));
    assert_eq!(desk.app.door, Door::Open);
    assert!(desk.said().contains("/home/ops/vault"));
}

#[test]
fn a_vault_just_made_with_a_passphrase_asks_for_it_after_a_lock() {
    let mut desk = Desk::first_run();
    desk.press("Enter");
    for _ in 0..2 {
        desk.type_text("correct horse");
        let effects = desk.press("Enter");
        if !effects.is_empty() {
            desk.answer(&effects, Answer::Contents(Ok(Contents::default())));
        }
    }
    desk.press("L");
    assert_eq!(desk.press("Enter"), [], "nothing typed, nothing opened");
    assert!(matches!(desk.app.door, Door::Locked(_)));
}

#[test]
fn a_short_passphrase_is_refused_in_words() {
    let mut desk = Desk::first_run();
    desk.press("Enter");
    desk.type_text("1234567");
    assert_eq!(desk.press("Enter"), []);
    assert!(matches!(step(&desk), FirstStep::Passphrase(_)));
    assert!(first_failure(&desk).contains("at least 8 characters"));
    desk.type_text("8");
    assert_eq!(first_failure(&desk), "", "the next key takes the remark away");
    desk.press("Enter");
    assert!(matches!(step(&desk), FirstStep::Again { .. }));
}

#[test]
fn two_different_passphrases_begin_again() {
    let mut desk = Desk::first_run();
    desk.press("Enter");
    desk.type_text("correct horse");
    desk.press("Enter");
    desk.type_text("correct house");
    assert_eq!(desk.press("Enter"), []);
    assert!(matches!(step(&desk), FirstStep::Passphrase(field) if field.is_empty()));
    assert!(first_failure(&desk).contains("not the same"));
}

#[test]
fn the_key_file_path_is_offered_and_may_be_changed() {
    let mut desk = Desk::first_run();
    desk.press("Down");
    desk.press("Enter");
    assert!(matches!(step(&desk), FirstStep::KeyFile(field) if field.text() == "/home/ops/key.txt"));
    desk.press("Ctrl-C");
    assert_eq!(desk.press("Enter"), []);
    assert!(first_failure(&desk).contains("No path"));
    desk.type_text("/mnt/key");
    let effects = desk.press("Enter");
    let protection = NewVault::KeyFile("/mnt/key".into());
    assert_eq!(effects, [Effect::CreateVault { request: request(&effects[0]), protection }]);
    desk.answer(&effects, Answer::Contents(Ok(Contents::default())));
    assert!(!desk.app.environment.has_passphrase);
}

#[test]
fn the_demo_is_the_third_choice() {
    let mut desk = Desk::first_run();
    for _ in 0..5 {
        desk.press("j");
    }
    assert!(matches!(&desk.app.door, Door::FirstRun(first) if first.choice == FirstChoice::Demo));
    assert_eq!(desk.press("Enter"), [Effect::Quit(Leave::Demo)]);
}

#[test]
fn escape_leads_back_to_the_choice_and_then_out() {
    let mut desk = Desk::first_run();
    desk.press("Enter");
    desk.type_text("q is text here");
    desk.press("Esc");
    assert_eq!(step(&desk), &FirstStep::Choosing);
    assert_eq!(desk.press("q"), [Effect::Quit(Leave::Quit)]);
}

#[test]
fn a_vault_that_could_not_be_made_says_why() {
    let mut desk = Desk::first_run();
    desk.press("Down");
    desk.press("Enter");
    let effects = desk.press("Enter");
    assert_eq!(desk.press("Enter"), [], "it is being made");
    desk.answer(&effects, Answer::Contents(Err(DoorFailure::Other(failure()))));
    assert_eq!((step(&desk), first_failure(&desk).as_str()), (&FirstStep::Choosing, "the disk is full"));
}

#[test]
fn a_wrong_passphrase_keeps_the_screen_and_says_so() {
    let mut desk = Desk::locked();
    desk.type_text("wrong");
    let effects = desk.press("Enter");
    let passphrase = Some(Passphrase::new("wrong"));
    assert_eq!(effects, [Effect::OpenVault { request: request(&effects[0]), passphrase }]);
    assert!(locked(&desk).field.is_empty(), "what was tried is not kept");
    desk.answer(&effects, Answer::Contents(Err(DoorFailure::WrongPassphrase)));
    let said = locked(&desk).failure.clone().unwrap();
    assert!(said.what_happened.contains("does not open"), "{said:?}");
    desk.type_text("r");
    assert_eq!(locked(&desk).failure, None);
}

#[test]
fn one_try_at_a_time() {
    let mut desk = Desk::locked();
    desk.type_text("one");
    assert_eq!(desk.press("Enter").len(), 1);
    desk.type_text("two");
    assert_eq!(desk.press("Enter"), []);
    assert!(locked(&desk).field.is_empty());
}

#[test]
fn an_empty_passphrase_is_not_tried() {
    assert_eq!(Desk::locked().press("Enter"), []);
}

#[test]
fn an_answer_to_an_older_try_opens_nothing() {
    let mut desk = Desk::locked();
    desk.type_text("one");
    let first = desk.press("Enter");
    desk.answer(&first, Answer::Contents(Err(DoorFailure::WrongPassphrase)));
    desk.type_text("two");
    desk.press("Enter");
    desk.answer(&first, Answer::Contents(Ok(Contents::default())));
    assert!(matches!(desk.app.door, Door::Locked(_)));
}

#[test]
fn without_a_passphrase_at_hand_the_door_asks() {
    let mut desk = Desk::first_run();
    let effects = desk.app.open_vault();
    desk.answer(&effects, Answer::Contents(Err(DoorFailure::Locked)));
    assert_eq!(locked(&desk).why, LockReason::Start);
}

#[test]
fn a_vault_that_nothing_opens_is_tried_again_by_enter() {
    let mut desk = Desk::first_run();
    let effects = desk.app.open_vault();
    desk.answer(&effects, Answer::Contents(Err(DoorFailure::Other(failure()))));
    assert_eq!(desk.app.door, Door::Closed(failure()));
    assert!(matches!(desk.press("Enter")[..], [Effect::OpenVault { passphrase: None, .. }]));
}

#[test]
fn locking_hides_panels_lines_and_revealed_values() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    desk.press("3");
    let effects = desk.press("v");
    desk.answer(&effects, Answer::Revealed(Ok(RevealedValue::new("TGSECRET"))));
    assert!(desk.app.tokens.reveal.is_some());
    desk.press("L");
    assert_eq!(locked(&desk).why, LockReason::ByKey);
    assert_eq!((&desk.app.panel, &desk.app.line, &desk.app.tokens.reveal), (&None, &None, &None));
}

#[test]
fn a_value_on_its_way_is_not_shown_after_a_lock() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    desk.press("3");
    let reveal = desk.press("v");
    desk.press("L");
    desk.type_text("correct horse");
    let open = desk.press("Enter");
    desk.answer(&open, Answer::Contents(Ok(contents(vec![healthy("quiet")]))));
    desk.answer(&reveal, Answer::Revealed(Ok(RevealedValue::new("TGSECRET"))));
    assert_eq!((desk.app.tab, &desk.app.tokens.reveal), (Tab::Tokens, &None));
}

#[test]
fn ten_idle_minutes_lock_and_renewals_go_on() {
    let mut desk = Desk::open(vec![left("due", minutes(25))]);
    desk.press("n");
    assert!(desk.after(minutes(10) - seconds(1)).is_empty());
    assert!(matches!(desk.app.panel, Some(Panel::Input(_))));
    assert_eq!(desk.after(seconds(1)), []);
    assert_eq!(locked(&desk).why, LockReason::Idle);
    assert!(matches!(desk.app.panel, Some(Panel::Input(_))), "a form half filled waits behind the door");
    let effects = desk.after(minutes(6));
    assert_eq!(exchanges(&effects), 1);
    let mut own = desk.own("due");
    renew(&mut own, desk.now, tokengauge::domain::RenewalKind::Refresh);
    desk.answer_with(&effects, own);
    assert!(matches!(desk.app.door, Door::Locked(_)), "an answer opens no door");
}

#[test]
fn every_key_puts_the_idle_lock_off() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    for _ in 0..4 {
        desk.after(minutes(9));
        desk.press("Down");
    }
    assert_eq!(desk.app.door, Door::Open);
}

#[test]
fn a_vault_without_passphrase_does_not_lock_itself() {
    let mut desk = Desk::open(vec![unsigned("one")]);
    desk.app.environment.has_passphrase = false;
    desk.after(days(1));
    assert_eq!(desk.app.door, Door::Open);
}

#[test]
fn a_vault_locked_elsewhere_renews_nothing_and_keeps_what_is_typed_at_the_door() {
    let mut desk = Desk::open(vec![left("due", minutes(15))]);
    desk.press("L");
    desk.type_text("correct");
    let reading = desk.send(Message::RecordsChanged);
    desk.answer(&reading, Answer::Contents(Err(DoorFailure::Locked)));
    assert_eq!((locked(&desk).why, locked(&desk).field.text()), (LockReason::Start, "correct"));
    assert_eq!(desk.after(minutes(30)), []);
    assert_eq!(desk.app.next_deadline(desk.now), desk.now + seconds(30));
}

#[test]
fn interrupt_clears_the_passphrase_and_then_leaves() {
    let mut desk = Desk::locked();
    desk.type_text("half");
    assert_eq!(desk.act(Action::Interrupt), []);
    assert_eq!(desk.act(Action::Interrupt), [Effect::Quit(Leave::Quit)]);
}

#[test]
fn a_passphrase_may_be_pasted_with_its_line_end() {
    let mut desk = Desk::locked();
    desk.paste("correct horse\n");
    let effects = desk.press("Enter");
    assert_eq!(
        effects,
        [Effect::OpenVault {
            request: request(&effects[0]),
            passphrase: Some(Passphrase::new("correct horse"))
        }]
    );
}

fn open_until(desk: &mut Desk, until: chrono::TimeDelta) {
    let reading = desk.send(Message::RecordsChanged);
    let contents = contents(desk.app.connections.all().to_vec());
    let open_until = Some(desk.now + until);
    desk.answer(&reading, Answer::Contents(Ok(Contents { open_until, ..contents })));
}

#[test]
fn an_order_to_lock_gives_the_key_back_and_nothing_renews() {
    let mut desk = Desk::open(vec![left("due", minutes(15))]);
    assert_eq!(desk.send(Message::LockOrdered), [Effect::LockVault]);
    assert_eq!(locked(&desk).why, LockReason::Ordered);
    assert_eq!(desk.send(Message::LockOrdered), [], "it is locked already");
    assert_eq!(desk.after(minutes(30)), []);
    assert_eq!(desk.send(Message::RecordsChanged), []);
    assert_eq!(desk.app.next_deadline(desk.now), desk.now + seconds(30));
}

#[test]
fn an_order_is_heard_behind_a_locked_screen_and_voids_the_try_under_way() {
    let mut desk = Desk::open(vec![left("due", minutes(15))]);
    desk.press("L");
    desk.type_text("correct horse");
    let opening = desk.press("Enter");
    desk.type_text("more");
    assert_eq!(desk.send(Message::LockOrdered), [Effect::LockVault]);
    assert_eq!((locked(&desk).why, locked(&desk).trying), (LockReason::Ordered, None));
    desk.answer(&opening, Answer::Contents(Ok(contents(vec![left("due", minutes(15))]))));
    assert!(matches!(desk.app.door, Door::Locked(_)), "the key came before the order");
}

#[test]
fn a_vault_that_was_locked_opens_by_whatever_opens_it_and_a_screen_by_the_passphrase_alone() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    desk.press("L");
    assert_eq!(desk.press("Enter"), []);
    desk.send(Message::LockOrdered);
    let opening = desk.press("Enter");
    assert!(matches!(opening[..], [Effect::OpenVault { passphrase: None, .. }]));
    desk.answer(&opening, Answer::Contents(Err(DoorFailure::Locked)));
    assert!(locked(&desk).failure.as_ref().unwrap().what_to_do.contains("passphrase"));
}

#[test]
fn a_vault_without_a_passphrase_says_how_it_is_unlocked() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    desk.app.environment.has_passphrase = false;
    desk.send(Message::LockOrdered);
    let Door::Closed(failure) = &desk.app.door else { panic!("{:?}", desk.app.door) };
    assert!(
        failure.what_happened.contains("Nothing renews here") && failure.what_to_do.contains("vault unlock")
    );
    assert!(matches!(desk.press("Enter")[..], [Effect::OpenVault { passphrase: None, .. }]));
}

#[test]
fn twelve_hours_after_its_key_was_given_the_vault_locks_and_tells_it_once_before() {
    let mut desk = Desk::open(vec![unsigned("one")]);
    desk.app.environment.has_passphrase = false;
    open_until(&mut desk, minutes(12 * 60));
    assert_eq!(desk.after(minutes(12 * 60 - 10) - seconds(1)), []);
    assert_eq!(desk.app.notice, None);
    assert_eq!(desk.app.next_deadline(desk.now), desk.now + seconds(1));
    desk.after(seconds(1));
    assert!(desk.said().contains("locks at 02:20"), "{}", desk.said());
    desk.press("Down");
    desk.after(minutes(1));
    assert_eq!(desk.app.notice, None, "once");
    assert_eq!(desk.after(minutes(9) - seconds(1)), []);
    assert_eq!(desk.app.next_deadline(desk.now), desk.now + seconds(1));
    assert_eq!(desk.after(seconds(1)), [Effect::LockVault]);
    assert!(matches!(desk.app.door, Door::Closed(_)));
}

#[test]
fn the_passphrase_at_the_door_begins_the_hours_anew() {
    let mut desk = Desk::open(vec![unsigned("one")]);
    open_until(&mut desk, minutes(60));
    desk.press("L");
    desk.after(minutes(59));
    desk.type_text("correct horse");
    let opening = desk.press("Enter");
    let open_until = Some(desk.now + minutes(12 * 60));
    let contents = Contents { open_until, ..contents(vec![unsigned("one")]) };
    desk.answer(&opening, Answer::Contents(Ok(contents)));
    desk.after(minutes(2));
    assert_eq!((&desk.app.door, desk.app.open_until()), (&Door::Open, open_until));
}

#[test]
fn a_machine_that_slept_past_the_hours_wakes_up_locked() {
    let mut desk = Desk::open(vec![left("due", minutes(15))]);
    open_until(&mut desk, minutes(60));
    assert_eq!(desk.after(days(1)), [Effect::LockVault], "nothing is renewed with a key that is over");
    assert_eq!(locked(&desk).why, LockReason::Hours);
}

#[test]
fn a_typed_secret_waits_behind_a_locked_vault_and_values_do_not() {
    let mut desk = super::form::filled();
    assert!(desk.app.holds_unsaved_secret());
    desk.send(Message::LockOrdered);
    assert!(matches!(&desk.app.panel, Some(Panel::Input(_))) && desk.app.holds_unsaved_secret());

    for key in ["Y", "x"] {
        let mut desk = Desk::open(vec![healthy("quiet")]);
        desk.press(key);
        assert!(desk.app.panel.is_some(), "{key}");
        desk.send(Message::LockOrdered);
        assert_eq!(desk.app.panel, None, "{key}");
    }
    let mut desk = Desk::open(vec![healthy("quiet")]);
    desk.press("3");
    let reveal = desk.press("v");
    desk.send(Message::LockOrdered);
    desk.answer(&reveal, Answer::Revealed(Ok(RevealedValue::new("TGSECRET"))));
    assert_eq!(desk.app.tokens.reveal, None);
}
