//! Microsoft Graph as far as it proves a connection: which calls, for which permissions, and what an answer means.
//!
//! `answer.rs` reads answers. Asked for is only what tells that it works: names, subjects and addresses of items are
//! left out of the question, so that they are in no answer.

mod answer;

use chrono::{DateTime, Utc};
use url::Url;

use crate::catalogue::clouds::{CLOUDS, Resource};
use crate::domain::probe::{Check, Holder, NothingToAsk, Outcome, Permissions, Probe, Questions, WhyNot};
use crate::domain::{Authority, Mailbox, Overview, Scope, ScopeSet};
use crate::sanitize::sanitize;

pub use answer::read;

/// Permissions of which any one lets a check be asked, the least one first (Microsoft, permissions reference).
struct Needed {
    delegated: &'static [&'static str],
    application: &'static [&'static str],
}

fn needed(check: Check) -> Needed {
    match check {
        Check::Profile => Needed {
            delegated: &["User.Read", "User.ReadWrite", "User.Read.All", "User.ReadWrite.All"],
            application: &[
                "User.Read.All",
                "User.ReadWrite.All",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
        },
        Check::Inbox => Needed {
            delegated: &["Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite"],
            application: &["Mail.ReadBasic", "Mail.ReadBasic.All", "Mail.Read", "Mail.ReadWrite"],
        },
        Check::Calendar => Needed {
            delegated: &[
                "Calendars.ReadBasic",
                "Calendars.Read",
                "Calendars.Read.Shared",
                "Calendars.ReadWrite",
            ],
            application: &["Calendars.ReadBasic.All", "Calendars.Read", "Calendars.ReadWrite"],
        },
        Check::Contacts => Needed {
            delegated: &["Contacts.Read", "Contacts.ReadWrite"],
            application: &["Contacts.Read", "Contacts.ReadWrite"],
        },
    }
}

/// The probe of what `overview` shows, before anything is asked. `mailbox` is the one that an application opens.
pub fn probe(overview: &Overview, mailbox: Option<&Mailbox>, now: DateTime<Utc>) -> Probe {
    let is_delegated = overview.settings.way_in.is_delegated();
    let held = held(overview);
    Probe {
        began_at: now,
        holder: holder(overview, mailbox),
        questions: match nothing_to_ask(overview, mailbox) {
            Some(why) => Questions::None(why),
            None => {
                Questions::Asked(Check::ALL.map(|check| (check, outcome(check, held, is_delegated))).to_vec())
            }
        },
        permissions: permissions(overview, held),
    }
}

/// The address that a check asks, at the Graph service of an authority.
pub fn question(check: Check, holder: &Holder, authority: &Authority) -> Url {
    let base = authority.graph.as_str().trim_end_matches('/');
    let mut url =
        Url::parse(&format!("{base}/v1.0")).expect("an authority has been checked to make an address");
    {
        let mut path = url.path_segments_mut().expect("an authority is no opaque address");
        match holder {
            Holder::Application { mailbox: Some(mailbox) } => path.extend(["users", mailbox.as_str()]),
            Holder::Person { .. } | Holder::Application { mailbox: None } => path.push("me"),
        };
        match check {
            Check::Profile => &mut path,
            Check::Inbox => path.extend(["mailFolders", "inbox"]),
            Check::Calendar => path.push("calendars"),
            Check::Contacts => path.push("contacts"),
        };
    }
    url.set_query(Some(match check {
        Check::Profile => "$select=userPrincipalName",
        Check::Inbox => "$select=totalItemCount,unreadItemCount",
        Check::Calendar | Check::Contacts => "$top=1&$select=id",
    }));
    url
}

fn holder(overview: &Overview, mailbox: Option<&Mailbox>) -> Holder {
    if !overview.settings.way_in.is_delegated() {
        return Holder::Application { mailbox: mailbox.cloned() };
    }
    let user = overview.tokens.as_ref().and_then(|tokens| tokens.user.username.as_deref());
    Holder::Person {
        signed_in: user.map(|user| sanitize(user, 100)),
        expected: overview.settings.sign_in_as.clone(),
    }
}

fn nothing_to_ask(overview: &Overview, mailbox: Option<&Mailbox>) -> Option<NothingToAsk> {
    let settings = &overview.settings;
    let mut named = settings.scopes.iter().filter(|scope| !scope.is_openid()).peekable();
    let is_graph = |scope: &Scope| is_of_graph(scope, &settings.authority);
    if named.peek().is_some() && !named.any(is_graph) {
        return Some(NothingToAsk::OnlyExchange);
    }
    (!settings.way_in.is_delegated() && mailbox.is_none()).then_some(NothingToAsk::NoMailboxNamed)
}

/// True for a permission of Graph: without a prefix, or with the address of a Graph service.
pub fn is_of_graph(scope: &Scope, authority: &Authority) -> bool {
    let Some((prefix, _)) = scope.as_str().rsplit_once('/').filter(|(prefix, _)| prefix.contains("://"))
    else {
        return true;
    };
    let own = Resource::Graph.default_scope(authority);
    let is_own = own.default_of().is_some_and(|own| own.eq_ignore_ascii_case(prefix.trim_end_matches('/')));
    let host = Url::parse(prefix).ok();
    let host = host.as_ref().and_then(Url::host_str);
    is_own || host.is_some_and(|host| CLOUDS.iter().any(|cloud| cloud.graph == host))
}

/// What is in the token, as far as that can be told: by the token itself, else by the answer that brought it.
fn held(overview: &Overview) -> Option<&ScopeSet> {
    let tokens = overview.tokens.as_ref()?;
    let claims = &tokens.claims;
    if overview.settings.way_in.is_delegated() {
        return claims.scp.as_ref().or(tokens.granted_scope.as_ref());
    }
    claims.roles.as_ref()
}

fn outcome(check: Check, held: Option<&ScopeSet>, is_delegated: bool) -> Outcome {
    let needed = needed(check);
    let any_of = if is_delegated { needed.delegated } else { needed.application };
    // What cannot be told is asked: Graph knows.
    let may = held.is_none_or(|held| {
        held.iter().any(|own| any_of.iter().any(|name| own.name().eq_ignore_ascii_case(name)))
    });
    if may { Outcome::Waiting } else { Outcome::NotAsked(WhyNot::NoPermission(any_of[0])) }
}

fn permissions(overview: &Overview, held: Option<&ScopeSet>) -> Permissions {
    if !overview.settings.way_in.is_delegated() {
        return overview
            .roles()
            .map_or(Permissions::Unknown, |roles| Permissions::Application { roles: roles.len() });
    }
    let (Some(tokens), Some(held)) = (&overview.tokens, held) else { return Permissions::Unknown };
    let settings = &overview.settings;
    let lasting = |scope: &&Scope| scope.as_str().eq_ignore_ascii_case("offline_access");
    let asked: Vec<&Scope> = settings
        .scopes
        .iter()
        .filter(|scope| is_of_graph(scope, &settings.authority) && !scope.is_default())
        .filter(|scope| !scope.is_openid() || lasting(scope))
        .collect();
    // No token holds offline_access: it is the refresh token beside it.
    let is_held =
        |scope: &&Scope| if lasting(scope) { tokens.refresh.is_some() } else { held.contains(scope) };
    let missing = asked.iter().filter(|scope| !is_held(scope)).map(|scope| (*scope).clone()).collect();
    Permissions::Delegated { asked: asked.len(), missing }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::clouds::CLOUDS;

    #[test]
    fn questions_go_to_the_graph_service_of_the_authority() {
        let person = Holder::Person { signed_in: None, expected: None };
        let asked = |check, authority: &Authority| question(check, &person, authority).to_string();
        assert_eq!(
            asked(Check::Inbox, &CLOUDS[0].authority()),
            "https://graph.microsoft.com/v1.0/me/mailFolders/inbox?$select=totalItemCount,unreadItemCount"
        );
        let own =
            Authority::custom("http://127.0.0.1:8080/login/", Some("http://127.0.0.1:8080/graph/")).unwrap();
        assert_eq!(
            asked(Check::Profile, &own),
            "http://127.0.0.1:8080/graph/v1.0/me?$select=userPrincipalName"
        );
        let dod = CLOUDS[2].authority();
        assert!(asked(Check::Contacts, &dod).starts_with("https://dod-graph.microsoft.us/v1.0/me/contacts?"));
    }

    #[test]
    fn a_mailbox_is_one_segment_whatever_is_in_it() {
        let mailbox = Mailbox::parse("a/../b?x#y%2f@contoso.com").unwrap();
        let holder = Holder::Application { mailbox: Some(mailbox) };
        let url = question(Check::Calendar, &holder, &CLOUDS[0].authority());
        assert_eq!(url.path_segments().unwrap().count(), 4, "{url}");
        assert_eq!(url.query(), Some("$top=1&$select=id"));
    }

    #[test]
    fn a_scope_is_graphs_unless_its_prefix_says_otherwise() {
        let authority = CLOUDS[0].authority();
        let is_graph = |text: &str| is_of_graph(&Scope::parse(text).unwrap(), &authority);
        assert!(is_graph("Mail.Read") && is_graph("https://graph.microsoft.com/Mail.Read"));
        assert!(is_graph("https://graph.microsoft.us/.default"));
        assert!(!is_graph("https://outlook.office.com/SMTP.Send"));
        assert!(!is_graph("https://outlook.office365.com/.default"));
    }
}
