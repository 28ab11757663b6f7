//! Planting: tokens that exist before the first request, for demonstrations and tests.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::app_only::service_principal;
use super::mint::{Bearer, Holder};
use super::registration::{Authentication, ClientKind};
use super::scope::{Resource, Scopes};
use super::token::{Flow, SignIn};
use super::{Simulator, issue};

impl Simulator {
    /// Plants a refresh token, and the consent behind it, as if `upn` had signed in at `signed_in_at`.
    ///
    /// # Panics
    /// If the scenario has no such application or user, or a scope is malformed: a mistake in the seed's data.
    pub fn issue_refresh_token(
        &mut self,
        client_id: &str,
        upn: &str,
        scopes: &[impl AsRef<str>],
        signed_in_at: DateTime<Utc>,
        last_used_at: DateTime<Utc>,
    ) -> String {
        let mut scopes = self.seeded_scopes(client_id, upn, scopes);
        // Who holds a refresh token was granted offline_access, whether the seed says so or not.
        if !scopes.asks("offline_access") {
            scopes.openid.push("offline_access".into());
        }
        let application =
            self.scenario.application(client_id).expect("a seed names an application of the scenario");
        let sign_in = SignIn {
            client_id: application.client_id.clone(),
            upn: upn.to_owned(),
            kind: ClientKind::without_redirect(application),
            flow: Flow::AuthorizationCode,
            scopes,
            claims: None,
            signed_in_at,
        };
        self.new_refresh_token(sign_in, last_used_at)
    }

    /// Plants an access token as it would have been issued at `issued_at`.
    ///
    /// # Panics
    /// As [`Simulator::issue_refresh_token`].
    pub fn issue_access_token(
        &mut self,
        client_id: &str,
        upn: &str,
        scopes: &[impl AsRef<str>],
        issued_at: DateTime<Utc>,
        expires_in: TimeDelta,
    ) -> String {
        let scopes = self.seeded_scopes(client_id, upn, scopes);
        let scenario = Arc::clone(&self.scenario);
        let application =
            scenario.application(client_id).expect("a seed names an application of the scenario");
        let user = scenario.user(upn).expect("a seed names a user of the scenario");
        let resource = scopes.resource();
        let scp =
            issue::names(scopes.permissions.iter().filter(|permission| permission.resource == resource));
        let authentication = match ClientKind::without_redirect(application) {
            ClientKind::Confidential => Authentication::Secret,
            ClientKind::Public => Authentication::Public,
        };
        let tenant = scenario.home(&user.tenant);
        let bearer = Bearer { tenant, application, holder: Holder::User { user, scp }, authentication };
        let life = (issued_at, expires_in);
        let token = self.mint.access_token(&bearer, resource, life, &mut self.generator);
        self.issued.push(token.clone());
        token
    }

    /// Plants the access token of an application for itself, as it would have been issued at `issued_at`.
    ///
    /// # Panics
    /// As [`Simulator::issue_refresh_token`].
    pub fn issue_application_token(
        &mut self,
        client_id: &str,
        issued_at: DateTime<Utc>,
        expires_in: TimeDelta,
    ) -> String {
        let scenario = Arc::clone(&self.scenario);
        let application =
            scenario.application(client_id).expect("a seed names an application of the scenario");
        let tenant = scenario.home(&application.tenant);
        let resource = Resource::Graph;
        let holder = Holder::Itself {
            oid: service_principal(application, tenant),
            roles: self.consents.roles(&application.client_id, &tenant.id, resource),
        };
        let authentication = Authentication::Certificate;
        let bearer = Bearer { tenant, application, holder, authentication };
        let token = self.mint.access_token(&bearer, resource, (issued_at, expires_in), &mut self.generator);
        self.issued.push(token.clone());
        token
    }

    fn seeded_scopes(&mut self, client_id: &str, upn: &str, scopes: &[impl AsRef<str>]) -> Scopes {
        let words: Vec<&str> = scopes.iter().map(AsRef::as_ref).collect();
        let scopes = Scopes::parse(&words.join(" "), &self.origin).expect("a seed names scopes that exist");
        let application =
            self.scenario.application(client_id).expect("a seed names an application of the scenario");
        let user = self.scenario.user(upn).expect("a seed names a user of the scenario");
        self.consents.accept(application, user, &scopes.permissions);
        scopes
    }
}
