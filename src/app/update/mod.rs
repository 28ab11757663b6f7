//! `App::update`: what happens to the state when something happens.
//!
//! `keys.rs` has what an action does on the tabs, `panels.rs` in a panel, `door.rs` at the vault's door, `paste.rs` what
//! becomes of pasted text, `permissions.rs` the Permissions tab, `hand_over.rs` and `export.rs` giving values away,
//! `listening.rs` what the browser brings by itself, `answers.rs` what an effect's answer changes, `device.rs` the sign-in
//! by device code, `consent.rs` that of an administrator, `queue.rs` the way from one sign-in to the next,
//! `secret_replacement.rs` a new client secret, `secret_proofs.rs` what its proofs bring, `probe.rs` what Graph answers to a
//! token, `renewals.rs` what renews by itself, `warnings.rs` who is told of what ends, `time.rs` what else the time brings.

mod answers;
mod consent;
mod contents;
mod device;
mod door;
mod export;
mod hand_over;
mod keys;
mod listening;
mod panels;
mod paste;
mod permissions;
mod probe;
mod queue;
mod renewals;
mod saving;
mod secret_proofs;
mod secret_replacement;
mod time;
mod warnings;

use chrono::{DateTime, Utc};
use crossterm::event::KeyEvent;

use crate::domain::{ConnectionId, Event, EventKind};

use super::{
    Action, Answer, App, Door, Effect, Failure, FailureKind, FirstRun, GrantStep, Line, LockReason, Message,
    Notice, Panel, Question, Reading, RequestId, Tab,
};

impl App {
    /// Takes note of what happened and tells what is to be done about it. No I/O, no clock.
    pub fn update(&mut self, message: Message, now: DateTime<Utc>) -> Vec<Effect> {
        let chosen = self.chosen().map(|own| own.id.clone());
        let showed_activity = self.shows_activity();
        let tells_news = tells_news(&message);
        let notice = self.sign_in_queue.as_ref().and(self.notice.clone());
        let mut effects = match self.cover(&message) {
            None => self.take(message, now),
            Some(help) => self.take_under(help, message, now),
        };
        self.end_sign_in_if_over(now);
        self.follow_device_attempts(now);
        while self.panel.is_none()
            && let Some(under) = self.covered.pop()
        {
            self.panel = Some(under);
            self.end_sign_in_if_over(now);
        }
        self.go_on_in_queue(notice.as_ref(), now);
        effects.extend(self.close_idle_listener(now));
        effects.extend(self.go_on_replacing(now));
        self.plan_again(now);
        effects.extend(self.follow_warnings(now));
        if self.chosen().map(|own| &own.id) != chosen.as_ref() {
            self.forget_chosen();
        }
        if self.shows_activity() && (tells_news || !showed_activity) {
            effects.extend(self.read_activity());
        }
        effects
    }

    /// True while the Activity tab is in front, and open.
    pub(super) fn shows_activity(&self) -> bool {
        self.tab == Tab::Activity && matches!(self.door, Door::Open)
    }

    /// Reads what all programs noted; once more where that is under way already.
    pub(super) fn read_activity(&mut self) -> Vec<Effect> {
        if self.activity.reading.is_some() {
            self.activity.is_outdated = true;
            return Vec::new();
        }
        let request = self.request();
        self.activity.reading = Some(request);
        vec![Effect::ReadActivity { request }]
    }

    /// The help page or the plain page, if it covers the panel that the message is about.
    fn cover(&mut self, message: &Message) -> Option<Panel> {
        let for_cover = matches!(message, Message::Action(_) | Message::Text(_));
        if for_cover || !matches!(self.panel, Some(Panel::Help(_) | Panel::Plain(_))) {
            return None;
        }
        let under = self.covered.pop()?;
        self.panel.replace(under)
    }

    /// What happens to a covered panel happens under the cover; a paste takes it away.
    fn take_under(&mut self, cover: Panel, message: Message, now: DateTime<Utc>) -> Vec<Effect> {
        let stays = !matches!(message, Message::Paste(_));
        let effects = self.take(message, now);
        self.end_sign_in_if_over(now);
        if stays && let Some(panel) = self.panel.take() {
            self.covered.push(panel);
            self.panel = Some(cover);
        }
        effects
    }

    /// What was shown or typed of the chosen connection is not meant for another.
    fn forget_chosen(&mut self) {
        self.tokens.mask();
        self.permissions.forget();
        if self.line == Some(Line::Scope) {
            self.line = None;
        }
    }

    fn take(&mut self, message: Message, now: DateTime<Utc>) -> Vec<Effect> {
        if matches!(message, Message::Action(_) | Message::Text(_) | Message::Paste(_)) {
            self.touched_at = now;
            self.drop_read_notice();
            self.follow_parting(&message);
        }
        let mut effects = match message {
            Message::Action(action) => self.act(action, now),
            Message::Text(key) => self.type_key(key, now),
            Message::Paste(pasted) => self.take_paste(&pasted, now),
            Message::Wake => self.wake(now),
            Message::FocusLost => {
                self.tokens.mask();
                Vec::new()
            }
            Message::RecordsChanged => self.read_records_again(),
            Message::ActivityNoted if self.shows_activity() => self.read_activity(),
            Message::ActivityNoted => Vec::new(),
            Message::Saving(news) => {
                self.take_save_news(news, now);
                Vec::new()
            }
            Message::ClockSet { by } => {
                self.tell_clock_set(by, now);
                Vec::new()
            }
            Message::ActivityNotKept(failure) => {
                self.complain(failure, now);
                Vec::new()
            }
            Message::LockOrdered => self.lock_vault(LockReason::Ordered),
            Message::Answer { request, answer } => {
                self.answer_queue(request);
                self.take_answer(request, answer, now)
            }
        };
        effects.extend(self.follow_paste(now));
        effects
    }

    fn act(&mut self, action: Action, now: DateTime<Utc>) -> Vec<Effect> {
        match action {
            Action::Interrupt => return self.interrupt(now),
            Action::Theme => {
                self.next_theme();
                return Vec::new();
            }
            _ => {}
        }
        match (&self.door, &self.panel) {
            (Door::Open, None) if self.line.is_some() => self.act_in_line(action, now),
            (Door::Open, None) => self.act_on_tab(action, now),
            (Door::Open, Some(_)) => self.act_in_panel(action, now),
            _ => self.act_at_door(action),
        }
    }

    fn type_key(&mut self, key: KeyEvent, now: DateTime<Utc>) -> Vec<Effect> {
        match (&mut self.door, &mut self.panel) {
            (Door::FirstRun(first), _) => {
                first.failure = None;
                first.field_mut().map(|field| field.handle(key));
            }
            (Door::Locked(unlocking), _) if unlocking.trying.is_none() => {
                unlocking.failure = None;
                unlocking.field.handle(key);
            }
            (Door::Open, Some(Panel::Input(pane))) if pane.saving.is_none() => pane.handle(key),
            (Door::Open, Some(Panel::SignIn(panel))) => panel.type_key(key),
            (Door::Open, Some(Panel::Consent(panel))) => panel.paste.type_key(key),
            (Door::Open, Some(Panel::Export(_))) => return self.type_in_export(key),
            (Door::Open, Some(Panel::Secret(panel))) => panel.type_key(key),
            (Door::Open, Some(Panel::Question(Question::Remove { field, .. }))) => {
                field.handle(key);
            }
            (Door::Open, None) => self.type_in_line(key, now),
            _ => {}
        }
        Vec::new()
    }

    fn type_in_line(&mut self, key: KeyEvent, now: DateTime<Utc>) {
        match self.line {
            Some(Line::ConnectionFilter) => {
                self.connections.filter.handle(key);
                self.connections.keep_selection(now);
            }
            Some(Line::ActivityFilter) => {
                self.activity.filter.handle(key);
                self.activity.row = 0;
            }
            Some(Line::PermissionSearch) => {
                self.permissions.search.handle(key);
            }
            Some(Line::Scope) => {
                self.permissions.entry.as_mut().map(|field| field.handle(key));
            }
            None => {}
        }
    }

    /// Ctrl-C clears a field that holds something; with nothing to clear it leaves.
    fn interrupt(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let cleared = match (&mut self.door, &mut self.panel) {
            (Door::FirstRun(FirstRun { step, .. }), _) => step.clear(),
            (Door::Locked(unlocking), _) => unlocking.field.clear_typed(),
            (Door::Open, Some(Panel::Input(pane))) => pane.clear_field(),
            (Door::Open, Some(Panel::SignIn(panel))) => panel.paste.clear_typed(),
            (Door::Open, Some(Panel::Consent(panel))) => panel.paste.clear_typed(),
            (Door::Open, Some(Panel::Secret(panel))) => panel.clear_field(),
            (Door::Open, Some(Panel::Export(panel))) if panel.is_typing() => panel.file.clear_typed(),
            (Door::Open, Some(Panel::Question(Question::Remove { field, .. }))) => field.clear_typed(),
            (Door::Open, None) => match self.line {
                Some(Line::ConnectionFilter) => self.connections.filter.clear_typed(),
                Some(Line::ActivityFilter) => self.activity.filter.clear_typed(),
                Some(Line::PermissionSearch) => self.permissions.search.clear_typed(),
                Some(Line::Scope) => self.permissions.entry.as_mut().is_some_and(super::Field::clear_typed),
                None => false,
            },
            _ => false,
        };
        match &self.panel {
            _ if cleared => Vec::new(),
            // Who wanted to clear a field that was empty already has not wanted to leave: a secret pasted next would go to
            // the shell. And what was typed is thrown away only when it is asked for.
            Some(Panel::Input(_)) => self.act_in_panel(Action::Back, now),
            Some(Panel::Secret(_)) => self.act_in_panel(Action::Interrupt, now),
            _ => self.quit(),
        }
    }

    fn next_theme(&mut self) {
        let themes = &self.environment.themes;
        let here = themes.iter().position(|theme| *theme == self.theme).unwrap_or(0);
        if let Some(theme) = themes.get((here + 1) % themes.len().max(1)) {
            self.theme.clone_from(theme);
        }
    }

    fn read_records_again(&mut self) -> Vec<Effect> {
        match self.reading {
            _ if !self.works() => Vec::new(),
            Reading::UnderWay(request) | Reading::Outdated(request) => {
                self.reading = Reading::Outdated(request);
                Vec::new()
            }
            Reading::Idle => {
                let request = self.request();
                self.reading = Reading::UnderWay(request);
                vec![Effect::LoadVault { request }]
            }
        }
    }

    /// On the list a row that is shown is chosen; elsewhere the choice stays as long as the connection exists.
    fn keep_selection(&mut self, now: DateTime<Utc>) {
        if self.tab == Tab::Connections || self.chosen().is_none() {
            self.connections.keep_selection(now);
        }
    }

    /// A notice that waits for a key has been read when the next key comes; behind the door nobody sees it.
    fn drop_read_notice(&mut self) {
        let is_open = matches!(self.door, Door::Open);
        if is_open && self.notice.as_ref().is_some_and(|notice| notice.until.is_none()) {
            self.notice = None;
        }
    }

    pub(super) fn request(&mut self) -> RequestId {
        let request = RequestId(self.next_request);
        self.next_request += 1;
        request
    }

    /// Spends a grant, if no request of this connection is under way.
    pub(super) fn exchange(
        &mut self,
        connection: &ConnectionId,
        step: GrantStep,
    ) -> Option<(RequestId, Effect)> {
        if self.is_busy(connection) {
            return None;
        }
        let request = self.request();
        self.set_busy(connection, request);
        Some((request, Effect::Exchange { request, connection: connection.clone(), step }))
    }

    /// Renews these, as far as no request of theirs is under way.
    pub(super) fn refresh_all(&mut self, connections: &[ConnectionId], now: DateTime<Utc>) -> Vec<Effect> {
        let steps: Vec<_> = connections
            .iter()
            .filter_map(|id| self.connections.get(id))
            .map(|overview| (overview.id.clone(), GrantStep::renew_due(overview, now)))
            .collect();
        steps
            .into_iter()
            .filter_map(|(id, step)| self.exchange(&id, step))
            .map(|(_, effect)| effect)
            .collect()
    }

    pub(super) fn tell(&mut self, notice: Notice) {
        if self.is_attended() {
            self.notice = Some(notice);
        }
    }

    /// Into the activity, where somebody can look at it.
    pub(super) fn note(&mut self, event: Event) {
        if self.is_attended() {
            self.activity.note(event);
        }
    }

    pub(super) fn complain(&mut self, failure: Failure, now: DateTime<Utc>) {
        let kind = match failure.kind {
            FailureKind::Fault => EventKind::Problem,
            FailureKind::Contention => EventKind::Noted,
        };
        self.note(Event {
            at: now,
            kind,
            connection: None,
            what_happened: failure.what_happened.clone(),
            what_to_do: Some(failure.what_to_do.clone()),
        });
        self.tell(Notice::bad(failure));
    }
}

/// True of what tells that something was noted beside the vault, here or by another program.
fn tells_news(message: &Message) -> bool {
    use Answer as A;
    let Message::Answer { answer, .. } = message else { return false };
    matches!(answer, A::Contents(_) | A::Connection(_) | A::Removed(_) | A::Warned(_) | A::HookFailed(_))
}
