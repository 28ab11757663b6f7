//! How long a key takes to become a frame while the permission catalogue is searched: `cargo bench --bench permissions`.
//!
//! Each query is typed letter by letter, as often as it takes for a thousand keys and more. A key is translated, taken by
//! `App::update` and drawn, as in the dashboard's loop; the terminal is one in memory. The floor is the same screen drawn
//! without a search, in the same run: what typing costs beyond it is the search.

#[path = "../screens/fixtures.rs"]
#[expect(dead_code, reason = "the screens need more of it")]
mod fixtures;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokengauge::app::{App, Line, Tab};
use tokengauge::keymap::Keymap;
use tokengauge::ui::colour::ColourDepth;
use tokengauge::ui::glyphs::GlyphSet;
use tokengauge::ui::theme::Theme;
use tokengauge::ui::{Look, draw};

use fixtures::{Make, now, only};

const QUERIES: [&str; 8] = [
    "mail.send",
    "calendar",
    "read all",
    "e",
    "exchange online",
    "group conversations",
    "user.readwrite.all",
    "nothing like it",
];
const ROUNDS: usize = 20;
const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (120, 40)];
/// What is to be reached, in an optimised build.
const TARGET: Duration = Duration::from_millis(2);

fn main() -> ExitCode {
    let mut are_reached = true;
    println!("key to frame        median       p99     worst");
    for size in SIZES {
        let mut bench = Bench::new(size);
        let floor = bench.floor();
        let typing = bench.typing();
        report(size, "floor", &floor);
        report(size, "search", &typing);
        let is_within = typing[typing.len() * 99 / 100] <= TARGET;
        println!("{:>7}x{:<3} p99 within 2 ms: {}", size.0, size.1, if is_within { "yes" } else { "NO" });
        are_reached &= is_within;
    }
    // Run by hand, on a machine with nothing else to do.
    if are_reached { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report(size: (u16, u16), what: &str, sorted: &[Duration]) {
    let at = |share: usize| sorted[(sorted.len() * share / 100).min(sorted.len() - 1)].as_secs_f64() * 1e3;
    let (median, p99, worst) = (at(50), at(99), at(100));
    println!("{:>7}x{:<3} {what:<7} {median:>6.3} ms {p99:>6.3} ms {worst:>6.3} ms", size.0, size.1);
}

struct Bench {
    app: App,
    look: Look,
    terminal: Terminal<TestBackend>,
}

impl Bench {
    fn new((width, height): (u16, u16)) -> Self {
        let look = Look {
            theme: Theme::embedded("dark", ColourDepth::TrueColour).unwrap(),
            glyphs: GlyphSet::Smooth.glyphs(),
            keymap: Keymap::default(),
        };
        let app = only(Make::healthy("contoso-prod", "ops@contoso.com").done(), Tab::Permissions);
        let mut own = Self { app, look, terminal: Terminal::new(TestBackend::new(width, height)).unwrap() };
        // The catalogue is read once, with the first frame.
        own.draw();
        own
    }

    fn draw(&mut self) {
        let (app, look) = (&self.app, &self.look);
        self.terminal.draw(|frame| draw(frame, app, now(), look)).unwrap();
    }

    /// The same screen without a search: a step to the next row, back and forth.
    fn floor(&mut self) -> Vec<Duration> {
        self.app.line = None;
        let keys = [KeyCode::Down, KeyCode::Up].into_iter().cycle().take(ROUNDS * 60);
        let mut times: Vec<Duration> = keys.map(|key| self.press(key)).collect();
        times.sort_unstable();
        times
    }

    fn typing(&mut self) -> Vec<Duration> {
        let mut times = Vec::new();
        for query in QUERIES.iter().cycle().take(QUERIES.len() * ROUNDS) {
            self.app.line = Some(Line::PermissionSearch);
            times.extend(query.chars().map(|letter| self.press(KeyCode::Char(letter))));
            times.push(self.press(KeyCode::Backspace));
            times.push(self.press(KeyCode::Esc));
        }
        times.sort_unstable();
        times
    }

    fn press(&mut self, key: KeyCode) -> Duration {
        let start = Instant::now();
        let event = KeyEvent::new(key, KeyModifiers::NONE);
        if let Some(message) = self.look.keymap.translate(&self.app, event, now()) {
            self.app.update(message, now());
        }
        self.draw();
        start.elapsed()
    }
}
