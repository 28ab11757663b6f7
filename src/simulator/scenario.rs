//! Scenarios: what the simulated tenants hold and which faults happen, as TOML.
//!
//! A scenario is parsed once and cannot refer to anything that it does not define. The files are in
//! `demo/scenarios/`; each begins by saying what it shows.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use thiserror::Error;
use uuid::Uuid;

pub use super::fault::Fault;
use super::scope::Scopes;

/// One situation to be shown or tested.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The name of its file.
    pub name: String,
    /// What a person sees who runs it, in one sentence.
    pub shows: String,
    /// How long tokens live.
    #[serde(default)]
    pub tokens: TokenLife,
    /// The directories.
    pub tenants: Vec<Tenant>,
    /// The app registrations.
    pub applications: Vec<Application>,
    /// The people.
    pub users: Vec<User>,
    /// Consents that exist before the first request.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// What goes wrong, and when.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

/// How long what is issued lives.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenLife {
    /// `expires_in` of every access token, seconds; by default any number from 3600 to 5400.
    pub access_token_seconds: Option<u32>,
    /// How long a refresh token may lie unused, days.
    pub refresh_token_idle_days: u32,
    /// How long an authorization code may wait, seconds.
    pub authorization_code_seconds: u32,
    /// Whether a refresh token dies when it is used, as at strict servers (RFC 9700 §4.14.2).
    pub strict_rotation: bool,
}

impl Default for TokenLife {
    fn default() -> Self {
        Self {
            access_token_seconds: None,
            refresh_token_idle_days: 90,
            authorization_code_seconds: 600,
            strict_rotation: false,
        }
    }
}

/// A directory.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Tenant ID, a GUID.
    pub id: String,
    /// Its verified domain.
    pub domain: String,
    /// The organisation's name.
    pub name: String,
    /// Conditional Access sign-in frequency, seconds; none by default.
    pub sign_in_frequency_seconds: Option<u32>,
    /// Permissions that only an administrator may consent to.
    #[serde(default = "administrators_only")]
    pub admin_consent: Vec<String>,
}

fn administrators_only() -> Vec<String> {
    vec!["Group.ReadWrite.All".into()]
}

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
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("end", &self.end).finish_non_exhaustive()
    }
}

/// A moment: fixed (`2027-05-22T00:00:00Z`), or counted from the simulator's first request (`4d`, `-3d`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Moment {
    /// A date of the calendar.
    At(DateTime<Utc>),
    /// So long after the first request; negative is before.
    After(TimeDelta),
}

impl Moment {
    /// The date, once it is known when the simulation began.
    pub fn counted_from(self, start: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(moment) => moment,
            Self::After(wait) => start + wait,
        }
    }
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if let Ok(moment) = text.parse() {
            return Ok(Self::At(moment));
        }
        let (sign, length) = text.strip_prefix('-').map_or((1, text.as_str()), |length| (-1, length));
        let length = humantime::parse_duration(length).map_err(|error| error.to_string())?;
        let length = TimeDelta::from_std(length).map_err(|error| error.to_string())?;
        Ok(Self::After(length * sign))
    }
}

/// A person.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// User principal name.
    pub upn: String,
    /// Object ID, a GUID.
    pub oid: String,
    /// Display name.
    pub name: String,
    /// Domain of the tenant.
    pub tenant: String,
    /// Whether there is an Exchange Online mailbox.
    #[serde(default = "yes")]
    pub mailbox: bool,
    /// Whether this person may consent to what needs an administrator.
    #[serde(default)]
    pub administrator: bool,
    /// Scopes that this person never agrees to. The real page has no such choice: it stands for any grant that is
    /// narrower than the request.
    #[serde(default)]
    pub declines: Vec<String>,
}

fn yes() -> bool {
    true
}

/// A consent that exists from the start: of one user, or of a tenant for all its users.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The application.
    pub client_id: String,
    /// User principal name, for one person's consent.
    pub user: Option<String>,
    /// Domain, for an administrator's consent.
    pub tenant: Option<String>,
    /// Permissions.
    pub scopes: Vec<String>,
}

/// Why a text is not a scenario.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// Not TOML, or not of the scenario's shape.
    #[error("not a scenario: {0}")]
    Shape(#[from] toml::de::Error),
    /// A name is used that the scenario does not define.
    #[error("{what} is not defined in the scenario: {name}")]
    Undefined {
        /// What kind of thing it would be.
        what: &'static str,
        /// The name in the file.
        name: String,
    },
    /// Two things have one name.
    #[error("{what} is defined twice: {name}")]
    Repeated {
        /// What kind of thing it is.
        what: &'static str,
        /// The name in the file.
        name: String,
    },
    /// An ID that is not a GUID.
    #[error("not a GUID: {0}")]
    NotAGuid(String),
    /// A grant of something that is no permission.
    #[error("not permissions of Graph or Exchange: {0}")]
    Scope(String),
    /// A grant must be one user's or one tenant's.
    #[error("a grant to {0} must name either a user or a tenant")]
    GrantToNobody(String),
}

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        /// Names of the scenarios that are built in; the first is the demonstration's default.
        pub const EMBEDDED: &'static [&'static str] = &[$($name),+];

        fn embedded_text(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../demo/scenarios/", $name, ".toml"))),)+
                _ => None,
            }
        }
    };
}

impl Scenario {
    embedded!["fleet", "first-sign-in", "throttled", "consent-missing", "conditional-access", "short-lived"];

    /// Reads a scenario and checks that it refers only to what it defines.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text)?;
        scenario.refuse_repeats()?;
        scenario.refuse_malformed_ids()?;
        scenario.refuse_undefined()?;
        Ok(scenario)
    }

    /// A built-in scenario by its name.
    pub fn embedded(name: &str) -> Option<Self> {
        let text = Self::embedded_text(name)?;
        Some(Self::parse(text).expect("built-in scenarios are parsed by a test"))
    }

    fn refuse_repeats(&self) -> Result<(), ScenarioError> {
        unique("a tenant", self.tenants.iter().map(|tenant| &tenant.domain))?;
        unique("an application", self.applications.iter().map(|application| &application.client_id))?;
        unique("a user", self.users.iter().map(|user| &user.upn))
    }

    fn refuse_malformed_ids(&self) -> Result<(), ScenarioError> {
        let tenants = self.tenants.iter().map(|tenant| &tenant.id);
        let applications = self.applications.iter().map(|application| &application.client_id);
        let mut ids = tenants.chain(applications).chain(self.users.iter().map(|user| &user.oid));
        match ids.find(|id| Uuid::try_parse(id).is_err()) {
            Some(id) => Err(ScenarioError::NotAGuid(id.clone())),
            None => Ok(()),
        }
    }

    fn refuse_undefined(&self) -> Result<(), ScenarioError> {
        let homes = self.users.iter().map(|user| &user.tenant);
        for domain in homes.chain(self.applications.iter().map(|application| &application.tenant)) {
            defined("the tenant", domain, self.tenant(domain))?;
        }
        for grant in &self.grants {
            defined("the application", &grant.client_id, self.application(&grant.client_id))?;
            match (&grant.user, &grant.tenant) {
                (Some(upn), None) => defined("the user", upn, self.user(upn))?,
                (None, Some(domain)) => defined("the tenant", domain, self.tenant(domain))?,
                _ => return Err(ScenarioError::GrantToNobody(grant.client_id.clone())),
            }
            let scopes = grant.scopes.join(" ");
            Scopes::parse(&scopes, "").map_err(|_| ScenarioError::Scope(scopes))?;
        }
        Ok(())
    }

    /// A tenant by its ID or domain.
    pub fn tenant(&self, name: &str) -> Option<&Tenant> {
        let is_it = |tenant: &&Tenant| {
            tenant.domain.eq_ignore_ascii_case(name) || tenant.id.eq_ignore_ascii_case(name)
        };
        self.tenants.iter().find(is_it)
    }

    /// The ID of a tenant that parsing has found to exist.
    pub(super) fn tenant_id(&self, domain: &str) -> String {
        self.home(domain).id.clone()
    }

    /// The tenant of a user or an application.
    pub(super) fn home(&self, domain: &str) -> &Tenant {
        self.tenant(domain).expect("a parsed scenario defines the tenants that it names")
    }

    /// An application by its client ID.
    pub fn application(&self, client_id: &str) -> Option<&Application> {
        self.applications.iter().find(|application| application.client_id.eq_ignore_ascii_case(client_id))
    }

    /// A user by user principal name.
    pub fn user(&self, upn: &str) -> Option<&User> {
        self.users.iter().find(|user| user.upn.eq_ignore_ascii_case(upn))
    }
}

fn unique<'a>(what: &'static str, names: impl Iterator<Item = &'a String>) -> Result<(), ScenarioError> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(ScenarioError::Repeated { what, name: name.clone() });
        }
    }
    Ok(())
}

fn defined<T>(what: &'static str, name: &str, found: Option<&T>) -> Result<(), ScenarioError> {
    found.map(|_| ()).ok_or_else(|| ScenarioError::Undefined { what, name: name.to_owned() })
}
