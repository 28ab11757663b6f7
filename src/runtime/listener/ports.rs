//! The sockets: both loopback addresses at one port, and never any other address.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as StdListener};

use rustix::io::Errno;
use tokio::net::{TcpListener, TcpStream};

use super::ListenError;

/// Both addresses, or the one that this machine has.
pub(super) struct Sockets {
    v4: Option<TcpListener>,
    v6: Option<TcpListener>,
}

const LOOPBACKS: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// How often another port is tried where one of the two addresses is taken.
const TRIES: usize = 16;

impl Sockets {
    /// Opens them. Whoever holds one of the two could get what is meant for us, so it is both or none.
    pub(super) fn bind(port: u16) -> Result<Self, ListenError> {
        let [v4, v6] = LOOPBACKS.map(|address| open(address, port));
        let (v4, v6) = (v4?, v6?);
        if v4.is_none() && v6.is_none() {
            let why = "this machine has no loopback address".to_owned();
            return Err(ListenError::Refused { port, why });
        }
        let registered = |socket: Option<StdListener>| {
            let socket = socket
                .map(|socket| socket.set_nonblocking(true).and_then(|()| TcpListener::from_std(socket)));
            socket.transpose().map_err(|error| refused(port, &error))
        };
        Ok(Self { v4: registered(v4)?, v6: registered(v6)? })
    }

    /// The next connection to either.
    pub(super) async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = tokio::select! {
            Some(accepted) = accept(self.v4.as_ref()) => accepted?,
            Some(accepted) = accept(self.v6.as_ref()) => accepted?,
            else => return Err(io::ErrorKind::NotConnected.into()),
        };
        Ok(stream)
    }
}

async fn accept(socket: Option<&TcpListener>) -> Option<io::Result<(TcpStream, SocketAddr)>> {
    Some(socket?.accept().await)
}

/// A port that is free at both addresses now.
pub(super) fn free() -> Result<u16, ListenError> {
    for _ in 0..TRIES {
        let [Ok(v4), v6] = LOOPBACKS.map(|address| open(address, 0)) else { continue };
        // The system chooses for one of them; the other is asked for the same.
        let Some(first) = v4.or(v6.ok().flatten()) else { continue };
        let Ok(port) = first.local_addr().map(|address| address.port()) else { continue };
        drop(first);
        if LOOPBACKS.iter().all(|address| open(*address, port).is_ok()) {
            return Ok(port);
        }
    }
    Err(ListenError::NoneFree)
}

/// `None` where this machine does not have the address.
fn open(address: IpAddr, port: u16) -> Result<Option<StdListener>, ListenError> {
    match StdListener::bind((address, port)) {
        Ok(socket) => Ok(Some(socket)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(ListenError::Taken(port)),
        Err(error) => Err(refused(port, &error)),
    }
}

fn is_absent(error: &io::Error) -> bool {
    let absent = [Errno::ADDRNOTAVAIL, Errno::AFNOSUPPORT].map(Errno::raw_os_error);
    error.raw_os_error().is_some_and(|code| absent.contains(&code))
}

fn refused(port: u16, error: &io::Error) -> ListenError {
    ListenError::Refused { port, why: error.kind().to_string() }
}
