//! The values of `error` (RFC 6749 §4.1.2.1 and §5.2, RFC 8628 §3.5, OpenID Connect Core §3.1.2.6, Microsoft's own): what
//! is known where there is no number.

use super::WhoActs::{self, AppOwner, Nobody, TenantAdmin, User};

/// A value of `error` and what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorWord {
    /// The value, as it stands in answers.
    pub error: &'static str,
    /// What happened, one clause.
    pub what_happened: &'static str,
    /// What to do, one sentence.
    pub what_to_do: &'static str,
    /// Who does it.
    pub who: WhoActs,
}

const fn word(
    error: &'static str,
    who: WhoActs,
    what_happened: &'static str,
    what_to_do: &'static str,
) -> ErrorWord {
    ErrorWord { error, what_happened, what_to_do, who }
}

/// By their spelling.
#[rustfmt::skip]
pub const ERROR_WORDS: [ErrorWord; 21] = [
    word("access_denied", User, "the person cancelled or declined", "Begin a new sign-in (a) if that was a mistake."),
    word("authorization_declined", User, "the person declined on the other device", "Begin a new sign-in (a) if that was a mistake."),
    word("authorization_pending", User, "the person has not entered the code yet", "Enter the code at the address shown; asking goes on meanwhile."),
    word("bad_verification_code", User, "the platform does not know the device code", "Begin a new sign-in (a): it brings a new code."),
    word("consent_required", TenantAdmin, "permissions were asked for that nobody has consented to", "Sign in (a) and accept, or ask the tenant's administrator to consent."),
    word("expired_token", User, "the device code was not entered in time", "Begin a new sign-in (a): it brings a new code."),
    word("insufficient_claims", User, "the service wants more of the sign-in than the token shows", "Sign in again (a)."),
    word("interaction_required", User, "the platform wants a person to take part", "Sign in again (a)."),
    word("invalid_client", AppOwner, "the platform does not accept how this client proves itself", "Check client ID and secret or certificate (e)."),
    word("invalid_grant", User, "the code or refresh token is over, revoked, used or not ours", "Sign in again (a)."),
    word("invalid_request", AppOwner, "the platform cannot use the request as it is", "Check the settings (e)."),
    word("invalid_resource", AppOwner, "the resource does not exist, or not in this tenant", "Check permissions and tenant (e, tab 2)."),
    word("invalid_scope", AppOwner, "a permission asked for is unknown, misspelt or does not fit the others", "Check the permissions (tab 2)."),
    word("login_required", User, "nobody is signed in where a sign-in was expected", "Sign in again (a)."),
    word("permission_denied", TenantAdmin, "the administrator did not consent", "Ask again, and say what the permissions are for."),
    word("server_error", Nobody, "the platform has a fault", "Wait; it is tried again."),
    word("slow_down", Nobody, "the platform is asked too often", "Wait; asking goes on more slowly."),
    word("temporarily_unavailable", Nobody, "the platform is overloaded for the moment", "Wait; it is tried again."),
    word("unauthorized_client", AppOwner, "the application is unknown here, disabled, or may not sign in this way", "Check client ID and tenant (e)."),
    word("unsupported_grant_type", AppOwner, "the platform does not know this way in", "Choose another way in (e)."),
    word("unsupported_response_type", AppOwner, "the application may not ask for a code", "Check the registration."),
];
