//! What a record tells of its set-up: client, redirect URI, permissions, mailbox. What only a sign-in could tell is not
//! guessed.

use crate::catalogue::permissions::{WhoConsents, nearest};
use crate::domain::app_registration::CredentialKind;
use crate::domain::checkup::{Check, Finding};
use crate::domain::settings_rules::{Concern, faults};
use crate::domain::{Overview, Trouble, TroubleKind};
use crate::sanitize::sanitize;

/// Numbers by which the platform refuses a redirect URI, or the platform heading that it stands under.
const REDIRECT_REFUSALS: [u32; 6] = [50011, 500_112, 700_025, 7_000_218, 9_002_326, 9_002_327];
/// Numbers by which it refuses what is asked for: scopes, and the resources that they belong to.
const PERMISSION_REFUSALS: [u32; 13] = [
    28_002, 28_003, 50_001, 65_005, 70_011, 500_011, 650_053, 650_054, 650_056, 650_057, 700_022, 700_023,
    901_002,
];
/// Numbers by which it refuses the client: it is not known there, not allowed, or not who it says.
const CLIENT_REFUSALS: [u32; 17] = [
    50_012, 50_048, 50_146, 65_002, 70_001, 70_002, 70_003, 700_011, 700_016, 700_024, 700_027, 700_030,
    7_000_112, 7_000_215, 7_000_216, 7_000_222, 7_000_229,
];

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    Client,
    Redirect,
    Permissions,
    /// The request, or something that no other check is about.
    Request,
}

impl Refused {
    fn by(trouble: &Trouble) -> Self {
        match trouble.aadsts {
            Some(code) if REDIRECT_REFUSALS.contains(&code) => Self::Redirect,
            Some(code) if PERMISSION_REFUSALS.contains(&code) => Self::Permissions,
            Some(code) if CLIENT_REFUSALS.contains(&code) => Self::Client,
            _ => Self::by_word(&trouble.what_happened),
        }
    }

    /// Without a number, or with one that is not known here, the refusal is told with the word of RFC 6749 §5.2; the
    /// server's own words, which come last, may name any.
    fn by_word(what_happened: &str) -> Self {
        let told = what_happened.split("The server's words").next().unwrap_or_default();
        let has = |words: [&str; 2]| words.iter().any(|word| told.contains(word));
        match () {
            () if has(["invalid_client", "unauthorized_client"]) => Self::Client,
            () if has(["invalid_scope", "invalid_resource"]) => Self::Permissions,
            () => Self::Request,
        }
    }
}

/// The refusal that stands in the way, if it is about this.
fn refusal(own: &Overview, about: Refused) -> Option<&Trouble> {
    let set_up = own.foremost_trouble().filter(|trouble| trouble.kind == TroubleKind::SetUpWrong);
    set_up.filter(|trouble| Refused::by(trouble) == about)
}

fn refused(check: Check, trouble: &Trouble) -> Finding {
    Finding::failed(check, line(&trouble.what_happened), line(&trouble.what_to_do))
}

pub(super) fn findings(own: &Overview) -> [Finding; 4] {
    [client(own), redirect(own), permissions(own), mailbox(own)]
}

/// Only an answer to a token request tells whether the registration is known: the last one counts, and only as long as its
/// tokens are held. An edit that names another registration drops them, and leaves the history.
fn client(own: &Overview) -> Finding {
    if let Some(trouble) = refusal(own, Refused::Client) {
        return refused(Check::Client, trouble);
    }
    if let Some(trouble) = refusal(own, Refused::Request) {
        return Finding::warning(Check::Client, line(&trouble.what_happened), line(&trouble.what_to_do));
    }
    let worked = own.renewals.iter().rev().find(|renewal| renewal.outcome.worked());
    match worked.filter(|_| own.tokens.is_some()) {
        Some(last) => {
            Finding::ok(Check::Client, format!("known there: it got a token on {}", last.at.date_naive()))
        }
        None => Finding::skipped(Check::Client, "not checked: only a sign-in or a token request tells"),
    }
}

fn redirect(own: &Overview) -> Finding {
    let check = Check::Redirect;
    if own.settings.way_in.capture().is_none() {
        return Finding::skipped(check, "this way in uses none");
    }
    if let Some(trouble) = refusal(own, Refused::Redirect) {
        return refused(check, trouble);
    }
    let uri = &own.settings.redirect_uri;
    let has_credential = own.credential.kind().is_some_and(|kind| kind != CredentialKind::Public);
    let is_public = own.credential.kind() == Some(CredentialKind::Public);
    if let Some(fault) = fault_of(own, Concern::RedirectUri) {
        return fault_finding(check, fault);
    }
    if has_credential && uri.is_native_page() {
        return Finding::warning(
            check,
            format!("{uri} is the page of a public client, and a secret is held"),
            "register it under Web, or the platform refuses the secret (AADSTS700025)",
        );
    }
    if is_public && !uri.is_loopback() && !uri.is_native_page() {
        return Finding::warning(
            check,
            format!("{uri} is a Web address, and no secret is held"),
            "a Web platform asks for a secret (AADSTS7000218): add one, or use http://localhost",
        );
    }
    let heading = own.redirect_platform().heading();
    // The record does not keep by which address a sign-in came back: it may have been edited since.
    let why = format!("not checked: only a sign-in tells whether {uri} stands under {heading}");
    Finding::skipped(check, why)
}

fn permissions(own: &Overview) -> Finding {
    let check = Check::Permissions;
    if let Some(fault) = fault_of(own, Concern::Scopes) {
        return fault_finding(check, fault);
    }
    if let Some(trouble) = refusal(own, Refused::Permissions) {
        return refused(check, trouble);
    }
    let who = WhoConsents::of(own.settings.scopes.iter());
    let is_role_based = !own.settings.way_in.is_delegated();
    if let Some(unknown) = who.unknown.first().filter(|_| !is_role_based) {
        let name = sanitize(unknown.name(), 100);
        let advice = nearest(unknown.name()).map_or_else(
            || format!("right if it is a permission of your own API; else: tokengauge edit {}", own.name),
            |near| format!("is {} meant? tokengauge permissions {}", near.name, own.name),
        );
        return Finding::warning(check, format!("{name} is not known here"), advice);
    }
    let states = own.permission_states();
    let names = |all: Vec<&str>| sanitize(&all.join(", "), 200);
    let missing: Vec<&str> = states.missing().map(|state| state.scope.name()).collect();
    let not_in_token: Vec<&str> = states.not_in_token().map(|state| state.scope.name()).collect();
    if own.tokens.is_some() && !missing.is_empty() {
        let advice = if who.needs_administrator() {
            format!("an administrator consents: tokengauge consent {}", own.name)
        } else {
            format!("sign in again to ask for it: tokengauge authorize {}", own.name)
        };
        return Finding::warning(check, format!("not granted: {}", names(missing)), advice);
    }
    if own.tokens.is_some() && !not_in_token.is_empty() {
        return Finding::warning(
            check,
            format!("not in the token: {}", names(not_in_token)),
            format!("sign in again to apply: tokengauge authorize {}", own.name),
        );
    }
    match (&own.tokens, is_role_based) {
        (Some(_), true) => match own.roles().map(|roles| roles.len()) {
            Some(0) => Finding::warning(
                check,
                "the token holds no role",
                "grant application permissions in the portal, with admin consent",
            ),
            Some(count) => Finding::ok(check, format!("{count} roles in the token")),
            None => Finding::skipped(check, "not checked: the token cannot be read"),
        },
        (Some(_), false) => Finding::ok(check, "all that is asked for is granted, as far as it is told"),
        (None, true) => Finding::skipped(check, "not checked: there is no token yet"),
        (None, false) => Finding::skipped(check, format!("not signed in yet; {}", who.sentence())),
    }
}

/// Who signed in against whom the connection expects; the mailbox itself is asked by `--probe` alone.
fn mailbox(own: &Overview) -> Finding {
    let check = Check::Mailbox;
    let user = own.tokens.as_ref().and_then(|tokens| tokens.user.username.as_deref());
    match (user, &own.settings.sign_in_as) {
        (Some(user), Some(expected)) if !expected.is_same(user) => Finding::warning(
            check,
            format!("{} signed in; {expected} is expected", sanitize(user, 100)),
            format!("right for an alias; else sign in again: tokengauge authorize {}", own.name),
        ),
        _ => Finding::skipped(check, "not asked: --probe asks it"),
    }
}

fn fault_of(own: &Overview, concern: Concern) -> Option<crate::domain::SettingsFault> {
    let all = faults(&own.settings, own.credential.kind());
    all.into_iter().find(|fault| fault.concern() == concern)
}

fn fault_finding(check: Check, fault: crate::domain::SettingsFault) -> Finding {
    Finding::failed(check, fault.to_string(), fault.what_to_do())
}

fn line(text: &str) -> String {
    sanitize(text, 300)
}
