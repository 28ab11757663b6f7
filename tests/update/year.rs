//! A whole year of 200 connections, jumped through from moment to moment, with a machine that sleeps, a network that fails,
//! authorities that throttle, administrators who revoke, and tenants with short limits. `world.rs` watches every request.

use chrono::TimeDelta;
use proptest::prelude::*;
use tokengauge::app::{Effect, GrantStep, RequestId};
use tokengauge::domain::{Certainty, Lifetime, RenewalPolicy, TroubleKind, Wait};

use super::fixtures::*;
use super::world::{Weather, World, earliest};

const YEAR: Weather = Weather {
    connections: 200,
    days: 365,
    sleeps: 40,
    cuts: 15,
    storms: 100,
    revoked: 150,
    sleep_hours: (1, 90),
};

#[test]
fn a_year_of_two_hundred_connections_keeps_every_promise() {
    let mut world = World::new(6, &YEAR);
    world.run();
    let seen = &world.seen;
    // It was no quiet year.
    assert!(seen.worked > 30_000 && seen.most_in_the_air == 8, "{seen:?}");
    assert!(seen.dead > 300 && seen.throttled > 100 && seen.unreachable > 500, "{seen:?}");
    assert!(seen.lapsed_in_trouble > 100, "{seen:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_forty_days_keep_every_promise(
        seed in any::<u64>(),
        connections in 1usize..30,
        sleeps in 0i64..20,
        cuts in 0i64..20,
        storms in 0i64..40,
    ) {
        let weather = Weather { connections, days: 40, sleeps, cuts, storms, revoked: 300, sleep_hours: (1, 30) };
        World::new(seed, &weather).run();
    }
}

#[test]
fn a_calm_year_has_no_lapse_at_all() {
    let calm = Weather {
        connections: 25,
        days: 365,
        sleeps: 0,
        cuts: 0,
        storms: 0,
        revoked: 0,
        sleep_hours: (1, 2),
    };
    let mut world = World::new(1, &calm);
    world.run();
    assert_eq!((world.seen.lapsed_in_trouble, world.seen.unreachable, world.seen.throttled), (0, 0, 0));
}

/// Every promise can be broken: here the watch is shown what a faulty program would do.
mod faults {
    use super::*;

    const QUIET: Weather =
        Weather { connections: 20, days: 30, sleeps: 0, cuts: 0, storms: 0, revoked: 0, sleep_hours: (1, 2) };

    fn world() -> World {
        World::new(1, &QUIET)
    }

    fn request(world: &mut World, name: &str) {
        let own = world.desk.own(name);
        let step = GrantStep::renew(&own);
        world.depart(&Effect::Exchange { request: RequestId(9_000), connection: own.id, step });
    }

    /// Everything is long due.
    fn later(world: &mut World) {
        world.desk.now += days(3);
    }

    #[test]
    #[should_panic(expected = "two requests in the air")]
    fn a_second_request_is_seen() {
        let mut world = world();
        later(&mut world);
        request(&mut world, "t0");
        request(&mut world, "t0");
    }

    #[test]
    #[should_panic(expected = "more than eight requests")]
    fn a_ninth_request_is_seen() {
        let mut world = world();
        later(&mut world);
        for name in ["t0", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "t10"] {
            request(&mut world, name);
        }
    }

    #[test]
    #[should_panic(expected = "asks early")]
    fn a_second_too_early_is_seen() {
        let mut world = world();
        world.desk.now = earliest(&world.desk.own("t0")) - TimeDelta::seconds(1);
        request(&mut world, "t0");
    }

    #[test]
    #[should_panic(expected = "dead credential")]
    fn a_request_with_a_dead_credential_is_seen() {
        let mut world = world();
        later(&mut world);
        let dead = with(world.desk.own("t0"), |own| refuse(own, start(), TroubleKind::SignInNeeded));
        world.desk.app.connections.put(dead);
        request(&mut world, "t0");
    }

    #[test]
    #[should_panic(expected = "by hand only")]
    fn a_request_of_a_manual_one_is_seen() {
        let mut world = world();
        later(&mut world);
        request(&mut world, "t2");
    }

    #[test]
    #[should_panic(expected = "before Retry-After")]
    fn a_request_in_a_pause_is_seen() {
        let mut world = world();
        later(&mut world);
        world.tell_pause(0, TimeDelta::minutes(5));
        request(&mut world, "t0");
    }

    #[test]
    #[should_panic(expected = "asks early")]
    fn a_retry_before_its_moment_is_seen() {
        let mut world = world();
        later(&mut world);
        let retry_at = world.desk.now + TimeDelta::seconds(1);
        let kind = TroubleKind::TryLater { retry_at, attempt: 1, wait: Wait::BackOff };
        let waiting = with(world.desk.own("t0"), |own| refuse(own, start(), kind));
        world.desk.app.connections.put(waiting);
        request(&mut world, "t0");
    }

    #[test]
    #[should_panic(expected = "lapsed at")]
    fn a_token_that_lapsed_in_calm_times_is_seen() {
        let mut world = world();
        let own = world.desk.own("t0");
        world.desk.now = own.access_lifetime().unwrap().expires_at + TimeDelta::seconds(1);
        world.check_gap(&own);
    }

    #[test]
    #[should_panic(expected = "let lapse by disuse")]
    fn ninety_idle_days_are_seen() {
        let mut world = world();
        world.desk.now += days(91);
        request(&mut world, "t0");
    }

    #[test]
    #[should_panic(expected = "not used for 70 days")]
    fn seventy_idle_days_are_seen() {
        let mut world = world();
        let own = with(world.desk.own("t1"), |own| {
            assert_eq!(own.settings.renewal.policy, RenewalPolicy::KeepAlive);
            let used_at = start() - days(70);
            let refresh = own.tokens.as_mut().unwrap().refresh.as_mut().unwrap();
            refresh.lifetime =
                Lifetime { certainty: Certainty::Estimated, ..Lifetime::estimated_refresh(used_at) };
        });
        world.desk.now += TimeDelta::seconds(1);
        world.check_gap(&own);
    }

    #[test]
    #[should_panic(expected = "in ten seconds")]
    fn a_burst_is_seen() {
        let mut world = world();
        later(&mut world);
        for _ in 0..200 {
            world.forget_the_air();
            request(&mut world, "t0");
        }
    }
}
