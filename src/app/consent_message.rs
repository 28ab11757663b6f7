//! A message to an administrator: what is asked for, why, where to consent, and what to send back.

use crate::catalogue::permissions::{Consent, known};
use crate::domain::{AdminConsentRequest, Overview, Scope, ScopeSet};

use super::permissions::{counts, for_administrator};

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
         the client ID\n{id}.\n\n{what} in {tenant}.",
        what =
            if is_for_missing(overview) { "These permissions are missing" } else { "It needs permissions" },
        id = settings.client_id,
        name = overview.name,
        tenant = tenant(overview),
    )
}

/// True if it is about what is missing after a first sign-in.
fn is_for_missing(overview: &Overview) -> bool {
    overview.tokens.is_some() && !counts(overview).missing.is_empty()
}

/// Whose administrator it is about: the tenant, or whichever has the mailbox.
pub fn tenant(overview: &Overview) -> String {
    let tenant = &overview.settings.tenant;
    if tenant.is_specific() { tenant.to_string() } else { "the mailbox's tenant".to_owned() }
}

/// What needs an administrator, with the reason; after a first sign-in just what is missing.
fn permissions(overview: &Overview) -> String {
    let named = for_administrator(overview);
    if !overview.settings.way_in.is_delegated() {
        return lines(named.iter());
    }
    let of = |wanted: Reason| named.iter().filter(move |scope| Reason::of(scope) == wanted);
    let blocks = Reason::ALL.into_iter().filter(|reason| of(*reason).next().is_some());
    let mut blocks: Vec<String> =
        blocks.map(|reason| format!("{}:\n{}", reason.words(), lines(of(reason)))).collect();
    blocks.extend(rest(overview, &named));
    blocks.join("\n\n")
}

/// Why an administrator is asked for a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Always,
    DefaultPolicy,
    NotKnown,
    Nobody,
}

impl Reason {
    const ALL: [Self; 4] = [Self::Always, Self::DefaultPolicy, Self::NotKnown, Self::Nobody];

    fn of(scope: &Scope) -> Self {
        match known(scope).map(crate::catalogue::permissions::Permission::consent) {
            Some(Consent::Admin) => Self::Always,
            Some(Consent::AdminByDefaultPolicy) => Self::DefaultPolicy,
            Some(Consent::Anyone) => Self::Nobody,
            None => Self::NotKnown,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Always => "Only an administrator can consent to",
            Self::DefaultPolicy => {
                "Where the consent policy that Microsoft manages is kept, only an\nadministrator can consent to"
            }
            Self::NotKnown => "Who may consent is not known of",
            Self::Nobody => "The person who signs in may consent to, unless the tenant forbids it",
        }
    }
}

/// The address names all that the connection asks for: what was granted before is granted again, not taken away.
fn rest(overview: &Overview, named: &ScopeSet) -> Option<String> {
    let rest: Vec<&str> = overview.settings.scopes.difference(named).map(Scope::name).collect();
    if rest.is_empty() {
        return None;
    }
    let heading = if is_for_missing(overview) {
        "Granted before, and in the address so that they stay"
    } else {
        "In the address too, though the person may consent to them"
    };
    Some(format!("{heading}:\n{}", in_lines(&rest)))
}

fn in_lines(names: &[&str]) -> String {
    const WIDTH: usize = 72;
    let mut lines = vec![String::new()];
    for name in names {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && last.len() + 1 + name.len() > WIDTH {
            lines.push(String::new());
        }
        let last = lines.last_mut().expect("there is always a line");
        last.push_str(if last.is_empty() { "  " } else { " " });
        last.push_str(name);
    }
    lines.join("\n")
}

fn lines<'a>(scopes: impl Iterator<Item = &'a Scope>) -> String {
    scopes.map(permission).collect::<Vec<_>>().join("\n")
}

/// Its name, and what it allows.
fn permission(scope: &Scope) -> String {
    let Some(known) = known(scope) else { return format!("  {scope}") };
    format!("  {:<26}{}", known.name, known.meaning.unwrap_or_default()).trim_end().to_owned()
}

fn kind(overview: &Overview) -> String {
    let text = if overview.settings.way_in.is_delegated() {
        "They are delegated permissions: the application acts only for the\nperson who signs in, and can do no more than \
         that person."
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
    fn a_permission_tells_what_it_allows_and_why_an_administrator_is_asked() {
        let line = |scope: &str| permission(&Scope::parse(scope).unwrap());
        assert_eq!(line("Mail.Send"), "  Mail.Send                 send mail as the user");
        let reason = |scope: &str| Reason::of(&Scope::parse(scope).unwrap());
        assert_eq!(reason("Group.ReadWrite.All"), Reason::Always);
        assert_eq!(reason("Mail.Read"), Reason::DefaultPolicy);
        assert_eq!(reason("Own.Scope"), Reason::NotKnown);
        assert_eq!(line("Own.Scope"), "  Own.Scope");
    }
}
