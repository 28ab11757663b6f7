//! The sign-in by device code (RFC 8628) as the dashboard sees it: the panel, and when each connection is asked about.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::catalogue::aadsts;
use crate::domain::{ConnectionId, DeviceAttemptFacts, Overview, Trouble};

use super::{Delivery, Failure, RequestId};

/// The panel of a device sign-in. Code and address stand in the connection's attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceSignInPanel {
    /// Whose.
    pub connection: ConnectionId,
    /// How far it has come.
    pub phase: DevicePhase,
    /// What became of sending the address.
    pub sent: Option<Result<Delivery, Failure>>,
    /// The sending or the simulated browser under way.
    pub errand: Option<RequestId>,
}

/// How far a device sign-in has come.
#[derive(Debug, Clone, PartialEq)]
pub enum DevicePhase {
    /// The platform is asked for a code.
    Beginning(RequestId),
    /// A person is to enter the code.
    Waiting {
        /// When this sign-in was begun: a set of tokens that is younger is what it brought.
        since: DateTime<Utc>,
    },
    /// The other way in is noted in the record; the sign-in with a browser follows.
    Changing(RequestId),
    /// It ended without tokens; nothing was lost.
    Failed(Failure),
    /// The tenant or the registration allows no device code: another one would fare no better.
    Blocked(Failure),
}

impl DevicePhase {
    /// The end of a sign-in that was refused.
    pub fn refused(failure: Failure) -> Self {
        let is_block = failure.aadsts().is_some_and(aadsts::blocks_device_code);
        if is_block { Self::Blocked(failure) } else { Self::Failed(failure) }
    }
}

impl DeviceSignInPanel {
    /// A panel in this phase.
    pub fn new(connection: ConnectionId, phase: DevicePhase) -> Self {
        Self { connection, phase, sent: None, errand: None }
    }

    /// A panel for a sign-in that is open.
    pub fn waiting(overview: &Overview, attempt: &DeviceAttemptFacts) -> Self {
        Self::new(overview.id.clone(), DevicePhase::Waiting { since: attempt.started_at })
    }
}

/// True if the last refusal of a connection says that no device code helps.
pub fn is_blocked(trouble: &Trouble) -> bool {
    trouble.aadsts.is_some_and(aadsts::blocks_device_code)
}

/// The open device sign-ins of all connections: when each is asked about next, and what the last question brought.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DevicePolls(BTreeMap<ConnectionId, Poll>);

/// One of them.
#[derive(Debug, Clone, PartialEq)]
struct Poll {
    user_code: String,
    /// Not before this moment; the record may tell a later one.
    next_at: DateTime<Utc>,
    asking: Option<Asking>,
    last: Option<LastPoll>,
}

/// A question under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    /// Which.
    pub request: RequestId,
    /// When it was asked.
    pub at: DateTime<Utc>,
}

/// What the last question brought.
#[derive(Debug, Clone, PartialEq)]
pub struct LastPoll {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub news: PollNews,
}

/// What a question brought that left the sign-in open.
#[derive(Debug, Clone, PartialEq)]
pub enum PollNews {
    /// Nobody has finished yet.
    Pending,
    /// The platform wants to be asked less often.
    SlowDown,
    /// No answer; why stands in the attempt.
    Unanswered,
    /// It could not be asked, for a reason of this machine.
    NotAsked(Failure),
}

impl DevicePolls {
    /// When a connection is asked about next.
    pub fn next_at(&self, connection: &ConnectionId, attempt: &DeviceAttemptFacts) -> DateTime<Utc> {
        self.0.get(connection).map_or(attempt.poll.next_at, |poll| poll.next_at.max(attempt.poll.next_at))
    }

    /// What the last question brought.
    pub fn last(&self, connection: &ConnectionId) -> Option<&LastPoll> {
        self.0.get(connection)?.last.as_ref()
    }

    /// True while an answer is awaited.
    pub fn is_asking(&self, connection: &ConnectionId) -> bool {
        self.0.get(connection).is_some_and(|poll| poll.asking.is_some())
    }

    /// A sign-in that was begun here a moment ago: the record says when it may be asked about.
    pub(super) fn begin(&mut self, connection: &ConnectionId, attempt: &DeviceAttemptFacts) {
        self.insert(connection, attempt, attempt.poll.next_at);
    }

    /// Keeps to what the records hold. A sign-in that somebody else began, or this program before it was closed, may have
    /// been asked about a moment ago: one interval is waited first.
    pub(super) fn follow<'a>(&mut self, connections: impl Iterator<Item = &'a Overview>, now: DateTime<Utc>) {
        let open: BTreeMap<&ConnectionId, &DeviceAttemptFacts> =
            connections.filter_map(|own| Some((&own.id, own.open_device_attempt(now)?))).collect();
        self.0.retain(|id, poll| {
            open.get(id).is_some_and(|attempt| attempt.user_code == poll.user_code) || poll.asking.is_some()
        });
        for (id, attempt) in open {
            if self.0.get(id).is_none_or(|poll| poll.user_code != attempt.user_code) {
                self.insert(id, attempt, now + attempt.poll.interval);
            }
        }
    }

    fn insert(&mut self, connection: &ConnectionId, attempt: &DeviceAttemptFacts, next_at: DateTime<Utc>) {
        // A question about the sign-in before is still to be answered.
        let asking = self.0.get(connection).and_then(|before| before.asking);
        let poll = Poll { user_code: attempt.user_code.clone(), next_at, asking, last: None };
        self.0.insert(connection.clone(), poll);
    }

    pub(super) fn ask(&mut self, connection: &ConnectionId, asking: Asking) {
        if let Some(poll) = self.0.get_mut(connection) {
            poll.asking = Some(asking);
        }
    }

    /// Takes note that this request was answered, if it was a question.
    pub(super) fn answered(&mut self, request: RequestId) -> Option<Asking> {
        let asked = |poll: &&mut Poll| poll.asking.is_some_and(|asking| asking.request == request);
        self.0.values_mut().find(asked)?.asking.take()
    }

    /// What the answer brought, and not before when the next question may be asked.
    pub(super) fn note(
        &mut self,
        connection: &ConnectionId,
        news: PollNews,
        now: DateTime<Utc>,
        next_at: DateTime<Utc>,
    ) {
        if let Some(poll) = self.0.get_mut(connection) {
            poll.next_at = next_at;
            poll.last = Some(LastPoll { at: now, news });
        }
    }
}
