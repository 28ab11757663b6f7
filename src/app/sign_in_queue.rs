//! The sign-in queue: from one connection that needs its person to the next, for as long as only those are shown.

use chrono::{DateTime, Utc};

use crate::domain::{ConnectionId, Need, NextStep, Overview};

use super::{Action, App, RequestId, Tab, replacing};

/// Those that are worked through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignInQueue {
    /// All that have been in it, in the order in which they came.
    pub(super) members: Vec<ConnectionId>,
    /// The one whose panel is open.
    pub(super) at: Option<ConnectionId>,
    /// What was asked for it, if its answer decides how it goes on.
    pub(super) awaited: Option<RequestId>,
}

/// What `Enter` opens in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueStep {
    /// The sign-in, a new one or the one that is open.
    SignIn,
    /// The request for admin consent.
    AskConsent,
    /// The form with the settings.
    Mend,
    /// The panel in which a client secret is replaced.
    ReplaceSecret,
    /// The form with the files of the certificate.
    ReplaceCertificate,
    /// The question about a record from a backup.
    Accept,
}

impl QueueStep {
    /// What leads out of this; `None` where nothing here does.
    fn of(chosen: &Overview, now: DateTime<Utc>) -> Option<Self> {
        Some(match chosen.next_step(now) {
            NextStep::SignIn | NextStep::SignInAgain | NextStep::PasteAddress | NextStep::EnterCode => {
                Self::SignIn
            }
            NextStep::AskConsent => Self::AskConsent,
            NextStep::MendSettings => Self::Mend,
            NextStep::ReplaceSecret if replacing(chosen) == Action::Edit => Self::ReplaceCertificate,
            NextStep::ReplaceSecret => Self::ReplaceSecret,
            NextStep::AcceptRestored => Self::Accept,
            NextStep::MendDisk
            | NextStep::GetToken
            | NextStep::AskAdministrator
            | NextStep::RenewBefore(_)
            | NextStep::SignInBefore(_)
            | NextStep::HandOverAgain
            | NextStep::RenewOnRequest { .. }
            | NextStep::RenewsAt(_)
            | NextStep::RetriesAt(_)
            | NextStep::EndsAt(_) => return None,
        })
    }

    /// As the next thing to do, in a few words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::SignIn => "sign in",
            Self::AskConsent => "ask for consent",
            Self::Mend => "mend the settings",
            Self::ReplaceSecret => "replace the secret",
            Self::ReplaceCertificate => "replace the certificate",
            Self::Accept => "accept the backup?",
        }
    }

    /// The action whose own key leads to the same.
    pub fn action(self) -> Action {
        match self {
            Self::SignIn => Action::Authorize,
            Self::AskConsent => Action::AdminConsent,
            Self::Mend | Self::ReplaceCertificate => Action::Edit,
            Self::ReplaceSecret => Action::ReplaceSecret,
            Self::Accept => Action::AcceptRestored,
        }
    }
}

/// How far a queue has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many need nobody any more.
    pub done: usize,
    /// How many have been in it.
    pub all: usize,
}

impl App {
    /// What `Enter` opens for the chosen connection; `None` outside of the queue.
    pub fn queue_step(&self, now: DateTime<Utc>) -> Option<QueueStep> {
        let is_queue = self.tab == Tab::Connections && self.connections.needs_me;
        let chosen = self.chosen().filter(|own| is_queue && own.need(now) == Need::NeedsYou)?;
        QueueStep::of(chosen, now)
    }

    /// How far the queue has come, once one of it is done.
    pub fn queue_progress(&self, now: DateTime<Utc>) -> Option<Progress> {
        let queue = self.sign_in_queue.as_ref()?;
        let waits = |id: &&ConnectionId| self.needs_person(id, now);
        let all = queue.members.len();
        Some(Progress { done: all - queue.members.iter().filter(waits).count(), all })
    }

    pub(super) fn needs_person(&self, id: &ConnectionId, now: DateTime<Utc>) -> bool {
        self.connections.get(id).is_some_and(|own| own.need(now) == Need::NeedsYou)
    }

    /// The next one after `here` that needs a person, round and round; `here` itself only where no other does.
    pub(super) fn next_in_queue(&self, here: &ConnectionId, now: DateTime<Utc>) -> Option<&Overview> {
        let members = &self.sign_in_queue.as_ref()?.members;
        let place = members.iter().position(|id| id == here).map_or(0, |place| place + 1);
        let (before, after) = members.split_at(place);
        let next = after.iter().chain(before).find(|id| self.needs_person(id, now))?;
        self.connections.get(next)
    }
}
