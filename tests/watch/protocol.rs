//! What a service manager is told (sd_notify(3)), and what the log says.

use std::os::unix::fs::MetadataExt;

use chrono::TimeDelta;
use tokengauge::runtime::clock::Clock;

use super::fleet::fleet;
use super::home::Home;
use super::platform::Platform;
use super::service::{Manager, PATIENCE, Service};
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

/// What lies unread at a socket is soon more than the kernel keeps: a dozen messages.
#[test]
fn a_manager_that_reads_nothing_does_not_hold_up_the_renewals_and_is_told_once_it_reads() {
    let (clock, life) = (Clock::system(), TimeDelta::seconds(5));
    let platform = Platform::new(life, clock);
    let (home, _vault) = fleet(&platform, 2, life, clock.now());
    let manager = Manager::new();
    manager.fill();
    let mut service = Service::start_under(&home, &manager, &[("WATCHDOG_USEC", "40000")]);
    service.until("watching ");
    for _ in 0..5 {
        platform.answered.recv_timeout(PATIENCE).expect("it goes on renewing");
    }
    let mut told = Vec::new();
    let has = |told: &[String], wanted: &str| told.iter().any(|line| line == wanted);
    while !(has(&told, "READY=1") && has(&told, "WATCHDOG=1")) {
        told.extend(manager.told());
    }
    service.signal(rustix::process::Signal::TERM);
    while !has(&told, "STOPPING=1") {
        told.extend(manager.told());
    }
    assert_eq!(service.end().0.code(), Some(0));
    assert_eq!(told.iter().filter(|line| *line == "READY=1").count(), 1, "{told:?}");
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

#[test]
fn the_journal_gets_priorities_and_no_time() {
    let tenant = for_itself("[[faults]]\nendpoint = \"token\"\nnth = 1\nstatus = 503\n");
    let run = |journal: Option<&std::fs::File>| {
        let mut command = Service::command(&tenant.home);
        command.arg("--key-file").arg(tenant.home.key()).args(["-v", "watch"]);
        if let Some(stream) = journal {
            let own = stream.metadata().unwrap();
            command.env("JOURNAL_STREAM", format!("{}:{}", own.dev(), own.ino()));
        }
        command
    };
    // A stream that the journal does not read.
    let other = std::fs::File::open("/dev/null").unwrap();
    let mut service = Service::spawn(&mut run(Some(&other)));
    service.until("Z contoso: renewing");
    service.until("Z contoso: not renewed, tried again at ");
    service.stop();
    // One that it does: here a file.
    let path = tenant.home.path("journal");
    let journal = std::fs::File::create(&path).unwrap();
    let manager = Manager::new();
    let mut command = run(Some(&journal));
    command.env("NOTIFY_SOCKET", manager.address()).stderr(journal).stdin(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    manager.until(|line| line == "READY=1");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let written = std::fs::read_to_string(path).unwrap();
    assert!(written.lines().all(|line| line.starts_with('<')), "{written}");
    assert!(written.contains("<6>watching ") && written.contains("<6>stopped"), "{written}");
}
