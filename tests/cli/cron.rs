//! `refresh --due` for cron: whatever it writes is mailed, so it writes nothing of nothing.

use super::tenant::{CLIENT_ID, NAME, SECRET, Tenant};

/// A connection that asks for its own token, with this secret.
pub fn for_itself(secret: &str) -> Tenant {
    let tenant = Tenant::unused("");
    let url = tenant.url();
    let arguments = ["add", NAME, "--client-id", CLIENT_ID, "--tenant", "contoso.example", "--secret-stdin"];
    let options = ["--authority-url", &url, "--grant", "client-credentials"];
    let arguments: Vec<&str> = arguments.into_iter().chain(options).collect();
    tenant.home.with_stdin(&arguments, secret).is(0);
    tenant
}

#[test]
fn where_nothing_is_due_nothing_is_said() {
    let tenant = for_itself(SECRET);
    let run = tenant.run(&["refresh", "--due"]).is(0);
    assert!(run.out.starts_with("contoso: renewed, ") && run.err.is_empty(), "{}", run.err);
    let run = tenant.run(&["refresh", "--due"]).is(0);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
    assert_eq!(tenant.requests(), 1);
}

#[test]
fn a_refusal_fails_once_and_is_not_repeated() {
    let tenant = for_itself("mistyped~contoso.first-sign-in.00000002");
    assert!(tenant.run(&["refresh", "--due"]).is(5).err.contains("error: "));
    let run = tenant.run(&["refresh", "--due"]).is(0);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
    assert_eq!(tenant.requests(), 1);
    // Whoever is to hear of it again asks for that.
    tenant.run(&["doctor"]).is(1);
}
