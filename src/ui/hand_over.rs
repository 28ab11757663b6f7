//! Handing over: to whom, then the fields of the consumer's form, one key press each.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::app::copies::in_words;
use crate::app::hand_over::{Choice, choices};
use crate::app::{Action, HandOverPanel, HandOverPhase, HandOverRow};
use crate::domain::hand_over::FormField;
use crate::domain::{Consumer, Freshness, Lifetime, Overview};

use super::Regions;
use super::canvas::{Canvas, wrap};
use super::panel;
use super::unlock::failure_lines;
use super::view::View;

/// The least lines: the frame stays as high from one phase to the next.
const HEIGHT: u16 = 12;

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, panel: &HandOverPanel) {
    let name = view.app.connections.get(&panel.connection).map_or("", |overview| overview.name.as_str());
    let set = match &panel.phase {
        HandOverPhase::Handing { set, .. }
        | HandOverPhase::Asking { set, .. }
        | HandOverPhase::Done { set, .. } => {
            format!("one set, renewed {}", view.time(*set))
        }
        HandOverPhase::Choosing(_) | HandOverPhase::Renewing(_) | HandOverPhase::Failed(_) => String::new(),
    };
    let right = view.row().text(set, view.theme().muted).build();
    let title = match panel.phase {
        HandOverPhase::Choosing(_) => "Hand over".to_owned(),
        _ => format!("Hand over to {}", consumer_name(panel.consumer)),
    };
    let width = panel::WIDTH.min(regions.body.width);
    let height = HEIGHT.max(lines(view, panel, width).len() as u16 + 1);
    let area = panel::open(buffer, regions, view, (&title, name), right, (panel::WIDTH, height));
    let mut lines = lines(view, panel, area.width);
    // A line of explanation is worth less than the last field.
    if lines.len() > usize::from(area.height) {
        lines.retain(|line| line.width() > 0);
    }
    Canvas::new(buffer, area, view.look).lines(&lines);
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
        HandOverPhase::Choosing(row) => lines.extend(choice_lines(view, panel, *row, width)),
        HandOverPhase::Renewing(_) => {
            lines.extend(say(
                &format!("renewing first, since little is left of this set {}", view.glyphs().ellipsis),
                theme.notice,
            ));
        }
        HandOverPhase::Handing { rows, errand, .. } => {
            lines.extend(say("Each key press sends the next value to your terminal's clipboard, in the form's order; paste it, then come back.", theme.muted));
            lines.extend(
                warnings(panel.consumer, view.app.connections.get(&panel.connection), view.now)
                    .into_iter()
                    .flat_map(|text| say(text, theme.warning)),
            );
            lines.push(Line::default());
            lines.extend(value_lines(view, rows, panel.phase.next_field(), width));
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
                &format!("After closing this, {} writes them into a file.", view.key(Action::Export)),
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
            let own = view.app.connections.get(&panel.connection);
            let what_follows = if own.is_some_and(|own| own.settings.way_in.is_delegated()) {
                "Renewing here does not renew the copy over there. When it is to be handed over again, the list says so."
            } else {
                "The access token over there ends with its hour; a new one is asked for with the client's own credential."
            };
            lines.extend(say(what_follows, theme.muted));
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
    next: Option<FormField>,
    width: u16,
) -> Vec<Line<'static>> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    rows.iter()
        .enumerate()
        .map(|(place, row)| {
            let is_next = next == Some(row.field);
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
                .fill(row.field.label, 24, label_style)
                .gap(2)
                .rest(&told, width, theme.muted)
                .build()
        })
        .collect()
}

fn what_next(view: View<'_>, panel: &HandOverPanel, is_sending: bool) -> Line<'static> {
    let theme = view.theme();
    let Some(field) = panel.phase.next_field() else { return Line::default() };
    if is_sending {
        return view.row().gap(2).text(format!("sending {}", view.glyphs().ellipsis), theme.notice).build();
    }
    view.row()
        .gap(2)
        .text(view.key(Action::Copy), theme.key)
        .gap(1)
        .text(format!("send the {}", field.value.noun()), theme.text)
        .build()
}

/// As the chooser calls it; in sentences it is [`Consumer::name`].
fn consumer_name(consumer: Consumer) -> &'static str {
    match consumer {
        Consumer::Other => "another program",
        own => own.name(),
    }
}

/// What the form asks for, in a few words.
fn form_words(consumer: Consumer) -> &'static str {
    match consumer {
        Consumer::AppConnect => "4 fields, BASIC OAUTH",
        Consumer::SnapLogic => "7 fields, with its endpoints",
        Consumer::N8n => "4 fields, then it signs in itself",
        Consumer::Other => "4 values, plain",
    }
}

/// What may go wrong over there, whether it works here or not.
fn warnings(consumer: Consumer, overview: Option<&Overview>, now: DateTime<Utc>) -> Vec<&'static str> {
    let Some(overview) = overview else { return Vec::new() };
    let is_shared = matches!(overview.settings.tenant.as_str(), "common" | "organizations");
    let tenant = (consumer == Consumer::AppConnect && !is_shared)
        .then_some("App Connect is not told the tenant: an app of one tenant alone may not renew there.");
    let is_over = |lifetime: Option<Lifetime>| lifetime.is_some_and(|own| own.is_expired_at(now));
    let ended = match () {
        () if !consumer.takes_tokens() => None,
        () if is_over(overview.refresh_lifetime()) => Some("Both tokens have ended: sign in first (a)."),
        () if is_over(overview.primary_access().map(|own| own.lifetime)) => {
            Some("The access token has ended, and it could not be renewed first.")
        }
        () => None,
    };
    ended.into_iter().chain(tenant).collect()
}

fn choice_lines(view: View<'_>, panel: &HandOverPanel, chosen: usize, width: u16) -> Vec<Line<'static>> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let Some(overview) = view.app.connections.get(&panel.connection) else { return Vec::new() };
    let copies = overview.held_copies(view.now);
    let mut lines = Vec::new();
    let mut is_below_copies = false;
    for (place, choice) in choices(overview, view.now).iter().enumerate() {
        let held = choice.held(&copies);
        if matches!(choice, Choice::Copy(_)) && !is_below_copies {
            is_below_copies = true;
            lines.push(Line::default());
            lines.push(view.row().gap(2).text("Exported or copied before", theme.muted).build());
        }
        let cursor = if place == chosen { glyphs.cursor } else { " " };
        let row = view.row().gap(1).text(cursor, theme.accent).gap(1);
        let row = match choice {
            Choice::Consumer(consumer) => row.fill(consumer_name(*consumer), 17, theme.text).gap(1).rest(
                form_words(*consumer),
                width.saturating_sub(1),
                theme.muted,
            ),
            Choice::Copy(_) => row,
        };
        let row = match held {
            Some(copy) => {
                let (shape, style) = match copy.freshness {
                    Freshness::Current => (glyphs.yes, theme.good),
                    Freshness::Older => (glyphs.separator, theme.muted),
                    Freshness::Outdated(_) => (glyphs.soon, theme.warning),
                };
                let told = match choice {
                    Choice::Consumer(_) => held_words(view, &copy),
                    Choice::Copy(_) => in_words(&copy, &|at| view.when(at)),
                };
                let row = if row.width() > 4 { row.to(width.min(54)).gap(1) } else { row };
                row.text(shape, style).gap(1).rest(&told, width.saturating_sub(1), theme.text)
            }
            None => row,
        };
        let line = row.build();
        lines.push(if place == chosen { line.style(theme.selected) } else { line });
    }
    lines
}

/// What a consumer has, without its name.
fn held_words(view: View<'_>, copy: &crate::domain::HeldCopy<'_>) -> String {
    match copy.freshness {
        Freshness::Current => format!("current, of {}", view.when(copy.token_of())),
        Freshness::Older => format!("has that of {}", view.when(copy.token_of())),
        Freshness::Outdated(_) => format!("again: has that of {}", view.when(copy.token_of())),
    }
}
