//! `watch`: the app without a screen. It renews everything that renews by itself, logs one line an event, and tells its
//! service manager how it stands.
//!
//! The scheduler is the app's, as on the dashboard ([`crate::app::App::next_deadline`]); `runtime::driver` waits for both.
//! `log.rs` writes lines, `journal.rs` reads them off the messages, `status.rs` has the one line of how everything stands.

mod journal;
pub mod log;
mod status;

use std::future::pending;
use std::io;
use std::pin::{Pin, pin};

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::{Answer, App, Banner, Browser, Door, DoorFailure, Environment, Failure, FirstRun, Message};
use crate::vault::{LockOrders, Mark, Presence, Vault, VaultError};

use super::blocking::blocking;
use super::clock::Clock;
use super::dashboard::{Surroundings, outlets, terminal_orders};
use super::driver::{self, Channels, Driver, GATHER_LONG, Next};
use super::executor::{Executor, VaultAccess};
use super::http::Network;
use super::service_manager::ServiceManager;
use super::services::failure;
use super::stop::{Haste, Stop, StopSignal};
use super::warnings::Setup;
pub use journal::in_one_line;
use journal::{Journal, Moment, standing};
use log::{Line, Log, Priority};

/// What `watch` is started with.
#[derive(Debug, Clone)]
pub struct Start {
    /// The vault, opened by a key that is there when nobody is.
    pub vault: Vault,
    /// Where it is, and what opened it.
    pub access: VaultAccess,
    /// How the outside is reached.
    pub network: Network,
    /// Tells the time.
    pub clock: Clock,
    /// Where the lines go.
    pub log: Log,
    /// Who is told how it stands.
    pub manager: ServiceManager,
    /// Of what is warned, and how.
    pub warnings: Setup,
}

/// How it ended, once it was told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All that came is saved.
    Saved,
    /// Something is not, which has been told.
    Unsaved,
}

/// Why it ended untold.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The vault may not be used, or another process does this already.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The records could not be read at the start.
    #[error("{}", .0.what_happened)]
    Unreadable(Failure),
    /// Signals cannot be listened for.
    #[error("signals cannot be listened for: {0}")]
    Signals(#[from] io::Error),
}

/// Renews until a signal comes.
///
/// # Errors
///
/// Why it cannot begin, or not go on: the vault is gone, or its key was changed. What was under way then is saved.
pub async fn run(start: Start) -> Result<Ended, WatchError> {
    run_until(start, pending()).await
}

/// Renews until a signal comes, or `told_to_end` is over.
///
/// # Errors
///
/// As [`run`].
pub async fn run_until(start: Start, told_to_end: impl Future<Output = ()>) -> Result<Ended, WatchError> {
    let mut told_to_end = pin!(told_to_end);
    // Held as long as this runs.
    let _watching = start.vault.begin_watching()?;
    let (mut start, mut readiness) = (start, Readiness::Untold);
    loop {
        let mut watch = Watch::begin(start.clone(), readiness)?;
        let ended = watch.run(told_to_end.as_mut()).await;
        let last = watch.end(&ended).await;
        if ended.as_ref().is_ok_and(|why| *why == Why::ClockSet) && watch.driver.stopped().is_none() {
            readiness = watch.readiness;
            start = start.by_the_clock_as_it_is();
            continue;
        }
        return ended.map(|_| last);
    }
}

impl Start {
    /// By a clock that was wrong, what other programs stamp would seem to be of another time, and be renewed for ever.
    fn by_the_clock_as_it_is(self) -> Self {
        let clock = self.clock.anew();
        Self { clock, log: self.log.with_clock(clock), ..self }
    }
}

struct Watch {
    driver: Driver,
    journal: Journal,
    log: Log,
    manager: ServiceManager,
    vault: Vault,
    orders: LockOrders,
    /// What stood there when an order was told last.
    order_told: Mark,
    /// When the service manager is to hear that this works.
    alive_at: Option<DateTime<Utc>>,
    status: Status,
    readiness: Readiness,
    clock: WallClock,
}

/// Whether the service manager was told that this is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readiness {
    Untold,
    Told,
}

/// Whether the wall clock still agrees with the one that this goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WallClock {
    Agrees,
    WasSet,
}

/// Why it is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Signal(StopSignal),
    /// Whoever runs it says so.
    Told,
    /// It goes on at once, by the clock as that is now.
    ClockSet,
}

/// How the status line stands to what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// The records were not read so far.
    Starting,
    /// Nothing happened since it was told.
    Told,
    /// It is told anew at this moment.
    Outdated(DateTime<Utc>),
}

/// All connections are looked at for the status line: not at every wake. What the service manager had no room for is told
/// again as soon.
const STATUS_EVERY: TimeDelta = TimeDelta::seconds(1);

impl Watch {
    fn begin(start: Start, readiness: Readiness) -> Result<Self, WatchError> {
        let Start { vault, access, network, clock, log, manager, warnings } = start;
        let orders = LockOrders::of(vault.dir(), access.sources.notes.as_deref());
        let (Channels { answers, noticed }, ends) = driver::channels();
        let app = app(&access, clock).with_warnings(warnings.rules.clone(), Banner::Off);
        // Nothing is delivered where nobody looks.
        let outlets = outlets(&Surroundings::default(), terminal_orders().0);
        let executor = Executor::new(access, clock, outlets, answers, noticed)
            .with_network(network)
            .with_warnings(warnings)
            .with_open_vault(vault.clone(), None);
        Ok(Self {
            driver: Driver::new(app, executor, clock, ends, Stop::listen_without_terminal()?, GATHER_LONG),
            journal: Journal::default(),
            log,
            alive_at: None,
            manager,
            order_told: orders.mark(),
            orders,
            vault,
            status: Status::Starting,
            readiness,
            clock: WallClock::Agrees,
        })
    }

    async fn run(&mut self, mut told_to_end: Pin<&mut impl Future<Output = ()>>) -> Result<Why, WatchError> {
        let opening = self.driver.app.open_vault();
        self.driver.perform(opening);
        loop {
            if self.clock == WallClock::WasSet && self.has_saved_all() {
                return Ok(Why::ClockSet);
            }
            self.keep_alive();
            let told_at = match self.status {
                Status::Outdated(at) => Some(at),
                Status::Starting | Status::Told => None,
            };
            let soonest = [self.alive_at, told_at].into_iter().flatten().min();
            match self.driver.next(told_to_end.as_mut(), soonest).await {
                Next::Message(message) => self.take(message).await?,
                Next::OrderNotObeyed => self.tell_order(),
                Next::Stopped(signal) => return Ok(Why::Signal(signal)),
                Next::Outside(()) => return Ok(Why::Told),
            }
        }
    }

    /// True if nothing is in memory only.
    fn has_saved_all(&self) -> bool {
        self.driver.app.connections.unsaved().next().is_none()
    }

    fn moment(&self) -> Moment {
        let clock = self.driver.clock;
        Moment { now: clock.now(), offset: clock.utc_offset() }
    }

    /// The service manager hears twice in its time that the loop turns, and how everything stands.
    fn keep_alive(&mut self) {
        let now = self.driver.clock.now();
        if let Some(every) = self.manager.alive_every()
            && self.alive_at.is_none_or(|at| at <= now)
        {
            let every = TimeDelta::from_std(every).ok();
            // One that is not made up for may be one too few: the manager would end the service.
            let pause = if self.manager.alive() { every } else { every.map(|own| own.min(STATUS_EVERY)) };
            self.alive_at = pause.and_then(|pause| now.checked_add_signed(pause));
        }
        if matches!(self.status, Status::Outdated(at) if at <= now) {
            let standing = standing(&self.driver.app, self.moment());
            self.tell_manager(&standing);
        }
    }

    /// Tells it how everything stands, with the first word of it that this is up.
    fn tell_manager(&mut self, standing: &str) {
        let is_taken = match self.readiness {
            Readiness::Untold => self.manager.ready(standing),
            Readiness::Told => self.manager.status(standing),
        };
        if is_taken {
            self.readiness = Readiness::Told;
            self.status = Status::Told;
        } else {
            self.status = Status::Outdated(self.driver.clock.now() + STATUS_EVERY);
        }
    }

    async fn take(&mut self, message: Message) -> Result<(), WatchError> {
        let is_wake = message == Message::Wake;
        if matches!(message, Message::ClockSet { .. }) {
            self.clock = WallClock::WasSet;
        }
        let failed = failed(&message);
        let has_lost = self.has_lost(&message);
        let has_read = matches!(message, Message::Answer { answer: Answer::Contents(Ok(_)), .. });
        let effects = self.tell(message);
        let begun = self.journal.begun(&effects, &self.driver.app, self.moment());
        begun.iter().for_each(|line| self.log.tell(line));
        let has_begun = !effects.is_empty();
        self.driver.perform(effects);
        if failed.is_some() || has_lost {
            self.check().await?;
        }
        if let Some(failure) = failed.filter(|_| self.status == Status::Starting) {
            return Err(WatchError::Unreadable(failure));
        }
        match self.status {
            Status::Starting if has_read => self.tell_started(),
            // What was there at the last wake is there still.
            Status::Told if !is_wake || has_begun => {
                self.status = Status::Outdated(self.driver.clock.now() + STATUS_EVERY);
            }
            Status::Starting | Status::Told | Status::Outdated(_) => {}
        }
        Ok(())
    }

    /// Writes what is to be told of a message, and tells it the app.
    fn tell(&mut self, message: Message) -> Vec<crate::app::Effect> {
        let lines = self.journal.read(&message, &self.driver.app, self.moment());
        lines.iter().for_each(|line| self.log.tell(line));
        self.driver.update(message)
    }

    /// True if connections are gone: with all of the vault, it may be.
    fn has_lost(&self, message: &Message) -> bool {
        match message {
            Message::Answer { answer: Answer::Contents(Ok(contents)), .. } => {
                contents.connections.len() < self.driver.app.connections.all().len()
            }
            _ => false,
        }
    }

    fn tell_started(&mut self) {
        let standing = standing(&self.driver.app, self.moment());
        let text = format!("watching {}: {standing}", self.vault.dir().display());
        self.log.tell(&Line::new(Priority::Info, text));
        if !self.driver.executor.notices_changes() {
            let text = "changes by other programs are seen after some minutes only: this system cannot watch files, or no \
                        more of them (sysctl fs.inotify)";
            self.log.tell(&Line::new(Priority::Warning, text));
        }
        self.tell_manager(&standing);
    }

    fn tell_order(&mut self) {
        if self.orders.given_since(&self.order_told) {
            self.order_told = self.orders.mark();
            let text =
                "vault lock was ordered: watch goes on, because its key lies beside it; to end it, stop it";
            self.log.tell(&Line::new(Priority::Notice, text));
        }
    }

    /// Why it cannot go on, after something went wrong. What passes is not among it.
    async fn check(&self) -> Result<(), VaultError> {
        let vault = self.vault.clone();
        blocking(move || match Vault::presence(vault.dir()) {
            Ok(Presence::Absent) => Err(VaultError::Absent(vault.dir().to_owned())),
            _ => match vault.check_key() {
                Err(error @ VaultError::KeyChanged(_)) => Err(error),
                _ => Ok(()),
            },
        })
        .await
    }

    fn tell_stopping(&mut self, signal: Option<StopSignal>) {
        let why = match signal {
            Some(StopSignal::Interrupt) => "stopping (SIGINT)",
            Some(StopSignal::Terminate) => "stopping (SIGTERM)",
            Some(StopSignal::HangUp) => "stopping (SIGHUP)",
            None => "stopping",
        };
        self.manager.stopping(why);
        self.log.tell(&Line::new(Priority::Info, why));
    }

    /// Awaits what is under way, tells what became of it, and what could not be saved.
    async fn end(&mut self, ended: &Result<Why, WatchError>) -> Ended {
        self.journal.stop();
        let goes_on = matches!(ended, Ok(Why::ClockSet));
        if goes_on {
            self.driver.executor.leave(Haste::Leaving);
        } else {
            self.tell_stopping(match ended {
                Ok(Why::Signal(signal)) => Some(*signal),
                _ => None,
            });
            self.driver.executor.leave(Haste::Stopping);
        }
        let failures = self.driver.last_answers().await;
        if goes_on && let Some(signal) = self.driver.stopped() {
            self.tell_stopping(Some(signal));
        }
        while let Some(message) = self.driver.late_answer() {
            // Nothing new is begun.
            drop(self.tell(message));
        }
        for failure in &failures {
            self.log.tell(&Line::new(Priority::Error, in_one_line(failure)));
        }
        if !goes_on || self.driver.stopped().is_some() {
            self.log.tell(&Line::new(Priority::Info, "stopped"));
        }
        if failures.is_empty() { Ended::Saved } else { Ended::Unsaved }
    }
}

/// What went wrong with the vault, as far as a message tells.
fn failed(message: &Message) -> Option<Failure> {
    match message {
        Message::Answer { answer: Answer::Contents(Err(DoorFailure::Other(failure))), .. }
        | Message::Answer { answer: Answer::Connection(Err(failure)), .. } => Some(failure.clone()),
        Message::Answer { answer: Answer::Contents(Err(_)), .. } => {
            Some(Failure::new("the vault was locked", "start watch again"))
        }
        _ => None,
    }
}

fn app(access: &VaultAccess, clock: Clock) -> App {
    let environment = Environment {
        authorities: Vec::new(),
        browser: Browser::Elsewhere,
        themes: Vec::new(),
        utc_offset: clock.utc_offset(),
        vault_directory: access.directory.display().to_string(),
        export_directory: String::new(),
        key_file: String::new(),
        has_passphrase: false,
    };
    App::new(environment, Door::FirstRun(FirstRun::new()), String::new(), clock.now()).unattended()
}

impl WatchError {
    /// What happened and what to do.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Vault(error) => failure(error),
            Self::Unreadable(failure) => failure.clone(),
            Self::Signals(_) => Failure::new(
                self.to_string(),
                "see to the limits of this process (ulimit -a), then try again",
            ),
        }
    }
}
