//! The Permissions tab and the panel with the presets.

use tokengauge::app::permissions::{Item, Section, Subject};
use tokengauge::app::{App, Field, Line, Panel, PresetPanel, Tab};
use tokengauge::catalogue::permissions::PRESETS;
use tokengauge::domain::{Overview, Scope};

use super::fixtures::{Make, on, only};
use super::scenes::{Scene, changed};

/// All of them, by name.
pub fn all() -> Vec<Scene> {
    let partly = Make::healthy("contoso-prod", "ops@contoso.com")
        .asking("Group.ReadWrite.All")
        .asking("MailboxSettings.Read")
        .granted("Mail.Send Mail.ReadWrite User.Read Calendars.ReadWrite Contacts.ReadWrite Files.Read")
        .done();
    vec![
        ("permissions_granted", on(Tab::Permissions, "contoso-prod")),
        (
            "permissions_partly",
            changed(only(partly.clone(), Tab::Permissions), |app| {
                app.permissions.cursor = Some(chosen(Section::Choice, "Group.ReadWrite.All"));
            }),
        ),
        (
            "permissions_in_a_group",
            changed(only(partly.clone(), Tab::Permissions), |app| {
                app.permissions.cursor = Some(chosen(Section::Catalogue, "Mail.Send.Shared"));
            }),
        ),
        (
            "permissions_at_the_end",
            changed(only(partly.clone(), Tab::Permissions), |app| {
                app.permissions.cursor = Some(chosen(Section::Catalogue, "WindowsUpdates.ReadWrite.All"));
            }),
        ),
        (
            "permissions_search_typed",
            changed(only(partly.clone(), Tab::Permissions), |app| {
                app.permissions.search.paste("mail send");
                app.line = Some(Line::PermissionSearch);
            }),
        ),
        (
            "permissions_searched",
            changed(only(partly.clone(), Tab::Permissions), |app| {
                app.permissions.search.paste("calendar");
                app.permissions.cursor = Some(chosen(Section::Catalogue, "Calendars.ReadWrite"));
            }),
        ),
        (
            "permissions_nothing_found",
            changed(only(partly.clone(), Tab::Permissions), |app| app.permissions.search.paste("imap zebra")),
        ),
        ("permissions_ews", {
            let own = Make::healthy("davmail", "ops@contoso.com")
                .asking("https://outlook.office365.com/EWS.AccessAsUser.All")
                .asking("https://contoso.crm.dynamics.com/user_impersonation")
                .done();
            changed(only(own, Tab::Permissions), |app| {
                app.permissions.cursor = Some(chosen(Section::Choice, "EWS.AccessAsUser.All"));
            })
        }),
        ("presets", presets(partly.clone(), "app-connect")),
        ("presets_draft", presets(partly.clone(), "app-connect-teams")),
        ("permissions_never_signed_in", on(Tab::Permissions, "proseware")),
        (
            "permissions_scope_typed",
            changed(only(partly, Tab::Permissions), |app| {
                let mut field = Field::open(256);
                field.paste("Mail.Read.Shared");
                app.permissions.entry = Some(field);
                app.line = Some(Line::Scope);
            }),
        ),
    ]
}

fn chosen(section: Section, name: &str) -> Item {
    Item { section, subject: Subject::of(&Scope::parse(name).unwrap()) }
}

fn presets(own: Overview, name: &str) -> App {
    let row = PRESETS.iter().position(|preset| preset.name == name).unwrap();
    let panel = PresetPanel { row, ..PresetPanel::open(&own) };
    changed(only(own, Tab::Permissions), |app| app.panel = Some(Panel::Presets(panel)))
}
