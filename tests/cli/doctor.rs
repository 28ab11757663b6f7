//! `doctor`: the next step of each connection, and what Graph answers to its token.

use rustix::process::Signal;

use super::home::Home;
use super::signals::signal;
use super::slow::Slow;
use super::tenant::{CLIENT_ID, NAME, OPS, SECRET, Tenant};

const REFUSED_CALENDAR: &str =
    "[[faults]]\nendpoint = 'graph'\ncall = 'calendars'\nstatus = 403\nerror = 'ErrorAccessDenied'";

#[test]
fn without_a_probe_it_tells_whether_anything_lapses_and_sends_nothing() {
    let tenant = Tenant::new();
    let run = tenant.run(&["doctor"]).is(1);
    assert_eq!(run.out, "contoso: needs you: sign in\n");
    let tenant = tenant.signed_in();
    let before = tenant.requests();
    let run = tenant.run(&["doctor", NAME]).is(0);
    assert!(
        run.out.starts_with("contoso: nothing lapses within 14 d; refresh token ends in 89 d, on "),
        "{}",
        run.out
    );
    assert!(run.out.ends_with(" (est) unless it renews\n"), "{}", run.out);
    assert_eq!(tenant.requests(), before);
    tenant.run(&["doctor", "nobody"]).is(2);
}

/// A day so far ahead that the secret's end is before the refresh token's.
fn in_ten_days() -> String {
    (chrono::Utc::now() + chrono::TimeDelta::days(10)).date_naive().to_string()
}

#[test]
fn what_ends_within_the_time_is_told_with_its_day() {
    let tenant = Tenant::new().signed_in();
    let day = in_ten_days();
    tenant.run(&["edit", NAME, "--secret-expires", &day]).is(0);
    let run = tenant.run(&["doctor"]).is(1);
    assert_eq!(run.out, format!("contoso: client secret ends in 9 d, on {day}\n"));
    let run = tenant.run(&["doctor", "--within", "5d"]).is(0);
    assert!(run.out.contains("nothing lapses within 5 d; client secret ends in 9 d"), "{}", run.out);
    let run = tenant.run(&["doctor", "--within", "100d"]).is(1);
    assert!(
        run.out.contains("client secret ends in 9 d") && run.out.contains("; refresh token ends in 89 d")
    );
    let told = tenant.run(&["doctor", "--json"]).is(1).json();
    assert_eq!((&told[0]["outlook"], &told[0]["exit"]), (&"lapses".into(), &1.into()));
    assert_eq!(told[0]["lapses"][0]["what"], "client-secret");
    assert_eq!(told[0]["lapses"][0]["at"], format!("{day}T00:00:00Z"));
    assert_eq!(told[0]["lapses"].as_array().unwrap().len(), 1);
}

#[test]
fn a_monitoring_plugin_keeps_to_four_codes() {
    let tenant = Tenant::new();
    let run = tenant.run(&["doctor", "--nagios"]).is(2);
    assert_eq!(
        run.out,
        "TOKENGAUGE CRITICAL - needs you: 1, lapses within 14 d: 0, connections: 1 | connections=1 needs_you=1;;0 lapses=0;0 failing=0;0\n\
         contoso: needs you: sign in\n"
    );
    let tenant = tenant.signed_in();
    let run = tenant.run(&["doctor", "--nagios"]).is(0);
    assert!(run.out.starts_with("TOKENGAUGE OK - ") && run.out.contains(" first_lapse=77"), "{}", run.out);
    assert_eq!(run.out.lines().count(), 1);
    tenant.run(&["edit", NAME, "--secret-expires", &in_ten_days()]).is(0);
    let run = tenant.run(&["doctor", "--nagios"]).is(1);
    assert!(run.out.starts_with("TOKENGAUGE WARNING - "), "{}", run.out);
    assert!(run.out.contains("\ncontoso: client secret ends in 9 d"), "{}", run.out);
}

/// A renewal that meets nobody at the other end.
fn after_a_failed_renewal() -> (Tenant, super::home::Run) {
    let tenant = Tenant::new().signed_in();
    let answer =
        r#"{"access_token":"eyJ.x.y","refresh_token":"1.held","expires_in":3600,"token_type":"Bearer"}"#;
    let client =
        ["--client-id", "7a1b2c3d-6b0e-4c7b-9a51-0f3c2f8e1b44", "--authority-url", "http://127.0.0.1:9"];
    let import = [&["import", "--format", "token-response", "--name", "brought"], &client[..]].concat();
    tenant.home.with_stdin(&import, answer).is(0);
    tenant.run(&["refresh", "brought"]).is(6);
    let run = tenant.run(&["doctor", "brought"]).is(1);
    (tenant, run)
}

#[test]
fn renewals_that_fail_are_told_once_no_token_is_valid() {
    let (tenant, run) = after_a_failed_renewal();
    assert!(run.out.starts_with("brought: no valid access token since "), "{}", run.out);
    assert!(run.out.contains(", 1 renewal failed: "), "{}", run.out);
    let run = tenant.run(&["doctor", "brought", "--nagios"]).is(1);
    assert!(run.out.starts_with("TOKENGAUGE WARNING"), "{}", run.out);
}

#[test]
fn a_secret_that_is_over_is_told_whatever_else_there_is() {
    let tenant = Tenant::new();
    tenant.run(&["edit", NAME, "--secret-expires", "2025-12-20"]).is(0);
    let run = tenant.run(&["doctor"]).is(1);
    assert_eq!(run.out, "contoso: needs you: replace the client secret; client secret ended on 2025-12-20\n");
    assert!(tenant.run(&["doctor", "--nagios"]).is(2).out.starts_with("TOKENGAUGE CRITICAL"));
    // Everybody says the same, though nobody has signed in yet.
    assert!(tenant.run(&["list"]).is(0).out.contains("replace the client secret"));
    let run = tenant.run(&["authorize", NAME, "--print-url"]).is(0);
    assert!(run.err.contains("the client secret ended on 2025-12-20: unless that date is"), "{}", run.err);
    tenant.run(&["edit", NAME, "--secret-expires", "2125-12-20"]).is(0);
    let run = tenant.run(&["authorize", NAME, "--print-url"]).is(0);
    assert!(!run.err.contains("ended on"), "{}", run.err);
}

#[test]
fn a_time_without_a_unit_is_refused() {
    let run = Tenant::new().run(&["doctor", "--within", "60"]).is(2);
    assert!(run.err.contains("14d"), "{}", run.err);
}

#[test]
fn a_plugin_that_cannot_find_out_says_so_on_stdout() {
    let tenant = Tenant::new();
    let run = tenant.home.bare(&["doctor", "--nagios"]).is(3);
    assert!(run.out.starts_with("TOKENGAUGE UNKNOWN - "), "{}", run.out);
    std::fs::write(tenant.home.record(NAME), "no record").unwrap();
    let run = tenant.run(&["doctor", "--nagios"]).is(3);
    assert!(
        run.out.starts_with("TOKENGAUGE UNKNOWN - ") && run.out.contains(", damaged: 1 |"),
        "{}",
        run.out
    );
}

#[test]
fn the_figures_of_the_plugin_are_those_of_its_lines() {
    let tenant = Tenant::new();
    tenant.run(&["edit", NAME, "--secret-expires", &in_ten_days()]).is(0);
    let run = tenant.run(&["doctor", "--nagios"]).is(2);
    assert!(run.out.contains("needs you: 1, lapses within 14 d: 1, connections: 1 | "), "{}", run.out);
    assert!(run.out.contains(" needs_you=1;;0 lapses=1;0 failing=0;0 "), "{}", run.out);

    let (tenant, _) = after_a_failed_renewal();
    let run = tenant.run(&["doctor", "brought", "--nagios"]).is(1);
    assert!(run.out.contains("lapses within 14 d: 0, failing: 1, connections: 1 | "), "{}", run.out);
    assert!(run.out.contains(" lapses=0;0 failing=1;0 "), "{}", run.out);

    let run = tenant.run(&["doctor", "nobody", "--nagios"]).is(3);
    let first = run.out.lines().next().unwrap();
    assert!(
        first.starts_with("TOKENGAUGE UNKNOWN - nobody: ") && first.contains("connections=0 "),
        "{first}"
    );
}

#[test]
fn one_damaged_record_hides_no_other_from_monitoring() {
    let tenant = Tenant::new();
    std::fs::write(tenant.home.record("adatum"), "no record").unwrap();
    let run = tenant.run(&["doctor", "--nagios"]).is(2);
    assert!(run.out.starts_with("TOKENGAUGE CRITICAL - needs you: 1, "), "{}", run.out);
    assert!(run.out.contains("\ncontoso: needs you: sign in\n"), "{}", run.out);
    assert!(run.out.lines().last().unwrap().starts_with("adatum."), "{}", run.out);
    let tenant = tenant.signed_in();
    let run = tenant.run(&["doctor", "--nagios"]).is(3);
    assert!(
        run.out.starts_with("TOKENGAUGE UNKNOWN - ") && run.out.contains("connections=1 "),
        "{}",
        run.out
    );
}

#[test]
fn a_probe_tells_who_what_and_how_many() {
    let tenant = Tenant::new().signed_in();
    let run = tenant.run(&["doctor", NAME, "--probe"]).is(0);
    assert!(
        run.out.contains(
            "contoso: signed in as ops@contoso.example, mailbox answers, all 6 permissions are in the token"
        ),
        "{}",
        run.out
    );
    assert!(run.out.contains("inbox     answers  120 items, 5 unread"), "{}", run.out);
    let told = tenant.run(&["doctor", NAME, "--probe", "--json"]).is(0).json();
    assert_eq!(told[0]["probe"]["signed_in_as"], OPS);
    assert_eq!(told[0]["probe"]["checks"][1]["items"], 120);
    assert_eq!(told[0]["probe"]["permissions"]["asked"], 6);
}

#[test]
fn a_refusal_has_a_code_and_names_who_acts() {
    let tenant = Tenant::with(REFUSED_CALENDAR).signed_in();
    let run = tenant.run(&["doctor", NAME, "--probe"]).is(5);
    assert!(run.out.contains("calendar is refused (403 ErrorAccessDenied)"), "{}", run.out);
    assert!(run.err.contains("calendar: Exchange does not open the calendar"), "{}", run.err);
    let told = tenant.run(&["doctor", NAME, "--probe", "--json"]).is(5).json();
    let check = &told[0]["probe"]["checks"][2];
    assert_eq!((&check["status"], &check["who_acts"]), (&403.into(), &"tenant-admin".into()));
}

#[test]
fn a_pause_is_for_later() {
    let fault = "[[faults]]\nendpoint = 'graph'\ncall = 'inbox'\nstatus = 429\nretry_after = 9";
    let tenant = Tenant::with(fault).signed_in();
    let run = tenant.run(&["doctor", NAME, "--probe"]).is(6);
    assert!(run.out.contains("Graph asks for a pause") && run.err.contains("9 s"), "{}{}", run.out, run.err);
}

#[test]
fn nobody_signed_in_is_four() {
    let tenant = Tenant::new();
    let run = tenant.run(&["doctor", NAME, "--probe"]).is(4);
    assert!(run.err.contains("tokengauge authorize contoso"), "{}", run.err);
}

#[test]
fn permissions_of_exchange_alone_have_nothing_to_ask_at_graph() {
    let home = Home::new();
    let scopes = ["--scope", "https://outlook.office.com/IMAP.AccessAsUser.All", "--scope", "offline_access"];
    let arguments = ["add", NAME, "--client-id", CLIENT_ID, "--secret-stdin"];
    home.with_stdin(&[&arguments[..], &scopes].concat(), SECRET).is(0);
    let run = home.run(&["doctor", NAME, "--probe"]).is(1);
    assert!(run.out.contains("nothing to ask at Graph"), "{}", run.out);
}

#[test]
fn a_mailbox_is_for_probes() {
    let home = Home::new();
    assert_eq!(home.run(&["doctor", "--mailbox", "ops@contoso.com"]).code, Some(2));
    assert_eq!(home.run(&["doctor", "--probe", "--mailbox", "ops"]).code, Some(2));
}

/// The verdicts of `--online --json` for the first connection, by check.
fn checks(run: &super::home::Run) -> Vec<(String, String)> {
    let word = |check: &serde_json::Value, name: &str| check[name].as_str().unwrap().to_owned();
    let told = run.json();
    let all = told[0]["checks"].as_array().unwrap().clone();
    all.iter().map(|check| (word(check, "check"), word(check, "result"))).collect()
}

#[test]
fn online_looks_at_the_way_and_the_set_up_and_uses_no_token() {
    let tenant = Tenant::new().signed_in();
    let before = tenant.requests();
    let run = tenant.run(&["doctor", "--online"]).is(0);
    let host = tenant.url().replace("http://", "");
    assert!(run.out.starts_with(&format!("{host}\n  CHECK")), "{}", run.out);
    let told =
        |word: &str| run.out.lines().find(|line| line.trim_start().starts_with(word)).unwrap().to_owned();
    assert!(told("tenant").ends_with("organizations is known"), "{}", run.out);
    assert!(told("client").contains("ok") && told("client").contains("it got a token on 20"), "{}", run.out);
    assert!(told("redirect").contains("under Web"), "{}", run.out);
    assert!(told("mailbox").ends_with("--probe asks it"), "{}", run.out);
    let all = checks(&tenant.run(&["doctor", NAME, "--online", "--json"]).is(0));
    let expected = [
        ("name-lookup", "ok"),
        ("proxy", "ok"),
        ("connection", "ok"),
        ("tls", "skipped"),
        ("clock", "ok"),
        ("tenant", "ok"),
        ("client", "ok"),
        ("redirect", "skipped"),
        ("permissions", "ok"),
        ("mailbox", "skipped"),
    ];
    assert_eq!(all, expected.map(|(check, result)| (check.to_owned(), result.to_owned())));
    assert_eq!(tenant.requests(), before);
    let all = checks(&tenant.run(&["doctor", NAME, "--online", "--probe", "--json"]).is(0));
    assert_eq!(all.last().unwrap(), &("mailbox".to_owned(), "ok".to_owned()));
    assert!(tenant.run(&["doctor", "--json"]).is(0).json()[0]["checks"].is_null());
}

#[test]
fn what_was_got_before_an_edit_says_nothing_of_the_new_settings() {
    let tenant = Tenant::new().signed_in();
    let verdict = |check: &str| {
        let all = checks(&tenant.run(&["doctor", NAME, "--online", "--json"]));
        all.into_iter().find(|(own, _)| own == check).unwrap().1
    };
    assert_eq!(verdict("client"), "ok");
    tenant.run(&["edit", NAME, "--redirect-uri", "http://localhost:8401/"]).is(0);
    assert_eq!((verdict("client"), verdict("redirect")), ("ok".into(), "skipped".into()));
    let other = "9e2b7a10-6b0e-4c7b-9a51-0f3c2f8e1b44";
    tenant.run(&["edit", NAME, "--client-id", other, "--yes"]).is(0);
    assert_eq!((verdict("client"), verdict("redirect")), ("skipped".into(), "skipped".into()));
}

#[test]
fn a_signal_ends_a_checkup_that_waits() {
    let slow = Slow::new();
    for (kind, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut looking = slow.start(&["doctor", "--online"]);
        let held = slow.held();
        signal(&looking, kind);
        assert_eq!(looking.wait().unwrap().code(), Some(code));
        drop(held);
    }
}

#[test]
fn a_server_that_breaks_off_is_for_later() {
    let slow = Slow::new();
    let looking = slow.start(&["doctor", "--online"]);
    drop(slow.held());
    // What the client tries by itself meets a closed port.
    let Slow { home, .. } = slow;
    let output = looking.wait_with_output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(6), "{told}");
    assert!(told.contains("connection   failed"), "{told}");
    drop(home);
}

#[test]
fn a_tenant_that_is_not_there_is_a_wrong_set_up() {
    let tenant = Tenant::new();
    tenant.add("nowhere", &["--tenant", "nowhere.example"]).is(0);
    let run = tenant.run(&["doctor", "nowhere", "--online"]).is(5);
    assert!(run.out.contains("knows no tenant nowhere.example (AADSTS90002)"), "{}", run.out);
    assert!(
        run.err.contains("nowhere, tenant: check tenant and cloud: tokengauge edit nowhere"),
        "{}",
        run.err
    );
}

#[test]
fn a_server_that_is_away_is_for_later() {
    let home = Home::new();
    let arguments =
        ["add", NAME, "--client-id", CLIENT_ID, "--authority-url", "http://127.0.0.1:9", "--secret-stdin"];
    home.with_stdin(&arguments, SECRET).is(0);
    let run = home.run(&["doctor", "--online"]).is(6);
    assert!(run.out.contains("connection   failed"), "{}", run.out);
    assert!(run.out.contains("client       skipped  not checked"), "nothing is guessed: {}", run.out);
}

#[test]
fn permissions_that_are_not_known_or_not_granted_are_a_warning() {
    let tenant = Tenant::new().signed_in();
    tenant.run(&["permissions", NAME, "--add", "Mail.Reed"]);
    let run = tenant.run(&["doctor", "--online"]);
    assert!(run.out.contains("permissions  warning  Mail.Reed is not known here"), "{}", run.out);
    assert!(run.err.contains("is Mail.Read meant?"), "{}", run.err);
}

#[test]
fn a_cron_job_fails_by_the_exit_code() {
    let tenant = Tenant::new().signed_in();
    let day = in_ten_days();
    tenant.run(&["edit", NAME, "--secret-expires", &day]).is(0);
    let job = |within: &str| {
        let mut shell = std::process::Command::new("/bin/sh");
        let line = format!(
            "'{}' --vault '{}' --key-file '{}' doctor --within {within} && echo next job",
            super::home::binary().display(),
            tenant.home.vault().display(),
            tenant.home.key().display(),
        );
        shell.env_clear().current_dir("/").arg("-c").arg(line).stdin(std::process::Stdio::null());
        super::home::Run::of(shell.output().unwrap())
    };
    let failed = job("14d").is(1);
    assert_eq!(failed.out, format!("contoso: client secret ends in 9 d, on {day}\n"));
    assert_eq!(failed.err, "", "what fails is told on stdout, once");
    assert!(job("5d").is(0).out.ends_with("\nnext job\n"));
}
