//! The top line: the program, its tabs, and how many connections need what.
//!
//! ```text
//!  tokengauge  1 Connections  2 Permissions  3 Tokens  4 Activity      × 2 need you  ▲ 2 soon  ● 36 quiet
//! ─────────────━━━━━━━━━━━━━━━──────────────────────────────────────────────────────────────────────────
//! ```

use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::app::Tab;
use crate::domain::Need;

use super::Regions;
use super::canvas::{Canvas, Row};
use super::view::View;

/// How much is said, from all to little; the first that fits is drawn.
const VERSIONS: [(Brand, Titles, Counts); 6] = [
    (Brand::Name, Titles::All, Counts::Words),
    (Brand::Name, Titles::All, Counts::Spaced),
    (Brand::None, Titles::All, Counts::Spaced),
    (Brand::Name, Titles::Active, Counts::Spaced),
    (Brand::None, Titles::Active, Counts::Spaced),
    (Brand::None, Titles::Active, Counts::None),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Brand {
    Name,
    None,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Titles {
    All,
    Active,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Words,
    Spaced,
    None,
}

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>) {
    let width = regions.top.width;
    let mut canvas = Canvas::new(buffer, regions.top, view.look);
    let fits = |(brand, titles, counts): &(Brand, Titles, Counts)| {
        let (left, _) = left_part(view, *brand, *titles);
        left.width() + counts_line(view, *counts).width() as u16 + 3 <= width
    };
    let version = VERSIONS.into_iter().find(fits).unwrap_or(VERSIONS[VERSIONS.len() - 1]);
    let (left, active) = left_part(view, version.0, version.1);
    canvas.line(&left.end(counts_line(view, version.2), width.saturating_sub(1)).build());
    canvas.line(&underline(view, active, width));
}

/// Brand and tabs, and from which cell to which the active tab stands.
fn left_part(view: View<'_>, brand: Brand, titles: Titles) -> (Row<'_>, (u16, u16)) {
    let theme = view.theme();
    let mut row = view.row().gap(1);
    if brand == Brand::Name {
        row = row.text("tokengauge", theme.brand).gap(1);
    }
    if view.app.environment.simulated {
        row = row.text(" demo ", theme.banner).gap(1);
    }
    let mut active = (0, 0);
    for (place, tab) in Tab::ALL.into_iter().enumerate() {
        let is_active = tab == view.app.tab;
        let title = match titles {
            Titles::Active if !is_active => format!("{}", place + 1),
            _ => format!("{} {}", place + 1, tab.title()),
        };
        let start = row.width();
        if is_active {
            let (open, close) =
                if view.look.glyphs.set == super::glyphs::GlyphSet::Ascii { ("[", "]") } else { (" ", " ") };
            row = row.text(format!("{open}{title}{close}"), theme.tab_active);
            active = (start, row.width());
        } else {
            row = row.text(format!(" {title} "), theme.tab);
        }
    }
    (row, active)
}

/// The rule below the tabs, heavy under the active one.
fn underline(view: View<'_>, active: (u16, u16), width: u16) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let end = active.1.min(width);
    let start = active.0.min(end);
    let light = |cells: u16| glyphs.rule.repeat(usize::from(cells));
    view.row()
        .text(light(start), theme.border)
        .text(glyphs.border_focused.horizontal_top.repeat(usize::from(end - start)), theme.border_focused)
        .text(light(width - end), theme.border)
        .build()
}

fn counts_line(view: View<'_>, counts: Counts) -> Line<'static> {
    let theme = view.theme();
    let mut row = view.row();
    if counts == Counts::None {
        return row.build();
    }
    let all = view.app.connections.counts(view.now);
    for (need, count) in all.into_iter().filter(|(_, count)| *count > 0) {
        let gap = if row.width() > 0 { 2 } else { 0 };
        let words = if counts == Counts::Words { words(need, count) } else { "" };
        row = row
            .gap(gap)
            .text(view.glyphs().need(need), theme.need(need))
            .text(format!(" {count}"), theme.text)
            .text(words, theme.muted);
    }
    row.build()
}

fn words(need: Need, count: usize) -> &'static str {
    match need {
        Need::NeedsYou if count == 1 => " needs you",
        Need::NeedsYou => " need you",
        Need::Soon => " soon",
        Need::Quiet => " quiet",
    }
}
