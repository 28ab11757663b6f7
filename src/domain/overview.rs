//! A connection as it may be shown: everything but the secrets.

use chrono::{DateTime, Utc};
use url::Url;

use super::app_registration::CredentialFacts;
use super::authority::{TenantForm, is_guid};
use super::hand_over::Fingerprint;
use super::per_audience::OfAudience;
use super::redirect_uri::RedirectPlatform;
use super::secret::Secret;
use super::{
    AccessGrant, AdminConsent, AdminConsentRequest, AppRegistration, Attempt, Audience, Capture, Certainty,
    Claims, Connection, ConnectionId, ConnectionName, ConnectionValue, CountsFrom, DevicePoll, HandOver,
    Lack, Lacking, Lifetime, ListenAt, PerAudience, RedirectUri, RefreshLimit, Renewal, RenewalKind,
    ScopeSet, Settings, SignedInUser, Tokens, Trouble, WayIn,
};

/// What the screen and `show` know of a connection. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Immutable id.
    pub id: ConnectionId,
    /// Name.
    pub name: ConnectionName,
    /// Generation of the record.
    pub generation: u64,
    /// What the person decided.
    pub settings: Settings,
    /// Of the app registration's credential.
    pub credential: CredentialFacts,
    /// Of the tokens.
    pub tokens: Option<TokenFacts>,
    /// What stands in the way.
    pub trouble: Option<Trouble>,
    /// The sign-in under way.
    pub attempt: Option<AttemptFacts>,
    /// Whether an administrator was asked to consent.
    pub admin_consent: Option<AdminConsent>,
    /// History, oldest first.
    pub renewals: Vec<Renewal>,
    /// Hand-overs, oldest first.
    pub hand_overs: Vec<HandOver>,
    /// What came and is not saved: this overview is of the record before.
    pub unsaved: Option<Unsaved>,
}

/// An answer that is in memory only, since the disk does not take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsaved {
    /// When it was found out.
    pub since: DateTime<Utc>,
    /// First line: what happened.
    pub what_happened: String,
    /// Second line: what to do.
    pub what_to_do: String,
}

/// What may be told of tokens without telling them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// Who signed in.
    pub user: SignedInUser,
    /// When a person last signed in.
    pub signed_in_at: DateTime<Utc>,
    /// How they came: the refresh token stays what its sign-in made it.
    pub way_in: WayIn,
    /// Of the access tokens, one for each resource.
    pub access: PerAudience<AccessFacts>,
    /// What else the sign-in asked for, and has no token or none that renews.
    pub lacking: Vec<Lacking>,
    /// Of the refresh token, if there is one.
    pub refresh: Option<RefreshFacts>,
}

/// What may be told of an access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessFacts {
    /// The resource that it is for.
    pub audience: Audience,
    /// Life.
    pub lifetime: Lifetime,
    /// Length.
    pub characters: usize,
    /// What was granted, if the answer told it.
    pub granted_scope: Option<ScopeSet>,
    /// What can be read in it.
    pub claims: Claims,
}

impl OfAudience for AccessFacts {
    fn audience(&self) -> &Audience {
        &self.audience
    }
}

/// What may be told of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshFacts {
    /// Life, from the last use.
    pub lifetime: Lifetime,
    /// Whether using it lengthens its life.
    pub counts_from: CountsFrom,
    /// Length.
    pub characters: usize,
    /// Tells one token from another.
    pub fingerprint: Fingerprint,
    /// The previous one is still kept: the newest has not been used yet.
    pub previous_kept: bool,
}

/// What may be told of a sign-in under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptFacts {
    /// With a browser.
    Code(CodeAttemptFacts),
    /// With a device code.
    Device(DeviceAttemptFacts),
}

/// What may be told of a sign-in with a browser: all but the code verifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeAttemptFacts {
    /// The `state` sent: it stands in the address anyway.
    pub state: String,
    /// The redirect URI sent.
    pub redirect_uri: RedirectUri,
    /// The address to open.
    pub authorization_request: Url,
    /// When it was begun.
    pub started_at: DateTime<Utc>,
    /// Refused pastes.
    pub wrong_pastes: u8,
}

/// What may be told of a sign-in with a device code: all but the device code itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceAttemptFacts {
    /// What the person enters; printable.
    pub user_code: String,
    /// Where the person enters it.
    pub verification_uri: Url,
    /// When it was begun.
    pub started_at: DateTime<Utc>,
    /// When the codes lapse.
    pub expires_at: DateTime<Utc>,
    /// When the token endpoint may be asked next.
    pub poll: DevicePoll,
    /// Why the last question stayed without an answer; printable.
    pub unanswered: Option<String>,
    /// Since when an answer may have been lost on its way, and with it the tokens.
    pub lost_since: Option<DateTime<Utc>>,
}

impl AttemptFacts {
    /// What tells it from others, as [`Attempt::mark`].
    pub fn mark(&self) -> &str {
        match self {
            Self::Code(attempt) => &attempt.state,
            Self::Device(attempt) => &attempt.user_code,
        }
    }

    /// True while it may still be finished.
    pub fn is_open_at(&self, now: DateTime<Utc>) -> bool {
        match self {
            Self::Code(attempt) => attempt.is_open_at(now),
            Self::Device(attempt) => attempt.is_open_at(now),
        }
    }

    /// The moments between which it may be finished.
    pub fn open_between(&self) -> [DateTime<Utc>; 2] {
        let started_at = match self {
            Self::Code(attempt) => attempt.started_at,
            Self::Device(attempt) => attempt.started_at,
        };
        [super::attempt::counts_from(started_at), self.ends_at()]
    }

    /// When it ends by itself.
    pub fn ends_at(&self) -> DateTime<Utc> {
        match self {
            Self::Code(attempt) => attempt.ends_at(),
            Self::Device(attempt) => attempt.expires_at,
        }
    }

    /// The sign-in with a browser, if it is one.
    pub fn code(&self) -> Option<&CodeAttemptFacts> {
        match self {
            Self::Code(attempt) => Some(attempt),
            Self::Device(_) => None,
        }
    }

    /// The sign-in with a device code, if it is one.
    pub fn device(&self) -> Option<&DeviceAttemptFacts> {
        match self {
            Self::Code(_) => None,
            Self::Device(attempt) => Some(attempt),
        }
    }
}

impl DeviceAttemptFacts {
    /// True while the person may still enter the code.
    pub fn is_open_at(&self, now: DateTime<Utc>) -> bool {
        now < self.expires_at && super::attempt::began_before(self.started_at, now)
    }
}

impl CodeAttemptFacts {
    /// True while a paste may still finish it.
    pub fn is_open_at(&self, now: DateTime<Utc>) -> bool {
        super::attempt::is_open(self.started_at, self.wrong_pastes, now)
    }

    /// When it ends by itself.
    pub fn ends_at(&self) -> DateTime<Utc> {
        self.started_at + super::attempt::ATTEMPT_LIFE
    }

    /// True if its answer can come back like that: a listener needs a port that the platform was told.
    pub fn can_come_back_by(&self, capture: Capture) -> bool {
        !capture.listens() || self.redirect_uri.listen_at() != Some(ListenAt::AnyPort)
    }
}

impl Overview {
    /// What may be shown of `connection`; `app` is its app registration where it could be read.
    pub fn of(connection: &Connection, app: Option<&AppRegistration>) -> Self {
        Self {
            id: connection.id.clone(),
            name: connection.name.clone(),
            generation: connection.generation,
            settings: connection.settings.clone(),
            credential: app.map_or(CredentialFacts::Missing, |app| CredentialFacts::from(&app.credential)),
            tokens: connection.tokens.as_ref().map(|tokens| TokenFacts::of(tokens, connection.refresh_limit)),
            trouble: connection.trouble.clone(),
            attempt: connection.attempt.as_ref().map(AttemptFacts::from),
            admin_consent: connection.admin_consent.clone(),
            renewals: connection.renewals.clone(),
            hand_overs: connection.hand_overs.clone(),
            unsaved: None,
        }
    }

    /// Life of the access token that ends first, where there is one.
    pub fn access_lifetime(&self) -> Option<Lifetime> {
        let lives = self.tokens.as_ref()?.access.iter().map(|access| access.lifetime);
        lives.min_by_key(|lifetime| lifetime.expires_at)
    }

    /// The access token that a consumer gets who takes only one.
    pub fn primary_access(&self) -> Option<&AccessFacts> {
        self.tokens.as_ref().map(|tokens| tokens.access.primary())
    }

    /// Why a resource has no token, or none that renews; as far as it is still asked for.
    pub fn lack_of(&self, audience: &Audience) -> Option<&Lack> {
        self.lacks().find(|own| own.audience == *audience).map(|own| &own.why)
    }

    /// The resources that are asked for, and have no token or none that renews.
    pub fn lacks(&self) -> impl Iterator<Item = &Lacking> {
        let lacking = self.tokens.iter().flat_map(|tokens| &tokens.lacking);
        let asked = self.settings.audiences();
        lacking.filter(move |own| asked.contains(&own.audience))
    }

    /// What a person should hear of: what stands in the way of everything, else of one resource.
    pub fn foremost_trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref().or_else(|| self.refusal())
    }

    /// When the set of values was renewed last, whichever of its access tokens that was.
    pub fn renewed_at(&self) -> Option<DateTime<Utc>> {
        let access = &self.tokens.as_ref()?.access;
        access.iter().map(|own| own.lifetime.starts_at).max()
    }

    /// Life of the refresh token, where there is one.
    pub fn refresh_lifetime(&self) -> Option<Lifetime> {
        Some(self.tokens.as_ref()?.refresh.as_ref()?.lifetime)
    }

    /// Life of the client credential, secret or certificate, where its end is known.
    pub fn credential_lifetime(&self) -> Option<Lifetime> {
        self.credential.lifetime()
    }

    /// True if the client proves itself when this connection renews, or comes by its first tokens.
    pub fn sends_credential(&self) -> bool {
        let way_in = match &self.tokens {
            Some(tokens) if self.settings.way_in.is_delegated() => tokens.way_in,
            _ => self.settings.way_in,
        };
        !way_in.is_public_client_at(&self.settings.authority)
    }

    /// Life of the client credential, where the connection ends with it.
    pub fn needed_credential_lifetime(&self) -> Option<Lifetime> {
        self.credential_lifetime().filter(|_| self.sends_credential())
    }

    /// Length of a value in characters; `None` if the connection does not hold it.
    pub fn characters_of(&self, value: ConnectionValue) -> Option<usize> {
        match (value, &self.credential) {
            (ConnectionValue::ClientId, _) => Some(self.settings.client_id.to_string().len()),
            (ConnectionValue::ClientSecret, CredentialFacts::Secret { characters, .. }) => Some(*characters),
            (ConnectionValue::ClientSecret, _) => None,
            (ConnectionValue::AccessToken | ConnectionValue::OtherAccessToken(_), _) => {
                Some(self.access_of(value)?.characters)
            }
            (ConnectionValue::RefreshToken, _) => Some(self.tokens.as_ref()?.refresh.as_ref()?.characters),
        }
    }

    /// The access token that a value is.
    pub fn access_of(&self, value: ConnectionValue) -> Option<&AccessFacts> {
        match value {
            ConnectionValue::AccessToken => self.primary_access(),
            ConnectionValue::OtherAccessToken(place) => {
                self.tokens.as_ref()?.access.other(usize::from(place))
            }
            ConnectionValue::ClientId | ConnectionValue::ClientSecret | ConnectionValue::RefreshToken => None,
        }
    }

    /// The values that it may hold, as they are listed: those of every connection, and the access tokens of its other
    /// resources behind the primary one.
    pub fn values(&self) -> Vec<ConnectionValue> {
        let others = self.tokens.as_ref().map_or(0, |tokens| tokens.access.count() - 1);
        let others = (0..u8::try_from(others).unwrap_or(u8::MAX)).map(ConnectionValue::OtherAccessToken);
        let mut values = ConnectionValue::ALL.to_vec();
        let place =
            values.iter().position(|value| *value == ConnectionValue::AccessToken).map_or(0, |at| at + 1);
        values.splice(place..place, others);
        values
    }

    /// Who signs in: who did, else who is expected to.
    pub fn mailbox(&self) -> Option<&str> {
        let signed_in = self.tokens.as_ref().and_then(|tokens| tokens.user.username.as_deref());
        signed_in.or_else(|| self.settings.sign_in_as.as_ref().map(super::Mailbox::as_str))
    }

    /// Whom the tokens stand for, where the mailbox is shown: a client that acts for itself has none, and is told by the
    /// name of its registration where a token told it.
    pub fn holder(&self) -> Option<String> {
        if self.settings.way_in.is_delegated() {
            return self.mailbox().map(str::to_owned);
        }
        let app = self.primary_access().and_then(|access| access.claims.app.as_deref());
        Some(app.map_or_else(|| "client credentials".to_owned(), |app| format!("app: {app}")))
    }

    /// The application permissions in the token of a client that acts for itself: none at all if it tells none, since a
    /// token is issued whether anything was granted or not (Exchange may grant besides, by roles of its own). `None` where a person signs in, where there is no token, and
    /// where it cannot be read.
    pub fn roles(&self) -> Option<ScopeSet> {
        let access = self.primary_access().filter(|_| !self.settings.way_in.is_delegated())?;
        (!access.claims.are_unreadable()).then(|| access.claims.roles.clone().unwrap_or_default())
    }

    /// The sign-in under way, if it may still be finished.
    pub fn open_attempt(&self, now: DateTime<Utc>) -> Option<&AttemptFacts> {
        self.attempt.as_ref().filter(|attempt| attempt.is_open_at(now))
    }

    /// True if the tenant ID is certainly another one than this connection's, as its tokens or its settings tell.
    pub fn is_of_another_tenant_than(&self, told: &str) -> bool {
        let signed_in = self.tokens.as_ref().and_then(|tokens| tokens.user.tid.as_deref());
        let is_id = self.settings.tenant.form() == TenantForm::Id;
        let own = signed_in.or_else(|| is_id.then(|| self.settings.tenant.as_str()));
        own.is_some_and(|own| is_guid(told) && !own.eq_ignore_ascii_case(told))
    }

    /// The platform heading of the portal under which its redirect URI belongs.
    pub fn redirect_platform(&self) -> RedirectPlatform {
        if self.credential.is_confidential() {
            RedirectPlatform::Web
        } else {
            RedirectPlatform::MobileAndDesktop
        }
    }

    /// The request for admin consent that waits for its answer.
    pub fn open_consent_request(&self) -> Option<&AdminConsentRequest> {
        self.admin_consent.as_ref()?.request()
    }

    /// The sign-in with a browser under way, open or over.
    pub fn code_attempt(&self) -> Option<&CodeAttemptFacts> {
        self.attempt.as_ref()?.code()
    }

    /// The sign-in with a browser under way, if a paste may still finish it.
    pub fn open_code_attempt(&self, now: DateTime<Utc>) -> Option<&CodeAttemptFacts> {
        self.open_attempt(now)?.code()
    }

    /// The sign-in with a device code under way, if the person may still enter the code.
    pub fn open_device_attempt(&self, now: DateTime<Utc>) -> Option<&DeviceAttemptFacts> {
        self.open_attempt(now)?.device()
    }

    /// True if the sign-in that was tried last brought tokens, whatever came after.
    pub fn has_signed_in(&self) -> bool {
        let mut sign_ins = self.renewals.iter().rev().filter(|renewal| renewal.kind == RenewalKind::SignIn);
        sign_ins.next().is_some_and(|last| last.outcome.worked())
    }

    /// What is odd about the last answer that brought tokens.
    pub fn last_remark(&self) -> Option<&str> {
        self.renewals.iter().rev().find(|renewal| renewal.outcome.worked())?.outcome.remark()
    }

    /// What is odd about the last answer that brought tokens, unless the one before was odd in the same way.
    pub fn new_remark(&self) -> Option<&str> {
        let mut worked = self.renewals.iter().rev().filter(|renewal| renewal.outcome.worked());
        let last = worked.next()?.outcome.remark()?;
        (worked.next().and_then(|before| before.outcome.remark()) != Some(last)).then_some(last)
    }
}

impl TokenFacts {
    fn of(tokens: &Tokens, limit: Option<RefreshLimit>) -> Self {
        let learned = |lifetime: &Lifetime| limit.filter(|_| lifetime.certainty == Certainty::Learned);
        Self {
            user: tokens.user.clone(),
            signed_in_at: tokens.signed_in_at,
            way_in: tokens.way_in,
            access: tokens.access.map(|access| AccessFacts::from(access)),
            lacking: tokens.lacking.clone(),
            refresh: tokens.refresh.as_ref().map(|refresh| RefreshFacts {
                lifetime: refresh.lifetime,
                counts_from: learned(&refresh.lifetime)
                    .map_or(CountsFrom::LastUse, RefreshLimit::counts_from),
                characters: refresh.current.characters(),
                fingerprint: Fingerprint::of(&refresh.current),
                previous_kept: refresh.previous.is_some(),
            }),
        }
    }
}

impl From<&AccessGrant> for AccessFacts {
    fn from(access: &AccessGrant) -> Self {
        Self {
            audience: access.audience.clone(),
            lifetime: access.lifetime,
            characters: access.token.characters(),
            granted_scope: access.granted_scope.clone(),
            claims: access.claims.clone(),
        }
    }
}

impl From<&Attempt> for AttemptFacts {
    fn from(attempt: &Attempt) -> Self {
        match attempt {
            Attempt::Code(attempt) => Self::Code(CodeAttemptFacts {
                state: attempt.state.clone(),
                redirect_uri: attempt.redirect_uri.clone(),
                authorization_request: attempt.authorization_request.clone(),
                started_at: attempt.started_at,
                wrong_pastes: attempt.wrong_pastes,
            }),
            Attempt::Device(attempt) => Self::Device(DeviceAttemptFacts {
                user_code: attempt.user_code.clone(),
                verification_uri: attempt.verification_uri.clone(),
                started_at: attempt.started_at,
                expires_at: attempt.expires_at,
                poll: attempt.poll,
                unanswered: attempt.unanswered.clone(),
                lost_since: attempt.lost_since,
            }),
        }
    }
}
