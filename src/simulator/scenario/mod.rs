//! Scenarios: what the simulated tenants hold and which faults happen, as TOML.
//!
//! A scenario is parsed once and cannot refer to anything that it does not define. The files are in
//! `demo/scenarios/`; each begins by saying what it shows.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

mod application;
mod check;

pub use super::certificate::{Certificate, CertificateError};
pub use super::fault::Fault;
pub use application::{Application, RedirectUris, Secret};
pub use check::ScenarioError;

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
    /// How long a device code may wait, seconds.
    pub device_code_seconds: u32,
    /// Least time between two polls of a device code, seconds.
    pub device_code_interval: u32,
    /// Whether a refresh token dies when it is used, as at strict servers (RFC 9700 §4.14.2).
    pub strict_rotation: bool,
    /// Whether a client assertion may be presented again while it is in time (RFC 7523 §3, item 7, leaves it to the
    /// server). Some clients keep theirs for minutes; a client that makes one for each request passes without.
    pub assertions_repeat: bool,
}

impl Default for TokenLife {
    fn default() -> Self {
        Self {
            access_token_seconds: None,
            refresh_token_idle_days: 90,
            authorization_code_seconds: 600,
            device_code_seconds: 900,
            device_code_interval: 5,
            strict_rotation: false,
            assertions_repeat: false,
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
    /// From when Conditional Access blocks the device code flow, and tokens that were got by it; never by default.
    pub device_code_blocked_from: Option<Moment>,
    /// Permissions that only an administrator may consent to.
    #[serde(default = "administrators_only")]
    pub admin_consent: Vec<String>,
}

fn administrators_only() -> Vec<String> {
    vec!["Group.ReadWrite.All".into()]
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
    /// Delegated permissions.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Application permissions, of a tenant only.
    #[serde(default)]
    pub roles: Vec<String>,
}

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        /// Names of the scenarios that are built in; the first is the demonstration's default.
        pub const EMBEDDED: &'static [&'static str] = &[$($name),+];

        fn embedded_text(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../../demo/scenarios/", $name, ".toml"))),)+
                _ => None,
            }
        }
    };
}

impl Scenario {
    embedded![
        "fleet",
        "first-sign-in",
        "device-code",
        "app-only-secret",
        "app-only-certificate",
        "admin-consent-wanted",
        "throttled",
        "consent-missing",
        "conditional-access",
        "claims-challenge",
        "device-code-blocked",
        "device-code-blocked-later",
        "hostile-texts",
        "short-lived",
        "two-resources",
        "probe",
        "one-secret",
    ];

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

    /// A user by object ID.
    pub(super) fn user_by_oid(&self, oid: &str) -> Option<&User> {
        self.users.iter().find(|user| user.oid.eq_ignore_ascii_case(oid))
    }

    /// A user by user principal name.
    pub fn user(&self, upn: &str) -> Option<&User> {
        self.users.iter().find(|user| user.upn.eq_ignore_ascii_case(upn))
    }
}
