//! The first screen of all: how the vault is to be locked, or a look round without one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::{Field, FirstChoice, FirstRun, FirstStep};

use super::canvas::{Canvas, wrap};
use super::field::{Focus, field_line};
use super::unlock::{centred, failure_lines};
use super::view::{View, printable};

/// Lines of the first choice, in full.
const ROOMY: u16 = 13;
/// Beside a choice, where there is room.
const ABOUT: u16 = 30;
const NO_RECOVERY: &str =
    "There is no recovery without the passphrase or a second key: keep it where you keep other passwords.";
const NO_RECOVERY_KEY: &str =
    "There is no recovery without this file or a second key: keep a copy of it on another machine.";

pub(super) fn draw(buffer: &mut Buffer, area: Rect, view: View<'_>, first: &FirstRun) {
    let theme = view.theme();
    let block = centred(area, ROOMY);
    let mut canvas = Canvas::new(buffer, block, view.look);
    canvas.line(&view.row().text("tokengauge", theme.brand).build());
    if block.height >= ROOMY {
        let tagline = "the fuel gauge for Exchange connections";
        canvas.line(&view.row().rest(tagline, block.width, theme.muted).build());
    }
    canvas.blank();
    match &first.step {
        FirstStep::Choosing => choosing(&mut canvas, view, first),
        FirstStep::Passphrase(field) => {
            let lines = passphrase(view, field, None, block.width);
            canvas.lines(&lines);
        }
        FirstStep::Again { first, again } => {
            let lines = passphrase(view, first, Some(again), block.width);
            canvas.lines(&lines);
        }
        FirstStep::KeyFile(field) => {
            canvas.line(&view.row().text("Path of the new key file", theme.heading).build());
            canvas.line(&field_line(view, field, block.width, Focus::Here));
            canvas.blank();
            canvas.lines(&paragraph(view, NO_RECOVERY_KEY, block.width));
        }
        FirstStep::Making(_) => {
            let text = format!("making the vault {}", view.glyphs().ellipsis);
            canvas.line(&view.row().text(text, theme.notice).build());
        }
    }
    if let Some(failure) = &first.failure {
        canvas.blank();
        canvas.lines(&failure_lines(view, failure, block.width));
    }
}

fn choosing(canvas: &mut Canvas<'_>, view: View<'_>, first: &FirstRun) {
    let (theme, width) = (view.theme(), canvas.width());
    canvas.line(&view.row().text("How shall your tokens be locked?", theme.heading).build());
    canvas.blank();
    for choice in FirstChoice::ALL {
        let (title, about) = words(choice);
        let is_chosen = choice == first.choice;
        let cursor = if is_chosen { view.glyphs().cursor } else { " " };
        let row = view.row().text(cursor, theme.accent).gap(1).fill(title, 27, theme.text);
        let line = row.end(view.row().fill(about, ABOUT, theme.muted).build(), width).build();
        if is_chosen { canvas.selected_line(&line) } else { canvas.line(&line) }
    }
    canvas.blank();
    canvas.lines(&paragraph(view, "There is no recovery without the passphrase or a second key.", width));
    if canvas.rows_left() > 3 {
        canvas.blank();
    }
    let directory = format!("The vault will be in {}", printable(&view.app.environment.vault_directory));
    canvas.lines(&paragraph(view, &directory, width));
}

fn words(choice: FirstChoice) -> (&'static str, &'static str) {
    match choice {
        FirstChoice::Passphrase => ("Make a vault (passphrase)", "typed at each start"),
        FirstChoice::KeyFile => ("Use a key file", "for unattended use"),
        FirstChoice::Demo => ("Look round (demo)", "nothing is kept"),
    }
}

fn passphrase(view: View<'_>, first: &Field, again: Option<&Field>, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let field_width = width.min(48);
    let focus = if again.is_some() { Focus::Elsewhere } else { Focus::Here };
    let mut lines = vec![
        view.row().text("Passphrase", theme.heading).build(),
        field_line(view, first, field_width, focus),
        length_line(view, first),
    ];
    if let Some(again) = again {
        lines.push(Line::default());
        lines.push(view.row().text("The same once more", theme.heading).build());
        lines.push(field_line(view, again, field_width, Focus::Here));
        lines.push(Line::default());
    }
    lines.push(Line::default());
    lines.extend(paragraph(view, NO_RECOVERY, width));
    lines
}

fn length_line(view: View<'_>, field: &Field) -> Line<'static> {
    let theme = view.theme();
    let (typed, least) = (field.text().chars().count(), FirstRun::SHORTEST_PASSPHRASE);
    if typed >= least {
        return view
            .row()
            .text(view.glyphs().yes, theme.good)
            .gap(1)
            .text("long enough", theme.muted)
            .build();
    }
    view.row().text(format!("at least {least} characters"), theme.muted).build()
}

fn paragraph(view: View<'_>, text: &str, width: u16) -> Vec<Line<'static>> {
    wrap(text, width).into_iter().map(|line| view.row().text(line, view.theme().muted).build()).collect()
}
