//! Planted tokens, equal seeds, and the list of everything secret.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use tokengauge::simulator::browser::{Answer, Landing};
use tokengauge::simulator::scenario::Moment;
use tokengauge::simulator::{Scenario, Simulator};

use super::driver::{CLIENT_ID, Driver, OPS, SECRET, at, parameter};

const SCOPES: [&str; 3] = ["offline_access", "User.Read", "Mail.ReadWrite"];

#[test]
fn a_planted_refresh_token_works() {
    let mut driver = Driver::with("");
    let (signed_in, used) = (driver.now - TimeDelta::days(200), driver.now - TimeDelta::days(80));
    let token = driver.simulator.issue_refresh_token(CLIENT_ID, OPS, &SCOPES, signed_in, used);
    let answer = driver.refresh(&token);
    assert_eq!(answer.text("scope"), "User.Read Mail.ReadWrite");
    assert!(answer.body.get("refresh_token").is_some());
}

#[test]
fn a_planted_refresh_token_implies_offline_access() {
    let mut driver = Driver::with("");
    let now = driver.now;
    let token = driver.simulator.issue_refresh_token(CLIENT_ID, OPS, &["User.Read"], now, now);
    assert!(driver.refresh(&token).body.get("refresh_token").is_some());
}

#[test]
fn a_planted_refresh_token_lapses_by_its_last_use() {
    let mut driver = Driver::with("");
    let used = driver.now - TimeDelta::days(91);
    let token = driver.simulator.issue_refresh_token(CLIENT_ID, OPS, &SCOPES, used, used);
    assert_eq!(driver.refresh(&token).code(), 700_082);
}

#[test]
fn a_planted_access_token_opens_graph_until_it_expires() {
    let mut driver = Driver::with("");
    let issued_at = driver.now - TimeDelta::minutes(20);
    let life = TimeDelta::minutes(61);
    let token = driver.simulator.issue_access_token(CLIENT_ID, OPS, &SCOPES, issued_at, life);
    assert_eq!(driver.graph("/v1.0/me", &token).0, 200);
    assert_eq!(driver.later(TimeDelta::minutes(41)).graph("/v1.0/me", &token).0, 401);
}

#[test]
fn equal_seeds_give_equal_answers_and_other_seeds_do_not() {
    let code = |seed: u64| {
        let mut driver = Driver::with("");
        driver.simulator = Simulator::new(driver.simulator.scenario().clone(), seed);
        driver.sign_in().body
    };
    assert_eq!(code(7), code(7));
    assert_ne!(code(7), code(8));
}

#[test]
fn every_secret_is_listed() {
    let mut driver = Driver::with("");
    let Landing::Address(address) = driver.browse(Answer::Accept).unwrap() else {
        panic!("a redirect was asked for")
    };
    let code = address.split(['=', '&']).nth(1).unwrap().to_owned();
    let first = driver.redeem(&code);
    let second = driver.refresh(first.text("refresh_token"));
    let planted = driver.simulator.issue_refresh_token(CLIENT_ID, OPS, &SCOPES, driver.now, driver.now);
    let access =
        driver.simulator.issue_access_token(CLIENT_ID, OPS, &SCOPES, driver.now, TimeDelta::hours(1));
    let listed = driver.simulator.issued_secrets();
    for secret in [SECRET, &code, &planted, &access] {
        assert!(listed.iter().any(|known| known == secret));
    }
    for answer in [&first, &second] {
        for field in ["access_token", "refresh_token", "id_token"] {
            assert!(listed.iter().any(|known| known == answer.text(field)), "{field}");
        }
    }
}

#[test]
fn debug_shows_no_secret() {
    let mut driver = Driver::with("");
    let landing = driver.browse(Answer::Accept).unwrap();
    let text = format!("{:?} {:?} {landing:?}", driver.simulator, driver.simulator.scenario());
    assert!(driver.simulator.issued_secrets().iter().all(|secret| !text.contains(secret.as_str())));
}

/// demo/connections.toml, as far as it has to agree with the scenario that it is played with.
#[derive(Deserialize)]
struct Seeds {
    connections: Vec<Seed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    name: String,
    app: String,
    tenant: String,
    /// Empty where the application acts for itself.
    #[serde(default)]
    sign_in_as: String,
    scopes: Vec<String>,
    access_remaining: Option<Moment>,
    refresh_remaining: Option<Moment>,
    secret_ends: Option<Moment>,
    signed_in_ago: Option<Moment>,
    last_renewal_ago: Option<Moment>,
    problem: Option<u32>,
    #[serde(default)]
    attempt_open: bool,
    #[serde(default)]
    renewals: String,
}

impl Seed {
    fn acts_for_itself(&self) -> bool {
        self.sign_in_as.is_empty()
    }
}

fn seeds() -> Vec<Seed> {
    toml::from_str::<Seeds>(include_str!("../../demo/connections.toml")).unwrap().connections
}

fn back(now: DateTime<Utc>, ago: Option<Moment>) -> DateTime<Utc> {
    ago.map_or(now, |ago| now - (ago.counted_from(now) - now))
}

#[test]
fn the_demonstration_s_connections_belong_to_the_fleet() {
    let fleet = Scenario::embedded("fleet").unwrap();
    let mut names = std::collections::BTreeSet::new();
    for seed in seeds() {
        assert!(names.insert(seed.name.clone()), "{} is there twice", seed.name);
        let application = fleet.application(&seed.app).unwrap();
        if seed.acts_for_itself() {
            let certificate = application.certificates.first().unwrap();
            assert!(certificate.key.is_some() && !application.roles.is_empty(), "{}", seed.name);
        } else {
            assert_eq!(fleet.user(&seed.sign_in_as).unwrap().tenant, seed.tenant, "{}", seed.name);
        }
        let end = application.secrets.first().and_then(|secret| secret.end);
        assert_eq!(end, seed.secret_ends, "{}", seed.name);
        assert!(seed.renewals.chars().all(|renewal| "●▲✕".contains(renewal)), "{}", seed.name);
    }
    assert_eq!(names.len(), 13);
}

/// The fleet, as the client of one of the demonstration's connections sees it.
fn client_of(seed: &Seed) -> Driver {
    let driver = Driver::play(Scenario::embedded("fleet").unwrap());
    let application = driver.simulator.scenario().application(&seed.app).unwrap();
    let secret = application.secrets.first().map(|secret| secret.value.clone()).unwrap_or_default();
    let mut driver = driver
        .asking("client_id", &seed.app)
        .asking("scope", &seed.scopes.join(" "))
        .redeeming("client_id", &seed.app)
        .redeeming("client_secret", &secret);
    driver.tenant.clone_from(&seed.tenant);
    driver.upn.clone_from(&seed.sign_in_as);
    driver
}

#[test]
fn the_demonstration_s_refresh_tokens_meet_the_problems_they_show() {
    for seed in seeds().iter().filter(|seed| seed.refresh_remaining.is_some()) {
        let mut driver = client_of(seed);
        let now = driver.now;
        let (signed_in, used) = (back(now, seed.signed_in_ago), back(now, seed.last_renewal_ago));
        let simulator = &mut driver.simulator;
        let token = simulator.issue_refresh_token(&seed.app, &seed.sign_in_as, &seed.scopes, signed_in, used);
        assert_eq!(
            driver.refresh(&token).code(),
            u64::from(seed.problem.unwrap_or_default()),
            "{}",
            seed.name
        );
        assert!(seed.access_remaining.is_some() && !seed.attempt_open, "{}", seed.name);
    }
}

#[test]
fn the_demonstration_s_other_connections_can_be_signed_in_as_far_as_they_show() {
    for seed in seeds().iter().filter(|seed| seed.refresh_remaining.is_none() && !seed.acts_for_itself()) {
        let mut driver = client_of(seed);
        let returned = driver.returned(Answer::Accept);
        if seed.problem == Some(65001) {
            assert!(parameter(&returned, "error_description").starts_with("AADSTS90094: "));
            continue;
        }
        let answer = driver.redeem(&parameter(&returned, "code"));
        let keeps = answer.body.get("refresh_token").is_some();
        assert_eq!(keeps, seed.access_remaining.is_none(), "{}", seed.name);
    }
}

#[test]
fn the_demonstration_s_access_tokens_live_sixty_to_ninety_minutes() {
    let now = at("2026-11-22T05:41:56Z");
    for seed in seeds() {
        let Some(end) = seed.access_remaining.map(|end| end.counted_from(now)) else { continue };
        let issued_at = back(now, seed.last_renewal_ago.or(seed.signed_in_ago));
        assert!((60..=90).contains(&(end - issued_at).num_minutes()), "{}", seed.name);
    }
}
