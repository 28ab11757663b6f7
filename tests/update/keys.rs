//! Actions and keys: each is offered somewhere, does something there, and nothing elsewhere.

use std::collections::BTreeSet;

use tokengauge::app::{
    Action, Answer, Banner, Browser, Context, Door, Effect, Leave, Message, Panel, Question, Tab,
};
use tokengauge::domain::warning::WarningRules;
use tokengauge::domain::{ConnectionValue, RenewalKind, TroubleKind};
use tokengauge::keymap::Keymap;

use super::fixtures::*;

/// A desk after these keys; effects are answered with nothing.
fn after(mut desk: Desk, keys: &[&str]) -> Desk {
    for key in keys {
        desk.press(key);
    }
    desk
}

fn waiting() -> Desk {
    let mut desk = Desk::open(vec![begun(unsigned("northwind"), start())]);
    desk.app.environment.browser = Browser::Here;
    let effects = desk.press("a");
    desk.answer(&effects, sent(1));
    desk
}

fn code_waits() -> Desk {
    let mut desk = Desk::open(vec![coded(unsigned("northwind"), start())]);
    desk.app.environment.browser = Browser::Here;
    desk.press("a");
    desk
}

fn closed() -> Desk {
    let mut desk = Desk::first_run();
    let effects = desk.app.open_vault();
    desk.answer(&effects, Answer::Contents(Err(tokengauge::app::DoorFailure::Other(failure()))));
    desk
}

fn opening() -> Desk {
    let mut desk = Desk::first_run();
    desk.app.open_vault();
    desk
}

fn failed() -> Desk {
    let mut desk = Desk::open(vec![unsigned("one")]);
    let effects = desk.press("a");
    desk.answer(&effects, Answer::Connection(Err(failure())));
    desk
}

fn handed_over() -> Desk {
    let mut desk = after(Desk::open(vec![healthy("one")]), &["Y", "Enter"]);
    for _ in 0..4 {
        let effects = desk.press("y");
        desk.answer(&effects, sent(1));
    }
    desk
}

/// A desk in the middle of several rows, so that every movement moves.
fn in_the_middle(tab: Tab) -> Desk {
    let mut desk = Desk::open((0..5).map(|n| begun(healthy(&format!("t{n}")), start())).collect());
    desk.app.connections.select(id("t2"));
    desk.app.connections.needs_me = false;
    desk.app.tab = tab;
    if tab != Tab::Connections {
        desk.press("Down");
    }
    desk
}

/// One desk for every place in which a key can be pressed.
fn everywhere() -> Vec<(&'static str, Desk)> {
    let typed_form = |keys: &[&str]| after(Desk::open(vec![healthy("one")]), keys);
    vec![
        ("first run", after(Desk::first_run(), &["Down"])),
        ("first passphrase", after(Desk::first_run(), &["Enter", "x"])),
        ("key file", after(Desk::first_run(), &["Down", "Enter"])),
        ("making", after(Desk::first_run(), &["Down", "Enter", "Enter"])),
        ("locked", after(Desk::locked(), &["x"])),
        ("opening", opening()),
        ("closed", closed()),
        ("connections", in_the_middle(Tab::Connections)),
        ("no connections", Desk::open(Vec::new())),
        ("permissions", in_the_middle(Tab::Permissions)),
        ("tokens", in_the_middle(Tab::Tokens)),
        ("activity", in_the_middle(Tab::Activity)),
        ("filter", after(in_the_middle(Tab::Connections), &["/", "t"])),
        ("activity filter", after(in_the_middle(Tab::Activity), &["/", "t"])),
        ("scope", after(in_the_middle(Tab::Permissions), &["+", "x"])),
        ("beginning", after(Desk::open(vec![unsigned("one")]), &["a"])),
        ("waiting", waiting()),
        ("pasting", after(waiting(), &["p", "x"])),
        ("failed", failed()),
        ("a code waits", code_waits()),
        ("device code?", after(waiting(), &["d"])),
        ("other ways", after(waiting(), &["u"])),
        ("plain page", after(waiting(), &["u", "P"])),
        ("form", typed_form(&["n", "x"])),
        ("form, choice", typed_form(&["n", "Tab"])),
        ("to whom?", after(Desk::open(vec![healthy("one")]), &["Y", "Down"])),
        ("handing over", after(Desk::open(vec![healthy("one")]), &["Y", "Enter"])),
        ("export", after(Desk::open(vec![healthy("one")]), &["x"])),
        ("export, file", after(Desk::open(vec![healthy("one")]), &["x", "Up", "x"])),
        ("export, clipboard?", after(Desk::open(vec![healthy("one")]), &["x", "y"])),
        ("renewing first", after(Desk::open(vec![left("one", minutes(5))]), &["Y", "Enter"])),
        ("handed over", handed_over()),
        ("remove?", after(Desk::open(vec![healthy("one")]), &["D", "x"])),
        ("copy?", after(in_the_middle(Tab::Tokens), &["y"])),
        ("from a backup", Desk::open(vec![troubled("one", TroubleKind::Restored)])),
        ("accept?", after(Desk::open(vec![troubled("one", TroubleKind::Restored)]), &["c"])),
        ("renew all?", after(Desk::open(vec![left("one", minutes(5))]), &["R"])),
        ("give up?", after(waiting(), &["X"])),
        ("discard?", typed_form(&["n", "x", "Esc"])),
        ("warned", warned()),
        ("help", after(in_the_middle(Tab::Connections), &["?", "Down"])),
    ]
}

/// Of another connection than the chosen one.
fn warned() -> Desk {
    let desk = Desk::open(vec![healthy("one"), troubled("two", TroubleKind::SignInNeeded)]);
    let app = desk.app.with_warnings(WarningRules::default(), Banner::Shown);
    let mut desk = Desk { app, ..desk };
    desk.send(Message::Wake);
    desk
}

fn does_something(desk: &Desk, action: Action) -> bool {
    let mut after = desk.clone();
    let effects = after.act(action);
    !effects.is_empty() || after.app != desk.app
}

#[test]
fn every_context_is_walked() {
    let seen: Vec<Context> = everywhere().iter().map(|(_, desk)| desk.app.context()).collect();
    for context in [
        Context::FirstRun,
        Context::Door,
        Context::Connections,
        Context::Permissions,
        Context::Tokens,
        Context::Activity,
        Context::SignIn,
        Context::DeviceSignIn,
        Context::OtherWays,
        Context::InputPane,
        Context::HandOver,
        Context::Export,
        Context::Question,
        Context::Help,
        Context::PlainPage,
        Context::Line,
    ] {
        assert!(seen.contains(&context), "{context:?}");
    }
}

#[test]
fn every_action_is_offered_somewhere_and_does_something_there() {
    let mut idle: BTreeSet<Action> = Action::ALL.into_iter().collect();
    for (_, desk) in everywhere() {
        let offered = desk.app.on_offer(desk.now);
        idle.retain(|action| !(offered.contains(action) && does_something(&desk, *action)));
    }
    assert_eq!(idle, BTreeSet::new());
}

#[test]
fn what_is_on_offer_does_something() {
    // A movement rests at the end of a list, a tab's own key on that tab, and Esc where nothing narrows the list.
    let may_rest = |desk: &Desk, action: Action| match action {
        Action::Up
        | Action::Down
        | Action::HalfPageUp
        | Action::HalfPageDown
        | Action::First
        | Action::Last => true,
        Action::ShowConnections | Action::Back => desk.app.tab == Tab::Connections,
        Action::ShowPermissions => desk.app.tab == Tab::Permissions,
        Action::ShowTokens => desk.app.tab == Tab::Tokens,
        Action::ShowActivity => desk.app.tab == Tab::Activity,
        _ => false,
    };
    for (place, desk) in everywhere() {
        for action in desk.app.on_offer(desk.now) {
            let works = may_rest(&desk, action) || does_something(&desk, action);
            assert!(works, "{place}: {action:?}");
        }
    }
}

#[test]
fn nothing_is_offered_twice() {
    for (place, desk) in everywhere() {
        let offered = desk.app.on_offer(desk.now);
        let once: BTreeSet<Action> = offered.iter().copied().collect();
        assert_eq!(once.len(), offered.len(), "{place}: {offered:?}");
    }
}

#[test]
fn a_key_that_is_not_on_offer_does_nothing() {
    let keymap = Keymap::default();
    let always = [Action::Interrupt, Action::Quit, Action::Theme, Action::Help];
    for (place, desk) in everywhere().into_iter().filter(|(_, desk)| !desk.app.is_typing()) {
        let offered = desk.app.on_offer(desk.now);
        let acts =
            |own: &Action| offered.contains(own) || always.contains(own) || desk.app.tells_why_not(*own);
        for action in Action::ALL.into_iter().filter(|own| !acts(own)) {
            // One key may have two meanings in two places: then it has the other one here.
            let other =
                |key: &String| always.iter().chain(&offered).any(|own| keymap.keys_of(*own).contains(key));
            for key in keymap.keys_of(action).into_iter().filter(|key| !other(key)) {
                let message = keymap.translate(&desk.app, event(&key), desk.now);
                assert_eq!(message, None, "{place}: {key}");
            }
        }
    }
}

#[test]
fn a_key_that_needs_tokens_says_that_there_are_none() {
    for tab in ["1", "3"] {
        for (key, use_it) in [("Y", "hand over"), ("x", "export"), ("t", "test"), ("r", "renew")] {
            let mut desk = Desk::open(vec![unsigned("one")]);
            desk.press(tab);
            assert_eq!(desk.press(key), [], "{key}");
            let told = desk.app.notice.as_ref().map(|own| own.what_happened.clone());
            let expected = format!("one holds no tokens: nothing to {use_it}. Sign in first (a).");
            assert_eq!((told, &desk.app.panel), (Some(expected), &None), "{tab} {key}");
        }
    }
}

#[test]
fn what_is_absent_is_not_shown_and_its_key_says_so() {
    let mut desk = Desk::open(vec![unsigned("one")]);
    desk.app.tokens.value = ConnectionValue::AccessToken;
    desk.press("3");
    assert_eq!(desk.press("v"), []);
    assert_eq!(desk.app.notice.unwrap().what_happened, "one has no access token.");
}

#[test]
fn letters_are_text_wherever_text_is_typed() {
    for (place, desk) in everywhere().into_iter().filter(|(_, desk)| desk.app.is_typing()) {
        for key in "qanNeDrRyYvxSLT?123 4[]jkhlgG+!/".chars() {
            let mut after = desk.clone();
            assert_eq!(after.press(&key.to_string()), [], "{place}: {key}");
            assert_eq!(after.app.context(), desk.app.context(), "{place}: {key}");
            assert_eq!(after.app.tab, desk.app.tab, "{place}: {key}");
        }
    }
}

#[test]
fn help_opens_over_everything_that_does_not_take_text_and_gives_it_back() {
    for (place, desk) in everywhere() {
        let inside = matches!(desk.app.door, Door::Open) && !desk.app.is_typing();
        if !inside || matches!(desk.app.context(), Context::Help | Context::PlainPage) {
            continue;
        }
        let mut after = desk.clone();
        after.press("?");
        assert_eq!(after.app.context(), Context::Help, "{place}");
        after.press("?");
        assert_eq!(after.app, desk.app, "{place}");
    }
}

#[test]
fn every_action_has_a_key_a_label_and_a_line_of_help() {
    let keymap = Keymap::default();
    for action in Action::ALL {
        assert!(!keymap.key_of(action).is_empty(), "{action:?}");
        assert!(!action.name().is_empty() && !action.label().is_empty() && !action.help().is_empty());
    }
    let distinct: BTreeSet<Action> = Action::ALL.into_iter().collect();
    assert_eq!(distinct.len(), Action::ALL.len());
}

#[test]
fn interrupt_clears_what_is_typed_and_leaves_where_nothing_is() {
    for (place, desk) in everywhere() {
        let mut after = desk.clone();
        let first = after.press("Ctrl-C");
        let leaves = first == [Effect::Quit(Leave::Quit)];
        // A form that was typed into asks before it is thrown away.
        let asks = |desk: &Desk| matches!(desk.app.question(), Some(Question::DiscardForm(_)));
        // A form is closed before the program is left.
        let insists = (0..2).any(|_| after.press("Ctrl-C") == [Effect::Quit(Leave::Quit)] || asks(&after));
        assert!(leaves || insists, "{place}");
        let is_form = matches!(desk.app.panel, Some(Panel::Input(_) | Panel::Secret(_)));
        assert_eq!(leaves, !is_form && !desk.app.is_typing(), "{place}");
    }
}

#[test]
fn interrupt_in_an_empty_field_closes_the_form_and_leaves_no_shell_to_paste_into() {
    for key in ["n", "S"] {
        let mut desk = Desk::open(vec![healthy("contoso")]);
        desk.press(key);
        assert!(desk.app.panel.is_some(), "{key}");
        assert_eq!(desk.press("Ctrl-C"), [], "{key}");
        assert_eq!(desk.app.panel, None, "{key}");
        assert_eq!(desk.press("Ctrl-C"), [Effect::Quit(Leave::Quit)], "{key}");
    }
}

#[test]
fn q_leaves_from_every_tab_and_closes_every_panel() {
    // What is being made is awaited.
    let free = |(place, desk): &(&str, Desk)| *place != "making" && !desk.app.is_typing();
    for (place, desk) in everywhere().into_iter().filter(free) {
        let mut after = desk.clone();
        let left = after.press("q") == [Effect::Quit(Leave::Quit)];
        let closed = after.app.context() != desk.app.context();
        assert!(left != closed, "{place}");
    }
}

#[test]
fn a_letter_bound_to_the_action_of_enter_can_still_be_typed() {
    let keys = ["z".to_owned(), "Enter".to_owned()];
    let keymap = Keymap::with_overrides([("open", &keys[..])]).unwrap();
    let typing = Desk::locked();
    let meant = |key: &str| keymap.translate(&typing.app, event(key), typing.now);
    assert_eq!(meant("z"), Some(Message::Text(event("z"))));
    assert_eq!(meant("Enter"), Some(Message::Action(Action::Open)));
}

#[test]
fn themes_follow_each_other_round() {
    let mut desk = Desk::open(Vec::new());
    let seen: Vec<String> = (0..3)
        .map(|_| {
            desk.press("T");
            desk.app.theme.clone()
        })
        .collect();
    assert_eq!(seen, ["light", "dark", "light"]);
}

#[test]
fn tabs_turn_both_ways_by_tab_and_brackets() {
    let mut desk = Desk::open(vec![healthy("one")]);
    for (key, tab) in [
        ("Tab", Tab::Permissions),
        ("Shift-Tab", Tab::Connections),
        ("[", Tab::Activity),
        ("]", Tab::Connections),
        ("4", Tab::Activity),
    ] {
        desk.press(key);
        assert_eq!(desk.app.tab, tab, "{key}");
    }
}

#[test]
fn a_person_may_renew_what_would_not_renew_by_itself() {
    let mut desk = Desk::open(vec![troubled("one", TroubleKind::SignInNeeded)]);
    assert!(desk.app.on_offer(desk.now).contains(&Action::Renew));
    let effects = desk.press("r");
    let own = with(desk.own("one"), |own| renew(own, desk.now, RenewalKind::Refresh));
    desk.answer_with(&effects, own);
    assert_eq!(desk.said(), "one: renewed, tokens stored.");
}
