//! Token endpoint: grants become access tokens, each behind the client's proof (RFC 6749 §4.1.3, §4.4, §6; RFC 8628 §3.4).

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Bytes;
use serde_json::Value;

use super::challenge::Challenge;
use super::error::{PlatformError, Trace};
use super::mint::Mint;
use super::parameters::Parameters;
use super::registration::{Authentication, ClientKind, Credentials, Proof, Tenancy, unknown_application};
use super::scenario::{Application, Scenario, TokenLife};
use super::scope::Scopes;
use super::{Simulator, answer, assertion, registration};

/// What a person agreed to when signing in; codes and refresh tokens stand for it.
#[derive(Debug, Clone)]
pub(super) struct SignIn {
    pub(super) client_id: String,
    pub(super) upn: String,
    pub(super) kind: ClientKind,
    pub(super) flow: Flow,
    /// What was asked for when signing in.
    pub(super) scopes: Scopes,
    /// The `claims` that were asked for with it, JSON.
    pub(super) claims: Option<String>,
    pub(super) signed_in_at: DateTime<Utc>,
}

/// How the person signed in; tokens stay marked by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    AuthorizationCode,
    DeviceCode,
}

impl SignIn {
    /// Whether Conditional Access blocks the flow by which this sign-in was made.
    pub(super) fn is_blocked(&self, request: &TokenRequest<'_>) -> bool {
        let tenant = request.scenario.user(&self.upn).map(|user| request.scenario.home(&user.tenant));
        let from = tenant.and_then(|tenant| tenant.device_code_blocked_from);
        let is_on = from.is_some_and(|from| from.counted_from(request.start) <= request.now);
        self.flow == Flow::DeviceCode && is_on
    }
}

/// An authorization code that was sent through a browser.
#[derive(Debug, Clone)]
pub(super) struct AuthorizationCode {
    pub(super) sign_in: SignIn,
    pub(super) tenancy: Tenancy,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<Challenge>,
    pub(super) nonce: Option<String>,
    pub(super) is_used: bool,
}

/// A refresh token and its use so far.
#[derive(Debug, Clone)]
pub(super) struct RefreshToken {
    pub(super) sign_in: SignIn,
    pub(super) last_used_at: DateTime<Utc>,
    pub(super) is_revoked: bool,
}

/// A token request whose client has been found.
pub(super) struct TokenRequest<'a> {
    pub(super) form: &'a Parameters,
    credentials: Credentials,
    pub(super) tenancy: Tenancy,
    pub(super) application: &'a Application,
    pub(super) scenario: &'a Scenario,
    pub(super) now: DateTime<Utc>,
    /// The first request: relative dates of the scenario count from here.
    start: DateTime<Utc>,
}

impl Simulator {
    pub(super) fn token(
        &mut self,
        segment: &str,
        request: &Request<Bytes>,
        trace: &Trace,
    ) -> Response<Bytes> {
        match self.redeem(segment, request, trace.now) {
            Ok(body) => answer::json(StatusCode::OK, &body),
            Err(error) => error.to_json(trace),
        }
    }

    fn redeem(
        &mut self,
        segment: &str,
        http: &Request<Bytes>,
        now: DateTime<Utc>,
    ) -> Result<Value, PlatformError> {
        if http.method() != Method::POST {
            return Err(PlatformError::new(900_561));
        }
        let form = Parameters::of_body(http);
        form.refuse_repeats()?;
        let scenario = Arc::clone(&self.scenario);
        let tenancy = Tenancy::of(segment, &scenario)?;
        let grant_type = form.required("grant_type")?;
        let credentials = Credentials::read(http, &form);
        let client_id =
            credentials.client_id.as_deref().ok_or_else(|| PlatformError::missing("client_id"))?;
        let application = scenario.application(client_id).ok_or_else(|| unknown_application(client_id))?;
        tenancy.accept(application, &scenario)?;
        let start = self.started_at.unwrap_or(now);
        let request =
            TokenRequest { form: &form, credentials, tenancy, application, scenario: &scenario, now, start };
        match grant_type {
            "authorization_code" => self.redeem_code(&request),
            "refresh_token" => self.refresh(&request),
            "client_credentials" => self.client_credentials(&request),
            "urn:ietf:params:oauth:grant-type:device_code" => self.redeem_device_code(&request),
            _ => Err(PlatformError::new(70003)),
        }
    }

    /// Checks the client's proof: the right one of its kind, and none from a public client.
    pub(super) fn authenticate(
        &mut self,
        request: &TokenRequest<'_>,
        kind: ClientKind,
    ) -> Result<Authentication, PlatformError> {
        match (kind, request.credentials.proof()?) {
            (ClientKind::Public, Proof::Nothing) => Ok(Authentication::Public),
            (ClientKind::Public, _) => Err(PlatformError::new(700_025)),
            (ClientKind::Confidential, Proof::Nothing) => Err(PlatformError::new(7_000_218)),
            (ClientKind::Confidential, Proof::Secret(secret)) => {
                let place = (&request.tenancy, request.scenario);
                registration::check_secret(secret, request.application, place, (request.now, request.start))?;
                Ok(Authentication::Secret)
            }
            (ClientKind::Confidential, Proof::Assertion(assertion)) => {
                let presented = assertion::check(assertion, request, &self.origin)?;
                let is_new = self.assertions.insert(presented);
                let may_repeat = request.scenario.tokens.assertions_repeat;
                if is_new || may_repeat {
                    Ok(Authentication::Certificate)
                } else {
                    Err(assertion::repeated())
                }
            }
        }
    }

    fn redeem_code(&mut self, request: &TokenRequest<'_>) -> Result<Value, PlatformError> {
        let redirect_uri = request.form.required("redirect_uri")?;
        let kind = ClientKind::of_redirect(request.application, redirect_uri)
            .unwrap_or_else(|| ClientKind::without_redirect(request.application));
        let authentication = self.authenticate(request, kind)?;
        let text = request.form.required("code")?;
        let code = self.codes.get(text).cloned().ok_or_else(|| PlatformError::new(70000))?;
        code.check(request, redirect_uri, &request.scenario.tokens)?;
        let body = self.token_answer((request, authentication), &code.sign_in, code.nonce.as_deref())?;
        if let Some(code) = self.codes.get_mut(text) {
            code.is_used = true;
        }
        Ok(body)
    }

    fn refresh(&mut self, request: &TokenRequest<'_>) -> Result<Value, PlatformError> {
        let text = request.form.required("refresh_token")?;
        let token = self.refresh_tokens.get(text).cloned();
        let kind = token.as_ref().map(|token| token.sign_in.kind);
        let kind = kind.unwrap_or_else(|| ClientKind::without_redirect(request.application));
        let authentication = self.authenticate(request, kind)?;
        let token = token.ok_or_else(|| PlatformError::new(70000))?;
        token.check(request)?;
        let body = self.token_answer((request, authentication), &token.sign_in, None)?;
        if let Some(token) = self.refresh_tokens.get_mut(text) {
            token.last_used_at = request.now;
            token.is_revoked = request.scenario.tokens.strict_rotation;
        }
        Ok(body)
    }

    pub(super) fn new_refresh_token(&mut self, sign_in: SignIn, last_used_at: DateTime<Utc>) -> String {
        let text = Mint::refresh_token(&mut self.generator);
        self.issued.push(text.clone());
        self.refresh_tokens.insert(text.clone(), RefreshToken { sign_in, last_used_at, is_revoked: false });
        text
    }
}

impl AuthorizationCode {
    fn check(
        &self,
        request: &TokenRequest<'_>,
        redirect_uri: &str,
        life: &TokenLife,
    ) -> Result<(), PlatformError> {
        if self.sign_in.client_id != request.application.client_id {
            return Err(
                PlatformError::new(70000).saying("The authorization code was issued to another application.")
            );
        }
        if self.is_used {
            return Err(PlatformError::new(54005));
        }
        let age = request.now - self.sign_in.signed_in_at;
        if age > TimeDelta::seconds(life.authorization_code_seconds.into()) {
            return Err(PlatformError::new(70008));
        }
        if self.tenancy != request.tenancy {
            return Err(PlatformError::new(700_005));
        }
        if self.redirect_uri != redirect_uri {
            let sentence = "The redirect URI is not the one that the authorization code was asked for with.";
            return Err(PlatformError::new(50011).under("invalid_grant").saying(sentence));
        }
        let verifier = request.form.get("code_verifier");
        let is_proven = match (&self.challenge, verifier) {
            (None, None) => true,
            (Some(challenge), Some(verifier)) => challenge.is_met_by(verifier),
            _ => false,
        };
        if is_proven { Ok(()) } else { Err(PlatformError::new(501_481)) }
    }
}

impl RefreshToken {
    fn check(&self, request: &TokenRequest<'_>) -> Result<(), PlatformError> {
        if self.sign_in.client_id != request.application.client_id {
            return Err(
                PlatformError::new(70000).saying("The refresh token was issued to another application.")
            );
        }
        if self.is_revoked {
            return Err(PlatformError::new(70000).saying("The refresh token was used before and is revoked."));
        }
        if self.sign_in.is_blocked(request) {
            return Err(PlatformError::new(530_036));
        }
        self.check_sign_in_frequency(request)?;
        self.check_idle(request)
    }

    fn check_idle(&self, request: &TokenRequest<'_>) -> Result<(), PlatformError> {
        let days = request.scenario.tokens.refresh_token_idle_days;
        if request.now - self.last_used_at <= TimeDelta::days(days.into()) {
            return Ok(());
        }
        Err(PlatformError::new(700_082).saying(format!(
            "The refresh token has expired due to inactivity. The token was issued on {} and was inactive for \
             {days}.00:00:00.",
            seven_digits(self.last_used_at)
        )))
    }

    /// Conditional Access counts from the sign-in, however often the token is used.
    fn check_sign_in_frequency(&self, request: &TokenRequest<'_>) -> Result<(), PlatformError> {
        let user = request.scenario.user(&self.sign_in.upn).ok_or_else(|| PlatformError::new(50034))?;
        let limit = request.scenario.home(&user.tenant).sign_in_frequency_seconds;
        match limit {
            Some(seconds) if request.now - self.sign_in.signed_in_at > TimeDelta::seconds(seconds.into()) => {
                Err(PlatformError::new(70043).saying(format!(
                    "The refresh token has expired or is not valid because of sign-in frequency checks. The token \
                     was issued on {} and the maximum allowed lifetime for this request is {seconds}.",
                    seven_digits(self.sign_in.signed_in_at)
                )))
            }
            _ => Ok(()),
        }
    }
}

/// A moment as the platform writes it inside sentences: seven digits of a second.
fn seven_digits(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S.0000000Z").to_string()
}
