//! An address as a QR code, for a telephone's camera.

use qrcode::{Color as Module, EcLevel, QrCode};
use ratatui::text::Line;

use super::glyphs::GlyphSet;
use super::view::View;

/// Light modules around the code. The standard wants four; cameras are content with two on a ground that differs.
const QUIET: usize = 2;

/// The lines of a QR code, all of one width; `None` where there are no blocks to draw it, or no colours to make its ground
/// light whatever the terminal's is.
pub(super) fn lines(view: View<'_>, text: &str) -> Option<Vec<Line<'static>>> {
    let style = view.theme().qr;
    if view.glyphs().set == GlyphSet::Ascii || style.fg.is_none() || style.bg.is_none() {
        return None;
    }
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    Some(rows(&code).into_iter().map(|row| view.row().text(row, style).build()).collect())
}

/// Two rows of modules in one line; the ink is that of the dark ones.
fn rows(code: &QrCode) -> Vec<String> {
    let side = code.width() + 2 * QUIET;
    let is_dark = |row: usize, column: usize| {
        let inside = |place: usize| place.checked_sub(QUIET).filter(|place| *place < code.width());
        matches!((inside(row), inside(column)), (Some(y), Some(x)) if code[(x, y)] == Module::Dark)
    };
    let cell = |row, column| match (is_dark(row, column), is_dark(row + 1, column)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    (0..side).step_by(2).map(|row| (0..side).map(|column| cell(row, column)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modules_are_those_of_the_code_inside_a_light_margin() {
        let code =
            QrCode::with_error_correction_level("https://microsoft.com/devicelogin", EcLevel::L).unwrap();
        let rows = rows(&code);
        assert_eq!((rows.len(), rows[0].chars().count()), (17, 33));
        assert!(rows[0].chars().all(|cell| cell == ' '), "the margin");
        // The corner that every QR code has: a dark frame of seven modules.
        let corner: Vec<String> =
            rows[1..4].iter().map(|row| row.chars().skip(2).take(7).collect()).collect();
        assert_eq!(corner, ["█▀▀▀▀▀█", "█ ███ █", "█ ▀▀▀ █"]);
    }
}
