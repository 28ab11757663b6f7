//! Asking an administrator to consent: the message goes out, the answer comes back, perhaps days later.

use tokengauge::app::{
    Action, Answer, ConsentPhase, Context, Delivery, Edit, Effect, FieldId, FieldView, Panel, Parcel, Tab,
    Way,
};
use tokengauge::domain::{AdminConsent, AdminConsentRequest, NextStep, Overview, RenewalKind, TroubleKind};

use super::fixtures::*;

const GIVEN: &str =
    "http://localhost:8400/?admin_consent=True&tenant=7d5c2a10-6b0e-4c7b-9a51-0f3c2f8e1b44&state=ask-state";
const REFUSED: &str = "http://localhost:8400/?admin_consent=True&error=access_denied\
     &error_description=AADSTS65004%3a+declined&state=ask-state";

pub fn asked(mut overview: Overview) -> Overview {
    overview.admin_consent = Some(AdminConsent::Asked(AdminConsentRequest {
        state: "ask-state".into(),
        redirect_uri: overview.settings.redirect_uri.clone(),
        address: "https://login.microsoftonline.com/organizations/v2.0/adminconsent?state=ask-state"
            .parse()
            .unwrap(),
        asked_at: start(),
    }));
    overview
}

fn consented(overview: &Overview) -> Overview {
    with(overview.clone(), |own| {
        own.trouble = None;
        own.admin_consent = Some(AdminConsent::Given { at: start(), tenant: None });
    })
}

fn missing() -> Overview {
    troubled("litware", TroubleKind::ConsentMissing)
}

fn waiting() -> Desk {
    let mut desk = Desk::open(vec![asked(missing()), healthy("quiet")]);
    assert_eq!(desk.press("A"), [], "what was asked before is gone on with");
    desk
}

fn phase(desk: &Desk) -> &ConsentPhase {
    match &desk.app.panel {
        Some(Panel::Consent(panel)) => &panel.phase,
        other => panic!("no panel for consent: {other:?}"),
    }
}

#[test]
fn the_next_step_of_a_missing_consent_leads_to_the_message() {
    let mut desk = Desk::open(vec![missing()]);
    assert_eq!(desk.own("litware").next_step(desk.now), NextStep::AskConsent);
    let effects = desk.press("A");
    assert!(matches!(&effects[..], [Effect::BeginAdminConsent { .. }]), "{effects:?}");
    assert_eq!(desk.answer_with(&effects, asked(missing())), []);
    assert_eq!((phase(&desk), desk.app.context()), (&ConsentPhase::Waiting, Context::Consent));
}

#[test]
fn the_message_goes_to_the_clipboard_or_a_file_and_its_address_onto_a_plain_page() {
    let mut desk = waiting();
    for (key, way) in [("y", Way::Clipboard), ("w", Way::File)] {
        let effects = desk.press(key);
        let [Effect::Deliver { parcel, way: by, .. }] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!((*parcel, *by), (Parcel::AdminConsentMessage, way));
        desk.answer(&effects, Answer::Delivered(Ok(Delivery::SentToTerminal { characters: 900 })));
    }
    desk.press("P");
    assert!(
        desk.app.plain_page().unwrap().ends_with("/v2.0/adminconsent?state=ask-state"),
        "the address alone"
    );
    desk.press("Esc");
    assert_eq!(phase(&desk), &ConsentPhase::Waiting);
}

#[test]
fn an_answer_that_says_yes_clears_the_way_to_the_sign_in() {
    let mut desk = waiting();
    let effects = desk.paste(GIVEN);
    let [Effect::Change { edit, .. }] = &effects[..] else { panic!("{effects:?}") };
    let tenant = Some("7d5c2a10-6b0e-4c7b-9a51-0f3c2f8e1b44".to_owned());
    assert_eq!(**edit, Edit::AdminConsentGiven { tenant });
    desk.answer_with(&effects, consented(&missing()));
    assert_eq!(phase(&desk), &ConsentPhase::Given);
    let effects = desk.press("a");
    assert!(matches!(&effects[..], [Effect::BeginAttempt { .. }]), "{effects:?}");
}

#[test]
fn consent_of_another_tenant_than_the_tokens_tell_is_not_taken() {
    let mut desk = Desk::open(vec![asked(healthy("litware"))]);
    let mut own = desk.own("litware");
    own.tokens.as_mut().unwrap().user.tid = Some("0a1b2c3d-0000-4000-8000-000000000000".into());
    desk.app.connections.put(own);
    assert_eq!(desk.paste(GIVEN), []);
    let ConsentPhase::Failed(failure) = phase(&desk) else { panic!("{:?}", phase(&desk)) };
    assert!(failure.what_happened.contains("another tenant"), "{failure:?}");
}

#[test]
fn a_message_names_tenant_permissions_and_address() {
    let own = asked(missing());
    let message =
        tokengauge::app::consent_message::consent_message(&own, own.open_consent_request().unwrap());
    for wanted in ["the mailbox's tenant", "Mail.Send", "adminconsent?state=ask-state", "delegated"] {
        assert!(message.contains(wanted), "{wanted}: {message}");
    }
    assert!(
        message.lines().all(|line| line.starts_with("https://") || line.chars().count() <= 78),
        "{message}"
    );
}

#[test]
fn the_answer_finds_its_request_wherever_it_is_pasted() {
    let mut desk = Desk::open(vec![healthy("quiet"), asked(missing())]);
    let effects = desk.paste(GIVEN);
    assert!(matches!(&effects[..], [Effect::Change { connection, .. }] if *connection == id("litware")));
}

#[test]
fn a_refusal_is_told_and_asking_again_is_offered() {
    let mut desk = waiting();
    let effects = desk.paste(REFUSED);
    assert!(
        matches!(&effects[..], [Effect::Change { edit, .. }] if **edit == Edit::AdminConsentRefused),
        "{effects:?}"
    );
    assert!(matches!(phase(&desk), ConsentPhase::Failed(_)));
    desk.answer_with(&effects, missing());
    assert!(matches!(&desk.press("A")[..], [Effect::BeginAdminConsent { .. }]));
}

#[test]
fn what_is_no_answer_changes_nothing_and_may_be_pasted_again() {
    let mut desk = waiting();
    for wrong in [
        "http://localhost:8400/?code=1.AVcAfakeFAKE0.AgABBAIAAABlMNz&state=ask-state",
        "http://localhost:8400/?admin_consent=False&state=ask-state",
        "http://localhost:8400/?admin_consent=True&state=another",
        "hello there",
    ] {
        assert_eq!(desk.paste(wrong), [], "{wrong}");
        let Some(Panel::Consent(panel)) = &desk.app.panel else { panic!("the panel stays") };
        assert!(panel.refusal.is_some(), "{wrong}");
    }
    assert_eq!(desk.paste(GIVEN).len(), 1);
}

#[test]
fn an_unmarked_paste_is_taken_when_it_has_come_to_rest() {
    let mut desk = waiting();
    let (head, tail) = GIVEN.split_at(40);
    assert_eq!((desk.piece(head), desk.piece(tail)), (Vec::new(), Vec::new()));
    assert!(desk.app.next_deadline(desk.now) <= desk.now + seconds(1));
    assert_eq!(desk.after(seconds(1)).len(), 1);
}

#[test]
fn asking_from_an_open_sign_in_comes_back_to_it() {
    let mut desk = Desk::open(vec![begun(unsigned("northwind"), start())]);
    let effects = desk.press("a");
    desk.answer(&effects, sent(471));
    let effects = desk.press("A");
    desk.answer_with(&effects, asked(begun(unsigned("northwind"), start())));
    assert_eq!(phase(&desk), &ConsentPhase::Waiting);
    desk.press("Esc");
    assert_eq!(desk.app.context(), Context::SignIn);
}

#[test]
fn signing_in_after_consent_leaves_no_older_panel() {
    let mut desk = Desk::open(vec![begun(unsigned("northwind"), start())]);
    let effects = desk.press("a");
    desk.answer(&effects, sent(471));
    let effects = desk.press("A");
    desk.answer_with(&effects, asked(begun(unsigned("northwind"), start())));
    let effects = desk.paste(GIVEN);
    desk.answer_with(&effects, consented(&begun(unsigned("northwind"), start())));
    assert_eq!(phase(&desk), &ConsentPhase::Given);
    let mut closed = desk.clone();
    let effects = desk.press("a");
    desk.answer(&effects, sent(471));
    closed.press("Esc");
    for mut desk in [desk, closed] {
        assert_eq!(desk.app.context(), Context::SignIn);
        let effects = desk.paste(GOOD);
        let own = with(desk.own("northwind"), |own| renew(own, desk.now, RenewalKind::SignIn));
        desk.answer_with(&effects, own);
        assert_eq!((&desk.app.panel, desk.app.tab), (&None, Tab::Tokens));
    }
}

#[test]
fn an_address_of_a_sign_in_goes_there_from_the_panel_for_consent() {
    let mut desk = Desk::open(vec![begun(unsigned("northwind"), start())]);
    let effects = desk.press("a");
    desk.answer(&effects, sent(471));
    let effects = desk.press("A");
    desk.answer_with(&effects, asked(begun(unsigned("northwind"), start())));
    let mut in_pieces = desk.clone();
    assert_eq!(exchanges(&desk.paste(GOOD)), 1);
    let (one, two) = GOOD.split_at(40);
    in_pieces.piece(one);
    in_pieces.piece(two);
    let mut entered = in_pieces.clone();
    assert_eq!(exchanges(&in_pieces.after(seconds(1))), 1);
    assert_eq!(exchanges(&entered.press("Enter")), 1);
}

#[test]
fn a_sign_in_that_ended_behind_the_panel_for_consent_says_so_when_it_comes_back() {
    let mut desk = Desk::open(vec![begun(unsigned("northwind"), start())]);
    let effects = desk.press("a");
    desk.answer(&effects, sent(471));
    let effects = desk.press("A");
    desk.answer_with(&effects, asked(begun(unsigned("northwind"), start())));
    desk.now += minutes(15);
    desk.press("Esc");
    assert!(desk.failed_with().contains("fifteen minutes"));
}

#[test]
fn a_form_that_holds_something_comes_back_after_the_consent() {
    let mut desk = Desk::open(vec![healthy("quiet"), asked(missing())]);
    desk.press("n");
    desk.type_text("half-typed");
    let effects = desk.paste(GIVEN);
    desk.answer_with(&effects, consented(&missing()));
    assert_eq!(phase(&desk), &ConsentPhase::Given);
    desk.press("Esc");
    let Some(Panel::Input(pane)) = &desk.app.panel else { panic!("{:?}", desk.app.panel) };
    assert!(matches!(pane.view(FieldId::Name), FieldView::Text(field) if field.text() == "half-typed"));
}

#[test]
fn every_connection_can_ask() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    assert!(matches!(&desk.act(Action::AdminConsent)[..], [Effect::BeginAdminConsent { .. }]));
}
