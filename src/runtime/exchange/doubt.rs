//! What an answer leaves in doubt: a refusal that another process may have made untrue, an answer that was lost, a code
//! that the platform could not work on.

use chrono::{DateTime, Utc};

use crate::domain::attempt::REDEMPTIONS_ALLOWED;
use crate::domain::{Attempt, RefreshGrant, Trouble, TroubleKind};
use crate::oauth::token_answer::{HttpAnswer, Reaction, TokenAnswer};

use super::{ExchangeError, Finished, Grant, Ready, request};
use crate::runtime::http::{SendError, SendStage};

/// Whether a refusal of the refresh token is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belief {
    /// The record is read again first: somebody without our lock may have stored a newer token.
    AfterReadingAgain,
    /// It has been read again.
    AtOnce,
}

/// What reading the record again came to.
pub(super) enum Doubt {
    /// It holds the token that was refused: the refusal stands.
    Confirmed(Box<Ready>),
    /// It holds another one.
    Removed(Finished),
}

/// True if the answer says that the refresh token, or the grant behind it, is of no use.
pub(super) fn is_dead(answer: &TokenAnswer) -> bool {
    matches!(answer, TokenAnswer::Unusable { refusal, .. }
        if matches!(refusal.reaction, Reaction::SignInNeeded | Reaction::ConsentMissing))
}

/// True if the platform may have replaced the refresh token by one that did not arrive.
pub(super) fn is_lost(answer: &Result<HttpAnswer, SendError>) -> bool {
    match answer {
        Err(error) => error.stage != SendStage::NotSent,
        Ok(http) => http.is_cut_off(),
    }
}

impl Ready {
    /// Reads the record again, once, before a refusal is believed.
    pub(super) fn look_again(
        mut self: Box<Self>,
        grant: &Grant,
        now: DateTime<Utc>,
    ) -> Result<Doubt, ExchangeError> {
        if self.belief == Belief::AtOnce {
            return Ok(Doubt::Confirmed(self));
        }
        self.belief = Belief::AtOnce;
        // A record that cannot be read any more tells nothing newer: what is held is saved over it.
        let Ok(on_disk) = self.locked.read_again() else { return Ok(Doubt::Confirmed(self)) };
        let refused = self.connection.tokens.take().and_then(|tokens| tokens.refresh);
        self.connection = on_disk;
        let Some(tokens) = &self.connection.tokens else { return Ok(Doubt::Confirmed(self)) };
        if current(tokens.refresh.as_ref()) == current(refused.as_ref()) || tokens.refresh.is_none() {
            return Ok(Doubt::Confirmed(self));
        }
        let access = tokens.access.get(&self.audience(grant));
        let rule = self.connection.settings.renewal;
        let is_fresh = access.is_some_and(|own| rule.due_at(&own.lifetime) > now);
        if is_fresh && !matches!(grant, Grant::Proof { .. }) && self.connection.trouble.is_none() {
            let overview = self.overview();
            return Ok(Doubt::Removed(Finished::Unchanged(Box::new(overview))));
        }
        let again = request(&self.connection, &self.app, grant, now)?;
        Ok(Doubt::Removed(Finished::Again(self, again)))
    }

    /// A code is spent once request bytes were written. A connection that never stood leaves the sign-in open, and so
    /// does a platform that says it cannot work now, for three tries.
    pub(super) fn spend_code(&mut self, answer: &Result<HttpAnswer, SendError>) {
        let is_spent = match answer {
            Err(error) => error.stage != SendStage::NotSent,
            Ok(http) if http.is_pause() => match self.connection.attempt.as_mut().and_then(Attempt::code_mut)
            {
                Some(attempt) => {
                    attempt.failed_redemptions = attempt.failed_redemptions.saturating_add(1);
                    attempt.failed_redemptions >= REDEMPTIONS_ALLOWED
                }
                None => true,
            },
            Ok(_) => true,
        };
        if is_spent {
            self.connection.attempt = None;
        }
    }

    /// True if the platform could not work on the code, and it may be sent again.
    pub(super) fn may_send_code_again(&self) -> bool {
        self.connection.code_attempt().is_some_and(|attempt| attempt.failed_redemptions > 0)
    }

    /// Remembers that the token was sent and nothing came back: the next try sends it once more.
    pub(super) fn note_lost_answer(&mut self, sent_at: DateTime<Utc>) {
        if let Some(refresh) = self.refresh_grant() {
            refresh.unanswered_at.get_or_insert(sent_at);
        }
    }

    /// Says honestly why a token is refused that was good before: its successor was lost on the way.
    pub(super) fn tell_lost_answer(&mut self, trouble: &mut Trouble) {
        // Other numbers have causes of their own, such as a changed password.
        let is_about_the_token = matches!(trouble.aadsts, None | Some(70_000 | 70_008));
        let lost = self.refresh_grant().is_some_and(|refresh| refresh.unanswered_at.is_some());
        if lost && is_about_the_token && trouble.kind == TroubleKind::SignInNeeded {
            trouble.what_happened.push_str(
                "; the answer to an earlier renewal was lost on its way, and with it the refresh token that took this \
                 one's place",
            );
        }
    }

    fn refresh_grant(&mut self) -> Option<&mut RefreshGrant> {
        self.connection.tokens.as_mut()?.refresh.as_mut()
    }
}

fn current(refresh: Option<&RefreshGrant>) -> Option<&crate::domain::secret::RefreshToken> {
    refresh.map(|refresh| &refresh.current)
}
