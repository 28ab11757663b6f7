//! `authorize --device`: what it asks first, what it shows, and how it ends.

use tokengauge::simulator::browser::Answer;

use super::tenant::{NAME, Tenant};
use super::terminal::Session;

const QUICK: &str = "[tokens]\ndevice_code_interval = 1";

/// A run that shows a code, which the device code became the way in for: the address and the code.
fn showing(tenant: &Tenant) -> (Session, String, String) {
    let mut session = Session::start(&tenant.home, &["authorize", NAME, "--device"]);
    session.until("[y/N]").type_in("y\r");
    session.until("Ctrl-C gives the sign-in up");
    let (address, code) = (session.after("browser:"), session.after("code there:"));
    (session, address, code)
}

#[test]
fn a_code_that_is_entered_brings_tokens() {
    let tenant = Tenant::with(QUICK);
    let (session, address, code) = showing(&tenant);
    tenant.enter_code(&address, &code, Answer::Accept);
    let (exit, said) = session.ends();
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("signed in as ops@contoso.example"), "{said}");
    assert!(said.contains("only if you yourself started this sign-in"), "{said}");
    for fact in ["contoso.example", "ops@contoso.example", "Mail.Send", super::tenant::CLIENT_ID] {
        assert!(said.contains(fact), "{fact}: {said}");
    }
    assert!(tenant.secrets().iter().all(|secret| !said.contains(secret)), "a secret was told");
    tenant.run(&["refresh", NAME]).is(0);
}

#[test]
fn the_way_in_is_kept_and_not_asked_for_again() {
    let tenant = Tenant::with(QUICK);
    let (session, address, code) = showing(&tenant);
    tenant.enter_code(&address, &code, Answer::Decline);
    let (exit, said) = session.ends();
    assert_eq!(exit, 4, "{said}");
    assert!(said.contains("declined"), "{said}");
    let mut again = Session::start(&tenant.home, &["authorize", NAME]);
    again.until("Enter this code there").type_in("\u{3}");
    assert_eq!(again.ends().0, 130);
}

#[test]
fn control_c_gives_the_sign_in_up() {
    let tenant = Tenant::with(QUICK);
    let (mut session, _, code) = showing(&tenant);
    session.type_in("\u{3}");
    let (exit, said) = session.ends();
    assert_eq!(exit, 130, "{said}");
    assert!(said.contains("given up"), "{said}");
    let (session, other) = {
        let mut session = Session::start(&tenant.home, &["authorize", NAME, "--device"]);
        session.until("Ctrl-C gives the sign-in up");
        let code = session.after("code there:");
        (session, code)
    };
    assert_ne!(code, other, "a new one");
    drop(session);
}

#[test]
fn a_no_begins_nothing() {
    let tenant = Tenant::new();
    let mut session = Session::start(&tenant.home, &["authorize", NAME, "--device"]);
    session.until("[y/N]").type_in("\r");
    assert_eq!(session.ends().0, 10);
    assert_eq!(tenant.requests(), 0);
}

#[test]
fn without_a_terminal_it_is_refused_where_it_is_not_the_way_in() {
    let tenant = Tenant::new();
    // A process without a controlling terminal, whatever the tests run under.
    let mut command = tenant.home.under(&["setsid", "--wait"], &["authorize", NAME, "--device"]);
    let run = super::home::Run::of(command.output().unwrap());
    let said = run.fails(10).err;
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.contains("--grant device-code"), "{said}");
}
