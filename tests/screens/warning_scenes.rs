//! The line of warnings: with keys for what is chosen, and away again behind the lock.

use tokengauge::app::{Action, App, Banner, Message, Tab};
use tokengauge::domain::warning::WarningRules;

use super::fixtures::{now, on};
use super::scenes::{Scene, changed};

pub fn all() -> Vec<Scene> {
    vec![
        ("warnings_elsewhere", warned(on(Tab::Connections, "adatum"))),
        ("warnings_chosen", pressed(warned(on(Tab::Connections, "adatum")), Action::ShowWarning)),
        ("warnings_next", pressed(warned(on(Tab::Connections, "adatum")), Action::Back)),
        ("warnings_tokens", warned(on(Tab::Tokens, "contoso-prod"))),
        ("warnings_locked", pressed(warned(on(Tab::Connections, "adatum")), Action::Lock)),
    ]
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
