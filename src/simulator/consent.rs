//! Who has consented to what: per person and application, or for a whole tenant.

use super::scenario::{Application, Scenario, User};
use super::scope::{Permission, Resource, Scopes};

/// Whose consent it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    /// One person (`consentType` `Principal`), by user principal name.
    User(String),
    /// Everybody in the tenant (`AllPrincipals`), by tenant ID.
    Tenant(String),
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
            let scopes = Scopes::parse(&grant.scopes.join(" "), "")
                .expect("a parsed scenario's scopes are well-formed");
            consents.add(&grant.client_id, &subject, &scopes.permissions);
        }
        consents
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
            };
            if concerns && grant.permission.resource == resource && !granted.contains(&grant.permission) {
                granted.push(grant.permission.clone());
            }
        }
        granted
    }
}
