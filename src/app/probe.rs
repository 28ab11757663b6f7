//! Probes: what Graph answered to the token of each connection, kept while the program runs.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::ConnectionId;
use crate::domain::probe::Probe;

use super::{Failure, RequestId};

/// The panel of a probe; what it shows is in [`Probes`], so that closing it ends nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbePanel {
    /// Whose probe.
    pub connection: ConnectionId,
}

/// The last probe of each connection. Not in the vault: it says how things were, not how they are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Probes(BTreeMap<ConnectionId, Probing>);

/// How a probe stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Probing {
    /// It is under way.
    Asking {
        /// Whose answers are awaited.
        request: RequestId,
        /// As far as it has come; nothing while the token is looked at.
        so_far: Option<Box<Probe>>,
    },
    /// It has ended.
    Ended(Box<Probe>),
    /// Nothing was asked.
    Failed {
        /// When that was found.
        at: DateTime<Utc>,
        /// Why.
        failure: Failure,
    },
}

/// News of a probe.
#[derive(Debug, Clone, PartialEq)]
pub enum ProbeNews {
    /// It has come so far.
    SoFar(Box<Probe>),
    /// It has ended, or nothing was asked.
    Ended(Result<Box<Probe>, Failure>),
}

impl Probing {
    /// As far as it has come.
    pub fn probe(&self) -> Option<&Probe> {
        match self {
            Self::Asking { so_far, .. } => so_far.as_deref(),
            Self::Ended(probe) => Some(probe),
            Self::Failed { .. } => None,
        }
    }
}

impl Probes {
    /// How the last one of a connection stands.
    pub fn of(&self, connection: &ConnectionId) -> Option<&Probing> {
        self.0.get(connection)
    }

    /// True while one is under way.
    pub fn is_asking(&self, connection: &ConnectionId) -> bool {
        matches!(self.of(connection), Some(Probing::Asking { .. }))
    }

    pub(super) fn begin(&mut self, connection: &ConnectionId, request: RequestId) {
        self.0.insert(connection.clone(), Probing::Asking { request, so_far: None });
    }

    pub(super) fn forget(&mut self, connection: &ConnectionId) {
        self.0.remove(connection);
    }

    /// Takes news; the connection if they were awaited.
    pub(super) fn take(
        &mut self,
        request: RequestId,
        news: ProbeNews,
        now: DateTime<Utc>,
    ) -> Option<ConnectionId> {
        let awaits =
            |probing: &Probing| matches!(probing, Probing::Asking { request: own, .. } if *own == request);
        let (connection, probing) = self.0.iter_mut().find(|(_, probing)| awaits(probing))?;
        *probing = match news {
            ProbeNews::SoFar(probe) => Probing::Asking { request, so_far: Some(probe) },
            ProbeNews::Ended(Ok(probe)) => Probing::Ended(probe),
            ProbeNews::Ended(Err(failure)) => Probing::Failed { at: now, failure },
        };
        Some(connection.clone())
    }
}
