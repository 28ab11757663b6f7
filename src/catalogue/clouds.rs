//! Microsoft's clouds: which hosts belong together (Microsoft, "National clouds").

use url::Url;

use crate::domain::authority::AuthorityError;
use crate::domain::{Authority, Scope};

/// One cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cloud {
    /// Name on the command line and in records.
    pub name: &'static str,
    /// Name in sentences.
    pub title: &'static str,
    /// Host of the login service.
    pub login: &'static str,
    /// Other hosts of the same login service, out of use or for other purposes: recognised, never used.
    pub login_aliases: &'static [&'static str],
    /// Host of Graph.
    pub graph: &'static str,
    /// Host of Exchange Online: the resource of its application permissions, and its IMAP server.
    pub exchange: Fact,
    /// Host to which mail programs submit by SMTP.
    pub smtp: Fact,
    /// Host of the portal in which apps are registered.
    pub portal: &'static str,
    /// Page on which the browser of a public client ends.
    pub native_redirect: Fact,
}

/// A value of the table, and how far it can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// The value.
    pub value: &'static str,
    /// Where it comes from.
    pub evidence: Evidence,
}

/// How a value of the table is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Microsoft's documentation says so for this purpose.
    Documented,
    /// Seen in use elsewhere: offered with a remark, and nothing depends on it.
    Observed,
}

const fn documented(value: &'static str) -> Fact {
    Fact { value, evidence: Evidence::Documented }
}

const fn observed(value: &'static str) -> Fact {
    Fact { value, evidence: Evidence::Observed }
}

/// All of them, the usual one first. GCC (moderate) lives in the global cloud.
pub const CLOUDS: [Cloud; 4] = [
    Cloud {
        name: "global",
        title: "Global",
        login: "login.microsoftonline.com",
        login_aliases: &["login.windows.net", "login.microsoft.com", "sts.windows.net"],
        graph: "graph.microsoft.com",
        exchange: documented("outlook.office365.com"),
        smtp: documented("smtp.office365.com"),
        portal: "portal.azure.com",
        native_redirect: documented("https://login.microsoftonline.com/common/oauth2/nativeclient"),
    },
    Cloud {
        name: "gcc-high",
        title: "US Government GCC High",
        login: "login.microsoftonline.us",
        login_aliases: &[],
        graph: "graph.microsoft.us",
        exchange: observed("outlook.office365.us"),
        smtp: observed("smtp.office365.us"),
        portal: "portal.azure.us",
        native_redirect: observed("https://login.microsoftonline.us/common/oauth2/nativeclient"),
    },
    Cloud {
        name: "dod",
        title: "US Government DoD",
        login: "login.microsoftonline.us",
        login_aliases: &[],
        graph: "dod-graph.microsoft.us",
        // Documented as a mail host; as a resource it is seen nowhere.
        exchange: observed("outlook-dod.office365.us"),
        smtp: observed("outlook-dod.office365.us"),
        portal: "portal.azure.us",
        native_redirect: observed("https://login.microsoftonline.us/common/oauth2/nativeclient"),
    },
    Cloud {
        name: "china",
        title: "China (21Vianet)",
        login: "login.partner.microsoftonline.cn",
        // Still printed by some pages of the documentation; the same service under its old name.
        login_aliases: &["login.chinacloudapi.cn"],
        graph: "microsoftgraph.chinacloudapi.cn",
        exchange: observed("partner.outlook.cn"),
        smtp: observed("smtp.partner.outlook.cn"),
        portal: "portal.azure.cn",
        native_redirect: observed("https://login.partner.microsoftonline.cn/common/oauth2/nativeclient"),
    },
];

impl Cloud {
    /// The cloud of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        CLOUDS.iter().find(|cloud| cloud.name == name)
    }

    /// The cloud of an authority, if it is in the table.
    pub fn of(authority: &Authority) -> Option<&'static Self> {
        Self::named(&authority.cloud)
    }

    /// Its login and Graph services.
    pub fn authority(&self) -> Authority {
        let url = |host: &str| Url::parse(&format!("https://{host}")).expect("hosts of the table are hosts");
        Authority { cloud: self.name.to_owned(), login: url(self.login), graph: url(self.graph) }
    }
}

/// What an address typed as a login service of one's own turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognised {
    /// The login service of this cloud.
    Login(&'static Cloud),
    /// The login service of this cloud under another name of its.
    Alias(&'static Cloud),
    /// The login service that two clouds share: the address does not tell which.
    Shared,
}

/// Whether `login` is the login service of a cloud in the table: it is then no authority of one's own.
pub fn recognise(login: &Url) -> Option<Recognised> {
    let host = login.host_str()?;
    let mut owners = CLOUDS.iter().filter(|cloud| cloud.login == host);
    match (owners.next(), owners.next()) {
        (Some(_), Some(_)) => Some(Recognised::Shared),
        (Some(cloud), None) => Some(Recognised::Login(cloud)),
        (None, _) => {
            let alias = CLOUDS.iter().find(|cloud| cloud.login_aliases.contains(&host));
            alias.map(Recognised::Alias)
        }
    }
}

/// An authority that was typed, and what it turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedAuthority {
    /// That of the recognised cloud, else one of one's own.
    pub authority: Authority,
    /// The cloud that it is.
    pub recognised: Option<Recognised>,
}

/// Why a typed authority is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TypedAuthorityError {
    /// It is no authority at all.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// Two clouds have this login service.
    #[error("two clouds share this login service: choose the cloud by name, gcc-high or dod")]
    Shared,
}

/// Reads an authority that was typed. The login service of a cloud is that cloud, since Graph and all that is known of
/// it belong together; a Graph address given with it tells apart what shares one.
pub fn typed_authority(login: &str, graph: Option<&str>) -> Result<TypedAuthority, TypedAuthorityError> {
    let own = Authority::custom(login, graph)?;
    let recognised = recognise(&own.login);
    let by_graph = |cloud: &&Cloud| cloud.login == own.host() && Some(cloud.graph) == own.graph.host_str();
    let cloud = match recognised {
        Some(Recognised::Shared) => match CLOUDS.iter().find(by_graph) {
            Some(cloud) => cloud,
            None => return Err(TypedAuthorityError::Shared),
        },
        Some(Recognised::Login(cloud) | Recognised::Alias(cloud)) => cloud,
        None => return Ok(TypedAuthority { authority: own, recognised: None }),
    };
    Ok(TypedAuthority { authority: cloud.authority(), recognised })
}

/// What permissions belong to: `.default` names all of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Microsoft Graph.
    Graph,
    /// Exchange Online: IMAP, POP, SMTP, EWS.
    Exchange,
}

impl Resource {
    /// All of them, the usual one first.
    pub const ALL: [Self; 2] = [Self::Graph, Self::Exchange];

    /// Its name in sentences.
    pub fn title(self) -> &'static str {
        match self {
            Self::Graph => "Microsoft Graph",
            Self::Exchange => "Exchange Online",
        }
    }

    /// `{resource}/.default` in the cloud of `authority`; outside the table Exchange is that of the global cloud.
    pub fn default_scope(self, authority: &Authority) -> Scope {
        let base = match self {
            Self::Graph => authority.graph.as_str().trim_end_matches('/').to_owned(),
            Self::Exchange => format!("https://{}", exchange_of(authority).value),
        };
        Scope::parse(&format!("{base}/.default")).expect("an address is a scope token")
    }

    /// How the resource's address is known in the cloud of `authority`.
    pub fn evidence(self, authority: &Authority) -> Evidence {
        match self {
            Self::Graph => Evidence::Documented,
            Self::Exchange => exchange_of(authority).evidence,
        }
    }
}

fn exchange_of(authority: &Authority) -> Fact {
    Cloud::of(authority).unwrap_or(&CLOUDS[0]).exchange
}

/// Hosts for IMAP and for SMTP in the cloud of `authority`; outside the table those of the global cloud.
pub fn mail_hosts(authority: &Authority) -> (Fact, Fact) {
    let cloud = Cloud::of(authority).unwrap_or(&CLOUDS[0]);
    (cloud.exchange, cloud.smtp)
}

/// The page on which a public client's browser ends: that of the cloud, outside the clouds where it would be there.
pub fn native_redirect(authority: &Authority) -> String {
    match Cloud::of(authority) {
        Some(cloud) => cloud.native_redirect.value.to_owned(),
        None => format!("{}/common/oauth2/nativeclient", authority.login.as_str().trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cloud_makes_an_authority_that_is_not_strict() {
        for cloud in &CLOUDS {
            assert!(!cloud.authority().is_strict(), "{}", cloud.name);
            assert_eq!(Cloud::named(cloud.name), Some(cloud));
            assert_eq!(Cloud::of(&cloud.authority()), Some(cloud));
        }
    }

    #[test]
    fn a_public_client_ends_on_a_page_of_the_login_service() {
        for cloud in &CLOUDS {
            let page = Url::parse(&native_redirect(&cloud.authority())).unwrap();
            assert_eq!(page.host_str(), Some(cloud.login), "{}", cloud.name);
            assert!(page.path().ends_with("/common/oauth2/nativeclient"));
        }
        let own = Authority::custom("https://a.example/b", None).unwrap();
        assert_eq!(native_redirect(&own), "https://a.example/b/common/oauth2/nativeclient");
    }

    #[test]
    fn a_login_service_of_the_table_is_no_authority_of_ones_own() {
        let recognised = |address: &str| recognise(&Url::parse(address).unwrap());
        let china = Cloud::named("china").unwrap();
        assert_eq!(recognised("https://login.chinacloudapi.cn"), Some(Recognised::Alias(china)));
        assert_eq!(recognised("https://LOGIN.partner.microsoftonline.cn/"), Some(Recognised::Login(china)));
        assert_eq!(recognised("https://login.windows.net"), Some(Recognised::Alias(&CLOUDS[0])));
        assert_eq!(recognised("https://login.microsoftonline.us"), Some(Recognised::Shared));
        assert_eq!(recognised("https://login.example.com"), None);
    }

    #[test]
    fn a_typed_login_service_of_the_table_becomes_its_cloud() {
        let typed = |login: &str, graph: Option<&str>| typed_authority(login, graph).map(|own| own.authority);
        let china = Cloud::named("china").unwrap().authority();
        assert_eq!(typed("https://login.chinacloudapi.cn", None), Ok(china));
        assert_eq!(typed("https://login.microsoftonline.us", None), Err(TypedAuthorityError::Shared));
        let dod = Cloud::named("dod").unwrap().authority();
        assert_eq!(
            typed("https://login.microsoftonline.us", Some("https://dod-graph.microsoft.us")),
            Ok(dod)
        );
        assert_eq!(typed("https://login.example.com", None).unwrap().cloud, "custom");
        assert!(typed("login.example.com", None).is_err());
    }

    #[test]
    fn default_scopes_follow_the_cloud() {
        let scopes = |name: &str| {
            let authority = Cloud::named(name).unwrap().authority();
            Resource::ALL.map(|resource| resource.default_scope(&authority).to_string())
        };
        assert_eq!(
            scopes("global"),
            ["https://graph.microsoft.com/.default", "https://outlook.office365.com/.default"]
        );
        assert_eq!(
            scopes("gcc-high"),
            ["https://graph.microsoft.us/.default", "https://outlook.office365.us/.default"]
        );
        assert_eq!(scopes("dod")[0], "https://dod-graph.microsoft.us/.default");
        assert_eq!(scopes("china")[0], "https://microsoftgraph.chinacloudapi.cn/.default");
    }

    #[test]
    fn only_the_global_address_of_exchange_is_documented_as_a_resource() {
        for cloud in &CLOUDS {
            let documented = Resource::Exchange.evidence(&cloud.authority()) == Evidence::Documented;
            assert_eq!(documented, cloud.name == "global", "{}", cloud.name);
        }
    }
}
