//! The form for a connection: label, field, what is said of it; the portal's steps for the field in focus.
//!
//! ```text
//!    Name              contoso-prod                     ✓
//!    App registration  ◂ a new one ▸                    ✓ client ID and secret below
//!  ► Client ID         5d2f7a10-6b0e-4c7b-9a51-…        × a client ID is a GUID …
//! ── 1 Register an application ─────────────────────────────────────────────────
//!    App registrations → New registration. …
//! ```

use ratatui::buffer::Buffer;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::input_pane::help;
use crate::app::{Check, FieldId, FieldView, InputPane, Purpose};

use super::Regions;
use super::canvas::{Canvas, first_shown, wrap};
use super::field::{Focus, field_line};
use super::panel;
use super::unlock::failure_lines;
use super::view::View;

const LABEL: u16 = 17;
/// From this width on the check stands beside its field.
const BESIDE_FROM: u16 = 74;

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, pane: &InputPane) {
    let title = match pane.purpose {
        Purpose::New => ("New connection", String::new()),
        Purpose::Edit(ref id) => {
            let name = view.app.connections.get(id).map_or_else(String::new, |own| own.name.to_string());
            ("Edit", name)
        }
    };
    let area = panel::open(buffer, regions, view, (title.0, &title.1), progress(view, pane));
    let mut canvas = Canvas::new(buffer, area, view.look);
    let foot = foot(view, pane, area.width);
    let fields = pane.fields();
    let foot_height = (foot.len() as u16).min(area.height.saturating_sub(4).max(area.height / 3));
    let height = usize::from(area.height.saturating_sub(foot_height)).max(1);
    let focus = fields.iter().position(|field| *field == pane.focus).unwrap_or(0);
    let blocks: Vec<Vec<Line<'static>>> =
        fields.iter().map(|field| block(view, pane, *field, area.width)).collect();
    let shown = if blocks.iter().map(Vec::len).sum::<usize>() <= height {
        0..blocks.len()
    } else {
        let first = first_shown(focus, blocks.len(), height.saturating_sub(1).max(1));
        first..blocks.len()
    };
    for (place, lines) in blocks.iter().enumerate().skip(shown.start) {
        if usize::from(area.height.saturating_sub(canvas.rows_left())) + lines.len() > height && place > focus
        {
            break;
        }
        canvas.lines(lines);
    }
    canvas.go_to(area.height.saturating_sub(foot_height));
    canvas.lines(&foot);
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

/// A field with what is said of it: beside it, or below it while it has the focus or is wrong.
fn block(view: View<'_>, pane: &InputPane, id: FieldId, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let is_focused = id == pane.focus;
    let cursor = if is_focused { view.glyphs().cursor } else { " " };
    let label_style = if is_focused { theme.heading } else { theme.muted };
    let row = view.row().gap(1).text(cursor, theme.accent).gap(1).fill(id.label(), LABEL, label_style).gap(1);
    let field_width = field_width(width);
    let row = match pane.view(id) {
        FieldView::Text(field) => {
            let focus = if is_focused { Focus::Here } else { Focus::Elsewhere };
            row.append(field_line(view, field, field_width, focus))
        }
        FieldView::Choice(text) => row.append(choice(view, &text, field_width, is_focused)),
    };
    let check = pane.check(id);
    let (shape, style) = check_look(view, &check);
    if width >= BESIDE_FROM
        && (!is_focused || check.text().chars().count() + 4 < usize::from(width - row.width()))
    {
        return vec![
            row.gap(1).text(shape, style).gap(1).rest(check.text(), width.saturating_sub(1), style).build(),
        ];
    }
    let line = row.gap(1).text(shape, style).build();
    if !is_focused && !check.is_wrong() || check.text().is_empty() {
        return vec![line];
    }
    let indent = LABEL + 4;
    let mut lines = vec![line];
    let room = width.saturating_sub(indent + 1);
    lines.extend(
        wrap(check.text(), room)
            .into_iter()
            .take(3)
            .map(|text| view.row().gap(indent).text(text, style).build()),
    );
    lines
}

fn field_width(width: u16) -> u16 {
    let room = width.saturating_sub(LABEL + 7);
    if width >= BESIDE_FROM { 38.min(room).max(room * 2 / 5) } else { room }
}

/// `◂ … ▸`
fn choice(view: View<'_>, text: &str, width: u16, is_focused: bool) -> Line<'static> {
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
        .fill(text, width.saturating_sub(6), style)
        .text(" ", style)
        .text(right, arrow)
        .text(" ", style)
        .build()
}

fn check_look(view: View<'_>, check: &Check) -> (&'static str, Style) {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    match check {
        Check::Empty(_) => (glyphs.step_later, theme.muted),
        Check::Right(_) => (glyphs.yes, theme.good),
        Check::Remark(_) => (glyphs.soon, theme.warning),
        Check::Wrong(_) => (glyphs.needs_you, theme.error),
    }
}

/// What saving brought, else the portal's steps for the field in focus and the address to register.
fn foot(view: View<'_>, pane: &InputPane, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    if let Some(failure) = &pane.failure {
        let mut lines = vec![super::canvas::rule(view.look, "Not saved", "", width)];
        let failed = failure_lines(view, failure, width.saturating_sub(4));
        lines.extend(failed.into_iter().map(|line| view.row().gap(2).append(line).build()));
        return lines;
    }
    let mut texts = help(pane.focus).iter();
    let mut lines = vec![super::canvas::rule(view.look, texts.next().unwrap_or(&""), "", width)];
    let text = texts.copied().collect::<Vec<_>>().join(" ");
    let wrapped = wrap(&text, width.saturating_sub(6).min(100));
    lines.extend(wrapped.into_iter().map(|text| view.row().gap(3).text(text, theme.muted).build()));
    lines
}
