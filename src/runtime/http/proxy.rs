//! Which requests take the way through a proxy, and how it is named without its password.

use std::ffi::OsString;
use std::fmt;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use crate::domain::authority::is_loopback;
use crate::sanitize::sanitize;

use super::words::{self, SendError};

/// The variables that name a proxy for https, the first that is set counts.
const NAMES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The variables that name what is reached without one.
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// A proxy. `Debug` and `Display` show host and port, never user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    address: Url,
    shown: String,
    variable: &'static str,
}

impl Proxy {
    /// Reads an address: `http://user:password@host:port`, where scheme, user and port may be missing. The scheme may also
    /// be `https`, `socks5`, or `socks5h`, where the proxy looks the names up. `variable` named it.
    pub fn parse(text: &str, variable: &'static str) -> Option<Self> {
        let text = text.trim();
        let address = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let mut address = Url::parse(&address).ok()?;
        let usual = match address.scheme() {
            "http" => 80,
            "https" => 443,
            "socks5" | "socks5h" => 1080,
            _ => return None,
        };
        let port = address.port().unwrap_or(usual);
        address.set_port(Some(port)).ok()?;
        let shown = sanitize(&format!("{}:{port}", address.host_str()?), 120);
        Some(Self { address, shown, variable })
    }

    /// The variable that names it.
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// As the HTTP client takes it.
    pub(super) fn for_client(&self) -> Result<reqwest::Proxy, SendError> {
        reqwest::Proxy::https(self.address.clone()).map_err(|_| words::no_tls())
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Proxy").field(&self.shown).finish()
    }
}

/// What the environment says of proxies.
#[derive(Debug, Clone, Default)]
pub struct ProxyRules {
    proxy: Named,
    exceptions: String,
}

/// The proxy that is named.
#[derive(Debug, Clone, Default)]
enum Named {
    #[default]
    Nowhere,
    /// By a variable that holds no address. Its value may hold a password and is not kept.
    Wrongly(&'static str),
    Here(Proxy),
}

impl ProxyRules {
    /// Reads `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or not. Nothing else can matter: plain http never
    /// leaves this machine.
    pub fn read(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let text = |name: &str| {
            variable(name).map(|value| value.to_string_lossy().trim().to_owned()).filter(|v| !v.is_empty())
        };
        let named = NAMES.into_iter().find_map(|name| Some((name, text(name)?)));
        let proxy = named.map_or(Named::Nowhere, |(name, value)| {
            Proxy::parse(&value, name).map_or(Named::Wrongly(name), Named::Here)
        });
        Self { proxy, exceptions: EXCEPTIONS.into_iter().find_map(text).unwrap_or_default() }
    }

    /// The proxy through which this address is reached; none for this machine itself and for the exceptions.
    pub fn proxy_for(&self, url: &Url) -> Result<Option<&Proxy>, SendError> {
        if is_loopback(url) || self.is_exception(url) {
            return Ok(None);
        }
        match &self.proxy {
            Named::Nowhere => Ok(None),
            Named::Here(proxy) => Ok(Some(proxy)),
            Named::Wrongly(variable) => Err(words::wrong_proxy(variable)),
        }
    }

    /// The rules of curl, as the HTTP client would apply them itself.
    fn is_exception(&self, url: &Url) -> bool {
        let anywhere = Matcher::builder().all("http://proxy.invalid").no(self.exceptions.as_str()).build();
        let Ok(address) = url.as_str().parse::<Uri>() else { return false };
        anywhere.intercept(&address).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(pairs: &[(&str, &str)]) -> ProxyRules {
        ProxyRules::read(|name| pairs.iter().find(|(own, _)| *own == name).map(|(_, value)| value.into()))
    }

    fn way(pairs: &[(&str, &str)], url: &str) -> Option<String> {
        let url = Url::parse(url).unwrap();
        rules(pairs).proxy_for(&url).unwrap().map(ToString::to_string)
    }

    const LOGIN: &str = "https://login.contoso.example/token";

    #[test]
    fn the_variables_name_the_proxy_in_their_order() {
        let shown = |pairs: &[_]| way(pairs, LOGIN);
        assert_eq!(shown(&[]), None);
        assert_eq!(shown(&[("HTTPS_PROXY", ""), ("https_proxy", "http://b:2")]).as_deref(), Some("b:2"));
        assert_eq!(shown(&[("HTTPS_PROXY", "a:1"), ("https_proxy", "b:2")]).as_deref(), Some("a:1"));
        assert_eq!(shown(&[("all_proxy", "https://c.example")]).as_deref(), Some("c.example:443"));
        assert_eq!(shown(&[("ALL_PROXY", "http://[2001:db8::1]")]).as_deref(), Some("[2001:db8::1]:80"));
        assert_eq!(shown(&[("ALL_PROXY", "socks5h://127.0.0.1")]).as_deref(), Some("127.0.0.1:1080"));
        assert_eq!(shown(&[("HTTP_PROXY", "a:1"), ("http_proxy", "a:1")]), None);
    }

    #[test]
    fn exceptions_and_this_machine_take_no_proxy() {
        let proxy = ("HTTPS_PROXY", "proxy:8080");
        for loopback in
            ["http://127.0.0.1:8400/", "https://localhost/", "https://[::1]:9/", "http://127.9.9.9/"]
        {
            assert_eq!(way(&[proxy], loopback), None, "{loopback}");
        }
        for exceptions in ["contoso.example", ".contoso.example", "a, login.contoso.example", "*"] {
            assert_eq!(way(&[proxy, ("no_proxy", exceptions)], LOGIN), None, "{exceptions}");
        }
        for others in ["example.com", "toso.example.org", "10.0.0.0/8"] {
            assert!(way(&[proxy, ("NO_PROXY", others)], LOGIN).is_some(), "{others}");
        }
        assert_eq!(way(&[proxy, ("NO_PROXY", "10.0.0.0/8")], "https://10.1.2.3/"), None);
    }

    #[test]
    fn the_password_of_a_proxy_is_never_shown() {
        let rules = rules(&[("HTTPS_PROXY", "http://ops:TGSECRET@proxy.example:8080")]);
        let proxy = rules.proxy_for(&Url::parse(LOGIN).unwrap()).unwrap().unwrap();
        let shown = format!("{rules:?} {proxy} {proxy:?}");
        assert!(shown.contains("proxy.example:8080") && !shown.contains("TGSECRET"), "{shown}");
    }

    #[test]
    fn a_variable_without_an_address_is_told_without_its_value() {
        for wrong in ["http://ops:TG#SECRET@proxy:8080", "socks4://proxy:1080SECRET", "http://", "TG SECRET"]
        {
            let error = rules(&[("ALL_PROXY", wrong)]).proxy_for(&Url::parse(LOGIN).unwrap()).unwrap_err();
            let told = format!("{error:?}");
            assert!(told.contains("ALL_PROXY") && !told.contains("SECRET"), "{told}");
        }
    }
}
