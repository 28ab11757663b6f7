//! What a sign-in brought: an access token for each resource, the refresh tokens, and who signed in.

use chrono::{DateTime, Utc};

use super::per_audience::OfAudience;
use super::secret::{AccessToken, RefreshToken};
use super::{Audience, Lifetime, PerAudience, ScopeSet, Trouble, WayIn};

/// The values of one sign-in, as renewed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The access tokens, one for each resource.
    pub access: PerAudience<AccessGrant>,
    /// What else the sign-in asked for, and has no token or none that renews.
    pub lacking: Vec<Lacking>,
    /// The refresh token, if `offline_access` was granted. It serves all resources.
    pub refresh: Option<RefreshGrant>,
    /// Who signed in.
    pub user: SignedInUser,
    /// When a person last signed in (not the last renewal): some limits count from here.
    pub signed_in_at: DateTime<Utc>,
    /// How they came. Whatever way in is chosen later: to the platform they stay what this made them.
    pub way_in: WayIn,
}

/// An access token with its lifetime, for one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessGrant {
    /// The resource that it was asked for.
    pub audience: Audience,
    /// The token.
    pub token: AccessToken,
    /// From when the request was sent, for `expires_in` seconds.
    pub lifetime: Lifetime,
    /// What was granted, if the answer told it (RFC 6749 §5.1 lets it be left out).
    pub granted_scope: Option<ScopeSet>,
    /// What can be read in the token, for the eyes only.
    pub claims: Claims,
}

impl OfAudience for AccessGrant {
    fn audience(&self) -> &Audience {
        &self.audience
    }
}

/// A resource that was asked for, and why no token of it is to be had for now. What was held before may still be valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// Which.
    pub audience: Audience,
    /// Why.
    pub why: Lack,
}

/// Why there is no token for a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// One request brings one at a time: its turn comes at once.
    NotYet,
    /// The platform refused, for a reason that concerns this resource alone: not asked again until a person acts.
    Refused(Trouble),
}

impl Lacking {
    /// The refusal, where it is one.
    pub fn refusal(&self) -> Option<&Trouble> {
        match &self.why {
            Lack::NotYet => None,
            Lack::Refused(trouble) => Some(trouble),
        }
    }
}

impl Tokens {
    /// When the set was renewed last, whichever of its access tokens that was: the refresh token was last used then.
    pub fn renewed_at(&self) -> DateTime<Utc> {
        let moments = self.access.iter().map(|access| access.lifetime.starts_at);
        moments.max().unwrap_or(self.access.primary().lifetime.starts_at)
    }

    /// Why there is no token for a resource, or none that renews.
    pub fn lack_of(&self, audience: &Audience) -> Option<&Lack> {
        self.lacking.iter().find(|own| own.audience == *audience).map(|own| &own.why)
    }
}

/// The refresh token in use, and the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshGrant {
    /// The newest.
    pub current: RefreshToken,
    /// The one that `current` replaced, kept until `current` has worked once.
    pub previous: Option<RefreshToken>,
    /// From the last use; the end is mostly an estimate.
    pub lifetime: Lifetime,
    /// When `current` was sent and no answer came: the platform may have replaced it by one that nobody received.
    pub unanswered_at: Option<DateTime<Utc>>,
}

/// Who signed in, as the id token or the access token tells it. Shown and compared, never trusted for access.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignedInUser {
    /// `preferred_username` or `upn`: an address, for the eyes and for the comparison with *sign in as*.
    pub username: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// Object id in the tenant: stays when the address changes.
    pub oid: Option<String>,
    /// Tenant id.
    pub tid: Option<String>,
}

impl SignedInUser {
    /// True if both tell an object id and tenant, and they agree: certainly the same person.
    pub fn is_surely(&self, before: &Self) -> bool {
        let both = self.oid.is_some() && self.tid.is_some() && before.oid.is_some() && before.tid.is_some();
        both && !self.is_someone_else_than(before)
    }

    /// True if both tell an object id and tenant, and they differ: another person.
    pub fn is_someone_else_than(&self, before: &Self) -> bool {
        let differs = |now: &Option<String>, then: &Option<String>| matches!((now, then), (Some(a), Some(b)) if !a.eq_ignore_ascii_case(b));
        differs(&self.oid, &before.oid) || differs(&self.tid, &before.tid)
    }
}

/// The claims of an access token that are worth showing. The token stays opaque: nothing is decided by them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// Audience: the resource that takes the token.
    pub aud: Option<String>,
    /// Tenant id.
    pub tid: Option<String>,
    /// Address of the user.
    pub upn: Option<String>,
    /// Display name of the app.
    pub app: Option<String>,
    /// Delegated permissions in the token.
    pub scp: Option<ScopeSet>,
    /// Application permissions in the token: the client acts for itself.
    pub roles: Option<ScopeSet>,
}

impl Claims {
    /// The audience in words, where it is one of the known ones.
    pub fn audience_name(&self) -> Option<&str> {
        let aud = self.aud.as_deref()?;
        Some(match Audience::of_resource(aud) {
            Some(Audience::Graph) => "Microsoft Graph",
            Some(Audience::Exchange) => "Exchange Online",
            Some(Audience::Other(_)) | None => aud,
        })
    }

    /// True if nothing could be read: the token is opaque, as those of personal accounts and of many resources are.
    pub fn are_unreadable(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(oid: Option<&str>, tid: Option<&str>) -> SignedInUser {
        SignedInUser { oid: oid.map(Into::into), tid: tid.map(Into::into), ..SignedInUser::default() }
    }

    #[test]
    fn another_object_id_or_tenant_is_someone_else() {
        let before = user(Some("a"), Some("t"));
        assert!(!user(Some("A"), Some("t")).is_someone_else_than(&before));
        assert!(user(Some("b"), Some("t")).is_someone_else_than(&before));
        assert!(user(Some("a"), Some("u")).is_someone_else_than(&before));
        assert!(!user(None, None).is_someone_else_than(&before));
    }
}
