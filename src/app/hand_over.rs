//! Handing over: the fields of a consumer's form, all of one set, one key press each, in the form's order.

use chrono::{DateTime, Utc};

use crate::domain::app_registration::CredentialFacts;
use crate::domain::hand_over::{FormField, FormValue};
use crate::domain::{
    ConnectionId, ConnectionValue, Consumer, Destination, HandOver, HandedOver, HeldCopy, Overview,
};

use super::{Delivery, Failure, RequestId};

/// The hand-over panel.
#[derive(Debug, Clone, PartialEq)]
pub struct HandOverPanel {
    /// Whose values.
    pub connection: ConnectionId,
    /// To whom; the first of those offered until one is chosen.
    pub consumer: Consumer,
    /// How far it has come.
    pub phase: HandOverPhase,
}

/// How far a hand-over has come.
#[derive(Debug, Clone, PartialEq)]
pub enum HandOverPhase {
    /// The person chooses to whom: the cursor's row among [`choices`].
    Choosing(usize),
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

/// A field and what became of its value.
#[derive(Debug, Clone, PartialEq)]
pub struct HandOverRow {
    /// Which.
    pub field: FormField,
    /// What became of sending it.
    pub sent: Option<Delivery>,
}

/// What can be chosen before a hand-over.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// A consumer with a form.
    Consumer(Consumer),
    /// A copy that was written or sent otherwise: an export again, or one to be forgotten.
    Copy(HandOver),
}

/// Less than this left of the access token, and the set is renewed before it is handed over.
pub const FRESH_ENOUGH: chrono::TimeDelta = chrono::TimeDelta::minutes(30);

impl HandOverPhase {
    /// The first field not yet sent.
    pub fn next_field(&self) -> Option<FormField> {
        match self {
            Self::Handing { rows, .. } => rows.iter().find(|row| row.sent.is_none()).map(|row| row.field),
            Self::Choosing(_)
            | Self::Renewing(_)
            | Self::Asking { .. }
            | Self::Done { .. }
            | Self::Failed(_) => None,
        }
    }
}

/// The consumers that make sense for a connection, the last used first.
pub fn consumers(overview: &Overview) -> Vec<Consumer> {
    // A client that acts for itself has no refresh token, which every form of those named wants.
    if !overview.settings.way_in.is_delegated() {
        return vec![Consumer::Other];
    }
    let has_secret = matches!(overview.credential, CredentialFacts::Secret { .. });
    let mut offered: Vec<Consumer> =
        Consumer::ALL.into_iter().filter(|own| has_secret || *own != Consumer::N8n).collect();
    let last = overview.hand_overs.iter().rev().find_map(|own| match own.what {
        HandedOver::Form(consumer) => Some(consumer),
        _ => None,
    });
    // Stable: the others keep their order.
    offered.sort_by_key(|own| Some(*own) != last);
    offered
}

/// All that can be chosen: consumers, then what was exported or copied.
pub fn choices(overview: &Overview, now: DateTime<Utc>) -> Vec<Choice> {
    let copies = overview.held_copies(now).into_iter().filter(|copy| !copy.hand_over.renews_itself());
    let copies = copies.map(|copy| Choice::Copy(copy.hand_over.clone()));
    consumers(overview).into_iter().map(Choice::Consumer).chain(copies).collect()
}

impl Choice {
    /// What is held there, as far as it is known.
    pub fn held<'a>(&self, copies: &[HeldCopy<'a>]) -> Option<HeldCopy<'a>> {
        copies
            .iter()
            .find(|copy| match self {
                Self::Consumer(consumer) => copy.hand_over.what == HandedOver::Form(*consumer),
                Self::Copy(own) => copy.hand_over.replaces(own),
            })
            .copied()
    }
}

/// The set as it stands, ready to be handed over to a consumer.
pub fn handing(overview: &Overview, consumer: Consumer) -> HandOverPhase {
    let Some(set) = overview.renewed_at() else {
        return HandOverPhase::Failed(Failure::new("There are no tokens to hand over.", "Sign in (a)."));
    };
    let held = |value: FormValue| match value {
        FormValue::Value(value) => overview.characters_of(value).is_some(),
        FormValue::AccessTokenEnd | FormValue::AuthorizationEndpoint | FormValue::TokenEndpoint => true,
    };
    let fields = consumer.form().iter().filter(|field| held(field.value));
    HandOverPhase::Handing {
        set,
        rows: fields.map(|field| HandOverRow { field: *field, sent: None }).collect(),
        errand: None,
    }
}

/// What is remembered of the set of this moment, if it is the one still held.
pub fn given(
    overview: &Overview,
    consumer: Consumer,
    set: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Option<HandOver> {
    let is_same = overview.renewed_at() == Some(set);
    is_same.then(|| overview.handed_over(HandedOver::Form(consumer), Destination::Clipboard, at))
}

/// What is remembered of one value copied; `None` for what cannot go stale.
pub fn copied(overview: &Overview, value: ConnectionValue, at: DateTime<Utc>) -> Option<HandOver> {
    let given = overview.handed_over(HandedOver::Value(value), Destination::Clipboard, at);
    (!given.is_lasting()).then_some(given)
}
