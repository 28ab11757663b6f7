//! The form for a connection; below it what is said of the field in focus, and the portal's steps for it.
//!
//! ```text
//!    Name              contoso-prod                     ✓
//!    App registration  ◂ a new one                  ▸   ✓
//!  ► Client ID         my-app                           ×
//! ── 1 Register an application ─────────────────────────────────────────────────
//!    × a client ID is a GUID: 8-4-4-4-12 hex digits. …
//!      App registrations → New registration. …
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::input_pane::help;
use crate::app::{Check, FieldId, FieldView, InputPane, Purpose};

use super::Regions;
use super::canvas::{Canvas, first_shown, rule, wrap};
use super::field::{Focus, field_line, hint_line};
use super::panel;
use super::unlock::failure_lines;
use super::view::View;

const LABEL: u16 = 17;
/// The longest field: the hint in an empty one is seen in full.
const LONGEST_FIELD: u16 = 64;
/// What is wrong stands beside its field too where there are so many cells for it.
const FEWEST_BESIDE: u16 = 24;
/// From this width on everything that is said of a field stands beside it, and fields are as long as a registration needs.
const BESIDE_FROM: u16 = 138;
const FIELD_BESIDE: u16 = 56;
/// Inside of the frame, where the terminal is that wide.
const WIDTH: u16 = 144;
/// Lines for what is said of the field in focus: always as many, so that nothing moves with the focus.
const SAID: usize = 2;
/// A blank line, every field, and the longest foot.
const HEIGHT: u16 = 25;

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, pane: &InputPane) {
    let (title, name) = match &pane.purpose {
        Purpose::New => ("New connection", String::new()),
        Purpose::Edit(id, _) => {
            let own = view.app.connections.get(id);
            ("Edit", own.map_or_else(String::new, |own| own.name.to_string()))
        }
    };
    // As high as the form with every field, so that the frame stays when a choice brings or takes some.
    let area = panel::open(buffer, regions, view, (title, &name), progress(view, pane), (WIDTH, HEIGHT));
    let mut canvas = Canvas::new(buffer, area, view.look);
    let foot = foot(view, pane, area.width);
    let fields = pane.fields();
    let area = Rect { height: area.height.min(HEIGHT), ..area };
    let foot_height = foot_height(area.height, fields.len() as u16, foot.len() as u16);
    let height = usize::from(area.height - foot_height).max(1);
    let focus = fields.iter().position(|field| *field == pane.focus).unwrap_or(0);
    let spare = height.saturating_sub(fields.len());
    if spare > 0 && usize::from(foot_height) == foot.len() {
        canvas.blank();
    }
    let first = first_shown(focus, fields.len(), height);
    for field in fields.iter().skip(first).take(height) {
        canvas.line(&field_row(view, pane, *field, area.width));
    }
    canvas.go_to(area.height - foot_height);
    canvas.lines(&foot);
}

/// The foot in full where the fields leave room; on a low terminal the fields get two thirds.
fn foot_height(height: u16, fields: u16, foot: u16) -> u16 {
    foot.min(height.saturating_sub(fields).max(height / 3).max(2)).min(height)
}

fn progress(view: View<'_>, pane: &InputPane) -> Line<'static> {
    let theme = view.theme();
    if pane.saving.is_some() {
        return view.row().text(format!("saving {}", view.glyphs().ellipsis), theme.notice).build();
    }
    let wrong = pane.fields().into_iter().filter(|field| pane.check(*field).is_wrong()).count();
    match wrong {
        0 => Line::default(),
        1 => view.row().text("1 field to mend", theme.warning).build(),
        count => view.row().text(format!("{count} fields to mend"), theme.warning).build(),
    }
}

/// Label, field, and the shape of what is said of it; what is wrong stands beside it in words.
fn field_row(view: View<'_>, pane: &InputPane, id: FieldId, width: u16) -> Line<'static> {
    let theme = view.theme();
    let is_focused = id == pane.focus;
    let cursor = if is_focused { view.glyphs().cursor } else { " " };
    let label_style = if is_focused { theme.heading } else { theme.muted };
    let check = pane.check(id);
    let row = view.row().gap(1).text(cursor, theme.accent).gap(1).fill(id.label(), LABEL, label_style);
    let row = row.append(field(view, pane, id, &check, width)).gap(1);
    let (shape, style) = check_look(view, &check);
    let row = row.text(shape, style).gap(1);
    let room = width.saturating_sub(row.width());
    let style = if check.is_wrong() { style } else { theme.muted };
    match &check {
        // The foot says it of the field in focus.
        _ if is_focused || room < FEWEST_BESIDE => row.build(),
        Check::Right(_) => row.build(),
        Check::Empty(_) | Check::Remark(_) if width < BESIDE_FROM => row.build(),
        check => row.rest(check.text(), width.saturating_sub(1), style).build(),
    }
}

fn field(view: View<'_>, pane: &InputPane, id: FieldId, check: &Check, page_width: u16) -> Line<'static> {
    let width = field_width(page_width);
    let is_focused = id == pane.focus;
    let focus = match () {
        () if is_focused && pane.is_selected() => Focus::Selected,
        () if is_focused => Focus::Here,
        () => Focus::Elsewhere,
    };
    match (pane.view(id), check) {
        (FieldView::Text(field), Check::Empty(hint) | Check::Remark(hint))
            if field.is_empty() && !is_focused && page_width < BESIDE_FROM =>
        {
            hint_line(view, hint, width)
        }
        (FieldView::Text(field), _) => field_line(view, field, width, focus),
        (FieldView::Choice(text), _) => choice(view, &text, width, is_focused),
    }
}

fn field_width(width: u16) -> u16 {
    if width >= BESIDE_FROM { FIELD_BESIDE } else { width.saturating_sub(LABEL + 6).min(LONGEST_FIELD) }
}

/// `◂ … ▸`
pub(super) fn choice(view: View<'_>, text: &str, width: u16, is_focused: bool) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let (style, arrow) =
        if is_focused { (theme.input_focused, theme.key) } else { (theme.input, theme.muted) };
    let arrow = Style { bg: style.bg, ..arrow };
    let (left, right) =
        if glyphs.set == super::glyphs::GlyphSet::Ascii { ("<", ">") } else { ("◂", "▸") };
    view.row()
        .text(" ", style)
        .text(left, arrow)
        .text(" ", style)
        .ground(text, width.saturating_sub(6), style)
        .text(" ", style)
        .text(right, arrow)
        .text(" ", style)
        .build()
}

fn check_look(view: View<'_>, check: &Check) -> (&'static str, Style) {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    match check {
        Check::Empty(_) => (" ", theme.muted),
        Check::Right(_) => (glyphs.yes, theme.good),
        Check::Remark(_) => ("i", theme.accent),
        Check::Wrong(_) => (glyphs.needs_you, theme.error),
    }
}

/// What saving brought, else the portal's steps for the field in focus and the address to register.
fn foot(view: View<'_>, pane: &InputPane, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    if let Some(failure) = &pane.failure {
        let mut lines = vec![rule(view.look, "Not saved", "", width)];
        let failed = failure_lines(view, failure, width.saturating_sub(4));
        lines.extend(failed.into_iter().map(|line| view.row().gap(2).append(line).build()));
        return lines;
    }
    let help = help(pane);
    let mut lines = vec![rule(view.look, help.heading, "", width)];
    lines.extend(said(view, pane, width));
    let wrapped = wrap(&help.text, width.saturating_sub(6).min(100));
    lines.extend(wrapped.into_iter().map(|text| view.row().gap(5).text(text, theme.muted).build()));
    lines
}

/// What is said of the field in focus, in full.
fn said(view: View<'_>, pane: &InputPane, width: u16) -> Vec<Line<'static>> {
    let check = pane.check(pane.focus);
    let (shape, style) = check_look(view, &check);
    let text_style = if check.is_wrong() { style } else { view.theme().text };
    let mut lines: Vec<Line<'static>> = wrap(check.text(), width.saturating_sub(6))
        .into_iter()
        .take(SAID)
        .enumerate()
        .map(|(place, text)| {
            let shape = if place == 0 && !check.text().is_empty() { shape } else { " " };
            view.row().gap(3).text(shape, style).gap(1).text(text, text_style).build()
        })
        .collect();
    lines.resize(SAID, Line::default());
    lines
}
