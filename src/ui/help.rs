//! The help page: every action with its keys, as they are bound.

use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::app::Action;

use super::Regions;
use super::canvas::Canvas;
use super::panel;
use super::view::View;

/// Keys, and the gap before what they do.
const KEYS: u16 = 15;

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, scrolled: usize) {
    let all: Vec<Line<'static>> = Action::ALL.into_iter().map(|action| line(view, action)).collect();
    let column = all.iter().map(Line::width).max().unwrap_or(0) as u16 + 2;
    let fitting = |width: u16| (width / column.max(1)).clamp(1, 3);
    let columns = fitting(regions.body.width.saturating_sub(10));
    let size = ((column * columns).max(panel::WIDTH), all.len().div_ceil(usize::from(columns)) as u16);
    let area = panel::open(buffer, regions, view, ("Keys", ""), Line::default(), size);
    let lines = side_by_side(view, &all, column, fitting(area.width));
    let mut canvas = Canvas::new(buffer, area, view.look);
    let height = usize::from(canvas.rows_left());
    if lines.len() <= height {
        return canvas.lines(&lines);
    }
    let shown = height.saturating_sub(1).max(1);
    let first = scrolled.min(lines.len().saturating_sub(shown));
    let end = (first + shown).min(lines.len());
    canvas.lines(&lines[first..end]);
    canvas.line(&range(view, first, end, lines.len(), area.width));
}

/// The lines in columns that are read downwards, one after the other.
fn side_by_side(view: View<'_>, all: &[Line<'static>], column: u16, columns: u16) -> Vec<Line<'static>> {
    let height = all.len().div_ceil(usize::from(columns));
    let row = |place: usize| {
        let cells = (0..columns).filter_map(|across| {
            Some((across * column, all.get(usize::from(across) * height + place)?.clone()))
        });
        cells.fold(view.row(), |row, (start, line)| row.to(start).append(line)).build()
    };
    (0..height).map(row).collect()
}

fn line(view: View<'_>, action: Action) -> Line<'static> {
    let theme = view.theme();
    let keys = view.look.keymap.keys_of(action).join("  ");
    view.row().gap(2).fill(&keys, KEYS, theme.key).text(action.help(), theme.text).build()
}

fn range(view: View<'_>, first: usize, end: usize, all: usize, width: u16) -> Line<'static> {
    let glyphs = view.glyphs();
    let up = if first > 0 { glyphs.up } else { " " };
    let down = if end < all { glyphs.down } else { " " };
    let text = format!("{}-{end} of {all} {up}{down}", first + 1);
    let right = view.row().text(text, view.theme().muted).build();
    view.row().end(right, width.saturating_sub(1)).build()
}
