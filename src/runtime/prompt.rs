//! Asking a person on the terminal: passphrases, secrets, names, and pastes longer than a terminal's line.
//!
//! A terminal in its usual (canonical) mode cuts a line at 4,096 bytes, so it is taken out of that mode, and put back
//! whatever happens: an answer, an error, Ctrl-C, SIGTERM, a lost connection. Nothing but `/dev/tty` is read or written,
//! so stdin and stdout stay free for data.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use thiserror::Error;
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;
use zeroize::{Zeroize, Zeroizing};

use super::process::prove_limits;
use super::stop::{Stop, StopSignal};

/// What of the answer is shown while it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// All of it.
    Shown,
    /// None of it: a secret.
    Hidden,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum PromptError {
    /// There is nobody to ask.
    #[error("there is no terminal to ask on")]
    NoTerminal,
    /// Ctrl-C, or Ctrl-D instead of an answer.
    #[error("interrupted")]
    Interrupted,
    /// The process was told to end.
    #[error("told to end")]
    Stopped(StopSignal),
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Terminal(#[from] io::Error),
}

/// Longest answer in bytes, one more than the longest paste that is read.
pub const LONGEST_ANSWER: usize = 64 * 1024 + 1;

/// Whether there is a terminal to ask on.
pub fn is_possible() -> bool {
    open().is_ok()
}

/// Asks for one line. Line ends inside one paste do not end it.
pub fn ask(question: &str, echo: Echo) -> Result<Zeroizing<String>, PromptError> {
    ask_and_hold(question, echo).map(|(text, _)| text)
}

/// Keeps the terminal from echoing until it is dropped: what is typed while an answer is checked may be a secret too.
pub struct Held {
    _terminal: Terminal,
}

/// Asks for one line, and leaves the terminal as it is until the answer has been checked.
pub fn ask_and_hold(question: &str, echo: Echo) -> Result<(Zeroizing<String>, Held), PromptError> {
    let terminal = Terminal::take(open().map_err(|_| PromptError::NoTerminal)?, echo)?;
    prove_limits()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let bytes = runtime.block_on(terminal.ask(question))?;
    // A paste between marks may bring its own line end.
    let text = Zeroizing::new(String::from_utf8_lossy(without_line_end(&bytes)).into_owned());
    Ok((text, Held { _terminal: terminal }))
}

/// Asks for one line, beside other things that are waited for: dropping the future puts the terminal back.
pub async fn answer(question: &str, echo: Echo) -> Result<Zeroizing<String>, PromptError> {
    let terminal = Terminal::take(open().map_err(|_| PromptError::NoTerminal)?, echo)?;
    let bytes = terminal.ask(question).await?;
    Ok(Zeroizing::new(String::from_utf8_lossy(without_line_end(&bytes)).into_owned()))
}

fn without_line_end(mut bytes: &[u8]) -> &[u8] {
    while let Some(shorter) = bytes.strip_suffix(b"\n") {
        bytes = shorter;
    }
    bytes
}

fn open() -> io::Result<File> {
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    OpenOptions::new().read(true).write(true).custom_flags(nonblocking).open("/dev/tty")
}

/// The terminal out of its usual mode, until it is dropped.
struct Terminal {
    file: File,
    before: Termios,
    echo: Echo,
}

impl Terminal {
    fn take(file: File, echo: Echo) -> io::Result<Self> {
        let before = tcgetattr(&file)?;
        let mut raw = before.clone();
        raw.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN);
        raw.input_modes.remove(InputModes::IXON);
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&file, OptionalActions::Now, &raw)?;
        let terminal = Self { file, before, echo };
        terminal.write(BRACKETS_ON);
        Ok(terminal)
    }

    /// A terminal that takes no text has no use for it: errors are left.
    fn write(&self, text: &str) {
        let _ = (&self.file).write_all(text.as_bytes());
    }

    async fn ask(&self, question: &str) -> Result<Zeroizing<Vec<u8>>, PromptError> {
        let mut stop = Stop::listen()?;
        self.write(question);
        #[expect(
            deprecated,
            reason = "its heir is unsafe to call; a `File` keeps its descriptor, which is all that is asked"
        )]
        let input = AsyncFd::new(self.file.try_clone()?)?;
        tokio::select! {
            answer = self.answer(&input) => answer,
            signal = stop.next() => Err(PromptError::Stopped(signal)),
        }
    }

    async fn answer(&self, input: &AsyncFd<File>) -> Result<Zeroizing<Vec<u8>>, PromptError> {
        let mut line = Line::new();
        let mut chunk = Zeroizing::new([0; 4096]);
        loop {
            let wait = read(input, &mut chunk[..]);
            let count = if line.is_ended() {
                // More in the same moment is the rest of a paste that the terminal did not mark.
                match timeout(SETTLES, wait).await {
                    Ok(count) => count?,
                    Err(_) => return Ok(line.bytes),
                }
            } else {
                wait.await?
            };
            if count == 0 {
                return Err(PromptError::Interrupted);
            }
            for byte in &chunk[..count] {
                match line.take(*byte) {
                    Taken::Text if self.echo == Echo::Shown => self.write(printable(*byte)),
                    Taken::Erased if self.echo == Echo::Shown => self.write("\u{8} \u{8}"),
                    Taken::Interrupt => return Err(PromptError::Interrupted),
                    Taken::Text | Taken::Erased | Taken::Nothing => {}
                }
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.write(BRACKETS_OFF);
        self.write("\r\n");
        // What was typed ahead is thrown away: it may be the rest of a secret, on its way to a shell.
        let _ = tcsetattr(&self.file, OptionalActions::Flush, &self.before);
    }
}

async fn read(input: &AsyncFd<File>, chunk: &mut [u8]) -> io::Result<usize> {
    loop {
        let mut ready = input.readable().await?;
        match ready.try_io(|inner| inner.get_ref().read(chunk)) {
            Ok(result) => return result,
            Err(_would_block) => {}
        }
    }
}

fn printable(byte: u8) -> &'static str {
    const GRAPHIC: &str =
        " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    let at = usize::from(byte.wrapping_sub(b' '));
    GRAPHIC.get(at..=at).unwrap_or("?")
}

const BRACKETS_ON: &str = "\u{1b}[?2004h";
const BRACKETS_OFF: &str = "\u{1b}[?2004l";

/// How long after a line end the rest of an unmarked paste may arrive.
const SETTLES: Duration = Duration::from_millis(60);

/// A line as it is typed or pasted.
struct Line {
    bytes: Zeroizing<Vec<u8>>,
    escape: Vec<u8>,
    pasting: bool,
    ended: bool,
}

/// What a byte did to the line.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    Text,
    Erased,
    Interrupt,
    Nothing,
}

impl Line {
    fn new() -> Self {
        // Never grown, so that no copy is left behind.
        let bytes = Zeroizing::new(Vec::with_capacity(LONGEST_ANSWER));
        Self { bytes, escape: Vec::new(), pasting: false, ended: false }
    }

    fn is_ended(&self) -> bool {
        self.ended && !self.pasting
    }

    fn take(&mut self, byte: u8) -> Taken {
        if !self.escape.is_empty() || byte == 0x1b {
            return self.take_escape(byte);
        }
        match byte {
            b'\r' | b'\n' if self.pasting => self.push(b'\n'),
            b'\r' | b'\n' => {
                self.ended = true;
                Taken::Nothing
            }
            // Ctrl-C; Ctrl-D where nothing has been typed.
            0x03 if !self.pasting => Taken::Interrupt,
            0x04 if !self.pasting && self.bytes.is_empty() => Taken::Interrupt,
            0x08 | 0x7f if !self.pasting => self.erase(),
            // Ctrl-U
            0x15 if !self.pasting && !self.bytes.is_empty() => {
                self.bytes.zeroize();
                Taken::Nothing
            }
            _ => self.push(byte),
        }
    }

    fn push(&mut self, byte: u8) -> Taken {
        if std::mem::take(&mut self.ended) {
            self.store(b'\n');
        }
        self.store(byte);
        Taken::Text
    }

    /// What is beyond the limit is left out; one byte too many tells that it was.
    fn store(&mut self, byte: u8) {
        if self.bytes.len() < LONGEST_ANSWER {
            self.bytes.push(byte);
        }
    }

    fn erase(&mut self) -> Taken {
        let is_continuation = |byte: u8| byte & 0xc0 == 0x80;
        while let Some(byte) = self.bytes.pop() {
            if !is_continuation(byte) {
                return Taken::Erased;
            }
        }
        Taken::Nothing
    }

    /// Escape sequences: the marks of a paste are obeyed, all others (arrows, keys of a mouse) mean nothing here.
    fn take_escape(&mut self, byte: u8) -> Taken {
        self.escape.push(byte);
        let ends = match self.escape.len() {
            1 => false,
            2 => !matches!(byte, b'[' | b'O'),
            _ => matches!(byte, 0x40..=0x7e) || self.escape.len() >= 16,
        };
        if ends {
            match &self.escape[..] {
                b"\x1b[200~" => self.pasting = true,
                b"\x1b[201~" => self.pasting = false,
                _ => {}
            }
            self.escape.clear();
        }
        Taken::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(bytes: &[u8]) -> (String, bool) {
        let mut line = Line::new();
        for byte in bytes {
            line.take(*byte);
        }
        (String::from_utf8(line.bytes.to_vec()).unwrap(), line.is_ended())
    }

    #[test]
    fn a_line_end_ends_a_typed_answer() {
        assert_eq!(typed(b"pass phrase\r"), ("pass phrase".into(), true));
    }

    #[test]
    fn line_ends_inside_a_paste_belong_to_it() {
        assert_eq!(
            typed(b"\x1b[200~http://localhost/\r?code=1\x1b[201~"),
            ("http://localhost/\n?code=1".into(), false)
        );
        assert_eq!(typed(b"http://localhost/\r?code=1\r"), ("http://localhost/\n?code=1".into(), true));
    }

    #[test]
    fn backspace_takes_a_whole_character() {
        assert_eq!(typed("aä\u{7f}b".as_bytes()), ("ab".into(), false));
        assert_eq!(typed(b"abc\x15d"), ("d".into(), false));
    }

    #[test]
    fn arrow_keys_are_no_text() {
        assert_eq!(typed(b"a\x1b[D\x1bOAb"), ("ab".into(), false));
    }

    #[test]
    fn a_long_paste_is_taken_whole_and_one_beyond_the_limit_is_told() {
        assert_eq!(typed(&b"x".repeat(60_000)).0.len(), 60_000);
        assert_eq!(typed(&b"x".repeat(100_000)).0.len(), LONGEST_ANSWER);
    }

    #[test]
    fn control_c_interrupts_but_not_out_of_a_paste() {
        assert_eq!(Line::new().take(3), Taken::Interrupt);
        let mut line = Line::new();
        b"\x1b[200~".iter().for_each(|byte| {
            line.take(*byte);
        });
        assert_eq!(line.take(3), Taken::Text);
    }
}
