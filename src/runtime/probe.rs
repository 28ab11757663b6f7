//! The probe of a connection: renewed first where that is due, then one question to Graph after the other.
//!
//! Nothing is stored but what a renewal brings. A question is not repeated, with one exception: a token that Graph does
//! not take is renewed once, and asked with again.

use chrono::{DateTime, Utc};

use crate::app::{Failure, GrantStep};
use crate::domain::probe::{Check, Meaning, Outcome, Probe, Questions};
use crate::domain::secret::AccessToken;
use crate::domain::{Audience, Connection, ConnectionId, Lack, Mailbox, Overview, Trouble};
use crate::oauth::graph;

use super::blocking::blocking;
use super::exchange::{ExchangeError, exchange};
use super::http::{SendError, SendStage};
use super::services::Services;

/// Why nothing was asked.
#[derive(Debug, Clone, PartialEq)]
pub enum ProbeError {
    /// There is no token in time, and the transaction that renews brought none.
    Exchange(ExchangeError),
    /// There is no token in time, and this stands in the way.
    Trouble(Box<Trouble>),
    /// There is no token in time, and nothing to renew with.
    NoToken,
    /// The token is for another resource.
    NoGraphToken,
}

impl ProbeError {
    fn is_not_saved(&self) -> bool {
        matches!(self, Self::Exchange(error) if error.is_not_saved())
    }

    /// In two lines.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Exchange(error) => error.failure(),
            Self::Trouble(trouble) => Failure::new(&trouble.what_happened, &trouble.what_to_do),
            Self::NoToken => {
                Failure::new("There is no token in time to ask with.", "Sign in (a), then test again.")
            }
            Self::NoGraphToken => Failure::new(
                "The token that is held is for another resource than Graph.",
                "Sign in again (a) with permissions of Graph.",
            ),
        }
    }
}

impl From<ExchangeError> for ProbeError {
    fn from(error: ExchangeError) -> Self {
        Self::Exchange(error)
    }
}

/// Probes a connection, and tells each state on the way. `mailbox` is the one that an application opens.
pub async fn probe(
    services: &Services,
    id: &ConnectionId,
    mailbox: Option<&Mailbox>,
    mut tell: impl FnMut(&Probe),
) -> Result<Probe, ProbeError> {
    let (overview, token) = held(services, id).await?;
    let mut probe = graph::probe(&overview, mailbox, services.clock.now());
    tell(&probe);
    if let Questions::None(_) = probe.questions {
        return Ok(probe);
    }
    let (mut overview, mut token) = ready(services, overview, token).await?;
    probe = graph::probe(&overview, mailbox, probe.began_at);
    let mut is_renewed = false;
    while let Some(check) = probe.next() {
        let Some(access) = &token else { return Err(ProbeError::NoGraphToken) };
        probe.note(check, Outcome::Asking);
        tell(&probe);
        let outcome = tokio::select! {
            outcome = ask(services, &overview, check, &probe, access) => outcome,
            () = services.leaving.told() => given_up(),
        };
        if is_not_taken(&outcome) && !is_renewed && overview.may_renew_at(services.clock.now()) {
            is_renewed = true;
            (overview, token) = renewed(services, &overview).await?;
            probe = graph::probe(&overview, mailbox, probe.began_at);
            continue;
        }
        let ends = outcome.ends_probe();
        probe.note(check, outcome);
        if ends {
            probe.end_after(check);
        }
        tell(&probe);
    }
    Ok(probe)
}

/// The connection with a token in time: renewed by the usual transaction where that is due.
async fn ready(
    services: &Services,
    overview: Overview,
    token: Option<AccessToken>,
) -> Result<(Overview, Option<AccessToken>), ProbeError> {
    let now = services.clock.now();
    if !is_due(&overview, now) || !overview.may_renew_at(now) {
        return in_time(overview, token, now);
    }
    match renewed(services, &overview).await {
        // What is held may do for this.
        Err(error) if !is_over(&overview, now) && !error.is_not_saved() => in_time(overview, token, now),
        renewed => renewed,
    }
}

fn in_time(
    overview: Overview,
    token: Option<AccessToken>,
    now: DateTime<Utc>,
) -> Result<(Overview, Option<AccessToken>), ProbeError> {
    if !is_over(&overview, now) {
        return Ok((overview, token));
    }
    Err(overview.trouble.map_or(ProbeError::NoToken, |trouble| ProbeError::Trouble(Box::new(trouble))))
}

fn is_over(overview: &Overview, now: DateTime<Utc>) -> bool {
    let access = overview.tokens.as_ref().and_then(|tokens| tokens.access.get(&Audience::Graph));
    access.is_none_or(|access| access.lifetime.is_expired_at(now))
}

/// True if the token for Graph is to be renewed by now, or got for the first time.
fn is_due(overview: &Overview, now: DateTime<Utc>) -> bool {
    overview.audiences_due(now).contains(&Audience::Graph) || (is_over(overview, now) && overview.can_renew())
}

/// Renewed, or why not.
async fn renewed(
    services: &Services,
    overview: &Overview,
) -> Result<(Overview, Option<AccessToken>), ProbeError> {
    let after = exchange(services, &overview.id, GrantStep::renew_these(overview, [Audience::Graph])).await?;
    let refused = after.lack_of(&Audience::Graph).and_then(|lack| match lack {
        Lack::Refused(trouble) => Some(trouble.clone()),
        Lack::NotYet => None,
    });
    match after.trouble.clone().or(refused) {
        Some(trouble) => Err(ProbeError::Trouble(Box::new(trouble))),
        None => held(services, &after.id).await,
    }
}

/// The record as it is now, and its token for Graph.
async fn held(services: &Services, id: &ConnectionId) -> Result<(Overview, Option<AccessToken>), ProbeError> {
    let (services, id) = (services.clone(), id.clone());
    blocking(move || {
        let connection = services.vault.connection_by_id(&id).map_err(ExchangeError::Vault)?;
        let token = graph_token(&connection);
        Ok((services.overview(&connection), token))
    })
    .await
}

/// The access token for Graph.
fn graph_token(connection: &Connection) -> Option<AccessToken> {
    Some(connection.tokens.as_ref()?.access.get(&Audience::Graph)?.token.clone())
}

async fn ask(
    services: &Services,
    overview: &Overview,
    check: Check,
    probe: &Probe,
    token: &AccessToken,
) -> Outcome {
    let url = graph::question(check, &probe.holder, &overview.settings.authority);
    match services.http.get_as(&url, token).await {
        Ok(answer) => graph::read(check, &answer),
        Err(error) => not_reached(error),
    }
}

fn given_up() -> Outcome {
    Outcome::NotReached { what_happened: "It was given up on leaving.".to_owned(), what_to_do: String::new() }
}

fn not_reached(error: SendError) -> Outcome {
    let what_to_do = match error.stage {
        // The words for a token request promise another try.
        SendStage::Unanswered => "Nothing is lost. Test again later (t).".to_owned(),
        SendStage::NotSent | SendStage::Unreadable => error.what_to_do,
    };
    Outcome::NotReached { what_happened: error.what_happened, what_to_do }
}

fn is_not_taken(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(refused) if refused.meaning == Meaning::TokenNotTaken)
}
