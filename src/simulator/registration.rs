//! Registrations as the platform applies them: tenant segments, redirect URIs, client authentication by secret.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use http::{Request, header};
use hyper::body::Bytes;
use url::{Url, form_urlencoded};

use super::assertion::JWT_BEARER;
use super::error::PlatformError;
use super::parameters::Parameters;
use super::scenario::{Application, Scenario, Secret, Tenant, User};

/// The tenant segment of an address, resolved: a domain and the ID behind it are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tenancy {
    /// `common` or `organizations`: the user's own tenant.
    Common,
    Organizations,
    /// One tenant, by ID.
    Tenant(String),
}

impl Tenancy {
    pub(super) fn of(segment: &str, scenario: &Scenario) -> Result<Self, PlatformError> {
        match segment {
            "common" => Ok(Self::Common),
            "organizations" => Ok(Self::Organizations),
            name => match scenario.tenant(name) {
                Some(tenant) => Ok(Self::Tenant(tenant.id.clone())),
                None => Err(PlatformError::new(90002)),
            },
        }
    }

    /// Whether users of that tenant may sign in here.
    pub(super) fn admits(&self, tenant: &Tenant) -> bool {
        match self {
            Self::Common | Self::Organizations => true,
            Self::Tenant(id) => *id == tenant.id,
        }
    }

    /// Refuses an application that does not exist in this tenant, or only at home.
    pub(super) fn accept(&self, application: &Application, scenario: &Scenario) -> Result<(), PlatformError> {
        if application.multitenant {
            return Ok(());
        }
        match self {
            Self::Common | Self::Organizations => Err(PlatformError::new(50194)),
            Self::Tenant(id) if *id == scenario.home(&application.tenant).id => Ok(()),
            Self::Tenant(_) => Err(unknown_application(&application.client_id)),
        }
    }

    /// The tenant in which this user gets tokens; guests are not simulated.
    pub(super) fn sign_in<'a>(
        &self,
        user: &User,
        scenario: &'a Scenario,
    ) -> Result<&'a Tenant, PlatformError> {
        let home = scenario.home(&user.tenant);
        if self.admits(home) { Ok(home) } else { Err(PlatformError::new(50020)) }
    }
}

pub(super) fn unknown_application(client_id: &str) -> PlatformError {
    let sentence = format!("The application with identifier '{client_id}' was not found in the directory.");
    PlatformError::new(700_016).saying(sentence)
}

/// Whether a client can keep a secret (RFC 6749 §2.1). The platform of the redirect URI decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientKind {
    Confidential,
    Public,
}

impl ClientKind {
    /// The kind that comes with a redirect URI, or `None` if it is not registered.
    pub(super) fn of_redirect(application: &Application, redirect_uri: &str) -> Option<Self> {
        let among = |registered: &[String]| registered.iter().any(|uri| is_same_redirect(uri, redirect_uri));
        if among(&application.redirect_uris.web) {
            Some(Self::Confidential)
        } else if among(&application.redirect_uris.public) {
            Some(Self::Public)
        } else {
            None
        }
    }

    /// The kind of an application where no redirect URI tells.
    pub(super) fn without_redirect(application: &Application) -> Self {
        let is_public = application.public_client || application.redirect_uris.web.is_empty();
        if is_public { Self::Public } else { Self::Confidential }
    }
}

/// Exact, except that the port of `localhost` does not count and an empty path is `/`.
fn is_same_redirect(registered: &str, sent: &str) -> bool {
    let (Ok(mut registered), Ok(mut sent)) = (Url::parse(registered), Url::parse(sent)) else { return false };
    for uri in [&mut registered, &mut sent] {
        if uri.scheme() == "http" && uri.host_str() == Some("localhost") {
            uri.set_port(None).expect("an http address has a port");
        }
    }
    registered == sent
}

/// How a client proved who it is (RFC 6749 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Authentication {
    Public,
    Secret,
    Certificate,
}

impl Authentication {
    /// The claim `appidacr`.
    pub(super) fn claim(self) -> &'static str {
        match self {
            Self::Public => "0",
            Self::Secret => "1",
            Self::Certificate => "2",
        }
    }
}

/// What a request brings as proof.
pub(super) enum Proof<'a> {
    Nothing,
    Secret(&'a str),
    Assertion(&'a str),
}

/// Client ID and proof as a token request carries them: in the form, or as HTTP Basic (RFC 6749 §2.3.1).
#[derive(Default)]
pub(super) struct Credentials {
    pub(super) client_id: Option<String>,
    secret: Option<String>,
    assertion: Option<String>,
    assertion_type: Option<String>,
}

impl Credentials {
    pub(super) fn read(request: &Request<Bytes>, form: &Parameters) -> Self {
        let basic = Self::basic(request).unwrap_or_default();
        Self {
            client_id: form.get("client_id").map(str::to_owned).or(basic.client_id),
            secret: form.get("client_secret").map(str::to_owned).or(basic.secret),
            assertion: form.get("client_assertion").map(str::to_owned),
            assertion_type: form.get("client_assertion_type").map(str::to_owned),
        }
    }

    fn basic(request: &Request<Bytes>) -> Option<Self> {
        let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
        let pair = String::from_utf8(STANDARD.decode(value.strip_prefix("Basic ")?).ok()?).ok()?;
        let (client_id, secret) = pair.split_once(':')?;
        let (client_id, secret) = (Some(form_decoded(client_id)), Some(form_decoded(secret)));
        Some(Self { client_id, secret, ..Self::default() })
    }

    /// The one way in which the client proves itself; more than one is refused (RFC 6749 §2.3).
    pub(super) fn proof(&self) -> Result<Proof<'_>, PlatformError> {
        match (&self.secret, &self.assertion, self.assertion_type.as_deref()) {
            (None, None, None) => Ok(Proof::Nothing),
            (Some(secret), None, None) => Ok(Proof::Secret(secret)),
            (None, Some(assertion), Some(JWT_BEARER)) => Ok(Proof::Assertion(assertion)),
            (None, Some(_), None) => Err(PlatformError::missing("client_assertion_type")),
            (None, None, Some(_)) => Err(PlatformError::missing("client_assertion")),
            (None, Some(_), Some(_)) => Err(PlatformError::new(9_002_313)
                .saying("The parameter 'client_assertion_type' has a value that is not supported.")),
            (Some(_), ..) => Err(PlatformError::new(9_002_313)
                .saying("The request holds both a client secret and a client assertion.")),
        }
    }
}

/// Checks a secret against those of the registration that work in this tenant; dates count from the first request.
pub(super) fn check_secret(
    secret: &str,
    application: &Application,
    (tenancy, scenario): (&Tenancy, &Scenario),
    (now, start): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), PlatformError> {
    let of_application = |sentence: &str| format!("{sentence} Application: '{}'.", application.client_id);
    let works_here = |known: &Secret| {
        let mut tenants = known.tenants.iter().map(|domain| scenario.home(domain));
        known.tenants.is_empty() || tenants.any(|tenant| tenancy.admits(tenant))
    };
    let known = application.secrets.iter().filter(|known| known.value == secret);
    let mut matching = known.filter(|known| works_here(known)).peekable();
    if matching.peek().is_none() {
        let sentence = of_application("The client secret is wrong. Send the secret's value, not its ID.");
        return Err(PlatformError::new(7_000_215).saying(sentence));
    }
    if !matching.any(|known| known.end.is_none_or(|end| now < end.counted_from(start))) {
        return Err(PlatformError::new(7_000_222).saying(of_application("The client secret has expired.")));
    }
    Ok(())
}

/// Undoes the form encoding that RFC 6749 §2.3.1 asks for inside HTTP Basic.
fn form_decoded(text: &str) -> String {
    form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_of_localhost_is_ignored() {
        assert!(is_same_redirect("http://localhost", "http://localhost:8400/"));
        assert!(is_same_redirect("http://localhost:1/callback", "http://localhost:2/callback"));
        assert!(!is_same_redirect("http://localhost/callback", "http://localhost/Callback"));
        assert!(!is_same_redirect("http://localhost/callback", "http://localhost/callback/"));
        assert!(!is_same_redirect("https://connect.example/a", "https://connect.example:8443/a"));
    }
}
