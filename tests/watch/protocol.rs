//! What a service manager is told (sd_notify(3)), and what the log says.

use super::home::Home;
use super::service::{Manager, Service};
use super::tenant::{CLIENT_ID, NAME, SECRET, Tenant};

/// A tenant with a connection that asks for its own tokens, which are due before there is one.
pub fn for_itself(more: &str) -> Tenant {
    let tenant = Tenant::unused(more);
    let url = tenant.url();
    let arguments = ["add", NAME, "--client-id", CLIENT_ID, "--tenant", "contoso.example", "--secret-stdin"];
    let options = ["--authority-url", &url, "--grant", "client-credentials"];
    let arguments: Vec<&str> = arguments.into_iter().chain(options).collect();
    tenant.home.with_stdin(&arguments, SECRET).is(0);
    tenant
}

#[test]
fn the_manager_is_told_of_the_start_the_standing_the_watchdog_and_the_end_in_order() {
    let tenant = for_itself("");
    let manager = Manager::new();
    let mut service = Service::start_under(&tenant.home, &manager, &[("WATCHDOG_USEC", "400000")]);
    let mut told = Vec::new();
    let mut until = |wanted: &dyn Fn(&str) -> bool| loop {
        let lines = manager.told();
        let found = lines.iter().any(|line| wanted(line));
        told.extend(lines);
        if found {
            break;
        }
    };
    until(&|line| line == "READY=1");
    service.until("contoso: token issued, access token until ");
    until(&|line| line.starts_with("STATUS=1 connection, next renewal "));
    until(&|line| line == "WATCHDOG=1");
    until(&|line| line == "WATCHDOG=1");
    service.stop();
    until(&|line| line == "STOPPING=1");
    let at = |wanted: &str| told.iter().position(|line| line.starts_with(wanted)).unwrap();
    assert!(at("READY=1") < at("STATUS=1 connection, next") && at("STATUS=1") < at("STOPPING=1"), "{told:?}");
    assert_eq!(told.iter().filter(|line| *line == "READY=1").count(), 1, "{told:?}");
    assert!(!told.iter().any(|line| line.starts_with("MAINPID")), "{told:?}");
    assert_eq!(tenant.requests(), 1);
}

#[test]
fn a_watchdog_for_another_process_is_left_alone() {
    let home = Home::new();
    let manager = Manager::new();
    let variables = [("WATCHDOG_USEC", "1000"), ("WATCHDOG_PID", "1")];
    let service = Service::start_under(&home, &manager, &variables);
    manager.until(|line| line == "READY=1");
    service.signal(rustix::process::Signal::TERM);
    let mut told = Vec::new();
    while !told.contains(&"STOPPING=1".to_owned()) {
        told.extend(manager.told());
    }
    assert!(!told.contains(&"WATCHDOG=1".to_owned()), "{told:?}");
    assert_eq!(service.end().0.code(), Some(0));
}

#[test]
fn lines_have_the_time_and_no_secret() {
    let tenant = for_itself("");
    let mut service = Service::start(&tenant.home);
    let line = service.until("token issued");
    let (time, text) = line.split_once(' ').unwrap();
    assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{line}");
    assert!(text.starts_with("contoso: token issued, access token until "), "{line}");
    let log = service.stop().join("\n");
    for secret in tenant.secrets() {
        assert!(!log.contains(&secret));
    }
    assert!(
        log.contains("watching ") && log.contains("stopping (SIGTERM)") && log.contains("stopped"),
        "{log}"
    );
}
