//! An outage with many connections: the platform is overloaded (503), then wants a pause of a minute (429 with
//! `Retry-After`), then cannot be reached; and works again. Counted is what it is asked meanwhile.
//!
//! 40 connections and a clock that runs 120 times as fast; `TOKENGAUGE_WATCH=full` makes that 200 connections in real time,
//! some twenty minutes of it: `TOKENGAUGE_WATCH=full cargo test --release --test watch outage -- --nocapture`.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tokengauge::domain::RenewalOutcome;
use tokengauge::runtime::clock::Clock;
use tokengauge::vault::Vault;

use super::fleet::fleet;
use super::platform::{Mode, Platform};
use super::running::Running;

/// How much is asked of it.
struct Size {
    connections: usize,
    /// How much faster the clock runs.
    speed: u32,
    /// How long each phase lasts, and a token lives, by that clock.
    phase: TimeDelta,
    /// How many ask between the end of a pause and the next one, at most: a fast clock wakes nobody more often than people
    /// see, and by then all that may be in the air begin.
    a_pause: u64,
}

fn size() -> Size {
    if std::env::var("TOKENGAUGE_WATCH").is_ok_and(|size| size == "full") {
        Size { connections: 200, speed: 1, phase: TimeDelta::minutes(4), a_pause: 2 }
    } else {
        Size { connections: 40, speed: 120, phase: TimeDelta::minutes(10), a_pause: 8 }
    }
}

/// What was asked in a phase.
struct Phase {
    what: &'static str,
    /// That arrived at the platform.
    arrived: u64,
    /// That the records tell of.
    tried: usize,
}

#[test]
fn an_outage_is_met_with_few_requests_and_everything_renews_after_it() {
    let Size { connections, speed, phase: length, a_pause } = size();
    let clock = Clock::running_at(speed);
    let mut platform = Platform::new(length, clock);
    let (_home, vault) = fleet(&platform, connections, length, clock.now());
    let running = Running::start(&vault, clock);
    wait(&platform, || platform.counts().renewed.iter().all(|times| *times > 0), "the first round");

    let mut phases = Vec::new();
    platform.counts().mode = Mode::Refusing(503, None);
    phases.push(phase("503", &platform, &vault, clock, length));
    platform.counts().mode = Mode::Refusing(429, Some(60));
    phases.push(phase("429, Retry-After 60", &platform, &vault, clock, length));
    platform.cut();
    phases.push(phase("cut network", &platform, &vault, clock, length));
    platform.counts().mode = Mode::Working;
    platform.counts().most_in_the_air = 0;
    let before = platform.counts().renewed.clone();
    let mended_at = clock.now();
    platform.mend();
    wait(&platform, || platform.all_valid(), "the recovery");
    let recovery = clock.now() - mended_at;
    running.stop();

    let counts = platform.counts();
    let again: u32 = counts.renewed.iter().zip(&before).map(|(after, before)| after - before).sum();
    println!("{connections} connections, {} min a phase, clock {speed} times as fast", length.num_minutes());
    println!("{:<22}{:>10}{:>10}", "", "arrived", "tried");
    for Phase { what, arrived, tried } in &phases {
        println!("{what:<22}{arrived:>10}{tried:>10}");
    }
    println!(
        "{:<22}{again:>10}{:>10}   (after {} s all are valid)",
        "working again",
        "",
        recovery.num_seconds()
    );
    println!("most at once after it {:>11}", counts.most_in_the_air);

    let [overloaded, paused, unreachable] = &phases[..] else { panic!("three phases") };
    let all = u64::try_from(connections).unwrap();
    // Each comes due once, and is tried again after 30 s, 60 s, 120 s, 240 s …: five times in ten minutes.
    assert!(overloaded.arrived >= all / 2 && overloaded.arrived <= all * 6, "{}", overloaded.arrived);
    // Few ask after each pause of a minute, and those that were on their way when the first one came.
    let minutes = u64::try_from(length.num_minutes()).unwrap();
    assert!(paused.arrived >= 1 && paused.arrived <= 8 + minutes * a_pause, "{}", paused.arrived);
    assert_eq!(unreachable.arrived, 0);
    assert!(
        unreachable.tried >= 1 && unreachable.tried <= usize::try_from(all * 6).unwrap(),
        "{}",
        unreachable.tried
    );
    // Once, and once more within each four fifths of a life.
    let rounds = 2 + (recovery.num_seconds() / (length * 4 / 5).num_seconds()).unsigned_abs();
    assert!(u64::from(again) <= all * rounds, "{again} renewals for {all} connections");
    assert!(counts.most_in_the_air <= 8, "{} at once", counts.most_in_the_air);
}

/// Lets a phase pass, and counts.
fn phase(what: &'static str, platform: &Platform, vault: &Vault, clock: Clock, length: TimeDelta) -> Phase {
    let (before, begun) = (platform.counts().requests, clock.now());
    let end = begun + length;
    while clock.now() < end {
        // What arrives wakes early; where nothing does, the time passes.
        let _ = platform.answered.recv_timeout(clock.until(end));
    }
    let arrived = platform.counts().requests - before;
    Phase { what, arrived, tried: tried(vault, begun, clock.now()) }
}

/// How many token requests the records tell of that brought nothing between two moments.
fn tried(vault: &Vault, from: DateTime<Utc>, to: DateTime<Utc>) -> usize {
    let connections = vault.listing().unwrap().connections;
    let renewals = connections.iter().flat_map(|own| &own.renewals);
    renewals
        .filter(|own| own.at >= from && own.at < to && matches!(own.outcome, RenewalOutcome::WillRetry(_)))
        .count()
}

/// Longer than the longest wait between two tries, in real time.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// Waits for what comes with an answer of the platform.
#[track_caller]
fn wait(platform: &Platform, mut happened: impl FnMut() -> bool, what: &str) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < PATIENCE, "{what} never ends");
        let _ = platform.answered.recv_timeout(Duration::from_secs(10));
    }
}
