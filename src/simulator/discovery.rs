//! OpenID Connect discovery document of a tenant, and the keys that it names.

use http::{Response, StatusCode};
use hyper::body::Bytes;
use serde_json::json;

use super::error::Trace;
use super::registration::Tenancy;
use super::{Simulator, answer};

impl Simulator {
    pub(super) fn discovery(&self, segment: &str, trace: &Trace) -> Response<Bytes> {
        let tenancy = match Tenancy::of(segment, &self.scenario) {
            Ok(tenancy) => tenancy,
            Err(error) => return error.to_json(trace),
        };
        // Aliases keep the literal placeholder; the client puts the token's `tid` there.
        let issuer_tenant = match tenancy {
            Tenancy::Tenant(id) => id,
            Tenancy::Common | Tenancy::Organizations => "{tenantid}".into(),
        };
        let base = format!("{}/{segment}", self.origin);
        let document = json!({
            "issuer": format!("https://login.invalid/{issuer_tenant}/v2.0"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "client_secret_basic", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["PS256", "RS256"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["plain", "S256"],
        });
        answer::json(StatusCode::OK, &document)
    }

    /// The keys of ID tokens (RFC 7517 §5). They are the same in every tenant.
    pub(super) fn keys(&self, segment: &str, trace: &Trace) -> Response<Bytes> {
        if let Err(error) = Tenancy::of(segment, &self.scenario) {
            return error.to_json(trace);
        }
        answer::json(StatusCode::OK, &json!({ "keys": [self.mint.published_key()] }))
    }
}
