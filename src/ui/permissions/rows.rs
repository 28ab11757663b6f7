//! One line of the list: a permission with its columns, or the heading of a group.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::permissions::{Asked, Heading, PermissionRow};
use crate::domain::{Known, Overview};

use super::super::view::{View, printable};

/// Widths of the columns that come and go.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    name: u16,
    meaning: Option<u16>,
    consent: u16,
    granted: u16,
    token: u16,
}

/// Cursor and tick.
const START: u16 = 7;
/// Who may consent, in words.
const CONSENT: u16 = 23;
/// Who may consent, in a word.
const CONSENT_WORD: u16 = 6;
/// There, though it is not asked for. Shapes alone tell it where columns have no room for words.
const BESIDES: &str = "+";

impl Columns {
    pub(super) fn of(width: u16) -> Self {
        match width {
            0..56 => {
                let rest = width.saturating_sub(START + 1 + CONSENT_WORD + 4);
                Self { name: rest, meaning: None, consent: CONSENT_WORD, granted: 1, token: 1 }
            }
            56..76 => {
                let rest = width.saturating_sub(START + 2 + CONSENT_WORD + 2 + 5 + 2 + 5 + 1);
                Self { name: rest, meaning: None, consent: CONSENT_WORD, granted: 5, token: 5 }
            }
            76..108 => {
                let rest = width.saturating_sub(START + 2 + 2 + CONSENT_WORD + 2 + 5 + 2 + 5 + 1);
                let name = (rest / 2).clamp(24, 30);
                let meaning = Some(rest - name);
                Self { name, meaning, consent: CONSENT_WORD, granted: 5, token: 5 }
            }
            _ => {
                let rest = width.saturating_sub(START + 2 + 2 + CONSENT + 2 + 13 + 2 + 9 + 1);
                let name = (rest / 2).clamp(27, 40);
                let meaning = Some((rest - name).min(56));
                Self { name, meaning, consent: CONSENT, granted: 13, token: 9 }
            }
        }
    }

    fn gap(self) -> u16 {
        if self.granted == 1 { 1 } else { 2 }
    }

    fn has_words(self) -> bool {
        self.granted > 5
    }
}

/// The heads of the columns.
pub(super) fn headings(view: View<'_>, columns: Columns) -> Line<'static> {
    let style = view.theme().muted;
    let mut row = view.row().gap(3).fill("Ask", 4, style).fill("Permission", columns.name, style);
    if let Some(meaning) = columns.meaning {
        row = row.gap(2).fill("Allows to", meaning, style);
    }
    let (consent, granted, token) = match columns {
        _ if columns.has_words() => ("Who may consent", "Granted", "In token"),
        _ if columns.granted == 5 => ("Who", "Grant", "Token"),
        _ => ("Who", "G", "T"),
    };
    row.gap(columns.gap())
        .fill(consent, columns.consent, style)
        .gap(columns.gap())
        .fill(granted, columns.granted, style)
        .gap(columns.gap())
        .fill(token, columns.token, style)
        .build()
}

/// The head of a group: how many of it are ticked, and how many a search found.
pub(super) fn group_heading(view: View<'_>, heading: &Heading, width: u16) -> Line<'static> {
    let theme = view.theme();
    let Heading { title, ticked, count, found } = heading;
    let words = match (found, ticked) {
        (Some(found), 0) => format!("{found} of {count} found"),
        (Some(found), ticked) => format!("{found} of {count} found, {ticked} ticked"),
        (None, 0) => count.to_string(),
        (None, ticked) => format!("{ticked} of {count} ticked"),
    };
    let row =
        view.row().gap(1).text(title.to_uppercase(), theme.heading).gap(1).text(words, theme.muted).gap(1);
    let room = width.saturating_sub(row.width());
    row.text(view.glyphs().rule.repeat(usize::from(room)), theme.border).build()
}

/// One permission.
pub(super) fn line(
    view: View<'_>,
    columns: Columns,
    overview: &Overview,
    row: &PermissionRow,
    is_chosen: bool,
) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let cursor = if is_chosen { glyphs.cursor } else { " " };
    let (tick, tick_style, name_style) = match row.asked {
        Asked::Chosen => (glyphs.check_on, theme.accent, theme.text),
        // Nobody can take it out.
        Asked::ByItself => (glyphs.check_on, theme.muted, theme.text),
        Asked::No => (glyphs.check_off, theme.muted, theme.muted),
    };
    let is_retired = row.is_being_retired();
    let gap = columns.gap();
    let mut line = view.row().gap(1).text(cursor, theme.accent).gap(1).text(tick, tick_style).gap(1);
    line = line.fill(&name(view, row, is_retired), columns.name, name_style);
    if let Some(meaning) = columns.meaning {
        let style = if is_retired { theme.warning } else { theme.muted };
        line = line.gap(2).fill(row.meaning().unwrap_or_default(), meaning, style);
    }
    let consent = if columns.has_words() { row.consent() } else { row.consent_word() };
    let granted = granted(view, overview, row);
    let token = in_token(view, overview, row);
    let cell = |cell: &Cell| match columns {
        _ if columns.has_words() && !cell.words.is_empty() => format!("{} {}", cell.shape, cell.words),
        _ if columns.granted == 5 && !cell.word.is_empty() => cell.word.to_owned(),
        _ => cell.shape.to_owned(),
    };
    line.gap(gap)
        .fill(consent.unwrap_or("?"), columns.consent, theme.muted)
        .gap(gap)
        .fill(&cell(&granted), columns.granted, granted.style)
        .gap(gap)
        .fill(&cell(&token), columns.token, token.style)
        .build()
}

fn name(view: View<'_>, row: &PermissionRow, is_retired: bool) -> String {
    let name = match row.known {
        Some(known) => known.name.to_owned(),
        None => printable(row.scope.as_str()),
    };
    if is_retired { format!("{name} {}", view.glyphs().soon) } else { name }
}

/// How something stands: a shape, a word and a few words, for as much room as there is.
struct Cell {
    shape: &'static str,
    word: &'static str,
    words: &'static str,
    style: Style,
}

fn granted(view: View<'_>, overview: &Overview, row: &PermissionRow) -> Cell {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let cell = |shape, word, words, style| Cell { shape, word, words, style };
    match (row.asked, row.granted) {
        (Asked::No, Known::Yes) => cell(BESIDES, "also", "not asked", theme.warning),
        (Asked::No, _) => cell(" ", "", "", theme.muted),
        (_, Known::Yes) => cell(glyphs.yes, "yes", "granted", theme.good),
        (_, Known::No) => cell(glyphs.soon, "no", "not granted", theme.error),
        (_, Known::Unknown) if overview.tokens.is_some() => cell(glyphs.no, "", "", theme.muted),
        (_, Known::Unknown) => cell(glyphs.step_later, "", "not yet", theme.muted),
    }
}

fn in_token(view: View<'_>, overview: &Overview, row: &PermissionRow) -> Cell {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let cell = |shape, word, words, style| Cell { shape, word, words, style };
    match (row.asked, row.in_token, row.granted) {
        (Asked::No, Some(Known::Yes), _) => cell(BESIDES, "also", "in it", theme.warning),
        (Asked::No, ..) => cell(" ", "", "", theme.muted),
        (_, Some(Known::Yes), _) => cell(glyphs.yes, "yes", "in it", theme.good),
        (_, Some(Known::No), Known::Yes) => cell(glyphs.soon, "no", "missing", theme.error),
        (_, Some(Known::Unknown), _) if overview.tokens.is_none() => {
            cell(glyphs.step_later, "", "", theme.muted)
        }
        _ => cell(glyphs.no, "", "", theme.muted),
    }
}
