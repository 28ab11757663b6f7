//! The rules of warning: of what, how long before, after how long.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::{Stage, WarningKind};
use crate::domain::Lifetime;

/// Of what is warned, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarningRules {
    kinds: BTreeSet<WarningKind>,
    secret_days: Vec<u16>,
    refresh_token_days: Vec<u16>,
    failing: TimeDelta,
}

/// What is wrong with rules: its words tell what is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RulesFault {
    /// No stage, too many, or one of no days or more than ten years.
    #[error("one to twenty whole numbers between 1 and 3650, as in [60, 30, 14, 7, 1]")]
    Days,
    /// Less than a minute or more than a week.
    #[error("a whole number between 1 and 10080")]
    Minutes,
}

impl Default for WarningRules {
    fn default() -> Self {
        Self {
            kinds: WarningKind::ALL.into(),
            secret_days: vec![60, 30, 14, 7, 1],
            refresh_token_days: vec![30, 14, 7, 3, 1],
            failing: TimeDelta::minutes(30),
        }
    }
}

impl WarningRules {
    /// No warnings at all.
    pub fn none() -> Self {
        Self { kinds: BTreeSet::new(), ..Self::default() }
    }

    /// Only these kinds.
    #[must_use]
    pub fn only(self, kinds: impl IntoIterator<Item = WarningKind>) -> Self {
        Self { kinds: kinds.into_iter().collect(), ..self }
    }

    /// With these stages for secrets and certificates, in days.
    ///
    /// # Errors
    ///
    /// [`RulesFault::Days`].
    pub fn with_secret_days(self, days: &[u16]) -> Result<Self, RulesFault> {
        Ok(Self { secret_days: checked(days)?, ..self })
    }

    /// With these stages for refresh tokens, in days.
    ///
    /// # Errors
    ///
    /// [`RulesFault::Days`].
    pub fn with_refresh_token_days(self, days: &[u16]) -> Result<Self, RulesFault> {
        Ok(Self { refresh_token_days: checked(days)?, ..self })
    }

    /// With this time for which renewals may fail without a word.
    ///
    /// # Errors
    ///
    /// [`RulesFault::Minutes`].
    pub fn with_failing_minutes(self, minutes: u32) -> Result<Self, RulesFault> {
        let plausible = (1..=7 * 24 * 60).contains(&minutes);
        let failing = TimeDelta::minutes(minutes.into());
        if plausible { Ok(Self { failing, ..self }) } else { Err(RulesFault::Minutes) }
    }

    /// True if this kind is told.
    pub fn tell(&self, kind: WarningKind) -> bool {
        self.kinds.contains(&kind)
    }

    /// True if anything is told.
    pub fn tell_anything(&self) -> bool {
        !self.kinds.is_empty()
    }

    /// The stages of a secret or certificate, in days before its end.
    pub fn secret_days(&self) -> &[u16] {
        &self.secret_days
    }

    /// The stages of a refresh token, in days before its end.
    pub fn refresh_token_days(&self) -> &[u16] {
        &self.refresh_token_days
    }

    /// How long renewals may fail without a word.
    pub fn failing(&self) -> TimeDelta {
        self.failing
    }

    /// The stages of a secret or certificate. When it was made is not known here, only when it was entered: all count.
    pub(super) fn secret_stages(&self) -> Vec<TimeDelta> {
        self.secret_days.iter().map(|days| TimeDelta::days((*days).into())).collect()
    }

    /// The stages of a refresh token. One that lives shortly is not near its end from the beginning: a stage counts in the
    /// second half of the life, and where none does, the last fifth is one.
    pub(super) fn refresh_token_stages(&self, lifetime: &Lifetime) -> Vec<TimeDelta> {
        let span = lifetime.span();
        let days = self.refresh_token_days.iter().map(|days| TimeDelta::days((*days).into()));
        let stages: Vec<TimeDelta> = days.filter(|before| *before <= span / 2).collect();
        if stages.is_empty() { vec![span / 5] } else { stages }
    }
}

/// The stage that has been come to with so much left, if any.
pub(super) fn stage_at(stages: &[TimeDelta], left: TimeDelta) -> Option<Stage> {
    if left <= TimeDelta::zero() {
        return Some(Stage::Over);
    }
    stages.iter().filter(|before| left <= **before).min().map(|before| Stage::Within(*before))
}

fn checked(days: &[u16]) -> Result<Vec<u16>, RulesFault> {
    let plausible = (1..=20).contains(&days.len()) && days.iter().all(|days| (1..=3650).contains(days));
    if plausible { Ok(days.to_vec()) } else { Err(RulesFault::Days) }
}
