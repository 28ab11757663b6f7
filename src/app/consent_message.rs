//! A message to an administrator: what is asked for, why, where to consent, and what to send back.

use crate::catalogue::permissions::{Consent, known};
use crate::domain::{AdminConsentRequest, Overview, Scope};

/// The message as plain text. Nothing in it is a secret: it may be sent by mail.
pub fn consent_message(overview: &Overview, request: &AdminConsentRequest) -> String {
    [
        subject(overview),
        permissions(overview),
        kind(overview),
        where_to_consent(request),
        what_comes_back(request),
    ]
    .join("\n\n")
        + "\n"
}

fn subject(overview: &Overview) -> String {
    let settings = &overview.settings;
    let mailbox =
        overview.mailbox().map_or_else(String::new, |mailbox| format!(" for the mailbox {mailbox}"));
    format!(
        "Subject: Consent for application {id}\n\nThe connection \"{name}\"{mailbox} works through the application with \
         the client ID\n{id}. It needs these permissions in {tenant}:",
        id = settings.client_id,
        name = overview.name,
        tenant = tenant(overview),
    )
}

/// Whose administrator it is about: the tenant, or whichever has the mailbox.
pub fn tenant(overview: &Overview) -> String {
    let tenant = &overview.settings.tenant;
    if tenant.is_specific() { tenant.to_string() } else { "the mailbox's tenant".to_owned() }
}

fn permissions(overview: &Overview) -> String {
    overview.settings.scopes.iter().map(permission).collect::<Vec<_>>().join("\n")
}

fn permission(scope: &Scope) -> String {
    let (meaning, who) = match known(scope) {
        Some(known) if known.consent == Consent::Anyone => (known.meaning, ""),
        Some(known) => (known.meaning, " (administrator)"),
        None => ("", ""),
    };
    format!("  {:<26}{meaning}{who}", scope.as_str()).trim_end().to_owned()
}

fn kind(overview: &Overview) -> String {
    let text = if overview.settings.way_in.is_delegated() {
        "They are delegated permissions: the application acts only for the person who signs in, and can do\nno more than \
         that person. Under the consent policy that Microsoft manages, most mail permissions\nneed an administrator."
    } else {
        ".default stands for all application permissions of the registration: the application acts without\na person, in \
         every mailbox of the tenant that it is not kept from."
    };
    text.to_owned()
}

fn where_to_consent(request: &AdminConsentRequest) -> String {
    format!(
        "Please open this address as Privileged Role Administrator, Cloud Application Administrator or\nApplication \
         Administrator (application permissions of Graph need the first) and accept:\n\n{}",
        request.address
    )
}

fn what_comes_back(request: &AdminConsentRequest) -> String {
    let unreachable =
        if request.redirect_uri.is_loopback() { ", which it cannot reach; that is right" } else { "" };
    format!(
        "Afterwards the browser ends on {}{unreachable}.\nIts address tells whether it worked and holds no secret: \
         please send it back.",
        request.redirect_uri,
    )
}
