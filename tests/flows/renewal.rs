//! Renewing: rotation, what is taken over from before, and what another process has done meanwhile.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokengauge::app::GrantStep;
use tokengauge::domain::secret::RefreshToken;
use tokengauge::domain::{
    Certainty, CountsFrom, Lifetime, RefreshLimit, RenewalKind, RenewalOutcome, TroubleKind,
};
use tokengauge::runtime::exchange::{ExchangeError, exchange};

use crate::desk::{CLIENT_ID, Desk, OPS, Platform, SECRET, signed_in, text};
use crate::wire::{self, Wire};

/// A desk that holds these tokens of a server that answers so.
async fn holding(refresh: &str, answers: &[Value]) -> (Wire, Desk) {
    let first = json!({"token_type": "Bearer", "access_token": "access-0", "expires_in": 3600, "scope": "User.Read", "refresh_token": refresh});
    let wire = Wire::start(std::iter::once(&first).chain(answers).map(wire::json)).await;
    let desk = Desk::at(wire.authority());
    desk.begin();
    desk.redeem(&tokengauge::domain::secret::AuthorizationCode::new("code")).await.unwrap();
    (wire, desk)
}

fn current(desk: &Desk) -> String {
    text(&desk.tokens().refresh.unwrap().current)
}

fn previous(desk: &Desk) -> Option<String> {
    desk.tokens().refresh.unwrap().previous.as_ref().map(text)
}

#[tokio::test]
async fn a_renewal_rotates_and_keeps_the_previous_token_until_the_new_one_has_worked() {
    let (platform, desk) = signed_in("").await;
    let first = current(&desk);
    desk.refresh().await.unwrap();
    let second = current(&desk);
    assert_ne!(first, second);
    assert_eq!(previous(&desk), Some(first));
    desk.refresh().await.unwrap();
    // The second has worked: nobody needs the first any more.
    assert_eq!(previous(&desk), Some(second));
    assert_eq!(platform.token_requests(), 3);
    let record = desk.record();
    let kinds: Vec<_> = record.renewals.iter().map(|renewal| renewal.kind).collect();
    assert_eq!(kinds, [RenewalKind::SignIn, RenewalKind::Refresh, RenewalKind::Refresh]);
    assert!(record.renewals.iter().all(|renewal| renewal.outcome == RenewalOutcome::Worked));
}

#[tokio::test]
async fn a_strict_server_is_renewed_again_and_again() {
    let (_platform, desk) = signed_in("[tokens]\nstrict_rotation = true").await;
    for _ in 0..5 {
        assert_eq!(desk.refresh().await.unwrap().trouble, None);
    }
}

#[tokio::test]
async fn the_form_of_a_renewal_is_whole_and_names_what_was_granted() {
    let (wire, desk) =
        holding("refresh-0", &[json!({"token_type": "Bearer", "access_token": "access-1"})]).await;
    desk.refresh().await.unwrap();
    let form = wire.arrived()[1].form();
    let wanted = [
        ("client_id", CLIENT_ID),
        ("grant_type", "refresh_token"),
        ("refresh_token", "refresh-0"),
        ("scope", "User.Read offline_access openid profile"),
        ("client_secret", SECRET),
    ];
    assert_eq!(form, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn an_answer_without_a_refresh_token_keeps_the_held_one() {
    let answers = [
        json!({"token_type": "Bearer", "access_token": "access-1", "refresh_token": "refresh-1"}),
        json!({"token_type": "Bearer", "access_token": "access-2"}),
    ];
    let (_wire, desk) = holding("refresh-0", &answers).await;
    desk.refresh().await.unwrap();
    assert_eq!((current(&desk).as_str(), previous(&desk).as_deref()), ("refresh-1", Some("refresh-0")));
    desk.refresh().await.unwrap();
    assert_eq!((current(&desk).as_str(), previous(&desk)), ("refresh-1", None));
    let tokens = desk.tokens();
    assert_eq!(text(&tokens.access.primary().token), "access-2");
    // Unused time starts anew with every use.
    assert_eq!(tokens.refresh.unwrap().lifetime.starts_at, tokens.access.primary().lifetime.starts_at);
}

#[tokio::test]
async fn what_an_answer_leaves_out_is_taken_over_from_before() {
    let (_platform, desk) = signed_in("").await;
    let before = desk.tokens();
    let wire = Wire::start([wire::json(&json!({"token_type": "Bearer", "access_token": "opaque"}))]).await;
    desk.change(|connection| connection.settings.authority = wire.authority());
    desk.refresh().await.unwrap();
    let after = desk.tokens();
    assert_eq!((&after.user, after.signed_in_at), (&before.user, before.signed_in_at));
    assert_eq!(after.access.primary().granted_scope, before.access.primary().granted_scope);
    assert_eq!(
        after.access.primary().lifetime.span().num_seconds(),
        300,
        "five minutes where no life is told"
    );
}

#[tokio::test]
async fn lives_are_read_as_numbers_and_as_texts() {
    let answer = json!({"token_type": "bearer", "access_token": "access-1", "expires_in": "3599",
        "refresh_token": "refresh-1", "refresh_token_expires_in": "86400"});
    let (_wire, desk) = holding("refresh-0", &[answer]).await;
    desk.refresh().await.unwrap();
    let tokens = desk.tokens();
    assert_eq!(tokens.access.primary().lifetime.span().num_seconds(), 3599);
    let refresh = tokens.refresh.unwrap().lifetime;
    assert_eq!((refresh.span().num_seconds(), refresh.certainty), (86_400, Certainty::Known));
}

#[tokio::test]
async fn a_learned_limit_does_not_grow_by_renewing() {
    let (_platform, desk) = signed_in("").await;
    let start = desk.tokens().signed_in_at;
    let learned = Lifetime::from_seconds(start, 43_200, Certainty::Learned);
    desk.change(|connection| {
        connection.refresh_limit = RefreshLimit::new(TimeDelta::hours(12), CountsFrom::SignIn);
    });
    desk.refresh().await.unwrap();
    assert_eq!(desk.tokens().refresh.unwrap().lifetime, learned);
}

#[tokio::test]
async fn what_another_process_renewed_is_taken_without_a_request() {
    let (platform, desk) = signed_in("").await;
    let seen = GrantStep::renew(&desk.overview());
    let other = desk.reopened();
    let renewed = exchange(&other, &desk.id, seen.clone()).await.unwrap();
    let sent = platform.token_requests();
    assert_eq!(exchange(&desk.services, &desk.id, seen).await.unwrap(), renewed);
    assert_eq!(platform.token_requests(), sent);
}

#[tokio::test]
async fn without_a_refresh_token_nothing_is_sent() {
    let platform = Platform::with("");
    let desk = Desk::at(platform.authority());
    assert_eq!(desk.refresh().await, Err(ExchangeError::NothingToRenew));
    let failure = ExchangeError::NothingToRenew.failure();
    assert!(failure.what_to_do.contains("offline_access"), "{failure:?}");
    assert_eq!(platform.token_requests(), 0);
}

#[tokio::test]
async fn a_narrower_grant_without_offline_access_leaves_nothing_to_renew_with() {
    let scenario = include_str!("../../demo/scenarios/first-sign-in.toml");
    let declining = scenario.replacen(
        "name = \"Contoso Operations\"",
        "name = \"O\"\ndeclines = [\"offline_access\"]",
        1,
    );
    let platform = Platform::play(&declining);
    let desk = Desk::at(platform.authority());
    let overview = desk.sign_in(&platform, OPS).await.unwrap();
    assert_eq!(overview.refresh_lifetime(), None);
    assert_eq!(desk.refresh().await, Err(ExchangeError::NothingToRenew));
}

#[tokio::test]
async fn a_missing_app_registration_is_said_and_nothing_sent() {
    let (platform, desk) = signed_in("").await;
    let client_id = desk.record().settings.client_id;
    std::fs::remove_file(desk.vault_dir().join("apps").join(format!("{client_id}.age"))).unwrap();
    let sent = platform.token_requests();
    assert_eq!(desk.refresh().await, Err(ExchangeError::NoAppRegistration));
    assert_eq!(platform.token_requests(), sent);
}

#[tokio::test]
async fn a_new_refresh_token_in_an_unusable_answer_is_kept() {
    let odd = json!({"token_type": "Bearer", "refresh_token": "refresh-1"});
    let (_wire, desk) = holding("refresh-0", &[odd]).await;
    let overview = desk.refresh().await.unwrap();
    assert!(matches!(overview.trouble.unwrap().kind, TroubleKind::TryLater { .. }));
    assert_eq!((current(&desk).as_str(), previous(&desk).as_deref()), ("refresh-1", Some("refresh-0")));
    assert_eq!(text(&desk.tokens().access.primary().token), "access-0");
}

#[tokio::test]
async fn the_first_success_clears_a_trouble() {
    let (_platform, desk) =
        signed_in("[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\ncount = 1\nstatus = 503").await;
    assert!(desk.refresh().await.unwrap().trouble.is_some());
    assert_eq!(desk.refresh().await.unwrap().trouble, None);
    assert_eq!(RefreshToken::new(current(&desk)), desk.tokens().refresh.unwrap().current);
}
