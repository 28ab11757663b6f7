//! Answers that are in memory only: the list, the tabs, the question on leaving.

use tokengauge::app::{Action, App, Door, Failure, Message, SaveNews, Tab, Tone};
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
        ("unsaved_kept", kept(locked(unsaved(Tab::Connections, &["contoso-prod"])))),
        ("unsaved_kept_one_of_two", kept(locked(unsaved(Tab::Connections, &["contoso-prod", "adatum"])))),
        ("unsaved_kept_opened", opened(kept(locked(unsaved(Tab::Connections, &["contoso-prod"]))))),
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

/// What was in memory is in a sealed copy by now: locking waits for nobody.
fn kept(app: App) -> App {
    changed(app, |app| {
        let failure = Failure::new(
            format!("the answer for contoso-prod came, but could not be saved: {}", full().what_happened),
            "nothing is lost yet: make room on the disk, then the next start takes in the sealed copy that is in \
             /run/user/1000/tokengauge/1f0c9a/c0.age; it ends with the last logout",
        );
        let connection = id(app, "contoso-prod");
        app.update(Message::Saving(SaveNews::Kept { connection, failure }), now());
    })
}

/// The passphrase was typed, and nothing else has happened since.
fn opened(app: App) -> App {
    changed(app, |app| app.door = Door::Open)
}
