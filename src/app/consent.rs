//! The panel for admin consent: a message goes out to an administrator, what the browser ended on comes back.

use crate::domain::ConnectionId;

use super::sign_in::{PasteField, RefusedPaste};
use super::{Delivery, Failure, RequestId};

/// The panel of a request for admin consent. What was asked stands in the connection's record.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsentPanel {
    /// Whose.
    pub connection: ConnectionId,
    /// How far it has come.
    pub phase: ConsentPhase,
    /// What became of sending the message.
    pub sent: Option<Result<Delivery, Failure>>,
    /// The sending under way.
    pub errand: Option<RequestId>,
    /// The field for what the browser ended on.
    pub paste: PasteField,
    /// Why the last paste was refused.
    pub refusal: Option<RefusedPaste>,
}

/// How far a request for admin consent has come.
#[derive(Debug, Clone, PartialEq)]
pub enum ConsentPhase {
    /// The address is being made and kept.
    Beginning(RequestId),
    /// The answer is awaited, perhaps for days; the panel may be closed.
    Waiting,
    /// The answer said yes, and that is being kept.
    Keeping(RequestId),
    /// Consent was given.
    Given,
    /// It was refused, or nothing could be kept.
    Failed(Failure),
}

impl ConsentPanel {
    /// A panel in this phase.
    pub fn new(connection: ConnectionId, phase: ConsentPhase) -> Self {
        Self { connection, phase, sent: None, errand: None, paste: PasteField::default(), refusal: None }
    }

    /// The record was changed for this request: it goes on, if it has waited for that.
    pub fn go_on(&mut self, request: RequestId) {
        match self.phase {
            ConsentPhase::Beginning(own) if own == request => self.phase = ConsentPhase::Waiting,
            ConsentPhase::Keeping(own) if own == request => self.phase = ConsentPhase::Given,
            _ => {}
        }
    }
}
