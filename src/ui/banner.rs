//! The line of warnings: the most urgent one, the key that leads to it, and how many more there are.

use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::app::Action;
use crate::domain::Need;
use crate::domain::warning::Warning;

use super::Regions;
use super::canvas::Canvas;
use super::view::{View, printable};

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>) {
    let Some((warning, more)) = view.app.warnings.banner().filter(|_| regions.banner.height > 0) else {
        return;
    };
    Canvas::new(buffer, regions.banner, view.look).line(&line(view, warning, more, regions.banner.width));
}

fn line(view: View<'_>, warning: &Warning, more: usize, width: u16) -> Line<'static> {
    let theme = view.theme();
    let (shape, style) = if warning.stops_work() {
        (view.glyphs().needs_you, theme.error)
    } else {
        (view.glyphs().soon, theme.need(Need::Soon))
    };
    let keys = keys(view, warning, more, width);
    let room = width.saturating_sub(keys.width() as u16 + 2);
    view.row()
        .gap(1)
        .text(shape, style)
        .gap(1)
        .rest(&printable(&warning.message(view.now)), room, style)
        .end(keys, width.saturating_sub(1))
        .build()
}

/// In a narrow terminal only the key.
fn keys(view: View<'_>, warning: &Warning, more: usize, width: u16) -> Line<'static> {
    let theme = view.theme();
    let is_chosen =
        view.app.chosen().is_some_and(|own| warning.connections.iter().any(|one| one.id == own.id));
    let step = view.app.chosen().filter(|_| is_chosen).and_then(|own| view.next_step(own).0);
    let (action, words) = match step {
        Some(action) => (action, action.label()),
        None => (Action::ShowWarning, "show"),
    };
    let mut row = view.row();
    if more > 0 {
        row = row.text(format!("+{more}"), theme.muted).gap(2);
    }
    row = row.text(view.key(action), theme.key);
    if width >= 60 {
        row = row.gap(1).text(words, theme.muted);
        row = row.gap(2).text(view.key(Action::Back), theme.key).gap(1).text("hide", theme.muted);
    }
    row.build()
}
