//! What happens in the panel for admin consent.

use chrono::{DateTime, Utc};

use crate::domain::secret::{PastedText, Secret};
use crate::domain::{ConnectionId, Overview};
use crate::oauth::redirect_response::{AdminConsentResponse, Refusal, read_admin_consent};
use crate::oauth::token_answer::refused_by_redirect;
use crate::sanitize::masked_echo;

use crate::app::sign_in::{PASTE_SETTLES, RefusedPaste};
use crate::app::{
    Action, App, ConsentPanel, ConsentPhase, Edit, Effect, Failure, Panel, Parcel, Pasted, Way,
};

impl App {
    /// Asks an administrator, or goes on with what was asked before.
    pub(super) fn ask_administrator(&mut self, overview: &Overview) -> Vec<Effect> {
        let id = overview.id.clone();
        if overview.open_consent_request().is_some() {
            self.panel = Some(Panel::Consent(ConsentPanel::new(id, ConsentPhase::Waiting)));
            return Vec::new();
        }
        let request = self.request();
        self.panel = Some(Panel::Consent(ConsentPanel::new(id.clone(), ConsentPhase::Beginning(request))));
        vec![Effect::BeginAdminConsent { request, connection: id }]
    }

    pub(super) fn act_in_consent(
        &mut self,
        mut panel: ConsentPanel,
        action: Action,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let is_waiting = panel.phase == ConsentPhase::Waiting;
        match action {
            Action::Back if panel.paste.focused => {
                panel.paste.focused = false;
                panel.paste.clear();
            }
            Action::Back | Action::Quit => return effects,
            Action::Open if panel.paste.focused => return self.submit_consent(panel, now),
            Action::Paste if is_waiting => panel.paste.focused = true,
            Action::Copy if is_waiting => effects.push(self.send_message(&mut panel, Way::Clipboard)),
            Action::WriteFile if is_waiting => effects.push(self.send_message(&mut panel, Way::File)),
            Action::PrintPlainly if is_waiting => {
                let overview = self.connections.get(&panel.connection);
                // The whole message is longer than a screen: what must be marked in one piece is the address.
                let text = overview.and_then(|own| Some(own.open_consent_request()?.address.to_string()));
                self.covered.push(Panel::Consent(panel));
                self.panel = text.map(Panel::Plain);
                return effects;
            }
            Action::Authorize if panel.phase == ConsentPhase::Given => {
                let overview = self.connections.get(&panel.connection).cloned();
                return overview.map_or_else(Vec::new, |own| self.authorize(&own, now));
            }
            Action::AdminConsent if matches!(panel.phase, ConsentPhase::Failed(_)) => {
                let overview = self.connections.get(&panel.connection).cloned();
                return overview.map_or_else(Vec::new, |own| self.ask_administrator(&own));
            }
            _ => {}
        }
        self.panel = Some(Panel::Consent(panel));
        effects
    }

    fn send_message(&mut self, panel: &mut ConsentPanel, way: Way) -> Effect {
        let request = self.request();
        panel.errand = Some(request);
        let (connection, parcel) = (panel.connection.clone(), Parcel::AdminConsentMessage);
        Effect::Deliver { request, connection, parcel, way }
    }

    /// The connection whose request for admin consent the text carries the `state` of.
    pub(super) fn consent_named_by(&self, text: &PastedText) -> Option<ConnectionId> {
        let carries = |own: &&Overview| {
            own.open_consent_request().is_some_and(|request| text.expose().contains(&request.state))
        };
        self.connections.all().iter().find(carries).map(|own| own.id.clone())
    }

    /// The panel that a pasted answer belongs to: that of the request whose `state` it carries, else the open one.
    pub(super) fn consent_panel_for(&mut self, text: &PastedText) -> Option<ConsentPanel> {
        let named = self.consent_named_by(text);
        match self.panel.take() {
            Some(Panel::Consent(panel)) if named.as_ref().is_none_or(|id| *id == panel.connection) => {
                Some(panel)
            }
            other => {
                self.panel = other;
                let id = named?;
                self.covered
                    .retain(|panel| !matches!(panel, Panel::Consent(panel) if panel.connection == id));
                self.put_form_aside();
                // A sign-in goes on meanwhile, as behind the message.
                self.covered.extend(self.panel.take_if(|panel| panel.sign_in().is_some()));
                Some(ConsentPanel::new(id, ConsentPhase::Waiting))
            }
        }
    }

    pub(super) fn paste_into_consent(
        &mut self,
        mut panel: ConsentPanel,
        pasted: &Pasted,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        if panel.phase == ConsentPhase::Waiting {
            panel.refusal = None;
            match pasted {
                Pasted::Whole(text) => {
                    panel.paste.clear();
                    panel.paste.push(text.expose());
                    return self.submit_consent(panel, now);
                }
                Pasted::Piece(text) => {
                    panel.paste.push(text.expose());
                    panel.paste.focused = true;
                    panel.paste.settles_at = Some(now + PASTE_SETTLES);
                }
            }
        }
        self.panel = Some(Panel::Consent(panel));
        Vec::new()
    }

    /// An unmarked paste has come to rest: it is taken if it is an answer, and otherwise waits for Enter or for more.
    pub(super) fn settle_consent(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(Panel::Consent(panel)) = &mut self.panel else { return Vec::new() };
        if panel.paste.settles_at.is_none_or(|at| at > now) {
            return Vec::new();
        }
        panel.paste.settles_at = None;
        let panel = panel.clone();
        match self.judge_consent(&panel) {
            Some(Ok(_)) => self.submit_consent(panel, now),
            _ if self.belongs_to_sign_in(&panel, now) => self.submit_consent(panel, now),
            _ => Vec::new(),
        }
    }

    fn judge_consent(&self, panel: &ConsentPanel) -> Option<Result<AdminConsentResponse, Refusal>> {
        let request = self.connections.get(&panel.connection)?.open_consent_request()?;
        Some(read_admin_consent(panel.paste.text().as_bytes(), request))
    }

    /// True if the field holds what an open sign-in waits for.
    fn belongs_to_sign_in(&self, panel: &ConsentPanel, now: DateTime<Utc>) -> bool {
        self.sign_in_named_by(&PastedText::new(panel.paste.text()), now).is_some()
    }

    fn submit_consent(&mut self, mut panel: ConsentPanel, now: DateTime<Utc>) -> Vec<Effect> {
        if self.belongs_to_sign_in(&panel, now) {
            let text = PastedText::new(panel.paste.text());
            panel.paste.hand_in();
            panel.paste.clear();
            self.panel = Some(Panel::Consent(panel));
            return self.take_paste(&Pasted::Whole(text), now);
        }
        let verdict = self.judge_consent(&panel);
        let echo = masked_echo(panel.paste.text());
        panel.paste.clear();
        panel.paste.focused = false;
        let mut effects = Vec::new();
        match verdict {
            None => panel.phase = ConsentPhase::Failed(no_request()),
            Some(Ok(AdminConsentResponse::Given { tenant }))
                if self.is_of_another_tenant(&panel, tenant.as_deref()) =>
            {
                panel.phase = ConsentPhase::Failed(other_tenant(tenant.as_deref().unwrap_or_default()));
            }
            Some(Ok(AdminConsentResponse::Given { tenant })) => {
                let edit = Edit::AdminConsentGiven { tenant };
                let request = self.request();
                panel.phase = ConsentPhase::Keeping(request);
                let connection = panel.connection.clone();
                effects.push(Effect::Change { request, connection, edit: Box::new(edit) });
            }
            Some(Ok(AdminConsentResponse::Refused(error))) => {
                let refusal = refused_by_redirect(error.error);
                let advice = "Ask again (A), with what the administrator wants to know.";
                panel.phase = ConsentPhase::Failed(Failure::new(refusal.what_happened, advice));
                effects.push(self.change(&panel.connection, Edit::AdminConsentRefused));
            }
            Some(Err(refusal)) => {
                let failure = Failure::new(refusal.what_happened(), refusal.what_to_do());
                panel.refusal = Some(RefusedPaste { failure, echo });
            }
        }
        self.panel = Some(Panel::Consent(panel));
        effects
    }

    fn is_of_another_tenant(&self, panel: &ConsentPanel, told: Option<&str>) -> bool {
        let own = self.connections.get(&panel.connection);
        told.zip(own).is_some_and(|(told, own)| own.is_of_another_tenant_than(told))
    }
}

/// Consent was given, elsewhere.
fn other_tenant(told: &str) -> Failure {
    Failure::new(
        format!("The consent was given in another tenant ({told}) than this connection's."),
        "An administrator of the mailbox's own tenant opens the address.",
    )
}

fn no_request() -> Failure {
    Failure::new("No request for admin consent is open any more.", "Begin a new one (A).")
}
