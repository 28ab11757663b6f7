//! The forecast: a lane of ninety days for each connection, in the order of the list.
//!
//! ```text
//!    Name            22 Nov      22 Dec      21 Jan          Next step
//! ►× northwind       ······························          a sign in again
//!  ▲ contoso-prod    ━S╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌R╌          e replace secret
//! ```

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use crate::domain::forecast::{CELLS, Cell, Lane};
use crate::domain::{Need, Overview, Stage};

use super::canvas::{Canvas, Row, first_shown};
use super::view::View;

/// Cursor, mark and a blank.
const MARGIN: u16 = 3;
const GAP: u16 = 2;
/// Key, blank and `renew by 23 Mar`.
const NEXT: u16 = 18;
/// Names are cut above this.
const LONGEST_NAME: u16 = 24;
/// Cells of the axis from one date to the next: thirty days.
const DATE_EVERY: usize = 10;

/// The columns for a width.
#[derive(Debug, Clone, Copy)]
struct Columns {
    name: u16,
    /// Columns of the screen for three days.
    cell: u16,
    next: bool,
}

impl Columns {
    fn of(width: u16, longest_name: u16) -> Self {
        let lane = CELLS as u16;
        let fixed = MARGIN + GAP;
        let next = width >= fixed + 10 + lane + GAP + NEXT;
        let right = if next { GAP + NEXT } else { 0 };
        let name = longest_name.clamp(4, LONGEST_NAME).min(width.saturating_sub(fixed + lane + right));
        let room = width.saturating_sub(fixed + name + right);
        Self { name, cell: (room / lane).clamp(1, 3), next }
    }
}

pub(super) fn draw(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    let rows = view.app.connections.rows(view.now);
    let longest = rows.iter().map(|own| own.name.as_str().len()).max().unwrap_or(0).min(255) as u16;
    let columns = Columns::of(area.width, longest);
    let mut canvas = Canvas::new(buffer, area, view.look);
    canvas.line(&axis(view, columns));
    if rows.is_empty() {
        let text = "nothing here: no connection passes the filter";
        canvas.line(&view.row().gap(4).text(text, view.theme().muted).build());
        return;
    }
    let legend = legend(view, area.width);
    let height = usize::from(canvas.rows_left()).saturating_sub(1).max(1);
    let chosen = view.app.connections.selected().map(|own| &own.id);
    let place = rows.iter().position(|own| Some(&own.id) == chosen).unwrap_or(0);
    let first = first_shown(place, rows.len(), height);
    for own in rows.iter().skip(first).take(height) {
        let is_chosen = Some(&own.id) == chosen;
        let line = row(view, columns, own, is_chosen);
        if is_chosen { canvas.selected_line(&line) } else { canvas.line(&line) }
    }
    // Near the lanes: the last line of the body is covered where there is much to tell.
    if rows.len() < height {
        canvas.blank();
    }
    canvas.line(&legend);
}

/// A date for every thirty days, above the cell that begins then.
fn axis(view: View<'_>, columns: Columns) -> Line<'static> {
    let theme = view.theme();
    let start = MARGIN + columns.name + GAP;
    let mut row = view.row().gap(MARGIN).fill("Name", columns.name, theme.muted).gap(GAP);
    for cell in (0..CELLS).step_by(DATE_EVERY) {
        let date = view.short_day(Lane::begins_at(cell, view.now));
        row = row.to(start + cell as u16 * columns.cell).text(date, theme.muted);
    }
    if columns.next {
        row = row.to(start + CELLS as u16 * columns.cell + GAP + 2).text("Next step", theme.muted);
    }
    row.build()
}

fn row(view: View<'_>, columns: Columns, own: &Overview, is_chosen: bool) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let need = own.need(view.now);
    let (mark, style) = match need {
        Need::NeedsYou => (glyphs.needs_you, theme.error),
        Need::Soon => (glyphs.soon, theme.warning),
        Need::Quiet => (glyphs.quiet, theme.good),
    };
    let cursor = if is_chosen { glyphs.cursor } else { " " };
    let row = view.row().text(cursor, theme.accent).text(mark, style).gap(1);
    let row = lane(view, columns, own, row.fill(own.name.as_str(), columns.name, theme.text).gap(GAP));
    if !columns.next {
        return row.build();
    }
    let (key, step) = view.next_step(own);
    let key = key.map_or_else(|| " ".to_owned(), |action| view.key(action));
    row.gap(GAP).fill(&key, 1, theme.key).gap(1).fill(&step, NEXT - GAP, theme.text).build()
}

fn lane<'a>(view: View<'a>, columns: Columns, own: &Overview, mut row: Row<'a>) -> Row<'a> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let lane = Lane::of(own, view.now);
    for (place, cell) in lane.cells.iter().enumerate() {
        let ends_here = [lane.refresh_token, lane.credential].contains(&Some(place));
        let (shape, style) = match cell {
            Cell::Works if ends_here => (glyphs.lane_after, theme.muted),
            Cell::Works => (glyphs.lane_works, colour(view, own, Lane::begins_at(place, view.now))),
            Cell::AfterFirstEnd => (glyphs.lane_after, theme.muted),
            Cell::Unusable => (glyphs.lane_unusable, theme.expired),
        };
        let mark = match (lane.refresh_token == Some(place), lane.credential == Some(place)) {
            (true, true) => Some("B"),
            (true, false) => Some("R"),
            (false, true) => Some("S"),
            (false, false) => None,
        };
        let rest = usize::from(columns.cell) - usize::from(mark.is_some());
        if let Some(mark) = mark {
            row = row.text(mark, theme.warning.add_modifier(Modifier::BOLD));
        }
        row = row.text(shape.repeat(rest), style);
    }
    row
}

/// The stage at which whatever ends first will be then.
fn colour(view: View<'_>, own: &Overview, then: DateTime<Utc>) -> Style {
    let theme = view.theme();
    match own.latest_stage(then) {
        Stage::Fresh => theme.fresh,
        Stage::Ageing => theme.ageing,
        Stage::Expiring | Stage::Expired => theme.expiring,
    }
}

fn legend(view: View<'_>, width: u16) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let mark = theme.warning.add_modifier(Modifier::BOLD);
    let entries = [
        ("R", mark, "refresh token ends unless it renews"),
        ("S", mark, "secret ends"),
        ("B", mark, "both"),
        (glyphs.lane_after, theme.muted, "after the first end"),
        (glyphs.lane_unusable, theme.expired, "needs you"),
    ];
    let mut row = view.row().gap(1);
    for (shape, style, words) in entries {
        let next = row.clone().text(shape, style).gap(1).text(words, theme.muted).gap(2);
        if next.width() <= width.saturating_add(1) {
            row = next;
        }
    }
    row.build()
}
