//! Whole sign-ins on the dashboard without a paste: the browser's answer comes to the listener.

use tokengauge::app::{App, Door, Listening, Panel, Phase, Tab};
use tokengauge::domain::{Capture, RedirectUri, ResponseMode, WayIn};
use tokengauge::simulator::browser::Answer;

use crate::dashboard::{Dashboard, named};
use crate::desk::{Desk, OPS, Platform};
use crate::visit;

/// A dashboard on a connection whose redirect URI names no port, so that tests take none from one another.
fn dashboard(platform: &Platform, mode: ResponseMode, capture: Capture) -> (Desk, Dashboard) {
    let desk = Desk::with(platform.authority(), |new| {
        new.settings.redirect_uri = RedirectUri::parse("http://localhost/").unwrap();
        new.settings.response_mode = mode;
        new.settings.way_in = WayIn::AuthorizationCode(capture);
    });
    let vault = desk.services.vault.clone();
    let clock = desk.services.clock;
    let mut dashboard =
        Dashboard::new(&desk.vault_dir(), platform.authority(), clock, Door::Open, |executor| {
            executor.with_open_vault(vault, None)
        });
    dashboard.open();
    (desk, dashboard)
}

fn listening(app: &App) -> &Listening {
    match &app.panel {
        Some(Panel::SignIn(panel)) => &panel.listening,
        _ => &Listening::Off,
    }
}

/// The record may be read before the panel has had its answer.
fn is_waiting(app: &App) -> bool {
    matches!(&app.panel, Some(Panel::SignIn(panel)) if panel.phase == Phase::Waiting)
}

fn is_signed_in(app: &App) -> bool {
    app.tab == Tab::Tokens && named(app, "contoso").is_some_and(|own| own.tokens.is_some())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_here_signs_in_in_every_response_mode() {
    for mode in ResponseMode::ALL {
        let platform = Platform::with("");
        let (_desk, mut dashboard) = dashboard(&platform, mode, Capture::Loopback);
        dashboard.until("the list", |app| named(app, "contoso").is_some()).await;
        dashboard.keys("a");
        dashboard.until("it listens", |app| listening(app).facts().is_some()).await;
        let landing = platform.land(dashboard.connection("contoso"), OPS, Answer::Accept).unwrap();
        assert_eq!(visit::land(&landing).status, 200);
        dashboard.until("signed in", is_signed_in).await;
        assert_eq!(platform.token_requests(), 1, "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_leads_to_a_tunnel_and_the_sign_in_comes_back_through_it() {
    for mode in ResponseMode::ALL {
        let platform = Platform::with("");
        let (desk, mut dashboard) = dashboard(&platform, mode, Capture::Paste);
        dashboard.until("the list", |app| named(app, "contoso").is_some()).await;
        dashboard.keys("a");
        dashboard.until("the address", is_waiting).await;
        dashboard.keys("T");
        dashboard.until("it listens", |app| listening(app).facts().is_some()).await;
        let facts = listening(&dashboard.app).facts().unwrap().clone();
        let go = facts.go_address().unwrap();
        let screen = dashboard.screen((80, 24));
        assert!(screen.contains(&go) && screen.contains(&facts.ssh_command().unwrap()), "{screen}");
        let first = visit::get(&go);
        assert_eq!(first.status, 302);
        dashboard
            .until("the address was opened", |app| {
                listening(app).fate() != Some(tokengauge::app::GoFate::Open)
            })
            .await;
        let landing = platform.land_at(first.location(), OPS, Answer::Accept).unwrap();
        assert_eq!(visit::land(&landing).status, 200);
        dashboard.until("signed in", is_signed_in).await;
        assert_eq!(desk.record().settings.way_in, WayIn::AuthorizationCode(Capture::Tunnel), "it is kept");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_listens_again_at_once_after_it_was_closed() {
    let platform = Platform::with("");
    let (_desk, mut dashboard) = dashboard(&platform, ResponseMode::Query, Capture::Tunnel);
    dashboard.until("the list", |app| named(app, "contoso").is_some()).await;
    dashboard.keys("a");
    dashboard.until("it listens", |app| listening(app).facts().is_some()).await;
    let first = listening(&dashboard.app).facts().unwrap().clone();
    for _ in 0..5 {
        dashboard.key(crossterm::event::KeyCode::Esc);
        dashboard.keys("a");
        dashboard.until("it listens again", |app| !matches!(listening(app), Listening::Starting(_))).await;
        let facts = listening(&dashboard.app).facts().expect("its own port is no other program's").clone();
        assert_eq!(facts.port, first.port);
        assert_ne!(facts.go_address(), first.go_address());
    }
    dashboard.finish().await;
}
