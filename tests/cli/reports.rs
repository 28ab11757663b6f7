//! `metrics` and `calendar`, read by the packages that their consumers use: prometheus-client and icalendar.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::python;
use super::tenant::{CLIENT_ID, NAME, Tenant};

/// Python's reading of a report; `None` where no Python can.
fn read(format: &str, text: &str) -> Option<Value> {
    let program = reader()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/reports.py");
    let mut command = Command::new(program);
    command.arg(script).arg(format).env("PYTHONIOENCODING", "utf-8");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{text}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn reader() -> Option<PathBuf> {
    python::with("icalendar, prometheus_client")
}

/// Two connections of one registration whose secret ends on a date; one of them is signed in.
fn two_of_one() -> Tenant {
    let tenant = Tenant::new().signed_in();
    tenant.add("second", &["--secret-expires", "2031-05-22"]).is(0);
    tenant
}

fn sample<'a>(samples: &'a Value, name: &str, labels: &[(&str, &str)]) -> &'a Value {
    let name = format!("tokengauge_{name}");
    let all = samples.as_array().unwrap().iter().filter(|own| own["name"] == name.as_str());
    let fits = |own: &&Value| labels.iter().all(|(label, value)| own["labels"][label] == *value);
    &all.clone().find(fits).unwrap_or_else(|| panic!("{name} {labels:?} in {samples}"))["value"]
}

fn seconds(moment: &Value) -> i64 {
    moment.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp()
}

#[test]
fn prometheus_reads_what_lapses_and_what_became_of_the_last_renewal() {
    let tenant = two_of_one();
    let text = tenant.run(&["metrics"]).is(0).out;
    let Some(samples) = read("metrics", &text) else { return };
    let shown = tenant.run(&["show", NAME, "--json"]).is(0).json();
    let own = [("connection", NAME)];
    let ends = |name: &str, labels: &[(&str, &str)]| sample(&samples, name, labels).as_f64().unwrap() as i64;
    assert_eq!(
        ends("access_token_expiry_timestamp_seconds", &own),
        seconds(&shown["access_token"]["expires_at"])
    );
    assert_eq!(
        ends("refresh_token_expiry_timestamp_seconds", &[own[0], ("certainty", "est")]),
        seconds(&shown["refresh_token"]["expires_at"])
    );
    // The whole of 22 May, wherever that is read.
    let secret = ends(
        "client_credential_expiry_timestamp_seconds",
        &[("client_id", CLIENT_ID), ("kind", "client_secret")],
    );
    assert!((secret - seconds(&"2031-05-22T12:00:00Z".into())).abs() <= 86_400, "{secret}");
    assert_eq!(ends("last_renewal_timestamp_seconds", &own), seconds(&shown["last_renewal"]["at"]));
    assert_eq!(ends("last_renewal_success", &own), 1);
    assert_eq!((ends("sign_in_needed", &own), ends("needs_you", &own)), (0, 0));
    assert_eq!(ends("sign_in_needed", &[("connection", "second")]), 1);
    assert_eq!(ends("damaged_records", &[]), 0);
}

#[test]
fn damaged_records_are_counted_and_told() {
    let tenant = two_of_one();
    fs::write(tenant.home.record("second"), "no record").unwrap();
    let run = tenant.run(&["metrics"]).is(8);
    assert!(run.out.contains("\ntokengauge_damaged_records 1\n"), "{}", run.out);
    assert!(run.err.contains("second.age"), "{}", run.err);
}

#[test]
fn a_calendar_has_one_event_for_each_end_with_reminders() {
    let tenant = two_of_one();
    let text = tenant.run(&["calendar"]).is(0).out;
    assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{text}");
    let Some(calendar) = read("calendar", &text) else { return };
    assert_eq!((&calendar["version"], &calendar["errors"]), (&"2.0".into(), &Value::Array(Vec::new())));
    let events = calendar["events"].as_array().unwrap();
    assert_eq!(events.len(), 2, "{calendar}");
    let (refresh, secret) = (&events[0], &events[1]);
    let shown = tenant.run(&["show", NAME, "--json"]).is(0).json();
    assert_eq!(refresh["summary"], "contoso: refresh token ends");
    assert_eq!(
        seconds(&refresh["start"].as_str().unwrap().replace("+00:00", "Z").into()),
        seconds(&shown["refresh_token"]["expires_at"])
    );
    assert_eq!(secret["summary"], format!("client secret of {CLIENT_ID} ends: 2 connections"));
    assert_eq!(secret["start"], "2031-05-22");
    assert!(secret["description"].as_str().unwrap().ends_with("\nConnections: contoso, second"), "{secret}");
    for event in events {
        assert_eq!(event["alarms"], serde_json::json!([-14.0, -7.0, -1.0]));
        assert_eq!(event["errors"], Value::Array(Vec::new()));
    }
}

#[test]
fn a_renewed_token_moves_its_event() {
    let tenant = Tenant::new().signed_in();
    let uids = |text: &str| {
        let mut uids: Vec<String> =
            text.lines().filter(|line| line.starts_with("UID:")).map(str::to_owned).collect();
        uids.sort();
        uids
    };
    let before = tenant.run(&["calendar"]).is(0).out;
    tenant.run(&["refresh", NAME]).is(0);
    let after = tenant.run(&["calendar"]).is(0).out;
    assert_eq!(uids(&before), uids(&after));
    assert_eq!(uids(&before).len(), 4, "an event and its three reminders");
}

#[test]
fn a_file_is_replaced_whole_and_may_be_read_by_its_collector() {
    let tenant = Tenant::new().signed_in();
    let directory = tenant.home.path("textfile");
    fs::create_dir(&directory).unwrap();
    let path = directory.join("tokengauge.prom");
    fs::write(&path, "of yesterday").unwrap();
    let run = tenant.run(&["metrics", "--output", path.to_str().unwrap()]).is(0);
    assert_eq!(run.out, "");
    let written = fs::read_to_string(&path).unwrap();
    assert!(written.starts_with("# HELP tokengauge_"), "{written}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "nothing is left beside it");
    tenant.run(&["calendar", "--output", "missing/directory/x.ics"]).fails(7);
}

#[test]
fn what_is_no_file_stays_what_it_is_and_a_link_stays_a_link() {
    let tenant = Tenant::new().signed_in();
    let directory = tenant.home.path("textfile");
    fs::create_dir(&directory).unwrap();
    let (pipe, link, target) = (directory.join("pipe"), directory.join("link"), directory.join("target"));
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    for no_file in [&pipe, &directory] {
        let run = tenant.run(&["metrics", "--output", no_file.to_str().unwrap()]).fails(7);
        assert!(
            run.err.contains("not a regular file") && run.err.contains("leave --output out"),
            "{}",
            run.err
        );
        assert!(!fs::metadata(no_file).unwrap().is_file());
    }
    fs::write(&target, "of yesterday").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    tenant.run(&["metrics", "--output", link.to_str().unwrap()]).is(0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&target).unwrap().starts_with("# HELP tokengauge_"));
}
