//! The simulated tenant behind a loopback port that counts: how often each connection asks, how many ask at once, and
//! whether a token has lapsed before it was renewed. It can be out of order, and unreachable.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use chrono::{DateTime, TimeDelta, Utc};
use http::Request;
use hyper::body::Bytes;
use tokengauge::runtime::clock::Clock;
use tokengauge::simulator::{Scenario, Simulator};
use url::form_urlencoded;

use super::plain_http::{self, Asked};

/// What a request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What the tenant answers.
    Working,
    /// This status, with `Retry-After` in seconds.
    Refusing(u16, Option<u32>),
}

/// A tenant that counts.
pub struct Platform {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    door: Option<JoinHandle<()>>,
    /// One event for each request that was answered.
    pub answered: Receiver<()>,
}

struct Shared {
    clock: Clock,
    simulator: Mutex<Simulator>,
    counts: Mutex<Counts>,
    teller: Sender<()>,
}

/// What was counted.
#[derive(Debug)]
pub struct Counts {
    pub mode: Mode,
    /// True while nobody is let in.
    cut: bool,
    pub requests: u64,
    pub in_the_air: u32,
    pub most_in_the_air: u32,
    /// Whose token that is.
    owners: HashMap<String, usize>,
    /// Of each connection, the life of the last access token.
    lives: Vec<(DateTime<Utc>, TimeDelta)>,
    /// How often each was renewed.
    pub renewed: Vec<u32>,
    /// Renewals that came after the end of what was held.
    pub lapsed: u32,
    /// Renewals that came in the first half of the life.
    pub early: u32,
    /// The longest wait from issue to renewal, as a share of the life.
    pub latest_share: f64,
}

impl Platform {
    /// The tenant of `first-sign-in`, whose access tokens live so long, by this clock.
    pub fn new(life: TimeDelta, clock: Clock) -> Self {
        let text = include_str!("../../demo/scenarios/first-sign-in.toml");
        let life = format!("[tokens]\naccess_token_seconds = {}\n", life.num_seconds());
        let scenario = Scenario::parse(&format!("{text}\n{life}")).unwrap();
        let (teller, answered) = mpsc::channel();
        let counts = Counts {
            mode: Mode::Working,
            cut: false,
            requests: 0,
            in_the_air: 0,
            most_in_the_air: 0,
            owners: HashMap::new(),
            lives: Vec::new(),
            renewed: Vec::new(),
            lapsed: 0,
            early: 0,
            latest_share: 0.0,
        };
        let shared = Arc::new(Shared {
            clock,
            simulator: Mutex::new(Simulator::new(scenario, 1)),
            counts: Mutex::new(counts),
            teller,
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let door = Some(open(listener, Arc::clone(&shared)));
        Self { address, shared, door, answered }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn simulator(&self) -> MutexGuard<'_, Simulator> {
        self.shared.simulator.lock().unwrap()
    }

    pub fn counts(&self) -> MutexGuard<'_, Counts> {
        self.shared.counts.lock().unwrap()
    }

    /// A connection that was signed in before, with this refresh token and an access token of this life.
    pub fn introduce(&self, refresh_token: &str, issued_at: DateTime<Utc>, life: TimeDelta) {
        let mut counts = self.counts();
        let number = counts.lives.len();
        counts.owners.insert(refresh_token.to_owned(), number);
        counts.lives.push((issued_at, life));
        counts.renewed.push(0);
    }

    /// From now on nobody is let in: connecting is refused.
    pub fn cut(&mut self) {
        self.counts().cut = true;
        // Whoever waits for a visitor sees one, and goes.
        drop(TcpStream::connect(self.address));
        self.door.take().unwrap().join().unwrap();
    }

    /// Lets people in again.
    pub fn mend(&mut self) {
        self.counts().cut = false;
        let listener = TcpListener::bind(self.address).unwrap();
        self.door = Some(open(listener, Arc::clone(&self.shared)));
    }

    /// True if every connection holds a token that is valid now.
    pub fn all_valid(&self) -> bool {
        let now = self.shared.clock.now();
        self.counts().lives.iter().all(|(issued_at, life)| now < *issued_at + *life)
    }
}

fn open(listener: TcpListener, shared: Arc<Shared>) -> JoinHandle<()> {
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if shared.counts.lock().unwrap().cut {
                break;
            }
            let shared = Arc::clone(&shared);
            thread::spawn(move || drop(serve(&stream, &shared)));
        }
    })
}

fn serve(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    let Asked { path, body } = plain_http::asked(stream)?;
    let refusal = {
        let mut counts = shared.counts.lock().unwrap();
        counts.requests += 1;
        counts.in_the_air += 1;
        counts.most_in_the_air = counts.most_in_the_air.max(counts.in_the_air);
        match counts.mode {
            Mode::Working => None,
            Mode::Refusing(status, retry_after) => Some((status, retry_after)),
        }
    };
    let written = match refusal {
        None => {
            let answer = shared.work(&path, &body);
            plain_http::answer(stream, 200, "", &answer)
        }
        Some((status, retry_after)) => {
            let told = retry_after.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
            plain_http::answer(stream, status, &told, b"{}")
        }
    };
    shared.counts.lock().unwrap().in_the_air -= 1;
    let _ = shared.teller.send(());
    written
}

impl Shared {
    /// What the tenant answers, and what that is to the connection that asked.
    fn work(&self, path: &str, body: &[u8]) -> Vec<u8> {
        let now = self.clock.now();
        let field = |name: &str| {
            form_urlencoded::parse(body).find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
        };
        let held = field("refresh_token").unwrap_or_default();
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::copy_from_slice(body))
            .unwrap();
        let response = self.simulator.lock().unwrap().handle(&request, now);
        assert_eq!(response.status().as_u16(), 200, "{}", String::from_utf8_lossy(response.body()));
        let answer: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        let mut counts = self.counts.lock().unwrap();
        let owner = counts.owners.remove(&held).expect("a token that was issued, and not asked with twice");
        let life = TimeDelta::seconds(answer["expires_in"].as_i64().unwrap());
        counts.renew(owner, now, life);
        counts.owners.insert(answer["refresh_token"].as_str().unwrap().to_owned(), owner);
        response.body().to_vec()
    }
}

impl Counts {
    fn renew(&mut self, owner: usize, now: DateTime<Utc>, life: TimeDelta) {
        let (issued_at, before) = self.lives[owner];
        let held = now - issued_at;
        // The first time each is as old as the vault took to be made.
        if self.renewed[owner] > 0 {
            self.lapsed += u32::from(held >= before);
            self.early += u32::from(held < before / 2);
            let share = held.num_milliseconds() as f64 / before.num_milliseconds() as f64;
            self.latest_share = self.latest_share.max(share);
        }
        self.lives[owner] = (now, life);
        self.renewed[owner] += 1;
    }
}
