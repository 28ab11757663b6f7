//! `vault`: making it, opening it, telling how it is.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::home::{Home, Run};

fn loosen(path: &std::path::Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_passphrase_file_makes_and_opens_a_vault() {
    let home = Home::empty();
    let file = home.write("passphrase", "correct horse battery\n");
    loosen(&file, 0o600);
    let with = |arguments: &[&str]| {
        Run::of(home.command().env("TOKENGAUGE_PASSPHRASE_FILE", &file).args(arguments).output().unwrap())
    };
    assert!(with(&["vault", "init"]).is(0).err.contains("nothing brings them back"));
    let status = with(&["vault", "status", "--json"]).is(0).json();
    assert_eq!(
        (status["state"].as_str(), status["opened_by"].as_str()),
        (Some("open"), Some("passphrase file"))
    );
    loosen(&file, 0o644);
    with(&["list"]).fails(3);
}

#[test]
fn a_short_passphrase_is_refused() {
    let home = Home::empty();
    let file = home.write("passphrase", "short\n");
    loosen(&file, 0o600);
    let run =
        home.command().env("TOKENGAUGE_PASSPHRASE_FILE", &file).args(["vault", "init"]).output().unwrap();
    Run::of(run).fails(2);
    assert!(!home.vault().exists());
}

#[test]
fn loose_permissions_are_refused() {
    let home = Home::new();
    loosen(&home.key(), 0o640);
    assert!(home.run(&["list"]).fails(3).err.contains("chmod 600"));
    loosen(&home.key(), 0o600);
    loosen(&home.vault(), 0o755);
    assert!(home.run(&["list"]).fails(3).err.contains("chmod 700"));
}

#[test]
fn a_vault_is_never_made_over_another() {
    let home = Home::new();
    let other = home.path("other-key");
    home.bare(&["vault", "init", "--new-key-file", other.to_str().unwrap()]).fails(2);
    assert!(!other.exists());
    home.run(&["list"]).is(0);
}

#[test]
fn status_tells_absent_locked_and_open() {
    let home = Home::empty();
    assert!(home.bare(&["vault", "status"]).is(2).out.contains("absent"));
    let home = Home::new();
    assert!(home.bare(&["vault", "status"]).is(3).out.contains("locked"));
    assert!(home.run(&["vault", "status"]).is(0).out.contains("open, opened by key file"));
}

#[test]
fn a_second_key_file_opens_it_too() {
    let home = Home::new();
    let second = home.path("second");
    home.run(&["vault", "key-file", second.to_str().unwrap()]).is(0);
    Run::of(home.command().arg("--key-file").arg(&second).arg("list").output().unwrap()).is(0);
    home.run(&["vault", "key-file", second.to_str().unwrap()]).fails(2);
}
