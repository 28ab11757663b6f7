//! A lifetime as a bar: how much is left, in the style of its stage.
//!
//! Something left is never drawn as nothing, and less than all never as all. What is over, or was never there, is a word.
//! Every line made here is exactly as wide as asked.

use chrono::{DateTime, Utc};
use ratatui::{
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::{
    glyphs::{Body, GaugeCells, Glyphs},
    text::{DURATION_SHORT_WIDTH, duration_short, fill, fill_left},
    theme::Theme,
};
use crate::domain::{Clock, Lifetime, Stage};

/// The word for a lifetime that is not there.
pub const NONE: &str = "none";

/// How tall a gauge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// As tall as its line: it needs a blank line above and below.
    Tall,
    /// Slim where the glyphs have a slim bar: for rows without blank lines between them.
    Slim,
}

impl Build {
    fn cells(self, glyphs: &Glyphs) -> &GaugeCells {
        match self {
            Self::Tall => &glyphs.gauge,
            Self::Slim => &glyphs.slim,
        }
    }
}

/// The cells of a gauge of `width` cells in a list, with the time left.
pub const fn with_time_width(width: u16) -> u16 {
    width + 1 + DURATION_SHORT_WIDTH
}

/// The bar of a fraction (0 to 1, cut to it) in `width` cells.
pub fn gauge_line(
    fraction: f64,
    width: u16,
    stage: Stage,
    build: Build,
    glyphs: &Glyphs,
    theme: &Theme,
) -> Line<'static> {
    let cells = build.cells(glyphs);
    let filled_style = cell_style(theme.stage(stage), cells);
    let empty_style = cell_style(theme.gauge_empty, cells);
    match cells.brackets {
        Some(brackets) if width > 2 => {
            let mut spans = vec![Span::styled(brackets.open, empty_style)];
            spans.extend(bar(fraction, width - 2, cells, filled_style, empty_style));
            spans.push(Span::styled(brackets.close, empty_style));
            Line::from(spans)
        }
        _ => Line::from(bar(fraction, width, cells, filled_style, empty_style)),
    }
}

/// A lifetime in `width` cells: a bar while it lasts, a word when it is over or not there.
pub fn lifetime_gauge(
    lifetime: Option<&Lifetime>,
    (clock, now): (Clock, DateTime<Utc>),
    width: u16,
    build: Build,
    glyphs: &Glyphs,
    theme: &Theme,
) -> Line<'static> {
    let Some(lifetime) = lifetime else { return word(NONE, width, theme.none, glyphs) };
    match lifetime.stage(clock, now) {
        Stage::Expired => word(Stage::Expired.word(), width, theme.expired, glyphs),
        stage => gauge_line(lifetime.fraction_left(now), width, stage, build, glyphs, theme),
    }
}

/// A lifetime in a list: `width` cells of bar, then the time left against the right; a word takes the place of both.
pub fn mini_gauge_with_time(
    lifetime: Option<&Lifetime>,
    (clock, now): (Clock, DateTime<Utc>),
    width: u16,
    glyphs: &Glyphs,
    theme: &Theme,
) -> Line<'static> {
    let lasting = lifetime.filter(|lifetime| !lifetime.is_expired_at(now));
    let Some(lasting) = lasting else {
        let whole = with_time_width(width);
        return lifetime_gauge(lifetime, (clock, now), whole, Build::Slim, glyphs, theme);
    };
    let time = fill_left(&duration_short(lasting.remaining(now)), DURATION_SHORT_WIDTH + 1, glyphs);
    let mut line = lifetime_gauge(lifetime, (clock, now), width, Build::Slim, glyphs, theme);
    line.push_span(Span::styled(time, theme.stage(lasting.stage(clock, now))));
    line
}

/// The bar itself, at most three spans: the full cells, the cell in between, the empty cells.
fn bar(fraction: f64, width: u16, cells: &GaugeCells, filled: Style, empty: Style) -> Vec<Span<'static>> {
    let steps_per_cell = cells.parts.len() as u32 + 1;
    let steps = filled_steps(fraction, u32::from(width) * steps_per_cell);
    let full_cells = (steps / steps_per_cell) as usize;
    let part = (steps % steps_per_cell) as usize;
    let empty_cells = usize::from(width) - full_cells - usize::from(part > 0);

    let mut spans = Vec::with_capacity(3);
    if full_cells > 0 {
        spans.push(Span::styled(cells.full.repeat(full_cells), filled));
    }
    if part > 0 {
        // The rest of this cell shows its background: the same as that of the empty cells, so that no gap is seen.
        let style = empty.bg.map_or(filled, |background| filled.bg(background));
        spans.push(Span::styled(cells.parts[part - 1], style));
    }
    if empty_cells > 0 {
        spans.push(Span::styled(cells.empty.repeat(empty_cells), empty));
    }
    spans
}

/// Of `all` steps, those that are filled: at least one if anything is left, not all if anything is gone.
fn filled_steps(fraction: f64, all: u32) -> u32 {
    let nearest = (fraction * f64::from(all)).round() as u32;
    match all {
        0 => 0,
        _ if fraction >= 1.0 => all,
        _ if fraction > 0.0 => nearest.clamp(1, (all - 1).max(1)),
        // Also what is not a number.
        _ => 0,
    }
}

fn word(word: &str, width: u16, style: Style, glyphs: &Glyphs) -> Line<'static> {
    // The blanks after it are not underlined with it.
    let filled = fill(word, width, glyphs);
    let written = filled.trim_end().to_owned();
    let blanks = filled[written.len()..].to_owned();
    let spans = [Span::styled(written, style), Span::raw(blanks)];
    spans.into_iter().filter(|span| !span.content.is_empty()).collect()
}

/// Blocks never change with a reversed row (what is left would look like what is gone); lines lie on it. Nothing runs
/// under either.
fn cell_style(style: Style, cells: &GaugeCells) -> Style {
    let style = style.remove_modifier(Modifier::UNDERLINED | Modifier::ITALIC);
    match cells.body {
        Body::Block => style.remove_modifier(Modifier::REVERSED),
        Body::Line => Style { bg: None, ..style },
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::{glyphs::GlyphSet, theme::ColourDepth};
    use super::*;
    use crate::domain::Certainty;

    fn dark() -> Theme {
        Theme::embedded("dark", ColourDepth::TrueColour).unwrap()
    }

    fn drawn(fraction: f64, width: u16, set: GlyphSet) -> String {
        gauge_line(fraction, width, Stage::Fresh, Build::Tall, set.glyphs(), &dark()).to_string()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn hour() -> Lifetime {
        Lifetime::from_seconds(at(0), 3600, Certainty::Known)
    }

    #[test]
    fn bars_at_the_size_of_a_list() {
        use GlyphSet::{Ascii, Plain, Smooth};
        for (fraction, set, expected) in [
            (0.0, Smooth, "░░░░░░░░"),
            (0.001, Smooth, "▏░░░░░░░"),
            (0.5, Smooth, "████░░░░"),
            (0.78, Smooth, "██████▎░"),
            (0.999, Smooth, "███████▉"),
            (1.0, Smooth, "████████"),
            (0.001, Plain, "▌░░░░░░░"),
            (0.5, Plain, "████░░░░"),
            (0.999, Plain, "███████▌"),
            (0.0, Ascii, "[------]"),
            (0.001, Ascii, "[=-----]"),
            (0.5, Ascii, "[###---]"),
            (0.999, Ascii, "[#####=]"),
            (1.0, Ascii, "[######]"),
        ] {
            assert_eq!(drawn(fraction, 8, set), expected);
        }
    }

    #[test]
    fn bars_keep_their_width_and_tell_no_lie() {
        for set in GlyphSet::ALL {
            for width in 0..=20 {
                let (none, all) = (drawn(0.0, width, set), drawn(1.0, width, set));
                for fraction in [0.0, 1e-9, 0.25, 0.5, 0.75, 1.0 - 1e-9, 1.0] {
                    let line = gauge_line(fraction, width, Stage::Ageing, Build::Tall, set.glyphs(), &dark());
                    assert_eq!(line.width(), usize::from(width), "{line}");
                    let looks = line.to_string();
                    assert!(width == 0 || (looks == none) == (fraction <= 0.0), "{fraction} {looks}");
                    assert!(width == 0 || (looks == all) == (fraction >= 1.0), "{fraction} {looks}");
                }
            }
        }
    }

    #[test]
    fn more_left_is_never_drawn_shorter() {
        for set in GlyphSet::ALL {
            let steps: Vec<_> = (0..=1000).map(|part| filled_steps(f64::from(part) / 1000.0, 64)).collect();
            assert!(steps.is_sorted(), "{set:?}");
        }
    }

    #[test]
    fn absurd_fractions_stay_inside() {
        for (fraction, expected) in [
            (f64::NAN, "░░░"),
            (-1.0, "░░░"),
            (f64::NEG_INFINITY, "░░░"),
            (7.0, "███"),
            (f64::INFINITY, "███"),
        ] {
            assert_eq!(drawn(fraction, 3, GlyphSet::Smooth), expected);
        }
    }

    #[test]
    fn no_gap_is_seen_between_the_filled_and_the_empty_part() {
        let line = gauge_line(0.78, 8, Stage::Fresh, Build::Tall, GlyphSet::Smooth.glyphs(), &dark());
        assert_eq!(line.spans[1].style.bg, dark().gauge_empty.bg);
    }

    #[test]
    fn reversed_row_does_not_reverse_the_bar() {
        let theme = Theme::embedded("monochrome", ColourDepth::None).unwrap();
        let line = gauge_line(0.5, 8, Stage::Expired, Build::Tall, GlyphSet::Smooth.glyphs(), &theme);
        for span in line.spans {
            let in_row = theme.selected.patch(span.style);
            assert!(!in_row.add_modifier.intersects(Modifier::REVERSED | Modifier::UNDERLINED));
        }
    }

    #[test]
    fn slim_bar_is_a_line_without_a_ground() {
        for (set, expected) in
            [(GlyphSet::Smooth, "━━━━━━╸─"), (GlyphSet::Plain, "██████▌░"), (GlyphSet::Ascii, "[#####-]")]
        {
            let line = gauge_line(0.8, 8, Stage::Fresh, Build::Slim, set.glyphs(), &dark());
            assert_eq!(line.to_string(), expected);
            let has_ground = line.spans.iter().any(|span| span.style.bg.is_some());
            assert_eq!(has_ground, set == GlyphSet::Plain);
        }
    }

    #[test]
    fn lifetime_is_a_bar_while_it_lasts_and_a_word_after() {
        let glyphs = GlyphSet::Smooth.glyphs();
        let with_time = |lifetime: Option<&Lifetime>, seconds| {
            mini_gauge_with_time(lifetime, (Clock::AccessToken, at(seconds)), 8, glyphs, &dark()).to_string()
        };
        let days = Lifetime::from_seconds(at(0), 540 * 86_400, Certainty::Known);
        for (lifetime, seconds, expected) in [
            (Some(&hour()), 0, "━━━━━━━━ 1:00:00"),
            (Some(&hour()), 89, "━━━━━━━╸   58:31"),
            (Some(&hour()), 3599, "╸───────    0:01"),
            (Some(&hour()), 3600, "expired         "),
            (Some(&days), 0, "━━━━━━━━   540 d"),
            (None, 0, "none            "),
        ] {
            assert_eq!(with_time(lifetime, seconds), expected);
        }
    }

    #[test]
    fn words_are_cut_where_there_is_no_room() {
        let glyphs = GlyphSet::Smooth.glyphs();
        for width in 0..=20 {
            for (lifetime, now) in [(Some(&hour()), at(9999)), (None, at(0)), (Some(&hour()), at(7))] {
                let line =
                    lifetime_gauge(lifetime, (Clock::AccessToken, now), width, Build::Tall, glyphs, &dark());
                assert_eq!(line.width(), usize::from(width));
            }
        }
    }

    #[test]
    fn stage_decides_the_style() {
        let now = hour().expires_at - TimeDelta::minutes(3);
        let line = mini_gauge_with_time(
            Some(&hour()),
            (Clock::AccessToken, now),
            8,
            GlyphSet::Smooth.glyphs(),
            &dark(),
        );
        assert_eq!(line.spans[0].style.fg, dark().expiring.fg);
    }
}
