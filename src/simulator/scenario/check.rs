//! What a scenario must not do: refer to what it does not define, define twice, or misspell an ID or a permission.

use thiserror::Error;
use uuid::Uuid;

use super::Scenario;
use crate::simulator::scope::Scopes;

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
    /// Application permissions are granted in a tenant.
    #[error("roles are granted in a tenant, not to the user {0}")]
    RolesOfAUser(String),
}

impl Scenario {
    pub(super) fn refuse_repeats(&self) -> Result<(), ScenarioError> {
        unique("a tenant", self.tenants.iter().map(|tenant| &tenant.domain))?;
        unique("an application", self.applications.iter().map(|application| &application.client_id))?;
        unique("a user", self.users.iter().map(|user| &user.upn))
    }

    pub(super) fn refuse_malformed_ids(&self) -> Result<(), ScenarioError> {
        let tenants = self.tenants.iter().map(|tenant| &tenant.id);
        let applications = self.applications.iter().map(|application| &application.client_id);
        let mut ids = tenants.chain(applications).chain(self.users.iter().map(|user| &user.oid));
        match ids.find(|id| Uuid::try_parse(id).is_err()) {
            Some(id) => Err(ScenarioError::NotAGuid(id.clone())),
            None => Ok(()),
        }
    }

    pub(super) fn refuse_undefined(&self) -> Result<(), ScenarioError> {
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
            permissions(&grant.scopes)?;
            permissions(&grant.roles)?;
            if let (Some(upn), false) = (&grant.user, grant.roles.is_empty()) {
                return Err(ScenarioError::RolesOfAUser(upn.clone()));
            }
        }
        for application in &self.applications {
            for domain in application.secrets.iter().flat_map(|secret| &secret.tenants) {
                defined("the tenant", domain, self.tenant(domain))?;
            }
            permissions(&application.permissions)?;
            permissions(&application.roles)?;
        }
        Ok(())
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

fn permissions(names: &[String]) -> Result<(), ScenarioError> {
    let names = names.join(" ");
    Scopes::parse(&names, "").map(|_| ()).map_err(|_| ScenarioError::Scope(names))
}
