//! The last step of the sign-in panel: the field for the browser's address. What is in it is never drawn.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::SignInPanel;
use crate::app::sign_in::PasteField;
use crate::app::words::count_with_commas;
use crate::domain::CodeAttemptFacts;
use crate::domain::attempt::WRONG_PASTES_ALLOWED;

use super::sign_in::{INDENT, Step, step_line};
use super::unlock::failure_lines;
use super::view::{View, printable};

/// The step with its field, the tries, and why the last paste was refused.
pub(super) fn step(
    view: View<'_>,
    panel: &SignInPanel,
    attempt: &CodeAttemptFacts,
    step: Step,
    area: Rect,
) -> Vec<Line<'static>> {
    let theme = view.theme();
    let width = area.width;
    let title = if panel.listening.facts().is_some() { "Or paste it here" } else { "Paste it here" };
    let putty = view.row().text("PuTTY: right-click or Shift+Ins", theme.muted).build();
    let mut lines = vec![step_line(view, step, 3, title, putty, width)];
    let waiting_for = format!("{}?code={}", attempt.redirect_uri, view.glyphs().ellipsis);
    lines.extend(paste_box(view, &panel.paste, &waiting_for, width));
    // On a low terminal the warning below is worth more than a count of nothing.
    if attempt.wrong_pastes > 0 || area.height >= 16 {
        let used = format!("{} of {WRONG_PASTES_ALLOWED} tries used", attempt.wrong_pastes);
        let style = if attempt.wrong_pastes > 0 { theme.warning } else { theme.muted };
        lines.push(view.row().gap(INDENT).text(used, style).build());
    }
    if let Some(refusal) = &panel.refusal {
        let failed = failure_lines(view, &refusal.failure, width.saturating_sub(INDENT + 1));
        lines.extend(failed.into_iter().map(|line| view.row().gap(INDENT).append(line).build()));
        if !refusal.echo.is_empty() {
            let echo = format!("It looked like: {}", printable(&refusal.echo));
            lines.push(view.row().gap(INDENT + 2).rest(&echo, width, theme.muted).build());
        }
    }
    lines
}

/// The field: never what is in it, only how much.
pub(super) fn paste_box(
    view: View<'_>,
    paste: &PasteField,
    waiting_for: &str,
    width: u16,
) -> [Line<'static>; 3] {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let inner = width.saturating_sub(INDENT + 4).min(80);
    let (set, style) = if paste.focused {
        (glyphs.border_focused, theme.border_focused)
    } else {
        (glyphs.border, theme.border)
    };
    let edge = |left: &str, dash: &str, right: &str| {
        let dashes = dash.repeat(usize::from(inner) + 1);
        view.row().gap(INDENT).text(left, style).text(dashes, style).text(right, style).build()
    };
    let (text, text_style) = paste_text(view, paste, waiting_for);
    let mut row = view.row().gap(INDENT).text(set.vertical_left, style).gap(1).rest(
        &text,
        INDENT + 1 + inner,
        text_style,
    );
    if paste.focused {
        row = row.text(" ", theme.cursor);
    }
    let row = row.to(INDENT + 2 + inner).text(set.vertical_right, style);
    [
        edge(set.top_left, set.horizontal_top, set.top_right),
        row.build(),
        edge(set.bottom_left, set.horizontal_bottom, set.bottom_right),
    ]
}

fn paste_text(view: View<'_>, paste: &PasteField, waiting_for: &str) -> (String, Style) {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    match paste.characters() {
        0 if paste.focused => (String::new(), theme.text),
        0 => (format!("waiting for {waiting_for}"), theme.muted),
        count => {
            let marks = glyphs.mask.repeat(count.min(16));
            (format!("{marks}  {} characters", count_with_commas(count)), theme.text)
        }
    }
}
