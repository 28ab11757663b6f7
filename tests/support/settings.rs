//! The settings of a connection to Contoso, as most tests need them. What matters to a test it says itself.

use tokengauge::domain::{
    Authority, ClientId, RedirectUri, RenewalRule, ResponseMode, ScopeSet, Settings, Tenant, WayIn,
};

pub fn settings(authority: Authority) -> Settings {
    Settings {
        client_id: ClientId::parse("5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44").unwrap(),
        authority,
        tenant: Tenant::parse("contoso.example").unwrap(),
        sign_in_as: None,
        way_in: WayIn::default(),
        redirect_uri: RedirectUri::parse("http://localhost:8400/").unwrap(),
        response_mode: ResponseMode::Query,
        renewal: RenewalRule::default(),
        scopes: ScopeSet::parse_lenient("User.Read"),
    }
}
