//! A vault full of connections to one platform, signed in before, so that their renewals are spread over time.

use std::fs;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokengauge::domain::secret::{AccessToken, ClientSecret, RefreshToken};
use tokengauge::domain::{
    AccessGrant, AppRegistration, Audience, Authority, Certainty, Claims, ClientCredential, ClientId,
    Connection, ConnectionId, ConnectionName, Lifetime, PerAudience, RefreshGrant, ScopeSet,
    SecretCredential, Settings, SignedInUser, Tokens, WayIn,
};
use tokengauge::vault::{Identity, Vault};

use super::home::Home;
use super::platform::Platform;
use super::settings::settings;
use super::tenant::{CLIENT_ID, OPS, SECRET};

const SCOPES: [&str; 2] = ["User.Read", "offline_access"];

/// A vault with so many connections, whose access tokens live so long. Those were issued one after the other, so that the
/// first is due now and the last one after four fifths of a life.
pub fn fleet(platform: &Platform, count: usize, life: TimeDelta, now: DateTime<Utc>) -> (Home, Vault) {
    let home = Home::new();
    let key = fs::read_to_string(home.key()).unwrap();
    let vault = Vault::open(&home.vault(), &Identity::parse(&key).unwrap()).unwrap();
    let authority = Authority::custom(&platform.url(), None).unwrap();
    let mut app = AppRegistration {
        client_id: ClientId::parse(CLIENT_ID).unwrap(),
        authority: authority.clone(),
        generation: 0,
        credential: ClientCredential::Secret(SecretCredential {
            value: ClientSecret::new(SECRET),
            ends_on: None,
            entered_at: now,
        }),
        replacement: None,
    };
    vault.lock_app(&app.client_id.clone(), Duration::ZERO).unwrap().save(&mut app).unwrap();
    for number in 0..count {
        let due_in = life * 4 / 5 * i32::try_from(number).unwrap() / i32::try_from(count).unwrap();
        let issued_at = now - life * 4 / 5 + due_in;
        let refresh = platform.simulator().issue_refresh_token(CLIENT_ID, OPS, &SCOPES, issued_at, issued_at);
        platform.introduce(&refresh, issued_at, life);
        vault.create_connection(&connection(number, &authority, &refresh, issued_at, life)).unwrap();
    }
    (home, vault)
}

fn connection(
    number: usize,
    authority: &Authority,
    refresh: &str,
    issued_at: DateTime<Utc>,
    life: TimeDelta,
) -> Connection {
    let settings =
        Settings { scopes: ScopeSet::parse_lenient(&SCOPES.join(" ")), ..settings(authority.clone()) };
    let id = ConnectionId::parse(&format!("c0ffee{number:05}")).unwrap();
    let name = ConnectionName::parse(&format!("connector-{number:05}")).unwrap();
    let seconds = u32::try_from(life.num_seconds()).unwrap();
    let mut connection = Connection::new(id, name, settings);
    connection.tokens = Some(Tokens {
        access: PerAudience::new(AccessGrant {
            audience: Audience::Graph,
            token: AccessToken::new("issued before"),
            lifetime: Lifetime::from_seconds(issued_at, seconds.into(), Certainty::Known),
            granted_scope: None,
            claims: Claims::default(),
        }),
        lacking: Vec::new(),
        refresh: Some(RefreshGrant {
            current: RefreshToken::new(refresh),
            previous: None,
            lifetime: Lifetime::from_seconds(issued_at, 90 * 86_400, Certainty::Estimated),
            unanswered_at: None,
        }),
        user: SignedInUser { username: None, name: None, oid: None, tid: None },
        signed_in_at: issued_at,
        way_in: WayIn::default(),
    });
    connection
}
