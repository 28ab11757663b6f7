//! The Connections tab: groups by need, what lapses first at the top; the last group scrolls below the others.
//!
//! ```text
//!    Name           Access            Refresh           Secret   Next step
//!  NEEDS YOU  1 ────────────────────────────────────────────────────────────
//! ►× northwind     expired           expired            200 d   a sign in again
//!  QUIET  36 ───────────────────────────────────────────────────────────────
//!  ● adatum        ████████  58:31   ████████    84 d   540 d     renews 14:52
//!    … 16 more rows                                              1-17 of 36 ▼
//!  ─ northwind ─────────────────────────────────────────────────────────────
//!    details
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::connections::Sort;
use crate::app::{Action, DamagedFile};
use crate::domain::{Need, Overview};

use super::canvas::{Canvas, first_shown};
use super::connection_row::{self, Columns, Longest};
use super::details;
use super::view::{View, printable};

/// From this width on the details stand beside the list.
const BESIDE_FROM: u16 = 180;
const BESIDE_WIDTH: u16 = 74;
/// Details below the list: not on bodies lower than this.
const DETAILS_FROM: u16 = 15;
/// With so many lines more than the list needs, its groups stand apart.
const ROOMY_SPARE: u16 = 18;
/// The fewest lines of the last group that are worth scrolling on their own.
const FEWEST_SCROLLED: usize = 4;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    if view.app.connections.all().is_empty() && view.app.connections.damaged.is_empty() {
        return empty(buffer, area, view);
    }
    let (damaged, mut items) = (damaged_items(view), items(view));
    if area.height >= (damaged.len() + items.len()) as u16 + ROOMY_SPARE || area.width >= BESIDE_FROM {
        items = apart(items);
    }
    let (list, beside) = split(area, (damaged.len() + items.len() + 1).min(1_000) as u16);
    let mut canvas = Canvas::new(buffer, list, view.look);
    draw_damaged(&mut canvas, view, &damaged);
    draw_list(&mut canvas, view, &items);
    if beside.height > 0 {
        details::draw(buffer, beside, view);
    }
}

/// A line of the list.
#[derive(Clone, Copy)]
enum Item<'a> {
    Blank,
    Heading(Need, usize),
    Row(&'a Overview),
    DamagedHeading(usize),
    Damaged(&'a DamagedFile),
    DamagedAdvice(&'a DamagedFile),
}

/// What could not be read, under a heading of its own; nothing if all could.
fn damaged_items(view: View<'_>) -> Vec<Item<'_>> {
    let damaged = &view.app.connections.damaged;
    if damaged.is_empty() {
        return Vec::new();
    }
    let files = damaged.iter().flat_map(|file| [Item::Damaged(file), Item::DamagedAdvice(file)]);
    std::iter::once(Item::DamagedHeading(damaged.len())).chain(files).collect()
}

/// Damaged records stay at the top while the list scrolls, in a third of its height at most.
fn draw_damaged(canvas: &mut Canvas<'_>, view: View<'_>, items: &[Item<'_>]) {
    let columns = columns(view, canvas.width());
    let room = usize::from(canvas.rows_left() / 3).max(1);
    for item in items.iter().take(room) {
        draw_item(canvas, view, columns, item, false);
    }
}

/// The same with a blank line above every group but the first.
fn apart(items: Vec<Item<'_>>) -> Vec<Item<'_>> {
    let mut spaced = Vec::new();
    for item in items {
        if matches!(item, Item::Heading(..)) && !spaced.is_empty() {
            spaced.push(Item::Blank);
        }
        spaced.push(item);
    }
    spaced
}

/// As wide as the texts of all connections need, so that no filter moves a column.
fn columns(view: View<'_>, width: u16) -> Columns {
    let (name, mailbox) = view.app.connections.longest(view.now);
    Columns::of(width, Longest { name: name.min(255) as u16, mailbox: mailbox.min(255) as u16 })
}

fn items(view: View<'_>) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    for group in view.app.connections.groups(view.now) {
        items.push(Item::Heading(group.need, group.rows.len()));
        items.extend(group.rows.into_iter().map(Item::Row));
    }
    items
}

/// The place of the list and that of the details; it depends on the number of rows only, so that nothing jumps.
fn split(area: Rect, wanted: u16) -> (Rect, Rect) {
    if area.width >= BESIDE_FROM {
        let width = area.width - BESIDE_WIDTH - 2;
        let beside = Rect { x: area.x + width + 2, width: BESIDE_WIDTH, ..area };
        return (Rect { width, ..area }, beside);
    }
    if area.height < DETAILS_FROM {
        return (area, Rect { height: 0, ..area });
    }
    let free = area.height.saturating_sub(wanted);
    let height = free.clamp((area.height * 3 / 8).min(10), 14).min(area.height * 3 / 5);
    let list = Rect { height: area.height - height, ..area };
    (list, Rect { y: area.y + list.height, height, ..area })
}

fn draw_list(canvas: &mut Canvas<'_>, view: View<'_>, items: &[Item<'_>]) {
    let columns = columns(view, canvas.width());
    canvas.line(&heading_line(view, columns, canvas.width()));
    if items.is_empty() {
        let text = "nothing here: no connection passes the filter";
        canvas.line(&view.row().gap(4).text(text, view.theme().muted).build());
        return;
    }
    let height = usize::from(canvas.rows_left());
    let chosen = chosen_place(view, items);
    if items.len() <= height {
        items
            .iter()
            .enumerate()
            .for_each(|(place, item)| draw_item(canvas, view, columns, item, place == chosen));
        return;
    }
    let pinned = pinned(items, height);
    for (place, item) in items[..pinned].iter().enumerate() {
        draw_item(canvas, view, columns, item, place == chosen);
    }
    draw_scrolled(canvas, view, columns, &items[pinned..], chosen.checked_sub(pinned));
}

/// How many lines stay while the last group scrolls: all above it, with its heading, if enough room is left for it.
fn pinned(items: &[Item<'_>], height: usize) -> usize {
    let last = items.iter().rposition(|item| matches!(item, Item::Heading(..))).map_or(0, |place| place + 1);
    if last + FEWEST_SCROLLED <= height { last } else { 0 }
}

fn draw_scrolled(
    canvas: &mut Canvas<'_>,
    view: View<'_>,
    columns: Columns,
    items: &[Item<'_>],
    chosen: Option<usize>,
) {
    let height = usize::from(canvas.rows_left()).saturating_sub(1).max(1);
    let first = first_shown(chosen.unwrap_or(0), items.len(), height);
    let end = (first + height).min(items.len());
    // A group whose heading has been scrolled away keeps it in place of its first row.
    let heading = items[..=first].iter().rfind(|item| matches!(item, Item::Heading(..)));
    let sticky = heading.filter(|_| matches!(items[first], Item::Row(_)) && chosen != Some(first));
    let from = first + usize::from(sticky.is_some());
    if let Some(item) = sticky {
        draw_item(canvas, view, columns, item, false);
    }
    for (place, item) in items.iter().enumerate().take(end).skip(from) {
        draw_item(canvas, view, columns, item, Some(place) == chosen);
    }
    let rows = |items: &[Item<'_>]| items.iter().filter(|item| matches!(item, Item::Row(_))).count();
    let (before, shown) = (rows(&items[..from]), rows(&items[from..end]));
    canvas.line(&more_line(view, before, shown, rows(items), canvas.width()));
}

/// `… 16 more rows …   1-17 of 36 ▼`
fn more_line(view: View<'_>, before: usize, shown: usize, all: usize, width: u16) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let after = all - before - shown;
    let more = format!("{} {} more rows", glyphs.ellipsis, all - shown);
    let up = if before > 0 { glyphs.up } else { " " };
    let down = if after > 0 { glyphs.down } else { " " };
    let range = format!("{}-{} of {all} {up}{down}", before + 1, before + shown);
    let right = view.row().text(range, theme.muted).build();
    view.row().gap(3).text(more, theme.muted).end(right, width.saturating_sub(1)).build()
}

fn chosen_place(view: View<'_>, items: &[Item<'_>]) -> usize {
    let Some(chosen) = view.app.connections.selected() else { return usize::MAX };
    let is_chosen = |item: &Item<'_>| matches!(item, Item::Row(overview) if std::ptr::eq(*overview, chosen));
    items.iter().position(is_chosen).unwrap_or(usize::MAX)
}

fn draw_item(canvas: &mut Canvas<'_>, view: View<'_>, columns: Columns, item: &Item<'_>, is_chosen: bool) {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let width = canvas.width();
    match item {
        Item::Blank => canvas.blank(),
        Item::Heading(need, count) => canvas.line(&group_heading(view, need.heading(), *count, width)),
        Item::DamagedHeading(count) => canvas.line(&group_heading(view, "DAMAGED", *count, width)),
        Item::Row(overview) if is_chosen => {
            canvas.selected_line(&connection_row::row(view, columns, overview, true));
        }
        Item::Row(overview) => canvas.line(&connection_row::row(view, columns, overview, false)),
        Item::Damaged(file) => {
            let row = view.row().gap(1).text(glyphs.needs_you, theme.error).gap(1);
            let text = format!("{}: {}", printable(&file.file), printable(&file.failure.what_happened));
            canvas.line(&row.rest(&text, width, theme.error).build());
        }
        Item::DamagedAdvice(file) => {
            canvas.line(
                &view.row().gap(3).rest(&printable(&file.failure.what_to_do), width, theme.text).build(),
            );
        }
    }
}

fn group_heading(view: View<'_>, title: &str, count: usize, width: u16) -> Line<'static> {
    let theme = view.theme();
    let row = view.row().gap(1).text(title, theme.heading).gap(1).text(count.to_string(), theme.muted).gap(1);
    let room = width.saturating_sub(row.width());
    row.text(view.glyphs().rule.repeat(usize::from(room)), theme.border).build()
}

/// Column headings; what narrows the list stands at their end.
fn heading_line(view: View<'_>, columns: Columns, width: u16) -> Line<'static> {
    let line = connection_row::headings(view, columns);
    let narrowing = narrowing(view);
    if narrowing.is_empty() {
        return line;
    }
    let right = view.row().text(narrowing.join(view.glyphs().separator), view.theme().accent).build();
    let room = width.saturating_sub(1);
    let whole = view.row().append(line).end(right.clone(), room).build();
    if whole.width() as u16 >= room { whole } else { view.row().gap(4).append(right).build() }
}

fn narrowing(view: View<'_>) -> Vec<String> {
    let connections = &view.app.connections;
    let filter = connections.filter.text();
    let mut all = Vec::new();
    if connections.needs_me {
        let progress = view.app.queue_progress(view.now).filter(|own| own.done > 0);
        let done = progress.map_or_else(String::new, |own| format!(", {} of {} done", own.done, own.all));
        all.push(format!(" only what needs you{done} "));
    }
    if !filter.is_empty() && view.app.line.is_none() {
        all.push(format!(" filter: {} ", printable(filter)));
    }
    if connections.sort != Sort::default() {
        all.push(format!(" {} ", connections.sort.word()));
    }
    all
}

/// The first screen of a new vault: what to do first.
fn empty(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    let theme = view.theme();
    let mut canvas = Canvas::new(buffer, area, view.look);
    canvas.go_to((area.height / 2).saturating_sub(5));
    let indent = (area.width.saturating_sub(64) / 2).max(2);
    let say = |text: &str, style| view.row().gap(indent).rest(text, area.width, style).build();
    canvas.line(&say("No connections yet", theme.heading));
    canvas.blank();
    let first = view.row().gap(indent).text(view.key(Action::New), theme.key).gap(2);
    canvas.line(&first.rest("add the first one", area.width, theme.text).build());
    canvas.blank();
    for text in [
        "You need the client ID of an app registration and, unless it is",
        "a public client, its secret. The form says where the portal",
        "shows each of them.",
    ] {
        canvas.line(&say(text, theme.muted));
    }
}
