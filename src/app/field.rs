//! A one-line text field over `tui-textarea`: no undo history (it would keep copies of secrets), pasted text joined.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_textarea::{CursorMove, TextArea};

/// A field being typed into. It is drawn by `ui` from [`Field::text`] and [`Field::cursor`]; secrets only as a mask.
#[derive(Clone)]
pub struct Field {
    area: TextArea<'static>,
    secrecy: Secrecy,
    limit: usize,
}

/// Whether the text may be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// It may.
    Open,
    /// Never: a mask is drawn.
    Masked,
}

impl Field {
    /// An empty field for text that may be seen, at most `limit` characters.
    pub fn open(limit: usize) -> Self {
        Self::with_text("", Secrecy::Open, limit)
    }

    /// An empty field for a secret.
    pub fn masked(limit: usize) -> Self {
        Self::with_text("", Secrecy::Masked, limit)
    }

    /// A field that begins with a text.
    pub fn with_text(text: &str, secrecy: Secrecy, limit: usize) -> Self {
        let mut area = TextArea::default();
        area.set_max_histories(0);
        area.insert_str(text);
        Self { area, secrecy, limit }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// Position of the cursor, in characters.
    pub fn cursor(&self) -> usize {
        self.area.cursor().1
    }

    /// Whether the text may be drawn.
    pub fn secrecy(&self) -> Secrecy {
        self.secrecy
    }

    /// True if nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// Takes a key as text or as a movement within the line; tells whether the field took it.
    pub fn handle(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u') if control => self.clear(),
            KeyCode::Char('a') if control => self.area.move_cursor(CursorMove::Head),
            KeyCode::Char('e') if control => self.area.move_cursor(CursorMove::End),
            KeyCode::Char('w') if control => drop(self.area.delete_word()),
            KeyCode::Char(_) if control || key.modifiers.contains(KeyModifiers::ALT) => return false,
            KeyCode::Char(c) => self.insert(c),
            KeyCode::Backspace => drop(self.area.delete_char()),
            KeyCode::Delete => drop(self.area.delete_next_char()),
            KeyCode::Left => self.area.move_cursor(CursorMove::Back),
            KeyCode::Right => self.area.move_cursor(CursorMove::Forward),
            KeyCode::Home => self.area.move_cursor(CursorMove::Head),
            KeyCode::End => self.area.move_cursor(CursorMove::End),
            _ => return false,
        }
        true
    }

    /// Takes pasted text: line breaks and control characters are left out, the limit is kept.
    pub fn paste(&mut self, text: &str) {
        text.chars().filter(|c| !c.is_control()).for_each(|c| self.insert(c));
    }

    /// Empties the field; nothing of the old text is kept.
    pub fn clear(&mut self) {
        *self = Self::with_text("", self.secrecy, self.limit);
    }

    /// Empties the field; false if it was empty already.
    pub fn clear_typed(&mut self) -> bool {
        let had_text = !self.is_empty();
        self.clear();
        had_text
    }

    /// Replaces the text.
    pub fn set(&mut self, text: &str) {
        *self = Self::with_text(text, self.secrecy, self.limit);
    }

    fn insert(&mut self, c: char) {
        if self.text().chars().count() < self.limit {
            self.area.insert_char(c);
        }
    }
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Field");
        match self.secrecy {
            Secrecy::Open => shown.field("text", &self.text()),
            Secrecy::Masked => shown.field("characters", &self.text().chars().count()),
        };
        shown.field("cursor", &self.cursor()).finish_non_exhaustive()
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text() && self.cursor() == other.cursor() && self.secrecy == other.secrecy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_line_breaks_and_escapes_are_left_out() {
        let mut field = Field::open(40);
        field.paste("ab\r\ncd\u{1b}[31m");
        assert_eq!(field.text(), "abcd[31m");
    }

    #[test]
    fn the_limit_holds_for_typing_and_pasting() {
        let mut field = Field::open(3);
        field.paste("abcdef");
        field.handle(KeyEvent::from(KeyCode::Char('x')));
        assert_eq!(field.text(), "abc");
    }

    #[test]
    fn debug_tells_of_a_masked_field_how_long_it_is_and_no_more() {
        let mut field = Field::masked(40);
        field.paste("TGSECRET");
        assert_eq!(format!("{field:?}"), "Field { characters: 8, cursor: 8, .. }");
    }

    #[test]
    fn nothing_deleted_can_be_brought_back() {
        let mut field = Field::masked(40);
        field.paste("TGSECRET");
        field.clear();
        field.handle(KeyEvent::new(KeyCode::Char('y'), KeyModifiers::CONTROL));
        assert_eq!(field.text(), "");
        assert!(!format!("{field:?}").contains("TGSECRET"));
    }
}
