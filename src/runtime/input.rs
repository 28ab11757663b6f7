//! What comes from the terminal, as messages. A burst of characters is a paste, whether the terminal marked it or not:
//! pasted text never acts as keys.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::{Stream, StreamExt};

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
/// So many are none right after a paste.
const TAIL: usize = 2;
/// More than the longest paste that is read.
const LONGEST_BURST: usize = 70_000;

/// What there is to know of the terminal's line beside its events.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// Makes the line tell anew what it has not told yet.
    pub rearm: fn(),
    /// True if the other end has gone: no event is asked for any more.
    pub is_gone: fn() -> bool,
}

/// Events of the terminal, bursts put together.
#[derive(Debug)]
pub struct InputReader<S> {
    events: S,
    ready: VecDeque<Input>,
    /// Makes the terminal tell anew that there is something to read.
    line: Line,
    /// So many characters at once are a paste.
    burst: usize,
}

impl<S: Stream<Item = std::io::Result<Event>> + Unpin> InputReader<S> {
    /// Reads from a stream of events. crossterm is told once that there is something to read, takes at most 1,024 bytes
    /// and leaves the rest until more comes; so after every batch the line is made to tell anew.
    pub fn new(events: S, line: Line) -> Self {
        Self { events, ready: VecDeque::new(), line, burst: BURST }
    }

    /// Right after a paste even two characters at once are the rest of it.
    pub fn expect_tail(&mut self, expected: bool) {
        self.burst = if expected { TAIL } else { BURST };
    }

    /// The next input. May be dropped and called again without losing any.
    pub async fn next(&mut self) -> Input {
        loop {
            if let Some(input) = self.ready.pop_front() {
                return input;
            }
            let events = poll_fn(|context| self.poll_burst(context)).await;
            if events.is_empty() {
                return Input::Closed;
            }
            (self.line.rearm)();
            self.ready.extend(gather(events, self.burst));
        }
    }

    /// All that can be read without waiting; nothing means that the stream has ended. It is polled with the task's own
    /// waker alone: crossterm wakes only the first waker that found nothing to read.
    fn poll_burst(&mut self, context: &mut Context<'_>) -> Poll<Vec<Event>> {
        let mut events = Vec::new();
        while events.len() < LONGEST_BURST {
            if (self.line.is_gone)() {
                break;
            }
            match self.events.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(event))) => events.push(event),
                Poll::Ready(Some(Err(_)) | None) => break,
                Poll::Pending if events.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        Poll::Ready(events)
    }
}

/// Puts runs of characters together.
fn gather(events: Vec<Event>, burst: usize) -> Vec<Input> {
    let mut inputs = Vec::new();
    let mut run: Vec<KeyEvent> = Vec::new();
    for event in events {
        match event {
            Event::Key(key) if key.kind == KeyEventKind::Release => {}
            Event::Key(key) if character(&key).is_some() => run.push(key),
            other => {
                finish(&mut run, &mut inputs, burst);
                inputs.push(match other {
                    Event::Key(key) => Input::Key(key),
                    Event::Paste(text) => Input::Paste(Pasted::Whole(PastedText::new(text))),
                    Event::FocusLost => Input::FocusLost,
                    Event::Resize(..) | Event::FocusGained | Event::Mouse(_) => Input::Resized,
                });
            }
        }
    }
    finish(&mut run, &mut inputs, burst);
    inputs
}

fn finish(run: &mut Vec<KeyEvent>, inputs: &mut Vec<Input>, burst: usize) {
    let keys = std::mem::take(run);
    let text: String = keys.iter().filter_map(character).collect();
    let printable = text.chars().filter(|c| !c.is_control()).count();
    // One character over and over is a key held down on a slow line.
    let held = text.chars().all(|c| text.starts_with(c));
    if printable >= burst && !held {
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

    /// A stream that keeps only the first waker which found nothing, as crossterm's does.
    const LINE: Line = Line { rearm: || {}, is_gone: || false };

    #[test]
    fn a_line_that_is_gone_is_asked_for_nothing() {
        struct NeverAsked;
        impl Stream for NeverAsked {
            type Item = std::io::Result<Event>;
            fn poll_next(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
                unreachable!("whoever reads from a line that is gone may never come back")
            }
        }
        let mut reader = InputReader::new(NeverAsked, Line { is_gone: || true, ..LINE });
        let next = std::pin::pin!(reader.next()).poll(&mut Context::from_waker(std::task::Waker::noop()));
        assert_eq!(next, Poll::Ready(Input::Closed));
    }

    struct FirstWakerOnly {
        events: VecDeque<Event>,
        waker: Option<std::task::Waker>,
    }

    impl Stream for FirstWakerOnly {
        type Item = std::io::Result<Event>;

        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Self::Item>> {
            match self.events.pop_front() {
                Some(event) => Poll::Ready(Some(Ok(event))),
                None => {
                    self.waker.get_or_insert_with(|| context.waker().clone());
                    Poll::Pending
                }
            }
        }
    }

    #[test]
    fn the_tasks_own_waker_is_the_first_that_waits() {
        let events = VecDeque::from(keys("a"));
        let mut reader = InputReader::new(FirstWakerOnly { events, waker: None }, LINE);
        let woken = std::sync::Arc::new(Woken::default());
        let waker = std::task::Waker::from(std::sync::Arc::clone(&woken));
        let poll = |reader: &mut InputReader<FirstWakerOnly>| {
            let mut next = std::pin::pin!(reader.next());
            next.as_mut().poll(&mut Context::from_waker(&waker))
        };
        assert_eq!(poll(&mut reader), Poll::Ready(Input::Key(KeyEvent::from(KeyCode::Char('a')))));
        assert_eq!(poll(&mut reader), Poll::Pending);
        reader.events.waker.take().expect("a waker waits").wake();
        assert!(woken.0.load(std::sync::atomic::Ordering::SeqCst));
    }

    #[derive(Default)]
    struct Woken(std::sync::atomic::AtomicBool);

    impl std::task::Wake for Woken {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.store(true, std::sync::atomic::Ordering::SeqCst);
        }
    }

    #[test]
    fn eight_characters_at_once_are_a_paste_and_seven_are_keys() {
        assert_eq!(gather(keys("abcdefgh"), BURST), [piece("abcdefgh")]);
        assert_eq!(gather(keys("abcdefg"), BURST).len(), 7);
    }

    #[test]
    fn right_after_a_paste_two_characters_are_its_rest() {
        assert_eq!(gather(keys("9zq"), TAIL), [piece("9zq")]);
        assert_eq!(gather(keys("q"), TAIL), [Input::Key(KeyEvent::from(KeyCode::Char('q')))]);
    }

    #[test]
    fn enter_within_a_burst_belongs_to_the_paste() {
        assert_eq!(
            gather(keys("http://localhost:8400/?code=a\nq\n"), BURST),
            [piece("http://localhost:8400/?code=a\nq\n")]
        );
    }

    #[test]
    fn a_key_held_down_stays_a_key() {
        assert_eq!(gather(keys("jjjjjjjjjjjj"), BURST).len(), 12);
    }

    #[test]
    fn other_keys_end_a_burst() {
        let mut events = keys("abcdefgh");
        events.push(Event::Key(KeyEvent::from(KeyCode::Esc)));
        assert_eq!(gather(events, BURST), [piece("abcdefgh"), Input::Key(KeyEvent::from(KeyCode::Esc))]);
    }
}
