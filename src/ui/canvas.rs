//! Where regions draw: an area that is filled line by line, and lines that are built cell by cell.
//!
//! A canvas never writes outside its area, whatever it is given, so that no region has to think of small terminals.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::Look;
use super::colour::readable_ink;
use super::text::{fill, fill_left, fit};

/// An area of the screen with a pen that goes down line by line.
pub(super) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    look: &'a Look,
    row: u16,
}

impl<'a> Canvas<'a> {
    /// The part of `area` that exists, with the pen at its top.
    pub(super) fn new(buffer: &'a mut Buffer, area: Rect, look: &'a Look) -> Self {
        let area = area.intersection(buffer.area);
        Self { buffer, area, look, row: 0 }
    }

    /// Its width in cells.
    pub(super) fn width(&self) -> u16 {
        self.area.width
    }

    /// The lines below the pen.
    pub(super) fn rows_left(&self) -> u16 {
        self.area.height.saturating_sub(self.row)
    }

    /// What is below the pen.
    pub(super) fn rest(&self) -> Rect {
        let row = self.row.min(self.area.height);
        Rect { y: self.area.y + row, height: self.area.height - row, ..self.area }
    }

    /// Moves the pen to a line counted from the top.
    pub(super) fn go_to(&mut self, row: u16) {
        self.row = row;
    }

    /// Draws a line and goes on to the next.
    pub(super) fn line(&mut self, line: &Line<'_>) {
        self.styled_line(Style::new(), line);
    }

    /// Draws lines as far as they fit.
    pub(super) fn lines(&mut self, lines: &[Line<'_>]) {
        for line in lines {
            self.line(line);
        }
    }

    /// Draws the line under the cursor of a list.
    pub(super) fn selected_line(&mut self, line: &Line<'_>) {
        self.styled_line(self.look.theme.selected, line);
    }

    /// Leaves a line free.
    pub(super) fn blank(&mut self) {
        self.row = self.row.saturating_add(1);
    }

    /// A rule over the whole width, with a title in it.
    pub(super) fn rule(&mut self, title: &str) {
        let row = rule(self.look, title, "", self.area.width);
        self.line(&row);
    }

    /// A rule with a title on the left and words on the right.
    pub(super) fn rule_with(&mut self, title: &str, right: &str) {
        let row = rule(self.look, title, right, self.area.width);
        self.line(&row);
    }

    fn styled_line(&mut self, style: Style, line: &Line<'_>) {
        if self.row < self.area.height {
            let y = self.area.y + self.row;
            let row = Rect { y, height: 1, ..self.area };
            let style = style.patch(line.style);
            self.buffer.set_style(row, style);
            self.buffer.set_line(self.area.x, y, line, self.area.width);
            // With sixteen colours no ground suits all of them: a row with ink of its own has it throughout.
            if let Some(ink) = style.fg {
                self.buffer.set_style(row, readable_ink(ink));
            }
        }
        self.row = self.row.saturating_add(1);
    }
}

/// A line of a rule: `── title ─────── right ──`.
pub(super) fn rule(look: &Look, title: &str, right: &str, width: u16) -> Line<'static> {
    let theme = &look.theme;
    let mut row = Row::new(look);
    let dash = look.glyphs.rule;
    if !title.is_empty() {
        let title = fit(title, width.saturating_sub(4), look.glyphs);
        row = row.text(dash, theme.border).text(format!(" {title} "), theme.heading);
    }
    let room = width.saturating_sub(row.width());
    let right_width = right.width() as u16 + 3;
    if right.is_empty() || right_width > room {
        return row.text(dash.repeat(usize::from(room)), theme.border).build();
    }
    row.text(dash.repeat(usize::from(room - right_width)), theme.border)
        .text(format!(" {right} "), theme.muted)
        .text(dash, theme.border)
        .build()
}

/// A line that is built from left to right.
#[derive(Clone)]
pub(super) struct Row<'a> {
    look: &'a Look,
    spans: Vec<Span<'static>>,
    width: u16,
}

impl<'a> Row<'a> {
    /// An empty line.
    pub(super) fn new(look: &'a Look) -> Self {
        Self { look, spans: Vec::new(), width: 0 }
    }

    /// The cells used so far.
    pub(super) fn width(&self) -> u16 {
        self.width
    }

    /// Text as it is.
    pub(super) fn text(mut self, text: impl Into<String>, style: Style) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.width = self.width.saturating_add(text.width() as u16);
            self.spans.push(Span::styled(text, style));
        }
        self
    }

    /// Text in exactly so many cells; the blanks after it are not underlined with it.
    pub(super) fn fill(self, text: &str, width: u16, style: Style) -> Self {
        let filled = fill(text, width, self.look.glyphs);
        let (written, blanks) = filled.split_at(filled.trim_end().len());
        self.text(written, style).text(blanks, not_underlined(style))
    }

    /// Text against the right of so many cells, as numbers stand; the blanks before it are not underlined with it.
    pub(super) fn right(self, text: &str, width: u16, style: Style) -> Self {
        let filled = fill_left(text, width, self.look.glyphs);
        let (blanks, written) = filled.split_at(filled.len() - filled.trim_start().len());
        self.text(blanks, not_underlined(style)).text(written, style)
    }

    /// Text on a ground of exactly so many cells, which some themes underline: a field.
    pub(super) fn ground(self, text: &str, width: u16, style: Style) -> Self {
        let filled = fill(text, width, self.look.glyphs);
        self.text(filled, style)
    }

    /// Text cut at the end of a line of `width` cells.
    pub(super) fn rest(self, text: &str, width: u16, style: Style) -> Self {
        let text = fit(text, width.saturating_sub(self.width), self.look.glyphs);
        self.text(text, style)
    }

    /// Free cells.
    pub(super) fn gap(self, cells: u16) -> Self {
        self.text(" ".repeat(usize::from(cells)), Style::new())
    }

    /// Free cells up to a column.
    pub(super) fn to(self, column: u16) -> Self {
        let cells = column.saturating_sub(self.width);
        self.gap(cells)
    }

    /// A line made elsewhere.
    pub(super) fn append(mut self, line: Line<'static>) -> Self {
        self.width = self.width.saturating_add(line.width() as u16);
        self.spans.extend(line.spans);
        self
    }

    /// Another line against the right end of a line of `width` cells, left out where there is no room.
    pub(super) fn end(self, line: Line<'static>, width: u16) -> Self {
        let column = width.saturating_sub(line.width() as u16);
        if column <= self.width { self } else { self.to(column).append(line) }
    }

    /// The line.
    pub(super) fn build(self) -> Line<'static> {
        Line::from(self.spans)
    }
}

fn not_underlined(style: Style) -> Style {
    style.remove_modifier(Modifier::UNDERLINED)
}

/// `text` in lines of at most `width` cells, broken between words, and within them where one is longer than a line.
pub(super) fn wrap(text: &str, width: u16) -> Vec<String> {
    let width = usize::from(width.max(1));
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && last.width() + 1 + word.width() <= width {
            last.push(' ');
            last.push_str(word);
            continue;
        }
        if !last.is_empty() {
            lines.push(String::new());
        }
        break_word(word, width, &mut lines);
    }
    lines
}

/// Puts a word at the end of the lines, in as many of them as it needs.
pub(super) fn break_word(word: &str, width: usize, lines: &mut Vec<String>) {
    for character in word.chars() {
        let last = lines.last().map_or(0, |line| line.width());
        let needs = unicode_width::UnicodeWidthChar::width(character).unwrap_or(0);
        if lines.is_empty() || (last + needs > width && last > 0) {
            lines.push(String::new());
        }
        lines.last_mut().expect("a line was pushed").push(character);
    }
}

/// The first of `height` lines shown of `count`, so that `chosen` is among them, in the middle where that is possible.
pub(super) fn first_shown(chosen: usize, count: usize, height: usize) -> usize {
    chosen.saturating_sub(height / 2).min(count.saturating_sub(height))
}

#[cfg(test)]
mod tests {
    use super::super::glyphs::GlyphSet;
    use super::super::theme::{ColourDepth, Theme};
    use super::*;
    use crate::keymap::Keymap;

    #[test]
    fn words_are_wrapped_and_long_ones_broken() {
        assert_eq!(wrap("ask an administrator", 8), ["ask an", "administ", "rator"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("日本", 1), ["日", "本"]);
    }

    #[test]
    fn a_word_is_underlined_and_the_blanks_of_its_column_are_not() {
        let theme = Theme::embedded("dark", ColourDepth::TrueColour).unwrap();
        let look = Look { theme, glyphs: GlyphSet::Plain.glyphs(), keymap: Keymap::default() };
        let style = Style::new().add_modifier(Modifier::UNDERLINED);
        let underlined = |row: Row<'_>| {
            let spans = row.build().spans.into_iter();
            let ours = spans.filter(|span| span.style.add_modifier.contains(Modifier::UNDERLINED));
            ours.map(|span| span.content.into_owned()).collect::<String>()
        };
        assert_eq!(underlined(Row::new(&look).fill("ended", 9, style)), "ended");
        assert_eq!(underlined(Row::new(&look).right("ended", 9, style)), "ended");
        assert_eq!(underlined(Row::new(&look).right("", 9, style)), "");
        assert_eq!(underlined(Row::new(&look).ground("ended", 9, style)), "ended    ");
        assert_eq!(Row::new(&look).fill("ended", 9, style).width(), 9);
    }

    #[test]
    fn chosen_row_is_always_shown() {
        for count in 0..20 {
            for height in 1..8 {
                for chosen in 0..count {
                    let first = first_shown(chosen, count, height);
                    assert!((first..first + height).contains(&chosen));
                    assert!(first == 0 || first + height <= count);
                }
            }
        }
    }
}
