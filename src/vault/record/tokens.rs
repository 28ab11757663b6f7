//! The JSON of what a sign-in brought. Access tokens are a list, one for each resource: the refresh token serves all.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::connection::TroubleRecord;
use super::json::{Fault, Text, field, filled, string};
use crate::domain::secret::{AccessToken, RefreshToken, Secret};
use crate::domain::{
    AccessGrant, Audience, Certainty, Claims, Lack, Lacking, Lifetime, PerAudience, RefreshGrant, ScopeSet,
    Settings, SignedInUser, Tokens, WayIn,
};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TokensRecord<'a> {
    #[serde(borrow)]
    user: UserRecord<'a>,
    signed_in_at: DateTime<Utc>,
    #[serde(borrow)]
    access: Vec<AccessRecord<'a>>,
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    lacking: Vec<LackingRecord<'a>>,
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
            access: tokens.access.iter().map(AccessRecord::from).collect(),
            lacking: tokens.lacking.iter().map(LackingRecord::from).collect(),
            refresh: tokens.refresh.as_ref().map(RefreshRecord::from),
            way_in: Some(Text::of(tokens.way_in.as_str())),
        }
    }
}

impl TokensRecord<'_> {
    /// With the settings of the record: they tell for which resource a token is that was stored before there was a choice.
    pub(super) fn into_tokens(self, settings: &Settings) -> Result<Tokens, Fault> {
        let mut grants = self.access.into_iter().map(|access| access.into_grant(settings));
        let first = grants.next().ok_or_else(|| field("tokens.access"))??;
        let mut access = PerAudience::new(first);
        for grant in grants {
            let grant = grant?;
            if access.get(&grant.audience).is_some() {
                // A later version may keep several of one resource; saving here would lose all but one.
                return Err(Fault::Newer);
            }
            access.put(grant);
        }
        Ok(Tokens {
            access,
            lacking: self.lacking.into_iter().map(LackingRecord::into_lacking).collect::<Result<_, _>>()?,
            refresh: self.refresh.map(TryInto::try_into).transpose()?,
            user: self.user.into(),
            signed_in_at: self.signed_in_at,
            // Records of before there was a choice.
            way_in: self.way_in.map_or(Ok(WayIn::default()), |way| {
                WayIn::parse(way.as_str()).ok_or_else(|| field("tokens.way_in"))
            })?,
        })
    }
}

/// A resource by its word or address. What is neither was written by a later version.
fn audience(text: &Text<'_>) -> Result<Audience, Fault> {
    Audience::parse(text.as_str()).ok_or(Fault::Newer)
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct AccessRecord<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    audience: Option<Text<'a>>,
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
            audience: Some(Text::of(access.audience.as_str())),
            token: Text::of(access.token.expose()),
            lifetime: access.lifetime.into(),
            granted_scope: access.granted_scope.as_ref().map(|scope| Text::owned(scope.to_wire())),
            claims: ClaimsRecord::from(&access.claims),
        }
    }
}

impl AccessRecord<'_> {
    fn into_grant(self, settings: &Settings) -> Result<AccessGrant, Fault> {
        let told = self.audience.as_ref().map(audience).transpose()?;
        let claims = Claims::from(self.claims);
        let granted_scope = self.granted_scope.map(|text| ScopeSet::parse_lenient(text.as_str()));
        Ok(AccessGrant {
            audience: told.unwrap_or_else(|| settings.audience_of_token(&claims, granted_scope.as_ref())),
            token: AccessToken::new(filled(self.token, "tokens.access.token")?),
            lifetime: self.lifetime.into(),
            granted_scope,
            claims,
        })
    }
}

/// A resource without a token, or with one that does not renew; `refused` tells why, where it is more than its turn.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct LackingRecord<'a> {
    #[serde(borrow)]
    audience: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    refused: Option<TroubleRecord<'a>>,
}

impl<'a> From<&'a Lacking> for LackingRecord<'a> {
    fn from(lacking: &'a Lacking) -> Self {
        Self {
            audience: Text::of(lacking.audience.as_str()),
            refused: lacking.refusal().map(TroubleRecord::from),
        }
    }
}

impl LackingRecord<'_> {
    fn into_lacking(self) -> Result<Lacking, Fault> {
        let why = self.refused.map_or(Lack::NotYet, |trouble| Lack::Refused(trouble.into()));
        Ok(Lacking { audience: audience(&self.audience)?, why })
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
