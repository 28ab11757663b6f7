//! However many want to renew one connection at once: one of them does, the others take what it brought.

use std::time::Duration;

use tokengauge::app::GrantStep;
use tokengauge::runtime::exchange::exchange;

use crate::child;
use crate::desk::{Desk, OPS, Platform, reopen, secret, signed_in};

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

/// Two programs look at the same record, and both ask: what the first was told is the answer of both.
async fn both_ask(answer: &str) -> (Platform, Desk) {
    let fault = format!("[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\n{answer}");
    let (platform, desk) = signed_in(&fault).await;
    let seen = GrantStep::renew(&desk.overview());
    let other = desk.reopened();
    let (one, two) =
        tokio::join!(exchange(&desk.services, &desk.id, seen.clone()), exchange(&other, &desk.id, seen));
    let trouble = desk.trouble();
    assert_eq!((one.unwrap().trouble, two.unwrap().trouble), (Some(trouble.clone()), Some(trouble)));
    assert_eq!(platform.token_requests(), 2, "the sign-in, and one renewal");
    (platform, desk)
}

#[tokio::test]
async fn a_pause_that_one_was_told_holds_for_the_other() {
    let (platform, desk) = both_ask("status = 429\nretry_after = 60").await;
    // Who knows of it, and asks all the same, is a person.
    desk.refresh().await.unwrap();
    assert_eq!(platform.token_requests(), 3);
}

#[tokio::test]
async fn a_failure_without_a_pause_counts_once() {
    let (_platform, desk) = both_ask("status = 503").await;
    let kind = desk.trouble().kind;
    assert!(matches!(kind, tokengauge::domain::TroubleKind::TryLater { attempt: 1, .. }), "{kind:?}");
}

#[tokio::test]
async fn a_dead_credential_costs_one_request_of_all_programs() {
    both_ask("code = 700082").await;
}

#[tokio::test]
async fn a_pause_that_is_over_or_of_days_holds_nobody() {
    let (platform, desk) = signed_in("").await;
    let now = desk.services.clock.now();
    for retry_at in [now - chrono::TimeDelta::seconds(1), now + chrono::TimeDelta::days(3)] {
        let seen = GrantStep::renew(&desk.overview());
        desk.change(|connection| {
            let kind = tokengauge::domain::TroubleKind::TryLater {
                retry_at,
                attempt: 1,
                wait: tokengauge::domain::Wait::Told,
            };
            connection.trouble = Some(tokengauge::domain::Trouble {
                at: now,
                kind,
                who: kind.who_acts(),
                what_happened: "busy".into(),
                what_to_do: "wait".into(),
                aadsts: None,
                trace_id: None,
                correlation_id: None,
            });
        });
        let sent = platform.token_requests();
        assert_eq!(exchange(&desk.services, &desk.id, seen).await.unwrap().trouble, None);
        assert_eq!(platform.token_requests(), sent + 1);
    }
}
