//! The panel for admin consent: a message goes out, somebody else acts, what their browser ended on comes back.
//!
//! ```text
//!  ► 1  Send this message to an administrator of contoso.com
//!  ○ 2  The administrator opens the address in it and accepts
//!  ○ 3  Paste here what the browser ended on
//!  ! No code and no secret is in it: it may come back by mail.
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::consent_message::tenant;
use crate::app::permissions::for_administrator;
use crate::app::{Action, ConsentPanel, ConsentPhase};
use crate::domain::{AdminConsentRequest, Overview};

use super::Regions;
use super::canvas::{Canvas, wrap};
use super::panel;
use super::sign_in::{INDENT, Step, step_line};
use super::sign_in_paste::paste_box;
use super::text::ago;
use super::unlock::failure_lines;
use super::view::{View, printable};

/// Lines with a refused paste.
const HEIGHT: u16 = 21;

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, panel: &ConsentPanel) {
    let overview = view.app.connections.get(&panel.connection);
    let name = overview.map_or("", |own| own.name.as_str());
    let request = overview.and_then(Overview::open_consent_request);
    let since =
        request.map_or_else(String::new, |request| format!("asked {}", ago(view.now - request.asked_at)));
    let right = view.row().text(since, view.theme().muted).build();
    let area = panel::open(buffer, regions, view, ("Admin consent", name), right, (panel::WIDTH, HEIGHT));
    let mut canvas = Canvas::new(buffer, area, view.look);
    let lines = match (&panel.phase, overview, request) {
        (ConsentPhase::Waiting, Some(own), Some(request)) => waiting(view, panel, own, request, area),
        (ConsentPhase::Failed(failure), ..) => failed(view, failure, area.width),
        (ConsentPhase::Given, Some(own), _) => given(view, own, area.width),
        _ => preparing(view),
    };
    canvas.lines(&lines);
}

fn waiting(
    view: View<'_>,
    panel: &ConsentPanel,
    overview: &Overview,
    request: &AdminConsentRequest,
    area: Rect,
) -> Vec<Line<'static>> {
    let is_sent = matches!(panel.sent, Some(Ok(_)));
    let is_pasting = panel.paste.focused || panel.paste.characters() > 0 || panel.refusal.is_some();
    let steps = match (is_sent, is_pasting) {
        (_, true) => [Step::Done, Step::Done, Step::Now],
        (true, false) => [Step::Done, Step::Now, Step::Later],
        (false, false) => [Step::Now, Step::Later, Step::Later],
    };
    let mut blocks = vec![
        message(view, panel, overview, steps[0], area.width),
        accept(view, request, steps[1], area.width),
        answer(view, panel, request, steps[2], area.width),
    ];
    let note = "No code and no secret is in it: it may come back by mail, days later.";
    let note = wrap(note, area.width.saturating_sub(4)).into_iter().enumerate().map(|(place, text)| {
        let mark = if place == 0 { "!" } else { " " };
        view.row().gap(1).text(mark, view.theme().warning).gap(1).text(text, view.theme().text).build()
    });
    blocks.push(note.collect());
    let needed: usize = blocks.iter().map(Vec::len).sum();
    // On a low terminal the step that is on comes first.
    if usize::from(area.height) < needed {
        blocks.rotate_left(steps.iter().position(|step| *step == Step::Now).unwrap_or(0));
    }
    super::sign_in::join(blocks, usize::from(area.height).saturating_sub(needed))
}

fn message(
    view: View<'_>,
    panel: &ConsentPanel,
    overview: &Overview,
    step: Step,
    width: u16,
) -> Vec<Line<'static>> {
    let theme = view.theme();
    let sent = match &panel.sent {
        _ if panel.errand.is_some() => {
            view.row().text(format!("sending {}", view.glyphs().ellipsis), theme.notice)
        }
        Some(Ok(delivery)) => {
            view.row().text(delivery.in_words().split(" (").next().unwrap_or("").to_owned(), theme.good)
        }
        Some(Err(_)) => view.row().text("not sent", theme.error),
        None => view.row(),
    };
    let title = format!("Send this message to an administrator of {}", printable(&tenant(overview)));
    let mut lines = vec![step_line(view, step, 1, &title, sent.build(), width)];
    let count = for_administrator(overview).len();
    let plural = if count == 1 { "" } else { "s" };
    let about = format!("It names {count} permission{plural} and why, and holds the address.");
    lines.extend(indented(view, &about, width));
    if let Some(Err(failure)) = &panel.sent {
        let told = failure_lines(view, failure, width.saturating_sub(INDENT + 1));
        lines.extend(told.into_iter().map(|line| view.row().gap(INDENT).append(line).build()));
    }
    let ways = [(Action::Copy, "send"), (Action::PrintPlainly, "print plainly"), (Action::WriteFile, "file")];
    let mut row = view.row().gap(INDENT);
    for (action, words) in ways {
        row = row.text(view.key(action), theme.key).gap(1).text(words, theme.key_label).gap(3);
    }
    lines.push(row.build());
    lines
}

fn accept(view: View<'_>, request: &AdminConsentRequest, step: Step, width: u16) -> Vec<Line<'static>> {
    let title = "The administrator opens the address in it and accepts";
    let mut lines = vec![step_line(view, step, 2, title, Line::default(), width)];
    if request.redirect_uri.is_loopback() {
        let text = "The browser will end on \"can't reach this page\". That is right.";
        lines.extend(indented(view, text, width));
    }
    lines
}

fn answer(
    view: View<'_>,
    panel: &ConsentPanel,
    request: &AdminConsentRequest,
    step: Step,
    width: u16,
) -> Vec<Line<'static>> {
    let waiting_for = format!("{}?admin_consent=True{}", request.redirect_uri, view.glyphs().ellipsis);
    let mut lines =
        vec![step_line(view, step, 3, "Paste here what the browser ended on", Line::default(), width)];
    lines.extend(paste_box(view, &panel.paste, &waiting_for, width));
    if let Some(refusal) = &panel.refusal {
        let told = failure_lines(view, &refusal.failure, width.saturating_sub(INDENT + 1));
        lines.extend(told.into_iter().map(|line| view.row().gap(INDENT).append(line).build()));
        let echo = format!("It looked like: {}", printable(&refusal.echo));
        lines.push(view.row().gap(INDENT + 2).rest(&echo, width, view.theme().muted).build());
    }
    lines
}

fn indented(view: View<'_>, text: &str, width: u16) -> Vec<Line<'static>> {
    let wrapped = wrap(text, width.saturating_sub(INDENT + 1));
    wrapped.into_iter().map(|text| view.row().gap(INDENT).text(text, view.theme().muted).build()).collect()
}

fn preparing(view: View<'_>) -> Vec<Line<'static>> {
    let text = format!("preparing the message {}", view.glyphs().ellipsis);
    let row = view.row().gap(2).text(view.glyphs().step_now, view.theme().accent).gap(1);
    vec![Line::default(), row.text(text, view.theme().text).build()]
}

fn failed(view: View<'_>, failure: &crate::app::Failure, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let mut lines = vec![Line::default()];
    let told = failure_lines(view, failure, width.saturating_sub(4));
    lines.extend(told.into_iter().map(|line| view.row().gap(2).append(line).build()));
    lines.push(Line::default());
    let key = view.key(Action::AdminConsent);
    lines.push(view.row().gap(4).text(key, theme.key).gap(1).text("ask again", theme.text).build());
    lines
}

fn given(view: View<'_>, overview: &Overview, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let told = "the administrator has consented, for everybody in the tenant";
    let done = view.row().gap(2).text(view.glyphs().yes, theme.good).gap(1).rest(told, width, theme.good);
    let mut lines = vec![Line::default(), done.build(), Line::default()];
    let (key, words) = (
        view.key(Action::Authorize),
        if overview.settings.way_in.is_delegated() { "now sign in" } else { "now get the token" },
    );
    lines.push(view.row().gap(4).text(key, theme.key).gap(1).text(words, theme.text).build());
    lines
}
