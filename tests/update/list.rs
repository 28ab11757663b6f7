//! The list: filter, groups, orders, selection, renewing all.

use tokengauge::app::{Answer, Contents, Edit, Effect, Message, Panel, Question, Sort, Tab};
use tokengauge::domain::{Need, NextStep, RenewalKind, TroubleKind};

use super::fixtures::*;

fn names(desk: &Desk) -> Vec<&str> {
    desk.app.connections.rows(desk.now).iter().map(|own| own.name.as_str()).collect()
}

fn three() -> Desk {
    Desk::open(vec![healthy("adatum"), healthy("fabrikam"), healthy("fourthcoffee")])
}

#[test]
fn groups_stand_in_the_order_of_need() {
    let desk = Desk::open(every_state());
    let groups = desk.app.connections.groups(desk.now);
    let needs: Vec<Need> = groups.iter().map(|group| group.need).collect();
    assert_eq!(needs, Need::ALL);
    let counts = desk.app.connections.counts(desk.now);
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<usize>(), every_state().len());
}

#[test]
fn the_filter_narrows_while_it_is_typed_and_enter_keeps_it() {
    let mut desk = three();
    desk.press("/");
    desk.type_text("f");
    assert_eq!(names(&desk), ["fabrikam", "fourthcoffee"]);
    assert_eq!(desk.chosen(), "fabrikam", "the chosen one is one that is shown");
    desk.press("Enter");
    assert_eq!((desk.app.line, names(&desk).len()), (None, 2));
}

#[test]
fn n_moves_among_what_the_filter_found_and_makes_nothing() {
    let mut desk = three();
    desk.press("/");
    desk.type_text("f");
    desk.press("Enter");
    desk.press("n");
    assert_eq!((desk.chosen(), &desk.app.panel), ("fourthcoffee", &None));
    desk.press("N");
    assert_eq!((desk.chosen(), &desk.app.panel), ("fabrikam", &None));
    desk.press("Esc");
    assert_eq!(names(&desk).len(), 3);
    desk.press("n");
    assert!(matches!(desk.app.panel, Some(Panel::Input(_))));
}

#[test]
fn escape_drops_the_filter_being_typed() {
    let mut desk = three();
    desk.press("/");
    desk.type_text("zzz");
    assert_eq!((names(&desk).len(), desk.chosen()), (0, ""));
    desk.press("Esc");
    assert_eq!((names(&desk).len(), desk.app.line), (3, None));
    assert_ne!(desk.chosen(), "");
}

#[test]
fn needs_me_hides_the_quiet_ones_and_shows_them_again() {
    let mut desk = Desk::open(every_state());
    desk.press("!");
    let quiet = |desk: &Desk| {
        desk.app.connections.rows(desk.now).iter().filter(|own| own.need(desk.now) == Need::Quiet).count()
    };
    assert_eq!(quiet(&desk), 0);
    desk.press("!");
    assert_ne!(quiet(&desk), 0);
}

#[test]
fn one_that_needs_me_no_more_stays_chosen_where_its_tokens_are_shown() {
    let mut desk = Desk::open(vec![troubled("one", TroubleKind::SignInNeeded), unsigned("two")]);
    desk.press("!");
    desk.press("3");
    let effects = desk.press("r");
    let mut own = desk.own("one");
    renew(&mut own, desk.now, RenewalKind::Refresh);
    desk.answer_with(&effects, own);
    assert_eq!((desk.app.tab, desk.chosen()), (Tab::Tokens, "one"));
    desk.press("1");
    assert_eq!(desk.chosen(), "two", "on the list one of those that are shown");
}

#[test]
fn orders_follow_each_other_round_and_are_told() {
    let mut desk = Desk::open(vec![
        with(healthy("a"), |own| own.credential = secret(Some(days(50)))),
        with(healthy("b"), |own| own.credential = secret(Some(days(40)))),
    ]);
    assert_eq!(names(&desk), ["b", "a"], "lapsing first");
    desk.press("s");
    assert_eq!(
        (desk.app.connections.sort, names(&desk), desk.said()),
        (Sort::Name, vec!["a", "b"], "Order: by name")
    );
    desk.press("s");
    desk.press("s");
    assert_eq!(desk.app.connections.sort, Sort::Lapse);
}

#[test]
fn the_selection_survives_reading_again() {
    let mut desk = three();
    desk.press("G");
    let chosen = desk.chosen().to_owned();
    let reading = desk.send(Message::RecordsChanged);
    let mut read = vec![healthy("zzz"), healthy("fourthcoffee"), healthy("adatum"), healthy("fabrikam")];
    read[1].credential = secret(Some(days(3)));
    desk.answer(&reading, Answer::Contents(Ok(contents(read))));
    assert_eq!(desk.chosen(), chosen);
}

#[test]
fn one_removed_elsewhere_leaves_another_chosen() {
    let mut desk = three();
    let reading = desk.send(Message::RecordsChanged);
    desk.answer(&reading, Answer::Contents(Ok(contents(vec![healthy("fabrikam")]))));
    assert_eq!(desk.chosen(), "fabrikam");
    let reading = desk.send(Message::RecordsChanged);
    desk.answer(&reading, Answer::Contents(Ok(Contents::default())));
    assert!(desk.app.chosen().is_none());
}

#[test]
fn moving_stops_at_the_ends() {
    let mut desk = three();
    desk.press("g");
    desk.press("Up");
    assert_eq!(desk.chosen(), names(&desk)[0]);
    desk.press("Ctrl-D");
    desk.press("Down");
    assert_eq!(desk.chosen(), names(&desk)[2]);
}

#[test]
fn renewing_all_asks_with_the_number() {
    let retry = TroubleKind::TryLater {
        retry_at: start() + minutes(9),
        attempt: 1,
        wait: tokengauge::domain::Wait::BackOff,
    };
    let mut desk =
        Desk::open(vec![left("one", minutes(5)), left("two", minutes(2)), troubled("later", retry)]);
    desk.press("R");
    let Some(Panel::Question(Question::RenewAll(due))) = desk.app.panel.clone() else { panic!() };
    assert_eq!(due, [id("one"), id("two")]);
    assert_eq!(exchanges(&desk.press("Enter")), 2);
    assert!(desk.said().contains("2 connections"));
}

#[test]
fn renewing_all_can_be_left() {
    let mut desk = Desk::open(vec![left("one", minutes(5))]);
    desk.press("R");
    assert_eq!(desk.press("Esc"), []);
    assert_eq!(desk.app.panel, None);
}

#[test]
fn renewing_all_says_that_nothing_is_due() {
    let mut desk = three();
    desk.press("R");
    assert_eq!((&desk.app.panel, desk.said()), (&None, "Nothing is due."));
}

#[test]
fn renewing_all_keeps_to_eight_in_the_air_and_the_rest_follows() {
    let mut desk = Desk::open((0..12).map(|n| left(&format!("t{n}"), minutes(5))).collect());
    desk.press("R");
    let first = desk.press("Enter");
    assert_eq!(exchanges(&first), 8);
    assert_eq!(desk.after(seconds(1)), []);
    let mut own = desk.own("t0");
    renew(&mut own, desk.now, RenewalKind::Refresh);
    desk.answer_with(&first[..1], own);
    assert_eq!(exchanges(&desk.after(seconds(0))), 1);
}

#[test]
fn removing_wants_the_name() {
    let mut desk = three();
    desk.press("D");
    desk.type_text("adatu");
    assert_eq!(desk.press("Enter"), []);
    assert!(desk.said().contains("Nothing was removed"));
    desk.type_text("m");
    let effects = desk.press("Enter");
    assert_eq!(effects, [Effect::Remove { request: request(&effects[0]), connection: id("adatum") }]);
    assert_eq!(desk.press("Enter"), [], "once is enough");
    desk.answer(&effects, Answer::Removed(Ok(id("adatum"))));
    assert_eq!((desk.app.panel.is_none(), names(&desk).len(), desk.said()), (true, 2, "adatum was removed."));
}

#[test]
fn a_removal_that_failed_says_so_and_removes_nothing() {
    let mut desk = three();
    desk.press("D");
    desk.paste(" adatum\n");
    let effects = desk.press("Enter");
    desk.answer(&effects, Answer::Removed(Err(failure())));
    assert_eq!((desk.said(), names(&desk).len()), ("the disk is full", 3));
}

#[test]
fn enter_goes_on_with_an_open_sign_in_or_opens_the_tokens() {
    let mut desk = Desk::open(vec![begun(unsigned("northwind"), start()), healthy("quiet")]);
    assert_eq!(desk.press("Enter").len(), 1);
    assert_eq!(desk.sign_in().connection, id("northwind"));
    desk.press("Esc");
    desk.app.connections.select(id("quiet"));
    desk.press("Enter");
    assert_eq!(desk.app.tab, Tab::Tokens);
}

#[test]
fn a_record_from_a_backup_needs_the_person_who_accepts_it_after_a_question() {
    let mut desk = Desk::open(vec![troubled("restored", TroubleKind::Restored), healthy("quiet")]);
    let own = desk.own("restored");
    assert_eq!((own.need(desk.now), own.next_step(desk.now)), (Need::NeedsYou, NextStep::AcceptRestored));
    assert!(!own.is_due(desk.now) && !own.may_renew_at(desk.now));
    desk.app.connections.select(id("quiet"));
    desk.press("c");
    assert_eq!(desk.app.panel, None, "there is nothing to accept");
    desk.app.connections.select(id("restored"));
    assert_eq!(desk.press("c"), [], "it is asked first");
    assert_eq!(desk.app.question(), Some(&Question::AcceptRestored(id("restored"))));
    assert_eq!(desk.press("Esc"), []);
    assert_eq!(desk.app.panel, None);
    desk.press("c");
    let effects = desk.press("Enter");
    assert!(matches!(&effects[..], [Effect::Change { edit, .. }] if **edit == Edit::AcceptRestored));
}

#[test]
fn a_backup_put_back_while_the_program_runs_is_taken_and_may_be_accepted() {
    let mut desk = Desk::open(vec![with(healthy("adatum"), |own| own.generation = 12)]);
    let old = |change: fn(&mut tokengauge::domain::Overview)| {
        let mut own = with(troubled("adatum", TroubleKind::Restored), |own| own.generation = 11);
        change(&mut own);
        own
    };
    let read = |desk: &mut Desk, own| {
        let effects = desk.send(Message::RecordsChanged);
        desk.answer(&effects, Answer::Contents(Ok(contents(vec![own]))));
        desk.own("adatum")
    };
    let held = read(&mut desk, old(|own| own.trouble = None));
    assert_eq!(held.generation, 12, "read before the change that is known");
    let held = read(&mut desk, old(|_| {}));
    assert_eq!((held.generation, held.next_step(desk.now)), (11, NextStep::AcceptRestored));
    desk.press("c");
    assert!(matches!(desk.app.panel, Some(Panel::Question(Question::AcceptRestored(_)))));
}
