//! The simulated browser: walks the platform's pages as a person would, and tells where it ends.
//!
//! It is given a way to send requests, so it works on a [`super::Simulator`] in the same process as well as over
//! loopback. It reads no other pages than those of `super::pages`.

use std::fmt;

use http::{Method, Request, Response, header};
use hyper::body::Bytes;
use thiserror::Error;
use url::form_urlencoded;

use super::pages::unescape;

/// What the person does on the consent page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Presses Accept.
    Accept,
    /// Presses Cancel.
    Decline,
}

/// Where the browser ends: what a person could copy or a listener would receive.
#[derive(Clone, PartialEq, Eq)]
pub enum Landing {
    /// At this address, whether or not a page is there.
    Address(String),
    /// `response_mode=form_post`: this body was posted to this address.
    Posted {
        /// The redirect URI.
        address: String,
        /// `application/x-www-form-urlencoded`.
        body: String,
    },
}

impl fmt::Debug for Landing {
    /// Names the kind only: both kinds hold an authorization code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address(_) => "Address([redacted])",
            Self::Posted { .. } => "Posted([redacted])",
        })
    }
}

/// Why the browser ends nowhere.
#[derive(Debug, Error)]
pub enum BrowserError {
    /// The platform shows an error of its own and does not redirect.
    #[error("the platform shows an error page, status {status}: {text}")]
    ErrorPage {
        /// HTTP status.
        status: u16,
        /// The text of the page, beginning with its AADSTS number.
        text: String,
    },
    /// A page that the simulated browser cannot read.
    #[error("the platform shows something that is not one of its pages, status {0}")]
    Unreadable(u16),
    /// An address that cannot be requested.
    #[error("not an address that can be opened")]
    Address(#[from] http::Error),
}

/// Opens the verification page of a device code (RFC 8628 §3.3), enters the code, chooses `upn` and answers the consent
/// page. The device hears of it by polling.
pub fn enter_code(
    verification_uri: &str,
    user_code: &str,
    upn: &str,
    answer: Answer,
    mut send: impl FnMut(Request<Bytes>) -> Response<Bytes>,
) -> Result<(), BrowserError> {
    let page = send(Request::get(verification_uri).body(Bytes::new())?);
    let Read::CodeForm = read(&page)? else { return Err(unreadable(&page)) };
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("user_code", user_code).finish();
    let page = send(post(verification_uri, body)?);
    let Read::Form(form) = read(&page)? else { return Err(unreadable(&page)) };
    let page = send(post(verification_uri, filled_in(form, upn, answer))?);
    match read(&page)? {
        Read::Done => Ok(()),
        _ => Err(unreadable(&page)),
    }
}

/// Opens an authorize or administrator consent address, chooses `upn`, and answers the consent page.
pub fn sign_in(
    authorize_url: &str,
    upn: &str,
    answer: Answer,
    mut send: impl FnMut(Request<Bytes>) -> Response<Bytes>,
) -> Result<Landing, BrowserError> {
    let page = send(Request::get(authorize_url).body(Bytes::new())?);
    let form = match read(&page)? {
        Read::Landed(landing) => return Ok(landing),
        Read::Form(form) => form,
        Read::CodeForm | Read::Done => return Err(unreadable(&page)),
    };
    let path = authorize_url.split(['?', '#']).next().unwrap_or(authorize_url);
    let page = send(post(path, filled_in(form, upn, answer))?);
    match read(&page)? {
        Read::Landed(landing) => Ok(landing),
        _ => Err(unreadable(&page)),
    }
}

fn unreadable(page: &Response<Bytes>) -> BrowserError {
    BrowserError::Unreadable(page.status().as_u16())
}

fn post(address: &str, body: String) -> Result<Request<Bytes>, http::Error> {
    Request::builder()
        .method(Method::POST)
        .uri(address)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from(body))
}

/// What a response means to a browser.
enum Read {
    Landed(Landing),
    /// The hidden fields of the sign-in form.
    Form(Vec<(String, String)>),
    /// The form that asks for a user code.
    CodeForm,
    /// The end; nothing goes back to a client.
    Done,
}

fn read(response: &Response<Bytes>) -> Result<Read, BrowserError> {
    let status = response.status().as_u16();
    if let Some(location) = response.headers().get(header::LOCATION) {
        let address = location.to_str().map_err(|_| BrowserError::Unreadable(status))?;
        return Ok(Read::Landed(Landing::Address(address.to_owned())));
    }
    let html = std::str::from_utf8(response.body()).map_err(|_| BrowserError::Unreadable(status))?;
    if let Some(form) = between(html, "<form id=\"answer\"", "</form>") {
        let address = attribute(form, "action").unwrap_or_default();
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(hidden_fields(form)).finish();
        return Ok(Read::Landed(Landing::Posted { address, body }));
    }
    if let Some(form) = between(html, "<form id=\"sign-in\"", "</form>") {
        return Ok(Read::Form(hidden_fields(form)));
    }
    if html.contains("<form id=\"code\"") {
        return Ok(Read::CodeForm);
    }
    if html.contains("<p id=\"done\">") {
        return Ok(Read::Done);
    }
    match between(html, "<pre id=\"error\">", "</pre>") {
        Some(text) => Err(BrowserError::ErrorPage { status, text: unescape(text) }),
        None => Err(BrowserError::Unreadable(status)),
    }
}

fn filled_in(fields: Vec<(String, String)>, upn: &str, answer: Answer) -> String {
    let pressed = match answer {
        Answer::Accept => "accept",
        Answer::Decline => "decline",
    };
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .append_pair("sim_user", upn)
        .append_pair("sim_consent", pressed)
        .finish()
}

fn hidden_fields(form: &str) -> Vec<(String, String)> {
    let inputs = form.split("<input type=\"hidden\" ").skip(1);
    inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?))).collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    between(tag, &format!("{name}=\""), "\"").map(unescape)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let rest = &text[text.find(start)? + start.len()..];
    Some(&rest[..rest.find(end)?])
}
