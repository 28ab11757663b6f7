//! Warnings without a dashboard: `refresh --due` tells the hook, once for all programs, and `hook` tries it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use chrono::TimeDelta;
use serde_json::Value;
use tokengauge::runtime::clock::Clock;

use super::home::Run;
use super::tenant::{CLIENT_ID, NAME, Tenant};

/// A hook that writes what it gets into a file of the home directory, one line each.
const WRITES: &str = "cat >> \"$HOME/told\"";

fn day(from_now: i64) -> String {
    (Clock::system().now() + TimeDelta::days(from_now)).format("%Y-%m-%d").to_string()
}

/// A signed-in connection whose secret ends in so many days, and a hook.
fn with_hook(script: &str, left: i64) -> Tenant {
    let tenant = Tenant::new().signed_in();
    ends(&tenant, left);
    configure(&tenant, script, "");
    tenant
}

fn ends(tenant: &Tenant, left: i64) {
    tenant.run(&["edit", NAME, "--secret-expires", &day(left)]).is(0);
}

fn configure(tenant: &Tenant, script: &str, more: &str) {
    let hook = tenant.home.write("hook.sh", &format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o700)).unwrap();
    fs::create_dir_all(tenant.home.path(".config/tokengauge")).unwrap();
    let table = format!("[warnings]\nhook = ['{}']\n{more}", hook.display());
    tenant.home.write(".config/tokengauge/config.toml", &table);
}

fn due(tenant: &Tenant) -> Run {
    tenant.run(&["refresh", "--due"]).is(0)
}

fn told(tenant: &Tenant) -> Vec<Value> {
    let text = fs::read_to_string(tenant.home.path("told")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn logged(tenant: &Tenant, event: &str) -> Vec<Value> {
    let run = tenant.run(&["log", "--json"]).is(0);
    let all = run.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    all.filter(|own| own["event"] == event).collect()
}

#[test]
fn a_stage_reaches_the_hook_once_with_all_that_it_needs() {
    let tenant = with_hook(WRITES, 20);
    let run = due(&tenant);
    assert!(run.err.contains("warning: contoso: the client secret ends in "), "{}", run.err);
    let all = told(&tenant);
    assert_eq!(all.len(), 1);
    let own = &all[0];
    let words = ["event", "kind", "what", "client_id", "certainty"].map(|name| own[name].as_str().unwrap());
    assert_eq!(words, ["warned", "secret", "client secret", CLIENT_ID, "known"]);
    assert_eq!((own["stage_days"].as_i64(), own["connections"][0].as_str()), (Some(30), Some(NAME)));
    assert_eq!(own["ends_at"], format!("{}T00:00:00Z", day(20)));
    assert!([19, 20].contains(&own["days_left"].as_i64().unwrap()), "{own}");
    assert!(own["message"].as_str().unwrap().starts_with("contoso: the client secret ends in "));
    assert!(own["what_to_do"].as_str().unwrap().contains("tokengauge secret"));
    assert!(!due(&tenant).err.contains("warning"));
    assert_eq!(told(&tenant).len(), 1);
    assert_eq!(logged(&tenant, "warned").len(), 1);
}

#[test]
fn programs_that_look_at_once_tell_it_once() {
    let tenant = with_hook(WRITES, 5);
    let start = || {
        let mut command = tenant.home.program(&["refresh", "--due"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let all: Vec<_> = (0..6).map(|_| start()).collect();
    for mut child in all {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!((told(&tenant).len(), logged(&tenant, "warned").len()), (1, 1));
}

#[test]
fn the_next_stage_and_the_recovery_are_told() {
    let tenant = with_hook(WRITES, 20);
    due(&tenant);
    ends(&tenant, 5);
    due(&tenant);
    ends(&tenant, 200);
    due(&tenant);
    let words: Vec<_> = told(&tenant).iter().map(|own| own["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(words, ["warned", "warned", "recovered"]);
    assert_eq!(logged(&tenant, "recovered").len(), 1);
}

#[test]
fn a_hook_that_is_named_later_hears_of_what_stands() {
    let tenant = with_hook(WRITES, 20);
    tenant.home.write(".config/tokengauge/config.toml", "");
    due(&tenant);
    assert_eq!((told(&tenant).len(), logged(&tenant, "warned").len()), (0, 1));
    configure(&tenant, WRITES, "");
    due(&tenant);
    assert_eq!((told(&tenant).len(), logged(&tenant, "warned").len()), (1, 1));
}

#[test]
fn a_hook_that_cannot_run_is_told_and_what_it_is_owed_stays() {
    let tenant = with_hook(WRITES, 20);
    tenant.home.write(".config/tokengauge/config.toml", "[warnings]\nhook = ['gone/notify']\n");
    let run = due(&tenant);
    assert!(run.err.contains("The hook did not take 1 of 1 warnings"), "{}", run.err);
    assert!(run.err.contains(".config/tokengauge/gone/notify could not be started"), "{}", run.err);
    assert!(run.err.contains("It is told again within the hour."), "{}", run.err);
    assert!(!due(&tenant).err.contains("hook"), "not by every run of cron");
    assert_eq!((logged(&tenant, "warned").len(), logged(&tenant, "hook-failed").len()), (1, 1));
    configure(&tenant, WRITES, "");
    due(&tenant);
    let tried = tenant.run(&["hook"]).is(0);
    assert!(tried.err.contains("1 warning is owed to the hook, and told again from "), "{}", tried.err);
    assert_eq!(told(&tenant).len(), 1, "the example");
}

#[test]
fn a_state_directory_that_takes_nothing_loses_no_warning() {
    let tenant = with_hook(WRITES, 20);
    let state = tenant.home.path(".local/state/tokengauge");
    fs::create_dir_all(&state).unwrap();
    fs::write(state.join("warnings"), "in the way").unwrap();
    let run = due(&tenant);
    assert!(run.err.contains("warning: contoso"), "{}", run.err);
    assert!(run.err.contains("Who was warned of what cannot be noted"), "{}", run.err);
    assert_eq!(told(&tenant).len(), 1);
}

#[test]
fn a_wrong_table_is_told_before_anything_is_done() {
    let tenant = with_hook(WRITES, 20);
    configure(&tenant, WRITES, "kinds = ['every']\n");
    let run = tenant.run(&["refresh", "--due"]).fails(2);
    assert!(
        run.err.contains("config.toml, line 3: warnings.kinds is ['every'], and has to be a list of "),
        "{}",
        run.err
    );
    assert_eq!(tenant.requests(), 1, "the sign-in");
}

#[test]
fn the_hook_is_tried_with_an_example() {
    let tenant = with_hook(WRITES, 200);
    let printed = tenant.run(&["hook", "--print"]).is(0).json();
    assert_eq!(printed["event"], "warned");
    assert_eq!(told(&tenant).len(), 0);
    tenant.run(&["hook"]).is(0);
    assert_eq!(told(&tenant)[0]["connections"][0], "example");
    configure(&tenant, "echo no such channel; exit 4", "");
    let run = tenant.run(&["hook"]).fails(7);
    assert!(run.err.contains("hook.sh ended with exit code 4: no such channel"), "{}", run.err);
    configure(&tenant, "sleep 600", "hook_seconds = 1\n");
    assert!(tenant.run(&["hook"]).fails(7).err.contains("did not end within 1 s and was killed"));
    tenant.home.write(".config/tokengauge/config.toml", "");
    tenant.run(&["hook"]).fails(2);
}

#[test]
fn a_hook_beside_a_configuration_that_is_named_from_here_is_found() {
    let tenant = with_hook(WRITES, 200);
    tenant.home.write("own.toml", "[warnings]\nhook = ['./hook.sh']\n");
    Run::of(tenant.home.anywhere().args(["--config", "./own.toml", "hook"]).output().unwrap()).is(0);
    assert_eq!(told(&tenant).len(), 1);
}
