//! The terminal: entered and left as a pair, whatever ends the program; a frame that changed nothing writes nothing.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::{Backend, ClearType as Region, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::sanitize::sanitize;

/// The backend of the dashboard.
pub type Screen = ratatui::Terminal<QuietBackend<CrosstermBackend<BufWriter<Stdout>>>>;

/// Enters the alternate screen. The guard leaves it again when it is dropped; a panic leaves it too.
pub fn enter() -> io::Result<(Screen, Guard)> {
    leave_on_panic();
    enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    let guard = Guard;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange, cursor::Hide)?;
    // One write a frame: a cut sequence on a slow line would be drawn as text.
    let backend = CrosstermBackend::new(BufWriter::with_capacity(256 * 1024, io::stdout()));
    Ok((ratatui::Terminal::new(QuietBackend::new(backend))?, guard))
}

/// Restores the terminal when dropped.
#[derive(Debug)]
pub struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
    }
}

/// Whether the title that the terminal had is to be given back.
static TITLED: AtomicBool = AtomicBool::new(false);

/// Sets the title (OSC 2). The one of before is put aside first (XTWINOPS 22), and given back when the terminal is left.
pub fn set_title(title: &str) -> io::Result<()> {
    let aside = if TITLED.swap(true, Ordering::SeqCst) { "" } else { "\u{1b}[22;2t" };
    write_sequence(&format!("{aside}\u{1b}]2;{}\u{7}", sanitize(title, 80)))
}

/// Whether there is something to give back.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Gives the terminal back as it was. A terminal that is gone is no error.
fn leave() {
    // Once only: leaving again would put the cursor back over what a panic has just told.
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    if TITLED.swap(false, Ordering::SeqCst) {
        let _ = write_sequence("\u{1b}[23;2t");
    }
    let _ = execute!(
        io::stdout(),
        crossterm::style::ResetColor,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}

fn leave_on_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            leave();
            before(info);
        }));
    });
}

/// Makes the terminal tell anew that there is something to read, if there is: setting the modes that it has already wakes
/// whoever waits for it (Linux, `n_tty_set_termios`).
pub fn rearm_input() {
    let stdin = io::stdin();
    if let Ok(modes) = tcgetattr(&stdin) {
        // A terminal that is gone is noticed by reading.
        let _ = tcsetattr(&stdin, OptionalActions::Now, &modes);
    }
}

/// True if the other end of the terminal has gone. What reads from it then finds nothing, again and again, and crossterm
/// would never come back from that.
pub fn is_gone() -> bool {
    let stdin = io::stdin();
    let mut ends = [PollFd::new(&stdin, PollFlags::IN)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    poll(&mut ends, Some(&at_once)).is_ok() && ends[0].revents().intersects(gone)
}

/// Prints a text on a page without frame, so that the terminal itself wraps it and a selection has no line breaks.
pub fn print_plainly(text: &str, hint: &str) -> io::Result<()> {
    let mut out = io::stdout();
    queue!(out, Clear(ClearType::All), cursor::MoveTo(0, 0))?;
    // The terminal is in raw mode: a line end alone would only go down.
    write!(out, "{}\r\n\r\n{hint}", text.replace('\n', "\r\n"))?;
    out.flush()
}

/// Tells something after the screen was left. A terminal that is gone is no error.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Writes a sequence that is not part of a frame, such as one for the clipboard.
pub fn write_sequence(sequence: &str) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(sequence.as_bytes())?;
    out.flush()
}

/// A backend that keeps quiet where nothing changed: ratatui writes some 25 bytes for every frame otherwise.
#[derive(Debug)]
pub struct QuietBackend<B> {
    inner: B,
    cursor: Option<CursorState>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CursorState {
    Hidden,
    At(Position),
    Shown,
}

impl<B> QuietBackend<B> {
    /// Wraps a backend.
    pub fn new(inner: B) -> Self {
        Self { inner, cursor: None }
    }
}

impl<B: Backend> Backend for QuietBackend<B> {
    type Error = B::Error;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Self::Error>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        // Drawing moves the terminal's cursor.
        if matches!(self.cursor, Some(CursorState::At(_))) {
            self.cursor = Some(CursorState::Shown);
        }
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> Result<(), Self::Error> {
        if self.cursor == Some(CursorState::Hidden) {
            return Ok(());
        }
        self.cursor = Some(CursorState::Hidden);
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Self::Error> {
        if matches!(self.cursor, Some(CursorState::Shown | CursorState::At(_))) {
            return Ok(());
        }
        self.cursor = Some(CursorState::Shown);
        // A terminal that is gone has no cursor: ratatui would tell that on an stderr that is gone as well, and panic.
        let _ = self.inner.show_cursor();
        Ok(())
    }

    /// Never asks the terminal: its answer would arrive among the keys, and some terminals give none.
    fn get_cursor_position(&mut self) -> Result<Position, Self::Error> {
        Ok(match self.cursor {
            Some(CursorState::At(position)) => position,
            _ => Position::ORIGIN,
        })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Self::Error> {
        let position = position.into();
        if self.cursor == Some(CursorState::At(position)) {
            return Ok(());
        }
        self.cursor = Some(CursorState::At(position));
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Self::Error> {
        self.cursor = None;
        self.inner.clear()
    }

    fn clear_region(&mut self, region: Region) -> Result<(), Self::Error> {
        self.inner.clear_region(region)
    }

    fn size(&self) -> Result<Size, Self::Error> {
        self.inner.size()
    }

    fn window_size(&mut self) -> Result<WindowSize, Self::Error> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::CrosstermBackend;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn terminal(sink: &Sink) -> Terminal<QuietBackend<CrosstermBackend<Sink>>> {
        let backend = QuietBackend::new(CrosstermBackend::new(sink.clone()));
        let viewport = ratatui::Viewport::Fixed(ratatui::layout::Rect::new(0, 0, 20, 2));
        Terminal::with_options(backend, ratatui::TerminalOptions { viewport }).unwrap()
    }

    #[test]
    fn clearing_asks_the_terminal_nothing() {
        let sink = Sink::default();
        terminal(&sink).backend_mut().get_cursor_position().unwrap();
        assert_eq!(*sink.0.lock().unwrap(), b"");
    }

    #[test]
    fn a_frame_that_changes_nothing_writes_nothing() {
        let sink = Sink::default();
        let mut terminal = terminal(&sink);
        let mut draw = |text: &'static str| {
            terminal.draw(|frame| frame.render_widget(text, frame.area())).unwrap();
            std::mem::take(&mut *sink.0.lock().unwrap()).len()
        };
        assert!(draw("hello") > 0);
        assert_eq!(draw("hello"), 0);
        assert!(draw("hellO") > 0);
        assert_eq!(draw("hellO"), 0);
    }
}
