//! The input pane: what is said of each field, what is saved, what is kept.

use chrono::NaiveDate;
use tokengauge::app::input_pane::AppChoice;
use tokengauge::app::{
    Answer, Check, CredentialEdit, Edit, Effect, FieldId, FieldView, InputPane, NewConnection, Panel,
    Purpose, Question,
};
use tokengauge::domain::secret::ClientSecret;

use super::fixtures::*;

const OTHER: &str = "11111111-2222-4333-8444-555555555555";
const VALUE: &str = "Ab1~x8Q.once_only-16+xyz";

pub(super) fn pane(desk: &Desk) -> &InputPane {
    match &desk.app.panel {
        Some(Panel::Input(pane)) => pane,
        other => panic!("no form: {other:?}"),
    }
}

pub(super) fn focus(desk: &mut Desk, field: FieldId) {
    assert!(pane(desk).fields().contains(&field), "{field:?} is not shown");
    while pane(desk).focus != field {
        desk.press("Tab");
    }
}

/// Replaces what a field holds.
pub(super) fn fill(desk: &mut Desk, field: FieldId, text: &str) {
    focus(desk, field);
    desk.press("Ctrl-U");
    desk.paste(text);
}

pub(super) fn text(desk: &Desk, field: FieldId) -> String {
    match pane(desk).view(field) {
        FieldView::Text(field) => field.text().to_owned(),
        FieldView::Choice(text) => text,
    }
}

pub(super) fn said(desk: &Desk, field: FieldId) -> Check {
    pane(desk).check(field)
}

fn wrong(field: FieldId, typed: &str) -> String {
    let mut desk = empty();
    fill(&mut desk, field, typed);
    match said(&desk, field) {
        Check::Wrong(text) => text,
        other => panic!("{typed:?} in {field:?}: {other:?}"),
    }
}

/// A form in a vault without registrations.
fn empty() -> Desk {
    let mut desk = Desk::open(Vec::new());
    desk.press("n");
    desk
}

/// A form in a vault that knows a registration, for a connection on another one.
fn on_a_new_app(desk: &mut Desk) {
    focus(desk, FieldId::AppRegistration);
    desk.press("Right");
}

pub(super) fn filled() -> Desk {
    let mut desk = empty();
    fill(&mut desk, FieldId::Name, "contoso");
    fill(&mut desk, FieldId::ClientId, OTHER);
    fill(&mut desk, FieldId::ClientSecret, VALUE);
    fill(&mut desk, FieldId::SecretEnds, "2027-05-22");
    fill(&mut desk, FieldId::SignInAs, "ops@contoso.com");
    desk
}

pub(super) fn new_of(effects: &[Effect]) -> NewConnection {
    match effects {
        [Effect::Create { new, .. }] => (**new).clone(),
        other => panic!("{other:?}"),
    }
}

pub(super) fn edit_of(effects: &[Effect]) -> NewConnection {
    match effects {
        [Effect::Change { edit, .. }] => match &**edit {
            Edit::Form(form, _) => form.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_registration_drops_the_tokens_only_when_asked() {
    let mut desk = Desk::open(vec![healthy("adatum")]);
    desk.press("e");
    focus(&mut desk, FieldId::AppRegistration);
    desk.press("Right");
    fill(&mut desk, FieldId::ClientId, OTHER);
    fill(&mut desk, FieldId::ClientSecret, VALUE);
    assert_eq!(desk.press("Enter"), []);
    assert!(matches!(desk.app.panel, Some(Panel::Question(Question::DropTokens(_)))), "{:?}", desk.app.panel);
    desk.press("Esc");
    assert!(matches!(desk.app.panel, Some(Panel::Input(_))), "the form is back");
    desk.press("Enter");
    let effects = desk.press("Enter");
    assert!(matches!(&effects[..], [Effect::Change { .. }]), "{effects:?}");
}

#[test]
fn a_client_id_is_a_guid() {
    assert!(wrong(FieldId::ClientId, "my-app").contains("GUID"));
    assert!(wrong(FieldId::ClientId, "5d2f7a106b0e4c7b9a510f3c2f8e1b44").contains("8-4-4-4-12"));
}

#[test]
fn a_guid_in_the_secret_field_is_the_secrets_id() {
    let said = wrong(FieldId::ClientSecret, OTHER);
    assert!(said.contains("secret's ID") && said.contains("Value"), "{said}");
}

#[test]
fn pasted_blanks_are_cut() {
    let mut desk = empty();
    fill(&mut desk, FieldId::ClientId, &format!(" \t{OTHER}\r\n"));
    fill(&mut desk, FieldId::ClientSecret, &format!("  {VALUE} \n"));
    assert_eq!(
        (text(&desk, FieldId::ClientId), text(&desk, FieldId::ClientSecret)),
        (OTHER.into(), VALUE.into())
    );
}

#[test]
fn a_secret_has_no_blank_inside_and_a_short_one_is_remarked() {
    assert!(wrong(FieldId::ClientSecret, "one two three four").contains("blanks"));
    let mut desk = empty();
    fill(&mut desk, FieldId::ClientSecret, "short");
    assert!(matches!(said(&desk, FieldId::ClientSecret), Check::Remark(text) if text.contains("all of it")));
}

#[test]
fn a_name_taken_in_another_case_is_refused() {
    let mut desk = Desk::open(vec![healthy("Contoso")]);
    desk.press("n");
    fill(&mut desk, FieldId::Name, "cONTOSO");
    assert!(matches!(said(&desk, FieldId::Name), Check::Wrong(text) if text.contains("another connection")));
    assert!(wrong(FieldId::Name, "-x").contains("letters, digits"));
}

#[test]
fn its_own_name_is_no_other_connections() {
    let mut desk = Desk::open(vec![healthy("contoso")]);
    desk.press("e");
    fill(&mut desk, FieldId::Name, "CONTOSO");
    assert!(!said(&desk, FieldId::Name).is_wrong());
}

#[test]
fn a_redirect_uri_keeps_the_portals_rules() {
    assert!(wrong(FieldId::RedirectUri, "localhost:8400").contains("whole address"));
    assert!(wrong(FieldId::RedirectUri, "http://apps.contoso.com/").contains("localhost only"));
    assert!(wrong(FieldId::RedirectUri, "https://apps.contoso.com/#x").contains("portal refuses"));
    assert!(wrong(FieldId::RedirectUri, "http://[::1]:8400/").contains("[::1]"));
}

#[test]
fn what_to_register_is_printed_with_the_platform_that_fits() {
    let mut desk = filled();
    let Check::Remark(text) = said(&desk, FieldId::RedirectUri) else { panic!() };
    assert!(text.ends_with("Authentication → Add a platform → Web → http://localhost:8400/"), "{text}");
    fill(&mut desk, FieldId::ClientSecret, "");
    fill(&mut desk, FieldId::Name, "-");
    desk.press("Enter");
    let Check::Remark(text) = said(&desk, FieldId::RedirectUri) else { panic!() };
    assert!(text.contains("Mobile and desktop"), "{text}");
}

#[test]
fn dates_tenants_and_mailboxes_are_checked() {
    assert!(wrong(FieldId::SecretEnds, "22.5.2027").contains("year-month-day"));
    assert!(wrong(FieldId::SecretEnds, "2027-13-01").contains("year-month-day"));
    assert!(wrong(FieldId::Tenant, "contoso").contains("a domain such as"));
    assert!(wrong(FieldId::SignInAs, "ops").contains("ops@contoso.com"));
}

#[test]
fn one_tenant_is_remarked() {
    let mut desk = empty();
    fill(&mut desk, FieldId::Tenant, "contoso.com");
    assert!(matches!(said(&desk, FieldId::Tenant), Check::Remark(_)));
}

#[test]
fn an_authority_of_ones_own_is_asked_for_and_checked() {
    let mut desk = empty();
    focus(&mut desk, FieldId::Cloud);
    desk.press("Left");
    fill(&mut desk, FieldId::AuthorityUrl, "http://login.example.com");
    assert!(matches!(said(&desk, FieldId::AuthorityUrl), Check::Wrong(text) if text.contains("loopback")));
    fill(&mut desk, FieldId::AuthorityUrl, "https://login.example.com");
    assert!(!said(&desk, FieldId::AuthorityUrl).is_wrong());
}

#[test]
fn empty_fields_are_wishes_until_enter_and_then_wrong() {
    let mut desk = empty();
    assert!(matches!(said(&desk, FieldId::Name), Check::Empty(_)));
    focus(&mut desk, FieldId::Tenant);
    assert_eq!(desk.press("Enter"), []);
    assert!(said(&desk, FieldId::Name).is_wrong() && said(&desk, FieldId::ClientId).is_wrong());
    assert_eq!(pane(&desk).focus, FieldId::Name, "the first wrong one");
}

#[test]
fn a_good_form_is_saved_by_enter() {
    let mut desk = filled();
    let effects = desk.press("Enter");
    let new = new_of(&effects);
    assert_eq!(new.name.as_str(), "contoso");
    assert_eq!(new.settings.client_id.to_string(), OTHER);
    assert_eq!(new.settings.sign_in_as.unwrap().as_str(), "ops@contoso.com");
    let ends_on = NaiveDate::from_ymd_opt(2027, 5, 22);
    assert_eq!(new.credential, CredentialEdit::Secret { value: ClientSecret::new(VALUE), ends_on });
    assert_eq!(desk.press("Enter"), [], "it is being saved");
    assert_eq!(desk.press("Esc"), []);
    assert!(matches!(desk.app.panel, Some(Panel::Input(_))), "nor is it left");
}

#[test]
fn a_saved_connection_is_chosen_and_the_next_step_told() {
    let mut desk = filled();
    let effects = desk.press("Enter");
    let more = desk.answer_with(&effects, unsigned("contoso"));
    assert!(matches!(more[..], [Effect::LoadVault { .. }]));
    assert_eq!((desk.chosen(), desk.said()), ("contoso", "contoso was made. a signs in."));
    assert_eq!(desk.app.panel, None);
}

#[test]
fn a_failure_of_saving_keeps_everything_typed() {
    let mut desk = filled();
    let before: Vec<String> = pane(&desk).fields().into_iter().map(|field| text(&desk, field)).collect();
    let effects = desk.press("Enter");
    desk.answer(&effects, Answer::Connection(Err(failure())));
    assert_eq!(pane(&desk).failure, Some(failure()));
    let after: Vec<String> = pane(&desk).fields().into_iter().map(|field| text(&desk, field)).collect();
    assert_eq!(after, before);
    assert!(matches!(desk.press("Enter")[..], [Effect::Create { .. }]), "and it can be tried again");
}

#[test]
fn without_a_secret_the_client_is_public() {
    let mut desk = filled();
    fill(&mut desk, FieldId::ClientSecret, "");
    assert_eq!(desk.press("Enter"), [], "it is asked first");
    assert!(matches!(desk.app.question(), Some(Question::PublicClient(_))));
    assert_eq!(new_of(&desk.press("Enter")).credential, CredentialEdit::Public);
}

#[test]
fn whoever_forgot_the_secret_is_led_to_its_field() {
    let mut desk = filled();
    fill(&mut desk, FieldId::ClientSecret, "");
    desk.press("Enter");
    desk.press("Esc");
    assert_eq!(pane(&desk).focus, FieldId::ClientSecret);
}

#[test]
fn a_secret_is_not_taken_by_a_field_that_would_show_it() {
    let mut desk = filled();
    while pane(&desk).focus != FieldId::Tenant {
        desk.press("Tab");
    }
    desk.paste("abc8Q~TGSECRETTGSECRETTGSECRETTGSECRET12");
    assert!(!format!("{:?}", desk.app).contains("TGSECRET"));
    assert!(desk.said().contains("looks like a client secret"));
}

#[test]
fn a_known_registration_hides_what_it_brings() {
    let mut desk = Desk::open(vec![healthy("northwind")]);
    desk.press("n");
    assert_eq!(pane(&desk).app, AppChoice::Known(0));
    for hidden in [FieldId::ClientId, FieldId::ClientSecret, FieldId::SecretEnds, FieldId::Cloud] {
        assert!(!pane(&desk).fields().contains(&hidden), "{hidden:?}");
    }
    fill(&mut desk, FieldId::Name, "second");
    let new = new_of(&desk.press("Enter"));
    assert_eq!((new.settings.client_id.to_string().as_str(), new.credential), (CLIENT, CredentialEdit::Keep));
}

#[test]
fn a_registration_already_here_is_not_typed_again() {
    let mut desk = Desk::open(vec![healthy("northwind")]);
    desk.press("n");
    on_a_new_app(&mut desk);
    fill(&mut desk, FieldId::ClientId, CLIENT);
    assert!(matches!(said(&desk, FieldId::ClientId), Check::Wrong(text) if text.contains("already here")));
}

#[test]
fn a_secret_typed_before_a_known_registration_was_chosen_replaces_nothing() {
    let mut desk = Desk::open(vec![healthy("northwind")]);
    desk.press("n");
    fill(&mut desk, FieldId::Name, "second");
    on_a_new_app(&mut desk);
    fill(&mut desk, FieldId::ClientSecret, VALUE);
    focus(&mut desk, FieldId::AppRegistration);
    desk.press("Left");
    assert_eq!(new_of(&desk.press("Enter")).credential, CredentialEdit::Keep);
}

#[test]
fn a_new_registration_does_not_inherit_the_end_of_anothers_secret() {
    let mut desk = Desk::open(vec![healthy("northwind")]);
    desk.press("n");
    on_a_new_app(&mut desk);
    assert_eq!(text(&desk, FieldId::SecretEnds), "");
}

#[test]
fn new_like_brings_the_settings_but_name_mailbox_and_secret() {
    let like = with(healthy("northwind"), |own| {
        own.settings.tenant = tokengauge::domain::Tenant::parse("contoso.com").unwrap();
        own.settings.redirect_uri = tokengauge::domain::RedirectUri::parse("https://x.example/cb").unwrap();
    });
    let mut desk = Desk::open(vec![like]);
    desk.press("N");
    assert_eq!(pane(&desk).purpose, Purpose::New);
    let shown = [FieldId::Name, FieldId::SignInAs, FieldId::Tenant, FieldId::RedirectUri];
    assert_eq!(shown.map(|field| text(&desk, field)), ["", "", "contoso.com", "https://x.example/cb"]);
}

#[test]
fn editing_keeps_the_secret_unless_another_is_typed() {
    let mut desk = Desk::open(vec![healthy("northwind")]);
    desk.press("e");
    fill(&mut desk, FieldId::Name, "renamed");
    let effects = desk.press("Enter");
    let form = edit_of(&effects);
    assert_eq!((form.name.as_str(), form.credential), ("renamed", CredentialEdit::Keep));
    desk.answer_with(
        &effects,
        with(healthy("northwind"), |own| {
            own.name = tokengauge::domain::ConnectionName::parse("renamed").unwrap();
            own.generation += 1;
        }),
    );
    assert_eq!(desk.chosen(), "renamed");
}

#[test]
fn the_end_of_a_secret_can_be_changed_alone() {
    let mut desk = Desk::open(vec![healthy("northwind")]);
    desk.press("e");
    fill(&mut desk, FieldId::SecretEnds, "2027-01-31");
    let ends_on = NaiveDate::from_ymd_opt(2027, 1, 31);
    assert_eq!(edit_of(&desk.press("Enter")).credential, CredentialEdit::EndsOn(ends_on));
}

#[test]
fn a_form_shows_the_end_of_the_secret_that_its_connection_uses() {
    let mut desk = Desk::open(vec![healthy("northwind")]);
    let proven_for = std::collections::BTreeSet::from([id("northwind")]);
    let candidate = secret(Some(days(300)));
    let app = &mut desk.app.connections.apps[0];
    app.replacement = Some(tokengauge::app::ReplacementFacts { candidate, proven_for });
    let old = app.credential.lifetime().unwrap().expires_at.date_naive();
    desk.press("e");
    let ends = (start() + days(300)).date_naive();
    assert_eq!(text(&desk, FieldId::SecretEnds), ends.to_string());
    fill(&mut desk, FieldId::SecretEnds, &old.to_string());
    assert_eq!(edit_of(&desk.press("Enter")).credential, CredentialEdit::EndsOn(Some(old)));
}

#[test]
fn an_untouched_form_closes_and_a_touched_one_asks() {
    let mut desk = empty();
    desk.press("Esc");
    assert_eq!(desk.app.panel, None);
    let mut desk = filled();
    desk.press("Esc");
    assert!(matches!(desk.app.panel, Some(Panel::Question(Question::DiscardForm(_)))));
    desk.press("Esc");
    assert_eq!(text(&desk, FieldId::Name), "contoso", "no keeps the form as it was");
    desk.press("Esc");
    desk.press("Enter");
    assert_eq!(desk.app.panel, None);
}

#[test]
fn choices_are_stepped_through_and_letters_do_nothing_there() {
    let mut desk = empty();
    focus(&mut desk, FieldId::ResponseMode);
    let first = text(&desk, FieldId::ResponseMode);
    assert_eq!(desk.press("D"), []);
    assert_eq!(text(&desk, FieldId::ResponseMode), first);
    desk.press("Space");
    assert_ne!(text(&desk, FieldId::ResponseMode), first);
    desk.press("h");
    assert_eq!(text(&desk, FieldId::ResponseMode), first);
    desk.paste("Mail.Read");
    assert!(desk.said().contains("choose a field first"));
}

#[test]
fn a_typed_secret_stands_in_no_debug_text() {
    assert!(!format!("{:?}", filled().app).contains(VALUE));
}
