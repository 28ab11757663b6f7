//! A vault in a fresh directory, and a connection in which every field is set.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tempfile::TempDir;
use tokengauge::domain::hand_over::{Fingerprint, Label};
use tokengauge::domain::secret::{
    AccessToken, ClientSecret, CodeVerifier, DeviceCode, Passphrase, RefreshToken,
};
use tokengauge::domain::{
    AccessGrant, AdminConsent, AdminConsentRequest, AppRegistration, Attempt, Audience, Authority, Certainty,
    Claims, ClaimsRequest, ClientCredential, ClientId, CodeAttempt, Connection, ConnectionId, ConnectionName,
    ConnectionValue, Consumer, CountsFrom, Destination, DeviceAttempt, DevicePoll, HandOver, HandedOver,
    Lack, Lacking, Lifetime, Mailbox, PerAudience, RedirectUri, RefreshGrant, RefreshLimit, Renewal,
    RenewalKind, RenewalOutcome, Replacement, ResponseMode, ScopeSet, SecretCredential, Settings,
    SignedInUser, Tenant, Tokens, Trouble, TroubleKind, WayIn, WhoActs,
};
use tokengauge::vault::unlock::{Keyring, Sources, Unlocked, unlock};
use tokengauge::vault::{Protection, Vault, VaultError, WorkFactor};
use url::Url;

/// Stands in every secret of the samples.
pub const PLANTED: &str = "TGSECRET";
/// Short enough for a test that expects to wait in vain.
pub const NO_PATIENCE: Duration = Duration::ZERO;

/// A vault that a key file opens, in a directory that goes with it.
pub struct Sample {
    pub home: TempDir,
    pub vault: Vault,
}

impl Sample {
    pub fn new() -> Self {
        let home = TempDir::new().unwrap();
        let protection = Protection::NewKeyFile(home.path().join("key"));
        let vault = Vault::init(&home.path().join("vault"), &protection, WorkFactor::FOR_TESTS).unwrap();
        Self { home, vault }
    }

    pub fn with_connection() -> Self {
        let sample = Self::new();
        sample.vault.create_connection(&connection()).unwrap();
        sample
    }

    /// The same vault, opened by somebody else.
    pub fn reopened(&self) -> Vault {
        match self.unlock_with_key_file().unwrap() {
            Unlocked::Open(vault, _) => vault,
            Unlocked::NeedsPassphrase => panic!("a key file asks for nothing"),
        }
    }

    pub fn unlock_with_key_file(&self) -> Result<Unlocked, VaultError> {
        let sources =
            Sources { key_file: Some(self.key_file()), keyring: Keyring::Left, ..Sources::default() };
        unlock(&self.dir(), &sources)
    }

    pub fn dir(&self) -> PathBuf {
        self.home.path().join("vault")
    }

    pub fn key_file(&self) -> PathBuf {
        self.home.path().join("key")
    }

    pub fn record(&self, name: &str) -> PathBuf {
        self.dir().join("connections").join(format!("{name}.age"))
    }
}

/// Names of all files in a directory, in order.
pub fn files(directory: &Path) -> Vec<String> {
    let mut names = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect::<Vec<_>>();
    names.sort();
    names
}

pub fn passphrase() -> Passphrase {
    Passphrase::new("TGSECRET correct horse")
}

pub fn name(text: &str) -> ConnectionName {
    ConnectionName::parse(text).unwrap()
}

pub fn id(text: &str) -> ConnectionId {
    ConnectionId::parse(text).unwrap()
}

pub fn client_id() -> ClientId {
    ClientId::parse("5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44").unwrap()
}

/// Every field set, with sub-second moments, as the clock gives them.
pub fn connection() -> Connection {
    Connection {
        id: id("c0ffee"),
        name: name("contoso-prod"),
        generation: 7,
        settings: settings(),
        tokens: Some(tokens()),
        trouble: Some(trouble(TroubleKind::TryLater {
            retry_at: at(600),
            attempt: 3,
            wait: tokengauge::domain::Wait::Told,
        })),
        refresh_limit: RefreshLimit::new(TimeDelta::seconds(43_200), CountsFrom::SignIn),
        claims: ClaimsRequest::parse(r#"{"access_token":{}}"#),
        attempt: Some(attempt()),
        admin_consent: Some(AdminConsent::Asked(AdminConsentRequest {
            state: "consent-state".into(),
            redirect_uri: RedirectUri::parse("http://localhost:8400/").unwrap(),
            address: Url::parse("https://login.microsoftonline.com/x/v2.0/adminconsent?a=b").unwrap(),
            asked_at: at(50),
        })),
        renewals: renewals(),
        hand_overs: vec![
            HandOver {
                at: at(40),
                what: HandedOver::Form(Consumer::AppConnect),
                destination: Destination::Clipboard,
                set: Some(at(30)),
                refresh_token: Some(Fingerprint::of(&RefreshToken::new("TGSECRET-refresh-1"))),
                client_secret: Some(at(1)),
            },
            HandOver {
                at: at(50),
                what: HandedOver::Export(Label::of("env")),
                destination: Destination::File(Label::of("/etc/connector.env")),
                set: None,
                refresh_token: None,
                client_secret: None,
            },
            HandOver {
                at: at(60),
                what: HandedOver::Value(ConnectionValue::RefreshToken),
                destination: Destination::Clipboard,
                set: Some(at(30)),
                refresh_token: Some(Fingerprint::of(&RefreshToken::new("TGSECRET-refresh-1"))),
                client_secret: None,
            },
        ],
    }
}

pub fn named(text: &str, id_text: &str) -> Connection {
    Connection::new(id(id_text), name(text), settings())
}

pub fn app_registration() -> AppRegistration {
    AppRegistration {
        client_id: client_id(),
        authority: Authority::custom("http://127.0.0.1:8080/base", Some("https://graph.example")).unwrap(),
        generation: 0,
        credential: ClientCredential::Secret(SecretCredential {
            value: ClientSecret::new("TGSECRET~x8Q.once_only-16+"),
            ends_on: NaiveDate::from_ymd_opt(2027, 2, 28),
            entered_at: at(1),
        }),
        replacement: Some(Replacement {
            candidate: SecretCredential {
                value: ClientSecret::new("TGSECRET~the.new.one-17+"),
                ends_on: None,
                entered_at: at(2),
            },
            proven_for: [id("c0ffee"), id("5eed")].into(),
        }),
    }
}

pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 123_456_789).unwrap()
}

pub fn trouble(kind: TroubleKind) -> Trouble {
    Trouble {
        at: at(70),
        kind,
        who: WhoActs::TenantAdmin,
        what_happened: "the tenant said \"no\" \u{2014} twice".into(),
        what_to_do: "wait".into(),
        aadsts: Some(90033),
        trace_id: Some("0d1e2f30-0000-0000-0000-000000000001".into()),
        correlation_id: Some("0d1e2f30-0000-0000-0000-000000000002".into()),
    }
}

fn settings() -> Settings {
    Settings {
        client_id: client_id(),
        authority: Authority {
            cloud: "global".into(),
            login: Url::parse("https://login.microsoftonline.com").unwrap(),
            graph: Url::parse("https://graph.microsoft.com").unwrap(),
        },
        tenant: Tenant::parse("contoso.onmicrosoft.com").unwrap(),
        sign_in_as: Mailbox::parse("ops@contoso.com"),
        way_in: WayIn::default(),
        redirect_uri: RedirectUri::parse("http://localhost:8400/myapp").unwrap(),
        response_mode: ResponseMode::FormPost,
        renewal: tokengauge::domain::RenewalRule {
            policy: tokengauge::domain::RenewalPolicy::KeepAlive,
            before: tokengauge::domain::RenewBefore::parse("15m"),
        },
        scopes: ScopeSet::parse_lenient("Mail.Send offline_access https://outlook.office.com/SMTP.Send"),
    }
}

fn other(resource: &str) -> Audience {
    Audience::parse(resource).unwrap()
}

fn access() -> PerAudience<AccessGrant> {
    let mut access = PerAudience::new(AccessGrant {
        audience: Audience::Graph,
        token: AccessToken::new("TGSECRET.access.\u{e9}\"\\"),
        lifetime: Lifetime::from_seconds(at(10), 3599, Certainty::Known),
        granted_scope: Some(ScopeSet::parse_lenient("Mail.Send User.Read")),
        claims: Claims {
            aud: Some("https://graph.microsoft.com".into()),
            tid: Some("9188040d-6c67-4c5b-b112-36a304b66dad".into()),
            upn: Some("ops@contoso.com".into()),
            app: Some("Mail bridge".into()),
            scp: Some(ScopeSet::parse_lenient("Mail.Send")),
            roles: None,
        },
    });
    access.put(AccessGrant {
        audience: Audience::Exchange,
        token: AccessToken::new("TGSECRET.access.of.exchange"),
        lifetime: Lifetime::from_seconds(at(12), 4711, Certainty::Estimated),
        granted_scope: Some(ScopeSet::parse_lenient("https://outlook.office.com/SMTP.Send")),
        claims: Claims::default(),
    });
    access
}

fn tokens() -> Tokens {
    Tokens {
        access: access(),
        lacking: vec![
            Lacking { audience: other("https://contoso.crm.dynamics.com"), why: Lack::NotYet },
            Lacking {
                audience: other("api://0b5e7f10"),
                why: Lack::Refused(trouble(TroubleKind::ConsentMissing)),
            },
        ],
        refresh: Some(RefreshGrant {
            current: RefreshToken::new("TGSECRET-refresh-2"),
            previous: Some(RefreshToken::new("TGSECRET-refresh-1")),
            lifetime: Lifetime::from_seconds(at(10), 43_200, Certainty::Learned),
            unanswered_at: Some(at(65)),
        }),
        user: SignedInUser {
            username: Some("ops@contoso.com".into()),
            name: Some("Operations \u{fc}bersee".into()),
            oid: Some("aaaaaaaa-0000-0000-0000-000000000001".into()),
            tid: Some("9188040d-6c67-4c5b-b112-36a304b66dad".into()),
        },
        signed_in_at: at(-1_000_000),
        way_in: WayIn::DeviceCode,
    }
}

fn attempt() -> Attempt {
    Attempt::Code(CodeAttempt {
        state: "TGSECRET-state".into(),
        code_verifier: CodeVerifier::new("TGSECRET-verifier"),
        redirect_uri: RedirectUri::parse("http://localhost:8400/").unwrap(),
        authorization_request: Url::parse("https://login.microsoftonline.com/x/oauth2/v2.0/authorize?a=b")
            .unwrap(),
        started_at: at(60),
        wrong_pastes: 4,
        failed_redemptions: 2,
    })
}

pub fn device_attempt(unanswered: Option<String>) -> DeviceAttempt {
    DeviceAttempt {
        device_code: DeviceCode::new("TGSECRET-device-code"),
        user_code: "F7KQ2XWPN".into(),
        verification_uri: Url::parse("https://microsoft.com/devicelogin").unwrap(),
        started_at: at(60),
        expires_at: at(960),
        poll: DevicePoll { interval: TimeDelta::seconds(15), next_at: at(75) },
        lost_since: unanswered.is_some().then(|| at(70)),
        unanswered,
    }
}

fn renewals() -> Vec<Renewal> {
    let renewal = |seconds, kind, outcome| Renewal { at: at(seconds), kind, outcome };
    vec![
        renewal(0, RenewalKind::SignIn, RenewalOutcome::Worked),
        renewal(20, RenewalKind::Refresh, RenewalOutcome::WillRetry("429, in 7 s".into())),
        renewal(25, RenewalKind::Refresh, RenewalOutcome::WorkedOddly("not granted: Mail.Send".into())),
        renewal(30, RenewalKind::Refresh, RenewalOutcome::Failed("AADSTS700082".into())),
    ]
}
