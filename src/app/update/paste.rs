//! What becomes of pasted text: the address of a sign-in goes to that sign-in wherever it is pasted, other text goes
//! to the focused field, and none of it ever acts as keys.

use chrono::{DateTime, Utc};

use crate::domain::secret::{AuthorizationCode, PastedText, Secret};
use crate::domain::{ConnectionId, Overview};
use crate::oauth::redirect_response::{AuthorizationResponse, Expectation, Refusal, StateCheck, read};
use crate::oauth::token_answer::refused_by_redirect;
use crate::sanitize::masked_echo;

use crate::app::sign_in::{PASTE_SETTLES, RefusedPaste};
use crate::app::{
    App, Door, Edit, Effect, Failure, GrantStep, Line, Notice, Panel, Pasted, Phase, Question, Reading,
    SignInPanel,
};

impl App {
    pub(super) fn take_paste(&mut self, pasted: &Pasted, now: DateTime<Utc>) -> Vec<Effect> {
        let (Pasted::Whole(text) | Pasted::Piece(text)) = pasted;
        if !matches!(self.door, Door::Open) {
            self.paste_at_door(text);
            return Vec::new();
        }
        let named = self.sign_in_named_by(text, now);
        if named.is_none()
            && let Some(panel) = self.consent_panel_for(text)
        {
            return self.paste_into_consent(panel, pasted, now);
        }
        match self.panel_for(named) {
            Some(panel) => self.paste_into_sign_in(panel, pasted, now),
            None if matches!(&self.panel, Some(Panel::Export(panel)) if panel.is_typing()) => {
                self.paste_in_export(text.expose().trim())
            }
            None => {
                self.paste_into_field(text, now);
                Vec::new()
            }
        }
    }

    fn paste_at_door(&mut self, text: &PastedText) {
        let field = match &mut self.door {
            Door::FirstRun(first) => first.field_mut(),
            Door::Locked(unlocking) if unlocking.trying.is_none() => Some(&mut unlocking.field),
            _ => None,
        };
        if let Some(field) = field {
            field.paste(text.expose().trim_end_matches(['\r', '\n']));
        }
    }

    /// The sign-in panel that a text belongs to: that of the sign-in whose `state` it carries, else the open one.
    fn panel_for(&mut self, named: Option<ConnectionId>) -> Option<SignInPanel> {
        let Some(id) = named else {
            let open = self.panel.take_if(|panel| matches!(panel, Panel::SignIn(_)));
            return open.and_then(Panel::into_sign_in);
        };
        if let Some(panel) = self.raise_sign_in(|panel| panel.connection == id) {
            return Some(panel);
        }
        self.put_form_aside();
        Some(SignInPanel::waiting(id))
    }

    /// A form that holds something typed comes back afterwards.
    pub(super) fn put_form_aside(&mut self) {
        let is_typed_into = |panel: &mut Panel| match panel {
            Panel::Input(pane) => pane.touched && pane.saving.is_none(),
            Panel::Question(question) => {
                matches!(
                    question,
                    Question::DiscardForm(_) | Question::PublicClient(_) | Question::DropTokens(_)
                )
            }
            _ => false,
        };
        self.covered.extend(self.panel.take_if(is_typed_into));
    }

    pub(super) fn sign_in_named_by(&self, text: &PastedText, now: DateTime<Utc>) -> Option<ConnectionId> {
        let carries = |overview: &&Overview| {
            overview.open_code_attempt(now).is_some_and(|attempt| text.expose().contains(&attempt.state))
        };
        self.connections.all().iter().find(carries).map(|overview| overview.id.clone())
    }

    pub(super) fn paste_into_sign_in(
        &mut self,
        mut panel: SignInPanel,
        pasted: &Pasted,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let open = self.connections.get(&panel.connection).is_some_and(|own| own.open_attempt(now).is_some());
        if open && matches!(panel.phase, Phase::Failed(_)) {
            panel.phase = Phase::Waiting;
            panel.paste.clear();
        }
        if panel.phase != Phase::Waiting {
            self.panel = Some(Panel::SignIn(panel));
            self.tell(unused(now));
            return Vec::new();
        }
        panel.other_ways = false;
        panel.refusal = None;
        match pasted {
            Pasted::Whole(text) => {
                panel.paste.clear();
                panel.paste.push(text.expose());
                match self.judge(&panel, now) {
                    // It might be anything of twenty characters: it is sent only when the person says so.
                    Some(Ok(AuthorizationResponse::Code { state: StateCheck::NotSent, .. })) => {
                        panel.paste.focused = true;
                        self.panel = Some(Panel::SignIn(panel));
                        self.tell(Notice::plain(
                            "Is this the code alone? Enter sends it; the whole address is better.",
                            now,
                        ));
                        Vec::new()
                    }
                    _ => self.submit_paste(panel, now),
                }
            }
            Pasted::Piece(text) => {
                // A whole address that has come to rest was kept for another try: this one takes its place.
                if panel.paste.settles_at.is_none() && self.is_whole(&panel, now) {
                    panel.paste.clear();
                }
                panel.paste.push(text.expose());
                panel.paste.focused = true;
                panel.paste.settles_at = Some(now + PASTE_SETTLES);
                self.panel = Some(Panel::SignIn(panel));
                Vec::new()
            }
        }
    }

    /// An unmarked paste has come to rest: it is taken if it is good, and otherwise waits for Enter or for more.
    pub(super) fn settle_paste(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(Panel::SignIn(panel)) = &mut self.panel else { return Vec::new() };
        if panel.paste.settles_at.is_none_or(|at| at > now) {
            return Vec::new();
        }
        panel.paste.settles_at = None;
        let panel = panel.clone();
        if self.is_whole(&panel, now) { self.submit_paste(panel, now) } else { Vec::new() }
    }

    /// True if the field holds the platform's answer to this sign-in.
    fn is_whole(&self, panel: &SignInPanel, now: DateTime<Utc>) -> bool {
        matches!(
            self.judge(panel, now),
            Some(Ok(AuthorizationResponse::Code { state: StateCheck::Checked, .. }
                | AuthorizationResponse::Error(_)))
        )
    }

    /// What was handed in before goes out once the request before it has ended, and comes back to the field if it was
    /// not redeemed and the sign-in is still open: a browser's answer exists once.
    pub(super) fn follow_paste(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let (busy, is_read) =
            (|own: &SignInPanel| self.in_flight.contains_key(&own.connection), self.reading == Reading::Idle);
        let goes_out = |own: &SignInPanel| own.phase == Phase::Waiting && own.paste.held && !busy(own);
        let comes_back = |own: &SignInPanel| {
            is_read && matches!(own.phase, Phase::Failed(_)) && own.paste.characters() > 0
        };
        match self.panel.take() {
            Some(Panel::SignIn(panel)) if goes_out(&panel) => self.submit_paste(panel, now),
            Some(Panel::SignIn(panel)) if comes_back(&panel) => self.keep_paste(panel, now),
            other => {
                self.panel = other;
                Vec::new()
            }
        }
    }

    /// After a failure, with the record as it is now.
    fn keep_paste(&mut self, mut panel: SignInPanel, now: DateTime<Utc>) -> Vec<Effect> {
        let own = self.connections.get(&panel.connection);
        let mut effects = None;
        match panel.phase.clone() {
            Phase::Failed(failure) if own.is_some_and(|own| own.open_code_attempt(now).is_some()) => {
                panel.offer_again(&failure);
                effects = self.listen(&mut panel);
            }
            _ => panel.paste.clear(),
        }
        self.panel = Some(Panel::SignIn(panel));
        effects.into_iter().collect()
    }

    fn judge(
        &self,
        panel: &SignInPanel,
        now: DateTime<Utc>,
    ) -> Option<Result<AuthorizationResponse, Refusal>> {
        let attempt = self.connections.get(&panel.connection)?.open_code_attempt(now)?;
        Some(read(panel.paste.text().as_bytes(), &Expectation::of(attempt)))
    }

    /// Reads what the field holds and acts on it.
    pub(super) fn submit_paste(&mut self, mut panel: SignInPanel, now: DateTime<Utc>) -> Vec<Effect> {
        if self.is_busy(&panel.connection) {
            // What was pasted stays: it is good for the moment after, which `follow_paste` sees.
            let failure =
                Failure::new("A renewal of this connection is under way.", "This is sent when it has ended.");
            panel.refusal = Some(RefusedPaste { failure, echo: String::new() });
            panel.paste.hand_in();
            panel.paste.held = true;
            self.panel = Some(Panel::SignIn(panel));
            return Vec::new();
        }
        let verdict = self.judge(&panel, now);
        let echo = masked_echo(panel.paste.text());
        panel.paste.hand_in();
        panel.refusal = None;
        if !matches!(verdict, Some(Ok(AuthorizationResponse::Code { .. }))) {
            panel.paste.clear();
        }
        let effects = match verdict {
            None => {
                panel.phase = Phase::Failed(attempt_over());
                Vec::new()
            }
            Some(Ok(AuthorizationResponse::Code { code, state })) => {
                if state == StateCheck::NotSent {
                    self.tell(Notice::plain("Only a code was pasted: its state could not be checked.", now));
                }
                self.redeem(&mut panel, code, now)
            }
            Some(Ok(AuthorizationResponse::Error(error))) => {
                let refusal = refused_by_redirect(error.error);
                panel.phase =
                    Phase::Failed(Failure::new(refusal.what_happened.clone(), refusal.what_to_do.clone()));
                let trouble = refusal.trouble(now, 0, 0.5);
                let state = self.forget_attempt(&panel.connection);
                vec![self.change(&panel.connection, Edit::AttemptRefused { state, trouble })]
            }
            Some(Err(refusal)) => self.refuse(&mut panel, &refusal, echo),
        };
        self.panel = Some(Panel::SignIn(panel));
        effects
    }

    /// A sign-in that is over is not gone on with, also before the record says so; tells its `state`.
    fn forget_attempt(&mut self, connection: &ConnectionId) -> String {
        let Some(own) = self.connections.get(connection).cloned() else { return String::new() };
        let state = own.code_attempt().map(|attempt| attempt.state.clone());
        self.connections.put(Overview { attempt: None, ..own });
        state.unwrap_or_default()
    }

    fn redeem(
        &mut self,
        panel: &mut SignInPanel,
        code: AuthorizationCode,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let attempt = self.connections.get(&panel.connection).and_then(|own| own.open_code_attempt(now));
        let Some(state) = attempt.map(|attempt| attempt.state.clone()) else { return Vec::new() };
        let Some((request, effect)) = self.exchange(&panel.connection, GrantStep::Redeem { code, state })
        else {
            return Vec::new();
        };
        panel.phase = Phase::Redeeming(request);
        vec![effect]
    }

    fn refuse(&mut self, panel: &mut SignInPanel, refusal: &Refusal, echo: String) -> Vec<Effect> {
        let failure = Failure::new(refusal.what_happened(), refusal.what_to_do());
        panel.refusal = Some(RefusedPaste { failure, echo });
        if refusal.counts_as_try() {
            let attempt = self.connections.get(&panel.connection).and_then(|own| own.code_attempt());
            let state = attempt.map(|attempt| attempt.state.clone()).unwrap_or_default();
            vec![self.change(&panel.connection, Edit::WrongPaste { state })]
        } else {
            Vec::new()
        }
    }

    pub(super) fn change(&mut self, connection: &ConnectionId, edit: Edit) -> Effect {
        Effect::Change { request: self.request(), connection: connection.clone(), edit: Box::new(edit) }
    }

    fn paste_into_field(&mut self, text: &PastedText, now: DateTime<Utc>) {
        let text = text.expose();
        match (&mut self.panel, self.line) {
            (Some(Panel::Input(pane)), _) if pane.saving.is_none() => {
                if !pane.is_typing() {
                    self.tell(Notice::plain("Pasted text is not used here: choose a field first.", now));
                    return;
                }
                if !pane.paste(text) {
                    self.tell(Notice::bad(Failure::new(
                        "That looks like a client secret or a key, and this field would show it. It was not taken.",
                        "A secret's place is the field Client secret (a new registration, or e); of a key, give the file.",
                    )));
                }
            }
            (Some(Panel::Secret(panel)), _) if panel.is_typing() || panel.takes_another() => {
                panel.paste(text);
            }
            (Some(Panel::Question(Question::Remove { field, removing: None, .. })), _) => {
                field.paste(text.trim());
            }
            (None, Some(Line::ConnectionFilter)) => {
                self.connections.filter.paste(text.trim());
                self.connections.keep_selection(now);
            }
            (None, Some(Line::ActivityFilter)) => self.activity.filter.paste(text.trim()),
            (None, Some(Line::PermissionSearch)) => self.permissions.search.paste(text.trim()),
            (None, Some(Line::Scope)) => {
                if let Some(field) = &mut self.permissions.entry {
                    field.paste(text.trim());
                }
            }
            _ => self.tell(unused(now)),
        }
    }

    /// A panel that waits for an address that nobody can use any more says so.
    pub(super) fn end_sign_in_if_over(&mut self, now: DateTime<Utc>) {
        self.end_device_sign_in_if_over(now);
        let Some(Panel::SignIn(panel)) = &mut self.panel else { return };
        let open = self.connections.get(&panel.connection).is_some_and(|own| own.open_attempt(now).is_some());
        if panel.phase == Phase::Waiting && !open {
            *panel = SignInPanel {
                phase: Phase::Failed(attempt_over()),
                ..SignInPanel::waiting(panel.connection.clone())
            };
        }
    }
}

fn unused(now: DateTime<Utc>) -> Notice {
    Notice::plain("Pasted text is not used here, and none of it acted as keys.", now)
}

fn attempt_over() -> Failure {
    Failure::new(
        "This sign-in is over: fifteen minutes have passed, or five pastes were refused.",
        "Begin a new one (a) and use its address.",
    )
}
