//! The end of `watch`: what is on its way is saved.

use rustix::process::Signal;

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
