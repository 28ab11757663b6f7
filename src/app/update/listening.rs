//! Listening for the browser's answer: when it begins, what becomes of what comes, and that it ends.

use chrono::{DateTime, Utc};

use crate::domain::secret::PastedText;
use crate::domain::{Capture, ConnectionId, ListenAt, WayIn};

use crate::app::{
    App, Browser, Edit, Effect, Failure, GoFate, ListenerFacts, Listening, Panel, Pasted, Phase, RequestId,
    SignInPanel, TunnelLine, Way,
};

impl App {
    /// The address has been prepared: it goes out, and whatever is to be listened for is.
    pub(super) fn await_answer(&mut self, panel: &mut SignInPanel) -> Vec<Effect> {
        let mut effects = Vec::new();
        // At the other end of a tunnel a short address leads to it.
        if panel.capture != Capture::Tunnel {
            effects.push(self.send(panel, Way::Clipboard));
        }
        effects.extend(self.listen(panel));
        effects
    }

    pub(super) fn send(&mut self, panel: &mut SignInPanel, way: Way) -> Effect {
        let (request, effect) = self.send_address(&panel.connection, way);
        panel.errand = Some(request);
        effect
    }

    /// A listener of its own for the panel; the one before it ends.
    pub(super) fn listen(&mut self, panel: &mut SignInPanel) -> Option<Effect> {
        if !panel.capture.listens() {
            return None;
        }
        let request = self.request();
        panel.listening = Listening::Starting(request);
        self.listener = Some(request);
        Some(Effect::Listen { request, connection: panel.connection.clone(), capture: panel.capture })
    }

    /// From pasting to the tunnel, and back; the connection keeps it.
    pub(super) fn switch_tunnel(&mut self, mut panel: SignInPanel, now: DateTime<Utc>) -> Vec<Effect> {
        let back = panel.shows_tunnel() && !panel.other_ways;
        panel.other_ways = false;
        panel.refusal = None;
        panel.paste.clear();
        if panel.capture == Capture::Tunnel && !back {
            // It was chosen before: what hid it goes, and a port that was taken is tried again.
            let effects = if panel.listening.request().is_some() { None } else { self.listen(&mut panel) };
            self.panel = Some(Panel::SignIn(panel));
            return effects.into_iter().collect();
        }
        panel.capture = if back { Capture::Paste } else { Capture::Tunnel };
        panel.handed = None;
        panel.listening = Listening::Off;
        let way_in = WayIn::AuthorizationCode(panel.capture);
        let request = self.request();
        let connection = panel.connection.clone();
        let mut effects = vec![Effect::Change { request, connection, edit: Box::new(Edit::WayIn(way_in)) }];
        let attempt = self.connections.get(&panel.connection).and_then(|own| own.open_code_attempt(now));
        if attempt.is_none_or(|attempt| attempt.can_come_back_by(panel.capture)) {
            effects.extend(self.await_answer(&mut panel));
        } else {
            // One that can be listened for follows when this has been kept.
            panel.phase = Phase::Beginning(request);
        }
        self.panel = Some(Panel::SignIn(panel));
        effects
    }

    /// A browser on this machine ends on a page of ours, not on one that cannot be reached.
    pub(super) fn listen_for_browser_here(
        &mut self,
        panel: &mut SignInPanel,
        now: DateTime<Utc>,
    ) -> Option<Effect> {
        let attempt = self.connections.get(&panel.connection).and_then(|own| own.open_code_attempt(now))?;
        let has_port = matches!(attempt.redirect_uri.listen_at(), Some(ListenAt::Port(_)));
        let is_here = self.environment.browser == Browser::Here;
        if !is_here || !has_port || panel.listening.request().is_some() {
            return None;
        }
        panel.capture = Capture::Loopback;
        self.listen(panel)
    }

    /// The next line for the other end of the tunnel; a new one-time address once the old one is spent.
    pub(super) fn hand_tunnel_line(&mut self, panel: &mut SignInPanel) -> Option<Effect> {
        let facts = panel.listening.facts()?;
        if facts.tunnel.as_ref().is_some_and(|tunnel| tunnel.fate != GoFate::Open) {
            panel.handed = Some(TunnelLine::SshCommand);
            return self.listen(panel);
        }
        let line = panel.next_tunnel_line();
        let text = match line {
            TunnelLine::SshCommand => facts.ssh_command()?,
            TunnelLine::GoAddress => facts.go_address()?,
        };
        let request = self.request();
        panel.errand = Some(request);
        panel.handed = Some(line);
        Some(Effect::SendText { request, text })
    }

    pub(super) fn take_listening(
        &mut self,
        request: RequestId,
        result: Result<ListenerFacts, Failure>,
    ) -> Vec<Effect> {
        let Some(panel) = self.listening_panel(request) else { return Vec::new() };
        match result {
            Ok(facts) => {
                panel.listening = Listening::On(request, facts);
                Vec::new()
            }
            Err(failure) => {
                panel.listening = Listening::Failed(failure);
                // Pasting goes on, and that begins with the address.
                if panel.capture != Capture::Tunnel {
                    return Vec::new();
                }
                let connection = panel.connection.clone();
                let (errand, effect) = self.send_address(&connection, Way::Clipboard);
                if let Some(panel) = self.sign_in_panel_of(&connection) {
                    panel.errand = Some(errand);
                }
                vec![effect]
            }
        }
    }

    /// The browser's answer goes the way of a paste, also behind a locked screen.
    pub(super) fn take_redirect(
        &mut self,
        request: RequestId,
        text: PastedText,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let Some(mut panel) = self.raise_listening_panel(request) else { return Vec::new() };
        panel.listening = Listening::Off;
        // It closes by itself when its reply has been read.
        self.listener = None;
        self.paste_into_sign_in(panel, &Pasted::Whole(text), now)
    }

    /// The sign-in that listens comes to the front; what stood before it comes back afterwards.
    fn raise_listening_panel(&mut self, request: RequestId) -> Option<SignInPanel> {
        self.raise_sign_in(|panel| panel.listening.request() == Some(request))
    }

    /// Takes this sign-in from the front or from what is covered; what stands before it is covered.
    pub(super) fn raise_sign_in(&mut self, wanted: impl Fn(&SignInPanel) -> bool) -> Option<SignInPanel> {
        let holds = |panel: &Panel| panel.sign_in().is_some_and(&wanted);
        if let Some(panel) = self.panel.take_if(|panel| holds(panel)) {
            return panel.into_sign_in();
        }
        let place = self.covered.iter().position(holds)?;
        let panel = self.covered.remove(place);
        self.covered.extend(self.panel.take());
        panel.into_sign_in()
    }

    /// The open sign-in panels, also behind a question or another panel.
    fn sign_in_panels(&mut self) -> impl Iterator<Item = &mut SignInPanel> {
        self.panel.iter_mut().chain(&mut self.covered).filter_map(Panel::sign_in_mut)
    }

    fn listening_panel(&mut self, request: RequestId) -> Option<&mut SignInPanel> {
        self.sign_in_panels().find(|panel| panel.listening.request() == Some(request))
    }

    fn sign_in_panel_of(&mut self, connection: &ConnectionId) -> Option<&mut SignInPanel> {
        self.sign_in_panels().find(|panel| panel.connection == *connection)
    }

    /// A listener that no open sign-in waits for any more is closed, however the sign-in ended.
    pub(super) fn close_idle_listener(&mut self, now: DateTime<Utc>) -> Option<Effect> {
        let request = self.listener?;
        let waits = |panel: &SignInPanel| {
            let own = self.connections.get(&panel.connection);
            panel.listening.request() == Some(request)
                && panel.phase == Phase::Waiting
                && own.is_some_and(|own| own.open_code_attempt(now).is_some())
        };
        let is_needed = self.panel.iter().chain(&self.covered).filter_map(Panel::sign_in).any(waits);
        if is_needed {
            return None;
        }
        self.listener = None;
        Some(Effect::Cancel(request))
    }
}

impl SignInPanel {
    /// What is sent next for a tunnel: the command, the address, the command again.
    pub fn next_tunnel_line(&self) -> TunnelLine {
        match self.handed {
            None | Some(TunnelLine::GoAddress) => TunnelLine::SshCommand,
            Some(TunnelLine::SshCommand) => TunnelLine::GoAddress,
        }
    }
}
