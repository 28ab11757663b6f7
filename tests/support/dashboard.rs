//! A dashboard without a terminal: the application, the executor and the drawing, looped as the real one loops them.
//! Everything that could be seen, logged or printed is kept, so that it can be searched.

use std::path::Path;
use std::time::Duration;

use chrono::FixedOffset;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokengauge::app::{App, Banner, Browser, Door, Effect, Environment, Leave, Message, Pasted};
use tokengauge::config::Desktop;
use tokengauge::domain::secret::PastedText;
use tokengauge::domain::warning::WarningRules;
use tokengauge::domain::{Authority, Overview};
use tokengauge::export::snippet::VaultOptions;
use tokengauge::keymap::Keymap;
use tokengauge::runtime::clipboard::Clipboard;
use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::delivery::{Outlets, TerminalOrder};
use tokengauge::runtime::demo::DemoTenant;
use tokengauge::runtime::executor::{Executor, VaultAccess};
use tokengauge::runtime::warnings::{Setup, Signals};
use tokengauge::runtime::watcher::Noticed;
use tokengauge::ui::colour::ColourDepth;
use tokengauge::ui::glyphs::GlyphSet;
use tokengauge::ui::theme::Theme;
use tokengauge::ui::{Look, draw};
use tokengauge::vault::unlock::{Keyring, Sources};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The design size, a large, a narrow and the smallest terminal.
const SIZES: [(u16, u16); 4] = [(80, 24), (160, 50), (40, 10), (1, 1)];
/// So long may a condition take at most; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was seen, by where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Seen {
    /// `screen 80x24`, `effect`, …
    pub place: String,
    pub text: String,
}

/// The loop.
pub struct Dashboard {
    pub app: App,
    pub clock: Clock,
    pub seen: Vec<Seen>,
    /// How the program was left, if it was.
    pub left: Option<Leave>,
    executor: Executor,
    look: Look,
    answers: UnboundedReceiver<Message>,
    noticed: UnboundedReceiver<Noticed>,
    orders: UnboundedReceiver<TerminalOrder>,
}

impl Dashboard {
    /// The demo on a tenant.
    pub fn on_demo(tenant: &DemoTenant, clock: Clock) -> Self {
        let mut dashboard =
            Self::new(tenant.vault.dir(), tenant.authority(), clock, Door::Open, |executor| {
                executor.with_open_vault(tenant.vault.clone(), Some(tenant.browser(clock)))
            });
        dashboard.open();
        dashboard
    }

    /// An application at this door, over a directory in which a vault is or will be.
    pub fn new(
        directory: &Path,
        authority: Authority,
        clock: Clock,
        door: Door,
        prepare: impl FnOnce(Executor) -> Executor,
    ) -> Self {
        let (answer, answers) = unbounded_channel();
        let (notice, noticed) = unbounded_channel();
        let (order, orders) = unbounded_channel();
        let outlets = Outlets {
            clipboard: Clipboard::Terminal,
            terminal: order,
            directory: directory.to_owned(),
            vault_options: VaultOptions::default(),
        };
        let sources = Sources { keyring: Keyring::Left, ..Sources::default() };
        let access = VaultAccess { directory: directory.to_owned(), sources };
        // Warnings and their notifications are searched like everything else.
        let signals = Signals { bell: true, desktop: Desktop::Osc9, tmux: false };
        let setup = Setup { rules: WarningRules::default(), hook: None, signals: Some(signals) };
        let executor = Executor::new(access, clock, outlets, answer, notice).with_warnings(setup);
        let executor = prepare(executor);
        let theme = Theme::embedded("dark", ColourDepth::TrueColour).unwrap();
        let look = Look { theme, glyphs: GlyphSet::Smooth.glyphs(), keymap: Keymap::default() };
        let app = App::new(environment(authority), door, "dark".into(), clock.now())
            .with_warnings(WarningRules::default(), Banner::Shown);
        Self { app, clock, seen: Vec::new(), left: None, executor, look, answers, noticed, orders }
    }

    /// Opens the vault with what is at hand.
    pub fn open(&mut self) {
        let effects = self.app.open_vault();
        self.perform(effects);
    }

    /// One message through the application, its effects started, the screen drawn.
    pub fn take(&mut self, message: Message) {
        let now = self.clock.now();
        self.note("message", format!("{message:?}"));
        let effects = self.app.update(message, now);
        self.perform(effects);
        self.draw();
    }

    /// Presses a key.
    pub fn key(&mut self, code: KeyCode) {
        let now = self.clock.now();
        if let Some(message) = self.look.keymap.translate(&self.app, KeyEvent::from(code), now) {
            self.take(message);
        }
    }

    /// Presses the keys of these characters, one after the other.
    pub fn keys(&mut self, characters: &str) {
        characters.chars().for_each(|character| self.key(KeyCode::Char(character)));
    }

    /// Loops until the condition holds.
    pub async fn until(&mut self, what: &str, condition: impl Fn(&App) -> bool) {
        let all = async {
            while !condition(&self.app) {
                self.turn().await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, all).await;
        assert!(in_time.is_ok(), "{what}: {:?}", self.app);
    }

    /// Waits for the next thing that happens, and takes it.
    async fn turn(&mut self) {
        let deadline = self.app.next_deadline(self.clock.now());
        let message = tokio::select! {
            biased;
            Some(message) = self.answers.recv() => message,
            Some(order) = self.orders.recv() => {
                self.note("terminal order", format!("{order:?}"));
                let _ = order.written.send(true);
                return;
            }
            Some(noticed) = self.noticed.recv() => match noticed {
                Noticed::Connection(_) | Noticed::Records => Message::RecordsChanged,
                Noticed::Activity => Message::ActivityNoted,
                Noticed::LockOrder => Message::LockOrdered,
            },
            () = tokio::time::sleep(self.clock.until(deadline)) => Message::Wake,
        };
        self.take(message);
    }

    /// Everything that was started has ended and has been taken.
    pub async fn finish(&mut self) {
        self.executor.finish().await;
        while let Ok(message) = self.answers.try_recv() {
            self.take(message);
        }
    }

    /// The connection of that name.
    pub fn connection(&self, name: &str) -> &Overview {
        named(&self.app, name).unwrap_or_else(|| panic!("no {name}"))
    }

    /// Chooses a connection of the list by its name.
    pub fn choose(&mut self, name: &str) {
        self.keys("1/");
        self.take(Message::Paste(Pasted::Whole(PastedText::new(name))));
        self.key(KeyCode::Enter);
        assert_eq!(self.app.chosen().map(|chosen| chosen.name.as_str()), Some(name));
    }

    /// The screen of that size, as text.
    pub fn screen(&self, (width, height): (u16, u16)) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let now = self.clock.now();
        terminal.draw(|frame| draw(frame, &self.app, now, &self.look)).unwrap();
        let cells = &terminal.backend().buffer().content;
        let lines = cells.chunks(usize::from(width));
        lines.map(|line| line.iter().map(ratatui::buffer::Cell::symbol).collect::<String>() + "\n").collect()
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.note("effect", format!("{effect:?}"));
            match effect {
                Effect::Quit(leave) => self.left = Some(leave),
                effect => self.executor.perform(effect),
            }
        }
    }

    fn draw(&mut self) {
        self.note("application", format!("{:?}", self.app));
        for size in SIZES {
            let screen = self.screen(size);
            self.note(&format!("screen {}x{}", size.0, size.1), screen);
        }
    }

    fn note(&mut self, place: &str, text: String) {
        let seen = Seen { place: place.to_owned(), text };
        // A clock that ticks says nothing new.
        if self.seen.last() != Some(&seen) {
            self.seen.push(seen);
        }
    }
}

/// The connection of that name, where it is there.
pub fn named<'a>(app: &'a App, name: &str) -> Option<&'a Overview> {
    app.connections.all().iter().find(|own| own.name.as_str() == name)
}

fn environment(authority: Authority) -> Environment {
    Environment {
        authorities: vec![authority],
        browser: Browser::Simulated,
        themes: vec!["dark".into()],
        utc_offset: FixedOffset::east_opt(0).unwrap(),
        vault_directory: "the vault".into(),
        export_directory: String::new(),
        key_file: "key.txt".into(),
        has_passphrase: false,
    }
}
