//! The tab of a client that acts for itself: the `.default` that it asks for, and the roles in its token.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::Action;
use crate::app::permissions::{ApplicationRow, application_rows};
use crate::domain::{Known, Overview};

use super::super::canvas::{Canvas, first_shown, wrap};
use super::super::view::{View, printable};

pub(super) fn draw(canvas: &mut Canvas<'_>, view: View<'_>, overview: &Overview) {
    let (width, height) = (canvas.width(), canvas.rows_left());
    let rows = application_rows(overview);
    let columns = Columns::of(width);
    let foot = foot(view, overview, &rows, width);
    canvas.line(&title(view, overview, width));
    if height >= 16 {
        canvas.blank();
    }
    canvas.line(&heading(view, columns));
    let foot_height = if height >= 12 { foot.len() } else { foot.len().min(1) };
    let room = usize::from(canvas.rows_left()).saturating_sub(foot_height).max(1);
    let chosen = chosen(view, &rows);
    let first = first_shown(chosen, rows.len(), room);
    for (place, row) in rows.iter().enumerate().skip(first).take(room) {
        let line = line(view, columns, row, place == chosen, width);
        if place == chosen { canvas.selected_line(&line) } else { canvas.line(&line) }
    }
    if height >= 12 { canvas.lines(&foot) } else { canvas.lines(&foot[foot.len().saturating_sub(1)..]) }
}

fn chosen(view: View<'_>, rows: &[ApplicationRow]) -> usize {
    view.app.permissions.line.min(rows.len().saturating_sub(1))
}

/// Widths of the columns that come and go.
#[derive(Clone, Copy)]
struct Columns {
    name: u16,
    meaning: Option<u16>,
    consent: Option<u16>,
}

const CONSENT: u16 = 23;
const GRANTED: u16 = 18;

impl Columns {
    fn of(width: u16) -> Self {
        let fixed = 3 + 4 + GRANTED;
        let left = |used: u16| width.saturating_sub(fixed + used);
        match width {
            0..64 => Self { name: left(1).min(24), meaning: None, consent: None },
            64..104 => Self { name: 20, meaning: Some(left(20 + 4).min(48)), consent: None },
            _ => Self { name: 24, meaning: Some(left(24 + CONSENT + 6).min(48)), consent: Some(CONSENT) },
        }
    }
}

fn title(view: View<'_>, overview: &Overview, width: u16) -> Line<'static> {
    let theme = view.theme();
    let need = overview.need(view.now);
    view.row()
        .gap(1)
        .text(view.glyphs().need(need), theme.need(need))
        .gap(1)
        .text(overview.name.as_str(), theme.heading)
        .gap(2)
        .rest(&roles_title(overview), width.saturating_sub(1), theme.muted)
        .build()
}

fn roles_title(overview: &Overview) -> String {
    match overview.roles().map(|roles| roles.len()) {
        None if overview.tokens.is_some() => "application permissions: this token cannot be read".to_owned(),
        None => "application permissions: no token yet".to_owned(),
        Some(0) => "application permissions: none in the token".to_owned(),
        Some(1) => "application permissions: 1 in the token".to_owned(),
        Some(count) => format!("application permissions: {count} in the token"),
    }
}

fn heading(view: View<'_>, columns: Columns) -> Line<'static> {
    let style = view.theme().muted;
    let mut row = view.row().gap(3).fill("Ask", 4, style).fill("Permission", columns.name, style);
    if let Some(meaning) = columns.meaning {
        row = row.gap(2).fill("Allows to", meaning, style);
    }
    if let Some(consent) = columns.consent {
        row = row.gap(2).fill("Who may consent", consent, style);
    }
    row.gap(2).text("Granted", style).build()
}

fn line(
    view: View<'_>,
    columns: Columns,
    row: &ApplicationRow,
    is_chosen: bool,
    width: u16,
) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let cursor = if is_chosen { glyphs.cursor } else { " " };
    // A role is no choice that could be ticked here.
    let (tick, tick_style) = if row.asked { (glyphs.check_on, theme.accent) } else { ("   ", theme.muted) };
    let name = printable(row.scope.name());
    let mut line = view.row().gap(1).text(cursor, theme.accent).gap(1).text(tick, tick_style).gap(1);
    line = line.fill(&name, columns.name, theme.text);
    if let Some(meaning) = columns.meaning {
        line = line.gap(2).fill(row.meaning.unwrap_or_default(), meaning, theme.muted);
    }
    if let Some(consent) = columns.consent {
        line = line.gap(2).fill("admin always", consent, theme.muted);
    }
    let (shape, words, style) = in_token(view, row);
    line.gap(2).text(shape, style).gap(1).rest(words, width, style).build()
}

/// The token tells what was granted.
fn in_token(view: View<'_>, row: &ApplicationRow) -> (&'static str, &'static str, Style) {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    match (row.asked, row.granted) {
        (true, Known::Yes) => (glyphs.yes, "see below", theme.good),
        (true, Known::No) => (glyphs.soon, "no roles", theme.warning),
        (_, Known::Unknown) => (glyphs.step_later, "not known yet", theme.muted),
        (false, _) => (glyphs.yes, "in the token", theme.good),
    }
}

/// What the columns had no room for, and what is to be done where there is no role.
fn foot(view: View<'_>, overview: &Overview, rows: &[ApplicationRow], width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let room = width.saturating_sub(5);
    let mut lines = vec![Line::default()];
    if let Some(row) = rows.get(chosen(view, rows)) {
        let text = sentence(row);
        let wrapped = wrap(&text, room).into_iter().take(2);
        lines.extend(wrapped.map(|text| view.row().gap(3).text(text, theme.muted).build()));
    }
    if overview.roles().is_some_and(|roles| roles.is_empty()) {
        let row = view.row().gap(1).text(view.glyphs().soon, theme.warning).gap(1);
        let key = view.key(Action::AdminConsent);
        let text = format!("no roles in the token: it may open nothing. {key} ask an administrator");
        lines.push(row.rest(&text, width, theme.warning).build());
    }
    lines
}

fn sentence(row: &ApplicationRow) -> String {
    match row.meaning {
        Some(_) if row.scope.is_default() => format!(
            "{}: all application permissions that an administrator granted in the portal.",
            printable(row.scope.as_str())
        ),
        Some(meaning) => {
            format!("{}: {meaning}. Consent: admin always.", printable(row.scope.name()))
        }
        None => {
            format!("{}: entered by name; what it allows is not known here.", printable(row.scope.as_str()))
        }
    }
}
