//! At the vault's door: first run, passphrase, lock.

use crate::domain::secret::Passphrase;

use crate::app::{
    Action, App, Door, Effect, Failure, Field, FirstChoice, FirstRun, FirstStep, Leave, Listening,
    LockReason, Locked, NewVault, Panel, Parting, Phase, Question, Unlocking,
};

impl App {
    /// Opens the vault with what is at hand; the first effect of a program that found one.
    pub fn open_vault(&mut self) -> Vec<Effect> {
        let request = self.request();
        self.door = Door::Opening(request);
        vec![Effect::OpenVault { request, passphrase: None }]
    }

    pub(super) fn act_at_door(&mut self, action: Action) -> Vec<Effect> {
        match (&mut self.door, action) {
            (Door::FirstRun(_), _) => self.act_at_first_run(action),
            (Door::Locked(_), Action::Open) => self.try_passphrase(),
            (Door::Locked(unlocking), Action::Back) => {
                unlocking.field.clear();
                self.parting = Parting::Unasked;
                Vec::new()
            }
            (Door::Closed(_), Action::Open) => self.open_vault(),
            (_, Action::Quit | Action::Back) => self.quit(),
            _ => Vec::new(),
        }
    }

    fn try_passphrase(&mut self) -> Vec<Effect> {
        let request = self.request();
        let Door::Locked(unlocking) = &mut self.door else { return Vec::new() };
        let typed = !unlocking.field.is_empty();
        // Only the passphrase opens a locked screen. A vault that was locked opens by whatever opens it, as every command:
        // it may have been unlocked in another terminal.
        let asks = unlocking.why.what() == Locked::Screen || unlocking.why == LockReason::Start;
        if unlocking.trying.is_some() || (self.environment.has_passphrase && !typed && asks) {
            return Vec::new();
        }
        unlocking.trying = Some(request);
        unlocking.failure = None;
        let passphrase = typed.then(|| Passphrase::new(unlocking.field.text()));
        unlocking.field.clear();
        vec![Effect::OpenVault { request, passphrase }]
    }

    /// Hides everything. Renewals go on, unless the vault itself was locked. A form half filled, a sign-in or a hand-over
    /// wait behind the door: a secret that the portal showed once must not be lost by waiting.
    pub(super) fn lock(&mut self, why: LockReason) {
        self.door = Door::Locked(Unlocking::new(why));
        self.parting = Parting::Unasked;
        self.line = None;
        self.permissions.entry = None;
        self.tokens.mask();
        self.notice = None;
    }

    /// Locks the vault itself: the key leaves memory, and nothing renews. What is being typed at the door stays, and so
    /// does a form with what was typed into it: it comes from the person, not from the vault, and a secret that the portal
    /// showed once would be lost for good. The locked screen tells that it is there.
    pub(super) fn lock_vault(&mut self, why: LockReason) -> Vec<Effect> {
        if !self.works() {
            return Vec::new();
        }
        self.vault_was_locked(why);
        vec![Effect::LockVault]
    }

    /// The vault itself is locked by now.
    pub(super) fn vault_was_locked(&mut self, why: LockReason) {
        self.open_until = None;
        self.close_panels_with_values();
        match &mut self.door {
            Door::Locked(unlocking) if unlocking.why.what() == Locked::Screen => {
                unlocking.why = why;
                // An answer that comes now may be of a vault that has been closed since.
                unlocking.trying = None;
                unlocking.failure = None;
            }
            Door::Locked(_) => {}
            _ => self.lock(why),
        }
        if !self.environment.has_passphrase {
            self.door = Door::Closed(Failure::new(
                why.as_sentence(),
                "Unlock it elsewhere: tokengauge vault unlock. Then press Enter.",
            ));
        }
    }

    /// Panels that show or send what is in the vault are closed; a sign-in and a form wait, without what was pasted.
    fn close_panels_with_values(&mut self) {
        let panels = self.covered.drain(..).chain(self.panel.take());
        let mut panels: Vec<Panel> = panels.filter(|panel| !panel.shows_values()).collect();
        for panel in &mut panels {
            match panel {
                Panel::Consent(panel) => panel.paste.clear(),
                other => other.sign_in_mut().into_iter().for_each(|panel| {
                    panel.paste.clear();
                    panel.listening = Listening::Off;
                }),
            }
        }
        self.panel = panels.pop();
        self.covered = panels;
        self.listener = None;
    }

    /// The sign-in in front listens again, as it did before the vault was locked.
    pub(super) fn listen_again(&mut self) -> Vec<Effect> {
        let Some(Panel::SignIn(mut panel)) = self.panel.take_if(|panel| matches!(panel, Panel::SignIn(_)))
        else {
            return Vec::new();
        };
        let silent = panel.phase == Phase::Waiting && panel.listening == Listening::Off;
        let effect = if silent { self.listen(&mut panel) } else { None };
        self.panel = Some(Panel::SignIn(panel));
        effect.into_iter().collect()
    }

    /// True while records may be read and renewed: the vault is open, behind a locked screen too.
    pub(super) fn works(&self) -> bool {
        match &self.door {
            Door::Open => true,
            Door::Locked(unlocking) => unlocking.why.what() == Locked::Screen,
            Door::FirstRun(_) | Door::Opening(_) | Door::Closed(_) => false,
        }
    }

    fn act_at_first_run(&mut self, action: Action) -> Vec<Effect> {
        let Door::FirstRun(first) = &mut self.door else { return Vec::new() };
        match (&mut first.step, action) {
            (FirstStep::Choosing, Action::Up | Action::PreviousField) => first.step_choice(-1),
            (FirstStep::Choosing, Action::Down | Action::NextField) => first.step_choice(1),
            (FirstStep::Choosing, Action::Open) => return self.choose_first_way(),
            (FirstStep::Choosing, Action::Quit | Action::Back) => return vec![Effect::Quit(Leave::Quit)],
            (FirstStep::Making(_) | FirstStep::Choosing, _) => {}
            (_, Action::Back) => *first = FirstRun { choice: first.choice, ..FirstRun::new() },
            (_, Action::Open) => return self.first_field_done(),
            _ => {}
        }
        Vec::new()
    }

    fn choose_first_way(&mut self) -> Vec<Effect> {
        let key_file = Field::with_text(&self.environment.key_file, crate::app::Secrecy::Open, 4096);
        let Door::FirstRun(first) = &mut self.door else { return Vec::new() };
        first.failure = None;
        match first.choice {
            FirstChoice::Passphrase => first.step = FirstStep::Passphrase(Field::masked(1024)),
            FirstChoice::KeyFile => first.step = FirstStep::KeyFile(key_file),
            FirstChoice::Demo => return vec![Effect::Quit(Leave::Demo)],
        }
        Vec::new()
    }

    fn first_field_done(&mut self) -> Vec<Effect> {
        let request = self.request();
        let Door::FirstRun(first) = &mut self.door else { return Vec::new() };
        let protection = match &first.step {
            FirstStep::Passphrase(field) if field.text().chars().count() < FirstRun::SHORTEST_PASSPHRASE => {
                first.failure = Some(too_short());
                return Vec::new();
            }
            FirstStep::Passphrase(field) => {
                first.step = FirstStep::Again { first: field.clone(), again: Field::masked(1024) };
                return Vec::new();
            }
            FirstStep::Again { first: one, again } if one.text() != again.text() => {
                first.step = FirstStep::Passphrase(Field::masked(1024));
                first.failure =
                    Some(Failure::new("The two were not the same.", "Type the passphrase again."));
                return Vec::new();
            }
            FirstStep::Again { again, .. } => NewVault::Passphrase(Passphrase::new(again.text())),
            FirstStep::KeyFile(field) if field.text().trim().is_empty() => {
                first.failure =
                    Some(Failure::new("No path was typed.", "Type where the key file is to be made."));
                return Vec::new();
            }
            FirstStep::KeyFile(field) => NewVault::KeyFile(field.text().trim().to_owned()),
            FirstStep::Choosing | FirstStep::Making(_) => return Vec::new(),
        };
        first.step = FirstStep::Making(request);
        vec![Effect::CreateVault { request, protection }]
    }
}

fn too_short() -> Failure {
    Failure::new(
        format!("A passphrase has at least {} characters.", FirstRun::SHORTEST_PASSPHRASE),
        "Four or five words that nobody would guess together are better than one with symbols.",
    )
}

impl Panel {
    /// True if it shows, previews or is about to send what is in the vault.
    fn shows_values(&self) -> bool {
        match self {
            Self::HandOver(_) | Self::Export(_) | Self::Probe(_) | Self::Plain(_) => true,
            Self::Question(question) => match question {
                Question::Copy { .. }
                | Question::RenewAll(_)
                | Question::Remove { .. }
                | Question::AcceptRestored(_) => true,
                Question::Abandon(_)
                | Question::AbandonDevice(_)
                | Question::DeviceCode(_)
                | Question::DiscardForm(_)
                | Question::LeaveUnsaved
                | Question::PublicClient(_)
                | Question::DropTokens(_) => false,
            },
            Self::Help(_)
            | Self::Input(_)
            | Self::Secret(_)
            | Self::SignIn(_)
            | Self::Consent(_)
            | Self::DeviceSignIn(_)
            | Self::Presets(_) => false,
        }
    }
}
