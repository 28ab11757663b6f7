//! What went wrong on the way, in two lines: what happened, what to do. The HTTP client's own texts hold addresses and
//! are not used.

use std::error::Error;
use std::io;

use humantime::format_duration;
use rustls::{AlertDescription, PeerIncompatible};
use url::Url;

use crate::sanitize::sanitize;

use super::Limits;
use super::certificate::{CertificateFault, RefusedCertificate, refusal};
use super::lookup::{LookupError, LookupFault};
use super::proxy::Proxy;
use super::trust::TrustError;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what_happened}")]
pub struct SendError {
    /// Whether the request may have reached the server.
    pub stage: SendStage,
    /// Where on the way it failed.
    pub hop: Hop,
    /// What happened, printable.
    pub what_happened: String,
    /// What to do.
    pub what_to_do: String,
}

/// How far a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendStage {
    /// No byte of it was sent.
    NotSent,
    /// It may have been sent; the answer was lost.
    Unanswered,
    /// There was an answer, but one that is not read: too long, or packed.
    Unreadable,
}

/// Where on the way a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hop {
    /// Before the first byte: a setting, or the request itself.
    Setting,
    /// A name has no address.
    Lookup,
    /// The proxy: its address, its login, its refusal.
    Proxy,
    /// No connection came about.
    Connection,
    /// It was not secured: certificates, or TLS itself.
    Tls,
    /// There, where the answer should come from.
    Answer,
}

impl SendError {
    fn new(stage: SendStage, what_happened: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        let (what_happened, what_to_do) = (what_happened.into(), what_to_do.into());
        Self { stage, hop: Hop::Answer, what_happened, what_to_do }
    }

    fn not_sent(hop: Hop, what_happened: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self { hop, ..Self::new(SendStage::NotSent, what_happened, what_to_do) }
    }
}

impl From<TrustError> for SendError {
    fn from(error: TrustError) -> Self {
        Self::not_sent(Hop::Tls, error.to_string(), error.what_to_do())
    }
}

/// The way a request takes, for sentences about it.
pub(super) struct Way {
    host: String,
    proxy: Option<Proxy>,
    limits: Limits,
}

impl Way {
    pub(super) fn new(url: &Url, proxy: Option<&Proxy>, limits: Limits) -> Self {
        Self { host: sanitize(url.host_str().unwrap_or(""), 100), proxy: proxy.cloned(), limits }
    }

    /// Whom we talk to first.
    fn first(&self) -> String {
        self.proxy.as_ref().map_or_else(|| self.host.clone(), |proxy| format!("the proxy {proxy}"))
    }

    pub(super) fn too_long(&self) -> SendError {
        SendError::new(
            SendStage::Unreadable,
            format!("the answer of {} is longer than any (1 MiB)", self.host),
            "Check the authority (e).",
        )
    }

    pub(super) fn head_too_long(&self) -> SendError {
        SendError::new(
            SendStage::Unreadable,
            format!("the head of the answer of {} is longer than any (64 KiB)", self.host),
            "Check the authority (e), and whether a proxy stands in between.",
        )
    }

    pub(super) fn packed(&self) -> SendError {
        SendError::new(
            SendStage::Unreadable,
            format!("the answer of {} is compressed, which was not asked for", self.host),
            "Check the authority (e), and whether a proxy stands in between.",
        )
    }
}

/// Plain http to another machine.
pub(super) fn plain_http(url: &Url) -> SendError {
    let host = sanitize(url.host_str().unwrap_or(""), 100);
    SendError::not_sent(
        Hop::Setting,
        format!("{host} is reached by https only; nothing was sent"),
        "Check the authority (e).",
    )
}

/// A token that no header can carry.
pub(super) fn odd_token() -> SendError {
    SendError::not_sent(
        Hop::Setting,
        "the token holds characters that no request can carry; nothing was sent",
        "Renew it, or sign in again (a).",
    )
}

/// The HTTP client could not be made.
pub(super) fn no_tls() -> SendError {
    TrustError::Tls.into()
}

/// A proxy's variable holds no address.
pub(super) fn wrong_proxy(variable: &str) -> SendError {
    SendError::not_sent(
        Hop::Proxy,
        format!("{variable} does not hold the address of a proxy"),
        "Write it as http://user:password@host:port, special characters of the password as %XX.",
    )
}

const AGAIN: &str = "Nothing is lost; it is tried again.";

/// The error in words.
pub(super) fn in_words(error: &reqwest::Error, way: &Way) -> SendError {
    if error.is_connect() {
        let (hop, (what_happened, what_to_do)) = unconnected(error, way);
        return SendError::not_sent(hop, what_happened, what_to_do);
    }
    if find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse_too_large) {
        return way.head_too_long();
    }
    let host = &way.host;
    let what_happened = if error.is_timeout() {
        format!("{host} did not finish its answer within {}", format_duration(way.limits.exchange))
    } else if find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) {
        format!("{host} did not answer in HTTP")
    } else {
        format!("the connection to {host} broke off before the answer")
    };
    SendError::new(SendStage::Unanswered, what_happened, AGAIN)
}

type Lines = (String, String);

fn lines(what_happened: String, what_to_do: impl Into<String>) -> Lines {
    (what_happened, what_to_do.into())
}

/// No connection came about: not one byte of the request was sent.
fn unconnected(error: &reqwest::Error, way: &Way) -> (Hop, Lines) {
    if let Some(tls) = find::<rustls::Error>(error) {
        return (Hop::Tls, refusal(tls).map_or_else(|| no_handshake(tls, way), certificate));
    }
    if let Some(error) = find::<LookupError>(error) {
        return (Hop::Lookup, no_address(error, way));
    }
    if let (Some(proxy), Some(fault)) = (&way.proxy, tunnel_fault(error)) {
        return (Hop::Proxy, no_tunnel(fault, proxy, &way.host));
    }
    let first = way.first();
    (Hop::Connection, no_connection(error, way, &first))
}

fn no_connection(error: &reqwest::Error, way: &Way, first: &str) -> Lines {
    if error.is_timeout() {
        return lines(
            format!("{first} did not answer within {}", format_duration(way.limits.connect)),
            "Check network, proxy and firewall.",
        );
    }
    match system_error(error) {
        Some(io::ErrorKind::ConnectionRefused) => {
            lines(format!("{first} refused the connection"), "Is the address right, and a firewall open?")
        }
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
            lines(format!("there is no way to {first}"), "Check the network of this machine.")
        }
        Some(
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof,
        ) => lines(
            format!("the connection to {} was cut before it was secured", way.host),
            "Does a firewall or a proxy in between allow that host?",
        ),
        _ => lines(format!("no connection to {first}"), "Check network, proxy and firewall."),
    }
}

fn no_address(error: &LookupError, way: &Way) -> Lines {
    let proxy = way.proxy.as_ref().filter(|_| error.host != way.host);
    let (whom, advice) = match proxy {
        Some(proxy) => (way.first(), format!("Is the name of the proxy right ({})?", proxy.variable())),
        None => {
            (error.host.clone(), "Is the name right? Where a proxy is needed, name it by HTTPS_PROXY.".into())
        }
    };
    match error.fault {
        LookupFault::NoAddress => lines(format!("name lookup failed for {}", sanitize(&whom, 120)), advice),
        LookupFault::NoAnswer => lines(
            format!("name lookup failed for {}: no name server answered", sanitize(&whom, 120)),
            "Check the network and the name server of this machine (/etc/resolv.conf).",
        ),
    }
}

/// What a proxy did instead of opening a tunnel (RFC 9110 §9.3.6, RFC 1928).
#[derive(Clone, Copy)]
enum TunnelFault {
    IsAway,
    WantsLogin,
    Refuses,
    HangsUp,
}

/// The errors of tunnels have no public type, but texts of their own.
fn tunnel_fault(error: &reqwest::Error) -> Option<TunnelFault> {
    causes(error).find_map(|cause| match cause.to_string().as_str() {
        "tunnel error: proxy authorization required" => Some(TunnelFault::WantsLogin),
        "tunnel error: unsuccessful" | "tunnel error: proxy response headers too long" => {
            Some(TunnelFault::Refuses)
        }
        "tunnel error: unexpected end of file" | "tunnel error: io error establishing tunnel" => {
            Some(TunnelFault::HangsUp)
        }
        socks => socks.strip_prefix("SOCKS error: ").map(socks_fault),
    })
}

fn socks_fault(text: &str) -> TunnelFault {
    match text {
        "failed to create underlying connection" => TunnelFault::IsAway,
        "io error during SOCKS handshake" => TunnelFault::HangsUp,
        "credentials not accepted" | "server does not support user/pass authentication" => {
            TunnelFault::WantsLogin
        }
        _ => TunnelFault::Refuses,
    }
}

fn no_tunnel(fault: TunnelFault, proxy: &Proxy, host: &str) -> Lines {
    let variable = proxy.variable();
    match fault {
        TunnelFault::IsAway => lines(
            format!("no connection to the proxy {proxy}"),
            format!("Is its address right ({variable}), and does it run?"),
        ),
        TunnelFault::WantsLogin => lines(
            format!("the proxy {proxy} wants a login, or another one"),
            format!("Write it into {variable}, as http://user:password@host:port."),
        ),
        TunnelFault::Refuses => lines(
            format!("the proxy {proxy} opened no way to {host}"),
            "Ask whoever runs the proxy to allow that host; what needs no proxy goes into NO_PROXY.",
        ),
        TunnelFault::HangsUp => lines(
            format!("the proxy {proxy} hung up"),
            format!("Is that a proxy ({variable}), and does it allow that host?"),
        ),
    }
}

fn certificate(refused: &RefusedCertificate) -> Lines {
    let host = &refused.host;
    match &refused.fault {
        CertificateFault::Expired { on, today } => lines(
            format!("the certificate of {host} expired on {on}"),
            format!("Set this machine's clock if it is wrong (it says {today}); else {host} must renew it."),
        ),
        CertificateFault::NotYetValid { from, today } => lines(
            format!("the certificate of {host} is valid only from {from}"),
            format!("Set this machine's clock: it says {today}."),
        ),
        CertificateFault::WrongHost { names } => lines(
            format!("the certificate is not that of {host}{}", of_whom(names)),
            "Check the authority (e), and whether a login page or a proxy stands in between.",
        ),
        CertificateFault::SelfSigned => lines(
            format!("the certificate of {host} is signed by itself"),
            "If it is to be trusted, name its file with ca_file in the configuration file.",
        ),
        CertificateFault::OfCa => lines(
            format!("{host} shows the certificate of a CA as its own"),
            "Give that server a certificate that the CA has signed (CA:FALSE).",
        ),
        CertificateFault::UnknownIssuer(issuer) => {
            let issuer = issuer.as_ref().map_or_else(String::new, |name| format!(", {name}"));
            lines(
                format!(
                    "the certificate of {host} is signed by a CA that this machine does not know{issuer}"
                ),
                "If your proxy reads along, name its CA with ca_file in the configuration file or SSL_CERT_FILE.",
            )
        }
        CertificateFault::Other => lines(
            format!("the certificate of {host} was not accepted"),
            "Check the authority (e), and whether a proxy reads along.",
        ),
    }
}

fn of_whom(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" but of {}", names.join(", ")) }
}

/// TLS was not agreed on; the certificate was not the reason.
fn no_handshake(error: &rustls::Error, way: &Way) -> Lines {
    let host = &way.host;
    match error {
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
        | rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::ServerDoesNotSupportTls12Or13,
        ) => lines(
            format!("{host} offers only an old TLS; this program needs 1.2 or 1.3"),
            "Whoever runs that host, or a proxy in between, must allow TLS 1.2.",
        ),
        rustls::Error::InvalidMessage(_) => lines(
            format!("{host} does not speak TLS there"),
            "Check address and port of the authority (e), and of the proxy.",
        ),
        _ => lines(
            format!("{host} and this program found no common TLS"),
            "Check the authority (e), and whether a proxy stands in between.",
        ),
    }
}

/// Every cause. An `io::Error` hides the error that it carries from `source`.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| {
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(carried) => Some(carried),
            None => cause.source(),
        }
    })
}

/// The first cause of that type.
fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// What the system said: the last one, as errors of the system are wrapped in others of their type.
fn system_error(error: &reqwest::Error) -> Option<io::ErrorKind> {
    causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last().map(io::Error::kind)
}
