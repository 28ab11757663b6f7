//! `redeem`: finishes a sign-in with the address that the browser ended on, also from another login.

use std::io::{self, IsTerminal, Read};

use clap::Args;
use zeroize::Zeroizing;

use crate::app::{Edit, Failure, GrantStep};
use crate::domain::attempt::WRONG_PASTES_ALLOWED;
use crate::domain::{CodeAttemptFacts, ConnectionId, ConnectionName, Overview};
use crate::oauth::redirect_response::{AuthorizationResponse, Expectation, Refusal, StateCheck, read};
use crate::oauth::token_answer::refused_by_redirect;
use crate::runtime::exchange::exchange;
use crate::runtime::prompt::{Echo, LONGEST_ANSWER};
use crate::runtime::records;
use crate::runtime::services::Services;
use crate::sanitize::sanitize;

use super::context::{Context, ask, overview, wait};
use super::exit::{CliError, Exit, say};
use super::{parse, words};

/// Finish a sign-in: reads the address that the browser ended on from stdin
#[derive(Debug, Args)]
pub struct Redeem {
    /// The connection
    #[arg(value_parser = parse::name)]
    name: ConnectionName,
}

impl Redeem {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let held = overview(&services, &self.name)?;
        // Told before anything is asked for.
        if held.open_code_attempt(services.clock.now()).is_none() {
            return Err(no_attempt(&held));
        }
        match take(&services, &held.id, &address(&services)?)? {
            Judged::Redeemed(overview) => {
                tell_signed_in(&overview);
                Ok(Exit::Ok)
            }
            Judged::Refused { failure, tries_left } => {
                let told = CliError::Told(Exit::Refused, failure);
                told.tell();
                say(&format!("{tries_left} of {WRONG_PASTES_ALLOWED} tries left"));
                Err(CliError::Quiet(Exit::Refused))
            }
        }
    }
}

/// What the terminal asks for.
pub(super) const QUESTION: &str = "Paste the address here, then Enter (it is not shown): ";

/// From stdin, or from the terminal in a way that takes an address longer than a terminal's line.
pub(super) fn address(services: &Services) -> Result<Zeroizing<Vec<u8>>, CliError> {
    if io::stdin().is_terminal() {
        let typed = ask(services, QUESTION, Echo::Hidden)?;
        return Ok(Zeroizing::new(typed.as_bytes().to_vec()));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST_ANSWER));
    io::stdin().lock().take(LONGEST_ANSWER as u64).read_to_end(&mut bytes).map_err(|error| {
        CliError::new(
            Exit::LocalIo,
            format!("stdin cannot be read: {error}"),
            "give the address by stdin: redeem NAME < FILE",
        )
    })?;
    Ok(bytes)
}

/// What became of an address.
pub enum Judged {
    /// The code in it was exchanged for tokens.
    Redeemed(Box<Overview>),
    /// Nothing of it was used, nothing was sent.
    Refused {
        /// Why.
        failure: Failure,
        /// How many more refusals the sign-in bears.
        tries_left: u8,
    },
}

/// Judges an address by the rules of the dashboard, and acts on it.
pub fn take(services: &Services, id: &ConnectionId, pasted: &[u8]) -> Result<Judged, CliError> {
    // Read again: another process may have finished or ended the sign-in while a person was away.
    let connection = services.vault.connection_by_id(id)?;
    let held = services.overview(&connection);
    let Some(attempt) = held.open_code_attempt(services.clock.now()) else { return Err(no_attempt(&held)) };
    match read(pasted, &Expectation::of(attempt)) {
        Ok(AuthorizationResponse::Code { code, state }) => {
            if state == StateCheck::NotSent {
                say("only a code was given: its state could not be checked");
            }
            redeem(services, &held, GrantStep::Redeem { code, state: attempt.state.clone() })
                .map(|overview| Judged::Redeemed(Box::new(overview)))
        }
        Ok(AuthorizationResponse::Error(error)) => {
            let refusal = refused_by_redirect(error.error);
            let trouble = refusal.trouble(services.clock.now(), 0, crate::runtime::entropy::jitter());
            records::change(
                services,
                id,
                &Edit::AttemptRefused { state: attempt.state.clone(), trouble: trouble.clone() },
            )?;
            Err(CliError::of_one_trouble(&trouble, &held.name))
        }
        Err(refusal) => refuse(services, id, &refusal, attempt),
    }
}

fn redeem(services: &Services, held: &Overview, step: GrantStep) -> Result<Overview, CliError> {
    tracing::info!(connection = %held.name, "redeeming the authorization code");
    let overview = wait(services, exchange(services, &held.id, step))?
        .map_err(|error| CliError::of_exchange(&error, &held.name))?;
    match CliError::of_trouble(&overview) {
        Some(error) if !overview.has_signed_in() => Err(error),
        _ => Ok(overview),
    }
}

fn refuse(
    services: &Services,
    id: &ConnectionId,
    refusal: &Refusal,
    before: &CodeAttemptFacts,
) -> Result<Judged, CliError> {
    let failure = Failure::new(refusal.what_happened(), refusal.what_to_do());
    let wrong = if refusal.counts_as_try() {
        let after = records::change(services, id, &Edit::WrongPaste { state: before.state.clone() })?;
        let attempt = after.code_attempt();
        attempt.map_or(WRONG_PASTES_ALLOWED, |attempt| attempt.wrong_pastes)
    } else {
        before.wrong_pastes
    };
    Ok(Judged::Refused { failure, tries_left: WRONG_PASTES_ALLOWED.saturating_sub(wrong) })
}

fn no_attempt(held: &Overview) -> CliError {
    if held.attempt.is_some() {
        return attempt_over(&held.name);
    }
    CliError::new(
        Exit::SignInNeeded,
        format!("no sign-in of {} is open", held.name),
        format!("begin one with: tokengauge authorize {} --print-url", held.name),
    )
}

/// The sign-in bears no more.
pub fn attempt_over(name: &ConnectionName) -> CliError {
    CliError::new(
        Exit::SignInNeeded,
        "this sign-in is over: fifteen minutes have passed, or five pastes were refused",
        format!("begin a new one with: tokengauge authorize {name} --print-url"),
    )
}

/// Tells who signed in, and what is missing.
pub fn tell_signed_in(overview: &Overview) {
    let Some(tokens) = &overview.tokens else { return };
    let until = words::access_until(overview);
    let who = sanitize(overview.mailbox().unwrap_or("somebody"), 100);
    say(&format!("{}: signed in as {who}, {until}", overview.name));
    overview.foremost_trouble().into_iter().for_each(|trouble| {
        say(&sanitize(&trouble.what_happened, 300));
        say(&sanitize(&trouble.what_to_do, 300));
    });
    if tokens.refresh.is_none() {
        say("there is no refresh token (offline_access was not granted): nothing can renew it");
    }
}
