//! Authorize endpoint: sign-in, consent and the way back to the client (RFC 6749 §4.1.1, §4.1.2).
//!
//! A GET shows the page; its form is posted to the same address. `sim_user` and `sim_consent` (`accept` or
//! `decline`) answer the page at once, in a form as in a query.

use std::sync::Arc;

use http::{Method, Request, Response, StatusCode};
use hyper::body::Bytes;
use url::{Url, form_urlencoded};

use super::error::{PlatformError, Trace};
use super::fault::{self, Effect};
use super::issue;
use super::mint::Mint;
use super::parameters::Parameters;
use super::registration::{ClientKind, Tenancy, unknown_application};
use super::scenario::{Application, Scenario, Tenant, User};
use super::scope::{Permission, Resource, Scopes};
use super::token::{AuthorizationCode, Challenge, SignIn};
use super::{Simulator, answer, pages};

/// The parameters, wherever they are: the page's form carries on those of the address.
pub(super) fn parameters(request: &Request<Bytes>) -> Parameters {
    match *request.method() {
        Method::POST => Parameters::of_body(request),
        _ => Parameters::of_query(request),
    }
}

/// Where and how the client wants its answer.
struct ReturnAddress {
    uri: Url,
    mode: ResponseMode,
    state: Option<String>,
}

/// How parameters travel back (OAuth 2.0 Multiple Response Types, Form Post Response Mode).
#[derive(Clone, Copy)]
enum ResponseMode {
    Query,
    Fragment,
    FormPost,
}

impl ResponseMode {
    fn read(parameters: &Parameters) -> Result<Self, PlatformError> {
        match parameters.get("response_mode") {
            None | Some("query") => Ok(Self::Query),
            Some("fragment") => Ok(Self::Fragment),
            Some("form_post") => Ok(Self::FormPost),
            Some(_) => Err(PlatformError::new(70007)),
        }
    }
}

impl ReturnAddress {
    fn send(mut self, fields: Vec<(&str, String)>) -> Response<Bytes> {
        let state = self.state.take().map(|state| ("state", state));
        let fields: Vec<(&str, String)> = fields.into_iter().chain(state).collect();
        match self.mode {
            ResponseMode::Query => {
                self.uri.query_pairs_mut().extend_pairs(&fields);
                answer::redirect(self.uri.as_str())
            }
            ResponseMode::Fragment => {
                let fragment = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
                self.uri.set_fragment(Some(&fragment));
                answer::redirect(self.uri.as_str())
            }
            ResponseMode::FormPost => {
                answer::page(StatusCode::OK, pages::form_post(self.uri.as_str(), &fields))
            }
        }
    }

    fn refuse(self, error: &PlatformError, trace: &Trace) -> Response<Bytes> {
        let mut fields =
            vec![("error", error.error.clone()), ("error_description", error.description(trace))];
        if error.code == 65004 {
            fields.push(("error_subcode", "cancel".into()));
        }
        self.send(fields)
    }
}

/// An authorization request whose client and return address are known to be good.
struct Visit<'a> {
    parameters: &'a Parameters,
    scenario: &'a Scenario,
    application: &'a Application,
    tenancy: Tenancy,
    kind: ClientKind,
    trace: &'a Trace,
}

/// What the person did on the page.
enum Choice<'a> {
    /// Nothing yet: the page is to be shown.
    Open,
    Accepts(&'a User),
    Declines,
}

impl Simulator {
    pub(super) fn authorize(
        &mut self,
        segment: &str,
        request: &Request<Bytes>,
        effect: Option<&Effect>,
        trace: &Trace,
    ) -> Response<Bytes> {
        let parameters = parameters(request);
        let scenario = Arc::clone(&self.scenario);
        let (visit, mut back) = match Visit::begin(segment, &parameters, &scenario, trace) {
            Ok(begun) => begun,
            Err(error) => return own_page(&error, trace),
        };
        match effect {
            Some(Effect::Refuse { code, error }) => {
                return back.refuse(&fault::refusal(*code, error.as_deref()), trace);
            }
            Some(effect) => return fault::response(effect, trace),
            None => {}
        }
        match ResponseMode::read(&parameters) {
            Ok(mode) => back.mode = mode,
            Err(error) => return back.refuse(&error, trace),
        }
        match self.converse(&visit) {
            Ok(Next::Show(html)) => answer::page(StatusCode::OK, html),
            Ok(Next::Return(fields)) => back.send(fields),
            Err(Refusal::OwnPage(error)) => own_page(&error, trace),
            Err(Refusal::Redirect(error)) => back.refuse(&error, trace),
        }
    }

    /// Shows the page or takes its answer.
    fn converse(&mut self, visit: &Visit<'_>) -> Result<Next, Refusal> {
        let scopes = visit.read_scopes(&self.origin)?;
        let challenge = Challenge::read(visit.parameters)?;
        if visit.parameters.get("prompt") == Some("none") {
            return self.sign_in_silently(visit, &scopes, challenge);
        }
        match visit.choice()? {
            Choice::Open => Ok(Next::Show(visit.page(&scopes))),
            Choice::Declines => Err(PlatformError::new(65004).into()),
            Choice::Accepts(user) => {
                self.consent(visit, user, &scopes)?;
                Ok(Next::Return(self.grant(visit, user, scopes, challenge)))
            }
        }
    }

    /// `prompt=none`: whoever `login_hint` names counts as signed in, and no page may be shown.
    fn sign_in_silently(
        &mut self,
        visit: &Visit<'_>,
        scopes: &Scopes,
        challenge: Option<Challenge>,
    ) -> Result<Next, Refusal> {
        let hinted = visit.parameters.get("login_hint").and_then(|hint| visit.scenario.user(hint));
        let user = hinted.ok_or_else(|| PlatformError::new(50058))?;
        let tenant = visit.tenancy.sign_in(user, visit.scenario)?;
        if !self.not_yet_granted(visit, user, tenant, scopes).is_empty() {
            return Err(PlatformError::new(65001).under("consent_required").into());
        }
        Ok(Next::Return(self.grant(visit, user, scopes.clone(), challenge)))
    }

    /// Records the consent, unless an administrator has to give it.
    fn consent(&mut self, visit: &Visit<'_>, user: &User, scopes: &Scopes) -> Result<(), PlatformError> {
        let tenant = visit.scenario.home(&user.tenant);
        let mut wanted = self.not_yet_granted(visit, user, tenant, scopes);
        if !user.administrator && wanted.iter().any(|permission| needs_administrator(tenant, permission)) {
            return Err(PlatformError::new(90094));
        }
        wanted.retain(|permission| !issue::declines(user, &permission.name));
        self.consents.accept(visit.application, user, &wanted);
        Ok(())
    }

    fn not_yet_granted(
        &self,
        visit: &Visit<'_>,
        user: &User,
        tenant: &Tenant,
        scopes: &Scopes,
    ) -> Vec<Permission> {
        let of = |resource| self.consents.of(visit.application, user, &tenant.id, resource);
        let granted = [of(Resource::Graph), of(Resource::Exchange)].concat();
        scopes.permissions.iter().filter(|permission| !granted.contains(permission)).cloned().collect()
    }

    /// Makes the code and everything else that goes back.
    fn grant(
        &mut self,
        visit: &Visit<'_>,
        user: &User,
        scopes: Scopes,
        challenge: Option<Challenge>,
    ) -> Vec<(&'static str, String)> {
        let of = |name: &str| visit.parameters.get(name).map(str::to_owned);
        let sign_in = SignIn {
            client_id: visit.application.client_id.clone(),
            upn: user.upn.clone(),
            kind: visit.kind,
            scopes,
            signed_in_at: visit.trace.now,
        };
        let code = AuthorizationCode {
            sign_in,
            tenancy: visit.tenancy.clone(),
            redirect_uri: of("redirect_uri").unwrap_or_default(),
            challenge,
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

impl<'a> Visit<'a> {
    /// Everything that must be right before any redirect: else answers could be sent to strangers (RFC 6749 §4.1.2.1).
    fn begin(
        segment: &str,
        parameters: &'a Parameters,
        scenario: &'a Scenario,
        trace: &'a Trace,
    ) -> Result<(Self, ReturnAddress), PlatformError> {
        parameters.refuse_repeats()?;
        let tenancy = Tenancy::of(segment, scenario)?;
        let client_id = parameters.required("client_id")?;
        let application = scenario.application(client_id).ok_or_else(|| unknown_application(client_id))?;
        tenancy.accept(application, scenario)?;
        let redirect_uri = parameters.get("redirect_uri").ok_or_else(|| PlatformError::new(900_971))?;
        let registered =
            ClientKind::of_redirect(application, redirect_uri).zip(Url::parse(redirect_uri).ok());
        let (kind, uri) = registered.ok_or_else(|| {
            PlatformError::new(50011).saying(format!(
                "The redirect URI '{redirect_uri}' of the request is not one of those registered for the \
                 application '{client_id}'."
            ))
        })?;
        let state = parameters.get("state").map(str::to_owned);
        let back = ReturnAddress { uri, mode: ResponseMode::Query, state };
        Ok((Self { parameters, scenario, application, tenancy, kind, trace }, back))
    }

    fn read_scopes(&self, origin: &str) -> Result<Scopes, PlatformError> {
        if self.parameters.required("response_type")? != "code" {
            return Err(PlatformError::new(70005));
        }
        Scopes::parse(self.parameters.required("scope")?, origin)
    }

    fn page(&self, scopes: &Scopes) -> String {
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

    fn choice(&self) -> Result<Choice<'a>, PlatformError> {
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

fn needs_administrator(tenant: &Tenant, permission: &Permission) -> bool {
    tenant.admin_consent.iter().any(|name| name.eq_ignore_ascii_case(&permission.name))
}

fn own_page(error: &PlatformError, trace: &Trace) -> Response<Bytes> {
    answer::page(StatusCode::BAD_REQUEST, pages::error(&error.description(trace)))
}
