//! The admin-consent request (Microsoft identity platform, `/v2.0/adminconsent`): an address for an administrator.
//!
//! What comes back is read by [`super::redirect_response::read_admin_consent`].

use url::Url;

use crate::domain::authority::TenantForm;
use crate::domain::{Scope, Settings, Tenant};

use super::authorization_request::requested_scope;

/// The tenant has no administrator: personal accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("personal accounts have no administrator who could consent")]
pub struct NoAdministrator;

/// The whole address. The page does not take `common`, so any organization stands in its place.
pub fn admin_consent_request(settings: &Settings, state: &str) -> Result<Url, NoAdministrator> {
    let tenant = match settings.tenant.form() {
        TenantForm::Consumers => return Err(NoAdministrator),
        TenantForm::Common => Tenant::organizations(),
        TenantForm::Organizations | TenantForm::Id | TenantForm::Domain => settings.tenant.clone(),
    };
    let mut url = settings.authority.admin_consent_page(&tenant);
    url.query_pairs_mut()
        .append_pair("client_id", &settings.client_id.to_string())
        .append_pair("scope", &scope(settings))
        .append_pair("redirect_uri", settings.redirect_uri.as_str())
        .append_pair("state", state);
    Ok(url)
}

/// Permissions with their resource: the page is documented with whole names, and bare ones mean Graph.
fn scope(settings: &Settings) -> String {
    let graph = settings.authority.graph.as_str().trim_end_matches('/');
    let whole = |scope: &Scope| {
        let is_bare = !scope.is_openid() && !scope.as_str().contains("://");
        if is_bare { format!("{graph}/{scope}") } else { scope.to_string() }
    };
    requested_scope(settings).iter().map(whole).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::clouds::CLOUDS;
    use crate::domain::{ClientId, RedirectUri, ResponseMode, ScopeSet, WayIn};

    fn settings(tenant: &str, scopes: &str) -> Settings {
        Settings {
            client_id: ClientId::parse("5d2f7a10-6b0e-4c7b-9a51-0f3c2f4f8a11").unwrap(),
            authority: CLOUDS[0].authority(),
            tenant: Tenant::parse(tenant).unwrap(),
            sign_in_as: None,
            way_in: WayIn::default(),
            redirect_uri: RedirectUri::parse("http://localhost:8400/").unwrap(),
            response_mode: ResponseMode::Query,
            renewal: crate::domain::RenewalRule::default(),
            scopes: ScopeSet::parse_lenient(scopes),
        }
    }

    fn parameter(url: &Url, name: &str) -> String {
        url.query_pairs().find(|(own, _)| own == name).unwrap().1.into_owned()
    }

    #[test]
    fn the_page_of_the_tenant_is_asked_with_whole_names() {
        let scopes = "Mail.Send https://outlook.office.com/SMTP.Send";
        let url = admin_consent_request(&settings("contoso.com", scopes), "st").unwrap();
        assert!(
            url.as_str().starts_with("https://login.microsoftonline.com/contoso.com/v2.0/adminconsent?"),
            "{url}"
        );
        assert_eq!(
            parameter(&url, "scope"),
            "https://graph.microsoft.com/Mail.Send https://outlook.office.com/SMTP.Send offline_access openid profile"
        );
        assert_eq!(parameter(&url, "redirect_uri"), "http://localhost:8400/");
        assert_eq!(parameter(&url, "state"), "st");
    }

    #[test]
    fn common_becomes_organizations_and_consumers_have_nobody_to_ask() {
        let url = admin_consent_request(&settings("common", "Mail.Send"), "st").unwrap();
        assert_eq!(url.path(), "/organizations/v2.0/adminconsent");
        for personal in ["consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"] {
            assert_eq!(admin_consent_request(&settings(personal, "Mail.Send"), "st"), Err(NoAdministrator));
        }
    }
}
