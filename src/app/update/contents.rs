//! What was read of the vault arrives: the door opens or stays shut, the list is filled.

use chrono::{DateTime, Utc};

use crate::app::{
    App, Contents, Door, DoorFailure, Effect, Failure, FirstChoice, FirstStep, LockReason, Notice, Reading,
    RequestId, Unlocking,
};

impl App {
    pub(super) fn take_contents(
        &mut self,
        request: RequestId,
        result: Result<Contents, DoorFailure>,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        match self.reading {
            Reading::UnderWay(own) | Reading::Outdated(own) if own == request => {
                let outdated = self.reading == Reading::Outdated(request);
                self.reading = Reading::Idle;
                match result {
                    Ok(contents) => {
                        self.fill(contents, now);
                        if !outdated {
                            self.follow_replacement(now);
                        }
                    }
                    Err(failure) => self.reading_failed(failure, now),
                }
                if outdated { self.read_records_again() } else { Vec::new() }
            }
            _ if self.awaits_at_door(request) => {
                match result {
                    Ok(contents) => return self.enter(contents, now),
                    Err(failure) => self.stay_outside(failure),
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn awaits_at_door(&self, request: RequestId) -> bool {
        match &self.door {
            Door::FirstRun(first) => first.step == FirstStep::Making(request),
            Door::Opening(awaited) => *awaited == request,
            Door::Locked(unlocking) => unlocking.trying == Some(request),
            Door::Closed(_) | Door::Open => false,
        }
    }

    fn fill(&mut self, contents: Contents, now: DateTime<Utc>) {
        self.open_until = contents.open_until;
        self.follow_names(&contents.connections);
        contents.connections.iter().for_each(|read| self.note_pause(read, now));
        // Told to whoever looks: fifty token requests of each connection.
        if self.is_attended() {
            self.activity.recall(&contents.connections);
        }
        self.connections.load(contents, now);
        self.connections.changed().iter().for_each(|id| self.warnings.look_at(id));
        self.keep_selection(now);
    }

    /// The door opens.
    fn enter(&mut self, contents: Contents, now: DateTime<Utc>) -> Vec<Effect> {
        self.let_go_all();
        self.warnings.open(now);
        self.fill(contents, now);
        let before = std::mem::replace(&mut self.door, Door::Open);
        if let Door::FirstRun(first) = before {
            self.environment.has_passphrase = first.choice == FirstChoice::Passphrase;
            let place = &self.environment.vault_directory;
            self.tell(Notice::good_with_advice(
                format!("The vault was made in {place}. Without its key nothing opens it again."),
                "Make a second key and keep it elsewhere: tokengauge vault key-file FILE",
            ));
        }
        let mut effects = self.listen_again();
        // It waited behind the locked door. What was read at the door may be older than its last proof.
        if let Some(panel) = self.take_secret_panel() {
            self.put_secret_panel(panel);
            effects.extend(self.read_records_again());
        }
        effects
    }

    fn reading_failed(&mut self, failure: DoorFailure, now: DateTime<Utc>) {
        match failure {
            DoorFailure::Other(failure) => self.complain(failure, now),
            DoorFailure::Locked | DoorFailure::WrongPassphrase => {
                self.vault_was_locked(LockReason::Start);
            }
        }
    }

    fn stay_outside(&mut self, failure: DoorFailure) {
        match (&mut self.door, failure) {
            (Door::FirstRun(first), DoorFailure::Other(failure)) => {
                first.step = FirstStep::Choosing;
                first.failure = Some(failure);
            }
            (Door::FirstRun(first), DoorFailure::WrongPassphrase | DoorFailure::Locked) => {
                first.step = FirstStep::Choosing;
            }
            (Door::Locked(unlocking), failure) => {
                unlocking.trying = None;
                unlocking.failure = Some(door_failure(failure));
            }
            (_, DoorFailure::Other(failure)) => self.door = Door::Closed(failure),
            (_, DoorFailure::WrongPassphrase | DoorFailure::Locked) => {
                self.environment.has_passphrase = true;
                self.door = Door::Locked(Unlocking::new(LockReason::Start));
            }
        }
    }
}

fn door_failure(failure: DoorFailure) -> Failure {
    match failure {
        DoorFailure::WrongPassphrase => {
            Failure::new("The passphrase does not open this vault.", "Try again: capitals, keyboard layout?")
        }
        DoorFailure::Locked => Failure::new("The vault is locked.", "Type its passphrase."),
        DoorFailure::Other(failure) => failure,
    }
}
