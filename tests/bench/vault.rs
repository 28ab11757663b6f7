//! What a vault of 10,000 connections costs beside one of ten: `cargo bench --bench vault`.
//!
//! Opening all of it and listing it, printing a token, editing and renewing one connection as whole processes; then the
//! dashboard: reading it whole, reading it again after another process has replaced one record, the first frame, and a key.

#[expect(dead_code, reason = "the other benchmark needs the rest")]
mod fixture;
#[path = "../screens/fixtures.rs"]
#[expect(dead_code, reason = "the screens need more of it")]
mod screens;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokengauge::app::{Answer, App, Contents, Door, Effect, Message};
use tokengauge::keymap::Keymap;
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::services::Services;
use tokengauge::ui::colour::ColourDepth;
use tokengauge::ui::glyphs::GlyphSet;
use tokengauge::ui::theme::Theme;
use tokengauge::ui::{Look, draw};

use fixture::{Filled, TokenServer, exit_code, name, run_to_end, verdict};

const SIZES: [usize; 3] = [10, 1_000, 10_000];
/// For opening 10,000 records and listing them, in an optimised build on two cores.
const OPENING: Duration = Duration::from_secs(2);
/// With 1,000 connections.
const KEY_TO_FRAME: Duration = Duration::from_millis(2);

fn main() -> ExitCode {
    let server = TokenServer::start();
    let columns = SIZES.map(|count| Column::measure(count, &server));
    println!("{:<46} {:>12} {:>12} {:>12}", "median, connections:", SIZES[0], SIZES[1], SIZES[2]);
    for row in 0..columns[0].0.len() {
        let times = columns.each_ref().map(|column| column.0[row].1.as_secs_f64() * 1e3);
        println!(
            "{:<46} {:>9.2} ms {:>9.2} ms {:>9.2} ms",
            columns[0].0[row].0, times[0], times[1], times[2]
        );
    }
    let [_, thousand, largest] = &columns;
    let is_opened =
        verdict("10,000 records opened and listed within 2 s", largest.time("list (process)") <= OPENING);
    let frame = thousand.time("key to frame");
    let is_shown = verdict("key to frame with 1,000 connections within 2 ms", frame <= KEY_TO_FRAME);
    exit_code(is_opened && is_shown)
}

/// What was measured of one vault.
struct Column(Vec<(&'static str, Duration)>);

impl Column {
    fn time(&self, row: &str) -> Duration {
        self.0.iter().find(|(own, _)| *own == row).expect("it is measured").1
    }

    fn measure(count: usize, server: &TokenServer) -> Self {
        let filled = Filled::new(count, &server.authority());
        let one = name(count / 2);
        let process = |arguments: &[&str]| run_to_end(filled.tokengauge(arguments), 0);
        let mut mailbox = 0;
        let edit = || {
            mailbox += 1;
            process(&["edit", &one, "--sign-in-as", &format!("ops{mailbox}@contoso.com")]);
        };
        let mut column = Self(vec![
            ("list (process)", median(5, || process(&["list"]))),
            ("token NAME (process)", median(30, || process(&["token", &one]))),
            ("edit NAME (process)", median(30, edit)),
            ("refresh NAME (process)", median(30, || process(&["refresh", &one]))),
        ]);
        column.dashboard(&filled, &one);
        column
    }

    fn dashboard(&mut self, filled: &Filled, one: &str) {
        let services = Services::new(filled.vault.clone(), Clock::system());
        let (contents, all) = timed(|| services.contents().unwrap());
        let (_, unchanged) = timed(|| services.contents().unwrap());
        run_to_end(filled.tokengauge(&["refresh", one]), 0);
        let (again, changed) = timed(|| services.contents().unwrap());
        self.0.push(("records read for the dashboard", all));
        self.0.push(("  again, nothing changed", unchanged));
        self.0.push(("  again, one replaced by another process", changed));
        let mut screen = Screen::open();
        let ((), taken) = timed(|| screen.take(contents));
        self.0.push(("taken in by the application", taken));
        self.0.push(("first frame, 80x24", timed(|| screen.draw()).1));
        self.0.push(("taken in again", timed(|| screen.take(again)).1));
        self.0.push(("key to frame", median(100, || screen.press(KeyCode::Down))));
    }
}

fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = run();
    (done, start.elapsed())
}

fn median(rounds: usize, mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..rounds).map(|_| timed(&mut run).1).collect();
    times.sort_unstable();
    times[rounds / 2]
}

/// The dashboard on a terminal in memory.
struct Screen {
    app: App,
    now: DateTime<Utc>,
    look: Look,
    terminal: Terminal<TestBackend>,
}

impl Screen {
    fn open() -> Self {
        let look = Look {
            theme: Theme::embedded("dark", ColourDepth::TrueColour).unwrap(),
            glyphs: GlyphSet::Smooth.glyphs(),
            keymap: Keymap::default(),
        };
        let terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        Self { app: screens::with(Door::Open), now: Clock::system().now(), look, terminal }
    }

    fn take(&mut self, contents: Contents) {
        let effects = self.app.update(Message::RecordsChanged, self.now);
        let [Effect::LoadVault { request }] = effects[..] else { panic!("the vault is to be read") };
        let answer = Answer::Contents(Ok(contents));
        self.app.update(Message::Answer { request, answer }, self.now);
    }

    fn draw(&mut self) {
        let (app, look, now) = (&self.app, &self.look, self.now);
        self.terminal.draw(|frame| draw(frame, app, now, look)).unwrap();
    }

    fn press(&mut self, key: KeyCode) {
        let event = KeyEvent::new(key, KeyModifiers::NONE);
        if let Some(message) = self.look.keymap.translate(&self.app, event, self.now) {
            self.app.update(message, self.now);
        }
        self.draw();
    }
}
