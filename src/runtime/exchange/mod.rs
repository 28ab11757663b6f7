//! The transaction that spends a grant: lock, read again, prove the disk, send, classify, seal, unlock.
//!
//! The lock is held over the request, so that of all processes one renews. The disk is proved before the request, so
//! that a full one is found with nothing sent. What the answer brings is saved before anything else is done with it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::{Failure, GrantStep};
use crate::domain::{
    AppRegistration, Connection, ConnectionId, Overview, Renewal, RenewalKind, RenewalOutcome, Settings,
    SignedInUser, Trouble, TroubleKind, WayIn, WhoActs,
};
use crate::oauth::certificate::CertificateError;
use crate::oauth::claims;
use crate::oauth::client_authentication::{AssertionContext, ClientAuthentication};
use crate::oauth::token_answer::{self, HttpAnswer, Reaction, TokenAnswer, TokenRefusal, TokenResponse};
use crate::oauth::token_request::{self, TokenRequest};
use crate::sanitize::sanitize;
use crate::vault::{LockedConnection, PATIENCE, VaultError};

use super::blocking::blocking;
use super::entropy;
use super::http::{SendError, SendStage};
use super::services::{Services, failure};

mod device;
mod doubt;
mod learn;
mod remarks;
mod tokens;

pub use device::{Asked, Waited, begin_device_sign_in, poll_device, wait_for_device};
use doubt::{Belief, Doubt, is_dead, is_lost};
use tokens::{RefreshLife, rotated, tokens};

/// Why nothing was stored.
#[derive(Debug, Clone, PartialEq)]
pub enum ExchangeError {
    /// The vault did not allow it; no request was sent, or its answer could not be saved.
    Vault(VaultError),
    /// The sign-in is over: too old, or too many pastes were refused.
    AttemptOver,
    /// There is nothing to renew with.
    NothingToRenew,
    /// The app registration's record is missing.
    NoAppRegistration,
    /// The key of the certificate cannot sign.
    UnusableKey(CertificateError),
    /// Somebody else signed in than the connection expects. Both as printable text.
    WrongUser {
        /// Who signed in.
        signed_in: String,
        /// Who was expected.
        expected: String,
    },
    /// A new sign-in was refused. What was held before still renews, so it is not the connection's trouble.
    SignInRefused(Box<Trouble>),
}

impl ExchangeError {
    /// In two lines.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Vault(error) => failure(error),
            Self::AttemptOver => Failure::new(
                "This sign-in is over: fifteen minutes have passed, or five pastes were refused.",
                "Begin a new one (a) and use its address.",
            ),
            Self::NothingToRenew => Failure::new(
                "There is no refresh token to renew with.",
                "Sign in (a); offline_access must be granted.",
            ),
            Self::NoAppRegistration => Failure::new(
                "The record of the app registration is missing.",
                "Enter client ID and secret again (e).",
            ),
            Self::UnusableKey(error) => Failure::new(
                format!("The client assertion could not be signed: {error}."),
                "Enter certificate and key again (e).",
            ),
            Self::WrongUser { signed_in, expected } => Failure::new(
                format!("You signed in as {signed_in}; this connection expects {expected}. Nothing saved."),
                "Sign in again (a) with the right account; a private browser window asks which one.",
            ),
            Self::SignInRefused(trouble) => {
                Failure::new(trouble.what_happened.clone(), trouble.what_to_do.clone())
            }
        }
    }
}

impl From<VaultError> for ExchangeError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

/// Spends a grant. Trouble with the platform is no error: it stands in the overview that comes back.
pub async fn exchange(
    services: &Services,
    id: &ConnectionId,
    step: GrantStep,
) -> Result<Overview, ExchangeError> {
    let prepared = {
        let (services, id, step) = (services.clone(), id.clone(), step.clone());
        blocking(move || prepare(&services, &id, &step)).await?
    };
    let (mut ready, mut request) = match prepared {
        Prepared::Ready(ready, request) => (ready, request),
        Prepared::RenewedElsewhere(overview) => return Ok(*overview),
    };
    loop {
        let sent_at = services.clock.now();
        let answer = services.http.post(request).await;
        let step = step.clone();
        match blocking(move || ready.finish(&step, sent_at, &answer)).await? {
            Finished::Saved(overview) => return Ok(*overview),
            Finished::NewerToken(other, again) => (ready, request) = (other, again),
        }
    }
}

/// A record under its lock, its disk proved, before the request.
struct Ready {
    locked: LockedConnection,
    connection: Connection,
    app: AppRegistration,
    /// How sure it is that the record is what is on disk, once the platform refuses what it holds.
    belief: Belief,
}

/// What an answer led to.
enum Finished {
    /// It is in the record.
    Saved(Box<Overview>),
    /// The token was refused, but the record holds another by now: this request uses that one.
    NewerToken(Box<Ready>, TokenRequest),
}

enum Prepared {
    Ready(Box<Ready>, TokenRequest),
    RenewedElsewhere(Box<Overview>),
}

fn prepare(services: &Services, id: &ConnectionId, step: &GrantStep) -> Result<Prepared, ExchangeError> {
    let mut ready = ready(services, id)?;
    let tokens = ready.connection.tokens.as_ref();
    if let GrantStep::Renew { seen } = step
        && tokens.is_some_and(|tokens| Some(tokens.access.lifetime.starts_at) > *seen)
    {
        return Ok(Prepared::RenewedElsewhere(Box::new(ready.overview())));
    }
    if let GrantStep::Renew { .. } = step {
        ready.locked.check_not_restored(&ready.connection)?;
    }
    let request = request(&ready.connection, &ready.app, step, services.clock.now())?;
    ready.locked.prove_disk()?;
    Ok(Prepared::Ready(ready, request))
}

/// The connection under its lock, with its app registration.
fn ready(services: &Services, id: &ConnectionId) -> Result<Box<Ready>, ExchangeError> {
    let locked = services.vault.lock_connection(id, PATIENCE)?;
    let connection = locked.read()?;
    let app = services
        .vault
        .app_registration(&connection.settings.client_id)?
        .ok_or(ExchangeError::NoAppRegistration)?;
    Ok(Box::new(Ready { locked, connection, app, belief: Belief::AfterReadingAgain }))
}

fn request(
    connection: &Connection,
    app: &AppRegistration,
    step: &GrantStep,
    now: DateTime<Utc>,
) -> Result<TokenRequest, ExchangeError> {
    let settings = &connection.settings;
    let client = client(way_in(connection, step), settings, app, now)?;
    match step {
        GrantStep::Redeem { code, state } => {
            // Another login may have begun a sign-in meanwhile: this code would only end it.
            let attempt = connection.code_attempt();
            let attempt = attempt.filter(|own| own.is_open_at(now) && own.state == *state);
            let attempt = attempt.ok_or(ExchangeError::AttemptOver)?;
            Ok(token_request::redeem(settings, &client, attempt, code))
        }
        GrantStep::Renew { .. } if !settings.way_in.is_delegated() => {
            Ok(token_request::client_credentials(settings, &client))
        }
        GrantStep::Renew { .. } => {
            let tokens = connection.tokens.as_ref().ok_or(ExchangeError::NothingToRenew)?;
            let refresh = tokens.refresh.as_ref().ok_or(ExchangeError::NothingToRenew)?;
            let granted = tokens.access.granted_scope.as_ref();
            Ok(token_request::refresh(settings, &client, &refresh.current, granted))
        }
    }
}

/// The way in that a grant belongs to: a refresh token stays what its sign-in made it.
fn way_in(connection: &Connection, step: &GrantStep) -> WayIn {
    match (step, &connection.tokens) {
        (GrantStep::Renew { .. }, Some(tokens)) if connection.settings.way_in.is_delegated() => tokens.way_in,
        (GrantStep::Renew { .. }, _) => connection.settings.way_in,
        (GrantStep::Redeem { .. }, _) => WayIn::default(),
    }
}

/// What the client proves itself with.
fn client(
    way_in: WayIn,
    settings: &Settings,
    app: &AppRegistration,
    now: DateTime<Utc>,
) -> Result<ClientAuthentication, ExchangeError> {
    let endpoint = token_request::endpoint(settings);
    let context = AssertionContext { endpoint: &endpoint, now, jti: &entropy::request_guid() };
    ClientAuthentication::of(way_in, app, context).map_err(ExchangeError::UnusableKey)
}

impl Ready {
    fn overview(&self) -> Overview {
        Overview::of(&self.connection, Some(&self.app))
    }

    /// Takes the answer into the record and saves it.
    fn finish(
        mut self: Box<Self>,
        step: &GrantStep,
        sent_at: DateTime<Utc>,
        answer: &Result<HttpAnswer, SendError>,
    ) -> Result<Finished, ExchangeError> {
        let kind = self.kind(step);
        let read = answer.as_ref().map(token_answer::read);
        if kind == RenewalKind::Refresh && read.as_ref().is_ok_and(is_dead) {
            self = match self.look_again(step, sent_at)? {
                Doubt::Confirmed(ready) => ready,
                Doubt::Removed(finished) => return Ok(finished),
            };
        }
        match kind {
            RenewalKind::SignIn => self.spend_code(answer),
            RenewalKind::Refresh if is_lost(answer) => {
                self.note_lost_answer(sent_at);
            }
            RenewalKind::Refresh | RenewalKind::ClientCredentials => {}
        }
        let refused = match read {
            Ok(TokenAnswer::Granted(response)) => {
                let skew = answer.as_ref().ok().and_then(|answer| answer.clock_skew);
                self.take_tokens(*response, kind, sent_at, skew)
            }
            Ok(TokenAnswer::Unusable { refresh_token, refusal }) => {
                // After a sign-in nothing tells whose it is: it must not take the place of a token that is known.
                if let (RenewalKind::Refresh, Some(new), Some(tokens)) =
                    (kind, refresh_token, &mut self.connection.tokens)
                {
                    let life = RefreshLife {
                        told: None,
                        limit: self.connection.refresh_limit,
                        signed_in_at: tokens.signed_in_at,
                    };
                    tokens.refresh = Some(rotated(tokens.refresh.take(), new, life, sent_at));
                }
                self.take_refusal(&refusal, kind, sent_at)
            }
            Err(error) => self.take_refusal(&unanswered(error), kind, sent_at),
        };
        self.locked.save(&mut self.connection)?;
        match refused {
            Some(error) => Err(error),
            None => Ok(Finished::Saved(Box::new(self.overview()))),
        }
    }

    fn kind(&self, step: &GrantStep) -> RenewalKind {
        match step {
            GrantStep::Redeem { .. } => RenewalKind::SignIn,
            GrantStep::Renew { .. } if !self.connection.settings.way_in.is_delegated() => {
                RenewalKind::ClientCredentials
            }
            GrantStep::Renew { .. } => RenewalKind::Refresh,
        }
    }

    /// Stores the tokens, unless somebody else signed in.
    fn take_tokens(
        &mut self,
        response: TokenResponse,
        kind: RenewalKind,
        sent_at: DateTime<Utc>,
        skew: Option<TimeDelta>,
    ) -> Option<ExchangeError> {
        let user = claims::signed_in_user(response.id_token.as_ref(), &response.access_token);
        if let Some(error) = self.stranger(&user, kind) {
            self.take_stranger(&error, kind, sent_at);
            return Some(error);
        }
        let outcome = remarks::outcome(&response, &self.connection.settings.scopes, skew);
        if let Some(remark) = outcome.remark() {
            tracing::warn!(connection = %self.connection.name, "{remark}");
        }
        let before = self.connection.tokens.take();
        self.forget_outlived_limit(before.as_ref(), kind, sent_at);
        let limit = self.connection.refresh_limit;
        self.connection.tokens = Some(tokens(response, user, before, limit, kind, sent_at));
        if kind == RenewalKind::SignIn {
            self.connection.claims = None;
            // Nothing old is used any more.
            self.locked.accept_restored(&mut self.connection);
        }
        self.connection.trouble = None;
        self.connection.note_renewal(Renewal { at: sent_at, kind, outcome });
        None
    }

    /// Nothing of a stranger is stored. A refresh token that suddenly is somebody else's is not used again by itself.
    fn take_stranger(&mut self, error: &ExchangeError, kind: RenewalKind, sent_at: DateTime<Utc>) {
        let Failure { what_happened, what_to_do } = error.failure();
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
    fn stranger(&self, user: &SignedInUser, kind: RenewalKind) -> Option<ExchangeError> {
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

    /// Notes a refusal. It becomes the connection's trouble, unless a code was spent beside tokens that still renew:
    /// then only whoever signs in is told.
    fn take_refusal(
        &mut self,
        refusal: &TokenRefusal,
        kind: RenewalKind,
        sent_at: DateTime<Utc>,
    ) -> Option<ExchangeError> {
        let failures = match self.connection.trouble {
            Some(Trouble { kind: TroubleKind::TryLater { attempt, .. }, .. }) => attempt,
            _ => 0,
        };
        if let (RenewalKind::Refresh, Some(platform)) = (kind, &refusal.platform) {
            self.learn(platform);
        }
        let mut trouble = refusal.trouble(sent_at, failures, entropy::jitter());
        if kind == RenewalKind::Refresh {
            self.tell_lost_answer(&mut trouble);
        }
        let code_spent = kind == RenewalKind::SignIn && self.connection.attempt.is_none();
        let passes = matches!(trouble.kind, TroubleKind::TryLater { .. });
        // No code works twice, so nothing tries this again by itself.
        match trouble.kind {
            TroubleKind::TryLater { .. } if code_spent => {
                "Begin a new sign-in (a): the code of this one is spent.".clone_into(&mut trouble.what_to_do);
            }
            TroubleKind::TryLater { .. } if self.may_send_code_again() => {
                "The sign-in stays open: give the same address again (p)."
                    .clone_into(&mut trouble.what_to_do);
            }
            TroubleKind::SetUpWrong if code_spent => trouble.what_to_do.push_str(" Then sign in anew (a)."),
            _ => {}
        }
        let line = trouble.what_happened.clone();
        let outcome = if passes && !code_spent {
            RenewalOutcome::WillRetry(line)
        } else {
            RenewalOutcome::Failed(line)
        };
        self.connection.note_renewal(Renewal { at: sent_at, kind, outcome });
        // A sign-in that never reached the platform says nothing of what is held.
        let waits = kind == RenewalKind::SignIn && passes && self.connection.trouble.is_some();
        if waits || (kind == RenewalKind::SignIn && self.still_renews()) {
            return Some(ExchangeError::SignInRefused(Box::new(trouble)));
        }
        self.connection.trouble = Some(trouble);
        None
    }

    /// True if what is held renews without a person.
    fn still_renews(&self) -> bool {
        let holds = self.connection.tokens.as_ref().is_some_and(|tokens| tokens.refresh.is_some());
        let waits_for_a_person = self
            .connection
            .trouble
            .as_ref()
            .is_some_and(|trouble| !matches!(trouble.kind, TroubleKind::TryLater { .. }));
        holds && !waits_for_a_person
    }
}

fn unanswered(error: &SendError) -> TokenRefusal {
    TokenRefusal {
        reaction: if error.stage == SendStage::Unreadable {
            Reaction::ProtocolError
        } else {
            Reaction::TryLater(None)
        },
        who: WhoActs::Nobody,
        what_happened: error.what_happened.clone(),
        what_to_do: error.what_to_do.clone(),
        platform: None,
    }
}
