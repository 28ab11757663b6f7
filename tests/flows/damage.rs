//! A damaged record: said with its file, and never in the way of the others.

use std::fs;
use std::time::Duration;

use tokengauge::app::{GrantStep, Wanted};
use tokengauge::domain::Audience;
use tokengauge::domain::secret::Passphrase;
use tokengauge::runtime::exchange::{ExchangeError, exchange};
use tokengauge::runtime::records;
use tokengauge::vault::{ErrorKind, Protection, Vault, VaultError, WorkFactor};

use crate::desk::{Desk, OPS, Platform, new_connection, signed_in};

#[tokio::test]
async fn the_others_are_listed_and_renewed_beside_a_damaged_record() {
    let (platform, desk) = signed_in("").await;
    let other = records::create(&desk.services, &new_connection("other", platform.authority())).unwrap();
    let file = desk.vault_dir().join("connections/other.age");
    let whole = fs::read(&file).unwrap();
    let sent = platform.token_requests();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for damaged in [Vec::new(), b"no age file".to_vec(), whole[..whole.len() / 2].to_vec(), flipped] {
        fs::write(&file, &damaged).unwrap();
        let services = desk.reopened();
        let contents = services.contents().unwrap();
        assert_eq!(contents.connections.iter().map(|own| own.name.as_str()).collect::<Vec<_>>(), ["contoso"]);
        assert_eq!(contents.damaged.iter().map(|own| own.file.as_str()).collect::<Vec<_>>(), ["other.age"]);
        let failure = &contents.damaged[0].failure;
        assert!(
            failure.what_happened.contains("damaged") && failure.what_to_do.contains("backup"),
            "{failure:?}"
        );

        let seen = GrantStep::Renew(vec![Wanted {
            audience: Audience::Graph,
            seen: None,
            troubles_seen: Vec::new(),
        }]);
        let refused = exchange(&desk.services, &other.id, seen).await.unwrap_err();
        assert!(
            matches!(&refused, ExchangeError::Vault(error) if error.kind() == ErrorKind::Damaged),
            "{refused:?}"
        );
        assert_eq!(fs::read(&file).unwrap(), damaged, "what is damaged is left as it is");
    }
    assert_eq!(platform.token_requests(), sent);
    assert_eq!(desk.refresh().await.unwrap().trouble, None);

    fs::write(&file, &whole).unwrap();
    assert_eq!(desk.reopened().contents().unwrap().damaged, []);
}

#[tokio::test]
async fn a_damaged_app_registration_is_said_and_nothing_sent() {
    let (platform, desk) = signed_in("").await;
    let app = desk.vault_dir().join(format!("apps/{}.age", crate::desk::CLIENT_ID));
    fs::write(&app, "no age file").unwrap();
    let sent = platform.token_requests();
    let refused = exchange(
        &desk.services,
        &desk.id,
        GrantStep::Renew(vec![Wanted { audience: Audience::Graph, seen: None, troubles_seen: Vec::new() }]),
    )
    .await;
    assert!(
        matches!(&refused, Err(ExchangeError::Vault(error)) if error.kind() == ErrorKind::Damaged),
        "{refused:?}"
    );
    assert_eq!(platform.token_requests(), sent);
    let contents = desk.services.contents().unwrap();
    assert_eq!((contents.connections.len(), contents.damaged.len()), (1, 1));
}

#[tokio::test]
async fn a_record_that_somebody_holds_is_said_to_be_in_use() {
    let platform = Platform::with("");
    let desk = Desk::at(platform.authority());
    let held = desk.services.vault.lock_connection(&desk.id, Duration::ZERO).unwrap();
    let error = desk.reopened().vault.lock_connection(&desk.id, Duration::ZERO).unwrap_err();
    assert_eq!(error, VaultError::Busy { what: "contoso".into(), pid: Some(std::process::id()) });
    drop(held);
    desk.sign_in(&platform, OPS).await.unwrap();
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_changes_nothing() {
    let home = tempfile::TempDir::new().unwrap();
    let dir = home.path().join("vault");
    let protection = Protection::Passphrase(Passphrase::new("correct horse battery"));
    drop(Vault::init(&dir, &protection, WorkFactor::FOR_TESTS).unwrap());
    let before = fs::read(dir.join("identity.age")).unwrap();
    let error = Vault::open_with_passphrase(&dir, &Passphrase::new("wrong horse battery")).unwrap_err();
    assert_eq!(error, VaultError::WrongPassphrase);
    assert!(!format!("{error:?} {error} {}", error.what_to_do()).contains("horse"));
    assert_eq!(fs::read(dir.join("identity.age")).unwrap(), before);
    Vault::open_with_passphrase(&dir, &Passphrase::new("correct horse battery")).unwrap();
}
