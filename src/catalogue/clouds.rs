//! Microsoft's clouds: which hosts belong together (Microsoft, "National clouds").

use url::Url;

use crate::domain::Authority;

/// One cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cloud {
    /// Name on the command line and in records.
    pub name: &'static str,
    /// Name in sentences.
    pub title: &'static str,
    /// Host of the login service.
    pub login: &'static str,
    /// Host of Graph.
    pub graph: &'static str,
}

/// All of them, the usual one first. GCC (moderate) lives in the global cloud.
pub const CLOUDS: [Cloud; 4] = [
    Cloud {
        name: "global",
        title: "Global",
        login: "login.microsoftonline.com",
        graph: "graph.microsoft.com",
    },
    Cloud {
        name: "gcc-high",
        title: "US Government GCC High",
        login: "login.microsoftonline.us",
        graph: "graph.microsoft.us",
    },
    Cloud {
        name: "dod",
        title: "US Government DoD",
        login: "login.microsoftonline.us",
        graph: "dod-graph.microsoft.us",
    },
    Cloud {
        name: "china",
        title: "China (21Vianet)",
        login: "login.partner.microsoftonline.cn",
        graph: "microsoftgraph.chinacloudapi.cn",
    },
];

impl Cloud {
    /// The cloud of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        CLOUDS.iter().find(|cloud| cloud.name == name)
    }

    /// Its login and Graph services.
    pub fn authority(&self) -> Authority {
        let url = |host: &str| Url::parse(&format!("https://{host}")).expect("hosts of the table are hosts");
        Authority { cloud: self.name.to_owned(), login: url(self.login), graph: url(self.graph) }
    }
}

/// The page of a login service on which a public client's browser ends; outside the clouds it is where it would be there.
pub fn native_redirect(login: &Url) -> String {
    format!("{}/common/oauth2/nativeclient", login.as_str().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cloud_makes_an_authority_that_is_not_strict() {
        for cloud in CLOUDS {
            assert!(!cloud.authority().is_strict(), "{}", cloud.name);
            assert_eq!(Cloud::named(cloud.name), Some(&cloud));
        }
    }

    #[test]
    fn a_public_client_ends_on_a_page_of_the_login_service() {
        let page = |login: &str| native_redirect(&Url::parse(login).unwrap());
        let wanted = "https://login.microsoftonline.us/common/oauth2/nativeclient";
        assert_eq!(page("https://login.microsoftonline.us"), wanted);
        assert_eq!(page("https://a.example/b"), "https://a.example/b/common/oauth2/nativeclient");
    }
}
