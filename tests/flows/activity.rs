//! The activity of several programs on one vault: each sees what the others did, and sees it once.

use std::path::Path;

use tokengauge::app::{App, Door, Message, Tab};
use tokengauge::domain::{ConnectionName, EventKind};
use tokengauge::runtime::activity_log::ActivityLog;
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::exchange::{OnFailedSave, Teller};
use tokengauge::runtime::records;
use tokengauge::runtime::services::Services;
use tokengauge::vault::unlock::{Keyring, Sources};

use crate::dashboard::Dashboard;
use crate::desk::{Desk, signed_in};

/// How often an event of this kind is told.
fn told(app: &App, kind: EventKind) -> usize {
    app.activity.shown().iter().filter(|event| event.kind == kind).count()
}

fn name(text: &str) -> ConnectionName {
    ConnectionName::parse(text).unwrap()
}

#[tokio::test]
async fn what_another_program_does_is_told_here_once() {
    let (platform, desk) = signed_in("").await;
    let notes = desk.home.path().join("state");
    let sources = Sources { notes: Some(notes), keyring: Keyring::Left, ..Sources::default() };
    sources.introduce(&desk.services.vault);
    let vault = desk.services.vault.clone();
    // The command line, and yesterday's dashboard.
    let other = Desk { services: Services::new(vault.clone(), Clock::system()), ..desk };
    other.refresh().await.unwrap();
    records::rename(&other.services, &other.id, &name("renamed")).unwrap();
    let mut dashboard =
        Dashboard::new(vault.dir(), platform.authority(), Clock::system(), Door::Open, |executor| {
            executor.with_open_vault(vault.clone(), None)
        });
    dashboard.open();
    dashboard.until("records are read", |app| !app.connections.all().is_empty()).await;
    dashboard.keys("4");
    dashboard.until("the renaming is told", |app| told(app, EventKind::Renamed) == 1).await;
    assert_eq!((dashboard.app.tab, told(&dashboard.app, EventKind::Renewed)), (Tab::Activity, 1));
    let shown = dashboard.app.activity.shown();
    let renewal = shown.iter().find(|event| event.kind == EventKind::Renewed).unwrap();
    assert_eq!(renewal.connection, Some(name("renamed")), "under its present name");
    // No key is pressed: the record has changed.
    records::rename(&other.services, &other.id, &name("again")).unwrap();
    dashboard.until("so is the next", |app| told(app, EventKind::Renamed) == 2).await;
    // A record changes before that is noted, and may have been read by then: the note by itself is enough.
    other.services.note(EventKind::HandedOver, &name("again"), "handed over to n8n");
    dashboard.until("what is noted later", |app| told(app, EventKind::HandedOver) == 1).await;
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_told_once() {
    let (_platform, desk) = signed_in("").await;
    let (send, mut messages) = tokio::sync::mpsc::unbounded_channel();
    let mut services = desk.services.clone();
    services.activity = ActivityLog::new(Path::new("/dev/null"), "0123");
    services.on_failed_save = OnFailedSave::TryOn(Teller::new(send));
    records::rename(&services, &desk.id, &name("one")).unwrap();
    records::rename(&services, &desk.id, &name("two")).unwrap();
    let Ok(Message::ActivityNotKept(failure)) = messages.try_recv() else { panic!("nothing is told") };
    assert!(failure.what_happened.contains("/dev/null/activity/0123.jsonl"), "{failure:?}");
    assert!(messages.try_recv().is_err(), "once");
}
