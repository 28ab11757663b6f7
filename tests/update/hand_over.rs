//! Handing over: renewed first, one set, four values, remembered once.

use tokengauge::app::{Answer, Edit, Effect, HandOverPhase, Panel, Parcel, Way};
use tokengauge::domain::app_registration::CredentialFacts;
use tokengauge::domain::{ConnectionValue, Consumer, HandedOver, RenewalKind, TroubleKind};

use super::fixtures::*;

fn phase(desk: &Desk) -> &HandOverPhase {
    match &desk.app.panel {
        Some(Panel::HandOver(panel)) => &panel.phase,
        other => panic!("no hand-over: {other:?}"),
    }
}

/// Sends all values; what was sent, and what came after the last.
fn hand_all(desk: &mut Desk) -> (Vec<ConnectionValue>, Vec<Effect>) {
    let mut values = Vec::new();
    loop {
        let effects = desk.press("Enter");
        let [Effect::Deliver { parcel: Parcel::ValueOfSet(value, _), way: Way::Clipboard, .. }] =
            &effects[..]
        else {
            panic!("{effects:?}")
        };
        values.push(*value);
        desk.answer(&effects, sent(40));
        if matches!(phase(desk), HandOverPhase::Asking { .. }) {
            return (values, desk.press("Enter"));
        }
    }
}

#[test]
fn four_values_go_in_the_forms_order_and_are_remembered_once() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    assert_eq!(desk.press("Y"), []);
    let (values, after) = hand_all(&mut desk);
    assert_eq!(values, ConnectionValue::ALL);
    let [Effect::Change { edit, .. }] = &after[..] else { panic!("{after:?}") };
    let given = desk.own("quiet").tokens.unwrap().refresh.unwrap().fingerprint;
    let Edit::HandedOver(remembered) = &**edit else { panic!("{edit:?}") };
    assert_eq!(remembered.refresh_token, Some(given));
    assert_eq!(remembered.what, HandedOver::Form(Consumer::AppConnect));
    assert!(matches!(phase(&desk), HandOverPhase::Done { .. }));
    assert_eq!(desk.press("Enter"), [], "nothing is sent after the last");
    assert_eq!(desk.app.panel, None);
}

#[test]
fn what_did_not_arrive_is_not_remembered() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    desk.press("Y");
    for _ in ConnectionValue::ALL {
        let effects = desk.press("Enter");
        desk.answer(&effects, sent(40));
    }
    assert!(matches!(phase(&desk), HandOverPhase::Asking { .. }));
    assert_eq!(desk.press("Esc"), []);
    assert_eq!(desk.app.panel, None);
}

#[test]
fn a_public_client_has_three() {
    let mut desk = Desk::open(vec![with(healthy("one"), |own| own.credential = CredentialFacts::Public)]);
    desk.press("Y");
    let (values, _) = hand_all(&mut desk);
    assert_eq!(
        values,
        [ConnectionValue::ClientId, ConnectionValue::AccessToken, ConnectionValue::RefreshToken]
    );
}

#[test]
fn all_values_are_of_one_set() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    let set = desk.own("quiet").access_lifetime().unwrap().starts_at;
    desk.press("Y");
    let effects = desk.press("y");
    assert!(
        matches!(effects[..], [Effect::Deliver { parcel: Parcel::ValueOfSet(_, own), .. }] if own == set)
    );
}

#[test]
fn one_value_at_a_time() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    desk.press("Y");
    assert_eq!(desk.press("Enter").len(), 1);
    assert_eq!(desk.press("Enter"), []);
}

#[test]
fn less_than_half_an_hour_is_renewed_first() {
    let mut desk = Desk::open(vec![left("one", minutes(30) - seconds(1)), left("two", minutes(30))]);
    let effects = desk.press("Y");
    assert_eq!(exchanges(&effects), 1);
    assert!(matches!(phase(&desk), HandOverPhase::Renewing(_)));
    assert_eq!(desk.press("Enter"), [], "nothing is sent before");
    let own = with(desk.own("one"), |own| renew(own, desk.now, RenewalKind::Refresh));
    desk.answer_with(&effects, own);
    assert!(matches!(phase(&desk), HandOverPhase::Handing { set, .. } if *set == desk.now));
    desk.press("Esc");
    desk.app.connections.select(id("two"));
    assert_eq!(desk.press("Y"), [], "half an hour is enough");
}

#[test]
fn a_renewal_under_way_is_awaited() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    let effects = desk.press("r");
    assert_eq!(desk.press("Y"), []);
    assert!(matches!(phase(&desk), HandOverPhase::Renewing(_)));
    let own = with(desk.own("quiet"), |own| renew(own, desk.now, RenewalKind::Refresh));
    desk.answer_with(&effects, own);
    assert!(matches!(phase(&desk), HandOverPhase::Handing { set, .. } if *set == desk.now));
}

#[test]
fn a_renewal_that_was_refused_ends_it() {
    let mut desk = Desk::open(vec![left("one", minutes(5))]);
    let effects = desk.press("Y");
    let own = with(desk.own("one"), |own| refuse(own, desk.now, TroubleKind::SignInNeeded));
    desk.answer_with(&effects, own);
    assert!(
        matches!(phase(&desk), HandOverPhase::Failed(failure) if failure.what_happened == "the platform said no")
    );
    assert_eq!(desk.press("Enter"), []);
}

#[test]
fn a_renewal_that_could_not_be_stored_ends_it() {
    let mut desk = Desk::open(vec![left("one", minutes(5))]);
    let effects = desk.press("Y");
    desk.answer(&effects, Answer::Connection(Err(failure())));
    assert_eq!(*phase(&desk), HandOverPhase::Failed(failure()));
}

#[test]
fn a_set_that_changed_in_between_ends_it_unremembered() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    desk.press("Y");
    let first = desk.press("Enter");
    desk.answer(&first, sent(36));
    let second = desk.press("Enter");
    let changed = tokengauge::app::Failure::new("the set was renewed meanwhile", "begin again");
    assert_eq!(desk.answer(&second, Answer::Delivered(Err(changed.clone()))), []);
    assert_eq!(*phase(&desk), HandOverPhase::Failed(changed));
}

#[test]
fn a_set_being_handed_over_is_not_renewed_while_it_lives() {
    let mut desk = Desk::open(vec![left("one", minutes(31))]);
    desk.app.environment.has_passphrase = false;
    desk.press("Y");
    assert_eq!(desk.after(minutes(25)), [], "due since four minutes");
    desk.press("Esc");
    assert_eq!(exchanges(&desk.after(seconds(1))), 1);
}

#[test]
fn a_hand_over_left_open_does_not_let_the_tokens_lapse() {
    let mut desk = Desk::open(vec![left("one", minutes(31))]);
    desk.app.environment.has_passphrase = false;
    desk.press("Y");
    assert_eq!(exchanges(&desk.after(minutes(31))), 1);
}

#[test]
fn a_finished_hand_over_holds_no_renewal_back() {
    let mut desk = Desk::open(vec![left("one", minutes(31))]);
    desk.app.environment.has_passphrase = false;
    desk.press("Y");
    hand_all(&mut desk);
    assert_eq!(exchanges(&desk.after(minutes(22))), 1);
}

#[test]
fn never_signed_in_there_is_nothing_to_hand_over() {
    let mut desk = Desk::open(vec![unsigned("one")]);
    assert_eq!(desk.press("Y"), []);
    assert_eq!(desk.app.panel, None);
}

#[test]
fn escape_stops_it_unremembered() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    desk.press("Y");
    desk.press("Enter");
    assert_eq!(desk.press("Esc"), []);
    assert_eq!(desk.app.panel, None);
}
