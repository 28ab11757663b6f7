//! Lifetimes: how much is left of what, at a given moment.

use chrono::{DateTime, TimeDelta, Utc};

/// One of the three things that lapse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Clock {
    /// Known to the second: `expires_in` counted from when the request was sent.
    AccessToken,
    /// Counted from the last successful renewal, mostly an estimate.
    RefreshToken,
    /// Secret or certificate: to the date that the person entered, or that the certificate tells.
    ClientCredential,
}

/// How far the end of a lifetime can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// Told by the platform or by the person.
    Known,
    /// The documented default, not told by anybody for this token.
    Estimated,
    /// Told by the platform in an earlier refusal.
    Learned,
}

impl Certainty {
    /// The label beside the gauge.
    pub fn label(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Estimated => "est",
            Self::Learned => "learned",
        }
    }
}

/// How near the end is; every stage has a word and a shape of its own on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Plenty left.
    Fresh,
    /// Past the first threshold: worth knowing.
    Ageing,
    /// Worth acting on.
    Expiring,
    /// Over.
    Expired,
}

impl Stage {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Ageing => "ageing",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
        }
    }
}

/// A span of time with a beginning, in which something is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// When it began; for an access token when the request was *sent*, which errs on the safe side.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// How far `expires_at` can be trusted.
    pub certainty: Certainty,
}

/// 90 days without use end a refresh token of a web or native client (Microsoft identity platform).
pub const REFRESH_TOKEN_IDLE_DAYS: i64 = 90;

/// A lifetime that begins later than this after now was written by a clock that was ahead: two machines that share a vault
/// may differ by less.
pub(super) const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(5);

/// The longest lifetime that is believed; a longer one is cut to it, so that no sum overflows.
const LONGEST: TimeDelta = TimeDelta::days(36_525);

impl Lifetime {
    /// `seconds` from `starts_at`; negative counts as nothing, more than a century as a century.
    pub fn from_seconds(starts_at: DateTime<Utc>, seconds: i64, certainty: Certainty) -> Self {
        let span = TimeDelta::try_seconds(seconds.max(0)).unwrap_or(LONGEST).min(LONGEST);
        let expires_at = starts_at.checked_add_signed(span).unwrap_or(DateTime::<Utc>::MAX_UTC);
        Self { starts_at, expires_at, certainty }
    }

    /// The estimate for a refresh token last used at `used_at`.
    pub fn estimated_refresh(used_at: DateTime<Utc>) -> Self {
        Self::from_seconds(used_at, REFRESH_TOKEN_IDLE_DAYS * 86_400, Certainty::Estimated)
    }

    /// The whole span.
    pub fn span(&self) -> TimeDelta {
        (self.expires_at - self.starts_at).max(TimeDelta::zero())
    }

    /// What is left, never negative and never more than the whole span (a clock set back gives no extra life).
    pub fn remaining(&self, now: DateTime<Utc>) -> TimeDelta {
        (self.expires_at - now).clamp(TimeDelta::zero(), self.span())
    }

    /// What is left as a part of the whole, 0 to 1.
    pub fn fraction_left(&self, now: DateTime<Utc>) -> f64 {
        let span = self.span().num_milliseconds();
        if span == 0 { 0.0 } else { self.remaining(now).num_milliseconds() as f64 / span as f64 }
    }

    /// True if it begins in the future: it was written by another clock than the present one, and its age is unknown.
    pub fn is_of_another_clock(&self, now: DateTime<Utc>) -> bool {
        self.starts_at > now.checked_add_signed(CLOCKS_DIFFER).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// True from the moment of the end on.
    pub fn is_expired_at(&self, now: DateTime<Utc>) -> bool {
        now >= self.expires_at
    }

    /// When it is to be renewed: the smaller of ten minutes and a fifth of the life before the end.
    pub fn renewal_due_at(&self) -> DateTime<Utc> {
        self.expires_at - self.renewal_margin()
    }

    /// The smaller of ten minutes and a fifth of the life.
    pub fn renewal_margin(&self) -> TimeDelta {
        (self.span() / 5).min(TimeDelta::minutes(10))
    }

    /// How near the end is, by the thresholds of the clock it belongs to. An access token of unknown age counts as over.
    pub fn stage(&self, clock: Clock, now: DateTime<Utc>) -> Stage {
        let is_unknown = clock == Clock::AccessToken && self.is_of_another_clock(now);
        if is_unknown || self.is_expired_at(now) {
            return Stage::Expired;
        }
        let remaining = self.remaining(now);
        let (ageing, expiring) = self.thresholds(clock);
        match () {
            () if remaining <= expiring => Stage::Expiring,
            () if remaining <= ageing => Stage::Ageing,
            () => Stage::Fresh,
        }
    }

    /// The moments at which its stage may become another.
    pub fn stage_changes(&self, clock: Clock) -> [DateTime<Utc>; 4] {
        let (ageing, expiring) = self.thresholds(clock);
        let known_from = self.starts_at.checked_sub_signed(CLOCKS_DIFFER).unwrap_or(self.starts_at);
        [known_from, self.expires_at - ageing, self.expires_at - expiring, self.expires_at]
    }

    fn thresholds(&self, clock: Clock) -> (TimeDelta, TimeDelta) {
        let span = self.span();
        match clock {
            Clock::AccessToken => (span / 2, self.renewal_margin()),
            Clock::RefreshToken => (TimeDelta::days(30).min(span / 2), TimeDelta::days(14).min(span / 5)),
            // A replacement needs people in two organizations: a month is short.
            Clock::ClientCredential => (TimeDelta::days(60), TimeDelta::days(30)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Stage::{Ageing, Expired, Expiring, Fresh};
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn hour() -> Lifetime {
        Lifetime::from_seconds(at(0), 3600, Certainty::Known)
    }

    #[test]
    fn access_token_passes_through_every_stage() {
        let stages =
            [0, 1799, 1800, 2999, 3000, 3599, 3600, 9999].map(|s| hour().stage(Clock::AccessToken, at(s)));
        assert_eq!(stages, [Fresh, Fresh, Ageing, Ageing, Expiring, Expiring, Expired, Expired]);
    }

    #[test]
    fn refresh_token_is_expiring_in_its_last_fortnight() {
        let lifetime = Lifetime::estimated_refresh(at(0));
        let stage = |days: i64| lifetime.stage(Clock::RefreshToken, at(days * 86_400));
        assert_eq!(
            [stage(59), stage(60), stage(75), stage(76), stage(90)],
            [Fresh, Ageing, Ageing, Expiring, Expired]
        );
    }

    #[test]
    fn clock_set_back_gives_no_extra_life() {
        assert_eq!(hour().remaining(at(-100_000)), TimeDelta::hours(1));
        assert!((hour().fraction_left(at(-100_000)) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn an_access_token_of_a_later_clock_has_no_known_age() {
        assert_eq!(hour().stage(Clock::AccessToken, at(-300)), Fresh, "clocks differ a little");
        assert_eq!(hour().stage(Clock::AccessToken, at(-301)), Expired);
        assert_eq!(Lifetime::estimated_refresh(at(0)).stage(Clock::RefreshToken, at(-301)), Fresh);
    }

    #[test]
    fn margin_is_a_fifth_of_a_short_life_and_ten_minutes_of_a_long_one() {
        assert_eq!(
            Lifetime::from_seconds(at(0), 60, Certainty::Known).renewal_margin(),
            TimeDelta::seconds(12)
        );
        assert_eq!(
            Lifetime::from_seconds(at(0), 86_400, Certainty::Known).renewal_margin(),
            TimeDelta::minutes(10)
        );
    }

    #[test]
    fn absurd_lifetimes_neither_panic_nor_overflow() {
        for seconds in [i64::MIN, -1, 0, i64::MAX] {
            let lifetime = Lifetime::from_seconds(at(0), seconds, Certainty::Known);
            let _ = (
                lifetime.fraction_left(at(1)),
                lifetime.stage(Clock::AccessToken, at(1)),
                lifetime.renewal_due_at(),
            );
        }
    }
}
