//! Name lookup: bounded in time, never for this machine itself.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

/// Asks for the addresses of a host. It may block.
type Ask = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// How names become addresses.
#[derive(Clone)]
pub struct Lookup(Arc<Ask>);

impl Lookup {
    /// As this machine does it.
    pub fn system() -> Self {
        Self::with(|host| Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect()))
    }

    /// Another way. It is asked in a thread of its own.
    pub fn with(ask: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup")
    }
}

/// A name that has no address: of the server, or of the proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("name lookup failed for {host}")]
pub struct LookupError {
    /// The name.
    pub host: String,
    /// Why.
    pub fault: LookupFault,
}

/// Why there is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupFault {
    /// The name server, or this machine, knows none.
    NoAddress,
    /// Nobody answered in time.
    NoAnswer,
}

/// What the HTTP client asks.
pub(super) struct Resolver {
    lookup: Lookup,
    limit: Duration,
}

impl Resolver {
    pub(super) fn new(lookup: Lookup, limit: Duration) -> Self {
        Self { lookup, limit }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, limit, host) = (self.lookup.clone(), self.limit, name.as_str().to_owned());
        Box::pin(async move {
            let found = addresses(lookup, limit, host.clone()).await;
            Ok(found.map_err(|fault| LookupError { host, fault })?)
        })
    }
}

async fn addresses(lookup: Lookup, limit: Duration, host: String) -> Result<Addrs, LookupFault> {
    // RFC 6761 §6.3: whoever writes localhost means this machine, whatever a name server says.
    let found = if host.eq_ignore_ascii_case("localhost") {
        vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
    } else {
        ask(lookup, limit, host).await?
    };
    Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))))
}

/// The system's lookup cannot be called off: it has a thread of its own, which nobody awaits when the program ends.
async fn ask(lookup: Lookup, limit: Duration, host: String) -> Result<Vec<IpAddr>, LookupFault> {
    let (answer, answered) = oneshot::channel();
    let asking = move || {
        let _ = answer.send((lookup.0)(&host));
    };
    thread::Builder::new().name("name lookup".into()).spawn(asking).map_err(|_| LookupFault::NoAnswer)?;
    match tokio::time::timeout(limit, answered).await {
        Ok(Ok(Ok(found))) if !found.is_empty() => Ok(found),
        Ok(_) => Err(LookupFault::NoAddress),
        Err(_) => Err(LookupFault::NoAnswer),
    }
}
