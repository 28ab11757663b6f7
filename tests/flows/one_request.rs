//! However many want to renew one connection at once: one of them does, the others take what it brought.

use std::time::Duration;

use tokengauge::app::GrantStep;
use tokengauge::runtime::exchange::exchange;

use crate::child;
use crate::desk::{Desk, OPS, Platform, reopen, secret};

/// A tenant where a refresh token dies when it is used.
async fn strict() -> (Platform, Desk) {
    let platform = Platform::play(include_str!("../../demo/scenarios/short-lived.toml"));
    let desk = Desk::with(platform.authority(), |new| {
        new.credential = secret("simulated~contoso.connector.00000000000001");
    });
    desk.sign_in(&platform, OPS).await.unwrap();
    (platform, desk)
}

#[tokio::test]
async fn eight_executors_make_one_request() {
    let (platform, desk) = strict().await;
    let seen = GrantStep::renew(&desk.overview());
    let renewals: Vec<_> = (0..8)
        .map(|_| {
            let (services, id, seen) = (desk.reopened(), desk.id.clone(), seen.clone());
            tokio::spawn(async move { exchange(&services, &id, seen).await.unwrap() })
        })
        .collect();
    let mut brought = Vec::new();
    for renewal in renewals {
        brought.push(renewal.await.unwrap());
    }
    let held = desk.overview();
    assert!(brought.iter().all(|overview| *overview == held));
    assert_eq!(platform.token_requests(), 2, "the sign-in, and one renewal");
}

#[tokio::test]
async fn four_processes_make_one_request() {
    let (platform, desk) = strict().await;
    // They all stand before the lock when it is released.
    let held = desk.services.vault.lock_connection(&desk.id, Duration::ZERO).unwrap();
    let mut children = Vec::new();
    for _ in 0..4 {
        children.push(child::start("one_request::child_that_renews", desk.home.path()).await);
    }
    drop(held);
    for mut child in children {
        assert!(child.wait().await.unwrap().success());
    }
    assert_eq!(platform.token_requests(), 2, "the sign-in, and one renewal");
    assert_eq!(desk.refresh().await.unwrap().trouble, None);
}

#[tokio::test]
#[ignore = "run by four_processes_make_one_request"]
async fn child_that_renews() {
    let Some(home) = child::home() else { return };
    let services = reopen(&home);
    let overview = services.contents().unwrap().connections.remove(0);
    println!("ready");
    let renewed = exchange(&services, &overview.id, GrantStep::renew(&overview)).await.unwrap();
    assert_eq!(renewed.trouble, None);
    assert!(renewed.generation > overview.generation);
}

#[tokio::test]
async fn a_change_during_a_renewal_is_not_lost() {
    let (_platform, desk) = strict().await;
    let seen = GrantStep::renew(&desk.overview());
    let (services, id) = (desk.reopened(), desk.id.clone());
    let renewal = tokio::spawn(async move { exchange(&services, &id, seen).await.unwrap() });
    let (services, id) = (desk.reopened(), desk.id.clone());
    let scope = tokengauge::domain::Scope::parse("User.Read").unwrap();
    let edit = tokengauge::app::Edit::RemoveScope(scope.clone());
    tokio::task::spawn_blocking(move || tokengauge::runtime::records::change(&services, &id, &edit).unwrap())
        .await
        .unwrap();
    renewal.await.unwrap();
    let record = desk.record();
    assert!(!record.settings.scopes.contains(&scope));
    assert!(record.tokens.unwrap().refresh.unwrap().previous.is_some());
}
