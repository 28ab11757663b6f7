//! `export`: for the owner alone, over nothing, and remembered.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::tenant::{NAME, Tenant};

#[test]
fn the_file_is_the_owners_and_is_not_written_over() {
    let tenant = Tenant::new().signed_in();
    let path = tenant.home.path("values");
    let arguments = ["export", NAME, "--format", "json", "--output", path.to_str().unwrap()];
    assert!(tenant.run(&arguments).is(0).out.is_empty());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&path).unwrap();
    tenant.run(&arguments).fails(10);
    assert_eq!(fs::read(&path).unwrap(), before);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    tenant.run(&[&arguments[..], &["--force"]].concat()).is(0);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_git_work_tree_is_refused() {
    let tenant = Tenant::new().signed_in();
    fs::create_dir_all(tenant.home.path("tree/.git")).unwrap();
    fs::create_dir_all(tenant.home.path("tree/deep")).unwrap();
    let path = tenant.home.path("tree/deep/values");
    let arguments = ["export", NAME, "--format", "env", "--output", path.to_str().unwrap()];
    assert!(tenant.run(&arguments).fails(10).err.contains("git work tree"));
    assert!(!path.exists());
    tenant.run(&[&arguments[..], &["--yes"]].concat()).is(0);
}

#[test]
fn a_shell_reads_the_same_values() {
    let tenant = Tenant::new().signed_in();
    let path = tenant.home.path("values");
    tenant.run(&["export", NAME, "--format", "env", "--output", path.to_str().unwrap()]).is(0);
    let script = format!(". '{}'; printf %s \"$ACCESS_TOKEN\"", path.display());
    let read = Command::new("sh").args(["-c", &script]).output().unwrap().stdout;
    assert_eq!(String::from_utf8(read).unwrap(), tenant.token(&[]).out.trim_end());
}

#[test]
fn what_was_written_is_no_failure_if_it_cannot_be_remembered() {
    let tenant = Tenant::new().signed_in();
    let lock = tenant.home.vault().join("locks").join(format!("{NAME}.connection.lock"));
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let path = tenant.home.path("values");
    let run = tenant.run(&["export", NAME, "--format", "json", "--output", path.to_str().unwrap()]).is(0);
    assert!(path.exists());
    assert!(run.err.contains("values has the values, but that could not be remembered"), "{}", run.err);
}

#[test]
fn an_older_copy_is_told() {
    let tenant = Tenant::new().signed_in();
    tenant.home.run(&["export", NAME, "--format", "env"]).is(0);
    tenant.run(&["refresh", NAME]).is(0);
    assert_eq!(tenant.run(&["show", NAME, "--json"]).json()["last_hand_over"]["current"], false);
}

#[test]
fn before_the_first_sign_in_there_is_nothing_to_export() {
    Tenant::new().run(&["export", NAME, "--format", "json"]).fails(4);
}
