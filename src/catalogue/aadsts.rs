//! AADSTS numbers of the identity platform in our own words: what happened, who acts, what to do.
//!
//! The number only makes the words better: what is done is decided by `error` and `suberror` (see `oauth::token_answer`).

pub use crate::domain::WhoActs;

/// A number and what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The number after `AADSTS`.
    pub code: u32,
    /// What happened, one clause.
    pub what_happened: &'static str,
    /// What to do, one sentence.
    pub what_to_do: &'static str,
    /// Who does it.
    pub who: WhoActs,
}

const fn row(code: u32, who: WhoActs, what_happened: &'static str, what_to_do: &'static str) -> Explanation {
    Explanation { code, what_happened, what_to_do, who }
}

/// True for the numbers that refuse a sign-in by device code as such, or what came of one: a policy of the tenant, or
/// the registration's switch for public clients. Another code would fare no better.
pub fn blocks_device_code(code: u32) -> bool {
    matches!(
        code,
        53_000..=53_004 | 530_003 | 530_032 | 530_034..=530_036 | 7_000_218
    )
}

use WhoActs::{AppOwner, Nobody, TenantAdmin, User};

/// The numbers that people of Exchange connectors meet, by number.
#[rustfmt::skip]
pub const EXPLANATIONS: [Explanation; 58] = [
    row(16_000, User, "this account is not known in the tenant", "Sign in with an account of the tenant, or set the tenant to the one that has the mailbox."),
    row(28_002, AppOwner, "the scope does not fit the token request", "Keep to permissions of one resource (tab 2)."),
    row(50_000, Nobody, "the platform could not issue a token", "Wait; it is tried again."),
    row(50_001, AppOwner, "the resource is unknown or disabled in the tenant", "Check the permissions (tab 2) and the tenant (e)."),
    row(50_011, AppOwner, "the redirect URI is not registered", "Register it to the letter: Authentication, Add a platform. e shows it."),
    row(50_012, AppOwner, "the certificate or assertion was not accepted", "Check which certificate the registration holds."),
    row(50_020, User, "the account belongs to another tenant", "Sign in with an account of the tenant, or set the tenant to the account's own (e)."),
    row(50_033, Nobody, "the platform had a passing fault", "Wait; it is tried again."),
    row(50_034, User, "the user does not exist in this directory", "Check the tenant (e) and which account the browser used."),
    row(50_053, User, "the account is locked, or the address it signs in from is blocked", "Wait, or ask the tenant's administrator."),
    row(50_055, User, "the password has expired", "Change the password, then sign in again (a)."),
    row(50_057, TenantAdmin, "the account is disabled", "Ask the tenant's administrator to enable it, then sign in again (a)."),
    row(50_058, User, "nobody is signed in", "Sign in again (a)."),
    row(50_072, User, "the account must register a second factor", "Sign in again (a) and follow the registration."),
    row(50_074, User, "a second factor is required", "Sign in again (a) and confirm it."),
    row(50_076, User, "a second factor is required now", "Sign in again (a) and confirm it."),
    row(50_078, User, "the second factor was confirmed too long ago", "Sign in again (a) and confirm it."),
    row(50_079, User, "the account must enrol for a second factor", "Sign in again (a) and follow the enrolment."),
    row(50_089, User, "the sign-in took too long", "Sign in again (a)."),
    row(50_105, TenantAdmin, "the user is not assigned to the application", "Ask the administrator to assign the user (Enterprise applications)."),
    row(50_126, User, "user name or password is wrong", "Sign in again (a)."),
    row(50_132, User, "the session ended, as after a change of password", "Sign in again (a)."),
    row(50_133, User, "the session was revoked", "Sign in again (a)."),
    row(50_158, User, "an outside security check is still open", "Sign in again (a) and finish it."),
    row(50_173, User, "the grant was revoked: password changed, or sessions revoked by an administrator", "Sign in again (a)."),
    row(50_194, AppOwner, "the registration is for one tenant, but the address names none", "Set the tenant (e), or make the registration multitenant."),
    row(50_196, Nobody, "the platform stopped a loop of equal requests", "Wait some minutes. Does another program use this refresh token?"),
    row(53_000, TenantAdmin, "policy wants a compliant device", "Sign in from a managed device, or ask the administrator for an exception."),
    row(53_003, TenantAdmin, "Conditional Access blocks this sign-in", "Ask the tenant's administrator; the sign-in log names the policy."),
    row(54_005, User, "the code was used before", "A code works once. Sign in again (a)."),
    row(65_001, TenantAdmin, "the tenant has not consented to the permissions", "An administrator consents, or you sign in (a) and accept."),
    row(65_004, User, "consent was declined", "Sign in again (a) and accept the permissions."),
    row(70_000, User, "the grant was rejected", "Sign in again (a)."),
    row(70_001, AppOwner, "the application is disabled or unknown", "Check client ID and tenant (e)."),
    row(70_002, AppOwner, "the client could not be validated", "Check client ID and secret (e)."),
    row(70_008, User, "the code or refresh token has expired", "Sign in again (a)."),
    row(70_011, AppOwner, "a scope is not valid", "Check the permissions (tab 2)."),
    row(70_043, User, "the tenant's sign-in frequency has been reached", "Sign in again (a); this tenant ends refresh tokens sooner than 90 days."),
    row(70_044, User, "the tenant's sign-in frequency ended the session", "Sign in again (a)."),
    row(90_002, AppOwner, "the tenant was not found", "Check the tenant and the cloud (e)."),
    row(90_008, TenantAdmin, "the permission to sign in was not consented", "Add User.Read and sign in again (a), or ask an administrator to consent."),
    row(90_033, Nobody, "the directory is not available", "Wait; it is tried again."),
    row(90_055, Nobody, "the tenant is being throttled", "Wait; it is tried again."),
    row(90_072, User, "the account does not exist in the tenant", "Sign in with another account, or set the account's own tenant (e)."),
    row(90_094, TenantAdmin, "an administrator must consent", "Ask the tenant's administrator to consent for this client ID."),
    row(500_011, AppOwner, "the resource was not found in the tenant", "Check the permissions (tab 2) and the tenant (e)."),
    row(501_481, User, "the code does not belong to this sign-in", "Sign in again (a) and paste the newest address."),
    row(530_036, TenantAdmin, "policy blocks refresh tokens of this kind of sign-in", "Sign in again (a) with the authorization code."),
    row(650_052, TenantAdmin, "the tenant has no subscription for the service", "Ask the administrator whether Exchange Online is licensed."),
    row(700_016, AppOwner, "the application was not found in the tenant", "Check client ID, tenant and cloud (e); the Object ID is another thing."),
    row(700_025, AppOwner, "a public client must not send a secret", "Register the redirect URI under Web, or remove the secret (e)."),
    row(700_082, User, "the refresh token expired unused", "Sign in again (a)."),
    row(700_084, AppOwner, "the redirect URI is registered as a single-page app: its tokens end after 24 hours", "Register it under Web instead, then sign in again (a)."),
    row(7_000_112, AppOwner, "the application is disabled", "Enable it in its home tenant."),
    row(7_000_215, AppOwner, "the client secret is wrong", "Enter the secret's value, not its ID (e)."),
    row(7_000_218, AppOwner, "the registration wants a secret, and none was sent", "Enter the secret (e), or allow public client flows."),
    row(7_000_222, AppOwner, "the client secret has expired", "Make a new secret in the portal and enter it (e)."),
    row(9_002_327, AppOwner, "the redirect URI is registered as a single-page app", "Register it under Web instead, then sign in again (a)."),
];

/// What is known of a number.
pub fn explain(code: u32) -> Option<&'static Explanation> {
    EXPLANATIONS.iter().find(|explanation| explanation.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_distinct_and_in_order() {
        assert!(EXPLANATIONS.windows(2).all(|pair| pair[0].code < pair[1].code));
    }
}
