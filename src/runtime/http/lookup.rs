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

/// Why a host has no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// The name server, or this machine, knows no address.
    #[error("the name has no address")]
    NoAddress,
    /// Nobody answered in time.
    #[error("no name server answered")]
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
        Box::pin(async move { Ok(addresses(lookup, limit, host).await?) })
    }
}

async fn addresses(lookup: Lookup, limit: Duration, host: String) -> Result<Addrs, LookupError> {
    // RFC 6761 §6.3: whoever writes localhost means this machine, whatever a name server says.
    let found = if host.eq_ignore_ascii_case("localhost") {
        vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
    } else {
        ask(lookup, limit, host).await?
    };
    Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))))
}

/// The system's lookup cannot be called off: it has a thread of its own, which nobody awaits when the program ends.
async fn ask(lookup: Lookup, limit: Duration, host: String) -> Result<Vec<IpAddr>, LookupError> {
    let (answer, answered) = oneshot::channel();
    let asking = move || {
        let _ = answer.send((lookup.0)(&host));
    };
    thread::Builder::new().name("name lookup".into()).spawn(asking).map_err(|_| LookupError::NoAnswer)?;
    match tokio::time::timeout(limit, answered).await {
        Ok(Ok(Ok(found))) if !found.is_empty() => Ok(found),
        Ok(_) => Err(LookupError::NoAddress),
        Err(_) => Err(LookupError::NoAnswer),
    }
}
