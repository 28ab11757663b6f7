//! On the Tokens tab: the last renewals, a mark for each, with a sentence that counts them.
//!
//! ```text
//! ─ Renewals ─────────────────────────────────────── last 24, since 21 Nov 14:52 ─
//!   ●●●●●●●●●●●●●▲●●●●●●●●●●  23 worked, 1 retried (429, 03:52), 0 failed
//!   03:52  the platform asks for a pause (HTTP 429)
//! ```
//!
//! With more room each mark has its time and what lay between it and the one before, and the newest are listed:
//!
//! ```text
//!   ●   ●   ▲   ●   ●   ●   ●   ●
//!       60m 60m 30s 60m 60m 3d  60m   since the one before
//!   01:52           03:52
//!   23 worked, 1 retried (429, 03:52), 0 failed
//! ```

use chrono::{NaiveDate, TimeDelta};
use ratatui::text::Line;
use unicode_width::UnicodeWidthStr;

use crate::domain::{Overview, Renewal, RenewalKind, RenewalOutcome};

use super::canvas::rule;
use super::view::{View, printable};

/// How many renewals are drawn as marks.
const MARKS: usize = 24;
/// Columns for a mark with what lay before it below: `60m` and a blank.
const PITCH: u16 = 4;
/// Marks from one time below them to the next: `21 Nov 03:52` and a blank need 13 columns.
const TIME_EVERY: usize = 4;
/// Spare lines from which the marks are drawn wide: two more for them, a blank, and a list that is worth its lines.
const ROOM_FOR_WIDE: usize = 6;
/// Fewer renewals than this are not worth a list.
const FEWEST_LISTED: usize = 3;
/// From this width on the sentence stands beside the marks.
const BESIDE_FROM: u16 = 60;

/// The chart; `room` lines more than marks and sentence are free for it.
pub(super) fn chart(view: View<'_>, overview: &Overview, width: u16, room: usize) -> Vec<Line<'static>> {
    let all = &overview.renewals;
    let is_wide = room >= ROOM_FOR_WIDE && all.len() > 1;
    let fitting = if is_wide { width.saturating_sub(2) / PITCH } else { width.saturating_sub(3) };
    let last = &all[all.len().saturating_sub(MARKS.min(usize::from(fitting).max(1)))..];
    let Some(first) = last.first() else { return none_yet(view, width) };
    let title = match last.len() {
        1 => String::new(),
        count => format!("last {count}, since {}", view.time(first.at)),
    };
    let mut lines = vec![rule(view.look, "Renewals", &title, width)];
    let listed = if is_wide {
        lines.extend(wide(view, last, width));
        room - 2
    } else {
        lines.extend(narrow(view, last, width));
        room
    };
    if listed >= FEWEST_LISTED {
        lines.push(Line::default());
        lines.extend(list(view, last, listed, width));
    } else {
        lines.extend(newest_trouble(view, last, width));
    }
    lines
}

fn none_yet(view: View<'_>, width: u16) -> Vec<Line<'static>> {
    let line = view.row().gap(2).text("none yet", view.theme().muted).build();
    vec![rule(view.look, "Renewals", "", width), line]
}

/// Mark by mark, and the sentence beside them or below.
fn narrow(view: View<'_>, last: &[Renewal], width: u16) -> Vec<Line<'static>> {
    let mut row = view.row().gap(2);
    for renewal in last {
        row = row.text(view.glyphs().renewal(&renewal.outcome), view.theme().renewal(&renewal.outcome));
    }
    if width < BESIDE_FROM {
        return vec![row.build(), counts(view, last, view.row().gap(2), width)];
    }
    vec![counts(view, last, row.gap(2), width)]
}

/// Marks, what lay between them, their times, and the sentence.
fn wide(view: View<'_>, last: &[Renewal], width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let mut marks = view.row();
    let mut gaps = view.row();
    let mut times = view.row();
    let mut told: Option<NaiveDate> = Some(view.date(view.now));
    for (place, renewal) in last.iter().enumerate() {
        let column = 2 + place as u16 * PITCH;
        marks =
            marks.to(column).text(view.glyphs().renewal(&renewal.outcome), theme.renewal(&renewal.outcome));
        if place > 0 {
            gaps = gaps.to(column).text(between(renewal.at - last[place - 1].at), theme.muted);
        }
        if place % TIME_EVERY == 0 {
            let day = view.date(renewal.at);
            let time = if told == Some(day) { view.hour(renewal.at) } else { view.time(renewal.at) };
            told = Some(day);
            // The last one may have no room for its day.
            let is_whole = column + time.width() as u16 <= width;
            let time = if is_whole { time } else { view.hour(renewal.at) };
            times = times.to(column).rest(&time, width, theme.muted);
        }
    }
    let caption = "since the one before";
    if gaps.width() + 2 + caption.len() as u16 <= width {
        gaps = gaps.gap(2).text(caption, theme.muted);
    }
    vec![marks.build(), gaps.build(), times.build(), counts(view, last, view.row().gap(2), width)]
}

/// The time between two renewals in three columns.
fn between(gap: TimeDelta) -> String {
    let seconds = gap.num_seconds().max(0);
    match seconds {
        0..100 => format!("{seconds}s"),
        100..6_000 => format!("{}m", seconds / 60),
        6_000..360_000 => format!("{}h", seconds / 3_600),
        360_000..8_640_000 => format!("{}d", seconds / 86_400),
        _ => ">3M".to_owned(),
    }
}

/// What the marks come to, in as many words as fit behind `row`.
fn counts(view: View<'_>, last: &[Renewal], row: super::canvas::Row<'_>, width: u16) -> Line<'static> {
    let worked = last.iter().filter(|renewal| renewal.outcome.worked()).count();
    let retried = Counted::of(last, |outcome| matches!(outcome, RenewalOutcome::WillRetry(_)));
    let failed = Counted::of(last, |outcome| matches!(outcome, RenewalOutcome::Failed(_)));
    let (brief_retried, brief_failed) = (retried.brief("retried"), failed.brief("failed"));
    let (retried, failed) = (retried.in_full(view, "retried"), failed.in_full(view, "failed"));
    let sentences = [
        format!("{worked} worked, {retried}, {failed}"),
        format!("{retried}, {failed}"),
        format!("{brief_retried}, {failed}"),
        format!("{brief_retried}, {brief_failed}"),
    ];
    let room = usize::from(width.saturating_sub(row.width()));
    let fitting = sentences.iter().find(|sentence| sentence.width() <= room).unwrap_or(&sentences[3]);
    row.rest(fitting, width, view.theme().muted).build()
}

/// The renewals that ended alike, and the newest of them.
struct Counted<'a> {
    count: usize,
    newest: Option<&'a Renewal>,
}

impl<'a> Counted<'a> {
    fn of(last: &'a [Renewal], is: fn(&RenewalOutcome) -> bool) -> Self {
        let mut alike = last.iter().rev().filter(|renewal| is(&renewal.outcome));
        let newest = alike.next();
        Self { count: alike.count() + usize::from(newest.is_some()), newest }
    }

    fn brief(&self, word: &str) -> String {
        format!("{} {word}", self.count)
    }

    /// `1 retried (429, 03:12)`.
    fn in_full(&self, view: View<'_>, word: &str) -> String {
        let Some(newest) = self.newest else { return self.brief(word) };
        let at = view.time(newest.at);
        let code = newest.outcome.line().and_then(code);
        let why = code.map_or_else(|| at.clone(), |code| format!("{code}, {at}"));
        let last = if self.count > 1 { "last " } else { "" };
        format!("{} ({last}{why})", self.brief(word))
    }
}

/// The number by which a refusal is known: `AADSTS700082`, or the status of the answer.
fn code(line: &str) -> Option<String> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let platform = line.split_once("AADSTS").map(|(_, after)| digits(after)).filter(|code| !code.is_empty());
    if let Some(code) = platform {
        return Some(format!("AADSTS{code}"));
    }
    let after = line.rsplit_once('(')?.1;
    let status = digits(after.strip_prefix("HTTP ").unwrap_or(after));
    (status.len() == 3).then_some(status)
}

/// The newest renewal that did not work, in a line.
fn newest_trouble(view: View<'_>, last: &[Renewal], width: u16) -> Option<Line<'static>> {
    let (at, line) = last.iter().rev().find_map(|renewal| Some((renewal.at, renewal.outcome.line()?)))?;
    let text = format!("{}  {}", view.time(at), printable(line));
    Some(view.row().gap(2).rest(&text, width.saturating_sub(1), view.theme().muted).build())
}

/// The newest one by one.
fn list(view: View<'_>, last: &[Renewal], room: usize, width: u16) -> Vec<Line<'static>> {
    let listed: Vec<&Renewal> = last.iter().rev().take(room).collect();
    let time = listed.iter().map(|renewal| view.time(renewal.at).len()).max().unwrap_or(0) as u16;
    listed.into_iter().map(|renewal| one(view, renewal, time, width)).collect()
}

/// When it was, and how it ended.
fn one(view: View<'_>, renewal: &Renewal, time: u16, width: u16) -> Line<'static> {
    let theme = view.theme();
    let style = theme.renewal(&renewal.outcome);
    let words = match (&renewal.outcome, renewal.kind) {
        (RenewalOutcome::Worked, RenewalKind::SignIn) => "signed in".to_owned(),
        (RenewalOutcome::Worked, RenewalKind::Refresh) => "renewed".to_owned(),
        (RenewalOutcome::Worked, RenewalKind::ClientCredentials) => "token issued".to_owned(),
        (RenewalOutcome::WorkedOddly(line), _) => format!("worked; {}", printable(line)),
        (RenewalOutcome::WillRetry(line) | RenewalOutcome::Failed(line), _) => printable(line),
    };
    view.row()
        .gap(2)
        .text(view.glyphs().renewal(&renewal.outcome), style)
        .gap(2)
        .right(&view.time(renewal.at), time, theme.muted)
        .gap(2)
        .rest(&words, width.saturating_sub(1), theme.text)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_take_three_columns_at_most() {
        for (seconds, expected) in [
            (-1, "0s"),
            (99, "99s"),
            (100, "1m"),
            (5_999, "99m"),
            (6_000, "1h"),
            (359_999, "99h"),
            (360_000, "4d"),
            (8_639_999, "99d"),
            (8_640_000, ">3M"),
        ] {
            assert_eq!(between(TimeDelta::seconds(seconds)), expected);
        }
    }

    #[test]
    fn refusals_are_known_by_their_number() {
        for (line, expected) in [
            ("the refresh token expired unused (AADSTS700082)", Some("AADSTS700082")),
            ("the platform asks for a pause (HTTP 429)", Some("429")),
            ("the platform asks to slow down (429)", Some("429")),
            ("the platform refused (invalid_grant)", None),
            ("no answer came within 30 s", None),
            ("AADSTS", None),
        ] {
            assert_eq!(code(line).as_deref(), expected, "{line}");
        }
    }
}
