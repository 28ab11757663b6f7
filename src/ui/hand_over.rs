//! Handing over: the four values of one set, one key press each, in the order of the consumer's form.

use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::app::{Action, HandOverPanel, HandOverPhase, HandOverRow};

use super::Regions;
use super::canvas::{Canvas, wrap};
use super::panel;
use super::unlock::failure_lines;
use super::view::View;

/// Lines of the longest phase.
const HEIGHT: u16 = 11;

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, panel: &HandOverPanel) {
    let name = view.app.connections.get(&panel.connection).map_or("", |overview| overview.name.as_str());
    let set = match &panel.phase {
        HandOverPhase::Handing { set, .. }
        | HandOverPhase::Asking { set, .. }
        | HandOverPhase::Done { set, .. } => {
            format!("one set, renewed {}", view.time(*set))
        }
        HandOverPhase::Renewing(_) | HandOverPhase::Failed(_) => String::new(),
    };
    let right = view.row().text(set, view.theme().muted).build();
    let area = panel::open(buffer, regions, view, ("Hand over", name), right, (panel::WIDTH, HEIGHT));
    let mut canvas = Canvas::new(buffer, area, view.look);
    canvas.lines(&lines(view, panel, area.width));
}

fn lines(view: View<'_>, panel: &HandOverPanel, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let say = |text: &str, style| -> Vec<Line<'static>> {
        wrap(text, width.saturating_sub(4))
            .into_iter()
            .map(|line| view.row().gap(2).text(line, style).build())
            .collect()
    };
    let mut lines = vec![Line::default()];
    match &panel.phase {
        HandOverPhase::Renewing(_) => {
            lines.extend(say(
                &format!("renewing first, since little is left of this set {}", view.glyphs().ellipsis),
                theme.notice,
            ));
        }
        HandOverPhase::Handing { rows, errand, .. } => {
            lines.extend(say("In the order of App Connect's form. Each key press sends the next value to your terminal's clipboard; paste it, then come back.", theme.muted));
            lines.push(Line::default());
            lines.extend(value_lines(view, rows, panel.phase.next_value(), width));
            lines.push(Line::default());
            lines.push(what_next(view, panel, errand.is_some()));
        }
        HandOverPhase::Asking { rows, .. } => {
            lines.extend(value_lines(view, rows, None, width));
            lines.push(Line::default());
            lines.extend(say("Did they all arrive? A terminal does not tell.", theme.text));
            let answers = view
                .row()
                .gap(2)
                .text(view.key(Action::Open), theme.key)
                .text(" yes, remember it", theme.text);
            let answers = answers.gap(3).text(view.key(Action::Back), theme.key).text(" no", theme.text);
            lines.push(answers.build());
            lines.extend(say(
                "In a shell: tokengauge export NAME --format env --output FILE gives all four as well.",
                theme.muted,
            ));
        }
        HandOverPhase::Done { rows, .. } => {
            lines.extend(value_lines(view, rows, None, width));
            lines.push(Line::default());
            lines.push(
                view.row()
                    .gap(2)
                    .text(view.glyphs().yes, theme.good)
                    .gap(1)
                    .text("they arrived, and it is remembered", theme.good)
                    .build(),
            );
            lines.push(Line::default());
            lines.extend(say("Renewing here does not renew the copy over there. When the refresh token here is a newer one, the list says so.", theme.muted));
        }
        HandOverPhase::Failed(failure) => {
            let failed = failure_lines(view, failure, width.saturating_sub(4));
            lines.extend(failed.into_iter().map(|line| view.row().gap(2).append(line).build()));
        }
    }
    lines
}

fn value_lines(
    view: View<'_>,
    rows: &[HandOverRow],
    next: Option<crate::domain::ConnectionValue>,
    width: u16,
) -> Vec<Line<'static>> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    rows.iter()
        .enumerate()
        .map(|(place, row)| {
            let is_next = next == Some(row.value);
            let (mark, style) = match () {
                () if row.sent.is_some() => (glyphs.step_done, theme.good),
                () if is_next => (glyphs.step_now, theme.accent),
                () => (glyphs.step_later, theme.muted),
            };
            let told = match &row.sent {
                Some(delivery) => delivery.in_words(),
                None if is_next => "next".to_owned(),
                None => String::new(),
            };
            let label_style = if is_next { theme.heading } else { theme.text };
            view.row()
                .gap(2)
                .text(mark, style)
                .gap(1)
                .text((place + 1).to_string(), theme.muted)
                .gap(2)
                .fill(row.value.label(), 16, label_style)
                .gap(2)
                .rest(&told, width, theme.muted)
                .build()
        })
        .collect()
}

fn what_next(view: View<'_>, panel: &HandOverPanel, is_sending: bool) -> Line<'static> {
    let theme = view.theme();
    let Some(value) = panel.phase.next_value() else { return Line::default() };
    if is_sending {
        return view.row().gap(2).text(format!("sending {}", view.glyphs().ellipsis), theme.notice).build();
    }
    view.row()
        .gap(2)
        .text(view.key(Action::Copy), theme.key)
        .gap(1)
        .text(format!("send the {}", value.noun()), theme.text)
        .build()
}
