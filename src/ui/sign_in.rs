//! The sign-in panel: the address goes out, a person signs in elsewhere, the browser's address comes back.
//!
//! ```text
//!  ● 1  Open this address on your computer                 sent to your terminal
//!       login.microsoftonline.com/contoso.com/…  (471 characters)
//!  ► 2  Sign in as ops@contoso.com and accept 6 permissions
//!  ○ 3  Paste it here
//!  ! Paste this address only here. Nobody else ever needs it.
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::permissions::consent_statement;
use crate::app::words::count_with_commas;
use crate::app::{Action, Browser, Listening, Phase, SignInPanel};
use crate::domain::{AttemptFacts, Capture, CodeAttemptFacts, Overview};

use super::Regions;
use super::canvas::{Canvas, wrap};
use super::panel;
use super::sign_in_paste;
use super::sign_in_tunnel;
use super::text::duration_short;
use super::unlock::failure_lines;
use super::view::{View, printable};

/// Lines with a refused paste.
const HEIGHT: u16 = 21;
/// Where the text of a step begins.
pub(super) const INDENT: u16 = 6;

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, panel: &SignInPanel) {
    let overview = view.app.connections.get(&panel.connection);
    let name = overview.map_or("", |own| own.name.as_str());
    let attempt = overview.and_then(|own| own.attempt.as_ref()).and_then(AttemptFacts::code);
    let (left, size) = (time_left(view, panel, attempt), (panel::WIDTH, HEIGHT));
    let area = panel::open(buffer, regions, view, ("Sign in", name), left, size);
    let mut canvas = Canvas::new(buffer, area, view.look);
    let lines = match (overview, attempt) {
        (Some(_), Some(attempt)) if panel.other_ways => other_ways(view, attempt, area.width),
        (Some(own), Some(attempt)) if panel.phase == Phase::Waiting => {
            waiting(view, panel, own, attempt, area)
        }
        _ => under_way(view, panel, area.width),
    };
    canvas.lines(&lines);
}

fn time_left(view: View<'_>, panel: &SignInPanel, attempt: Option<&CodeAttemptFacts>) -> Line<'static> {
    let theme = view.theme();
    match attempt.filter(|_| panel.phase == Phase::Waiting) {
        Some(attempt) if attempt.is_open_at(view.now) => {
            let left = duration_short(attempt.ends_at() - view.now);
            view.row().text("attempt ends in ", theme.muted).right(&left, 5, theme.text).build()
        }
        Some(_) => view.row().text("attempt has ended", theme.warning).build(),
        None => Line::default(),
    }
}

/// Beginning, redeeming or failed: one sentence, or two lines.
fn under_way(view: View<'_>, panel: &SignInPanel, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let ellipsis = view.glyphs().ellipsis;
    let mut lines = vec![Line::default()];
    match &panel.phase {
        Phase::Redeeming(_) => {
            let text = format!("redeeming the code {ellipsis}");
            lines.push(
                view.row()
                    .gap(2)
                    .text(view.glyphs().step_now, theme.accent)
                    .gap(1)
                    .text(text, theme.text)
                    .build(),
            );
            lines.push(
                view.row()
                    .gap(4)
                    .rest("The browser's work is done; its tab may be closed.", width, theme.muted)
                    .build(),
            );
        }
        Phase::Beginning(_) | Phase::Waiting => {
            let text = format!("preparing the address {ellipsis}");
            lines.push(
                view.row()
                    .gap(2)
                    .text(view.glyphs().step_now, theme.accent)
                    .gap(1)
                    .text(text, theme.text)
                    .build(),
            );
        }
        Phase::Failed(failure) => {
            let failed = failure_lines(view, failure, width.saturating_sub(4));
            lines.extend(failed.into_iter().map(|line| view.row().gap(2).append(line).build()));
            lines.push(Line::default());
            let key = view.key(Action::Authorize);
            lines.push(view.row().gap(4).text(key, theme.key).gap(1).text("begin again", theme.text).build());
        }
    }
    lines
}

/// How far a step has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It is behind.
    Done,
    /// It is on.
    Now,
    /// It is to come.
    Later,
}

fn waiting(
    view: View<'_>,
    panel: &SignInPanel,
    overview: &Overview,
    attempt: &CodeAttemptFacts,
    area: Rect,
) -> Vec<Line<'static>> {
    let width = area.width;
    let is_sent = matches!(panel.sent, Some(Ok(_)));
    let is_pasting = panel.paste.focused || panel.paste.characters() > 0 || panel.refusal.is_some();
    let steps = match (is_sent, is_pasting) {
        _ if panel.shows_tunnel() => return through_tunnel(view, panel, overview, area),
        (_, true) => [Step::Done, Step::Done, Step::Now],
        (true, false) => [Step::Done, Step::Now, Step::Later],
        (false, false) => [Step::Now, Step::Later, Step::Later],
    };
    let mut blocks = vec![
        open_address(view, panel, attempt, steps[0], width),
        sign_in(view, panel, overview, attempt, (steps[1], width)),
        sign_in_paste::step(view, panel, attempt, steps[2], area),
    ];
    let warning = view
        .row()
        .gap(1)
        .text("!", view.theme().warning)
        .gap(1)
        .rest("Paste this address only here. Nobody else ever needs it.", width, view.theme().text)
        .build();
    blocks.push(vec![warning]);
    arrange(blocks, steps, area.height)
}

fn through_tunnel(
    view: View<'_>,
    panel: &SignInPanel,
    overview: &Overview,
    area: Rect,
) -> Vec<Line<'static>> {
    let (mut blocks, steps) = sign_in_tunnel::steps(view, panel, overview, area.width);
    let warning = "Open this address yourself: whoever opens it signs in.";
    let row = view.row().gap(1).text("!", view.theme().warning).gap(1);
    blocks.push(vec![row.rest(warning, area.width, view.theme().text).build()]);
    arrange(blocks, steps, area.height)
}

fn arrange(mut blocks: Vec<Vec<Line<'static>>>, steps: [Step; 3], height: u16) -> Vec<Line<'static>> {
    let needed: usize = blocks.iter().map(Vec::len).sum();
    let spare = usize::from(height).saturating_sub(needed);
    // On a low terminal the step that is on comes first.
    if usize::from(height) < needed {
        let on = steps.iter().position(|step| *step == Step::Now).unwrap_or(0);
        blocks.rotate_left(on);
    }
    join(blocks, spare)
}

/// Blocks with a blank line above each, as far as there are lines to spare.
pub(super) fn join(blocks: Vec<Vec<Line<'static>>>, mut spare: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for block in blocks {
        if spare > 0 {
            lines.push(Line::default());
            spare -= 1;
        }
        lines.extend(block);
    }
    lines
}

/// The heading of a step, with words against the right where there is room.
pub(super) fn step_line(
    view: View<'_>,
    step: Step,
    number: u8,
    text: &str,
    right: Line<'static>,
    width: u16,
) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let (shape, style, text_style) = match step {
        Step::Done => (glyphs.step_done, theme.good, theme.text),
        Step::Now => (glyphs.step_now, theme.accent, theme.heading),
        Step::Later => (glyphs.step_later, theme.muted, theme.text),
    };
    view.row()
        .gap(1)
        .text(shape, style)
        .gap(1)
        .text(number.to_string(), style)
        .gap(2)
        .rest(text, width.saturating_sub(1), text_style)
        .end(right, width.saturating_sub(1))
        .build()
}

fn open_address(
    view: View<'_>,
    panel: &SignInPanel,
    attempt: &CodeAttemptFacts,
    step: Step,
    width: u16,
) -> Vec<Line<'static>> {
    let theme = view.theme();
    let sent = sent_words(view, panel);
    let title = match panel.capture {
        Capture::Loopback => "Open this address on this machine",
        Capture::Paste | Capture::Tunnel => "Open this address on your computer",
    };
    let mut lines = vec![step_line(view, step, 1, title, sent, width)];
    let url = attempt.authorization_request.as_str();
    let length = format!("({} characters)", count_with_commas(url.chars().count()));
    let room = width.saturating_sub(INDENT + length.len() as u16 + 3);
    let short = super::text::fit(&shortened(attempt, view), room, view.glyphs());
    lines.push(view.row().gap(INDENT).text(short, theme.accent).gap(2).text(length, theme.muted).build());
    if let Some(Err(failure)) = &panel.sent {
        let failed = failure_lines(view, failure, width.saturating_sub(INDENT + 1));
        lines.extend(failed.into_iter().map(|line| view.row().gap(INDENT).append(line).build()));
    }
    let mut ways = vec![(Action::Copy, "send again"), (Action::OtherWays, "other ways")];
    if view.app.can_open_browser() {
        ways.push((
            Action::OpenBrowser,
            if view.app.environment.browser == Browser::Simulated {
                "simulated browser"
            } else {
                "browser here"
            },
        ));
    }
    if view.app.can_tunnel(view.now) {
        let room = width >= 60 && ways.len() < 3;
        ways.push((Action::Tunnel, if room { "tunnel: no copying at all" } else { "tunnel" }));
    }
    let mut row = view.row().gap(INDENT);
    for (action, words) in ways {
        let key = view.key(action);
        if usize::from(row.width()) + key.len() + 1 + words.len() <= usize::from(width) {
            row = row.text(key, theme.key).gap(1).text(words, theme.key_label).gap(3);
        }
    }
    lines.push(row.build());
    lines
}

/// What became of sending something.
pub(super) fn sent_words(view: View<'_>, panel: &SignInPanel) -> Line<'static> {
    let theme = view.theme();
    let row = match &panel.sent {
        _ if panel.errand.is_some() => {
            view.row().text(format!("sending {}", view.glyphs().ellipsis), theme.notice)
        }
        None => view.row(),
        Some(Ok(delivery)) => {
            view.row().text(delivery.in_words().split(" (").next().unwrap_or("").to_owned(), theme.good)
        }
        Some(Err(_)) => view.row().text("not sent", theme.error),
    };
    row.build()
}

/// Host and tenant; the rest is told by its length.
fn shortened(attempt: &CodeAttemptFacts, view: View<'_>) -> String {
    let url = &attempt.authorization_request;
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    let tenant = url.path_segments().and_then(|mut segments| segments.next()).unwrap_or("");
    format!("{}{port}/{}/{}", url.host_str().unwrap_or(""), printable(tenant), view.glyphs().ellipsis)
}

fn sign_in(
    view: View<'_>,
    panel: &SignInPanel,
    overview: &Overview,
    attempt: &CodeAttemptFacts,
    (step, width): (Step, u16),
) -> Vec<Line<'static>> {
    let theme = view.theme();
    let mut lines = vec![step_line(view, step, 2, &who_accepts(overview), Line::default(), width)];
    lines.extend(who_consents(view, overview, width));
    lines.extend(ended_credential(view, overview, width));
    if let Listening::Failed(failure) = &panel.listening {
        let failed = failure_lines(view, failure, width.saturating_sub(INDENT + 1));
        lines.extend(failed.into_iter().map(|line| view.row().gap(INDENT).append(line).build()));
    }
    if let Some(facts) = panel.listening.facts() {
        let text = format!("The browser's answer comes to port {} by itself: nothing to copy.", facts.port);
        let wrapped = wrap(&text, width.saturating_sub(INDENT + 1));
        lines.extend(wrapped.into_iter().map(|text| view.row().gap(INDENT).text(text, theme.good).build()));
        return lines;
    }
    if attempt.redirect_uri.is_loopback() {
        let text = "The browser will end on \"can't reach this page\". That is right.";
        let wrapped = wrap(text, width.saturating_sub(INDENT + 1));
        lines.extend(wrapped.into_iter().map(|text| view.row().gap(INDENT).text(text, theme.muted).build()));
    }
    let keys = view
        .row()
        .gap(INDENT)
        .text("Copy its address: ", theme.muted)
        .text("Ctrl+L", theme.key)
        .gap(2)
        .text("Ctrl+C", theme.key);
    lines.push(keys.build());
    lines
}

/// Who is to sign in, and what to accept.
pub(super) fn who_accepts(overview: &Overview) -> String {
    let who = overview.settings.sign_in_as.as_ref().map_or_else(
        || "Sign in".to_owned(),
        |mailbox| format!("Sign in as {}", printable(mailbox.as_str())),
    );
    let count = overview.settings.scopes.len();
    format!("{who} and accept {count} permission{}", if count == 1 { "" } else { "s" })
}

/// Who will have to consent, before the person meets it in the browser; on a narrow terminal the line is missing.
pub(super) fn who_consents(view: View<'_>, overview: &Overview, width: u16) -> Option<Line<'static>> {
    const NARROWEST: u16 = 60;
    let statement = consent_statement(overview).filter(|_| width >= NARROWEST)?;
    let room = width.saturating_sub(INDENT + 1);
    let fits = |text: &String| text.chars().count() <= usize::from(room);
    let text = [statement.long, statement.short].into_iter().find(fits)?;
    let style = if statement.needs_administrator { view.theme().warning } else { view.theme().muted };
    Some(view.row().gap(INDENT).text(text, style).build())
}

/// That the credential is over by its date, which may have been mistyped.
pub(super) fn ended_credential(view: View<'_>, overview: &Overview, width: u16) -> Vec<Line<'static>> {
    let life = overview.credential_lifetime().filter(|life| life.is_expired_at(view.now));
    let told = life.map(|life| {
        let (noun, day) = (overview.credential.noun(), view.day(life.expires_at));
        format!("The {noun} ended on {day}: it may be refused.")
    });
    let wrapped = told.map_or_else(Vec::new, |text| wrap(&text, width.saturating_sub(INDENT + 1)));
    let row = |text: String| view.row().gap(INDENT).text(text, view.theme().warning).build();
    wrapped.into_iter().map(row).collect()
}

/// The other ways to get the address to a browser.
fn other_ways(view: View<'_>, attempt: &CodeAttemptFacts, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let mut lines = vec![Line::default()];
    lines.push(view.row().gap(2).text("Other ways to get the address to a browser", theme.heading).build());
    lines.push(view.row().gap(2).rest(&shortened(attempt, view), width, theme.muted).build());
    lines.push(Line::default());
    let mut ways = vec![
        (Action::PrintPlainly, "print it plainly", "on a page that holds nothing else, to be marked"),
        (Action::WriteFile, "write it into a file", "that only you can read; fetch it with scp"),
        (Action::Copy, "send it again", "to your terminal's clipboard"),
    ];
    if view.app.can_open_browser() {
        ways.insert(2, (Action::OpenBrowser, "open a browser", "on this machine"));
    }
    let about_tunnel = if view.app.can_tunnel(view.now) {
        "no copying at all: the answer comes back here by itself"
    } else {
        "only with a redirect URI at http://localhost"
    };
    ways.push((Action::Tunnel, "an SSH tunnel", about_tunnel));
    for (action, words, about) in ways {
        let row = view.row().gap(2).fill(&view.key(action), 3, theme.key).fill(words, 22, theme.text);
        if width >= 70 {
            lines.push(row.rest(about, width.saturating_sub(1), theme.muted).build());
        } else {
            lines.push(row.build());
            lines.extend(
                wrap(about, width.saturating_sub(7))
                    .into_iter()
                    .map(|text| view.row().gap(5).text(text, theme.muted).build()),
            );
        }
    }
    lines
}
