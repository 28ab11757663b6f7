//! Notices records that another process changed.

use std::path::Path;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// Watches the records of a vault; stops when dropped.
#[derive(Debug)]
pub struct RecordWatcher {
    _watcher: RecommendedWatcher,
}

/// Tells `changed` whenever a record was replaced, made or removed. `None` where the system cannot watch: the records
/// are then read again only when this process changes one.
pub fn watch(vault: &Path, changed: mpsc::UnboundedSender<()>) -> Option<RecordWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| concerns_records(&event)) {
            // A receiver that is gone means that the program ends.
            let _ = changed.send(());
        }
    })
    .ok()?;
    for folder in ["connections", "apps"] {
        watcher.watch(&vault.join(folder), RecursiveMode::NonRecursive).ok()?;
    }
    Some(RecordWatcher { _watcher: watcher })
}

/// Reading is no change, and a temporary file is none yet: its renaming is.
fn concerns_records(event: &Event) -> bool {
    let changes = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_));
    changes && event.paths.iter().any(|path| path.extension().is_some_and(|extension| extension == "age"))
}
