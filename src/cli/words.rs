//! Moments, durations, stages and next steps in words, for people who read a terminal.

use chrono::{DateTime, Local, TimeDelta, Utc};

use crate::domain::app_registration::CredentialFacts;
use crate::domain::{Clock, Lifetime, Need, NextStep, Overview, WhoActs};
use crate::sanitize::sanitize;

/// A moment in local time, to the minute.
pub fn moment(moment: DateTime<Utc>) -> String {
    moment.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string()
}

/// What is left, in its largest unit.
pub fn left(span: TimeDelta) -> String {
    match () {
        () if span >= TimeDelta::days(2) => format!("{} d", span.num_days()),
        () if span >= TimeDelta::hours(2) => format!("{} h", span.num_hours()),
        () if span >= TimeDelta::minutes(2) => format!("{} min", span.num_minutes()),
        () => format!("{} s", span.num_seconds()),
    }
}

/// A lifetime in a few words: `41 min`, `83 d est`, `expired`.
pub fn lifetime_short(lifetime: Option<Lifetime>, clock: Clock, now: DateTime<Utc>) -> String {
    match lifetime {
        None => "none".to_owned(),
        Some(lifetime) if lifetime.is_expired_at(now) => "expired".to_owned(),
        Some(lifetime) if is_of_unknown_age(lifetime, clock, now) => "unknown".to_owned(),
        Some(lifetime) => match lifetime.certainty {
            crate::domain::Certainty::Known => left(lifetime.remaining(now)),
            other => format!("{} {}", left(lifetime.remaining(now)), other.label()),
        },
    }
}

/// A lifetime in a line: `fresh, 41 min left, until 2026-11-22 14:52 (known)`.
pub fn lifetime_line(lifetime: Lifetime, clock: Clock, now: DateTime<Utc>) -> String {
    if is_of_unknown_age(lifetime, clock, now) {
        return "age unknown: issued while this machine's clock was ahead of now".to_owned();
    }
    let stage = lifetime.stage(clock, now).word();
    let end = moment(lifetime.expires_at);
    if lifetime.is_expired_at(now) {
        return format!("{stage} since {end}");
    }
    let (left, label) = (left(lifetime.remaining(now)), lifetime.certainty.label());
    format!("{stage}, {left} left, until {end} ({label})")
}

/// Until when the access tokens are valid, each where there are several.
pub fn access_until(overview: &Overview) -> String {
    let access = overview.tokens.as_ref().map(|tokens| &tokens.access);
    let until: Vec<String> = access
        .into_iter()
        .flat_map(|all| all.iter().map(move |own| (all.count(), own)))
        .map(|(count, own)| match count {
            1 => format!("access token until {}", moment(own.lifetime.expires_at)),
            _ => format!("{} until {}", sanitize(own.audience.short(), 60), moment(own.lifetime.expires_at)),
        })
        .collect();
    until.join(", ")
}

/// The group in lower case.
pub fn need(need: Need) -> &'static str {
    match need {
        Need::NeedsYou => "needs you",
        Need::Soon => "soon",
        Need::Quiet => "quiet",
    }
}

/// The group, for a person: that it is quiet does not say that its access token is good.
pub fn state(overview: &Overview, now: DateTime<Utc>) -> &'static str {
    match overview.need(now) {
        Need::Quiet if overview.waits_to_be_asked_since(now).is_some() => "on demand",
        group => need(group),
    }
}

/// What becomes of an access token that nothing renews by itself.
pub fn on_demand_only(overview: &Overview) -> String {
    format!("renewed on demand only, policy {}", overview.settings.renewal.policy.as_str())
}

/// The one next step. Nothing here renews by itself: that is said as what is due, not as what will happen.
pub fn next_step(overview: &Overview, now: DateTime<Utc>) -> String {
    step(overview.next_step(now), overview)
}

/// A step of this connection.
pub fn step(step: NextStep, overview: &Overview) -> String {
    match step {
        // Of the dashboard only: it alone holds what is not saved.
        NextStep::MendDisk => "mend the disk".to_owned(),
        NextStep::SignIn => "sign in".to_owned(),
        NextStep::GetToken => "get the token (authorize)".to_owned(),
        NextStep::EnterCode => "enter the user code on another device".to_owned(),
        NextStep::PasteAddress => "bring the browser's address back (redeem)".to_owned(),
        NextStep::SignInAgain => "sign in again".to_owned(),
        NextStep::AskConsent => "an administrator consents, then sign in".to_owned(),
        NextStep::AskAdministrator => "ask the tenant's administrator, then sign in".to_owned(),
        NextStep::MendSettings => "mend the settings or the registration".to_owned(),
        NextStep::AcceptRestored => {
            "from a backup: accept it (refresh --accept-restored), or sign in again".to_owned()
        }
        NextStep::ReplaceSecret => match overview.credential {
            CredentialFacts::Certificate { .. } => "replace the certificate".to_owned(),
            _ => "replace the client secret".to_owned(),
        },
        NextStep::SignInBefore(at) => format!("sign in before {}", moment(at)),
        NextStep::RenewBefore(at) => format!("renew before {}", moment(at)),
        NextStep::HandOverAgain => "hand over again".to_owned(),
        NextStep::RenewOnRequest { ended_at: None } => {
            "renew when needed: it does not renew by itself".to_owned()
        }
        NextStep::RenewOnRequest { ended_at: Some(at) } => {
            let failed = if overview.trouble.is_some() { ", the last try failed" } else { "" };
            format!("access token ended {}, {}{failed}", moment(at), on_demand_only(overview))
        }
        NextStep::RenewsAt(at) => format!("renewal due {}", moment(at)),
        NextStep::RetriesAt(at) => format!("try again from {}", moment(at)),
        NextStep::EndsAt(at) => format!("ends {}, nothing can renew it", moment(at)),
    }
}

/// Who acts, as a word for programs.
pub fn who_acts_word(who: WhoActs) -> &'static str {
    match who {
        WhoActs::User => "user",
        WhoActs::TenantAdmin => "tenant-admin",
        WhoActs::AppOwner => "app-owner",
        WhoActs::Nobody => "nobody",
    }
}

/// The next step as a word for programs.
pub fn next_step_word(step: NextStep) -> (&'static str, Option<DateTime<Utc>>) {
    match step {
        NextStep::MendDisk => ("mend-disk", None),
        NextStep::SignIn => ("sign-in", None),
        NextStep::GetToken => ("get-token", None),
        NextStep::PasteAddress => ("redeem", None),
        NextStep::EnterCode => ("enter-code", None),
        NextStep::SignInAgain => ("sign-in-again", None),
        NextStep::AskConsent => ("admin-consent", None),
        NextStep::AskAdministrator => ("ask-administrator", None),
        NextStep::MendSettings => ("mend-settings", None),
        NextStep::AcceptRestored => ("accept-restored", None),
        NextStep::ReplaceSecret => ("replace-secret", None),
        NextStep::SignInBefore(at) => ("sign-in-before", Some(at)),
        NextStep::RenewBefore(at) => ("renew-before", Some(at)),
        NextStep::HandOverAgain => ("hand-over-again", None),
        NextStep::RenewOnRequest { .. } => ("renew-on-request", None),
        NextStep::RenewsAt(at) => ("renew", Some(at)),
        NextStep::RetriesAt(at) => ("retry", Some(at)),
        NextStep::EndsAt(at) => ("ends", Some(at)),
    }
}

/// An access token that was issued by a clock ahead of the present one.
fn is_of_unknown_age(lifetime: Lifetime, clock: Clock, now: DateTime<Utc>) -> bool {
    clock == Clock::AccessToken && lifetime.is_of_another_clock(now)
}

/// Rows under headings, columns aligned, two blanks between them.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([headings[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", padded.join("  ").trim_end())
    };
    let mut text = line(&mut headings.iter().copied());
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_in_its_largest_unit() {
        let told =
            [TimeDelta::days(83), TimeDelta::hours(47), TimeDelta::minutes(119), TimeDelta::seconds(61)]
                .map(left);
        assert_eq!(told, ["83 d", "47 h", "119 min", "61 s"]);
    }

    #[test]
    fn columns_are_aligned() {
        let rows = [vec!["a".into(), "1".into()], vec!["bcd".into(), "2".into()]];
        assert_eq!(table(&["NAME", "N"], &rows), "NAME  N\na     1\nbcd   2\n");
    }
}
