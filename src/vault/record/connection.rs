//! The JSON of a connection: settings, tokens, the sign-in under way and what has been.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::FORMAT;
use super::admin_consent::AdminConsentRecord;
use super::hand_over::HandOverRecord;
use super::history::RenewalRecord;
use super::json::{Fault, Text, field, filled, string};
use super::learned::RefreshLimitRecord;
use super::tokens::TokensRecord;
use crate::domain::secret::{CodeVerifier, DeviceCode, Secret};
use crate::domain::{
    Attempt, Authority, ClaimsRequest, ClientId, CodeAttempt, Connection, ConnectionId, ConnectionName,
    DeviceAttempt, DevicePoll, Mailbox, RedirectUri, RenewBefore, RenewalPolicy, RenewalRule, ResponseMode,
    ScopeSet, Settings, Tenant, Trouble, TroubleKind, Wait, WayIn, WhoActs,
};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ConnectionRecord<'a> {
    format: u32,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    generation: u64,
    #[serde(borrow)]
    settings: SettingsRecord<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    tokens: Option<TokensRecord<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    trouble: Option<TroubleRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_limit: Option<RefreshLimitRecord>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    claims: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    attempt: Option<AttemptRecord<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    admin_consent: Option<AdminConsentRecord<'a>>,
    #[serde(borrow)]
    renewals: Vec<RenewalRecord<'a>>,
    #[serde(borrow)]
    hand_overs: Vec<HandOverRecord<'a>>,
}

impl<'a> From<&'a Connection> for ConnectionRecord<'a> {
    fn from(connection: &'a Connection) -> Self {
        Self {
            format: FORMAT,
            id: Text::of(connection.id.as_str()),
            name: Text::of(connection.name.as_str()),
            generation: connection.generation,
            settings: SettingsRecord::from(&connection.settings),
            tokens: connection.tokens.as_ref().map(TokensRecord::from),
            trouble: connection.trouble.as_ref().map(TroubleRecord::from),
            refresh_limit: connection.refresh_limit.map(RefreshLimitRecord::from),
            claims: connection.claims.as_ref().map(|claims| Text::of(claims.as_str())),
            attempt: connection.attempt.as_ref().map(AttemptRecord::from),
            admin_consent: connection.admin_consent.as_ref().map(AdminConsentRecord::from),
            renewals: connection.renewals.iter().map(RenewalRecord::from).collect(),
            hand_overs: connection.hand_overs.iter().map(HandOverRecord::from).collect(),
        }
    }
}

impl TryFrom<ConnectionRecord<'_>> for Connection {
    type Error = Fault;

    fn try_from(record: ConnectionRecord<'_>) -> Result<Self, Fault> {
        let settings: Settings = record.settings.try_into()?;
        let tokens = record.tokens.map(|tokens| tokens.into_tokens(&settings)).transpose()?;
        Ok(Self {
            id: ConnectionId::parse(record.id.as_str()).ok_or_else(|| field("id"))?,
            name: ConnectionName::parse(record.name.as_str()).ok_or_else(|| field("name"))?,
            generation: record.generation,
            settings,
            tokens,
            trouble: record.trouble.map(Trouble::from),
            refresh_limit: record.refresh_limit.and_then(RefreshLimitRecord::into_limit),
            claims: string(record.claims).and_then(ClaimsRequest::parse),
            attempt: record.attempt.map_or(Ok(None), AttemptRecord::into_attempt)?,
            admin_consent: record.admin_consent.and_then(AdminConsentRecord::into_admin_consent),
            renewals: record.renewals.into_iter().filter_map(RenewalRecord::into_renewal).collect(),
            hand_overs: record.hand_overs.into_iter().filter_map(HandOverRecord::into_hand_over).collect(),
        })
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct SettingsRecord<'a> {
    #[serde(borrow)]
    client_id: Text<'a>,
    #[serde(borrow)]
    authority: AuthorityRecord<'a>,
    #[serde(borrow)]
    tenant: Text<'a>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    sign_in_as: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    way_in: Option<Text<'a>>,
    #[serde(borrow)]
    redirect_uri: Text<'a>,
    #[serde(borrow)]
    response_mode: Text<'a>,
    #[serde(borrow)]
    scope: Text<'a>,
    /// Absent for automatic.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    renew: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    renew_before_seconds: Option<i64>,
}

impl<'a> From<&'a Settings> for SettingsRecord<'a> {
    fn from(settings: &'a Settings) -> Self {
        Self {
            client_id: Text::owned(settings.client_id.to_string()),
            authority: AuthorityRecord::from(&settings.authority),
            tenant: Text::of(settings.tenant.as_str()),
            sign_in_as: settings.sign_in_as.as_ref().map(|mailbox| Text::of(mailbox.as_str())),
            way_in: Some(Text::of(settings.way_in.as_str())),
            redirect_uri: Text::of(settings.redirect_uri.as_str()),
            response_mode: Text::of(settings.response_mode.as_str()),
            scope: Text::owned(settings.scopes.to_wire()),
            renew: Some(settings.renewal.policy)
                .filter(|policy| *policy != RenewalPolicy::default())
                .map(|policy| Text::of(policy.as_str())),
            renew_before_seconds: settings.renewal.before.map(|before| before.span().num_seconds()),
        }
    }
}

impl TryFrom<SettingsRecord<'_>> for Settings {
    type Error = Fault;

    fn try_from(record: SettingsRecord<'_>) -> Result<Self, Fault> {
        let sign_in_as = record.sign_in_as.map(|text| {
            // Passing over an address that cannot be read would let anybody sign in.
            Mailbox::parse(text.as_str()).ok_or_else(|| field("settings.sign_in_as"))
        });
        Ok(Self {
            client_id: ClientId::parse(record.client_id.as_str())
                .ok_or_else(|| field("settings.client_id"))?,
            authority: record.authority.try_into()?,
            tenant: Tenant::parse(record.tenant.as_str()).ok_or_else(|| field("settings.tenant"))?,
            sign_in_as: sign_in_as.transpose()?,
            way_in: record.way_in.map_or(Ok(WayIn::default()), |way| {
                WayIn::parse(way.as_str()).ok_or_else(|| field("settings.way_in"))
            })?,
            redirect_uri: RedirectUri::parse(record.redirect_uri.as_str())
                .map_err(|_| field("settings.redirect_uri"))?,
            response_mode: ResponseMode::parse(record.response_mode.as_str()).unwrap_or_default(),
            scopes: ScopeSet::parse_lenient(record.scope.as_str()),
            renewal: RenewalRule {
                // A word that is not known here: nothing lapses, and no more is done than that takes.
                policy: record.renew.map_or(RenewalPolicy::Automatic, |word| {
                    RenewalPolicy::parse(word.as_str()).unwrap_or(RenewalPolicy::KeepAlive)
                }),
                before: record.renew_before_seconds.and_then(RenewBefore::from_seconds),
            },
        })
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct AuthorityRecord<'a> {
    #[serde(borrow)]
    cloud: Text<'a>,
    #[serde(borrow)]
    login: Text<'a>,
    #[serde(borrow)]
    graph: Text<'a>,
}

impl<'a> From<&'a Authority> for AuthorityRecord<'a> {
    fn from(authority: &'a Authority) -> Self {
        Self {
            cloud: Text::of(&authority.cloud),
            login: Text::of(authority.login.as_str()),
            graph: Text::of(authority.graph.as_str()),
        }
    }
}

impl TryFrom<AuthorityRecord<'_>> for Authority {
    type Error = Fault;

    fn try_from(record: AuthorityRecord<'_>) -> Result<Self, Fault> {
        // The check of a custom authority holds for those of the cloud table as well: https, or loopback.
        let checked = Self::custom(record.login.as_str(), Some(record.graph.as_str()));
        let Self { login, graph, .. } = checked.map_err(|_| field("authority"))?;
        match record.cloud.into_string() {
            cloud if cloud.is_empty() => Err(field("authority.cloud")),
            cloud => Ok(Self { cloud, login, graph }),
        }
    }
}

/// The sign-in under way, of either kind. It is written as one of them; the other's fields are absent.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct AttemptRecord<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    code: Option<CodeAttemptRecord<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    device: Option<DeviceAttemptRecord<'a>>,
}

impl<'a> From<&'a Attempt> for AttemptRecord<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        Self {
            code: attempt.code().map(CodeAttemptRecord::from),
            device: attempt.device().map(DeviceAttemptRecord::from),
        }
    }
}

impl AttemptRecord<'_> {
    /// `None` for a sign-in of a kind that is not known here: it can be begun anew.
    fn into_attempt(self) -> Result<Option<Attempt>, Fault> {
        Ok(match (self.code, self.device) {
            (Some(code), _) => Some(Attempt::Code(code.try_into()?)),
            (None, Some(device)) => Some(Attempt::Device(device.try_into()?)),
            (None, None) => None,
        })
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct DeviceAttemptRecord<'a> {
    #[serde(borrow)]
    device_code: Text<'a>,
    #[serde(borrow)]
    user_code: Text<'a>,
    #[serde(borrow)]
    verification_uri: Text<'a>,
    started_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    interval_seconds: i64,
    next_poll_at: DateTime<Utc>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    unanswered: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_since: Option<DateTime<Utc>>,
}

impl<'a> From<&'a DeviceAttempt> for DeviceAttemptRecord<'a> {
    fn from(attempt: &'a DeviceAttempt) -> Self {
        Self {
            device_code: Text::of(attempt.device_code.expose()),
            user_code: Text::of(&attempt.user_code),
            verification_uri: Text::of(attempt.verification_uri.as_str()),
            started_at: attempt.started_at,
            expires_at: attempt.expires_at,
            interval_seconds: attempt.poll.interval.num_seconds(),
            next_poll_at: attempt.poll.next_at,
            unanswered: Text::some(attempt.unanswered.as_ref()),
            lost_since: attempt.lost_since,
        }
    }
}

impl TryFrom<DeviceAttemptRecord<'_>> for DeviceAttempt {
    type Error = Fault;

    fn try_from(record: DeviceAttemptRecord<'_>) -> Result<Self, Fault> {
        Ok(Self {
            device_code: DeviceCode::new(filled(record.device_code, "attempt.device_code")?),
            user_code: filled(record.user_code, "attempt.user_code")?,
            verification_uri: Url::parse(record.verification_uri.as_str())
                .map_err(|_| field("attempt.verification_uri"))?,
            started_at: record.started_at,
            expires_at: record.expires_at,
            poll: DevicePoll {
                interval: TimeDelta::seconds(record.interval_seconds.clamp(1, 3600)),
                next_at: record.next_poll_at,
            },
            unanswered: string(record.unanswered),
            lost_since: record.lost_since,
        })
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct CodeAttemptRecord<'a> {
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow)]
    code_verifier: Text<'a>,
    #[serde(borrow)]
    redirect_uri: Text<'a>,
    #[serde(borrow)]
    authorization_request: Text<'a>,
    started_at: DateTime<Utc>,
    wrong_pastes: u8,
    failed_redemptions: u8,
}

impl<'a> From<&'a CodeAttempt> for CodeAttemptRecord<'a> {
    fn from(attempt: &'a CodeAttempt) -> Self {
        Self {
            state: Text::of(&attempt.state),
            code_verifier: Text::of(attempt.code_verifier.expose()),
            redirect_uri: Text::of(attempt.redirect_uri.as_str()),
            authorization_request: Text::of(attempt.authorization_request.as_str()),
            started_at: attempt.started_at,
            wrong_pastes: attempt.wrong_pastes,
            failed_redemptions: attempt.failed_redemptions,
        }
    }
}

impl TryFrom<CodeAttemptRecord<'_>> for CodeAttempt {
    type Error = Fault;

    fn try_from(record: CodeAttemptRecord<'_>) -> Result<Self, Fault> {
        Ok(Self {
            state: filled(record.state, "attempt.state")?,
            code_verifier: CodeVerifier::new(filled(record.code_verifier, "attempt.code_verifier")?),
            redirect_uri: RedirectUri::parse(record.redirect_uri.as_str())
                .map_err(|_| field("attempt.redirect_uri"))?,
            authorization_request: Url::parse(record.authorization_request.as_str())
                .map_err(|_| field("attempt.authorization_request"))?,
            started_at: record.started_at,
            wrong_pastes: record.wrong_pastes,
            failed_redemptions: record.failed_redemptions,
        })
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TroubleRecord<'a> {
    at: DateTime<Utc>,
    kind: TroubleWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<WhoWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(skip_serializing_if = "WaitWord::is_back_off")]
    wait: WaitWord,
    #[serde(borrow)]
    what_happened: Text<'a>,
    #[serde(borrow)]
    what_to_do: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aadsts: Option<u32>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    trace_id: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    correlation_id: Option<Text<'a>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TroubleWord {
    SignInNeeded,
    ConsentMissing,
    TryLater,
    /// Also what a word that is not known here comes to: a person looks at it, and nothing is sent meanwhile.
    #[default]
    #[serde(other)]
    SetUpWrong,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WaitWord {
    Told,
    #[default]
    #[serde(other)]
    BackOff,
}

impl WaitWord {
    fn is_back_off(&self) -> bool {
        matches!(self, Self::BackOff)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WhoWord {
    User,
    TenantAdmin,
    AppOwner,
    Nobody,
    /// A word that is not known here: the kind tells who usually acts.
    #[serde(other)]
    Unknown,
}

impl WhoWord {
    fn of(who: WhoActs) -> Self {
        match who {
            WhoActs::User => Self::User,
            WhoActs::TenantAdmin => Self::TenantAdmin,
            WhoActs::AppOwner => Self::AppOwner,
            WhoActs::Nobody => Self::Nobody,
        }
    }

    fn known(self) -> Option<WhoActs> {
        match self {
            Self::User => Some(WhoActs::User),
            Self::TenantAdmin => Some(WhoActs::TenantAdmin),
            Self::AppOwner => Some(WhoActs::AppOwner),
            Self::Nobody => Some(WhoActs::Nobody),
            Self::Unknown => None,
        }
    }
}

impl<'a> From<&'a Trouble> for TroubleRecord<'a> {
    fn from(trouble: &'a Trouble) -> Self {
        let (kind, (retry_at, attempt, wait)) = match trouble.kind {
            TroubleKind::SignInNeeded => (TroubleWord::SignInNeeded, (None, None, WaitWord::BackOff)),
            TroubleKind::ConsentMissing => (TroubleWord::ConsentMissing, (None, None, WaitWord::BackOff)),
            // What is told of a record from a backup is never kept in it.
            TroubleKind::SetUpWrong | TroubleKind::Restored => {
                (TroubleWord::SetUpWrong, (None, None, WaitWord::BackOff))
            }
            TroubleKind::TryLater { retry_at, attempt, wait } => {
                let wait = match wait {
                    Wait::BackOff => WaitWord::BackOff,
                    Wait::Told => WaitWord::Told,
                };
                (TroubleWord::TryLater, (Some(retry_at), Some(attempt), wait))
            }
        };
        Self {
            at: trouble.at,
            kind,
            who: Some(WhoWord::of(trouble.who)),
            retry_at,
            attempt,
            wait,
            what_happened: Text::of(&trouble.what_happened),
            what_to_do: Text::of(&trouble.what_to_do),
            aadsts: trouble.aadsts,
            trace_id: Text::some(trouble.trace_id.as_ref()),
            correlation_id: Text::some(trouble.correlation_id.as_ref()),
        }
    }
}

impl From<TroubleRecord<'_>> for Trouble {
    fn from(record: TroubleRecord<'_>) -> Self {
        let kind = match record.kind {
            TroubleWord::SignInNeeded => TroubleKind::SignInNeeded,
            TroubleWord::ConsentMissing => TroubleKind::ConsentMissing,
            TroubleWord::SetUpWrong => TroubleKind::SetUpWrong,
            TroubleWord::TryLater => TroubleKind::TryLater {
                retry_at: record.retry_at.unwrap_or(record.at),
                attempt: record.attempt.unwrap_or(1),
                wait: match record.wait {
                    WaitWord::BackOff => Wait::BackOff,
                    WaitWord::Told => Wait::Told,
                },
            },
        };
        Self {
            at: record.at,
            kind,
            who: record.who.and_then(WhoWord::known).unwrap_or(kind.who_acts()),
            what_happened: record.what_happened.into_string(),
            what_to_do: record.what_to_do.into_string(),
            aadsts: record.aadsts,
            trace_id: string(record.trace_id),
            correlation_id: string(record.correlation_id),
        }
    }
}
