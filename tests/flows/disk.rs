//! A disk that takes nothing: found before a request is sent, and the old record stays byte for byte.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use tokengauge::app::GrantStep;
use tokengauge::runtime::exchange::{ExchangeError, exchange};
use tokengauge::runtime::services::Services;
use tokengauge::vault::ErrorKind;

use crate::child;
use crate::desk::{reopen, signed_in};

/// What must not change by a renewal that cannot be saved.
fn all_files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(all_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "age") {
            files.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

async fn renewal_fails(services: &Services) -> tokengauge::vault::VaultError {
    let overview = services.contents().unwrap().connections.remove(0);
    match exchange(services, &overview.id, GrantStep::renew(&overview)).await {
        Err(ExchangeError::Vault(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_sent_and_the_old_record_stays() {
    let (platform, desk) = signed_in("").await;
    let (before, sent) = (all_files(&desk.vault_dir()), platform.token_requests());
    // A limit on the size of files stands for the full disk: both end a write in the middle. 64 KiB.
    child::run("disk::child_that_renews_on_a_full_disk", desk.home.path(), "trap '' XFSZ; ulimit -f 128;")
        .await;
    assert_eq!(all_files(&desk.vault_dir()), before);
    assert_eq!(platform.token_requests(), sent);
    assert_eq!(desk.refresh().await.unwrap().trouble, None, "with room on the disk it goes on");
}

#[tokio::test]
#[ignore = "run by on_a_full_disk_nothing_is_sent_and_the_old_record_stays"]
async fn child_that_renews_on_a_full_disk() {
    let Some(home) = child::home() else { return };
    let error = renewal_fails(&reopen(&home)).await;
    assert_eq!((error.kind(), error.kind().exit_code()), (ErrorKind::Io, 7));
    assert!(error.what_to_do().starts_with("make room on the disk"), "{error:?}");
}

/// Nobody's user and group: root may write where it may not.
const NOBODY: u32 = 65_534;

/// Takes the right to write from `directories`, and runs the child as somebody to whom that matters.
pub async fn run_read_only(test: &str, home: &Path, directories: &[PathBuf]) {
    let root = rustix::process::geteuid().is_root();
    if root {
        give(home, NOBODY);
    }
    for directory in directories {
        fs::set_permissions(directory, Permissions::from_mode(0o500)).unwrap();
    }
    let mut command = child::command(test, home, "");
    if root {
        command.uid(NOBODY).gid(NOBODY);
    }
    child::passes(command).await;
    for directory in directories {
        fs::set_permissions(directory, Permissions::from_mode(0o700)).unwrap();
    }
    // A vault of somebody else is not read.
    if root {
        give(home, 0);
    }
}

fn give(path: &Path, owner: u32) {
    chown(path, Some(owner), Some(owner)).unwrap();
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give(&entry.unwrap().path(), owner));
    }
}

#[tokio::test]
async fn in_a_read_only_directory_nothing_is_sent_and_the_old_record_stays() {
    let (platform, desk) = signed_in("").await;
    let (before, sent) = (all_files(&desk.vault_dir()), platform.token_requests());
    let vault = desk.vault_dir();
    let test = "disk::child_that_renews_in_a_read_only_directory";
    run_read_only(test, desk.home.path(), &[vault.join("connections")]).await;
    run_read_only(
        test,
        desk.home.path(),
        &[vault.join("connections"), vault.join("apps"), vault.join("locks"), vault.clone()],
    )
    .await;
    assert_eq!(all_files(&vault), before);
    assert_eq!(platform.token_requests(), sent);
}

#[tokio::test]
#[ignore = "run by in_a_read_only_directory_nothing_is_sent_and_the_old_record_stays"]
async fn child_that_renews_in_a_read_only_directory() {
    let Some(home) = child::home() else { return };
    let error = renewal_fails(&reopen(&home)).await;
    assert_eq!(error.kind(), ErrorKind::Io, "{error:?}");
    assert!(error.what_to_do().contains("who owns the directory"), "{error:?}");
}
