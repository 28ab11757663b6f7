//! The stock `age` program opens what we seal: nobody needs us to get at their own records.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use tokengauge::domain::secret::Secret;
use tokengauge::vault::WorkFactor;
use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};

use crate::needs;
use crate::sample::{Sample, connection, passphrase};

/// Runs `age -d` in a terminal, which is where it reads a passphrase from, and types one.
fn age_with_passphrase(arguments: &[&Path], typed: &str) {
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new("age");
    command.arg("-d");
    command.args(arguments);
    let mut age = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut screen = pair.master.try_clone_reader().unwrap();
    let mut keys = pair.master.take_writer().unwrap();
    // It asks first; what is typed before may be thrown away.
    let mut shown = [0; 256];
    let _ = screen.read(&mut shown).unwrap();
    writeln!(keys, "{typed}").unwrap();
    let mut rest = Vec::new();
    // The end of a terminal is an error, not an end of file.
    let _ = screen.read_to_end(&mut rest);
    assert!(age.wait().unwrap().success(), "{}", String::from_utf8_lossy(&rest));
}

#[test]
fn age_prints_a_record_with_the_key_file() {
    if !needs::program("age") {
        return;
    }
    let sample = Sample::with_connection();
    let output = Command::new("age")
        .arg("-d")
        .arg("-i")
        .arg(sample.key_file())
        .arg(sample.record("contoso-prod"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["name"], "contoso-prod");
    assert_eq!(json["generation"], 7);
    assert_eq!(json["settings"]["scope"], "Mail.Send offline_access https://outlook.office.com/SMTP.Send");
    assert_eq!(json["tokens"]["signed_in_at"], "2027-01-03T18:13:20.123456789Z");
    let tokens = connection().tokens.unwrap();
    assert_eq!(json["tokens"]["access"][0]["token"], tokens.access.primary().token.expose());
    assert_eq!(json["tokens"]["refresh"]["current"], "TGSECRET-refresh-2");
}

#[test]
fn age_opens_the_identity_and_with_it_a_record_by_the_passphrase() {
    if !needs::program("age") {
        return;
    }
    let sample = Sample::with_connection();
    sample.vault.set_passphrase(&passphrase(), WorkFactor::FOR_TESTS).unwrap();
    let (identity, out) = (sample.dir().join("identity.age"), sample.home.path().join("out"));

    age_with_passphrase(&[Path::new("-o"), &out, &identity], passphrase().expose());
    assert_eq!(fs::read(&out).unwrap(), fs::read(sample.key_file()).unwrap());

    let record = sample.record("contoso-prod");
    age_with_passphrase(&[Path::new("-o"), &out, Path::new("-i"), &identity, &record], passphrase().expose());
    assert!(fs::read_to_string(&out).unwrap().starts_with(r#"{"format":2,"id":"c0ffee","#));
}

#[test]
fn we_read_a_key_file_of_age_keygen() {
    if !needs::program("age") {
        return;
    }
    let sample = Sample::new();
    let path = sample.home.path().join("stock");
    Command::new("age-keygen").arg("-o").arg(&path).output().unwrap();
    let sources = Sources { key_file: Some(path), keyring: Keyring::Left, ..Sources::default() };
    let told = match unlock(&sample.dir(), &sources) {
        Ok(Unlocked::Open(..) | Unlocked::NeedsPassphrase) => "opened".to_owned(),
        Err(error) => error.to_string(),
    };
    // Understood as a key, only not as the key of this vault.
    assert!(told.starts_with("the key does not open the vault"), "{told}");
}
