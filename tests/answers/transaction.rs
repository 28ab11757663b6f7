//! Each case met by the real transaction over loopback: by the library, and by the program itself. What is stored,
//! what is told, how many requests it takes.

use std::process::Output;

use tokengauge::cli::exit::{CliError, Exit};
use tokengauge::domain::{ConnectionName, Overview, Trouble, TroubleKind};
use tokengauge::runtime::exchange::ExchangeError;

use crate::bench::{Bench, NEW, OLD, OTHER, PLANTED};
use crate::case::{Case, Generator, Grant, Outcome, Stored, cases};
use crate::server::Server;

/// What a try came to.
pub type Tried = Result<Overview, ExchangeError>;

async fn try_in_library(bench: &Bench, case: &Case) -> Tried {
    match case.grant {
        Grant::RefreshToken | Grant::ClientCredentials => bench.refresh().await,
        Grant::AuthorizationCode => {
            bench.begin();
            bench.redeem().await
        }
        other => panic!("{}: {other:?} is not met here", case.id),
    }
}

async fn try_in_program(bench: &Bench, case: &Case) -> Output {
    match case.grant {
        Grant::RefreshToken | Grant::ClientCredentials => bench.run_refresh().await,
        Grant::AuthorizationCode => {
            bench.begin();
            bench.run_redeem().await
        }
        other => panic!("{}: {other:?} is not met here", case.id),
    }
}

pub fn trouble(tried: &Tried) -> Option<&Trouble> {
    match tried {
        Ok(overview) => overview.trouble.as_ref(),
        Err(ExchangeError::SignInRefused(trouble)) => Some(trouble),
        Err(other) => panic!("{other:?}"),
    }
}

/// The outcomes that a trouble can stand for: what passes by itself is told alike, whatever the reason.
pub fn is_outcome(trouble: Option<&Trouble>, outcome: Outcome) -> bool {
    let Some(trouble) = trouble else { return outcome == Outcome::Success };
    match trouble.kind {
        TroubleKind::SignInNeeded | TroubleKind::ConsentMissing => outcome == Outcome::SigninNeeded,
        TroubleKind::Restored => unreachable!("told of a record, never kept in one"),
        TroubleKind::SetUpWrong => outcome == Outcome::ConfigError,
        TroubleKind::TryLater { .. } => matches!(outcome, Outcome::Transient | Outcome::ProtocolError),
    }
}

pub fn exit_code(tried: &Tried) -> i32 {
    let name = ConnectionName::parse("bench").unwrap();
    let error = match tried {
        Ok(overview) => CliError::of_trouble(overview),
        Err(error) => Some(CliError::of_exchange(error, &name)),
    };
    i32::from(error.map_or(Exit::Ok, |error| error.exit()) as u8)
}

/// The refresh token that is to be in the vault. A client that acts for itself has none.
fn stored(case: &Case) -> Option<&'static str> {
    match (case.grant, case.expect.stored_refresh_token) {
        (Grant::ClientCredentials, Stored::Unchanged) => None,
        (_, Stored::New) => Some(NEW),
        (_, Stored::Unchanged) => Some(OLD),
        (_, Stored::ValueOfOtherProcess) => Some(OTHER),
    }
}

fn bench(case: &Case, server: &Server) -> Bench {
    match case.grant {
        Grant::ClientCredentials => Bench::without_a_user(server.authority()),
        _ => Bench::at(server.authority()),
    }
}

/// The planted values that a text tells.
pub fn planted_in(told: &str) -> Vec<String> {
    let found = PLANTED.iter().filter(|planted| told.contains(**planted));
    found.map(|planted| format!("tells {planted}: {told}")).collect()
}

/// Everything that differs from what the case expects, after a try in the library.
async fn differences(case: &Case) -> Vec<String> {
    let server = Server::of(case).await;
    let bench = bench(case, &server);
    let held = bench.held_access();
    let tried = try_in_library(&bench, case).await;
    let expect = &case.expect;
    let mut wrong = Vec::new();
    if !is_outcome(trouble(&tried), expect.outcome) {
        wrong.push(format!("outcome {:?}, told {:?}", expect.outcome, trouble(&tried)));
    }
    if Some(exit_code(&tried)) != expect.exit_code {
        wrong.push(format!("exit {:?}, is {}", expect.exit_code, exit_code(&tried)));
    }
    if bench.stored().as_deref() != stored(case) {
        wrong.push(format!("stored {:?}", expect.stored_refresh_token));
    }
    if expect.outcome != Outcome::Success && bench.held_access() != held {
        wrong.push("the access token that was held is gone".to_owned());
    }
    if server.bodies().len() > expect.requests_max.unwrap_or(1) {
        wrong.push(format!("{} requests", server.bodies().len()));
    }
    if let Some(least) = expect.retry_after_min_s
        && waits(trouble(&tried)).is_none_or(|waits| waits < least)
    {
        wrong.push(format!("waits {least} s at least, told {:?}", trouble(&tried)));
    }
    if let (Some(told), Ok(overview)) = (expect.expires_in, &tried) {
        let life = overview.access_lifetime().unwrap().span().num_seconds();
        if life != told {
            wrong.push(format!("lives {told} s, kept {life}"));
        }
    }
    wrong.extend(planted_in(&format!("{tried:?} {}", bench.visible())));
    wrong.into_iter().map(|what| format!("{}: expected {what}", case.id)).collect()
}

fn waits(trouble: Option<&Trouble>) -> Option<i64> {
    let trouble = trouble?;
    match trouble.kind {
        TroubleKind::TryLater { retry_at, .. } => Some((retry_at - trouble.at).num_seconds()),
        _ => None,
    }
}

/// True if the case is about a deadline: the clock is paused once the server is silent.
fn is_about_time(case: &Case) -> bool {
    matches!(case.body_generator, Some(Generator::Drip { .. } | Generator::HeadersThenHang))
}

/// Cases that the plain exchange of one grant meets.
fn met_here(case: &Case) -> bool {
    let is_exchange =
        matches!(case.grant, Grant::RefreshToken | Grant::AuthorizationCode | Grant::ClientCredentials);
    is_exchange && case.expect.precondition.is_none()
}

#[tokio::test]
async fn every_case_ends_as_the_rules_say() {
    let mut wrong = Vec::new();
    for case in cases().iter().filter(|case| met_here(case) && !is_about_time(case)) {
        wrong.extend(differences(case).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_server_that_drips_is_given_up_after_thirty_seconds() {
    let drip = cases().into_iter().find(|case| case.id == "TE-040").unwrap();
    assert_eq!(differences(&drip).await, [""; 0]);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up_after_thirty_seconds() {
    let silent = cases().into_iter().find(|case| case.id == "TE-041").unwrap();
    assert_eq!(differences(&silent).await, [""; 0]);
}

#[tokio::test]
async fn the_program_ends_each_case_with_its_exit_code_and_tells_no_value() {
    let mut wrong = Vec::new();
    for case in cases().iter().filter(|case| met_here(case) && !is_about_time(case)) {
        let server = Server::of(case).await;
        let bench = bench(case, &server);
        let output = try_in_program(&bench, case).await;
        let told = format!(
            "{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        if output.status.code() != case.expect.exit_code {
            wrong.push(format!("{}: exit {:?}, told {told}", case.id, output.status.code()));
        }
        if bench.stored().as_deref() != stored(case) {
            wrong.push(format!("{}: another refresh token is stored", case.id));
        }
        wrong.extend(planted_in(&told).into_iter().map(|what| format!("{}: {what}", case.id)));
        assert!(told.chars().all(|c| !c.is_control() || c == '\n'), "{}: {told:?}", case.id);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
