//! On the Tokens tab: the last renewals as marks, and the claims of the access token.

use ratatui::text::Line;

use crate::domain::{Overview, Renewal, RenewalKind, RenewalOutcome, Scope};

use super::canvas::{rule, wrap};
use super::view::{View, printable};

/// How many renewals are drawn as marks.
const MARKS: usize = 24;

/// Fewer renewals than this are not worth a list.
const FEWEST_LISTED: usize = 3;

/// One mark for each renewal, and a sentence that counts them; with room for a list, the newest one by one.
pub(super) fn history(view: View<'_>, overview: &Overview, width: u16, room: usize) -> Vec<Line<'static>> {
    let theme = view.theme();
    let last = &overview.renewals[overview.renewals.len().saturating_sub(MARKS)..];
    if last.is_empty() {
        let mut lines = vec![rule(view.look, "Renewals", "", width)];
        lines.push(view.row().gap(2).text("none yet", theme.muted).build());
        return lines;
    }
    let mut lines = vec![rule(view.look, "Renewals", &format!("last {}", last.len()), width)];
    let mut row = view.row().gap(2);
    for renewal in last {
        row = row.text(view.glyphs().renewal(&renewal.outcome), theme.renewal(&renewal.outcome));
    }
    let count = |is: fn(&RenewalOutcome) -> bool| last.iter().filter(|renewal| is(&renewal.outcome)).count();
    let worked = count(RenewalOutcome::worked);
    let retried = count(|outcome| matches!(outcome, RenewalOutcome::WillRetry(_)));
    let refused = count(|outcome| matches!(outcome, RenewalOutcome::Failed(_)));
    let sentence = format!("{worked} worked, {retried} retried, {refused} refused");
    lines.push(row.gap(2).rest(&sentence, width, theme.muted).build());
    if room >= FEWEST_LISTED {
        lines.push(Line::default());
        let listed: Vec<&Renewal> = last.iter().rev().take(room).collect();
        let time = listed.iter().map(|renewal| view.time(renewal.at).len()).max().unwrap_or(0) as u16;
        lines.extend(listed.into_iter().map(|renewal| one(view, renewal, time, width)));
        return lines;
    }
    let trouble = last.iter().rev().find_map(|renewal| Some((renewal.at, renewal.outcome.line()?)));
    if let Some((at, line)) = trouble {
        let text = format!("{}  {}", view.time(at), printable(line));
        lines.push(view.row().gap(2).rest(&text, width.saturating_sub(1), theme.muted).build());
    }
    lines
}

/// When it was, and how it ended.
fn one(view: View<'_>, renewal: &Renewal, time: u16, width: u16) -> Line<'static> {
    let theme = view.theme();
    let style = theme.renewal(&renewal.outcome);
    let words = match (&renewal.outcome, renewal.kind) {
        (RenewalOutcome::Worked, RenewalKind::SignIn) => "signed in".to_owned(),
        (RenewalOutcome::Worked, RenewalKind::Refresh) => "renewed".to_owned(),
        (RenewalOutcome::Worked, RenewalKind::ClientCredentials) => "token issued".to_owned(),
        (RenewalOutcome::WorkedOddly(line), _) => format!("worked; {}", printable(line)),
        (RenewalOutcome::WillRetry(line) | RenewalOutcome::Failed(line), _) => printable(line),
    };
    view.row()
        .gap(2)
        .text(view.glyphs().renewal(&renewal.outcome), style)
        .gap(2)
        .right(&view.time(renewal.at), time, theme.muted)
        .gap(2)
        .rest(&words, width.saturating_sub(1), theme.text)
        .build()
}

/// What can be read in the access token, for the eyes only.
pub(super) fn claims(view: View<'_>, overview: &Overview, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let mut lines = vec![rule(view.look, "Claims", "", width)];
    let Some(tokens) = &overview.tokens else {
        lines.push(view.row().gap(2).text("no token", theme.none).build());
        return lines;
    };
    let claims = &tokens.access.primary().claims;
    let scopes = claims
        .scp
        .as_ref()
        .map(|scopes| scopes.iter().map(|scope| scope.name().to_owned()).collect::<Vec<_>>().join(" "));
    let roles = overview.roles().map(|roles| {
        let names: Vec<&str> = roles.iter().map(Scope::name).collect();
        if names.is_empty() {
            "none: nothing was granted in the portal".to_owned()
        } else {
            printable(&names.join(" "))
        }
    });
    let pairs = [
        ("aud", claims.audience_name().map(printable)),
        ("upn", claims.upn.as_deref().map(printable)),
        ("tid", claims.tid.as_deref().map(printable)),
        ("app", claims.app.as_deref().map(printable)),
        ("scp", scopes),
        ("roles", roles),
    ];
    let told: Vec<(&str, String)> =
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    if told.is_empty() {
        lines.push(view.row().gap(2).text("this token cannot be read, which is fine", theme.muted).build());
        return lines;
    }
    lines.extend(flow(view, &told, width));
    lines
}

/// Claims side by side as far as they fit.
fn flow(view: View<'_>, pairs: &[(&str, String)], width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let mut lines = Vec::new();
    let mut row = view.row().gap(2);
    for (name, value) in pairs {
        let needs = (name.len() + 1 + value.chars().count() + 3) as u16;
        if row.width() > 2 && row.width().saturating_add(needs) > width {
            lines.push(row.build());
            row = view.row().gap(2);
        }
        let mut wrapped = wrap(value, width.saturating_sub(7)).into_iter();
        row = row.text(*name, theme.muted).gap(1).text(wrapped.next().unwrap_or_default(), theme.text).gap(3);
        for rest in wrapped {
            lines.push(row.build());
            row = view.row().gap(6).text(rest, theme.text);
        }
    }
    lines.push(row.build());
    lines
}
