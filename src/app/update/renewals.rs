//! What renews by itself: who is planned anew when something has changed, and who begins when it is their turn.

use chrono::{DateTime, Utc};

use crate::domain::{ConnectionId, Overview, TroubleKind, Turn};

use crate::app::{App, Effect, FailureKind, HandOverPhase, HeldBack, Panel, RequestId};

/// At most so many token requests in the air.
const IN_FLIGHT_AT_MOST: usize = 8;
/// So often in a row another program holds a record that is at work with it; beyond that it hangs, or is stopped.
const CONTENTIONS_THAT_PASS: u32 = 2;
/// The pauses between such tries grow to four minutes: whoever ends that program waits no longer.
const MOST_TRIES_OF_CONTENTION: u32 = 4;

impl App {
    /// What is due renews by itself, also behind a locked screen.
    pub(super) fn renew_due(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        if !self.works() {
            return Vec::new();
        }
        let ids = self.schedule.take_due(now, self.room());
        self.unplanned.extend(ids.iter().cloned());
        self.refresh_all(&ids, now)
    }

    /// When the next renewal begins by itself, as far as it is known; it may be due already. `None` as well while nothing may
    /// begin: the vault is locked, or enough requests are in the air.
    pub fn next_renewal(&self) -> Option<DateTime<Utc>> {
        self.schedule.next().filter(|_| self.works() && self.room() > 0)
    }

    /// How many more token requests may be in the air.
    pub(super) fn room(&self) -> usize {
        IN_FLIGHT_AT_MOST.saturating_sub(self.in_flight.len())
    }

    /// A token request for this connection is under way from now on.
    pub(super) fn set_busy(&mut self, connection: &ConnectionId, request: RequestId) {
        self.in_flight.insert(connection.clone(), request);
        self.unplanned.insert(connection.clone());
    }

    /// Plans those anew whose turn may have changed, and nobody else.
    pub(super) fn plan_again(&mut self, now: DateTime<Utc>) {
        self.follow_hand_over();
        let changed = self.connections.take_changed().into_iter().chain(std::mem::take(&mut self.unplanned));
        for id in changed {
            match self.connections.get(&id) {
                Some(own) => {
                    let turn = if self.is_busy(&id) { None } else { self.turn(own, now) };
                    self.schedule.set(&id, &own.settings.authority, turn);
                }
                None => self.schedule.forget(&id),
            }
        }
    }

    /// When it renews by itself. An open sign-in does not stop it.
    fn turn(&self, own: &Overview, now: DateTime<Utc>) -> Option<Turn> {
        let turn = own.turn(now)?;
        // While its values are handed over, a set stays as it is: to the end of its life, not beyond.
        let handed_over = own.access_lifetime().filter(|_| self.handing_over.as_ref() == Some(&own.id));
        let handed_over = handed_over.map(|access| access.expires_at);
        let held_back = self.held_back.get(&own.id).map(|held| held.until);
        let at = [handed_over, held_back].into_iter().flatten().fold(turn.at, DateTime::max);
        Some(Turn { at, ..turn })
    }

    /// A hand-over begins or ends: it holds the renewal of what is handed over.
    fn follow_hand_over(&mut self) {
        let handed = self.panel.iter().chain(&self.covered).find_map(|panel| match panel {
            Panel::HandOver(panel) => {
                let holds =
                    matches!(panel.phase, HandOverPhase::Handing { .. } | HandOverPhase::Asking { .. });
                holds.then(|| panel.connection.clone())
            }
            _ => None,
        });
        if handed != self.handing_over {
            self.unplanned.extend(handed.clone());
            self.unplanned.extend(std::mem::replace(&mut self.handing_over, handed));
        }
    }

    /// Learns from what a record says of its last request: a pause that one was told holds for all that ask there.
    pub(super) fn note_pause(&mut self, own: &Overview, now: DateTime<Utc>) {
        if let Some(until) = own.told_pause(now) {
            self.schedule.pause(&own.settings.authority, until, now);
        }
    }

    /// An exchange that left the record as due as before is not repeated at once: a full disk, a missing record. Where
    /// another program was at work with it, the pauses do not grow at first: it may be free soon.
    pub(super) fn hold_back_if_still_due(
        &mut self,
        connection: &ConnectionId,
        why: FailureKind,
        now: DateTime<Utc>,
    ) {
        let before = self.held_back.remove(connection);
        self.unplanned.insert(connection.clone());
        let turn = self.connections.get(connection).and_then(|own| self.turn(own, now));
        if turn.is_none_or(|turn| turn.at > now) {
            return;
        }
        let (tries, contentions) = before.map_or((0, 0), |held| (held.tries, held.contentions));
        let (tries, contentions) = match why {
            FailureKind::Fault => (tries + 1, 0),
            FailureKind::Contention if contentions < CONTENTIONS_THAT_PASS => (tries.max(1), contentions + 1),
            FailureKind::Contention => {
                let grown = (tries + 1).min(MOST_TRIES_OF_CONTENTION);
                (tries.max(grown), contentions + 1)
            }
        };
        if let TroubleKind::TryLater { retry_at, .. } = TroubleKind::try_later(now, tries, None, 0.5) {
            self.held_back.insert(connection.clone(), HeldBack { until: retry_at, tries, contentions });
        }
    }

    /// True if it is no short wait any more where another program holds its record once more: it did so at the tries before,
    /// or the access token has ended meanwhile.
    pub fn is_held_up(&self, own: &Overview, now: DateTime<Utc>) -> bool {
        let before = self.held_back.get(&own.id).map_or(0, |held| held.contentions);
        let has_ended = own.access_lifetime().is_some_and(|access| access.expires_at <= now);
        has_ended || before >= CONTENTIONS_THAT_PASS
    }

    /// Something may have been mended, or a person wants it: nobody is held back any more.
    pub(super) fn let_go_all(&mut self) {
        self.unplanned.extend(std::mem::take(&mut self.held_back).into_keys());
    }

    /// The same for one.
    pub(super) fn let_go(&mut self, connection: &ConnectionId) {
        if self.held_back.remove(connection).is_some() {
            self.unplanned.insert(connection.clone());
        }
    }
}
