//! The simulated tenant on loopback with a connection to it, and the simulated browser.

use std::sync::{Arc, Mutex};

use tokengauge::runtime::clock::Clock;
use tokengauge::simulator::browser::{self, Answer, Landing};
use tokengauge::simulator::server::Server;
use tokengauge::simulator::{Scenario, Simulator};
use tokio::runtime::Runtime;

use super::home::{Home, Run};

pub const CLIENT_ID: &str = "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44";
pub const SECRET: &str = "simulated~contoso.first-sign-in.000000001";
pub const OPS: &str = "ops@contoso.example";
pub const NAME: &str = "contoso";

/// A tenant, and a vault with one connection to it.
pub struct Tenant {
    pub home: Home,
    simulator: Arc<Mutex<Simulator>>,
    server: Server,
    _runtime: Runtime,
}

impl Tenant {
    pub fn new() -> Self {
        Self::with("")
    }

    /// With more TOML at the end of the scenario.
    pub fn with(more: &str) -> Self {
        let tenant = Self::unused(more);
        tenant.add(NAME, &["--sign-in-as", OPS]).is(0);
        tenant
    }

    /// Without a connection.
    pub fn unused(more: &str) -> Self {
        let text = include_str!("../../demo/scenarios/first-sign-in.toml");
        let scenario = Scenario::parse(&format!("{text}\n{more}")).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let simulator = Arc::new(Mutex::new(Simulator::new(scenario, 1)));
        let server = {
            let _inside = runtime.enter();
            let clock = Clock::system();
            Server::start(Arc::clone(&simulator), move || clock.now()).unwrap()
        };
        Self { home: Home::new(), simulator, server, _runtime: runtime }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.server.url()
    }

    pub fn add(&self, name: &str, options: &[&str]) -> Run {
        let url = self.server.url();
        let arguments = ["add", name, "--client-id", CLIENT_ID, "--authority-url", &url, "--secret-stdin"];
        let arguments: Vec<&str> = arguments.into_iter().chain(options.iter().copied()).collect();
        self.quietly(self.home.with_stdin(&arguments, SECRET))
    }

    /// A run in which no secret may be told.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.quietly(self.home.run(arguments))
    }

    pub fn redeem(&self, address: &str) -> Run {
        self.quietly(self.home.with_stdin(&["redeem", NAME], address))
    }

    /// Begins a sign-in and tells its address.
    pub fn begin(&self) -> String {
        self.run(&["authorize", NAME, "--print-url"]).is(0).out.trim_end().to_owned()
    }

    /// Walks the address as a person would, and tells where the browser ends.
    pub fn browse(&self, address: &str, answer: Answer) -> String {
        match self.land(address, answer) {
            Landing::Address(address) => address,
            Landing::Posted { .. } => panic!("nothing was to be posted"),
        }
    }

    /// The same, where something may be posted.
    pub fn land(&self, address: &str, answer: Answer) -> Landing {
        let mut simulator = self.simulator.lock().unwrap();
        let now = Clock::system().now();
        browser::sign_in(address, OPS, answer, |request| simulator.handle(&request, now)).unwrap()
    }

    /// Enters the code of a device sign-in as a person would.
    pub fn enter_code(&self, address: &str, user_code: &str, answer: Answer) {
        let mut simulator = self.simulator.lock().unwrap();
        let now = Clock::system().now();
        browser::enter_code(address, user_code, OPS, answer, |request| simulator.handle(&request, now))
            .unwrap();
    }

    /// The whole sign-in.
    pub fn signed_in(self) -> Self {
        let address = self.browse(&self.begin(), Answer::Accept);
        self.redeem(&address).is(0);
        self
    }

    /// An access token, with so much of its life left.
    pub fn token(&self, options: &[&str]) -> Run {
        let arguments: Vec<&str> = ["token", NAME].into_iter().chain(options.iter().copied()).collect();
        self.home.run(&arguments)
    }

    /// How many token requests have come.
    pub fn requests(&self) -> u64 {
        self.server.requests().token
    }

    /// Everything that the tenant knows.
    pub fn simulator(&self) -> Arc<Mutex<Simulator>> {
        Arc::clone(&self.simulator)
    }

    pub fn knows_token(&self, token: &str) -> bool {
        self.simulator.lock().unwrap().verify_access_token(token).is_some()
    }

    pub fn secrets(&self) -> Vec<String> {
        self.simulator().lock().unwrap().issued_secrets()
    }

    #[track_caller]
    fn quietly(&self, run: Run) -> Run {
        for secret in self.secrets() {
            assert!(!run.out.contains(&secret) && !run.err.contains(&secret), "a secret was told");
        }
        run
    }
}

/// The parameter of an address.
pub fn parameter(address: &str, name: &str) -> String {
    let url = url::Url::parse(address).unwrap();
    url.query_pairs().find(|(own, _)| own == name).unwrap().1.into_owned()
}
