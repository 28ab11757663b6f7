//! Administrator consent: one page for everybody in a tenant. There are two kinds: the second names its scopes, the
//! first stands for the registration's whole list.

use std::sync::Arc;

use http::{Request, Response, StatusCode};
use hyper::body::Bytes;
use url::Url;

use super::error::{PlatformError, Trace};
use super::parameters::Parameters;
use super::registration::{ClientKind, Tenancy, unknown_application};
use super::reply::{ResponseMode, ReturnAddress, own_page};
use super::scenario::{Application, Scenario, User};
use super::scope::{Permission, Resource, Scopes};
use super::visit::{Choice, Visit, parameters};
use super::{Simulator, answer, pages};

/// Which of the two pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `/{tenant}/adminconsent`: everything that the registration lists.
    Registered,
    /// `/{tenant}/v2.0/adminconsent`: what `scope` names.
    Named,
}

/// A request whose application and return address are known to be good.
struct Link<'a> {
    visit: Visit<'a>,
    kind: Kind,
    /// Where the answer goes; a link that was sent by mail may have none.
    back: Option<ReturnAddress>,
}

/// What is to be consented to.
struct Wanted {
    delegated: Vec<Permission>,
    roles: Vec<Permission>,
}

impl Simulator {
    pub(super) fn admin_consent(
        &mut self,
        (kind, segment): (Kind, &str),
        request: &Request<Bytes>,
        refusal: Option<&PlatformError>,
        trace: &Trace,
    ) -> Response<Bytes> {
        let parameters = parameters(request);
        let scenario = Arc::clone(&self.scenario);
        let asked = match Link::read(kind, segment, &parameters, &scenario, trace) {
            Ok(asked) => asked,
            Err(error) => return own_page(&error, trace),
        };
        if let Some(error) = refusal {
            return asked.refuse(error, trace);
        }
        let wanted = match Wanted::read(kind, asked.visit.application, &parameters, &self.origin) {
            Ok(wanted) => wanted,
            Err(error) => return asked.refuse(&error, trace),
        };
        match asked.visit.choice() {
            Ok(Choice::Open) => answer::page(StatusCode::OK, asked.visit.page(&wanted.to_scopes())),
            Ok(Choice::Declines) => asked.refuse(&kind.declined(), trace),
            // The page keeps people without the right to itself; the client hears nothing.
            Ok(Choice::Accepts(user)) if !user.administrator => own_page(&PlatformError::new(90094), trace),
            Ok(Choice::Accepts(user)) => self.consent_for_all(asked, user, &wanted),
            Err(error) => own_page(&error, trace),
        }
    }

    fn consent_for_all(&mut self, asked: Link<'_>, user: &User, wanted: &Wanted) -> Response<Bytes> {
        let tenant_id = asked.visit.scenario.tenant_id(&user.tenant);
        let client_id = &asked.visit.application.client_id;
        self.consents.accept_for_tenant(client_id, &tenant_id, &wanted.delegated);
        self.consents.assign(client_id, &tenant_id, &wanted.roles);
        let Some(back) = asked.back else {
            return answer::page(
                StatusCode::OK,
                pages::done("Consent was given for everybody in the tenant."),
            );
        };
        let mut fields = vec![("admin_consent", "True".to_owned()), ("tenant", tenant_id)];
        if asked.kind == Kind::Named {
            fields.push(("scope", wanted.granted()));
        }
        back.send(fields)
    }
}

impl Kind {
    /// The refusal when the administrator presses Cancel: each page has its own OAuth value.
    fn declined(self) -> PlatformError {
        PlatformError::new(65004).under(match self {
            Self::Registered => "permission_denied",
            Self::Named => "consent_required",
        })
    }

    fn admits(self, tenancy: &Tenancy) -> bool {
        self == Self::Registered || *tenancy != Tenancy::Common
    }
}

impl<'a> Link<'a> {
    fn read(
        kind: Kind,
        segment: &str,
        parameters: &'a Parameters,
        scenario: &'a Scenario,
        trace: &'a Trace,
    ) -> Result<Self, PlatformError> {
        parameters.refuse_repeats()?;
        let tenancy = Tenancy::of(segment, scenario)?;
        let client_id = parameters.required("client_id")?;
        let application = scenario.application(client_id).ok_or_else(|| unknown_application(client_id))?;
        if !kind.admits(&tenancy) {
            return Err(PlatformError::new(90130));
        }
        tenancy.accept(application, scenario)?;
        let back = return_address(application, parameters)?;
        if back.is_none() && kind == Kind::Named {
            return Err(PlatformError::new(900_971));
        }
        Ok(Self { visit: Visit { parameters, scenario, application, tenancy, trace }, kind, back })
    }

    /// `admin_consent=True` is in refusals of the second kind too: only the absence of `error` means success.
    fn refuse(self, error: &PlatformError, trace: &Trace) -> Response<Bytes> {
        let Some(back) = self.back else { return own_page(error, trace) };
        let mut fields = Vec::new();
        if self.kind == Kind::Named {
            fields.push(("admin_consent", "True".to_owned()));
        }
        fields.push(("error", error.error.clone()));
        fields.push(("error_description", error.description(trace)));
        back.send(fields)
    }
}

/// The registered address of the request, if it names one.
fn return_address(
    application: &Application,
    parameters: &Parameters,
) -> Result<Option<ReturnAddress>, PlatformError> {
    let Some(redirect_uri) = parameters.get("redirect_uri") else { return Ok(None) };
    let registered = ClientKind::of_redirect(application, redirect_uri).and(Url::parse(redirect_uri).ok());
    let uri = registered.ok_or(PlatformError::new(50011))?;
    let state = parameters.get("state").map(str::to_owned);
    Ok(Some(ReturnAddress { uri, mode: ResponseMode::Query, state }))
}

impl Wanted {
    fn read(
        kind: Kind,
        application: &Application,
        parameters: &Parameters,
        origin: &str,
    ) -> Result<Self, PlatformError> {
        let named = match kind {
            Kind::Registered => {
                return Ok(Self::registered(application, &[Resource::Graph, Resource::Exchange]));
            }
            Kind::Named => Scopes::parse(parameters.required("scope")?, origin)?.permissions,
        };
        if named.iter().any(Permission::is_default) {
            let resources: Vec<Resource> = named.iter().map(|permission| permission.resource).collect();
            return Ok(Self::registered(application, &resources));
        }
        Ok(Self { delegated: named, roles: Vec::new() })
    }

    /// The registration's own list, at some resources.
    fn registered(application: &Application, resources: &[Resource]) -> Self {
        let of = |list: &[String]| {
            resources.iter().flat_map(|resource| Scopes::registered(list, *resource)).collect()
        };
        Self { delegated: of(&application.permissions), roles: of(&application.roles) }
    }

    fn to_scopes(&self) -> Scopes {
        let permissions = self.delegated.iter().chain(&self.roles).cloned().collect();
        Scopes { openid: Vec::new(), permissions }
    }

    /// What the answer says was granted: full names, as the platform writes them.
    fn granted(&self) -> String {
        let full =
            |permission: &Permission| format!("{}/{}", permission.resource.audience(), permission.name);
        self.delegated.iter().chain(&self.roles).map(full).collect::<Vec<_>>().join(" ")
    }
}
