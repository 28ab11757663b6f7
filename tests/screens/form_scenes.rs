//! The form of a connection, empty, filled and refused.

use tokengauge::app::{App, Failure, FieldId, InputPane, Panel, Tab};
use tokengauge::domain::app_registration::CredentialKind;
use tokengauge::domain::{Overview, WayIn};

use super::fixtures::{app, every_state, on};
use super::scenes::{Scene, changed};

pub fn form(app: &App, like: Option<&Overview>) -> InputPane {
    let taken = app.connections.all().iter().map(|own| own.name.to_string()).collect();
    InputPane::new(app.connections.apps.clone(), app.environment.authorities.clone(), taken, like)
}

fn with_form(app: App, fill: impl FnOnce(&mut InputPane)) -> App {
    let mut pane = form(&app, None);
    fill(&mut pane);
    changed(app, |app| app.panel = Some(Panel::Input(Box::new(pane))))
}

fn typed(pane: &mut InputPane, id: FieldId, text: &str) {
    pane.focus = id;
    pane.clear_field();
    pane.paste(text);
}

pub fn forms() -> Vec<Scene> {
    let none = || app(Vec::new());
    let edit = {
        let app = on(Tab::Connections, "contoso-prod");
        let chosen = app.chosen().unwrap().clone();
        let pane = InputPane::edit(
            &chosen,
            app.connections.apps.clone(),
            app.environment.authorities.clone(),
            vec![],
        );
        changed(app, |app| app.panel = Some(Panel::Input(Box::new(pane))))
    };
    vec![
        ("form_empty", with_form(none(), |_| {})),
        ("form_tried", with_form(none(), |pane| pane.tried = true)),
        (
            "form_secret_id",
            with_form(none(), |pane| {
                typed(pane, FieldId::Name, "contoso-prod");
                typed(pane, FieldId::ClientId, "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44");
                typed(pane, FieldId::ClientSecret, "6e5d4c3b-2a19-4f08-9e7d-6c5b4a392817");
            }),
        ),
        (
            "form_secret_elsewhere",
            with_form(none(), |pane| {
                typed(pane, FieldId::ClientSecret, "Ab1~x8Q.once_only-16+planted");
                pane.focus = FieldId::RedirectUri;
            }),
        ),
        (
            "form_wrong_everywhere",
            with_form(none(), |pane| {
                typed(pane, FieldId::Name, "-x");
                typed(pane, FieldId::ClientId, "my-app");
                typed(pane, FieldId::SecretEnds, "May");
                typed(pane, FieldId::Tenant, "contoso");
                typed(pane, FieldId::SignInAs, "ops");
                typed(pane, FieldId::RedirectUri, "http://apps.contoso.com/");
            }),
        ),
        ("form_known_app", with_form(app(every_state()), |pane| pane.focus = FieldId::AppRegistration)),
        (
            "form_not_saved",
            with_form(app(every_state()), |pane| {
                pane.failure =
                    Some(Failure::new("another process has just taken this name", "choose another name"));
            }),
        ),
        ("form_edit", edit),
        (
            "form_app_only",
            with_form(none(), |pane| {
                typed(pane, FieldId::Name, "contoso-journal");
                typed(pane, FieldId::Tenant, "contoso.com");
                pane.way_in = WayIn::ClientCredentials;
                pane.credential = CredentialKind::Certificate;
                typed(pane, FieldId::CertificateFile, "~/connector.pem");
                pane.focus = FieldId::Permissions;
            }),
        ),
        (
            "form_device_code",
            with_form(none(), |pane| {
                pane.way_in = WayIn::DeviceCode;
                pane.focus = FieldId::WayIn;
            }),
        ),
    ]
}
