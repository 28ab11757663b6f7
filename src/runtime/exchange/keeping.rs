//! An answer that was paid for is saved, however long the disk refuses, or kept where the next start finds it.
//!
//! The connection stays locked meanwhile, so that nobody spends the token that is on disk. Each try writes a new
//! temporary file: what a failed `fsync` has left of the old one is not to be trusted.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::app::{Failure, Message, SaveNews};
use crate::domain::{ConnectionId, ConnectionName, Event, Lacking, Overview};
use crate::runtime::blocking::blocking;
use crate::runtime::services::Services;
use crate::runtime::stop::Pause;
use crate::vault::{Lasts, NoCopy, Vault, VaultError};

use super::{ExchangeError, Ready};

/// What becomes of an answer that cannot be saved: who waits decides.
#[derive(Debug, Clone)]
pub enum OnFailedSave {
    /// Somebody waits for a command to end: it is tried for five seconds, then an emergency copy is written.
    TryAWhile,
    /// The program runs on: it is tried until it is saved. An emergency copy is written when the program ends.
    TryOn(Teller),
}

/// Whom the dashboard hears of what is not saved from.
#[derive(Debug, Clone)]
pub struct Teller {
    messages: UnboundedSender<Message>,
    last_words: Arc<Mutex<Vec<NotSaved>>>,
}

impl Teller {
    /// News go to `messages`.
    pub fn new(messages: UnboundedSender<Message>) -> Self {
        Self { messages, last_words: Arc::default() }
    }

    /// The activity cannot be written.
    pub(in crate::runtime) fn tell_unkept(&self, failure: Failure) {
        let _ = self.messages.send(Message::ActivityNotKept(failure));
    }

    /// What was not saved to the end: to be told where the screen was.
    pub fn last_words(&self) -> Vec<Failure> {
        let words = std::mem::take(&mut *self.last_words.lock().unwrap_or_else(PoisonError::into_inner));
        words.iter().filter(|own| !own.was_taken_in()).map(NotSaved::failure).collect()
    }

    fn tell(&self, news: SaveNews) {
        // A loop that is gone hears the last words instead.
        let _ = self.messages.send(Message::Saving(news));
    }

    fn say_last(&self, not_saved: NotSaved) {
        self.last_words.lock().unwrap_or_else(PoisonError::into_inner).push(not_saved);
    }
}

/// How often a command tries again, and how long it waits between two tries: five seconds together.
const TRIES: u32 = 10;
const SHORT_PAUSE: Duration = Duration::from_millis(500);
/// How long the dashboard waits between two tries.
const LONG_PAUSE: Duration = Duration::from_secs(5);

impl OnFailedSave {
    fn pause(&self) -> Duration {
        match self {
            Self::TryAWhile => SHORT_PAUSE,
            Self::TryOn(_) => LONG_PAUSE,
        }
    }

    fn goes_on(&self, tries: u32) -> bool {
        match self {
            Self::TryAWhile => tries < TRIES,
            Self::TryOn(_) => true,
        }
    }

    fn tell(&self, news: impl FnOnce() -> SaveNews) {
        if let Self::TryOn(teller) = self {
            teller.tell(news());
        }
    }
}

/// An answer that could not be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSaved {
    /// Whose.
    pub name: ConnectionName,
    /// Why not.
    pub error: VaultError,
    /// Where it is kept instead.
    pub copy: Result<(PathBuf, Lasts), NoCopy>,
}

impl NotSaved {
    /// True if a copy was kept when the vault was locked, and is not there since it was opened again.
    fn was_taken_in(&self) -> bool {
        self.copy.as_ref().is_ok_and(|(path, _)| path.try_exists().is_ok_and(|there| !there))
    }

    /// In two lines.
    pub fn failure(&self) -> Failure {
        let what_happened =
            format!("the answer for {} came, but could not be saved: {}", self.name, self.error);
        match &self.copy {
            Ok((path, lasts)) => Failure::new(
                what_happened,
                format!(
                    "nothing is lost yet: {}, then the next start takes in the sealed copy that is in {}{}",
                    self.error.what_to_mend(),
                    path.display(),
                    match lasts {
                        Lasts::UntilTakenIn => "",
                        Lasts::UntilLogout => "; it ends with the last logout",
                    }
                ),
            ),
            Err(no_copy) => Failure::new(
                format!(
                    "{what_happened}; no copy could be kept either ({no_copy}), so the new tokens are lost"
                ),
                format!(
                    "{}, then renew again; sign in (a) if the refresh token of before is refused",
                    self.error.what_to_mend()
                ),
            ),
        }
    }
}

/// A record that an answer has changed and that is to be saved.
pub(super) struct Taken {
    pub(super) ready: Box<Ready>,
    /// What whoever waits is told once it is saved; nothing if all is well.
    pub(super) refused: Option<ExchangeError>,
}

enum Tried {
    Saved(Result<Overview, ExchangeError>),
    Failed(Taken, VaultError),
}

impl Taken {
    /// Once.
    pub(super) fn save(mut self) -> Result<Overview, ExchangeError> {
        self.ready.locked.save(&mut self.ready.connection)?;
        self.told()
    }

    fn told(self) -> Result<Overview, ExchangeError> {
        self.refused.map_or_else(|| Ok(self.ready.overview()), Err)
    }

    async fn try_once(mut self) -> Tried {
        blocking(move || match self.ready.locked.save(&mut self.ready.connection) {
            Ok(()) => Tried::Saved(self.told()),
            Err(error) => Tried::Failed(self, error),
        })
        .await
    }

    /// What the request came to, for the activity.
    fn event(&self) -> Option<Event> {
        let connection = &self.ready.connection;
        let last = connection.renewals.last().filter(|last| Some(last.at) != self.ready.asked_before)?;
        let trouble = match &self.refused {
            Some(ExchangeError::SignInRefused(trouble)) => Some(&**trouble),
            _ => {
                let lacking = connection.tokens.iter().flat_map(|tokens| &tokens.lacking);
                let refusals = lacking.filter_map(Lacking::refusal);
                connection.trouble.iter().chain(refusals).find(|trouble| trouble.at == last.at)
            }
        };
        Some(Event::of_renewal_with(&connection.name, last, trouble))
    }

    fn id(&self) -> ConnectionId {
        self.ready.connection.id.clone()
    }
}

/// Saves what was paid for.
///
/// # Errors
///
/// [`ExchangeError::NotSaved`] where it is not in the vault in the end, else what the answer itself was.
pub(super) async fn keep(services: &Services, taken: Taken) -> Result<Overview, ExchangeError> {
    let event = taken.event();
    let kept = save(services, taken).await;
    if !matches!(kept, Err(ExchangeError::NotSaved(_))) {
        let services = services.clone();
        blocking(move || event.iter().for_each(|event| services.note_event(event))).await;
    }
    kept
}

async fn save(services: &Services, taken: Taken) -> Result<Overview, ExchangeError> {
    let (mut taken, mut error) = match taken.try_once().await {
        Tried::Saved(told) => return told,
        Tried::Failed(taken, error) => (taken, error),
    };
    let policy = &services.on_failed_save;
    let id = taken.id();
    let mut tries = 0;
    loop {
        tracing::warn!(connection = %taken.ready.connection.name, "not saved: {error}");
        policy.tell(|| SaveNews::NotSaved {
            connection: id.clone(),
            failure: Failure::new(error.cause_first(), error.what_to_mend()),
        });
        if !policy.goes_on(tries) {
            break;
        }
        let pause = services.leaving.pause(policy.pause()).await;
        let is_last = pause == Pause::CutShort || services.vault.is_closing();
        match taken.try_once().await {
            Tried::Saved(told) => {
                policy.tell(|| SaveNews::Saved { connection: id.clone() });
                return told;
            }
            Tried::Failed(other, again) => (taken, error) = (other, again),
        }
        // Where the program ends or the vault is locked, which waits for nobody, it was tried once more.
        if is_last {
            break;
        }
        tries += 1;
    }
    Err(give_up(&services.vault, policy, taken, error).await)
}

/// The record is let go with it, and with the last one the key of a vault that is being closed.
async fn give_up(vault: &Vault, policy: &OnFailedSave, taken: Taken, error: VaultError) -> ExchangeError {
    let id = taken.id();
    let not_saved = blocking(move || {
        let connection = &taken.ready.connection;
        let copy = taken.ready.locked.write_emergency_copy(connection);
        NotSaved { name: connection.name.clone(), error, copy }
    })
    .await;
    if let OnFailedSave::TryOn(teller) = policy {
        if vault.is_closing() {
            teller.tell(SaveNews::Kept { connection: id, failure: not_saved.failure() });
        }
        teller.say_last(not_saved.clone());
    }
    ExchangeError::NotSaved(Box::new(not_saved))
}
