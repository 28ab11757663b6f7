//! How an answer changes the tokens that are held. What it leaves out is taken over: a missing field deletes nothing.

use chrono::{DateTime, Utc};

use crate::domain::secret::RefreshToken;
use crate::domain::{
    AccessGrant, Certainty, Lifetime, RefreshGrant, RefreshLimit, RenewalKind, SignedInUser, Tokens, WayIn,
};
use crate::oauth::claims;
use crate::oauth::token_answer::TokenResponse;

/// The new set.
pub(super) fn tokens(
    response: TokenResponse,
    user: SignedInUser,
    before: Option<Tokens>,
    limit: Option<RefreshLimit>,
    kind: RenewalKind,
    sent_at: DateTime<Utc>,
) -> Tokens {
    let way_in = way_in(before.as_ref(), &response, kind);
    let (before_refresh, before_user, before_scope, signed_in_before) = match before {
        Some(tokens) => (tokens.refresh, tokens.user, tokens.access.granted_scope, Some(tokens.signed_in_at)),
        None => (None, SignedInUser::default(), None, None),
    };
    let signed_in_at = match (kind, signed_in_before) {
        (RenewalKind::Refresh | RenewalKind::ClientCredentials, Some(moment)) => moment,
        (RenewalKind::SignIn, _) | (_, None) => sent_at,
    };
    let life = RefreshLife { told: response.refresh_token_expires_in, limit, signed_in_at };
    let refresh = match response.refresh_token {
        // RFC 6749 §4.4.3: there should be none, and nobody's would be it.
        _ if kind == RenewalKind::ClientCredentials => None,
        Some(new) => Some(rotated(before_refresh, new, life, sent_at)),
        None => before_refresh.map(|held| used(held, life, kind, sent_at)),
    };
    Tokens {
        access: AccessGrant {
            claims: claims::claims(&response.access_token),
            token: response.access_token,
            lifetime: Lifetime::from_seconds(
                sent_at,
                response.expires_in.seconds(),
                response.expires_in.certainty(),
            ),
            granted_scope: response.granted_scope.or(before_scope),
        },
        refresh,
        user: SignedInUser {
            username: user.username.or(before_user.username),
            name: user.name.or(before_user.name),
            oid: user.oid.or(before_user.oid),
            tid: user.tid.or(before_user.tid),
        },
        signed_in_at,
        way_in,
    }
}

/// How the set came, as it matters for renewals: it goes with the refresh token. A device sign-in says so itself.
fn way_in(before: Option<&Tokens>, response: &TokenResponse, kind: RenewalKind) -> WayIn {
    match (kind, before) {
        (RenewalKind::ClientCredentials, _) => WayIn::ClientCredentials,
        (RenewalKind::Refresh, Some(tokens)) => tokens.way_in,
        (RenewalKind::SignIn, Some(tokens)) if response.refresh_token.is_none() => tokens.way_in,
        (RenewalKind::SignIn | RenewalKind::Refresh, _) => WayIn::default(),
    }
}

/// What is known of the life of the refresh tokens of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct RefreshLife {
    /// What the answer itself tells, in seconds.
    pub told: Option<i64>,
    /// What an earlier refusal has taught.
    pub limit: Option<RefreshLimit>,
    /// From where that may count.
    pub signed_in_at: DateTime<Utc>,
}

impl RefreshLife {
    /// Of a token that was got or used at `used_at`.
    fn from(self, used_at: DateTime<Utc>) -> Lifetime {
        match (self.told, self.limit) {
            (Some(seconds), _) => Lifetime::from_seconds(used_at, seconds, Certainty::Known),
            (None, Some(limit)) => limit.lifetime(self.signed_in_at, used_at),
            (None, None) => Lifetime::estimated_refresh(used_at),
        }
    }
}

/// A new refresh token. The one it replaces is kept until the new one has worked once.
pub(super) fn rotated(
    before: Option<RefreshGrant>,
    new: RefreshToken,
    life: RefreshLife,
    sent_at: DateTime<Utc>,
) -> RefreshGrant {
    let previous = before.map(|held| held.current).filter(|held| *held != new);
    RefreshGrant { current: new, previous, lifetime: life.from(sent_at), unanswered_at: None }
}

/// The answer brought no new refresh token: the held one has worked, so the one before it is no longer needed.
fn used(held: RefreshGrant, life: RefreshLife, kind: RenewalKind, sent_at: DateTime<Utc>) -> RefreshGrant {
    match kind {
        RenewalKind::Refresh => {
            RefreshGrant { lifetime: life.from(sent_at), previous: None, unanswered_at: None, ..held }
        }
        RenewalKind::SignIn | RenewalKind::ClientCredentials => held,
    }
}
