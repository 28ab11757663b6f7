//! The dashboard: the loop with the only `select!` and the only sleep.

use std::io;
use std::path::PathBuf;
use std::pin::pin;

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::EventStream;
use futures_util::Stream;
use tokio::select;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::app::{App, Banner, Browser, Door, Effect, Environment, FirstRun, Leave, Message};
use crate::catalogue::clouds::{CLOUDS, Cloud};
use crate::config;
use crate::export::snippet::VaultOptions;
use crate::sanitize::sanitize;
use crate::vault::{Presence, Vault, VaultError};

use super::clipboard::Clipboard;
use super::clock::Clock;
use super::delivery::{Outlets, TerminalOrder};
use super::executor::{Executor, VaultAccess};
use super::http::Network;
use super::input::{Input, InputReader, Line};
use super::looks::Looks;
use super::stop::{Haste, Stop, StopSignal};
use super::terminal::{self, Screen};
use super::warnings::{Setup, Signals};
use super::watcher::Noticed;

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
    Left(Leave),
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
    let (channels, ends) = channels();
    let outlets = outlets(&start.surroundings, &channels);
    let executor = Executor::new(
        start.access.clone(),
        clock,
        outlets,
        channels.answers.clone(),
        channels.noticed.clone(),
    )
    .with_network(start.network.clone())
    .with_warnings(Setup::of(&start.warnings, Some(signals(&start))));
    let theme = start.looks.names().swap_remove(0);
    let mut app = App::new(environment, Door::FirstRun(FirstRun::new()), theme, clock.now())
        .with_warnings(start.warnings.rules(), banner(&start.warnings));
    if presence != Presence::Absent {
        app.open_vault().into_iter().for_each(|effect| executor.perform(effect));
    }
    let titles = if start.warnings.title { Titles::Counts } else { Titles::Left };
    Ok(show(app, executor, start.looks, clock, ends, titles).await?)
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

/// The sending ends, for whoever reports to the loop.
pub(super) struct Channels {
    pub answers: mpsc::UnboundedSender<Message>,
    pub noticed: mpsc::UnboundedSender<Noticed>,
    pub terminal: mpsc::UnboundedSender<TerminalOrder>,
}

/// The receiving ends: the loop's.
pub(super) struct Ends {
    answers: UnboundedReceiver<Message>,
    noticed: UnboundedReceiver<Noticed>,
    terminal: UnboundedReceiver<TerminalOrder>,
}

pub(super) fn channels() -> (Channels, Ends) {
    let (answers, answered) = mpsc::unbounded_channel();
    let (noticed, reports) = mpsc::unbounded_channel();
    let (terminal, orders) = mpsc::unbounded_channel();
    (Channels { answers, noticed, terminal }, Ends { answers: answered, noticed: reports, terminal: orders })
}

pub(super) fn outlets(surroundings: &Surroundings, channels: &Channels) -> Outlets {
    Outlets {
        clipboard: Clipboard::detect(surroundings.tmux.as_deref()),
        terminal: channels.terminal.clone(),
        directory: surroundings.directory.clone(),
        vault_options: surroundings.vault_options.clone(),
    }
}

/// Enters the terminal, runs the loop, leaves the terminal, awaits what is under way.
pub(super) async fn show(
    app: App,
    executor: Executor,
    looks: Looks,
    clock: Clock,
    ends: Ends,
    titles: Titles,
) -> io::Result<Ended> {
    let (screen, guard) = terminal::enter()?;
    let mut dashboard = Dashboard {
        app,
        executor,
        looks,
        clock,
        ends,
        screen,
        reload_at: None,
        clock_told: TimeDelta::zero(),
        plain_shown: false,
        pasting_until: DateTime::UNIX_EPOCH,
        titles,
        title: String::new(),
    };
    let ended = dashboard.run(EventStream::new()).await;
    dashboard.executor.leave(haste_of(&ended));
    drop(guard);
    let Dashboard { executor, ends, .. } = dashboard;
    // Nobody writes to the terminal any more: whoever waits for that ends.
    drop(ends);
    match (await_last_answers(&executor).await?, ended?) {
        (LastWords::Said, Ended::Left(_)) => Ok(Ended::LeftUnsaved),
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
        Ok(Ended::Left(_) | Ended::LeftUnsaved) => Haste::Leaving,
        Ok(Ended::Stopped(_)) | Err(_) => Haste::Stopping,
    }
}

/// A token that was paid for is saved before the program ends. A signal shortens the wait for answers, and cuts no save.
async fn await_last_answers(executor: &Executor) -> io::Result<LastWords> {
    if !executor.is_idle() {
        terminal::say("Finishing what is under way …");
        let mut stop = Stop::listen()?;
        let mut finished = pin!(executor.finish());
        loop {
            select! {
                () = &mut finished => break,
                _ = stop.next() => executor.leave(Haste::Stopping),
            }
        }
    }
    let failures = executor.last_words();
    for failure in &failures {
        terminal::say(&format!("error: {}", sanitize(&failure.what_happened, LAST_WORD)));
        terminal::say(&sanitize(&failure.what_to_do, LAST_WORD));
    }
    Ok(if failures.is_empty() { LastWords::None } else { LastWords::Said })
}

/// Longest line that is said at the end.
const LAST_WORD: usize = 600;

struct Dashboard {
    app: App,
    executor: Executor,
    looks: Looks,
    clock: Clock,
    ends: Ends,
    screen: Screen,
    /// When the records are read again: several changes in a row are one.
    reload_at: Option<DateTime<Utc>>,
    /// How far the wall clock had been set forward when that was told last.
    clock_told: TimeDelta,
    /// Whether the page without frame has been printed.
    plain_shown: bool,
    /// Until when the rest of a paste may follow.
    pasting_until: DateTime<Utc>,
    titles: Titles,
    /// The title that the terminal has by now.
    title: String,
}

/// What the loop woke up for.
enum Event {
    Message(Message),
    Noticed(Noticed),
    Order(TerminalOrder),
    Input(Input),
    Stopped(StopSignal),
    Deadline,
}

/// How long changes of records are gathered before they are read.
const GATHER_CHANGES: TimeDelta = TimeDelta::milliseconds(150);

/// So far the wall clock may drift from elapsed time without a word.
const CLOCK_DISAGREES: TimeDelta = TimeDelta::minutes(1);

/// A paste without marks may come in several reads: no person types so soon after one.
const PASTE_TAIL: TimeDelta = TimeDelta::milliseconds(100);

impl Dashboard {
    async fn run(
        &mut self,
        events: impl Stream<Item = io::Result<crossterm::event::Event>> + Unpin,
    ) -> io::Result<Ended> {
        let mut input =
            InputReader::new(events, Line { rearm: terminal::rearm_input, is_gone: terminal::is_gone });
        let mut stop = Stop::listen()?;
        // Listened to here as well: crossterm loses a change of size that comes at the same moment as a key.
        let mut resized = signal(SignalKind::window_change())?;
        loop {
            // Answers that are there already are taken in before the screen is drawn.
            if self.ends.answers.is_empty() {
                match self.draw() {
                    Err(error) if is_gone(&error) => return Ok(Ended::Stopped(StopSignal::HangUp)),
                    drawn => drawn?,
                }
            }
            panic_if_asked();
            let event = {
                let now = self.clock.now();
                let pasting = Some(self.pasting_until).filter(|until| now < *until);
                input.expect_tail(pasting.is_some());
                let moments = self.reload_at.into_iter().chain(pasting);
                let deadline = moments.fold(self.app.next_deadline(now), DateTime::min);
                let sleep = tokio::time::sleep(self.clock.until(deadline));
                select! {
                    biased; // answers first: they are already paid for
                    Some(message) = self.ends.answers.recv() => Event::Message(message),
                    signal = stop.next() => Event::Stopped(signal),
                    Some(order) = self.ends.terminal.recv() => Event::Order(order),
                    Some(noticed) = self.ends.noticed.recv() => Event::Noticed(noticed),
                    Some(()) = resized.recv() => Event::Input(Input::Resized),
                    input = input.next() => Event::Input(input),
                    () = sleep => Event::Deadline,
                }
            };
            if let Some(ended) = self.take(event) {
                return Ok(ended);
            }
        }
    }

    /// A wall clock that comes to disagree by a minute is told, once for each time that it is set.
    fn clock_set(&mut self) -> Option<Message> {
        let forward = self.clock.set_forward_by();
        let by = forward - self.clock_told;
        (by.abs() >= CLOCK_DISAGREES).then(|| {
            self.clock_told = forward;
            Message::ClockSet { by }
        })
    }

    fn take(&mut self, event: Event) -> Option<Ended> {
        let now = self.clock.now();
        let message = match event {
            Event::Message(message) => Some(message),
            Event::Stopped(signal) => return Some(Ended::Stopped(signal)),
            Event::Order(order) => {
                let written =
                    terminal::write_sequence(crate::domain::secret::Secret::expose(&order.sequence));
                // Whoever ordered it may have given up.
                let _ = order.written.send(written.is_ok());
                None
            }
            Event::Noticed(Noticed::Records) => {
                self.reload_at.get_or_insert(now + GATHER_CHANGES);
                None
            }
            Event::Noticed(Noticed::LockOrder) => {
                self.executor.is_ordered_to_lock().then_some(Message::LockOrdered)
            }
            Event::Input(Input::Closed) => return Some(Ended::Stopped(StopSignal::HangUp)),
            Event::Input(Input::Key(key)) => self.looks.keymap().translate(&self.app, key, now),
            Event::Input(Input::Paste(pasted)) => {
                self.pasting_until = now + PASTE_TAIL;
                Some(Message::Paste(pasted))
            }
            Event::Input(Input::FocusLost) => Some(Message::FocusLost),
            Event::Input(Input::Resized) => {
                self.plain_shown = false;
                None
            }
            // A file system may have no watchers, or the order come from another machine.
            Event::Deadline if self.executor.is_ordered_to_lock() => Some(Message::LockOrdered),
            Event::Deadline if self.reload_at.is_some_and(|at| at <= now) => {
                self.reload_at = None;
                Some(Message::RecordsChanged)
            }
            Event::Deadline => Some(Message::Wake),
        };
        let mut effects = message.map_or_else(Vec::new, |message| self.app.update(message, now));
        // Afterwards, because a key takes what has been read off the status line.
        effects.extend(self.clock_set().into_iter().flat_map(|message| self.app.update(message, now)));
        for effect in effects {
            match effect {
                Effect::Quit(leave) => return Some(Ended::Left(leave)),
                effect => self.executor.perform(effect),
            }
        }
        None
    }

    fn draw(&mut self) -> io::Result<()> {
        if let Some(text) = self.app.plain_page() {
            if !self.plain_shown {
                terminal::print_plainly(text, "Enter or Esc: back")?;
                self.plain_shown = true;
            }
            return Ok(());
        }
        if std::mem::take(&mut self.plain_shown) {
            self.screen.clear()?;
        }
        let look = self.looks.look(&self.app.theme);
        let (app, now) = (&self.app, self.clock.now());
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
