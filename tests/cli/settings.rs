//! `add`, `edit`, `rename`: defaults, what is kept, what is refused; paths and configuration.

use super::home::{Home, Run};
use super::tenant::{CLIENT_ID, NAME, SECRET, Tenant};

fn added(home: &Home, name: &str, options: &[&str], stdin: &str) -> Run {
    let arguments: Vec<&str> =
        ["add", name, "--client-id", CLIENT_ID].into_iter().chain(options.iter().copied()).collect();
    home.with_stdin(&arguments, stdin)
}

#[test]
fn tokens_of_another_registration_are_dropped_only_by_a_persons_word() {
    let tenant = Tenant::new().signed_in();
    let other = ["edit", NAME, "--client-id", "7a1b2c3d-6b0e-4c7b-9a51-0f3c2f8e1b44"];
    let with_secret = |more: &[&str]| {
        let arguments = [&other[..], &["--secret-stdin"], more].concat();
        tenant.home.with_stdin(&arguments, "another~secret.of-another-registration")
    };
    let run = with_secret(&[]).fails(10);
    assert!(run.err.contains("would be dropped") && run.err.contains("--yes"), "{}", run.err);
    tenant.home.run(&["token", NAME]).is(0);
    let run = with_secret(&["--yes"]).is(0);
    assert!(run.err.contains("its tokens are dropped; sign in again: tokengauge authorize"), "{}", run.err);
    tenant.run(&["token", NAME]).is(4);
}

#[test]
fn defaults_with_a_secret() {
    let home = Home::new();
    added(&home, NAME, &["--secret-stdin"], SECRET).is(0);
    let shown = home.run(&["show", NAME, "--json"]).json();
    assert_eq!(shown["cloud"], "global");
    assert_eq!(shown["tenant"], "organizations");
    assert_eq!(shown["response_mode"], "query");
    assert_eq!(shown["redirect_uri"], "http://localhost:8400/");
    assert_eq!(shown["scope"].as_array().unwrap().len(), 6);
    assert_eq!(shown["credential"]["characters"], SECRET.len());
}

#[test]
fn a_public_client_ends_on_the_page_of_its_cloud() {
    let home = Home::new();
    added(&home, NAME, &["--cloud", "china"], "").is(0);
    let shown = home.run(&["show", NAME, "--json"]).json();
    assert_eq!(shown["credential"]["kind"], "public");
    assert_eq!(shown["redirect_uri"], "https://login.partner.microsoftonline.cn/common/oauth2/nativeclient");
}

#[test]
fn a_known_client_id_brings_its_secret() {
    let home = Home::new();
    added(&home, "first", &["--secret-stdin", "--secret-expires", "2027-05-22"], SECRET).is(0);
    added(
        &home,
        "second",
        &["--tenant", "fabrikam.example", "--scope", "Mail.Send", "--scope", "User.Read"],
        "",
    )
    .is(0);
    let shown = home.run(&["show", "second", "--json"]).json();
    assert_eq!(shown["credential"]["expires_at"], "2027-05-22T00:00:00Z");
    assert_eq!(shown["redirect_uri"], "http://localhost:8400/");
    assert_eq!(shown["scope"], serde_json::json!(["Mail.Send", "User.Read"]));
}

#[test]
fn a_secrets_id_is_refused() {
    let home = Home::new();
    let run = added(&home, NAME, &["--secret-stdin"], CLIENT_ID).fails(10);
    assert!(run.err.contains("not its value"));
    home.run(&["show", NAME]).fails(2);
}

#[test]
fn a_secret_comes_from_a_file_too() {
    let home = Home::new();
    let file = home.write("secret", &format!("{SECRET}\n"));
    added(&home, NAME, &["--secret-file", file.to_str().unwrap()], "").is(0);
    added(&home, "other", &["--secret-file", "/nonexistent"], "").fails(7);
}

#[test]
fn a_name_that_is_taken_changes_nothing() {
    let home = Home::new();
    added(&home, NAME, &["--secret-stdin"], SECRET).is(0);
    added(&home, "CONTOSO", &["--secret-stdin"], "another-secret-entirely").fails(2);
    assert_eq!(home.run(&["show", NAME, "--json"]).json()["credential"]["characters"], SECRET.len());
}

#[test]
fn edit_keeps_what_it_does_not_name() {
    let tenant = Tenant::new().signed_in();
    tenant.run(&["edit", NAME, "--tenant", "contoso.example", "--secret-expires", "2027-01-31"]).is(0);
    let shown = tenant.run(&["show", NAME, "--json"]).json();
    assert_eq!(
        (shown["tenant"].as_str(), shown["sign_in_as"].as_str()),
        (Some("contoso.example"), Some("ops@contoso.example"))
    );
    assert_eq!(shown["credential"]["expires_at"], "2027-01-31T00:00:00Z");
    tenant.token(&[]).is(0);
    tenant.run(&["edit", NAME, "--sign-in-as", ""]).is(0);
    assert!(tenant.run(&["show", NAME, "--json"]).json()["sign_in_as"].is_null());
}

#[test]
fn an_end_date_that_has_come_is_kept_and_told() {
    let home = Home::new();
    let told = "warning: the client secret counts as ended: its last date, 2025-12-20, has come\n\
                if that is mistyped: tokengauge edit contoso --secret-expires DATE; else make a new secret in the portal\n";
    let run = added(&home, NAME, &["--secret-stdin", "--secret-expires", "2025-12-20"], SECRET).is(0);
    assert!(run.err.contains(told), "{}", run.err);
    let run = home.run(&["edit", NAME, "--secret-expires", "2125-12-20"]).is(0);
    assert!(!run.err.contains("warning"), "{}", run.err);
    let run = home.run(&["edit", NAME, "--secret-expires", "2025-12-20"]).is(0);
    assert!(run.err.contains(told), "{}", run.err);
    assert!(!home.run(&["edit", NAME, "--tenant", "contoso.example"]).is(0).err.contains("warning"));

    let file = home.write("connections.csv", "name\nadatum\nfabrikam\n");
    let many = ["add", "--from", file.to_str().unwrap(), "--client-id", CLIENT_ID];
    let run = home.run(&[&many[..], &["--secret-expires", "2025-12-21"]].concat()).is(0);
    assert_eq!(run.err.matches("warning: ").count(), 1, "{}", run.err);
    assert!(run.err.contains("edit adatum"), "{}", run.err);

    let answer =
        r#"{"access_token":"eyJ.x.y","refresh_token":"1.held","expires_in":3600,"token_type":"Bearer"}"#;
    let import = ["import", "--format", "token-response", "--name", "brought", "--client-id", CLIENT_ID];
    let run = home.with_stdin(&[&import[..], &["--secret-expires", "2025-12-20"]].concat(), answer).is(0);
    assert!(run.err.contains("edit brought"), "{}", run.err);
}

#[test]
fn rename_keeps_the_tokens() {
    let tenant = Tenant::new().signed_in();
    tenant.run(&["rename", NAME, "Contoso-Prod"]).is(0);
    tenant.home.run(&["token", "contoso-prod"]).is(0);
    tenant.run(&["show", NAME]).fails(2);
}

#[test]
fn an_authority_outside_the_machine_needs_https() {
    added(&Home::new(), NAME, &["--authority-url", "http://login.example"], "").fails(2);
}

#[test]
fn without_a_home_the_vault_has_to_be_named() {
    let home = Home::empty();
    let run = Run::of(home.anywhere().env_remove("HOME").arg("list").output().unwrap()).fails(2);
    assert!(run.err.contains("--vault"));
    Run::of(home.anywhere().env("XDG_DATA_HOME", "here").arg("list").output().unwrap()).fails(2);
}

#[test]
fn the_environment_names_vault_and_key() {
    let home = Home::new();
    let mut command = home.anywhere();
    command.env("TOKENGAUGE_VAULT", home.vault()).env("TOKENGAUGE_KEY_FILE", home.key());
    Run::of(command.args(["vault", "status"]).output().unwrap()).is(0);
}

#[test]
fn completions_name_the_commands() {
    assert!(Home::empty().bare(&["completions", "bash"]).is(0).out.contains("authorize"));
}

#[test]
fn the_dashboard_needs_a_terminal() {
    Home::new().run(&[]).fails(2);
}

#[test]
fn what_renews_by_itself_is_chosen_and_changed_and_shown() {
    let home = Home::new();
    added(&home, NAME, &["--secret-stdin"], SECRET).is(0);
    let renewal = |home: &Home| {
        let shown = home.run(&["show", NAME, "--json"]).json();
        (shown["renews"].clone(), shown["renew_before_seconds"].clone())
    };
    assert_eq!(renewal(&home), ("automatic".into(), serde_json::Value::Null));
    home.run(&["edit", NAME, "--renew", "keep-alive", "--renew-before", "15m"]).is(0);
    assert_eq!(renewal(&home), ("keep-alive".into(), 900.into()));
    assert!(home.run(&["show", NAME]).out.contains("keep-alive: nothing but the refresh token"));
    home.run(&["edit", NAME, "--renew", "automatic"]).is(0);
    assert!(home.run(&["show", NAME]).out.contains("automatic, 15m before the end"));
    home.run(&["edit", NAME, "--renew-before", "", "--renew", "manual"]).is(0);
    assert_eq!(renewal(&home), ("manual".into(), serde_json::Value::Null));
    // Its usage errors have an empty second line.
    let run = home.run(&["edit", NAME, "--renew", "never"]).is(2);
    assert!(run.err.contains("one of automatic, keep-alive, manual"), "{}", run.err);
    let run = home.run(&["edit", NAME, "--renew-before", "2d"]).is(2);
    assert!(run.err.contains("between 10s and 1d"), "{}", run.err);
}

#[test]
fn a_new_connection_takes_its_policy_along() {
    let home = Home::new();
    added(&home, NAME, &["--secret-stdin", "--renew", "manual", "--renew-before", "90s"], SECRET).is(0);
    let shown = home.run(&["show", NAME, "--json"]).json();
    assert_eq!((&shown["renews"], &shown["renew_before_seconds"]), (&"manual".into(), &90.into()));
}
