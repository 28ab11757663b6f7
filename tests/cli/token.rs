//! `token` is a contract: exactly the token and a line end, or nothing and a non-zero code.

use std::fs::OpenOptions;
use std::process::Stdio;
use std::time::Duration;

use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};

use super::tenant::{NAME, Tenant};

#[test]
fn a_valid_token_is_printed_without_a_request() {
    let tenant = Tenant::new().signed_in();
    let out = tenant.token(&[]).is(0).out;
    assert!(out.ends_with('\n') && tenant.knows_token(out.trim_end_matches('\n')));
    assert_eq!(tenant.requests(), 1);
}

#[test]
fn a_valid_token_is_printed_while_another_process_holds_the_record() {
    let tenant = Tenant::new().signed_in();
    let sources = Sources { key_file: Some(tenant.home.key()), keyring: Keyring::Left, ..Sources::default() };
    let Ok(Unlocked::Open(vault, _)) = unlock(&tenant.home.vault(), &sources) else {
        panic!("the key opens it")
    };
    let id = &vault.listing().unwrap().connections[0].id;
    let _held = vault.lock_connection(id, Duration::ZERO).unwrap();
    tenant.token(&[]).is(0);
}

#[test]
fn below_min_valid_one_request_renews_it() {
    let tenant = Tenant::new().signed_in();
    let before = tenant.token(&[]).is(0).out;
    let after = tenant.token(&["--min-valid", "24h"]).is(0).out;
    assert!(after != before && tenant.knows_token(after.trim_end()));
    assert_eq!(tenant.requests(), 2);
}

#[test]
fn what_was_just_issued_is_printed_whatever_its_life() {
    let tenant = Tenant::with("[tokens]\naccess_token_seconds = 1").signed_in();
    let out = tenant.token(&["--min-valid", "1h"]).is(0).out;
    assert!(tenant.knows_token(out.trim_end()));
}

#[test]
fn other_formats_hold_the_same_token() {
    let tenant = Tenant::new().signed_in();
    let token = tenant.token(&[]).is(0).out;
    let header = tenant.token(&["--format", "header"]).is(0).out;
    assert_eq!(header, format!("Authorization: Bearer {token}"));
    let json = tenant.token(&["--format", "json"]).is(0).json();
    assert_eq!(json["access_token"], token.trim_end());
    assert_eq!(json["token_type"], "Bearer");
}

#[test]
fn before_the_first_sign_in_there_is_none() {
    Tenant::new().token(&[]).fails(4);
}

#[test]
fn a_dead_credential_costs_one_request_and_then_none() {
    let tenant =
        Tenant::with("[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\ncode = 700082").signed_in();
    tenant.token(&["--min-valid", "24h"]).fails(4);
    tenant.token(&["--min-valid", "24h"]).fails(4);
    assert_eq!(tenant.requests(), 2);
    // What is left of the old one is still good.
    tenant.token(&[]).is(0);
}

#[test]
fn a_pause_that_was_asked_for_is_kept() {
    let fault = "[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\nstatus = 429\nretry_after = 600";
    let tenant = Tenant::with(fault).signed_in();
    tenant.token(&["--min-valid", "24h"]).fails(6);
    assert!(tenant.token(&["--min-valid", "24h"]).fails(6).err.contains("not asked again before"));
    assert_eq!(tenant.requests(), 2);
}

#[test]
fn a_full_output_is_told() {
    let tenant = Tenant::new().signed_in();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(&tenant).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: the output cannot be written"));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let tenant = Tenant::new().signed_in();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(&tenant).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(141), 0));
}

fn command(tenant: &Tenant) -> std::process::Command {
    let mut command = std::process::Command::new(super::home::binary());
    command.env_clear().env("HOME", tenant.home.path(""));
    command
        .arg("--vault")
        .arg(tenant.home.vault())
        .arg("--key-file")
        .arg(tenant.home.key())
        .args(["token", NAME]);
    command
}
