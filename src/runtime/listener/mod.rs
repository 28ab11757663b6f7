//! The listener for the browser's answer (RFC 8252 §7.3): on this machine's loopback addresses, for one sign-in, only
//! while it is needed.
//!
//! `ports.rs` opens the sockets, `server.rs` bounds what may come through them, `gate.rs` judges each request and keeps
//! the answer, `go.rs` is the one-time address for a browser at the other end of a tunnel, `reply.rs` and `pages.rs`
//! are what a browser gets to see.

mod gate;
mod go;
mod here;
mod pages;
mod ports;
mod reply;
mod server;

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::app::{Failure, GoFate, ListenerFacts, TunnelFacts};
use crate::domain::secret::PastedText;
use crate::domain::{Capture, CodeAttemptFacts, ConnectionId, ListenAt, Overview, RedirectUri, ResponseMode};

use super::entropy;
use super::records::{self, RecordError};
use super::services::Services;
use gate::Gate;
use go::GoAddress;
use ports::Sockets;

/// What the listener waits for.
#[derive(Clone)]
pub struct Expected {
    /// The redirect URI that was sent, with its port.
    pub redirect_uri: RedirectUri,
    /// The `state` that was sent.
    pub state: String,
    /// How the platform was asked to answer.
    pub response_mode: ResponseMode,
    /// Where the one-time address leads.
    pub authorization_request: Url,
    /// The code of the one-time address; none without a tunnel.
    pub go_code: Option<String>,
}

/// What the listener bears.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long it listens at most: the life of the sign-in.
    pub life: Duration,
    /// How long after the answer a second delivery of it still gets a page.
    pub linger: Duration,
    /// How long the head of a request may take.
    pub head: Duration,
    /// How long a whole request may take.
    pub request: Duration,
    /// How many connections are served at the same time; one more takes the place of the oldest.
    pub connections: usize,
}

impl Limits {
    /// Those of a listener that lives so long at most.
    pub fn of_life(life: Duration) -> Self {
        Self {
            life,
            linger: Duration::from_millis(600),
            head: Duration::from_secs(5),
            request: Duration::from_secs(10),
            connections: 48,
        }
    }
}

/// What a listener tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The browser brought the answer: the whole address, or the body of the form. Told once.
    Redirected(PastedText),
    /// Something became of the one-time address.
    Go(GoFate),
}

/// Why nothing listens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// Not `http://localhost` or `http://127.0.0.1`.
    #[error("the redirect URI {0} leads to no port of this machine")]
    NotLoopback(String),
    /// No port stands in the redirect URI that was sent.
    #[error("this sign-in was begun without a port in its redirect URI")]
    NoPort,
    /// Another program has it, at one of the addresses at least.
    #[error("port {0} of this machine is taken by another program")]
    Taken(u16),
    /// The system does not allow it.
    #[error("port {port} of this machine cannot be listened on: {why}")]
    Refused {
        /// The port.
        port: u16,
        /// The system's words.
        why: String,
    },
    /// No port was free at both addresses.
    #[error("no port is free on this machine")]
    NoneFree,
}

impl ListenError {
    /// In two lines, the first of which names the port.
    pub fn failure(&self) -> Failure {
        let what_to_do = match self {
            Self::NotLoopback(_) => {
                "Paste the address (p). Only http://localhost and http://127.0.0.1 can be listened for."
            }
            Self::NoPort => "Paste the address (p), or give this sign-in up (X) and begin again (a).",
            Self::Taken(_) | Self::Refused { .. } => {
                "Paste the address (p), or register a redirect URI with another port (e)."
            }
            Self::NoneFree => "Paste the address (p).",
        };
        Failure::of_error(self, what_to_do)
    }
}

impl ListenError {
    /// The same for a port that was chosen here, since the registered redirect URI names none: the next sign-in chooses
    /// another.
    fn failure_of_chosen_port(&self) -> Failure {
        match self {
            Self::Taken(_) | Self::Refused { .. } => Failure::new(
                self.failure().what_happened,
                "Paste the address (p), or give this sign-in up (X) and begin again (a): it chooses another port.",
            ),
            Self::NotLoopback(_) | Self::NoPort | Self::NoneFree => self.failure(),
        }
    }
}

/// Sockets that are open and wait for [`Listener::serve`]. Dropping it closes them.
pub struct Listener {
    sockets: Sockets,
    gate: Arc<Gate>,
    limits: Limits,
    facts: ListenerFacts,
}

impl Listener {
    /// Opens both loopback addresses at the port of the redirect URI. Must be called inside a tokio runtime.
    pub fn bind(expected: Expected, limits: Limits) -> Result<Self, ListenError> {
        let port = match expected.redirect_uri.listen_at() {
            Some(ListenAt::Port(port)) => port,
            Some(ListenAt::AnyPort) => return Err(ListenError::NoPort),
            None => return Err(ListenError::NotLoopback(expected.redirect_uri.to_string())),
        };
        let tunnel = expected.go_code.clone().map(|code| TunnelFacts {
            ssh_target: here::ssh_target(),
            code,
            fate: GoFate::Open,
        });
        let sockets = Sockets::bind(port)?;
        let gate = Arc::new(Gate::new(expected, port));
        Ok(Self { sockets, gate, limits, facts: ListenerFacts { port, tunnel } })
    }

    /// What a person is told of it.
    pub fn facts(&self) -> &ListenerFacts {
        &self.facts
    }

    /// Serves until a moment after the answer has come, or to the end of its life. Dropping the future ends it at once.
    pub async fn serve(self, heard: impl FnMut(Heard) + Send) {
        server::serve(&self.sockets, &self.gate, self.limits, heard).await;
    }
}

impl Expected {
    /// What an attempt waits for.
    fn of(attempt: &CodeAttemptFacts, response_mode: ResponseMode, capture: Capture) -> Self {
        Self {
            redirect_uri: attempt.redirect_uri.clone(),
            state: attempt.state.clone(),
            response_mode,
            authorization_request: attempt.authorization_request.clone(),
            go_code: (capture == Capture::Tunnel).then(entropy::short_code),
        }
    }
}

/// A listener for the open sign-in of a connection. Must be called inside a tokio runtime.
pub fn for_sign_in(services: &Services, overview: &Overview, capture: Capture) -> Result<Listener, Failure> {
    let attempt = overview
        .open_code_attempt(services.clock.now())
        .ok_or_else(|| Failure::new("No sign-in is open.", "Begin one (a)."))?;
    let limits = Limits::of_life(services.clock.until(attempt.ends_at()));
    let expected = Expected::of(attempt, overview.settings.response_mode, capture);
    let is_chosen_here = overview.settings.redirect_uri.listen_at() == Some(ListenAt::AnyPort);
    Listener::bind(expected, limits)
        .map_err(|error| if is_chosen_here { error.failure_of_chosen_port() } else { error.failure() })
}

/// Why a sign-in did not begin.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BeginError {
    /// The record was not changed.
    #[error("the record was not changed")]
    Record(RecordError),
    /// No port.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

impl BeginError {
    /// In two lines.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Record(error) => error.failure(),
            Self::Listen(error) => error.failure(),
        }
    }
}

/// Begins a sign-in whose answer comes back like that: where something listens and the redirect URI names no port, a
/// free one is put into what is sent.
pub fn begin_attempt(
    services: &Services,
    id: &ConnectionId,
    capture: Capture,
) -> Result<Overview, BeginError> {
    let settings =
        services.vault.connection_by_id(id).map_err(|error| BeginError::Record(error.into()))?.settings;
    let any_port = settings.redirect_uri.listen_at() == Some(ListenAt::AnyPort);
    let redirect_uri = if capture.listens() && any_port {
        Some(settings.redirect_uri.with_port(ports::free()?))
    } else {
        None
    };
    records::begin_attempt(services, id, redirect_uri).map_err(BeginError::Record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_told_as_a_sentence_that_names_the_port() {
        let failure = ListenError::Taken(8400).failure();
        assert_eq!(failure.what_happened, "Port 8400 of this machine is taken by another program.");
        assert!(failure.what_to_do.contains("Paste"));
    }

    #[test]
    fn a_port_of_our_own_choice_that_is_taken_asks_for_no_other_registration() {
        let failure = ListenError::Taken(49_152).failure_of_chosen_port();
        assert_eq!(failure.what_happened, "Port 49152 of this machine is taken by another program.");
        assert!(failure.what_to_do.contains("begin again (a)") && !failure.what_to_do.contains("register"));
    }
}
