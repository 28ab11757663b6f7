//! The status line: the news in one or two lines, else what comes next for the chosen connection; or the field of a
//! filter or scope while it is typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use crate::app::{Door, Line as TypedLine, Notice, Panel, Tab, Tone};

use super::Regions;
use super::canvas::{Canvas, Row, wrap};
use super::field::{Focus, field_line};
use super::view::{View, printable};

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>) {
    let lines = lines(view, regions.status.width);
    let rule = u16::from(regions.is_roomy());
    // More lines than one grow upwards over the body, so that nothing above moves.
    let extra = (lines.len() as u16).saturating_sub(1).min(regions.body.height);
    let area = Rect { y: regions.status.y - extra, height: regions.status.height + extra, ..regions.status };
    Clear.render(area, buffer);
    buffer.set_style(area, view.theme().background.patch(view.theme().text));
    let mut canvas = Canvas::new(buffer, area, view.look);
    if rule > 0 && matches!(view.app.door, Door::Open) {
        canvas.rule("");
    } else if rule > 0 {
        canvas.blank();
    }
    canvas.lines(&lines);
}

fn lines(view: View<'_>, width: u16) -> Vec<Line<'static>> {
    if let Some(line) = typed_line(view, width) {
        return vec![line];
    }
    if let Some(notice) = view.app.notice.as_ref().filter(|_| shows_notices(&view.app.door)) {
        return notice_lines(view, notice, width);
    }
    if matches!(view.app.door, Door::Open) && view.app.panel.is_none() {
        return vec![next_step(view, width)];
    }
    if matches!(view.app.panel, Some(Panel::Question(_))) {
        return vec![next_step(view, width)];
    }
    Vec::new()
}

/// A locked dashboard hides everything: a notice may name a connection or a mailbox.
fn shows_notices(door: &Door) -> bool {
    match door {
        Door::Open | Door::FirstRun(_) => true,
        Door::Opening(_) | Door::Locked(_) | Door::Closed(_) => false,
    }
}

fn typed_line(view: View<'_>, width: u16) -> Option<Line<'static>> {
    let (label, field) = match view.app.line? {
        TypedLine::ConnectionFilter => ("Filter", &view.app.connections.filter),
        TypedLine::ActivityFilter => ("Filter", &view.app.activity.filter),
        TypedLine::PermissionSearch => ("Search", &view.app.permissions.search),
        TypedLine::Scope => ("Scope", view.app.permissions.entry.as_ref()?),
    };
    let row = view.row().gap(1).text(label, view.theme().heading).gap(2);
    let room = width.saturating_sub(row.width() + 1).min(60);
    if view.app.line == Some(TypedLine::ActivityFilter) && field.is_empty() {
        let hint =
            view.row().text("words: a connection, failed, renewed, errors", view.theme().muted).build();
        let row = row.append(field_line(view, field, room.min(24), Focus::Here));
        return Some(row.end(hint, width.saturating_sub(1)).build());
    }
    Some(row.append(field_line(view, field, room, Focus::Here)).build())
}

/// On one line where both halves fit, else on as many as they need, three at most.
fn notice_lines(view: View<'_>, notice: &Notice, width: u16) -> Vec<Line<'static>> {
    let (shape, style) = view.tone(notice.tone);
    let what_happened = printable(&notice.what_happened);
    let start = || view.row().gap(1).text(shape, style).gap(1);
    let indent = || view.row().gap(3);
    let room = width.saturating_sub(4);
    let Some(what_to_do) = notice.what_to_do.as_deref().map(printable) else {
        if notice.tone == Tone::Good {
            // What went well is not worth a line of the body.
            return vec![start().rest(&what_happened, width.saturating_sub(1), style).build()];
        }
        let lines = wrap(&what_happened, room);
        return two_of(lines, start, indent)
            .into_iter()
            .map(|(row, text)| row.rest(&text, width, style).build())
            .collect();
    };
    let first = start().rest(&what_happened, width, style).build();
    let second = wrap(&what_to_do, room);
    let mut lines = vec![first];
    lines.extend(
        second.into_iter().take(2).map(|text| indent().rest(&text, width, view.theme().text).build()),
    );
    lines
}

fn two_of<'a>(
    lines: Vec<String>,
    first: impl Fn() -> Row<'a>,
    next: impl Fn() -> Row<'a>,
) -> Vec<(Row<'a>, String)> {
    lines
        .into_iter()
        .take(2)
        .enumerate()
        .map(|(place, text)| (if place == 0 { first() } else { next() }, text))
        .collect()
}

/// What comes next for the chosen connection, by name.
fn next_step(view: View<'_>, width: u16) -> Line<'static> {
    let theme = view.theme();
    let chosen = view.app.chosen().filter(|_| view.app.tab != Tab::Activity);
    let Some(overview) = chosen else { return Line::default() };
    let need = overview.need(view.now);
    let row = view
        .row()
        .gap(1)
        .text(view.glyphs().need(need), theme.need(need))
        .gap(1)
        .text(overview.name.as_str(), theme.text)
        .text(": ", theme.muted);
    let sentence = view.next_step_sentence(overview);
    row.rest(&sentence, width.saturating_sub(1), theme.muted).build()
}
