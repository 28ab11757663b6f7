//! The sign-in panel: the address goes out, the browser's address comes back.

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use zeroize::{Zeroize, Zeroizing};

use crate::domain::{Capture, ConnectionId};

use super::{Delivery, Failure, Listening, Panel, Question, RequestId, TunnelLine};

/// The panel of an open sign-in. What was sent stands in the connection's attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct SignInPanel {
    /// Whose.
    pub connection: ConnectionId,
    /// How far it has come.
    pub phase: Phase,
    /// What became of sending the address.
    pub sent: Option<Result<Delivery, Failure>>,
    /// The field for the browser's address.
    pub paste: PasteField,
    /// Why the last paste was refused.
    pub refusal: Option<RefusedPaste>,
    /// Whether the other ways to get the address are shown.
    pub other_ways: bool,
    /// The sending or the simulated browser under way.
    pub errand: Option<RequestId>,
    /// How the browser's answer is to come back; pasting it works always.
    pub capture: Capture,
    /// How the listener stands.
    pub listening: Listening,
    /// What was last sent for a tunnel.
    pub handed: Option<TunnelLine>,
}

/// How far a sign-in has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// State and verifier are being drawn and kept.
    Beginning(RequestId),
    /// The browser's address is awaited.
    Waiting,
    /// The code is being redeemed.
    Redeeming(RequestId),
    /// It ended without tokens; nothing was lost.
    Failed(Failure),
}

/// The field that takes the browser's address. It holds raw text: the paste reader knows how to join lines.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PasteField {
    text: Zeroizing<String>,
    /// Whether keys go here.
    pub focused: bool,
    /// When an unmarked burst counts as complete.
    pub settles_at: Option<DateTime<Utc>>,
    /// Whether it was handed in while a request was under way: it goes out by itself when that has ended.
    pub held: bool,
}

/// A refused paste: why, what to do, and what could be recognized of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedPaste {
    /// What happened, what to do.
    pub failure: Failure,
    /// At most 40 characters, codes and tokens masked.
    pub echo: String,
}

/// How long after the last piece of an unmarked paste it is read.
pub const PASTE_SETTLES: TimeDelta = TimeDelta::milliseconds(400);

/// More than the paste reader takes; so it can say that it was too long.
const FIELD_LIMIT: usize = 70_000;

impl PasteField {
    /// What was pasted and typed so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many characters it holds.
    pub fn characters(&self) -> usize {
        self.text.chars().count()
    }

    /// Appends, up to a limit that is beyond what the reader takes.
    pub fn push(&mut self, text: &str) {
        let room = FIELD_LIMIT.saturating_sub(self.text.len());
        let end = (0..=room.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        self.make_room(end);
        self.text.push_str(&text[..end]);
    }

    /// A text that outgrows its place moves: the old place is wiped.
    fn make_room(&mut self, more: usize) {
        let wanted = self.text.len() + more;
        if wanted > self.text.capacity() {
            let mut moved = Zeroizing::new(String::with_capacity(wanted.max(2 * self.text.capacity())));
            moved.push_str(&self.text);
            self.text = moved;
        }
    }

    /// Takes the last character away.
    pub fn pop(&mut self) {
        self.text.pop();
    }

    /// A key: letters are text here.
    pub(super) fn type_key(&mut self, key: KeyEvent) {
        self.held = false;
        match key.code {
            KeyCode::Backspace => self.pop(),
            KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => self.clear(),
            KeyCode::Char(c) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
                self.push(c.encode_utf8(&mut [0; 4]));
            }
            _ => {}
        }
    }

    /// Empties it; false if it was empty already.
    pub fn clear_typed(&mut self) -> bool {
        let had_text = !self.text.is_empty();
        self.clear();
        had_text
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.text.zeroize();
        self.settles_at = None;
        self.held = false;
    }

    /// It has been handed in. What it holds stays until it is known that nobody needs it again.
    pub(super) fn hand_in(&mut self) {
        self.focused = false;
        self.settles_at = None;
        self.held = false;
    }
}

impl std::fmt::Debug for PasteField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasteField")
            .field("characters", &self.characters())
            .field("focused", &self.focused)
            .field("settles_at", &self.settles_at)
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}

impl Panel {
    /// The sign-in with a browser that it holds: its own panel, or the one behind a question about it.
    pub(super) fn sign_in(&self) -> Option<&SignInPanel> {
        match self {
            Self::SignIn(panel) => Some(panel),
            Self::Question(Question::Abandon(panel) | Question::DeviceCode(panel)) => Some(panel),
            _ => None,
        }
    }

    /// The connection that it is to bring tokens to, or the consent before them.
    pub(super) fn signs_in(&self) -> Option<&ConnectionId> {
        match self {
            Self::Consent(panel) => Some(&panel.connection),
            Self::DeviceSignIn(panel) => Some(&panel.connection),
            Self::Question(Question::AbandonDevice(panel)) => Some(&panel.connection),
            other => other.sign_in().map(|panel| &panel.connection),
        }
    }

    /// The same, to be changed.
    pub(super) fn sign_in_mut(&mut self) -> Option<&mut SignInPanel> {
        match self {
            Self::SignIn(panel) => Some(panel),
            Self::Question(Question::Abandon(panel) | Question::DeviceCode(panel)) => Some(panel),
            _ => None,
        }
    }

    /// The same, without the question about it.
    pub(super) fn into_sign_in(self) -> Option<SignInPanel> {
        match self {
            Self::SignIn(panel) => Some(panel),
            Self::Question(Question::Abandon(panel) | Question::DeviceCode(panel)) => Some(*panel),
            _ => None,
        }
    }
}

impl SignInPanel {
    /// A panel that begins a new sign-in.
    pub fn beginning(connection: ConnectionId, request: RequestId) -> Self {
        Self::new(connection, Phase::Beginning(request))
    }

    /// A panel for a sign-in that was begun before.
    pub fn waiting(connection: ConnectionId) -> Self {
        Self::new(connection, Phase::Waiting)
    }

    fn new(connection: ConnectionId, phase: Phase) -> Self {
        Self {
            connection,
            phase,
            sent: None,
            paste: PasteField::default(),
            refusal: None,
            other_ways: false,
            errand: None,
            capture: Capture::Paste,
            listening: Listening::Off,
            handed: None,
        }
    }

    /// The same, with the answer coming back like that.
    #[must_use]
    pub fn through(self, capture: Capture) -> Self {
        Self { capture, ..self }
    }

    /// The code was not redeemed, and the sign-in is still open: the same address may be handed in again.
    pub(super) fn offer_again(&mut self, failure: &Failure) {
        self.phase = Phase::Waiting;
        self.paste.focused = true;
        let what_to_do = format!("Enter tries again. {}", failure.what_to_do);
        let failure = Failure::new(failure.what_happened.clone(), what_to_do);
        self.refusal = Some(RefusedPaste { failure, echo: String::new() });
    }

    /// True while the steps of a tunnel are shown: nothing is being pasted, and the listener has not failed.
    pub fn shows_tunnel(&self) -> bool {
        let pasting = self.paste.focused || self.paste.characters() > 0 || self.refusal.is_some();
        self.capture == Capture::Tunnel && !pasting && !matches!(self.listening, Listening::Failed(_))
    }
}
