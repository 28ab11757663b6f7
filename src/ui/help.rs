//! The help page: every action with its keys, as they are bound.

use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::app::Action;

use super::Regions;
use super::canvas::Canvas;
use super::panel;
use super::view::View;

const KEYS: u16 = 20;

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, scrolled: usize) {
    let lines: Vec<Line<'static>> = Action::ALL.into_iter().map(|action| line(view, action)).collect();
    let area = panel::open(buffer, regions, view, ("Keys", ""), Line::default(), lines.len() as u16);
    let mut canvas = Canvas::new(buffer, area, view.look);
    let height = usize::from(canvas.rows_left());
    let first = scrolled.min(lines.len().saturating_sub(height));
    if lines.len() <= height {
        return canvas.lines(&lines);
    }
    let shown = height.saturating_sub(1).max(1);
    let first = first.min(lines.len().saturating_sub(shown));
    let end = (first + shown).min(lines.len());
    canvas.lines(&lines[first..end]);
    canvas.line(&range(view, first, end, lines.len(), area.width));
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
