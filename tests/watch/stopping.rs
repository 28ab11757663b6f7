//! The end of `watch`: what is on its way is saved.

use std::process::Command;

use rustix::process::Signal;

use super::home::binary;
use super::protocol::for_itself;
use super::service::Service;
use super::slow::Slow;
use super::tenant::{CLIENT_ID, NAME, SECRET};

/// A platform that holds back its answers, and a connection that asks for its own token.
fn slow() -> Slow {
    let slow = Slow::new();
    slow.home.run(&["remove", NAME, "--yes"]).is(0);
    let url = slow.url();
    let arguments = ["add", NAME, "--client-id", CLIENT_ID, "--tenant", "contoso.example", "--secret-stdin"];
    let options = ["--authority-url", &url, "--grant", "client-credentials"];
    let arguments: Vec<&str> = arguments.into_iter().chain(options).collect();
    slow.home.with_stdin(&arguments, SECRET).is(0);
    slow
}

#[test]
fn a_token_that_comes_after_the_signal_is_saved_and_the_next_watch_goes_on() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let slow = slow();
        let mut service = Service::start(&slow.home);
        let held = slow.held();
        service.signal(signal);
        service.until("stopping (");
        held.answer(5);
        let (status, log) = service.end();
        assert_eq!(status.code(), Some(0), "{signal:?}: {log:?}");
        assert!(log.iter().any(|line| line.contains("contoso: token issued")), "{log:?}");
        assert!(slow.home.run(&["token", NAME]).is(0).out.starts_with("access-5-"));
        let mut next = Service::start(&slow.home);
        let line = next.until("watching ");
        assert!(line.contains("1 connection, next renewal "), "{line}");
        next.stop();
    }
}

#[test]
fn a_hang_up_that_was_ignored_from_the_start_stays_so() {
    let tenant = for_itself("");
    let mut command = Command::new("/bin/sh");
    command.env_clear().env("HOME", tenant.home.path("")).env("TZ", "UTC").current_dir(tenant.home.path(""));
    // As nohup does it.
    command.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(binary());
    command.arg("--vault").arg(tenant.home.vault()).arg("--key-file").arg(tenant.home.key()).arg("watch");
    let mut service = Service::spawn(&mut command);
    service.until("contoso: token issued, ");
    service.signal(Signal::HUP);
    tenant.run(&["refresh", NAME]).is(0);
    service.until("contoso: token issued by another program, ");
    let log = service.stop();
    assert!(!log.iter().any(|line| line.contains("SIGHUP")), "{log:?}");
}
