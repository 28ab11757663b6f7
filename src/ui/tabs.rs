//! The top line: the program, its tabs, and how many connections need what.
//!
//! ```text
//!  tokengauge  1 Connections  2 Permissions  3 Tokens  4 Activity      × 2 need you  ▲ 2 soon  ● 36 quiet
//!  × 2 need you  ▲ 2  ● 36, then ×2 ▲2 ●36 in place of that where there is less room
//! ```

use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::app::{Browser, Tab};
use crate::domain::Need;

use super::Regions;
use super::canvas::{Canvas, Row};
use super::glyphs::GlyphSet;
use super::view::View;

/// How much is said, from all to little; the first that fits is drawn.
const VERSIONS: [(Brand, Titles, Counts); 9] = [
    (Brand::Name, Titles::All, Counts::Words),
    (Brand::Name, Titles::All, Counts::Urgent),
    (Brand::Name, Titles::All, Counts::Spaced),
    (Brand::Name, Titles::All, Counts::Tight),
    (Brand::None, Titles::All, Counts::Tight),
    (Brand::Name, Titles::Active, Counts::Spaced),
    (Brand::None, Titles::Active, Counts::Spaced),
    (Brand::None, Titles::Active, Counts::Tight),
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
    /// A word for each.
    Words,
    /// A word for what needs a person.
    Urgent,
    Spaced,
    Tight,
    None,
}

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>) {
    let width = regions.top.width;
    let mut canvas = Canvas::new(buffer, regions.top, view.look);
    let fits = |(brand, titles, counts): &(Brand, Titles, Counts)| {
        left_part(view, *brand, *titles).width() + counts_line(view, *counts).width() as u16 + 2 <= width
    };
    let version = VERSIONS.into_iter().find(fits).unwrap_or(VERSIONS[VERSIONS.len() - 1]);
    let left = left_part(view, version.0, version.1);
    canvas.line(&left.end(counts_line(view, version.2), width.saturating_sub(1)).build());
    canvas.rule("");
}

/// Brand and tabs.
fn left_part(view: View<'_>, brand: Brand, titles: Titles) -> Row<'_> {
    let theme = view.theme();
    let mut row = view.row().gap(1);
    if brand == Brand::Name {
        row = row.text("tokengauge", theme.brand).gap(1);
    }
    if view.app.environment.browser == Browser::Simulated {
        row = row.text(" demo ", theme.banner).gap(1);
    }
    let unsaved = view.app.connections.unsaved().count();
    if unsaved > 0 {
        row = row.text(format!(" {unsaved} NOT SAVED "), theme.banner).gap(1);
    }
    for (place, tab) in Tab::ALL.into_iter().enumerate() {
        let is_active = tab == view.app.tab;
        let title = match titles {
            Titles::Active if !is_active => format!("{}", place + 1),
            _ => format!("{} {}", place + 1, tab.title()),
        };
        if is_active {
            // Where blocks of colour cannot be relied on, brackets tell the open tab.
            let is_ascii = view.look.glyphs.set == GlyphSet::Ascii;
            let (open, close) = if is_ascii { ("[", "]") } else { (" ", " ") };
            row = row.text(format!("{open}{title}{close}"), theme.tab_active);
        } else {
            row = row.text(format!(" {title} "), theme.tab);
        }
    }
    row
}

fn counts_line(view: View<'_>, counts: Counts) -> Line<'static> {
    let theme = view.theme();
    let mut row = view.row();
    if counts == Counts::None {
        return row.build();
    }
    let all = view.app.connections.counts(view.now);
    for (need, count) in all.into_iter().filter(|(_, count)| *count > 0) {
        let (gap, inner) = if counts == Counts::Tight { (1, 0) } else { (2, 1) };
        let is_told = counts == Counts::Words || (counts == Counts::Urgent && need == Need::NeedsYou);
        let words = if is_told { words(need, count) } else { "" };
        let gap = if row.width() > 0 { gap } else { 0 };
        row = row
            .gap(gap)
            .text(view.glyphs().need(need), theme.need(need))
            .gap(inner)
            .text(count.to_string(), theme.text)
            .text(words, theme.muted);
    }
    row.build()
}

/// `× 2 need you · tokengauge`, or what is near where nobody is needed.
pub(super) fn title(view: View<'_>) -> String {
    let all = view.app.connections.counts(view.now);
    let foremost = all.into_iter().find(|(need, count)| *need != Need::Quiet && *count > 0);
    let (glyphs, name) = (view.glyphs(), "tokengauge");
    match foremost {
        Some((need, count)) => {
            format!("{} {count}{} {} {name}", glyphs.need(need), words(need, count), glyphs.separator)
        }
        None => name.to_owned(),
    }
}

fn words(need: Need, count: usize) -> &'static str {
    match need {
        Need::NeedsYou if count == 1 => " needs you",
        Need::NeedsYou => " need you",
        Need::Soon => " soon",
        Need::Quiet => " quiet",
    }
}
