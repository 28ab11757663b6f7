//! The JSON of a limit that a refusal has taught.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::domain::{CountsFrom, RefreshLimit};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RefreshLimitRecord {
    seconds: i64,
    counts_from: CountsWord,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CountsWord {
    LastUse,
    /// Also what a word that is not known here comes to: the end that comes first.
    #[default]
    #[serde(other)]
    SignIn,
}

impl From<RefreshLimit> for RefreshLimitRecord {
    fn from(limit: RefreshLimit) -> Self {
        let counts_from = match limit.counts_from() {
            CountsFrom::SignIn => CountsWord::SignIn,
            CountsFrom::LastUse => CountsWord::LastUse,
        };
        Self { seconds: limit.span().num_seconds(), counts_from }
    }
}

impl RefreshLimitRecord {
    /// `None` for a limit that makes no sense: it is learned again.
    pub(super) fn into_limit(self) -> Option<RefreshLimit> {
        let counts_from = match self.counts_from {
            CountsWord::SignIn => CountsFrom::SignIn,
            CountsWord::LastUse => CountsFrom::LastUse,
        };
        RefreshLimit::new(TimeDelta::try_seconds(self.seconds)?, counts_from)
    }
}
