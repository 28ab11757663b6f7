//! Answers that could not be saved: told at once, told again when they are, and not left behind without a word.

use chrono::{DateTime, Utc};

use crate::app::{
    Action, App, Door, Effect, Failure, Leave, Message, Notice, Panel, Parting, Question, SaveNews, Tone,
};
use crate::domain::{ConnectionId, Event, EventKind, Unsaved};

impl App {
    pub(super) fn take_save_news(&mut self, news: SaveNews, now: DateTime<Utc>) {
        match news {
            SaveNews::NotSaved { connection, failure } => self.note_unsaved(&connection, &failure, now),
            SaveNews::Kept { connection, failure } => self.note_kept(&connection, failure, now),
            SaveNews::Saved { connection } => self.note_saved(&connection, now),
            SaveNews::TakenIn { tone, told } => self.note_taken_in(tone, told, now),
        }
    }

    /// Each cause is told once, however often it is tried.
    fn note_unsaved(&mut self, id: &ConnectionId, failure: &Failure, now: DateTime<Utc>) {
        let Some(own) = self.connections.get(id) else { return };
        let unsaved = Unsaved {
            since: own.unsaved.as_ref().map_or(now, |before| before.since),
            what_happened: format!("NOT SAVED, in memory only: {}", failure.what_happened),
            what_to_do: format!(
                "It is tried again every 5 s while tokengauge runs. What to do: {}.",
                failure.what_to_do
            ),
        };
        if own.unsaved.as_ref() == Some(&unsaved) {
            return;
        }
        let told = Failure::new(format!("{}: {}", own.name, unsaved.what_happened), &unsaved.what_to_do);
        self.activity.note(Event {
            at: now,
            kind: EventKind::NotSaved,
            connection: Some(own.name.clone()),
            what_happened: unsaved.what_happened.clone(),
            what_to_do: Some(unsaved.what_to_do.clone()),
        });
        self.connections.mark_unsaved(id, Some(unsaved));
        self.warnings.look_at(id);
        self.keep_selection(now);
        self.tell(Notice::bad(told));
    }

    fn note_saved(&mut self, id: &ConnectionId, now: DateTime<Utc>) {
        let Some(own) = self.connections.get(id) else { return };
        let seconds = own.unsaved.as_ref().map_or(0, |unsaved| (now - unsaved.since).num_seconds());
        let (name, what_happened) = (own.name.clone(), format!("saved now, after {seconds} s in memory"));
        self.tell(Notice::good(format!("{name}: {what_happened}."), now));
        self.activity.note(Event {
            at: now,
            kind: EventKind::Saved,
            connection: Some(name),
            what_happened,
            what_to_do: None,
        });
        self.connections.mark_unsaved(id, None);
        self.warnings.look_at(id);
        self.keep_selection(now);
        if self.connections.unsaved().next().is_none()
            && matches!(self.panel, Some(Panel::Question(Question::LeaveUnsaved)))
        {
            self.panel = None;
        }
    }

    /// It is in memory no more, and taken in when the vault is opened again.
    fn note_kept(&mut self, id: &ConnectionId, failure: Failure, now: DateTime<Utc>) {
        let name = self.connections.get(id).map(|own| own.name.clone());
        self.activity.note(Event {
            at: now,
            kind: EventKind::NotSaved,
            connection: name,
            what_happened: failure.what_happened.clone(),
            what_to_do: Some(failure.what_to_do.clone()),
        });
        self.connections.mark_unsaved(id, None);
        self.warnings.look_at(id);
        if let Door::Locked(unlocking) = &mut self.door {
            unlocking.not_saved += 1;
        }
        self.tell(Notice::bad(failure));
    }

    /// What an earlier run could not save.
    fn note_taken_in(&mut self, tone: Tone, told: String, now: DateTime<Utc>) {
        let kind = if tone == Tone::Bad { EventKind::NotSaved } else { EventKind::Saved };
        self.activity.note(Event {
            at: now,
            kind,
            connection: None,
            what_happened: told.clone(),
            what_to_do: None,
        });
        let passing = Notice::good(told, now);
        // What a person must see to stays until it was read.
        let until = passing.until.filter(|_| tone == Tone::Good);
        self.tell(Notice { tone, until, ..passing });
    }

    /// Leaves, or asks first where something is in memory only. No panel shows behind the vault's door: there it is said,
    /// and whoever insists leaves.
    pub(super) fn quit(&mut self) -> Vec<Effect> {
        let is_open = matches!(self.door, Door::Open);
        let asked = if is_open {
            matches!(self.panel, Some(Panel::Question(Question::LeaveUnsaved)))
        } else {
            self.parting == Parting::Asked
        };
        if asked || self.connections.unsaved().next().is_none() {
            return vec![Effect::Quit(Leave::Quit)];
        }
        if !is_open {
            self.parting = Parting::Asked;
            return Vec::new();
        }
        self.covered.extend(self.panel.take());
        self.panel = Some(Panel::Question(Question::LeaveUnsaved));
        Vec::new()
    }

    /// Whoever does anything but insist on leaving stays.
    pub(super) fn follow_parting(&mut self, message: &Message) {
        let insists = matches!(message, Message::Action(Action::Interrupt | Action::Quit | Action::Back));
        if !insists {
            self.parting = Parting::Unasked;
        }
    }
}
