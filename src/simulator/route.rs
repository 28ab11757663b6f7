//! Which part of the platform a request belongs to, and what faults may know about it.

use http::Request;
use hyper::body::Bytes;

use super::admin_consent::Kind;
use super::fault::{Endpoint, Sight};
use super::parameters::Parameters;
use super::registration::Credentials;
use super::{Simulator, graph, visit};

/// A part of the platform, with its tenant segment or its Graph call.
#[derive(Clone, Copy)]
pub(super) enum Route<'a> {
    Authorize(&'a str),
    Token(&'a str),
    DeviceCode(&'a str),
    DeviceLogin,
    AdminConsent(Kind, &'a str),
    Discovery(&'a str),
    Keys(&'a str),
    Graph(&'a str),
}

impl<'a> Route<'a> {
    pub(super) fn of(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        if path == "devicelogin" {
            return Some(Self::DeviceLogin);
        }
        if let Some(call) = path.strip_prefix("v1.0/") {
            return Some(Self::Graph(call));
        }
        let (tenant, rest) = path.split_once('/')?;
        match rest {
            "oauth2/v2.0/authorize" => Some(Self::Authorize(tenant)),
            "oauth2/v2.0/token" => Some(Self::Token(tenant)),
            "oauth2/v2.0/devicecode" => Some(Self::DeviceCode(tenant)),
            "v2.0/adminconsent" => Some(Self::AdminConsent(Kind::Named, tenant)),
            "adminconsent" => Some(Self::AdminConsent(Kind::Registered, tenant)),
            "v2.0/.well-known/openid-configuration" => Some(Self::Discovery(tenant)),
            "discovery/v2.0/keys" => Some(Self::Keys(tenant)),
            _ => None,
        }
    }

    pub(super) fn endpoint(self) -> Endpoint {
        match self {
            Self::Authorize(_) => Endpoint::Authorize,
            Self::Token(_) => Endpoint::Token,
            Self::DeviceCode(_) => Endpoint::DeviceCode,
            Self::DeviceLogin => Endpoint::DeviceLogin,
            Self::AdminConsent(..) => Endpoint::AdminConsent,
            Self::Discovery(_) => Endpoint::Discovery,
            Self::Keys(_) => Endpoint::Keys,
            Self::Graph(_) => Endpoint::Graph,
        }
    }
}

impl Simulator {
    /// What faults may know about a request.
    pub(super) fn sight(&self, route: Route<'_>, request: &Request<Bytes>) -> Sight {
        let sight = match route {
            Route::Authorize(_) | Route::AdminConsent(..) | Route::DeviceLogin => page_sight(request),
            Route::Token(_) => self.token_sight(request),
            Route::DeviceCode(_) => {
                let form = Parameters::of_body(request);
                Sight { client_id: Credentials::read(request, &form).client_id, ..Sight::default() }
            }
            Route::Discovery(_) | Route::Keys(_) => Sight::default(),
            Route::Graph(path) => self.graph_sight(path, request),
        };
        Sight { endpoint: Some(route.endpoint()), ..sight }
    }

    fn token_sight(&self, request: &Request<Bytes>) -> Sight {
        let form = Parameters::of_body(request);
        let code = form.get("code").and_then(|code| self.codes.get(code)).map(|code| &code.sign_in);
        let refreshed = form.get("refresh_token").and_then(|token| self.refresh_tokens.get(token));
        let sign_in = code.or(refreshed.map(|token| &token.sign_in));
        let device = form.get("device_code").and_then(|code| self.devices.get(code));
        let user = sign_in.map(|sign_in| sign_in.upn.clone());
        Sight {
            grant: form.get("grant_type").map(str::to_owned),
            user: user.or_else(|| device.and_then(|device| device.user().map(str::to_owned))),
            client_id: Credentials::read(request, &form).client_id,
            claims: sign_in.and_then(|sign_in| sign_in.claims.clone()),
            ..Sight::default()
        }
    }

    fn graph_sight(&self, path: &str, request: &Request<Bytes>) -> Sight {
        let claims = graph::bearer(request).and_then(|token| self.mint.verify(token));
        Sight {
            user: claims.as_ref().map(|claims| claims.upn.clone()),
            client_id: claims.map(|claims| claims.appid),
            call: graph::Call::of(path).map(|(call, _)| call),
            ..Sight::default()
        }
    }
}

fn page_sight(request: &Request<Bytes>) -> Sight {
    let parameters = visit::parameters(request);
    let of = |name: &str| parameters.get(name).map(str::to_owned);
    Sight { user: of("sim_user"), client_id: of("client_id"), ..Sight::default() }
}
