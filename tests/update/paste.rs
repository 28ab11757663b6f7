//! Pasted text: whole, in pieces, for another panel, for nobody; what is refused, counted, masked.

use tokengauge::app::{Answer, Edit, Effect, FieldId, FieldView, GrantStep, Panel, Phase, Tab};
use tokengauge::domain::secret::AuthorizationCode;
use tokengauge::domain::{AttemptFacts, RenewalKind, TroubleKind};

use super::fixtures::*;

/// `northwind` waits for its address, `fabrikam` waits too, `quiet` holds tokens.
fn desk() -> Desk {
    let begun_at = start() - minutes(1);
    Desk::open(vec![
        begun(unsigned("northwind"), begun_at),
        begun(unsigned("fabrikam"), begun_at),
        healthy("quiet"),
    ])
}

fn waiting() -> Desk {
    let mut desk = desk();
    let effects = desk.press("a");
    desk.answer(&effects, sent(471));
    desk
}

fn redeems(effects: &[Effect], name: &str) -> bool {
    matches!(effects, [Effect::Exchange { connection, step: GrantStep::Redeem { code, .. }, .. }]
        if *connection == id(name) && *code == AuthorizationCode::new("0.AXkA-good-code"))
}

fn counts_as_try(effects: &[Effect]) -> bool {
    matches!(effects, [Effect::Change { edit, .. }] if **edit == Edit::WrongPaste { state: "state-of-northwind".into() })
}

fn refusal(desk: &Desk) -> &str {
    &desk.sign_in().refusal.as_ref().expect("a refusal").failure.what_happened
}

#[test]
fn a_whole_address_is_redeemed_at_once() {
    let mut desk = waiting();
    assert!(redeems(&desk.paste(GOOD), "northwind"));
    assert!(!desk.app.is_typing());
}

#[test]
fn a_code_that_was_refused_is_not_kept() {
    let mut desk = waiting();
    let effects = desk.paste(GOOD);
    let own = with(desk.own("northwind"), |own| {
        refuse(own, desk.now, TroubleKind::SignInNeeded);
        own.attempt = None;
    });
    desk.answer_with(&effects, own);
    assert!(matches!(desk.sign_in().phase, Phase::Failed(_)));
    assert_eq!(desk.sign_in().paste.text(), "");
}

#[test]
fn a_code_that_was_not_spent_is_tried_again_on_enter() {
    let mut desk = waiting();
    let effects = desk.paste(GOOD);
    let reading = desk.answer(&effects, Answer::Connection(Err(failure())));
    assert_eq!(desk.failed_with(), "the disk is full", "the record tells whether it is over");
    let read = vec![desk.own("northwind"), desk.own("fabrikam"), desk.own("quiet")];
    assert_eq!(desk.answer(&reading, Answer::Contents(Ok(contents(read)))), []);
    assert_eq!((&desk.sign_in().phase, desk.app.is_typing()), (&Phase::Waiting, true));
    assert_eq!(refusal(&desk), "the disk is full");
    let advice = &desk.sign_in().refusal.as_ref().unwrap().failure.what_to_do;
    assert!(advice.starts_with("Enter tries again."), "{advice}");
    // An unmarked paste takes its place, a burst after it does not.
    let mut another = desk.clone();
    let (one, two) = GOOD.split_at(60);
    another.piece(one);
    another.piece(two);
    assert_eq!(another.sign_in().paste.text(), GOOD);
    assert!(redeems(&desk.press("Enter"), "northwind"));
}

#[test]
fn a_code_whose_sign_in_is_over_in_the_record_is_not_offered_again() {
    let mut desk = waiting();
    let effects = desk.paste(GOOD);
    let reading = desk.answer(&effects, Answer::Connection(Err(failure())));
    let over = with(unsigned("northwind"), |own| own.generation = 9);
    desk.answer(&reading, Answer::Contents(Ok(contents(vec![over]))));
    assert_eq!(desk.failed_with(), "the disk is full");
    assert_eq!(desk.sign_in().paste.text(), "");
}

#[test]
fn an_address_in_pieces_is_taken_when_it_has_settled() {
    let mut desk = waiting();
    let (one, two) = GOOD.split_at(40);
    assert_eq!(desk.piece(one), []);
    assert_eq!(desk.after(seconds(0)), []);
    desk.now += chrono::TimeDelta::milliseconds(300);
    assert_eq!(desk.piece(two), []);
    assert_eq!(desk.after(chrono::TimeDelta::milliseconds(300)), [], "the second piece began the wait anew");
    assert_eq!(desk.app.next_deadline(desk.now), desk.now + chrono::TimeDelta::milliseconds(100));
    assert!(redeems(&desk.after(chrono::TimeDelta::milliseconds(100)), "northwind"));
}

#[test]
fn what_is_no_good_when_it_settles_waits_for_more_and_costs_no_try() {
    let mut desk = waiting();
    let (one, two) = GOOD.split_at(40);
    desk.piece(one);
    assert_eq!(desk.after(seconds(5)), []);
    assert_eq!(desk.sign_in().paste.text(), one);
    desk.piece(two);
    assert!(redeems(&desk.after(seconds(1)), "northwind"));
}

#[test]
fn enter_takes_what_is_there_without_waiting() {
    let mut desk = waiting();
    desk.piece(GOOD);
    assert!(redeems(&desk.press("Enter"), "northwind"));
}

#[test]
fn an_address_goes_to_the_sign_in_that_it_names_wherever_it_is_pasted() {
    for key in ["1", "2", "3", "4", "n", "D", "/", "?"] {
        let mut desk = desk();
        desk.app.connections.select(id("quiet"));
        desk.press(key);
        assert!(redeems(&desk.paste(GOOD), "northwind"), "after {key}");
        assert_eq!(desk.sign_in().connection, id("northwind"));
    }
}

#[test]
fn an_address_for_another_open_sign_in_goes_there() {
    let mut desk = waiting();
    let address = GOOD.replace("northwind", "fabrikam");
    assert!(redeems(&desk.paste(&address), "fabrikam"));
}

#[test]
fn a_form_that_holds_something_comes_back_after_the_sign_in() {
    let mut desk = desk();
    desk.press("n");
    desk.type_text("half-typed");
    let effects = desk.paste(GOOD);
    let own = with(desk.own("northwind"), |own| renew(own, desk.now, RenewalKind::SignIn));
    desk.answer_with(&effects, own);
    let Some(Panel::Input(pane)) = &desk.app.panel else { panic!("{:?}", desk.app.panel) };
    assert!(matches!(pane.view(FieldId::Name), FieldView::Text(field) if field.text() == "half-typed"));
}

#[test]
fn other_text_is_told_and_never_acts_as_keys() {
    for tab in Tab::ALL {
        let mut desk = desk();
        desk.app.tab = tab;
        desk.app.connections.select(id("quiet"));
        assert_eq!(desk.paste("qDRLXr\n\u{3}"), [], "{tab:?}");
        assert_eq!(desk.piece("qDRLXr"), []);
        assert!(desk.said().contains("none of it acted as keys"));
        assert_eq!((&desk.app.panel, desk.app.tab), (&None, tab));
    }
}

#[test]
fn a_pasted_line_end_saves_no_form_and_removes_nothing() {
    let mut desk = desk();
    desk.press("D");
    assert_eq!(desk.paste("northwind\r\n"), []);
    assert!(matches!(desk.app.panel, Some(Panel::Question(_))));
}

#[test]
fn a_bare_code_is_sent_only_on_enter_and_with_a_remark() {
    let mut desk = waiting();
    let code = format!("0.AXkA{}", "b".repeat(300));
    assert_eq!(desk.paste(&code), [], "it might be anything");
    let effects = desk.press("Enter");
    assert_eq!(exchanges(&effects), 1);
    assert!(desk.said().contains("state could not be checked"));
}

#[test]
fn a_bare_code_in_pieces_waits_for_enter() {
    let mut desk = waiting();
    desk.piece(&format!("0.AXkA{}", "b".repeat(300)));
    assert_eq!(desk.after(seconds(2)), []);
    assert_eq!(exchanges(&desk.press("Enter")), 1);
}

#[test]
fn a_wrong_paste_counts_and_says_what_was_seen_of_it() {
    let mut desk = waiting();
    let effects = desk.paste("https://example.com/?code=0.AXkA-stolen-code&state=state-of-northwind");
    assert!(counts_as_try(&effects));
    assert!(!refusal(&desk).is_empty());
    assert!(!desk.sign_in().refusal.as_ref().unwrap().echo.contains("stolen"));
    assert_eq!(desk.sign_in().phase, Phase::Waiting);
}

#[test]
fn an_answer_to_another_attempt_is_refused() {
    let mut desk = waiting();
    assert!(counts_as_try(&desk.paste("http://localhost:8400/?code=0.AXkA-x&state=someone-elses")));
}

#[test]
fn an_empty_paste_and_our_own_address_do_not_count() {
    let mut desk = waiting();
    let own = desk.own("northwind").code_attempt().cloned().unwrap().authorization_request.to_string();
    for harmless in ["", "  \n", &own] {
        assert_eq!(desk.paste(harmless), [], "{harmless:?}");
        assert!(!refusal(&desk).is_empty());
    }
}

#[test]
fn five_wrong_pastes_end_the_sign_in() {
    let mut desk = waiting();
    for count in 1..=5 {
        let effects = desk.paste("http://localhost:8400/?code=0.AXkA-x&state=wrong");
        assert!(counts_as_try(&effects), "{count}");
        let own = with(desk.own("northwind"), |own| {
            own.generation += 1;
            let Some(AttemptFacts::Code(attempt)) = &mut own.attempt else { panic!("no sign-in is open") };
            attempt.wrong_pastes = count;
        });
        desk.answer_with(&effects, own);
    }
    assert!(desk.failed_with().contains("five pastes"));
    assert_eq!(desk.paste(GOOD), []);
    assert!(desk.said().contains("not used here"));
}

#[test]
fn an_error_of_the_platform_closes_the_sign_in_with_its_two_lines() {
    let mut desk = waiting();
    let effects = desk.paste(
        "http://localhost:8400/?error=access_denied&error_description=AADSTS65004%3a+User+declined\
         &state=state-of-northwind",
    );
    let [Effect::Change { edit, connection, .. }] = &effects[..] else { panic!("{effects:?}") };
    let Edit::AttemptRefused { state, trouble } = &**edit else { panic!("{edit:?}") };
    let Phase::Failed(failure) = &desk.sign_in().phase else { panic!() };
    assert_eq!((&failure.what_happened, &failure.what_to_do), (&trouble.what_happened, &trouble.what_to_do));
    assert!(*connection == id("northwind") && state == "state-of-northwind");
    assert!(!trouble.what_to_do.is_empty());
    let effects = desk.press("a");
    assert!(
        matches!(effects[..], [Effect::BeginAttempt { .. }]),
        "what was refused is not gone on with: {effects:?}"
    );
}

#[test]
fn a_paste_during_a_renewal_goes_out_when_that_has_ended() {
    let mut desk = Desk::open(vec![begun(left("northwind", minutes(5)), start())]);
    let renewal = desk.press("r");
    let effects = desk.press("a");
    desk.answer(&effects, sent(1));
    assert_eq!(desk.paste(GOOD), []);
    assert!(refusal(&desk).contains("under way"));
    let mut failing = desk.clone();
    assert_eq!(exchanges(&failing.answer(&renewal, Answer::Connection(Err(failure())))), 1);
    desk.press("?");
    let renewed = with(desk.own("northwind"), |own| renew(own, desk.now, RenewalKind::Refresh));
    assert!(redeems(&desk.answer_with(&renewal, renewed), "northwind"), "also under help");
}

#[test]
fn a_pasted_address_stands_in_no_debug_text() {
    let mut desk = waiting();
    desk.piece(GOOD);
    assert!(!format!("{:?}", desk.app).contains("good-code"));
}

#[test]
fn a_refused_redirect_is_not_tried_by_the_renewals() {
    let mut desk = waiting();
    let effects = desk.paste("http://localhost:8400/?error=access_denied&state=state-of-northwind");
    let own = with(desk.own("northwind"), |own| {
        refuse(own, desk.now, TroubleKind::SignInNeeded);
        own.attempt = None;
    });
    desk.answer(&effects, Answer::Connection(Ok(Box::new(own))));
    assert_eq!(desk.after(minutes(5)), []);
}
