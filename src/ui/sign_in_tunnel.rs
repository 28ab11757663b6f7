//! The sign-in panel while the answer comes through a tunnel: nothing is copied back.
//!
//! ```text
//!  ● 1  On your computer, open a tunnel to this machine    listening on port 8400
//!       ssh -L 8400:127.0.0.1:8400 ops@jump01
//!       PuTTY: Connection > SSH > Tunnels
//!              Source port 8400   Destination 127.0.0.1:8400   Local   Add
//!  ► 2  In a browser there, open                                       works once
//!       http://localhost:8400/go/kd7m2xqp
//!  ○ 3  Sign in as ops@contoso.com and accept 6 permissions
//! ```

use ratatui::style::Style;
use ratatui::text::Line;

use crate::app::{Action, GoFate, ListenerFacts, SignInPanel, TunnelFacts, TunnelLine};
use crate::domain::Overview;

use super::canvas::wrap;
use super::sign_in::{INDENT, Step, ended_credential, sent_words, step_line, who_accepts, who_consents};
use super::unlock::failure_lines;
use super::view::{View, printable};

/// Below this width words are left out.
const WIDE: u16 = 60;

/// The three steps, and which of them is on.
pub(super) fn steps(
    view: View<'_>,
    panel: &SignInPanel,
    overview: &Overview,
    width: u16,
) -> (Vec<Vec<Line<'static>>>, [Step; 3]) {
    let Some((facts, tunnel)) =
        panel.listening.facts().and_then(|facts| Some((facts, facts.tunnel.as_ref()?)))
    else {
        return (vec![opening(view)], [Step::Now, Step::Later, Step::Later]);
    };
    let steps = match (tunnel.fate, panel.handed) {
        (GoFate::Used, _) => [Step::Done, Step::Done, Step::Now],
        (_, None) => [Step::Now, Step::Later, Step::Later],
        (_, Some(_)) => [Step::Done, Step::Now, Step::Later],
    };
    let blocks = vec![
        open_tunnel(view, panel, facts, steps[0], width),
        open_address(view, panel, (facts, tunnel), steps[1], width),
        sign_in(view, overview, steps[2], width),
    ];
    (blocks, steps)
}

fn opening(view: View<'_>) -> Vec<Line<'static>> {
    let (theme, glyphs) = (view.theme(), view.glyphs());
    let text = format!("opening the port {}", glyphs.ellipsis);
    vec![view.row().gap(1).text(glyphs.step_now, theme.accent).gap(1).text(text, theme.text).build()]
}

fn open_tunnel(
    view: View<'_>,
    panel: &SignInPanel,
    facts: &ListenerFacts,
    step: Step,
    width: u16,
) -> Vec<Line<'static>> {
    let theme = view.theme();
    let right = if panel.handed == Some(TunnelLine::SshCommand) {
        sent_words(view, panel)
    } else {
        view.row().text(format!("listening on port {}", facts.port), theme.good).build()
    };
    let title = if width >= WIDE {
        "On your computer, open a tunnel to here"
    } else {
        "Open a tunnel on your computer"
    };
    let mut lines = vec![step_line(view, step, 1, title, right, width)];
    let command = facts.ssh_command().unwrap_or_default();
    lines.extend(text_lines(view, &command, theme.accent, width));
    lines.extend(putty(view, facts, width));
    lines.extend(not_sent(view, panel, TunnelLine::SshCommand, width));
    // Where lines are few the key line has to do.
    if step == Step::Now && width >= WIDE {
        lines.push(keys(view, "send the command", width));
    }
    lines
}

/// The values of PuTTY's own page, in its words.
fn putty(view: View<'_>, facts: &ListenerFacts, width: u16) -> Vec<Line<'static>> {
    let theme = view.theme();
    let (port, destination) = (facts.port.to_string(), facts.destination());
    let place = "Connection > SSH > Tunnels";
    let first = view.row().gap(INDENT).text("PuTTY: ", theme.muted).rest(place, width, theme.text).build();
    if width < WIDE {
        let values = [format!("Source port {port}, Local, Add"), format!("Destination {destination}")];
        let rest = values.iter().map(|text| view.row().gap(INDENT).rest(text, width, theme.text).build());
        return std::iter::once(first).chain(rest).collect();
    }
    let mut row = view.row().gap(INDENT + 7);
    for (name, value) in [("Source port", &port), ("Destination", &destination)] {
        row = row.text(name, theme.muted).gap(1).text(value.clone(), theme.text).gap(3);
    }
    vec![first, row.text("Local", theme.text).gap(3).text("Add", theme.text).build()]
}

fn open_address(
    view: View<'_>,
    panel: &SignInPanel,
    (facts, tunnel): (&ListenerFacts, &TunnelFacts),
    step: Step,
    width: u16,
) -> Vec<Line<'static>> {
    let theme = view.theme();
    let right = match tunnel.fate {
        GoFate::Used => view.row().text("opened", theme.good).build(),
        GoFate::Closed => view.row().text("closed: guessed at", theme.warning).build(),
        GoFate::Open if panel.handed == Some(TunnelLine::GoAddress) => sent_words(view, panel),
        GoFate::Open => view.row().text("works once", theme.muted).build(),
    };
    let mut lines = vec![step_line(view, step, 2, "In a browser there, open", right, width)];
    let style = if tunnel.fate == GoFate::Open { theme.accent } else { theme.muted };
    lines.extend(text_lines(view, &facts.go_address().unwrap_or_default(), style, width));
    lines.extend(not_sent(view, panel, TunnelLine::GoAddress, width));
    if tunnel.fate != GoFate::Open {
        lines.push(keys(view, "a new address", width));
    } else if step == Step::Now {
        let words = match panel.next_tunnel_line() {
            TunnelLine::SshCommand => "send the command again",
            TunnelLine::GoAddress => "send the address",
        };
        lines.push(keys(view, words, width));
    }
    lines
}

fn sign_in(view: View<'_>, overview: &Overview, step: Step, width: u16) -> Vec<Line<'static>> {
    let mut lines = vec![step_line(view, step, 3, &who_accepts(overview), Line::default(), width)];
    lines.extend(who_consents(view, overview, width));
    lines.extend(ended_credential(view, overview, width));
    let text = if width >= WIDE {
        "The answer comes back through the tunnel by itself."
    } else {
        "The answer comes back by itself."
    };
    let wrapped = wrap(text, width.saturating_sub(INDENT + 1));
    lines.extend(
        wrapped.into_iter().map(|text| view.row().gap(INDENT).text(text, view.theme().muted).build()),
    );
    lines
}

/// What `y` does next, and the ways back.
fn keys(view: View<'_>, words: &str, width: u16) -> Line<'static> {
    let theme = view.theme();
    let mut row = view.row().gap(INDENT);
    row = row.text(view.key(Action::Copy), theme.key).gap(1).text(words, theme.key_label);
    if width >= WIDE {
        for (action, words) in [(Action::Paste, "paste instead"), (Action::Tunnel, "no tunnel")] {
            row = row.gap(3).text(view.key(action), theme.key).gap(1).text(words, theme.key_label);
        }
    }
    row.build()
}

fn not_sent(view: View<'_>, panel: &SignInPanel, line: TunnelLine, width: u16) -> Vec<Line<'static>> {
    match &panel.sent {
        Some(Err(failure)) if panel.handed == Some(line) => {
            let failed = failure_lines(view, failure, width.saturating_sub(INDENT + 1));
            failed.into_iter().map(|line| view.row().gap(INDENT).append(line).build()).collect()
        }
        _ => Vec::new(),
    }
}

/// A command or address whole, in as many lines as it needs.
fn text_lines(view: View<'_>, text: &str, style: Style, width: u16) -> Vec<Line<'static>> {
    let lines = wrap(&printable(text), width.saturating_sub(INDENT));
    lines.into_iter().map(|text| view.row().gap(INDENT).text(text, style).build()).collect()
}
