//! What an answer, or its absence, tells of the way to a host.

use chrono::TimeDelta;
use url::Url;

use crate::domain::authority::is_loopback;
use crate::domain::checkup::{Check, Finding};
use crate::oauth::token_answer::HttpAnswer;
use crate::runtime::http::proxy::Proxy;
use crate::runtime::http::{Hop, SendError};

/// The way to the host of `url`, hop by hop.
pub(super) fn findings(
    url: &Url,
    proxy: Result<Option<&Proxy>, SendError>,
    answer: &Result<HttpAnswer, SendError>,
) -> Vec<Finding> {
    let proxy = match proxy {
        Ok(proxy) => proxy,
        Err(error) => return stopped(Check::Proxy, &error),
    };
    // Whoever talks to a proxy needs the address of the proxy, and not that of the host.
    let broken = answer.as_ref().err().map(|error| (at(error.hop, proxy.is_some()), error));
    let mut findings: Vec<Finding> = WAY
        .into_iter()
        .map(|check| match broken {
            Some((own, error)) if own == check => failed(check, error),
            // Whoever waited in vain for an answer had come through to the host.
            Some((own, error)) if own < check && error.hop != Hop::Answer => {
                Finding::skipped(check, "not checked: no way led there")
            }
            _ => passed(check, url, proxy),
        })
        .collect();
    findings.push(clock(answer));
    findings
}

/// In the order in which a request meets them.
const WAY: [Check; 4] = [Check::NameLookup, Check::Proxy, Check::Connection, Check::Tls];

/// Which check a request failed at.
fn at(hop: Hop, by_proxy: bool) -> Check {
    match (hop, by_proxy) {
        (Hop::Proxy, _) | (Hop::Lookup | Hop::Connection, true) => Check::Proxy,
        (Hop::Lookup, false) => Check::NameLookup,
        (Hop::Connection | Hop::Setting | Hop::Answer, _) => Check::Connection,
        (Hop::Tls, _) => Check::Tls,
    }
}

fn failed(check: Check, error: &SendError) -> Finding {
    Finding::failed(check, &error.what_happened, &error.what_to_do)
}

fn stopped(check: Check, error: &SendError) -> Vec<Finding> {
    let rest = WAY.into_iter().chain([Check::Clock]).filter(|own| *own != check);
    let rest = rest.map(|own| Finding::skipped(own, "not checked: no way led there"));
    let mut findings: Vec<Finding> = rest.chain([failed(check, error)]).collect();
    findings.sort_by_key(|finding| finding.check);
    findings
}

fn passed(check: Check, url: &Url, proxy: Option<&Proxy>) -> Finding {
    let host = url.host_str().unwrap_or_default();
    match (check, proxy) {
        (Check::NameLookup, Some(_)) => Finding::skipped(check, "the proxy looks it up"),
        (Check::NameLookup, None) => Finding::ok(check, format!("{host} has an address")),
        (Check::Proxy, Some(proxy)) => Finding::ok(check, format!("{proxy}, named by {}", proxy.variable())),
        (Check::Proxy, None) => Finding::ok(check, "none is used"),
        (Check::Tls, _) if url.scheme() == "http" && is_loopback(url) => {
            Finding::skipped(check, "plain http, which stays on this machine")
        }
        (Check::Tls, _) => Finding::ok(check, "the certificate is trusted"),
        _ => Finding::ok(check, format!("{host} answers")),
    }
}

/// A clock that differs by less is right enough: the same limit as in every answer.
fn clock(answer: &Result<HttpAnswer, SendError>) -> Finding {
    let Ok(answer) = answer else { return Finding::skipped(Check::Clock, "not checked: no answer came") };
    match (answer.clock_ahead, answer.clock_skew) {
        (None, _) => Finding::skipped(Check::Clock, "not checked: the answer told no time"),
        (Some(ahead), None) => Finding::ok(Check::Clock, format!("{} s apart", ahead.num_seconds().abs())),
        (Some(_), Some(skew)) => {
            let way = if skew > TimeDelta::zero() { "ahead" } else { "behind" };
            Finding::warning(
                Check::Clock,
                format!("this machine's clock is {} min {way}", skew.num_minutes().abs()),
                "set it (NTP): lives are counted by it, and certificates and assertions depend on it",
            )
        }
    }
}
