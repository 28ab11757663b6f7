//! The audience of an access token: the one resource that takes it (RFC 8707 §2, RFC 9068 §3).

use std::fmt;

use url::Url;

use super::authority::is_guid;
use super::{Authority, Scope};

/// One resource. An access token is for one of them; a refresh token buys tokens for all that were consented.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Audience {
    /// Microsoft Graph, of whatever cloud.
    Graph,
    /// Exchange Online, of whatever cloud: IMAP, POP, SMTP, EWS.
    Exchange,
    /// Another resource.
    Other(ResourceId),
}

/// How scopes name a resource that is neither Graph nor Exchange: an address such as `https://contoso.crm.dynamics.com` or
/// `api://…`, without a slash at the end, its scheme and host in small letters; or an application ID.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(String);

/// The Graph services of the clouds.
pub(super) const GRAPH_HOSTS: [&str; 4] = [
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
];

/// The names under which Exchange Online is asked for in the clouds; the third occurs in admin consent.
const EXCHANGE_HOSTS: [&str; 7] = [
    "outlook.office.com",
    "outlook.office365.com",
    "ps.outlook.com",
    "outlook.office365.us",
    "outlook-dod.office365.us",
    "webmail.apps.mil",
    "partner.outlook.cn",
];

/// Application IDs of the two in every tenant: tokens may name them in place of an address.
const GRAPH_ID: &str = "00000003-0000-0000-c000-000000000000";
const EXCHANGE_ID: &str = "00000002-0000-0ff1-ce00-000000000000";

impl ResourceId {
    /// Reads the resource of a scope: an address of any scheme, or a GUID.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim_end_matches('/');
        if is_guid(text) {
            return Some(Self(text.to_ascii_lowercase()));
        }
        let (scheme, rest) = text.split_once("://")?;
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let good = !scheme.is_empty() && !host.is_empty() && Scope::parse(text).is_some();
        good.then(|| Self(format!("{}://{}{path}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase())))
    }

    /// As compared.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its host where it is an address, else all of it.
    fn short(&self) -> &str {
        let rest = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        rest.split(['/', ':']).next().filter(|host| !host.is_empty()).unwrap_or(&self.0)
    }
}

impl Audience {
    /// The audience of a permission; `None` for the OpenID Connect scopes, which belong to no resource. A bare name means
    /// Graph, and so does the address of the authority's own Graph.
    pub fn of_scope(scope: &Scope, authority: &Authority) -> Option<Self> {
        match scope.resource() {
            _ if scope.is_openid() => None,
            None => Some(Self::Graph),
            Some(resource) => Some(Self::at(resource, authority).unwrap_or(Self::Graph)),
        }
    }

    /// The audience that a claim `aud` or the resource of a scope names at an authority, which may have a Graph of its own;
    /// `None` for what is neither an address nor an ID.
    pub fn at(resource: &str, authority: &Authority) -> Option<Self> {
        let is_own_graph = Url::parse(resource).is_ok_and(|url| trimmed(&url) == trimmed(&authority.graph));
        if is_own_graph { Some(Self::Graph) } else { Self::of_resource(resource) }
    }

    /// The same wherever the authority is not known.
    pub fn of_resource(resource: &str) -> Option<Self> {
        let id = ResourceId::parse(resource)?;
        let host = id.0.strip_prefix("https://");
        Some(match (id.as_str(), host) {
            (GRAPH_ID, _) => Self::Graph,
            (EXCHANGE_ID, _) => Self::Exchange,
            (_, Some(host)) if GRAPH_HOSTS.contains(&host) => Self::Graph,
            (_, Some(host)) if EXCHANGE_HOSTS.contains(&host) => Self::Exchange,
            _ => Self::Other(id),
        })
    }

    /// Reads what [`Audience::as_str`] gives.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "graph" => Some(Self::Graph),
            "exchange" => Some(Self::Exchange),
            _ => match Self::of_resource(text)? {
                other @ Self::Other(_) => Some(other),
                Self::Graph | Self::Exchange => None,
            },
        }
    }

    /// The word of the command line and of records; the resource itself where it has no word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Graph => "graph",
            Self::Exchange => "exchange",
            Self::Other(resource) => resource.as_str(),
        }
    }

    /// Its name in sentences.
    pub fn title(&self) -> &str {
        match self {
            Self::Graph => "Microsoft Graph",
            Self::Exchange => "Exchange Online",
            Self::Other(resource) => resource.as_str(),
        }
    }

    /// Its name where there is little room.
    pub fn short(&self) -> &str {
        match self {
            Self::Graph => "Graph",
            Self::Exchange => "Exchange",
            Self::Other(resource) => resource.short(),
        }
    }
}

fn trimmed(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::clouds::{CLOUDS, Cloud, Resource};

    fn audience(scope: &str) -> Option<Audience> {
        Audience::of_scope(&Scope::parse(scope).unwrap(), &CLOUDS[0].authority())
    }

    fn other(resource: &str) -> Audience {
        Audience::Other(ResourceId(resource.to_owned()))
    }

    #[test]
    fn bare_names_are_graphs_and_openid_scopes_nobodys() {
        assert_eq!(audience("Mail.Send"), Some(Audience::Graph));
        assert_eq!(audience(".default"), Some(Audience::Graph));
        assert_eq!(audience("https://graph.microsoft.com/Mail.Send"), Some(Audience::Graph));
        assert_eq!(audience("HTTPS://Graph.Microsoft.com//.default"), Some(Audience::Graph));
        for openid in ["openid", "profile", "email", "OFFLINE_access"] {
            assert_eq!(audience(openid), None, "{openid}");
        }
    }

    #[test]
    fn all_names_of_exchange_are_one_audience() {
        for resource in [
            "https://outlook.office.com",
            "https://outlook.office365.com",
            "https://Outlook.Office365.com/",
            EXCHANGE_ID,
        ] {
            assert_eq!(audience(&format!("{resource}/IMAP.AccessAsUser.All")), Some(Audience::Exchange));
        }
    }

    #[test]
    fn another_resource_is_told_by_its_address() {
        assert_eq!(
            audience("https://Contoso.crm.dynamics.com/user_impersonation"),
            Some(other("https://contoso.crm.dynamics.com"))
        );
        assert_eq!(audience("api://1b2c/Access.All"), Some(other("api://1b2c")));
        assert_eq!(audience("https://a.example:8443/Api/x"), Some(other("https://a.example:8443/Api")));
        assert_eq!(
            audience("https://contoso.crm.dynamics.com/x").unwrap().short(),
            "contoso.crm.dynamics.com"
        );
        // A host that only begins or ends like one of the known ones is not it.
        for near in ["https://graph.microsoft.com.example/x", "https://outlook.office.com:444/x"] {
            assert!(matches!(audience(near), Some(Audience::Other(_))), "{near}");
        }
    }

    #[test]
    fn every_cloud_of_the_table_has_both_resources() {
        for cloud in &CLOUDS {
            let authority = cloud.authority();
            for (resource, expected) in
                [(Resource::Graph, Audience::Graph), (Resource::Exchange, Audience::Exchange)]
            {
                let scope = resource.default_scope(&authority);
                assert_eq!(Audience::of_scope(&scope, &authority), Some(expected), "{} {scope}", cloud.name);
            }
        }
        assert!(Cloud::named("global").is_some());
    }

    #[test]
    fn the_graph_of_an_authority_of_ones_own_is_graph() {
        let own = Authority::custom("http://127.0.0.1:8080", None).unwrap();
        let of = |scope: &str| Audience::of_scope(&Scope::parse(scope).unwrap(), &own);
        assert_eq!(of("http://127.0.0.1:8080/Mail.Read"), Some(Audience::Graph));
        assert!(matches!(of("http://127.0.0.1:8081/Mail.Read"), Some(Audience::Other(_))));
    }

    #[test]
    fn words_and_addresses_come_back() {
        for audience in [Audience::Graph, Audience::Exchange, other("https://a.example/b")] {
            assert_eq!(Audience::parse(audience.as_str()), Some(audience.clone()));
        }
        for unknown in ["", "imap", "https://", "Graph", "https://graph.microsoft.com"] {
            assert_eq!(Audience::parse(unknown), None, "{unknown}");
        }
    }
}
