//! Questions that are answered before something is done, in a frame of their own.

use ratatui::buffer::Buffer;
use ratatui::text::Line;

use crate::app::{Action, Field, Question};
use crate::domain::{ConnectionId, ConnectionValue};

use super::Regions;
use super::canvas::{Canvas, wrap};
use super::field::{Focus, field_line};
use super::panel;
use super::view::View;

const WIDTH: u16 = 62;

pub(super) fn draw(buffer: &mut Buffer, regions: &Regions, view: View<'_>, question: &Question) {
    let width = WIDTH.min(regions.body.width.saturating_sub(4));
    let lines = lines(view, question, width);
    let area = panel::dialog(buffer, regions, view, title(question), (width, lines.len() as u16));
    let mut canvas = Canvas::new(buffer, area, view.look);
    canvas.lines(&lines);
}

fn title(question: &Question) -> &'static str {
    match question {
        Question::Remove { .. } => "Remove a connection",
        Question::Copy { .. } => "Send a long-lived secret?",
        Question::RenewAll(_) => "Renew all that are due?",
        Question::AcceptRestored(_) => "Accept a record from a backup?",
        Question::Abandon(_) | Question::AbandonDevice(_) => "Give up the sign-in?",
        Question::DeviceCode(_) => "Sign in by device code?",
        Question::DiscardForm(_) => "Throw away the form?",
        Question::PublicClient(_) => "Save without a client secret?",
        Question::DropTokens(_) => "Drop the tokens?",
        Question::LeaveUnsaved => "NOT SAVED: leave all the same?",
    }
}

fn lines(view: View<'_>, question: &Question, width: u16) -> Vec<Line<'static>> {
    match question {
        Question::Remove { connection, field, removing } => {
            remove(view, connection, field, removing.is_some(), width)
        }
        Question::Copy { connection, value } => copy(view, connection, *value, width),
        Question::RenewAll(connections) => {
            let count = connections.len();
            let plural = if count == 1 { "connection" } else { "connections" };
            asked(
                view,
                &format!("{count} {plural} will be renewed now, one after the other."),
                "renew",
                width,
            )
        }
        Question::AcceptRestored(connection) => {
            let text = format!(
                "{} goes on with what was put back; what came since is lost. Its refresh token may be used up: a strict \
                 server then ends the whole sign-in. Safer: sign in again.",
                name(view, connection)
            );
            asked(view, &text, "accept", width)
        }
        Question::Abandon(_) => asked(
            view,
            "The address that was sent stops working here. What is stored stays as it is.",
            "give up",
            width,
        ),
        Question::AbandonDevice(_) => asked(
            view,
            "The code is not asked about any more: entering it brings nothing here. What is stored stays as it is.",
            "give up",
            width,
        ),
        Question::DeviceCode(_) => asked(
            view,
            "A code is shown here, and you enter it on another device. Many tenants block this, at once or at a renewal. \
             Never enter a code that somebody else sent you: that is a trap. Device code becomes this connection's way in.",
            "get a code",
            width,
        ),
        Question::DiscardForm(_) => {
            asked(view, "What was typed into the form is lost. Nothing stored changes.", "discard", width)
        }
        Question::LeaveUnsaved => asked(view, &unsaved(view), "leave all the same", width),
        Question::DropTokens(_) => asked(
            view,
            "The tokens belong to the app registration of before and mean nothing to this one: they are removed, and somebody \
             has to sign in again.",
            "drop them and save",
            width,
        ),
        Question::PublicClient(_) => asked(
            view,
            "Without a secret it is a public client: right only if the redirect URI is registered under Mobile and \
             desktop applications. Esc leads to the field for the secret.",
            "save",
            width,
        ),
    }
}

/// What would be left behind, and what becomes of it.
fn unsaved(view: View<'_>) -> String {
    let names: Vec<&str> = view.app.connections.unsaved().map(|own| own.name.as_str()).collect();
    let (what, they) = match names.len() {
        1 => ("1 renewal is".to_owned(), "It is"),
        count => (format!("{count} renewals are"), "They are"),
    };
    format!(
        "{what} not saved: {}. {they} tried again every 5 s while tokengauge runs. On leaving, a sealed copy is kept \
         outside of the vault, and the next start takes it in.",
        listed(&names)
    )
}

/// The first names, and how many more there are.
fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 3;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names[..names.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

fn remove(
    view: View<'_>,
    id: &ConnectionId,
    field: &Field,
    is_removing: bool,
    width: u16,
) -> Vec<Line<'static>> {
    let theme = view.theme();
    let name = name(view, id);
    let mut lines = vec![Line::default()];
    let text =
        "Its tokens and history are deleted here. The app registration and its consent stay in the tenant.";
    lines.extend(paragraph(view, text, width));
    lines.push(Line::default());
    lines.push(
        view.row()
            .gap(2)
            .text("Type ", theme.text)
            .text(name, theme.heading)
            .text(" to remove it:", theme.text)
            .build(),
    );
    lines.push(view.row().gap(2).append(field_line(view, field, width.min(48), Focus::Here)).build());
    lines.push(if is_removing {
        view.row().gap(2).text(format!("removing {}", view.glyphs().ellipsis), theme.notice).build()
    } else {
        Line::default()
    });
    lines
}

fn copy(view: View<'_>, id: &ConnectionId, value: ConnectionValue, width: u16) -> Vec<Line<'static>> {
    let text = format!(
        "The {} of {} goes to your terminal's clipboard, where other programs can read it.",
        value.noun(),
        name(view, id)
    );
    asked(view, &text, "send", width)
}

fn asked(view: View<'_>, text: &str, yes: &str, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let mut lines = vec![Line::default()];
    lines.extend(paragraph(view, text, width));
    lines.push(Line::default());
    let answers = view
        .row()
        .gap(2)
        .text(view.key(Action::Open), theme.key)
        .gap(1)
        .text(yes, theme.text)
        .gap(4)
        .text(view.key(Action::Back), theme.key)
        .gap(1)
        .text("no", theme.text);
    lines.push(answers.build());
    lines.push(Line::default());
    lines
}

fn paragraph(view: View<'_>, text: &str, width: u16) -> Vec<Line<'static>> {
    let lines = wrap(text, width.saturating_sub(2));
    lines.into_iter().map(|line| view.row().gap(2).text(line, view.theme().text).build()).collect()
}

fn name(view: View<'_>, id: &ConnectionId) -> String {
    view.app.connections.get(id).map_or_else(|| "it".to_owned(), |overview| overview.name.to_string())
}
