//! Judges each request, and keeps the one answer that is awaited.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::request::Parts;
use http::{HeaderMap, Method, header};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::app::GoFate;
use crate::domain::ResponseMode;
use crate::domain::secret::PastedText;

use super::go::Gone;
use super::reply::Reply;
use super::{Expected, GoAddress, Heard};

/// Before this come the codes of the one-time address.
const GO: &str = "/go/";

/// What is awaited, and what has come.
pub(super) struct Gate {
    expected: Expected,
    port: u16,
    come: Mutex<Come>,
}

/// What has come so far.
struct Come {
    answer: Answer,
    go: Option<GoAddress>,
    /// Of the one-time address, as last told.
    told: GoFate,
}

enum Answer {
    Awaited,
    /// Here, not yet told.
    Here(PastedText),
    Told,
}

/// What a request asks for.
pub(super) enum Asked<'a> {
    /// It is judged by its head alone.
    Settled(Reply),
    /// It brings an answer in its query.
    Query(&'a str),
    /// It brings a form, which has to be read.
    Form,
}

impl Gate {
    pub(super) fn new(expected: Expected, port: u16) -> Self {
        let go = expected.go_code.clone().map(GoAddress::new);
        let come = Mutex::new(Come { answer: Answer::Awaited, go, told: GoFate::Open });
        Self { expected, port, come }
    }

    /// What the head of a request tells.
    pub(super) fn ask<'a>(&self, head: &'a Parts) -> Asked<'a> {
        if !self.is_addressed_here(head) {
            return Asked::Settled(Reply::NotAwaited);
        }
        let path = head.uri.path();
        // The answer's own address comes first, whatever it is.
        if path != self.expected.redirect_uri.url().path() {
            let code = path.strip_prefix(GO).filter(|_| self.expected.go_code.is_some());
            return Asked::Settled(code.map_or(Reply::NotFound, |code| self.go(head, code)));
        }
        match (self.expected.response_mode, &head.method) {
            (ResponseMode::Query, &Method::GET) => Asked::Query(head.uri.query().unwrap_or("")),
            (ResponseMode::Query, _) => Asked::Settled(Reply::OnlyMethod("GET")),
            // A refusal may come in the query whatever was asked for.
            (ResponseMode::Fragment, &Method::GET) => match head.uri.query() {
                Some(query) if self.is_awaited(query) => Asked::Query(query),
                // A redirect URI may have a query of its own.
                _ => Asked::Settled(Reply::SendFragmentBack),
            },
            (ResponseMode::Fragment | ResponseMode::FormPost, &Method::POST) if is_form(&head.headers) => {
                Asked::Form
            }
            (ResponseMode::Fragment | ResponseMode::FormPost, &Method::POST) => {
                Asked::Settled(Reply::NotAForm)
            }
            (ResponseMode::Fragment, _) => Asked::Settled(Reply::OnlyMethod("GET, POST")),
            (ResponseMode::FormPost, _) => Asked::Settled(Reply::OnlyMethod("POST")),
        }
    }

    /// A page elsewhere must not reach us through a name of its own that leads to loopback.
    fn is_addressed_here(&self, head: &Parts) -> bool {
        let mut hosts = head.headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) else {
            return false;
        };
        // A proxy's form of request is not for us.
        if head.uri.authority().is_some() {
            return false;
        }
        let host = host.to_ascii_lowercase();
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| match host.strip_prefix(name) {
            Some("") => self.port == 80,
            Some(port) => port.strip_prefix(':').is_some_and(|port| port == self.port.to_string()),
            None => false,
        })
    }

    fn go(&self, head: &Parts, code: &str) -> Reply {
        if head.method != Method::GET {
            return Reply::OnlyMethod("GET");
        }
        if looks_ahead(&head.headers) {
            return Reply::NotAhead;
        }
        match self.come().go.as_mut().map(|go| go.ask(code)) {
            Some(Gone::Forward) => Reply::Forward(self.expected.authorization_request.clone()),
            Some(Gone::NoLonger) => Reply::NoLonger,
            Some(Gone::Wrong) | None => Reply::NotFound,
        }
    }

    /// The query of a request to the redirect URI.
    pub(super) fn take_query(&self, query: &str) -> Reply {
        self.take(query, || format!("{}?{query}", self.place()))
    }

    /// The body of a form that was posted to the redirect URI.
    pub(super) fn take_form(&self, body: &[u8]) -> Reply {
        let Ok(body) = std::str::from_utf8(body) else { return Reply::NotAwaited };
        match self.expected.response_mode {
            ResponseMode::Fragment => {
                self.take(body, || format!("{}#{body}", self.expected.redirect_uri.as_str()))
            }
            ResponseMode::Query | ResponseMode::FormPost => self.take(body, || body.to_owned()),
        }
    }

    fn take(&self, parameters: &str, whole: impl FnOnce() -> String) -> Reply {
        if !self.is_awaited(parameters) {
            return Reply::NotAwaited;
        }
        let mut come = self.come();
        if !matches!(come.answer, Answer::Awaited) {
            return Reply::ArrivedBefore;
        }
        come.answer = Answer::Here(PastedText::new(whole()));
        Reply::Arrived
    }

    /// True for the answer to this sign-in: our `state`, once, and either a code or an error.
    fn is_awaited(&self, parameters: &str) -> bool {
        let mut states = Vec::new();
        let mut outcomes = 0;
        for (name, value) in form_urlencoded::parse(parameters.as_bytes()) {
            match &*name {
                "state" => states.push(value),
                "code" | "error" => outcomes += 1,
                _ => {}
            }
        }
        let [state] = &states[..] else { return false };
        outcomes == 1 && bool::from(state.as_bytes().ct_eq(self.expected.state.as_bytes()))
    }

    /// The redirect URI as it was sent, without a query of its own.
    fn place(&self) -> &str {
        self.expected.redirect_uri.as_str().split('?').next().unwrap_or_default()
    }

    /// What there is to tell since it was asked last.
    pub(super) fn news(&self) -> Vec<Heard> {
        let mut come = self.come();
        let mut news = Vec::new();
        if let Some(fate) = come.go.as_ref().map(GoAddress::fate).filter(|fate| *fate != come.told) {
            come.told = fate;
            news.push(Heard::Go(fate));
        }
        if matches!(come.answer, Answer::Here(_))
            && let Answer::Here(text) = std::mem::replace(&mut come.answer, Answer::Told)
        {
            news.push(Heard::Redirected(text));
        }
        news
    }

    fn come(&self) -> MutexGuard<'_, Come> {
        self.come.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// A browser that fetches what a person might open next would use the one-time address up.
fn looks_ahead(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"].iter().any(|name| {
        let value = headers.get(*name).and_then(|value| value.to_str().ok()).unwrap_or("");
        ["prefetch", "prerender", "preview"].iter().any(|word| value.to_ascii_lowercase().contains(word))
    })
}
