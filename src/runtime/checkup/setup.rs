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

pub(super) fn findings(own: &Overview) -> [Finding; 4] {
    [client(own), redirect(own), permissions(own), mailbox(own)]
}

/// Only an answer to a token request tells whether the registration is known: the last one counts.
fn client(own: &Overview) -> Finding {
    let set_up = |trouble: &&Trouble| trouble.kind == TroubleKind::SetUpWrong && !is_of_redirect(trouble);
    if let Some(trouble) = own.foremost_trouble().filter(set_up) {
        return Finding::failed(Check::Client, line(&trouble.what_happened), line(&trouble.what_to_do));
    }
    let worked = own.renewals.iter().rev().find(|renewal| renewal.outcome.worked());
    match worked {
        Some(last) => {
            Finding::ok(Check::Client, format!("known there: it got a token on {}", last.at.date_naive()))
        }
        None => Finding::skipped(Check::Client, "not checked: only a sign-in or a token request tells"),
    }
}

fn is_of_redirect(trouble: &Trouble) -> bool {
    trouble.aadsts.is_some_and(|code| REDIRECT_REFUSALS.contains(&code))
}

fn redirect(own: &Overview) -> Finding {
    let check = Check::Redirect;
    if own.settings.way_in.capture().is_none() {
        return Finding::skipped(check, "this way in uses none");
    }
    if let Some(trouble) = own.foremost_trouble().filter(|trouble| is_of_redirect(trouble)) {
        return Finding::failed(check, line(&trouble.what_happened), line(&trouble.what_to_do));
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
    if own.has_signed_in() {
        return Finding::ok(check, format!("{uri} under {heading}; a sign-in has come back"));
    }
    let why = format!("not checked: only a sign-in tells whether {uri} stands under {heading}");
    Finding::skipped(check, why)
}

fn permissions(own: &Overview) -> Finding {
    let check = Check::Permissions;
    if let Some(fault) = fault_of(own, Concern::Scopes) {
        return fault_finding(check, fault);
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
