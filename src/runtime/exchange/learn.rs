//! What refusals teach: the tenant's limit on refresh tokens, and what policy wants of the next sign-in.

use chrono::{DateTime, Utc};

use crate::domain::{Certainty, RenewalKind, Tokens};
use crate::oauth::platform_error::PlatformError;
use crate::oauth::refresh_limit;

use super::Ready;

impl Ready {
    /// A token that was renewed beyond its learned end: the tenant's limit is another one by now.
    pub(super) fn forget_outlived_limit(
        &mut self,
        before: Option<&Tokens>,
        kind: RenewalKind,
        sent_at: DateTime<Utc>,
    ) {
        let held = before.and_then(|tokens| tokens.refresh.as_ref());
        let outlived = held.is_some_and(|refresh| {
            refresh.lifetime.certainty == Certainty::Learned && refresh.lifetime.is_expired_at(sent_at)
        });
        if kind == RenewalKind::Refresh && outlived {
            self.connection.refresh_limit = None;
        }
    }

    /// What a refusal of the refresh token teaches: the tenant's limit on it, and what policy wants of the next sign-in.
    pub(super) fn learn(&mut self, platform: &PlatformError) {
        if let Some(claims) = &platform.claims {
            self.connection.claims = Some(claims.clone());
        }
        let Some(limit) = refresh_limit::read(platform) else { return };
        self.connection.refresh_limit = Some(limit);
        if let Some(tokens) = &mut self.connection.tokens {
            let life = limit.lifetime(tokens.signed_in_at, tokens.renewed_at());
            tokens.refresh.iter_mut().for_each(|refresh| refresh.lifetime = life);
        }
    }
}
