//! The dashboard on a vault, while a renewal is under way: the terminal goes, the disk takes nothing, the person leaves.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use tempfile::TempDir;
use tokengauge::app::{CredentialEdit, NewConnection};
use tokengauge::domain::secret::{AccessToken, RefreshToken, Secret};
use tokengauge::domain::{
    AccessGrant, Audience, Authority, Certainty, Claims, ConnectionId, ConnectionName, Lifetime, PerAudience,
    RefreshGrant, SignedInUser, Tokens, WayIn,
};
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::records;
use tokengauge::runtime::services::Services;
use tokengauge::vault::{EmergencyPlaces, Protection, TakenIn, Vault, WorkFactor};

use super::hang_up::{ended, read_until, start};
use crate::plain_http;
use crate::settings::settings;

/// A vault with one connection whose renewal is due, and a platform that answers when the test says so.
struct Due {
    home: TempDir,
    listener: TcpListener,
    services: Services,
    id: ConnectionId,
}

impl Due {
    fn new() -> Self {
        let home = TempDir::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let protection = Protection::NewKeyFile(home.path().join("key"));
        let vault = Vault::init(&home.path().join("vault"), &protection, WorkFactor::FOR_TESTS).unwrap();
        vault.keep_emergency_copies_in(&EmergencyPlaces {
            runtime: Some(home.path().join("run")),
            state: None,
            usual_runtime: None,
        });
        fs::create_dir(home.path().join("run")).unwrap();
        let services = Services::new(vault, Clock::system());
        let id = records::create(&services, &new_connection(&url)).unwrap().id;
        let due = Self { home, listener, services, id };
        let mut locked = due.services.vault.lock_connection(&due.id, Duration::ZERO).unwrap();
        let mut connection = locked.read().unwrap();
        connection.tokens = Some(tokens(due.services.clock.now() - TimeDelta::hours(1)));
        locked.save(&mut connection).unwrap();
        drop(locked);
        due
    }

    fn open(&self) -> (Child, File) {
        let (vault, key) = (self.path("vault"), self.path("key"));
        let arguments = ["--vault".as_ref(), vault.as_os_str(), "--key-file".as_ref(), key.as_os_str()];
        let run = self.path("run");
        let variables = [("HOME", self.home.path()), ("XDG_RUNTIME_DIR", run.as_path())];
        start(&arguments.map(|own: &OsStr| own), &variables)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The renewal that begins by itself, read to its end.
    fn held(&self) -> TcpStream {
        let (stream, _) = self.listener.accept().unwrap();
        let asked = plain_http::asked(&stream).unwrap();
        assert!(asked.path.ends_with("/token"), "{}", asked.path);
        assert!(String::from_utf8_lossy(&asked.body).contains("grant_type=refresh_token"));
        stream
    }

    fn stored(&self) -> String {
        let record = self.services.vault.connection_by_id(&self.id).unwrap();
        record.tokens.unwrap().refresh.unwrap().current.expose().to_owned()
    }
}

fn answer(stream: &TcpStream) {
    let body = json!({
        "token_type": "Bearer", "expires_in": 3600, "scope": "User.Read",
        "access_token": "access-new", "refresh_token": "refresh-new",
    })
    .to_string();
    plain_http::answer(stream, 200, "", body.as_bytes()).unwrap();
}

fn new_connection(url: &str) -> NewConnection {
    NewConnection {
        name: ConnectionName::parse("contoso").unwrap(),
        settings: settings(Authority::custom(url, None).unwrap()),
        credential: CredentialEdit::Public,
    }
}

fn tokens(at: chrono::DateTime<chrono::Utc>) -> Tokens {
    Tokens {
        access: PerAudience::new(AccessGrant {
            audience: Audience::Graph,
            token: AccessToken::new("access-old"),
            lifetime: Lifetime::from_seconds(at, 3600, Certainty::Known),
            granted_scope: None,
            claims: Claims::default(),
        }),
        lacking: Vec::new(),
        refresh: Some(RefreshGrant {
            current: RefreshToken::new("refresh-old"),
            previous: None,
            unanswered_at: None,
            lifetime: Lifetime::estimated_refresh(at),
        }),
        user: SignedInUser::default(),
        signed_in_at: at,
        way_in: WayIn::default(),
    }
}

#[test]
fn an_answer_that_comes_after_the_terminal_has_gone_is_saved() {
    let due = Due::new();
    let (mut child, mut line) = due.open();
    let held = due.held();
    read_until(&mut line, "contoso");
    drop(line);
    answer(&held);
    assert_eq!(ended(&mut child), Some(143));
    assert_eq!(due.stored(), "refresh-new");
}

#[test]
fn what_cannot_be_saved_is_told_and_left_behind_as_a_copy_that_the_next_dashboard_takes_in() {
    let due = Due::new();
    let (mut child, mut line) = due.open();
    let held = due.held();
    let (place, elsewhere) = (due.path("vault/connections"), due.path("vault/elsewhere"));
    fs::rename(&place, &elsewhere).unwrap();
    answer(&held);
    read_until(&mut line, "NOT SAVED");
    line.write_all(b"q").unwrap();
    read_until(&mut line, "leave all the same");
    line.write_all(b"\r").unwrap();
    let said = read_until(&mut line, "takes in the sealed copy");
    assert!(said.contains("could not be saved"), "{said}");
    assert_eq!(ended(&mut child), Some(7));
    fs::rename(&elsewhere, &place).unwrap();
    assert_eq!(due.stored(), "refresh-old");

    let (mut child, mut line) = due.open();
    read_until(&mut line, "is saved now");
    line.write_all(b"q").unwrap();
    assert_eq!(ended(&mut child), Some(0));
    assert_eq!(due.stored(), "refresh-new");
    assert_eq!(due.services.vault.take_in_emergency_copies(Duration::ZERO), Vec::<TakenIn>::new());
}

#[test]
fn a_terminal_that_goes_while_nothing_can_be_saved_leaves_the_copy() {
    let due = Due::new();
    let (mut child, mut line) = due.open();
    let held = due.held();
    let (place, elsewhere) = (due.path("vault/connections"), due.path("vault/elsewhere"));
    fs::rename(&place, &elsewhere).unwrap();
    answer(&held);
    read_until(&mut line, "NOT SAVED");
    drop(line);
    assert_eq!(ended(&mut child), Some(143));
    fs::rename(&elsewhere, &place).unwrap();
    assert_eq!(due.services.vault.take_in_emergency_copies(Duration::ZERO).len(), 1);
    assert_eq!(due.stored(), "refresh-new");
}
