//! The Permissions tab: what is asked for, against what was granted.
//!
//! ```text
//!      Permission            Allows                                Who may consent          Granted
//!  ► [✓] Mail.Send             send mail as the user               anyone                   ✓ granted
//!    [✓] Calendars.ReadWrite   read and change calendars           admin by default policy  × not granted
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::Action;
use crate::app::permissions::{Granted, PermissionRow, needs_sign_in_to_apply, rows};
use crate::domain::Overview;

use super::canvas::{Canvas, first_shown, wrap};
use super::view::{View, printable};

pub(super) fn draw(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    let mut canvas = Canvas::new(buffer, area, view.look);
    let Some(overview) = view.app.chosen() else {
        return canvas.line(&view.row().gap(2).text("no connection is chosen", view.theme().muted).build());
    };
    let rows = rows(overview);
    let columns = Columns::of(area.width);
    let foot = foot(view, overview, &rows, area.width);
    canvas.line(&title(view, overview, &rows, area.width));
    if area.height >= 16 {
        canvas.blank();
    }
    canvas.line(&heading(view, columns));
    let foot_height = if area.height >= 12 { foot.len() } else { foot.len().min(1) };
    let height = usize::from(canvas.rows_left()).saturating_sub(foot_height).max(1);
    let chosen = view.app.permissions.row.min(rows.len().saturating_sub(1));
    let first = first_shown(chosen, rows.len(), height);
    for (place, row) in rows.iter().enumerate().skip(first).take(height) {
        let line = line(view, columns, row, place == chosen, area.width);
        if place == chosen { canvas.selected_line(&line) } else { canvas.line(&line) }
    }
    if area.height >= 12 { canvas.lines(&foot) } else { canvas.lines(&foot[foot.len().saturating_sub(1)..]) }
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

fn title(view: View<'_>, overview: &Overview, rows: &[PermissionRow], width: u16) -> Line<'static> {
    let theme = view.theme();
    let need = overview.need(view.now);
    let asked = rows.iter().filter(|row| row.asked).count();
    let granted = rows.iter().filter(|row| row.asked && row.granted == Granted::Yes).count();
    let missing = rows.iter().filter(|row| row.asked && row.granted == Granted::No).count();
    let text = match &overview.tokens {
        _ if !overview.settings.way_in.is_delegated() => roles_title(overview),
        None => format!("{asked} asked for, nobody has signed in yet"),
        Some(_) if missing > 0 => format!("{asked} asked for, {granted} granted, {missing} not"),
        Some(_) => format!("{asked} asked for, {granted} granted"),
    };
    view.row()
        .gap(1)
        .text(view.glyphs().need(need), theme.need(need))
        .gap(1)
        .text(overview.name.as_str(), theme.heading)
        .gap(2)
        .rest(&text, width.saturating_sub(1), theme.muted)
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

fn line(view: View<'_>, columns: Columns, row: &PermissionRow, is_chosen: bool, width: u16) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let cursor = if is_chosen { glyphs.cursor } else { " " };
    let is_delegated = view.app.chosen().is_some_and(|own| own.settings.way_in.is_delegated());
    let (tick, tick_style) = match row.asked {
        true => (glyphs.check_on, theme.accent),
        false if is_delegated => (glyphs.check_off, theme.muted),
        // A role is no choice that could be ticked here.
        false => ("   ", theme.muted),
    };
    let name_style = if row.asked || !is_delegated { theme.text } else { theme.muted };
    let mut line = view.row().gap(1).text(cursor, theme.accent).gap(1).text(tick, tick_style).gap(1).fill(
        &printable(if is_delegated { row.scope.as_str() } else { row.scope.name() }),
        columns.name,
        name_style,
    );
    if let Some(meaning) = columns.meaning {
        line = line.gap(2).fill(row.meaning.unwrap_or_default(), meaning, theme.muted);
    }
    if let Some(consent) = columns.consent {
        line = line.gap(2).fill(row.consent.unwrap_or("not known here"), consent, theme.muted);
    }
    let (shape, words, style) = if is_delegated { state(view, row) } else { in_token(view, row) };
    line.gap(2).text(shape, style).gap(1).rest(words, width, style).build()
}

/// Of an application permission: the token tells what was granted.
fn in_token(view: View<'_>, row: &PermissionRow) -> (&'static str, &'static str, Style) {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    match (row.asked, row.granted) {
        (true, Granted::Yes) => (glyphs.yes, "see below", theme.good),
        (true, Granted::No) => (glyphs.soon, "no roles", theme.warning),
        (_, Granted::Unknown) => (glyphs.step_later, "not known yet", theme.muted),
        (false, _) => (glyphs.yes, "in the token", theme.good),
    }
}

fn state(view: View<'_>, row: &PermissionRow) -> (&'static str, &'static str, Style) {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    match (row.asked, row.granted) {
        (true, Granted::Yes) => (glyphs.yes, "granted", theme.good),
        (false, Granted::Yes) => (glyphs.yes, "granted besides", theme.warning),
        (true, Granted::No) => (glyphs.needs_you, "not granted", theme.error),
        (true, Granted::Unknown) => (glyphs.step_later, "not known yet", theme.muted),
        (false, _) => (glyphs.no, "", theme.muted),
    }
}

/// What the columns had no room for, and what applies a change.
fn foot(view: View<'_>, overview: &Overview, rows: &[PermissionRow], width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let room = width.saturating_sub(5);
    let mut lines = vec![Line::default()];
    if let Some(row) = rows.get(view.app.permissions.row.min(rows.len().saturating_sub(1))) {
        let text = match (row.meaning, row.consent) {
            (Some(_), _) if row.scope.is_default() => format!(
                "{}: all application permissions that an administrator granted in the portal.",
                printable(row.scope.as_str())
            ),
            (Some(meaning), Some(consent)) => {
                format!("{}: {meaning}. Consent: {consent}.", printable(row.scope.name()))
            }
            _ => format!(
                "{}: entered by name; what it allows is not known here.",
                printable(row.scope.as_str())
            ),
        };
        lines.extend(
            wrap(&text, room)
                .into_iter()
                .take(2)
                .map(|text| view.row().gap(3).text(text, theme.muted).build()),
        );
    }
    if overview.roles().is_some_and(|roles| roles.is_empty()) {
        let row = view.row().gap(1).text(view.glyphs().soon, theme.warning).gap(1);
        let key = view.key(Action::AdminConsent);
        let text = format!("a token came, and it opens nothing: no roles. {key} ask an administrator");
        lines.push(row.rest(&text, width, theme.warning).build());
    }
    if needs_sign_in_to_apply(overview) {
        let row = view.row().gap(1).text(view.glyphs().soon, theme.warning).gap(1);
        let key = view.key(Action::Authorize);
        let text = format!("asked is not granted: {key} sign in again to apply");
        lines.push(row.rest(&text, width, theme.warning).build());
    }
    lines
}
