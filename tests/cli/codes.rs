//! One exit code after the other, and what is left when it comes.

use std::fs;
use std::time::Duration;

use tokengauge::simulator::browser::Answer;
use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};

use super::home::Home;
use super::tenant::{CLIENT_ID, NAME, OPS, SECRET, Tenant, parameter};

const REFRESH: &str = "[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\n";

fn with_fault(fault: &str) -> Tenant {
    Tenant::with(&format!("{REFRESH}{fault}")).signed_in()
}

#[test]
fn usage_is_2() {
    let home = Home::new();
    home.run(&["no-such-command"]).is(2);
    home.run(&["show", "nobody"]).fails(2);
    home.run(&["add", "x", "--client-id", "not-a-guid"]).is(2);
    home.run(&["refresh"]).is(2);
    home.run(&["refresh", "a", "--all"]).is(2);
    home.run(&["add", "x", "--client-id", CLIENT_ID, "--grant", "password"]).is(2);
}

#[test]
fn a_locked_vault_is_3() {
    let home = Home::new();
    home.bare(&["list"]).fails(3);
    home.bare(&["token", NAME]).fails(3);
    let other = Home::new();
    let run = home.command().arg("--key-file").arg(other.key()).arg("list").output().unwrap();
    super::home::Run::of(run).fails(3);
}

#[test]
fn a_sign_in_that_is_needed_is_4() {
    with_fault("code = 700082").run(&["refresh", NAME]).is(4);
}

#[test]
fn a_wrong_set_up_is_5() {
    with_fault("code = 7000215").run(&["refresh", NAME]).is(5);
}

#[test]
fn an_unreachable_host_is_6_and_the_sign_in_stays_open() {
    let home = Home::new();
    let url = "http://127.0.0.1:9";
    home.with_stdin(
        &["add", NAME, "--client-id", CLIENT_ID, "--authority-url", url, "--secret-stdin"],
        SECRET,
    )
    .is(0);
    let state = parameter(&home.run(&["authorize", NAME, "--print-url"]).is(0).out, "state");
    let address = format!("http://localhost:8400/?code=0.abcdefgh&state={state}");
    for _ in 0..2 {
        let run = home.with_stdin(&["redeem", NAME], address.as_str()).fails(6);
        assert!(run.err.contains("127.0.0.1 refused the connection"), "{}", run.err);
    }
}

#[test]
fn an_answer_that_is_no_json_is_6_and_the_tokens_stay() {
    let tenant = with_fault("body = 'html'");
    let values = || tenant.home.run(&["export", NAME, "--format", "env"]).is(0).out;
    let before = values();
    let run = tenant.run(&["refresh", NAME]).is(6);
    assert_eq!(run.out, "contoso: not renewed\n");
    assert!(run.err.starts_with("error: contoso: the answer was not from a token server"), "{}", run.err);
    assert_eq!(run.err.lines().count(), 2, "told once: {}", run.err);
    assert_eq!(values(), before);
    assert_eq!(tenant.run(&["show", NAME, "--json"]).json()["trouble"]["kind"], "try-later");
}

#[test]
fn an_export_into_nowhere_is_7() {
    let tenant = Tenant::new().signed_in();
    let path = tenant.home.path("missing/values");
    tenant.run(&["export", NAME, "--format", "env", "--output", path.to_str().unwrap()]).fails(7);
}

#[test]
fn a_damaged_record_is_8_and_hides_no_other() {
    let tenant = Tenant::new();
    tenant.add("fabrikam", &[]).is(0);
    fs::write(tenant.home.record("fabrikam"), "scribble").unwrap();
    tenant.run(&["show", "fabrikam"]).fails(8);
    let listed = tenant.run(&["list"]).is(8);
    assert!(listed.out.contains(NAME) && listed.err.contains("fabrikam.age is damaged"), "{}", listed.err);
    assert_eq!(tenant.run(&["list", "--json"]).is(8).json()["connections"].as_array().unwrap().len(), 1);
    tenant.run(&["remove", "fabrikam", "--yes"]).is(0);
    tenant.run(&["list"]).is(0);
}

#[test]
fn a_record_in_use_is_9() {
    let tenant = Tenant::new();
    let sources = Sources { key_file: Some(tenant.home.key()), keyring: Keyring::Left, ..Sources::default() };
    let Ok(Unlocked::Open(vault, _)) = unlock(&tenant.home.vault(), &sources) else {
        panic!("the key opens it")
    };
    let id = &vault.listing().unwrap().connections[0].id;
    let _held = vault.lock_connection(id, Duration::ZERO).unwrap();
    let told = tenant.run(&["rename", NAME, "other"]).fails(9).err;
    assert!(told.contains(&format!("in use by process {}", std::process::id())), "{told}");
}

#[test]
fn removing_without_a_terminal_needs_yes() {
    let tenant = Tenant::new();
    let mut command = tenant.home.under(&["setsid", "--wait"], &["remove", NAME]);
    super::home::Run::of(command.output().unwrap()).fails(10);
    tenant.run(&["remove", NAME, "--yes"]).is(0);
    tenant.run(&["show", NAME]).fails(2);
}

#[test]
fn of_several_connections_the_highest_code_counts() {
    let tenant = with_fault("code = 700082\nnth = 1");
    tenant.add("fabrikam", &[]).is(0);
    let run = tenant.run(&["refresh", "fabrikam", NAME, "nobody"]).is(4);
    assert_eq!(run.out.lines().count(), 3, "{}", run.out);
}

#[test]
fn a_server_that_asked_for_a_pause_is_asked_no_more_in_this_run() {
    let tenant = with_fault("status = 429\nretry_after = 600");
    tenant.add("second", &["--sign-in-as", OPS]).is(0);
    let address = tenant.run(&["authorize", "second", "--print-url"]).is(0).out;
    let answer = tenant.browse(address.trim_end(), Answer::Accept);
    tenant.home.with_stdin(&["redeem", "second"], answer).is(0);
    let before = tenant.requests();
    let run = tenant.run(&["refresh", "--all"]).is(6);
    assert_eq!(tenant.requests(), before + 1);
    assert_eq!(run.out, "contoso: not renewed\nsecond: not renewed\n");
    assert!(run.err.contains("error: second: not asked: the server wants a pause until"), "{}", run.err);
    assert!(run.err.contains("run it again then") && run.err.lines().count() == 4, "{}", run.err);
    // By its name it is asked: who names it insists.
    tenant.run(&["refresh", "second"]).is(6);
    assert_eq!(tenant.requests(), before + 2);
    let told = tenant.run(&["refresh", "--all", "--json"]).is(6);
    assert_eq!((told.json()[1]["renewed"].as_bool(), told.err.as_str()), (Some(false), ""));
}

#[test]
fn another_secret_for_a_known_registration_is_10_and_replaces_nothing() {
    let tenant = Tenant::new().signed_in();
    let url = tenant.url();
    let arguments = ["add", "second", "--client-id", CLIENT_ID, "--authority-url", &url, "--secret-stdin"];
    let refused = tenant.home.with_stdin(&arguments, "another~secret.of.somebody").fails(10);
    assert!(refused.err.contains("held here already"), "{}", refused.err);
    tenant.run(&["refresh", NAME]).is(0);
}
