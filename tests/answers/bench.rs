//! A vault with one connection that holds old tokens, and everything that can be seen of it after a try.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use tempfile::TempDir;
use tokengauge::app::{CredentialEdit, GrantStep, NewConnection};
use tokengauge::domain::secret::{AccessToken, AuthorizationCode, ClientSecret, RefreshToken, Secret as _};
use tokengauge::domain::{
    AccessGrant, Audience, Authority, Certainty, Claims, Connection, ConnectionId, ConnectionName, Lifetime,
    Overview, PerAudience, RefreshGrant, ScopeSet, Settings, SignedInUser, Tokens, WayIn,
};
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::exchange::{ExchangeError, exchange};
use tokengauge::runtime::records;
use tokengauge::runtime::services::Services;
use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};
use tokengauge::vault::{Protection, Vault, WorkFactor};

use crate::settings::settings;
use url::Url;

pub const OLD: &str = "1.AVcA-FAKE-refresh-token-OLD";
pub const NEW: &str = "1.AVcA-FAKE-refresh-token-NEW";
pub const OTHER: &str = "1.AVcA-FAKE-refresh-token-OTHER";
const HELD_ACCESS: &str = "FAKE-access-token-that-is-held";
const SECRET: &str = "FAKE~client-secret-of-the-bench-0000001";
const CODE: &str = "FAKE-authorization-code-of-the-bench";
const NAME: &str = "bench";

/// The vault.
pub struct Bench {
    home: TempDir,
    pub services: Services,
    pub id: ConnectionId,
}

impl Bench {
    /// Holds tokens that were obtained an hour ago; a sign-in is open.
    pub fn at(authority: Authority) -> Self {
        let home = TempDir::new().unwrap();
        let protection = Protection::NewKeyFile(home.path().join("key"));
        let vault = Vault::init(&home.path().join("vault"), &protection, WorkFactor::FOR_TESTS).unwrap();
        let services = Services::new(vault, Clock::system());
        let id = records::create(&services, &new_connection(authority)).unwrap().id;
        let bench = Self { home, services, id };
        let now = bench.services.clock.now();
        bench.change(|connection| connection.tokens = Some(tokens(OLD, now)));
        bench
    }

    /// As [`Bench::at`], but the client acts for itself and holds no tokens yet.
    pub fn without_a_user(authority: Authority) -> Self {
        let bench = Self::at(authority);
        bench.change(|connection| {
            connection.settings.way_in = WayIn::ClientCredentials;
            connection.settings.scopes = ScopeSet::parse_lenient("https://outlook.office365.com/.default");
            connection.tokens = None;
        });
        bench
    }

    /// Opens a sign-in, whose code may be redeemed; its address.
    pub fn begin(&self) -> Url {
        records::begin_attempt(&self.services, &self.id, None).unwrap();
        self.record().code_attempt().unwrap().authorization_request.clone()
    }

    /// As it is shown.
    pub fn overview(&self) -> Overview {
        self.services.overview(&self.record())
    }

    fn state(&self) -> String {
        self.record().code_attempt().expect("a sign-in is open").state.clone()
    }

    pub fn record(&self) -> Connection {
        self.services.vault.lock_connection(&self.id, Duration::ZERO).unwrap().read().unwrap()
    }

    pub fn change(&self, edit: impl FnOnce(&mut Connection)) {
        let mut locked = self.services.vault.lock_connection(&self.id, Duration::ZERO).unwrap();
        let mut connection = locked.read().unwrap();
        edit(&mut connection);
        locked.save(&mut connection).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.home.path().join("vault/connections/bench.age")
    }

    /// The sealed record as it would be after `edit`; on disk it stays as it is.
    pub fn sealed_after(&self, edit: impl FnOnce(&mut Connection)) -> Vec<u8> {
        let before = fs::read(self.file()).unwrap();
        self.change(edit);
        let after = fs::read(self.file()).unwrap();
        fs::write(self.file(), before).unwrap();
        after
    }

    /// Puts a sealed record in place, as a process does that knows nothing of our lock.
    pub fn replacing(&self, sealed: Vec<u8>) -> impl Fn() + Send + Sync + 'static {
        let file = self.file();
        move || fs::write(&file, &sealed).unwrap()
    }

    pub async fn refresh(&self) -> Result<Overview, ExchangeError> {
        let seen = GrantStep::renew(&self.services.overview(&self.record()));
        exchange(&self.services, &self.id, seen).await
    }

    pub async fn redeem(&self) -> Result<Overview, ExchangeError> {
        let state = self.state();
        exchange(&self.services, &self.id, GrantStep::Redeem { code: AuthorizationCode::new(CODE), state })
            .await
    }

    /// The refresh token in the vault.
    pub fn stored(&self) -> Option<String> {
        let tokens = self.record().tokens?;
        tokens.refresh.map(|refresh| refresh.current.expose().to_owned())
    }

    /// Puts these refresh tokens in the record: the newest, and the one before it.
    pub fn hold_refresh_tokens(&self, current: &str, previous: Option<&str>) {
        self.change(|record| {
            let refresh = record.tokens.as_mut().unwrap().refresh.as_mut().unwrap();
            refresh.current = RefreshToken::new(current);
            refresh.previous = previous.map(RefreshToken::new);
        });
    }

    /// The newest refresh token and the one before it.
    pub fn refresh_tokens(&self) -> (String, Option<String>) {
        let refresh = self.record().tokens.unwrap().refresh.unwrap();
        (refresh.current.expose().to_owned(), refresh.previous.map(|own| own.expose().to_owned()))
    }

    /// The same vault, opened by somebody else.
    pub fn reopened(&self) -> Services {
        let sources = Sources {
            key_file: Some(self.home.path().join("key")),
            keyring: Keyring::Left,
            ..Sources::default()
        };
        match unlock(&self.vault(), &sources).unwrap() {
            Unlocked::Open(vault, _) => Services::new(vault, Clock::system()),
            Unlocked::NeedsPassphrase => panic!("a key file asks for nothing"),
        }
    }

    /// The directory of the vault.
    pub fn vault(&self) -> PathBuf {
        self.home.path().join("vault")
    }

    /// A directory of the machine outside of the vault.
    pub fn outside(&self, name: &str) -> PathBuf {
        let directory = self.home.path().join(name);
        fs::create_dir_all(&directory).unwrap();
        directory
    }

    /// True if the record says that an answer was lost.
    pub fn unanswered(&self) -> bool {
        self.record().tokens.unwrap().refresh.unwrap().unanswered_at.is_some()
    }

    pub fn held_access(&self) -> Option<String> {
        self.record().tokens.map(|tokens| tokens.access.primary().token.expose().to_owned())
    }

    /// Whatever a person or a log could see of the record.
    pub fn visible(&self) -> String {
        let record = self.record();
        format!("{:?} {:?} {:?}", record, self.services.overview(&record), record.trouble)
    }

    /// Runs the program on this vault. It is waited for on a thread of its own.
    pub async fn run(&self, arguments: &[&str], stdin: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokengauge"));
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("RUST_BACKTRACE", "full")
            .env("RUST_LOG", "trace")
            .arg("-vvv")
            .args(["--vault".as_ref(), self.home.path().join("vault").as_os_str()])
            .args(["--key-file".as_ref(), self.home.path().join("key").as_os_str()])
            .args(arguments);
        let input = self.home.path().join("stdin");
        fs::write(&input, stdin).unwrap();
        command.stdin(fs::File::open(&input).unwrap());
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    pub async fn run_refresh(&self) -> Output {
        self.run(&["refresh", NAME], "").await
    }

    pub async fn run_redeem(&self) -> Output {
        let state = self.state();
        self.run(&["redeem", NAME], &format!("http://localhost:8400/?code={CODE}&state={state}")).await
    }
}

/// Values that must be seen nowhere.
pub const PLANTED: [&str; 4] = ["FAKE", "eyJ0eXAi", "ZXZpbA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"];

pub fn tokens(refresh: &str, now: chrono::DateTime<chrono::Utc>) -> Tokens {
    let earlier = now - chrono::TimeDelta::hours(1);
    Tokens {
        access: PerAudience::new(AccessGrant {
            audience: Audience::Graph,
            token: AccessToken::new(HELD_ACCESS),
            lifetime: Lifetime::from_seconds(earlier, 3600, Certainty::Known),
            granted_scope: None,
            claims: Claims::default(),
        }),
        lacking: Vec::new(),
        refresh: Some(RefreshGrant {
            current: RefreshToken::new(refresh),
            previous: None,
            unanswered_at: None,
            lifetime: Lifetime::estimated_refresh(earlier),
        }),
        user: SignedInUser::default(),
        signed_in_at: earlier,
        way_in: WayIn::default(),
    }
}

fn new_connection(authority: Authority) -> NewConnection {
    NewConnection {
        name: ConnectionName::parse(NAME).unwrap(),
        settings: Settings {
            scopes: ScopeSet::parse_lenient("User.Read Mail.ReadWrite"),
            ..settings(authority)
        },
        credential: CredentialEdit::Secret { value: ClientSecret::new(SECRET), ends_on: None },
    }
}
