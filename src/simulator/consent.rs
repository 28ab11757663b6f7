//! Who has consented to what: per person and application, for a whole tenant, or to the application itself.

use super::scenario::{Application, Scenario, User};
use super::scope::{Permission, Resource, Scopes};

/// Whose consent it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    /// One person (`consentType` `Principal`), by user principal name.
    User(String),
    /// Everybody in the tenant (`AllPrincipals`), by tenant ID.
    Tenant(String),
    /// The application itself in a tenant (an app role assignment), by tenant ID.
    Itself(String),
}

#[derive(Debug, Clone, PartialEq)]
struct Grant {
    client_id: String,
    subject: Subject,
    permission: Permission,
}

/// All consents of the simulated tenants.
#[derive(Debug, Clone, Default)]
pub(super) struct Consents(Vec<Grant>);

impl Consents {
    /// What the scenario says was granted before it begins.
    pub(super) fn granted_before(scenario: &Scenario) -> Self {
        let mut consents = Self::default();
        for grant in &scenario.grants {
            let subject = match (&grant.user, &grant.tenant) {
                (Some(upn), _) => Subject::User(upn.to_ascii_lowercase()),
                (None, Some(tenant)) => Subject::Tenant(scenario.tenant_id(tenant)),
                (None, None) => continue,
            };
            let parsed = |names: &[String]| {
                Scopes::parse(&names.join(" "), "").expect("a parsed scenario's scopes are well-formed")
            };
            consents.add(&grant.client_id, &subject, &parsed(&grant.scopes).permissions);
            if let Subject::Tenant(tenant_id) = subject {
                consents.assign(&grant.client_id, &tenant_id, &parsed(&grant.roles).permissions);
            }
        }
        consents
    }

    /// An administrator's consent for everybody in the tenant.
    pub(super) fn accept_for_tenant(&mut self, client_id: &str, tenant_id: &str, permissions: &[Permission]) {
        self.add(client_id, &Subject::Tenant(tenant_id.into()), permissions);
    }

    /// Application permissions that an administrator grants to the application itself.
    pub(super) fn assign(&mut self, client_id: &str, tenant_id: &str, roles: &[Permission]) {
        self.add(client_id, &Subject::Itself(tenant_id.into()), roles);
    }

    /// The application's own permissions in a tenant at one resource, in the order of consent.
    pub(super) fn roles(&self, client_id: &str, tenant_id: &str, resource: Resource) -> Vec<String> {
        let own = self.0.iter().filter(|grant| {
            grant.client_id.eq_ignore_ascii_case(client_id)
                && matches!(&grant.subject, Subject::Itself(id) if id == tenant_id)
                && grant.permission.resource == resource
        });
        own.map(|grant| grant.permission.name.clone()).collect()
    }

    /// Whether an administrator of the tenant has consented to anything: only then does the application exist there.
    pub(super) fn is_known_in(&self, client_id: &str, tenant_id: &str) -> bool {
        self.0.iter().any(|grant| {
            grant.client_id.eq_ignore_ascii_case(client_id)
                && matches!(&grant.subject, Subject::Tenant(id) | Subject::Itself(id) if id == tenant_id)
        })
    }

    /// One person's consent.
    pub(super) fn accept(&mut self, application: &Application, user: &User, permissions: &[Permission]) {
        let subject = Subject::User(user.upn.to_ascii_lowercase());
        self.add(&application.client_id, &subject, permissions);
    }

    fn add(&mut self, client_id: &str, subject: &Subject, permissions: &[Permission]) {
        for permission in permissions.iter().filter(|permission| !permission.is_default()) {
            let grant = Grant {
                client_id: client_id.into(),
                subject: subject.clone(),
                permission: permission.clone(),
            };
            if !self.0.contains(&grant) {
                self.0.push(grant);
            }
        }
    }

    /// What this person may use through this application at one resource, in the order of consent.
    pub(super) fn of(
        &self,
        application: &Application,
        user: &User,
        tenant_id: &str,
        resource: Resource,
    ) -> Vec<Permission> {
        let mut granted: Vec<Permission> = Vec::new();
        for grant in self.0.iter().filter(|grant| grant.client_id == application.client_id) {
            let concerns = match &grant.subject {
                Subject::User(upn) => upn.eq_ignore_ascii_case(&user.upn),
                Subject::Tenant(id) => id == tenant_id,
                Subject::Itself(_) => false,
            };
            if concerns && grant.permission.resource == resource && !granted.contains(&grant.permission) {
                granted.push(grant.permission.clone());
            }
        }
        granted
    }
}
