//! What the time brings: renewals that are due, values that are masked again, the idle lock; and when to look next.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::need::RenewalPlan;
use crate::domain::{Clock, Event, EventKind, Overview};

use crate::app::{App, Door, Effect, LockReason, Notice, Panel, Tab, Tone};

/// After so long without a key the dashboard hides its values.
const IDLE_LOCK: TimeDelta = TimeDelta::minutes(10);
/// So long before the vault locks itself the person is told.
const TOLD_BEFORE_THE_END: TimeDelta = TimeDelta::minutes(10);
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
        self.note(Event {
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
        matches!(self.door, Door::Open) && self.environment.has_passphrase && self.is_attended()
    }

    /// How many connections renew by themselves while this program runs; none where the vault is locked.
    pub fn renewing_by_themselves(&self, now: DateTime<Utc>) -> usize {
        let renews = |own: &&Overview| {
            matches!(own.renewal_plan(now), RenewalPlan::Due(_) | RenewalPlan::Retrying { .. })
        };
        if self.works() { self.connections.all().iter().filter(renews).count() } else { 0 }
    }

    /// When to look again: at the next visible change or due renewal, in thirty seconds at the latest.
    pub fn next_deadline(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let latest = now + LONGEST_SLEEP;
        let moments = [
            self.next_renewal(),
            self.next_poll(now),
            self.notice.as_ref().and_then(|notice| notice.until),
            self.tokens.reveal.as_ref().map(|_| next_second(now)),
            self.locks_itself().then(|| self.touched_at + IDLE_LOCK),
            self.open_until.filter(|_| self.works()),
            self.end_told_at().filter(|_| matches!(self.door, Door::Open)),
            self.settles_at(),
            self.proving_goes_on_at(now).filter(|_| self.works()),
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
        if !matches!(self.door, Door::Open) || !self.is_attended() {
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
            (_, Tab::Connections) => self.connections.is_ticking(now),
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
