//! How an answer changes the tokens that are held. What it leaves out is taken over: a missing field deletes nothing.

use chrono::{DateTime, Utc};

use crate::domain::secret::RefreshToken;
use crate::domain::{
    AccessGrant, Audience, Certainty, Lack, Lacking, Lifetime, PerAudience, RefreshGrant, RefreshLimit,
    RenewalKind, SignedInUser, Tokens, WayIn,
};
use crate::oauth::claims;
use crate::oauth::token_answer::TokenResponse;

/// An answer that brought tokens.
pub(super) struct Answered {
    /// What came.
    pub response: TokenResponse,
    /// The resource that it was asked for.
    pub audience: Audience,
    /// Who signed in, as it tells.
    pub user: SignedInUser,
    /// Which grant was used.
    pub kind: RenewalKind,
    /// When it was asked for.
    pub sent_at: DateTime<Utc>,
}

/// The new set. `asked` are the resources that the settings ask for.
pub(super) fn tokens(
    answered: Answered,
    before: Option<Tokens>,
    asked: &[Audience],
    limit: Option<RefreshLimit>,
) -> Tokens {
    let Answered { response, audience, user, kind, sent_at } = answered;
    let way_in = way_in(before.as_ref(), &response, kind);
    let lacking = lacking(before.as_ref(), &audience, asked, kind);
    let signed_in_at = match (kind, &before) {
        (RenewalKind::Refresh | RenewalKind::ClientCredentials, Some(tokens)) => tokens.signed_in_at,
        (RenewalKind::SignIn, _) | (_, None) => sent_at,
    };
    // Whoever signs in may be another one than before: nothing of theirs stands beside what came now.
    let is_another = |held: &Tokens| kind == RenewalKind::SignIn && user.is_someone_else_than(&held.user);
    let (held, before_refresh, before_user) = match before.filter(|held| !is_another(held)) {
        Some(tokens) => (Some(tokens.access), tokens.refresh, tokens.user),
        None => (None, None, SignedInUser::default()),
    };
    let told = held.as_ref().and_then(|held| held.get(&audience)?.granted_scope.clone());
    let grant = AccessGrant {
        claims: claims::claims(&response.access_token),
        lifetime: Lifetime::from_seconds(
            sent_at,
            response.expires_in.seconds(),
            response.expires_in.certainty(),
        ),
        granted_scope: response.granted_scope.or(told),
        audience,
        token: response.access_token,
    };
    // Where nobody tells who it was, the tokens of the sign-in before go as well.
    let stay = held.filter(|_| kind != RenewalKind::SignIn || user.is_surely(&before_user));
    let life = RefreshLife { told: response.refresh_token_expires_in, limit, signed_in_at };
    let refresh = match response.refresh_token {
        // RFC 6749 §4.4.3: there should be none, and nobody's would be it.
        _ if kind == RenewalKind::ClientCredentials => None,
        Some(new) => Some(rotated(before_refresh, new, life, sent_at)),
        None => before_refresh.map(|held| used(held, life, kind, sent_at)),
    };
    Tokens {
        access: access(stay, grant, asked),
        lacking,
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

/// The new token among those of the other resources, as far as they are still asked for.
fn access(
    held: Option<PerAudience<AccessGrant>>,
    grant: AccessGrant,
    asked: &[Audience],
) -> PerAudience<AccessGrant> {
    let new = grant.audience.clone();
    let Some(mut all) = held else { return PerAudience::new(grant) };
    all.put(grant);
    all.retain(|own| own.audience == new || asked.contains(&own.audience));
    all
}

/// A sign-in asks for all resources and brings a token of one: the others have their turn next. A renewal ends the lack of
/// its own.
fn lacking(before: Option<&Tokens>, now: &Audience, asked: &[Audience], kind: RenewalKind) -> Vec<Lacking> {
    let is_other = |audience: &Audience| audience != now && asked.contains(audience);
    let wait = |audience: &Audience| Lacking { audience: audience.clone(), why: Lack::NotYet };
    match (kind, before) {
        (RenewalKind::SignIn, _) => asked.iter().filter(|own| is_other(own)).map(wait).collect(),
        (_, Some(tokens)) => tokens.lacking.iter().filter(|own| is_other(&own.audience)).cloned().collect(),
        (_, None) => Vec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::AccessToken;
    use crate::oauth::token_answer::ExpiresIn;

    fn person(oid: &str) -> SignedInUser {
        let told = |text: &str| Some(text.to_owned());
        SignedInUser { username: told(oid), oid: told(oid), tid: told("tenant"), ..SignedInUser::default() }
    }

    fn signed_in(oid: &str, refresh_token: Option<RefreshToken>, before: Option<Tokens>) -> Tokens {
        let response = TokenResponse {
            access_token: AccessToken::new(format!("access of {oid}")),
            expires_in: ExpiresIn::Told(3600),
            names_token_type: true,
            refresh_token,
            refresh_token_expires_in: None,
            granted_scope: None,
            id_token: None,
        };
        let answered = Answered {
            response,
            audience: Audience::Graph,
            user: person(oid),
            kind: RenewalKind::SignIn,
            sent_at: DateTime::UNIX_EPOCH,
        };
        tokens(answered, before, &[Audience::Graph], None)
    }

    #[test]
    fn refresh_token_of_somebody_else_does_not_stand_beside_a_new_sign_in() {
        let before = signed_in("a", Some(RefreshToken::new("refresh of a")), None);
        let again = signed_in("a", None, Some(before.clone()));
        assert_eq!(again.refresh, before.refresh);
        let other = signed_in("b", None, Some(before.clone()));
        assert_eq!((other.refresh, other.user), (None, person("b")));
        let with_own = signed_in("b", Some(RefreshToken::new("refresh of b")), Some(before));
        assert_eq!(with_own.refresh.unwrap().previous, None);
    }
}
