//! A token endpoint on loopback that remembers everything: what it was asked, what it gave, and when.
//!
//! Shares no code with the program or its simulator. Threads and blocking sockets: it keeps on while the test waits for
//! processes.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use crate::plain_http::{self, Asked};

/// A condition may take so long; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(60);

/// What becomes of a refresh token that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// It goes on working, as Microsoft's do.
    Lenient,
    /// It is spent; to use it again revokes all that came of the same sign-in (RFC 9700 §4.14.2).
    Strict,
}

/// All tokens of one sign-in.
#[derive(Debug, Default)]
struct Family {
    newest: u64,
    is_revoked: bool,
}

#[derive(Debug, Default)]
struct Books {
    families: BTreeMap<String, Family>,
    /// Refresh requests that were read whole.
    requests: u64,
    refused: u64,
    /// When each refresh was granted, before it was answered.
    commits: Vec<Instant>,
    /// Newest access token of each sign-in.
    access: BTreeMap<String, String>,
    /// Connections that are being served.
    open: u64,
    /// While true, answers wait.
    is_held: bool,
}

#[derive(Debug)]
struct Office {
    rotation: Rotation,
    life: u64,
    books: Mutex<Books>,
    changed: Condvar,
}

/// The endpoint.
#[derive(Debug, Clone)]
pub struct Authority {
    port: u16,
    office: Arc<Office>,
}

impl Authority {
    /// Whose access tokens live so many seconds.
    pub fn start(rotation: Rotation, life: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let office = Arc::new(Office { rotation, life, books: Mutex::default(), changed: Condvar::new() });
        let own = Arc::clone(&office);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let office = Arc::clone(&own);
                office.books.lock().unwrap().open += 1;
                thread::spawn(move || {
                    // A client that is killed hangs up in the middle, which is its business.
                    let _ = office.serve(&stream);
                    office.books.lock().unwrap().open -= 1;
                    office.changed.notify_all();
                });
            }
        });
        Self { port, office }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.office.books.lock().unwrap()
    }

    /// Refresh requests that were read whole so far.
    pub fn requests(&self) -> u64 {
        self.books().requests
    }

    /// How many were granted.
    pub fn granted(&self) -> u64 {
        self.books().commits.len() as u64
    }

    /// How many were answered with `invalid_grant`.
    pub fn refused(&self) -> u64 {
        self.books().refused
    }

    /// When the last one was granted.
    pub fn last_commit(&self) -> Option<Instant> {
        self.books().commits.last().copied()
    }

    /// The newest access token of a sign-in.
    pub fn newest_access(&self, sign_in: &str) -> String {
        self.books().access[sign_in].clone()
    }

    /// From now on requests are taken, and answers wait.
    pub fn hold(&self) {
        self.books().is_held = true;
    }

    /// The answers go out.
    pub fn release(&self) {
        self.books().is_held = false;
        self.office.changed.notify_all();
    }

    /// Waits until all that was sent before is dealt with, also by clients that are gone.
    pub fn settle(&self) {
        let mut last = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        last.write_all(b"GET /nothing HTTP/1.1\r\n\r\n").unwrap();
        last.read_to_end(&mut Vec::new()).unwrap();
        let waited = self.office.changed.wait_timeout_while(self.books(), PATIENCE, |books| books.open > 0);
        assert!(!waited.unwrap().1.timed_out(), "a connection stays open");
    }

    /// Waits until so many refresh requests were read.
    #[track_caller]
    pub fn wait_for_requests(&self, number: u64) {
        let waited =
            self.office.changed.wait_timeout_while(self.books(), PATIENCE, |books| books.requests < number);
        assert!(!waited.unwrap().1.timed_out(), "request {number} never came");
    }
}

impl Office {
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        let Asked { path, body } = plain_http::asked(stream)?;
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
        let (status, answer) = if path.ends_with("/token") { self.answer(&form) } else { (404, "{}".into()) };
        let mut books = self.books.lock().unwrap();
        while books.is_held {
            books = self.changed.wait(books).unwrap();
        }
        drop(books);
        plain_http::answer(stream, status, "", answer.as_bytes())
    }

    fn answer(&self, form: &BTreeMap<String, String>) -> (u16, String) {
        let mut books = self.books.lock().unwrap();
        let answer = match form.get("grant_type").map(String::as_str) {
            Some("authorization_code") => {
                let sign_in = form["code"].clone();
                books.families.insert(sign_in.clone(), Family::default());
                (200, books.issue(&sign_in, self.life, &form["scope"]))
            }
            _ => {
                books.requests += 1;
                self.refresh(&mut books, form)
            }
        };
        self.changed.notify_all();
        answer
    }

    fn refresh(&self, books: &mut Books, form: &BTreeMap<String, String>) -> (u16, String) {
        let token = &form["refresh_token"];
        let mut parts = token.trim_start_matches("refresh.").split('/');
        let (sign_in, number) = (parts.next().unwrap(), parts.next().and_then(|n| n.parse::<u64>().ok()));
        let Some(family) = books.families.get_mut(sign_in) else { return books.refuse() };
        let is_newest = number == Some(family.newest);
        if self.rotation == Rotation::Strict && !is_newest {
            family.is_revoked = true;
        }
        if family.is_revoked || number > Some(family.newest) {
            return books.refuse();
        }
        let answer = books.issue(sign_in, self.life, &form["scope"]);
        books.commits.push(Instant::now());
        (200, answer)
    }
}

impl Books {
    fn issue(&mut self, sign_in: &str, life: u64, scope: &str) -> String {
        let family = self.families.get_mut(sign_in).expect("it has signed in");
        family.newest += 1;
        // As long as Microsoft's are.
        let padding = "x".repeat(1200);
        let access = format!("access.{sign_in}/{}/{padding}", family.newest);
        let refresh = format!("refresh.{sign_in}/{}/{padding}", family.newest);
        self.access.insert(sign_in.to_owned(), access.clone());
        serde_json::json!({
            "token_type": "Bearer", "expires_in": life, "scope": scope,
            "access_token": access, "refresh_token": refresh,
        })
        .to_string()
    }

    fn refuse(&mut self) -> (u16, String) {
        self.refused += 1;
        let answer = serde_json::json!({
            "error": "invalid_grant", "error_description": "The refresh token was used before and is revoked.",
        });
        (400, answer.to_string())
    }
}
