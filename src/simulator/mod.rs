//! A small identity platform: tenants, sign-in and consent pages, tokens, a corner of Graph, and faults to order.
//!
//! [`Simulator::handle`] is pure: a request and a moment in, an answer out. There is no socket, no clock and no
//! randomness but a seeded sequence; [`server`] is the loopback shell and [`browser`] stands for the person. It
//! shares no code with our own client side, so that the two check each other. Left out: device codes, client
//! credentials, certificates, administrator consent, signing keys.

mod answer;
mod authorize;
pub mod browser;
mod consent;
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
pub mod scenario;
mod scope;
pub mod server;
mod token;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use http::{Request, Response, StatusCode};
use hyper::body::Bytes;
use uuid::Uuid;

pub use answer::ConnectionDropped;
pub use fault::{Body, Effect, Endpoint, Fault};
pub use mint::AccessTokenClaims;
pub use scenario::{Scenario, ScenarioError};

use consent::Consents;
use error::Trace;
use fault::{Faults, Sight};
use generator::Generator;
use mint::Mint;
use parameters::Parameters;
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
            issued: Vec::new(),
            started_at: None,
            scenario: Arc::new(scenario),
        }
    }

    /// Sets the address at which it is reached, such as `http://127.0.0.1:49152`.
    pub fn reached_at(&mut self, origin: impl Into<String>) {
        self.origin = origin.into();
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
        let sight = self.sight(&route, request);
        let effect = self.faults.strike(&sight);
        match (route, effect) {
            (Route::Authorize(tenant), effect) => self.authorize(tenant, request, effect.as_ref(), trace),
            (Route::Graph(_), Some(Effect::Status { status, retry_after })) => {
                graph::throttled(status, retry_after, trace)
            }
            (_, Some(effect)) => fault::response(&effect, trace),
            (Route::Token(tenant), None) => self.token(tenant, request, trace),
            (Route::Discovery(tenant), None) => self.discovery(tenant, trace),
            (Route::Graph(call), None) => self.graph(call, request, trace),
        }
    }

    fn trace(&mut self, request: &Request<Bytes>, now: DateTime<Utc>) -> Trace {
        let sent = request.headers().get("client-request-id").and_then(|value| value.to_str().ok());
        let sent = sent.filter(|id| Uuid::try_parse(id).is_ok()).map(str::to_owned);
        let id = self.generator.guid();
        let correlation_id = sent.unwrap_or_else(|| self.generator.guid());
        Trace { now, id, correlation_id }
    }

    /// What faults may know about a request.
    fn sight(&self, route: &Route<'_>, request: &Request<Bytes>) -> Sight {
        match route {
            Route::Authorize(_) => Self::authorize_sight(request),
            Route::Token(_) => self.token_sight(request),
            Route::Discovery(_) => Sight { endpoint: Some(Endpoint::Discovery), ..Sight::default() },
            Route::Graph(_) => self.graph_sight(request),
        }
    }

    fn authorize_sight(request: &Request<Bytes>) -> Sight {
        let parameters = authorize::parameters(request);
        let of = |name: &str| parameters.get(name).map(str::to_owned);
        Sight {
            endpoint: Some(Endpoint::Authorize),
            user: of("sim_user"),
            client_id: of("client_id"),
            ..Sight::default()
        }
    }

    fn token_sight(&self, request: &Request<Bytes>) -> Sight {
        let form = Parameters::of_body(request);
        let code = form.get("code").and_then(|code| self.codes.get(code)).map(|code| &code.sign_in);
        let refreshed = form.get("refresh_token").and_then(|token| self.refresh_tokens.get(token));
        let sign_in = code.or(refreshed.map(|token| &token.sign_in));
        Sight {
            endpoint: Some(Endpoint::Token),
            grant: form.get("grant_type").map(str::to_owned),
            user: sign_in.map(|sign_in| sign_in.upn.clone()),
            client_id: registration::Credentials::read(request, &form).client_id,
        }
    }

    fn graph_sight(&self, request: &Request<Bytes>) -> Sight {
        let claims = graph::bearer(request).and_then(|token| self.mint.verify(token));
        Sight {
            endpoint: Some(Endpoint::Graph),
            user: claims.as_ref().map(|claims| claims.upn.clone()),
            client_id: claims.map(|claims| claims.appid),
            ..Sight::default()
        }
    }

    /// Every code, token and client secret it knows, for tests that look for leaks.
    pub fn issued_secrets(&self) -> Vec<String> {
        let secrets = self.scenario.applications.iter().flat_map(|application| &application.secrets);
        secrets.map(|secret| secret.value.clone()).chain(self.issued.iter().cloned()).collect()
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

/// Which part of the platform a path belongs to, with its tenant segment or its Graph call.
enum Route<'a> {
    Authorize(&'a str),
    Token(&'a str),
    Discovery(&'a str),
    Graph(&'a str),
}

impl<'a> Route<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        if let Some(call) = path.strip_prefix("v1.0/") {
            return Some(Self::Graph(call));
        }
        let (tenant, rest) = path.split_once('/')?;
        match rest {
            "oauth2/v2.0/authorize" => Some(Self::Authorize(tenant)),
            "oauth2/v2.0/token" => Some(Self::Token(tenant)),
            "v2.0/.well-known/openid-configuration" => Some(Self::Discovery(tenant)),
            _ => None,
        }
    }
}

/// The endpoint that a path belongs to, for the shell's counters.
fn endpoint(path: &str) -> Option<Endpoint> {
    Route::of(path).map(|route| match route {
        Route::Authorize(_) => Endpoint::Authorize,
        Route::Token(_) => Endpoint::Token,
        Route::Discovery(_) => Endpoint::Discovery,
        Route::Graph(_) => Endpoint::Graph,
    })
}
