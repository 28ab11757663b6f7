//! The whole way: from an empty directory to tokens, and what stands in it.

use tokengauge::simulator::browser::Answer;

use super::tenant::{NAME, OPS, Tenant, parameter};

#[test]
fn the_whole_way_works() {
    let tenant = Tenant::new();
    let begun = tenant.begin();
    assert_eq!(parameter(&begun, "login_hint"), OPS);
    let redeemed = tenant.redeem(&tenant.browse(&begun, Answer::Accept)).is(0);
    assert!(
        redeemed.out.is_empty() && redeemed.err.contains("signed in as ops@contoso.example"),
        "{}",
        redeemed.err
    );

    let first = tenant.token(&[]).is(0).out;
    assert!(tenant.knows_token(first.trim_end()));
    let refreshed = tenant.run(&["refresh", NAME]).is(0);
    assert!(refreshed.out.starts_with("contoso: renewed, access token until 2"), "{}", refreshed.out);
    assert_ne!(tenant.token(&[]).is(0).out, first);

    let exported = tenant.home.run(&["export", NAME, "--format", "json"]).is(0).json();
    assert_eq!(exported["mailbox"], OPS);
    assert!(tenant.secrets().contains(&exported["refresh_token"].as_str().unwrap().to_owned()));

    let shown = tenant.run(&["show", NAME, "--json"]).is(0).json();
    assert_eq!(
        (shown["state"].as_str(), shown["access_token"]["stage"].as_str()),
        (Some("quiet"), Some("fresh"))
    );
    assert_eq!(shown["last_hand_over"]["current"], true);
    assert_eq!(tenant.requests(), 2);
}

#[test]
fn nothing_but_token_and_export_tells_a_secret() {
    let tenant = Tenant::new().signed_in();
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["show", NAME],
        &["show", NAME, "--json"],
        &["refresh", NAME, "--json"],
        &["-v", "refresh", "--all"],
        &["refresh", "--due"],
        &["authorize", NAME, "--print-url"],
        &["edit", NAME, "--tenant", "contoso.example"],
        &["rename", NAME, "fabrikam"],
        &["vault", "status"],
    ] {
        tenant.run(arguments).is(0);
    }
}

#[test]
fn a_sign_in_that_is_open_is_gone_on_with() {
    let tenant = Tenant::new();
    assert_eq!(tenant.begin(), tenant.begin());
}

#[test]
fn without_a_terminal_authorize_says_what_works() {
    let tenant = Tenant::new();
    // A process without a controlling terminal, whatever the tests run under.
    let mut command = tenant.home.under(&["setsid", "--wait"], &["authorize", NAME]);
    let run = super::home::Run::of(command.output().unwrap());
    assert!(run.fails(2).err.contains("--print-url"));
}

#[test]
fn the_wrong_person_is_refused_and_nothing_is_saved() {
    let tenant = Tenant::unused("");
    tenant.add(NAME, &["--sign-in-as", "ada@contoso.example"]).is(0);
    let address = tenant.browse(&tenant.begin(), Answer::Accept);
    let run = tenant.redeem(&address).fails(10);
    assert!(run.err.contains("ops@contoso.example") && run.err.contains("Nothing saved"), "{}", run.err);
    assert!(tenant.run(&["show", NAME, "--json"]).json()["access_token"].is_null());
}

#[test]
fn declining_ends_the_sign_in() {
    let tenant = Tenant::new();
    let address = tenant.browse(&tenant.begin(), Answer::Decline);
    tenant.redeem(&address).fails(4);
    assert_eq!(tenant.requests(), 0);
    assert!(tenant.redeem(&address).fails(4).err.contains("no sign-in of contoso is open"));
}

#[test]
fn a_code_is_spent_once() {
    let tenant = Tenant::new();
    let address = tenant.browse(&tenant.begin(), Answer::Accept);
    tenant.redeem(&address).is(0);
    tenant.redeem(&address).fails(4);
    assert_eq!(tenant.requests(), 1);
}
