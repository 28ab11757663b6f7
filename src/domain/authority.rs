//! Where sign-in happens and for whom: authority, tenant, application (client) ID.

use std::fmt;

use url::Url;
use uuid::Uuid;

/// Application (client) ID: the GUID that the portal shows on the registration's overview page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(Uuid);

impl ClientId {
    /// Reads a GUID, with or without braces, blanks around it ignored.
    pub fn parse(text: &str) -> Option<Self> {
        is_guid(text.trim()).then(|| Uuid::try_parse(text.trim()).ok().map(Self)).flatten()
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.hyphenated())
    }
}

/// True for the 8-4-4-4-12 shape of a GUID, the shape that a secret's *ID* has as well.
pub fn is_guid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// The sign-in service of a cloud, with the Graph service that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Name of the row in the cloud table (`global`, `gcc-high`, …), or `custom`.
    pub cloud: String,
    /// Scheme, host and base path before `/{tenant}/oauth2/v2.0/…`; no slash at the end.
    pub login: Url,
    /// Scheme and host of Graph.
    pub graph: Url,
}

/// The cloud name of an authority that is outside the cloud table.
pub const CUSTOM_CLOUD: &str = "custom";

/// Why an authority address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// Not an absolute http(s) address, or one with user, query or fragment.
    #[error("an authority is an address such as https://login.example.com, without query or fragment")]
    NotAnAuthority,
    /// Plain http leaves the machine.
    #[error("plain http is accepted for a loopback address only")]
    PlainHttp,
}

impl Authority {
    /// An authority outside the cloud table. Graph defaults to the same address.
    pub fn custom(login: &str, graph: Option<&str>) -> Result<Self, AuthorityError> {
        let login = parse_base(login)?;
        let graph = graph.map_or_else(|| Ok(login.clone()), parse_base)?;
        Ok(Self { cloud: CUSTOM_CLOUD.to_owned(), login, graph })
    }

    /// Outside the cloud table: rotation may revoke the refresh token just used, so it is never replayed.
    pub fn is_strict(&self) -> bool {
        self.cloud == CUSTOM_CLOUD
    }

    /// `{login}/{tenant}/oauth2/v2.0/{endpoint}`.
    pub fn endpoint(&self, tenant: &Tenant, endpoint: &str) -> Url {
        let base = self.login.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/{tenant}/oauth2/v2.0/{endpoint}"))
            .expect("an authority and a tenant have been checked to make an address")
    }

    /// `{login}/{tenant}/v2.0/.well-known/openid-configuration`: what the platform tells of a tenant to everybody.
    pub fn discovery_document(&self, tenant: &Tenant) -> Url {
        let base = self.login.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/{tenant}/v2.0/.well-known/openid-configuration"))
            .expect("an authority and a tenant have been checked to make an address")
    }

    /// `{login}/{tenant}/v2.0/adminconsent`: without `oauth2`, unlike the other endpoints.
    pub fn admin_consent_page(&self, tenant: &Tenant) -> Url {
        let base = self.login.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/{tenant}/v2.0/adminconsent"))
            .expect("an authority and a tenant have been checked to make an address")
    }

    /// Host of the login service, for sentences.
    pub fn host(&self) -> &str {
        self.login.host_str().unwrap_or("")
    }
}

fn parse_base(text: &str) -> Result<Url, AuthorityError> {
    let url = Url::parse(text.trim()).map_err(|_| AuthorityError::NotAnAuthority)?;
    let plain = url.query().is_none() && url.fragment().is_none() && is_without_login(&url);
    if url.host_str().is_none() || !plain || !matches!(url.scheme(), "http" | "https") {
        return Err(AuthorityError::NotAnAuthority);
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(AuthorityError::PlainHttp);
    }
    Ok(url)
}

fn is_without_login(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

/// True for localhost and the loopback addresses.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The id of the tenant that all personal accounts belong to: the same as `consumers`.
const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// What a tenant segment names (Microsoft, "Microsoft identity platform endpoints").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantForm {
    /// `common`: accounts of any organization, and personal ones.
    Common,
    /// `organizations`: accounts of any organization.
    Organizations,
    /// `consumers`, or the id of the tenant of personal accounts.
    Consumers,
    /// One directory by its id.
    Id,
    /// One directory by a verified domain.
    Domain,
}

/// The tenant segment of the endpoints: an id, a verified domain, or one of the three common words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tenant(String);

impl Tenant {
    /// Reads a tenant: a GUID, a domain name, `common`, `organizations` or `consumers`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let word = matches!(text.as_str(), "common" | "organizations" | "consumers");
        (word || is_guid(&text) || is_domain(&text)).then_some(Self(text))
    }

    /// Accounts of any organization: what a multitenant registration starts from.
    pub fn organizations() -> Self {
        Self("organizations".to_owned())
    }

    /// Which kind of segment it is.
    pub fn form(&self) -> TenantForm {
        match self.0.as_str() {
            "common" => TenantForm::Common,
            "organizations" => TenantForm::Organizations,
            "consumers" | PERSONAL_ACCOUNTS => TenantForm::Consumers,
            text if is_guid(text) => TenantForm::Id,
            _ => TenantForm::Domain,
        }
    }

    /// True where the segment names one directory, not a class of them.
    pub fn is_specific(&self) -> bool {
        matches!(self.form(), TenantForm::Id | TenantForm::Domain)
    }

    /// True where personal accounts may sign in.
    pub fn takes_personal_accounts(&self) -> bool {
        matches!(self.form(), TenantForm::Common | TenantForm::Consumers)
    }

    /// The segment as it stands in addresses.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_id_is_a_guid() {
        assert!(ClientId::parse(" 5D2F7A10-6b0e-4c7b-9a51-0f3c2f8e1b44 ").is_some());
        assert!(ClientId::parse("5d2f7a106b0e4c7b9a510f3c2f8e1b44").is_none());
        assert!(ClientId::parse("my-app").is_none());
    }

    #[test]
    fn tenant_is_a_guid_a_domain_or_a_word() {
        for good in
            ["common", "Organizations", "contoso.onmicrosoft.com", "9188040d-6c67-4c5b-b112-36a304b66dad"]
        {
            assert!(Tenant::parse(good).is_some(), "{good}");
        }
        for bad in ["", "contoso", "a b.com", "x/../y.com", ".com", "-a.com"] {
            assert!(Tenant::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_tenant_of_personal_accounts_is_no_single_directory() {
        let form = |text: &str| Tenant::parse(text).unwrap().form();
        assert_eq!(form("9188040D-6C67-4C5B-B112-36A304B66DAD"), TenantForm::Consumers);
        assert_eq!(form("consumers"), TenantForm::Consumers);
        assert_eq!(form("5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44"), TenantForm::Id);
        assert_eq!(form("contoso.onmicrosoft.com"), TenantForm::Domain);
        assert!(!Tenant::parse("9188040d-6c67-4c5b-b112-36a304b66dad").unwrap().is_specific());
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        assert!(Authority::custom("http://127.0.0.1:9/base", None).is_ok());
        assert!(Authority::custom("http://localhost:9", None).is_ok());
        assert_eq!(Authority::custom("http://login.example", None), Err(AuthorityError::PlainHttp));
        assert_eq!(Authority::custom("ftp://login.example", None), Err(AuthorityError::NotAnAuthority));
    }

    #[test]
    fn an_authority_holds_no_login() {
        for login in ["https://ops@login.example", "https://:secret@login.example"] {
            assert_eq!(Authority::custom(login, None), Err(AuthorityError::NotAnAuthority), "{login}");
        }
    }

    #[test]
    fn endpoint_keeps_the_base_path() {
        let authority = Authority::custom("https://login.example/base/", None).unwrap();
        let url = authority.endpoint(&Tenant::organizations(), "token");
        assert_eq!(url.as_str(), "https://login.example/base/organizations/oauth2/v2.0/token");
    }
}
