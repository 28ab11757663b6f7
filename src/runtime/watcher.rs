//! Notices what another process did to a vault: changed records, what it noted of them, and the order to lock.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::domain::ConnectionName;

/// Watches the records of a vault; stops when dropped.
#[derive(Debug)]
pub struct RecordWatcher {
    _watcher: RecommendedWatcher,
}

/// What was noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noticed {
    /// The record of this connection was replaced, made or removed.
    Connection(ConnectionName),
    /// Another record was, or it is not known which.
    Records,
    /// Something was noted in the activity.
    Activity,
    /// The vault was ordered to be locked.
    LockOrder,
}

/// Tells what happens in a vault, to the file of its activity, and to the files by which it is ordered to be locked. `None`
/// where the system cannot watch: the records are then read again by the clock alone, and an order is looked for at every wake.
pub fn watch<'a>(
    vault: &Path,
    activity: Option<&Path>,
    orders: impl Iterator<Item = &'a Path>,
    noticed: mpsc::UnboundedSender<Noticed>,
) -> Option<RecordWatcher> {
    let orders: Vec<PathBuf> = orders.map(Path::to_owned).collect();
    let names: Vec<OsString> =
        orders.iter().filter_map(|path| path.file_name()).map(OsString::from).collect();
    let log = activity.and_then(Path::file_name).map(OsString::from);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if let Some(what) = noticed_by(&event, log.as_ref(), &names) {
            // A receiver that is gone means that the program ends.
            let _ = noticed.send(what);
        }
    })
    .ok()?;
    for folder in ["connections", "apps"] {
        watcher.watch(&vault.join(folder), RecursiveMode::NonRecursive).ok()?;
    }
    for folder in orders.iter().map(PathBuf::as_path).chain(activity).filter_map(Path::parent) {
        // One that is not there is looked at by the clock alone.
        let _ = watcher.watch(folder, RecursiveMode::NonRecursive);
    }
    Some(RecordWatcher { _watcher: watcher })
}

/// What went unheard, because too much happened at once or the system failed, may have been a record.
fn noticed_by(event: &notify::Result<Event>, log: Option<&OsString>, orders: &[OsString]) -> Option<Noticed> {
    match event {
        Ok(event) if event.need_rescan() => Some(Noticed::Records),
        Ok(event) => noticed_in(event, log, orders),
        Err(_) => Some(Noticed::Records),
    }
}

/// Reading is no change, and a temporary file is none yet: its renaming is.
fn noticed_in(event: &Event, log: Option<&OsString>, orders: &[OsString]) -> Option<Noticed> {
    if !matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)) {
        return None;
    }
    let is_order =
        |path: &PathBuf| path.file_name().is_some_and(|name| orders.iter().any(|order| order == name));
    let is_record = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "age");
    let is_log = |path: &PathBuf| log.is_some_and(|log| path.file_name() == Some(log));
    match () {
        () if event.paths.iter().any(is_order) => Some(Noticed::LockOrder),
        () if event.paths.iter().any(is_record) => {
            let mut records = event.paths.iter().filter(|path| is_record(path));
            let only = records.next().filter(|_| records.next().is_none()).and_then(|path| connection(path));
            Some(only.map_or(Noticed::Records, Noticed::Connection))
        }
        () if event.paths.iter().any(is_log) => Some(Noticed::Activity),
        () => None,
    }
}

/// The connection whose record this is; `None` for that of an app registration.
fn connection(path: &Path) -> Option<ConnectionName> {
    let folder = path.parent()?.file_name()?;
    let name = ConnectionName::parse(path.file_stem()?.to_str()?)?;
    (folder == "connections").then_some(name)
}

#[cfg(test)]
mod tests {
    use notify::event::{Flag, ModifyKind, RenameMode};

    use super::*;

    fn renamed(to: &str) -> Event {
        Event::new(EventKind::Modify(ModifyKind::Name(RenameMode::To))).add_path(PathBuf::from(to))
    }

    #[test]
    fn what_went_unheard_may_have_been_a_record() {
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        let failed = notify::Error::generic("gone");
        assert_eq!(noticed_by(&Ok(overflow), None, &[]), Some(Noticed::Records));
        assert_eq!(noticed_by(&Err(failed), None, &[]), Some(Noticed::Records));
        assert_eq!(noticed_by(&Ok(renamed("/vault/connections/.draft")), None, &[]), None);
    }

    #[test]
    fn a_record_that_was_replaced_is_told_by_its_name() {
        let noticed = |event| noticed_by(&Ok(event), None, &[]);
        let one = || Noticed::Connection(ConnectionName::parse("one").unwrap());
        assert_eq!(noticed(renamed("/vault/connections/one.age")), Some(one()));
        let from_draft = renamed("/vault/connections/.one.tmp").add_path("/vault/connections/one.age".into());
        assert_eq!(noticed(from_draft), Some(one()));
        let moved = renamed("/vault/connections/one.age").add_path("/vault/connections/two.age".into());
        assert_eq!(noticed(moved), Some(Noticed::Records));
        let app = "/vault/apps/5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44.age";
        assert_eq!(noticed(renamed(app)), Some(Noticed::Records));
    }
}
