//! At the vault's door: first run, passphrase, lock.

use crate::domain::secret::Passphrase;

use crate::app::{
    Action, App, Door, Effect, Failure, Field, FirstChoice, FirstRun, FirstStep, Leave, LockReason, NewVault,
    Unlocking,
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
                Vec::new()
            }
            (Door::Closed(_), Action::Open) => self.open_vault(),
            (_, Action::Quit | Action::Back) => vec![Effect::Quit(Leave::Quit)],
            _ => Vec::new(),
        }
    }

    fn try_passphrase(&mut self) -> Vec<Effect> {
        let request = self.request();
        let Door::Locked(unlocking) = &mut self.door else { return Vec::new() };
        let typed = !unlocking.field.is_empty();
        if unlocking.trying.is_some() || (self.environment.has_passphrase && !typed) {
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
        self.line = None;
        self.permissions.entry = None;
        self.tokens.mask();
        self.notice = None;
    }

    /// The vault itself was locked: what is being typed at the door stays.
    pub(super) fn vault_was_locked(&mut self) {
        match &mut self.door {
            Door::Locked(unlocking) => unlocking.why = LockReason::Start,
            _ => self.lock(LockReason::Start),
        }
    }

    /// True while records may be read and renewed: the vault is open, behind a locked screen too.
    pub(super) fn works(&self) -> bool {
        match &self.door {
            Door::Open => true,
            Door::Locked(unlocking) => unlocking.why != LockReason::Start,
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
