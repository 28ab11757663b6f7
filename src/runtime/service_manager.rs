//! The service manager that started this process, if one did: systemd's notify protocol.
//!
//! Only the process that was started speaks, and it never becomes another one: so `MAINPID` is never told, and a watchdog
//! that is meant for another process (`WATCHDOG_PID`) is left alone. Nobody listening is no error, and nobody is waited for:
//! the library's own `notify` would block as soon as a dozen messages lie unread, and the renewals with it.

use std::ffi::OsString;
use std::fmt::Write;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use sd_notify::NotifyState;

/// Who is told how the service stands.
#[derive(Debug, Clone)]
pub struct ServiceManager {
    /// Where it listens, if it does.
    socket: Option<OsString>,
    /// How often it wants to hear that the service is alive.
    alive_every: Option<Duration>,
    /// What it was told last.
    status: String,
}

impl ServiceManager {
    /// As the environment of the process says (`NOTIFY_SOCKET`, `WATCHDOG_USEC`).
    pub fn of_process() -> Self {
        let asked = sd_notify::watchdog_enabled().filter(|asked| !asked.is_zero());
        // Half of the time in which it must hear something, as sd_watchdog_enabled(3) advises.
        let alive_every = asked.map(|asked| asked / 2);
        Self { socket: std::env::var_os("NOTIFY_SOCKET"), alive_every, status: String::new() }
    }

    /// How often it wants to hear [`Self::alive`], if it does.
    pub fn alive_every(&self) -> Option<Duration> {
        self.alive_every
    }

    /// The service is up. False where the manager takes nothing for now: then it is to be told again.
    #[must_use]
    pub fn ready(&mut self, status: &str) -> bool {
        let is_taken = self.tell(&[NotifyState::Ready, NotifyState::Status(status)]);
        if is_taken {
            status.clone_into(&mut self.status);
        }
        is_taken
    }

    /// How it stands, in one line; told when it differs from what was told last. False as of [`Self::ready`].
    #[must_use]
    pub fn status(&mut self, status: &str) -> bool {
        let is_known = self.status == status || self.tell(&[NotifyState::Status(status)]);
        if is_known {
            status.clone_into(&mut self.status);
        }
        is_known
    }

    /// The service works. False as of [`Self::ready`].
    #[must_use]
    pub fn alive(&self) -> bool {
        self.tell(&[NotifyState::Watchdog])
    }

    /// The service ends.
    pub fn stopping(&mut self, status: &str) {
        self.tell(&[NotifyState::Stopping, NotifyState::Status(status)]);
        status.clone_into(&mut self.status);
    }

    /// True unless the manager has so much unread that it takes no more for now.
    fn tell(&self, states: &[NotifyState<'_>]) -> bool {
        let Some(socket) = &self.socket else { return true };
        let sent = send(socket, states);
        !sent.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}

/// One datagram, a line for each state, to a socket in the file system or (`@`) to an abstract one.
fn send(socket: &OsString, states: &[NotifyState<'_>]) -> io::Result<()> {
    let address = match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(socket)?,
    };
    let mut message = String::new();
    states.iter().for_each(|state| writeln!(message, "{state}").expect("a string takes all"));
    let own = UnixDatagram::unbound()?;
    own.set_nonblocking(true)?;
    own.send_to_addr(message.as_bytes(), &address).map(drop)
}
