//! The JSON of what has been: renewals. An entry of a kind that is not known here is passed over.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::json::{Text, string};
use crate::domain::{Renewal, RenewalKind, RenewalOutcome};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RenewalRecord<'a> {
    at: DateTime<Utc>,
    kind: KindWord,
    outcome: OutcomeWord,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    line: Option<Text<'a>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindWord {
    SignIn,
    Refresh,
    ClientCredentials,
    #[default]
    #[serde(other)]
    Unknown,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeWord {
    Worked,
    WillRetry,
    Failed,
    #[default]
    #[serde(other)]
    Unknown,
}

impl<'a> From<&'a Renewal> for RenewalRecord<'a> {
    fn from(renewal: &'a Renewal) -> Self {
        let kind = match renewal.kind {
            RenewalKind::SignIn => KindWord::SignIn,
            RenewalKind::Refresh => KindWord::Refresh,
            RenewalKind::ClientCredentials => KindWord::ClientCredentials,
        };
        let outcome = match renewal.outcome {
            RenewalOutcome::Worked | RenewalOutcome::WorkedOddly(_) => OutcomeWord::Worked,
            RenewalOutcome::WillRetry(_) => OutcomeWord::WillRetry,
            RenewalOutcome::Failed(_) => OutcomeWord::Failed,
        };
        Self { at: renewal.at, kind, outcome, line: renewal.outcome.line().map(Text::of) }
    }
}

impl RenewalRecord<'_> {
    pub(super) fn into_renewal(self) -> Option<Renewal> {
        let kind = match self.kind {
            KindWord::SignIn => RenewalKind::SignIn,
            KindWord::Refresh => RenewalKind::Refresh,
            KindWord::ClientCredentials => RenewalKind::ClientCredentials,
            KindWord::Unknown => return None,
        };
        let line = string(self.line).unwrap_or_default();
        let outcome = match self.outcome {
            OutcomeWord::Worked if line.is_empty() => RenewalOutcome::Worked,
            OutcomeWord::Worked => RenewalOutcome::WorkedOddly(line),
            OutcomeWord::WillRetry => RenewalOutcome::WillRetry(line),
            OutcomeWord::Failed => RenewalOutcome::Failed(line),
            OutcomeWord::Unknown => return None,
        };
        Some(Renewal { at: self.at, kind, outcome })
    }
}
