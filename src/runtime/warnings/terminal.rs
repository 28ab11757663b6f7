//! What a terminal is sent beside its frames: the bell, a notification for the desktop, a title.

use crate::config::Desktop;
use crate::sanitize::sanitize;

/// The longest text of a notification, in characters.
const LONGEST: usize = 160;

/// How the person at the terminal hears of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signals {
    /// Whether the bell rings.
    pub bell: bool,
    /// How the desktop is asked to show it.
    pub desktop: Desktop,
    /// Whether a tmux stands between us and the terminal.
    pub tmux: bool,
}

impl Signals {
    /// The sequences for a text; empty where there are to be none.
    pub fn sequence(self, text: &str) -> String {
        let bell = if self.bell { "\u{7}" } else { "" };
        let text = plain(text);
        let notification = match self.desktop {
            Desktop::Off => String::new(),
            // The program's name in front: a text that begins with a number and a semicolon means something else to some.
            Desktop::Osc9 => self.through(&format!("\u{1b}]9;tokengauge: {text}\u{7}")),
            Desktop::Osc777 => self.through(&format!("\u{1b}]777;notify;tokengauge;{text}\u{7}")),
        };
        format!("{notification}{bell}")
    }

    /// A sequence that tmux itself does not know is handed on in a sequence of its own (`allow-passthrough on`).
    fn through(self, sequence: &str) -> String {
        if !self.tmux {
            return sequence.to_owned();
        }
        format!("\u{1b}Ptmux;{}\u{1b}\\", sequence.replace('\u{1b}', "\u{1b}\u{1b}"))
    }
}

/// In one line, without what would end a field of the sequence.
fn plain(text: &str) -> String {
    sanitize(text, LONGEST).replace(';', ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signals(desktop: Desktop, tmux: bool) -> Signals {
        Signals { bell: false, desktop, tmux }
    }

    #[test]
    fn a_notification_is_one_sequence_of_its_kind() {
        assert_eq!(signals(Desktop::Osc9, false).sequence("a; b"), "\u{1b}]9;tokengauge: a, b\u{7}");
        assert_eq!(signals(Desktop::Osc777, false).sequence("a"), "\u{1b}]777;notify;tokengauge;a\u{7}");
        assert_eq!(signals(Desktop::Off, false).sequence("a"), "");
    }

    #[test]
    fn tmux_hands_it_on() {
        let sequence = signals(Desktop::Osc9, true).sequence("a");
        assert_eq!(sequence, "\u{1b}Ptmux;\u{1b}\u{1b}]9;tokengauge: a\u{7}\u{1b}\\");
    }

    #[test]
    fn no_text_ends_the_sequence_or_begins_another() {
        let sequence = signals(Desktop::Osc9, false).sequence("a\u{7}\u{1b}]52;c;AAAA\u{7}\u{9c}\n");
        assert_eq!(sequence.matches(|c: char| c.is_control()).count(), 2, "{sequence:?}");
    }
}
