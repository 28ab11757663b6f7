//! The unlock screen: why the passphrase is asked for, and whether renewals go on meanwhile.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::{Door, Failure, LockReason, Locked, Parting, Unlocking};

use super::canvas::{Canvas, wrap};
use super::field::{Focus, field_line};
use super::view::{View, printable};

const WIDTH: u16 = 62;

pub(super) fn draw(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    let block = centred(area, 8);
    let mut canvas = Canvas::new(buffer, block, view.look);
    canvas.line(&view.row().text("tokengauge", view.theme().brand).build());
    canvas.line(&Line::default());
    match &view.app.door {
        Door::Locked(unlocking) => locked(&mut canvas, view, unlocking),
        Door::Opening(_) => {
            let text = format!("opening the vault {}", view.glyphs().ellipsis);
            canvas.line(&view.row().text(text, view.theme().notice).build());
            unsaved(&mut canvas, view, "q");
        }
        Door::Closed(failure) => {
            canvas.line(&view.row().text("The vault stays closed", view.theme().heading).build());
            canvas.blank();
            canvas.lines(&failure_lines(view, failure, block.width));
            unsaved(&mut canvas, view, "q");
        }
        Door::FirstRun(_) | Door::Open => {}
    }
}

fn locked(canvas: &mut Canvas<'_>, view: View<'_>, unlocking: &Unlocking) {
    let theme = view.theme();
    let title = match (unlocking.why, unlocking.why.what()) {
        (LockReason::Start, _) => "Passphrase",
        (_, Locked::Screen) => "The screen is locked",
        (_, Locked::Vault) => "The vault is locked",
    };
    canvas.line(&view.row().text(title, theme.heading).build());
    canvas.line(&field_line(view, &unlocking.field, canvas.width().min(48), Focus::Here));
    canvas.blank();
    if unlocking.trying.is_some() {
        canvas.line(
            &view.row().text(format!("opening the vault {}", view.glyphs().ellipsis), theme.notice).build(),
        );
    } else if let Some(failure) = &unlocking.failure {
        let width = canvas.width();
        canvas.lines(&failure_lines(view, failure, width));
    } else {
        let width = canvas.width();
        for line in wrap(&why(view, unlocking.why), width) {
            canvas.line(&view.row().text(line, theme.muted).build());
        }
    }
    unsaved(canvas, view, "Ctrl-C");
    not_saved(canvas, view, unlocking.not_saved);
    canvas.blank();
    let directory = format!("Vault: {}", printable(&view.app.environment.vault_directory));
    canvas.line(&view.row().rest(&directory, canvas.width(), theme.muted).build());
}

/// How many answers are in memory only. Whoever wants to leave all the same is told what becomes of them.
fn unsaved(canvas: &mut Canvas<'_>, view: View<'_>, leave: &str) {
    let what = match view.app.connections.unsaved().count() {
        0 => return,
        1 => "NOT SAVED: 1 renewal, in memory".to_owned(),
        count => format!("NOT SAVED: {count} renewals, in memory"),
    };
    let what_to_do = match view.app.parting {
        Parting::Unasked => "Tried again every 5 s while tokengauge runs.".to_owned(),
        Parting::Asked => format!("{leave} again leaves; a sealed copy waits for the next start."),
    };
    let width = canvas.width();
    canvas.lines(&failure_lines(view, &Failure::new(what, what_to_do), width));
}

/// How many answers were not saved before the vault was closed. Whose they are is told to whoever opens it.
fn not_saved(canvas: &mut Canvas<'_>, view: View<'_>, count: usize) {
    let what = match count {
        0 => return,
        1 => "NOT SAVED: 1 renewal".to_owned(),
        count => format!("NOT SAVED: {count} renewals"),
    };
    let what_to_do = "Open the vault: it tells what became of that.";
    let width = canvas.width();
    canvas.lines(&failure_lines(view, &Failure::new(what, what_to_do), width));
}

/// Why it is locked, and what goes on behind it.
fn why(view: View<'_>, why: LockReason) -> String {
    let mut text = match (why, view.app.open_until()) {
        // What is told at every start is told by the empty field.
        (LockReason::Start, _) => String::new(),
        (LockReason::ByKey, Some(until)) => {
            format!("Locked with L. Renewals go on until {}.", view.hour(until))
        }
        (LockReason::Idle, Some(until)) => {
            format!("Locked after ten minutes without a key. Renewals go on until {}.", view.hour(until))
        }
        (why, _) => why.as_sentence().to_owned(),
    };
    if why.what() == Locked::Vault && view.app.holds_unsaved_secret() {
        text.push_str(" A secret that was typed into a form is not saved: it waits here, in memory, until you are back.");
    }
    text
}

/// What happened, with its shape, then what to do.
pub(super) fn failure_lines(view: View<'_>, failure: &Failure, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let room = width.saturating_sub(2);
    let mut lines = Vec::new();
    for (place, text) in wrap(&printable(&failure.what_happened), room).into_iter().enumerate() {
        let shape = if place == 0 { view.glyphs().needs_you } else { " " };
        lines.push(view.row().text(shape, theme.error).gap(1).text(text, theme.error).build());
    }
    for text in wrap(&printable(&failure.what_to_do), room) {
        lines.push(view.row().gap(2).text(text, theme.text).build());
    }
    lines
}

/// A block of so many lines in the middle, a little above it.
pub(super) fn centred(area: Rect, height: u16) -> Rect {
    let width = WIDTH.min(area.width.saturating_sub(4));
    let x = area.x + (area.width - width) / 2;
    let above = area.height.saturating_sub(height) * 2 / 5;
    Rect { x, y: area.y + above, width, height: area.height - above }
}
