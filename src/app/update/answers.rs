//! What an effect's answer changes. An answer that nobody awaits any more is dropped.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::secret::{PastedText, RevealedValue};
use crate::domain::{Event, EventKind, Overview};

use crate::app::activity;
use crate::app::{
    Answer, App, ConsentPhase, Delivery, DevicePhase, Edit, Effect, ExportPhase, Failure, FailureKind,
    HandOverPhase, Notice, Panel, Pasted, Phase, Purpose, Question, RequestId, Reveal, SignInPanel, Tab,
};

impl App {
    pub(super) fn take_answer(
        &mut self,
        request: RequestId,
        answer: Answer,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        match answer {
            Answer::Contents(result) => self.take_contents(request, result, now),
            Answer::Connection(result) => self.take_connection(request, result, now),
            Answer::Removed(Ok(id)) => {
                let name = self.connections.get(&id).map(|own| own.name.to_string()).unwrap_or_default();
                self.connections.remove(&id, now);
                self.warnings.look_at(&id);
                self.probes.forget(&id);
                self.close_removal(request);
                self.tell(Notice::good(format!("{name} was removed."), now));
                Vec::new()
            }
            Answer::Removed(Err(failure)) => {
                self.close_removal(request);
                self.complain(failure, now);
                Vec::new()
            }
            Answer::SecretProved(news) => self.take_proof(request, news, now),
            Answer::ReplacementEnded(result) => self.take_replacement_end(request, result, now),
            Answer::Delivered(result) => self.take_delivery(request, result, now),
            Answer::Revealed(result) => {
                self.take_reveal(request, result, now);
                Vec::new()
            }
            Answer::BrowserEndedOn(result) => self.take_browser(request, result, now),
            Answer::Probe(news) => {
                self.take_probe(request, news, now);
                Vec::new()
            }
            Answer::Listening(result) => self.take_listening(request, result),
            Answer::Redirected(text) => self.take_redirect(request, text, now),
            Answer::Activity(result) => self.take_activity(request, result, now),
            Answer::Warned(warned) => self.take_warned(request, &warned, now),
            Answer::HookFailed(failure) => {
                // Whoever told the hook has noted it.
                self.tell(Notice::bad(failure));
                Vec::new()
            }
            Answer::Previewed(result) => {
                self.take_preview(request, result);
                Vec::new()
            }
            Answer::Exported(result) => {
                self.take_export(request, result);
                Vec::new()
            }
        }
    }

    fn take_connection(
        &mut self,
        request: RequestId,
        result: Result<Box<Overview>, Failure>,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let asked = self.device_polls.answered(request);
        let exchanged = self.in_flight.iter().find(|(_, own)| **own == request).map(|(id, _)| id.clone());
        if let Some(id) = &exchanged {
            self.in_flight.remove(id);
            self.unplanned.insert(id.clone());
        }
        let asked_for_code = exchanged.as_ref().is_some_and(|id| self.asking_for_code.remove(id));
        match result {
            Ok(overview) => {
                let overview = *overview;
                let before = self.connections.get(&overview.id).cloned();
                self.follow_names(std::slice::from_ref(&overview));
                self.note_pause(&overview, now);
                // An exchange makes no connection: one that was removed meanwhile stays away.
                if exchanged.is_none() || self.connections.get(&overview.id).is_some() {
                    self.connections.put(overview.clone());
                    self.warnings.look_at(&overview.id);
                }
                match (&exchanged, asked) {
                    (Some(_), Some(asking)) => self.take_poll(&overview, before.as_ref(), asking, now),
                    (Some(_), None) if asked_for_code => self.note_code(request, &overview, now),
                    (Some(id), None) => {
                        self.note_exchange(&overview, now);
                        self.hold_back_if_still_due(id, FailureKind::Fault, now);
                    }
                    (None, _) => {}
                }
                let effects = self.go_on_with(request, &overview, now);
                self.keep_selection(now);
                effects
            }
            Err(failure) => {
                let mut effects = Vec::new();
                match &exchanged {
                    Some(id) if asked.is_some() => self.note_failed_poll(id, failure, now),
                    exchanged => {
                        if let Some(id) = exchanged.as_ref().filter(|_| !asked_for_code) {
                            self.hold_back_if_still_due(id, failure.kind, now);
                        }
                        let is_awaited = self.export_awaits(request);
                        self.stop(request, failure, now);
                        if is_awaited && let Some(Panel::Export(panel)) = self.panel.take() {
                            effects.extend(self.export_after_renewal(panel));
                        }
                    }
                }
                // The record may say more: the sign-in that is over, what another process did.
                effects.extend(self.read_records_again());
                effects
            }
        }
    }

    pub(super) fn follow_names(&mut self, read: &[Overview]) {
        for (before, now) in self.connections.renamed(read) {
            self.activity.rename(&before, &now);
        }
    }

    /// A token request ended: it goes into the activity and the status line.
    pub(super) fn note_exchange(&mut self, overview: &Overview, now: DateTime<Utc>) {
        if !self.is_attended() {
            return;
        }
        let refused = overview.foremost_trouble().filter(|trouble| {
            let last = overview.renewals.last();
            overview.trouble.is_some() || last.is_some_and(|last| last.at == trouble.at)
        });
        // At the moment that the record has, so that reading it again tells nothing twice.
        let event = match (refused, activity::worth_telling(overview)) {
            (Some(trouble), told) => Event {
                at: overview.renewals.last().map_or(now, |renewal| renewal.at),
                kind: told.map_or(EventKind::Failed, EventKind::of_renewal),
                connection: Some(overview.name.clone()),
                what_happened: trouble.what_happened.clone(),
                what_to_do: Some(trouble.what_to_do.clone()),
            },
            (None, Some(told)) => Event::of_renewal(&overview.name, told),
            (None, None) => return,
        };
        let Event { what_happened, what_to_do, .. } = event.clone();
        self.activity.note(event);
        self.tell(match what_to_do {
            None => match overview.new_remark() {
                Some(_) => Notice::plain(format!("{}: {what_happened}.", overview.name), now),
                // What was odd before in the same way is in the activity.
                None => Notice::good(format!("{}: {}.", overview.name, activity::briefly(overview)), now),
            },
            Some(what_to_do) => {
                Notice::bad(Failure::new(format!("{}: {what_happened}", overview.name), what_to_do))
            }
        });
    }

    /// The panel that waited for this record goes on.
    fn go_on_with(&mut self, request: RequestId, overview: &Overview, now: DateTime<Utc>) -> Vec<Effect> {
        match self.panel.take() {
            Some(Panel::Input(pane)) if pane.saving == Some(request) => {
                self.connections.select(overview.id.clone());
                // Something may have been mended.
                self.let_go_all();
                let text = match pane.purpose {
                    Purpose::New => format!("{} was made. a signs in.", overview.name),
                    Purpose::Edit(..) => format!("{} was saved.", overview.name),
                };
                self.tell(Notice::good(text, now));
                // Credentials may have been changed for other connections too.
                self.read_records_again()
            }
            Some(Panel::SignIn(mut panel)) if panel.phase == Phase::Beginning(request) => {
                let attempt = overview.open_code_attempt(now);
                let effects = if attempt.is_none_or(|attempt| attempt.can_come_back_by(panel.capture)) {
                    panel.phase = Phase::Waiting;
                    self.await_answer(&mut panel)
                } else {
                    let (request, capture) = (self.request(), panel.capture);
                    panel.phase = Phase::Beginning(request);
                    vec![Effect::BeginAttempt { request, connection: panel.connection.clone(), capture }]
                };
                self.panel = Some(Panel::SignIn(panel));
                effects
            }
            Some(Panel::SignIn(mut panel)) if panel.phase == Phase::Redeeming(request) => {
                let mut effects = Vec::new();
                match overview.trouble.as_ref().filter(|_| !overview.has_signed_in()) {
                    None => self.arrive(overview),
                    Some(trouble) => {
                        let failure = Failure::new(trouble.what_happened.clone(), trouble.what_to_do.clone());
                        if overview.open_code_attempt(now).is_some() {
                            panel.offer_again(&failure);
                            effects.extend(self.listen(&mut panel));
                        } else {
                            panel.phase = Phase::Failed(failure);
                            panel.paste.clear();
                        }
                        self.panel = Some(Panel::SignIn(panel));
                    }
                }
                effects
            }
            Some(Panel::DeviceSignIn(panel)) if panel.awaits(request) => {
                self.go_on_with_device(panel, overview, now)
            }
            Some(Panel::Consent(mut panel)) => {
                panel.go_on(request);
                self.panel = Some(Panel::Consent(panel));
                Vec::new()
            }
            Some(Panel::HandOver(panel)) if panel.phase == HandOverPhase::Renewing(request) => {
                self.hand_over_renewed(panel, overview);
                Vec::new()
            }
            Some(Panel::Export(panel)) if panel.phase == ExportPhase::Renewing(request) => {
                self.export_after_renewal(panel)
            }
            other => {
                self.panel = other;
                Vec::new()
            }
        }
    }

    /// Signed in: the panel closes and the gauges are shown.
    pub(super) fn arrive(&mut self, overview: &Overview) {
        self.panel = None;
        self.forget_covered_sign_ins(&overview.id);
        self.connections.select(overview.id.clone());
        self.tab = Tab::Tokens;
    }

    /// Nothing was stored: whoever waited is told.
    fn stop(&mut self, request: RequestId, failure: Failure, now: DateTime<Utc>) {
        match &mut self.panel {
            Some(Panel::Input(pane)) if pane.saving == Some(request) => {
                pane.saving = None;
                pane.failure = Some(failure);
            }
            Some(Panel::SignIn(panel)) if matches!(panel.phase, Phase::Beginning(own) | Phase::Redeeming(own) if own == request) =>
            {
                panel.phase = Phase::Failed(failure);
            }
            Some(Panel::DeviceSignIn(panel)) if panel.awaits(request) => {
                panel.phase = DevicePhase::refused(failure);
            }
            Some(Panel::Consent(panel)) if matches!(panel.phase, ConsentPhase::Beginning(own) | ConsentPhase::Keeping(own) if own == request) =>
            {
                panel.phase = ConsentPhase::Failed(failure);
            }
            Some(Panel::HandOver(panel)) if panel.phase == HandOverPhase::Renewing(request) => {
                panel.phase = HandOverPhase::Failed(failure);
            }
            _ => self.complain(failure, now),
        }
    }

    fn take_activity(
        &mut self,
        request: RequestId,
        result: Result<Vec<Event>, Failure>,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        if self.activity.reading.take_if(|own| *own == request).is_none() {
            return Vec::new();
        }
        match result {
            Ok(events) => self.activity.merge(events),
            Err(failure) if !self.activity.is_unread_told => {
                self.activity.is_unread_told = true;
                self.complain(failure, now);
            }
            Err(_) => {}
        }
        let is_outdated = std::mem::take(&mut self.activity.is_outdated);
        if is_outdated && self.shows_activity() { self.read_activity() } else { Vec::new() }
    }

    fn close_removal(&mut self, request: RequestId) {
        if matches!(&self.panel, Some(Panel::Question(Question::Remove { removing, .. })) if *removing == Some(request))
        {
            self.panel = None;
        }
    }

    fn take_delivery(
        &mut self,
        request: RequestId,
        result: Result<Delivery, Failure>,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        if self.tokens.errand == Some(request) {
            self.tokens.errand = None;
            let copied = self.tokens.copying.take().filter(|_| result.is_ok());
            self.tell_delivery(result, now);
            let remembered = copied.map(|(id, given)| self.change(&id, Edit::HandedOver(given)));
            return remembered.into_iter().collect();
        }
        // A path is longer than the panel's own word for it.
        if let Ok(written @ Delivery::WrittenTo(_)) = &result {
            self.tell(Notice::good_with_advice(
                written.as_sentence(),
                "It holds no secret; fetch it with scp.",
            ));
        }
        match &mut self.panel {
            Some(Panel::HandOver(panel)) => {
                let panel = panel.clone();
                return self.take_handed_value(panel, request, result);
            }
            Some(Panel::Input(pane)) if pane.errand == Some(request) => {
                pane.errand = None;
                self.tell_delivery(result, now);
            }
            Some(Panel::DeviceSignIn(panel)) if panel.errand == Some(request) => {
                panel.errand = None;
                panel.sent = Some(result);
            }
            Some(Panel::Consent(panel)) if panel.errand == Some(request) => {
                panel.errand = None;
                panel.sent = Some(result);
            }
            Some(other) => {
                if let Some(panel) = other.sign_in_mut() {
                    panel.take_delivery(request, result);
                }
            }
            None => {}
        }
        Vec::new()
    }

    fn tell_delivery(&mut self, result: Result<Delivery, Failure>, now: DateTime<Utc>) {
        match result {
            Ok(delivery) => self.tell(Notice::good(delivery.as_sentence(), now)),
            Err(failure) => self.complain(failure, now),
        }
    }

    fn take_reveal(
        &mut self,
        request: RequestId,
        result: Result<RevealedValue, Failure>,
        now: DateTime<Utc>,
    ) {
        let Some((_, value)) = self.tokens.revealing.take_if(|(awaited, _)| *awaited == request) else {
            return;
        };
        match result {
            Ok(text) => {
                let until = now + TimeDelta::seconds(10);
                self.tokens.reveal = Some(Reveal { value, text, until });
            }
            Err(failure) => self.complain(failure, now),
        }
    }

    fn take_browser(
        &mut self,
        request: RequestId,
        result: Result<PastedText, Failure>,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        match &mut self.panel {
            Some(Panel::SignIn(panel)) if panel.errand == Some(request) => panel.errand = None,
            Some(Panel::DeviceSignIn(panel)) if panel.errand == Some(request) => {
                panel.errand = None;
                match result {
                    Ok(_) => self.tell(Notice::good("The code was entered in the simulated browser.", now)),
                    Err(failure) => self.complain(failure, now),
                }
                return Vec::new();
            }
            _ => return Vec::new(),
        }
        match result {
            // As if it had been pasted: it stands in the field for a moment, then it is taken.
            Ok(address) => self.take_paste(&Pasted::Piece(address), now),
            Err(failure) => {
                self.complain(failure, now);
                Vec::new()
            }
        }
    }
}

impl SignInPanel {
    fn take_delivery(&mut self, request: RequestId, result: Result<Delivery, Failure>) {
        if self.errand == Some(request) {
            self.errand = None;
            // What became of it stands on the panel itself.
            self.other_ways = false;
            self.sent = Some(result);
        }
    }
}
