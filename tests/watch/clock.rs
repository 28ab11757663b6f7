//! A wall clock that is set while `watch` runs.

use std::time::Duration;

use chrono::TimeDelta;
use tokengauge::runtime::clock::Clock;

use super::fleet::fleet;
use super::platform::Platform;
use super::running::Running;

const CONNECTIONS: usize = 3;
const LIFE: TimeDelta = TimeDelta::seconds(10);

#[test]
fn after_the_clock_was_set_it_goes_by_the_new_one() {
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
