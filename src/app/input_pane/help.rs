//! The portal's steps beside the form: short, in the order in which a person meets them.

use super::FieldId;

/// The lines that stand beside a field while it has the focus. A heading first.
pub fn help(field: FieldId) -> &'static [&'static str] {
    match field {
        FieldId::Name => &[
            "Before you begin",
            "Open the portal, entra.microsoft.com. Look at the directory at the top right: if it is not the",
            "tenant that is to own the registration, switch directory first (gear icon, Directories).",
        ],
        FieldId::AppRegistration | FieldId::ClientId => &[
            "1 Register an application",
            "App registrations → New registration. Account type: Multiple Entra ID tenants (multitenant).",
            "Then Overview: copy the Application (client) ID. The Object ID beside it is another thing.",
        ],
        FieldId::ClientSecret | FieldId::SecretEnds => &[
            "2 Add a client secret",
            "Certificates & secrets → New client secret. Copy the Value at once: it is shown only this time.",
            "The Secret ID is not the secret. Note the Expires date: nobody else will remind you.",
        ],
        FieldId::Cloud | FieldId::AuthorityUrl | FieldId::Tenant => &[
            "Which tenant signs in",
            "organizations for a multitenant registration. A domain or tenant id where the registration",
            "is for one tenant, or where the mailbox is a guest there.",
        ],
        FieldId::SignInAs => &[
            "Which mailbox",
            "The browser of an administrator is often signed in as somebody else. What is named here is",
            "suggested on the sign-in page, and compared before anything is stored.",
        ],
        FieldId::RedirectUri | FieldId::ResponseMode => &[
            "Register the redirect URI",
            "Authentication → Add a platform → Web (with a secret) or Mobile and desktop (without). The",
            "portal's defaults register none, and it must match to the letter. Ctrl-Y copies it.",
        ],
        FieldId::Preset => &[
            "3 Add the permissions",
            "API permissions → Add → Microsoft Graph → Delegated permissions: tick the same ones there.",
            "Where the status says Not granted, an administrator presses Grant admin consent.",
        ],
    }
}
