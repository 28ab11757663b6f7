//! A vault of any size, opened by a key file, and a server that answers every token request at once.

#[path = "../support/plain_http.rs"]
#[expect(dead_code, reason = "nothing here looks into what was asked")]
mod plain_http;
#[path = "../support/settings.rs"]
mod settings;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;
use tokengauge::domain::secret::{AccessToken, ClientSecret, RefreshToken};
use tokengauge::domain::{
    AccessGrant, AppRegistration, Audience, Authority, Certainty, Claims, ClientCredential, ClientId,
    Connection, ConnectionId, ConnectionName, Lifetime, Mailbox, PerAudience, RefreshGrant, Renewal,
    RenewalKind, RenewalOutcome, ScopeSet, SecretCredential, Settings, SignedInUser, Tenant, Tokens, WayIn,
};
use tokengauge::runtime::clock::Clock;
use tokengauge::vault::{Protection, Vault, WorkFactor};

use settings::settings;

const BUILT: &str = env!("CARGO_BIN_EXE_tokengauge");
const CLIENT_ID: &str = "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44";
/// As long as the tokens of the platform.
const ACCESS_LENGTH: usize = 2_000;
const REFRESH_LENGTH: usize = 1_400;
const RENEWALS: i64 = 50;

/// A vault in a directory that goes with it.
pub struct Filled {
    pub home: TempDir,
    pub vault: Vault,
}

impl Filled {
    /// With so many connections, of one app registration at this authority.
    pub fn new(count: usize, authority: &Authority) -> Self {
        let home = TempDir::new().unwrap();
        let protection = Protection::NewKeyFile(home.path().join("key"));
        let vault = Vault::init(&home.path().join("vault"), &protection, WorkFactor::FOR_TESTS).unwrap();
        vault.note_generations_in(Some(&home.path().join("state/tokengauge")));
        let now = Clock::system().now();
        vault.lock_app(&client_id(), Duration::ZERO).unwrap().save(&mut app(authority, now)).unwrap();
        let own = Self { home, vault };
        fs::copy(BUILT, own.program()).unwrap();
        own.vault.create_connection(&connection(0, authority, now)).unwrap();
        own.multiply(count);
        own
    }

    /// Copies the first record under other names, sealed by the age library: the vault itself would wait for the disk three
    /// times for each.
    fn multiply(&self, count: usize) {
        let text = fs::read_to_string(self.key()).unwrap();
        let identity: age::x25519::Identity =
            text.lines().find(|line| !line.starts_with('#')).unwrap().parse().unwrap();
        let first = age::decrypt(&identity, &fs::read(self.record(0)).unwrap()).unwrap();
        let first = String::from_utf8(first).unwrap();
        for number in 1..count {
            let other = first.replace(&name(0), &name(number)).replace(&id(0), &id(number));
            let sealed = age::encrypt(&identity.to_public(), other.as_bytes()).unwrap();
            let options = OpenOptions::new().write(true).create_new(true).mode(0o600).clone();
            options.open(self.record(number)).unwrap().write_all(&sealed).unwrap();
        }
    }

    /// Installed, as the programs beside it are: what a linker has just written lies in the page cache in small pieces, and
    /// starts a third slower than its copy.
    fn program(&self) -> PathBuf {
        self.home.path().join("tokengauge")
    }

    pub fn key(&self) -> PathBuf {
        self.home.path().join("key")
    }

    pub fn record(&self, number: usize) -> PathBuf {
        self.vault.dir().join("connections").join(format!("{}.age", name(number)))
    }

    /// The program on this vault, told nothing else.
    pub fn tokengauge(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program());
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("XDG_STATE_HOME", self.home.path().join("state"))
            .env("TOKENGAUGE_KEY_FILE", self.key())
            .env("TOKENGAUGE_VAULT", self.vault.dir())
            .args(arguments);
        command
    }

    /// The token alone, in a file.
    pub fn plain_token(&self) -> PathBuf {
        let path = self.home.path().join("token");
        fs::write(&path, access_token()).unwrap();
        path
    }
}

pub fn name(number: usize) -> String {
    format!("connector-{number:05}")
}

fn id(number: usize) -> String {
    format!("c0ffee{number:05}")
}

pub fn access_token() -> String {
    format!("{}\n", "eyJ0eXAiOiJKV1Qi".repeat(ACCESS_LENGTH / 16))
}

fn client_id() -> ClientId {
    ClientId::parse(CLIENT_ID).unwrap()
}

fn app(authority: &Authority, now: DateTime<Utc>) -> AppRegistration {
    AppRegistration {
        client_id: client_id(),
        authority: authority.clone(),
        generation: 0,
        credential: ClientCredential::Secret(SecretCredential {
            value: ClientSecret::new("x8Q~once_only-abcdefghijklmnopqrstuvwxyz"),
            ends_on: None,
            entered_at: now,
        }),
        replacement: None,
    }
}

/// Signed in a day ago, renewed every half hour since; its token is good for an hour.
fn connection(number: usize, authority: &Authority, now: DateTime<Utc>) -> Connection {
    let settings = Settings {
        tenant: Tenant::parse("contoso.onmicrosoft.com").unwrap(),
        sign_in_as: Mailbox::parse("ops@contoso.com"),
        scopes: scopes(),
        ..settings(authority.clone())
    };
    let id = ConnectionId::parse(&id(number)).unwrap();
    let mut connection = Connection::new(id, ConnectionName::parse(&name(number)).unwrap(), settings);
    connection.tokens = Some(tokens(now));
    let renewal = |step| Renewal {
        at: now - TimeDelta::minutes(30 * step),
        kind: RenewalKind::Refresh,
        outcome: RenewalOutcome::Worked,
    };
    connection.renewals = (0..RENEWALS).rev().map(renewal).collect();
    connection
}

fn scopes() -> ScopeSet {
    ScopeSet::parse_lenient("Mail.Send Mail.ReadWrite Calendars.ReadWrite User.Read offline_access")
}

fn tokens(now: DateTime<Utc>) -> Tokens {
    Tokens {
        access: PerAudience::new(AccessGrant {
            audience: Audience::Graph,
            token: AccessToken::new(access_token().trim_end()),
            lifetime: Lifetime::from_seconds(now, 3600, Certainty::Known),
            granted_scope: Some(scopes()),
            claims: Claims::default(),
        }),
        lacking: Vec::new(),
        refresh: Some(RefreshGrant {
            current: RefreshToken::new("0.AXoA".repeat(REFRESH_LENGTH / 6)),
            previous: Some(RefreshToken::new("0.BXoB".repeat(REFRESH_LENGTH / 6))),
            lifetime: Lifetime::from_seconds(now, 90 * 86_400, Certainty::Estimated),
            unanswered_at: None,
        }),
        user: SignedInUser { username: Some("ops@contoso.com".into()), name: None, oid: None, tid: None },
        signed_in_at: now - TimeDelta::days(1),
        way_in: WayIn::default(),
    }
}

/// Answers every request on loopback with a fresh token, and thinks about nothing. Who asks where its endpoints are
/// (OpenID Connect Discovery 1.0 §4) is told that first.
pub struct TokenServer {
    pub url: String,
}

impl TokenServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let own = url.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = answer(&stream, &own);
            }
        });
        Self { url }
    }

    pub fn authority(&self) -> Authority {
        Authority::custom(&self.url, None).unwrap()
    }

    pub fn token_endpoint(&self) -> String {
        format!("{}/contoso.onmicrosoft.com/oauth2/v2.0/token", self.url)
    }
}

fn answer(stream: &TcpStream, url: &str) -> std::io::Result<()> {
    let path = plain_http::asked(stream)?.path;
    let body = if path.contains("/.well-known/") { discovery(url) } else { fresh_tokens() };
    plain_http::answer(stream, 200, "", body.as_bytes())
}

fn fresh_tokens() -> String {
    format!(
        r#"{{"token_type":"Bearer","scope":"{}","expires_in":3599,"ext_expires_in":3599,"access_token":"{}","refresh_token":"{}"}}"#,
        "Mail.Send Mail.ReadWrite Calendars.ReadWrite User.Read",
        access_token().trim_end(),
        "0.CXoC".repeat(REFRESH_LENGTH / 6),
    )
}

fn discovery(url: &str) -> String {
    format!(
        r#"{{"issuer":"{url}/","authorization_endpoint":"{url}/authorize","token_endpoint":"{url}/token","scopes_supported":["openid","offline_access"],"grant_types_supported":["authorization_code","refresh_token"],"response_types_supported":["code"]}}"#
    )
}

/// Something that is run again and again.
pub struct Contender<'a> {
    pub label: &'a str,
    pub run: Box<dyn FnMut() + 'a>,
    times: Vec<Duration>,
}

impl<'a> Contender<'a> {
    pub fn new(label: &'a str, run: impl FnMut() + 'a) -> Self {
        Self { label, run: Box::new(run), times: Vec::new() }
    }

    /// The middle time.
    pub fn median(&self) -> Duration {
        self.at(50)
    }

    fn at(&self, share: usize) -> Duration {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        sorted[(sorted.len() * share / 100).min(sorted.len() - 1)]
    }
}

/// Runs them in turns, so that whatever else this machine does meets them all, and prints how long each took.
pub fn compare(rounds: usize, contenders: &mut [Contender]) {
    for contender in contenders.iter_mut() {
        (contender.run)();
    }
    for _ in 0..rounds {
        for contender in contenders.iter_mut() {
            let start = Instant::now();
            (contender.run)();
            contender.times.push(start.elapsed());
        }
    }
    println!("{:<34} {:>10} {:>10} {:>10} {:>10}", "", "least", "median", "p90", "CPU");
    for contender in contenders.iter_mut() {
        let [least, median, p90] = [0, 50, 90].map(|share| contender.at(share).as_secs_f64() * 1e3);
        let cpu = cpu_of(rounds, &mut contender.run);
        println!("{:<34} {least:>7.2} ms {median:>7.2} ms {p90:>7.2} ms {cpu:>7.2} ms", contender.label);
    }
}

/// What a run costs the processors, programs that it starts included. The kernel counts in hundredths of a second, so many
/// runs are counted together.
fn cpu_of(rounds: usize, run: &mut dyn FnMut()) -> f64 {
    let before = ticks();
    (0..rounds).for_each(|_| run());
    (ticks() - before) as f64 * 10.0 / rounds as f64
}

/// User and system time, own and that of ended children, in hundredths of a second.
fn ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat[stat.rfind(')').unwrap()..].split_whitespace().collect();
    fields[12..16].iter().map(|field| field.parse::<u64>().unwrap()).sum()
}

/// Tells whether an aim is reached. A benchmark that misses one ends with a failure: it is run by hand, on a machine with
/// nothing else to do.
pub fn verdict(aim: &str, is_reached: bool) -> bool {
    println!("{aim}: {}", if is_reached { "yes" } else { "NO" });
    is_reached
}

/// How a benchmark ends.
pub fn exit_code(are_reached: bool) -> ExitCode {
    if are_reached { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a program to its end; it has to go well, and to print this much at least.
pub fn run_to_end(mut command: Command, at_least: usize) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && output.stdout.len() >= at_least, "{command:?}: {said}");
}

/// True if there is such a program.
pub fn is_installed(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|own| own.join(program).exists()))
}
