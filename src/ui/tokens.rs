//! The Tokens tab: the three clocks to the second, the connection values, the last renewals, the claims.
//!
//! This file shows the text of a revealed value, for as long as the application holds it.
//!
//! ```text
//!  contoso-prod  ops@contoso.com · signed in 12 days ago · last renewal 13:52, worked
//!  ACCESS    ████████████████████████░░░░░░░░░░    00:41:07  known    renews 15:03
//!  REFRESH   ███████████████████████████████░░░    83 d 4 h  est      if unused
//!  SECRET    ██░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░     4 d 2 h  known    e replace
//! ─ Connection values ──────────────────────── App Connect has: current ─
//!  ► Client ID       5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44
//!    Access token    ●●●●●●●●  Microsoft Graph, 5 permissions   2,114 characters
//! ─ Renewals ─────────────────────────────────────────── last 24 ─
//! ─ Claims ───────────────────────────────────────────────────────
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::Reveal;
use crate::app::copies::still_held;
use crate::app::words::count_with_commas;
use crate::domain::app_registration::CredentialFacts;
use crate::domain::secret::Secret;
use crate::domain::{ConnectionValue, Freshness, Overview, ScopeSet};

use super::canvas::{Canvas, break_word, rule};
use super::details;
use super::probe;
use super::renewal_chart;
use super::text::ago;
use super::token_claims;
use super::token_clocks::{clock_count, clocks};
use super::view::{View, printable};

/// Lines of the page with blank ones between, and of the claims with the marks above them: what is left lists renewals.
const LONGEST_PAGE: u16 = 25;
const LONGEST_CLAIMS: u16 = 13;
/// From this width on history and claims stand beside the values.
const BESIDE_FROM: u16 = 180;
const BESIDE_WIDTH: u16 = 74;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    let Some(overview) = view.app.chosen() else {
        let line = view.row().gap(2).text("no connection is chosen", view.theme().muted).build();
        return Canvas::new(buffer, area, view.look).line(&line);
    };
    let (page, beside) = split(area);
    let mut canvas = Canvas::new(buffer, page, view.look);
    if beside.width > 0 {
        draw_page(&mut canvas, view, overview, Vec::new());
        let past = past(view, overview, beside.width, beside.height.saturating_sub(LONGEST_CLAIMS));
        stack(&mut Canvas::new(buffer, beside, view.look), past);
    } else {
        let past = past(view, overview, page.width, page.height.saturating_sub(LONGEST_PAGE));
        draw_page(&mut canvas, view, overview, past);
    }
}

/// The page, and history and claims beside it where there is room.
fn split(area: Rect) -> (Rect, Rect) {
    if area.width < BESIDE_FROM {
        return (area, Rect { width: 0, ..area });
    }
    let width = area.width - BESIDE_WIDTH - 2;
    (Rect { width, ..area }, Rect { x: area.x + width + 2, width: BESIDE_WIDTH, ..area })
}

/// Who, the clocks, the values, and below them the past or a revealed value in its place.
fn draw_page(canvas: &mut Canvas<'_>, view: View<'_>, overview: &Overview, past: Vec<Vec<Line<'static>>>) {
    let width = canvas.width();
    let room = usize::from(canvas.rows_left()).saturating_sub(1 + clock_count(overview));
    let values = window(view, overview, values(view, overview, width), room);
    let past = if view.app.tokens.reveal.is_none() { past } else { Vec::new() };
    let needed = 1 + clock_count(overview) + values.len() + past.iter().map(Vec::len).sum::<usize>();
    let spare = usize::from(canvas.rows_left()).saturating_sub(needed);
    let mut sections = vec![vec![who(view, overview, width)], clocks(view, overview, width, spare), values];
    sections.extend(past);
    stack(canvas, sections);
    if let Some(reveal) = &view.app.tokens.reveal {
        revealed(canvas, view, reveal);
    }
}

/// What was, and what the token says of itself.
fn past(view: View<'_>, overview: &Overview, width: u16, room: u16) -> Vec<Vec<Line<'static>>> {
    let history = renewal_chart::chart(view, overview, width, usize::from(room));
    let probed = probe::section(view, overview, width);
    probed.into_iter().chain([history, token_claims::claims(view, overview, width)]).collect()
}

/// Sections from top to bottom, with a blank line between them as far as there are lines to spare.
fn stack(canvas: &mut Canvas<'_>, sections: Vec<Vec<Line<'static>>>) {
    let needed: usize = sections.iter().map(Vec::len).sum();
    let mut spare = usize::from(canvas.rows_left()).saturating_sub(needed);
    for (place, lines) in sections.into_iter().enumerate() {
        if place > 0 && spare > 0 {
            canvas.blank();
            spare -= 1;
        }
        canvas.lines(&lines);
    }
}

/// The values as far as there are lines for them, so that the chosen one is among them; their title stays.
fn window(
    view: View<'_>,
    overview: &Overview,
    mut values: Vec<Line<'static>>,
    room: usize,
) -> Vec<Line<'static>> {
    let chosen = overview.values().iter().position(|value| *value == view.app.tokens.value).unwrap_or(0);
    let hidden = (chosen + 2).saturating_sub(room.max(2)).min(values.len().saturating_sub(1));
    values.drain(1..=hidden);
    values
}

fn values(view: View<'_>, overview: &Overview, width: u16) -> Vec<Line<'static>> {
    let (title, hand_over) = values_titles(view, overview, width);
    let mut lines = vec![rule(view.look, &title, &hand_over, width)];
    for value in overview.values() {
        let line = value_line(view, overview, value, width);
        // The style of the line lies under those of its parts, over its whole width.
        let is_chosen = value == view.app.tokens.value;
        lines.push(if is_chosen { line.style(view.theme().selected) } else { line });
    }
    lines
}

fn who(view: View<'_>, overview: &Overview, width: u16) -> Line<'static> {
    let theme = view.theme();
    let need = overview.need(view.now);
    let holder = overview.holder().map_or_else(|| "nobody yet".to_owned(), |holder| printable(&holder));
    let mut facts = vec![holder, format!("last renewal {}", details::last_renewal(view, overview))];
    let signed_in = overview.tokens.as_ref().filter(|_| overview.settings.way_in.is_delegated());
    facts.extend(signed_in.map(|tokens| format!("signed in {}", ago(view.now - tokens.signed_in_at))));
    let dot = format!(" {} ", view.glyphs().separator);
    let room = usize::from(width).saturating_sub(overview.name.as_str().len() + 6);
    // The last fact goes first where there is no room for all.
    while facts.len() > 1 && facts.join(&dot).chars().count() > room {
        facts.pop();
    }
    view.row()
        .gap(1)
        .text(view.glyphs().need(need), theme.need(need))
        .gap(1)
        .text(overview.name.as_str(), theme.heading)
        .gap(2)
        .rest(&facts.join(&dot), width.saturating_sub(1), theme.muted)
        .build()
}

/// The title of the values, and what others hold of them: in fewer words where there is less room.
fn values_titles(view: View<'_>, overview: &Overview, width: u16) -> (String, String) {
    let plain = "Connection values".to_owned();
    let title = match overview.renewed_at() {
        Some(at) => format!("{plain} {} set of {}", view.glyphs().separator, view.time(at)),
        None => plain.clone(),
    };
    let copies = overview.held_copies(view.now);
    let Some(first) = copies.first() else {
        let never = if overview.tokens.is_some() && width >= 70 { "not handed over yet" } else { "" };
        return (title, never.to_owned());
    };
    let Some(told) = still_held(&copies, &|at| view.when(at)) else {
        return (title, format!("{} has: current", first.hand_over.keeper()));
    };
    let older = copies.iter().filter(|copy| copy.freshness != Freshness::Current).count();
    let fits = |title: &str| title.chars().count() + told.chars().count() + 7 <= usize::from(width);
    match () {
        () if fits(&title) => (title, told),
        () if fits(&plain) => (plain, told),
        () if older == 1 => (plain, "1 older copy".to_owned()),
        () => (plain, format!("{older} older copies")),
    }
}

fn value_line(view: View<'_>, overview: &Overview, value: ConnectionValue, width: u16) -> Line<'static> {
    let theme = view.theme();
    let is_chosen = value == view.app.tokens.value;
    let cursor = if is_chosen { view.glyphs().cursor } else { " " };
    let label = value_label(overview, value);
    let row = view.row().gap(1).text(cursor, theme.accent).gap(1).fill(label, 15, theme.text).gap(1);
    if value == ConnectionValue::ClientId {
        return row.rest(&overview.settings.client_id.to_string(), width, theme.text).build();
    }
    if let (ConnectionValue::ClientSecret, CredentialFacts::Certificate { subject, .. }) =
        (value, &overview.credential)
    {
        let text = format!("{}, its key stays in the vault", printable(subject));
        return row.text(view.mask(), theme.secret_mask).gap(2).rest(&text, width, theme.muted).build();
    }
    let Some(characters) = overview.characters_of(value) else {
        return row.rest(absent(overview, value), width, theme.none).build();
    };
    let row = row.text(view.mask(), theme.secret_mask).gap(2);
    let length =
        view.row().text(format!("{} characters", count_with_commas(characters)), theme.muted).build();
    let room = width.saturating_sub(length.width() as u16 + 3);
    row.rest(&about(view, overview, value), room, theme.muted).end(length, width.saturating_sub(1)).build()
}

/// In place of the secret stands what there is instead of it.
fn value_label(overview: &Overview, value: ConnectionValue) -> &'static str {
    match (value, &overview.credential) {
        (ConnectionValue::ClientSecret, CredentialFacts::Certificate { .. }) => "Certificate",
        _ => value.label(),
    }
}

fn absent(overview: &Overview, value: ConnectionValue) -> &'static str {
    let app_only = !overview.settings.way_in.is_delegated();
    match (value, &overview.credential) {
        (ConnectionValue::RefreshToken, _) if app_only => "none: the client asks again instead",
        (ConnectionValue::AccessToken, _) if app_only => "none yet: the client has not asked",
        (ConnectionValue::ClientSecret, CredentialFacts::Public) => "none: public client",
        (ConnectionValue::ClientSecret, _) => "none: its record is missing or damaged",
        (ConnectionValue::RefreshToken, _) if overview.tokens.is_some() => {
            "none: offline_access was not granted"
        }
        _ => "none: nobody has signed in",
    }
}

fn about(view: View<'_>, overview: &Overview, value: ConnectionValue) -> String {
    let Some(tokens) = &overview.tokens else { return String::new() };
    match value {
        ConnectionValue::AccessToken | ConnectionValue::OtherAccessToken(_) => {
            let Some(access) = overview.access_of(value) else { return String::new() };
            let audience = match access.claims.audience_name() {
                _ if tokens.access.count() > 1 => printable(access.audience.short()),
                Some(name) => printable(name),
                None => "opaque".to_owned(),
            };
            if let Some(roles) = overview.roles() {
                return match roles.len() {
                    0 => format!("{audience}, no roles"),
                    1 => format!("{audience}, 1 role"),
                    count => format!("{audience}, {count} roles"),
                };
            }
            let granted = access
                .granted_scope
                .iter()
                .flat_map(ScopeSet::iter)
                .filter(|scope| !scope.is_openid())
                .count();
            format!("{audience}, {granted} permissions")
        }
        ConnectionValue::RefreshToken => match &tokens.refresh {
            Some(refresh) if refresh.previous_kept => "newest, the one before is kept".to_owned(),
            Some(refresh) => format!("newest, worked {}", view.time(refresh.lifetime.starts_at)),
            None => String::new(),
        },
        ConnectionValue::ClientId | ConnectionValue::ClientSecret => String::new(),
    }
}

/// The value itself, for ten seconds, in place of history and claims.
fn revealed(canvas: &mut Canvas<'_>, view: View<'_>, reveal: &Reveal) {
    let theme = view.theme();
    if canvas.rows_left() > 9 {
        canvas.blank();
    }
    let seconds = (reveal.until - view.now).num_seconds().clamp(0, 99);
    canvas.rule_with(reveal.value.label(), &format!("masked again in {seconds:>2} s"));
    let width = canvas.width().saturating_sub(4);
    let mut lines = Vec::new();
    let text: String = reveal.text.expose().chars().filter(|c| !c.is_control()).collect();
    break_word(&text, usize::from(width.max(1)), &mut lines);
    let room = usize::from(canvas.rows_left());
    let shown = if lines.len() > room { room.saturating_sub(1) } else { lines.len() };
    for line in &lines[..shown] {
        canvas.line(&view.row().gap(2).text(line.as_str(), theme.text).build());
    }
    let hidden: usize = lines[shown..].iter().map(|line| line.chars().count()).sum();
    if hidden > 0 {
        let text = format!("{} {} more characters", view.glyphs().ellipsis, count_with_commas(hidden));
        canvas.line(&view.row().gap(2).text(text, theme.muted).build());
    }
}
