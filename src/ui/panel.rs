//! Where a panel lies: a page of its own on a small terminal, a frame over the tab on a large one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use crate::app::Panel;

use super::Regions;
use super::canvas::Canvas;
use super::view::View;

/// Inside of a frame: the width at which lines still read well.
pub(super) const WIDTH: u16 = 92;
/// A body of this size has room for every panel in a frame, with something of the tab around it.
const ROOM: (u16, u16) = (WIDTH + 12, 28);

/// True if nothing of the tab would be seen.
pub(super) fn covers_all(panel: &Panel, regions: &Regions) -> bool {
    !matches!(panel, Panel::Question(_)) && !has_room(regions)
}

/// Clears the place of a panel, draws its title and gives the area for the rest; a frame is as large as asked, where the tab is.
pub(super) fn open(
    buffer: &mut Buffer,
    regions: &Regions,
    view: View<'_>,
    title: (&str, &str),
    right: Line<'static>,
    (width, height): (u16, u16),
) -> Rect {
    if !has_room(regions) {
        return page(buffer, regions, view, title, right);
    }
    let width = width.saturating_add(4).min(regions.body.width - 4);
    let height = height.saturating_add(2).min(regions.body.height - 2);
    frame(buffer, middle(regions.body, width, height), view, title, right)
}

/// The inside of a frame of this size in the middle of the body, cut to it.
pub(super) fn dialog(
    buffer: &mut Buffer,
    regions: &Regions,
    view: View<'_>,
    title: &str,
    size: (u16, u16),
) -> Rect {
    let body = regions.body;
    let width = size.0.saturating_add(4).min(body.width);
    let height = size.1.saturating_add(2).min(body.height);
    frame(buffer, middle(body, width, height), view, (title, ""), Line::default())
}

fn has_room(regions: &Regions) -> bool {
    regions.body.width >= ROOM.0 && regions.banner.height + regions.body.height >= ROOM.1
}

fn middle(around: Rect, width: u16, height: u16) -> Rect {
    Rect {
        x: around.x + (around.width - width) / 2,
        y: around.y + (around.height - height) / 2,
        width,
        height,
    }
}

fn clear(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    let area = area.intersection(buffer.area);
    Clear.render(area, buffer);
    buffer.set_style(area, view.theme().background.patch(view.theme().text));
}

fn page(
    buffer: &mut Buffer,
    regions: &Regions,
    view: View<'_>,
    title: (&str, &str),
    right: Line<'static>,
) -> Rect {
    let area = regions.above_status();
    clear(buffer, area, view);
    let theme = view.theme();
    let mut canvas = Canvas::new(buffer, area, view.look);
    let row = view.row().gap(1).text(title.0, theme.heading).gap(2).text(title.1, theme.accent);
    canvas.line(&row.end(right, area.width.saturating_sub(1)).build());
    if regions.is_roomy() {
        canvas.rule("");
    }
    canvas.rest()
}

fn frame(buffer: &mut Buffer, area: Rect, view: View<'_>, title: (&str, &str), right: Line<'static>) -> Rect {
    clear(buffer, area, view);
    if area.width < 6 || area.height < 3 {
        return area;
    }
    let (theme, set) = (view.theme(), view.glyphs().border);
    let inner = usize::from(area.width - 2);
    let mut canvas = Canvas::new(buffer, area, view.look);
    let style = theme.border_focused;
    let mut top = view.row().text(set.top_left, style).text(set.horizontal_top, style);
    top = top.gap(1).rest(title.0, area.width - 6, theme.heading);
    if !title.1.is_empty() {
        top = top.gap(2).rest(title.1, area.width - 6, theme.accent);
    }
    top = top.gap(1);
    let right_width = if right.width() > 0 { right.width() as u16 + 3 } else { 0 };
    let dashes = area.width.saturating_sub(top.width() + right_width + 1);
    top = top.text(set.horizontal_top.repeat(usize::from(dashes)), style);
    if right_width > 0 {
        top = top.gap(1).append(right).gap(1).text(set.horizontal_top, style);
    }
    canvas.line(&top.text(set.top_right, style).build());
    for _ in 0..area.height - 2 {
        let row = view.row().text(set.vertical_left, style).gap(inner as u16).text(set.vertical_right, style);
        canvas.line(&row.build());
    }
    let bottom = set.horizontal_bottom.repeat(inner);
    canvas.line(
        &view.row().text(set.bottom_left, style).text(bottom, style).text(set.bottom_right, style).build(),
    );
    Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
}
