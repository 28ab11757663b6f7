//! `log`: what happened, as every program on this machine noted it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::tenant::{NAME, Tenant};

fn events(tenant: &Tenant, arguments: &[&str]) -> Vec<Value> {
    let run = tenant.run(&[&["log", "--json"], arguments].concat()).is(0);
    run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_happens_to_a_connection_is_kept_in_its_order() {
    let tenant = Tenant::new().signed_in();
    tenant.run(&["refresh", NAME]).is(0);
    tenant.run(&["permissions", NAME, "--add", "Mail.Send.Shared"]).is(0);
    tenant.run(&["rename", NAME, "renamed"]).is(0);
    tenant.add("second", &[]).is(0);
    tenant.run(&["remove", "renamed", "--yes"]).is(0);
    let all = events(&tenant, &[]);
    let told: Vec<(&str, &str)> =
        all.iter().map(|own| (own["event"].as_str().unwrap(), own["connection"].as_str().unwrap())).collect();
    assert_eq!(
        told,
        [
            ("added", NAME),
            ("signed-in", NAME),
            ("renewed", NAME),
            ("edited", NAME),
            ("renamed", "renamed"),
            ("added", "second"),
            ("removed", "renamed"),
        ]
    );
    assert!(all.is_sorted_by_key(|own| own["at"].as_str().unwrap().to_owned()), "{all:?}");
    assert_eq!(all[4]["what_happened"], "renamed, contoso before");
    assert_eq!(events(&tenant, &["second"]).len(), 1);
    assert_eq!(events(&tenant, &["--last", "2"]), all[5..]);
    assert_eq!(events(&tenant, &["renamed"]), [&all[..5], &all[6..]].concat(), "under both of its names");
    let run = tenant.run(&["log", NAME]).is(0);
    assert_eq!(run.out.lines().count(), 4);
    assert!(run.out.contains("  contoso  renewed  renewed, tokens stored\n"), "{}", run.out);
}

#[test]
fn a_refusal_is_kept_with_its_words() {
    let tenant = Tenant::new().signed_in();
    tenant.run(&["edit", NAME, "--secret-stdin", "--tenant", "contoso.example"]);
    tenant
        .home
        .with_stdin(&["edit", NAME, "--secret-stdin"], "mistyped~contoso.first-sign-in.00000002")
        .is(0);
    tenant.run(&["refresh", NAME]).is(5);
    let last = events(&tenant, &[NAME]).pop().unwrap();
    assert_eq!(last["event"], "failed");
    assert!(last["what_happened"].as_str().unwrap().contains("7000215"), "{last}");
    let advice = last["what_to_do"].as_str().unwrap();
    let run = tenant.run(&["log", NAME, "--last", "1"]).is(0);
    assert_eq!(run.out.lines().nth(1), Some(format!("    {advice}").as_str()));
}

#[test]
fn nothing_depends_on_it() {
    let tenant = Tenant::new();
    let directory = tenant.home.path(".local/state/tokengauge/activity");
    let file = fs::read_dir(&directory).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let tenant = tenant.signed_in();
    let run = tenant.run(&["refresh", NAME]).is(0);
    assert_eq!(run.err.matches("The activity cannot be written").count(), 1, "told once: {}", run.err);
    tenant.run(&["log"]).fails(7);
}
