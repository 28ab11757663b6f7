//! The sign-in queue: `!` begins it, `Enter` opens what the chosen connection needs, and where that is closed, done or
//! not, the next one is offered.

use chrono::{DateTime, Utc};

use crate::domain::{ConnectionId, Overview};

use crate::app::sign_in_queue::{Progress, QueueStep, SignInQueue};
use crate::app::{App, Door, Edit, Effect, Notice, Panel, Question, RequestId, Tab, Tone};

impl App {
    /// Shows only what needs the person, or all again.
    pub(super) fn toggle_needs_me(&mut self, now: DateTime<Utc>) {
        if self.connections.needs_me {
            return self.leave_queue(now);
        }
        self.connections.needs_me = true;
        // Where a filter hides all that need the person, it goes.
        if self.connections.rows(now).is_empty() {
            self.connections.filter.clear();
        }
        let members: Vec<ConnectionId> =
            self.connections.rows(now).iter().map(|own| own.id.clone()).collect();
        if members.is_empty() {
            self.connections.needs_me = false;
            return self.tell(Notice::plain("Nothing needs you.", now));
        }
        self.sign_in_queue = Some(SignInQueue { members, at: None, awaited: None });
        self.connections.keep_selection(now);
    }

    /// All are shown again.
    pub(super) fn leave_queue(&mut self, now: DateTime<Utc>) {
        self.connections.needs_me = false;
        self.sign_in_queue = None;
        self.connections.keep_selection(now);
    }

    /// Opens what the chosen connection needs.
    pub(super) fn open_in_queue(
        &mut self,
        chosen: &Overview,
        step: QueueStep,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        if let Some(queue) = &mut self.sign_in_queue {
            queue.at = Some(chosen.id.clone());
        }
        match step {
            QueueStep::SignIn => return self.authorize(chosen, now),
            QueueStep::AskConsent => return self.ask_administrator(chosen),
            QueueStep::ReplaceSecret => self.open_secret_replacement(chosen, now),
            QueueStep::Mend | QueueStep::ReplaceCertificate => self.edit_chosen(now),
            QueueStep::Accept => {
                self.panel = Some(Panel::Question(Question::AcceptRestored(chosen.id.clone())));
            }
        }
        Vec::new()
    }

    /// Where the panel of the queue is closed the next connection is chosen and offered. `before` is the notice of before:
    /// a failure that has just been told stays.
    pub(super) fn go_on_in_queue(&mut self, before: Option<&Notice>, now: DateTime<Utc>) {
        let is_closed = self.panel.is_none() && matches!(self.door, Door::Open);
        let queue = self.sign_in_queue.as_mut().filter(|queue| is_closed && queue.awaited.is_none());
        let Some(here) = queue.and_then(|queue| queue.at.take()) else {
            return;
        };
        self.tab = Tab::Connections;
        self.take_newcomers(now);
        let is_done = !self.needs_person(&here, now);
        let name = self.connections.get(&here).map_or_else(String::new, |own| own.name.to_string());
        let Some(Progress { done, all }) = self.queue_progress(now) else { return };
        let what_happened = match is_done {
            true if done == all => format!("{done} of {all} done: nothing needs you any more."),
            true => format!("{done} of {all} done: {name}."),
            false => format!("{done} of {all} done; {name} is left for later."),
        };
        let next = self.next_in_queue(&here, now).map(|own| (own.id.clone(), own.name.to_string()));
        let Some((next, next_name)) = next else {
            self.leave_queue(now);
            self.connections.select(here);
            return self.tell(Notice::good(what_happened, now));
        };
        self.connections.select(next);
        let step = self.queue_step(now).map_or("open", QueueStep::in_words);
        let what_to_do = Some(format!("Enter: next, {next_name} ({step})."));
        let failed = self.notice.as_ref().is_some_and(|own| own.tone == Tone::Bad && Some(own) != before);
        if !failed {
            let tone = if is_done { Tone::Good } else { Tone::Plain };
            self.tell(Notice { tone, what_happened, what_to_do, until: None });
        }
    }

    /// A restored record is accepted; its answer tells the queue how it goes on.
    pub(super) fn accept_restored(&mut self, connection: &ConnectionId) -> Vec<Effect> {
        let request = self.request();
        if let Some(queue) = self.sign_in_queue.as_mut().filter(|own| own.at.as_ref() == Some(connection)) {
            queue.awaited = Some(request);
        }
        let edit = Box::new(Edit::AcceptRestored);
        vec![Effect::Change { request, connection: connection.clone(), edit }]
    }

    pub(super) fn answer_queue(&mut self, request: RequestId) {
        if let Some(queue) = &mut self.sign_in_queue {
            queue.awaited.take_if(|own| *own == request);
        }
    }

    /// Who has come to need a person since.
    fn take_newcomers(&mut self, now: DateTime<Utc>) {
        let waiting: Vec<ConnectionId> =
            self.connections.rows(now).iter().map(|own| own.id.clone()).collect();
        if let Some(queue) = &mut self.sign_in_queue {
            let new = waiting.into_iter().filter(|id| !queue.members.contains(id)).collect::<Vec<_>>();
            queue.members.extend(new);
        }
    }
}
