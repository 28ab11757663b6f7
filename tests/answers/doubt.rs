//! Answers that leave something in doubt: refused while another process renewed, lost on the way, a platform that is
//! down while a code waits.

use chrono::TimeDelta;
use tokengauge::domain::{
    AccessGrant, Certainty, Lifetime, NextStep, PerAudience, Tokens, Trouble, TroubleKind,
};
use tokengauge::runtime::exchange::ExchangeError;

use crate::bench::{Bench, NEW, OLD, OTHER, tokens};
use crate::case::{Case, case};
use crate::server::Server;

async fn at(answers: &[&str]) -> (Server, Bench) {
    let answers: Vec<Case> = answers.iter().map(|id| case(id)).collect();
    let server = Server::with(answers).await;
    let bench = Bench::at(server.authority());
    (server, bench)
}

/// The tokens of another process, whose access token ends in this time.
fn elsewhere(bench: &Bench, left: TimeDelta) -> Tokens {
    let now = bench.services.clock.now();
    let tokens = tokens(OTHER, now);
    let lifetime = Lifetime::from_seconds(now, left.num_seconds(), Certainty::Known);
    let access = AccessGrant { lifetime, ..tokens.access.primary().clone() };
    Tokens { access: PerAudience::new(access), ..tokens }
}

fn sent(server: &Server, token: &str) -> usize {
    server.bodies().iter().filter(|body| body.contains(token)).count()
}

fn refused(tried: Result<tokengauge::domain::Overview, ExchangeError>) -> Trouble {
    match tried {
        Ok(overview) => overview.trouble.expect("it was refused"),
        Err(ExchangeError::SignInRefused(trouble)) => *trouble,
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_token_that_another_process_renewed_meanwhile_is_taken_as_it_is() {
    let race = case("TE-082");
    let server = Server::of(&race).await;
    let bench = Bench::at(server.authority());
    let other = elsewhere(&bench, TimeDelta::hours(1));
    server.meanwhile(bench.replacing(bench.sealed_after(|record| record.tokens = Some(other))));
    let overview = bench.refresh().await.unwrap();
    assert_eq!((overview.trouble, bench.stored().as_deref()), (None, Some(OTHER)));
    assert_eq!(server.bodies().len(), 1);
}

#[tokio::test]
async fn a_newer_token_of_another_process_is_used_once() {
    let (server, bench) = at(&["TE-082", "TE-002"]).await;
    let other = elsewhere(&bench, TimeDelta::zero());
    server.meanwhile(bench.replacing(bench.sealed_after(|record| record.tokens = Some(other))));
    let overview = bench.refresh().await.unwrap();
    assert_eq!((overview.trouble, bench.stored().as_deref()), (None, Some(OTHER)));
    assert_eq!((sent(&server, OLD), sent(&server, OTHER)), (1, 1));
}

#[tokio::test]
async fn two_refused_tokens_are_enough() {
    let (server, bench) = at(&["TE-082"]).await;
    let other = elsewhere(&bench, TimeDelta::zero());
    server.meanwhile(bench.replacing(bench.sealed_after(|record| record.tokens = Some(other))));
    assert_eq!(refused(bench.refresh().await).kind, TroubleKind::SignInNeeded);
    assert_eq!((server.bodies().len(), bench.stored().as_deref()), (2, Some(OTHER)));
}

#[tokio::test]
async fn an_edit_of_another_process_survives_a_refusal() {
    let (server, bench) = at(&["TE-066"]).await;
    let edited = bench.sealed_after(|record| {
        record.settings.sign_in_as = tokengauge::domain::Mailbox::parse("new@contoso.example");
    });
    server.meanwhile(bench.replacing(edited));
    refused(bench.refresh().await);
    assert!(bench.record().settings.sign_in_as.is_some());
    assert_eq!(server.bodies().len(), 1);
}

#[tokio::test]
async fn a_record_that_became_unreadable_is_saved_anew() {
    let (server, bench) = at(&["TE-066"]).await;
    server.meanwhile(bench.replacing(b"not sealed".to_vec()));
    assert_eq!(refused(bench.refresh().await).kind, TroubleKind::SignInNeeded);
    assert_eq!(bench.stored().as_deref(), Some(OLD));
}

#[tokio::test]
async fn a_lost_answer_is_remembered_and_the_same_token_is_sent_once_more() {
    let (server, bench) = at(&["TE-045", "TE-001"]).await;
    let trouble = refused(bench.refresh().await);
    assert!(matches!(trouble.kind, TroubleKind::TryLater { attempt: 1, .. }), "{trouble:?}");
    assert!(bench.unanswered());
    assert_eq!(bench.refresh().await.unwrap().trouble, None);
    assert_eq!((sent(&server, OLD), bench.stored().as_deref()), (2, Some(NEW)));
    assert!(!bench.unanswered());
}

#[tokio::test]
async fn a_strict_server_that_rotated_unheard_is_told_honestly() {
    for lost in ["TE-045", "TE-035", "TE-037"] {
        let (server, bench) = at(&[lost, "TE-077"]).await;
        refused(bench.refresh().await);
        let trouble = refused(bench.refresh().await);
        assert_eq!(trouble.kind, TroubleKind::SignInNeeded, "{lost}");
        assert!(trouble.what_happened.contains("the answer to an earlier renewal was lost"), "{trouble:?}");
        assert_eq!((server.bodies().len(), bench.stored().as_deref()), (2, Some(OLD)), "{lost}");
    }
}

#[tokio::test]
async fn what_never_left_or_was_no_answer_of_the_platform_is_not_called_lost() {
    for other in ["TE-030", "TE-056", "TE-062", "TE-077"] {
        let (_server, bench) = at(&[other]).await;
        refused(bench.refresh().await);
        assert!(!bench.unanswered(), "{other}");
    }
}

#[tokio::test]
async fn a_changed_password_is_not_blamed_on_a_lost_answer() {
    let (_server, bench) = at(&["TE-045", "TE-068"]).await;
    refused(bench.refresh().await);
    let trouble = refused(bench.refresh().await);
    assert!(!trouble.what_happened.contains("lost"), "{trouble:?}");
}

#[tokio::test]
async fn a_previous_token_is_never_replayed_at_a_strict_server() {
    let (server, bench) = at(&["TE-001", "TE-077"]).await;
    bench.refresh().await.unwrap();
    refused(bench.refresh().await);
    assert_eq!((sent(&server, OLD), sent(&server, NEW)), (1, 1));
}

#[tokio::test]
async fn a_code_may_be_sent_again_while_the_platform_is_down_and_three_times_at_most() {
    let (server, bench) = at(&["TE-098"]).await;
    bench.begin();
    for tries in 1..=3 {
        let trouble = refused(bench.redeem().await);
        let is_open = bench.record().attempt.is_some();
        assert_eq!(is_open, tries < 3, "{tries}");
        assert_eq!(trouble.what_to_do.contains("same address again"), is_open, "{trouble:?}");
    }
    assert_eq!(server.bodies().len(), 3);
}

#[tokio::test]
async fn a_code_works_once_the_platform_is_up_again() {
    let (_server, bench) = at(&["TE-098", "TE-001"]).await;
    bench.begin();
    refused(bench.redeem().await);
    let overview = bench.redeem().await.unwrap();
    assert_eq!((overview.trouble, overview.attempt, bench.stored().as_deref()), (None, None, Some(NEW)));
}

#[tokio::test]
async fn a_code_is_spent_by_a_refusal_and_by_an_answer_that_was_lost() {
    for spent in ["TE-093", "TE-045", "TE-030"] {
        let (_server, bench) = at(&[spent]).await;
        bench.begin();
        refused(bench.redeem().await);
        assert_eq!(bench.record().attempt, None, "{spent}");
    }
}

#[tokio::test]
async fn what_policy_blocks_is_the_administrators_next_step() {
    let mut blocked = case("TE-077");
    blocked.body = Some(r#"{"error":"invalid_grant","error_codes":[53003]}"#.to_owned());
    let server = Server::of(&blocked).await;
    let bench = Bench::at(server.authority());
    refused(bench.refresh().await);
    let overview = bench.overview();
    assert_eq!(overview.next_step(bench.services.clock.now()), NextStep::AskAdministrator);
    assert_eq!(bench.run(&["show", "bench"], "").await.status.code(), Some(0));
}
