//! The panel of a sign-in by device code: the code in large letters, where it is entered, and what it signs in.
//!
//! ```text
//!  1  Open this page on any device with a browser
//!     https://microsoft.com/devicelogin
//!  2  Enter this code there
//!     █▀▀▀▀ ▀▀▀▀█ █   █ ▄▀▀▀▄
//!  !  Enter this code only if you yourself started this sign-in.
//!  3  Sign in as ops@contoso.com and accept 6 permissions
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::device_sign_in::PollNews;
use crate::app::{Action, DevicePhase, DeviceSignInPanel, Failure};
use crate::domain::{DeviceAttemptFacts, Overview};

use super::Regions;
use super::big_text::{big_text, spaced};
use super::canvas::{Canvas, wrap};
use super::text::{duration_short, fit};
use super::unlock::failure_lines;
use super::view::{View, printable};
use super::{panel, qr};

/// Lines of the panel where there is more than it needs.
const HEIGHT: u16 = 23;
/// Where the text of a step begins.
const INDENT: u16 = 6;
/// Width of the labels of what the page there must show as well.
const LABEL: u16 = 13;
/// So wide is the frame where there is room: the code and, beside it, the address as a QR code.
const WIDTH: u16 = 104;
/// Whom the trap of this flow is laid for (RFC 8628 §5.4): whoever enters a code that somebody else sent.
const WARNING: &str = "Enter this code only if you yourself started this sign-in.";
const WARNING_MORE: &str = "A code that somebody else gave you would let them into your mailbox.";

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, panel: &DeviceSignInPanel) {
    let overview = view.app.connections.get(&panel.connection);
    let name = overview.map_or("", |own| own.name.as_str());
    let attempt = overview.and_then(|own| own.open_device_attempt(view.now));
    let shown = attempt.filter(|_| matches!(panel.phase, DevicePhase::Waiting { .. }));
    let left = shown.map_or_else(Line::default, |attempt| time_left(view, attempt, regions.body.width));
    let area = panel::open(buffer, regions, view, ("Device code", name), left, (WIDTH, HEIGHT));
    let lines = match (overview, shown) {
        (Some(own), Some(attempt)) => Waiting { view, panel, overview: own, attempt, area }.lines(),
        _ => under_way(view, panel, area),
    };
    Canvas::new(buffer, area, view.look).lines(&lines);
}

fn time_left(view: View<'_>, attempt: &DeviceAttemptFacts, width: u16) -> Line<'static> {
    let left = duration_short(attempt.expires_at - view.now);
    let words = if width < 60 { "" } else { "code ends in " };
    view.row().text(words, view.theme().muted).right(&left, 5, view.theme().text).build()
}

/// Beginning, changing or over.
fn under_way(view: View<'_>, panel: &DeviceSignInPanel, area: Rect) -> Vec<Line<'static>> {
    let ellipsis = view.glyphs().ellipsis;
    match &panel.phase {
        DevicePhase::Beginning(_) | DevicePhase::Waiting { .. } => {
            busy(view, &format!("asking the platform for a code {ellipsis}"))
        }
        DevicePhase::Changing(_) => busy(view, &format!("changing to the sign-in with a browser {ellipsis}")),
        DevicePhase::Failed(failure) => over(view, failure, None, [NEW_CODE, BROWSER], area),
        DevicePhase::Blocked(failure) => {
            let why = "Device codes are refused here, and another code would be refused too. A sign-in with a \
                       browser is mostly allowed.";
            over(view, failure, Some(why), [BROWSER, NEW_CODE], area)
        }
    }
}

fn busy(view: View<'_>, text: &str) -> Vec<Line<'static>> {
    let row = view.row().gap(2).text(view.glyphs().step_now, view.theme().accent).gap(1);
    vec![Line::default(), row.text(text, view.theme().text).build()]
}

const NEW_CODE: (Action, &str) = (Action::Authorize, "ask for a new code");
const BROWSER: (Action, &str) = (Action::Paste, "sign in with a browser instead");

/// Why it ended, and what can be done next, the better first. What only explains gives way where there is little room.
fn over(
    view: View<'_>,
    failure: &Failure,
    why: Option<&str>,
    next: [(Action, &str); 2],
    area: Rect,
) -> Vec<Line<'static>> {
    let theme = view.theme();
    let mut lines = vec![Line::default()];
    let failed = failure_lines(view, failure, area.width.saturating_sub(4));
    lines.extend(failed.into_iter().map(|line| view.row().gap(2).append(line).build()));
    lines.push(Line::default());
    let why = why.map_or_else(Vec::new, |why| wrap(why, area.width.saturating_sub(6)));
    if !why.is_empty() && lines.len() + why.len() + 1 + next.len() <= usize::from(area.height) {
        lines.extend(why.into_iter().map(|text| view.row().gap(4).text(text, theme.text).build()));
        lines.push(Line::default());
    }
    let key = |(action, words)| {
        view.row().gap(4).text(view.key(action), theme.key).gap(1).text(words, theme.text).build()
    };
    lines.extend(next.map(key));
    lines
}

/// A sign-in whose code waits to be entered.
#[derive(Clone, Copy)]
struct Waiting<'a> {
    view: View<'a>,
    panel: &'a DeviceSignInPanel,
    overview: &'a Overview,
    attempt: &'a DeviceAttemptFacts,
    area: Rect,
}

/// How the permissions are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Permissions {
    /// All of them.
    Whole,
    /// As many as fit into a line.
    Cut,
}

/// What the last question brought, and when the next is asked.
struct News {
    shape: &'static str,
    style: Style,
    happened: Option<String>,
    next: String,
}

impl Waiting<'_> {
    /// The fullest form that fits, with the address as a QR code beside it where nothing has to give way for that.
    fn lines(self) -> Vec<Line<'static>> {
        let forms = [Permissions::Whole, Permissions::Cut].into_iter();
        let mut fitting = forms.filter_map(|told| self.form(told, self.area.width));
        self.with_qr().or_else(|| fitting.next()).unwrap_or_else(|| self.tight())
    }

    fn with_qr(self) -> Option<Vec<Line<'static>>> {
        let code = qr::lines(self.view, self.attempt.verification_uri.as_str())?;
        let code_width = code.first()?.width() as u16;
        let room = self.area.width.checked_sub(code_width + 3)?;
        let code_height = code.len() + 1;
        big_text(&self.attempt.user_code, room.checked_sub(INDENT)?, self.view.glyphs())?;
        let mut lines = self.form(Permissions::Whole, room)?;
        if code_height > usize::from(self.area.height) {
            return None;
        }
        lines.resize(lines.len().max(code_height), Line::default());
        let code = std::iter::once(None).chain(code.into_iter().map(Some)).chain(std::iter::repeat(None));
        let beside = lines.into_iter().zip(code).map(|(line, code)| match code {
            Some(code) => self.view.row().append(line).end(code, self.area.width.saturating_sub(1)).build(),
            None => line,
        });
        Some(beside.collect())
    }

    /// All blocks, with blank lines between them as far as there is room; `None` if there is none for the blocks.
    fn form(self, told: Permissions, width: u16) -> Option<Vec<Line<'static>>> {
        let blocks = [
            self.address(width),
            self.code(width),
            self.warning(width, 4),
            self.who(told, width),
            self.news(width),
        ];
        let needed: usize = blocks.iter().map(Vec::len).sum();
        let spare = usize::from(self.area.height).checked_sub(needed)?;
        let mut lines = Vec::new();
        for (place, block) in blocks.into_iter().enumerate() {
            // The one above everything is the first to go.
            let rank = if place == 0 { 5 } else { place };
            lines.extend((spare >= rank).then(Line::default));
            lines.extend(block);
        }
        Some(lines)
    }

    fn step(self, number: u8, text: &str, width: u16) -> Line<'static> {
        let theme = self.view.theme();
        let row = self.view.row().gap(3).text(number.to_string(), theme.accent).gap(2);
        row.rest(text, width.saturating_sub(1), theme.heading).build()
    }

    fn address(self, width: u16) -> Vec<Line<'static>> {
        let mut lines = vec![self.step(1, "Open this page on any device with a browser", width)];
        lines.extend(self.address_lines(INDENT, width));
        if let Some(Err(failure)) = &self.panel.sent {
            let failed = failure_lines(self.view, failure, width.saturating_sub(INDENT + 1));
            lines.extend(failed.into_iter().map(|line| self.view.row().gap(INDENT).append(line).build()));
        }
        lines
    }

    /// The whole address, its host in a colour of its own: whoever types it must see where it leads.
    fn address_lines(self, indent: u16, width: u16) -> Vec<Line<'static>> {
        let theme = self.view.theme();
        let uri = &self.attempt.verification_uri;
        let text = printable(uri.as_str());
        let host = printable(uri.host_str().unwrap_or(""));
        let sent = match &self.panel.sent {
            _ if self.panel.errand.is_some() => format!("sending {}", self.view.glyphs().ellipsis),
            Some(Ok(delivery)) => delivery.in_words().split(" (").next().unwrap_or("").to_owned(),
            Some(Err(_)) | None => String::new(),
        };
        let room = width.saturating_sub(indent + 1);
        let Some((before, after)) =
            text.split_once(host.as_str()).filter(|_| text.len() <= usize::from(room))
        else {
            let mut broken = Vec::new();
            super::canvas::break_word(&text, usize::from(room.max(1)), &mut broken);
            return broken
                .into_iter()
                .map(|line| self.view.row().gap(indent).text(line, theme.accent).build())
                .collect();
        };
        let row = self
            .view
            .row()
            .gap(indent)
            .text(before, theme.muted)
            .text(host, theme.accent)
            .text(after, theme.text);
        vec![row.end(self.view.row().gap(2).text(sent, theme.good).build(), width.saturating_sub(1)).build()]
    }

    fn code(self, width: u16) -> Vec<Line<'static>> {
        let title = format!("Enter this code there:  {}", printable(&self.attempt.user_code));
        let mut lines = vec![self.step(2, &title, width)];
        let style = self.view.theme().accent;
        let room = width.saturating_sub(INDENT + 1);
        let letters = big_text(&self.attempt.user_code, room, self.view.glyphs())
            .unwrap_or_else(|| wrap(&spaced(&printable(&self.attempt.user_code)), room));
        lines.extend(letters.into_iter().map(|line| self.view.row().gap(INDENT).text(line, style).build()));
        lines
    }

    fn warning(self, width: u16, indent: u16) -> Vec<Line<'static>> {
        let theme = self.view.theme();
        let room = width.saturating_sub(indent + 2);
        let mut texts: Vec<_> = wrap(WARNING, room).into_iter().map(|text| (text, theme.warning)).collect();
        if self.area.height >= 18 {
            texts.extend(wrap(WARNING_MORE, room).into_iter().map(|text| (text, theme.muted)));
        }
        let mark = |place| if place == 0 { "!" } else { " " };
        let line = |(place, (text, style))| {
            let row = self.view.row().gap(indent.saturating_sub(1)).text(mark(place), theme.warning);
            row.gap(if indent > 1 { 2 } else { 1 }).text(text, style).build()
        };
        texts.into_iter().enumerate().map(line).collect()
    }

    fn who(self, told: Permissions, width: u16) -> Vec<Line<'static>> {
        let mut lines = vec![self.step(3, &self.task(), width)];
        let theme = self.view.theme();
        let room = width.saturating_sub(INDENT + LABEL + 1);
        for (label, text) in self.facts() {
            let texts = match told {
                Permissions::Whole => wrap(&text, room),
                Permissions::Cut => vec![fit(&text, room, self.view.glyphs())],
            };
            for (place, text) in texts.into_iter().enumerate() {
                let label = if place == 0 { label } else { "" };
                let row = self.view.row().gap(INDENT).fill(label, LABEL, theme.muted);
                lines.push(row.text(text, theme.text).build());
            }
        }
        lines
    }

    fn task(self) -> String {
        let settings = &self.overview.settings;
        let who = settings.sign_in_as.as_ref().map_or_else(
            || "Sign in".to_owned(),
            |mailbox| format!("Sign in as {}", printable(mailbox.as_str())),
        );
        let count = settings.scopes.len();
        format!("{who} and accept {count} permission{}", if count == 1 { "" } else { "s" })
    }

    /// What the page there must show as well.
    fn facts(self) -> [(&'static str, String); 3] {
        let settings = &self.overview.settings;
        let client_id = settings.client_id.to_string();
        let app = self.overview.primary_access().and_then(|access| access.claims.app.as_deref());
        let app = app.map_or_else(|| client_id.clone(), |app| format!("{} ({client_id})", printable(app)));
        let scopes: Vec<String> = settings.scopes.iter().map(|scope| printable(scope.as_str())).collect();
        [("app", app), ("tenant", printable(settings.tenant.as_str())), ("permissions", scopes.join(" "))]
    }

    /// What the last question brought, and when the next is asked.
    fn news(self, width: u16) -> Vec<Line<'static>> {
        let theme = self.view.theme();
        let News { shape, style, happened, next } = self.last_poll();
        let wrapped = |text: String| wrap(&text, width.saturating_sub(INDENT + 1));
        let happened = happened.into_iter().flat_map(wrapped).map(|text| (text, style));
        let next_style = if happened.clone().next().is_some() { theme.muted } else { style };
        let texts = happened.chain(wrapped(next).into_iter().map(|text| (text, next_style)));
        let line = |(place, (text, style))| {
            let shape = if place == 0 { shape } else { " " };
            self.view.row().gap(3).text(shape, style).gap(2).text(text, style).build()
        };
        texts.enumerate().map(line).collect()
    }

    fn last_poll(self) -> News {
        let (theme, glyphs) = (self.view.theme(), self.view.glyphs());
        let polls = self.view.app.device_polls();
        let wait = (polls.next_at(&self.overview.id, self.attempt) - self.view.now).num_seconds().max(0);
        let (shape, style) = (glyphs.step_later, theme.muted);
        let plain = |next: String| News { shape, style, happened: None, next };
        if polls.is_asking(&self.overview.id) {
            let next = format!("asking whether it was entered {}", glyphs.ellipsis);
            return News { shape: glyphs.step_now, style: theme.notice, ..plain(next) };
        }
        let again = format!("asked again in {wait} s");
        match (polls.last(&self.overview.id).map(|last| &last.news), &self.attempt.unanswered) {
            (Some(PollNews::NotAsked(failure)), _) => {
                let happened = Some(printable(&failure.what_happened));
                News { shape: glyphs.needs_you, style: theme.error, happened, next: again }
            }
            (Some(PollNews::SlowDown), _) => {
                let pause = self.attempt.poll.interval.num_seconds();
                let happened = Some(format!("the platform asks for pauses of {pause} s"));
                News { style: theme.notice, happened, ..plain(format!("not entered yet; {again}")) }
            }
            (_, Some(why)) => {
                let next = if self.attempt.lost_since.is_some() {
                    again
                } else {
                    format!("nothing is lost; {again}")
                };
                News { shape: glyphs.soon, style: theme.warning, happened: Some(printable(why)), next }
            }
            (Some(PollNews::Pending), None) => plain(format!("not entered yet; {again}")),
            _ => plain(format!("first asked in {wait} s")),
        }
    }

    /// For the smallest screens. What could be a trap stands above what only informs.
    fn tight(self) -> Vec<Line<'static>> {
        let (theme, width) = (self.view.theme(), self.area.width);
        let mut lines = self.address_lines(1, width);
        let code = spaced(&printable(&self.attempt.user_code));
        let wrapped = wrap(&code, width.saturating_sub(4));
        lines.extend(wrapped.into_iter().map(|text| self.view.row().gap(3).text(text, theme.accent).build()));
        lines.extend(self.warning(width, 2));
        let [(_, app), (_, tenant), (_, scopes)] = self.facts();
        let who = self.overview.settings.sign_in_as.as_ref().map(|own| ("as", printable(own.as_str())));
        let news = [("", self.last_poll().next)];
        let facts = who.into_iter().chain(news).chain([("app", app), ("tenant", tenant), ("asks", scopes)]);
        for (label, text) in facts {
            let mut row = self.view.row().gap(1);
            if !label.is_empty() {
                row = row.text(label, theme.muted).gap(1);
            }
            lines.push(row.rest(&text, width.saturating_sub(1), theme.text).build());
        }
        lines
    }
}
