//! The status line: what happened, what to do.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Failure, FailureKind};

/// A message to the person, in one or two lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How it is to be taken.
    pub tone: Tone,
    /// First line.
    pub what_happened: String,
    /// Second line, where something is to be done.
    pub what_to_do: Option<String>,
    /// When it goes by itself; a failure stays until the next key.
    pub until: Option<DateTime<Utc>>,
}

/// How a notice is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A fact.
    Plain,
    /// Something worked.
    Good,
    /// Something will not work for long.
    Soon,
    /// Something did not.
    Bad,
}

impl Notice {
    /// A fact that goes by itself after eight seconds.
    pub fn plain(text: impl Into<String>, now: DateTime<Utc>) -> Self {
        Self::passing(Tone::Plain, text, now)
    }

    /// A success that goes by itself after eight seconds.
    pub fn good(text: impl Into<String>, now: DateTime<Utc>) -> Self {
        Self::passing(Tone::Good, text, now)
    }

    /// A success with something to do next; it stays until a key is pressed.
    pub fn good_with_advice(what_happened: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        let (what_happened, what_to_do) = (what_happened.into(), Some(what_to_do.into()));
        Self { tone: Tone::Good, what_happened, what_to_do, until: None }
    }

    /// A failure, or what passes by itself; it stays until a key is pressed.
    pub fn bad(failure: Failure) -> Self {
        let Failure { what_happened, what_to_do, kind } = failure;
        let tone = match kind {
            FailureKind::Fault => Tone::Bad,
            FailureKind::Contention => Tone::Plain,
        };
        Self { tone, what_happened, what_to_do: Some(what_to_do), until: None }
    }

    fn passing(tone: Tone, text: impl Into<String>, now: DateTime<Utc>) -> Self {
        let until = Some(now + TimeDelta::seconds(8));
        Self { tone, what_happened: text.into(), what_to_do: None, until }
    }
}
