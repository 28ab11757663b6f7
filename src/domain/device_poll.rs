//! When the token endpoint may be asked again during a device sign-in (RFC 8628 §3.5).

use chrono::{DateTime, TimeDelta, Utc};

/// The rhythm of asking. Kept with the attempt, so that whoever goes on with it keeps to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DevicePoll {
    /// The wait between two requests; it only grows.
    pub interval: TimeDelta,
    /// Not before this moment.
    pub next_at: DateTime<Utc>,
}

/// What `slow_down` adds, for good.
const SLOWER_BY: TimeDelta = TimeDelta::seconds(5);
/// No doubling goes beyond this.
const LONGEST_INTERVAL: TimeDelta = TimeDelta::minutes(2);

impl DevicePoll {
    /// The rhythm of a sign-in begun at `now`.
    pub fn begin(now: DateTime<Utc>, interval: TimeDelta) -> Self {
        let interval = interval.max(TimeDelta::seconds(1));
        Self { interval, next_at: now + interval }
    }

    /// The person has not finished yet.
    #[must_use]
    pub fn after_pending(self, now: DateTime<Utc>) -> Self {
        Self::begin(now, self.interval)
    }

    /// The server wants fewer requests: five seconds more from now on, and once as long as it has `told` in `Retry-After`.
    #[must_use]
    pub fn after_slow_down(self, now: DateTime<Utc>, told: Option<TimeDelta>) -> Self {
        let interval = self.interval + SLOWER_BY;
        Self { interval, next_at: now + told_wait(interval, told) }
    }

    /// No answer came: the wait doubles (RFC 8628 §3.5), so that a network in trouble is not loaded more. `told` is what
    /// the server itself asked for.
    #[must_use]
    pub fn after_no_answer(self, now: DateTime<Utc>, told: Option<TimeDelta>) -> Self {
        let doubled = (self.interval * 2).min(LONGEST_INTERVAL).max(self.interval);
        Self { interval: doubled, next_at: now + told_wait(doubled, told) }
    }
}

/// No shorter than the interval, an hour at most.
fn told_wait(interval: TimeDelta, told: Option<TimeDelta>) -> TimeDelta {
    told.map_or(interval, |told| told.min(TimeDelta::hours(1)).max(interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: TimeDelta = TimeDelta::seconds(5);

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn wait(poll: DevicePoll) -> i64 {
        (poll.next_at - now()).num_seconds()
    }

    #[test]
    fn pending_keeps_the_interval() {
        assert_eq!(wait(DevicePoll::begin(now(), INTERVAL).after_pending(now())), 5);
    }

    #[test]
    fn slow_down_adds_five_seconds_for_good() {
        let poll =
            DevicePoll::begin(now(), INTERVAL).after_slow_down(now(), None).after_slow_down(now(), None);
        assert_eq!([wait(poll), wait(poll.after_pending(now()))], [15, 15]);
        let told = poll.after_slow_down(now(), Some(TimeDelta::seconds(60)));
        assert_eq!([wait(told), wait(told.after_pending(now()))], [60, 20]);
    }

    #[test]
    fn a_lost_answer_doubles_the_interval_up_to_two_minutes() {
        let mut poll = DevicePoll::begin(now(), INTERVAL);
        let waits: Vec<i64> = (0..6)
            .map(|_| {
                poll = poll.after_no_answer(now(), None);
                wait(poll)
            })
            .collect();
        assert_eq!(waits, [10, 20, 40, 80, 120, 120]);
    }

    #[test]
    fn retry_after_is_waited_for() {
        let poll = DevicePoll::begin(now(), INTERVAL);
        assert_eq!(wait(poll.after_no_answer(now(), Some(TimeDelta::seconds(60)))), 60);
        assert_eq!(wait(poll.after_no_answer(now(), Some(TimeDelta::seconds(1)))), 10);
    }
}
