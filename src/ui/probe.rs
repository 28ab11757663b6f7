//! The panel of a probe: one sentence for all of it, then a line for each check, as they are answered.
//!
//! ```text
//!  Test  contoso-prod                                              asked 14:20
//!   ▲ signed in as ops@contoso.com, mailbox answers, 2 of 6 permissions are not in the token
//!   ● profile   answers      ops@contoso.com
//!   ● inbox     answers      120 items, 5 unread
//!   × calendar  refused      403 ErrorAccessDenied
//!               Exchange does not open the calendar for this token.
//!   ○ contacts  not asked    Contacts.Read is not in the token
//! ```

use ratatui::buffer::Buffer;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::{Action, ProbePanel, Probing};
use crate::domain::probe::{Check, Outcome, Probe, Questions, Verdict};
use crate::domain::{Overview, Scope, WhoActs};

use super::Regions;
use super::canvas::{Canvas, rule, wrap};
use super::panel;
use super::unlock::failure_lines;
use super::view::{View, printable};

/// Lines of a probe in which all is well.
const LEAST_HEIGHT: u16 = 9;
/// Where the words about a check begin.
const INDENT: u16 = 14;
/// Where there is no room for a column before them.
const NARROW_INDENT: u16 = 4;
/// Below this width a word about a check has its own line.
const NARROW: u16 = 60;

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, panel: &ProbePanel) {
    let overview = view.app.connections.get(&panel.connection);
    let name = overview.map_or("", |overview| overview.name.as_str());
    let probing = view.app.probes.of(&panel.connection);
    let right =
        view.row().text(probing.map_or_else(String::new, |own| moment(view, own)), view.theme().muted);
    // A frame is as high as its words, with room for those to come.
    let needed = lines(view, overview, probing, panel::WIDTH, true).len() as u16 + 1;
    let size = (panel::WIDTH, needed.max(LEAST_HEIGHT));
    let area = panel::open(buffer, regions, view, ("Test", name), right.build(), size);
    let mut canvas = Canvas::new(buffer, area, view.look);
    let roomy = area.height >= needed;
    canvas.lines(&lines(view, overview, probing, area.width, roomy));
}

/// The last probe on the Tokens tab: when, and its sentence.
pub(super) fn section(view: View<'_>, overview: &Overview, width: u16) -> Option<Vec<Line<'static>>> {
    let probing = view.app.probes.of(&overview.id)?;
    let mut lines = vec![rule(view.look, "Test", &moment(view, probing), width)];
    let (mark, style, text) = headline(view, probing);
    lines.extend(told(view, (mark, style), &text, width));
    Some(lines)
}

fn moment(view: View<'_>, probing: &Probing) -> String {
    match probing {
        Probing::Asking { .. } => format!("asking {}", view.glyphs().ellipsis),
        Probing::Ended(probe) => format!("asked {}", view.time(probe.began_at)),
        Probing::Failed { at, .. } => format!("tried {}", view.time(*at)),
    }
}

fn lines(
    view: View<'_>,
    overview: Option<&Overview>,
    probing: Option<&Probing>,
    width: u16,
    roomy: bool,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let spaced = |lines: &mut Vec<Line<'static>>| {
        if roomy {
            lines.push(Line::default());
        }
    };
    let Some(probing) = probing else { return lines };
    spaced(&mut lines);
    if let Probing::Failed { failure, .. } = probing {
        let failed = failure_lines(view, failure, width.saturating_sub(4));
        lines.extend(failed.into_iter().map(|line| view.row().gap(2).append(line).build()));
        return lines;
    }
    let (mark, style, text) = headline(view, probing);
    lines.extend(told(view, (mark, style), &text, width));
    spaced(&mut lines);
    let Some(probe) = probing.probe() else { return lines };
    if let Questions::None(why) = &probe.questions {
        let to_do = overview.map_or_else(
            || why.what_to_do().to_owned(),
            |own| why.what_to_do().replace("NAME", own.name.as_str()),
        );
        lines.extend(said(view, why.what_happened(), width, 4, view.theme().text));
        lines.extend(said(view, &to_do, width, 4, view.theme().muted));
        return lines;
    }
    for (check, outcome) in probe.checks() {
        lines.extend(check_lines(view, *check, outcome, width));
    }
    if probe.is_over() && !probe.missing().is_empty() {
        spaced(&mut lines);
        lines.extend(missing(view, probe.missing(), width));
    }
    lines
}

/// Shape, style and words for all of it.
fn headline(view: View<'_>, probing: &Probing) -> (&'static str, Style, String) {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    match probing {
        Probing::Failed { failure, .. } => (glyphs.needs_you, theme.error, printable(&failure.what_happened)),
        Probing::Asking { so_far: None, .. } => {
            (glyphs.step_now, theme.notice, format!("looking at the token {}", glyphs.ellipsis))
        }
        Probing::Asking { so_far: Some(probe), .. } => {
            let asked = probe.checks().iter().find(|(_, outcome)| *outcome == Outcome::Asking);
            let what = asked.map_or("what the token opens", |(check, _)| check.noun());
            (glyphs.step_now, theme.notice, format!("asking Graph for the {what} {}", glyphs.ellipsis))
        }
        Probing::Ended(probe) => {
            let (mark, style) = verdict(view, probe);
            (mark, style, printable(&probe.sentence()))
        }
    }
}

fn verdict(view: View<'_>, probe: &Probe) -> (&'static str, Style) {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    match probe.verdict() {
        Verdict::Works if probe.checks().is_empty() => (glyphs.separator, theme.notice),
        Verdict::Works => (glyphs.yes, theme.good),
        Verdict::TryLater => (glyphs.soon, theme.warning),
        Verdict::SignIn | Verdict::SetUpWrong => (glyphs.needs_you, theme.error),
    }
}

fn told(view: View<'_>, (mark, style): (&str, Style), text: &str, width: u16) -> Vec<Line<'static>> {
    let wrapped = wrap(text, width.saturating_sub(6)).into_iter().enumerate();
    let line = |(place, text): (usize, String)| {
        view.row().gap(2).text(if place == 0 { mark } else { " " }, style).gap(1).text(text, style).build()
    };
    wrapped.map(line).collect()
}

fn check_lines(view: View<'_>, check: Check, outcome: &Outcome, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let (mark, style) = shape(view, outcome);
    let detail = printable(&outcome.detail());
    let row = view.row().gap(2).text(mark, style).gap(1).fill(check.noun(), 9, theme.text).gap(1);
    let row = row.fill(outcome.word(), 11, style).gap(1);
    let (indent, mut lines) = if width < NARROW {
        let mut lines = vec![row.build()];
        if !detail.is_empty() {
            lines.extend(said(view, &detail, width, NARROW_INDENT, theme.muted));
        }
        (NARROW_INDENT, lines)
    } else {
        (INDENT, vec![row.rest(&detail, width.saturating_sub(1), theme.muted).build()])
    };
    if let Some((what_happened, what_to_do)) = outcome.lines(check) {
        lines.extend(said(view, &what_happened, width, indent, theme.text));
        let who = who(outcome).map_or_else(String::new, |who| format!("Who acts: {}. ", who.in_words()));
        lines.extend(said(view, &format!("{who}{what_to_do}"), width, indent, theme.muted));
    }
    lines
}

fn who(outcome: &Outcome) -> Option<WhoActs> {
    match outcome {
        Outcome::Refused(refused) => Some(refused.meaning.who_acts()).filter(|who| *who != WhoActs::Nobody),
        _ => None,
    }
}

fn shape(view: View<'_>, outcome: &Outcome) -> (&'static str, Style) {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    match outcome {
        Outcome::Waiting => (glyphs.step_later, theme.muted),
        Outcome::Asking => (glyphs.step_now, theme.accent),
        Outcome::Answered(_) => (glyphs.yes, theme.good),
        Outcome::Refused(_) => (glyphs.no, theme.error),
        Outcome::NotAsked(_) => (glyphs.separator, theme.muted),
        Outcome::NotReached { .. } => (glyphs.soon, theme.warning),
    }
}

/// What is asked for and not in the token, and which keys change that.
fn missing(view: View<'_>, missing: &[Scope], width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let names: Vec<String> = missing.iter().map(|scope| printable(scope.name())).collect();
    let mut lines = said(view, &format!("Not in the token: {}", names.join(", ")), width, 2, theme.text);
    let mut row = view.row().gap(2);
    let ways = [(Action::Authorize, "sign in again to apply"), (Action::AdminConsent, "ask for consent")];
    for (place, (action, words)) in ways.into_iter().enumerate() {
        row = if place > 0 { row.gap(3) } else { row };
        row = row.text(view.key(action), theme.key).gap(1).text(words, theme.key_label);
    }
    lines.push(row.build());
    lines
}

fn said(view: View<'_>, text: &str, width: u16, indent: u16, style: Style) -> Vec<Line<'static>> {
    let wrapped = wrap(&printable(text), width.saturating_sub(indent + 2));
    wrapped.into_iter().map(|text| view.row().gap(indent).text(text, style).build()).collect()
}
