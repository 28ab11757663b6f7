//! Which key asks for what: one table of default bindings, which the configuration can change.
//!
//! The same notation serves configuration, help and key line: `a`, `Y`, `Ctrl-D`, `Enter`, `Space`, `!`.

use std::collections::BTreeMap;
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::app::{Action, App, Context, Message};
use chrono::{DateTime, Utc};

/// A key as it is bound and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    control: bool,
}

impl Key {
    const fn plain(code: KeyCode) -> Self {
        Self { code, control: false }
    }

    const fn char(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    const fn control(c: char) -> Self {
        Self { code: KeyCode::Char(c), control: true }
    }

    /// Reads the notation: a single character, `Ctrl-X`, or one of the named keys.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("Ctrl-") {
            let mut chars = rest.chars();
            return match (chars.next(), chars.next()) {
                (Some(c), None) if c.is_ascii_alphabetic() => Some(Self::control(c.to_ascii_lowercase())),
                _ => None,
            };
        }
        if let Some((_, code)) = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return Some(Self::plain(*code));
        }
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() && c != ' ' => Some(Self::char(c)),
            _ => None,
        }
    }

    /// What a text field would take.
    const fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && !self.control
    }

    fn of(event: KeyEvent) -> Self {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        let code = match event.code {
            KeyCode::Char(c) if control => KeyCode::Char(c.to_ascii_lowercase()),
            code => code,
        };
        Self { code, control }
    }
}

const NAMED: [(&str, KeyCode); 14] = [
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Space", KeyCode::Char(' ')),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Backspace", KeyCode::Backspace),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) if self.control => write!(f, "Ctrl-{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(f, "{c}"),
            _ => f.write_str("?"),
        }
    }
}

/// Actions that may share a key: they are never on offer at the same place.
const NEVER_TOGETHER: [(Action, Action); 3] = [
    (Action::Theme, Action::Tunnel),
    (Action::Presets, Action::PrintPlainly),
    (Action::Forecast, Action::WriteFile),
];

fn never_together(one: Action, other: Action) -> bool {
    NEVER_TOGETHER.contains(&(one, other)) || NEVER_TOGETHER.contains(&(other, one))
}

/// The keys of every action. An action without a key here has none by default.
#[rustfmt::skip]
fn defaults(action: Action) -> Vec<Key> {
    use Action as A;
    let chars = |keys: &str| keys.chars().map(Key::char).collect::<Vec<_>>();
    let with = |keys: &str, more: &[Key]| { let mut all = more.to_vec(); all.extend(chars(keys)); all };
    match action {
        A::Up => with("k", &[Key::plain(KeyCode::Up)]),
        A::Down => with("j", &[Key::plain(KeyCode::Down)]),
        A::Left => with("h", &[Key::plain(KeyCode::Left)]),
        A::Right => with("l", &[Key::plain(KeyCode::Right)]),
        A::HalfPageUp => vec![Key::control('u'), Key::plain(KeyCode::PageUp)],
        A::HalfPageDown => vec![Key::control('d'), Key::plain(KeyCode::PageDown)],
        A::First => with("g", &[Key::plain(KeyCode::Home)]),
        A::Last => with("G", &[Key::plain(KeyCode::End)]),
        A::Open => vec![Key::plain(KeyCode::Enter)],
        A::Back => vec![Key::plain(KeyCode::Esc)],
        A::NextField => vec![Key::plain(KeyCode::Tab)],
        A::PreviousField => vec![Key::plain(KeyCode::BackTab)],
        A::ShowConnections => chars("1"),
        A::ShowPermissions => chars("2"),
        A::ShowTokens => chars("3"),
        A::ShowActivity => chars("4"),
        A::PreviousTab => chars("["),
        A::NextTab => chars("]"),
        A::Authorize => chars("a"),
        A::AdminConsent => chars("A"),
        A::Paste => chars("p"),
        A::DeviceCode => chars("d"),
        A::Renew => chars("r"),
        A::RenewAll => chars("R"),
        A::AcceptRestored => chars("c"),
        A::New => chars("n"),
        A::NewLike => chars("N"),
        A::Edit => chars("e"),
        A::ReplaceSecret => chars("S"),
        A::Remove => chars("D"),
        A::Toggle => vec![Key::char(' ')],
        A::AddScope => chars("+"),
        A::Presets => chars("P"),
        // Where letters are text, Ctrl-Y copies.
        A::Copy => vec![Key::char('y'), Key::control('y')],
        A::HandOver => chars("Y"),
        A::Export => chars("x"),
        A::Reveal => chars("v"),
        A::Probe => chars("t"),
        A::Filter => chars("/"),
        A::NeedsMe => chars("!"),
        A::Sort => chars("s"),
        A::Forecast => chars("w"),
        A::ShowWarning => chars("W"),
        A::Theme => chars("T"),
        A::Lock => chars("L"),
        A::OtherWays => chars("u"),
        A::OpenBrowser => chars("o"),
        A::PrintPlainly => chars("P"),
        A::WriteFile => chars("w"),
        A::Tunnel => chars("T"),
        A::Abandon => chars("X"),
        A::Help => chars("?"),
        A::Quit => chars("q"),
        A::Interrupt => vec![Key::control('c')],
    }
}

/// Why a binding of the configuration is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    /// No action has that name.
    #[error("no action is called \"{0}\"")]
    UnknownAction(String),
    /// Not in the notation of keys.
    #[error("\"{0}\" is no key: write a character, Ctrl-X, Enter, Space, Tab, Esc or an arrow's name")]
    UnknownKey(String),
    /// Two actions want the same key.
    #[error("the key {0} is bound to both \"{1}\" and \"{2}\"")]
    Twice(String, &'static str, &'static str),
}

/// The bindings in force.
#[derive(Debug, Clone)]
pub struct Keymap {
    keys: BTreeMap<Action, Vec<Key>>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self { keys: Action::ALL.into_iter().map(|action| (action, defaults(action))).collect() }
    }
}

impl Keymap {
    /// The default bindings with those of the configuration in their place: action name → keys.
    pub fn with_overrides<'a>(
        overrides: impl IntoIterator<Item = (&'a str, &'a [String])>,
    ) -> Result<Self, KeymapError> {
        let mut keymap = Self::default();
        for (name, keys) in overrides {
            let action = Action::ALL
                .into_iter()
                .find(|action| action.name() == name)
                .ok_or_else(|| KeymapError::UnknownAction(name.to_owned()))?;
            let keys = keys
                .iter()
                .map(|key| Key::parse(key).ok_or_else(|| KeymapError::UnknownKey(key.clone())))
                .collect::<Result<_, _>>()?;
            keymap.keys.insert(action, keys);
        }
        keymap.refuse_doubles()?;
        Ok(keymap)
    }

    fn refuse_doubles(&self) -> Result<(), KeymapError> {
        let bound: Vec<(Key, Action)> =
            self.keys.iter().flat_map(|(action, keys)| keys.iter().map(|key| (*key, *action))).collect();
        for (place, (key, action)) in bound.iter().enumerate() {
            let rest = &bound[place + 1..];
            if let Some((_, other)) =
                rest.iter().find(|(other, shares)| other == key && !never_together(*action, *shares))
            {
                return Err(KeymapError::Twice(key.to_string(), action.name(), other.name()));
            }
        }
        Ok(())
    }

    /// The first key of an action, as it is written; empty if it has none.
    pub fn key_of(&self, action: Action) -> String {
        self.keys.get(&action).and_then(|keys| keys.first()).map_or_else(String::new, Key::to_string)
    }

    /// The first key of an action that is no text, as it is written: what works while a field is typed into.
    pub fn key_while_typing(&self, action: Action) -> String {
        let keys = self.keys.get(&action).map_or(&[][..], Vec::as_slice);
        keys.iter().find(|key| !key.is_text()).map_or_else(String::new, Key::to_string)
    }

    /// All keys of an action, as they are written.
    pub fn keys_of(&self, action: Action) -> Vec<String> {
        self.keys.get(&action).map_or_else(Vec::new, |keys| keys.iter().map(Key::to_string).collect())
    }

    /// What a key means where the focus is: an action, text for a field, or nothing.
    pub fn translate(&self, app: &App, event: KeyEvent, now: DateTime<Utc>) -> Option<Message> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        if app.is_typing() {
            return Some(self.while_typing(app, event, now));
        }
        let on_offer = app.on_offer(now);
        let key = Key::of(event);
        let here = on_offer.iter().copied().find(|action| self.keys_bind(*action, key));
        let action = here.or_else(|| self.bound(key))?;
        // In a sign-in its key is the tunnel's, also while that is not on offer.
        let in_sign_in = matches!(app.context(), Context::SignIn | Context::OtherWays);
        let is_theme = action == Action::Theme && !(in_sign_in && self.keys_bind(Action::Tunnel, key));
        let always = is_theme || matches!(action, Action::Interrupt | Action::Quit);
        let help = action == Action::Help && !matches!(app.context(), Context::FirstRun | Context::Door);
        let acts = always || help || on_offer.contains(&action) || app.tells_why_not(action);
        acts.then_some(Message::Action(action))
    }

    /// In a text field only these keys keep their meaning; all others are the field's, and so is every key that is text,
    /// whatever the configuration binds it to.
    fn while_typing(&self, app: &App, event: KeyEvent, now: DateTime<Utc>) -> Message {
        let in_text =
            [Action::Open, Action::Back, Action::NextField, Action::PreviousField, Action::Interrupt];
        let arrows = matches!(event.code, KeyCode::Up | KeyCode::Down);
        let key = Key::of(event);
        let copies = |action| action == Action::Copy && key.control && app.on_offer(now).contains(&action);
        match self.bound(key).filter(|_| !key.is_text()) {
            Some(action) if in_text.contains(&action) || arrows || copies(action) => Message::Action(action),
            _ => Message::Text(event),
        }
    }

    fn keys_bind(&self, action: Action, key: Key) -> bool {
        self.keys.get(&action).is_some_and(|keys| keys.contains(&key))
    }

    fn bound(&self, key: Key) -> Option<Action> {
        self.keys.iter().find(|(_, keys)| keys.contains(&key)).map(|(action, _)| *action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_key_of_its_own() {
        let keymap = Keymap::default();
        assert_eq!(keymap.refuse_doubles(), Ok(()));
        assert!(Action::ALL.into_iter().all(|action| !keymap.key_of(action).is_empty()));
    }

    #[test]
    fn written_keys_are_read_back() {
        for action in Action::ALL {
            for key in defaults(action) {
                assert_eq!(Key::parse(&key.to_string()), Some(key));
            }
        }
    }

    #[test]
    fn a_key_bound_twice_is_refused() {
        let keys = ["a".to_owned()];
        let error = Keymap::with_overrides([("renew", &keys[..])]).unwrap_err();
        assert_eq!(error, KeymapError::Twice("a".into(), "authorize", "renew"));
    }

    #[test]
    fn names_of_actions_are_distinct() {
        let mut names: Vec<_> = Action::ALL.iter().map(|action| action.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Action::ALL.len());
    }
}
