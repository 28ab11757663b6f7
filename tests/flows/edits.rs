//! What an edit does to a sign-in and to the tokens that are held.

use chrono::DateTime;
use tokengauge::app::{CredentialEdit, Edit, GrantStep, NewConnection, Shown};
use tokengauge::domain::app_registration::CredentialFacts;
use tokengauge::domain::secret::ClientSecret;
use tokengauge::domain::{
    AdminConsent, AdminConsentRequest, Authority, Certainty, ClientCredential, ClientId, ConnectionName,
    Lifetime, Need,
};
use tokengauge::runtime::exchange::{ExchangeError, exchange};
use tokengauge::runtime::records;
use tokengauge::vault::PATIENCE;

use super::desk::{ADA, Desk, OPS, code, mailbox, new_connection, secret, signed_in};
use tokengauge::simulator::browser::Answer;

fn form(desk: &Desk, edit: impl FnOnce(&mut NewConnection)) -> Edit {
    let mut form = new_connection("contoso", desk.record().settings.authority);
    form.credential = CredentialEdit::Keep;
    edit(&mut form);
    Edit::Form(form, Box::new(Shown::of(&desk.overview())))
}

#[tokio::test]
async fn tokens_are_never_sent_to_another_registration() {
    let (platform, desk) = signed_in("").await;
    let before = platform.token_requests();
    let other = ClientId::parse("9b6c1f0e-2c57-4a8f-9e0d-6f1c2b3a4d5e").unwrap();
    let edit = form(&desk, |form| {
        form.settings.client_id = other;
        form.credential = secret("another~registration.0000000000000000001");
    });
    records::change(&desk.services, &desk.id, &edit).unwrap();
    assert_eq!(desk.refresh().await, Err(ExchangeError::NothingToRenew));
    assert_eq!(platform.token_requests(), before);
}

#[tokio::test]
async fn whom_the_settings_name_may_take_the_place_of_whoever_signed_in_before() {
    let (platform, desk) = signed_in("").await;
    let edit = form(&desk, |form| form.settings.sign_in_as = Some(mailbox(ADA)));
    records::change(&desk.services, &desk.id, &edit).unwrap();
    desk.sign_in(&platform, ADA).await.unwrap();
    assert_eq!(desk.tokens().user.username.as_deref(), Some(ADA));
}

#[tokio::test]
async fn a_code_is_not_sent_for_another_sign_in() {
    let (platform, desk) = signed_in("").await;
    let begun = desk.begin();
    let address = platform.browse(&begun, OPS, Answer::Accept).unwrap();
    let step = GrantStep::Redeem {
        code: code(&address, &begun),
        state: begun.code_attempt().unwrap().state.clone(),
    };
    let newer = desk.begin();
    let before = platform.token_requests();
    assert_eq!(exchange(&desk.services, &desk.id, step).await, Err(ExchangeError::AttemptOver));
    assert_eq!((platform.token_requests(), desk.overview().attempt), (before, newer.attempt));
}

#[tokio::test]
async fn a_permission_ticked_meanwhile_ends_the_sign_in_before_its_code_is_wasted() {
    let (_platform, desk) = signed_in("").await;
    desk.begin();
    let scope = tokengauge::domain::Scope::parse("Group.ReadWrite.All").unwrap();
    desk.change(|connection| {
        connection.admin_consent = Some(AdminConsent::Asked(AdminConsentRequest {
            state: "asked".to_owned(),
            redirect_uri: connection.settings.redirect_uri.clone(),
            address: connection.settings.authority.login.clone(),
            asked_at: DateTime::UNIX_EPOCH,
        }));
    });
    records::change(&desk.services, &desk.id, &Edit::AddScope(scope)).unwrap();
    assert_eq!(desk.record().admin_consent, None, "it names the permissions of before");
    assert_eq!(desk.record().attempt, None);
}

#[tokio::test]
async fn a_lapse_that_was_only_estimated_is_asked_about() {
    let (_platform, desk) = signed_in("").await;
    let now = desk.services.clock.now();
    desk.change(|connection| {
        let tokens = connection.tokens.as_mut().unwrap();
        let started = now - chrono::TimeDelta::days(100);
        tokens.refresh.as_mut().unwrap().lifetime = Lifetime {
            starts_at: started,
            expires_at: now - chrono::TimeDelta::days(10),
            certainty: Certainty::Estimated,
        };
    });
    assert_eq!(desk.overview().need(now), Need::NeedsYou);
    assert_eq!(desk.refresh().await.unwrap().need(desk.services.clock.now()), Need::Quiet);
}

#[tokio::test]
async fn a_name_that_is_taken_changes_no_secret() {
    let (_platform, desk) = signed_in("").await;
    let mut second = new_connection("second", desk.record().settings.authority);
    second.credential = CredentialEdit::Keep;
    records::create(&desk.services, &second).unwrap();
    let edit = form(&desk, |form| {
        form.name = second.name.clone();
        form.credential = secret("wrong~secret.00000000000000000000000001");
    });
    records::change(&desk.services, &desk.id, &edit).unwrap_err();
    assert_eq!(desk.refresh().await.unwrap().trouble, None, "the right secret is still held");
}

#[tokio::test]
async fn a_registration_that_others_use_stays_in_its_cloud() {
    let (_platform, desk) = signed_in("").await;
    let mut second = new_connection("second", desk.record().settings.authority);
    second.credential = CredentialEdit::Keep;
    records::create(&desk.services, &second).unwrap();
    let elsewhere = Authority::custom("https://login.example", None).unwrap();
    let edit = form(&desk, |form| form.settings.authority = elsewhere.clone());
    let error = records::change(&desk.services, &desk.id, &edit).unwrap_err();
    assert!(error.failure().what_happened.contains("known here already"));
}

#[tokio::test]
async fn a_registration_entered_for_the_wrong_cloud_moves_with_its_only_connection() {
    let (_platform, desk) = signed_in("").await;
    let elsewhere = Authority::custom("https://login.example", None).unwrap();
    let edit = form(&desk, |form| {
        form.settings.authority = elsewhere.clone();
        form.credential =
            CredentialEdit::Secret { value: ClientSecret::new("another~secret"), ends_on: None };
    });
    records::change(&desk.services, &desk.id, &edit).unwrap();
    assert_eq!(desk.record().settings.authority, elsewhere);
}

#[tokio::test]
async fn a_secret_is_not_taken_along_to_another_login_service() {
    let (_platform, desk) = signed_in("").await;
    let before = desk.record();
    let elsewhere = Authority::custom("https://login.example", None).unwrap();
    let edit = form(&desk, |form| form.settings.authority = elsewhere.clone());
    let error = records::change(&desk.services, &desk.id, &edit).unwrap_err();
    assert!(error.failure().what_happened.contains("not sent to another login service"));
    assert_eq!(desk.record(), before);
}

#[tokio::test]
async fn a_form_leaves_alone_what_others_changed_while_it_was_open() {
    let (_platform, desk) = signed_in("").await;
    let opened = desk.overview();
    let ticked = tokengauge::domain::Scope::parse("Group.ReadWrite.All").unwrap();
    records::change(&desk.services, &desk.id, &Edit::AddScope(ticked.clone())).unwrap();
    let renamed = ConnectionName::parse("renamed").unwrap();
    desk.services
        .vault
        .lock_connection(&desk.id, PATIENCE)
        .unwrap()
        .rename(renamed.clone(), PATIENCE)
        .unwrap();
    let mut form = NewConnection {
        name: opened.name.clone(),
        settings: opened.settings.clone(),
        credential: CredentialEdit::Keep,
    };
    form.settings.sign_in_as = Some(mailbox(ADA));
    let removed = form.settings.scopes.iter().next().unwrap().clone();
    form.settings.scopes.remove(&removed);
    let after =
        records::change(&desk.services, &desk.id, &Edit::Form(form, Box::new(Shown::of(&opened)))).unwrap();
    assert_eq!((after.name, after.settings.sign_in_as), (renamed, Some(mailbox(ADA))));
    assert!(after.settings.scopes.contains(&ticked) && !after.settings.scopes.contains(&removed));
}

#[tokio::test]
async fn what_is_read_again_is_what_a_fresh_start_reads() {
    let (_platform, desk) = signed_in("").await;
    let others = desk.reopened();
    let mine = desk.reopened();
    let same = || {
        let (again, fresh) = (mine.contents().unwrap(), desk.reopened().contents().unwrap());
        assert_eq!((again.connections, again.apps), (fresh.connections, fresh.apps));
    };
    same();
    // The record of the connection stays as it is: only that of its registration is replaced.
    let mut app = others.vault.lock_app(&desk.record().settings.client_id, PATIENCE).unwrap();
    let mut held = app.read().unwrap().unwrap();
    held.credential = ClientCredential::Public;
    app.save(&mut held).unwrap();
    drop(app);
    same();
    assert_eq!(mine.contents().unwrap().connections[0].credential, CredentialFacts::Public);
    let locked = others.vault.lock_connection(&desk.id, PATIENCE).unwrap();
    drop(locked.rename(ConnectionName::parse("renamed").unwrap(), PATIENCE).unwrap());
    same();
    records::remove(&others, &desk.id).unwrap();
    same();
    assert_eq!(mine.contents().unwrap().connections, []);
}
