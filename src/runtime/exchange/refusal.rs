//! What becomes of a refusal: trouble of the whole connection, of one resource, or of a sign-in alone.

use chrono::{DateTime, Utc};

use crate::domain::{
    Audience, Lack, Lacking, Renewal, RenewalKind, RenewalOutcome, Trouble, TroubleKind, WhoActs,
};
use crate::oauth::token_answer::{Reaction, TokenRefusal};
use crate::runtime::entropy;
use crate::runtime::http::{SendError, SendStage};

use super::{ExchangeError, Ready};

impl Ready {
    /// Notes a refusal. It becomes the connection's trouble, unless a code was spent beside tokens that still renew:
    /// then only whoever signs in is told.
    pub(super) fn take_refusal(
        &mut self,
        refusal: &TokenRefusal,
        (kind, audience): (RenewalKind, &Audience),
        sent_at: DateTime<Utc>,
    ) -> Option<ExchangeError> {
        let failures = match self.connection.trouble {
            Some(Trouble { kind: TroubleKind::TryLater { attempt, .. }, .. }) => attempt,
            _ => 0,
        };
        if let (RenewalKind::Refresh, Some(platform)) = (kind, &refusal.platform) {
            self.learn(platform);
        }
        let mut trouble = refusal.trouble(sent_at, failures, entropy::jitter());
        if kind == RenewalKind::Refresh && self.concerns_one_resource(refusal) {
            self.take_refusal_of_one(trouble, audience);
            return None;
        }
        if kind == RenewalKind::Refresh {
            self.tell_lost_answer(&mut trouble);
        }
        let code_spent = kind == RenewalKind::SignIn && self.connection.attempt.is_none();
        let passes = matches!(trouble.kind, TroubleKind::TryLater { .. });
        // No code works twice, so nothing tries this again by itself.
        match trouble.kind {
            TroubleKind::TryLater { .. } if code_spent => {
                "Begin a new sign-in (a): the code of this one is spent.".clone_into(&mut trouble.what_to_do);
            }
            TroubleKind::TryLater { .. } if self.may_send_code_again() => {
                "The sign-in stays open: give the same address again (p)."
                    .clone_into(&mut trouble.what_to_do);
            }
            TroubleKind::SetUpWrong if code_spent => trouble.what_to_do.push_str(" Then sign in anew (a)."),
            _ => {}
        }
        let line = trouble.what_happened.clone();
        let outcome = if passes && !code_spent {
            RenewalOutcome::WillRetry(line)
        } else {
            RenewalOutcome::Failed(line)
        };
        self.connection.note_renewal(Renewal { at: sent_at, kind, outcome });
        // A sign-in that never reached the platform says nothing of what is held.
        let waits = kind == RenewalKind::SignIn && passes && self.connection.trouble.is_some();
        if waits || (kind == RenewalKind::SignIn && self.still_renews()) {
            return Some(ExchangeError::SignInRefused(Box::new(trouble)));
        }
        self.connection.trouble = Some(trouble);
        None
    }

    /// True if the refusal is about one of several resources: consent or scope of that resource, or what policy wants of
    /// whoever uses it. The refresh token may be as good as ever for the others, whose own requests tell.
    fn concerns_one_resource(&self, refusal: &TokenRefusal) -> bool {
        let Some(platform) = &refusal.platform else { return false };
        let stops = matches!(
            refusal.reaction,
            Reaction::ConsentMissing | Reaction::SetUpWrong | Reaction::SignInNeeded
        );
        let error = platform.error.unsanitized();
        let is_its_own = matches!(error, "invalid_scope" | "invalid_resource" | "interaction_required");
        let several = self.connection.settings.audiences().len() > 1;
        several && stops && (is_its_own || refusal.reaction == Reaction::ConsentMissing)
    }

    /// The refusal is kept with its resource; what is held of it stays valid to its end, and the others renew.
    fn take_refusal_of_one(&mut self, trouble: Trouble, audience: &Audience) {
        let what_happened = format!("{audience}: {}", trouble.what_happened);
        let trouble = Trouble { what_happened, ..trouble };
        let outcome = RenewalOutcome::Failed(trouble.what_happened.clone());
        self.connection.note_renewal(Renewal { at: trouble.at, kind: RenewalKind::Refresh, outcome });
        // The platform has answered: whatever was to pass has passed.
        if matches!(&self.connection.trouble, Some(Trouble { kind: TroubleKind::TryLater { .. }, .. })) {
            self.connection.trouble = None;
        }
        if let Some(tokens) = &mut self.connection.tokens {
            tokens.lacking.retain(|own| own.audience != *audience);
            tokens.lacking.push(Lacking { audience: audience.clone(), why: Lack::Refused(trouble) });
        }
    }

    /// True if what is held renews without a person.
    fn still_renews(&self) -> bool {
        let holds = self.connection.tokens.as_ref().is_some_and(|tokens| tokens.refresh.is_some());
        let waits_for_a_person = self
            .connection
            .trouble
            .as_ref()
            .is_some_and(|trouble| !matches!(trouble.kind, TroubleKind::TryLater { .. }));
        holds && !waits_for_a_person
    }
}

pub(super) fn unanswered(error: &SendError) -> TokenRefusal {
    TokenRefusal {
        reaction: if error.stage == SendStage::Unreadable {
            Reaction::ProtocolError
        } else {
            Reaction::TryLater(None)
        },
        who: WhoActs::Nobody,
        what_happened: error.what_happened.clone(),
        what_to_do: error.what_to_do.clone(),
        platform: None,
    }
}
