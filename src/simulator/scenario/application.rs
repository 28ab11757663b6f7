//! App registrations of a scenario.

use serde::Deserialize;

use super::Moment;
use crate::simulator::certificate::Certificate;

/// An app registration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Application (client) ID, a GUID.
    pub client_id: String,
    /// The name that the consent page shows.
    pub name: String,
    /// Domain of the home tenant.
    pub tenant: String,
    /// Whether people of other tenants may sign in (`AzureADMultipleOrgs`).
    #[serde(default)]
    pub multitenant: bool,
    /// "Allow public client flows" (`isFallbackPublicClient`).
    #[serde(default)]
    pub public_client: bool,
    /// Where answers may be sent.
    pub redirect_uris: RedirectUris,
    /// Its client secrets.
    #[serde(default)]
    pub secrets: Vec<Secret>,
    /// Its certificates, for client assertions.
    #[serde(default)]
    pub certificates: Vec<Certificate>,
    /// Delegated permissions of the registration's own list, which `.default` and the first kind of administrator
    /// consent stand for.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// Application permissions of that list: what an administrator grants to the application itself.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// Redirect URIs by platform: the platform decides whether a secret is needed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedirectUris {
    /// "Web": a confidential client.
    pub web: Vec<String>,
    /// "Mobile and desktop applications": a public client.
    pub public: Vec<String>,
}

/// A client secret of a simulated application.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// The value. It opens nothing outside the simulation.
    pub value: String,
    /// When it stops working.
    pub end: Option<Moment>,
    /// Domains of the tenants in which it works; everywhere if none is named. The platform itself knows no such limit: it
    /// stands for whatever makes a new secret work in one tenant and not yet in another.
    #[serde(default)]
    pub tenants: Vec<String>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("end", &self.end).finish_non_exhaustive()
    }
}
