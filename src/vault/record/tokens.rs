//! The JSON of what a sign-in brought. Access tokens are a list, one for each resource: the refresh token serves all.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::json::{Fault, Text, field, filled, string};
use crate::domain::secret::{AccessToken, RefreshToken, Secret};
use crate::domain::{
    AccessGrant, Certainty, Claims, Lifetime, RefreshGrant, ScopeSet, SignedInUser, Tokens, WayIn,
};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TokensRecord<'a> {
    #[serde(borrow)]
    user: UserRecord<'a>,
    signed_in_at: DateTime<Utc>,
    #[serde(borrow)]
    access: Vec<AccessRecord<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    refresh: Option<RefreshRecord<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    way_in: Option<Text<'a>>,
}

impl<'a> From<&'a Tokens> for TokensRecord<'a> {
    fn from(tokens: &'a Tokens) -> Self {
        Self {
            user: UserRecord::from(&tokens.user),
            signed_in_at: tokens.signed_in_at,
            access: vec![AccessRecord::from(&tokens.access)],
            refresh: tokens.refresh.as_ref().map(RefreshRecord::from),
            way_in: Some(Text::of(tokens.way_in.as_str())),
        }
    }
}

impl TryFrom<TokensRecord<'_>> for Tokens {
    type Error = Fault;

    fn try_from(record: TokensRecord<'_>) -> Result<Self, Fault> {
        let mut access = record.access.into_iter();
        let first = access.next().ok_or_else(|| field("tokens.access"))?;
        if access.next().is_some() {
            // A later version keeps several; saving here would lose all but one.
            return Err(Fault::Newer);
        }
        Ok(Self {
            access: first.try_into()?,
            refresh: record.refresh.map(TryInto::try_into).transpose()?,
            user: record.user.into(),
            signed_in_at: record.signed_in_at,
            // Records of before there was a choice.
            way_in: record.way_in.map_or(Ok(WayIn::default()), |way| {
                WayIn::parse(way.as_str()).ok_or_else(|| field("tokens.way_in"))
            })?,
        })
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct AccessRecord<'a> {
    #[serde(borrow)]
    token: Text<'a>,
    lifetime: LifetimeRecord,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    granted_scope: Option<Text<'a>>,
    #[serde(borrow)]
    claims: ClaimsRecord<'a>,
}

impl<'a> From<&'a AccessGrant> for AccessRecord<'a> {
    fn from(access: &'a AccessGrant) -> Self {
        Self {
            token: Text::of(access.token.expose()),
            lifetime: access.lifetime.into(),
            granted_scope: access.granted_scope.as_ref().map(|scope| Text::owned(scope.to_wire())),
            claims: ClaimsRecord::from(&access.claims),
        }
    }
}

impl TryFrom<AccessRecord<'_>> for AccessGrant {
    type Error = Fault;

    fn try_from(record: AccessRecord<'_>) -> Result<Self, Fault> {
        Ok(Self {
            token: AccessToken::new(filled(record.token, "tokens.access.token")?),
            lifetime: record.lifetime.into(),
            granted_scope: record.granted_scope.map(|text| ScopeSet::parse_lenient(text.as_str())),
            claims: record.claims.into(),
        })
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct RefreshRecord<'a> {
    #[serde(borrow)]
    current: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    previous: Option<Text<'a>>,
    lifetime: LifetimeRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    unanswered_at: Option<DateTime<Utc>>,
}

impl<'a> From<&'a RefreshGrant> for RefreshRecord<'a> {
    fn from(refresh: &'a RefreshGrant) -> Self {
        Self {
            current: Text::of(refresh.current.expose()),
            previous: refresh.previous.as_ref().map(|token| Text::of(token.expose())),
            lifetime: refresh.lifetime.into(),
            unanswered_at: refresh.unanswered_at,
        }
    }
}

impl TryFrom<RefreshRecord<'_>> for RefreshGrant {
    type Error = Fault;

    fn try_from(record: RefreshRecord<'_>) -> Result<Self, Fault> {
        Ok(Self {
            current: RefreshToken::new(filled(record.current, "tokens.refresh.current")?),
            previous: string(record.previous).map(RefreshToken::new),
            lifetime: record.lifetime.into(),
            unanswered_at: record.unanswered_at,
        })
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct LifetimeRecord {
    starts_at: DateTime<Utc>,
    /// Absent, it has ended long ago: renewing is the safe answer.
    expires_at: DateTime<Utc>,
    certainty: CertaintyWord,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CertaintyWord {
    Known,
    Learned,
    #[default]
    #[serde(other)]
    Estimated,
}

impl From<Lifetime> for LifetimeRecord {
    fn from(lifetime: Lifetime) -> Self {
        let certainty = match lifetime.certainty {
            Certainty::Known => CertaintyWord::Known,
            Certainty::Estimated => CertaintyWord::Estimated,
            Certainty::Learned => CertaintyWord::Learned,
        };
        Self { starts_at: lifetime.starts_at, expires_at: lifetime.expires_at, certainty }
    }
}

impl From<LifetimeRecord> for Lifetime {
    fn from(record: LifetimeRecord) -> Self {
        let certainty = match record.certainty {
            CertaintyWord::Known => Certainty::Known,
            CertaintyWord::Estimated => Certainty::Estimated,
            CertaintyWord::Learned => Certainty::Learned,
        };
        Self { starts_at: record.starts_at, expires_at: record.expires_at, certainty }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct UserRecord<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    username: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    name: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    oid: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    tid: Option<Text<'a>>,
}

impl<'a> From<&'a SignedInUser> for UserRecord<'a> {
    fn from(user: &'a SignedInUser) -> Self {
        Self {
            username: Text::some(user.username.as_ref()),
            name: Text::some(user.name.as_ref()),
            oid: Text::some(user.oid.as_ref()),
            tid: Text::some(user.tid.as_ref()),
        }
    }
}

impl From<UserRecord<'_>> for SignedInUser {
    fn from(record: UserRecord<'_>) -> Self {
        Self {
            username: string(record.username),
            name: string(record.name),
            oid: string(record.oid),
            tid: string(record.tid),
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct ClaimsRecord<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    aud: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    tid: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    upn: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    app: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    scp: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    roles: Option<Text<'a>>,
}

impl<'a> From<&'a Claims> for ClaimsRecord<'a> {
    fn from(claims: &'a Claims) -> Self {
        Self {
            aud: Text::some(claims.aud.as_ref()),
            tid: Text::some(claims.tid.as_ref()),
            upn: Text::some(claims.upn.as_ref()),
            app: Text::some(claims.app.as_ref()),
            scp: claims.scp.as_ref().map(|scope| Text::owned(scope.to_wire())),
            roles: claims.roles.as_ref().map(|roles| Text::owned(roles.to_wire())),
        }
    }
}

impl From<ClaimsRecord<'_>> for Claims {
    fn from(record: ClaimsRecord<'_>) -> Self {
        Self {
            aud: string(record.aud),
            tid: string(record.tid),
            upn: string(record.upn),
            app: string(record.app),
            scp: record.scp.map(|text| ScopeSet::parse_lenient(text.as_str())),
            roles: record.roles.map(|text| ScopeSet::parse_lenient(text.as_str())),
        }
    }
}
