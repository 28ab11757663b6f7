//! How an answer changes the tokens that are held. What it leaves out is taken over: a missing field deletes nothing.

use chrono::{DateTime, Utc};

use crate::domain::secret::RefreshToken;
use crate::domain::{
    AccessGrant, Certainty, Lifetime, RefreshGrant, RenewalKind, SignedInUser, Tokens, WayIn,
};
use crate::oauth::claims;
use crate::oauth::token_answer::TokenResponse;

/// The new set.
pub(super) fn tokens(
    response: TokenResponse,
    user: SignedInUser,
    before: Option<Tokens>,
    kind: RenewalKind,
    sent_at: DateTime<Utc>,
) -> Tokens {
    let way_in = way_in(before.as_ref(), &response, kind);
    let (before_refresh, before_user, before_scope, signed_in_before) = match before {
        Some(tokens) => (tokens.refresh, tokens.user, tokens.access.granted_scope, Some(tokens.signed_in_at)),
        None => (None, SignedInUser::default(), None, None),
    };
    let refresh = match response.refresh_token {
        // RFC 6749 §4.4.3: there should be none, and nobody's would be it.
        _ if kind == RenewalKind::ClientCredentials => None,
        Some(new) => Some(rotated(before_refresh, new, response.refresh_token_expires_in, sent_at, kind)),
        None => before_refresh.map(|held| used(held, sent_at, kind)),
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
        signed_in_at: match (kind, signed_in_before) {
            (RenewalKind::Refresh | RenewalKind::ClientCredentials, Some(moment)) => moment,
            (RenewalKind::SignIn, _) | (_, None) => sent_at,
        },
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

/// A new refresh token. The one it replaces is kept until the new one has worked once.
pub(super) fn rotated(
    before: Option<RefreshGrant>,
    new: RefreshToken,
    expires_in: Option<i64>,
    sent_at: DateTime<Utc>,
    kind: RenewalKind,
) -> RefreshGrant {
    let lifetime = match expires_in {
        Some(seconds) => Lifetime::from_seconds(sent_at, seconds, Certainty::Known),
        None => before.as_ref().map_or_else(
            || Lifetime::estimated_refresh(sent_at),
            |held| renewed_lifetime(held.lifetime, sent_at, kind),
        ),
    };
    let previous = before.map(|held| held.current).filter(|held| *held != new);
    RefreshGrant { current: new, previous, lifetime }
}

/// The answer brought no new refresh token: the held one has worked, so the one before it is no longer needed.
fn used(held: RefreshGrant, sent_at: DateTime<Utc>, kind: RenewalKind) -> RefreshGrant {
    match kind {
        RenewalKind::Refresh => {
            RefreshGrant { lifetime: renewed_lifetime(held.lifetime, sent_at, kind), previous: None, ..held }
        }
        RenewalKind::SignIn | RenewalKind::ClientCredentials => held,
    }
}

/// An estimate starts anew with every use. A limit that the platform told once holds on: from a sign-in it starts
/// anew, by a renewal it does not grow.
fn renewed_lifetime(held: Lifetime, sent_at: DateTime<Utc>, kind: RenewalKind) -> Lifetime {
    match (held.certainty, kind) {
        (Certainty::Learned, RenewalKind::Refresh | RenewalKind::ClientCredentials) => held,
        (Certainty::Learned, RenewalKind::SignIn) => {
            Lifetime::from_seconds(sent_at, held.span().num_seconds(), Certainty::Learned)
        }
        (Certainty::Known | Certainty::Estimated, _) => Lifetime::estimated_refresh(sent_at),
    }
}
