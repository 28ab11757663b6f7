//! Requests of our client's library, posted as they are: what a command sends, seen without the command.

use tokengauge::domain::secret::Secret as _;
use tokengauge::domain::{Authority, ClientId, RedirectUri, ResponseMode, ScopeSet, Settings, Tenant, WayIn};
use tokengauge::oauth::token_answer::HttpAnswer;
use tokengauge::oauth::token_request::TokenRequest;

use super::browser::{Browser, Page};
use super::server::{REDIRECT, Server, TENANT};

pub fn settings(server: &Server, client_id: &str, way_in: WayIn) -> Settings {
    let scopes = if way_in.is_delegated() {
        "https://graph.microsoft.com/Mail.Read User.Read"
    } else {
        "https://graph.microsoft.com/.default"
    };
    Settings {
        client_id: ClientId::parse(client_id).unwrap(),
        authority: Authority::custom(&server.url(), None).unwrap(),
        tenant: Tenant::parse(TENANT).unwrap(),
        sign_in_as: None,
        way_in,
        redirect_uri: RedirectUri::parse(REDIRECT).unwrap(),
        response_mode: ResponseMode::Query,
        renewal: tokengauge::domain::RenewalRule::default(),
        scopes: ScopeSet::parse_lenient(scopes),
    }
}

pub fn post(request: &TokenRequest) -> Page {
    Browser::new().post_body(request.url.as_str(), request.body.expose())
}

/// The answer as our readers take it.
pub fn answer(request: &TokenRequest) -> HttpAnswer {
    let page = post(request);
    HttpAnswer { status: page.status, body: page.body.into_bytes(), ..HttpAnswer::default() }
}
