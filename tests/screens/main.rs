//! Every screen as text, at the sizes that matter, and as facts that no size may break.
//!
//! `TOKENGAUGE_ANSI_DIR=DIR` writes every screen as ANSI text besides, to be looked at in a terminal.

mod ansi;
mod facts;
mod fixtures;
mod form_scenes;
mod hand_over_scenes;
mod permission_scenes;
mod scenes;
mod secret_scenes;
mod sign_in_scenes;
mod unsaved_scenes;
mod warning_scenes;

use chrono::{DateTime, Utc};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use tokengauge::app::App;
use tokengauge::keymap::Keymap;
use tokengauge::ui::colour::ColourDepth;
use tokengauge::ui::glyphs::GlyphSet;
use tokengauge::ui::theme::Theme;
use tokengauge::ui::{Look, draw};

use fixtures::now;

/// The design size, a large and a small terminal.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (40, 12)];

pub(crate) fn look(theme: &str, depth: ColourDepth, set: GlyphSet) -> Look {
    Look { theme: Theme::embedded(theme, depth).unwrap(), glyphs: set.glyphs(), keymap: Keymap::default() }
}

pub(crate) fn dark() -> Look {
    look("dark", ColourDepth::TrueColour, GlyphSet::Smooth)
}

pub(crate) fn plainest() -> Look {
    look("monochrome", ColourDepth::None, GlyphSet::Ascii)
}

pub(crate) fn buffer_at(
    app: &App,
    moment: DateTime<Utc>,
    look: &Look,
    (width, height): (u16, u16),
) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, app, moment, look)).unwrap();
    terminal.backend().buffer().clone()
}

pub(crate) fn buffer(app: &App, look: &Look, size: (u16, u16)) -> Buffer {
    buffer_at(app, now(), look, size)
}

/// The text of a screen, without the blanks at the ends of lines.
pub(crate) fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let lines = buffer.content.chunks(width).map(|cells| {
        let mut line = String::new();
        let mut hidden = 0;
        for cell in cells {
            if hidden > 0 {
                hidden -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            hidden = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
        }
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_scene_at_every_size() {
    for (name, app) in scenes::all() {
        for size in SIZES {
            let drawn = text(&buffer(&app, &dark(), size));
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), drawn);
        }
    }
}

#[test]
fn scenes_are_written_where_they_are_asked_for() {
    let Ok(directory) = std::env::var("TOKENGAUGE_ANSI_DIR") else { return };
    let looks = [
        ("dark", dark()),
        ("light", look("light", ColourDepth::TrueColour, GlyphSet::Smooth)),
        ("ansi16", look("dark", ColourDepth::Ansi16, GlyphSet::Plain)),
        ("mono", plainest()),
    ];
    for (name, app) in scenes::all() {
        for (theme, look) in &looks {
            for size in [(80, 24), (100, 30), (120, 40), (40, 12)] {
                let file = format!("{directory}/{name}_{theme}_{}x{}.ansi", size.0, size.1);
                std::fs::write(file, ansi::text(&buffer(&app, look, size))).unwrap();
            }
        }
    }
}
