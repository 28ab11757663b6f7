//! What a person does at the platform, whatever brought them there: choose an account, read what is asked, consent.
//!
//! `sim_user` and `sim_consent` (`accept` or `decline`) answer the page at once, in a form as in a query.

use http::{Method, Request};
use hyper::body::Bytes;

use super::error::{PlatformError, Trace};
use super::parameters::Parameters;
use super::registration::Tenancy;
use super::scenario::{Application, Scenario, Tenant, User};
use super::scope::{Permission, Resource, Scopes};
use super::{Simulator, issue, pages};

/// The parameters, wherever they are: the page's form carries on those of the address.
pub(super) fn parameters(request: &Request<Bytes>) -> Parameters {
    match *request.method() {
        Method::POST => Parameters::of_body(request),
        _ => Parameters::of_query(request),
    }
}

/// A person at the page of a known application.
pub(super) struct Visit<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) scenario: &'a Scenario,
    pub(super) application: &'a Application,
    pub(super) tenancy: Tenancy,
    pub(super) trace: &'a Trace,
}

/// What the person did on the page.
pub(super) enum Choice<'a> {
    /// Nothing yet: the page is to be shown.
    Open,
    Accepts(&'a User),
    Declines,
}

impl<'a> Visit<'a> {
    /// The page that shows who may sign in and what is asked for.
    pub(super) fn page(&self, scopes: &Scopes) -> String {
        let hint = self.parameters.get("login_hint").unwrap_or_default();
        let admitted = |user: &&User| self.tenancy.admits(self.scenario.home(&user.tenant));
        let mut users: Vec<&User> = self.scenario.users.iter().filter(admitted).collect();
        users.sort_by_key(|user| !user.upn.eq_ignore_ascii_case(hint));
        let for_administrators = |permission: &Permission| {
            users.iter().any(|user| needs_administrator(self.scenario.home(&user.tenant), permission))
        };
        let mut permissions: Vec<(String, bool)> =
            scopes.permissions.iter().map(|p| (p.wire(), for_administrators(p))).collect();
        permissions.extend(scopes.openid.iter().map(|word| (word.clone(), false)));
        pages::sign_in(&pages::SignInPage {
            application: &self.application.name,
            publisher: &self.scenario.home(&self.application.tenant).name,
            users: &users,
            permissions: &permissions,
            carried: self.parameters,
        })
    }

    pub(super) fn choice(&self) -> Result<Choice<'a>, PlatformError> {
        let consent = self.parameters.get("sim_consent");
        match (self.parameters.get("sim_user"), consent) {
            (_, Some("decline")) => Ok(Choice::Declines),
            (Some(upn), Some("accept")) => {
                let user = self.scenario.user(upn).ok_or_else(|| PlatformError::new(50034))?;
                self.tenancy.sign_in(user, self.scenario)?;
                Ok(Choice::Accepts(user))
            }
            _ => Ok(Choice::Open),
        }
    }
}

impl Simulator {
    /// Records the consent, unless an administrator has to give it.
    pub(super) fn consent(
        &mut self,
        visit: &Visit<'_>,
        user: &User,
        scopes: &Scopes,
    ) -> Result<(), PlatformError> {
        let tenant = visit.scenario.home(&user.tenant);
        let mut wanted = self.not_yet_granted(visit, user, tenant, scopes);
        if !user.administrator && wanted.iter().any(|permission| needs_administrator(tenant, permission)) {
            return Err(PlatformError::new(90094));
        }
        wanted.retain(|permission| !issue::declines(user, &permission.name));
        self.consents.accept(visit.application, user, &wanted);
        Ok(())
    }

    /// What is asked for and neither this person nor an administrator has granted. `.default` asks for the
    /// registration's own list, and only where nothing at all is granted at that resource.
    pub(super) fn not_yet_granted(
        &self,
        visit: &Visit<'_>,
        user: &User,
        tenant: &Tenant,
        scopes: &Scopes,
    ) -> Vec<Permission> {
        let of = |resource| self.consents.of(visit.application, user, &tenant.id, resource);
        let granted = [of(Resource::Graph), of(Resource::Exchange)].concat();
        let mut wanted = Vec::new();
        for permission in &scopes.permissions {
            if !permission.is_default() {
                wanted.push(permission.clone());
            } else if granted.iter().all(|granted| granted.resource != permission.resource) {
                wanted.extend(Scopes::registered(&visit.application.permissions, permission.resource));
            }
        }
        wanted.retain(|permission| !granted.contains(permission));
        wanted
    }
}

fn needs_administrator(tenant: &Tenant, permission: &Permission) -> bool {
    tenant.admin_consent.iter().any(|name| name.eq_ignore_ascii_case(&permission.name))
}
