//! A wall clock that is set while `watch` runs.

use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::TimeDelta;
use tokengauge::runtime::clock::Clock;

use super::fleet::fleet;
use super::platform::Platform;
use super::running::Running;
use super::service::Manager;

const CONNECTIONS: usize = 3;
const LIFE: TimeDelta = TimeDelta::seconds(10);

/// How the test that runs in a process of its own is told apart from the one that started it.
const INSIDE: &str = "TOKENGAUGE_TEST_INSIDE";

#[test]
fn after_the_clock_was_set_it_goes_by_the_new_one() {
    watch_while_the_clock_is_set();
}

#[test]
fn the_manager_hears_once_that_it_is_up_also_where_the_clock_was_set() {
    if std::env::var_os(INSIDE).is_some() {
        return watch_while_the_clock_is_set();
    }
    let manager = Manager::new();
    let own_name = "clock::the_manager_hears_once_that_it_is_up_also_where_the_clock_was_set";
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", own_name]).env(INSIDE, "1").env("NOTIFY_SOCKET", manager.address());
    let mut running =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut told = Vec::new();
    while !told.contains(&"STOPPING=1".to_owned()) {
        told.extend(manager.told());
    }
    assert!(running.wait().unwrap().success());
    let count = |line: &str| told.iter().filter(|own| *own == line).count();
    assert_eq!((count("READY=1"), count("STOPPING=1")), (1, 1), "{told:?}");
}

/// It is begun by a clock that was wrong, and goes on by the right one.
fn watch_while_the_clock_is_set() {
    let clock = Clock::system();
    let platform = Platform::new(LIFE, clock);
    let (_home, vault) = fleet(&platform, CONNECTIONS, LIFE, clock.now());
    let before = Clock::from_before_it_was_set(TimeDelta::hours(3));
    let running = Running::start(&vault, before);
    while platform.counts().renewed.contains(&0) {
        platform.answered.recv_timeout(Duration::from_secs(60)).expect("it renews");
    }
    running.stop();
    let connections = vault.listing().unwrap().connections;
    assert_eq!(connections.len(), CONNECTIONS);
    for own in connections {
        let at = own.renewals.last().unwrap().at;
        assert!((clock.now() - at).abs() < TimeDelta::hours(1), "{}: {at}", own.name);
    }
    assert_eq!(platform.counts().early, 0, "what is valid by the new clock waits");
}
