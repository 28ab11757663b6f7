//! Delegated permissions that an Exchange connector asks for, in our own words, and who may consent to them.

use crate::domain::{Authority, Scope, ScopeSet};

use super::clouds::Resource;

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

/// A choice of application permissions with a name: all that were granted of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppOnlyPreset {
    /// Name on the command line.
    pub name: &'static str,
    /// Name in sentences.
    pub title: &'static str,
    /// The resource of which `.default` is asked for.
    pub resource: Resource,
}

/// The presets for a client that acts for itself, the default first.
pub const APP_ONLY_PRESETS: [AppOnlyPreset; 2] = [
    AppOnlyPreset { name: "app-only", title: ".default of Microsoft Graph", resource: Resource::Graph },
    AppOnlyPreset {
        name: "app-only-exchange",
        title: ".default of Exchange Online",
        resource: Resource::Exchange,
    },
];

impl AppOnlyPreset {
    /// The preset of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        APP_ONLY_PRESETS.iter().find(|preset| preset.name == name)
    }

    /// Its one scope, in the cloud of `authority`.
    pub fn scope_set(&self, authority: &Authority) -> ScopeSet {
        [self.resource.default_scope(authority)].into_iter().collect()
    }
}

/// An application permission: what a client may do for itself, in every mailbox unless Exchange limits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApplicationPermission {
    /// Its name in the `roles` of a token.
    pub name: &'static str,
    /// What it allows.
    pub meaning: &'static str,
}

/// The application permissions that Exchange connectors use. An administrator consents to each of them.
pub const APPLICATION_PERMISSIONS: [ApplicationPermission; 13] = [
    application("Calendars.Read", "read calendars of all mailboxes"),
    application("Calendars.ReadWrite", "read and change calendars of all mailboxes"),
    application("Contacts.Read", "read contacts of all mailboxes"),
    application("Contacts.ReadWrite", "read and change contacts of all mailboxes"),
    application("Mail.Read", "read mail in all mailboxes"),
    application("Mail.ReadWrite", "read and change mail in all mailboxes"),
    application("Mail.Send", "send mail as any user"),
    application("MailboxSettings.Read", "read settings of all mailboxes"),
    application("User.Read.All", "read the profiles of all users"),
    application("IMAP.AccessAsApp", "IMAP for the mailboxes that Exchange allows"),
    application("POP.AccessAsApp", "POP for the mailboxes that Exchange allows"),
    application("SMTP.SendAsApp", "SMTP for the mailboxes that Exchange allows"),
    application("full_access_as_app", "EWS with full access to all mailboxes"),
];

const fn application(name: &'static str, meaning: &'static str) -> ApplicationPermission {
    ApplicationPermission { name, meaning }
}

/// What is known of an application permission.
pub fn known_role(role: &Scope) -> Option<&'static ApplicationPermission> {
    APPLICATION_PERMISSIONS.iter().find(|known| known.name.eq_ignore_ascii_case(role.name()))
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
