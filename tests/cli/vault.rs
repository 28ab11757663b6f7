//! `vault`: making it, opening it, telling how it is.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::home::{Home, Run};
use super::needs;

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

fn private(home: &Home, name: &str, text: &str) -> std::path::PathBuf {
    let file = home.write(name, text);
    loosen(&file, 0o600);
    file
}

fn opened_by(home: &Home, passphrase_file: &std::path::Path) -> Run {
    let mut command = home.command();
    command.env("TOKENGAUGE_PASSPHRASE_FILE", passphrase_file).args(["vault", "status"]);
    Run::of(command.output().unwrap())
}

#[test]
fn the_passphrase_is_changed_unattended() {
    let home = Home::empty();
    let (old, new) =
        (private(&home, "old", "correct horse battery\n"), private(&home, "new", "staple of another kind\n"));
    let with_old = |arguments: &[&str]| {
        let mut command = home.command();
        Run::of(command.env("TOKENGAUGE_PASSPHRASE_FILE", &old).args(arguments).output().unwrap())
    };
    with_old(&["vault", "init"]).is(0);
    let new_file = new.to_str().unwrap();
    let said = with_old(&["vault", "passphrase", "--new-passphrase-file", new_file]).is(0).err;
    assert!(said.contains("changed") && said.contains("key files and recipients open"), "{said}");
    opened_by(&home, &old).fails(3);
    opened_by(&home, &new).is(0);
}

#[test]
fn a_vault_of_a_key_file_is_given_a_passphrase() {
    let home = Home::new();
    let new = private(&home, "new", "correct horse battery\n");
    opened_by(&home, &new).fails(3);
    let said = home.run(&["vault", "passphrase", "--new-passphrase-file", new.to_str().unwrap()]).is(0).err;
    assert!(said.contains("has a passphrase now"), "{said}");
    opened_by(&home, &new).is(0);
    home.run(&["list"]).is(0);
}

#[test]
fn a_passphrase_that_is_too_short_or_not_proven_changes_nothing() {
    let home = Home::new();
    let (short, new) = (private(&home, "short", "short\n"), private(&home, "new", "correct horse battery\n"));
    let change = ["vault", "passphrase", "--new-passphrase-file"];
    home.run(&[&change[..], &[short.to_str().unwrap()]].concat()).fails(2);
    home.bare(&[&change[..], &[new.to_str().unwrap()]].concat()).fails(3);
    assert!(!home.vault().join("identity.age").exists());
}

/// The public key of a fresh age identity, and the file that holds it.
fn recovery_key(home: &Home) -> (String, std::path::PathBuf) {
    let file = home.path("recovery");
    let output = std::process::Command::new("age-keygen").arg("-o").arg(&file).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    (told.split_whitespace().find(|word| word.starts_with("age1")).unwrap().to_owned(), file)
}

fn age_opens(key: &std::path::Path, file: &std::path::Path) -> bool {
    let mut age = std::process::Command::new("age");
    age.arg("-d").arg("-i").arg(key).arg(file).output().unwrap().status.success()
}

#[test]
fn a_recipient_is_added_listed_and_removed_and_key_files_with_it() {
    if !needs::program("age-keygen") {
        return;
    }
    let home = Home::new();
    let (key, file) = recovery_key(&home);
    let settings = home.vault().join("settings.age");
    home.run(&["vault", "recipient", "add", &key, "--name", "the safe"]).is(0);
    assert!(age_opens(&file, &settings));
    assert_eq!(home.run(&["vault", "recipient", "list"]).is(0).out, format!("{key} (the safe)\n"));
    let listed = home.run(&["vault", "recipient", "list", "--json"]).is(0).json();
    assert_eq!(listed[0]["key"].as_str(), Some(key.as_str()));
    home.run(&["vault", "recipient", "add", &key]).fails(2);

    home.run(&["vault", "recipient", "remove", "the safe"]).fails(2);
    let new = home.path("new-key");
    let new_key = ["--new-key-file", new.to_str().unwrap()];
    home.run(&[&["vault", "recipient", "remove", "nobody"][..], &new_key].concat()).fails(2);
    assert!(!new.exists());
    home.run(&[&["vault", "recipient", "remove", "the safe"][..], &new_key].concat()).is(0);
    assert!(!age_opens(&file, &settings) && age_opens(&new, &settings));
    assert!(home.run(&["list"]).fails(3).err.contains("does not open the vault"));
    Run::of(home.command().arg("--key-file").arg(&new).arg("list").output().unwrap()).is(0);
}

#[test]
fn a_secret_key_is_no_recipient_and_is_not_repeated() {
    let home = Home::new();
    let run = home.run(&["vault", "recipient", "add", "AGE-SECRET-KEY-1TGSECRET"]).fails(10);
    assert!(!run.err.contains("TGSECRET"), "{}", run.err);
    home.run(&["vault", "recipient", "add", "ssh-ed25519 AAAA"]).fails(2);
}

#[test]
fn key_files_are_revoked_and_the_passphrase_stays() {
    let home = Home::new();
    let file = private(&home, "passphrase", "correct horse battery\n");
    let text = file.to_str().unwrap();
    home.run(&["vault", "passphrase", "--new-passphrase-file", text]).is(0);
    home.run(&["vault", "key-file", "--revoke"]).fails(3);
    let mut command = home.command();
    command.env("TOKENGAUGE_PASSPHRASE_FILE", &file).args(["vault", "key-file", "--revoke"]);
    Run::of(command.output().unwrap()).is(0);
    home.run(&["list"]).fails(3);
    opened_by(&home, &file).is(0);
}
