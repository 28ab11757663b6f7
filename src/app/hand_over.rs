//! Handing over: all four values of one set, one key press each, in the order of the consumer's form.

use chrono::{DateTime, Utc};

use crate::domain::{ConnectionId, ConnectionValue};

use super::{Delivery, Failure, RequestId};

/// The hand-over panel.
#[derive(Debug, Clone, PartialEq)]
pub struct HandOverPanel {
    /// Whose values.
    pub connection: ConnectionId,
    /// How far it has come.
    pub phase: HandOverPhase,
}

/// How far a hand-over has come.
#[derive(Debug, Clone, PartialEq)]
pub enum HandOverPhase {
    /// The set is renewed first, since little is left of it.
    Renewing(RequestId),
    /// One value after the other goes to the clipboard.
    Handing {
        /// The set: the moment of its renewal.
        set: DateTime<Utc>,
        /// The values, in order, with what became of them.
        rows: Vec<HandOverRow>,
        /// The sending under way.
        errand: Option<RequestId>,
    },
    /// All were sent; whether they arrived only the person knows.
    Asking {
        /// The set: the moment of its renewal.
        set: DateTime<Utc>,
        /// The values with what became of them.
        rows: Vec<HandOverRow>,
    },
    /// They arrived; it is remembered.
    Done {
        /// The set: the moment of its renewal.
        set: DateTime<Utc>,
        /// The values with what became of them.
        rows: Vec<HandOverRow>,
    },
    /// It ended early.
    Failed(Failure),
}

/// A value and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct HandOverRow {
    /// Which.
    pub value: ConnectionValue,
    /// What became of sending it.
    pub sent: Option<Delivery>,
}

/// Less than this left of the access token, and the set is renewed before it is handed over.
pub const FRESH_ENOUGH: chrono::TimeDelta = chrono::TimeDelta::minutes(30);

impl HandOverPhase {
    /// The first value not yet sent.
    pub fn next_value(&self) -> Option<ConnectionValue> {
        match self {
            Self::Handing { rows, .. } => rows.iter().find(|row| row.sent.is_none()).map(|row| row.value),
            Self::Renewing(_) | Self::Asking { .. } | Self::Done { .. } | Self::Failed(_) => None,
        }
    }
}
