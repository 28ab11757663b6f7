//! A probe on the dashboard: one effect, its answers as they come, remembered after the panel is closed.

use tokengauge::app::{Answer, Effect, Panel, ProbeNews, Probing};
use tokengauge::domain::probe::{Check, Finding, Outcome, Probe};
use tokengauge::oauth::graph;

use super::fixtures::*;

fn begun(desk: &mut Desk) -> (Vec<Effect>, Probe) {
    let effects = desk.press("t");
    assert!(matches!(effects[..], [Effect::Probe { .. }]), "{effects:?}");
    let own = desk.app.chosen().unwrap().clone();
    (effects, graph::probe(&own, None, desk.now))
}

fn so_far(probe: &Probe) -> Answer {
    Answer::Probe(ProbeNews::SoFar(Box::new(probe.clone())))
}

fn ended(probe: &Probe) -> Answer {
    Answer::Probe(ProbeNews::Ended(Ok(Box::new(probe.clone()))))
}

fn answered(mut probe: Probe) -> Probe {
    for check in Check::ALL {
        probe.note(check, Outcome::Answered(Finding::Opens));
    }
    probe
}

fn probing(desk: &Desk) -> Option<&Probing> {
    desk.app.probes.of(&id("quiet"))
}

#[test]
fn checks_appear_as_they_are_answered() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    let (effects, mut probe) = begun(&mut desk);
    assert!(matches!(probing(&desk), Some(Probing::Asking { so_far: None, .. })));
    probe.note(Check::Profile, Outcome::Answered(Finding::Person { username: Some("ops@quiet.com".into()) }));
    assert_eq!(desk.answer(&effects, so_far(&probe)), []);
    assert_eq!(probing(&desk).unwrap().probe(), Some(&probe));
    let probe = answered(probe);
    desk.answer(&effects, ended(&probe));
    assert_eq!(probing(&desk), Some(&Probing::Ended(Box::new(probe))));
    assert!(matches!(desk.app.panel, Some(Panel::Probe(_))));
}

#[test]
fn keys_work_meanwhile_and_esc_ends_the_showing_alone() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    let (effects, probe) = begun(&mut desk);
    assert_eq!(desk.press("?"), []);
    desk.answer(&effects, so_far(&probe));
    assert!(matches!(desk.app.panel, Some(Panel::Help(_))));
    desk.press("Esc");
    assert_eq!(desk.press("Esc"), []);
    assert_eq!(desk.app.panel, None);
    desk.answer(&effects, ended(&answered(probe)));
    assert!(
        desk.said().contains("quiet: test: signed in as ops@quiet.com, mailbox answers"),
        "{}",
        desk.said()
    );
    assert!(matches!(probing(&desk), Some(Probing::Ended(_))));
}

#[test]
fn one_is_under_way_at_a_time_and_the_next_replaces_it() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    let (effects, probe) = begun(&mut desk);
    desk.press("Esc");
    assert_eq!(desk.press("t"), [], "the one under way is shown");
    assert_eq!(desk.press("t"), [], "nor again in its panel");
    desk.answer(&effects, ended(&answered(probe.clone())));
    let again = desk.press("t");
    assert!(matches!(again[..], [Effect::Probe { .. }]));
    desk.answer(&effects, ended(&answered(probe)));
    assert!(matches!(probing(&desk), Some(Probing::Asking { .. })), "an answer of before is dropped");
}

#[test]
fn a_failure_is_told_and_kept() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    let (effects, _) = begun(&mut desk);
    desk.answer(&effects, Answer::Probe(ProbeNews::Ended(Err(failure()))));
    assert!(matches!(probing(&desk), Some(Probing::Failed { failure: own, .. }) if *own == failure()));
    assert!(desk.app.activity.shown().iter().any(|entry| entry.what_happened == failure().what_happened));
}

#[test]
fn without_a_token_it_is_not_on_offer() {
    let mut desk = Desk::open(vec![unsigned("northwind")]);
    assert_eq!(desk.press("t"), []);
    assert_eq!(desk.app.panel, None);
    desk.press("3");
    assert_eq!(desk.press("t"), []);
}

#[test]
fn a_connection_that_was_removed_keeps_no_probe() {
    let mut desk = Desk::open(vec![healthy("quiet"), healthy("other")]);
    let (effects, probe) = begun(&mut desk);
    desk.answer(&effects, ended(&answered(probe)));
    desk.press("Esc");
    desk.press("D");
    desk.type_text("quiet");
    let removal = desk.press("Enter");
    desk.answer(&removal, Answer::Removed(Ok(id("quiet"))));
    assert_eq!(probing(&desk), None);
}
