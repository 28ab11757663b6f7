//! A client of the simulator that knows nothing of tokengauge: a form, a verifier, an address.

use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, Response};
use hyper::body::Bytes;
use serde_json::Value;
use tokengauge::simulator::browser::{self, Answer, BrowserError, Landing};
use tokengauge::simulator::{Scenario, Simulator};
use url::{Url, form_urlencoded};

pub const CLIENT_ID: &str = "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44";
pub const SECRET: &str = "simulated~contoso.first-sign-in.000000001";
pub const OPS: &str = "ops@contoso.example";
pub const REDIRECT: &str = "http://localhost:8400/";
/// RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const SCOPE: &str = "offline_access openid User.Read Mail.ReadWrite";

/// A simulator, a moment that only the test moves, and what the client would send.
pub struct Driver {
    pub simulator: Simulator,
    pub now: DateTime<Utc>,
    pub tenant: String,
    pub upn: String,
    authorize: Vec<(String, String)>,
    redeem: Vec<(String, String)>,
}

/// An answer of the token endpoint.
pub struct Answered {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Value,
}

impl Answered {
    pub fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }

    /// The AADSTS number, or 0.
    pub fn code(&self) -> u64 {
        self.body["error_codes"][0].as_u64().unwrap_or_default()
    }

    /// Status, OAuth error and number at once.
    pub fn refusal(&self) -> (u16, &str, u64) {
        (self.status, self.text("error"), self.code())
    }
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl Driver {
    /// The tenant of `first-sign-in`, with more TOML added at the end.
    pub fn with(more: &str) -> Self {
        let text = include_str!("../../demo/scenarios/first-sign-in.toml");
        Self::play(Scenario::parse(&format!("{text}\n{more}")).unwrap())
    }

    /// Any scenario, through its first application and user.
    pub fn play(scenario: Scenario) -> Self {
        let application = &scenario.applications[0];
        let secret = application.secrets.first().map(|secret| secret.value.clone());
        let registered = application.redirect_uris.web.first().or(application.redirect_uris.public.first());
        let redirect_uri = registered.cloned().unwrap_or_default();
        let pairs = |list: &[(&str, &str)]| list.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        let mut driver = Self {
            now: at("2026-11-22T05:41:56Z"),
            tenant: "organizations".into(),
            upn: scenario.users[0].upn.clone(),
            authorize: pairs(&[
                ("client_id", &application.client_id),
                ("response_type", "code"),
                ("redirect_uri", &redirect_uri),
                ("scope", SCOPE),
                ("state", "c29tZS1yYW5kb20 &=?"),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ]),
            redeem: pairs(&[
                ("client_id", &application.client_id),
                ("redirect_uri", &redirect_uri),
                ("code_verifier", VERIFIER),
            ]),
            simulator: Simulator::new(scenario, 1),
        };
        if let Some(secret) = secret {
            driver = driver.redeeming("client_secret", &secret);
        }
        driver
    }

    /// Changes a parameter of the authorization request; an empty value leaves it out.
    pub fn asking(mut self, name: &str, value: &str) -> Self {
        set(&mut self.authorize, name, value);
        self
    }

    /// Changes a parameter of the token requests; an empty value leaves it out.
    pub fn redeeming(mut self, name: &str, value: &str) -> Self {
        set(&mut self.redeem, name, value);
        self
    }

    pub fn later(&mut self, wait: TimeDelta) -> &mut Self {
        self.now += wait;
        self
    }

    pub fn authorize_url(&self) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.authorize).finish();
        format!("/{}/oauth2/v2.0/authorize?{query}", self.tenant)
    }

    pub fn get(&mut self, address: &str) -> Response<Bytes> {
        self.simulator.handle(&Request::get(address).body(Bytes::new()).unwrap(), self.now)
    }

    pub fn browse(&mut self, answer: Answer) -> Result<Landing, BrowserError> {
        let (address, upn) = (self.authorize_url(), self.upn.clone());
        browser::sign_in(&address, &upn, answer, |request| self.simulator.handle(&request, self.now))
    }

    /// The parameters that come back in a query.
    pub fn returned(&mut self, answer: Answer) -> Vec<(String, String)> {
        match self.browse(answer).unwrap() {
            Landing::Address(address) => Url::parse(&address).unwrap().query_pairs().into_owned().collect(),
            Landing::Posted { .. } => panic!("nothing was to be posted"),
        }
    }

    pub fn code(&mut self) -> String {
        parameter(&self.returned(Answer::Accept), "code")
    }

    pub fn redeem(&mut self, code: &str) -> Answered {
        self.post(&[("grant_type", "authorization_code"), ("code", code)])
    }

    pub fn refresh(&mut self, token: &str) -> Answered {
        self.post(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// Signs in and redeems the code.
    pub fn sign_in(&mut self) -> Answered {
        let code = self.code();
        self.redeem(&code)
    }

    pub fn post(&mut self, grant: &[(&str, &str)]) -> Answered {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(grant)
            .extend_pairs(self.redeem.iter().filter(|(name, _)| !name.starts_with("header:")))
            .finish();
        self.send_form(&body)
    }

    pub fn send_form(&mut self, body: &str) -> Answered {
        let mut request = Request::post(format!("/{}/oauth2/v2.0/token", self.tenant))
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in self.redeem.iter().filter_map(|(n, v)| Some((n.strip_prefix("header:")?, v))) {
            request = request.header(name, value);
        }
        let request = request.body(Bytes::from(body.to_owned())).unwrap();
        let response = self.simulator.handle(&request, self.now);
        Answered {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_slice(response.body()).unwrap_or_default(),
        }
    }

    /// A form to any endpoint.
    pub fn post_to(&mut self, path: &str, form: &[(&str, &str)]) -> Answered {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        let response = self.simulator.handle(&request.body(Bytes::from(body)).unwrap(), self.now);
        Answered {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_slice(response.body()).unwrap_or_default(),
        }
    }

    pub fn graph(&mut self, path: &str, token: &str) -> (u16, Value) {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        let response = self.simulator.handle(&request.body(Bytes::new()).unwrap(), self.now);
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }
}

fn set(parameters: &mut Vec<(String, String)>, name: &str, value: &str) {
    parameters.retain(|(other, _)| other != name);
    if !value.is_empty() {
        parameters.push((name.into(), value.into()));
    }
}

/// One parameter, or nothing.
pub fn parameter(parameters: &[(String, String)], name: &str) -> String {
    parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone()).unwrap_or_default()
}
