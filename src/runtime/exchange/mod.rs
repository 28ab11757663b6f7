//! The transaction that spends a grant: lock, read again, prove the disk, send, classify, seal, unlock.
//!
//! The lock is held over the request, so that of all processes one renews. The disk is proved before the request, so
//! that a full one is found with nothing sent. What the answer brings is saved before anything else is done with it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::{GrantStep, Wanted};
use crate::domain::secret::AuthorizationCode;
use crate::domain::{
    AppRegistration, Audience, ClientCredential, Connection, ConnectionId, Lack, Lacking, Overview, Renewal,
    RenewalKind, SecretCredential, Settings, Trouble, WayIn,
};
use crate::oauth::claims;
use crate::oauth::client_authentication::{AssertionContext, ClientAuthentication};
use crate::oauth::token_answer::{self, HttpAnswer, TokenAnswer, TokenResponse};
use crate::oauth::token_request::{self, TokenRequest};
use crate::vault::{LockedConnection, PATIENCE};

use super::blocking::blocking;
use super::entropy;
use super::http::{Hop, SendError, SendStage};
use super::services::Services;

mod device;
mod doubt;
mod error;
mod keeping;
mod learn;
mod previous;
mod proof;
mod refusal;
mod remarks;
mod stranger;
mod tokens;

pub use device::{Asked, Waited, begin_device_sign_in, poll_device, wait_for_device};
use doubt::{Belief, Doubt, is_dead, is_lost};
pub use error::ExchangeError;
use keeping::Taken;
pub use keeping::{NotSaved, OnFailedSave, Teller};
use previous::Spends;
pub use proof::{NewSecret, prove_secret};
use refusal::unanswered;
use tokens::{Answered, RefreshLife, rotated, tokens};

/// What one request spends.
#[derive(Debug, Clone)]
enum Grant {
    /// The code of the sign-in with this `state`: for a token of the primary resource.
    Code { code: AuthorizationCode, state: String },
    /// The refresh token, or the client's own right: for a token of this resource.
    Renewal(Wanted),
    /// The same with a new client secret in the place of the one held, to see whether the platform takes it.
    Proof { audience: Audience, secret: SecretCredential },
}

/// Spends a grant: one transaction for each resource, since a token is for one. Trouble with the platform is no error: it
/// stands in the overview that comes back.
///
/// # Errors
///
/// Why nothing was stored. Once a sign-in is stored, what goes wrong with the tokens of its other resources is none, unless
/// they came and could not be saved: they stay due.
pub async fn exchange(
    services: &Services,
    id: &ConnectionId,
    step: GrantStep,
) -> Result<Overview, ExchangeError> {
    match step {
        GrantStep::Redeem { code, state } => {
            let signed_in = Box::pin(spend(services, id, Grant::Code { code, state })).await?;
            get_others(services, signed_in).await
        }
        GrantStep::Renew(wanted) => renew_each(services, id, wanted).await,
    }
}

/// One after the other, until something stands in the way of all.
async fn renew_each(
    services: &Services,
    id: &ConnectionId,
    wanted: Vec<Wanted>,
) -> Result<Overview, ExchangeError> {
    // Where nothing is due any more, there is nothing to do.
    let mut latest = if wanted.is_empty() {
        read(services, id).await.ok_or(ExchangeError::NothingToRenew)
    } else {
        Err(ExchangeError::NothingToRenew)
    };
    for wanted in wanted {
        let overview = Box::pin(spend(services, id, Grant::Renewal(wanted))).await?;
        let is_stopped = overview.trouble.is_some();
        latest = Ok(overview);
        if is_stopped || services.leaving.is_told() {
            break;
        }
    }
    latest
}

/// The tokens of the other resources that a sign-in asked for, with the refresh token that it brought. The sign-in is
/// saved by now, whatever becomes of them.
async fn get_others(services: &Services, signed_in: Overview) -> Result<Overview, ExchangeError> {
    let is_due = signed_in.trouble.is_none() && signed_in.refresh_lifetime().is_some();
    let others: Vec<Audience> = signed_in
        .lacks()
        .filter(|own| is_due && own.why == Lack::NotYet)
        .map(|own| own.audience.clone())
        .collect();
    if others.is_empty() || services.leaving.is_told() {
        return Ok(signed_in);
    }
    let GrantStep::Renew(wanted) = GrantStep::renew_these(&signed_in, others) else { return Ok(signed_in) };
    match renew_each(services, &signed_in.id, wanted).await {
        Err(error) if error.is_not_saved() => Err(error),
        Err(error) => {
            tracing::warn!(connection = %signed_in.name, "{}", error.failure().what_happened);
            Ok(read(services, &signed_in.id).await.unwrap_or(signed_in))
        }
        renewed => renewed,
    }
}

async fn read(services: &Services, id: &ConnectionId) -> Option<Overview> {
    let (services, id) = (services.clone(), id.clone());
    let read = blocking(move || services.vault.connection_by_id(&id).map(|held| services.overview(&held)));
    read.await.ok()
}

/// One transaction.
async fn spend(services: &Services, id: &ConnectionId, grant: Grant) -> Result<Overview, ExchangeError> {
    let prepared = {
        let (own, id, grant) = (services.clone(), id.clone(), grant.clone());
        before_sending(services, move || prepare(&own, &id, &grant)).await?
    };
    let (mut ready, mut request) = match prepared {
        Prepared::Ready(ready, request) => (ready, request),
        Prepared::NothingToDo(overview) => return Ok(*overview),
    };
    loop {
        let sent_at = services.clock.now();
        let answer = answer(services, request).await;
        let grant = grant.clone();
        match blocking(move || ready.finish(&grant, sent_at, &answer)).await? {
            Finished::Taken(taken) => return keeping::keep(services, taken).await,
            Finished::Unchanged(overview) => return Ok(*overview),
            Finished::Again(other, again) => (ready, request) = (other, again),
            Finished::SecretRefused(refused) => return Err(ExchangeError::SecretRefused(refused)),
        }
    }
}

/// Waits for a lock and for the disk, unless the program is to end: then nothing is sent. The thread that waits is left to
/// itself, and gives back what it gets.
async fn before_sending<T: Send + 'static>(
    services: &Services,
    work: impl FnOnce() -> Result<T, ExchangeError> + Send + 'static,
) -> Result<T, ExchangeError> {
    tokio::select! {
        biased;
        () = services.leaving.told() => Err(ExchangeError::Stopped),
        prepared = blocking(work) => prepared,
    }
}

/// Sends the request. Where the program is to end, its answer is not awaited for ever: then it counts as lost.
async fn answer(services: &Services, request: TokenRequest) -> Result<HttpAnswer, SendError> {
    tokio::select! {
        biased;
        answer = services.http.post(request) => answer,
        () = services.leaving.out_of_patience() => Err(SendError {
            stage: SendStage::Unanswered,
            hop: Hop::Answer,
            what_happened: "the program was told to end, and no answer had come after 5 s".to_owned(),
            what_to_do: "Nothing to do: it is renewed by itself when tokengauge runs again.".to_owned(),
        }),
    }
}

/// A record under its lock, its disk proved, before the request.
struct Ready {
    locked: LockedConnection,
    connection: Connection,
    app: AppRegistration,
    /// How sure it is that the record is what is on disk, once the platform refuses what it holds.
    belief: Belief,
    /// Which of its refresh tokens the request spends.
    spends: Spends,
    /// When tokens were asked for before: what is noted since is news.
    asked_before: Option<DateTime<Utc>>,
}

/// What an answer led to.
enum Finished {
    /// The record has taken it, and is to be saved.
    Taken(Taken),
    /// Somebody else has saved what was asked for.
    Unchanged(Box<Overview>),
    /// The platform does not know the client by the new secret. It has looked at nothing else, so nothing is changed.
    SecretRefused(Box<Trouble>),
    /// The token was refused, but the record holds another: this request uses that one.
    Again(Box<Ready>, TokenRequest),
}

enum Prepared {
    Ready(Box<Ready>, TokenRequest),
    /// Another process has done it or was refused, or the resource is not asked for any more.
    NothingToDo(Box<Overview>),
}

fn prepare(services: &Services, id: &ConnectionId, grant: &Grant) -> Result<Prepared, ExchangeError> {
    let mut ready = ready(services, id)?;
    if let Grant::Renewal(wanted) = grant
        && !is_still_wanted(&ready.connection, wanted)
    {
        return Ok(Prepared::NothingToDo(Box::new(ready.overview())));
    }
    if let Grant::Proof { secret, .. } = grant {
        ready.app.credential = ClientCredential::Secret(secret.clone());
    }
    if let Grant::Renewal(_) | Grant::Proof { .. } = grant {
        ready.locked.check_not_restored(&ready.connection)?;
    }
    if let Grant::Renewal(wanted) = grant
        && is_refused_meanwhile(&ready.connection, wanted, services.clock.now())
    {
        return Ok(Prepared::NothingToDo(Box::new(ready.overview())));
    }
    let request = request(&ready.connection, &ready.app, grant, services.clock.now())?;
    ready.locked.prove_disk()?;
    Ok(Prepared::Ready(ready, request))
}

/// True unless another process has renewed this token meanwhile, or changed what is asked for.
fn is_still_wanted(connection: &Connection, wanted: &Wanted) -> bool {
    let held = connection.tokens.as_ref().and_then(|tokens| tokens.access.get(&wanted.audience));
    let is_newer = held.is_some_and(|held| Some(held.lifetime.starts_at) > wanted.seen);
    !is_newer && connection.settings.audiences().contains(&wanted.audience)
}

/// True if another process has asked meanwhile, and its answer stands in the way of this request as well.
fn is_refused_meanwhile(connection: &Connection, wanted: &Wanted, now: DateTime<Utc>) -> bool {
    let lacking = connection.tokens.iter().flat_map(|tokens| &tokens.lacking);
    let of_this = lacking.filter(|own| own.audience == wanted.audience).find_map(Lacking::refusal);
    let is_news = |trouble: &&Trouble| !wanted.troubles_seen.contains(&trouble.at);
    connection.trouble.iter().chain(of_this).filter(is_news).any(|trouble| trouble.stands_in_the_way(now))
}

/// The connection under its lock, with its app registration.
fn ready(services: &Services, id: &ConnectionId) -> Result<Box<Ready>, ExchangeError> {
    let mut locked = services.vault.lock_connection(id, PATIENCE)?;
    // What another program could not save is newer than the record.
    if let Some(taken) = locked.take_in_emergency_copy()? {
        tracing::warn!("{taken}");
    }
    let connection = locked.read()?;
    let app = services.vault.app_registration_of(&connection)?.ok_or(ExchangeError::NoAppRegistration)?;
    Ok(Box::new(Ready {
        locked,
        asked_before: connection.renewals.last().map(|renewal| renewal.at),
        connection,
        app,
        belief: Belief::AfterReadingAgain,
        spends: Spends::Current,
    }))
}

fn request(
    connection: &Connection,
    app: &AppRegistration,
    grant: &Grant,
    now: DateTime<Utc>,
) -> Result<TokenRequest, ExchangeError> {
    let settings = &connection.settings;
    let client = client(way_in(connection, grant), settings, app, now)?;
    match grant {
        Grant::Code { code, state } => {
            // Another login may have begun a sign-in meanwhile: this code would only end it.
            let attempt = connection.code_attempt();
            let attempt = attempt.filter(|own| own.is_open_at(now) && own.state == *state);
            let attempt = attempt.ok_or(ExchangeError::AttemptOver)?;
            Ok(token_request::redeem(settings, &client, attempt, code))
        }
        Grant::Proof { .. } if client == ClientAuthentication::Public => Err(ExchangeError::SendsNoSecret),
        Grant::Renewal(_) | Grant::Proof { .. } if !settings.way_in.is_delegated() => {
            Ok(token_request::client_credentials(settings, &client))
        }
        Grant::Renewal(Wanted { audience, .. }) | Grant::Proof { audience, .. } => {
            let tokens = connection.tokens.as_ref().ok_or(ExchangeError::NothingToRenew)?;
            let refresh = tokens.refresh.as_ref().ok_or(ExchangeError::NothingToRenew)?;
            let granted = tokens.access.get(audience).and_then(|held| held.granted_scope.as_ref());
            Ok(token_request::refresh(settings, &client, &refresh.current, audience, granted))
        }
    }
}

/// The way in that a grant belongs to: a refresh token stays what its sign-in made it.
fn way_in(connection: &Connection, grant: &Grant) -> WayIn {
    match (grant, &connection.tokens) {
        (Grant::Renewal(_) | Grant::Proof { .. }, Some(tokens))
            if connection.settings.way_in.is_delegated() =>
        {
            tokens.way_in
        }
        (Grant::Renewal(_) | Grant::Proof { .. }, _) => connection.settings.way_in,
        (Grant::Code { .. }, _) => WayIn::default(),
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

    /// Takes the answer into the record.
    fn finish(
        mut self: Box<Self>,
        grant: &Grant,
        sent_at: DateTime<Utc>,
        answer: &Result<HttpAnswer, SendError>,
    ) -> Result<Finished, ExchangeError> {
        let kind = self.kind(grant);
        let audience = self.audience(grant);
        let mut read = answer.as_ref().map(token_answer::read);
        if let (Grant::Proof { .. }, Ok(TokenAnswer::Unusable { refresh_token: None, refusal })) =
            (grant, &read)
            && refusal.is_of_client()
        {
            let trouble = refusal.trouble(sent_at, 0, entropy::jitter());
            return Ok(Finished::SecretRefused(Box::new(trouble)));
        }
        if kind == RenewalKind::Refresh && read.as_ref().is_ok_and(is_dead) {
            self = match self.look_again(grant, sent_at)? {
                Doubt::Confirmed(ready) => ready,
                Doubt::Removed(finished) => return Ok(finished),
            };
        }
        if kind == RenewalKind::Refresh {
            if let Some(again) = self.request_with_previous(read.as_ref(), grant, sent_at) {
                return Ok(Finished::Again(self, again));
            }
            read = self.spends.judge(read);
        }
        match kind {
            RenewalKind::SignIn => self.spend_code(answer),
            RenewalKind::Refresh if is_lost(answer) => {
                self.note_lost_answer(sent_at);
            }
            RenewalKind::Refresh | RenewalKind::ClientCredentials => {}
        }
        let is_granted = matches!(read, Ok(TokenAnswer::Granted(_)));
        let refused = match read {
            Ok(TokenAnswer::Granted(response)) => {
                let skew = answer.as_ref().ok().and_then(|answer| answer.clock_skew);
                self.take_tokens(*response, &audience, kind, sent_at, skew)
            }
            Ok(TokenAnswer::Unusable { refresh_token, refusal }) => {
                // After a sign-in nothing tells whose it is: it must not take the place of a token that is known.
                if let (RenewalKind::Refresh, Some(new), Some(tokens)) =
                    (kind, refresh_token, &mut self.connection.tokens)
                {
                    self.spends.worked(tokens);
                    let life = RefreshLife {
                        told: None,
                        limit: self.connection.refresh_limit,
                        signed_in_at: tokens.signed_in_at,
                    };
                    tokens.refresh = Some(rotated(tokens.refresh.take(), new, life, sent_at));
                }
                self.take_refusal(&refusal, (kind, &audience), sent_at)
            }
            Err(error) => self.take_refusal(&unanswered(error), (kind, &audience), sent_at),
        };
        let refused = match grant {
            Grant::Proof { .. } if !is_granted => refused.or_else(|| self.not_proven()),
            _ => refused,
        };
        Ok(Finished::Taken(Taken { ready: self, refused }))
    }

    fn kind(&self, grant: &Grant) -> RenewalKind {
        match grant {
            Grant::Code { .. } => RenewalKind::SignIn,
            Grant::Renewal(_) | Grant::Proof { .. } if !self.connection.settings.way_in.is_delegated() => {
                RenewalKind::ClientCredentials
            }
            Grant::Renewal(_) | Grant::Proof { .. } => RenewalKind::Refresh,
        }
    }

    /// The resource that was asked for.
    fn audience(&self, grant: &Grant) -> Audience {
        match grant {
            Grant::Code { .. } => self.connection.settings.primary_audience(),
            Grant::Renewal(Wanted { audience, .. }) | Grant::Proof { audience, .. } => audience.clone(),
        }
    }

    /// Stores the tokens, unless somebody else signed in.
    fn take_tokens(
        &mut self,
        response: TokenResponse,
        audience: &Audience,
        kind: RenewalKind,
        sent_at: DateTime<Utc>,
        skew: Option<TimeDelta>,
    ) -> Option<ExchangeError> {
        let user = claims::signed_in_user(response.id_token.as_ref(), &response.access_token);
        if let Some(error) = self.stranger(&user, kind) {
            self.take_stranger(&error, kind, sent_at);
            return Some(error);
        }
        let asked = self.connection.settings.scopes_of(audience);
        let outcome = remarks::outcome(&response, &asked, skew, self.spends.remark());
        if let Some(remark) = outcome.remark() {
            tracing::warn!(connection = %self.connection.name, "{remark}");
        }
        let mut before = self.connection.tokens.take();
        before.iter_mut().for_each(|tokens| self.spends.worked(tokens));
        self.forget_outlived_limit(before.as_ref(), kind, sent_at);
        let limit = self.connection.refresh_limit;
        let answered = Answered { response, audience: audience.clone(), user, kind, sent_at };
        self.connection.tokens = Some(tokens(answered, before, &self.connection.settings.audiences(), limit));
        if kind == RenewalKind::SignIn {
            self.connection.claims = None;
            // Nothing old is used any more.
            self.locked.accept_restored(&mut self.connection);
        }
        self.connection.trouble = None;
        self.connection.note_renewal(Renewal { at: sent_at, kind, outcome });
        None
    }
}
