//! The way in: how a connection comes by its first tokens. Chosen per connection, changeable at the moment of signing in.

use std::fmt;

use super::Authority;

/// How a connection comes by tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WayIn {
    /// A person signs in with a browser, which brings a code back (RFC 6749 §4.1).
    AuthorizationCode(Capture),
    /// A person enters a short code on another device (RFC 8628).
    DeviceCode,
    /// Nobody signs in: the client acts for itself (RFC 6749 §4.4).
    ClientCredentials,
}

/// How the browser's answer comes back here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Capture {
    /// The person copies the address on which the browser ends.
    #[default]
    Paste,
    /// A browser on this machine reaches a listener here (RFC 8252 §7.3).
    Loopback,
    /// The person's own browser reaches a listener here through `ssh -L`.
    Tunnel,
}

impl Default for WayIn {
    fn default() -> Self {
        Self::AuthorizationCode(Capture::Paste)
    }
}

impl WayIn {
    /// All of them, in the order offered.
    pub const ALL: [Self; 5] = [
        Self::AuthorizationCode(Capture::Paste),
        Self::AuthorizationCode(Capture::Tunnel),
        Self::AuthorizationCode(Capture::Loopback),
        Self::DeviceCode,
        Self::ClientCredentials,
    ];

    /// The word for it in records and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode(Capture::Paste) => "paste",
            Self::AuthorizationCode(Capture::Loopback) => "loopback",
            Self::AuthorizationCode(Capture::Tunnel) => "tunnel",
            Self::DeviceCode => "device-code",
            Self::ClientCredentials => "client-credentials",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == text)
    }

    /// A few words for it.
    pub fn title(self) -> &'static str {
        match self {
            Self::AuthorizationCode(Capture::Paste) => "browser, address pasted",
            Self::AuthorizationCode(Capture::Loopback) => "browser on this machine",
            Self::AuthorizationCode(Capture::Tunnel) => "browser, through an SSH tunnel",
            Self::DeviceCode => "device code",
            Self::ClientCredentials => "client credentials, nobody signs in",
        }
    }

    /// True if a person signs in: there is a user, and delegated permissions.
    pub fn is_delegated(self) -> bool {
        !matches!(self, Self::ClientCredentials)
    }

    /// True if the client proves nothing at this authority. Microsoft's clouds know the device code as a flow of public
    /// clients, whatever else the registration holds (AADSTS700025 otherwise), and its refresh tokens with it; elsewhere a
    /// confidential client proves itself here too (RFC 8628 §3.1, §3.4).
    pub fn is_public_client_at(self, authority: &Authority) -> bool {
        self == Self::DeviceCode && !authority.is_strict()
    }

    /// How the answer of the browser comes back, where a browser brings one.
    pub fn capture(self) -> Option<Capture> {
        match self {
            Self::AuthorizationCode(capture) => Some(capture),
            Self::DeviceCode | Self::ClientCredentials => None,
        }
    }
}

impl Capture {
    /// True if something has to listen on this machine.
    pub fn listens(self) -> bool {
        matches!(self, Self::Loopback | Self::Tunnel)
    }
}

impl fmt::Display for WayIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_is_read_as_it_is_written() {
        for way in WayIn::ALL {
            assert_eq!(WayIn::parse(way.as_str()), Some(way));
        }
        assert_eq!(WayIn::parse("password"), None);
    }

    #[test]
    fn device_code_is_for_public_clients_in_microsofts_clouds_only() {
        let mut authority = Authority::custom("https://login.example.com", None).unwrap();
        assert!(WayIn::ALL.iter().all(|way| !way.is_public_client_at(&authority)));
        "global".clone_into(&mut authority.cloud);
        let public = WayIn::ALL.into_iter().filter(|way| way.is_public_client_at(&authority));
        assert_eq!(public.collect::<Vec<_>>(), [WayIn::DeviceCode]);
    }
}
