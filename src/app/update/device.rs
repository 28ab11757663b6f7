//! What keys, answers and the time do to the sign-in by device code (RFC 8628). It goes on while its panel is closed and
//! behind a locked screen; only a person gives it up.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{Capture, ConnectionId, DeviceAttemptFacts, Overview, WayIn};

use crate::app::device_sign_in::{Asking, PollNews, is_blocked};
use crate::app::{
    Action, App, Browser, DevicePhase, DeviceSignInPanel, Edit, Effect, Failure, Panel, Question, RequestId,
    SignInPanel, Way,
};

/// What this machine stands in the way of is not tried again at once: a full disk, a missing record.
const AFTER_A_FAILURE: TimeDelta = TimeDelta::seconds(30);

impl App {
    /// Goes on with the open device sign-in; `None` if the next one is to be with a browser.
    pub(super) fn authorize_by_device(
        &mut self,
        overview: &Overview,
        now: DateTime<Utc>,
    ) -> Option<Vec<Effect>> {
        if self.asking_for_code.contains(&overview.id) {
            return Some(self.begin_device_sign_in(overview.id.clone()));
        }
        if let Some(attempt) = overview.open_device_attempt(now) {
            self.panel = Some(Panel::DeviceSignIn(DeviceSignInPanel::waiting(overview, attempt)));
            return Some(Vec::new());
        }
        if overview.settings.way_in != WayIn::DeviceCode || overview.open_code_attempt(now).is_some() {
            return None;
        }
        // What was refused as a whole is not tried again without a word.
        if let Some(trouble) = overview.trouble.as_ref().filter(|trouble| is_blocked(trouble)) {
            let failure = Failure::new(trouble.what_happened.clone(), trouble.what_to_do.clone());
            let panel = DeviceSignInPanel::new(overview.id.clone(), DevicePhase::Blocked(failure));
            self.panel = Some(Panel::DeviceSignIn(panel));
            return Some(Vec::new());
        }
        Some(self.begin_device_sign_in(overview.id.clone()))
    }

    /// Asks for a code, if no request of this connection is under way. One that asks for a code already is waited for:
    /// a second code would take the place of the first while a person types that.
    pub(super) fn begin_device_sign_in(&mut self, connection: ConnectionId) -> Vec<Effect> {
        let mut effects = Vec::new();
        let phase = match self.in_flight.get(&connection) {
            Some(request) if self.asking_for_code.contains(&connection) => DevicePhase::Beginning(*request),
            Some(_) => DevicePhase::Failed(Failure::new(
                "Another request of this connection is under way.",
                "Begin again (a) when it has ended; that takes half a minute at most.",
            )),
            None => {
                let request = self.request();
                self.set_busy(&connection, request);
                self.asking_for_code.insert(connection.clone());
                effects.push(Effect::BeginDeviceSignIn { request, connection: connection.clone() });
                DevicePhase::Beginning(request)
            }
        };
        self.panel = Some(Panel::DeviceSignIn(DeviceSignInPanel::new(connection, phase)));
        effects
    }

    /// From the panel of a sign-in with a browser: what it means is asked first.
    pub(super) fn ask_for_device_code(&mut self, panel: SignInPanel) {
        self.panel = Some(Panel::Question(Question::DeviceCode(Box::new(panel))));
    }

    pub(super) fn act_in_device_sign_in(
        &mut self,
        mut panel: DeviceSignInPanel,
        action: Action,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        match (&panel.phase, action) {
            (_, Action::Back | Action::Quit) => return effects,
            (DevicePhase::Waiting { .. }, Action::Abandon) => {
                self.panel = Some(Panel::Question(Question::AbandonDevice(Box::new(panel))));
                return effects;
            }
            (DevicePhase::Waiting { .. }, Action::Copy) => {
                effects.push(self.device_errand(&mut panel, Way::Clipboard));
            }
            (DevicePhase::Waiting { .. }, Action::OpenBrowser) => {
                effects.push(self.open_verification_page(&mut panel));
            }
            (DevicePhase::Failed(_) | DevicePhase::Blocked(_), Action::Authorize) => {
                return self.begin_device_sign_in(panel.connection);
            }
            (
                DevicePhase::Waiting { .. } | DevicePhase::Failed(_) | DevicePhase::Blocked(_),
                Action::Paste,
            ) => effects.push(self.change_to_browser(&mut panel)),
            _ => {}
        }
        self.panel = Some(Panel::DeviceSignIn(panel));
        effects
    }

    fn device_errand(&mut self, panel: &mut DeviceSignInPanel, way: Way) -> Effect {
        let (request, effect) = self.send_address(&panel.connection, way);
        panel.errand = Some(request);
        effect
    }

    fn open_verification_page(&mut self, panel: &mut DeviceSignInPanel) -> Effect {
        if self.environment.browser == Browser::Simulated {
            let request = self.request();
            panel.errand = Some(request);
            return Effect::SignInWithSimulatedBrowser { request, connection: panel.connection.clone() };
        }
        self.device_errand(panel, Way::Browser)
    }

    /// The way in of the connection is the browser from now on; the sign-in follows when the record says so.
    fn change_to_browser(&mut self, panel: &mut DeviceSignInPanel) -> Effect {
        let request = self.request();
        panel.phase = DevicePhase::Changing(request);
        let edit = Edit::WayIn(WayIn::AuthorizationCode(Capture::Paste));
        Effect::Change { request, connection: panel.connection.clone(), edit: Box::new(edit) }
    }

    /// The platform was asked for a code. A refusal is told by the panel, or where that was closed, as any other.
    pub(super) fn note_code(&mut self, request: RequestId, overview: &Overview, now: DateTime<Utc>) {
        let is_awaited = self
            .panel
            .iter()
            .chain(&self.covered)
            .any(|panel| matches!(panel, Panel::DeviceSignIn(panel) if panel.awaits(request)));
        if !is_awaited && overview.open_device_attempt(now).is_none() {
            self.note_exchange(overview, now);
        }
    }

    /// The record that a device panel waited for has come.
    pub(super) fn go_on_with_device(
        &mut self,
        mut panel: DeviceSignInPanel,
        overview: &Overview,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        if matches!(panel.phase, DevicePhase::Changing(_)) {
            return self.authorize(overview, now);
        }
        panel.phase = match overview.open_device_attempt(now) {
            Some(attempt) => {
                self.device_polls.begin(&overview.id, attempt);
                DevicePhase::Waiting { since: attempt.started_at }
            }
            None => ended(overview, None),
        };
        self.panel = Some(Panel::DeviceSignIn(panel));
        Vec::new()
    }

    /// A question was answered. What left the sign-in open is no news but for its panel.
    pub(super) fn take_poll(
        &mut self,
        overview: &Overview,
        before: Option<&Overview>,
        asking: Asking,
        now: DateTime<Utc>,
    ) {
        let Some(attempt) = overview.open_device_attempt(now) else {
            let has_ended = overview.renewals.last().is_some_and(|renewal| renewal.at >= asking.at);
            if has_ended {
                self.note_exchange(overview, now);
            }
            return;
        };
        let before = before.and_then(|own| own.attempt.as_ref()?.device());
        let slower = before.is_some_and(|before| before.poll.interval < attempt.poll.interval);
        let news = match &attempt.unanswered {
            Some(_) => PollNews::Unanswered,
            None if slower => PollNews::SlowDown,
            None => PollNews::Pending,
        };
        let next_at = attempt.poll.next_at.max(now + attempt.poll.interval);
        self.device_polls.note(&overview.id, news, now, next_at);
    }

    /// Nothing was asked, or the sign-in was refused: the record, which is read again, tells which.
    pub(super) fn note_failed_poll(
        &mut self,
        connection: &ConnectionId,
        failure: Failure,
        now: DateTime<Utc>,
    ) {
        let news = PollNews::NotAsked(failure.clone());
        let is_known = self.device_polls.last(connection).is_some_and(|last| last.news == news);
        self.device_polls.note(connection, news, now, now + AFTER_A_FAILURE);
        let is_shown =
            matches!(&self.panel, Some(Panel::DeviceSignIn(panel)) if panel.connection == *connection);
        if !is_shown && !is_known {
            self.complain(failure, now);
        }
    }

    /// Asks about every open sign-in whose time has come.
    pub(super) fn poll_devices(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let due: Vec<(ConnectionId, String)> = self
            .polls(now)
            .filter(|(at, ..)| *at <= now)
            .map(|(_, own, attempt)| (own.id.clone(), attempt.user_code.clone()))
            .take(self.room())
            .collect();
        due.into_iter().map(|(connection, user_code)| self.poll_device(connection, user_code, now)).collect()
    }

    fn poll_device(&mut self, connection: ConnectionId, user_code: String, now: DateTime<Utc>) -> Effect {
        let request = self.request();
        self.set_busy(&connection, request);
        self.device_polls.ask(&connection, Asking { request, at: now });
        Effect::PollDevice { request, connection, user_code }
    }

    /// When the next question is due.
    pub(super) fn next_poll(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.polls(now).map(|(at, ..)| at).min().filter(|_| self.room() > 0)
    }

    /// Every open device sign-in that may be asked about, with its moment.
    fn polls(
        &self,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (DateTime<Utc>, &Overview, &DeviceAttemptFacts)> {
        let asks = self.works() && self.is_attended();
        let idle = self.connections.with_device_code().filter(move |own| asks && !self.is_busy(&own.id));
        idle.filter_map(move |own| {
            let attempt = own.open_device_attempt(now)?;
            Some((self.device_polls.next_at(&own.id, attempt), own, attempt))
        })
    }

    /// The panel tells the end of the sign-in that it shows, whoever brought it about.
    pub(super) fn end_device_sign_in_if_over(&mut self, now: DateTime<Utc>) {
        let Some(Panel::DeviceSignIn(DeviceSignInPanel {
            connection,
            phase: DevicePhase::Waiting { since },
            ..
        })) = &self.panel
        else {
            return;
        };
        let Some(overview) = self.connections.get(connection).cloned() else { return };
        match overview.open_device_attempt(now) {
            Some(attempt) if attempt.started_at == *since => {}
            Some(attempt) => {
                self.panel = Some(Panel::DeviceSignIn(DeviceSignInPanel::waiting(&overview, attempt)));
            }
            None if has_brought_tokens(&overview, *since) => self.arrive(&overview),
            None => {
                let told = self.device_polls.last(&overview.id).map(|last| last.news.clone());
                let phase = match told {
                    Some(PollNews::NotAsked(failure)) if overview.attempt.is_none() => {
                        DevicePhase::refused(failure)
                    }
                    _ => ended(&overview, Some(*since)),
                };
                self.panel = Some(Panel::DeviceSignIn(DeviceSignInPanel::new(overview.id, phase)));
            }
        }
    }

    pub(super) fn follow_device_attempts(&mut self, now: DateTime<Utc>) {
        self.device_polls.follow(self.connections.with_device_code(), now);
    }
}

impl DeviceSignInPanel {
    /// True if the panel goes on with the answer to this request.
    pub(super) fn awaits(&self, request: RequestId) -> bool {
        matches!(self.phase, DevicePhase::Beginning(own) | DevicePhase::Changing(own) if own == request)
    }
}

fn has_brought_tokens(overview: &Overview, since: DateTime<Utc>) -> bool {
    overview.tokens.as_ref().is_some_and(|tokens| tokens.signed_in_at >= since)
}

/// How a sign-in ended that is no longer open and brought nothing. A trouble from before it says nothing of it.
fn ended(overview: &Overview, since: Option<DateTime<Utc>>) -> DevicePhase {
    // Still there, and over: its time has passed.
    let has_lapsed = overview.attempt.as_ref().is_some_and(|attempt| attempt.device().is_some());
    let trouble = overview.trouble.as_ref().filter(|trouble| since.is_none_or(|since| trouble.at >= since));
    match trouble.filter(|_| !has_lapsed) {
        Some(trouble) => DevicePhase::refused(Failure::new(&trouble.what_happened, &trouble.what_to_do)),
        None => DevicePhase::Failed(Failure::new(
            "Nobody entered the code in time, or the sign-in was ended elsewhere.",
            "Begin a new one (a): it brings a new code.",
        )),
    }
}
