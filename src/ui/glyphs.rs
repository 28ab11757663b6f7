//! The shapes on the screen, in three sets: for fonts of today, for old fonts, and for no UTF-8 at all.
//!
//! State is told by these before it is told by colour, so in each set marks that stand for different things differ.

use ratatui::symbols::border;

use crate::domain::{Need, RenewalOutcome};

/// Which of the three sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GlyphSet {
    /// Eighth blocks and rounded corners.
    Smooth,
    /// What code page 437 already had: halves, shades, single and double frames.
    Plain,
    /// Seven bits.
    Ascii,
}

impl GlyphSet {
    /// All sets, the finest first.
    pub const ALL: [Self; 3] = [Self::Smooth, Self::Plain, Self::Ascii];

    /// The name in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smooth => "smooth",
            Self::Plain => "plain",
            Self::Ascii => "ascii",
        }
    }

    /// The set of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }

    /// Its glyphs.
    pub fn glyphs(self) -> &'static Glyphs {
        match self {
            Self::Smooth => &SMOOTH,
            Self::Plain => &PLAIN,
            Self::Ascii => &ASCII,
        }
    }
}

/// What surrounds a gauge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brackets {
    /// Before the first cell.
    pub open: &'static str,
    /// After the last cell.
    pub close: &'static str,
}

/// The cells of a gauge; each glyph is one cell wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GaugeCells {
    /// A cell that is wholly filled.
    pub full: &'static str,
    /// Cells that are filled in part, the thinnest first; with n of them a cell has n + 1 steps.
    pub parts: &'static [&'static str],
    /// A cell that is used up.
    pub empty: &'static str,
    /// Where cells alone would not show the ends.
    pub brackets: Option<Brackets>,
    /// What the cells are made of.
    pub body: Body,
}

/// Whether a gauge fills its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Over their whole height, the used-up part with a background.
    Block,
    /// A line in their middle, without a background: rows of them stay apart.
    Line,
}

/// One set of shapes. All are one cell wide but `check_on`, `check_off` (three) and an ASCII `ellipsis`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glyphs {
    /// Which set it is.
    pub set: GlyphSet,
    /// Lifetimes as bars, where there is a blank line between them.
    pub gauge: GaugeCells,
    /// Lifetimes as bars in rows without blank lines between them.
    pub slim: GaugeCells,
    /// The mark of the group that needs a person.
    pub needs_you: &'static str,
    /// The mark of the group in which something lapses before long.
    pub soon: &'static str,
    /// The mark of the group with nothing to do.
    pub quiet: &'static str,
    /// A step that is done.
    pub step_done: &'static str,
    /// The step that is on.
    pub step_now: &'static str,
    /// A step to come.
    pub step_later: &'static str,
    /// Before the selected row.
    pub cursor: &'static str,
    /// Chosen, in a list of choices.
    pub check_on: &'static str,
    /// Not chosen.
    pub check_off: &'static str,
    /// A yes in a column.
    pub yes: &'static str,
    /// A no in a column.
    pub no: &'static str,
    /// A horizontal line.
    pub rule: &'static str,
    /// The frame of a pane.
    pub border: border::Set<'static>,
    /// The frame of the pane in which keys work: another shape, not only another colour.
    pub border_focused: border::Set<'static>,
    /// "And so on" in a sentence: `renewing …`.
    pub ellipsis: &'static str,
    /// The end of a text that was cut.
    pub cut: &'static str,
    /// Between two facts on one line.
    pub separator: &'static str,
    /// One character of a secret.
    pub mask: &'static str,
    /// More above.
    pub up: &'static str,
    /// More below.
    pub down: &'static str,
    /// More to the left.
    pub left: &'static str,
    /// Leads to.
    pub right: &'static str,
    /// Days on which a connection works, in a lane.
    pub lane_works: &'static str,
    /// Days after something has ended.
    pub lane_after: &'static str,
    /// Days on which it cannot be used.
    pub lane_unusable: &'static str,
    /// A renewal that worked at once.
    pub renewed: &'static str,
    /// A renewal that is tried again.
    pub retried: &'static str,
    /// A renewal that was refused.
    pub refused: &'static str,
}

impl Glyphs {
    /// From the texts of `LC_ALL`, `LC_CTYPE` and `LANG`, of which the first that is not empty decides, and of `TERM`.
    pub fn detect(
        lc_all: Option<&str>,
        lc_ctype: Option<&str>,
        lang: Option<&str>,
        term: Option<&str>,
    ) -> GlyphSet {
        let locale = [lc_all, lc_ctype, lang].into_iter().flatten().find(|text| !text.is_empty());
        let is_utf8 = locale.is_some_and(|text| {
            let text = text.to_ascii_lowercase();
            text.contains("utf-8") || text.contains("utf8")
        });
        match term {
            _ if !is_utf8 => GlyphSet::Ascii,
            Some("dumb") => GlyphSet::Ascii,
            // The kernel's console has room for 256 or 512 shapes.
            Some(term) if term.starts_with("linux") => GlyphSet::Plain,
            _ => GlyphSet::Smooth,
        }
    }

    /// The mark of a group.
    pub fn need(&self, need: Need) -> &'static str {
        match need {
            Need::NeedsYou => self.needs_you,
            Need::Soon => self.soon,
            Need::Quiet => self.quiet,
        }
    }

    /// The mark of a renewal in the row of the last ones.
    pub fn renewal(&self, outcome: &RenewalOutcome) -> &'static str {
        match outcome {
            RenewalOutcome::Worked | RenewalOutcome::WorkedOddly(_) => self.renewed,
            RenewalOutcome::WillRetry(_) => self.retried,
            RenewalOutcome::Failed(_) => self.refused,
        }
    }
}

static SMOOTH: Glyphs = Glyphs {
    set: GlyphSet::Smooth,
    gauge: GaugeCells {
        full: "█",
        parts: &["▏", "▎", "▍", "▌", "▋", "▊", "▉"],
        empty: "░",
        brackets: None,
        body: Body::Block,
    },
    slim: GaugeCells { full: "━", parts: &["╸"], empty: "─", brackets: None, body: Body::Line },
    needs_you: "×",
    soon: "▲",
    quiet: "●",
    step_done: "●",
    step_now: "►",
    step_later: "○",
    cursor: "►",
    check_on: "[✓]",
    check_off: "[ ]",
    yes: "✓",
    no: "–",
    rule: "─",
    border: border::ROUNDED,
    border_focused: border::THICK,
    ellipsis: "…",
    cut: "…",
    separator: "·",
    mask: "●",
    up: "▲",
    down: "▼",
    left: "◄",
    right: "→",
    lane_works: "━",
    lane_after: "╌",
    lane_unusable: "·",
    renewed: "●",
    retried: "▲",
    refused: "×",
};

const PLAIN_GAUGE: GaugeCells =
    GaugeCells { full: "█", parts: &["▌"], empty: "░", brackets: None, body: Body::Block };

const ASCII_GAUGE: GaugeCells = GaugeCells {
    full: "#",
    parts: &["="],
    empty: "-",
    brackets: Some(Brackets { open: "[", close: "]" }),
    body: Body::Line,
};

/// Code page 437 only: it has neither `×` nor `●` nor `…`.
static PLAIN: Glyphs = Glyphs {
    set: GlyphSet::Plain,
    gauge: PLAIN_GAUGE,
    slim: PLAIN_GAUGE,
    needs_you: "x",
    soon: "▲",
    quiet: "•",
    step_done: "√",
    step_now: "►",
    step_later: "○",
    cursor: "►",
    check_on: "[√]",
    check_off: "[ ]",
    yes: "√",
    no: "-",
    rule: "─",
    border: border::PLAIN,
    border_focused: border::DOUBLE,
    ellipsis: "...",
    cut: "~",
    separator: "·",
    mask: "•",
    up: "▲",
    down: "▼",
    left: "◄",
    right: "→",
    lane_works: "═",
    lane_after: "─",
    lane_unusable: "·",
    renewed: "•",
    retried: "▲",
    refused: "x",
};

static ASCII: Glyphs = Glyphs {
    set: GlyphSet::Ascii,
    gauge: ASCII_GAUGE,
    slim: ASCII_GAUGE,
    needs_you: "x",
    soon: "!",
    quiet: "o",
    step_done: "*",
    step_now: ">",
    step_later: "o",
    cursor: ">",
    check_on: "[x]",
    check_off: "[ ]",
    yes: "x",
    no: "-",
    rule: "-",
    border: ascii_border("-"),
    border_focused: ascii_border("="),
    ellipsis: "...",
    cut: "~",
    separator: "|",
    mask: "*",
    up: "^",
    down: "v",
    left: "<",
    right: ">",
    lane_works: "=",
    lane_after: "-",
    lane_unusable: ".",
    renewed: "o",
    retried: "!",
    refused: "x",
};

const fn ascii_border(horizontal: &'static str) -> border::Set<'static> {
    border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: horizontal,
        horizontal_bottom: horizontal,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn single_cells(glyphs: &Glyphs) -> Vec<&'static str> {
        let (frame, focused) = (glyphs.border, glyphs.border_focused);
        let mut all = vec![
            glyphs.gauge.full,
            glyphs.gauge.empty,
            glyphs.slim.full,
            glyphs.slim.empty,
            glyphs.needs_you,
            glyphs.soon,
            glyphs.quiet,
            glyphs.step_done,
            glyphs.step_now,
            glyphs.step_later,
            glyphs.cursor,
            glyphs.yes,
            glyphs.no,
            glyphs.rule,
            glyphs.cut,
            glyphs.separator,
            glyphs.mask,
            glyphs.up,
            glyphs.down,
            glyphs.left,
            glyphs.right,
            glyphs.renewed,
            glyphs.retried,
            glyphs.refused,
            glyphs.lane_works,
            glyphs.lane_after,
            glyphs.lane_unusable,
        ];
        for set in [frame, focused] {
            all.extend([set.top_left, set.top_right, set.bottom_left, set.bottom_right]);
            all.extend([set.vertical_left, set.vertical_right, set.horizontal_top, set.horizontal_bottom]);
        }
        all.extend(glyphs.gauge.parts);
        all.extend(glyphs.slim.parts);
        all
    }

    #[test]
    fn every_glyph_is_one_cell_wide() {
        for set in GlyphSet::ALL {
            for glyph in single_cells(set.glyphs()) {
                assert_eq!(glyph.width(), 1, "{set:?} {glyph}");
            }
            assert_eq!((set.glyphs().check_on.width(), set.glyphs().check_off.width()), (3, 3));
        }
    }

    #[test]
    fn ascii_is_ascii() {
        let glyphs = GlyphSet::Ascii.glyphs();
        assert!(single_cells(glyphs).iter().all(|glyph| glyph.is_ascii()));
        assert!([glyphs.check_on, glyphs.check_off, glyphs.ellipsis].iter().all(|glyph| glyph.is_ascii()));
    }

    #[test]
    fn marks_that_mean_different_things_differ() {
        for glyphs in GlyphSet::ALL.map(GlyphSet::glyphs) {
            let gauge = [glyphs.gauge.full, glyphs.gauge.empty];
            let slim = [glyphs.slim.full, glyphs.slim.empty];
            for group in [
                vec![glyphs.needs_you, glyphs.soon, glyphs.quiet],
                vec![glyphs.step_done, glyphs.step_now, glyphs.step_later],
                vec![glyphs.renewed, glyphs.retried, glyphs.refused],
                vec![glyphs.lane_works, glyphs.lane_after, glyphs.lane_unusable],
                vec![glyphs.check_on, glyphs.check_off],
                vec![glyphs.yes, glyphs.no],
                vec![glyphs.border.horizontal_top, glyphs.border_focused.horizontal_top],
                [&gauge, glyphs.gauge.parts].concat(),
                [&slim, glyphs.slim.parts].concat(),
            ] {
                assert_eq!(group.iter().collect::<HashSet<_>>().len(), group.len(), "{group:?}");
            }
        }
    }

    #[test]
    fn set_follows_the_locale() {
        use GlyphSet::{Ascii, Plain, Smooth};
        for (lc_all, lc_ctype, lang, term, expected) in [
            (None, None, Some("de_DE.UTF-8"), Some("xterm-256color"), Smooth),
            (None, None, Some("C.utf8"), None, Smooth),
            (None, Some("en_GB.UTF-8"), Some("C"), Some("tmux-256color"), Smooth),
            (Some(""), Some(""), Some("en_GB.UTF-8"), Some("linux"), Plain),
            (Some("C"), Some("en_GB.UTF-8"), Some("en_GB.UTF-8"), Some("xterm"), Ascii),
            (None, None, Some("en_GB.ISO-8859-1"), Some("linux"), Ascii),
            (None, None, Some("en_GB.UTF-8"), Some("dumb"), Ascii),
            (None, None, None, None, Ascii),
        ] {
            assert_eq!(
                Glyphs::detect(lc_all, lc_ctype, lang, term),
                expected,
                "{lc_all:?} {lc_ctype:?} {lang:?}"
            );
        }
    }

    #[test]
    fn sets_are_found_by_name() {
        for set in GlyphSet::ALL {
            assert_eq!(GlyphSet::named(set.name()), Some(set));
            assert_eq!(set.glyphs().set, set);
        }
    }
}
