//! What the time brings: renewals that are due, values that are masked again, the idle lock; and when to look next.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::need::RenewalPlan;
use crate::domain::{Clock, ConnectionId, Event, EventKind, Overview, TroubleKind};

use crate::app::pauses::SPREAD;
use crate::app::{App, Door, Effect, HandOverPhase, HeldBack, LockReason, Notice, Panel, Tab, Tone};

/// After so long without a key the dashboard hides its values.
const IDLE_LOCK: TimeDelta = TimeDelta::minutes(10);
/// So long before the vault locks itself the person is told.
const TOLD_BEFORE_THE_END: TimeDelta = TimeDelta::minutes(10);
/// At most so many token requests in the air.
const IN_FLIGHT_AT_MOST: usize = 8;
/// A suspended machine is noticed after so long.
const LONGEST_SLEEP: TimeDelta = TimeDelta::seconds(30);

impl App {
    pub(super) fn wake(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        if self.works() && self.open_until.is_some_and(|until| until <= now) {
            return self.lock_vault(LockReason::Hours);
        }
        if self.notice.as_ref().is_some_and(|notice| notice.until.is_some_and(|until| until <= now)) {
            self.notice = None;
        }
        if self.tokens.reveal.as_ref().is_some_and(|reveal| reveal.until <= now) {
            self.tokens.mask();
        }
        if self.locks_itself() && now - self.touched_at >= IDLE_LOCK {
            self.lock(LockReason::Idle);
        }
        self.tell_end(now);
        let mut effects = self.settle_paste(now);
        effects.extend(self.settle_consent(now));
        effects.extend(self.renew_due(now));
        effects.extend(self.poll_devices(now));
        effects
    }

    /// Tells that the wall clock was set. Nothing is renewed for it, and nothing lives longer.
    pub(super) fn tell_clock_set(&mut self, by: TimeDelta, now: DateTime<Utc>) {
        let way = if by > TimeDelta::zero() { "forward" } else { "back" };
        let what_happened = format!("This machine's clock was set {way} by {}.", length(by.abs()));
        let what_to_do = "Lives go on by elapsed time; open tokengauge anew to go by the new clock.";
        self.activity.note(Event {
            at: now,
            kind: EventKind::Noted,
            connection: None,
            what_happened: what_happened.clone(),
            what_to_do: Some(what_to_do.to_owned()),
        });
        // The door has no room for it; the activity keeps it.
        if matches!(self.door, Door::Open) {
            let what_to_do = Some(what_to_do.to_owned());
            self.tell(Notice { tone: Tone::Plain, what_happened, what_to_do, until: None });
        }
    }

    /// Tells once that the vault will lock itself. Behind a locked screen the door tells it.
    fn tell_end(&mut self, now: DateTime<Utc>) {
        let near = self.end_told_at().is_some_and(|at| at <= now);
        if !near || !matches!(self.door, Door::Open) {
            return;
        }
        self.end_told = self.open_until;
        let Some(until) = self.open_until else { return };
        let at = until.with_timezone(&self.environment.utc_offset).format("%H:%M");
        let what_to_do = if self.environment.has_passphrase {
            "To go on: lock the screen and type the passphrase (L)."
        } else {
            "To go on: tokengauge vault unlock in another terminal, then Enter here."
        };
        self.tell(Notice {
            tone: Tone::Plain,
            what_happened: format!(
                "The vault locks at {at}, and nothing renews then: its key was given for 12 hours."
            ),
            what_to_do: Some(what_to_do.to_owned()),
            until: None,
        });
    }

    /// When the person is told of the end, unless that was done.
    fn end_told_at(&self) -> Option<DateTime<Utc>> {
        let until = self.open_until.filter(|until| self.end_told != Some(*until))?;
        Some(until - TOLD_BEFORE_THE_END)
    }

    /// Only an open vault that can be asked for again locks itself.
    fn locks_itself(&self) -> bool {
        matches!(self.door, Door::Open) && self.environment.has_passphrase
    }

    /// What is due renews by itself, also behind a locked screen.
    fn renew_due(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let mut due: Vec<(DateTime<Utc>, ConnectionId)> =
            self.renewals(now).filter(|(at, _)| *at <= now).map(|(at, own)| (at, own.id.clone())).collect();
        due.sort();
        due.truncate(self.room());
        let ids: Vec<ConnectionId> = due.into_iter().map(|(_, id)| id).collect();
        self.refresh_all(&ids, now)
    }

    /// How many more token requests may be in the air.
    pub(super) fn room(&self) -> usize {
        IN_FLIGHT_AT_MOST.saturating_sub(self.in_flight.len())
    }

    /// Every connection that renews by itself and is not doing so, with its moment.
    fn renewals(&self, now: DateTime<Utc>) -> impl Iterator<Item = (DateTime<Utc>, &Overview)> {
        let idle = self.connections.all().iter().filter(|own| self.works() && !self.is_busy(&own.id));
        idle.filter_map(move |own| Some((self.renews_at(own, now)?, own)))
    }

    /// When it renews by itself. An open sign-in does not stop it.
    fn renews_at(&self, own: &Overview, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // Asked of the moment at which the set came: a lapse that was only estimated or typed costs one request, whose
        // refusal tells for certain.
        let planned = match own.renewal_plan(own.renewed_at().unwrap_or(DateTime::UNIX_EPOCH)) {
            RenewalPlan::Due(at) | RenewalPlan::Retrying { at, .. } => at,
            RenewalPlan::Impossible(_) => return None,
        };
        // What a clock ahead of this one has issued is of unknown age.
        let is_unknown = own.access_lifetime().is_some_and(|access| access.is_of_another_clock(now));
        let planned = if is_unknown { planned.min(now) } else { planned };
        // While its values are handed over, a set stays as it is: to the end of its life, not beyond.
        let handed_over = own.access_lifetime().filter(|_| self.is_handing_over(&own.id));
        let handed_over = handed_over.map(|access| access.expires_at);
        let held_back = self.held_back.get(&own.id).map(|held| held.until);
        let own_moment = [Some(planned), handed_over, held_back].into_iter().flatten().max()?;
        // Looked for among all the others only where it can matter.
        let may_wait = self.pauses.until(own).is_some_and(|until| own_moment < until + SPREAD);
        let turn = may_wait.then(|| self.pauses.turn(own, self.connections.all())).flatten();
        Some(turn.map_or(own_moment, |turn| turn.max(own_moment)))
    }

    fn is_handing_over(&self, connection: &ConnectionId) -> bool {
        self.panel.iter().chain(&self.covered).any(|panel| match panel {
            Panel::HandOver(panel) => {
                panel.connection == *connection
                    && matches!(panel.phase, HandOverPhase::Handing { .. } | HandOverPhase::Asking { .. })
            }
            _ => false,
        })
    }

    /// An exchange that left the record as due as before is not repeated at once: a full disk, a missing record.
    pub(super) fn hold_back_if_still_due(&mut self, connection: &ConnectionId, now: DateTime<Utc>) {
        let before = self.held_back.remove(connection);
        let still_due = self
            .connections
            .get(connection)
            .and_then(|own| self.renews_at(own, now))
            .is_some_and(|at| at <= now);
        if !still_due {
            return;
        }
        let tries = before.map_or(1, |held| held.tries + 1);
        if let TroubleKind::TryLater { retry_at, .. } = TroubleKind::try_later(now, tries, None, 0.5) {
            self.held_back.insert(connection.clone(), HeldBack { until: retry_at, tries });
        }
    }

    /// When to look again: at the next visible change or due renewal, in thirty seconds at the latest.
    pub fn next_deadline(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let latest = now + LONGEST_SLEEP;
        let renewal = self.renewals(now).map(|(at, _)| at).min().filter(|_| self.room() > 0);
        let moments = [
            renewal,
            self.next_poll(now),
            self.notice.as_ref().and_then(|notice| notice.until),
            self.tokens.reveal.as_ref().map(|_| next_second(now)),
            self.locks_itself().then(|| self.touched_at + IDLE_LOCK),
            self.open_until.filter(|_| self.works()),
            self.end_told_at().filter(|_| matches!(self.door, Door::Open)),
            self.settles_at(),
            self.warnings.next().filter(|_| self.works()),
            self.is_ticking(now).then(|| next_second(now)),
        ];
        moments.into_iter().flatten().fold(latest, DateTime::min).max(now + TimeDelta::milliseconds(1))
    }

    fn settles_at(&self) -> Option<DateTime<Utc>> {
        match &self.panel {
            Some(Panel::SignIn(panel)) => panel.paste.settles_at,
            Some(Panel::Consent(panel)) => panel.paste.settles_at,
            _ => None,
        }
    }

    /// True if something on the screen is counted down by seconds.
    fn is_ticking(&self, now: DateTime<Utc>) -> bool {
        if !matches!(self.door, Door::Open) {
            return false;
        }
        let counts = |own: &Overview| {
            [Clock::AccessToken, Clock::RefreshToken, Clock::ClientCredential].into_iter().any(|clock| {
                own.lifetime(clock).is_some_and(|life| {
                    let left = life.expires_at - now;
                    left > TimeDelta::zero() && left < TimeDelta::days(1)
                })
            })
        };
        match (&self.panel, self.tab) {
            (Some(Panel::SignIn(panel)), _) => {
                self.connections.get(&panel.connection).is_some_and(|own| own.open_attempt(now).is_some())
            }
            (Some(Panel::DeviceSignIn(panel)), _) => {
                self.connections.get(&panel.connection).is_some_and(|own| own.open_attempt(now).is_some())
            }
            (Some(Panel::Help(_) | Panel::Plain(_) | Panel::Consent(_)), _) => false,
            (_, Tab::Connections) => self.connections.rows(now).into_iter().any(counts),
            (_, Tab::Tokens) => self.chosen().is_some_and(counts),
            (_, Tab::Permissions | Tab::Activity) => false,
        }
    }
}

/// A length of time in its largest unit, rounded: what is set by hand is a second off when it is noticed.
fn length(span: TimeDelta) -> String {
    let (days, hours) = ((span.num_hours() + 12) / 24, (span.num_minutes() + 30) / 60);
    match () {
        () if days >= 365 => format!("{} y", (days + 182) / 365),
        () if days >= 2 => format!("{days} d"),
        () if hours >= 2 => format!("{hours} h"),
        () => format!("{} min", (span.num_seconds() + 30) / 60),
    }
}

/// The next full second: all clocks on the screen step together, in one frame.
fn next_second(now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::milliseconds(1000 - i64::from(now.timestamp_subsec_millis().min(999)))
}
