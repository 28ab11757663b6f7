//! What the application makes of warnings: reports, rings, and the line that tells them.

use tokengauge::app::{Answer, Banner, Effect, LockReason, Locked, Message, Warned};
use tokengauge::domain::warning::{News, WarningRules};
use tokengauge::domain::{Overview, RenewalKind, TroubleKind, Unsaved};

use super::fixtures::*;
use super::warning_fixtures::*;

fn warned_desk(connections: Vec<Overview>) -> (Desk, Vec<Effect>) {
    let mut desk = Desk::locked();
    desk.app = desk.app.with_warnings(WarningRules::default(), Banner::Shown);
    desk.type_text("correct horse");
    let effects = desk.press("Enter");
    let effects = desk.answer(&effects, Answer::Contents(Ok(contents(connections))));
    (desk, effects)
}

fn warns(effects: &[Effect]) -> Vec<&Effect> {
    effects.iter().filter(|effect| matches!(effect, Effect::Warn { .. })).collect()
}

fn heard(news: Vec<News>) -> Answer {
    Answer::Warned(Box::new(Warned { at: start(), ring: news.clone(), news, ..Warned::default() }))
}

#[test]
fn what_stands_is_reported_once_and_again_when_it_changes() {
    let (mut desk, effects) = warned_desk(vec![with_secret(days(8)), healthy("other")]);
    let report = warns(&effects)[0].clone();
    assert_eq!(warns(&effects).len(), 1);
    desk.answer(&[report], heard(Vec::new()));
    let renewing = desk.after(minutes(45));
    assert_eq!((warns(&renewing).len(), exchanges(&renewing)), (0, 2));
    for effect in renewing {
        let Effect::Exchange { connection, .. } = &effect else { continue };
        let after = with(desk.app.connections.get(connection).unwrap().clone(), |own| {
            renew(own, start() + minutes(45), RenewalKind::Refresh);
        });
        assert_eq!(
            warns(&desk.answer_with(std::slice::from_ref(&effect), after)).len(),
            0,
            "nothing else stands than before"
        );
    }
    // A week before the end, to the second.
    let due = start() + days(1);
    assert!(desk.app.next_deadline(due - seconds(5)) <= due);
    desk.now = due;
    assert_eq!(warns(&desk.send(Message::Wake)).len(), 1);
}

#[test]
fn nothing_is_reported_where_nobody_is_to_be_warned_or_the_vault_is_locked() {
    let mut desk = Desk::open(vec![troubled("contoso", TroubleKind::SignInNeeded)]);
    assert_eq!(warns(&desk.after(seconds(1))).len(), 0);
    let (mut desk, effects) = warned_desk(vec![with_secret(days(8))]);
    desk.answer(&[warns(&effects)[0].clone()], heard(Vec::new()));
    desk.send(Message::LockOrdered);
    assert_eq!(warns(&desk.after(days(2))).len(), 0);
}

#[test]
fn the_terminal_is_told_names_only_while_the_screen_is_open() {
    let (mut desk, effects) = warned_desk(vec![troubled("contoso", TroubleKind::SignInNeeded)]);
    let report = warns(&effects)[0].clone();
    let warning = desk.app.warnings.all()[0].clone();
    let news = vec![News::Raised(warning)];
    let mut locked = desk.clone();
    let ring = desk.answer(std::slice::from_ref(&report), heard(news.clone()));
    assert_eq!(ring, [Effect::Ring { text: "contoso: the platform said no".into() }]);
    assert_eq!(desk.app.activity.shown()[0].what_happened, "the platform said no");
    locked.press("L");
    assert_eq!(LockReason::ByKey.what(), Locked::Screen);
    let ring = locked.answer(&[report], heard(news));
    assert_eq!(ring, [Effect::Ring { text: "1 warning".into() }]);
    assert!(!locked.app.shows_banner());
}

#[test]
fn an_answer_that_nobody_awaits_rings_nothing() {
    let (mut desk, effects) = warned_desk(vec![troubled("contoso", TroubleKind::SignInNeeded)]);
    let report = warns(&effects)[0].clone();
    let news = vec![News::Raised(desk.app.warnings.all()[0].clone())];
    assert_eq!(desk.answer(std::slice::from_ref(&report), heard(news.clone())).len(), 1);
    assert_eq!(desk.answer(&[report], heard(news)), []);
}

#[test]
fn the_line_of_warnings_leads_to_its_connection_and_is_put_away_until_the_next_stage() {
    let (mut desk, _) = warned_desk(vec![
        healthy("adatum"),
        with(healthy("contoso"), |own| {
            own.settings.client_id =
                tokengauge::domain::ClientId::parse("7a1b2c3d-6b0e-4c7b-9a51-0f3c2f8e1b44").unwrap();
            own.credential = secret(Some(days(10)));
        }),
    ]);
    desk.app.connections.select(id("adatum"));
    assert!(desk.app.shows_banner());
    desk.press("W");
    assert_eq!(desk.chosen(), "contoso");
    desk.press("Esc");
    assert!(!desk.app.shows_banner());
    desk.after(seconds(30));
    assert!(!desk.app.shows_banner());
    desk.now = start() + days(3);
    desk.send(Message::Wake);
    assert!(desk.app.warnings.banner().is_some(), "seven days are another stage");
}

#[test]
fn escape_takes_away_the_filter_first() {
    let (mut desk, _) = warned_desk(vec![troubled("contoso", TroubleKind::SignInNeeded)]);
    desk.press("!");
    desk.press("Esc");
    assert!(desk.app.shows_banner() && !desk.app.connections.needs_me);
    desk.press("Esc");
    assert!(!desk.app.shows_banner());
}

#[test]
fn what_is_in_memory_only_is_reported_with_its_words() {
    let (mut desk, effects) = warned_desk(vec![healthy("contoso")]);
    desk.answer(&[warns(&effects)[0].clone()], heard(Vec::new()));
    let news = tokengauge::app::SaveNews::NotSaved { connection: id("contoso"), failure: failure() };
    let effects = desk.send(Message::Saving(news));
    let [Effect::Warn { unsaved, .. }] = &warns(&effects)[..] else { panic!("{effects:?}") };
    let [(whose, Unsaved { what_happened, .. })] = &unsaved[..] else { panic!("{unsaved:?}") };
    assert_eq!(
        (whose, what_happened.as_str()),
        (&id("contoso"), "NOT SAVED, in memory only: the disk is full")
    );
}
