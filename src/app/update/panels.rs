//! What an action does in a panel.

use chrono::{DateTime, Utc};
use crossterm::event::KeyEvent;

use crate::domain::{ConnectionId, Overview};

use crate::app::{
    Action, App, Browser, Edit, Effect, Failure, InputPane, Leave, Notice, Panel, Phase, Purpose, Question,
    SignInPanel, Way,
};

impl App {
    pub(super) fn act_in_panel(&mut self, action: Action, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(panel) = self.panel.take() else { return Vec::new() };
        match panel {
            Panel::Help(row) => self.act_in_help(row, action),
            Panel::Plain(_) => {}
            panel if action == Action::Help => {
                self.covered.push(panel);
                self.panel = Some(Panel::Help(0));
            }
            Panel::Input(pane) => return self.act_in_form(pane, action),
            Panel::SignIn(panel) => return self.act_in_sign_in(panel, action, now),
            Panel::DeviceSignIn(panel) => return self.act_in_device_sign_in(panel, action),
            Panel::Consent(panel) => return self.act_in_consent(panel, action, now),
            Panel::HandOver(panel) => return self.act_in_hand_over(panel, action, now),
            Panel::Secret(panel) => return self.act_in_secret_replacement(panel, action, now),
            Panel::Export(panel) => return self.act_in_export(panel, action),
            Panel::Presets(panel) => return self.act_in_presets(panel, action, now),
            Panel::Probe(panel) => return self.act_in_probe(panel, action, now),
            Panel::Question(question) => return self.act_in_question(question, action, now),
        }
        Vec::new()
    }

    fn act_in_help(&mut self, row: usize, action: Action) {
        let last = Action::ALL.len();
        self.panel = match action {
            Action::First => Some(Panel::Help(0)),
            Action::Last => Some(Panel::Help(last)),
            Action::Up => Some(Panel::Help(row.saturating_sub(1))),
            Action::Down => Some(Panel::Help((row + 1).min(last))),
            Action::HalfPageUp => Some(Panel::Help(row.saturating_sub(10))),
            Action::HalfPageDown => Some(Panel::Help((row + 10).min(last))),
            Action::Back | Action::Quit | Action::Help => None,
            _ => Some(Panel::Help(row)),
        };
    }

    fn act_in_form(&mut self, mut pane: Box<InputPane>, action: Action) -> Vec<Effect> {
        let mut effects = Vec::new();
        match action {
            Action::Back | Action::Quit if pane.saving.is_some() => {}
            Action::Back | Action::Quit if pane.touched => {
                self.panel = Some(Panel::Question(Question::DiscardForm(pane)));
                return effects;
            }
            Action::Back | Action::Quit => return effects,
            Action::NextField | Action::Down => pane.focus_next(),
            Action::PreviousField | Action::Up => pane.focus_previous(),
            Action::Left => pane.step_choice(-1),
            Action::Right | Action::Toggle => pane.step_choice(1),
            Action::Copy => effects = self.copy_redirect_uri(&mut pane),
            Action::Open if pane.saving.is_none() && self.drops_tokens(&pane) => {
                self.panel = Some(Panel::Question(Question::DropTokens(pane)));
                return effects;
            }
            Action::Open if pane.saving.is_none() && pane.makes_public_client() && pane.result().is_ok() => {
                self.panel = Some(Panel::Question(Question::PublicClient(pane)));
                return effects;
            }
            Action::Open if pane.saving.is_none() => effects = self.save_form(&mut pane),
            _ => {}
        }
        self.panel = Some(Panel::Input(pane));
        effects
    }

    /// True if what the form says disowns the tokens that are held.
    fn drops_tokens(&self, pane: &InputPane) -> bool {
        let Purpose::Edit(id, _) = &pane.purpose else { return false };
        let held = self.connections.get(id).filter(|own| own.tokens.is_some());
        let disowned =
            |own: &Overview| pane.result().is_ok_and(|form| form.settings.disowns_tokens_of(&own.settings));
        held.is_some_and(disowned)
    }

    fn copy_redirect_uri(&mut self, pane: &mut InputPane) -> Vec<Effect> {
        let Some(text) = pane.redirect_uri_to_copy() else { return Vec::new() };
        let request = self.request();
        pane.errand = Some(request);
        vec![Effect::SendText { request, text }]
    }

    fn save_form(&mut self, pane: &mut InputPane) -> Vec<Effect> {
        pane.tried = true;
        match pane.result() {
            Err(field) => {
                pane.focus = field;
                Vec::new()
            }
            Ok(form) => {
                let request = self.request();
                pane.saving = Some(request);
                vec![match &pane.purpose {
                    Purpose::New => Effect::Create { request, new: Box::new(form) },
                    Purpose::Edit(id, shown) => Effect::Change {
                        request,
                        connection: id.clone(),
                        edit: Box::new(Edit::Form(form, shown.clone())),
                    },
                }]
            }
        }
    }

    fn act_in_sign_in(&mut self, mut panel: SignInPanel, action: Action, now: DateTime<Utc>) -> Vec<Effect> {
        let mut effects = Vec::new();
        match action {
            Action::Back | Action::Quit if panel.other_ways => panel.other_ways = false,
            Action::Back if panel.paste.focused => {
                panel.paste.focused = false;
                panel.paste.clear();
            }
            Action::Back | Action::Quit => return effects,
            Action::Paste if panel.phase == Phase::Waiting => panel.paste.focused = true,
            Action::Open if panel.paste.focused => return self.submit_paste(panel, now),
            Action::Copy if panel.shows_tunnel() && !panel.other_ways => {
                effects.extend(self.hand_tunnel_line(&mut panel));
            }
            Action::Copy => effects.push(self.send(&mut panel, Way::Clipboard)),
            Action::WriteFile => effects.push(self.send(&mut panel, Way::File)),
            Action::OpenBrowser => {
                effects.push(self.open_browser(&mut panel));
                effects.extend(self.listen_for_browser_here(&mut panel, now));
            }
            Action::Tunnel if panel.phase == Phase::Waiting => return self.switch_tunnel(panel, now),
            Action::OtherWays => panel.other_ways = true,
            Action::PrintPlainly => return self.print_plainly(panel, now),
            Action::Authorize if matches!(panel.phase, Phase::Failed(_)) => {
                let connection = self.connections.get(&panel.connection).cloned();
                return connection.map_or_else(Vec::new, |overview| self.authorize(&overview, now));
            }
            Action::DeviceCode if matches!(panel.phase, Phase::Waiting | Phase::Failed(_)) => {
                self.ask_for_device_code(panel);
                return effects;
            }
            Action::AdminConsent => {
                let overview = self.connections.get(&panel.connection).cloned();
                self.covered.push(Panel::SignIn(panel));
                return overview.map_or_else(Vec::new, |own| self.ask_administrator(&own));
            }
            Action::Abandon => {
                self.panel = Some(Panel::Question(Question::Abandon(Box::new(panel))));
                return effects;
            }
            _ => {}
        }
        self.panel = Some(Panel::SignIn(panel));
        effects
    }

    fn open_browser(&mut self, panel: &mut SignInPanel) -> Effect {
        if self.environment.browser == Browser::Simulated {
            let request = self.request();
            panel.errand = Some(request);
            panel.other_ways = false;
            return Effect::SignInWithSimulatedBrowser { request, connection: panel.connection.clone() };
        }
        self.send(panel, Way::Browser)
    }

    fn print_plainly(&mut self, panel: SignInPanel, now: DateTime<Utc>) -> Vec<Effect> {
        let address = self
            .connections
            .get(&panel.connection)
            .and_then(|overview| overview.open_code_attempt(now))
            .map(|attempt| attempt.authorization_request.to_string());
        self.covered.push(Panel::SignIn(panel));
        self.panel = address.map(Panel::Plain);
        Vec::new()
    }

    fn act_in_question(&mut self, question: Question, action: Action, now: DateTime<Utc>) -> Vec<Effect> {
        match (action, question) {
            (Action::Open, Question::Remove { connection, field, removing: None }) => {
                self.remove_if_named(connection, field)
            }
            (Action::Open, Question::Copy { connection, value }) => {
                self.deliver_value(connection, value, now)
            }
            (Action::Open, Question::RenewAll(due)) => self.renew_all(&due, now),
            (Action::Open, Question::AcceptRestored(connection)) => self.accept_restored(&connection),
            (Action::Open, Question::Abandon(panel)) => self.abandon(&panel.connection, now),
            (Action::Open, Question::AbandonDevice(panel)) => self.abandon(&panel.connection, now),
            (Action::Open, Question::DeviceCode(panel)) => self.begin_device_sign_in(panel.connection),
            (Action::Open, Question::DiscardForm(_)) => Vec::new(),
            (Action::Open, Question::LeaveUnsaved) => vec![Effect::Quit(Leave::Quit)],
            (Action::Open, Question::DropTokens(pane)) if pane.makes_public_client() => {
                self.panel = Some(Panel::Question(Question::PublicClient(pane)));
                Vec::new()
            }
            (Action::Open, Question::DropTokens(mut pane) | Question::PublicClient(mut pane)) => {
                let effects = self.save_form(&mut pane);
                self.panel = Some(Panel::Input(pane));
                effects
            }
            (Action::Back | Action::Quit, Question::PublicClient(mut pane)) => {
                pane.focus_client_secret();
                self.panel = Some(Panel::Input(pane));
                Vec::new()
            }
            (Action::Back | Action::Quit, Question::AbandonDevice(panel)) => {
                self.panel = Some(Panel::DeviceSignIn(*panel));
                Vec::new()
            }
            (Action::Back | Action::Quit, Question::Abandon(panel) | Question::DeviceCode(panel)) => {
                self.panel = Some(Panel::SignIn(*panel));
                Vec::new()
            }
            (Action::Back | Action::Quit, Question::DiscardForm(pane) | Question::DropTokens(pane)) => {
                self.panel = Some(Panel::Input(pane));
                Vec::new()
            }
            (Action::Back | Action::Quit, _) => Vec::new(),
            (_, question) => {
                self.panel = Some(Panel::Question(question));
                Vec::new()
            }
        }
    }

    fn remove_if_named(&mut self, connection: ConnectionId, field: crate::app::Field) -> Vec<Effect> {
        let named =
            self.connections.get(&connection).is_some_and(|own| own.name.as_str() == field.text().trim());
        let mut removing = None;
        let mut effects = Vec::new();
        if named {
            let request = self.request();
            removing = Some(request);
            effects.push(Effect::Remove { request, connection: connection.clone() });
        } else {
            self.tell(Notice::bad(Failure::new(
                "What was typed is not the connection's name. Nothing was removed.",
                "Type the name exactly, or Esc.",
            )));
        }
        self.panel = Some(Panel::Question(Question::Remove { connection, field, removing }));
        effects
    }

    fn renew_all(&mut self, due: &[ConnectionId], now: DateTime<Utc>) -> Vec<Effect> {
        due.iter().for_each(|id| self.let_go(id));
        let (now_possible, paused): (Vec<ConnectionId>, Vec<ConnectionId>) =
            due.iter().cloned().partition(|id| {
                let own = self.connections.get(id);
                own.is_none_or(|own| self.schedule.paused_until(&own.settings.authority, now).is_none())
            });
        // The rest is due as well and follows by itself.
        let effects = self.refresh_all(&now_possible[..now_possible.len().min(self.room())], now);
        let told = match (now_possible.len(), paused.len()) {
            (count, 0) => format!("Renewing {count} connections …"),
            (0, count) => {
                format!("The platform asked for a pause: {count} connections follow by themselves.")
            }
            (count, paused) => {
                format!("Renewing {count} connections; {paused} follow after the pause that was asked for.")
            }
        };
        self.tell(Notice::plain(told, now));
        effects
    }

    fn abandon(&mut self, connection: &ConnectionId, now: DateTime<Utc>) -> Vec<Effect> {
        self.tell(Notice::plain("The sign-in was given up.", now));
        let attempt = self.connections.get(connection).and_then(|own| own.attempt.as_ref());
        let mark = attempt.map(|attempt| attempt.mark().to_owned());
        mark.into_iter().map(|mark| self.change(connection, Edit::AbandonAttempt { mark })).collect()
    }
}

impl SignInPanel {
    /// A key for the field: letters are text there, and only there.
    pub(super) fn type_key(&mut self, key: KeyEvent) {
        if !self.paste.focused || self.phase != Phase::Waiting {
            return;
        }
        self.refusal = None;
        self.paste.type_key(key);
    }
}
