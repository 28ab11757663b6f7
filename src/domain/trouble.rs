//! What stands in the way of a connection's next renewal.

use chrono::{DateTime, TimeDelta, Utc};

use super::lifetime::CLOCKS_DIFFER;

/// The present trouble of a connection: cleared by the next success. Its texts are printable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// When it arose.
    pub at: DateTime<Utc>,
    /// What kind of act ends it.
    pub kind: TroubleKind,
    /// Who can do that.
    pub who: WhoActs,
    /// First line: what happened.
    pub what_happened: String,
    /// Second line: what to do.
    pub what_to_do: String,
    /// AADSTS number, where the platform gave one.
    pub aadsts: Option<u32>,
    /// For Microsoft's support.
    pub trace_id: Option<String>,
    /// For Microsoft's support and the tenant's sign-in log.
    pub correlation_id: Option<String>,
}

/// Who can end a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhoActs {
    /// The person whose mailbox it is signs in again.
    User,
    /// An administrator of the tenant.
    TenantAdmin,
    /// Whoever owns the app registration, or the settings here.
    AppOwner,
    /// Nobody: it passes.
    Nobody,
}

/// What kind of act ends a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// A person signs in again.
    SignInNeeded,
    /// An administrator of the tenant consents.
    ConsentMissing,
    /// The registration or the settings here are mended.
    SetUpWrong,
    /// A person looks at a record that was put back from a backup, and accepts it or signs in again. Told of a record, never
    /// kept in one.
    Restored,
    /// Nobody: it is tried again by itself.
    TryLater {
        /// Not before this moment.
        retry_at: DateTime<Utc>,
        /// How many tries have failed in a row, from 1.
        attempt: u32,
        /// Whose wait it is.
        wait: Wait,
    },
}

/// Whose wait it is that ends at the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Ours, longer with every failure in a row.
    BackOff,
    /// The server asked for it (`Retry-After`, RFC 9110 §10.2.3): it holds for all that the client asks there.
    Told,
}

/// No wait is longer: neither what a server may ask for nor our own.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

impl Trouble {
    /// Until when nothing is tried, if it passes by itself. One that is longer than any wait can be was written by a clock
    /// that was ahead, and is none.
    pub fn waits_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let latest = now.checked_add_signed(LONGEST_WAIT + CLOCKS_DIFFER).unwrap_or(DateTime::<Utc>::MAX_UTC);
        match self.kind {
            TroubleKind::TryLater { retry_at, .. } => Some(retry_at).filter(|at| *at <= latest),
            _ => None,
        }
    }

    /// True if a request would be refused as the one before, or would come before its time.
    pub fn stands_in_the_way(&self, now: DateTime<Utc>) -> bool {
        match self.kind {
            TroubleKind::TryLater { .. } => self.waits_until(now).is_some_and(|until| until > now),
            _ => true,
        }
    }
}

impl WhoActs {
    /// In a few words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::User => "you",
            Self::TenantAdmin => "an administrator of the tenant",
            Self::AppOwner => "the owner of the app registration",
            Self::Nobody => "nobody: wait",
        }
    }
}

impl TroubleKind {
    /// Who acts where nothing better is known.
    pub fn who_acts(self) -> WhoActs {
        match self {
            Self::SignInNeeded => WhoActs::User,
            Self::ConsentMissing => WhoActs::TenantAdmin,
            Self::SetUpWrong => WhoActs::AppOwner,
            Self::Restored => WhoActs::User,
            Self::TryLater { .. } => WhoActs::Nobody,
        }
    }

    /// Back-off: 30 s doubling, a fifth of jitter either way, at most 15 minutes; `Retry-After` (1 s to 1 h) is obeyed.
    ///
    /// `jitter` is 0 to 1, drawn by the caller.
    pub fn try_later(now: DateTime<Utc>, attempt: u32, retry_after: Option<TimeDelta>, jitter: f64) -> Self {
        let doubled = 30.0 * f64::from(2u32.saturating_pow(attempt.saturating_sub(1).min(5)));
        let seconds = (doubled * (0.8 + 0.4 * jitter.clamp(0.0, 1.0))).min(900.0);
        let own = TimeDelta::milliseconds((seconds * 1000.0) as i64);
        let told = retry_after.map(|told| told.clamp(TimeDelta::seconds(1), LONGEST_WAIT));
        let wait = if told.is_some() { Wait::Told } else { Wait::BackOff };
        Self::TryLater { retry_at: now + told.unwrap_or(own), attempt, wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(attempt: u32, retry_after: Option<i64>, jitter: f64) -> i64 {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        match TroubleKind::try_later(now, attempt, retry_after.map(TimeDelta::seconds), jitter) {
            TroubleKind::TryLater { retry_at, .. } => (retry_at - now).num_seconds(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn back_off_doubles_from_thirty_seconds_to_fifteen_minutes() {
        assert_eq!([1, 2, 3, 4, 5, 6, 60].map(|n| wait(n, None, 0.5)), [30, 60, 120, 240, 480, 900, 900]);
    }

    #[test]
    fn jitter_is_a_fifth_either_way() {
        assert_eq!((wait(1, None, 0.0), wait(1, None, 1.0)), (24, 36));
    }

    #[test]
    fn retry_after_is_obeyed_between_a_second_and_an_hour() {
        assert_eq!([0, 7, 9999].map(|s| wait(3, Some(s), 0.5)), [1, 7, 3600]);
    }
}
