//! Delegated permissions that an Exchange connector asks for, in our own words, and who may consent to them.

use crate::domain::{Scope, ScopeSet};

/// A delegated permission of Microsoft Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// Its name: the scope that is sent.
    pub name: &'static str,
    /// What it allows.
    pub meaning: &'static str,
    /// Who may consent.
    pub consent: Consent,
}

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
}

/// What App Connect's Microsoft Exchange account needs, and the one permission beside it that its groups need.
pub const PERMISSIONS: [Permission; 7] = [
    Permission {
        name: "Calendars.ReadWrite",
        meaning: "read and change calendars",
        consent: Consent::AdminByDefaultPolicy,
    },
    Permission {
        name: "Contacts.ReadWrite",
        meaning: "read and change contacts",
        consent: Consent::AdminByDefaultPolicy,
    },
    Permission {
        name: "Mail.ReadWrite",
        meaning: "read and change mail, not send",
        consent: Consent::AdminByDefaultPolicy,
    },
    Permission { name: "Mail.Send", meaning: "send mail as the user", consent: Consent::Anyone },
    Permission {
        name: "offline_access",
        meaning: "renew without the user: brings the refresh token",
        consent: Consent::Anyone,
    },
    Permission {
        name: "User.Read",
        meaning: "sign in and read the user's profile",
        consent: Consent::Anyone,
    },
    Permission {
        name: "Group.ReadWrite.All",
        meaning: "read and change all groups of the tenant",
        consent: Consent::Admin,
    },
];

/// A choice of permissions with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Name on the command line.
    pub name: &'static str,
    /// Name in sentences.
    pub title: &'static str,
    /// Its scopes.
    pub scopes: &'static [&'static str],
}

/// The presets, the default first.
pub const PRESETS: [Preset; 1] = [Preset {
    name: "app-connect",
    title: "IBM App Connect, Microsoft Exchange",
    scopes: &[
        "Calendars.ReadWrite",
        "Contacts.ReadWrite",
        "Mail.ReadWrite",
        "Mail.Send",
        "offline_access",
        "User.Read",
    ],
}];

impl Preset {
    /// The preset of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// Its scopes.
    pub fn scope_set(&self) -> ScopeSet {
        self.scopes.iter().filter_map(|name| Scope::parse(name)).collect()
    }
}

/// What is known of a scope.
pub fn known(scope: &Scope) -> Option<&'static Permission> {
    PERMISSIONS.iter().find(|permission| permission.name.eq_ignore_ascii_case(scope.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_of_a_preset_is_known() {
        for preset in PRESETS {
            assert_eq!(preset.scope_set().len(), preset.scopes.len());
            assert!(preset.scope_set().iter().all(|scope| known(scope).is_some()));
        }
    }
}
