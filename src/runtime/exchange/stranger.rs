//! Who signed in, compared with whom the connection expects, ahead of storing anything.

use chrono::{DateTime, Utc};

use crate::app::Failure;
use crate::domain::{Renewal, RenewalKind, RenewalOutcome, SignedInUser, Trouble, TroubleKind, WhoActs};
use crate::sanitize::sanitize;

use super::{ExchangeError, Ready};

impl Ready {
    /// Nothing of a stranger is stored. A refresh token that suddenly is somebody else's is not used again by itself.
    pub(super) fn take_stranger(&mut self, error: &ExchangeError, kind: RenewalKind, sent_at: DateTime<Utc>) {
        let Failure { what_happened, what_to_do, .. } = error.failure();
        let outcome = RenewalOutcome::Failed(what_happened.clone());
        self.connection.note_renewal(Renewal { at: sent_at, kind, outcome });
        if kind == RenewalKind::Refresh {
            self.connection.trouble = Some(Trouble {
                at: sent_at,
                kind: TroubleKind::SignInNeeded,
                who: WhoActs::User,
                what_happened,
                what_to_do,
                aadsts: None,
                trace_id: None,
                correlation_id: None,
            });
        }
    }

    /// The error if this is not whom the connection expects: by the mailbox in its settings, and by who it was before.
    /// A renewal is compared by object id only: a mailbox may be renamed, its person stays.
    pub(super) fn stranger(&self, user: &SignedInUser, kind: RenewalKind) -> Option<ExchangeError> {
        if kind == RenewalKind::ClientCredentials {
            return None;
        }
        let signed_in = sanitize(user.username.as_deref().unwrap_or("somebody else"), 100);
        let expected = self.connection.settings.sign_in_as.as_ref();
        if let (RenewalKind::SignIn, Some(expected), Some(username)) = (kind, expected, &user.username) {
            if !expected.is_same(username) {
                return Some(ExchangeError::WrongUser { signed_in, expected: expected.to_string() });
            }
            // Whom the settings name may take the place of whoever signed in before, but not under one address.
            let before = self.connection.tokens.as_ref().map(|tokens| &tokens.user)?;
            let had_this_name = before.username.as_deref().is_some_and(|name| expected.is_same(name));
            return (had_this_name && user.is_someone_else_than(before)).then(|| ExchangeError::WrongUser {
                signed_in,
                expected: format!("the {expected} of before, with another object or tenant ID"),
            });
        }
        let before = self.connection.tokens.as_ref().map(|tokens| &tokens.user)?;
        user.is_someone_else_than(before).then(|| ExchangeError::WrongUser {
            signed_in,
            expected: sanitize(before.username.as_deref().unwrap_or("whoever signed in first"), 100),
        })
    }
}
