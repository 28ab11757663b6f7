//! What a token request gets that passed every check: the answer and its tokens (RFC 6749 §5.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::Simulator;
use super::error::PlatformError;
use super::mint::{Bearer, Holder};
use super::registration::Authentication;
use super::scenario::{TokenLife, User};
use super::scope::{Permission, Resource, Scopes};
use super::token::{SignIn, TokenRequest};

impl Simulator {
    /// The answer to a good grant. The audience is the resource that is asked for, without a scope the first one of
    /// the sign-in; everything granted there is in the token, asked for this time or before.
    pub(super) fn token_answer(
        &mut self,
        (request, authentication): (&TokenRequest<'_>, Authentication),
        sign_in: &SignIn,
        nonce: Option<&str>,
    ) -> Result<Value, PlatformError> {
        let scenario = request.scenario;
        let user = scenario.user(&sign_in.upn).ok_or_else(|| PlatformError::new(50034))?;
        let tenant = request.tenancy.sign_in(user, scenario)?;
        let asked = match request.form.get("scope") {
            Some(text) => Scopes::parse(text, &self.origin)?.of_one_resource()?,
            None => sign_in.scopes.clone(),
        };
        let granted = self.consents.of(request.application, user, &tenant.id, asked.resource());
        refuse_missing_consent(&asked, &granted, user)?;

        let holder = Holder::User { user, scp: names(&granted) };
        let bearer = Bearer { tenant, application: request.application, holder, authentication };
        let mut body = self.access_token_fields(request, &bearer, asked.resource());
        body["scope"] = json!(granted_scope(&asked, &granted));
        if sign_in.scopes.asks("offline_access") && !declines(user, "offline_access") {
            body["refresh_token"] = json!(self.new_refresh_token(sign_in.clone(), request.now));
        }
        if asked.asks("openid") {
            let id_token = self.mint.id_token(&bearer, (user, nonce), request.now, &mut self.generator);
            self.issued.push(id_token.clone());
            body["id_token"] = json!(id_token);
        }
        if request.form.get("client_info") == Some("1") {
            body["client_info"] = json!(client_info(&user.oid, &tenant.id));
        }
        Ok(body)
    }

    /// The fields that every successful answer has.
    pub(super) fn access_token_fields(
        &mut self,
        request: &TokenRequest<'_>,
        bearer: &Bearer<'_>,
        resource: Resource,
    ) -> Value {
        let expires_in = self.access_token_life(&request.scenario.tokens);
        let life = (request.now, TimeDelta::seconds(expires_in));
        let access_token = self.mint.access_token(bearer, resource, life, &mut self.generator);
        self.issued.push(access_token.clone());
        json!({
            "token_type": "Bearer",
            "expires_in": expires_in,
            "ext_expires_in": expires_in,
            "access_token": access_token,
        })
    }

    /// Seconds: fixed by the scenario, or anything from 60 to 90 minutes as on the real platform.
    fn access_token_life(&mut self, life: &TokenLife) -> i64 {
        match life.access_token_seconds {
            Some(seconds) => seconds.into(),
            None => self.generator.between(3600, 5400),
        }
    }
}

/// The answer's `scope`: what is granted at the resource, and the OpenID Connect words that were asked for.
fn granted_scope(asked: &Scopes, granted: &[Permission]) -> String {
    let openid = asked.openid.iter().filter(|word| *word != "offline_access").cloned();
    granted.iter().map(Permission::wire).chain(openid).collect::<Vec<_>>().join(" ")
}

/// What is asked must be granted; what this person always declines is left out without a word.
fn refuse_missing_consent(asked: &Scopes, granted: &[Permission], user: &User) -> Result<(), PlatformError> {
    let resource = asked.resource();
    let is_allowed = |permission: &Permission| {
        if permission.is_default() {
            return !granted.is_empty();
        }
        granted.contains(permission) || declines(user, &permission.name)
    };
    let mut wanted = asked.permissions.iter().filter(|permission| permission.resource == resource);
    if wanted.all(is_allowed) { Ok(()) } else { Err(PlatformError::new(65001)) }
}

/// Whether this person never agrees to a scope.
pub(super) fn declines(user: &User, scope: &str) -> bool {
    user.declines.iter().any(|declined| declined.eq_ignore_ascii_case(scope))
}

/// The names for `scp`: bare, separated by spaces.
pub(super) fn names<'a>(permissions: impl IntoIterator<Item = &'a Permission>) -> String {
    let names: Vec<&str> = permissions.into_iter().map(|permission| permission.name.as_str()).collect();
    names.join(" ")
}

/// Base64url JSON that tells who signed in, as Microsoft's own libraries ask for it.
pub(super) fn client_info(oid: &str, tid: &str) -> String {
    URL_SAFE_NO_PAD.encode(json!({ "uid": oid, "utid": tid }).to_string())
}
