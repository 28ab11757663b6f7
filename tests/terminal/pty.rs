//! A terminal with the program in it. What it waits for it reads; nothing sleeps.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// A condition may take so long; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(60);
/// The least time in which it is looked whether the program has ended.
const LOOK: Duration = Duration::from_millis(20);

/// U+FFFD as it is written.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
/// Stands for U+FFFD on the screen.
pub const REPLACED: char = '¿';

/// The program, its terminal, and what the terminal shows.
pub struct Terminal {
    pub parser: vt100::Parser,
    /// All that was ever written.
    pub written: Vec<u8>,
    /// What the VT100 has not seen yet: the beginning of a character that may be U+FFFD.
    unseen: Vec<u8>,
    /// The settings of the line before the program was started.
    before: String,
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    master: Box<dyn MasterPty + Send>,
    /// Kept open, so that the line outlives the program.
    _slave: Box<dyn SlavePty + Send>,
}

/// How the demo is started.
#[derive(Clone)]
pub struct Demo {
    pub scenario: &'static str,
    pub speed: u32,
    pub size: (u16, u16),
    pub panics: bool,
}

impl Default for Demo {
    fn default() -> Self {
        Self { scenario: "fleet", speed: 1, size: (100, 30), panics: false }
    }
}

impl Demo {
    pub fn start(&self) -> Terminal {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_tokengauge"));
        let speed = self.speed.to_string();
        command.args(["demo", "--scenario", self.scenario, "--speed", &speed, "--theme", "dark"]);
        command.env_remove("TMUX");
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        if self.panics {
            command.env("TOKENGAUGE_TEST_PANIC", "1");
            command.env("RUST_BACKTRACE", "0");
        }
        Terminal::start(command, self.size)
    }

    /// Started, and the first frame is whole.
    pub fn shown(&self) -> Terminal {
        let mut terminal = self.start();
        terminal.until("the first frame", |screen| screen.contains("Connections") && screen.contains("help"));
        terminal
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn line_settings(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

/// Reads in a thread of its own; the channel ends with the line.
fn read_all(mut reader: Box<dyn Read + Send>) -> Receiver<Vec<u8>> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length) = reader.read(&mut buffer) {
            if length == 0 || send.send(buffer[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    receive
}

impl Terminal {
    /// Starts a command in a terminal of this size.
    pub fn start(command: CommandBuilder, (columns, rows): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let before = line_settings(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        let output = read_all(pair.master.try_clone_reader().unwrap());
        Self {
            parser: vt100::Parser::new(rows.max(2), columns.max(2), 0),
            written: Vec::new(),
            unseen: Vec::new(),
            before,
            child,
            keyboard: pair.master.take_writer().unwrap(),
            output,
            master: pair.master,
            _slave: pair.slave,
        }
    }

    /// What stands on the screen.
    pub fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// Reads until the text of the screen fulfils the condition.
    pub fn until(&mut self, what: &str, condition: impl Fn(&str) -> bool) {
        self.until_screen(what, |screen| condition(&screen.contents()));
    }

    /// Reads until the screen fulfils the condition.
    pub fn until_screen(&mut self, what: &str, condition: impl Fn(&vt100::Screen) -> bool) {
        let begun = Instant::now();
        while !condition(self.parser.screen()) {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(error) => panic!("{what}: {error}\n{}", self.screen()),
            }
        }
    }

    /// Reads for so long; how many bytes came.
    pub fn bytes_within(&mut self, span: Duration) -> usize {
        let (begun, before) = (Instant::now(), self.written.len());
        loop {
            match self.output.recv_timeout(span.saturating_sub(begun.elapsed())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => return self.written.len() - before,
                Err(RecvTimeoutError::Disconnected) => panic!("the line is gone"),
            }
        }
    }

    /// Types, in one write.
    pub fn keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Changes the size. The screen here is emptied, so that what is waited for was drawn for the new size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        // vt100 itself does not survive a single cell.
        self.parser.screen_mut().set_size(rows.max(2), columns.max(2));
        self.parser.process(b"\x1b[2J");
        self.master.resize(size(columns, rows)).unwrap();
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.process_id().unwrap().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Reads until the program has ended.
    pub fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                while let Ok(bytes) = self.output.recv_timeout(LOOK) {
                    self.take(&bytes);
                }
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "the program has not ended\n{}", self.screen());
            if let Ok(bytes) = self.output.recv_timeout(LOOK) {
                self.take(&bytes);
            }
        }
    }

    /// True while the program runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// What is not as it was before the program was started.
    pub fn not_restored(&self) -> Vec<&'static str> {
        let screen = self.parser.screen();
        let faults = [
            (screen.alternate_screen(), "the alternate screen"),
            (screen.hide_cursor(), "the hidden cursor"),
            (screen.bracketed_paste(), "bracketed paste"),
            (self.is_set("?1004"), "focus events"),
            (screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None, "the mouse"),
            (screen.application_keypad() || screen.application_cursor(), "the keypad"),
            (
                screen.fgcolor() != vt100::Color::Default || screen.bgcolor() != vt100::Color::Default,
                "a colour",
            ),
            (line_settings(&*self.master) != self.before, "the settings of the line"),
        ];
        faults.into_iter().filter(|(wrong, _)| *wrong).map(|(_, name)| name).collect()
    }

    /// Whether a mode that the VT100 does not know was set last, and not reset.
    fn is_set(&self, mode: &str) -> bool {
        let last = |letter: char| {
            let sequence = format!("\u{1b}[{mode}{letter}").into_bytes();
            self.written.windows(sequence.len()).rposition(|window| window == sequence)
        };
        last('h') > last('l')
    }

    fn take(&mut self, bytes: &[u8]) {
        self.written.extend_from_slice(bytes);
        self.unseen.extend_from_slice(bytes);
        // The VT100 leaves U+FFFD out, for which every terminal has a cell.
        let (mut seen, mut rest) = (Vec::new(), &self.unseen[..]);
        while let Some((byte, after)) = rest.split_first() {
            if REPLACEMENT.starts_with(rest) && rest.len() < REPLACEMENT.len() {
                break;
            }
            (seen, rest) = match rest.strip_prefix(REPLACEMENT) {
                Some(after) => ([seen, REPLACED.to_string().into()].concat(), after),
                None => {
                    seen.push(*byte);
                    (seen, after)
                }
            };
        }
        self.parser.process(&seen);
        self.unseen = rest.to_vec();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.runs() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
