//! Permissions of Microsoft Graph and Exchange Online as data: what each allows, and who may consent to it.
//!
//! `delegated.txt` holds the delegated permissions, read once by [`catalogue`]; `search` finds among them, `presets` are
//! choices of them with a name, `application` what a client may do for itself, `who_consents` sums up a choice.

mod application;
mod delegated;
mod nearest;
mod presets;
mod search;
mod who_consents;

use crate::domain::{Audience, Authority, Scope};

use super::clouds::{CLOUDS, Cloud, Resource};

pub use application::{
    APP_ONLY_PRESETS, APPLICATION_PERMISSIONS, AppOnlyPreset, ApplicationPermission, known_role,
};
pub use delegated::{Catalogue, Group, Permission, PersonalAccounts, catalogue};
pub use nearest::nearest;
pub use presets::{PRESETS, Preset, Standing};
pub use search::{Found, Query};
pub use who_consents::WhoConsents;

/// Who may consent to a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// The person who signs in.
    Anyone,
    /// An administrator where the tenant keeps to the consent policy that Microsoft manages (the default since 2025).
    AdminByDefaultPolicy,
    /// Always an administrator.
    Admin,
}

impl Consent {
    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::AdminByDefaultPolicy => "admin by default policy",
            Self::Admin => "admin always",
        }
    }

    /// In one word, for narrow columns.
    pub fn word(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::AdminByDefaultPolicy => "policy",
            Self::Admin => "admin",
        }
    }

    /// The word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::AdminByDefaultPolicy => "admin-by-default-policy",
            Self::Admin => "admin",
        }
    }

    /// As the end of a sentence about one permission.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Anyone => "Whoever signs in may consent",
            Self::AdminByDefaultPolicy => {
                "An administrator must consent where the tenant keeps Microsoft's default consent policy"
            }
            Self::Admin => "An administrator must consent",
        }
    }
}

/// Scopes that every sign-in of a person asks for, chosen or not.
const BY_ITSELF: [&str; 3] = ["offline_access", "openid", "profile"];

/// True for what every sign-in of a person asks for by itself.
pub fn is_by_itself(scope: &Scope) -> bool {
    BY_ITSELF.iter().any(|name| scope.as_str().eq_ignore_ascii_case(name))
}

/// What is known of a delegated permission, however its scope is written. A bare name is Graph's.
pub fn known(scope: &Scope) -> Option<&'static Permission> {
    let Some(resource) = scope.resource() else {
        let of_graph = catalogue().of_resource(Resource::Graph, scope.name());
        return of_graph.or_else(|| catalogue().named(scope.name()));
    };
    match Audience::of_resource(resource)? {
        Audience::Graph => catalogue().of_resource(Resource::Graph, scope.name()),
        Audience::Exchange => catalogue().of_resource(Resource::Exchange, scope.name()),
        // Another API may give its permissions the same names.
        Audience::Other(_) => None,
    }
}

const MAIL_PROTOCOLS: &str = "Mail protocols";

/// As whom the mail protocols are asked for in the global cloud (Microsoft, "Authenticate an IMAP, POP or SMTP
/// connection using OAuth"). EWS is asked for at the host of the clouds' table.
const MAIL_HOST: &str = "outlook.office.com";

impl Permission {
    /// The scope that asks for it in the cloud of `authority`: bare for Graph, whose names need no address; with the
    /// address of the cloud's Exchange Online otherwise.
    pub fn scope(&self, authority: &Authority) -> Scope {
        let text = match self.resource {
            Resource::Graph => self.name.to_owned(),
            Resource::Exchange => format!("https://{}/{}", exchange_host(self, authority), self.name),
        };
        Scope::parse(&text).expect("names of the catalogue are scope tokens")
    }

    /// True for EWS, which Exchange Online gives up.
    pub fn is_being_retired(&self) -> bool {
        self.name.starts_with("EWS.")
    }

    /// True for Graph's entries of the mail protocols: a token that was asked for under these names is for Graph, and no
    /// mail server takes it.
    pub fn is_for_registrations_only(&self) -> bool {
        self.resource == Resource::Graph && self.group == MAIL_PROTOCOLS
    }
}

fn exchange_host(permission: &Permission, authority: &Authority) -> &'static str {
    let cloud = Cloud::of(authority).unwrap_or(&CLOUDS[0]);
    let is_global = *cloud == CLOUDS[0];
    if is_global && !permission.is_being_retired() { MAIL_HOST } else { cloud.exchange.value }
}

/// A scope as it was typed, in the form in which it is asked for: the catalogue's spelling, and Exchange's permissions
/// with their resource, since a token for Graph opens no mail server. What is not known stays as it is.
pub fn as_asked(scope: &Scope, authority: &Authority) -> Scope {
    let is_bare = scope.resource().is_none();
    match catalogue().named(scope.name()).filter(|_| is_bare) {
        Some(permission) => permission.scope(authority),
        None => scope.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    fn cloud(name: &str) -> Authority {
        Cloud::named(name).unwrap().authority()
    }

    #[test]
    fn a_permission_of_another_api_is_not_graphs_of_the_same_name() {
        for other in ["api://1b2c/User.Read", "5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44/Mail.Read"] {
            assert_eq!(known(&scope(other)), None, "{other}");
            assert_eq!(as_asked(&scope(other), &cloud("global")).as_str(), other);
        }
    }

    #[test]
    fn a_permission_of_exchange_is_asked_for_with_its_resource() {
        let asked = |name: &str, at: &str| as_asked(&scope(name), &cloud(at)).to_string();
        assert_eq!(asked("smtp.send", "global"), "https://outlook.office.com/SMTP.Send");
        assert_eq!(
            asked("EWS.AccessAsUser.All", "global"),
            "https://outlook.office365.com/EWS.AccessAsUser.All"
        );
        assert_eq!(
            asked("IMAP.AccessAsUser.All", "gcc-high"),
            "https://outlook.office365.us/IMAP.AccessAsUser.All"
        );
        assert_eq!(asked("mail.read", "china"), "Mail.Read");
        assert_eq!(asked("Own.Scope", "global"), "Own.Scope");
        let whole = "https://outlook.office365.com/SMTP.Send";
        assert_eq!(asked(whole, "global"), whole, "what was typed whole is meant so");
    }

    #[test]
    fn the_address_tells_whose_permission_it_is() {
        let resource = |text: &str| known(&scope(text)).map(|known| known.resource);
        assert_eq!(resource("https://graph.microsoft.com/IMAP.AccessAsUser.All"), Some(Resource::Graph));
        assert_eq!(resource("https://outlook.office.com/IMAP.AccessAsUser.All"), Some(Resource::Exchange));
        assert_eq!(resource("IMAP.AccessAsUser.All"), Some(Resource::Graph));
        assert_eq!(resource("https://graph.microsoft.com/mail.send"), Some(Resource::Graph));
        assert_eq!(resource("https://contoso.crm.dynamics.com/user_impersonation"), None);
    }
}
