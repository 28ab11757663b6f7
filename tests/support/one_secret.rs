//! Thirty-eight connections of four tenants on one app registration, signed in, in a vault that a key file opens.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokengauge::domain::hand_over::Fingerprint;
use tokengauge::domain::secret::{AccessToken, ClientSecret, RefreshToken};
use tokengauge::domain::{
    AccessGrant, AppRegistration, Audience, Authority, Certainty, ClientCredential, ClientId, Connection,
    ConnectionId, ConnectionName, Consumer, Destination, HandOver, HandedOver, Lifetime, Mailbox,
    PerAudience, RedirectUri, RefreshGrant, RenewalRule, ResponseMode, ScopeSet, SecretCredential, Settings,
    SignedInUser, Tenant, Tokens, WayIn,
};
use tokengauge::runtime::clock::Clock;
use tokengauge::simulator::server::Server;
use tokengauge::simulator::{Scenario, Simulator};
use tokengauge::vault::{Protection, Vault, WorkFactor};

pub const SCENARIO: &str = include_str!("../../demo/scenarios/one-secret.toml");
pub const OLD: &str = "simulated~one.secret.old";
pub const NEW: &str = "simulated~one.secret.new";
/// Works for Contoso and Fabrikam, whose connections are 22.
pub const SOME: &str = "simulated~one.secret.some";
pub const WRONG: &str = "mistyped~one.secret";
pub const COUNT: usize = 38;
const SCOPES: [&str; 4] = ["Mail.ReadWrite", "Mail.Send", "User.Read", "offline_access"];

/// The simulated platform behind its port.
pub struct Platform {
    pub server: Server,
    pub simulator: Arc<Mutex<Simulator>>,
}

impl Platform {
    /// Inside a runtime; with more TOML at the end of the scenario.
    pub fn start(more: &str) -> Self {
        let scenario = Scenario::parse(&format!("{SCENARIO}\n{more}")).unwrap();
        let simulator = Arc::new(Mutex::new(Simulator::new(scenario, 38)));
        let clock = Clock::system();
        let server = Server::start(Arc::clone(&simulator), move || clock.now()).unwrap();
        Self { server, simulator }
    }

    /// The platform's own kind of authority: it does not revoke what it rotates.
    pub fn authority(&self) -> Authority {
        let mut authority = Authority::custom(&self.server.url(), None).unwrap();
        "simulated".clone_into(&mut authority.cloud);
        authority
    }

    pub fn requests(&self) -> u64 {
        self.server.requests().token
    }

    pub fn client_id(&self) -> ClientId {
        let simulator = self.simulator.lock().unwrap();
        ClientId::parse(&simulator.scenario().applications[0].client_id).unwrap()
    }

    /// Makes the vault in `home/vault`, its key in `home/key`, with all connections in it. The first five were handed over.
    pub fn fill(&self, home: &Path) -> Vault {
        let protection = Protection::NewKeyFile(home.join("key"));
        let vault = Vault::init(&home.join("vault"), &protection, WorkFactor::FOR_TESTS).unwrap();
        let now = Clock::system().now();
        let mut app = AppRegistration {
            client_id: self.client_id(),
            authority: self.authority(),
            generation: 0,
            credential: ClientCredential::Secret(SecretCredential {
                value: ClientSecret::new(OLD),
                ends_on: None,
                entered_at: now - TimeDelta::days(300),
            }),
            replacement: None,
        };
        vault.lock_app(&app.client_id, Duration::ZERO).unwrap().save(&mut app).unwrap();
        let users = self.simulator.lock().unwrap().scenario().users.clone();
        for (place, user) in users.iter().enumerate() {
            vault.create_connection(&self.connection(place, &user.upn, now)).unwrap();
        }
        vault
    }

    fn connection(&self, place: usize, upn: &str, now: DateTime<Utc>) -> Connection {
        let (mailbox, tenant) = upn.split_once('@').unwrap();
        let name = format!("{}-{mailbox}", tenant.split('.').next().unwrap());
        let settings = Settings {
            client_id: self.client_id(),
            authority: self.authority(),
            tenant: Tenant::parse(tenant).unwrap(),
            sign_in_as: Mailbox::parse(upn),
            way_in: WayIn::default(),
            redirect_uri: RedirectUri::parse("http://localhost:8400/").unwrap(),
            response_mode: ResponseMode::Query,
            scopes: ScopeSet::parse_lenient(&SCOPES.join(" ")),
            renewal: RenewalRule::default(),
        };
        let id = ConnectionId::parse(&format!("c{place:02}")).unwrap();
        let mut connection = Connection::new(id, ConnectionName::parse(&name).unwrap(), settings);
        connection.generation = 1;
        let tokens = self.tokens(upn, now);
        if place < 5 {
            connection.note_hand_over(HandOver {
                at: now - TimeDelta::days(1),
                what: HandedOver::Form(Consumer::AppConnect),
                destination: Destination::Clipboard,
                set: tokens.refresh.as_ref().map(|refresh| refresh.lifetime.starts_at),
                refresh_token: tokens.refresh.as_ref().map(|refresh| Fingerprint::of(&refresh.current)),
                client_secret: Some(now - TimeDelta::days(300)),
            });
        }
        connection.tokens = Some(tokens);
        connection
    }

    fn tokens(&self, upn: &str, now: DateTime<Utc>) -> Tokens {
        let client_id = self.client_id().to_string();
        let renewed_at = now - TimeDelta::minutes(10);
        let mut simulator = self.simulator.lock().unwrap();
        let access =
            simulator.issue_access_token(&client_id, upn, &SCOPES, renewed_at, TimeDelta::minutes(70));
        let refresh =
            simulator.issue_refresh_token(&client_id, upn, &SCOPES, now - TimeDelta::days(3), renewed_at);
        Tokens {
            user: SignedInUser { username: Some(upn.to_owned()), ..SignedInUser::default() },
            signed_in_at: now - TimeDelta::days(3),
            access: PerAudience::new(AccessGrant {
                audience: Audience::Graph,
                claims: tokengauge::oauth::claims::claims(&AccessToken::new(access.as_str())),
                token: AccessToken::new(access),
                lifetime: Lifetime {
                    starts_at: renewed_at,
                    expires_at: renewed_at + TimeDelta::minutes(70),
                    certainty: Certainty::Known,
                },
                granted_scope: Some(ScopeSet::parse_lenient("Mail.ReadWrite Mail.Send User.Read")),
            }),
            lacking: Vec::new(),
            refresh: Some(RefreshGrant {
                current: RefreshToken::new(refresh),
                previous: None,
                unanswered_at: None,
                lifetime: Lifetime::estimated_refresh(renewed_at),
            }),
            way_in: WayIn::default(),
        }
    }
}
