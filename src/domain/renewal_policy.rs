//! What a connection renews by itself, and how long before the end: what the person decided, and the moments that follow.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use super::need::RenewalPlan;
use super::schedule::Turn;
use super::{Certainty, CountsFrom, Lifetime, Overview, TroubleKind, Wait};

/// What is renewed without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RenewalPolicy {
    /// Access tokens, before they end.
    #[default]
    Automatic,
    /// Nothing but the refresh token, which is used well before disuse would end it.
    KeepAlive,
    /// Nothing: it renews when it is asked to.
    Manual,
}

impl RenewalPolicy {
    /// All of them, in the order offered.
    pub const ALL: [Self; 3] = [Self::Automatic, Self::KeepAlive, Self::Manual];

    /// The word for it, in records and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::KeepAlive => "keep-alive",
            Self::Manual => "manual",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == text)
    }
}

/// How long before its end an access token is renewed: 10 seconds to a day, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RenewBefore(i64);

impl RenewBefore {
    /// What is read, for whoever typed something else.
    pub const EXPECTED: &str = "a number with s, m, h or d, between 10s and 1d, such as 90s, 15m or 2h";

    const SHORTEST: i64 = 10;
    const LONGEST: i64 = 86_400;

    /// A margin of so many seconds.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        (Self::SHORTEST..=Self::LONGEST).contains(&seconds).then_some(Self(seconds))
    }

    /// Reads a number with its unit: `90s`, `15m`, `2h`, `1d`; without one it is minutes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = match text[digits.len()..].trim() {
            "s" | "sec" => 1,
            "" | "m" | "min" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let number: i64 = is_number.then(|| digits.parse().ok()).flatten()?;
        Self::from_seconds(number.checked_mul(unit)?)
    }

    /// How long.
    pub fn span(self) -> TimeDelta {
        TimeDelta::seconds(self.0)
    }

    /// True if a token of this life is renewed later than so long before its end: a fifth of the life is left to it.
    pub fn is_cut_by(self, life: TimeDelta) -> bool {
        self.span() > longest_margin(life)
    }
}

impl fmt::Display for RenewBefore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            seconds if seconds % 3_600 == 0 => write!(f, "{}h", seconds / 3_600),
            seconds if seconds % 60 == 0 => write!(f, "{}m", seconds / 60),
            seconds => write!(f, "{seconds}s"),
        }
    }
}

/// How long before its end a token of this life is renewed at the earliest.
fn longest_margin(life: TimeDelta) -> TimeDelta {
    life * 4 / 5
}

/// What the person decided about renewing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RenewalRule {
    /// What renews by itself.
    pub policy: RenewalPolicy,
    /// How long before its end an access token is renewed; the usual margin without it.
    pub before: Option<RenewBefore>,
}

impl RenewalRule {
    /// How long before the end of a life it is renewed: the person's own margin, four fifths of the life at most, else the
    /// usual one.
    pub fn margin(self, lifetime: &Lifetime) -> TimeDelta {
        self.before.map_or_else(
            || lifetime.renewal_margin(),
            |before| before.span().min(longest_margin(lifetime.span())),
        )
    }

    /// When a life is to be renewed.
    pub fn due_at(self, lifetime: &Lifetime) -> DateTime<Utc> {
        lifetime.expires_at - self.margin(lifetime)
    }
}

/// A refresh token that is not used otherwise is used when so much of its life is over: a month is left of the usual 90 days.
const EXERCISED_AFTER: (i32, i32) = (2, 3);
/// Nobody begins earlier than the margin says, and this part of it later at most.
const JITTER: i32 = 10;

impl Overview {
    /// Whose turn it is when: the one answer of the dashboard, of `watch` and of `refresh --due`. `None` if it does not renew
    /// by itself.
    pub fn turn(&self, now: DateTime<Utc>) -> Option<Turn> {
        // Asked of the moment at which the set came: a lapse that was only estimated or typed costs one request, whose
        // refusal tells for certain.
        let at = match (self.renewal_plan(now), self.planned_at(now)) {
            (RenewalPlan::Due(_), Some(at)) => {
                let at = at.checked_add_signed(self.jitter()).unwrap_or(at);
                if self.is_of_unknown_age(now) { at.min(now) } else { at }
            }
            (RenewalPlan::Retrying { at, .. }, Some(_)) => self.retries_at(at, now),
            _ => return None,
        };
        let held = if self.is_automatic() { self.access_lifetime() } else { self.refresh_lifetime() };
        let lapses_at = held.map_or(DateTime::UNIX_EPOCH, |lifetime| lifetime.expires_at);
        Some(Turn { at, lapses_at })
    }

    /// When it tries again by itself after a failure whose wait ends at `wait_ends_at`. A person may ask before anything
    /// is due: what failed then is not due any sooner.
    pub(super) fn retries_at(&self, wait_ends_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        let is_due_anyway = self.is_of_unknown_age(now);
        let planned = self.planned_at(now).filter(|_| !is_due_anyway);
        planned.map_or(wait_ends_at, |at| at.max(wait_ends_at))
    }

    /// When it is due by the person's policy, whatever failed. What is of unknown age has the moment that its own clock says.
    fn planned_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.plan_without_trouble(self.renewed_at().unwrap_or(now)) {
            RenewalPlan::Due(at) => Some(at),
            _ => None,
        }
    }

    /// True if a clock ahead of this one has issued what it renews.
    fn is_of_unknown_age(&self, now: DateTime<Utc>) -> bool {
        let due_at_once = RenewalPlan::Due(DateTime::UNIX_EPOCH);
        self.is_automatic() && self.tokens.is_some() && self.plan_without_trouble(now) == due_at_once
    }

    /// Many that were renewed together drift apart: by the id and the number of the set, so that it is the same whenever it is
    /// asked.
    fn jitter(&self) -> TimeDelta {
        let longest = match (self.settings.renewal.policy, self.access_lifetime(), self.refresh_lifetime()) {
            (RenewalPolicy::KeepAlive, _, Some(refresh)) => unexercised(&refresh) / JITTER,
            (_, Some(access), _) => self.settings.renewal.margin(&access) / JITTER,
            _ => TimeDelta::zero(),
        };
        let part = i64::from(draw(self.id.as_str(), self.generation));
        let milliseconds = i128::from(longest.num_milliseconds()) * i128::from(part) / i128::from(u16::MAX);
        i64::try_from(milliseconds).map_or(TimeDelta::zero(), TimeDelta::milliseconds)
    }

    /// When the refresh token is used so that disuse does not end it. `None` without one, and where using it prolongs nothing:
    /// a limit that counts from the sign-in comes first.
    pub fn exercise_due_at(&self) -> Option<DateTime<Utc>> {
        let refresh = self.tokens.as_ref()?.refresh.as_ref()?;
        let own = &refresh.lifetime;
        let exercised = match refresh.counts_from {
            CountsFrom::LastUse => own.expires_at - unexercised(own),
            CountsFrom::SignIn => {
                let idle = Lifetime::estimated_refresh(self.renewed_at()?);
                idle.expires_at - unexercised(&idle)
            }
        };
        (exercised < own.expires_at).then_some(exercised)
    }

    /// When one of its access tokens is to be renewed.
    pub fn renewal_due_at(&self, lifetime: &Lifetime) -> DateTime<Utc> {
        self.settings.renewal.due_at(lifetime)
    }

    /// Since when its access token is over and nothing renews it, by the person's own decision: whoever asks for it brings
    /// it back. `None` too where there is nothing to renew it with.
    pub fn waits_to_be_asked_since(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let is_left = !self.is_automatic() && self.can_renew();
        let access = self.access_lifetime().filter(|access| is_left && access.is_expired_at(now))?;
        Some(access.expires_at)
    }

    /// True if the tenant's limit, as it was learned, ends the refresh token first and does not grow by renewing.
    pub fn is_limited_from_sign_in(&self) -> bool {
        let refresh = self.tokens.as_ref().and_then(|tokens| tokens.refresh.as_ref());
        refresh.is_some_and(|own| {
            own.counts_from == CountsFrom::SignIn && own.lifetime.certainty == Certainty::Learned
        })
    }

    /// When the pause ends that the server asked for at the last request.
    pub fn told_pause(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let trouble = self.trouble.as_ref()?;
        match trouble.kind {
            TroubleKind::TryLater { wait: Wait::Told, .. } => trouble.waits_until(now),
            _ => None,
        }
    }

    /// True if its access tokens are renewed by themselves.
    pub fn is_automatic(&self) -> bool {
        self.settings.renewal.policy == RenewalPolicy::Automatic
    }
}

/// What is left of a refresh token's life when it is used so that it does not lapse.
fn unexercised(lifetime: &Lifetime) -> TimeDelta {
    let (over, of) = EXERCISED_AFTER;
    lifetime.span() * (of - over) / of
}

/// A number that looks drawn and is always the same for the same set of values (FNV-1a, folded).
fn draw(id: &str, generation: u64) -> u16 {
    let bytes = id.bytes().chain(generation.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let folded = hash ^ (hash >> 32);
    ((folded ^ (folded >> 16)) & 0xffff) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Certainty;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_margin_is_a_number_with_a_unit() {
        let read = |text: &str| RenewBefore::parse(text).map(|margin| margin.to_string());
        let good = ["90s", "15m", " 15 min ", "2h", "20", "3600s", "86400s", "1d"].map(read);
        assert_eq!(good.map(Option::unwrap), ["90s", "15m", "15m", "2h", "20m", "1h", "24h", "24h"]);
        for bad in [
            "",
            "m",
            "9s",
            "25h",
            "-5m",
            "1.5h",
            "2d",
            "5m5",
            "99999999999999999999h",
            "9223372036854775807h",
        ] {
            assert_eq!(RenewBefore::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_a_margin_is_printed_as_is_read_again() {
        for seconds in [10, 59, 60, 61, 3_599, 3_600, 5_400, 86_400] {
            let margin = RenewBefore::from_seconds(seconds).unwrap();
            assert_eq!(RenewBefore::parse(&margin.to_string()), Some(margin));
        }
    }

    #[test]
    fn a_margin_of_ones_own_leaves_a_fifth_of_a_short_life() {
        let rule = RenewalRule { before: RenewBefore::parse("15m"), ..RenewalRule::default() };
        let life = |seconds| Lifetime::from_seconds(at(0), seconds, Certainty::Known);
        assert_eq!(rule.due_at(&life(3_600)), at(2_700));
        assert_eq!(rule.due_at(&life(600)), at(120));
        assert_eq!(RenewalRule::default().due_at(&life(3_600)), at(3_000));
    }

    #[test]
    fn every_set_draws_its_own_delay_and_always_the_same() {
        let drawn: std::collections::BTreeSet<u16> =
            (0..1_000).map(|number| draw(&format!("c0ffee{number:05}"), 7)).collect();
        assert!(drawn.len() > 980, "{}", drawn.len());
        let (low, high) =
            (drawn.iter().filter(|own| **own < 0x4000), drawn.iter().filter(|own| **own >= 0xc000));
        assert!(low.count() > 180 && high.count() > 180, "spread over the whole range");
        assert_eq!(draw("c0ffee00001", 7), draw("c0ffee00001", 7));
        assert_ne!(draw("c0ffee00001", 7), draw("c0ffee00001", 8));
    }
}
