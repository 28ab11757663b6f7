//! Authorize endpoint: sign-in, consent and the way back to the client (RFC 6749 §4.1.1, §4.1.2).
//!
//! A GET shows the page; its form is posted to the same address.

use std::sync::Arc;

use http::{Request, Response, StatusCode};
use hyper::body::Bytes;
use serde_json::{Map, Value};
use url::Url;

use super::challenge::Challenge;
use super::error::{PlatformError, Trace};
use super::mint::Mint;
use super::parameters::Parameters;
use super::registration::{ClientKind, Tenancy, unknown_application};
use super::reply::{ResponseMode, ReturnAddress, own_page};
use super::scenario::{Scenario, User};
use super::scope::Scopes;
use super::token::{AuthorizationCode, Flow, SignIn};
use super::visit::{Choice, Visit, parameters};
use super::{Simulator, answer, issue};

/// What an authorization request asks for beyond the visit itself.
struct Wish {
    kind: ClientKind,
    scopes: Scopes,
    challenge: Option<Challenge>,
    /// The `claims` parameter, JSON (OpenID Connect Core §5.5).
    claims: Option<String>,
}

impl Simulator {
    pub(super) fn authorize(
        &mut self,
        segment: &str,
        request: &Request<Bytes>,
        refusal: Option<&PlatformError>,
        trace: &Trace,
    ) -> Response<Bytes> {
        let parameters = parameters(request);
        let scenario = Arc::clone(&self.scenario);
        let (visit, kind, mut back) = match begin(segment, &parameters, &scenario, trace) {
            Ok(begun) => begun,
            Err(error) => return own_page(&error, trace),
        };
        if let Some(error) = refusal {
            return back.refuse(error, trace);
        }
        match ResponseMode::read(&parameters) {
            Ok(mode) => back.mode = mode,
            Err(error) => return back.refuse(&error, trace),
        }
        match self.converse(&visit, kind) {
            Ok(Next::Show(html)) => answer::page(StatusCode::OK, html),
            Ok(Next::Return(fields)) => back.send(fields),
            Err(Refusal::OwnPage(error)) => own_page(&error, trace),
            Err(Refusal::Redirect(error)) => back.refuse(&error, trace),
        }
    }

    /// Shows the page or takes its answer.
    fn converse(&mut self, visit: &Visit<'_>, kind: ClientKind) -> Result<Next, Refusal> {
        let wish = Wish::read(visit.parameters, kind, &self.origin)?;
        if visit.parameters.get("prompt") == Some("none") {
            return self.sign_in_silently(visit, wish);
        }
        match visit.choice()? {
            Choice::Open => Ok(Next::Show(visit.page(&wish.scopes))),
            Choice::Declines => Err(PlatformError::new(65004).into()),
            Choice::Accepts(user) => {
                self.consent(visit, user, &wish.scopes)?;
                Ok(Next::Return(self.grant(visit, user, wish)))
            }
        }
    }

    /// `prompt=none`: whoever `login_hint` names counts as signed in, and no page may be shown.
    fn sign_in_silently(&mut self, visit: &Visit<'_>, wish: Wish) -> Result<Next, Refusal> {
        let hinted = visit.parameters.get("login_hint").and_then(|hint| visit.scenario.user(hint));
        let user = hinted.ok_or_else(|| PlatformError::new(50058))?;
        let tenant = visit.tenancy.sign_in(user, visit.scenario)?;
        if !self.not_yet_granted(visit, user, tenant, &wish.scopes).is_empty() {
            return Err(PlatformError::new(65001).under("consent_required").into());
        }
        Ok(Next::Return(self.grant(visit, user, wish)))
    }

    /// Makes the code and everything else that goes back.
    fn grant(&mut self, visit: &Visit<'_>, user: &User, wish: Wish) -> Vec<(&'static str, String)> {
        let of = |name: &str| visit.parameters.get(name).map(str::to_owned);
        let sign_in = SignIn {
            client_id: visit.application.client_id.clone(),
            upn: user.upn.clone(),
            kind: wish.kind,
            flow: Flow::AuthorizationCode,
            scopes: wish.scopes,
            claims: wish.claims,
            signed_in_at: visit.trace.now,
        };
        let code = AuthorizationCode {
            sign_in,
            tenancy: visit.tenancy.clone(),
            redirect_uri: of("redirect_uri").unwrap_or_default(),
            challenge: wish.challenge,
            nonce: of("nonce"),
            is_used: false,
        };
        let text = Mint::code(&mut self.generator);
        self.issued.push(text.clone());
        self.codes.insert(text.clone(), code);
        let mut fields = vec![("code", text), ("session_state", self.generator.guid())];
        if visit.parameters.get("client_info") == Some("1") {
            let tenant = visit.scenario.home(&user.tenant);
            fields.push(("client_info", issue::client_info(&user.oid, &tenant.id)));
        }
        fields
    }
}

/// What comes next, if nothing is wrong.
enum Next {
    Show(String),
    Return(Vec<(&'static str, String)>),
}

/// Who is told about an error.
enum Refusal {
    /// The person, on the platform's own page; the client never hears of it.
    OwnPage(PlatformError),
    /// The client.
    Redirect(PlatformError),
}

impl From<PlatformError> for Refusal {
    fn from(error: PlatformError) -> Self {
        match error.code {
            // Which account exists where is nobody's business but the person's.
            50020 | 50034 => Self::OwnPage(error),
            _ => Self::Redirect(error),
        }
    }
}

/// Everything that must be right before any redirect: else answers could be sent to strangers (RFC 6749 §4.1.2.1).
fn begin<'a>(
    segment: &str,
    parameters: &'a Parameters,
    scenario: &'a Scenario,
    trace: &'a Trace,
) -> Result<(Visit<'a>, ClientKind, ReturnAddress), PlatformError> {
    parameters.refuse_repeats()?;
    let tenancy = Tenancy::of(segment, scenario)?;
    let client_id = parameters.required("client_id")?;
    let application = scenario.application(client_id).ok_or_else(|| unknown_application(client_id))?;
    tenancy.accept(application, scenario)?;
    let redirect_uri = parameters.get("redirect_uri").ok_or_else(|| PlatformError::new(900_971))?;
    let registered = ClientKind::of_redirect(application, redirect_uri).zip(Url::parse(redirect_uri).ok());
    let (kind, uri) = registered.ok_or_else(|| {
        PlatformError::new(50011).saying(format!(
            "The redirect URI '{redirect_uri}' of the request is not one of those registered for the \
             application '{client_id}'."
        ))
    })?;
    let state = parameters.get("state").map(str::to_owned);
    let back = ReturnAddress { uri, mode: ResponseMode::Query, state };
    Ok((Visit { parameters, scenario, application, tenancy, trace }, kind, back))
}

impl Wish {
    fn read(parameters: &Parameters, kind: ClientKind, origin: &str) -> Result<Self, PlatformError> {
        if parameters.required("response_type")? != "code" {
            return Err(PlatformError::new(70005));
        }
        let claims = parameters.get("claims");
        if claims.is_some_and(|claims| serde_json::from_str::<Map<String, Value>>(claims).is_err()) {
            return Err(PlatformError::new(9_002_313).saying("The parameter 'claims' is not a JSON object."));
        }
        Ok(Self {
            kind,
            scopes: Scopes::parse(parameters.required("scope")?, origin)?,
            challenge: Challenge::read(parameters)?,
            claims: claims.map(str::to_owned),
        })
    }
}
