//! Application permissions: what a client may do for itself, and the presets that ask for all of a resource.

use crate::domain::{Authority, Scope, ScopeSet};

use super::Resource;

/// A choice of application permissions with a name: all that were granted of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppOnlyPreset {
    /// Name on the command line.
    pub name: &'static str,
    /// The resource of which `.default` is asked for.
    pub resource: Resource,
}

/// The presets for a client that acts for itself, the default first.
pub const APP_ONLY_PRESETS: [AppOnlyPreset; 2] = [
    AppOnlyPreset { name: "app-only", resource: Resource::Graph },
    AppOnlyPreset { name: "app-only-exchange", resource: Resource::Exchange },
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
