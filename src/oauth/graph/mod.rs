//! Microsoft Graph as far as it proves a connection: which calls, for which permissions, and what an answer means.
//!
//! `answer.rs` reads answers. Asked for is only what tells that it works: names, subjects and addresses of items are
//! left out of the question, so that they are in no answer.

mod answer;

use chrono::{DateTime, Utc};
use url::Url;

use crate::domain::permission_state::{Known, PermissionState};
use crate::domain::probe::{Check, Holder, NothingToAsk, Outcome, Permissions, Probe, Questions, WhyNot};
use crate::domain::{Audience, Authority, Mailbox, Overview, Scope, ScopeSet};
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
        permissions: permissions(overview),
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
    let of = |scope: &Scope| Audience::of_scope(scope, &settings.authority);
    let audiences: Vec<Audience> = settings.scopes.iter().filter_map(of).collect();
    if !audiences.is_empty() && !audiences.contains(&Audience::Graph) {
        return Some(NothingToAsk::OnlyExchange);
    }
    (!settings.way_in.is_delegated() && mailbox.is_none()).then_some(NothingToAsk::NoMailboxNamed)
}

/// What is in the token, as far as that can be told: by the token itself, else by the answer that brought it.
fn held(overview: &Overview) -> Option<&ScopeSet> {
    let access = overview.tokens.as_ref()?.access.get(&Audience::Graph)?;
    if overview.settings.way_in.is_delegated() {
        return access.claims.scp.as_ref().or(access.granted_scope.as_ref());
    }
    access.claims.roles.as_ref()
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

fn permissions(overview: &Overview) -> Permissions {
    if !overview.settings.way_in.is_delegated() {
        let roles = overview.roles();
        return roles.map_or(Permissions::Unknown, |roles| Permissions::Application { roles: roles.len() });
    }
    let states = overview.permission_states();
    let of_graph = |own: &&PermissionState| own.audience == Some(Audience::Graph) && !own.scope.is_default();
    // No token holds offline_access: it is the refresh token beside it.
    let asked: Vec<(&Scope, Known)> = states
        .asked()
        .filter(|own| of_graph(own) || own.scope.is_offline_access())
        .map(|own| (&own.scope, if own.in_token == Known::Unknown { own.granted } else { own.in_token }))
        .collect();
    if asked.iter().any(|(_, held)| *held == Known::Unknown) {
        return Permissions::Unknown;
    }
    let missing =
        asked.iter().filter(|(_, held)| *held == Known::No).map(|(scope, _)| (*scope).clone()).collect();
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
}
