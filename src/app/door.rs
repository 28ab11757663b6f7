//! The door of the vault: first run, unlocking, locked.

use super::{Failure, Field, RequestId};

/// How the person and the vault stand to each other.
#[derive(Debug, Clone, PartialEq)]
pub enum Door {
    /// There is no vault yet.
    FirstRun(FirstRun),
    /// A passphrase is asked for.
    Locked(Unlocking),
    /// The vault is being opened with what is at hand.
    Opening(RequestId),
    /// Nothing opens it, and no passphrase would.
    Closed(Failure),
    /// It is open.
    Open,
}

/// The first screen of all.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstRun {
    /// What is chosen.
    pub choice: FirstChoice,
    /// What is being filled in.
    pub step: FirstStep,
    /// What went wrong.
    pub failure: Option<Failure>,
}

/// The ways to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstChoice {
    /// Make a vault with a passphrase.
    Passphrase,
    /// Make a vault with a key file.
    KeyFile,
    /// Look round in the demo.
    Demo,
}

impl FirstChoice {
    /// In the order of the screen.
    pub const ALL: [Self; 3] = [Self::Passphrase, Self::KeyFile, Self::Demo];
}

/// How far the first run has come.
#[derive(Debug, Clone, PartialEq)]
pub enum FirstStep {
    /// One of the ways is chosen.
    Choosing,
    /// The passphrase is typed.
    Passphrase(Field),
    /// The passphrase is typed again.
    Again {
        /// What was typed first.
        first: Field,
        /// What is being typed.
        again: Field,
    },
    /// The path of the key file is typed.
    KeyFile(Field),
    /// The vault is being made.
    Making(RequestId),
}

impl FirstStep {
    /// Empties the field being typed into; false if there was nothing to empty.
    pub fn clear(&mut self) -> bool {
        match self {
            Self::Passphrase(field) | Self::KeyFile(field) | Self::Again { again: field, .. } => {
                field.clear_typed()
            }
            Self::Choosing | Self::Making(_) => false,
        }
    }
}

impl FirstRun {
    /// The fewest characters of a passphrase: fewer are searched through in an afternoon.
    pub const SHORTEST_PASSPHRASE: usize = 8;

    /// Nothing chosen, nothing typed.
    pub fn new() -> Self {
        Self { choice: FirstChoice::Passphrase, step: FirstStep::Choosing, failure: None }
    }

    /// The field being typed into.
    pub fn field_mut(&mut self) -> Option<&mut Field> {
        match &mut self.step {
            FirstStep::Passphrase(field) | FirstStep::KeyFile(field) => Some(field),
            FirstStep::Again { again, .. } => Some(again),
            FirstStep::Choosing | FirstStep::Making(_) => None,
        }
    }

    /// The choice so many rows further, stopping at the ends.
    pub fn step_choice(&mut self, by: isize) {
        let here = FirstChoice::ALL.iter().position(|choice| *choice == self.choice).unwrap_or(0);
        let there = here.saturating_add_signed(by).min(FirstChoice::ALL.len() - 1);
        self.choice = FirstChoice::ALL[there];
    }
}

impl Default for FirstRun {
    fn default() -> Self {
        Self::new()
    }
}

/// The unlock screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Unlocking {
    /// The passphrase being typed.
    pub field: Field,
    /// Why it is asked for.
    pub why: LockReason,
    /// The try under way.
    pub trying: Option<RequestId>,
    /// What the last try brought.
    pub failure: Option<Failure>,
    /// How many answers could not be saved before the vault was closed: what became of each is told once it is open.
    pub not_saved: usize,
}

/// Why the passphrase is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockReason {
    /// The program has just started.
    Start,
    /// The person locked the screen; renewals go on.
    ByKey,
    /// Nobody touched a key for ten minutes; renewals go on.
    Idle,
    /// The vault was ordered to be locked: the key is gone, nothing renews.
    Ordered,
    /// Twelve hours have passed since the key was given: it is gone, nothing renews.
    Hours,
}

impl LockReason {
    /// What is locked.
    pub fn what(self) -> Locked {
        match self {
            Self::ByKey | Self::Idle => Locked::Screen,
            Self::Start | Self::Ordered | Self::Hours => Locked::Vault,
        }
    }

    /// Why, in a sentence of its own where the vault is locked.
    pub fn as_sentence(self) -> &'static str {
        match self {
            Self::Start => "Locked. Nothing renews here.",
            Self::Ordered => "Locked by order (vault lock). Nothing renews here.",
            Self::Hours => "Locked: the 12 hours of its key are over. Nothing renews here.",
            Self::ByKey => "Locked with L. Renewals go on.",
            Self::Idle => "Locked after ten minutes without a key. Renewals go on.",
        }
    }
}

/// What is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locked {
    /// The screen: values are hidden, renewals go on.
    Screen,
    /// The vault: its key is not in memory, nothing renews.
    Vault,
}

/// Leaving from the door while something is in memory only: it takes two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parting {
    /// Nobody wanted to leave.
    #[default]
    Unasked,
    /// Somebody did once, and was told what is not saved; the next time is meant.
    Asked,
}

impl Unlocking {
    /// An empty screen.
    pub fn new(why: LockReason) -> Self {
        Self { field: Field::masked(1024), why, trying: None, failure: None, not_saved: 0 }
    }
}
