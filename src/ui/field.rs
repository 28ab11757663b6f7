//! A one-line field: text or mask, the cursor, and the part that fits.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthChar;

use crate::app::{Field, Secrecy};

use super::view::View;

/// Whether text lands in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Focus {
    /// It does: the cursor is drawn.
    Here,
    /// It does, in place of all that is there: this is drawn as selected.
    Selected,
    /// It does not.
    Elsewhere,
}

/// A field that nothing was typed into and that has not the focus: what belongs there.
pub(super) fn hint_line(view: View<'_>, hint: &str, width: u16) -> Line<'static> {
    let style = view.theme().input.patch(fg_of(view.theme().muted));
    view.row().text(" ", style).ground(hint, width.saturating_sub(2), style).text(" ", style).build()
}

/// The field in exactly `width` cells. A secret is a fixed mask, or as many marks as were typed while it has the focus.
pub(super) fn field_line(view: View<'_>, field: &Field, width: u16, focus: Focus) -> Line<'static> {
    let theme = view.theme();
    let base = if focus == Focus::Elsewhere { theme.input } else { theme.input_focused };
    let characters: Vec<char> = match (field.secrecy(), focus) {
        (Secrecy::Open, _) => field.text().chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        (Secrecy::Masked, Focus::Here | Focus::Selected) => {
            view.glyphs().mask.repeat(field.text().chars().count()).chars().collect()
        }
        (Secrecy::Masked, Focus::Elsewhere) if field.is_empty() => Vec::new(),
        (Secrecy::Masked, Focus::Elsewhere) => view.mask().chars().collect(),
    };
    let text = match (field.secrecy(), focus) {
        (_, Focus::Selected) => base.patch(theme.input_selected),
        (Secrecy::Masked, _) => base.patch(fg_of(theme.secret_mask)),
        (Secrecy::Open, _) => base,
    };
    let cursor = (focus != Focus::Elsewhere).then(|| field.cursor());
    visible(&characters, cursor, usize::from(width), &Styles { base, text, cursor: theme.cursor })
}

fn fg_of(style: Style) -> Style {
    Style { fg: style.fg, ..Style::new() }
}

/// The styles of a field's cells.
struct Styles {
    base: Style,
    text: Style,
    cursor: Style,
}

/// One blank before and after, and between them the stretch of characters around the cursor.
fn visible(characters: &[char], cursor: Option<usize>, width: usize, styles: &Styles) -> Line<'static> {
    if width < 3 {
        return Line::from(Span::styled(" ".repeat(width), styles.base));
    }
    let room = width - 2;
    let first = first_visible(characters, cursor.unwrap_or(0), room);
    let mut spans = vec![Span::styled(" ", styles.base)];
    let mut used = 0;
    for place in first..=characters.len() {
        let character = characters.get(place).copied().unwrap_or(' ');
        let cells = character.width().unwrap_or(0);
        if used + cells > room || (place == characters.len() && cursor != Some(place)) {
            break;
        }
        used += cells;
        let here = if cursor == Some(place) { styles.cursor } else { styles.text };
        spans.push(Span::styled(character.to_string(), here));
    }
    spans.push(Span::styled(" ".repeat(room - used + 1), styles.base));
    Line::from(spans)
}

/// The first character shown, so that the cursor is inside.
fn first_visible(characters: &[char], cursor: usize, room: usize) -> usize {
    let mut used = 1;
    let before = characters.iter().take(cursor).rev();
    let fit = before
        .take_while(|character| {
            used += character.width().unwrap_or(0);
            used <= room
        })
        .count();
    cursor.min(characters.len()) - fit.min(cursor.min(characters.len()))
}
