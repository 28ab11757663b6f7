//! Beginning a sign-in, getting its address out, giving it up, and its end.

use tokengauge::app::{
    Action, Answer, Browser, Context, Delivery, Edit, Effect, Leave, Panel, Parcel, Phase, Question, Tab, Way,
};
use tokengauge::domain::secret::PastedText;
use tokengauge::domain::{Overview, RenewalKind, TroubleKind};

use super::fixtures::*;

fn waiting() -> Desk {
    let mut desk = Desk::open(vec![begun(unsigned("northwind"), start()), healthy("quiet")]);
    let effects = desk.press("a");
    desk.answer(&effects, sent(471));
    desk
}

fn redeeming() -> (Desk, Vec<Effect>) {
    let mut desk = waiting();
    let effects = desk.paste(GOOD);
    (desk, effects)
}

fn signed_in(desk: &Desk) -> Overview {
    with(desk.own("northwind"), |own| renew(own, desk.now, RenewalKind::SignIn))
}

fn is_address(effect: &Effect, wanted: Way) -> bool {
    matches!(effect, Effect::Deliver { parcel: Parcel::AuthorizationRequest, way, .. } if *way == wanted)
}

#[test]
fn a_sign_in_begins_and_its_address_goes_to_the_terminal() {
    let mut desk = Desk::open(vec![unsigned("northwind")]);
    let effects = desk.press("a");
    assert_eq!(
        effects,
        [Effect::BeginAttempt {
            request: request(&effects[0]),
            connection: id("northwind"),
            capture: tokengauge::domain::Capture::Paste
        }]
    );
    let effects = desk.answer_with(&effects, begun(unsigned("northwind"), start()));
    assert!(is_address(&effects[0], Way::Clipboard) && effects.len() == 1);
    desk.answer(&effects, sent(471));
    assert_eq!(desk.sign_in().sent, Some(Ok(Delivery::SentToTerminal { characters: 471 })));
    assert_eq!(desk.sign_in().phase, Phase::Waiting);
}

#[test]
fn a_sign_in_that_could_not_begin_says_why_and_can_be_begun_again() {
    let mut desk = Desk::open(vec![unsigned("northwind")]);
    let effects = desk.press("a");
    desk.answer(&effects, Answer::Connection(Err(failure())));
    assert_eq!(desk.failed_with(), "the disk is full");
    assert!(matches!(desk.press("a")[..], [Effect::BeginAttempt { .. }]));
}

#[test]
fn an_open_sign_in_is_resumed_and_no_other_begun() {
    let mut desk = waiting();
    desk.press("Esc");
    assert_eq!(desk.app.panel, None);
    let effects = desk.press("a");
    assert!(is_address(&effects[0], Way::Clipboard) && effects.len() == 1);
    assert_eq!(desk.sign_in().phase, Phase::Waiting);
}

#[test]
fn letters_stay_keys_until_the_field_has_the_focus() {
    let mut desk = waiting();
    assert!(is_address(&desk.press("y")[0], Way::Clipboard));
    desk.press("p");
    assert!(desk.app.is_typing());
    desk.type_text("y");
    assert_eq!(desk.sign_in().paste.text(), "y");
    desk.press("Esc");
    assert_eq!((desk.sign_in().paste.text(), desk.app.is_typing()), ("", false));
}

#[test]
fn other_ways_are_a_plain_page_a_file_and_a_browser_where_there_is_one() {
    let mut desk = waiting();
    assert_eq!(desk.press("o"), [], "no browser here");
    desk.press("u");
    assert_eq!(desk.app.context(), Context::OtherWays);
    let effects = desk.press("w");
    assert!(is_address(&effects[0], Way::File));
    desk.press("P");
    assert!(desk.app.plain_page().unwrap().starts_with("https://login.microsoftonline.com/"));
    desk.answer(&effects, Answer::Delivered(Ok(Delivery::WrittenTo("/home/ops/address".into()))));
    desk.press("Enter");
    assert_eq!(desk.sign_in().sent, Some(Ok(Delivery::WrittenTo("/home/ops/address".into()))));
    assert_eq!(desk.app.context(), Context::SignIn);
    desk.app.environment.browser = Browser::Here;
    assert!(is_address(&desk.press("o")[0], Way::Browser));
}

#[test]
fn the_simulated_browser_brings_its_address_as_a_paste() {
    let mut desk = waiting();
    desk.app.environment.browser = Browser::Simulated;
    let effects = desk.press("o");
    assert!(matches!(effects[..], [Effect::SignInWithSimulatedBrowser { .. }]));
    let answer = Answer::BrowserEndedOn(Ok(PastedText::new(GOOD)));
    assert_eq!(desk.answer(&effects, answer.clone()), [], "it is seen for a moment");
    assert_eq!(exchanges(&desk.after(seconds(1))), 1);
    assert_eq!(desk.answer(&effects, answer), [], "a second answer is dropped");
}

#[test]
fn a_sign_in_is_given_up_after_a_question() {
    let mut desk = waiting();
    desk.press("X");
    assert!(matches!(desk.app.panel, Some(Panel::Question(Question::Abandon(_)))));
    desk.press("Esc");
    assert_eq!(desk.sign_in().phase, Phase::Waiting);
    desk.press("X");
    let effects = desk.press("Enter");
    let [Effect::Change { edit, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(**edit, Edit::AbandonAttempt { mark: "state-of-northwind".into() });
    assert_eq!(desk.app.panel, None);
}

#[test]
fn after_fifteen_minutes_the_sign_in_is_over_and_says_so() {
    let mut desk = waiting();
    desk.after(minutes(9));
    desk.press("p");
    desk.after(minutes(6) - seconds(1));
    assert_eq!(desk.sign_in().phase, Phase::Waiting);
    desk.after(seconds(1));
    assert!(desk.failed_with().contains("fifteen minutes"));
    assert!(matches!(desk.press("a")[..], [Effect::BeginAttempt { .. }]));
}

#[test]
fn a_sign_in_given_up_elsewhere_ends_here_too() {
    let mut desk = waiting();
    let reading = desk.send(tokengauge::app::Message::RecordsChanged);
    let read = with(unsigned("northwind"), |own| own.generation = 9);
    desk.answer(&reading, Answer::Contents(Ok(contents(vec![read]))));
    assert!(matches!(desk.sign_in().phase, Phase::Failed(_)));
}

#[test]
fn signed_in_the_panel_closes_and_the_gauges_are_shown() {
    let (mut desk, effects) = redeeming();
    assert!(matches!(desk.sign_in().phase, Phase::Redeeming(_)));
    desk.answer_with(&effects, signed_in(&desk));
    assert_eq!((&desk.app.panel, desk.app.tab, desk.chosen()), (&None, Tab::Tokens, "northwind"));
    assert_eq!(desk.said(), "northwind: signed in, tokens stored.");
}

#[test]
fn signed_in_under_a_filter_its_own_gauges_are_shown() {
    let mut desk = Desk::open(vec![unsigned("northwind"), unsigned("other")]);
    desk.press("!");
    let effects = desk.press("a");
    desk.answer_with(&effects, begun(unsigned("northwind"), start()));
    let effects = desk.paste(GOOD);
    desk.answer_with(&effects, signed_in(&desk));
    assert_eq!((desk.app.tab, desk.chosen()), (Tab::Tokens, "northwind"));
}

#[test]
fn a_refused_code_ends_the_sign_in_with_both_lines() {
    let (mut desk, effects) = redeeming();
    let own = with(desk.own("northwind"), |own| {
        refuse(own, desk.now, TroubleKind::SignInNeeded);
        own.attempt = None;
    });
    desk.answer_with(&effects, own);
    let Phase::Failed(failure) = &desk.sign_in().phase else { panic!() };
    assert_eq!(
        (&*failure.what_happened, &*failure.what_to_do),
        ("the platform said no", "do something about it")
    );
}

#[test]
fn a_connection_that_never_stood_leaves_the_sign_in_open() {
    let (mut desk, effects) = redeeming();
    let retry = TroubleKind::TryLater {
        retry_at: start() + seconds(30),
        attempt: 1,
        wait: tokengauge::domain::Wait::BackOff,
    };
    let own = with(desk.own("northwind"), |own| refuse(own, desk.now, retry));
    desk.answer_with(&effects, own);
    assert_eq!(desk.sign_in().phase, Phase::Waiting);
    assert_eq!(exchanges(&desk.paste(GOOD)), 1);
}

#[test]
fn a_failure_of_ours_leaves_an_open_sign_in_that_takes_the_paste_again() {
    let (mut desk, effects) = redeeming();
    desk.answer(&effects, Answer::Connection(Err(failure())));
    assert_eq!(desk.failed_with(), "the disk is full");
    assert_eq!(exchanges(&desk.paste(GOOD)), 1);
}

#[test]
fn a_code_is_redeemed_once() {
    let (mut desk, _) = redeeming();
    assert_eq!(desk.paste(GOOD), []);
    assert!(desk.said().contains("not used here"));
    assert_eq!(desk.act(Action::Open), []);
}

#[test]
fn a_closed_panel_does_not_stop_the_redeeming() {
    let (mut desk, effects) = redeeming();
    desk.press("Esc");
    desk.answer_with(&effects, signed_in(&desk));
    assert_eq!((desk.app.tab, desk.said()), (Tab::Connections, "northwind: signed in, tokens stored."));
}

#[test]
fn help_comes_over_the_panel_and_goes_again() {
    let (mut desk, effects) = redeeming();
    desk.press("?");
    assert!(matches!(desk.app.panel, Some(Panel::Help(0))));
    desk.press("?");
    assert!(matches!(desk.sign_in().phase, Phase::Redeeming(_)));
    desk.press("?");
    desk.answer_with(&effects, signed_in(&desk));
    assert_eq!((&desk.app.panel, desk.app.tab), (&None, Tab::Tokens), "what it covered has ended");
}

#[test]
fn q_closes_the_panel_and_then_leaves() {
    let mut desk = waiting();
    assert_eq!(desk.press("q"), []);
    assert_eq!(desk.press("q"), [Effect::Quit(Leave::Quit)]);
}
