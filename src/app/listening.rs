//! A listener for the browser's answer: how it stands, and what a person needs to reach it through a tunnel.

use super::{Failure, RequestId};

/// How the listener of a sign-in stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Listening {
    /// Nothing listens.
    #[default]
    Off,
    /// It was asked for.
    Starting(RequestId),
    /// It waits for the browser.
    On(RequestId, ListenerFacts),
    /// It could not listen; pasting goes on.
    Failed(Failure),
}

/// What is told of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerFacts {
    /// The port of both loopback addresses.
    pub port: u16,
    /// For a browser on the person's own computer.
    pub tunnel: Option<TunnelFacts>,
}

/// What a person needs for a tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TunnelFacts {
    /// User and host of this machine as `ssh` takes them, as far as they are known here.
    pub ssh_target: String,
    /// The one-time code that leads to the sign-in: jump hosts are shared.
    pub code: String,
    /// What has become of it.
    pub fate: GoFate,
}

/// What has become of the address with the one-time code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoFate {
    /// It waits to be opened.
    Open,
    /// It was opened, and led to the platform.
    Used,
    /// It was guessed at too often. The listener itself goes on.
    Closed,
}

/// What can be sent to a person who makes a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TunnelLine {
    /// The command that opens the tunnel.
    SshCommand,
    /// The address to be opened at the other end.
    GoAddress,
}

impl Listening {
    /// Whose listener it is, while there is one.
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::Starting(request) | Self::On(request, _) => Some(*request),
            Self::Off | Self::Failed(_) => None,
        }
    }

    /// What has become of the one-time address, where there is one.
    pub fn fate(&self) -> Option<GoFate> {
        Some(self.facts()?.tunnel.as_ref()?.fate)
    }

    /// What is told of it once it listens.
    pub fn facts(&self) -> Option<&ListenerFacts> {
        match self {
            Self::On(_, facts) => Some(facts),
            Self::Off | Self::Starting(_) | Self::Failed(_) => None,
        }
    }
}

impl ListenerFacts {
    /// Where PuTTY's tunnel ends (Destination), and `ssh -L`'s.
    pub fn destination(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The forwarding, as `-L` takes it.
    pub fn forwarding(&self) -> String {
        format!("{}:{}", self.port, self.destination())
    }

    /// The command that opens the tunnel, for the person's own computer.
    pub fn ssh_command(&self) -> Option<String> {
        Some(format!("ssh -L {} {}", self.forwarding(), self.tunnel.as_ref()?.ssh_target))
    }

    /// The address that leads to the sign-in, for the person's own browser.
    pub fn go_address(&self) -> Option<String> {
        Some(format!("http://localhost:{}/go/{}", self.port, self.tunnel.as_ref()?.code))
    }
}
