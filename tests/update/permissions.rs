//! The Permissions tab: searching, ticking, groups, presets.

use tokengauge::app::permissions::{Section, Subject};
use tokengauge::app::{Answer, Edit, Effect, Line, Message, Panel, Tab};
use tokengauge::catalogue::permissions::{PRESETS, Preset};
use tokengauge::domain::{Overview, Scope, ScopeSet};

use super::fixtures::*;

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

fn on_permissions() -> Desk {
    let mut desk = Desk::open(vec![healthy("quiet"), healthy("other")]);
    desk.press("2");
    desk
}

fn searched(words: &str) -> Desk {
    let mut desk = on_permissions();
    desk.press("/");
    desk.type_text(words);
    desk
}

fn chosen(desk: &Desk) -> (Section, String) {
    let item = desk.app.chosen_permission().unwrap();
    (item.section, item.subject.name().to_owned())
}

fn chosen_name(desk: &Desk) -> String {
    chosen(desk).1
}

fn edit(effects: &[Effect]) -> &Edit {
    match effects {
        [Effect::Change { edit, .. }] => edit,
        other => panic!("{other:?}"),
    }
}

fn with_scopes(name: &str, scopes: ScopeSet) -> Overview {
    with(healthy(name), |own| {
        own.settings.scopes = scopes;
        own.generation += 1;
    })
}

#[test]
fn the_choice_stands_first_and_is_unticked_by_space() {
    let mut desk = on_permissions();
    assert_eq!(chosen(&desk), (Section::Choice, "Calendars.ReadWrite".to_owned()));
    assert_eq!(edit(&desk.press("Space")), &Edit::RemoveScope(scope("Calendars.ReadWrite")));
}

#[test]
fn what_was_unticked_stays_to_be_ticked_again() {
    let mut desk = on_permissions();
    let effects = desk.press("Space");
    let mut rest = PRESETS[0].scope_set();
    rest.remove(&scope("Calendars.ReadWrite"));
    let name = desk.chosen().to_owned();
    desk.answer_with(&effects, with_scopes(&name, rest));
    assert_eq!(chosen_name(&desk), "Calendars.ReadWrite");
    assert_eq!(edit(&desk.press("Space")), &Edit::AddScope(scope("Calendars.ReadWrite")));
}

#[test]
fn the_last_row_of_the_catalogue_is_reached_and_ticked() {
    let mut desk = on_permissions();
    desk.press("G");
    let (section, last) = chosen(&desk);
    assert_eq!(section, Section::Catalogue);
    assert_eq!(edit(&desk.press("Space")), &Edit::AddScope(scope(&last)));
    desk.press("g");
    assert_eq!(chosen(&desk), (Section::Choice, "Calendars.ReadWrite".to_owned()));
}

#[test]
fn right_and_left_lead_from_group_to_group() {
    let mut desk = on_permissions();
    desk.press("Right");
    assert_eq!(chosen(&desk), (Section::Catalogue, "Mail.Read".to_owned()));
    desk.press("Right");
    assert_eq!(chosen_name(&desk), "Calendars.Read");
    desk.press("Left");
    desk.press("Left");
    desk.press("Left");
    assert_eq!(chosen(&desk).0, Section::Choice);
}

#[test]
fn searching_as_one_types_leads_to_the_best_match() {
    let mut desk = searched("mail.s");
    assert_eq!(chosen_name(&desk), "Mail.Send");
    desk.type_text(" shared");
    assert_eq!(chosen_name(&desk), "Mail.Send.Shared");
}

#[test]
fn the_chosen_permission_stays_chosen_while_it_is_found() {
    let mut desk = on_permissions();
    for _ in 0..3 {
        desk.press("Down");
    }
    let before = chosen_name(&desk);
    assert_eq!(before, "Mail.Send");
    desk.press("/");
    desk.type_text("mail");
    assert_eq!(chosen_name(&desk), before);
}

#[test]
fn esc_leads_back_to_what_was_chosen_before_the_search() {
    let mut desk = searched("imap");
    assert_eq!(chosen_name(&desk), "IMAP.AccessAsUser.All");
    desk.press("Esc");
    assert!(desk.app.permissions.search.is_empty());
    assert_eq!((desk.app.line, chosen_name(&desk)), (None, "Calendars.ReadWrite".to_owned()));
}

#[test]
fn what_was_found_is_ticked_and_stays_chosen_when_the_search_ends() {
    let mut desk = searched("imap");
    desk.press("Enter");
    assert_eq!(desk.app.line, None);
    let wanted = scope("https://outlook.office.com/IMAP.AccessAsUser.All");
    assert_eq!(edit(&desk.press("Space")), &Edit::AddScope(wanted));
    desk.press("Esc");
    assert_eq!(desk.app.tab, Tab::Permissions);
    assert_eq!(chosen(&desk), (Section::Catalogue, "IMAP.AccessAsUser.All".to_owned()));
    desk.press("Esc");
    assert_eq!(desk.app.tab, Tab::Connections);
}

#[test]
fn n_moves_among_what_was_found_and_letters_are_text_while_typing() {
    let mut desk = searched("calendars");
    desk.press("n");
    assert_eq!(desk.app.permissions.search.text(), "calendarsn");
    desk.press("Backspace");
    desk.press("Down");
    desk.press("Enter");
    let first = chosen_name(&desk);
    desk.press("n");
    assert_ne!(chosen_name(&desk), first);
    desk.press("N");
    assert_eq!(chosen_name(&desk), first);
}

#[test]
fn nothing_found_is_nothing_to_tick() {
    let mut desk = searched("imap zebra");
    desk.press("Enter");
    assert_eq!(desk.app.chosen_permission(), None);
    assert_eq!(desk.press("Space"), []);
    assert_eq!(desk.press("Down"), []);
}

#[test]
fn ctrl_c_clears_the_search_and_does_not_leave() {
    let mut desk = searched("imap");
    assert_eq!(desk.press("Ctrl-C"), []);
    assert!(desk.app.permissions.search.is_empty());
}

#[test]
fn a_paste_into_the_search_is_text() {
    let mut desk = on_permissions();
    desk.press("/");
    desk.paste("mail.send");
    assert_eq!(chosen_name(&desk), "Mail.Send");
}

#[test]
fn offline_access_is_there_by_itself_and_says_why() {
    let mut desk = searched("offline");
    desk.press("Enter");
    assert_eq!(desk.press("Space"), []);
    assert!(desk.said().contains("no refresh token"), "{}", desk.said());
}

#[test]
fn a_tick_that_breaks_a_rule_is_refused_with_what_to_do() {
    let own = with(healthy("quiet"), |own| {
        own.settings.scopes = ScopeSet::parse_lenient("https://graph.microsoft.com/.default offline_access");
    });
    let mut desk = Desk::open(vec![own]);
    desk.press("2");
    desk.press("/");
    desk.type_text("mail.send");
    desk.press("Enter");
    assert_eq!(desk.press("Space"), []);
    let notice = desk.app.notice.clone().unwrap();
    assert!(notice.what_happened.contains(".default"), "{}", notice.what_happened);
    assert!(notice.what_to_do.is_some());
}

#[test]
fn a_scope_of_another_cloud_is_refused_when_it_is_entered() {
    let mut desk = on_permissions();
    desk.press("+");
    desk.type_text("https://graph.microsoft.us/Mail.Read");
    assert_eq!(desk.press("Enter"), []);
    assert_eq!(desk.app.line, Some(Line::Scope), "it stays to be mended");
}

#[test]
fn a_scope_is_entered_by_name() {
    let mut desk = on_permissions();
    desk.press("+");
    desk.type_text("https://outlook.office.com/SMTP.Send");
    let entered = scope("https://outlook.office.com/SMTP.Send");
    assert_eq!(edit(&desk.press("Enter")), &Edit::AddScope(entered));
    assert_eq!(desk.app.line, None);
}

#[test]
fn a_name_entered_is_asked_for_as_the_catalogue_spells_it() {
    for (typed, asked) in
        [("smtp.send", "https://outlook.office.com/SMTP.Send"), ("mail.read.shared", "Mail.Read.Shared")]
    {
        let mut desk = on_permissions();
        desk.press("+");
        desk.type_text(typed);
        assert_eq!(edit(&desk.press("Enter")), &Edit::AddScope(scope(asked)));
    }
}

#[test]
fn a_strange_name_is_taken_and_the_nearest_one_named() {
    let mut desk = on_permissions();
    desk.press("+");
    desk.type_text("Mail.Raed");
    assert_eq!(edit(&desk.press("Enter")), &Edit::AddScope(scope("Mail.Raed")));
    assert!(desk.said().contains("Meant Mail.Read?"), "{}", desk.said());
}

#[test]
fn a_scope_with_a_quote_is_refused_and_stays_to_be_mended() {
    let mut desk = on_permissions();
    desk.press("+");
    desk.type_text("Mail\"Read");
    assert_eq!(desk.press("Enter"), []);
    assert!(desk.said().contains("A scope is one word"));
    assert_eq!(desk.app.line, Some(Line::Scope));
}

#[test]
fn a_scope_being_typed_is_not_meant_for_another_connection() {
    let mut desk = Desk::open(vec![healthy("quiet"), healthy("other")]);
    desk.press("2");
    desk.press("+");
    desk.type_text("Mail.Read");
    // Whichever is chosen first goes.
    let stays = if desk.chosen() == "quiet" { "other" } else { "quiet" };
    let reading = desk.send(Message::RecordsChanged);
    desk.answer(&reading, Answer::Contents(Ok(contents(vec![healthy(stays)]))));
    assert_eq!((desk.app.tab, desk.app.line, &desk.app.permissions.entry), (Tab::Permissions, None, &None));
}

#[test]
fn a_scope_that_is_not_in_the_catalogue_stands_in_the_choice_and_is_found_by_name() {
    let own = with(healthy("quiet"), |own| {
        own.settings.scopes.insert(scope("https://contoso.crm.dynamics.com/user_impersonation"));
    });
    let mut desk = Desk::open(vec![own]);
    desk.press("2");
    desk.press("/");
    desk.type_text("crm.dyn");
    let item = desk.app.chosen_permission().unwrap();
    assert!(matches!(item.subject, Subject::Own(_)));
    desk.press("Enter");
    assert!(matches!(edit(&desk.press("Space")), Edit::RemoveScope(_)));
}

#[test]
fn a_preset_sets_the_whole_list() {
    let mut desk = on_permissions();
    desk.press("P");
    assert!(matches!(&desk.app.panel, Some(Panel::Presets(panel)) if panel.row == 0));
    desk.press("Down");
    let groups = Preset::named("app-connect+groups").unwrap().scope_set();
    assert_eq!(edit(&desk.press("Enter")), &Edit::SetScopes(groups));
    assert_eq!(desk.app.panel, None);
}

#[test]
fn the_preset_that_a_connection_has_is_chosen_and_changes_nothing() {
    let own = with_scopes("quiet", Preset::named("imap-smtp").unwrap().scope_set());
    let mut desk = Desk::open(vec![own]);
    desk.press("2");
    desk.press("P");
    assert_eq!(desk.press("Enter"), []);
    assert!(desk.said().contains("already"));
}

#[test]
fn a_draft_says_so_when_it_is_taken() {
    let mut desk = on_permissions();
    desk.press("P");
    desk.press("G");
    assert!(matches!(edit(&desk.press("Enter")), Edit::SetScopes(_)));
    assert!(desk.said().contains("draft: not confirmed by IBM"), "{}", desk.said());
}

#[test]
fn a_client_that_acts_for_itself_has_no_choice_to_search_or_preset() {
    let own =
        with(healthy("quiet"), |own| own.settings.way_in = tokengauge::domain::WayIn::ClientCredentials);
    let mut desk = Desk::open(vec![own]);
    desk.press("2");
    for key in ["P", "Space", "+", "/"] {
        assert_eq!(desk.press(key), [], "{key}");
        assert_eq!((&desk.app.panel, desk.app.line), (&None, None), "{key}");
    }
}

#[test]
fn another_connection_begins_with_its_own_choice() {
    let mut desk = on_permissions();
    desk.press("G");
    desk.press("1");
    desk.press("Down");
    desk.press("2");
    assert_eq!(chosen(&desk).0, Section::Choice);
}
