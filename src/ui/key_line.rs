//! The line of keys that work here: as many as fit, help at its end.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::connections::Showing;
use crate::app::{
    Action, AskedIn, Context, ExportPhase, GoFate, HandOverPhase, Panel, Question, QueueStep, SecretPanel,
    SecretPhase, replacing,
};
use crate::domain::{NextStep, Verdict};

use super::canvas::{Canvas, Row};
use super::view::View;

/// Keys that need no telling.
const LEFT_OUT: [Action; 18] = [
    Action::Up,
    Action::Down,
    Action::Left,
    Action::Right,
    Action::HalfPageUp,
    Action::HalfPageDown,
    Action::First,
    Action::Last,
    Action::ShowConnections,
    Action::ShowPermissions,
    Action::ShowTokens,
    Action::ShowActivity,
    Action::PreviousTab,
    Action::NextTab,
    Action::PreviousField,
    Action::Help,
    Action::Interrupt,
    Action::Toggle,
];

pub(super) fn draw(buffer: &mut Buffer, area: Rect, view: View<'_>) {
    let mut canvas = Canvas::new(buffer, area, view.look);
    let help = help(view);
    let room = area.width.saturating_sub(help.width() + 1);
    let mut row = view.row();
    for action in shown(view) {
        let gap = if row.width() > 0 { 2 } else { 1 };
        let next = pair(view, row.clone().gap(gap), action);
        if next.width() < room {
            row = next;
        }
    }
    canvas.line(&row.end(help.build(), area.width.saturating_sub(1)).build());
}

fn shown(view: View<'_>) -> Vec<Action> {
    let context = view.app.context();
    let by_enter = view.app.queue_step(view.now).filter(|_| context == Context::Connections);
    let by_enter = by_enter.map(QueueStep::action);
    let kept = |action: &Action| match (context, action) {
        // Two keys that do the same: one is told.
        (_, action) if by_enter == Some(*action) => false,
        (Context::SecretReplacement, Action::Renew) => !view.app.panel.as_ref().is_some_and(may_go_on),
        (Context::InputPane | Context::SecretReplacement, Action::NextField | Action::Interrupt)
        | (Context::Permissions, Action::Toggle)
        | (Context::Door, Action::Interrupt) => true,
        (Context::Export, Action::NextField | Action::HalfPageDown) => true,
        (Context::HandOver, Action::Open) => view.app.panel.as_ref().is_some_and(is_choosing),
        (_, Action::NextField) => false,
        (_, Action::Back) => is_closable(context),
        (_, action) => !LEFT_OUT.contains(action),
    };
    view.app.on_offer(view.now).into_iter().filter(kept).collect()
}

fn may_go_on(panel: &Panel) -> bool {
    matches!(panel, Panel::Secret(own) if own.may_go_on())
}

fn is_choosing(panel: &Panel) -> bool {
    matches!(panel, Panel::HandOver(own) if matches!(own.phase, HandOverPhase::Choosing(_)))
}

/// Esc does something worth telling where there is something to leave.
fn is_closable(context: Context) -> bool {
    !matches!(context, Context::Connections | Context::Permissions | Context::Tokens | Context::Activity)
}

fn help(view: View<'_>) -> Row<'_> {
    let context = view.app.context();
    let works = !view.app.is_typing()
        && !matches!(context, Context::FirstRun | Context::Door | Context::Help | Context::PlainPage);
    if works { pair(view, view.row(), Action::Help) } else { view.row() }
}

fn pair<'a>(view: View<'_>, row: Row<'a>, action: Action) -> Row<'a> {
    row.text(view.key_now(action), view.theme().key).gap(1).text(label(view, action), view.theme().key_label)
}

/// What a key does while a secret is replaced.
fn secret_label(panel: &SecretPanel, action: Action) -> &'static str {
    match (&panel.phase, action) {
        (SecretPhase::Typing(_), Action::Open) => "prove it",
        (SecretPhase::Proving(..), Action::Back) => "stop",
        (SecretPhase::Settled(_, _, Verdict::Partly), Action::Back) => "leave",
        (SecretPhase::Settled(..), Action::Abandon) => "undo",
        (SecretPhase::Settled(run, ..), Action::Open | Action::Renew)
            if run.verdict() == Some(Verdict::AllProven) =>
        {
            "finish"
        }
        (SecretPhase::Settled(..), Action::Open) if panel.may_go_on() => "go on",
        (SecretPhase::Settled(_, _, Verdict::Partly), Action::Open) => "keep both",
        (SecretPhase::Settled(_, _, Verdict::Partly), Action::Renew) => "retry",
        (SecretPhase::Settled(..), Action::Open) => "another secret",
        (SecretPhase::Settled(..), Action::Renew) => "try all",
        (SecretPhase::Asking(_, _, AskedIn::GoingBack), Action::Open) => "all back",
        (SecretPhase::Asking(..), Action::Open) => "stop here",
        (SecretPhase::Asking(..), Action::Abandon) => "back to the old one",
        (SecretPhase::Asking(_, _, AskedIn::Proving), Action::Back) => "go on",
        (SecretPhase::Asking(_, _, AskedIn::Settled | AskedIn::GoingBack), Action::Back) => "no",
        (SecretPhase::Done { .. }, Action::HandOver) => "hand over the next",
        (_, Action::Back) => "close",
        (_, action) => action.label(),
    }
}

/// True if the certificate of the chosen connection is what comes next.
fn replaces_certificate(view: View<'_>) -> bool {
    view.app.chosen().is_some_and(|own| {
        own.next_step(view.now) == NextStep::ReplaceSecret && replacing(own) == Action::Edit
    })
}

/// The word for what the key does here.
fn label(view: View<'_>, action: Action) -> &'static str {
    let panel = view.app.panel.as_ref();
    match (view.app.context(), action) {
        (Context::InputPane, Action::Open) => "save",
        (Context::InputPane | Context::FirstRun, Action::Back) => "cancel",
        (Context::FirstRun, Action::Open) => "go on",
        (Context::Door, Action::Open) => "open the vault",
        (Context::Door, Action::Interrupt) => "quit",
        (Context::Line, Action::Open) => "keep",
        (Context::Line, Action::Back) => "clear",
        (Context::SignIn, Action::Open) => "read it",
        (Context::SignIn, Action::Authorize) => "begin again",
        (Context::SignIn, Action::Copy) => match panel {
            Some(Panel::SignIn(panel)) if panel.shows_tunnel() => match panel.listening.fate() {
                Some(GoFate::Used | GoFate::Closed) => "new address",
                Some(GoFate::Open) | None => "send",
            },
            _ => "send again",
        },
        (Context::SignIn, Action::Tunnel) => match panel {
            Some(Panel::SignIn(panel)) if panel.shows_tunnel() => "no tunnel",
            _ => "tunnel",
        },
        (Context::SignIn, Action::Back) => match panel {
            Some(Panel::SignIn(panel)) if panel.paste.focused => "leave the field",
            _ => "keep and close",
        },
        (Context::DeviceSignIn, Action::Copy) => "send address",
        (Context::DeviceSignIn, Action::Authorize) => "new code",
        (Context::DeviceSignIn, Action::Paste) => "by browser",
        (Context::DeviceSignIn, Action::Back) => "keep and close",
        (Context::HandOver, Action::Copy) => "send the next",
        (Context::HandOver, Action::Open) if panel.is_some_and(is_choosing) => "choose",
        (Context::HandOver, Action::Remove) => "forget it",
        (Context::Export, Action::Open) => match panel {
            Some(Panel::Export(panel)) if matches!(panel.phase, ExportPhase::Done(_)) => "close",
            Some(Panel::Export(panel)) if matches!(panel.phase, ExportPhase::Asking(..)) => "yes",
            _ => "write the file",
        },
        (Context::Export, Action::Copy) => "to the clipboard",
        (Context::Export, Action::HalfPageDown) => "scroll",
        (Context::Export, Action::Back) => match panel {
            Some(Panel::Export(panel)) if matches!(panel.phase, ExportPhase::Asking(..)) => "no",
            _ => "close",
        },
        (Context::HandOver, Action::Open) => match panel {
            Some(Panel::HandOver(panel)) if matches!(panel.phase, HandOverPhase::Asking { .. }) => {
                "they arrived"
            }
            _ => "close",
        },
        (Context::HandOver, Action::Back) => match panel {
            Some(Panel::HandOver(panel))
                if matches!(panel.phase, HandOverPhase::Done { .. } | HandOverPhase::Choosing(_)) =>
            {
                "close"
            }
            _ => "stop",
        },
        (Context::SecretReplacement, action) => match panel {
            Some(Panel::Secret(panel)) => secret_label(panel, action),
            _ => action.label(),
        },
        (Context::Question, Action::Open) => match view.app.question() {
            Some(Question::Remove { .. }) => "remove",
            Some(Question::Copy { .. }) => "send",
            Some(Question::RenewAll(_)) => "renew",
            Some(Question::AcceptRestored(_)) => "accept",
            Some(Question::Abandon(_) | Question::AbandonDevice(_)) => "give up",
            Some(Question::DeviceCode(_)) => "get a code",
            Some(Question::DiscardForm(_)) => "discard",
            Some(Question::PublicClient(_)) => "save",
            Some(Question::DropTokens(_)) => "drop and save",
            Some(Question::LeaveUnsaved) => "leave",
            None => "yes",
        },
        (Context::Question, Action::Back) => "no",
        (Context::Permissions, Action::New) => "next found",
        (Context::Permissions, Action::NewLike) => "found before",
        (Context::Permissions, Action::Filter) => "search",
        (Context::Presets, Action::Open) => "ask for these",
        (Context::Presets, Action::Back) => "leave",
        (Context::Help | Context::PlainPage, Action::Back) => "close",
        (Context::Connections, Action::Open) => match view.app.queue_step(view.now) {
            Some(QueueStep::SignIn) => "sign in",
            Some(QueueStep::AskConsent) => "ask for consent",
            Some(QueueStep::Mend) => "mend",
            Some(QueueStep::ReplaceSecret) => "replace secret",
            Some(QueueStep::ReplaceCertificate) => "replace certificate",
            Some(QueueStep::Accept) => "accept?",
            None => action.label(),
        },
        (Context::Connections | Context::Tokens, Action::Edit) if replaces_certificate(view) => {
            "replace certificate"
        }
        (Context::Connections, Action::NeedsMe) if view.app.connections.needs_me => "show all",
        (Context::Connections, Action::Forecast) if view.app.connections.showing == Showing::Forecast => {
            "the list"
        }
        (_, action) => action.label(),
    }
}
