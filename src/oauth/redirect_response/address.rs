//! An address taken apart without repair, and compared with the redirect address of the attempt (P7).
//!
//! The `url` crate mends what it reads as browsers do (backslashes, `0x7f.1`, `/a/../`); mended addresses must not
//! pass here, so the pasted side is compared as it stands.

use url::Url;

/// The four parts of an address as they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// Everything ahead of the query and the fragment.
    pub(super) base: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) fragment: Option<&'a str>,
}

impl<'a> Address<'a> {
    pub(super) fn split(text: &'a str) -> Self {
        let (rest, fragment) = cut(text, '#');
        let (base, query) = cut(rest, '?');
        Self { base, query, fragment }
    }

    /// Scheme of a base that has one, before the colon (RFC 3986 §3.1).
    pub(super) fn scheme(&self) -> Option<&'a str> {
        scheme(self.base)
    }

    /// The part between `//` and the path.
    pub(super) fn authority(&self) -> Option<&'a str> {
        let rest = self.base.strip_prefix(self.scheme()?)?.strip_prefix("://")?;
        rest.split('/').next()
    }

    /// `scheme://host:port` without user, path and parameters, and without a character that could mislead. Nothing
    /// where no server can be told, or where its name is so long that it may be something else.
    pub(super) fn safe_form(&self) -> Option<String> {
        let scheme = self.scheme().filter(|scheme| scheme.len() <= LONGEST_SCHEME);
        match (scheme, self.authority()) {
            (Some(scheme), Some(authority)) => Some(format!("{scheme}://{}", safe_server(authority)?)),
            (Some(scheme), None) if !self.has_port_for_scheme() => Some(format!("{scheme}:")),
            _ => {
                let head = self.base.split('/').next().filter(|head| head.contains(['.', ':']))?;
                safe_server(head)
            }
        }
    }

    /// `localhost:8401/` has the shape of scheme and path, but is host and port.
    fn has_port_for_scheme(&self) -> bool {
        let port = self.base.split_once(':').and_then(|(_, rest)| rest.split('/').next());
        port.is_some_and(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
    }
}

/// Long enough for every scheme in use, `msal` with a client ID (40 characters) included.
const LONGEST_SCHEME: usize = 40;

/// Parts between the dots of a host name may have 63 characters; names that people read have fewer.
const LONGEST_LABEL: usize = 30;

fn safe_server(authority: &str) -> Option<String> {
    let server = authority.rsplit('@').next()?;
    let is_short =
        server.len() <= 2 * LONGEST_LABEL && server.split('.').all(|label| label.len() <= LONGEST_LABEL);
    is_short.then(|| server.chars().map(plain).collect())
}

fn plain(c: char) -> char {
    if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']') { c } else { '?' }
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

pub(super) fn scheme(text: &str) -> Option<&str> {
    scheme_head(text).filter(|head| text[head.len()..].starts_with(':'))
}

/// What may be a scheme, whatever follows it. Looks no further than that: it is asked at every place of a long text.
pub(super) fn scheme_head(text: &str) -> Option<&str> {
    let more = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let end = text.find(|c| !more(c)).unwrap_or(text.len());
    text.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(&text[..end])
}

/// The redirect address that this attempt sent.
pub(super) struct Target<'u> {
    url: &'u Url,
}

impl<'u> Target<'u> {
    pub(super) fn new(url: &'u Url) -> Self {
        Self { url }
    }

    /// `host:port`, or the scheme where the redirect has no host.
    pub(super) fn name(&self) -> String {
        match (self.url.host_str(), self.url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => format!("{}:", self.url.scheme()),
        }
    }

    pub(super) fn path(&self) -> &str {
        self.url.path()
    }

    pub(super) fn scheme(&self) -> &str {
        self.url.scheme()
    }

    /// Whether a base is ours: scheme, host, port and path.
    pub(super) fn is(&self, base: &str) -> bool {
        if base.contains('\\') {
            return false;
        }
        let Some(scheme) = scheme(base).filter(|scheme| scheme.eq_ignore_ascii_case(self.url.scheme()))
        else {
            return self.is_without_scheme(base);
        };
        let rest = &base[scheme.len() + 1..];
        match (rest.strip_prefix("//"), self.url.has_host()) {
            (Some(rest), true) => self.is_place(rest),
            (None, false) => rest == self.url.path(),
            _ => false,
        }
    }

    /// Browsers hide the scheme, so `localhost:8400/` is enough.
    fn is_without_scheme(&self, base: &str) -> bool {
        self.url.has_host() && self.is_place(base.strip_prefix("//").unwrap_or(base))
    }

    /// Whether a text begins with our host and port, with or without the scheme.
    pub(super) fn begins(&self, text: &str) -> bool {
        let end = text.find(['/', '?', '#']).unwrap_or(text.len());
        self.url.has_host() && self.is_server(&text[..end])
    }

    fn is_place(&self, text: &str) -> bool {
        let (server, path) = text.split_at(text.find('/').unwrap_or(text.len()));
        self.is_server(server) && or_root(path) == or_root(self.url.path())
    }

    fn is_server(&self, server: &str) -> bool {
        let (host, port) = host_and_port(server);
        let port = match port {
            None | Some("") => default_port(self.url.scheme()),
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => match digits.parse() {
                Ok(port) => Some(port),
                Err(_) => return false,
            },
            Some(_) => return false,
        };
        self.is_host(host) && port == self.url.port_or_known_default()
    }

    fn is_host(&self, host: &str) -> bool {
        let ours = self.url.host_str().unwrap_or_default();
        host.eq_ignore_ascii_case(ours) || (is_loopback(ours) && is_loopback(host))
    }
}

/// A host in brackets keeps its colons.
fn host_and_port(server: &str) -> (&str, Option<&str>) {
    let after_brackets = server.rfind(']').map_or(0, |at| at + 1);
    match server[after_brackets..].find(':') {
        Some(colon) => (&server[..after_brackets + colon], Some(&server[after_brackets + colon + 1..])),
        None => (server, None),
    }
}

fn or_root(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// RFC 8252 §7.3: the three spellings of this computer.
fn is_loopback(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|known| host.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(redirect: &str, base: &str) -> bool {
        Target::new(&Url::parse(redirect).unwrap()).is(base)
    }

    #[test]
    fn loopback_spellings_are_one_host_where_ours_is_loopback() {
        for base in
            ["http://localhost:8400/", "http://127.0.0.1:8400", "HTTP://[::1]:8400/", "LOCALHOST:8400"]
        {
            assert!(is("http://localhost:8400/", base), "{base}");
        }
        assert!(!is("http://app.example:8400/", "http://localhost:8400/"));
        assert!(!is("http://localhost:8400/", "http://127.0.0.2:8400/"));
    }

    #[test]
    fn every_part_must_be_ours() {
        for base in [
            "https://localhost:8400/",
            "http://localhost:8401/",
            "http://localhost/",
            "http://localhost:18400/",
            "http://localhost:84000/",
            "http://localhost:/",
            "http://localhost:8400/admin",
            "http://localhost:8400//",
            "http://localhost:8400/./",
            "http://localhost.evil.example:8400/",
            "http://localhost.:8400/",
            "http://user@localhost:8400/",
            "http://@localhost:8400/",
            "http://localhost:8400@evil.example/",
            "http://localhost:8400\\",
            "http:\\\\localhost:8400/",
            "http:/localhost:8400/",
            "http:localhost:8400/",
            "http:///localhost:8400/",
            "http://%6cocalhost:8400/",
            "http://0x7f.1:8400/",
            "http://2130706433:8400/",
            "http://localhost:+8400/",
            "http://\u{ff4c}ocalhost:8400/",
            "localhost/",
        ] {
            assert!(!is("http://localhost:8400/", base), "{base}");
        }
    }

    #[test]
    fn backslash_never_passes_even_where_ours_has_one() {
        assert!(is("app:a/b", "app:a/b"));
        assert!(!is("app:a\\b", "app:a\\b"));
    }

    #[test]
    fn default_ports_may_be_written_or_left_out() {
        assert!(is("https://app.example/cb", "https://app.example:443/cb"));
        assert!(is("https://app.example/cb", "https://APP.example/cb"));
        assert!(is("https://app.example/cb", "app.example/cb"));
        assert!(is("http://localhost/", "http://localhost:80"));
        assert!(!is("https://app.example/cb", "https://app.example:80/cb"));
    }

    #[test]
    fn paths_are_compared_with_their_case() {
        assert!(!is("https://app.example/cb", "https://app.example/CB"));
        assert!(!is("https://app.example/cb", "https://app.example/cb/"));
        assert!(!is("https://app.example/cb", "https://app.example/"));
    }

    #[test]
    fn custom_schemes_are_compared_likewise() {
        assert!(is("msal1111://auth", "MSAL1111://auth"));
        assert!(is("msal1111://auth", "msal1111://auth/"));
        assert!(!is("msal1111://auth", "msal2222://auth"));
        assert!(is("urn:ietf:wg:oauth:2.0:oob", "urn:ietf:wg:oauth:2.0:oob"));
        assert!(!is("urn:ietf:wg:oauth:2.0:oob", "urn:ietf:wg:oauth:2.0:oob:auto"));
    }

    #[test]
    fn safe_form_names_the_server_and_nothing_else() {
        for (address, safe) in [
            ("http://localhost:8401/x?code=1", Some("http://localhost:8401")),
            ("http://localhost:8400@evil.example/", Some("http://evil.example")),
            ("https://a\u{430}b.example/", Some("https://a?b.example")),
            ("javascript:alert(1)//", Some("javascript:")),
            ("localhost:8401/", Some("localhost:8401")),
            ("file:///etc/x", Some("file://")),
            ("evil.example/cb", Some("evil.example")),
            ("evil.example:99/cb", Some("evil.example:99")),
            ("/admin?code=1", None),
            ("admin/?code=1", None),
            ("https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example/", None),
        ] {
            assert_eq!(Address::split(address).safe_form().as_deref(), safe, "{address}");
        }
    }
}
