//! The redirect URI: where the browser ends, and exactly what must be registered in the portal.

use std::fmt;

use url::Url;

use super::authority::is_loopback;

/// An address that the portal accepts as a redirect URI (Microsoft's rules, RFC 8252 §7.3 for loopback).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUri {
    /// As the person wrote it and as it is registered: sent byte for byte.
    text: String,
    url: Url,
}

/// Why an address cannot be a redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// Not an absolute http(s) address.
    #[error("a redirect URI is a whole address such as http://localhost:8400/")]
    NotAnAddress,
    /// The platform accepts plain http for localhost only.
    #[error("the platform accepts http for localhost only; use https elsewhere")]
    PlainHttp,
    /// A fragment, a user name or one of the characters that the portal refuses.
    #[error("the portal refuses a fragment, a wildcard, and any of ! $ ' ( ) , ; in a redirect URI")]
    RefusedCharacters,
    /// Longer than 256 characters.
    #[error("the portal refuses a redirect URI of more than 256 characters")]
    TooLong,
    /// `[::1]` cannot be registered.
    #[error("[::1] cannot be registered; use localhost")]
    Ipv6,
}

/// The platform heading of the portal under which a redirect URI is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectPlatform {
    /// Confidential client: the secret is sent to the token endpoint.
    Web,
    /// Public client: no secret.
    MobileAndDesktop,
}

impl RedirectPlatform {
    /// The heading as the portal prints it.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Web => "Web",
            Self::MobileAndDesktop => "Mobile and desktop applications",
        }
    }
}

/// Where a listener on this machine is reached by a redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenAt {
    /// At the port that it names.
    Port(u16),
    /// At any port: it names none, and the platform does not compare the port of localhost.
    AnyPort,
}

impl RedirectUri {
    /// The default of a connection with a secret.
    pub const DEFAULT: &'static str = "http://localhost:8400/";

    /// Checks an address against the portal's rules.
    pub fn parse(text: &str) -> Result<Self, RedirectUriError> {
        let text = text.trim();
        if text.chars().count() > 256 {
            return Err(RedirectUriError::TooLong);
        }
        let url = Url::parse(text).map_err(|_| RedirectUriError::NotAnAddress)?;
        if url.host_str().is_none() || !matches!(url.scheme(), "http" | "https") {
            return Err(RedirectUriError::NotAnAddress);
        }
        if text.contains(|c: char| "!$'(),;*#\\".contains(c) || c.is_whitespace())
            || !url.username().is_empty()
        {
            return Err(RedirectUriError::RefusedCharacters);
        }
        if matches!(url.host(), Some(url::Host::Ipv6(_))) {
            return Err(RedirectUriError::Ipv6);
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(RedirectUriError::PlainHttp);
        }
        Ok(Self { text: text.to_owned(), url })
    }

    /// The address as registered and sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The parsed address, for comparing what comes back.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// True for the page on the login service on which the browser of a public client ends: it shows what comes back in
    /// its own address, and nowhere else.
    pub fn is_native_page(&self) -> bool {
        self.url.path().ends_with("/oauth2/nativeclient")
    }

    /// True if a listener on this machine can stand behind it: plain http of localhost.
    pub fn is_plain_loopback(&self) -> bool {
        self.url.scheme() == "http" && self.is_loopback()
    }

    /// True for localhost: the browser will say that it cannot reach the page, and that is right.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Where a listener on this machine would receive the answer (RFC 8252 §7.3); `None` where none can: TLS, another
    /// machine, or a loopback address other than the usual one.
    pub fn listen_at(&self) -> Option<ListenAt> {
        let is_here = match self.url.host() {
            Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(url::Host::Ipv4(address)) => address.octets() == [127, 0, 0, 1],
            Some(url::Host::Ipv6(_)) | None => false,
        };
        (is_here && self.url.scheme() == "http").then(|| match self.url.port() {
            Some(port) => ListenAt::Port(port),
            None => ListenAt::AnyPort,
        })
    }

    /// The same address at this port; all else stays as the person wrote it.
    #[must_use]
    pub fn with_port(&self, port: u16) -> Self {
        let host_at = self.text.find("://").map_or(0, |at| at + 3);
        let host_end =
            self.text[host_at..].find([':', '/', '?']).map_or(self.text.len(), |length| host_at + length);
        let rest_at =
            self.text[host_end..].find(['/', '?']).map_or(self.text.len(), |length| host_end + length);
        let text = format!("{}:{port}{}", &self.text[..host_end], &self.text[rest_at..]);
        let url = Url::parse(&text).expect("a redirect URI stays an address with another port");
        Self { text, url }
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_the_portal_accepts() {
        for good in
            [RedirectUri::DEFAULT, "http://localhost/myapp/", "https://apps.contoso.com/oauth/callback"]
        {
            assert!(RedirectUri::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn listens_on_plain_loopback_only() {
        let at = |text| RedirectUri::parse(text).unwrap().listen_at();
        assert_eq!(at("http://localhost:8400/"), Some(ListenAt::Port(8400)));
        assert_eq!(at("http://127.0.0.1:8400/cb"), Some(ListenAt::Port(8400)));
        assert_eq!(at("http://LOCALHOST/"), Some(ListenAt::AnyPort));
        assert_eq!(at("https://localhost:8400/"), None);
        assert_eq!(at("http://127.0.0.2:8400/"), None);
        assert_eq!(at("https://apps.contoso.com/"), None);
    }

    #[test]
    fn another_port_changes_nothing_else() {
        for (before, after) in [
            ("http://localhost", "http://localhost:49152"),
            ("http://localhost/", "http://localhost:49152/"),
            ("http://Localhost/myapp?x=a:b", "http://Localhost:49152/myapp?x=a:b"),
            ("http://localhost:80/cb", "http://localhost:49152/cb"),
            ("http://127.0.0.1?x=1", "http://127.0.0.1:49152?x=1"),
        ] {
            let moved = RedirectUri::parse(before).unwrap().with_port(49152);
            assert_eq!((moved.as_str(), moved.listen_at()), (after, Some(ListenAt::Port(49152))));
        }
    }

    #[test]
    fn refuses_what_the_portal_refuses() {
        use RedirectUriError as E;
        for (bad, why) in [
            ("localhost:8400", E::NotAnAddress),
            ("", E::NotAnAddress),
            ("http://apps.contoso.com/", E::PlainHttp),
            ("https://apps.contoso.com/#x", E::RefusedCharacters),
            ("https://apps.contoso.com/(x)", E::RefusedCharacters),
            ("http://[::1]:8400/", E::Ipv6),
        ] {
            assert_eq!(RedirectUri::parse(bad), Err(why), "{bad}");
        }
        assert_eq!(RedirectUri::parse(&format!("https://a.b/{}", "x".repeat(256))), Err(E::TooLong));
    }
}
