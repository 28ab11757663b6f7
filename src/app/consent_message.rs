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
        overview.mailbox().map_or_else(String::new, |mailbox| format!("\nfor the mailbox {mailbox}"));
    format!(
        "Subject: Consent for application {id}\n\nThe connection \"{name}\"{mailbox}\nworks through the application with \
         the client ID\n{id}.\n\nIt needs these permissions in {tenant}:",
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
        "They are delegated permissions: the application acts only for the\nperson who signs in, and can do no more than \
         that person. Under the\nconsent policy that Microsoft manages, most mail permissions need an\nadministrator."
    } else {
        ".default stands for all application permissions of the registration:\nthe application acts without a person, in \
         every mailbox of the tenant\nthat it is not kept from."
    };
    text.to_owned()
}

fn where_to_consent(request: &AdminConsentRequest) -> String {
    format!(
        "Please open this address and accept. It takes a Privileged Role\nAdministrator, Cloud Application Administrator \
         or Application\nAdministrator; application permissions of Graph need the first.\n\n{}",
        request.address
    )
}

fn what_comes_back(request: &AdminConsentRequest) -> String {
    let unreachable = if request.redirect_uri.is_loopback() {
        "\nIt cannot reach that page, and that is right."
    } else {
        ""
    };
    format!(
        "Afterwards the browser ends on {}{unreachable}\nThe address of that page tells whether it worked and holds no \
         secret:\nplease send it back.",
        request.redirect_uri,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_tells_what_it_allows_and_whether_it_needs_an_administrator() {
        let line = |scope: &str| permission(&Scope::parse(scope).unwrap());
        assert_eq!(line("Mail.Send"), "  Mail.Send                 send mail as the user");
        assert!(line("Group.ReadWrite.All").ends_with("(administrator)"));
        assert_eq!(line("Own.Scope"), "  Own.Scope");
    }
}
