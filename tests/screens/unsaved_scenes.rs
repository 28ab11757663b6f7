//! Answers that are in memory only: the list, the tabs, the question on leaving.

use tokengauge::app::{Action, App, Failure, Message, SaveNews, Tab, Tone};
use tokengauge::domain::ConnectionId;

use super::fixtures::{id_of, now, on};
use super::scenes::{Scene, changed};

pub fn all() -> Vec<Scene> {
    vec![
        ("unsaved_told", unsaved(Tab::Connections, &["contoso-prod"])),
        ("unsaved_list", read(unsaved(Tab::Connections, &["contoso-prod", "adatum"]))),
        ("unsaved_tokens", read(unsaved(Tab::Tokens, &["contoso-prod"]))),
        ("unsaved_elsewhere", read(unsaved(Tab::Permissions, &["adatum"]))),
        ("unsaved_activity", read(unsaved(Tab::Activity, &["contoso-prod"]))),
        ("unsaved_leaving", leaving(unsaved(Tab::Connections, &["contoso-prod"]))),
        ("unsaved_leaving_two", leaving(unsaved(Tab::Connections, &["contoso-prod", "adatum"]))),
        ("unsaved_locked", locked(unsaved(Tab::Connections, &["contoso-prod", "adatum"]))),
        ("unsaved_locked_leaving", leaving_locked(unsaved(Tab::Connections, &["contoso-prod"]))),
        ("unsaved_taken_in", changed(on(Tab::Connections, "contoso-prod"), taken_in)),
        ("unsaved_saved", changed(unsaved(Tab::Connections, &["contoso-prod"]), saved)),
    ]
}

fn unsaved(tab: Tab, names: &[&str]) -> App {
    changed(on(tab, "contoso-prod"), |app| {
        for name in names {
            app.update(
                Message::Saving(SaveNews::NotSaved { connection: id(app, name), failure: full() }),
                now(),
            );
        }
    })
}

fn id(app: &App, name: &str) -> ConnectionId {
    id_of(app, name)
}

fn full() -> Failure {
    Failure::new(
        "No space left on device (os error 28): cannot write \
         /home/ops/.local/share/tokengauge/vault/connections/.contoso-prod.tmp",
        "make room on the disk",
    )
}

/// The notice has been read.
fn read(app: App) -> App {
    changed(app, |app| app.notice = None)
}

fn leaving(app: App) -> App {
    changed(app, |app| {
        app.update(Message::Action(Action::Quit), now());
    })
}

fn taken_in(app: &mut App) {
    let told = "contoso-prod: an answer that could not be saved before is saved now".to_owned();
    app.update(Message::Saving(SaveNews::TakenIn { tone: Tone::Good, told }), now());
}

fn saved(app: &mut App) {
    let connection = id(app, "contoso-prod");
    app.update(Message::Saving(SaveNews::Saved { connection }), now() + chrono::TimeDelta::seconds(35));
}

/// Locked by order: nobody sees the list.
fn locked(app: App) -> App {
    changed(app, |app| {
        app.update(Message::LockOrdered, now());
    })
}

fn leaving_locked(app: App) -> App {
    changed(locked(app), |app| {
        assert_eq!(app.update(Message::Action(Action::Interrupt), now()), []);
    })
}
