//! Client credentials: the application for itself, with no person and no refresh token (RFC 6749 §4.4).

use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Builder;

use super::Simulator;
use super::error::PlatformError;
use super::mint::{Bearer, Holder};
use super::registration::{ClientKind, Tenancy, unknown_application};
use super::scenario::{Application, Tenant};
use super::scope::{Resource, Scopes};
use super::token::TokenRequest;

impl Simulator {
    pub(super) fn client_credentials(&mut self, request: &TokenRequest<'_>) -> Result<Value, PlatformError> {
        let application = request.application;
        let tenant = match &request.tenancy {
            Tenancy::Tenant(id) => request.scenario.home(id),
            Tenancy::Common | Tenancy::Organizations => return Err(PlatformError::new(50059)),
        };
        let authentication = self.authenticate(request, ClientKind::Confidential)?;
        let is_at_home = request.scenario.home(&application.tenant).id == tenant.id;
        if !is_at_home && !self.consents.is_known_in(&application.client_id, &tenant.id) {
            return Err(unknown_application(&application.client_id));
        }
        let resource = only_resource(request.form.required("scope")?, &self.origin)?;
        let holder = Holder::Itself {
            oid: service_principal(application, tenant),
            roles: self.consents.roles(&application.client_id, &tenant.id, resource),
        };
        let bearer = Bearer { tenant, application, holder, authentication };
        Ok(self.access_token_fields(request, &bearer, resource))
    }
}

/// The resource of a scope that must be one `.default` and nothing else.
fn only_resource(scope: &str, origin: &str) -> Result<Resource, PlatformError> {
    let scopes = Scopes::parse(scope, origin)?;
    let Some(first) = scopes.permissions.first() else { return Err(PlatformError::new(700_023)) };
    if scopes.permissions.iter().any(|permission| permission.resource != first.resource) {
        return Err(PlatformError::new(700_022));
    }
    if !first.is_default() || !scopes.openid.is_empty() {
        let sentence = "The scope of client credentials is one resource with '/.default' and nothing else.";
        return Err(PlatformError::new(70011).saying(sentence));
    }
    Ok(first.resource)
}

/// The object ID of the enterprise application: one for each application and tenant, always the same.
pub(super) fn service_principal(application: &Application, tenant: &Tenant) -> String {
    let digest = Sha256::digest(format!("{}@{}", application.client_id, tenant.id));
    let bytes = digest[..16].try_into().expect("a SHA-256 digest has 32 bytes");
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}
