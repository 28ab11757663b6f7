//! What keys and answers do to the replacement of a client secret.

use chrono::{DateTime, Utc};
use crossterm::event::KeyEvent;

use crate::app::secret_replacement::{OldCopy, old_copies};
use crate::app::{
    Action, App, AppFacts, AskedIn, Effect, Notice, Panel, ReplacementEnd, SecretForm, SecretPanel,
    SecretPhase, SecretToProve,
};
use crate::domain::app_registration::{CredentialFacts, CredentialKind};
use crate::domain::{ClientId, ConnectionId, HandedOver, Overview, Proof, ProofRun, ProofState, Verdict};

impl App {
    /// Only a secret is replaced here: a certificate has a key beside it, and a public client has neither.
    pub(super) fn open_secret_replacement(&mut self, chosen: &Overview, now: DateTime<Utc>) {
        let told = match chosen.credential.kind() {
            Some(CredentialKind::Secret) => {
                let panel = self.secret_panel(chosen, now);
                self.panel = Some(Panel::Secret(Box::new(panel)));
                return;
            }
            Some(CredentialKind::Certificate) => "A certificate is replaced with its key, by their files: e.",
            Some(CredentialKind::Public) => "A public client has no secret. e gives it one.",
            None => "The record of the app registration is missing: e enters it anew.",
        };
        self.tell(Notice::plain(told, now));
    }

    /// One that was begun is gone on with.
    fn secret_panel(&self, chosen: &Overview, now: DateTime<Utc>) -> SecretPanel {
        let client_id = chosen.settings.client_id;
        let replacement = self.app_facts(&client_id).and_then(|app| app.replacement.as_ref());
        let phase = match replacement {
            None => SecretPhase::Typing(SecretForm::default()),
            Some(own) => {
                let run = ProofRun::new(self.served_by(&client_id), |id| own.proven_for.contains(id), now);
                SecretPhase::Settled(run, SecretToProve::Held, Verdict::Partly)
            }
        };
        SecretPanel {
            client_id,
            serves: self.served_by(&client_id).count(),
            in_use_since: self.app_facts(&client_id).and_then(|app| entered_at(&app.credential)),
            candidate_since: replacement.and_then(|own| entered_at(&own.candidate)),
            row: None,
            phase,
        }
    }

    pub(super) fn app_facts(&self, client_id: &ClientId) -> Option<&AppFacts> {
        self.connections.apps.iter().find(|app| app.client_id == *client_id)
    }

    fn served_by(&self, client_id: &ClientId) -> impl Iterator<Item = &Overview> {
        let client_id = *client_id;
        self.connections.all().iter().filter(move |own| own.settings.client_id == client_id)
    }

    /// Who still holds the secret of before.
    pub fn old_copies(&self, panel: &SecretPanel) -> Vec<OldCopy> {
        old_copies(self.served_by(&panel.client_id))
    }

    /// True if nobody will be warned before the secret in use ends.
    pub fn has_no_end_date(&self, panel: &SecretPanel) -> bool {
        self.app_facts(&panel.client_id).is_some_and(|app| app.credential.lifetime().is_none())
    }

    pub(super) fn act_in_secret_replacement(
        &mut self,
        mut panel: Box<SecretPanel>,
        action: Action,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        if panel.look(action) {
            self.panel = Some(Panel::Secret(panel));
            return Vec::new();
        }
        let action = match (action, &panel.phase) {
            // Whoever wants to leave has not said that it is to go on: the question stays.
            (Action::Quit | Action::Interrupt, SecretPhase::Asking(..)) => Action::Interrupt,
            (Action::Interrupt, _) if panel.takes_another() => Action::Open,
            (Action::Quit | Action::Interrupt, _) => Action::Back,
            (Action::Open, _) if panel.may_go_on() => Action::Renew,
            (action, _) => action,
        };
        let (client_id, effects) = (panel.client_id, Vec::new());
        panel.phase = match (panel.phase, action) {
            (SecretPhase::Typing(form), Action::Open) => self.begin_proving(&client_id, form, now),
            (SecretPhase::Typing(mut form), action) => {
                match action {
                    Action::Back => return effects,
                    Action::NextField | Action::PreviousField | Action::Up | Action::Down => {
                        form.turn_focus();
                    }
                    _ => {}
                }
                SecretPhase::Typing(form)
            }
            (SecretPhase::Proving(run, secret), Action::Back) => {
                SecretPhase::Asking(run, secret, AskedIn::Proving)
            }
            (SecretPhase::Settled(run, secret, Verdict::Partly), Action::Back) => {
                SecretPhase::Asking(run, secret, AskedIn::Settled)
            }
            (SecretPhase::Settled(..) | SecretPhase::Done { .. }, Action::Back) => return effects,
            (SecretPhase::Settled(run, secret @ SecretToProve::Held, _), Action::Abandon) => {
                SecretPhase::Asking(run, secret, AskedIn::GoingBack)
            }
            (SecretPhase::Asking(run, secret, AskedIn::GoingBack), Action::Open) => {
                SecretPhase::GoingBack(run, secret)
            }
            (
                SecretPhase::Settled(run, secret, Verdict::Partly) | SecretPhase::Asking(run, secret, _),
                Action::Open,
            ) => {
                return self.stop_replacing(&run, &secret, now);
            }
            (SecretPhase::Settled(..), Action::Open) => SecretPhase::Typing(SecretForm::default()),
            (SecretPhase::Settled(mut run, secret, _), Action::Renew) => {
                run.try_again(now);
                SecretPhase::Proving(run, secret)
            }
            (SecretPhase::Asking(run, secret, _), Action::Abandon) => SecretPhase::GoingBack(run, secret),
            (SecretPhase::Asking(run, secret, AskedIn::Proving), Action::Back) => {
                SecretPhase::Proving(run, secret)
            }
            (SecretPhase::Asking(run, secret, AskedIn::Settled | AskedIn::GoingBack), Action::Back) => {
                SecretPhase::Settled(run, secret, Verdict::Partly)
            }
            (phase @ SecretPhase::Done { .. }, Action::HandOver) => {
                panel.phase = phase;
                return self.hand_over_next(panel, now);
            }
            (phase, _) => phase,
        };
        self.panel = Some(Panel::Secret(panel));
        effects
    }

    /// The panel closes, and nothing more is begun; what is in the air comes to its end. The record keeps both secrets once
    /// the new one has worked, so that it can be gone on with.
    fn stop_replacing(&mut self, run: &ProofRun, secret: &SecretToProve, now: DateTime<Utc>) -> Vec<Effect> {
        let told = match secret {
            SecretToProve::Held => "Both secrets are kept. S goes on.",
            SecretToProve::Typed { .. } if run.is_under_way() => {
                "If the renewal under way works, the new secret is kept beside the old one. S goes on then."
            }
            SecretToProve::Typed { .. } => "Nothing was changed: the old secret is in use.",
        };
        self.tell(Notice::plain(told, now));
        self.read_records_again()
    }

    /// A form that is not right stays, and says why.
    fn begin_proving(&self, client_id: &ClientId, mut form: SecretForm, now: DateTime<Utc>) -> SecretPhase {
        match form.given(now) {
            Ok(secret) => {
                let run = ProofRun::new(self.served_by(client_id), |_| false, now);
                SecretPhase::Proving(run, secret)
            }
            Err(failure) => {
                form.failure = Some(failure);
                SecretPhase::Typing(form)
            }
        }
    }

    /// The panel comes back when the hand-over is closed.
    fn hand_over_next(&mut self, panel: Box<SecretPanel>, now: DateTime<Utc>) -> Vec<Effect> {
        let next = self.old_copies(&panel).into_iter().next();
        let own = next.as_ref().and_then(|copy| self.connections.get(&copy.connection)).cloned();
        let (Some(copy), Some(own)) = (next, own) else {
            self.panel = Some(Panel::Secret(panel));
            return Vec::new();
        };
        self.covered.push(Panel::Secret(panel));
        self.connections.select(own.id.clone());
        match copy.hand_over.what {
            HandedOver::Form(consumer) => self.begin_hand_over(&own, consumer, now),
            HandedOver::Export(_) | HandedOver::Value(_) => {
                self.open_export(&own, Some(&copy.hand_over), now)
            }
        }
    }

    /// The renewals whose turn it is, and what follows when none is left. Also under another panel.
    pub(super) fn go_on_replacing(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(mut panel) = self.take_secret_panel() else { return Vec::new() };
        let mut effects = Vec::new();
        let client_id = panel.1.client_id;
        panel.1.phase = match panel.1.phase {
            SecretPhase::Proving(mut run, secret) if self.works() => {
                run.resume(now);
                effects.extend(self.prove_next(&mut run, &secret, now));
                self.settle(run, secret, &client_id, &mut effects)
            }
            SecretPhase::GoingBack(run, secret) if !run.is_under_way() => {
                // What the record holds goes, also where those that it was proven for were removed.
                if matches!(secret, SecretToProve::Typed { .. }) {
                    self.tell(Notice::plain("Nothing was changed: the old secret is in use.", now));
                    return effects;
                }
                let (request, end) = (self.request(), ReplacementEnd::BackToOld);
                effects.push(Effect::EndReplacement { request, client_id, end, proven: run.proven() });
                SecretPhase::Ending(run, request, end)
            }
            SecretPhase::Done { run, copies } => {
                let held = old_copies(self.served_by(&client_id)).len();
                SecretPhase::Done { run, copies: copies.max(held) }
            }
            phase => phase,
        };
        self.put_secret_panel(panel);
        effects
    }

    fn prove_next(&mut self, run: &mut ProofRun, secret: &SecretToProve, now: DateTime<Utc>) -> Vec<Effect> {
        let is_free = |id: &ConnectionId| !self.is_busy(id) && self.pause_of(id, now).is_none();
        let ids = run.begin_next(self.room(), is_free);
        ids.into_iter()
            .map(|connection| {
                let request = self.request();
                self.set_busy(&connection, request);
                Effect::ProveSecret { request, connection, secret: secret.clone() }
            })
            .collect()
    }

    /// When the pause ends that the server wants of whoever asks for this connection.
    fn pause_of(&self, id: &ConnectionId, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let own = self.connections.get(id)?;
        self.schedule.paused_until(&own.settings.authority, now)
    }

    /// When the proving goes on by itself, after a pause.
    pub fn proving_goes_on_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let panel = self.panel.iter().chain(&self.covered).find_map(|panel| match panel {
            Panel::Secret(panel) => Some(panel),
            _ => None,
        })?;
        let SecretPhase::Proving(run, _) = &panel.phase else { return None };
        let waiting = run.rows().iter().filter(|row| row.state == ProofState::Waiting);
        waiting.filter_map(|row| self.pause_of(&row.id, now)).chain(run.paused_until()).min()
    }

    fn settle(
        &mut self,
        run: ProofRun,
        secret: SecretToProve,
        client_id: &ClientId,
        effects: &mut Vec<Effect>,
    ) -> SecretPhase {
        match run.verdict() {
            // It goes on when the pause is over.
            Some(_) if run.paused_until().is_some() => SecretPhase::Proving(run, secret),
            None => SecretPhase::Proving(run, secret),
            Some(Verdict::AllProven) => {
                let (request, end) = (self.request(), ReplacementEnd::TakeNew);
                let proven = run.proven();
                effects.push(Effect::EndReplacement { request, client_id: *client_id, end, proven });
                SecretPhase::Ending(run, request, end)
            }
            // The record holds both, whoever uses the new one.
            Some(_) if secret == SecretToProve::Held => SecretPhase::Settled(run, secret, Verdict::Partly),
            Some(verdict) => SecretPhase::Settled(run, secret, verdict),
        }
    }

    /// With its place among the covered panels; `None` is in front.
    pub(super) fn take_secret_panel(&mut self) -> Option<(Option<usize>, Box<SecretPanel>)> {
        if let Some(Panel::Secret(panel)) = self.panel.take_if(|panel| matches!(panel, Panel::Secret(_))) {
            return Some((None, panel));
        }
        let place = self.covered.iter().position(|panel| matches!(panel, Panel::Secret(_)))?;
        match self.covered.remove(place) {
            Panel::Secret(panel) => Some((Some(place), panel)),
            _ => None,
        }
    }

    pub(super) fn put_secret_panel(&mut self, (place, panel): (Option<usize>, Box<SecretPanel>)) {
        match place {
            None => self.panel = Some(Panel::Secret(panel)),
            Some(place) => self.covered.insert(place, Panel::Secret(panel)),
        }
    }
}

/// When a secret was entered, which tells it from any other.
pub(super) fn entered_at(credential: &CredentialFacts) -> Option<DateTime<Utc>> {
    match credential {
        CredentialFacts::Secret { entered_at, .. } => Some(*entered_at),
        CredentialFacts::Public | CredentialFacts::Certificate { .. } | CredentialFacts::Missing => None,
    }
}

impl SecretPanel {
    /// A key for the form.
    pub(super) fn type_key(&mut self, key: KeyEvent) {
        if let SecretPhase::Typing(form) = &mut self.phase {
            form.failure = None;
            form.field_mut().handle(key);
        }
    }

    /// One that is pasted after a wrong one is a new attempt.
    pub(super) fn paste(&mut self, text: &str) {
        if self.takes_another() {
            self.row = None;
            self.phase = SecretPhase::Typing(SecretForm::default());
        }
        if let SecretPhase::Typing(form) = &mut self.phase {
            form.paste(text);
        }
    }

    /// Empties the field with the focus; false if there is nothing to empty.
    pub(super) fn clear_field(&mut self) -> bool {
        match &mut self.phase {
            SecretPhase::Typing(form) => form.field_mut().clear_typed(),
            _ => false,
        }
    }

    /// Moves among the rows; false if the action is another one.
    fn look(&mut self, action: Action) -> bool {
        if self.is_typing() {
            return false;
        }
        let last = self.run().map_or(0, |run| run.rows().len().saturating_sub(1));
        let here = self.row.unwrap_or_else(|| self.followed());
        let row = match action {
            Action::Up => here.saturating_sub(1),
            Action::Down => here + 1,
            Action::HalfPageUp => here.saturating_sub(10),
            Action::HalfPageDown => here + 10,
            Action::First => 0,
            Action::Last => last,
            _ => return false,
        };
        self.row = Some(row.min(last));
        true
    }

    /// The row that is looked at while nobody moves: the first that is under way, else the first that is to be thought about.
    pub fn followed(&self) -> usize {
        let rows = self.run().map_or(&[][..], ProofRun::rows);
        let is_odd = |state: &ProofState| match state {
            ProofState::Ended(Proof::Refused(_)) => true,
            ProofState::Ended(Proof::Unproven(why)) => why.passes(),
            _ => false,
        };
        let under_way = rows.iter().position(|row| row.state == ProofState::Renewing);
        under_way.or_else(|| rows.iter().position(|row| is_odd(&row.state))).unwrap_or(0)
    }
}
