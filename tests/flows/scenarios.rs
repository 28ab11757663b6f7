//! Every scenario of the demo, played by the dashboard without a terminal.

use tokengauge::app::{App, Panel, Phase, Tab};
use tokengauge::domain::{EventKind, Need, TroubleKind};
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::demo::{DemoError, DemoTenant};
use tokengauge::simulator::Scenario;

use crate::dashboard::{Dashboard, named};

/// The dashboard of a scenario, with its records read.
async fn play(scenario: &str, speed: u32) -> (DemoTenant, Dashboard) {
    let clock = Clock::running_at(speed);
    let tenant = DemoTenant::start(scenario, clock).unwrap();
    let mut dashboard = Dashboard::on_demo(&tenant, clock);
    dashboard.until("records are read", |app| !app.connections.all().is_empty()).await;
    (tenant, dashboard)
}

/// Begins a sign-in and lets the simulated browser finish it.
async fn dance(dashboard: &mut Dashboard, name: &str) {
    dashboard.choose(name);
    dashboard.keys("a");
    dashboard
        .until(
            "the address is out",
            |app| matches!(&app.panel, Some(Panel::SignIn(panel)) if panel.sent.is_some()),
        )
        .await;
    dashboard.keys("o");
    let ended = |phase: &Phase| matches!(phase, Phase::Failed(_));
    dashboard
        .until("the sign-in has ended", |app| match &app.panel {
            Some(Panel::SignIn(panel)) => ended(&panel.phase),
            _ => true,
        })
        .await;
}

const OPS: &str = "ops-at-contoso.example";

#[test]
fn every_file_is_built_in_and_played_here() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/demo/scenarios");
    let mut files: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".toml", ""))
        .collect();
    files.sort();
    let mut built_in = Scenario::EMBEDDED.to_vec();
    built_in.sort_unstable();
    assert_eq!(files, built_in);
    assert_eq!(
        built_in,
        [
            "admin-consent-wanted",
            "app-only-certificate",
            "app-only-secret",
            "claims-challenge",
            "conditional-access",
            "consent-missing",
            "device-code",
            "device-code-blocked",
            "device-code-blocked-later",
            "first-sign-in",
            "fleet",
            "hostile-texts",
            "one-secret",
            "probe",
            "short-lived",
            "throttled",
            "two-resources"
        ],
        "a new scenario needs a test here"
    );
}

#[tokio::test]
async fn every_scenario_comes_up_with_its_connections() {
    for name in Scenario::EMBEDDED {
        let (_tenant, dashboard) = play(name, 1).await;
        assert!(dashboard.screen((80, 24)).contains("Connections"), "{name}");
    }
}

/// Signs in, tests, and tells what the panel says.
async fn probed(dashboard: &mut Dashboard, name: &str) -> String {
    dance(dashboard, name).await;
    let id = dashboard.connection(name).id.clone();
    dashboard.keys("t");
    dashboard
        .until("the probe has ended", |app| {
            app.probes.of(&id).is_some_and(|own| !matches!(own, tokengauge::app::Probing::Asking { .. }))
        })
        .await;
    let screen = dashboard.screen((160, 50));
    dashboard.key(crossterm::event::KeyCode::Esc);
    // The filter by which it was chosen goes.
    dashboard.keys("1");
    dashboard.key(crossterm::event::KeyCode::Esc);
    screen
}

#[tokio::test]
async fn probe_tells_what_each_token_opens() {
    let (_tenant, mut dashboard) = play("probe", 1).await;
    let ops = probed(&mut dashboard, OPS).await;
    assert!(ops.contains("mailbox answers, 2 of 6 permissions are not in the"), "{ops}");
    assert!(ops.contains("Contacts.Read is not in the token"), "{ops}");
    let archive = probed(&mut dashboard, "archive-at-contoso.example").await;
    assert!(archive.contains("404 MailboxNotEnabledForRESTAPI"), "{archive}");
    let busy = probed(&mut dashboard, "busy-at-contoso.example").await;
    assert!(busy.contains("Graph asks for a pause") && busy.contains("9 s"), "{busy}");
}

#[tokio::test]
async fn queue_leads_from_one_sign_in_to_the_next() {
    use crossterm::event::KeyCode;
    let (_tenant, mut dashboard) = play("probe", 1).await;
    let all = dashboard.app.connections.all().len();
    assert!(all > 2, "several need a sign-in");
    dashboard.keys("!");
    // The first one is kept for later, the others are signed in; in the end its turn comes again.
    let kept = dashboard.app.chosen().unwrap().id.clone();
    let out = |app: &App| matches!(&app.panel, Some(Panel::SignIn(panel)) if panel.sent.is_some());
    dashboard.key(KeyCode::Enter);
    dashboard.until("the address is out", out).await;
    dashboard.key(KeyCode::Esc);
    for done in 1..=all {
        assert!(dashboard.screen((80, 24)).contains("Enter: next, "), "{}", dashboard.screen((80, 24)));
        assert_eq!(dashboard.app.chosen().map(|own| own.id == kept), Some(done == all));
        dashboard.key(KeyCode::Enter);
        if done < all {
            dashboard.until("the address is out", out).await;
        }
        dashboard.keys("o");
        dashboard.until("it is signed in", |app| app.panel.is_none()).await;
        assert!(dashboard.screen((80, 24)).contains(&format!("{done} of {all} done: ")));
    }
    assert!(dashboard.screen((80, 24)).contains("nothing needs you any more"));
    dashboard.keys("4");
    let signed_in =
        |app: &App| app.activity.shown().iter().filter(|own| own.kind == EventKind::SignedIn).count();
    dashboard.until("the activity tells of all", |app| signed_in(app) == all).await;
}

#[tokio::test]
async fn two_resources_are_two_gauges_after_one_sign_in() {
    let (_tenant, mut dashboard) = play("two-resources", 1).await;
    dance(&mut dashboard, OPS).await;
    let screen = dashboard.screen((80, 24));
    for text in ["ACCESS Graph", "ACCESS Exchange", "Graph, 5 permissions", "Exchange, 2 permissions"] {
        assert!(screen.contains(text), "{text}\n{screen}");
    }
    assert!(screen.contains("signed in, tokens stored"), "{screen}");
    // Where there is little room the list follows the choice, to the second access token and beyond.
    for row in ["Client secret", "Access token", "Access token", "Refresh token"] {
        dashboard.keys("j");
        let screen = dashboard.screen((40, 12));
        assert!(
            screen.contains(&format!("► {row}")) || screen.contains(&format!("> {row}")),
            "{row}\n{screen}"
        );
    }
}

#[tokio::test]
async fn what_one_resource_refuses_leaves_the_other_as_good_as_any() {
    let (_tenant, mut dashboard) = play("two-resources", 1).await;
    dance(&mut dashboard, "ada-at-contoso.example").await;
    let own = named(&dashboard.app, "ada-at-contoso.example").unwrap().clone();
    assert_eq!(own.refusal().map(|trouble| trouble.kind), Some(TroubleKind::ConsentMissing));
    assert_eq!((own.trouble, own.tokens.unwrap().access.count()), (None, 1));
    let screen = dashboard.screen((80, 24));
    assert!(screen.contains("ACCESS Exchange") && screen.contains("consent missing"), "{screen}");
}

#[tokio::test]
async fn first_sign_in_ends_on_the_tokens_tab() {
    let (tenant, mut dashboard) = play("first-sign-in", 60).await;
    dance(&mut dashboard, OPS).await;
    assert_eq!((dashboard.app.tab, &dashboard.app.panel), (Tab::Tokens, &None));
    assert!(dashboard.connection(OPS).tokens.is_some());
    assert_eq!(tenant.server.requests().token, 1);
    assert!(dashboard.screen((80, 24)).contains("ACCESS"), "{}", dashboard.screen((80, 24)));
}

#[tokio::test]
async fn consent_missing_asks_for_an_administrator() {
    let (tenant, mut dashboard) = play("consent-missing", 60).await;
    dance(&mut dashboard, OPS).await;
    dashboard
        .until("the record says so", |app| named(app, OPS).is_some_and(|own| own.trouble.is_some()))
        .await;
    let overview = dashboard.connection(OPS);
    assert_eq!(overview.trouble.as_ref().unwrap().kind, TroubleKind::ConsentMissing);
    assert_eq!(overview.need(dashboard.clock.now()), Need::NeedsYou);
    assert_eq!(tenant.server.requests().token, 0);
}

#[tokio::test]
async fn conditional_access_refuses_every_token() {
    let (tenant, mut dashboard) = play("conditional-access", 60).await;
    dance(&mut dashboard, OPS).await;
    let trouble = dashboard.connection(OPS).trouble.clone().unwrap();
    assert_eq!(trouble.aadsts, Some(53003));
    assert!(matches!(&dashboard.app.panel, Some(Panel::SignIn(_))), "the panel stays and says why");
    assert_eq!(tenant.server.requests().token, 1, "a refusal costs one request");
}

#[tokio::test]
async fn throttled_renewals_wait_as_they_are_told_and_then_work() {
    let (tenant, mut dashboard) = play("throttled", 600).await;
    dance(&mut dashboard, OPS).await;
    // Three renewals: one works, two are turned away, and the next works again.
    dashboard
        .until("it was turned away and worked again", |app| {
            named(app, OPS).is_some_and(|own| {
                let marks: String = own
                    .renewals
                    .iter()
                    .map(|renewal| if renewal.outcome.line().is_none() { '+' } else { '-' })
                    .collect();
                marks.starts_with("++--+")
            })
        })
        .await;
    let overview = dashboard.connection(OPS);
    let moments: Vec<_> = overview.renewals.iter().map(|renewal| renewal.at).collect();
    for pair in moments[2..5].windows(2) {
        assert!(pair[1] - pair[0] >= chrono::TimeDelta::seconds(7), "Retry-After is obeyed: {pair:?}");
    }
    assert_eq!(overview.trouble, None);
    assert!(tenant.server.requests().token >= 5);
}

#[tokio::test]
async fn short_lived_tokens_renew_by_themselves() {
    let (_tenant, mut dashboard) = play("short-lived", 60).await;
    dance(&mut dashboard, OPS).await;
    dashboard.until("five renewals", |app| named(app, OPS).is_some_and(|own| own.renewals.len() >= 6)).await;
    let overview = dashboard.connection(OPS);
    assert!(
        overview.renewals.iter().all(|renewal| renewal.outcome.line().is_none()),
        "{:?}",
        overview.renewals
    );
    assert_eq!(overview.trouble, None);
}

#[tokio::test]
async fn the_fleet_stands_in_its_groups() {
    let (_tenant, dashboard) = play("fleet", 1).await;
    let now = dashboard.clock.now();
    let group = |need: Need| {
        let all = dashboard.app.connections.all().iter();
        let mut names: Vec<_> =
            all.filter(|own| own.need(now) == need).map(|own| own.name.as_str()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(
        group(Need::NeedsYou),
        [
            "fabrikam-onboarding",
            "litware-calendar",
            "northwind-mail",
            "tailspin-helpdesk",
            "tailspin-invoices"
        ]
    );
    assert_eq!(group(Need::Soon), ["contoso-prod", "contoso-reports", "northwind-scanner"]);
    assert_eq!(
        group(Need::Quiet),
        ["adatum-archive", "adatum-frontdesk", "contoso-journal", "fabrikam-billing", "litware-rooms"]
    );
}

#[tokio::test]
async fn the_fleet_renews_what_is_due_and_nothing_else() {
    let (tenant, mut dashboard) = play("fleet", 1).await;
    let before = dashboard.connection("fabrikam-billing").tokens.clone();
    dashboard
        .until("the one that is due has renewed", |app| {
            named(app, "fabrikam-billing").unwrap().tokens != before
        })
        .await;
    dashboard.finish().await;
    assert_eq!(tenant.server.requests().token, 1);
}

#[tokio::test]
async fn the_open_sign_in_of_the_fleet_is_finished() {
    let (_tenant, mut dashboard) = play("fleet", 1).await;
    dance(&mut dashboard, "fabrikam-onboarding").await;
    assert_eq!(dashboard.app.tab, Tab::Tokens);
    let overview = dashboard.connection("fabrikam-onboarding");
    assert_eq!(
        (overview.mailbox(), overview.need(dashboard.clock.now())),
        (Some("onboarding@fabrikam.example"), Need::Quiet)
    );
}

#[tokio::test]
async fn the_demo_s_vault_goes_with_the_tenant() {
    let tenant = DemoTenant::start("fleet", Clock::system()).unwrap();
    let directory = tenant.vault.dir().to_owned();
    assert!(directory.is_dir());
    drop(tenant);
    assert!(!directory.exists());
}

#[tokio::test]
async fn an_unknown_scenario_names_those_there_are() {
    let error = DemoTenant::start("nonsense", Clock::system()).err().unwrap();
    assert!(matches!(&error, DemoError::UnknownScenario(name) if name == "nonsense"));
    assert!(Scenario::EMBEDDED.iter().all(|name| error.to_string().contains(name)), "{error}");
}
