//! Posting a form to the token endpoint: limits on time and size, no redirects followed.

use std::error::Error as _;
use std::sync::OnceLock;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, Response, redirect};

use crate::domain::authority::is_loopback;
use crate::domain::secret::Secret;
use crate::oauth::token_answer::HttpAnswer;
use crate::oauth::token_request::TokenRequest;
use crate::sanitize::sanitize;

use super::entropy;

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const EXCHANGE_LIMIT: Duration = Duration::from_secs(30);
const BODY_LIMIT: usize = 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what_happened}")]
pub struct SendError {
    /// Whether the request may have reached the server.
    pub stage: SendStage,
    /// What happened, printable.
    pub what_happened: String,
    /// What to do.
    pub what_to_do: &'static str,
}

/// How far a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendStage {
    /// No byte of it was sent.
    NotSent,
    /// It may have been sent; the answer was lost.
    Unanswered,
    /// The answer was more than is read.
    TooLong,
}

/// Sends token requests. Connections are made when they are first needed.
#[derive(Debug, Default)]
pub struct TokenClient {
    outward: OnceLock<Client>,
    loopback: OnceLock<Client>,
}

impl TokenClient {
    /// Posts the form and reads the answer.
    pub async fn post(&self, request: TokenRequest) -> Result<HttpAnswer, SendError> {
        let host = request.url.host_str().unwrap_or("").to_owned();
        let client = if is_loopback(&request.url) {
            // A proxy has no business between this program and this machine.
            client(&self.loopback, true)?
        } else {
            client(&self.outward, false)?
        };
        let response = client
            .post(request.url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("client-request-id", entropy::request_guid())
            .body(request.body.expose().to_owned())
            .send()
            .await
            .map_err(|error| in_words(&error, &host))?;
        read(response, &host).await
    }
}

fn client(cell: &OnceLock<Client>, direct: bool) -> Result<&Client, SendError> {
    if let Some(client) = cell.get() {
        return Ok(client);
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let mut builder = Client::builder()
        .user_agent(concat!("tokengauge/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .connect_timeout(CONNECT_LIMIT)
        .timeout(EXCHANGE_LIMIT)
        .redirect(redirect::Policy::none());
    if direct {
        builder = builder.no_proxy();
    }
    let client = builder.build().map_err(|_| SendError {
        stage: SendStage::NotSent,
        what_happened: "TLS could not be set up".into(),
        what_to_do: "Are the system's certificates installed (package ca-certificates)?",
    })?;
    Ok(cell.get_or_init(|| client))
}

async fn read(mut response: Response, host: &str) -> Result<HttpAnswer, SendError> {
    let mut answer = HttpAnswer {
        status: response.status().as_u16(),
        retry_after: retry_after(response.headers()),
        redirected_to: response.status().is_redirection().then(|| redirect_host(response.headers())),
        body: Vec::new(),
    };
    while let Some(chunk) = response.chunk().await.map_err(|error| in_words(&error, host))? {
        if answer.body.len() + chunk.len() > BODY_LIMIT {
            return Err(SendError {
                stage: SendStage::TooLong,
                what_happened: format!("the answer of {host} is longer than any token answer (1 MiB)"),
                what_to_do: "Check the authority (e).",
            });
        }
        answer.body.extend_from_slice(&chunk);
    }
    Ok(answer)
}

fn redirect_host(headers: &HeaderMap) -> String {
    let location = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let url = location.and_then(|text| url::Url::parse(text).ok());
    let host = url.as_ref().and_then(|url| url.host_str());
    host.map_or_else(|| "another page".to_owned(), |host| sanitize(host, 100))
}

/// `Retry-After` (RFC 9110 §10.2.3) in seconds, or as a date counted from the server's own `Date`.
fn retry_after(headers: &HeaderMap) -> Option<TimeDelta> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(TimeDelta::seconds(i64::from(seconds)));
    }
    let date = |text: &str| DateTime::parse_from_rfc2822(text).ok().map(|date| date.with_timezone(&Utc));
    let server = date(headers.get(header::DATE)?.to_str().ok()?)?;
    Some(date(text)? - server).filter(|wait| *wait > TimeDelta::zero())
}

/// The error in words. reqwest's own text holds the address; it is not used.
fn in_words(error: &reqwest::Error, host: &str) -> SendError {
    let host = sanitize(host, 100);
    let causes = causes(error);
    let says = |word: &str| causes.iter().any(|cause| cause.contains(word));
    let stage = if error.is_connect() { SendStage::NotSent } else { SendStage::Unanswered };
    let (what_happened, what_to_do) = match () {
        () if says("dns error") || says("failed to lookup") => (
            format!("name lookup failed for {host}"),
            "Check the network and the name server of this machine.",
        ),
        () if says("connection refused") => {
            (format!("{host} refused the connection"), "Is the address right, and a firewall open?")
        }
        () if error.is_timeout() && error.is_connect() => {
            (format!("{host} did not answer within ten seconds"), "Check network, proxy and firewall.")
        }
        () if error.is_timeout() => (
            format!("{host} did not finish its answer within thirty seconds"),
            "Nothing is lost; it is tried again.",
        ),
        () if says("certificate") || says("tls") => (
            format!("the certificate of {host} was not accepted"),
            "Is this machine's clock right, and does a proxy read along?",
        ),
        () if stage == SendStage::NotSent => {
            (format!("no connection to {host}"), "Check network, proxy and firewall.")
        }
        () => (format!("the connection to {host} broke off"), "Nothing is lost; it is tried again."),
    };
    SendError { stage, what_happened, what_to_do }
}

fn causes(error: &reqwest::Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string().to_lowercase());
        next = cause.source();
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_servers_clock() {
        let seconds = |pairs: &[_]| retry_after(&headers(pairs)).map(|wait| wait.num_seconds());
        assert_eq!(seconds(&[(header::RETRY_AFTER, "60")]), Some(60));
        let date = (header::DATE, "Sun, 22 Nov 2026 05:42:00 GMT");
        assert_eq!(
            seconds(&[date.clone(), (header::RETRY_AFTER, "Sun, 22 Nov 2026 05:44:00 GMT")]),
            Some(120)
        );
        for odd in ["-1", "abc", ""] {
            assert_eq!(seconds(&[date.clone(), (header::RETRY_AFTER, odd)]), None, "{odd}");
        }
    }
}
