//! The refresh token before the newest one: tried once where the newest is refused as such and has never worked.

use tokengauge::domain::{RenewalOutcome, TroubleKind};

use crate::bench::{Bench, NEW, OLD, OTHER};
use crate::case::{Case, case};
use crate::server::Server;

/// A server that rotates without revoking, as the platform does; the bench holds a token that came last, and the one
/// before it.
async fn at(answers: &[&str]) -> (Server, Bench) {
    let answers: Vec<Case> = answers.iter().map(|id| case(id)).collect();
    let server = Server::with(answers).await;
    let mut authority = server.authority();
    "global".clone_into(&mut authority.cloud);
    let bench = Bench::at(authority);
    bench.hold_refresh_tokens(OTHER, Some(OLD));
    (server, bench)
}

fn spent(server: &Server) -> Vec<&'static str> {
    let tokens = [OTHER, OLD, NEW];
    let which = |body: &String| *tokens.iter().find(|token| body.contains(**token)).unwrap();
    server.bodies().iter().map(which).collect()
}

#[tokio::test]
async fn the_token_before_is_tried_where_the_newest_is_refused() {
    let (server, bench) = at(&["TE-077", "TE-001"]).await;
    let overview = bench.refresh().await.unwrap();
    assert_eq!(overview.trouble, None);
    assert_eq!(spent(&server), [OTHER, OLD]);
    let remark = overview.new_remark().unwrap();
    assert!(remark.starts_with("the newest refresh token was refused, the one before it worked"), "{remark}");
    assert_eq!(bench.refresh_tokens(), (NEW.to_owned(), Some(OLD.to_owned())));
}

#[tokio::test]
async fn the_token_before_stays_where_its_answer_brings_none() {
    let (_server, bench) = at(&["TE-077", "TE-002"]).await;
    assert_eq!(bench.refresh().await.unwrap().trouble, None);
    assert_eq!(bench.refresh_tokens(), (OLD.to_owned(), None));
}

#[tokio::test]
async fn both_stay_stored_where_both_are_refused_and_nothing_is_asked_again() {
    let (server, bench) = at(&["TE-077", "TE-082"]).await;
    let overview = bench.refresh().await.unwrap();
    let trouble = overview.trouble.unwrap();
    assert_eq!(trouble.kind, TroubleKind::SignInNeeded);
    assert_eq!(trouble.aadsts, None, "the first refusal, which names no number, stands: {trouble:?}");
    assert_eq!(bench.refresh_tokens(), (OTHER.to_owned(), Some(OLD.to_owned())));
    assert_eq!(spent(&server), [OTHER, OLD]);
    let last = bench.record().renewals.pop().unwrap();
    assert!(matches!(last.outcome, RenewalOutcome::Failed(_)), "{last:?}");
}

#[tokio::test]
async fn without_a_token_before_a_dead_credential_costs_one_request() {
    let (server, bench) = at(&["TE-077"]).await;
    bench.hold_refresh_tokens(OTHER, None);
    assert!(bench.refresh().await.unwrap().trouble.is_some());
    assert_eq!(server.bodies().len(), 1);
}

#[tokio::test]
async fn a_refusal_of_person_client_or_consent_says_nothing_of_the_token() {
    for refusal in REFUSALS_OF_OTHERS {
        let (server, bench) = at(&[refusal, "TE-001"]).await;
        assert!(bench.refresh().await.unwrap().trouble.is_some(), "{refusal}");
        assert_eq!(server.bodies().len(), 1, "{refusal}");
        assert_eq!(bench.refresh_tokens(), (OTHER.to_owned(), Some(OLD.to_owned())), "{refusal}");
    }
}

#[tokio::test]
async fn where_the_token_before_meets_a_server_that_is_down_both_are_tried_again_later() {
    let (server, bench) = at(&["TE-077", "TE-030", "TE-077", "TE-001"]).await;
    let trouble = bench.refresh().await.unwrap().trouble.unwrap();
    assert!(matches!(trouble.kind, TroubleKind::TryLater { .. }), "{trouble:?}");
    assert_eq!(bench.refresh_tokens(), (OTHER.to_owned(), Some(OLD.to_owned())));
    assert_eq!(bench.refresh().await.unwrap().trouble, None);
    assert_eq!(spent(&server), [OTHER, OLD, OTHER, OLD]);
}

/// Revoked by a changed password, more wanted of the person, no consent, an account that is off, an unknown client.
const REFUSALS_OF_OTHERS: [&str; 5] = ["TE-068", "TE-071", "TE-074", "TE-075", "TE-086"];
