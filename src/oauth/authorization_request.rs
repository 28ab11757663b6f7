//! The authorization request (RFC 6749 §4.1.1): the address that the person opens in a browser.

use url::Url;

use crate::domain::secret::CodeVerifier;
use crate::domain::{Audience, ClaimsRequest, RedirectUri, Scope, ScopeSet, Settings};

use super::pkce::code_challenge;

/// The whole address. `offline_access` adds itself, since without it nothing can be renewed; so do `openid` and
/// `profile`, which tell who signed in. `claims` is what policy wanted when it refused the last renewal.
pub fn authorization_request(
    settings: &Settings,
    redirect_uri: &RedirectUri,
    state: &str,
    verifier: &CodeVerifier,
    claims: Option<&ClaimsRequest>,
) -> Url {
    let mut url = settings.authority.endpoint(&settings.tenant, "authorize");
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("client_id", &settings.client_id.to_string())
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", redirect_uri.as_str())
            .append_pair("response_mode", settings.response_mode.as_str())
            .append_pair("scope", &requested_scope(settings).to_wire())
            .append_pair("state", state)
            .append_pair("code_challenge", &code_challenge(verifier))
            .append_pair("code_challenge_method", "S256");
        match &settings.sign_in_as {
            Some(mailbox) => query.append_pair("login_hint", mailbox.as_str()),
            // The browser may be signed in as somebody else: let the person choose.
            None => query.append_pair("prompt", "select_account"),
        };
        if let Some(claims) = claims {
            query.append_pair("claims", claims.as_str());
        }
    }
    url
}

/// What is asked for: the connection's permissions of all resources and, where a person signs in, the scopes that every
/// sign-in needs.
pub fn requested_scope(settings: &Settings) -> ScopeSet {
    with_own(settings, &settings.scopes)
}

/// The same of one resource: what one token request may name.
pub fn requested_scope_of(settings: &Settings, audience: &Audience) -> ScopeSet {
    let openid = settings.scopes.iter().filter(|scope| scope.is_openid()).cloned();
    with_own(settings, &settings.scopes_of(audience).iter().cloned().chain(openid).collect())
}

fn with_own(settings: &Settings, scopes: &ScopeSet) -> ScopeSet {
    let own: &[&str] =
        if settings.way_in.is_delegated() { &[Scope::OFFLINE_ACCESS, "openid", "profile"] } else { &[] };
    let own = own.iter().filter_map(|name| Scope::parse(name));
    scopes.iter().cloned().chain(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::clouds::CLOUDS;
    use crate::domain::{ClientId, Mailbox, RedirectUri, ResponseMode, Tenant, WayIn};

    fn settings() -> Settings {
        Settings {
            client_id: ClientId::parse("5d2f7a10-6b0e-4c7b-9a51-0f3c2f4f8a11").unwrap(),
            authority: CLOUDS[0].authority(),
            tenant: Tenant::parse("contoso.com").unwrap(),
            sign_in_as: None,
            way_in: WayIn::default(),
            redirect_uri: RedirectUri::parse("http://localhost:8400/").unwrap(),
            response_mode: ResponseMode::Query,
            renewal: crate::domain::RenewalRule::default(),
            scopes: ScopeSet::parse_lenient("Mail.Send User.Read"),
        }
    }

    fn parameter(url: &Url, name: &str) -> Option<String> {
        url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
    }

    #[test]
    fn all_parameters_of_the_procedure_are_sent() {
        let url =
            authorization_request(&settings(), &settings().redirect_uri, "st", &CodeVerifier::new("v"), None);
        assert!(
            url.as_str().starts_with("https://login.microsoftonline.com/contoso.com/oauth2/v2.0/authorize?")
        );
        for (name, value) in [
            ("client_id", "5d2f7a10-6b0e-4c7b-9a51-0f3c2f4f8a11"),
            ("response_type", "code"),
            ("redirect_uri", "http://localhost:8400/"),
            ("response_mode", "query"),
            ("scope", "Mail.Send User.Read offline_access openid profile"),
            ("state", "st"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(parameter(&url, name).as_deref(), Some(value), "{name}");
        }
    }

    #[test]
    fn login_hint_and_select_account_exclude_each_other() {
        let mut settings = settings();
        let url =
            authorization_request(&settings, &settings.redirect_uri, "st", &CodeVerifier::new("v"), None);
        assert_eq!(
            (parameter(&url, "login_hint"), parameter(&url, "prompt")),
            (None, Some("select_account".into()))
        );
        settings.sign_in_as = Mailbox::parse("ops@contoso.com");
        let url =
            authorization_request(&settings, &settings.redirect_uri, "st", &CodeVerifier::new("v"), None);
        assert_eq!(
            (parameter(&url, "login_hint"), parameter(&url, "prompt")),
            (Some("ops@contoso.com".into()), None)
        );
    }
}
