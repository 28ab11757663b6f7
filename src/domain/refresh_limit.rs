//! A tenant's own limit on the life of refresh tokens, learned from a refusal that named it.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Certainty, Lifetime};

/// How long refresh tokens really live in a tenant. Nothing tells it before the first refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshLimit {
    span: TimeDelta,
    counts_from: CountsFrom,
}

/// From where a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountsFrom {
    /// From the sign-in: renewing does not lengthen it.
    SignIn,
    /// From the last use: every renewal begins it anew.
    LastUse,
}

/// No policy can be set below some minutes; what is shorter was misread.
const SHORTEST: TimeDelta = TimeDelta::minutes(5);
/// Ten years.
const LONGEST: TimeDelta = TimeDelta::days(3_653);

impl RefreshLimit {
    /// A limit between five minutes and ten years.
    pub fn new(span: TimeDelta, counts_from: CountsFrom) -> Option<Self> {
        (SHORTEST..=LONGEST).contains(&span).then_some(Self { span, counts_from })
    }

    /// How long.
    pub fn span(self) -> TimeDelta {
        self.span
    }

    /// From where.
    pub fn counts_from(self) -> CountsFrom {
        self.counts_from
    }

    /// The life of a refresh token under this limit. The usual idle time ends it too, and may come first.
    pub fn lifetime(self, signed_in_at: DateTime<Utc>, used_at: DateTime<Utc>) -> Lifetime {
        let starts_at = match self.counts_from {
            CountsFrom::SignIn => signed_in_at,
            CountsFrom::LastUse => used_at,
        };
        let learned = Lifetime::from_seconds(starts_at, self.span.num_seconds(), Certainty::Learned);
        let idle = Lifetime::estimated_refresh(used_at);
        let idles_first = self.counts_from == CountsFrom::SignIn && idle.expires_at < learned.expires_at;
        if idles_first { idle } else { learned }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::hours(hours)
    }

    fn limit(hours: i64, counts_from: CountsFrom) -> RefreshLimit {
        RefreshLimit::new(TimeDelta::hours(hours), counts_from).unwrap()
    }

    #[test]
    fn a_limit_from_the_sign_in_does_not_grow_by_renewing() {
        let limit = limit(12, CountsFrom::SignIn);
        assert_eq!(limit.lifetime(at(0), at(3)), limit.lifetime(at(0), at(11)));
        assert_eq!(limit.lifetime(at(0), at(3)).expires_at, at(12));
    }

    #[test]
    fn a_limit_from_the_last_use_begins_anew() {
        let lifetime = limit(48, CountsFrom::LastUse).lifetime(at(0), at(10));
        assert_eq!((lifetime.expires_at, lifetime.certainty), (at(58), Certainty::Learned));
    }

    #[test]
    fn the_usual_idle_time_may_end_a_token_before_a_long_limit() {
        let lifetime = limit(365 * 24, CountsFrom::SignIn).lifetime(at(0), at(1));
        assert_eq!(lifetime, Lifetime::estimated_refresh(at(1)));
    }

    #[test]
    fn absurd_limits_are_not_believed() {
        for seconds in [i64::MIN / 1_000, -1, 0, 299, 400_000_000] {
            assert_eq!(RefreshLimit::new(TimeDelta::seconds(seconds), CountsFrom::SignIn), None, "{seconds}");
        }
    }
}
