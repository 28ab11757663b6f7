//! A small identity platform: tenants, sign-in and consent pages, tokens, a corner of Graph, and faults to order.
//!
//! [`Simulator::handle`] is pure: a request and a moment in, an answer out. There is no socket, no clock and no
//! randomness but a seeded sequence; [`server`] is the loopback shell and [`browser`] stands for the person. It
//! shares no code with our own client side, so that the two check each other. Left out: personal accounts, guests, single
//! page apps, sign-out.

mod admin_consent;
mod answer;
mod app_only;
mod assertion;
mod authorize;
pub mod browser;
mod certificate;
mod challenge;
mod consent;
mod device;
mod discovery;
mod error;
mod fault;
mod generator;
mod graph;
mod issue;
mod mint;
mod pages;
mod parameters;
mod plant;
mod registration;
mod reply;
mod route;
pub mod scenario;
mod scope;
pub mod server;
mod token;
mod visit;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::{Request, Response, StatusCode};
use hyper::body::Bytes;
use uuid::Uuid;

pub use answer::ConnectionDropped;
pub use fault::{Body, Effect, Endpoint, Fault};
pub use graph::Call;
pub use mint::AccessTokenClaims;
pub use scenario::{Certificate, CertificateError, Scenario, ScenarioError};

use assertion::Presented;
use consent::Consents;
use device::DeviceAuthorization;
use error::{PlatformError, Trace};
use fault::Faults;
use generator::Generator;
use mint::Mint;
use route::Route;
use token::{AuthorizationCode, RefreshToken};

/// The simulated platform with everything that it has issued.
pub struct Simulator {
    scenario: Arc<Scenario>,
    /// Scheme, host and port at which it is reached; discovery tells it.
    origin: String,
    generator: Generator,
    mint: Mint,
    consents: Consents,
    faults: Faults,
    codes: BTreeMap<String, AuthorizationCode>,
    refresh_tokens: BTreeMap<String, RefreshToken>,
    /// Devices that wait or have waited, by device code.
    devices: BTreeMap<String, DeviceAuthorization>,
    /// Client assertions that were good.
    assertions: BTreeSet<Presented>,
    issued: Vec<String>,
    /// The first request: relative dates of the scenario count from here.
    started_at: Option<DateTime<Utc>>,
}

impl Simulator {
    /// A platform in the state that the scenario describes. Equal seeds give equal answers.
    pub fn new(scenario: Scenario, seed: u64) -> Self {
        let mut generator = Generator::new(seed);
        Self {
            origin: "https://login.invalid".into(),
            mint: Mint::new(&mut generator),
            consents: Consents::granted_before(&scenario),
            faults: Faults::new(&scenario.faults),
            generator,
            codes: BTreeMap::new(),
            refresh_tokens: BTreeMap::new(),
            devices: BTreeMap::new(),
            assertions: BTreeSet::new(),
            issued: Vec::new(),
            started_at: None,
            scenario: Arc::new(scenario),
        }
    }

    /// Sets the address at which it is reached, such as `http://127.0.0.1:49152`.
    pub fn reached_at(&mut self, origin: impl Into<String>) {
        self.origin = origin.into();
    }

    /// Adds a certificate to a registration, as an owner would upload it.
    ///
    /// # Panics
    /// If the scenario has no such application: a mistake in a test.
    pub fn register_certificate(&mut self, client_id: &str, certificate: Certificate) {
        let applications = &mut Arc::make_mut(&mut self.scenario).applications;
        let application =
            applications.iter_mut().find(|application| application.client_id.eq_ignore_ascii_case(client_id));
        application.expect("the scenario defines the application").certificates.push(certificate);
    }

    /// Answers one request. An answer with the extension [`ConnectionDropped`] stands for a closed connection.
    pub fn handle(&mut self, request: &Request<Bytes>, now: DateTime<Utc>) -> Response<Bytes> {
        self.started_at.get_or_insert(now);
        let trace = self.trace(request, now);
        let mut response = self.dispatch(request, &trace);
        answer::set(&mut response, "x-ms-request-id", &trace.id);
        answer::set(&mut response, "client-request-id", &trace.correlation_id);
        response
    }

    fn dispatch(&mut self, request: &Request<Bytes>, trace: &Trace) -> Response<Bytes> {
        let path = request.uri().path().to_owned();
        let Some(route) = Route::of(&path) else {
            return answer::answer(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "Not found".into());
        };
        let sight = self.sight(route, request);
        let Some(effect) = self.faults.strike(&sight) else {
            return self.answer(route, request, None, trace);
        };
        match (route, &effect) {
            (Route::Graph(_), Effect::Status { status, retry_after }) => {
                graph::throttled(*status, *retry_after, trace)
            }
            (Route::Graph(_), Effect::GraphError { status, code, sentence, retry_after }) => {
                graph::refused(*status, code, sentence.as_deref(), *retry_after, trace)
            }
            (Route::Authorize(_) | Route::AdminConsent(..) | Route::DeviceLogin, Effect::Refuse { .. }) => {
                self.answer(route, request, fault::refusal(&effect).as_ref(), trace)
            }
            (_, Effect::Answer(fields)) => {
                let mut response = self.answer(route, request, None, trace);
                fault::alter(&mut response, fields);
                response
            }
            _ => fault::response(&effect, trace).unwrap_or_else(answer::dropped),
        }
    }

    /// The real answer. A refusal is a fault's, for the pages that tell it in their own way.
    fn answer(
        &mut self,
        route: Route<'_>,
        request: &Request<Bytes>,
        refusal: Option<&PlatformError>,
        trace: &Trace,
    ) -> Response<Bytes> {
        match route {
            Route::Authorize(tenant) => self.authorize(tenant, request, refusal, trace),
            Route::AdminConsent(kind, tenant) => self.admin_consent((kind, tenant), request, refusal, trace),
            Route::DeviceLogin => match refusal {
                Some(error) => reply::own_page(error, trace),
                None => self.device_login(request, trace),
            },
            Route::DeviceCode(tenant) => self.device_code(tenant, request, trace),
            Route::Token(tenant) => self.token(tenant, request, trace),
            Route::Discovery(tenant) => self.discovery(tenant, trace),
            Route::Keys(tenant) => self.keys(tenant, trace),
            Route::Graph(call) => self.graph(call, request, trace),
        }
    }

    fn trace(&mut self, request: &Request<Bytes>, now: DateTime<Utc>) -> Trace {
        let sent = request.headers().get("client-request-id").and_then(|value| value.to_str().ok());
        let sent = sent.filter(|id| Uuid::try_parse(id).is_ok()).map(str::to_owned);
        let id = self.generator.guid();
        let correlation_id = sent.unwrap_or_else(|| self.generator.guid());
        Trace { now, id, correlation_id }
    }

    /// Every code, token, client secret and private key it knows, for tests that look for leaks.
    pub fn issued_secrets(&self) -> Vec<String> {
        let applications = &self.scenario.applications;
        let secrets = applications.iter().flat_map(|application| &application.secrets);
        let keys = applications.iter().flat_map(|application| &application.certificates);
        let known = secrets.map(|secret| secret.value.clone());
        known.chain(keys.filter_map(|key| key.key.clone())).chain(self.issued.iter().cloned()).collect()
    }

    /// The claims of an access token that this simulator signed, whether it has expired or not.
    pub fn verify_access_token(&self, token: &str) -> Option<AccessTokenClaims> {
        self.mint.verify(token)
    }

    /// The scenario that is being played.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }
}

impl fmt::Debug for Simulator {
    /// Tells the scenario, and nothing that was issued.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").field("scenario", &self.scenario.name).finish_non_exhaustive()
    }
}
