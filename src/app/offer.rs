//! Which actions are on offer where: the key line shows them, and only they are performed.

use chrono::{DateTime, Utc};

use crate::domain::app_registration::{CredentialFacts, CredentialKind};
use crate::domain::{NextStep, Overview};

use super::{
    Action, App, Browser, ConsentPhase, Context, DevicePhase, Door, ExportPhase, FieldView, FirstStep,
    HandOverPhase, Panel, Phase, Question, SecretPhase,
};

impl App {
    /// The actions that work here and now, the most useful first: as many as fit stand on the key line.
    pub fn on_offer(&self, now: DateTime<Utc>) -> Vec<Action> {
        use Action as A;
        let mut own = self.in_context(now);
        own.extend((self.is_on_tab() && self.leads_to_warning()).then_some(A::ShowWarning));
        own
    }

    /// True if keys go to the tab in front: nothing lies over it, and no field is typed into.
    pub fn is_on_tab(&self) -> bool {
        matches!(self.door, Door::Open) && self.panel.is_none() && self.line.is_none()
    }

    /// True of what belongs to the tab in front and has no token or secret to work on: its key says so.
    pub fn tells_why_not(&self, action: Action) -> bool {
        use Action as A;
        let on_tab = matches!(self.context(), Context::Connections | Context::Tokens);
        let needs_values = matches!(action, A::HandOver | A::Export | A::Probe | A::Renew | A::ReplaceSecret);
        on_tab && needs_values && self.chosen().is_some()
    }

    fn in_context(&self, now: DateTime<Utc>) -> Vec<Action> {
        use Action as A;
        match self.context() {
            Context::FirstRun => self.at_first_run(),
            Context::Door => self.at_the_door(),
            Context::Connections => with_tabs(self.in_connections(now)),
            Context::Permissions if self.chosen().is_some_and(|own| !own.settings.way_in.is_delegated()) => {
                with_tabs(vec![A::Authorize, A::AdminConsent, A::Edit])
            }
            Context::Permissions => with_tabs(self.in_permissions()),
            Context::Tokens => with_tabs(self.in_tokens(now)),
            Context::Activity => with_tabs(vec![A::Filter]),
            Context::SignIn => self.in_sign_in(now),
            Context::DeviceSignIn => self.in_device_sign_in(),
            Context::Consent => self.in_consent(),
            Context::OtherWays => self.in_other_ways(now),
            Context::InputPane => self.in_input_pane(),
            Context::HandOver => self.in_hand_over(now),
            Context::SecretReplacement => self.in_secret_replacement(),
            Context::Export => self.in_export(),
            Context::Probe => self.in_probe(),
            Context::Question => vec![A::Open, A::Back],
            Context::Presets => {
                vec![A::Open, A::Up, A::Down, A::HalfPageUp, A::HalfPageDown, A::First, A::Last, A::Back]
            }
            Context::Help => vec![A::Up, A::Down, A::HalfPageUp, A::HalfPageDown, A::Back],
            Context::PlainPage | Context::Line => vec![A::Open, A::Back],
        }
    }

    fn at_first_run(&self) -> Vec<Action> {
        use Action as A;
        match &self.door {
            Door::FirstRun(first) => match first.step {
                FirstStep::Choosing => vec![A::Open, A::Up, A::Down, A::Theme, A::Quit],
                FirstStep::Making(_) => vec![A::Interrupt],
                _ => vec![A::Open, A::Back],
            },
            _ => Vec::new(),
        }
    }

    fn at_the_door(&self) -> Vec<Action> {
        match &self.door {
            Door::Locked(_) => vec![Action::Open, Action::Interrupt],
            Door::Closed(_) => vec![Action::Open, Action::Quit],
            _ => vec![Action::Quit],
        }
    }

    fn in_connections(&self, now: DateTime<Utc>) -> Vec<Action> {
        use Action as A;
        let Some(chosen) = self.chosen() else { return vec![A::New, A::Filter, A::NeedsMe] };
        let mut own = vec![A::Open];
        own.extend((chosen.next_step(now) == NextStep::AcceptRestored).then_some(A::AcceptRestored));
        own.extend((chosen.next_step(now) == NextStep::ReplaceSecret).then(|| replacing(chosen)));
        own.push(A::Authorize);
        own.extend(chosen.open_code_attempt(now).map(|_| A::Paste));
        own.extend(chosen.can_renew().then_some(A::Renew));
        own.extend(needs_administrator(chosen, now).then_some(A::AdminConsent));
        own.extend(chosen.tokens.as_ref().map(|_| A::HandOver));
        own.extend(can_probe(chosen).then_some(A::Probe));
        own.extend([A::New, A::NewLike]);
        let export = chosen.tokens.as_ref().map(|_| A::Export);
        let replace = has_secret(chosen).then_some(A::ReplaceSecret);
        let more = [A::NeedsMe, A::Filter, A::Forecast, A::Sort, A::Remove, A::RenewAll, A::AdminConsent];
        // Always to be had, and in front where it is what is missing.
        for always in [A::Edit].into_iter().chain(export).chain(more).chain(replace) {
            if !own.contains(&always) {
                own.push(always);
            }
        }
        own
    }

    /// What is missing comes first after ticking: a sign-in, an administrator.
    fn in_permissions(&self) -> Vec<Action> {
        use Action as A;
        if self.chosen().is_none() {
            return Vec::new();
        }
        let mut own = vec![A::Toggle, A::Filter];
        if self.permissions.is_searching() {
            own.extend([A::New, A::NewLike]);
        }
        own.extend([A::Presets, A::Authorize, A::AdminConsent, A::AddScope, A::Left, A::Right]);
        own
    }

    fn in_tokens(&self, now: DateTime<Utc>) -> Vec<Action> {
        use Action as A;
        let Some(chosen) = self.chosen() else { return Vec::new() };
        let mut own = vec![A::Copy];
        own.extend(chosen.tokens.iter().flat_map(|_| [A::HandOver, A::Export]));
        own.push(A::Reveal);
        own.extend(can_probe(chosen).then_some(A::Probe));
        own.extend(chosen.can_renew().then_some(A::Renew));
        own.push(A::Authorize);
        own.extend(chosen.open_code_attempt(now).map(|_| A::Paste));
        own.extend([A::OtherWays, A::Edit]);
        own.extend(has_secret(chosen).then_some(A::ReplaceSecret));
        own.push(A::AdminConsent);
        own
    }

    fn in_sign_in(&self, now: DateTime<Utc>) -> Vec<Action> {
        use Action as A;
        let Some(Panel::SignIn(panel)) = &self.panel else { return Vec::new() };
        match panel.phase {
            Phase::Beginning(_) | Phase::Redeeming(_) => vec![A::Back],
            Phase::Failed(_) => vec![A::Authorize, A::DeviceCode, A::AdminConsent, A::Back],
            Phase::Waiting if panel.paste.focused => vec![A::Open, A::Back, A::Interrupt],
            Phase::Waiting => {
                let mut own = vec![A::Paste, A::Copy];
                own.extend(self.can_tunnel(now).then_some(A::Tunnel));
                own.extend(self.can_open_browser().then_some(A::OpenBrowser));
                own.extend([A::DeviceCode, A::AdminConsent, A::Abandon, A::Back]);
                // Told in the panel itself. The address at the other end of a tunnel is short enough for every way.
                own.extend((!panel.shows_tunnel()).then_some(A::OtherWays));
                own
            }
        }
    }

    fn in_device_sign_in(&self) -> Vec<Action> {
        use Action as A;
        let Some(Panel::DeviceSignIn(panel)) = &self.panel else { return Vec::new() };
        match panel.phase {
            DevicePhase::Beginning(_) | DevicePhase::Changing(_) => vec![A::Back],
            DevicePhase::Failed(_) => vec![A::Authorize, A::Paste, A::Back],
            DevicePhase::Blocked(_) => vec![A::Paste, A::Authorize, A::Back],
            DevicePhase::Waiting { .. } => {
                let mut own = vec![A::Copy];
                own.extend(self.can_open_browser().then_some(A::OpenBrowser));
                own.extend([A::Paste, A::Abandon, A::Back]);
                own
            }
        }
    }

    fn in_consent(&self) -> Vec<Action> {
        use Action as A;
        let Some(Panel::Consent(panel)) = &self.panel else { return Vec::new() };
        match panel.phase {
            ConsentPhase::Waiting if panel.paste.focused => vec![A::Open, A::Back, A::Interrupt],
            ConsentPhase::Waiting => vec![A::Copy, A::PrintPlainly, A::WriteFile, A::Paste, A::Back],
            ConsentPhase::Failed(_) => vec![A::AdminConsent, A::Back],
            ConsentPhase::Given => vec![A::Authorize, A::Back],
            ConsentPhase::Beginning(_) | ConsentPhase::Keeping(_) => vec![A::Back],
        }
    }

    /// True where `T` leads to the tunnel: the sign-in in front has an answer that this machine can receive.
    pub fn can_tunnel(&self, now: DateTime<Utc>) -> bool {
        let Some(Panel::SignIn(panel)) = &self.panel else { return false };
        let own = self.connections.get(&panel.connection);
        let attempt = own.and_then(|own| own.open_code_attempt(now));
        panel.phase == Phase::Waiting && attempt.is_some_and(|own| own.redirect_uri.listen_at().is_some())
    }

    fn in_other_ways(&self, now: DateTime<Utc>) -> Vec<Action> {
        use Action as A;
        let mut own = vec![A::PrintPlainly, A::WriteFile];
        own.extend(self.can_open_browser().then_some(A::OpenBrowser));
        own.extend(self.can_tunnel(now).then_some(A::Tunnel));
        own.extend([A::Copy, A::Back]);
        own
    }

    fn in_input_pane(&self) -> Vec<Action> {
        use Action as A;
        let Some(Panel::Input(pane)) = &self.panel else { return Vec::new() };
        let mut own = vec![A::Open, A::NextField, A::PreviousField, A::Up, A::Down];
        if matches!(pane.view(pane.focus), FieldView::Choice(_)) {
            own.extend([A::Left, A::Right, A::Toggle]);
        }
        own.extend(pane.redirect_uri_to_copy().map(|_| A::Copy));
        own.extend([A::Back, A::Interrupt]);
        own
    }

    fn in_hand_over(&self, now: DateTime<Utc>) -> Vec<Action> {
        use Action as A;
        match &self.panel {
            Some(Panel::HandOver(panel)) if matches!(panel.phase, HandOverPhase::Choosing(_)) => {
                let mut own = vec![A::Open];
                own.extend(self.forgettable(panel, now).map(|_| A::Remove));
                own.extend([A::Up, A::Down, A::Back]);
                own
            }
            Some(Panel::HandOver(panel)) if matches!(panel.phase, HandOverPhase::Handing { .. }) => {
                vec![A::Copy, A::Open, A::Back]
            }
            Some(Panel::HandOver(panel)) if !matches!(panel.phase, HandOverPhase::Renewing(_)) => {
                vec![A::Open, A::Back]
            }
            _ => vec![A::Back],
        }
    }

    fn in_secret_replacement(&self) -> Vec<Action> {
        use Action as A;
        let Some(Panel::Secret(panel)) = &self.panel else { return Vec::new() };
        let mut own = match &panel.phase {
            SecretPhase::Typing(_) => {
                return vec![A::Open, A::NextField, A::PreviousField, A::Up, A::Down, A::Back, A::Interrupt];
            }
            SecretPhase::Proving(..) => vec![A::Back],
            SecretPhase::Settled(..) | SecretPhase::Asking(..) => {
                let is_settled = matches!(panel.phase, SecretPhase::Settled(..));
                let first = if is_settled && !panel.takes_another() && !panel.may_go_on() {
                    [A::Renew, A::Open]
                } else {
                    [A::Open, A::Renew]
                };
                let mut own = vec![first[0]];
                own.extend(panel.may_go_back().then_some(A::Abandon));
                own.push(A::Back);
                own.extend(is_settled.then_some(first[1]));
                own
            }
            SecretPhase::GoingBack(..) | SecretPhase::Ending(..) => Vec::new(),
            SecretPhase::Done { .. } => {
                let mut own = Vec::new();
                own.extend((!self.old_copies(panel).is_empty()).then_some(A::HandOver));
                own.push(A::Back);
                own
            }
        };
        own.extend([A::Up, A::Down, A::HalfPageUp, A::HalfPageDown, A::First, A::Last]);
        own
    }

    fn in_probe(&self) -> Vec<Action> {
        use Action as A;
        let Some(Panel::Probe(panel)) = &self.panel else { return Vec::new() };
        if self.probes.is_asking(&panel.connection) {
            return vec![A::Back];
        }
        vec![A::Probe, A::Authorize, A::AdminConsent, A::Back]
    }

    fn in_export(&self) -> Vec<Action> {
        use Action as A;
        let Some(Panel::Export(panel)) = &self.panel else { return Vec::new() };
        match panel.phase {
            ExportPhase::Renewing(_) => vec![A::Back],
            // What is being written is awaited.
            ExportPhase::Exporting(..) => Vec::new(),
            ExportPhase::Asking(..) => vec![A::Open, A::Back],
            ExportPhase::Choosing
            | ExportPhase::Done(_)
            | ExportPhase::Unremembered(..)
            | ExportPhase::Failed(_) => {
                let mut own = vec![A::Open, A::Copy];
                own.extend([A::NextField, A::PreviousField, A::Up, A::Down]);
                if panel.is_typing() {
                    own.push(A::Interrupt);
                } else {
                    own.extend([A::Left, A::Right, A::Toggle]);
                }
                own.extend(panel.is_long().then_some([A::HalfPageDown, A::HalfPageUp]).into_iter().flatten());
                own.push(A::Back);
                own
            }
        }
    }

    /// True where `o` opens the address: in the demo by the simulated browser.
    pub fn can_open_browser(&self) -> bool {
        self.environment.browser != Browser::Elsewhere
    }

    /// The question that is asked, if one is.
    pub fn question(&self) -> Option<&Question> {
        match &self.panel {
            Some(Panel::Question(question)) => Some(question),
            _ => None,
        }
    }
}

/// What replaces the credential: a certificate goes with its key, in the form.
pub fn replacing(overview: &Overview) -> Action {
    match overview.credential {
        CredentialFacts::Certificate { .. } => Action::Edit,
        _ => Action::ReplaceSecret,
    }
}

fn has_secret(overview: &Overview) -> bool {
    overview.credential.kind() == Some(CredentialKind::Secret)
}

/// True if an administrator's consent is what is missing.
fn needs_administrator(overview: &Overview, now: DateTime<Utc>) -> bool {
    overview.next_step(now) == NextStep::AskConsent || overview.open_consent_request().is_some()
}

/// True if there is a token to ask with, or one to be had without a person.
pub(super) fn can_probe(overview: &Overview) -> bool {
    overview.tokens.is_some() || !overview.settings.way_in.is_delegated()
}

/// What is on offer on a tab, and what is on offer on all of them.
fn with_tabs(mut own: Vec<Action>) -> Vec<Action> {
    use Action as A;
    own.extend([A::Help, A::Theme, A::Lock, A::Quit]);
    own.extend([A::ShowConnections, A::ShowPermissions, A::ShowTokens, A::ShowActivity, A::PreviousTab]);
    own.extend([A::NextTab, A::Up, A::Down, A::HalfPageUp, A::HalfPageDown, A::First, A::Last, A::Back]);
    own.extend([A::NextField, A::PreviousField]);
    own
}
