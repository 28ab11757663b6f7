//! Copying, revealing, renewing one.

use tokengauge::app::{Answer, Delivery, Effect, GrantStep, Message, Panel, Parcel, Question, Wanted, Way};
use tokengauge::domain::secret::RevealedValue;
use tokengauge::domain::{Audience, ConnectionValue};

use super::fixtures::*;

fn on_tokens() -> Desk {
    let mut desk = Desk::open(vec![healthy("quiet"), healthy("other")]);
    desk.press("3");
    desk
}

fn choose(desk: &mut Desk, value: ConnectionValue) {
    while desk.app.tokens.value != value {
        desk.press("Down");
    }
}

fn revealed() -> Desk {
    let mut desk = on_tokens();
    choose(&mut desk, ConnectionValue::AccessToken);
    let effects = desk.press("v");
    desk.answer(&effects, Answer::Revealed(Ok(RevealedValue::new("TGSECRET"))));
    assert!(desk.app.tokens.reveal.is_some());
    desk
}

fn sends(effects: &[Effect], value: ConnectionValue) -> bool {
    matches!(effects, [Effect::Deliver { parcel: Parcel::Value(own), way: Way::Clipboard, .. }] if *own == value)
}

#[test]
fn client_id_and_access_token_are_copied_at_once() {
    for value in [ConnectionValue::ClientId, ConnectionValue::AccessToken] {
        let mut desk = on_tokens();
        choose(&mut desk, value);
        assert!(sends(&desk.press("y"), value));
    }
}

#[test]
fn refresh_token_and_secret_are_copied_after_one_question() {
    for value in [ConnectionValue::ClientSecret, ConnectionValue::RefreshToken] {
        let mut desk = on_tokens();
        choose(&mut desk, value);
        assert_eq!(desk.press("y"), []);
        assert!(matches!(desk.app.panel, Some(Panel::Question(Question::Copy { .. }))));
        assert!(sends(&desk.press("Enter"), value));
        assert_eq!(desk.app.panel, None);
    }
}

#[test]
fn no_to_the_question_copies_nothing() {
    let mut desk = on_tokens();
    choose(&mut desk, ConnectionValue::RefreshToken);
    desk.press("y");
    assert_eq!(desk.press("Esc"), []);
}

#[test]
fn what_was_sent_is_never_called_copied() {
    let mut desk = on_tokens();
    let effects = desk.press("y");
    desk.answer(&effects, sent(36));
    assert!(
        desk.said().starts_with("Sent to your terminal (36 characters)") && !desk.said().contains("opied")
    );
}

#[test]
fn a_copy_is_told_under_a_hand_over_too() {
    let mut desk = on_tokens();
    let effects = desk.press("y");
    desk.press("Y");
    desk.answer(&effects, Answer::Delivered(Err(failure())));
    assert_eq!(desk.said(), "the disk is full");
}

#[test]
fn a_value_that_is_not_held_is_neither_copied_nor_shown() {
    let mut desk = Desk::open(vec![unsigned("one")]);
    desk.press("3");
    choose(&mut desk, ConnectionValue::RefreshToken);
    assert_eq!((desk.press("y"), desk.press("v")), (vec![], vec![]));
    assert_eq!(desk.said(), "one has no refresh token.");
}

#[test]
fn a_revealed_value_is_masked_after_ten_seconds() {
    let mut desk = revealed();
    desk.after(seconds(10) - chrono::TimeDelta::milliseconds(1));
    assert!(desk.app.tokens.reveal.is_some());
    desk.after(chrono::TimeDelta::milliseconds(1));
    assert_eq!(desk.app.tokens.reveal, None);
}

#[test]
fn a_revealed_value_is_masked_by_focus_loss_tab_change_lock_and_a_second_press() {
    for key in ["2", "]", "L", "v", "Esc", "Down"] {
        let mut desk = revealed();
        desk.press(key);
        assert_eq!(desk.app.tokens.reveal, None, "{key}");
    }
    let mut desk = revealed();
    desk.send(Message::FocusLost);
    assert_eq!(desk.app.tokens.reveal, None);
}

#[test]
fn a_value_on_its_way_is_shown_under_no_other_name() {
    for key in ["Down", "1", "L"] {
        let mut desk = on_tokens();
        let effects = desk.press("v");
        desk.press(key);
        desk.press("3");
        desk.answer(&effects, Answer::Revealed(Ok(RevealedValue::new("TGSECRET"))));
        assert_eq!(desk.app.tokens.reveal, None, "{key}");
    }
}

#[test]
fn a_value_is_not_shown_under_another_connection() {
    let mut desk = revealed();
    let reading = desk.send(Message::RecordsChanged);
    desk.answer(&reading, Answer::Contents(Ok(contents(vec![healthy("other")]))));
    assert_eq!((desk.chosen(), &desk.app.tokens.reveal), ("other", &None));
}

#[test]
fn a_reveal_that_failed_says_so() {
    let mut desk = on_tokens();
    let effects = desk.press("v");
    desk.answer(&effects, Answer::Revealed(Err(failure())));
    assert_eq!(desk.said(), "the disk is full");
}

#[test]
fn renewing_names_the_set_that_is_seen() {
    let mut desk = on_tokens();
    let seen = desk.own("quiet").renewed_at();
    let effects = desk.press("r");
    let [Effect::Exchange { step, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(
        *step,
        GrantStep::Renew(vec![Wanted { audience: Audience::Graph, seen, troubles_seen: Vec::new() }])
    );
    assert!(desk.app.is_renewing(&id("quiet")));
}

#[test]
fn one_request_for_a_connection_at_a_time() {
    let mut desk = on_tokens();
    assert_eq!(desk.press("r").len(), 1);
    assert_eq!(desk.press("r"), []);
}

#[test]
fn without_a_refresh_token_r_is_not_on_offer() {
    let mut desk = Desk::open(vec![with(healthy("one"), |own| own.tokens.as_mut().unwrap().refresh = None)]);
    assert_eq!(desk.press("r"), []);
    desk.act(tokengauge::app::Action::Renew);
    assert!(desk.said().contains("no refresh token"));
}

#[test]
fn other_ways_for_a_value_are_named() {
    let mut desk = on_tokens();
    desk.press("u");
    assert!(desk.said().contains("tokengauge export quiet"));
}

#[test]
fn a_file_is_named_when_it_was_written() {
    let delivery = Delivery::WrittenTo("/home/ops/x".into());
    let mut desk = on_tokens();
    let effects = desk.press("y");
    desk.answer(&effects, Answer::Delivered(Ok(delivery)));
    assert!(desk.said().contains("/home/ops/x"));
}
