//! `import`: a connection from each source, through the binary; and nothing where something is wrong.

use std::process::Command;

use serde_json::json;

use super::home::{Home, Run, binary};
use super::tenant::{CLIENT_ID, NAME, SECRET, Tenant};

/// What an export of the signed-in connection says.
fn exported(tenant: &Tenant, format: &[&str]) -> String {
    let arguments: Vec<&str> =
        ["export", NAME, "--format"].into_iter().chain(format.iter().copied()).collect();
    tenant.home.run(&arguments).is(0).out
}

/// Into a fresh vault, by stdin.
fn import(home: &Home, url: &str, options: &[&str], text: &str) -> Run {
    let mut arguments = vec!["import", "--authority-url", url];
    arguments.extend(options);
    let run = home.with_stdin(&arguments, text);
    assert!(run.out.is_empty() && !run.err.contains(SECRET) && !run.err.contains("eyJ"), "{}", run.err);
    run
}

#[test]
fn every_export_that_can_be_read_makes_a_connection_that_renews() {
    let tenant = Tenant::new().signed_in();
    for (format, source) in [
        (&["json"][..], &["--format", "token-response"][..]),
        (&["env", "--prefix", "EXCHANGE_"], &["--format", "env"]),
        (&["env", "--quote", "double"], &["--format", "env"]),
        (&["postman"], &["--format", "postman"]),
        (&["accounts-yaml"], &["--format", "accounts-yaml"]),
    ] {
        let text = exported(&tenant, format);
        let home = Home::new();
        let run = import(&home, &tenant.url(), &[source, &["--name", "copy"]].concat(), &text).is(0);
        assert!(
            run.err.contains("imported copy: client ID, client secret, access token, refresh token\n"),
            "{}",
            run.err
        );
        home.run(&["refresh", "copy"]).is(0);
        assert!(tenant.knows_token(home.run(&["token", "copy"]).is(0).out.trim_end()));
    }
}

#[test]
fn a_known_end_is_kept_and_an_unknown_one_counts_as_past() {
    let tenant = Tenant::new().signed_in();
    let told = exported(&tenant, &["json"]);
    let token = tenant.token(&[]).is(0).out;
    let home = Home::new();
    let run = import(&home, &tenant.url(), &["--format", "token-response"], &told).is(0);
    assert!(!run.err.contains("renewed before its first use"), "{}", run.err);
    // The object tells its own name.
    assert_eq!(home.run(&["token", NAME]).is(0).out, token);

    let mut untold: serde_json::Value = serde_json::from_str(&told).unwrap();
    let object = untold.as_object_mut().unwrap();
    object.retain(|key, _| !key.contains("expires_at"));
    object.insert("expires_in".into(), 3599.into());
    let run =
        import(&home, &tenant.url(), &["--format", "token-response", "--name", "other"], &untold.to_string())
            .is(0);
    assert!(run.err.contains("renewed before its first use"), "{}", run.err);
    assert_ne!(home.run(&["token", "other"]).is(0).out, token);
}

#[test]
fn an_ended_token_that_cannot_be_renewed_is_exported_with_a_word_of_it() {
    let tenant =
        Tenant::with("[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\ncode = 50173").signed_in();
    let mut values: serde_json::Value = serde_json::from_str(&exported(&tenant, &["json"])).unwrap();
    values.as_object_mut().unwrap().retain(|key, _| !key.contains("expires"));
    let home = Home::new();
    let options = ["--format", "token-response", "--name", "copy"];
    import(&home, &tenant.url(), &options, &values.to_string()).is(0);
    assert_eq!(home.run(&["refresh", "copy"]).code, Some(4));
    let run = home.run(&["export", "copy", "--format", "env"]).is(0);
    assert!(run.err.contains("the access token has ended"), "{}", run.err);
    assert!(run.out.contains("REFRESH_TOKEN="));
}

#[test]
fn mutts_file_makes_a_connection_named_by_its_mailbox() {
    let tenant = Tenant::new().signed_in();
    let values: serde_json::Value = serde_json::from_str(&exported(&tenant, &["json"])).unwrap();
    let text = json!({"registration": "microsoft", "authflow": "localhostauthcode", "email": "ops@contoso.example",
        "access_token": values["access_token"], "access_token_expiration": "2026-01-01T10:00:00",
        "refresh_token": values["refresh_token"], "client_id": CLIENT_ID, "client_secret": SECRET});
    let home = Home::new();
    import(&home, &tenant.url(), &["--format", "mutt-oauth2"], &text.to_string()).is(0);
    let shown = home.run(&["show", "ops@contoso.example", "--json"]).is(0).json();
    assert_eq!(shown["sign_in_as"], "ops@contoso.example", "{shown}");
    home.run(&["token", "ops@contoso.example"]).is(0);
}

#[test]
fn a_name_that_is_taken_is_refused_and_keeps_what_it_has() {
    let tenant = Tenant::new().signed_in();
    let text = exported(&tenant, &["json"]);
    let before = std::fs::read(tenant.home.record(NAME)).unwrap();
    tenant.home.with_stdin(&["import", "--format", "token-response"], text).fails(2);
    assert_eq!(std::fs::read(tenant.home.record(NAME)).unwrap(), before);
}

#[test]
fn values_of_one_login_service_are_not_sent_to_another() {
    let tenant = Tenant::new().signed_in();
    let text = exported(&tenant, &["json"]);
    let home = Home::new();
    let run = home.with_stdin(&["import", "--format", "token-response"], text).fails(10);
    assert!(run.err.contains("127.0.0.1") && run.err.contains("login.microsoftonline.com"), "{}", run.err);
    assert!(!home.record(NAME).exists());
}

#[test]
fn what_is_missing_is_told() {
    let home = Home::new();
    let token = "{\"access_token\":\"eyJ0X\"}";
    let of = |options: &[&str], text: &str| import(&home, "http://127.0.0.1:9", options, text);
    assert!(of(&["--format", "token-response", "--name", "a"], token).fails(2).err.contains("--client-id"));
    let id = ["--format", "token-response", "--client-id", CLIENT_ID];
    assert!(of(&id, token).fails(2).err.contains("--name"));
    let named = [&id[..], &["--name", "a"]].concat();
    assert!(of(&named, "{\"refresh_token\":\"1.AX\"}").fails(2).err.contains("as a set"));
    let run = of(&named, token).is(0);
    assert!(
        run.err.contains("access token; not in it: client ID, client secret, refresh token"),
        "{}",
        run.err
    );
    assert!(run.err.contains("sign in with: tokengauge authorize a"), "{}", run.err);
    assert!(of(&["--format", "token-response", "--prefix", "A_"], token).fails(2).err.contains("--prefix"));
    assert!(of(&["--format", "env", "--secret-stdin"], "").fails(2).err.contains("stdin"));
}

#[test]
fn what_cannot_be_read_is_told_with_its_place_and_no_value() {
    let home = Home::new();
    let path = home.write("values.env", &format!("CLIENT_ID={CLIENT_ID}\nACCESS_TOKEN='TGSECRET\n"));
    let run = home.run(&["import", path.to_str().unwrap(), "--format", "env", "--name", "a"]).fails(2);
    assert!(
        run.err.contains("values.env: line 2: a quote is not closed") && !run.err.contains("TGSECRET"),
        "{}",
        run.err
    );
    home.run(&["import", "missing", "--format", "env"]).fails(7);
    let other = home.write("other.json", &json!({"client_id": CLIENT_ID, "access_token": "x"}).to_string());
    let another = ["--client-id", "11111111-2222-3333-4444-555555555555"];
    let arguments =
        [&["import", other.to_str().unwrap(), "--format", "token-response", "--name", "a"], &another[..]]
            .concat();
    home.run(&arguments).fails(2);
}

#[test]
fn a_pipe_that_nobody_writes_to_is_not_waited_for() {
    let home = Home::new();
    let pipe = home.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.to_str().unwrap();
    for arguments in [
        &["import", pipe, "--format", "env"][..],
        &["add", "a", "--client-id", CLIENT_ID, "--secret-file", pipe],
        &["add", "--from", pipe, "--client-id", CLIENT_ID],
    ] {
        let run = home.run(arguments).fails(7);
        assert!(run.err.contains("it is no file but a pipe"), "{arguments:?}: {}", run.err);
    }
}

#[test]
fn what_another_command_prints_is_read_through_its_pipe() {
    let home = Home::new();
    let line = format!(
        "{} --vault {} --key-file {} import --format env --name a <(printf 'CLIENT_ID={CLIENT_ID}\\n')",
        binary().display(),
        home.vault().display(),
        home.key().display()
    );
    let run = Run::of(Command::new("bash").args(["-c", &line]).output().unwrap());
    assert!(run.is(0).err.contains("imported a: client ID; not in it"));
}

/// Each holds a planted value, which no complaint may tell.
#[test]
fn hostile_files_are_refused_at_once_and_not_told() {
    let home = Home::new();
    let deep = |open: &str| open.repeat(100_000) + "TGSECRET";
    for (format, text) in [
        ("token-response", deep("[")),
        ("token-response", deep("{\"a\":")),
        ("token-response", "{\"access_token\":\"TGSECRET1\",\"access_token\":\"TGSECRET2\"}".to_owned()),
        ("postman", deep("{\"values\":[")),
        ("mutt-oauth2", deep("[")),
        ("accounts-yaml", deep("[")),
        ("accounts-yaml", deep("- ")),
        ("accounts-yaml", "accounts: &a [*a, *a]\n# TGSECRET".to_owned()),
        ("env", format!("CLIENT_ID={CLIENT_ID}\nREFRESH_TOKEN=TGSECRET1\nREFRESH_TOKEN=TGSECRET2\n")),
        ("env", "TGSECRET".repeat(1024 * 1024)),
    ] {
        let path = home.write("hostile", &text);
        let run = home.run(&["import", path.to_str().unwrap(), "--format", format, "--name", "a"]).fails(2);
        assert!(!run.err.contains("TGSECRET"), "{format}: {}", run.err);
    }
}

#[test]
fn marks_and_line_ends_of_other_systems_make_no_difference() {
    for (format, text) in [
        ("env", format!("\u{feff}CLIENT_ID={CLIENT_ID}\r\nACCESS_TOKEN=eyJ0X\r\n")),
        (
            "token-response",
            format!("\u{feff}{{\r\n\"client_id\":\"{CLIENT_ID}\",\r\n\"access_token\":\"eyJ0X\"}}\r\n"),
        ),
    ] {
        let home = Home::new();
        let run = import(&home, "http://127.0.0.1:9", &["--format", format, "--name", "a"], &text).is(0);
        assert!(run.err.contains("imported a: client ID, access token;"), "{}", run.err);
    }
}
