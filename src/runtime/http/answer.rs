//! Reading an answer: bounded, never unpacked, with the server's clock beside ours.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Response;
use reqwest::header::{self, HeaderMap};

use crate::oauth::token_answer::HttpAnswer;
use crate::runtime::clock::Clock;
use crate::sanitize::sanitize;

use super::words::{SendError, Way, in_words};

/// Bytes of the head that are taken.
const HEAD_LIMIT: usize = 64 * 1024;
/// Bytes of the body that are taken.
const BODY_LIMIT: usize = 1024 * 1024;

/// A clock that differs by less is right enough.
const SKEW_TOLD: TimeDelta = TimeDelta::minutes(5);

/// Reads the rest of the answer.
pub(super) async fn read(mut response: Response, way: &Way, clock: Clock) -> Result<HttpAnswer, SendError> {
    let headers = response.headers();
    if length(headers) > HEAD_LIMIT {
        return Err(way.head_too_long());
    }
    if is_packed(headers) {
        return Err(way.packed());
    }
    let mut answer = HttpAnswer {
        status: response.status().as_u16(),
        retry_after: retry_after(headers),
        redirected_to: response.status().is_redirection().then(|| redirect_host(headers)),
        clock_skew: clock_skew(headers, clock.now()),
        clock_ahead: clock_ahead(headers, clock.now()),
        body: Vec::new(),
    };
    while let Some(chunk) = response.chunk().await.map_err(|error| in_words(&error, way))? {
        if answer.body.len() + chunk.len() > BODY_LIMIT {
            return Err(way.too_long());
        }
        answer.body.extend_from_slice(&chunk);
    }
    Ok(answer)
}

fn length(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// `identity` was asked for. What is packed may be a thousand times larger than it looks.
fn is_packed(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(header::CONTENT_ENCODING);
    codings.iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
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
    Some(date(text)? - server_date(headers)?).filter(|wait| *wait > TimeDelta::zero())
}

/// How far our clock is ahead of the server's `Date` (RFC 9110 §6.6.1), where that matters.
fn clock_skew(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    clock_ahead(headers, now).filter(|skew| skew.abs() > SKEW_TOLD)
}

fn clock_ahead(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    Some(now - server_date(headers)?)
}

fn server_date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    date(headers.get(header::DATE)?.to_str().ok()?)
}

fn date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text.trim()).ok().map(|date| date.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    const DATE: (header::HeaderName, &str) = (header::DATE, "Sun, 22 Nov 2026 05:42:00 GMT");

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_servers_clock() {
        let seconds = |pairs: &[_]| retry_after(&headers(pairs)).map(|wait| wait.num_seconds());
        assert_eq!(seconds(&[(header::RETRY_AFTER, "60")]), Some(60));
        assert_eq!(seconds(&[DATE, (header::RETRY_AFTER, "Sun, 22 Nov 2026 05:44:00 GMT")]), Some(120));
        for odd in ["-1", "abc", ""] {
            assert_eq!(seconds(&[DATE, (header::RETRY_AFTER, odd)]), None, "{odd}");
        }
    }

    #[test]
    fn a_clock_is_told_from_five_minutes_on() {
        let skew = |now: &str| {
            let now = DateTime::parse_from_rfc3339(now).unwrap().with_timezone(&Utc);
            clock_skew(&headers(&[DATE]), now).map(|skew| skew.num_minutes())
        };
        assert_eq!(skew("2026-11-22T05:46:59Z"), None);
        assert_eq!(skew("2026-11-22T07:42:00Z"), Some(120));
        assert_eq!(skew("2026-11-22T03:42:00Z"), Some(-120));
        assert_eq!(clock_skew(&headers(&[]), DateTime::UNIX_EPOCH), None);
        assert_eq!(clock_skew(&headers(&[(header::DATE, "yesterday")]), DateTime::UNIX_EPOCH), None);
    }
}
