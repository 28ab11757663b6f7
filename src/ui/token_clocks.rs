//! The clocks of the Tokens tab: a gauge for each access token, the refresh token and the client's credential, with what
//! happens at its end.

use ratatui::text::Line;

use crate::app::{Action, replacing};
use crate::domain::app_registration::CredentialFacts;
use crate::domain::{
    AccessFacts, Clock, Lack, Lacking, Lifetime, NextStep, Overview, Stage, Trouble, TroubleKind,
};

use super::canvas::Row;
use super::gauge::{Build, lifetime_gauge};
use super::text::duration_long;
use super::view::{View, printable};

/// A note is left out where there is no room for `e replace`.
const FEWEST_NOTE: u16 = 9;

/// What has a gauge of its own.
#[derive(Clone, Copy)]
enum Gauge<'a> {
    /// The access token of one of several resources.
    Access(&'a AccessFacts),
    /// A resource that was asked for, and has no token yet or gets none.
    Lacking(&'a Lacking),
    /// The only access token, the refresh token, the client's credential.
    Clock(Clock),
}

/// In the order in which they lapse.
fn gauges(overview: &Overview) -> Vec<Gauge<'_>> {
    let held = overview.tokens.iter().flat_map(|tokens| tokens.access.iter());
    let without = |own: &&Lacking| {
        overview.tokens.as_ref().is_some_and(|tokens| tokens.access.get(&own.audience).is_none())
    };
    let mut gauges: Vec<Gauge<'_>> = held.map(Gauge::Access).collect();
    gauges.extend(overview.lacks().filter(without).map(Gauge::Lacking));
    if gauges.len() <= 1 {
        gauges = vec![Gauge::Clock(Clock::AccessToken)];
    }
    gauges.extend([Clock::RefreshToken, Clock::ClientCredential].map(Gauge::Clock));
    gauges
}

/// How many there are: each has a line at least.
pub(super) fn clock_count(overview: &Overview) -> usize {
    gauges(overview).len()
}

/// Tall bars with a blank line between them; slim ones where there are not two lines to spare.
pub(super) fn clocks(view: View<'_>, overview: &Overview, width: u16, spare: usize) -> Vec<Line<'static>> {
    let gauges = gauges(overview);
    let (build, gaps) = if spare >= gauges.len() - 1 { (Build::Tall, 1) } else { (Build::Slim, 0) };
    let mut lines = Vec::new();
    for gauge in gauges {
        if !lines.is_empty() {
            lines.extend(std::iter::repeat_n(Line::default(), gaps));
        }
        lines.push(gauge_line(view, overview, gauge, build, width));
    }
    lines
}

fn gauge_line(
    view: View<'_>,
    overview: &Overview,
    gauge: Gauge<'_>,
    build: Build,
    width: u16,
) -> Line<'static> {
    let theme = view.theme();
    let label = clock_label(overview, width);
    // A certificate may last for decades, and its end is a longer note.
    let room = if label == LABEL_WITH_CERTIFICATE { 4 } else { 0 };
    let (clock, lifetime) = match gauge {
        Gauge::Access(access) => (Clock::AccessToken, Some(access.lifetime)),
        Gauge::Lacking(_) => (Clock::AccessToken, None),
        Gauge::Clock(clock) => (clock, overview.lifetime(clock)),
    };
    let bar = match width {
        0..56 => width.saturating_sub(12 + label),
        56..72 => width.saturating_sub(25 + label),
        _ => width.saturating_sub(38 + label + room).min(72),
    };
    let mut row = view.row().gap(1).fill(&gauge_title(overview, gauge, label), label, theme.heading);
    row = row.append(lifetime_gauge(lifetime.as_ref(), (clock, view.now), bar, build, view.glyphs(), theme));
    let Some(lifetime) = lifetime else { return no_clock(view, overview, gauge, row, width) };
    let stage = lifetime.stage(clock, view.now);
    let left =
        if stage == Stage::Expired { String::new() } else { duration_long(lifetime.remaining(view.now)) };
    row = row.right(&left, 11 + room / 2, theme.stage(stage)).gap(2);
    if width >= 56 {
        row = row.fill(lifetime.certainty.label(), 9, theme.muted);
    }
    if width.saturating_sub(row.width()) >= FEWEST_NOTE {
        let note = match gauge {
            Gauge::Access(access) => access_note(view, overview, access),
            Gauge::Lacking(_) | Gauge::Clock(_) => clock_note(view, overview, clock, &lifetime),
        };
        row = row.rest(&note, width, theme.text);
    }
    row.build()
}

/// Cells for the titles of the clocks, the blanks behind them included.
const LABEL: u16 = 9;
const LABEL_WITH_CERTIFICATE: u16 = 13;
const LABEL_WITH_RESOURCE: u16 = 17;

fn clock_label(overview: &Overview, width: u16) -> u16 {
    match overview.credential {
        _ if width >= 56 && has_several(overview) => LABEL_WITH_RESOURCE,
        CredentialFacts::Certificate { .. } if width >= 56 => LABEL_WITH_CERTIFICATE,
        _ => LABEL,
    }
}

/// With its resource, which is all of the title where there is little room.
fn gauge_title(overview: &Overview, gauge: Gauge<'_>, label: u16) -> String {
    let audience = match gauge {
        Gauge::Access(access) => &access.audience,
        Gauge::Lacking(lacking) => &lacking.audience,
        Gauge::Clock(clock) => return clock_title(overview, clock, label).to_owned(),
    };
    let name = printable(audience.short());
    let title = if label > LABEL { format!("ACCESS {name}") } else { name };
    // One cell stays free before the bar.
    title.chars().take(usize::from(label) - 1).collect()
}

fn has_several(overview: &Overview) -> bool {
    gauges(overview).len() > 3
}

fn clock_title(overview: &Overview, clock: Clock, label: u16) -> &'static str {
    match (clock, &overview.credential) {
        (Clock::AccessToken, _) => "ACCESS",
        (Clock::RefreshToken, _) => "REFRESH",
        (Clock::ClientCredential, CredentialFacts::Certificate { .. }) if label > LABEL => "CERTIFICATE",
        (Clock::ClientCredential, CredentialFacts::Certificate { .. }) => "CERT",
        (Clock::ClientCredential, _) => "SECRET",
    }
}

fn no_clock(
    view: View<'_>,
    overview: &Overview,
    gauge: Gauge<'_>,
    row: Row<'_>,
    width: u16,
) -> Line<'static> {
    let clock = match gauge {
        Gauge::Lacking(lacking) => return no_token(view, overview, lacking, row, width),
        Gauge::Access(_) => Clock::AccessToken,
        Gauge::Clock(clock) => clock,
    };
    let text = match (clock, &overview.credential) {
        (Clock::AccessToken, _) if !overview.settings.way_in.is_delegated() => "no token yet",
        (Clock::AccessToken, _) => "nobody has signed in",
        (Clock::RefreshToken, _) if !overview.settings.way_in.is_delegated() => "none: the client asks again",
        (Clock::RefreshToken, _) if overview.tokens.is_some() => "offline_access was not granted",
        (Clock::RefreshToken, _) => "",
        (Clock::ClientCredential, CredentialFacts::Public) => "public client, no secret",
        (Clock::ClientCredential, CredentialFacts::Missing) => "record missing or damaged",
        (Clock::ClientCredential, CredentialFacts::Secret { .. } | CredentialFacts::Certificate { .. }) => {
            "held, no end date known"
        }
    };
    row.gap(6).rest(text, width, view.theme().muted).build()
}

fn no_token(
    view: View<'_>,
    overview: &Overview,
    lacking: &Lacking,
    row: Row<'_>,
    width: u16,
) -> Line<'static> {
    let theme = view.theme();
    match lacking.refusal() {
        Some(trouble) => row.gap(2).rest(refused(trouble), width, theme.warning).build(),
        None if view.is_renewing(overview) => {
            let text = format!("being fetched {}", view.glyphs().ellipsis);
            row.gap(2).rest(&text, width, theme.muted).build()
        }
        None => row.gap(2).rest("not yet: comes next", width, theme.muted).build(),
    }
}

/// Why a resource gets no token, in a few words.
fn refused(trouble: &Trouble) -> &'static str {
    match trouble.kind {
        TroubleKind::ConsentMissing => "consent missing",
        TroubleKind::SignInNeeded => "sign in again",
        TroubleKind::SetUpWrong => "refused: see the list",
        TroubleKind::Restored => "from a backup",
        TroubleKind::TryLater { .. } => "tried again",
    }
}

/// What happens at the end of one of several access tokens.
fn access_note(view: View<'_>, overview: &Overview, access: &AccessFacts) -> String {
    if let Some(Lack::Refused(trouble)) = overview.lack_of(&access.audience) {
        return refused(trouble).to_owned();
    }
    if !overview.settings.audiences().contains(&access.audience) {
        return "asked no more".to_owned();
    }
    clock_note(view, overview, Clock::AccessToken, &access.lifetime)
}

/// What happens at the end of a clock, in a few words.
fn clock_note(view: View<'_>, overview: &Overview, clock: Clock, lifetime: &Lifetime) -> String {
    let is_over = lifetime.is_expired_at(view.now);
    // What stands in the way of another resource does not hinder this one.
    let is_refused =
        clock == Clock::AccessToken && overview.trouble.is_none() && overview.refusal().is_some();
    match clock {
        Clock::AccessToken if view.is_renewing(overview) => {
            format!("renewing {}", view.glyphs().ellipsis)
        }
        Clock::AccessToken => match overview.next_step(view.now) {
            NextStep::MendDisk => "NOT SAVED".to_owned(),
            NextStep::RetriesAt(at) => format!("tries {}", view.when(at)),
            _ if is_over => format!("since {}", view.when(lifetime.expires_at)),
            _ if !overview.is_automatic() => format!("ends {}", view.when(lifetime.expires_at)),
            _ if is_refused => format!("renews {}", view.when(overview.renewal_due_at(lifetime))),
            NextStep::SignInAgain
            | NextStep::AskConsent
            | NextStep::AskAdministrator
            | NextStep::EndsAt(_) => {
                format!("ends {}", view.when(lifetime.expires_at))
            }
            _ => format!("renews {}", view.when(overview.renewal_due_at(lifetime))),
        },
        Clock::RefreshToken if is_over => format!("{} sign in", view.key(Action::Authorize)),
        Clock::RefreshToken => "if unused".to_owned(),
        Clock::ClientCredential if lifetime.stage(clock, view.now) >= Stage::Expiring => {
            format!("{} replace", view.key(replacing(overview)))
        }
        Clock::ClientCredential => match overview.credential {
            CredentialFacts::Certificate { .. } => format!("ends {}", view.day(lifetime.expires_at)),
            _ => view.day(lifetime.expires_at),
        },
    }
}
