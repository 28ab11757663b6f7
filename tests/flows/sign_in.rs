//! The dance: a sign-in is begun, a browser ends somewhere, its address is read, the code is redeemed.

use tokengauge::domain::secret::{AuthorizationCode, Secret};
use tokengauge::domain::{
    Attempt, Certainty, RenewalKind, RenewalOutcome, ResponseMode, ScopeSet, TroubleKind,
};
use tokengauge::oauth::pkce::code_challenge;
use tokengauge::oauth::redirect_response::{AuthorizationResponse, Refusal};
use tokengauge::runtime::exchange::ExchangeError;
use tokengauge::runtime::records;
use tokengauge::simulator::browser::Answer;
use tokengauge::simulator::{Scenario, Simulator};

use crate::desk::{ADA, CLIENT_ID, Desk, OPS, Platform, SECRET, code, mailbox, read_paste, signed_in, text};
use crate::wire::{Wire, json};

#[tokio::test]
async fn the_dance_ends_with_tokens_in_the_vault() {
    let platform = Platform::with("");
    let desk = Desk::at(platform.authority());
    let begun = desk.begin();
    let address = platform.browse(&begun, OPS, Answer::Accept).unwrap();
    let before = desk.services.clock.now();
    let overview = desk.redeem(&code(&address, &begun)).await.unwrap();
    let after = desk.services.clock.now();

    let record = desk.record();
    let tokens = record.tokens.as_ref().unwrap();
    let claims = platform.simulator().verify_access_token(tokens.access.primary().token.expose()).unwrap();
    assert_eq!((claims.upn.as_str(), claims.appid.as_str()), (OPS, CLIENT_ID));
    assert_eq!(tokens.user.username.as_deref(), Some(OPS));
    assert_eq!(tokens.user.name.as_deref(), Some("Contoso Operations"));
    assert_eq!(tokens.user.oid.as_deref(), Some(claims.oid.as_str()));
    let granted = tokens.access.primary().granted_scope.as_ref().unwrap();
    assert_eq!(record.settings.scopes.difference(granted).count(), 0, "{granted:?}");
    assert_eq!(tokens.access.primary().claims.audience_name(), Some("Microsoft Graph"));
    assert_eq!(tokens.access.primary().claims.scp.as_ref().map(ScopeSet::len), Some(3));

    let lifetime = tokens.access.primary().lifetime;
    assert!(before <= lifetime.starts_at && lifetime.starts_at <= after, "life is counted from the sending");
    assert_eq!(lifetime.certainty, Certainty::Known);
    assert!((3600..=5400).contains(&lifetime.span().num_seconds()), "{lifetime:?}");
    let refresh = tokens.refresh.as_ref().unwrap();
    assert_eq!(refresh.lifetime.starts_at, lifetime.starts_at);
    assert_eq!((refresh.lifetime.span().num_days(), refresh.lifetime.certainty), (90, Certainty::Estimated));
    assert_eq!((&refresh.previous, tokens.signed_in_at), (&None, lifetime.starts_at));

    assert_eq!((&record.attempt, &record.trouble), (&None, &None));
    let renewal = record.renewals.last().unwrap();
    assert_eq!((renewal.kind, &renewal.outcome), (RenewalKind::SignIn, &RenewalOutcome::Worked));
    assert_eq!(overview, desk.overview());
    assert_eq!(platform.token_requests(), 1);
}

#[tokio::test]
async fn every_parameter_of_the_procedure_reaches_the_server() {
    let wire =
        Wire::start([json(&serde_json::json!({"token_type": "Bearer", "access_token": "opaque"}))]).await;
    let desk = Desk::with(wire.authority(), |new| new.settings.sign_in_as = Some(mailbox(OPS)));
    let begun = desk.begin();
    let attempt = desk.record().code_attempt().cloned().unwrap();

    let asked: Vec<(String, String)> = attempt.authorization_request.query_pairs().into_owned().collect();
    let challenge = code_challenge(&attempt.code_verifier);
    let scope = "User.Read Mail.ReadWrite Mail.Send offline_access openid profile";
    let pairs = |wanted: &[(&str, &str)]| -> Vec<(String, String)> {
        wanted.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    };
    assert_eq!(
        asked,
        pairs(&[
            ("client_id", CLIENT_ID),
            ("response_type", "code"),
            ("redirect_uri", "http://localhost:8400/"),
            ("response_mode", "query"),
            ("scope", scope),
            ("state", &attempt.state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("login_hint", OPS),
        ])
    );
    assert!((43..=128).contains(&attempt.code_verifier.characters()));

    let address = format!("http://localhost:8400/?code=1.AbC-_%2B%26&state={}", attempt.state);
    desk.redeem(&code(&address, &begun)).await.unwrap();
    let arrived = wire.arrived();
    assert_eq!(arrived.len(), 1);
    assert_eq!(
        (arrived[0].method.as_str(), arrived[0].path.as_str()),
        ("POST", "/contoso.example/oauth2/v2.0/token")
    );
    assert_eq!(
        arrived[0].form(),
        pairs(&[
            ("client_id", CLIENT_ID),
            ("grant_type", "authorization_code"),
            ("code", "1.AbC-_+&"),
            ("redirect_uri", "http://localhost:8400/"),
            ("code_verifier", attempt.code_verifier.expose()),
            ("scope", scope),
            ("client_secret", SECRET),
        ])
    );
    assert_eq!(arrived[0].header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(arrived[0].header("accept-encoding"), "identity");
    assert_eq!(arrived[0].header("accept"), "application/json");
    assert!(uuid::Uuid::try_parse(arrived[0].header("client-request-id")).is_ok());
    assert_eq!(arrived[0].header("authorization"), "");
}

#[tokio::test]
async fn state_and_verifier_are_fresh_for_every_attempt() {
    let platform = Platform::with("");
    let desk = Desk::at(platform.authority());
    desk.begin();
    let first = desk.record().code_attempt().cloned().unwrap();
    desk.begin();
    let second = desk.record().code_attempt().cloned().unwrap();
    assert_ne!(first.state, second.state);
    assert_ne!(first.code_verifier, second.code_verifier);
}

#[tokio::test]
async fn an_answer_may_come_in_the_fragment_or_as_a_form() {
    for mode in [ResponseMode::Fragment, ResponseMode::FormPost] {
        let platform = Platform::with("");
        let desk = Desk::with(platform.authority(), |new| new.settings.response_mode = mode);
        let overview = desk.sign_in(&platform, OPS).await.unwrap();
        assert!(overview.tokens.is_some(), "{mode:?}");
    }
}

#[tokio::test]
async fn a_public_client_sends_no_secret() {
    let wire =
        Wire::start([json(&serde_json::json!({"token_type": "Bearer", "access_token": "opaque"}))]).await;
    let desk = Desk::with(wire.authority(), |new| new.credential = tokengauge::app::CredentialEdit::Public);
    desk.begin();
    desk.redeem(&AuthorizationCode::new("code")).await.unwrap();
    assert!(!wire.arrived()[0].body.contains("client_secret"));
}

#[tokio::test]
async fn another_verifier_is_refused_and_ends_the_attempt() {
    let platform = Platform::with("");
    let desk = Desk::at(platform.authority());
    let first = desk.begin();
    let address = platform.browse(&first, OPS, Answer::Accept).unwrap();
    // A second attempt draws another verifier; the code still belongs to the first.
    desk.begin();
    desk.redeem(&code(&address, &first)).await.unwrap();
    let record = desk.record();
    assert_eq!(
        record.trouble.as_ref().map(|trouble| (trouble.kind, trouble.aadsts)),
        Some((TroubleKind::SignInNeeded, Some(501_481)))
    );
    assert_eq!((record.attempt, record.tokens), (None, None));
}

#[tokio::test]
async fn the_answer_of_another_attempt_is_not_read() {
    let platform = Platform::with("");
    let desk = Desk::at(platform.authority());
    let first = desk.begin();
    let address = platform.browse(&first, OPS, Answer::Accept).unwrap();
    let second = desk.begin();
    assert_eq!(read_paste(&address, &second), Err(Refusal::StateMismatch));
    assert_eq!(platform.token_requests(), 0);
}

#[tokio::test]
async fn five_wrong_pastes_end_the_attempt() {
    let platform = Platform::with("");
    let desk = Desk::at(platform.authority());
    let begun = desk.begin();
    let address = platform.browse(&begun, OPS, Answer::Accept).unwrap();
    for _ in 0..5 {
        let other = tokengauge::app::Edit::WrongPaste { state: "another".into() };
        records::change(&desk.services, &desk.id, &other).unwrap();
    }
    assert_eq!(desk.record().code_attempt().unwrap().wrong_pastes, 0, "they were meant for another sign-in");
    for _ in 0..5 {
        let state = begun.code_attempt().unwrap().state.clone();
        let edit = tokengauge::app::Edit::WrongPaste { state };
        records::change(&desk.services, &desk.id, &edit).unwrap();
    }
    assert_eq!(desk.redeem(&code(&address, &begun)).await, Err(ExchangeError::AttemptOver));
    assert_eq!(platform.token_requests(), 0);
}

#[tokio::test]
async fn an_attempt_ends_after_fifteen_minutes() {
    let platform = Platform::with("");
    let desk = Desk::at(platform.authority());
    let begun = desk.begin();
    let address = platform.browse(&begun, OPS, Answer::Accept).unwrap();
    desk.change(|connection| {
        connection.attempt.as_mut().and_then(Attempt::code_mut).unwrap().started_at -=
            chrono::TimeDelta::minutes(15);
    });
    assert_eq!(desk.redeem(&code(&address, &begun)).await, Err(ExchangeError::AttemptOver));
    assert_eq!(platform.token_requests(), 0);
}

#[tokio::test]
async fn a_code_works_once() {
    let (platform, desk) = signed_in("").await;
    let begun = desk.begin();
    let address = platform.browse(&begun, OPS, Answer::Accept).unwrap();
    let attempt = desk.record().attempt;
    let code = code(&address, &begun);
    desk.redeem(&code).await.unwrap();
    let held = desk.tokens();
    desk.change(|connection| connection.attempt = attempt);
    let again = desk.redeem(&code).await;
    assert!(matches!(again, Err(ExchangeError::SignInRefused(trouble)) if trouble.aadsts == Some(54005)));
    assert_eq!((desk.tokens(), desk.record().attempt), (held, None));
}

#[tokio::test]
async fn without_an_attempt_a_code_is_worth_nothing() {
    let (platform, desk) = signed_in("").await;
    let sent = platform.token_requests();
    assert_eq!(desk.redeem(&AuthorizationCode::new("1.Abc")).await, Err(ExchangeError::AttemptOver));
    assert_eq!(platform.token_requests(), sent);
}

#[tokio::test]
async fn a_refusal_in_the_redirect_is_read_with_its_number() {
    let platform = Platform::with("");
    let desk = Desk::at(platform.authority());
    let begun = desk.begin();
    let address = platform.browse(&begun, OPS, Answer::Decline).unwrap();
    match read_paste(&address, &begun).unwrap() {
        AuthorizationResponse::Error(error) => assert_eq!(error.error.codes, [65004]),
        AuthorizationResponse::Code { .. } => panic!("nobody agreed"),
    }
    assert_eq!(platform.token_requests(), 0);
}

#[tokio::test]
async fn an_unregistered_redirect_uri_ends_on_the_platform_s_own_page() {
    let platform = Platform::with("");
    let desk = Desk::with(platform.authority(), |new| {
        new.settings.redirect_uri =
            tokengauge::domain::RedirectUri::parse("http://localhost:8400/elsewhere").unwrap();
    });
    let error = platform.browse(&desk.begin(), OPS, Answer::Accept).unwrap_err();
    assert!(error.to_string().contains("AADSTS50011"), "{error}");
}

#[tokio::test]
async fn an_attempt_survives_another_process() {
    let platform = Platform::with("");
    let desk = Desk::at(platform.authority());
    let begun = desk.begin();
    let address = platform.browse(&begun, OPS, Answer::Accept).unwrap();
    let other = desk.reopened();
    let state = begun.code_attempt().unwrap().state.clone();
    let step = tokengauge::app::GrantStep::Redeem { code: code(&address, &begun), state };
    let overview = tokengauge::runtime::exchange::exchange(&other, &desk.id, step).await.unwrap();
    assert_eq!(overview, desk.overview());
    assert!(overview.tokens.is_some());
}

#[tokio::test]
async fn signing_in_again_moves_the_sign_in_and_keeps_what_was_held() {
    let (platform, desk) = signed_in("").await;
    let first = desk.tokens();
    desk.sign_in(&platform, OPS).await.unwrap();
    let second = desk.tokens();
    assert!(second.signed_in_at > first.signed_in_at);
    let refresh = |tokens: &tokengauge::domain::Tokens| tokens.refresh.clone().unwrap();
    assert_eq!(refresh(&second).previous.as_ref().map(text), Some(text(&refresh(&first).current)));
    assert_ne!(second.access.primary().token, first.access.primary().token);
}

#[test]
fn the_people_of_these_tests_are_in_the_scenario() {
    let scenario = Scenario::embedded("first-sign-in").unwrap();
    let simulator = Simulator::new(scenario, 1);
    assert!([OPS, ADA].iter().all(|upn| simulator.scenario().user(upn).is_some()));
}
