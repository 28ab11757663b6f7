//! The dashboard: an app with a screen and a keyboard.

use std::io;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::EventStream;
use futures_util::Stream;
use tokio::select;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::app::{App, Banner, Browser, Door, Environment, FirstRun, Leave, Message};
use crate::catalogue::clouds::{CLOUDS, Cloud};
use crate::config;
use crate::export::snippet::VaultOptions;
use crate::sanitize::sanitize;
use crate::vault::{Presence, Vault, VaultError};

use super::clipboard::Clipboard;
use super::clock::Clock;
use super::delivery::{Outlets, TerminalOrder};
use super::driver::{self, Channels, Driver, GATHER_BRIEFLY, Next};
use super::executor::{Executor, VaultAccess};
use super::http::Network;
use super::input::{Input, InputReader, Line};
use super::looks::Looks;
use super::stop::{Haste, Stop, StopSignal};
use super::terminal::{self, Screen};
use super::warnings::{Setup, Signals};

/// What the dashboard is started with.
#[derive(Debug, Clone)]
pub struct Start {
    /// The vault and what may open it.
    pub access: VaultAccess,
    /// Themes, shapes, keys.
    pub looks: Looks,
    /// How the outside is reached.
    pub network: Network,
    /// What the environment says of the terminal.
    pub surroundings: Surroundings,
    /// Of what is warned, and how.
    pub warnings: config::Warnings,
}

/// What the environment says of where the program runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `TMUX`.
    pub tmux: Option<String>,
    /// True if a display is there that a browser could use.
    pub display: bool,
    /// Where a file with an address may be made.
    pub directory: PathBuf,
    /// How another program that runs ours finds and opens the vault.
    pub vault_options: VaultOptions,
}

/// How the dashboard ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The person left.
    Left {
        /// What follows.
        leave: Leave,
        /// How many connections renewed by themselves while the dashboard was open.
        renewing: usize,
    },
    /// The person left although something was not saved, which has been told.
    LeftUnsaved,
    /// A signal, or the terminal has gone.
    Stopped(StopSignal),
}

/// Shows the dashboard on a vault, or the first-run screen where there is none.
pub async fn run(start: Start) -> Result<Ended, RunError> {
    let clock = Clock::system();
    let presence = Vault::presence(&start.access.directory)?;
    let environment = environment(&start, clock, presence);
    let (Channels { answers, noticed }, ends) = driver::channels();
    let (terminal, orders) = terminal_orders();
    let outlets = outlets(&start.surroundings, terminal);
    let executor = Executor::new(start.access.clone(), clock, outlets, answers, noticed)
        .with_network(start.network.clone())
        .with_warnings(Setup::of(&start.warnings, Some(signals(&start))));
    let theme = start.looks.names().swap_remove(0);
    let mut app = App::new(environment, Door::FirstRun(FirstRun::new()), theme, clock.now())
        .with_warnings(start.warnings.rules(), banner(&start.warnings));
    if presence != Presence::Absent {
        app.open_vault().into_iter().for_each(|effect| executor.perform(effect));
    }
    let titles = if start.warnings.title { Titles::Counts } else { Titles::Left };
    let driver = Driver::new(app, executor, clock, ends, Stop::listen()?, GATHER_BRIEFLY);
    Ok(Box::pin(show(driver, start.looks, orders, titles)).await?)
}

/// How the person at this terminal hears of a warning.
fn signals(start: &Start) -> Signals {
    let tmux = Clipboard::detect(start.surroundings.tmux.as_deref()) == Clipboard::Tmux;
    Signals { bell: start.warnings.bell, desktop: start.warnings.desktop, tmux }
}

fn banner(warnings: &config::Warnings) -> Banner {
    if warnings.banner { Banner::Shown } else { Banner::Off }
}

/// What becomes of the terminal's title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Titles {
    /// It tells how many connections need the person.
    Counts,
    /// It is left as it is.
    Left,
}

/// Why the dashboard did not come up.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The vault may not be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The terminal.
    #[error("the terminal: {0}")]
    Terminal(#[from] io::Error),
}

fn environment(start: &Start, clock: Clock, presence: Presence) -> Environment {
    let directory = &start.access.directory;
    let key_file = directory.parent().unwrap_or(directory).join("key.txt");
    Environment {
        authorities: CLOUDS.iter().map(Cloud::authority).collect(),
        browser: if start.surroundings.display { Browser::Here } else { Browser::Elsewhere },
        themes: start.looks.names(),
        utc_offset: clock.utc_offset(),
        vault_directory: directory.display().to_string(),
        export_directory: String::new(),
        key_file: key_file.display().to_string(),
        has_passphrase: presence == (Presence::Present { passphrase: true }),
    }
}

/// What the terminal is to write between two frames.
pub(super) type Orders = UnboundedReceiver<TerminalOrder>;

pub(super) fn terminal_orders() -> (UnboundedSender<TerminalOrder>, Orders) {
    mpsc::unbounded_channel()
}

/// Whoever ordered it may have given up.
fn write(order: TerminalOrder) {
    let written = terminal::write_sequence(crate::domain::secret::Secret::expose(&order.sequence));
    let _ = order.written.send(written.is_ok());
}

pub(super) fn outlets(surroundings: &Surroundings, terminal: UnboundedSender<TerminalOrder>) -> Outlets {
    Outlets {
        clipboard: Clipboard::detect(surroundings.tmux.as_deref()),
        terminal,
        directory: surroundings.directory.clone(),
        vault_options: surroundings.vault_options.clone(),
    }
}

/// Enters the terminal, runs the loop, leaves the terminal, awaits what is under way.
pub(super) async fn show(driver: Driver, looks: Looks, orders: Orders, titles: Titles) -> io::Result<Ended> {
    let (screen, guard) = terminal::enter()?;
    let mut dashboard = Dashboard {
        driver,
        looks,
        orders,
        resized: signal(SignalKind::window_change())?,
        screen,
        plain_shown: false,
        pasting_until: DateTime::UNIX_EPOCH,
        titles,
        title: String::new(),
    };
    let ended = dashboard.run(EventStream::new()).await;
    dashboard.driver.executor.leave(haste_of(&ended));
    drop(guard);
    let Dashboard { driver, orders, .. } = dashboard;
    // Nobody writes to the terminal any more: whoever waits for that ends.
    drop(orders);
    match (await_last_answers(driver).await, ended?) {
        (LastWords::Said, Ended::Left { .. }) => Ok(Ended::LeftUnsaved),
        (_, ended) => Ok(ended),
    }
}

/// Whether something was not saved to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastWords {
    None,
    Said,
}

fn haste_of(ended: &io::Result<Ended>) -> Haste {
    match ended {
        Ok(Ended::Left { .. } | Ended::LeftUnsaved) => Haste::Leaving,
        Ok(Ended::Stopped(_)) | Err(_) => Haste::Stopping,
    }
}

async fn await_last_answers(mut driver: Driver) -> LastWords {
    if !driver.executor.is_idle() {
        terminal::say("Finishing what is under way …");
    }
    let failures = driver.last_answers().await;
    for failure in &failures {
        terminal::say(&format!("error: {}", sanitize(&failure.what_happened, LAST_WORD)));
        terminal::say(&sanitize(&failure.what_to_do, LAST_WORD));
    }
    if failures.is_empty() { LastWords::None } else { LastWords::Said }
}

/// Longest line that is said at the end.
const LAST_WORD: usize = 600;

struct Dashboard {
    driver: Driver,
    looks: Looks,
    orders: Orders,
    /// Listened to here as well: crossterm loses a change of size that comes at the same moment as a key.
    resized: Signal,
    screen: Screen,
    /// Whether the page without frame has been printed.
    plain_shown: bool,
    /// Until when the rest of a paste may follow.
    pasting_until: DateTime<Utc>,
    titles: Titles,
    /// The title that the terminal has by now.
    title: String,
}

/// What comes from the terminal, or is to go there.
enum FromTerminal {
    Order(TerminalOrder),
    Input(Input),
}

/// A paste without marks may come in several reads: no person types so soon after one.
const PASTE_TAIL: TimeDelta = TimeDelta::milliseconds(100);

impl Dashboard {
    async fn run(
        &mut self,
        events: impl Stream<Item = io::Result<crossterm::event::Event>> + Unpin,
    ) -> io::Result<Ended> {
        let mut input =
            InputReader::new(events, Line { rearm: terminal::rearm_input, is_gone: terminal::is_gone });
        loop {
            // Answers that are there already are taken in before the screen is drawn.
            if self.driver.is_caught_up() {
                match self.draw() {
                    Err(error) if is_gone(&error) => return Ok(Ended::Stopped(StopSignal::HangUp)),
                    drawn => drawn?,
                }
            }
            panic_if_asked();
            let now = self.driver.clock.now();
            let pasting = Some(self.pasting_until).filter(|until| now < *until);
            input.expect_tail(pasting.is_some());
            let (orders, resized) = (&mut self.orders, &mut self.resized);
            let from_terminal = async {
                select! {
                    biased;
                    Some(order) = orders.recv() => FromTerminal::Order(order),
                    Some(()) = resized.recv() => FromTerminal::Input(Input::Resized),
                    input = input.next() => FromTerminal::Input(input),
                }
            };
            let message = match self.driver.next(from_terminal, pasting).await {
                Next::Message(message) => Some(message),
                Next::OrderNotObeyed => None,
                Next::Stopped(signal) => return Ok(Ended::Stopped(signal)),
                Next::Outside(FromTerminal::Order(order)) => {
                    write(order);
                    None
                }
                Next::Outside(FromTerminal::Input(Input::Closed)) => {
                    return Ok(Ended::Stopped(StopSignal::HangUp));
                }
                Next::Outside(FromTerminal::Input(input)) => self.take_input(input),
            };
            if let Some(leave) = message.and_then(|message| self.tell(message)) {
                let renewing = self.driver.app.renewing_by_themselves(self.driver.clock.now());
                return Ok(Ended::Left { leave, renewing });
            }
        }
    }

    fn tell(&mut self, message: Message) -> Option<Leave> {
        let effects = self.driver.update(message);
        self.driver.perform(effects)
    }

    fn take_input(&mut self, input: Input) -> Option<Message> {
        let now = self.driver.clock.now();
        match input {
            Input::Key(key) => self.looks.keymap().translate(&self.driver.app, key, now),
            Input::Paste(pasted) => {
                self.pasting_until = now + PASTE_TAIL;
                Some(Message::Paste(pasted))
            }
            Input::FocusLost => Some(Message::FocusLost),
            Input::Resized => {
                self.plain_shown = false;
                None
            }
            // The end, which the loop has seen to.
            Input::Closed => None,
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        if let Some(text) = self.driver.app.plain_page() {
            if !self.plain_shown {
                terminal::print_plainly(text, "Enter or Esc: back")?;
                self.plain_shown = true;
            }
            return Ok(());
        }
        if std::mem::take(&mut self.plain_shown) {
            self.screen.clear()?;
        }
        let (app, now) = (&self.driver.app, self.driver.clock.now());
        let look = self.looks.look(&app.theme);
        self.screen.draw(|frame| crate::ui::draw(frame, app, now, look))?;
        if self.titles == Titles::Counts {
            let title = crate::ui::title(app, now, look);
            if title != self.title {
                terminal::set_title(&title)?;
                self.title = title;
            }
        }
        Ok(())
    }
}

/// True if the terminal has gone: a frame may notice it before the signal does.
fn is_gone(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
        || error.kind() == io::ErrorKind::BrokenPipe
}

/// Lets a test see that the terminal is given back after a panic. Not in release builds.
fn panic_if_asked() {
    #[cfg(debug_assertions)]
    assert!(std::env::var_os("TOKENGAUGE_TEST_PANIC").is_none(), "asked to panic by the test");
}
