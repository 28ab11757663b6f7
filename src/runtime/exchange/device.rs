//! The sign-in by device code (RFC 8628): the request for a code, the polls, and the wait between them.
//!
//! Each request is a transaction like any other: under the connection's lock, read again, the disk proved before it goes
//! out. When the next question may be asked is saved with each answer, so that whoever else waits for the sign-in, or goes
//! on with it, keeps to the rhythm.

use std::future::Future;
use std::pin::pin;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::Failure;
use crate::domain::{
    Attempt, Connection, ConnectionId, DeviceAttempt, DeviceAttemptFacts, DevicePoll, Overview, RenewalKind,
    WayIn,
};
use crate::oauth::claims;
use crate::oauth::device_authorization::{self, DeviceAuthorization};
use crate::oauth::device_poll::{self, PollAnswer};
use crate::oauth::token_answer::{HttpAnswer, Reaction, TokenAnswer, TokenRefusal, TokenResponse};
use crate::oauth::token_request::{self, TokenRequest};
use crate::sanitize::sanitize;
use crate::vault::ErrorKind;

use super::super::blocking::blocking;
use super::super::http::SendError;
use super::super::services::Services;
use super::keeping::{self, Taken};
use super::{ExchangeError, Ready, answer, before_sending, client, get_others, is_lost, ready, unanswered};

/// Longest line that is kept of a question without an answer.
const LINE: usize = 200;

/// Asks the platform for a code and keeps it in the record; the connection's way in is the device code from then on. A
/// sign-in that was open is replaced, but only by a code that is really there.
pub async fn begin_device_sign_in(services: &Services, id: &ConnectionId) -> Result<Overview, ExchangeError> {
    let (ready, request) = {
        let (own, id) = (services.clone(), id.clone());
        before_sending(services, move || prepare_to_begin(&own, &id)).await?
    };
    let sent_at = services.clock.now();
    let answer = answer(services, request).await;
    let answered_at = services.clock.now();
    blocking(move || ready.take_device_authorization(&answer, sent_at, answered_at)).await
}

/// Asks once whether the person has answered. What becomes of the sign-in stands in the overview: it is still open, or
/// gone and there are tokens. Nothing is sent if it is over, replaced, or if it is too early to ask.
pub async fn poll_device(
    services: &Services,
    id: &ConnectionId,
    user_code: &str,
) -> Result<Overview, ExchangeError> {
    let prepared = {
        let (own, id, user_code) = (services.clone(), id.clone(), user_code.to_owned());
        before_sending(services, move || prepare_to_poll(&own, &id, &user_code)).await?
    };
    let (ready, request) = match prepared {
        Prepared::Ask(ready, request) => (ready, request),
        Prepared::NothingToAsk(overview) => return Ok(*overview),
    };
    let sent_at = services.clock.now();
    let answer = answer(services, request).await;
    let answered_at = services.clock.now();
    let overview = match blocking(move || ready.take_poll(answer, sent_at, answered_at)).await? {
        Polled::Saved(overview) => *overview,
        Polled::Over(taken) => keeping::keep(services, taken).await?,
    };
    // Only tokens end a sign-in without trouble: those of its other resources are got at once.
    if overview.attempt.is_some() { Ok(overview) } else { get_others(services, overview).await }
}

/// How waiting for a device sign-in ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Waited<T> {
    /// It is not open any more.
    Over(Box<Overview>),
    /// Whoever waits was stopped; the sign-in is still open.
    Stopped(T),
}

/// What a question brought that left the sign-in open.
#[derive(Debug)]
pub enum Asked<'a> {
    /// The platform was asked: what is open now.
    Open(&'a DeviceAttemptFacts),
    /// This machine stood in the way: the record was in use, or the disk took nothing.
    Hindered(Failure),
}

/// Polls until the sign-in is over or `stop` is ready: for whoever has nothing else to do meanwhile. A question under way
/// is finished first, since it may bring tokens. `told` hears of every question that left the sign-in open.
///
/// # Errors
///
/// What is wrong for good; what passes on this machine only if it lasts until the code has lapsed.
pub async fn wait_for_device<T>(
    services: &Services,
    begun: Overview,
    stop: impl Future<Output = T>,
    mut told: impl FnMut(Asked<'_>),
) -> Result<Waited<T>, ExchangeError> {
    let mut stop = pin!(stop);
    let id = begun.id.clone();
    let user_code = begun.attempt.as_ref().and_then(|own| own.device()).map(|own| own.user_code.clone());
    let user_code = user_code.unwrap_or_default();
    let mut overview = begun;
    let mut hindrance = None;
    // Somebody else may have asked a moment ago.
    let mut not_before = Some(services.clock.now() + interval_of(&overview));
    while let Some(attempt) = own_attempt(&overview, &user_code, services.clock.now()) {
        let wake_at = not_before.take().into_iter().fold(attempt.poll.next_at, DateTime::max);
        let wake_at = wake_at.min(attempt.expires_at);
        tokio::select! {
            biased;
            stopped = &mut stop => return Ok(Waited::Stopped(stopped)),
            () = tokio::time::sleep(services.clock.until(wake_at)) => {}
        }
        let (polled, stopped) = finished(Box::pin(poll_device(services, &id, &user_code)), &mut stop).await;
        match polled {
            Ok(after) => {
                overview = after;
                let open = own_attempt(&overview, &user_code, services.clock.now());
                // A code that has lapsed is not asked about: what stood in the way to the end stands.
                if open.is_some() || overview.attempt.is_none() {
                    hindrance = None;
                }
                open.into_iter().for_each(|attempt| told(Asked::Open(attempt)));
            }
            Err(ExchangeError::Stopped) if stopped.is_some() => {}
            // The person may be entering the code meanwhile.
            Err(error) if is_passing_hindrance(&error) => {
                not_before = Some(services.clock.now() + interval_of(&overview));
                told(Asked::Hindered(error.failure()));
                hindrance = Some(error);
            }
            Err(error) => return Err(error),
        }
        if let Some(stopped) = stopped.filter(|_| overview.attempt.is_some()) {
            return Ok(Waited::Stopped(stopped));
        }
    }
    hindrance.map_or_else(|| Ok(Waited::Over(Box::new(overview))), Err)
}

/// The question, asked to its end; and what stopped whoever waits meanwhile.
async fn finished<A, T>(
    question: impl Future<Output = A>,
    stop: &mut (impl Future<Output = T> + Unpin),
) -> (A, Option<T>) {
    let mut question = pin!(question);
    tokio::select! {
        biased;
        answer = &mut question => (answer, None),
        stopped = stop => (question.await, Some(stopped)),
    }
}

/// True for a record that is in use, and a disk that is full for a while.
fn is_passing_hindrance(error: &ExchangeError) -> bool {
    matches!(error, ExchangeError::Vault(error) if matches!(error.kind(), ErrorKind::Busy | ErrorKind::Io))
}

fn interval_of(overview: &Overview) -> TimeDelta {
    let attempt = overview.attempt.as_ref().and_then(|own| own.device());
    attempt.map_or(TimeDelta::zero(), |attempt| attempt.poll.interval)
}

fn own_attempt<'a>(
    overview: &'a Overview,
    user_code: &str,
    now: DateTime<Utc>,
) -> Option<&'a DeviceAttemptFacts> {
    overview.open_device_attempt(now).filter(|attempt| attempt.user_code == user_code)
}

/// What became of a sign-in that was asked about.
enum Polled {
    /// It is still open, and when to ask next is saved.
    Saved(Box<Overview>),
    /// It is over: what that brought is to be saved.
    Over(Taken),
}

enum Prepared {
    Ask(Box<Ready>, TokenRequest),
    NothingToAsk(Box<Overview>),
}

fn prepare_to_begin(
    services: &Services,
    id: &ConnectionId,
) -> Result<(Box<Ready>, TokenRequest), ExchangeError> {
    let mut ready = ready(services, id)?;
    let settings = &ready.connection.settings;
    let client = client(WayIn::DeviceCode, settings, &ready.app, services.clock.now())?;
    let request = device_authorization::request(settings, &client);
    ready.locked.prove_disk()?;
    Ok((ready, request))
}

fn prepare_to_poll(
    services: &Services,
    id: &ConnectionId,
    user_code: &str,
) -> Result<Prepared, ExchangeError> {
    let mut ready = ready(services, id)?;
    let now = services.clock.now();
    let Some(attempt) = to_ask(&ready.connection, user_code, now) else {
        return Ok(Prepared::NothingToAsk(Box::new(ready.overview())));
    };
    let settings = &ready.connection.settings;
    let client = client(WayIn::DeviceCode, settings, &ready.app, now)?;
    let request = token_request::poll(settings, &client, &attempt.device_code);
    ready.locked.prove_disk()?;
    Ok(Prepared::Ask(ready, request))
}

/// The sign-in to ask about: this one, open, and not before the moment that another process may have learned of.
fn to_ask<'a>(connection: &'a Connection, user_code: &str, now: DateTime<Utc>) -> Option<&'a DeviceAttempt> {
    let attempt = connection.device_attempt().filter(|attempt| attempt.user_code == user_code);
    attempt.filter(|attempt| attempt.is_open_at(now) && attempt.poll.next_at <= now)
}

impl Ready {
    fn take_device_authorization(
        mut self: Box<Self>,
        answer: &Result<HttpAnswer, SendError>,
        sent_at: DateTime<Utc>,
        answered_at: DateTime<Utc>,
    ) -> Result<Overview, ExchangeError> {
        let read = answer.as_ref().map_err(unanswered).and_then(device_authorization::read);
        let refused = match read {
            Ok(authorization) => {
                self.connection.settings.way_in = WayIn::DeviceCode;
                self.connection.attempt = Some(Attempt::Device(attempt(authorization, sent_at, answered_at)));
                None
            }
            Err(refusal) if passes(&refusal) => return Err(not_begun(&refusal, sent_at)),
            Err(refusal) => self.take_refusal(
                &refusal,
                (RenewalKind::SignIn, &self.connection.settings.primary_audience()),
                sent_at,
            ),
        };
        self.save(refused)
    }

    fn take_poll(
        mut self: Box<Self>,
        answer: Result<HttpAnswer, SendError>,
        sent_at: DateTime<Utc>,
        answered_at: DateTime<Utc>,
    ) -> Result<Polled, ExchangeError> {
        let skew = answer.as_ref().ok().and_then(|answer| answer.clock_skew);
        let lost_since = self.connection.device_attempt().and_then(|own| own.lost_since);
        let is_lost = is_lost(&answer);
        let read = match answer {
            Ok(answer) => device_poll::read(&answer),
            Err(error) => PollAnswer::Answered(TokenAnswer::Unusable {
                refresh_token: None,
                refusal: unanswered(&error),
            }),
        };
        let refused = match read {
            PollAnswer::Pending => {
                self.go_on_asking(answered_at);
                None
            }
            PollAnswer::SlowDown(told) => {
                self.change_attempt(|own| {
                    own.poll = own.poll.after_slow_down(answered_at, told);
                    own.unanswered = None;
                    own.lost_since = None;
                });
                None
            }
            PollAnswer::Answered(TokenAnswer::Unusable { refusal, .. }) if passes(&refusal) => {
                self.change_attempt(|own| {
                    own.poll = own.poll.after_no_answer(answered_at, told_wait(&refusal));
                    own.unanswered = Some(sanitize(&refusal.what_happened, LINE));
                    own.lost_since = lost_since.or(is_lost.then_some(sent_at));
                });
                None
            }
            PollAnswer::Ended(end, refusal) => {
                let is_told = lost_since.is_some() && end.may_follow_tokens();
                self.end_device_sign_in(&if is_told { after_lost(refusal) } else { refusal }, sent_at)
            }
            PollAnswer::Answered(TokenAnswer::Unusable { refusal, .. }) => {
                let is_told = lost_since.is_some() && is_about_the_code(&refusal);
                self.end_device_sign_in(&if is_told { after_lost(refusal) } else { refusal }, sent_at)
            }
            PollAnswer::Answered(TokenAnswer::Granted(response)) => {
                self.connection.attempt = None;
                self.take_device_tokens(*response, sent_at, skew)
            }
        };
        if self.connection.attempt.is_some() {
            // It can be asked again.
            return Ok(Polled::Saved(Box::new(self.save(refused)?)));
        }
        Ok(Polled::Over(Taken { ready: self, refused }))
    }

    fn end_device_sign_in(
        &mut self,
        refusal: &TokenRefusal,
        sent_at: DateTime<Utc>,
    ) -> Option<ExchangeError> {
        self.connection.attempt = None;
        self.take_refusal(
            refusal,
            (RenewalKind::SignIn, &self.connection.settings.primary_audience()),
            sent_at,
        )
    }

    fn take_device_tokens(
        &mut self,
        response: TokenResponse,
        sent_at: DateTime<Utc>,
        skew: Option<TimeDelta>,
    ) -> Option<ExchangeError> {
        let brings_refresh = response.refresh_token.is_some();
        // The request for the code named all resources, and no poll names one: the platform has chosen.
        let claims = claims::claims(&response.access_token);
        let settings = &self.connection.settings;
        let audience = settings.audience_of_token(&claims, response.granted_scope.as_ref());
        let refused = self.take_tokens(response, &audience, RenewalKind::SignIn, sent_at, skew);
        let brought = self
            .connection
            .tokens
            .as_mut()
            .filter(|tokens| refused.is_none() && (brings_refresh || tokens.refresh.is_none()));
        if let Some(tokens) = brought {
            tokens.way_in = WayIn::DeviceCode;
        }
        refused
    }

    /// Not yet. When to ask next is saved: of several processes that wait, one asks in each interval.
    fn go_on_asking(&mut self, answered_at: DateTime<Utc>) {
        self.change_attempt(|own| {
            own.poll = own.poll.after_pending(answered_at);
            own.unanswered = None;
            own.lost_since = None;
        });
    }

    fn change_attempt(&mut self, change: impl FnOnce(&mut DeviceAttempt)) {
        if let Some(Attempt::Device(attempt)) = &mut self.connection.attempt {
            change(attempt);
        }
    }

    /// Once: what is not saved was not paid for.
    fn save(self: Box<Self>, refused: Option<ExchangeError>) -> Result<Overview, ExchangeError> {
        Taken { ready: self, refused }.save()
    }
}

fn attempt(
    authorization: DeviceAuthorization,
    sent_at: DateTime<Utc>,
    answered_at: DateTime<Utc>,
) -> DeviceAttempt {
    DeviceAttempt {
        device_code: authorization.device_code,
        user_code: authorization.user_code,
        verification_uri: authorization.verification_uri,
        started_at: sent_at,
        expires_at: sent_at + authorization.expires_in,
        poll: DevicePoll::begin(answered_at, authorization.interval),
        unanswered: None,
        lost_since: None,
    }
}

/// True for what is said of a code that was used before (AADSTS 54005), and of one that is not good any more.
fn is_about_the_code(refusal: &TokenRefusal) -> bool {
    let Some(platform) = &refusal.platform else { return false };
    platform.error.unsanitized() == "invalid_grant"
        && platform.codes.first().is_none_or(|code| matches!(code, 54_005 | 70_000 | 70_008))
}

/// Says honestly why a code is not good any more: an answer to an earlier question was lost, and it may have been the
/// tokens.
fn after_lost(refusal: TokenRefusal) -> TokenRefusal {
    TokenRefusal {
        what_happened: format!(
            "{}; the answer to an earlier question was lost on its way, and perhaps the tokens with it",
            refusal.what_happened
        ),
        what_to_do: "Begin a new sign-in (a): what was lost cannot be asked for again.".to_owned(),
        ..refusal
    }
}

/// True if the next question may well be answered.
fn passes(refusal: &TokenRefusal) -> bool {
    matches!(refusal.reaction, Reaction::TryLater(_) | Reaction::ProtocolError)
}

fn told_wait(refusal: &TokenRefusal) -> Option<TimeDelta> {
    match refusal.reaction {
        Reaction::TryLater(wait) => wait,
        _ => None,
    }
}

/// There is no code, for a reason that says nothing of the connection: nothing in the record changes.
fn not_begun(refusal: &TokenRefusal, at: DateTime<Utc>) -> ExchangeError {
    let mut trouble = refusal.trouble(at, 0, 0.5);
    if matches!(refusal.reaction, Reaction::TryLater(_)) {
        "Nothing is lost; begin again (a) in a moment.".clone_into(&mut trouble.what_to_do);
    }
    ExchangeError::SignInRefused(Box::new(trouble))
}
