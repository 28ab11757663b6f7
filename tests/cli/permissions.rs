//! `permissions`: what is asked for, against what was granted; changes; the search; and `consent` after them.

use serde_json::Value;

use super::home::Home;
use super::tenant::{CLIENT_ID, NAME, SECRET, Tenant};

fn added(options: &[&str]) -> Home {
    let home = Home::new();
    let arguments: Vec<&str> =
        ["add", NAME, "--client-id", CLIENT_ID, "--secret-stdin"].iter().chain(options).copied().collect();
    home.with_stdin(&arguments, SECRET).is(0);
    home
}

fn scopes(home: &Home) -> Vec<String> {
    let shown = home.run(&["show", NAME, "--json"]).is(0).json();
    shown["scope"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap().to_owned()).collect()
}

fn row<'a>(told: &'a Value, name: &str) -> &'a Value {
    let rows = told["permissions"].as_array().unwrap();
    rows.iter().find(|row| row["permission"] == name).unwrap_or_else(|| panic!("{name}: {told:#}"))
}

#[test]
fn before_the_sign_in_it_is_said_who_must_consent() {
    let home = added(&[]);
    let run = home.run(&["permissions", NAME]).is(0);
    assert!(run.out.starts_with("PERMISSION"), "{}", run.out);
    assert!(run.out.contains("Mail.Send") && run.out.contains("admin by default policy"), "{}", run.out);
    assert!(run.err.contains("3 of 6 need an administrator"), "{}", run.err);
    assert!(run.err.contains("nobody has signed in yet"), "{}", run.err);
}

#[test]
fn what_was_granted_and_is_in_the_token_is_told() {
    let tenant = Tenant::new().signed_in();
    let told = tenant.run(&["permissions", NAME, "--json"]).is(0).json();
    let send = row(&told, "Mail.Send");
    assert_eq!(
        (&send["asked"], &send["granted"], &send["in_token"]),
        (&true.into(), &true.into(), &true.into())
    );
    assert_eq!(row(&told, "offline_access")["by_itself"], true);
    assert_eq!(told["needs_sign_in"], false);
}

#[test]
fn a_change_after_the_sign_in_says_whether_another_is_needed() {
    let tenant = Tenant::new().signed_in();
    let run = tenant.run(&["permissions", NAME, "--add", "MailboxSettings.Read"]).is(0);
    assert!(run.err.contains("next sign-in: tokengauge authorize contoso"), "{}", run.err);
    assert!(run.err.contains("not granted: MailboxSettings.Read"), "{}", run.err);
    let told = tenant.run(&["permissions", NAME, "--json"]).is(0).json();
    assert_eq!(row(&told, "MailboxSettings.Read")["granted"], false);
    assert_eq!(told["needs_sign_in"], true);

    let message = tenant.run(&["consent", NAME]).is(0).out;
    assert!(message.contains("MailboxSettings.Read"), "{message}");
    let missing = message.split("Granted before").next().unwrap();
    assert!(!missing.contains("Mail.Send"), "just what is missing: {message}");

    let run = tenant.run(&["permissions", NAME, "--remove", "MailboxSettings.Read"]).is(0);
    assert!(run.err.contains("no new sign-in is needed"), "{}", run.err);
}

#[test]
fn permissions_are_added_and_removed_together() {
    let home = added(&[]);
    let arguments =
        ["permissions", NAME, "--add", "smtp.send", "--add", "Mail.Read", "--remove", "Contacts.ReadWrite"];
    home.run(&arguments).is(0);
    let own = scopes(&home);
    assert!(own.contains(&"https://outlook.office.com/SMTP.Send".to_owned()), "{own:?}");
    assert!(
        own.contains(&"Mail.Read".to_owned()) && !own.contains(&"Contacts.ReadWrite".to_owned()),
        "{own:?}"
    );
    let run = home.run(&["permissions", NAME, "--add", "Mail.Read"]).is(0);
    assert!(run.err.contains("nothing changed"), "{}", run.err);
}

#[test]
fn a_name_that_is_not_known_is_taken_with_a_remark() {
    let home = added(&[]);
    let run = home.run(&["permissions", NAME, "--add", "Mail.Raed"]).is(0);
    assert!(run.err.contains("did you mean Mail.Read?"), "{}", run.err);
    let run =
        home.run(&["permissions", NAME, "--add", "https://contoso.crm.dynamics.com/user_impersonation"]);
    assert!(run.is(0).err.contains("taken as it is"));
    assert!(scopes(&home).contains(&"Mail.Raed".to_owned()));
}

#[test]
fn what_breaks_a_rule_is_refused_and_changes_nothing() {
    let home = added(&[]);
    let before = scopes(&home);
    for strange in ["https://graph.microsoft.com/.default", "https://graph.microsoft.us/Mail.Read"] {
        home.run(&["permissions", NAME, "--add", "Mail.Read", "--add", strange]).is(2);
        assert_eq!(scopes(&home), before, "{strange}");
    }
}

#[test]
fn offline_access_cannot_be_left_out() {
    let home = added(&[]);
    let run = home.run(&["permissions", NAME, "--remove", "offline_access"]).is(0);
    assert!(run.err.contains("every sign-in asks for offline_access by itself"), "{}", run.err);
    let told = home.run(&["permissions", NAME, "--json"]).is(0).json();
    assert_eq!(row(&told, "offline_access")["asked"], true);
}

#[test]
fn a_preset_sets_the_whole_list_and_a_draft_says_so() {
    let home = added(&["--preset", "imap-smtp", "--cloud", "china"]);
    assert!(scopes(&home).contains(&"https://partner.outlook.cn/IMAP.AccessAsUser.All".to_owned()));
    let run = home.run(&["permissions", NAME, "--preset", "app-connect-todo", "--add", "Mail.Send"]).is(0);
    assert!(run.err.contains("draft: not confirmed by IBM"), "{}", run.err);
    assert_eq!(scopes(&home), ["Tasks.ReadWrite", "offline_access", "User.Read", "Mail.Send"]);
    let run = home.run(&["permissions", NAME, "--preset", "nothing-such"]).is(2);
    assert!(run.err.contains("app-connect+groups"), "{}", run.err);
}

#[test]
fn the_catalogue_is_searched_without_a_vault() {
    let home = Home::empty();
    let run = home.bare(&["permissions", "--search", "mail", "send", "shared"]).is(0);
    let first = run.out.lines().nth(1).unwrap();
    assert!(first.starts_with("Mail.Send.Shared"), "{}", run.out);
    let told = home.bare(&["permissions", "--search", "imap", "--json"]).is(0).json();
    assert_eq!(told[0]["consent"], "admin-by-default-policy");
    assert_eq!(told[0]["resource"], "Exchange Online");
    let run = home.bare(&["permissions", "--search", "mail.sned"]).is(0);
    assert!(run.out.is_empty() && run.err.contains("did you mean Mail.Send?"), "{}", run.err);
}

#[test]
fn presets_are_listed_with_what_must_be_known() {
    let run = Home::empty().bare(&["permissions", "--presets"]).is(0);
    assert!(run.out.contains("app-connect+groups") && run.out.contains("app-only-exchange"), "{}", run.out);
    assert!(run.out.contains("draft: not confirmed by IBM") && run.out.contains("retired"), "{}", run.out);
}

#[test]
fn usage_is_told() {
    let home = added(&[]);
    for arguments in [
        &["permissions"][..],
        &["permissions", NAME, "--search", "mail"],
        &["permissions", "--add", "Mail.Send"],
        &["permissions", NAME, "--add", "two words"],
        &["permissions", "nobody"],
    ] {
        home.run(arguments).is(2);
    }
}

#[test]
fn what_never_stands_in_a_token_is_not_counted_there() {
    let shown = Tenant::new().signed_in().run(&["permissions", NAME]).is(0);
    assert!(shown.err.contains("6 asked for, 6 granted, 5 of 5 in the token"), "{}", shown.err);
}
