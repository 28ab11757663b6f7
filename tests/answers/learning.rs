//! What refusals teach: the tenant's limit on refresh tokens, and what policy wants of the next sign-in.

use chrono::TimeDelta;
use tokengauge::domain::{Certainty, CountsFrom, Lifetime, RefreshLimit};

use crate::bench::Bench;
use crate::case::{Case, case};
use crate::server::Server;

async fn at(answers: Vec<Case>) -> (Server, Bench) {
    let server = Server::with(answers).await;
    let bench = Bench::at(server.authority());
    (server, bench)
}

fn saying(description: &str) -> Case {
    let mut refusal = case("TE-077");
    refusal.body =
        Some(serde_json::json!({"error": "invalid_grant", "error_description": description}).to_string());
    refusal
}

fn refresh_clock(bench: &Bench) -> Lifetime {
    bench.overview().refresh_lifetime().unwrap()
}

#[tokio::test]
async fn a_sign_in_frequency_is_learned_and_measured_by_from_then_on() {
    let refusal = saying("AADSTS70043: expired, the maximum allowed lifetime for this request is 43200.");
    let (_server, bench) = at(vec![refusal, case("TE-001")]).await;
    assert_eq!(refresh_clock(&bench).certainty, Certainty::Estimated);
    bench.refresh().await.unwrap();
    let limit = RefreshLimit::new(TimeDelta::hours(12), CountsFrom::SignIn);
    assert_eq!(bench.record().refresh_limit, limit);
    assert_eq!(refresh_clock(&bench).starts_at, bench.record().tokens.unwrap().signed_in_at);

    bench.begin();
    bench.redeem().await.unwrap();
    let clock = refresh_clock(&bench);
    assert_eq!((clock.span(), clock.certainty), (TimeDelta::hours(12), Certainty::Learned));
    assert_eq!(clock.starts_at, bench.record().tokens.unwrap().signed_in_at);
    bench.refresh().await.unwrap();
    assert_eq!(refresh_clock(&bench), clock, "renewing does not lengthen it");
    let shown = bench.run(&["show", "bench"], "").await;
    assert!(String::from_utf8_lossy(&shown.stdout).contains("learned"), "{shown:?}");
}

#[tokio::test]
async fn an_idle_limit_counts_from_the_last_use() {
    let refusal = saying("AADSTS700082: The token was inactive for 14.00:00:00.");
    let (_server, bench) = at(vec![refusal, case("TE-001")]).await;
    bench.refresh().await.unwrap();
    bench.begin();
    bench.redeem().await.unwrap();
    let first = refresh_clock(&bench);
    bench.refresh().await.unwrap();
    let second = refresh_clock(&bench);
    assert_eq!((second.span(), second.certainty), (TimeDelta::days(14), Certainty::Learned));
    assert!(second.starts_at > first.starts_at);
}

#[tokio::test]
async fn a_single_page_app_lives_a_day_from_its_sign_in() {
    let (_server, bench) = at(vec![case("TE-070")]).await;
    bench.refresh().await.unwrap();
    let limit = RefreshLimit::new(TimeDelta::days(1), CountsFrom::SignIn);
    assert_eq!(bench.record().refresh_limit, limit);
}

#[tokio::test]
async fn a_refusal_without_a_figure_teaches_nothing() {
    let (_server, bench) = at(vec![saying("AADSTS70043: sign-in frequency checks.")]).await;
    bench.refresh().await.unwrap();
    assert_eq!(bench.record().refresh_limit, None);
    assert_eq!(refresh_clock(&bench).certainty, Certainty::Estimated);
}

#[tokio::test]
async fn a_limit_that_a_token_outlives_is_forgotten() {
    let (_server, bench) = at(vec![case("TE-001")]).await;
    let now = bench.services.clock.now();
    bench.change(|record| {
        let limit = RefreshLimit::new(TimeDelta::minutes(10), CountsFrom::SignIn).unwrap();
        record.refresh_limit = Some(limit);
        let tokens = record.tokens.as_mut().unwrap();
        let refresh = tokens.refresh.as_mut().unwrap();
        refresh.lifetime = limit.lifetime(tokens.signed_in_at, now);
    });
    assert!(refresh_clock(&bench).is_expired_at(now));
    bench.refresh().await.unwrap();
    assert_eq!(bench.record().refresh_limit, None);
    assert_eq!(refresh_clock(&bench).certainty, Certainty::Estimated);
}

#[tokio::test]
async fn claims_of_a_refusal_go_with_the_next_sign_in_and_no_further() {
    let (_server, bench) = at(vec![case("TE-071"), case("TE-001")]).await;
    let claims = |address: &url::Url| {
        address.query_pairs().find(|(name, _)| name == "claims").map(|(_, value)| value.into_owned())
    };
    assert_eq!(claims(&bench.begin()), None);
    bench.refresh().await.unwrap();
    let asked = claims(&bench.begin()).expect("what policy wants goes with the request");
    let asked: serde_json::Value = serde_json::from_str(&asked).unwrap();
    assert_eq!(asked["access_token"]["capolids"]["values"][0], "x");
    bench.redeem().await.unwrap();
    assert_eq!(claims(&bench.begin()), None);
}
