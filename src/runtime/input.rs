//! What comes from the terminal, as messages. A burst of characters is a paste, whether the terminal marked it or not:
//! pasted text never acts as keys.

use std::collections::VecDeque;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::{FutureExt, Stream, StreamExt};

use crate::app::Pasted;
use crate::domain::secret::PastedText;

/// Something from the terminal.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A key.
    Key(KeyEvent),
    /// Pasted text.
    Paste(Pasted),
    /// Another size.
    Resized,
    /// The focus went elsewhere.
    FocusLost,
    /// The terminal is gone.
    Closed,
}

/// So many characters in one read are no typing.
const BURST: usize = 8;

/// Events of the terminal, bursts put together.
#[derive(Debug)]
pub struct InputReader<S> {
    events: S,
    ready: VecDeque<Input>,
}

impl<S: Stream<Item = std::io::Result<Event>> + Unpin> InputReader<S> {
    /// Reads from a stream of events.
    pub fn new(events: S) -> Self {
        Self { events, ready: VecDeque::new() }
    }

    /// The next input. May be dropped and called again without losing any.
    pub async fn next(&mut self) -> Input {
        if let Some(input) = self.ready.pop_front() {
            return input;
        }
        let mut events = Vec::new();
        match self.events.next().await {
            Some(Ok(event)) => events.push(event),
            Some(Err(_)) | None => return Input::Closed,
        }
        while events.len() < 65_536 {
            match self.events.next().now_or_never() {
                Some(Some(Ok(event))) => events.push(event),
                Some(Some(Err(_)) | None) | None => break,
            }
        }
        self.ready.extend(gather(events));
        self.ready.pop_front().unwrap_or(Input::Resized)
    }
}

/// Puts runs of characters together.
fn gather(events: Vec<Event>) -> Vec<Input> {
    let mut inputs = Vec::new();
    let mut run: Vec<KeyEvent> = Vec::new();
    for event in events {
        match event {
            Event::Key(key) if key.kind == KeyEventKind::Release => {}
            Event::Key(key) if character(&key).is_some() => run.push(key),
            other => {
                finish(&mut run, &mut inputs);
                inputs.push(match other {
                    Event::Key(key) => Input::Key(key),
                    Event::Paste(text) => Input::Paste(Pasted::Whole(PastedText::new(text))),
                    Event::FocusLost => Input::FocusLost,
                    Event::Resize(..) | Event::FocusGained | Event::Mouse(_) => Input::Resized,
                });
            }
        }
    }
    finish(&mut run, &mut inputs);
    inputs
}

fn finish(run: &mut Vec<KeyEvent>, inputs: &mut Vec<Input>) {
    let keys = std::mem::take(run);
    let text: String = keys.iter().filter_map(character).collect();
    let printable = text.chars().filter(|c| !c.is_control()).count();
    // One character over and over is a key held down on a slow line.
    let held = text.chars().all(|c| text.starts_with(c));
    if printable >= BURST && !held {
        inputs.push(Input::Paste(Pasted::Piece(PastedText::new(text))));
    } else {
        inputs.extend(keys.into_iter().map(Input::Key));
    }
}

/// The character that a key would put into a text; line breaks and tabs of a paste arrive as keys.
fn character(key: &KeyEvent) -> Option<char> {
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        // A line feed in a paste arrives as Ctrl-J.
        let line_feed = key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('j');
        return line_feed.then_some('\n');
    }
    match key.code {
        KeyCode::Char(c) => Some(c),
        KeyCode::Enter => Some('\n'),
        KeyCode::Tab => Some('\t'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Event> {
        text.chars()
            .map(|c| match c {
                '\n' => Event::Key(KeyEvent::from(KeyCode::Enter)),
                c => Event::Key(KeyEvent::from(KeyCode::Char(c))),
            })
            .collect()
    }

    fn piece(text: &str) -> Input {
        Input::Paste(Pasted::Piece(PastedText::new(text)))
    }

    #[test]
    fn eight_characters_at_once_are_a_paste_and_seven_are_keys() {
        assert_eq!(gather(keys("abcdefgh")), [piece("abcdefgh")]);
        assert_eq!(gather(keys("abcdefg")).len(), 7);
    }

    #[test]
    fn enter_within_a_burst_belongs_to_the_paste() {
        assert_eq!(
            gather(keys("http://localhost:8400/?code=a\nq\n")),
            [piece("http://localhost:8400/?code=a\nq\n")]
        );
    }

    #[test]
    fn a_key_held_down_stays_a_key() {
        assert_eq!(gather(keys("jjjjjjjjjjjj")).len(), 12);
    }

    #[test]
    fn other_keys_end_a_burst() {
        let mut events = keys("abcdefgh");
        events.push(Event::Key(KeyEvent::from(KeyCode::Esc)));
        assert_eq!(gather(events), [piece("abcdefgh"), Input::Key(KeyEvent::from(KeyCode::Esc))]);
    }
}
