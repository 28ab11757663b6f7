//! The Activity tab: what happened, newest first; the chosen entry with its second line.
//!
//! ```text
//!    When           Connection      What happened
//!  ►  14:03         × northwind     the refresh token expired unused (AADSTS700082)
//!                                   → sign in again: press a
//!     13:52         ✓ contoso-prod  renewed, tokens stored
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::{Entry, Tone};

use super::canvas::{Canvas, first_shown, wrap};
use super::view::{View, printable};

pub(super) fn draw(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    let activity = &view.app.activity;
    let entries = activity.shown();
    let mut canvas = Canvas::new(buffer, area, view.look);
    let columns = Columns::of(area.width);
    canvas.line(&heading(view, columns, area.width));
    if entries.is_empty() {
        let text =
            if activity.filter.is_empty() { "nothing has happened yet" } else { "no entry holds that text" };
        canvas.line(&view.row().gap(4).text(text, view.theme().muted).build());
        return;
    }
    let chosen = activity.row.min(entries.len() - 1);
    let expanded = expanded(view, columns, entries[chosen], area.width);
    let height = usize::from(canvas.rows_left()).saturating_sub(expanded.len()).saturating_sub(1).max(1);
    let first = first_shown(chosen, entries.len(), height);
    for (place, entry) in entries.iter().enumerate().skip(first).take(height) {
        if place == chosen {
            canvas.selected_line(&row(view, columns, entry, true, area.width));
            for line in &expanded {
                canvas.selected_line(line);
            }
        } else {
            canvas.line(&row(view, columns, entry, false, area.width));
        }
    }
    if entries.len() > height {
        canvas.line(&range(view, first, height, entries.len(), area.width));
    }
}

/// Widths of time and name.
#[derive(Clone, Copy)]
struct Columns {
    time: u16,
    name: u16,
}

impl Columns {
    fn of(width: u16) -> Self {
        match width {
            0..60 => Self { time: 6, name: 10 },
            60..100 => Self { time: 13, name: 13 },
            _ => Self { time: 13, name: 22 },
        }
    }

    fn text_from(self) -> u16 {
        2 + self.time + 2 + 2 + self.name + 2
    }
}

fn heading(view: View<'_>, columns: Columns, width: u16) -> Line<'static> {
    let style = view.theme().muted;
    let row = view.row().gap(2).right("When", columns.time, style).gap(4);
    let row = row.fill("Connection", columns.name, style).gap(2).text("What happened", style);
    let filter = view.app.activity.filter.text();
    if filter.is_empty() || view.app.line.is_some() {
        return row.build();
    }
    let right = view.row().text(format!("filter: {}", printable(filter)), view.theme().accent).build();
    row.end(right, width.saturating_sub(1)).build()
}

/// The first line of an entry; of the chosen one only what the next lines do not repeat.
fn row(view: View<'_>, columns: Columns, entry: &Entry, is_chosen: bool, width: u16) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let (shape, style) = view.tone(entry.tone);
    let time = view.time(entry.at);
    let time = if columns.time < 13 { time.split(' ').next_back().unwrap_or("").to_owned() } else { time };
    let name = entry.connection.as_ref().map_or("", |name| name.as_str());
    let cursor = if is_chosen { glyphs.cursor } else { " " };
    let text_style = if entry.tone == Tone::Bad { theme.error } else { theme.text };
    let whole = printable(&entry.what_happened);
    let room = width.saturating_sub(columns.text_from());
    let what_happened = if is_chosen { wrap(&whole, room).swap_remove(0) } else { whole };
    view.row()
        .gap(1)
        .text(cursor, theme.accent)
        .right(&time, columns.time, theme.muted)
        .gap(2)
        .text(shape, style)
        .gap(1)
        .fill(name, columns.name, theme.text)
        .gap(2)
        .rest(&what_happened, width, text_style)
        .build()
}

/// The chosen entry in full: what the row had no room for, and what to do.
fn expanded(view: View<'_>, columns: Columns, entry: &Entry, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let indent = columns.text_from();
    let happened = wrap(&printable(&entry.what_happened), width.saturating_sub(indent));
    let to_do =
        entry.what_to_do.as_deref().map(|text| wrap(&printable(text), width.saturating_sub(indent + 2)));
    let style = if entry.tone == Tone::Bad { theme.error } else { theme.text };
    let more =
        happened.into_iter().skip(1).take(2).map(|text| view.row().gap(indent).text(text, style).build());
    let mut lines: Vec<Line<'static>> = more.collect();
    for (place, text) in to_do.into_iter().flatten().take(2).enumerate() {
        let shape = if place == 0 { view.glyphs().right } else { " " };
        lines.push(view.row().gap(indent).text(shape, theme.accent).gap(1).text(text, theme.text).build());
    }
    lines
}

fn range(view: View<'_>, first: usize, height: usize, all: usize, width: u16) -> Line<'static> {
    let glyphs = view.glyphs();
    let end = (first + height).min(all);
    let up = if first > 0 { glyphs.up } else { " " };
    let down = if end < all { glyphs.down } else { " " };
    let right =
        view.row().text(format!("{}-{end} of {all} {up}{down}", first + 1), view.theme().muted).build();
    view.row().end(right, width.saturating_sub(1)).build()
}
