//! Handing over: renewed first, one set, four values, remembered once.

use tokengauge::app::{Answer, Edit, Effect, HandOverPhase, Panel, Parcel, Way};
use tokengauge::domain::app_registration::CredentialFacts;
use tokengauge::domain::hand_over::{FormValue, Label};
use tokengauge::domain::{ConnectionValue, Consumer, Destination, HandedOver, RenewalKind, TroubleKind};

use super::fixtures::*;

fn phase(desk: &Desk) -> &HandOverPhase {
    match &desk.app.panel {
        Some(Panel::HandOver(panel)) => &panel.phase,
        other => panic!("no hand-over: {other:?}"),
    }
}

const FOUR: [FormValue; 4] = [
    FormValue::Value(ConnectionValue::ClientId),
    FormValue::Value(ConnectionValue::ClientSecret),
    FormValue::Value(ConnectionValue::AccessToken),
    FormValue::Value(ConnectionValue::RefreshToken),
];

/// Begins a hand-over to the consumer that is offered first.
fn begin(desk: &mut Desk) -> Vec<Effect> {
    assert_eq!(desk.press("Y"), []);
    assert_eq!(*phase(desk), HandOverPhase::Choosing(0));
    desk.press("Enter")
}

/// Sends all values; what was sent, and what came after the last.
fn hand_all(desk: &mut Desk) -> (Vec<FormValue>, Vec<Effect>) {
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
    assert_eq!(begin(&mut desk), []);
    let (values, after) = hand_all(&mut desk);
    assert_eq!(values, FOUR);
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
    begin(&mut desk);
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
    begin(&mut desk);
    let (values, _) = hand_all(&mut desk);
    assert_eq!(values, [FOUR[0], FOUR[2], FOUR[3]]);
}

#[test]
fn all_values_are_of_one_set() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    let set = desk.own("quiet").access_lifetime().unwrap().starts_at;
    begin(&mut desk);
    let effects = desk.press("y");
    assert!(
        matches!(effects[..], [Effect::Deliver { parcel: Parcel::ValueOfSet(_, own), .. }] if own == set)
    );
}

#[test]
fn one_value_at_a_time() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    begin(&mut desk);
    assert_eq!(desk.press("Enter").len(), 1);
    assert_eq!(desk.press("Enter"), []);
}

#[test]
fn less_than_half_an_hour_is_renewed_first() {
    let mut desk = Desk::open(vec![left("one", minutes(30) - seconds(1)), left("two", minutes(30))]);
    let effects = begin(&mut desk);
    assert_eq!(exchanges(&effects), 1);
    assert!(matches!(phase(&desk), HandOverPhase::Renewing(_)));
    assert_eq!(desk.press("Enter"), [], "nothing is sent before");
    let own = with(desk.own("one"), |own| renew(own, desk.now, RenewalKind::Refresh));
    desk.answer_with(&effects, own);
    assert!(matches!(phase(&desk), HandOverPhase::Handing { set, .. } if *set == desk.now));
    desk.press("Esc");
    desk.app.connections.select(id("two"));
    assert_eq!(begin(&mut desk), [], "half an hour is enough");
}

#[test]
fn a_renewal_under_way_is_awaited() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    let effects = desk.press("r");
    assert_eq!(begin(&mut desk), []);
    assert!(matches!(phase(&desk), HandOverPhase::Renewing(_)));
    let own = with(desk.own("quiet"), |own| renew(own, desk.now, RenewalKind::Refresh));
    desk.answer_with(&effects, own);
    assert!(matches!(phase(&desk), HandOverPhase::Handing { set, .. } if *set == desk.now));
}

#[test]
fn a_renewal_that_was_refused_ends_it() {
    let mut desk = Desk::open(vec![left("one", minutes(5))]);
    let effects = begin(&mut desk);
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
    let effects = begin(&mut desk);
    desk.answer(&effects, Answer::Connection(Err(failure())));
    assert_eq!(*phase(&desk), HandOverPhase::Failed(failure()));
}

#[test]
fn a_set_that_changed_in_between_ends_it_unremembered() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    begin(&mut desk);
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
    begin(&mut desk);
    assert_eq!(desk.after(minutes(25)), [], "due since four minutes");
    desk.press("Esc");
    assert_eq!(exchanges(&desk.after(seconds(1))), 1);
}

#[test]
fn a_hand_over_left_open_does_not_let_the_tokens_lapse() {
    let mut desk = Desk::open(vec![left("one", minutes(31))]);
    desk.app.environment.has_passphrase = false;
    begin(&mut desk);
    assert_eq!(exchanges(&desk.after(minutes(31))), 1);
}

#[test]
fn a_finished_hand_over_holds_no_renewal_back() {
    let mut desk = Desk::open(vec![left("one", minutes(31))]);
    desk.app.environment.has_passphrase = false;
    begin(&mut desk);
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
    begin(&mut desk);
    desk.press("Enter");
    assert_eq!(desk.press("Esc"), []);
    assert_eq!(desk.app.panel, None);
}

#[test]
fn every_field_of_a_form_goes_in_the_forms_order() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    desk.press("Y");
    desk.press("Down");
    desk.press("Enter");
    let (values, _) = hand_all(&mut desk);
    let more = [FormValue::AccessTokenEnd, FormValue::AuthorizationEndpoint, FormValue::TokenEndpoint];
    assert_eq!(values, [&FOUR[..], &more].concat());
}

#[test]
fn n8n_is_given_no_token_and_so_nothing_is_renewed_for_it() {
    let mut desk = Desk::open(vec![left("one", minutes(5))]);
    desk.press("Y");
    desk.press("Down");
    desk.press("Down");
    assert_eq!(desk.press("Enter"), []);
    let (values, after) = hand_all(&mut desk);
    assert_eq!(values, [FormValue::AuthorizationEndpoint, FormValue::TokenEndpoint, FOUR[0], FOUR[1]]);
    let [Effect::Change { edit, .. }] = &after[..] else { panic!("{after:?}") };
    let Edit::HandedOver(given) = &**edit else { panic!("{edit:?}") };
    assert_eq!((&given.refresh_token, given.client_secret.is_some()), (&None, true));
}

#[test]
fn the_consumer_used_last_is_offered_first() {
    let snap = HandedOver::Form(Consumer::SnapLogic);
    let mut own = healthy("quiet");
    own.hand_overs = vec![own.handed_over(snap.clone(), Destination::Clipboard, start())];
    let mut desk = Desk::open(vec![own]);
    desk.press("Y");
    desk.press("Enter");
    let (_, after) = hand_all(&mut desk);
    let [Effect::Change { edit, .. }] = &after[..] else { panic!("{after:?}") };
    assert!(matches!(&**edit, Edit::HandedOver(given) if given.what == snap));
}

#[test]
fn what_was_exported_is_exported_again_from_the_same_list_or_forgotten() {
    let mut own = healthy("quiet");
    let file = Destination::File(Label::of("/etc/x.env"));
    own.hand_overs = vec![own.handed_over(HandedOver::Export(Label::of("json")), file, start())];
    let mut desk = Desk::open(vec![own]);
    desk.press("Y");
    assert_eq!(desk.press("D"), [], "nothing is remembered of App Connect");
    for _ in 0..9 {
        desk.press("Down");
    }
    let effects = desk.press("D");
    assert!(
        matches!(&effects[..], [Effect::Change { edit, .. }] if matches!(**edit, Edit::ForgetHandOver(_)))
    );
    desk.press("Enter");
    let Some(Panel::Export(panel)) = &desk.app.panel else { panic!("{:?}", desk.app.panel) };
    assert_eq!((panel.format.name(), panel.file.text()), ("json", "/etc/x.env"));
}

#[test]
fn a_secret_or_refresh_token_that_was_copied_is_remembered_as_a_copy() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    desk.press("3");
    let copy = desk.press("y");
    assert_eq!(desk.answer(&copy, sent(36)), [], "the client ID is no secret");
    for _ in 0..3 {
        desk.press("Down");
    }
    desk.press("y");
    let copy = desk.press("Enter");
    let effects = desk.answer(&copy, sent(1000));
    let [Effect::Change { edit, .. }] = &effects[..] else { panic!("{effects:?}") };
    let Edit::HandedOver(given) = &**edit else { panic!("{edit:?}") };
    assert_eq!(given.what, HandedOver::Value(ConnectionValue::RefreshToken));
    assert_eq!(given.refresh_token, desk.own("quiet").tokens.unwrap().refresh.map(|held| held.fingerprint));
}
