//! What the platform refuses, and what follows: who must act, when it is tried again, and what is kept.

use chrono::TimeDelta;
use tokengauge::domain::{Overview, RenewalOutcome, TroubleKind};
use tokengauge::oauth::redirect_response::AuthorizationResponse;
use tokengauge::oauth::token_answer::{Reaction, refused_by_redirect};
use tokengauge::runtime::exchange::ExchangeError;
use tokengauge::simulator::browser::Answer;

use crate::desk::{Desk, OPS, Platform, code, read_paste, secret, signed_in};

/// A fault of the token endpoint.
fn fault(grant: &str, effect: &str) -> String {
    format!("[[faults]]\nendpoint = 'token'\ngrant = '{grant}'\n{effect}\n")
}

/// Renews under a fault: the trouble it makes. What was held is held still.
async fn renewal_under(effect: &str) -> (Desk, tokengauge::domain::Trouble) {
    let (_platform, desk) = signed_in(&fault("refresh_token", effect)).await;
    let held = desk.tokens();
    let trouble = desk.refresh().await.unwrap().trouble.unwrap();
    assert_eq!(desk.tokens(), held);
    assert!(!trouble.what_happened.is_empty() && !trouble.what_to_do.is_empty());
    (desk, trouble)
}

#[tokio::test]
async fn each_refusal_names_who_must_act() {
    let person = TroubleKind::SignInNeeded;
    for (effect, code, kind) in [
        ("code = 700082", 700_082, person),
        ("code = 50173", 50_173, person),
        ("code = 50076", 50_076, person),
        ("code = 53003", 53_003, person),
        ("code = 65001", 65_001, TroubleKind::ConsentMissing),
        ("code = 7000215", 7_000_215, TroubleKind::SetUpWrong),
        ("code = 7000222", 7_000_222, TroubleKind::SetUpWrong),
        ("code = 700016", 700_016, TroubleKind::SetUpWrong),
        ("code = 70011", 70_011, TroubleKind::SetUpWrong),
    ] {
        let (desk, trouble) = renewal_under(effect).await;
        assert_eq!((trouble.kind, trouble.aadsts), (kind, Some(code)), "{trouble:?}");
        assert!(trouble.what_happened.contains(&code.to_string()), "{trouble:?}");
        assert!(trouble.trace_id.is_some() && trouble.correlation_id.is_some());
        assert!(matches!(desk.last_outcome(), RenewalOutcome::Failed(line) if line == trouble.what_happened));
    }
}

#[tokio::test]
async fn retry_after_is_obeyed_to_the_second() {
    let (desk, trouble) = renewal_under("status = 429\nretry_after = 7").await;
    let TroubleKind::TryLater { retry_at, attempt, .. } = trouble.kind else { panic!("{trouble:?}") };
    let sent_at = desk.record().renewals.last().unwrap().at;
    assert_eq!((retry_at - sent_at, attempt), (TimeDelta::seconds(7), 1));
    assert!(matches!(desk.last_outcome(), RenewalOutcome::WillRetry(_)));
}

#[tokio::test]
async fn faults_of_the_platform_are_tried_again_after_longer_and_longer() {
    for status in [500, 502, 503, 504] {
        let (desk, trouble) = renewal_under(&format!("status = {status}")).await;
        let mut waits = Vec::new();
        for tries in 1..=4 {
            let trouble =
                if tries == 1 { trouble.clone() } else { desk.refresh().await.unwrap().trouble.unwrap() };
            let TroubleKind::TryLater { retry_at, attempt, .. } = trouble.kind else { panic!("{trouble:?}") };
            assert_eq!(attempt, tries, "{status}");
            waits.push((retry_at - trouble.at).num_milliseconds());
        }
        let jitter = |base: i64| base * 800..=base * 1200;
        assert!(
            waits.iter().zip([30, 60, 120, 240]).all(|(wait, base)| jitter(base).contains(wait)),
            "{waits:?}"
        );
    }
}

#[tokio::test]
async fn a_loop_that_the_platform_stopped_waits_five_minutes() {
    let (_desk, trouble) = renewal_under("code = 50196").await;
    let TroubleKind::TryLater { retry_at, .. } = trouble.kind else { panic!("{trouble:?}") };
    assert!(retry_at - trouble.at >= TimeDelta::minutes(5));
}

fn state_of(begun: &Overview) -> String {
    begun.code_attempt().unwrap().state.clone()
}

#[tokio::test]
async fn consent_that_is_missing_comes_back_in_the_redirect() {
    let platform = Platform::play(include_str!("../../demo/scenarios/consent-missing.toml"));
    let desk = Desk::at(platform.authority());
    let begun = desk.begin();
    let address = platform.browse(&begun, OPS, Answer::Accept).unwrap();
    let AuthorizationResponse::Error(error) = read_paste(&address, &begun).unwrap() else {
        panic!("an administrator has not consented")
    };
    assert_eq!(error.error.codes, [90094]);
    let refusal = refused_by_redirect(error.error);
    assert_eq!(refusal.reaction, Reaction::ConsentMissing);
    let trouble = refusal.trouble(desk.services.clock.now(), 0, 0.5);
    let edit = tokengauge::app::Edit::AttemptRefused { state: state_of(&begun), trouble };
    tokengauge::runtime::records::change(&desk.services, &desk.id, &edit).unwrap();
    let record = desk.record();
    assert_eq!((record.trouble.unwrap().kind, record.attempt), (TroubleKind::ConsentMissing, None));
    assert_eq!(platform.token_requests(), 0);
}

#[tokio::test]
async fn a_refusal_that_comes_late_does_not_end_the_next_sign_in() {
    let platform = Platform::play(include_str!("../../demo/scenarios/consent-missing.toml"));
    let desk = Desk::at(platform.authority());
    let (refused, next) = (desk.begin(), desk.begin());
    let AuthorizationResponse::Error(error) =
        read_paste(&platform.browse(&refused, OPS, Answer::Accept).unwrap(), &refused).unwrap()
    else {
        panic!("an administrator has not consented")
    };
    let trouble = refused_by_redirect(error.error).trouble(desk.services.clock.now(), 0, 0.5);
    let edit = tokengauge::app::Edit::AttemptRefused { state: state_of(&refused), trouble };
    tokengauge::runtime::records::change(&desk.services, &desk.id, &edit).unwrap();
    assert_eq!(desk.record().code_attempt().unwrap().state, state_of(&next));
}

#[tokio::test]
async fn conditional_access_refuses_the_code_and_ends_the_attempt() {
    let platform = Platform::play(include_str!("../../demo/scenarios/conditional-access.toml"));
    let desk = Desk::with(platform.authority(), |new| {
        new.credential = secret("simulated~contoso.connector.00000000000001");
    });
    let overview = desk.sign_in(&platform, OPS).await.unwrap();
    let trouble = overview.trouble.unwrap();
    assert_eq!((trouble.kind, trouble.aadsts), (TroubleKind::SignInNeeded, Some(53003)));
    assert_eq!((overview.attempt, overview.tokens), (None, None));
}

#[tokio::test]
async fn a_wrong_secret_is_told_from_one_that_has_expired() {
    let platform = Platform::with("");
    let desk = Desk::with(platform.authority(), |new| new.credential = secret("simulated~contoso.mistyped"));
    let trouble = desk.sign_in(&platform, OPS).await.unwrap().trouble.unwrap();
    assert_eq!((trouble.kind, trouble.aadsts), (TroubleKind::SetUpWrong, Some(7_000_215)));

    let text = include_str!("../../demo/scenarios/first-sign-in.toml");
    let value = format!("value = \"{}\"", crate::desk::SECRET);
    let platform = Platform::play(&text.replacen(&value, &format!("{value}\nend = '-3d'"), 1));
    let desk = Desk::at(platform.authority());
    let trouble = desk.sign_in(&platform, OPS).await.unwrap().trouble.unwrap();
    assert_eq!((trouble.kind, trouble.aadsts), (TroubleKind::SetUpWrong, Some(7_000_222)));
}

#[tokio::test]
async fn a_refused_sign_in_does_not_stop_the_renewals_of_what_is_held() {
    for effect in ["code = 53003", "code = 65001", "body = 'html'", "drop = true"] {
        let (platform, desk) = signed_in(&fault("authorization_code", &format!("nth = 2\n{effect}"))).await;
        let held = desk.tokens();
        let refused = desk.sign_in(&platform, OPS).await.unwrap_err();
        assert!(matches!(&refused, ExchangeError::SignInRefused(_)), "{effect}: {refused:?}");
        let record = desk.record();
        assert_eq!(
            (&record.trouble, &record.attempt, record.tokens.as_ref()),
            (&None, &None, Some(&held)),
            "{effect}"
        );
        assert!(matches!(desk.last_outcome(), RenewalOutcome::Failed(_)), "{effect}");
        assert_eq!(desk.refresh().await.unwrap().trouble, None);
    }
}

#[tokio::test]
async fn a_sign_in_whose_code_is_spent_does_not_promise_to_try_again() {
    for effect in ["body = 'html'", "body = 'empty'", "drop = true"] {
        let platform = Platform::with(&fault("authorization_code", effect));
        let desk = Desk::at(platform.authority());
        let trouble = desk.sign_in(&platform, OPS).await.unwrap().trouble.unwrap();
        assert!(!trouble.what_to_do.contains("tried again"), "{effect}: {trouble:?}");
        assert!(trouble.what_to_do.contains("(a)"), "{effect}: {trouble:?}");
        assert_eq!(desk.record().attempt, None, "{effect}");
    }
}

#[tokio::test]
async fn a_code_that_waited_too_long_is_refused_by_the_platform() {
    let platform = Platform::with("[tokens]\nauthorization_code_seconds = 0");
    let desk = Desk::at(platform.authority());
    let begun = desk.begin();
    let address = platform.browse(&begun, OPS, Answer::Accept).unwrap();
    let trouble = desk.redeem(&code(&address, &begun)).await.unwrap().trouble.unwrap();
    assert_eq!((trouble.kind, trouble.aadsts), (TroubleKind::SignInNeeded, Some(70008)));
}
