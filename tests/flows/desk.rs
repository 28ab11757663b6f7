//! Both ends of a flow: the platform, simulated on loopback, and a desk with our vault and one connection.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use tempfile::TempDir;
use tokengauge::app::{CredentialEdit, GrantStep, NewConnection};
use tokengauge::domain::secret::{AuthorizationCode, ClientSecret, Secret};
use tokengauge::domain::{
    Authority, Connection, ConnectionId, ConnectionName, Mailbox, Overview, RenewalOutcome, ScopeSet,
    Settings, Tokens, Trouble,
};
use tokengauge::oauth::redirect_response::{
    AuthorizationResponse, Awaited, Expectation, Refusal, StateCheck, read,
};
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::exchange::{ExchangeError, exchange};
use tokengauge::runtime::records;
use tokengauge::runtime::services::Services;
use tokengauge::simulator::browser::{self, Answer, BrowserError, Landing};
use tokengauge::simulator::server::Server;
use tokengauge::simulator::{Scenario, Simulator};
use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};
use tokengauge::vault::{Protection, Vault, WorkFactor};

use crate::settings::settings;

pub const CLIENT_ID: &str = "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44";
pub const SECRET: &str = "simulated~contoso.first-sign-in.000000001";
pub const OPS: &str = "ops@contoso.example";
pub const ADA: &str = "ada@contoso.example";
const SCOPES: &str = "User.Read Mail.ReadWrite Mail.Send";

/// The simulated platform behind its loopback port.
pub struct Platform {
    pub server: Server,
    simulator: Arc<Mutex<Simulator>>,
}

impl Platform {
    /// The tenant of `first-sign-in`, with more TOML added at the end.
    pub fn with(more: &str) -> Self {
        let text = include_str!("../../demo/scenarios/first-sign-in.toml");
        Self::play(&format!("{text}\n{more}"))
    }

    /// Any scenario.
    pub fn play(toml: &str) -> Self {
        let simulator = Arc::new(Mutex::new(Simulator::new(Scenario::parse(toml).unwrap(), 1)));
        let clock = Clock::system();
        let server = Server::start(Arc::clone(&simulator), move || clock.now()).unwrap();
        Self { server, simulator }
    }

    pub fn simulator(&self) -> MutexGuard<'_, Simulator> {
        self.simulator.lock().unwrap()
    }

    pub fn authority(&self) -> Authority {
        Authority::custom(&self.server.url(), None).unwrap()
    }

    /// How many token requests it has had.
    pub fn token_requests(&self) -> u64 {
        self.server.requests().token
    }

    /// Opens the address of the open sign-in as `upn`; the address on which the browser ends.
    pub fn browse(&self, overview: &Overview, upn: &str, answer: Answer) -> Result<String, BrowserError> {
        match self.land(overview, upn, answer)? {
            Landing::Address(address) => Ok(address),
            Landing::Posted { body, .. } => Ok(body),
        }
    }

    /// The same: what the browser brings, and where.
    pub fn land(&self, overview: &Overview, upn: &str, answer: Answer) -> Result<Landing, BrowserError> {
        self.land_at(overview.code_attempt().unwrap().authorization_request.as_str(), upn, answer)
    }

    /// Opens an address of the platform.
    pub fn land_at(&self, address: &str, upn: &str, answer: Answer) -> Result<Landing, BrowserError> {
        let now = Clock::system().now();
        let mut simulator = self.simulator();
        browser::sign_in(address, upn, answer, |request| simulator.handle(&request, now))
    }
}

/// Our side: a vault with one connection in it.
pub struct Desk {
    pub home: TempDir,
    pub services: Services,
    pub id: ConnectionId,
}

impl Desk {
    /// A connection that expects nobody in particular.
    pub fn at(authority: Authority) -> Self {
        Self::with(authority, |_| {})
    }

    /// A connection of which `edit` changes what it likes.
    pub fn with(authority: Authority, edit: impl FnOnce(&mut NewConnection)) -> Self {
        let home = TempDir::new().unwrap();
        let protection = Protection::NewKeyFile(home.path().join("key"));
        let vault = Vault::init(&home.path().join("vault"), &protection, WorkFactor::FOR_TESTS).unwrap();
        let services = Services::new(vault, Clock::system());
        let mut new = new_connection("contoso", authority);
        edit(&mut new);
        let id = records::create(&services, &new).unwrap().id;
        Self { home, services, id }
    }

    /// The record, secrets included.
    pub fn record(&self) -> Connection {
        self.services.vault.lock_connection(&self.id, std::time::Duration::ZERO).unwrap().read().unwrap()
    }

    pub fn tokens(&self) -> Tokens {
        self.record().tokens.unwrap()
    }

    /// The tokens, without the note that an answer was lost.
    pub fn held(&self) -> Tokens {
        let mut tokens = self.tokens();
        if let Some(refresh) = &mut tokens.refresh {
            refresh.unanswered_at = None;
        }
        tokens
    }

    pub fn trouble(&self) -> Trouble {
        self.record().trouble.unwrap()
    }

    /// How the last token request ended.
    pub fn last_outcome(&self) -> RenewalOutcome {
        self.record().renewals.last().unwrap().outcome.clone()
    }

    /// Changes the record under its lock, as another process might.
    pub fn change(&self, edit: impl FnOnce(&mut Connection)) {
        let mut locked = self.services.vault.lock_connection(&self.id, std::time::Duration::ZERO).unwrap();
        let mut connection = locked.read().unwrap();
        edit(&mut connection);
        locked.save(&mut connection).unwrap();
    }

    pub fn overview(&self) -> Overview {
        self.services.overview(&self.record())
    }

    pub fn begin(&self) -> Overview {
        records::begin_attempt(&self.services, &self.id, None).unwrap()
    }

    pub async fn redeem(&self, code: &AuthorizationCode) -> Result<Overview, ExchangeError> {
        let state = self.record().code_attempt().map_or_else(String::new, |attempt| attempt.state.clone());
        exchange(&self.services, &self.id, GrantStep::Redeem { code: code.clone(), state }).await
    }

    /// Renews what the record shows now.
    pub async fn refresh(&self) -> Result<Overview, ExchangeError> {
        exchange(&self.services, &self.id, GrantStep::renew(&self.overview())).await
    }

    /// The whole dance.
    pub async fn sign_in(&self, platform: &Platform, upn: &str) -> Result<Overview, ExchangeError> {
        let begun = self.begin();
        let address = platform.browse(&begun, upn, Answer::Accept).unwrap();
        self.redeem(&code(&address, &begun)).await
    }

    pub fn vault_dir(&self) -> PathBuf {
        self.home.path().join("vault")
    }

    /// The same vault, opened by somebody else.
    pub fn reopened(&self) -> Services {
        reopen(self.home.path())
    }
}

/// A desk that is signed in already, at the tenant of `first-sign-in` with more TOML.
pub async fn signed_in(more: &str) -> (Platform, Desk) {
    let platform = Platform::with(more);
    let desk = Desk::at(platform.authority());
    desk.sign_in(&platform, OPS).await.unwrap();
    (platform, desk)
}

/// Opens the vault of a desk by its key file.
pub fn reopen(home: &Path) -> Services {
    let sources = Sources { key_file: Some(home.join("key")), keyring: Keyring::Left, ..Sources::default() };
    match unlock(&home.join("vault"), &sources).unwrap() {
        Unlocked::Open(vault, _) => Services::new(vault, Clock::system()),
        Unlocked::NeedsPassphrase => panic!("a key file asks for nothing"),
    }
}

pub fn new_connection(name: &str, authority: Authority) -> NewConnection {
    NewConnection {
        name: ConnectionName::parse(name).unwrap(),
        settings: Settings { scopes: ScopeSet::parse_lenient(SCOPES), ..settings(authority) },
        credential: secret(SECRET),
    }
}

pub fn secret(value: &str) -> CredentialEdit {
    CredentialEdit::Secret { value: ClientSecret::new(value), ends_on: None }
}

pub fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).unwrap()
}

/// Reads a pasted text as the dashboard does.
pub fn read_paste(pasted: &str, overview: &Overview) -> Result<AuthorizationResponse, Refusal> {
    let attempt = overview.code_attempt().unwrap();
    let expectation = Expectation {
        redirect_uri: attempt.redirect_uri.url(),
        state: &attempt.state,
        pkce: true,
        issuer: None,
        awaited: Awaited::Code,
    };
    read(pasted.as_bytes(), &expectation)
}

/// The code of an address that belongs to the open sign-in.
pub fn code(address: &str, overview: &Overview) -> AuthorizationCode {
    match read_paste(address, overview).unwrap() {
        AuthorizationResponse::Code { code, state: StateCheck::Checked } => code,
        other => panic!("{other:?}"),
    }
}

/// The text of a token, to be compared.
pub fn text(secret: &impl Secret) -> String {
    secret.expose().to_owned()
}
