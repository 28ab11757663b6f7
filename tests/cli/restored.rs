//! A record that was put back from a backup: told everywhere, and not renewed until it is accepted.

use std::fs;

use super::tenant::{NAME, Tenant};
use super::terminal::Session;

#[test]
fn what_is_left_alone_is_named_to_whoever_renews_all() {
    let tenant = Tenant::new();
    let run = tenant.run(&["refresh", "--all"]).is(0);
    assert!(run.err.contains("left alone, a person must act: contoso; see tokengauge doctor"), "{}", run.err);
    let tenant = tenant.signed_in();
    assert!(!tenant.run(&["refresh", "--all"]).is(0).err.contains("left alone"));
}

#[test]
fn an_older_record_is_told_and_not_renewed_until_it_is_accepted() {
    let tenant = Tenant::new().signed_in();
    let backup = fs::read(tenant.home.record(NAME)).unwrap();
    tenant.run(&["refresh", NAME]).is(0);
    fs::write(tenant.home.record(NAME), backup).unwrap();
    let sent = tenant.requests();

    let told = "restored from a backup?";
    assert!(tenant.run(&["show", NAME]).is(0).out.contains(told));
    let listed = tenant.run(&["list", "--json"]).is(0).out;
    assert!(listed.contains(told), "{listed}");
    let due = tenant.run(&["refresh", "--due"]).is(0).err;
    assert!(due.contains("left alone, a person must act: contoso"), "{due}");
    let refused = tenant.home.run(&["refresh", NAME]).is(10);
    assert!(refused.err.contains(told) && refused.err.contains("--accept-restored"), "{}", refused.err);
    tenant.run(&["refresh", "--all"]).is(0);
    assert!(tenant.home.run(&["token", NAME, "--min-valid", "24h"]).fails(10).err.contains(told));
    assert_eq!(tenant.requests(), sent);

    tenant.run(&["refresh", NAME, "--accept-restored"]).is(0);
    assert_eq!(tenant.requests(), sent + 1);
    assert!(!tenant.run(&["show", NAME]).is(0).out.contains(told));
    tenant.run(&["refresh", NAME]).is(0);
}

#[test]
fn signing_in_again_accepts_it() {
    let tenant = Tenant::new().signed_in();
    let backup = fs::read(tenant.home.record(NAME)).unwrap();
    tenant.run(&["refresh", NAME]).is(0);
    tenant.run(&["refresh", NAME]).is(0);
    fs::write(tenant.home.record(NAME), backup).unwrap();
    let tenant = tenant.signed_in();
    tenant.run(&["refresh", NAME]).is(0);
}

#[test]
fn the_dashboard_accepts_it_after_a_question() {
    let tenant = Tenant::new().signed_in();
    let backup = fs::read(tenant.home.record(NAME)).unwrap();
    tenant.run(&["refresh", NAME]).is(0);
    fs::write(tenant.home.record(NAME), backup).unwrap();
    let sent = tenant.requests();
    let mut session = Session::start(&tenant.home, &[]);
    session.until_screen("accept backup?");
    session.type_in("c").until_screen("Accept a record from a backup?");
    session.type_in("\r").until_screen("renews");
    session.type_in("q");
    assert_eq!(session.ends().0, 0);
    assert_eq!(tenant.requests(), sent, "its token is valid for another while");
    tenant.run(&["refresh", NAME]).is(0);
}

#[test]
fn neither_edits_nor_a_sign_in_that_is_begun_wash_it_away() {
    let tenant = Tenant::new().signed_in();
    let backup = fs::read(tenant.home.record(NAME)).unwrap();
    tenant.run(&["refresh", NAME]).is(0);
    fs::write(tenant.home.record(NAME), backup).unwrap();
    let sent = tenant.requests();
    for edit in [&["edit", NAME, "--secret-expires", "2031-01-01"][..], &["rename", NAME, "other"]] {
        assert!(tenant.home.run(edit).fails(10).err.contains("restored from a backup?"), "{edit:?}");
    }
    for _ in 0..3 {
        tenant.begin();
        assert_eq!(tenant.home.run(&["refresh", NAME]).code, Some(10));
    }
    assert_eq!(tenant.requests(), sent);
    let tenant = tenant.signed_in();
    tenant.run(&["refresh", NAME]).is(0);
    tenant.run(&["edit", NAME, "--secret-expires", "2031-01-01"]).is(0);
}
