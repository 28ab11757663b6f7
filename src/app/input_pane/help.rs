//! The portal's steps beside the form: short, in the order in which a person meets them.

use crate::domain::{Capture, WayIn};

use super::{FieldId, InputPane};

/// What stands beside a field while it has the focus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// The step.
    pub heading: &'static str,
    /// What to do there.
    pub text: String,
}

/// The portal's step for the field in focus.
pub fn help(pane: &InputPane) -> Help {
    let (heading, text) = match pane.focus {
        FieldId::Name => ("Before you begin", before(pane)),
        FieldId::AppRegistration | FieldId::ClientId => ("1 Register an application", register(pane)),
        FieldId::Credential | FieldId::ClientSecret | FieldId::SecretEnds => (
            "2 Add a client secret",
            "Certificates & secrets → New client secret. Copy the Value at once: it is shown only this time. The \
             Secret ID is not the secret. Note the Expires date: nobody else will remind you."
                .to_owned(),
        ),
        FieldId::CertificateFile | FieldId::KeyFile => (
            "2 Upload a certificate",
            "openssl req -x509 -newkey rsa:2048 -noenc -days 365 -subj /CN=connector -keyout key.pem -out cert.pem; \
             then Certificates & secrets → Certificates → Upload cert.pem. The key stays here."
                .to_owned(),
        ),
        FieldId::Cloud | FieldId::AuthorityUrl => ("Which cloud", cloud(pane)),
        FieldId::Tenant => (
            "Which tenant",
            "organizations for a multitenant registration. A domain or tenant id where the registration is for one \
             tenant, where the mailbox is a guest there, or where nobody signs in."
                .to_owned(),
        ),
        FieldId::WayIn => ("How tokens come here", way_in(pane.way_in).to_owned()),
        FieldId::SignInAs => (
            "Which mailbox",
            "The browser of an administrator is often signed in as somebody else. What is named here is suggested on \
             the sign-in page, and compared before anything is stored."
                .to_owned(),
        ),
        FieldId::RedirectUri | FieldId::ResponseMode => (
            "Register the redirect URI",
            "Authentication → Add a platform → Web (with a credential) or Mobile and desktop (without). The portal's \
             defaults register none, and it must match to the letter. Ctrl-Y copies it."
                .to_owned(),
        ),
        FieldId::Permissions => ("3 Add the permissions", permissions(pane).to_owned()),
        FieldId::Renewal | FieldId::RenewBefore => (
            "What tokengauge renews",
            "Some servers refuse a token minutes before its end: a longer margin helps. What is not renewed by itself is \
             renewed with r, or when a command asks for its token."
                .to_owned(),
        ),
    };
    Help { heading, text }
}

/// The portal of the chosen cloud.
fn portal(pane: &InputPane) -> &'static str {
    pane.cloud().map_or("the portal", |cloud| cloud.portal)
}

fn before(pane: &InputPane) -> String {
    format!(
        "Open {}. Look at the directory at the top right: if it is not the tenant that is to own the registration, \
         switch directory first (gear icon, Directories).",
        portal(pane)
    )
}

fn register(pane: &InputPane) -> String {
    let accounts = if pane.way_in.is_delegated() {
        "Account type: Multiple Entra ID tenants (multitenant)."
    } else {
        "Account type: this tenant only is enough."
    };
    format!(
        "{}, App registrations → New registration. {accounts} Then Overview: copy the Application (client) ID. The \
         Object ID beside it is another thing.",
        portal(pane)
    )
}

fn cloud(pane: &InputPane) -> String {
    match pane.cloud() {
        Some(cloud) => format!(
            "Registered in {}, signed in at {}, Graph at {}. A registration belongs to one cloud, and its tokens are \
             good there only.",
            cloud.portal, cloud.login, cloud.graph
        ),
        None => {
            "A login service outside Microsoft's clouds: scheme, host and path before the tenant. A refresh \
                 token is never used twice there."
                .to_owned()
        }
    }
}

fn way_in(way_in: WayIn) -> &'static str {
    match way_in {
        WayIn::AuthorizationCode(Capture::Paste) => {
            "You open an address on your own computer, sign in, and paste the address of the page where the browser \
             ends. Can be changed at each sign-in."
        }
        WayIn::AuthorizationCode(Capture::Tunnel) => {
            "Your SSH client forwards a port of your computer to this machine; the browser there ends here by itself. \
             The redirect URI is one of localhost."
        }
        WayIn::AuthorizationCode(Capture::Loopback) => {
            "A browser on this machine signs in, and ends at a listener that waits for this one answer. The redirect \
             URI is one of localhost."
        }
        WayIn::DeviceCode => {
            "Nothing to register but that. Conditional Access often blocks device codes, and later renewals too: the \
             browser is the safer way."
        }
        WayIn::ClientCredentials => {
            "No person, no refresh token: the client proves itself and asks again each time. It reaches every mailbox \
             of the tenant unless Exchange limits it (RBAC for Applications)."
        }
    }
}

fn permissions(pane: &InputPane) -> &'static str {
    if pane.way_in.is_delegated() {
        "API permissions → Add → Microsoft Graph → Delegated permissions: tick the same ones there. Where the status \
         says Not granted, an administrator presses Grant admin consent."
    } else {
        "API permissions → Add → Microsoft Graph, or Office 365 Exchange Online under APIs my organization uses → \
         Application permissions; then Grant admin consent. .default asks for all of them."
    }
}
