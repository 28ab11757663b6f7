//! The token request (RFC 6749 §4.1.3, §4.4.2 and §6, RFC 8628 §3.4): where it goes and the form that is posted.

use url::{Url, form_urlencoded};

use crate::domain::secret::{AuthorizationCode, DeviceCode, RefreshToken, RequestBody, Secret};
use crate::domain::{Audience, CodeAttempt, Scope, ScopeSet, Settings};

use super::authorization_request::{requested_scope, requested_scope_of};
use super::client_authentication::ClientAuthentication;

/// A form on its way to the token endpoint. The body holds secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The token endpoint.
    pub url: Url,
    /// `application/x-www-form-urlencoded`.
    pub body: RequestBody,
}

/// Redeems the code that the browser brought (RFC 6749 §4.1.3), with the verifier of the attempt (RFC 7636 §4.5). The code
/// stands for all that was consented, the token is for one resource: the primary one.
pub fn redeem(
    settings: &Settings,
    client: &ClientAuthentication,
    attempt: &CodeAttempt,
    code: &AuthorizationCode,
) -> TokenRequest {
    let scope = requested_scope_of(settings, &settings.primary_audience());
    request(settings, client, Some(&scope), |form| {
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code.expose())
            .append_pair("redirect_uri", attempt.redirect_uri.as_str())
            .append_pair("code_verifier", attempt.code_verifier.expose());
    })
}

/// Uses the refresh token for a token of one resource (RFC 6749 §6). What was never granted there is not asked for: a
/// permission added since takes effect with the next sign-in, and must not stop the renewal of the others.
pub fn refresh(
    settings: &Settings,
    client: &ClientAuthentication,
    token: &RefreshToken,
    audience: &Audience,
    granted: Option<&ScopeSet>,
) -> TokenRequest {
    let asked = requested_scope_of(settings, audience);
    let is_granted = |scope: &&Scope| {
        // `.default` stands for whatever was granted, and answers name that one by one.
        let named = granted.is_none_or(|granted| granted.names(scope));
        scope.is_openid() || scope.is_default() || named
    };
    let granted: ScopeSet = asked.iter().filter(is_granted).cloned().collect();
    // Without a resource in it, the request would be for another token than the one that is held.
    let scope = if granted.iter().all(Scope::is_openid) { asked } else { granted };
    request(settings, client, Some(&scope), |form| {
        form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", token.expose());
    })
}

/// Asks for a token of the client itself (RFC 6749 §4.4.2).
pub fn client_credentials(settings: &Settings, client: &ClientAuthentication) -> TokenRequest {
    request(settings, client, Some(&requested_scope(settings)), |form| {
        form.append_pair("grant_type", "client_credentials");
    })
}

/// Asks whether the person has answered on the other device (RFC 8628 §3.4). The scopes went with the request for the
/// code.
pub fn poll(settings: &Settings, client: &ClientAuthentication, code: &DeviceCode) -> TokenRequest {
    request(settings, client, None, |form| {
        form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:device_code")
            .append_pair("device_code", code.expose());
    })
}

/// The token endpoint of a connection.
pub fn endpoint(settings: &Settings) -> Url {
    settings.authority.endpoint(&settings.tenant, "token")
}

fn request(
    settings: &Settings,
    client: &ClientAuthentication,
    scope: Option<&ScopeSet>,
    grant: impl FnOnce(&mut form_urlencoded::Serializer<'_, String>),
) -> TokenRequest {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("client_id", &settings.client_id.to_string());
    grant(&mut form);
    if let Some(scope) = scope {
        form.append_pair("scope", &scope.to_wire());
    }
    client.append(&mut form);
    TokenRequest { url: endpoint(settings), body: RequestBody::new(form.finish()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::clouds::CLOUDS;
    use crate::domain::{ClientId, RedirectUri, ResponseMode, Tenant, WayIn};

    /// The scope that a refresh asks for, after `asked` was granted as `granted`.
    fn refreshed(asked: &str, granted: Option<&str>) -> String {
        let audience = settings(asked).primary_audience();
        refreshed_for(&audience, asked, granted)
    }

    fn settings(asked: &str) -> Settings {
        Settings {
            client_id: ClientId::parse("5d2f7a10-6b0e-4c7b-9a51-0f3c2f4f8a11").unwrap(),
            authority: CLOUDS[0].authority(),
            tenant: Tenant::organizations(),
            sign_in_as: None,
            way_in: WayIn::default(),
            redirect_uri: RedirectUri::parse(RedirectUri::DEFAULT).unwrap(),
            response_mode: ResponseMode::Query,
            renewal: crate::domain::RenewalRule::default(),
            scopes: ScopeSet::parse_lenient(asked),
        }
    }

    fn refreshed_for(audience: &Audience, asked: &str, granted: Option<&str>) -> String {
        let settings = settings(asked);
        let granted = granted.map(ScopeSet::parse_lenient);
        let request = refresh(
            &settings,
            &ClientAuthentication::Public,
            &RefreshToken::new("r"),
            audience,
            granted.as_ref(),
        );
        let form = form_urlencoded::parse(request.body.expose().as_bytes());
        form.into_owned().find(|(name, _)| name == "scope").unwrap().1
    }

    #[test]
    fn a_refresh_asks_for_what_was_granted() {
        let own = "offline_access openid profile";
        assert_eq!(refreshed("Mail.Send Mail.Read", Some("mail.send")), format!("Mail.Send {own}"));
        assert_eq!(refreshed("Mail.Send", None), format!("Mail.Send {own}"));
    }

    #[test]
    fn a_request_names_one_resource_only() {
        let imap = "https://outlook.office.com/IMAP.AccessAsUser.All";
        let both = format!("Mail.Send {imap} User.Read");
        let own = "offline_access openid profile";
        assert_eq!(refreshed_for(&Audience::Exchange, &both, None), format!("{imap} {own}"));
        assert_eq!(refreshed_for(&Audience::Graph, &both, None), format!("Mail.Send User.Read {own}"));
        // Answers of Exchange name their permissions with the resource in front, or without.
        let granted = Some("imap.accessasuser.all");
        assert_eq!(refreshed_for(&Audience::Exchange, &both, granted), format!("{imap} {own}"));
    }

    #[test]
    fn a_refresh_never_loses_its_resource() {
        let own = "offline_access openid profile";
        let default = "https://outlook.office365.com/.default";
        assert_eq!(refreshed(default, Some("IMAP.AccessAsUser.All")), format!("{default} {own}"));
        for nothing in ["", "openid"] {
            assert_eq!(refreshed("Mail.Send", Some(nothing)), format!("Mail.Send {own}"), "{nothing:?}");
        }
    }
}
