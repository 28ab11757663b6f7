//! The sign-in queue: `!`, then Enter from one connection that needs a person to the next.

use tokengauge::app::connections::Showing;
use tokengauge::app::sign_in_queue::Progress;
use tokengauge::app::{Answer, Effect, Panel, QueueStep, Tab};
use tokengauge::domain::{Overview, RenewalKind, TroubleKind};

use super::fixtures::{
    Desk, GOOD, begun, days, failure, healthy, id, renew, secret, start, troubled, unsigned, with,
};

/// Three that need a sign-in, in this order, and one that needs nobody.
fn three() -> Desk {
    let mut desk = Desk::open(vec![
        healthy("quiet"),
        troubled("adatum", TroubleKind::SignInNeeded),
        troubled("litware", TroubleKind::SignInNeeded),
        begun(troubled("northwind", TroubleKind::SignInNeeded), start()),
    ]);
    desk.press("s");
    desk
}

fn advice(desk: &Desk) -> &str {
    desk.app.notice.as_ref().and_then(|notice| notice.what_to_do.as_deref()).unwrap_or("")
}

fn signed_in(mut own: Overview, desk: &Desk) -> Overview {
    renew(&mut own, desk.now, RenewalKind::SignIn);
    own
}

#[test]
fn enter_opens_the_sign_in_and_its_end_offers_the_next() {
    let mut desk = three();
    desk.press("!");
    assert_eq!((desk.chosen(), desk.app.queue_step(desk.now)), ("adatum", Some(QueueStep::SignIn)));
    desk.press("Down");
    desk.press("Down");
    assert_eq!(desk.chosen(), "northwind");
    desk.press("Enter");
    assert_eq!(desk.sign_in().connection, id("northwind"));
    let effects = desk.paste(GOOD);
    let own = signed_in(desk.own("northwind"), &desk);
    desk.answer_with(&effects, own);
    assert_eq!((desk.app.panel.clone(), desk.app.tab, desk.chosen()), (None, Tab::Connections, "adatum"));
    assert_eq!(desk.said(), "1 of 3 done: northwind.");
    assert_eq!(advice(&desk), "Enter: next, adatum (sign in).");
    assert_eq!(desk.app.queue_progress(desk.now), Some(Progress { done: 1, all: 3 }));
}

#[test]
fn one_that_is_kept_and_closed_comes_again_after_the_others() {
    let mut desk = three();
    desk.press("!");
    let mut visited = Vec::new();
    for _ in 0..4 {
        visited.push(desk.chosen().to_owned());
        let effects = desk.press("Enter");
        let begins = matches!(effects.first(), Some(Effect::BeginAttempt { .. }));
        assert_eq!(begins, desk.chosen() != "northwind", "one that is open is gone on with");
        desk.press("Esc");
    }
    assert_eq!(visited, ["adatum", "litware", "northwind", "adatum"]);
    assert_eq!(desk.said(), "0 of 3 done; adatum is left for later.");
}

#[test]
fn the_last_one_ends_the_queue_and_shows_all_again() {
    let mut desk = Desk::open(vec![healthy("quiet"), begun(unsigned("northwind"), start())]);
    desk.press("!");
    desk.press("Enter");
    let effects = desk.paste(GOOD);
    let own = signed_in(desk.own("northwind"), &desk);
    desk.answer_with(&effects, own);
    assert_eq!(desk.said(), "1 of 1 done: nothing needs you any more.");
    assert_eq!((desk.app.connections.needs_me, desk.chosen()), (false, "northwind"));
    assert_eq!(desk.app.connections.rows(desk.now).len(), 2);
}

#[test]
fn each_next_step_opens_what_it_asks() {
    let opened = |own: Overview| {
        let mut desk = Desk::open(vec![own]);
        desk.press("!");
        desk.press("Enter");
        desk.app.panel
    };
    let of = |kind| troubled("one", kind);
    assert!(matches!(opened(of(TroubleKind::SignInNeeded)), Some(Panel::SignIn(_))));
    assert!(matches!(opened(of(TroubleKind::ConsentMissing)), Some(Panel::Consent(_))));
    assert!(matches!(opened(of(TroubleKind::SetUpWrong)), Some(Panel::Input(_))));
    assert!(matches!(opened(of(TroubleKind::Restored)), Some(Panel::Question(_))));
}

#[test]
fn outside_of_the_queue_enter_opens_the_tokens() {
    let mut desk = three();
    desk.app.connections.select(id("adatum"));
    assert_eq!((desk.press("Enter"), desk.app.tab, desk.app.panel), (Vec::new(), Tab::Tokens, None));
}

#[test]
fn where_nothing_needs_the_person_the_list_stays() {
    let mut desk = Desk::open(vec![healthy("quiet")]);
    desk.press("!");
    assert_eq!((desk.app.connections.needs_me, desk.said()), (false, "Nothing needs you."));
}

#[test]
fn a_filter_that_hides_all_who_need_the_person_goes() {
    let mut desk = three();
    desk.press("/");
    desk.type_text("quiet");
    desk.press("Enter");
    desk.press("!");
    assert_eq!((desk.app.connections.needs_me, desk.chosen()), (true, "adatum"));
    assert!(desk.app.connections.filter.is_empty());
}

#[test]
fn what_was_accepted_is_told_as_done_once_it_is_saved() {
    let mut desk = Desk::open(vec![
        troubled("adatum", TroubleKind::Restored),
        troubled("litware", TroubleKind::SignInNeeded),
    ]);
    desk.press("!");
    desk.app.connections.select(id("adatum"));
    desk.press("Enter");
    let effects = desk.press("Enter");
    assert!(!desk.said().contains("left for later"), "{}", desk.said());
    let own = with(desk.own("adatum"), |own| {
        own.generation += 1;
        own.trouble = None;
    });
    desk.answer_with(&effects, own);
    assert_eq!((desk.said(), desk.chosen()), ("1 of 2 done: adatum.", "litware"));
}

#[test]
fn a_failure_that_was_just_told_is_not_hidden_by_the_next_one() {
    let mut desk = three();
    desk.press("!");
    let effects = desk.press("Enter");
    desk.press("Esc");
    assert_eq!(desk.chosen(), "litware");
    desk.answer(&effects, Answer::Connection(Err(failure())));
    assert_eq!(desk.said(), failure().what_happened);
}

#[test]
fn who_comes_to_need_a_person_meanwhile_joins_at_the_end() {
    let mut desk = three();
    desk.press("!");
    desk.press("Enter");
    let later = with(healthy("quiet"), |own| {
        own.generation += 1;
        super::fixtures::refuse(own, start() + days(0), TroubleKind::SignInNeeded);
    });
    desk.app.connections.put(later);
    desk.press("Esc");
    assert_eq!(desk.app.queue_progress(desk.now), Some(Progress { done: 0, all: 4 }));
}

#[test]
fn esc_leaves_the_queue() {
    let mut desk = three();
    desk.press("!");
    desk.press("Esc");
    assert_eq!((desk.app.connections.needs_me, desk.app.queue_progress(desk.now)), (false, None));
    assert_eq!(desk.app.connections.showing, Showing::Clocks);
}

#[test]
fn a_secret_that_ended_leads_to_its_replacement() {
    let ended =
        with(troubled("adatum", TroubleKind::SetUpWrong), |own| own.credential = secret(Some(days(-2))));
    let mut desk = Desk::open(vec![ended]);
    desk.press("!");
    assert_eq!(desk.app.queue_step(desk.now), Some(QueueStep::ReplaceSecret));
    desk.press("Enter");
    assert!(matches!(desk.app.panel, Some(Panel::Secret(_))), "{:?}", desk.app.panel);
}
