//! The sign-in by device code: its beginning, the questions meanwhile, and every way in which it ends.

use chrono::{DateTime, TimeDelta, Utc};
use tokengauge::app::device_sign_in::PollNews;
use tokengauge::app::{
    Answer, Context, DevicePhase, Door, Edit, Effect, Failure, Message, Panel, Parcel, Question, Tab, Way,
};
use tokengauge::domain::{Capture, DevicePoll, NextStep, Overview, RenewalKind, TroubleKind, WayIn};

use super::fixtures::*;

/// The panel of a code that was got a moment ago.
fn waiting() -> Desk {
    let mut desk =
        Desk::open(vec![with(unsigned("northwind"), |own| own.settings.way_in = WayIn::DeviceCode)]);
    let effects = desk.press("a");
    assert!(matches!(effects[..], [Effect::BeginDeviceSignIn { .. }]));
    let begun = coded(desk.own("northwind"), desk.now);
    assert_eq!(desk.answer_with(&effects, begun), []);
    desk
}

fn phase(desk: &Desk) -> &DevicePhase {
    match &desk.app.panel {
        Some(Panel::DeviceSignIn(panel)) => &panel.phase,
        other => panic!("no device sign-in: {other:?}"),
    }
}

fn is_waiting(desk: &Desk) -> bool {
    matches!(phase(desk), DevicePhase::Waiting { .. })
}

fn polls(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::PollDevice { .. })).count()
}

/// Sleeps as the loop does until a question goes out: the moment and the effect.
fn next_question(desk: &mut Desk) -> (DateTime<Utc>, Vec<Effect>) {
    for _ in 0..1_000 {
        desk.now = desk.app.next_deadline(desk.now);
        let effects = desk.send(Message::Wake);
        if polls(&effects) > 0 {
            assert_eq!(effects.len(), 1, "{effects:?}");
            return (desk.now, effects);
        }
    }
    panic!("nothing was asked");
}

/// What the executor makes of an answer that left the sign-in open.
fn open_with(desk: &Desk, poll: impl FnOnce(DevicePoll, DateTime<Utc>) -> DevicePoll) -> Overview {
    asked(desk.own("northwind"), |attempt| attempt.poll = poll(attempt.poll, desk.now))
}

fn pending(desk: &mut Desk, effects: &[Effect]) {
    let overview = open_with(desk, DevicePoll::after_pending);
    assert_eq!(desk.answer_with(effects, overview), []);
}

fn signed_in(desk: &Desk) -> Overview {
    with(desk.own("northwind"), |own| {
        renew(own, desk.now, RenewalKind::SignIn);
        own.tokens.as_mut().unwrap().signed_in_at = desk.now;
    })
}

fn last_news(desk: &Desk) -> Option<PollNews> {
    desk.app.device_polls().last(&id("northwind")).map(|last| last.news.clone())
}

fn failed(desk: &Desk) -> &Failure {
    match phase(desk) {
        DevicePhase::Failed(failure) | DevicePhase::Blocked(failure) => failure,
        other => panic!("not over: {other:?}"),
    }
}

#[test]
fn a_device_code_is_asked_for_only_after_a_question() {
    let mut desk = Desk::open(vec![begun(unsigned("northwind"), start())]);
    let effects = desk.press("a");
    desk.answer(&effects, sent(471));
    assert_eq!(desk.press("d"), []);
    assert!(matches!(desk.app.panel, Some(Panel::Question(Question::DeviceCode(_)))));
    desk.press("Esc");
    assert_eq!(desk.app.context(), Context::SignIn);
    desk.press("d");
    let effects = desk.press("Enter");
    let expected = Effect::BeginDeviceSignIn { request: request(&effects[0]), connection: id("northwind") };
    assert_eq!(effects, [expected]);
}

#[test]
fn a_code_that_is_asked_for_is_waited_for_and_not_asked_for_twice() {
    let due = with(left("northwind", minutes(1)), |own| own.settings.way_in = WayIn::DeviceCode);
    let mut desk = Desk::open(vec![with(unsigned("northwind"), |own| own.settings = due.settings.clone())]);
    let effects = desk.press("a");
    let begun = request(&effects[0]);
    assert!(!desk.app.is_renewing(&id("northwind")));
    desk.press("Esc");
    assert_eq!(desk.app.panel, None);
    assert_eq!(desk.press("a"), [], "no second code");
    assert_eq!(phase(&desk), &DevicePhase::Beginning(begun));
    let coded = coded(desk.own("northwind"), desk.now);
    assert_eq!(desk.answer_with(&effects, coded), []);
    assert!(is_waiting(&desk));
    next_question(&mut desk);
}

#[test]
fn no_renewal_goes_out_beside_the_request_for_a_code() {
    let mut desk = Desk::open(vec![with(left("northwind", minutes(12)), |own| {
        own.settings.way_in = WayIn::DeviceCode;
    })]);
    let effects = desk.press("a");
    assert!(matches!(effects[..], [Effect::BeginDeviceSignIn { .. }]), "{effects:?}");
    desk.press("Esc");
    assert_eq!(exchanges(&desk.after(minutes(3))), 0, "the record is held");
    let own = coded(desk.own("northwind"), desk.now);
    desk.answer_with(&effects, own);
    assert_eq!(exchanges(&desk.send(Message::Wake)), 1, "what is due follows");
    assert_eq!(desk.said(), "");
}

#[test]
fn a_code_is_not_asked_for_beside_another_request() {
    let mut desk = Desk::open(vec![with(left("northwind", -minutes(1)), |own| {
        own.settings.way_in = WayIn::DeviceCode;
    })]);
    let renewal = desk.send(Message::Wake);
    assert_eq!(exchanges(&renewal), 1);
    assert_eq!(desk.press("a"), []);
    assert!(failed(&desk).what_happened.contains("under way"), "{:?}", failed(&desk));
    let own = desk.own("northwind");
    desk.answer_with(&renewal, own);
    assert!(matches!(desk.press("a")[..], [Effect::BeginDeviceSignIn { .. }]));
}

#[test]
fn twenty_times_pending_and_then_tokens_are_twenty_one_questions() {
    let mut desk = waiting();
    let mut before = desk.now;
    for _ in 0..20 {
        let (at, effects) = next_question(&mut desk);
        assert!(at - before >= seconds(5), "{}", at - before);
        // The answer takes a while: the interval counts from it.
        desk.now += seconds(2);
        before = desk.now;
        pending(&mut desk, &effects);
        assert_eq!((is_waiting(&desk), last_news(&desk)), (true, Some(PollNews::Pending)));
    }
    let (at, effects) = next_question(&mut desk);
    assert!(at - before >= seconds(5));
    let signed_in = signed_in(&desk);
    desk.answer_with(&effects, signed_in);
    assert_eq!((&desk.app.panel, desk.app.tab, desk.chosen()), (&None, Tab::Tokens, "northwind"));
    assert_eq!(desk.said(), "northwind: signed in, tokens stored.");
    assert_eq!(polls(&desk.after(minutes(1))), 0, "nothing is asked any more");
}

#[test]
fn slow_down_makes_every_later_pause_five_seconds_longer() {
    let mut desk = waiting();
    let mut pauses = Vec::new();
    let mut before = desk.now;
    for round in 0..5 {
        let (at, effects) = next_question(&mut desk);
        pauses.push((at - before).num_seconds());
        before = at;
        if round < 2 {
            let overview = open_with(&desk, |poll, now| poll.after_slow_down(now, None));
            desk.answer_with(&effects, overview);
            assert_eq!(last_news(&desk), Some(PollNews::SlowDown));
        } else {
            pending(&mut desk, &effects);
        }
    }
    assert_eq!(pauses, [5, 10, 15, 15, 15]);
}

#[test]
fn a_lost_answer_doubles_the_pause_and_ends_nothing() {
    let mut desk = waiting();
    let mut before = desk.now;
    let mut pauses = Vec::new();
    for _ in 0..3 {
        let (at, effects) = next_question(&mut desk);
        pauses.push((at - before).num_seconds());
        before = at;
        let overview = asked(desk.own("northwind"), |attempt| {
            attempt.poll = attempt.poll.after_no_answer(desk.now, None);
            attempt.unanswered = Some("login.microsoftonline.com refuses connections".into());
        });
        desk.answer_with(&effects, overview);
        assert_eq!((is_waiting(&desk), last_news(&desk)), (true, Some(PollNews::Unanswered)));
    }
    assert_eq!(pauses, [5, 10, 20]);
    assert_eq!(desk.said(), "", "the panel tells it, and no trouble of the connection");
    let (_, effects) = next_question(&mut desk);
    let signed_in = signed_in(&desk);
    desk.answer_with(&effects, signed_in);
    assert_eq!(desk.app.tab, Tab::Tokens);
}

#[test]
fn it_goes_on_while_the_panel_is_closed_and_the_key_leads_back() {
    let mut desk = waiting();
    desk.press("Esc");
    assert_eq!(desk.app.panel, None);
    assert_eq!(desk.own("northwind").next_step(desk.now), NextStep::EnterCode);
    let (_, effects) = next_question(&mut desk);
    pending(&mut desk, &effects);
    assert_eq!(desk.press("a"), [], "no other sign-in begins");
    assert!(is_waiting(&desk));
    desk.press("Esc");
    let (_, effects) = next_question(&mut desk);
    let signed_in = signed_in(&desk);
    desk.answer_with(&effects, signed_in);
    assert_eq!((&desk.app.panel, desk.said()), (&None, "northwind: signed in, tokens stored."));
}

#[test]
fn it_goes_on_behind_a_locked_screen() {
    let mut desk = waiting();
    desk.press("Esc");
    desk.press("L");
    assert!(matches!(desk.app.door, Door::Locked(_)));
    next_question(&mut desk);
}

#[test]
fn after_a_restart_one_pause_is_waited_before_the_first_question() {
    let mut desk = Desk::open(vec![coded(unsigned("northwind"), start() - minutes(2))]);
    let (at, effects) = next_question(&mut desk);
    assert_eq!(at - start(), seconds(5));
    assert!(matches!(&effects[..], [Effect::PollDevice { user_code, .. }] if user_code == USER_CODE));
}

#[test]
fn every_connection_with_an_open_code_is_asked_about() {
    let coded = |name: &str| coded(unsigned(name), start());
    let mut desk = Desk::open(vec![coded("one"), coded("two"), healthy("quiet")]);
    desk.now += seconds(5);
    assert_eq!(polls(&desk.send(Message::Wake)), 2);
    assert_eq!(polls(&desk.after(seconds(20))), 0, "a question under way is not repeated");
}

#[test]
fn a_question_is_no_renewal() {
    let due = with(coded(left("northwind", minutes(12)), start()), |_| {});
    let mut desk = Desk::open(vec![due]);
    let (_, question) = next_question(&mut desk);
    assert!(!desk.app.is_renewing(&id("northwind")));
    desk.now += minutes(3);
    pending(&mut desk, &question);
    assert_eq!(desk.said(), "", "nothing was renewed");
    let effects = desk.send(Message::Wake);
    assert_eq!(
        (exchanges(&effects), polls(&effects)),
        (1, 0),
        "what is due comes first, and is not held back"
    );
}

#[test]
fn a_stale_answer_is_dropped() {
    let mut desk = waiting();
    let (_, effects) = next_question(&mut desk);
    pending(&mut desk, &effects);
    let before = desk.app.clone();
    desk.answer(&effects, Answer::Connection(Err(failure())));
    assert_eq!(phase(&desk), &phase_of(&before));
    assert_eq!(last_news(&desk), Some(PollNews::Pending));
}

fn phase_of(app: &tokengauge::app::App) -> DevicePhase {
    match &app.panel {
        Some(Panel::DeviceSignIn(panel)) => panel.phase.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_decline_ends_it_and_a_new_code_or_a_browser_is_offered() {
    let mut desk = waiting();
    let (_, effects) = next_question(&mut desk);
    let refused = with(desk.own("northwind"), |own| {
        own.attempt = None;
        refuse(own, desk.now, TroubleKind::SignInNeeded);
    });
    desk.answer_with(&effects, refused);
    assert_eq!(failed(&desk).what_happened, "the platform said no");
    assert!(matches!(phase(&desk), DevicePhase::Failed(_)));
    assert!(matches!(desk.clone().press("a")[..], [Effect::BeginDeviceSignIn { .. }]));
    let effects = desk.press("p");
    let [Effect::Change { edit, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(**edit, Edit::WayIn(WayIn::AuthorizationCode(Capture::Paste)));
    let changed = with(desk.own("northwind"), |own| own.settings.way_in = WayIn::default());
    let effects = desk.answer_with(&effects, changed);
    assert!(matches!(effects[..], [Effect::BeginAttempt { .. }]));
    assert_eq!(desk.app.context(), Context::SignIn);
}

/// A refusal beside tokens that still renew is told and not stored.
#[test]
fn a_block_is_told_as_one_and_a_browser_offered_first() {
    for code in [53_003, 530_036, 7_000_218] {
        let mut desk = waiting();
        let (_, effects) = next_question(&mut desk);
        let blocked = Failure::new(format!("policy forbids it (AADSTS{code})"), "ask somebody");
        let reading = desk.answer(&effects, Answer::Connection(Err(blocked.clone())));
        assert!(is_waiting(&desk), "the record tells whether it is over");
        let read = with(desk.own("northwind"), |own| own.attempt = None);
        desk.answer(&reading, Answer::Contents(Ok(contents(vec![read]))));
        assert_eq!(phase(&desk), &DevicePhase::Blocked(blocked));
        assert_eq!(desk.app.on_offer(desk.now)[0], tokengauge::app::Action::Paste);
    }
}

#[test]
fn a_connection_whose_renewal_was_blocked_leads_to_the_browser() {
    let mut own = with(left("northwind", -minutes(1)), |own| own.settings.way_in = WayIn::DeviceCode);
    refuse(&mut own, start(), TroubleKind::SignInNeeded);
    own.trouble.as_mut().unwrap().aadsts = Some(530_036);
    let mut desk = Desk::open(vec![own]);
    assert_eq!(desk.press("a"), [], "the next code would be refused as well");
    assert!(matches!(phase(&desk), DevicePhase::Blocked(_)));
    assert!(matches!(desk.clone().press("a")[..], [Effect::BeginDeviceSignIn { .. }]), "unless it is wanted");
    assert!(matches!(desk.press("p")[..], [Effect::Change { .. }]));
}

#[test]
fn a_disk_that_is_full_is_told_and_asked_about_again_later() {
    let mut desk = waiting();
    let (at, effects) = next_question(&mut desk);
    let reading = desk.answer(&effects, Answer::Connection(Err(failure())));
    let own = desk.own("northwind");
    desk.answer(&reading, Answer::Contents(Ok(contents(vec![own]))));
    assert!(is_waiting(&desk));
    assert_eq!(last_news(&desk), Some(PollNews::NotAsked(failure())));
    let (again, _) = next_question(&mut desk);
    assert_eq!(again - at, seconds(30));
}

#[test]
fn a_failure_that_stays_is_told_once() {
    let mut desk = waiting();
    desk.press("Esc");
    for told in ["the disk is full", ""] {
        let (_, effects) = next_question(&mut desk);
        let reading = desk.answer(&effects, Answer::Connection(Err(failure())));
        assert_eq!(desk.said(), told);
        let own = desk.own("northwind");
        desk.answer(&reading, Answer::Contents(Ok(contents(vec![own]))));
        desk.press("Down");
    }
}

#[test]
fn no_question_is_asked_about_a_code_that_has_lapsed() {
    let mut desk = waiting();
    let (_, effects) = next_question(&mut desk);
    pending(&mut desk, &effects);
    assert_eq!(polls(&desk.after(minutes(15))), 0);
    assert!(failed(&desk).what_happened.contains("in time"), "{:?}", failed(&desk));
}

#[test]
fn a_code_that_could_not_be_got_is_told_with_the_reason() {
    let mut desk =
        Desk::open(vec![with(healthy("northwind"), |own| own.settings.way_in = WayIn::DeviceCode)]);
    let effects = desk.press("a");
    desk.answer(&effects, Answer::Connection(Err(failure())));
    assert_eq!(failed(&desk), &failure());
    assert!(matches!(desk.press("a")[..], [Effect::BeginDeviceSignIn { .. }]));
}

#[test]
fn it_is_given_up_after_a_question() {
    let mut desk = waiting();
    desk.press("X");
    assert!(matches!(desk.app.panel, Some(Panel::Question(Question::AbandonDevice(_)))));
    desk.press("Esc");
    assert!(is_waiting(&desk));
    desk.press("X");
    let effects = desk.press("Enter");
    let [Effect::Change { edit, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((&**edit, &desk.app.panel), (&Edit::AbandonAttempt { mark: USER_CODE.into() }, &None));
}

#[test]
fn the_address_goes_to_the_clipboard_and_the_code_does_not() {
    let mut desk = waiting();
    let effects = desk.press("y");
    let [Effect::Deliver { parcel, way, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((*parcel, *way), (Parcel::AuthorizationRequest, Way::Clipboard));
    assert_eq!(desk.answer(&effects, sent(33)), []);
    assert!(matches!(&desk.app.panel, Some(Panel::DeviceSignIn(panel)) if panel.sent.is_some()));
}

#[test]
fn what_another_process_finished_ends_here_too() {
    let mut desk = waiting();
    desk.now += seconds(3);
    let reading = desk.send(Message::RecordsChanged);
    let read = signed_in(&desk);
    desk.answer(&reading, Answer::Contents(Ok(contents(vec![read]))));
    assert_eq!((&desk.app.panel, desk.app.tab), (&None, Tab::Tokens));
    assert_eq!(polls(&desk.after(TimeDelta::seconds(30))), 0);
}
