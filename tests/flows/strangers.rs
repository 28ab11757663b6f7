//! Somebody else than the connection expects: nothing is saved, and both are named.

use tokengauge::domain::RenewalOutcome;
use tokengauge::runtime::exchange::ExchangeError;

use crate::desk::{ADA, Desk, OPS, Platform, mailbox, signed_in};

fn wrong_user(signed_in: &str, expected: &str) -> ExchangeError {
    ExchangeError::WrongUser { signed_in: signed_in.into(), expected: expected.into() }
}

#[tokio::test]
async fn another_mailbox_than_the_settings_name_is_not_stored() {
    let platform = Platform::with("");
    let desk = Desk::with(platform.authority(), |new| new.settings.sign_in_as = Some(mailbox(OPS)));
    let refused = desk.sign_in(&platform, ADA).await.unwrap_err();
    assert_eq!(refused, wrong_user(ADA, OPS));
    let failure = refused.failure();
    assert_eq!(
        failure.what_happened,
        "You signed in as ada@contoso.example; this connection expects ops@contoso.example. Nothing saved."
    );
    let record = desk.record();
    assert_eq!((record.tokens, record.attempt, record.trouble), (None, None, None));
    assert_eq!(record.renewals.last().unwrap().outcome, RenewalOutcome::Failed(failure.what_happened));
}

#[tokio::test]
async fn another_object_id_than_before_is_not_stored() {
    let (platform, desk) = signed_in("").await;
    let held = desk.tokens();
    assert_eq!(desk.sign_in(&platform, ADA).await, Err(wrong_user(ADA, OPS)));
    let record = desk.record();
    assert_eq!((record.tokens.unwrap(), record.attempt, record.trouble), (held, None, None));
    assert_eq!(desk.refresh().await.unwrap().trouble, None);
}

#[tokio::test]
async fn the_expected_mailbox_is_compared_without_case() {
    let platform = Platform::with("");
    let desk = Desk::with(platform.authority(), |new| {
        new.settings.sign_in_as = Some(mailbox("Ops@Contoso.Example"));
    });
    assert!(desk.sign_in(&platform, OPS).await.unwrap().tokens.is_some());
}

#[tokio::test]
async fn a_renamed_mailbox_is_still_the_same_person() {
    let (platform, desk) = signed_in("").await;
    desk.change(|connection| {
        connection.tokens.as_mut().unwrap().user.username = Some("formerly@contoso.example".into());
    });
    let overview = desk.sign_in(&platform, OPS).await.unwrap();
    assert_eq!(overview.tokens.unwrap().user.username.as_deref(), Some(OPS));
}

#[tokio::test]
async fn the_same_address_of_another_account_is_not_stored() {
    let platform = Platform::with("");
    let desk = Desk::with(platform.authority(), |new| new.settings.sign_in_as = Some(mailbox(OPS)));
    desk.sign_in(&platform, OPS).await.unwrap();
    desk.change(|connection| {
        connection.tokens.as_mut().unwrap().user.tid = Some("0a1b2c3d-0000-4000-8000-000000000000".into());
    });
    let held = desk.tokens();
    let refused = desk.sign_in(&platform, OPS).await.unwrap_err();
    assert!(matches!(refused, ExchangeError::WrongUser { .. }), "{refused:?}");
    assert_eq!(desk.tokens(), held);
}
