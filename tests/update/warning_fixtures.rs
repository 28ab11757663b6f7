//! What stands of warnings at a moment, and connections that are warned of.

use tokengauge::domain::warning::{Standing, Warning, WarningRules};
use tokengauge::domain::{Overview, Renewal, RenewalKind, RenewalOutcome, TroubleKind, Wait};

use super::fixtures::*;

pub type Moment = chrono::DateTime<chrono::Utc>;

pub fn standing_of(all: &[Overview], now: Moment, rules: WarningRules) -> Standing {
    let mut standing = Standing::new(rules, Moment::UNIX_EPOCH);
    standing.take_all(all, now);
    standing
}

pub fn stand(all: &[Overview], now: Moment) -> Vec<Warning> {
    standing_of(all, now, WarningRules::default()).warnings()
}

pub fn with_secret(left: chrono::TimeDelta) -> Overview {
    with(healthy("contoso"), |own| own.credential = secret(Some(left)))
}

pub fn throttled(name: &str, since: Moment) -> Overview {
    let retry = TroubleKind::TryLater { retry_at: start() + minutes(2), attempt: 3, wait: Wait::Told };
    let mut own = troubled(name, retry);
    let line = RenewalOutcome::WillRetry("429".into());
    own.renewals.insert(1, Renewal { at: since, kind: RenewalKind::Refresh, outcome: line });
    own
}
