//! The panel with the presets: which there are, what each asks for, and what that would change.

use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::app::PresetPanel;
use crate::app::presets::{PresetRow, rows};

use super::Regions;
use super::canvas::{Canvas, first_shown, rule, wrap};
use super::panel;
use super::view::{View, printable};

/// Lines that tell of the chosen preset: its title, its remark, its scopes.
const ABOUT: u16 = 5;
/// Names of presets.
const NAME: u16 = 22;
/// Who may consent, in words.
const CONSENT: u16 = 32;
/// What is to be known at a glance.
const STATE: u16 = 14;

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, panel: &PresetPanel) {
    let Some(overview) = view.app.connections.get(&panel.connection) else { return };
    let rows = rows(overview);
    let height = rows.len() as u16 + ABOUT + 2;
    let title = ("Presets", overview.name.as_str());
    let area = panel::open(buffer, regions, view, title, Line::default(), (panel::WIDTH, height));
    let mut canvas = Canvas::new(buffer, area, view.look);
    let about = rows.get(panel.row).map_or_else(Vec::new, |row| about(view, row, area.width));
    let room = usize::from(area.height).saturating_sub(usize::from(ABOUT) + 1).max(1);
    let first = first_shown(panel.row, rows.len(), room);
    for (place, row) in rows.iter().enumerate().skip(first).take(room) {
        let is_chosen = place == panel.row;
        let line = line(view, row, is_chosen, area.width);
        if is_chosen { canvas.selected_line(&line) } else { canvas.line(&line) }
    }
    let range = format!("{} of {}", panel.row + 1, rows.len());
    canvas.line(&rule(view.look, "", &range, area.width));
    canvas.lines(&about);
}

fn line(view: View<'_>, row: &PresetRow, is_chosen: bool, width: u16) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let cursor = if is_chosen { glyphs.cursor } else { " " };
    let is_draft = row.preset.remark().is_some();
    let (mark, mark_style) = match () {
        () if row.is_own() => (glyphs.yes, theme.good),
        () if is_draft => (glyphs.soon, theme.warning),
        () => (" ", theme.muted),
    };
    let end = width.saturating_sub(1);
    let line = view.row().gap(1).text(cursor, theme.accent).gap(1).text(mark, mark_style).gap(1);
    let line = line.fill(row.preset.name, NAME, theme.text).gap(1);
    let with_consent = width > 5 + NAME + 1 + CONSENT + 1 + STATE;
    if !with_consent {
        return line.rest(&state(row), end, theme.muted).build();
    }
    line.fill(&row.consent, CONSENT, theme.muted).gap(1).rest(&state(row), end, theme.muted).build()
}

/// What is to be known at a glance.
fn state(row: &PresetRow) -> String {
    match row.preset.remark() {
        _ if row.is_own() => "as it is now".to_owned(),
        Some(remark) => remark.split([':', ' ']).next().map_or_else(String::new, |word| match word {
            "draft" => "draft".to_owned(),
            "EWS" => "being retired".to_owned(),
            _ => "older version".to_owned(),
        }),
        None => format!("{} permissions", row.scopes.len()),
    }
}

fn about(view: View<'_>, row: &PresetRow, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let room = width.saturating_sub(4);
    let change = match (row.added, row.removed) {
        (0, 0) => "as it is now".to_owned(),
        (added, 0) => format!("{added} more than now"),
        (0, removed) => format!("{removed} less than now"),
        (added, removed) => format!("{added} more, {removed} less than now"),
    };
    let title = format!("{} {} {change}", row.preset.title, view.glyphs().separator);
    let mut lines = vec![view.row().gap(2).rest(&title, width, theme.heading).build()];
    if let Some(remark) = row.preset.remark() {
        let line = view.row().gap(2).text(view.glyphs().soon, theme.warning).gap(1);
        lines.push(line.rest(remark, width, theme.warning).build());
    }
    let names: Vec<&str> = row.scopes.iter().map(crate::domain::Scope::name).collect();
    let left = usize::from(ABOUT).saturating_sub(lines.len());
    let wrapped = wrap(&printable(&names.join(" ")), room).into_iter().take(left);
    lines.extend(wrapped.map(|text| view.row().gap(2).text(text, theme.muted).build()));
    lines
}
