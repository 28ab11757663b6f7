//! The Activity tab: what happened, newest first; what went wrong with a second line, the chosen
//! entry in full.
//!
//! ```text
//!     When  Connection      What happened
//!  TODAY ──────────────────────────────────────────────────────────────
//!  ► 14:03  × northwind     the refresh token expired unused (AADSTS700082)
//!                           → sign in again: press a
//!    13:52  ✓ contoso-prod  renewed, tokens stored
//!    13:40  × litware       consent is missing (AADSTS65001)
//!                           → ask an administrator: press A
//!  YESTERDAY ──────────────────────────────────────────────────────────
//! ```

use chrono::NaiveDate;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::Tone;
use crate::app::activity::tone;
use crate::domain::Event;

use super::canvas::{Canvas, first_shown, wrap};
use super::view::{View, printable};

/// With fewer rows only the chosen event has its second line.
const ROWS_FOR_ADVICE: u16 = 12;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    let activity = &view.app.activity;
    let entries = activity.shown();
    let mut canvas = Canvas::new(buffer, area, view.look);
    let columns = Columns::of(area.width, &entries);
    canvas.line(&heading(view, columns, area.width));
    if entries.is_empty() {
        let text = if activity.filter.is_empty() {
            "nothing has happened yet"
        } else {
            "nothing that happened holds those words"
        };
        canvas.line(&view.row().gap(4).text(text, view.theme().muted).build());
        return;
    }
    let chosen = activity.row.min(entries.len() - 1);
    let advises = area.height >= ROWS_FOR_ADVICE;
    draw_list(&mut canvas, view, columns, &items(view, &entries, advises, chosen), chosen, entries.len());
}

/// A line of the list.
#[derive(Clone, Copy)]
enum Item<'a> {
    Day(NaiveDate),
    /// An event, and its place among them.
    Entry(usize, &'a Event),
    /// What to do about it, in a line of its own.
    Advice(&'a Event),
}

/// The events under their days; without headings if all are of today. `advises` gives what went wrong or will its
/// second line, but for the chosen one, which is told in full.
fn items<'a>(view: View<'_>, entries: &[&'a Event], advises: bool, chosen: usize) -> Vec<Item<'a>> {
    let mut items = Vec::new();
    let mut day = None;
    for (place, entry) in entries.iter().enumerate() {
        let own = view.date(entry.at);
        if day != Some(own) {
            items.push(Item::Day(own));
            day = Some(own);
        }
        items.push(Item::Entry(place, entry));
        let asks = matches!(tone(entry.kind), Tone::Bad | Tone::Soon) && entry.what_to_do.is_some();
        if advises && place != chosen && asks {
            items.push(Item::Advice(entry));
        }
    }
    let days = items.iter().filter(|item| matches!(item, Item::Day(_))).count();
    if days == 1 && day == Some(view.date(view.now)) {
        items.remove(0);
    }
    items
}

fn draw_list(
    canvas: &mut Canvas<'_>,
    view: View<'_>,
    columns: Columns,
    items: &[Item<'_>],
    chosen: usize,
    count: usize,
) {
    let width = canvas.width();
    let place = items.iter().position(|item| matches!(item, Item::Entry(own, _) if *own == chosen));
    let place = place.unwrap_or(0);
    let expanded = match items[place] {
        Item::Entry(_, entry) => expanded(view, columns, entry, width),
        Item::Day(_) | Item::Advice(_) => Vec::new(),
    };
    let room = usize::from(canvas.rows_left()).saturating_sub(expanded.len());
    let height = if items.len() > room { room.saturating_sub(1).max(1) } else { items.len() };
    let first = first_shown(place, items.len(), height);
    // A day whose heading has been scrolled away keeps it in place of its first row.
    let heading = items[..=first].iter().rfind(|item| matches!(item, Item::Day(_)));
    let sticky = heading.filter(|_| !matches!(items[first], Item::Day(_)) && place != first);
    let from = first + usize::from(sticky.is_some());
    let shown = &items[from..(first + height).min(items.len())];
    for item in sticky.into_iter().chain(shown) {
        match item {
            Item::Day(day) => canvas.line(&day_heading(view, *day, width)),
            Item::Entry(own, entry) if *own == chosen => {
                canvas.selected_line(&row(view, columns, entry, true, width));
                for line in &expanded {
                    canvas.selected_line(line);
                }
            }
            Item::Entry(_, entry) => canvas.line(&row(view, columns, entry, false, width)),
            Item::Advice(entry) => canvas.line(&advice(view, columns, entry, width)),
        }
    }
    if items.len() > room {
        let places = shown.iter().filter_map(|item| match item {
            Item::Entry(place, _) => Some(*place),
            Item::Day(_) | Item::Advice(_) => None,
        });
        let (start, end) = (places.clone().min().unwrap_or(0), places.max().map_or(0, |last| last + 1));
        canvas.line(&range(view, start, end, count, width));
    }
}

fn day_heading(view: View<'_>, day: NaiveDate, width: u16) -> Line<'static> {
    let theme = view.theme();
    let (title, date) = match (view.date(view.now) - day).num_days() {
        0 => ("TODAY", day.format("%-d %b").to_string()),
        1 => ("YESTERDAY", day.format("%-d %b").to_string()),
        2..300 => ("", day.format("%A, %-d %b").to_string()),
        _ => ("", day.format("%-d %b %Y").to_string()),
    };
    let mut row = view.row().gap(1);
    if !title.is_empty() {
        row = row.text(title, theme.heading).gap(1);
    }
    let style = if title.is_empty() { theme.heading } else { theme.muted };
    let row = row.text(date, style).gap(1);
    let room = width.saturating_sub(row.width());
    row.text(view.glyphs().rule.repeat(usize::from(room)), theme.border).build()
}

/// Width of the names.
#[derive(Clone, Copy)]
struct Columns {
    name: u16,
}

/// `14:03`
const TIME: u16 = 5;

impl Columns {
    /// As wide as the longest name, where there is room for it.
    fn of(width: u16, entries: &[&Event]) -> Self {
        let names = entries.iter().filter_map(|entry| entry.connection.as_ref());
        let longest = names.map(|name| name.as_str().len()).max().unwrap_or(0).min(24) as u16;
        Self { name: longest.max(10).min(if width < 60 { 10 } else { 24 }) }
    }

    fn text_from(self) -> u16 {
        3 + TIME + 2 + 2 + self.name + 2
    }
}

fn heading(view: View<'_>, columns: Columns, width: u16) -> Line<'static> {
    let style = view.theme().muted;
    let row = view.row().gap(3).right("When", TIME, style).gap(4);
    let row = row.fill("Connection", columns.name, style).gap(2).rest("What happened", width, style);
    let filter = view.app.activity.filter.text();
    if filter.is_empty() || view.app.line.is_some() {
        return row.build();
    }
    let right = view.row().text(format!("filter: {}", printable(filter)), view.theme().accent).build();
    row.end(right, width.saturating_sub(1)).build()
}

/// The first line of an entry; of the chosen one only what the next lines do not repeat.
fn row(view: View<'_>, columns: Columns, entry: &Event, is_chosen: bool, width: u16) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let (shape, style) = view.tone(tone(entry.kind));
    let name = entry.connection.as_ref().map_or("", |name| name.as_str());
    let cursor = if is_chosen { glyphs.cursor } else { " " };
    let text_style = if tone(entry.kind) == Tone::Bad { theme.error } else { theme.text };
    let whole = printable(&entry.what_happened);
    let room = width.saturating_sub(columns.text_from());
    let what_happened = if is_chosen { wrap(&whole, room).swap_remove(0) } else { whole };
    view.row()
        .gap(1)
        .text(cursor, theme.accent)
        .gap(1)
        .right(&view.hour(entry.at), TIME, theme.muted)
        .gap(2)
        .text(shape, style)
        .gap(1)
        .fill(name, columns.name, theme.text)
        .gap(2)
        .rest(&what_happened, width, text_style)
        .build()
}

/// What to do, as far as a line holds it.
fn advice(view: View<'_>, columns: Columns, entry: &Event, width: u16) -> Line<'static> {
    let theme = view.theme();
    let text = printable(entry.what_to_do.as_deref().unwrap_or_default());
    let row = view.row().gap(columns.text_from()).text(view.glyphs().right, theme.accent).gap(1);
    row.rest(&text, width, theme.muted).build()
}

/// The chosen entry in full: what the row had no room for, and what to do.
fn expanded(view: View<'_>, columns: Columns, entry: &Event, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let indent = columns.text_from();
    let happened = wrap(&printable(&entry.what_happened), width.saturating_sub(indent));
    let to_do =
        entry.what_to_do.as_deref().map(|text| wrap(&printable(text), width.saturating_sub(indent + 2)));
    let style = if tone(entry.kind) == Tone::Bad { theme.error } else { theme.text };
    let more =
        happened.into_iter().skip(1).take(2).map(|text| view.row().gap(indent).text(text, style).build());
    let mut lines: Vec<Line<'static>> = more.collect();
    for (place, text) in to_do.into_iter().flatten().take(2).enumerate() {
        let shape = if place == 0 { view.glyphs().right } else { " " };
        lines.push(view.row().gap(indent).text(shape, theme.accent).gap(1).text(text, theme.text).build());
    }
    lines
}

fn range(view: View<'_>, first: usize, end: usize, all: usize, width: u16) -> Line<'static> {
    let glyphs = view.glyphs();
    let up = if first > 0 { glyphs.up } else { " " };
    let down = if end < all { glyphs.down } else { " " };
    let right =
        view.row().text(format!("{}-{end} of {all} {up}{down}", first + 1), view.theme().muted).build();
    view.row().end(right, width.saturating_sub(1)).build()
}
