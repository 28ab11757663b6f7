//! Replacing a client secret: the field for the new one, then every connection that it serves with what its renewal came to.
//!
//! ```text
//!  This secret serves 38 connections.  12 proven  1 refused  8 renewing  17 waiting
//!  ✓ contoso-mail01        proven
//!  ► contoso-mail02        renewing …
//!  × litware-mail01        refused         the client secret is wrong (AADSTS7000215)
//!  ○ northwind-mail01      waiting
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::secret_replacement::{connections, proof_in_words};
use crate::app::{Action, AskedIn, SecretField, SecretForm, SecretPanel, SecretPhase, SecretToProve};
use crate::domain::{Proof, ProofRow, ProofRun, ProofState, Verdict};

use super::Regions;
use super::canvas::{Canvas, first_shown, wrap};
use super::field::{Focus, field_line};
use super::panel;
use super::unlock::failure_lines;
use super::view::{View, printable};

const LABEL: u16 = 12;
/// The longest field: a secret of the platform is seen as so many marks.
const LONGEST_FIELD: u16 = 56;
/// The name of a connection, where there is room.
const NAME: u16 = 26;
const WORD: u16 = 16;
/// The least lines of a frame, so that it stays from one phase to the next.
const HEIGHT: u16 = 24;
/// From this height on free lines stand between the parts; on less the room is for what is told.
const AIRY: u16 = 14;

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, panel: &SecretPanel) {
    let id = panel.client_id.to_string();
    let right = view.row().text(format!("serves {}", connections(panel.serves)), view.theme().muted).build();
    let area = panel::open(buffer, regions, view, ("Replace the secret", &id), right, (panel::WIDTH, HEIGHT));
    let mut canvas = Canvas::new(buffer, area, view.look);
    match &panel.phase {
        SecretPhase::Typing(form) => canvas.lines(&form_lines(view, panel, form, area)),
        SecretPhase::Done { run, copies } => draw_done(&mut canvas, view, panel, (run, *copies)),
        SecretPhase::Proving(run, _)
        | SecretPhase::Settled(run, ..)
        | SecretPhase::Asking(run, ..)
        | SecretPhase::GoingBack(run, _)
        | SecretPhase::Ending(run, ..) => draw_run(&mut canvas, view, panel, run),
    }
}

fn say(view: View<'_>, text: &str, style: Style, width: u16) -> Vec<Line<'static>> {
    let lines = wrap(text, width.saturating_sub(4));
    lines.into_iter().map(|line| view.row().gap(2).text(line, style).build()).collect()
}

fn form_lines(view: View<'_>, panel: &SecretPanel, form: &SecretForm, area: Rect) -> Vec<Line<'static>> {
    let (theme, width) = (view.theme(), area.width);
    let free = || (area.height >= AIRY).then(Line::default);
    let serves = format!("This secret serves {}.", connections(panel.serves));
    let mut lines = Vec::from_iter(free());
    lines.extend(say(view, &serves, theme.heading, width));
    lines.extend(free());
    for (label, which, field) in
        [("New secret", SecretField::Secret, &form.secret), ("Ends on", SecretField::Ends, &form.ends)]
    {
        let is_here = form.focus == which;
        let (cursor, style) =
            if is_here { (view.glyphs().cursor, theme.heading) } else { (" ", theme.muted) };
        let focus = if is_here { Focus::Here } else { Focus::Elsewhere };
        let room = width.saturating_sub(LABEL + 6).min(LONGEST_FIELD);
        let row = view.row().gap(1).text(cursor, theme.accent).gap(1).fill(label, LABEL, style);
        lines.push(row.append(field_line(view, field, room, focus)).build());
    }
    lines.push(Line::default());
    match (&form.failure, form.secret_fault(), form.date_fault(view.now)) {
        (Some(failure), ..) => {
            let failed = failure_lines(view, failure, width.saturating_sub(4));
            lines.extend(failed.into_iter().map(|line| view.row().gap(2).append(line).build()));
        }
        (None, Some(fault), _) => lines.extend(say(view, &fault, theme.error, width)),
        (None, None, Some(fault)) => lines.extend(say(view, &fault, theme.error, width)),
        (None, None, None) => {
            let hint = match form.focus {
                SecretField::Secret => "Portal, column Value: shown once when it is made. Not its ID.",
                SecretField::Ends => "Portal, column Expires, as 2027-05-22. Without it nobody is warned.",
            };
            lines.extend(say(view, hint, theme.muted, width));
        }
    }
    let promise =
        "One real renewal proves it first, then the others do. The old one is kept until all are proven.";
    let promise: Vec<_> = free().into_iter().chain(say(view, promise, theme.text, width)).collect();
    // Half a promise is none.
    if lines.len() + promise.len() <= usize::from(area.height) {
        lines.extend(promise);
    }
    lines
}

/// Counts, rows, and below them what it comes to.
fn draw_run(canvas: &mut Canvas<'_>, view: View<'_>, panel: &SecretPanel, run: &ProofRun) {
    let width = canvas.width();
    let foot = foot(view, panel, run, width);
    let foot_height = (foot.len() as u16).min(canvas.rows_left() / 2);
    let is_settled = matches!(panel.phase, SecretPhase::Settled(..));
    canvas.line(&counts(view, run, is_settled, width));
    let height = usize::from(canvas.rows_left().saturating_sub(foot_height)).max(1);
    draw_rows(canvas, view, panel, run, height);
    let first = usize::from(canvas.rows_left().saturating_sub(foot_height));
    (0..first).for_each(|_| canvas.blank());
    canvas.lines(&foot);
}

fn draw_rows(canvas: &mut Canvas<'_>, view: View<'_>, panel: &SecretPanel, run: &ProofRun, height: usize) {
    let (rows, width) = (run.rows(), canvas.width());
    let is_long = rows.len() > height;
    let height = if is_long { height.saturating_sub(1).max(1) } else { height };
    let first = first_shown(panel.row.unwrap_or_else(|| panel.followed()), rows.len(), height);
    for (place, row) in rows.iter().enumerate().skip(first).take(height) {
        let line = row_line(view, row, matches!(panel.phase, SecretPhase::Settled(..)), width);
        if panel.row == Some(place) {
            canvas.selected_line(&line);
        } else {
            canvas.line(&line);
        }
    }
    if is_long {
        let shown = rows.len().min(first + height);
        let told = format!("{}-{} of {}", first + 1, shown, rows.len());
        let told = view.row().text(told, view.theme().muted).build();
        canvas.line(&view.row().gap(1).end(told, width.saturating_sub(1)).build());
    }
}

/// Only what there is.
fn counts(view: View<'_>, run: &ProofRun, is_settled: bool, width: u16) -> Line<'static> {
    let theme = view.theme();
    let mut count = run.count();
    if is_settled {
        count.untried += std::mem::take(&mut count.open);
    }
    let renewing = run.rows().iter().filter(|row| row.state == ProofState::Renewing).count();
    let all = [
        (count.proven, "proven", theme.good),
        (count.refused, "refused", theme.error),
        (count.hindered, "not yet", theme.warning),
        (count.untried, "not tried", theme.muted),
        (renewing, "renewing", theme.notice),
        (count.open - renewing, "waiting", theme.muted),
    ];
    let mut row = view.row();
    for (number, word, style) in all.into_iter().filter(|(number, ..)| *number > 0) {
        let next = row.clone().gap(2).text(format!("{number} {word}"), style);
        if next.width() < width {
            row = next;
        }
    }
    row.build()
}

fn row_line(view: View<'_>, row: &ProofRow, is_settled: bool, width: u16) -> Line<'static> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let moment = |at| view.time(at);
    let (shape, style, (word, why)) = match &row.state {
        // Nothing runs for which its turn would come.
        ProofState::Waiting if is_settled => (glyphs.step_later, theme.muted, ("not tried", String::new())),
        ProofState::Waiting => (glyphs.step_later, theme.muted, ("waiting", String::new())),
        ProofState::Renewing => (glyphs.step_now, theme.notice, ("renewing", String::new())),
        ProofState::Ended(proof) => {
            let (shape, style) = match proof {
                Proof::Proven => (glyphs.yes, theme.good),
                Proof::Refused(_) => (glyphs.needs_you, theme.error),
                Proof::Unproven(why) if why.passes() => (glyphs.soon, theme.warning),
                Proof::Unproven(_) => (glyphs.no, theme.muted),
            };
            (shape, style, proof_in_words(proof, &moment))
        }
    };
    let name = NAME.min(width / 2);
    let line = view.row().gap(2).text(shape, style).gap(1).fill(row.name.as_str(), name, theme.text).gap(1);
    if why.is_empty() {
        return line.rest(word, width.saturating_sub(1), style).build();
    }
    let line = line.fill(word, WORD, style);
    line.rest(&printable(&why), width.saturating_sub(1), theme.muted).build()
}

/// What is under way, what it came to, or what is asked.
fn foot(view: View<'_>, panel: &SecretPanel, run: &ProofRun, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let count = run.count();
    let old = run.rows().len() - count.proven;
    let (text, style) = match &panel.phase {
        SecretPhase::Settled(_, _, Verdict::Partly) if run.verdict() == Some(Verdict::AllProven) => (
            format!(
                "All that can be proven use the new secret. {} lets it take the old one's place.",
                view.key(Action::Open)
            ),
            theme.good,
        ),
        SecretPhase::Settled(_, _, Verdict::Partly) => {
            let kept = format!("{} use the new secret, {old} the old one; both are kept.", count.proven);
            (format!("{kept} {}", what_next(view, panel, run)), theme.warning)
        }
        SecretPhase::Settled(_, _, Verdict::Wrong) => (
            format!(
                "The platform refuses this secret{}. Nothing was changed: the old one is in use.",
                why(run)
            ),
            theme.error,
        ),
        SecretPhase::Settled(..) => (
            "It could not be tried on any connection. Nothing was changed: the old one is in use.".to_owned(),
            theme.warning,
        ),
        SecretPhase::Asking(_, _, AskedIn::GoingBack) => (
            format!("All back to the old secret? {} use the new one, which is forgotten here.", count.proven),
            theme.warning,
        ),
        SecretPhase::Asking(_, secret, _) => (question(view, run, secret), theme.warning),
        SecretPhase::GoingBack(..) => {
            (format!("waiting for what is under way {}", view.glyphs().ellipsis), theme.notice)
        }
        SecretPhase::Ending(..) => (format!("saving {}", view.glyphs().ellipsis), theme.notice),
        _ if view.app.proving_goes_on_at(view.now).is_some() => (
            "The server asks for a pause. It goes on by itself afterwards; both secrets are kept.".to_owned(),
            theme.warning,
        ),
        _ if count.proven == 0 => {
            ("One goes first; the old secret is in use until the new one has worked.".to_owned(), theme.muted)
        }
        _ => (
            "Each uses the new secret from its proof on; the old one is kept until all are proven."
                .to_owned(),
            theme.muted,
        ),
    };
    say(view, &text, style, width)
}

/// What can be done where some use the new secret and some do not.
fn what_next(view: View<'_>, panel: &SecretPanel, run: &ProofRun) -> String {
    let (renew, open, back) = (view.key(Action::Renew), view.key(Action::Open), view.key(Action::Abandon));
    if panel.may_go_on() {
        return format!("Go on? {open} does; {back} takes all back to the old one.");
    }
    // The platform knows a new secret everywhere only after a while.
    let refused = if run.count().refused > 0 { "Refused: wait some minutes, then " } else { "" };
    format!("{refused}{renew} tries the rest, {open} keeps it so, {back} takes all back to the old one.")
}

/// What the person is asked who wants to leave.
fn question(view: View<'_>, run: &ProofRun, secret: &SecretToProve) -> String {
    let (proven, back) = (run.count().proven, view.key(Action::Abandon));
    match secret {
        SecretToProve::Held => format!(
            "Stop here? Both secrets are kept: {proven} use the new one, {} the old one. {back}: all go back to the old one.",
            run.rows().len() - proven
        ),
        SecretToProve::Typed { .. } if run.is_under_way() => {
            format!(
                "Stop here? The new secret is kept if the renewal under way works. {back}: the old one stays for all."
            )
        }
        SecretToProve::Typed { .. } => {
            "Stop here? The new secret has not worked yet, so it is not kept.".to_owned()
        }
    }
}

/// Why the first refused it, after a colon: where rows are narrow they have no room for it.
fn why(run: &ProofRun) -> String {
    let why = run.rows().iter().find_map(|row| match &row.state {
        ProofState::Ended(Proof::Refused(why)) => Some(printable(why)),
        _ => None,
    });
    why.map_or_else(String::new, |why| format!(": {why}"))
}

/// What it came to, and who is to be told.
fn draw_done(
    canvas: &mut Canvas<'_>,
    view: View<'_>,
    panel: &SecretPanel,
    (run, copies): (&ProofRun, usize),
) {
    let (theme, width, count) = (view.theme(), canvas.width(), run.count());
    let is_airy = canvas.rows_left() >= AIRY;
    if is_airy {
        canvas.blank();
    }
    let untried = match count.untried {
        0 => String::new(),
        untried => format!(", {untried} not tried"),
    };
    let told = format!(
        "The new secret is in use: {} proven{untried}. The old one is gone from here; remove it in the portal once nobody \
         uses it.",
        count.proven
    );
    canvas.lines(&say(view, &told, theme.good, width));
    if view.app.has_no_end_date(panel) {
        let key = view.key(Action::Edit);
        let told = format!("No end date: nobody is warned before it ends. {key} on a connection enters it.");
        canvas.lines(&say(view, &told, theme.warning, width));
    }
    if is_airy {
        canvas.blank();
    }
    let held = view.app.old_copies(panel);
    if copies == 0 {
        canvas.lines(&say(view, "Nobody else was given the old one from here.", theme.muted, width));
        return;
    }
    let heading = format!("Still with the old one: {} of {copies}", held.len());
    canvas.lines(&say(view, &heading, theme.heading, width));
    for (place, copy) in held.iter().enumerate().take(usize::from(canvas.rows_left())) {
        let (shape, style) = match place {
            0 => (view.glyphs().step_now, theme.accent),
            _ => (view.glyphs().step_later, theme.muted),
        };
        let name = view.app.connections.get(&copy.connection).map_or("", |own| own.name.as_str());
        let since = format!("since {}", view.when(copy.hand_over.at));
        let row = view.row().gap(2).text(shape, style).gap(1).fill(name, NAME.min(width / 2), theme.text);
        let told = format!("{}, {since}", printable(&copy.hand_over.keeper()));
        canvas.line(&row.gap(1).rest(&told, width.saturating_sub(1), theme.muted).build());
    }
}
