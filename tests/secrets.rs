//! The leak test: whatever is drawn, logged, or printed for debugging holds no secret, but for the one reveal.

#[path = "support/dashboard.rs"]
mod dashboard;
#[path = "support/settings.rs"]
mod settings;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Write;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use crossterm::event::KeyCode;
use tempfile::TempDir;
use tokengauge::app::{
    App, CredentialEdit, Door, FirstRun, FirstStep, GrantStep, LockReason, Message, NewConnection, Panel,
    Pasted, Phase, Tab,
};
use tokengauge::domain::secret::{ClientSecret, Passphrase, PastedText, Secret};
use tokengauge::domain::{Authority, ClientCredential, ConnectionName, Mailbox, ScopeSet, Settings};
use tokengauge::oauth::client_authentication::ClientAuthentication;
use tokengauge::oauth::{token_answer, token_request};
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::demo::DemoTenant;
use tokengauge::runtime::exchange::exchange;
use tokengauge::runtime::records;
use tokengauge::runtime::services::Services;
use tokengauge::simulator::browser::{self, Answer, Landing};
use tokengauge::simulator::server::Server;
use tokengauge::simulator::{Scenario, Simulator};
use tokengauge::vault::Vault;

use dashboard::{Dashboard, Seen, named};
use settings::settings;

const CLIENT_ID: &str = "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44";
const SECRET: &str = "simulated~contoso.first-sign-in.000000001";
const WRONG_SECRET: &str = "mistyped~contoso.first-sign-in.00000002";
const PASSPHRASE: &str = "plucky walrus tunes harp";
const WRONG_PASSPHRASE: &str = "another guess at a phrase";
const OPS: &str = "ops@contoso.example";

/// The tenant behind its port.
struct Platform {
    simulator: Arc<Mutex<Simulator>>,
    server: Server,
}

impl Platform {
    fn with(more: &str) -> Self {
        let text = include_str!("../demo/scenarios/first-sign-in.toml");
        let scenario = Scenario::parse(&format!("{text}\n{more}")).unwrap();
        let simulator = Arc::new(Mutex::new(Simulator::new(scenario, 1)));
        let clock = Clock::system();
        let server = Server::start(Arc::clone(&simulator), move || clock.now()).unwrap();
        Self { simulator, server }
    }

    fn authority(&self) -> Authority {
        Authority::custom(&self.server.url(), None).unwrap()
    }

    /// The address that a browser would end on.
    fn browse(&self, authorization_request: &str, answer: Answer) -> String {
        let mut simulator = self.simulator.lock().unwrap();
        let now = Clock::system().now();
        match browser::sign_in(authorization_request, OPS, answer, |request| simulator.handle(&request, now))
            .unwrap()
        {
            Landing::Address(address) => address,
            Landing::Posted { body, .. } => body,
        }
    }

    fn issued_secrets(&self) -> Vec<String> {
        self.simulator.lock().unwrap().issued_secrets()
    }
}

/// So much of a secret is as good as all of it.
const BEGINNING: usize = 12;

/// What is looked for: the beginning of each secret as it is, as it stands in addresses, and in base64.
struct Needles(BTreeMap<String, String>);

impl Needles {
    fn of(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut needles = BTreeMap::new();
        for (number, secret) in secrets.into_iter().enumerate() {
            let name = format!("secret {number} of {} characters", secret.chars().count());
            let encoded = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let in_base64 = [STANDARD_NO_PAD.encode(&secret), URL_SAFE_NO_PAD.encode(&secret)];
            for form in [secret, encoded].into_iter().chain(in_base64) {
                needles.insert(form.chars().take(BEGINNING).collect(), name.clone());
            }
        }
        Self(needles)
    }

    /// Where any of them stands. Screens are looked at with their line breaks and without: a frame wraps long texts.
    fn found_in(&self, place: &str, text: &str) -> BTreeSet<String> {
        let joined: String = text.lines().map(|line| line.trim_matches([' ', '│', '┃', '|'])).collect();
        let stands = |needle: &str| text.contains(needle) || joined.contains(needle);
        let found = self.0.iter().filter(|(needle, _)| stands(needle));
        found.map(|(_, name)| format!("{name} in {place}")).collect()
    }

    fn found(&self, seen: &[Seen]) -> BTreeSet<String> {
        let different: HashSet<&Seen> = seen.iter().collect();
        different.into_iter().flat_map(|seen| self.found_in(&seen.place, &seen.text)).collect()
    }
}

/// A log of everything that is traced.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Takes whatever this process traces from now on, at every level.
    fn begin() -> Self {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone());
        // Another test of this process may have been first; then that one's log holds it all.
        let _ = tracing::subscriber::set_global_default(subscriber.finish());
        log
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

fn paste(dashboard: &mut Dashboard, text: &str) {
    dashboard.take(Message::Paste(Pasted::Whole(PastedText::new(text))));
}

fn paste_in_a_burst(dashboard: &mut Dashboard, text: &str) {
    dashboard.take(Message::Paste(Pasted::Piece(PastedText::new(text))));
}

fn phase(app: &App) -> Option<&Phase> {
    match &app.panel {
        Some(Panel::SignIn(panel)) => Some(&panel.phase),
        _ => None,
    }
}

/// Makes the vault: the passphrase typed key by key, and the second time pasted.
async fn make_vault(dashboard: &mut Dashboard) {
    dashboard.key(KeyCode::Enter);
    assert!(matches!(&dashboard.app.door, Door::FirstRun(FirstRun { step: FirstStep::Passphrase(_), .. })));
    dashboard.keys(PASSPHRASE);
    dashboard.key(KeyCode::Enter);
    paste(dashboard, PASSPHRASE);
    dashboard.key(KeyCode::Enter);
    dashboard.until("the vault is made", |app| matches!(app.door, Door::Open)).await;
}

/// Fills the form of a new connection.
async fn make_connection(dashboard: &mut Dashboard) {
    dashboard.keys("n");
    for text in ["contoso", CLIENT_ID, SECRET] {
        paste(dashboard, text);
        dashboard.key(KeyCode::Tab);
        while matches!(&dashboard.app.panel, Some(Panel::Input(pane)) if !pane.is_typing()) {
            dashboard.key(KeyCode::Tab);
        }
    }
    for _ in 0..12 {
        if matches!(&dashboard.app.panel, Some(Panel::Input(pane)) if pane.focus == tokengauge::app::FieldId::Tenant)
        {
            dashboard.app.panel.as_mut().map(|panel| match panel {
                Panel::Input(pane) => pane.clear_field(),
                _ => false,
            });
            paste(dashboard, "contoso.example");
            break;
        }
        dashboard.key(KeyCode::Tab);
    }
    dashboard.key(KeyCode::Enter);
    dashboard
        .until("the connection is made", |app| app.panel.is_none() && named(app, "contoso").is_some())
        .await;
}

/// Begins a sign-in; the address that the browser ends on.
async fn begin(dashboard: &mut Dashboard, platform: &Platform, answer: Answer) -> String {
    dashboard.keys("1a");
    dashboard
        .until("a sign-in is open", |app| {
            phase(app) == Some(&Phase::Waiting)
                && matches!(&app.panel, Some(Panel::SignIn(panel)) if panel.errand.is_none())
        })
        .await;
    let attempt = dashboard.connection("contoso").code_attempt().cloned().unwrap();
    platform.browse(attempt.authorization_request.as_str(), answer)
}

async fn signed_in(dashboard: &mut Dashboard) {
    dashboard.until("signed in", |app| app.panel.is_none() && app.tab == Tab::Tokens).await;
}

/// Wrong pastes of every kind, each holding a secret; none of them is shown.
async fn paste_wrongly(dashboard: &mut Dashboard, address: &str) {
    let elsewhere = address.replace("localhost:8400", "elsewhere.example");
    for wrong in [SECRET, &address.replace("state=", "state=x"), &elsewhere] {
        paste(dashboard, wrong);
        dashboard
            .until(
                "it was refused",
                |app| matches!(&app.panel, Some(Panel::SignIn(panel)) if panel.refusal.is_some()),
            )
            .await;
    }
    dashboard.finish().await;
}

/// Copies, hands over and reveals; what the reveal shows is not looked through.
async fn hand_out(dashboard: &mut Dashboard) -> String {
    dashboard.keys("3jjy");
    dashboard.until("sent", |app| app.tokens.errand.is_none()).await;
    dashboard.keys("jy");
    dashboard.key(KeyCode::Enter);
    dashboard.until("sent after asking", |app| app.panel.is_none() && app.tokens.errand.is_none()).await;
    // To whom, then its four fields.
    dashboard.keys("Y");
    for _ in 0..5 {
        dashboard.key(KeyCode::Enter);
        dashboard
            .until("one value is sent", |app| match &app.panel {
                Some(Panel::HandOver(panel)) => !format!("{:?}", panel.phase).contains("errand: Some"),
                _ => true,
            })
            .await;
    }
    dashboard.key(KeyCode::Esc);
    dashboard.finish().await;

    let before = dashboard.seen.len();
    dashboard.keys("v");
    dashboard.until("revealed", |app| app.tokens.reveal.is_some()).await;
    let revealed = dashboard.screen((200, 60));
    assert!(!format!("{:?}", dashboard.app).contains("1.A"), "Debug does not reveal");
    dashboard.keys("v");
    assert_eq!(dashboard.app.tokens.reveal, None);
    dashboard.seen.drain(before..);
    dashboard.take(Message::FocusLost);
    revealed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_is_shown_logged_or_printed_from_the_first_run_to_the_last_key() {
    let log = Log::begin();
    let platform =
        Platform::with("[[faults]]\nendpoint = 'token'\ngrant = 'authorization_code'\nnth = 2\ncode = 53003");
    let home = TempDir::new().unwrap();
    let vault_dir = home.path().join("vault");
    let door = Door::FirstRun(FirstRun::new());
    let mut dashboard =
        Dashboard::new(&vault_dir, platform.authority(), Clock::running_at(20), door, |own| own);
    make_vault(&mut dashboard).await;
    make_connection(&mut dashboard).await;

    let address = begin(&mut dashboard, &platform, Answer::Accept).await;
    paste_wrongly(&mut dashboard, &address).await;
    let vault = Vault::open_with_passphrase(&vault_dir, &Passphrase::new(PASSPHRASE)).unwrap();
    let name = ConnectionName::parse("contoso").unwrap();
    let verifier =
        vault.connection(&name).unwrap().code_attempt().cloned().unwrap().code_verifier.expose().to_owned();
    dashboard.keys("p");
    paste_in_a_burst(&mut dashboard, &address[..40]);
    paste_in_a_burst(&mut dashboard, &address[40..]);
    signed_in(&mut dashboard).await;

    dashboard.keys("r");
    dashboard.until("renewed", |app| named(app, "contoso").unwrap().renewals.len() == 2).await;
    let revealed = hand_out(&mut dashboard).await;

    // A sign-in that the platform refuses, one that the person declines, and the screens between.
    let address = begin(&mut dashboard, &platform, Answer::Accept).await;
    paste(&mut dashboard, &address);
    dashboard.until("refused", |app| matches!(phase(app), Some(Phase::Failed(_)))).await;
    dashboard.until("the attempt is over", |app| named(app, "contoso").unwrap().attempt.is_none()).await;
    dashboard.key(KeyCode::Esc);
    let address = begin(&mut dashboard, &platform, Answer::Decline).await;
    dashboard.keys("u");
    dashboard.keys("P");
    dashboard.key(KeyCode::Esc);
    paste(&mut dashboard, &address);
    dashboard.until("declined", |app| matches!(phase(app), Some(Phase::Failed(_)))).await;
    dashboard.key(KeyCode::Esc);
    dashboard.keys("1234?");
    dashboard.key(KeyCode::Esc);

    // A wrong secret, typed key by key.
    dashboard.keys("1e");
    while !matches!(&dashboard.app.panel, Some(Panel::Input(pane)) if pane.focus == tokengauge::app::FieldId::ClientSecret)
    {
        dashboard.key(KeyCode::Tab);
    }
    dashboard.keys(WRONG_SECRET);
    dashboard.key(KeyCode::Enter);
    dashboard.until("saved", |app| app.panel.is_none()).await;
    dashboard.keys("1r");
    dashboard.until("the secret is refused", |app| named(app, "contoso").unwrap().trouble.is_some()).await;

    dashboard.keys("L");
    assert!(matches!(&dashboard.app.door, Door::Locked(unlocking) if unlocking.why == LockReason::ByKey));
    for phrase in [WRONG_PASSPHRASE, PASSPHRASE] {
        dashboard.keys(phrase);
        dashboard.key(KeyCode::Enter);
        dashboard
            .until("tried", |app| !matches!(&app.door, Door::Locked(unlocking) if unlocking.trying.is_some()))
            .await;
        assert_eq!(matches!(dashboard.app.door, Door::Open), phrase == PASSPHRASE);
    }
    dashboard.keys("4q");
    assert!(dashboard.left.is_some());
    dashboard.finish().await;

    let own = [SECRET, WRONG_SECRET, PASSPHRASE, WRONG_PASSPHRASE, &verifier].map(str::to_owned);
    let needles = Needles::of(platform.issued_secrets().into_iter().chain(own));
    assert!(needles.0.len() >= 20 && dashboard.seen.len() >= 1000, "there is something to look through");
    assert_eq!(needles.found(&dashboard.seen), BTreeSet::new());
    assert_eq!(needles.found_in("the log", &log.text()), BTreeSet::new());
    assert_ne!(needles.found_in("the reveal", &revealed), BTreeSet::new(), "the reveal shows what it is for");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_shows_no_secret_on_any_tab_of_any_connection() {
    let log = Log::begin();
    let clock = Clock::running_at(1);
    let tenant = DemoTenant::start("fleet", clock).unwrap();
    let mut dashboard = Dashboard::on_demo(&tenant, clock);
    dashboard.until("records are read", |app| !app.connections.all().is_empty()).await;
    let names: Vec<_> = dashboard.app.connections.all().iter().map(|own| own.name.to_string()).collect();
    for name in names {
        dashboard.choose(&name);
        dashboard.keys("234?");
        dashboard.key(KeyCode::Esc);
        dashboard.keys("1e");
        dashboard.key(KeyCode::Esc);
        dashboard.keys("/");
        dashboard.key(KeyCode::Esc);
    }
    dashboard.choose("fabrikam-onboarding");
    dashboard.keys("ao");
    signed_in(&mut dashboard).await;
    dashboard.finish().await;
    let needles = Needles::of(tenant.simulator.lock().unwrap().issued_secrets());
    assert_eq!(needles.found(&dashboard.seen), BTreeSet::new());
    assert_eq!(needles.found_in("the log", &log.text()), BTreeSet::new());
}

#[tokio::test]
async fn values_on_their_way_print_no_secret() {
    let effects = [
        "",
        "code = 53003",
        "status = 429\nretry_after = 7",
        "body = 'html'",
        "body = 'not json'",
        "drop = true",
    ];
    for effect in effects {
        let fault = format!("[[faults]]\nendpoint = 'token'\ngrant = 'refresh_token'\n{effect}");
        let platform = Platform::with(if effect.is_empty() { "" } else { &fault });
        let home = TempDir::new().unwrap();
        let services =
            Services::new(Vault::init_ephemeral(&home.path().join("vault")).unwrap(), Clock::system());
        let new = new_connection(platform.authority());
        let mut printed = vec![format!("{new:?} {services:?}")];
        let id = records::create(&services, &new).unwrap().id;
        let begun = records::begin_attempt(&services, &id, None).unwrap();
        let address =
            platform.browse(begun.code_attempt().unwrap().authorization_request.as_str(), Answer::Accept);
        let code = url::Url::parse(&address)
            .unwrap()
            .query_pairs()
            .find(|(name, _)| name == "code")
            .unwrap()
            .1
            .into_owned();
        let state = begun.code_attempt().unwrap().state.clone();
        let step =
            GrantStep::Redeem { code: tokengauge::domain::secret::AuthorizationCode::new(code), state };
        let locked = services.vault.lock_connection(&id, std::time::Duration::ZERO).unwrap();
        let record = locked.read().unwrap();
        printed.push(format!("{step:?} {locked:?} {record:?} {begun:?}"));
        let verifier = record.code_attempt().cloned().unwrap().code_verifier.expose().to_owned();
        drop(locked);
        let signed_in = exchange(&services, &id, step).await;
        let renewed = exchange(&services, &id, GrantStep::renew(signed_in.as_ref().unwrap())).await;
        printed.push(format!("{signed_in:?} {renewed:?} {:?}", services.contents()));
        let record = services.vault.connection(&new.name).unwrap();
        let app = services.vault.app_registration(&new.settings.client_id).unwrap().unwrap();
        let refresh = record.tokens.as_ref().unwrap().refresh.clone().unwrap();
        let ClientCredential::Secret(secret) = &app.credential else { panic!("a secret was given") };
        let client = ClientAuthentication::Secret(secret.value.clone());
        let request = token_request::refresh(
            &record.settings,
            &client,
            &refresh.current,
            &tokengauge::domain::Audience::Graph,
            None,
        );
        printed.push(format!("{record:?} {app:?} {request:?}"));
        printed.push(format!("{:?}", answer_with(refresh.current.expose())));
        let needles = Needles::of(platform.issued_secrets().into_iter().chain([verifier]));
        assert_eq!(needles.found_in("Debug", &printed.join(" ")), BTreeSet::new(), "{effect}");
    }
}

/// An answer that holds a token, as it came and as it was read.
fn answer_with(token: &str) -> (token_answer::HttpAnswer, token_answer::TokenAnswer) {
    let body = format!(r#"{{"access_token":"{token}","refresh_token":"{token}","id_token":"{token}"}}"#);
    let answer = token_answer::HttpAnswer { status: 200, body: body.into(), ..Default::default() };
    let read = token_answer::read(&answer);
    (answer, read)
}

fn new_connection(authority: Authority) -> NewConnection {
    NewConnection {
        name: ConnectionName::parse("contoso").unwrap(),
        settings: Settings {
            sign_in_as: Mailbox::parse(OPS),
            scopes: ScopeSet::parse_lenient("User.Read Mail.Send"),
            ..settings(authority)
        },
        credential: CredentialEdit::Secret { value: ClientSecret::new(SECRET), ends_on: None },
    }
}
