//! The line of warnings: with keys for what is chosen, and away again behind the lock.

use tokengauge::app::{Action, App, Banner, Message, Tab};
use tokengauge::domain::warning::WarningRules;

use super::fixtures::{Make, certificate, days, now, on, only};
use super::scenes::{Scene, changed};

pub fn all() -> Vec<Scene> {
    vec![
        ("warnings_elsewhere", warned(on(Tab::Connections, "adatum"))),
        ("warnings_chosen", pressed(warned(on(Tab::Connections, "adatum")), Action::ShowWarning)),
        ("warnings_next", pressed(warned(on(Tab::Connections, "adatum")), Action::Back)),
        ("warnings_tokens", warned(on(Tab::Tokens, "contoso-prod"))),
        ("warnings_behind_form", pressed(warned(on(Tab::Connections, "adatum")), Action::Edit)),
        ("warnings_behind_question", pressed(warned(on(Tab::Connections, "litware")), Action::Remove)),
        ("warnings_narrowed", pressed(warned(on(Tab::Connections, "litware")), Action::NeedsMe)),
        ("warnings_certificate", warned(with_certificate())),
        ("warnings_certificate_form", pressed(with_certificate(), Action::Edit)),
        ("warnings_locked", pressed(warned(on(Tab::Connections, "adatum")), Action::Lock)),
    ]
}

/// Of a client that acts for itself, five days before its certificate ends.
fn with_certificate() -> App {
    let made = Make::healthy("contoso-journal", "ops@contoso.com").app_only("Mail.Read");
    let own = made.credential(certificate(days(5))).done();
    changed(only(own, Tab::Connections), |app| app.connections.apps[0].credential = certificate(days(5)))
}

fn warned(app: App) -> App {
    changed(app.with_warnings(WarningRules::default(), Banner::Shown), |app| {
        app.update(Message::Wake, now());
    })
}

fn pressed(app: App, action: Action) -> App {
    changed(app, |app| {
        app.update(Message::Action(action), now());
    })
}
