//! What drives an [`App`], with a screen and without one: the only sleep, and all that is waited for beside it.
//!
//! The dashboard adds what comes from a terminal, `watch` the moments at which its service manager is to hear of it. Both
//! wait in [`Driver::next`], tell the app by [`Driver::update`], and end by [`Driver::last_answers`].

use std::io;
use std::pin::pin;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::select;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::app::{App, Effect, Failure, Leave, Message};

use super::clock::Clock;
use super::executor::Executor;
use super::stop::{Haste, Stop, StopSignal};
use super::watcher::Noticed;

/// An app, who performs what it asks for, and what comes back.
pub(super) struct Driver {
    /// The state.
    pub app: App,
    /// Who performs its effects.
    pub executor: Executor,
    /// Tells the time.
    pub clock: Clock,
    ends: Ends,
    stop: Stop,
    /// The signal that came while the last answers were awaited.
    stopped: Option<StopSignal>,
    /// When the records are read again: several changes in a row are one, and some are not noticed.
    reload_at: DateTime<Utc>,
    /// How long they are gathered.
    gather: TimeDelta,
    /// How far the wall clock had been set forward when that was told last.
    clock_told: TimeDelta,
}

/// The sending ends, for whoever reports.
pub(super) struct Channels {
    pub answers: UnboundedSender<Message>,
    pub noticed: UnboundedSender<Noticed>,
}

/// The receiving ends.
pub(super) struct Ends {
    answers: UnboundedReceiver<Message>,
    noticed: UnboundedReceiver<Noticed>,
}

pub(super) fn channels() -> (Channels, Ends) {
    let (answers, answered) = mpsc::unbounded_channel();
    let (noticed, reports) = mpsc::unbounded_channel();
    (Channels { answers, noticed }, Ends { answers: answered, noticed: reports })
}

/// What the wait ended with.
pub(super) enum Next<T> {
    /// The app is to hear of this.
    Message(Message),
    /// The vault was ordered to be locked, and this program does not obey: its key lies beside it.
    OrderNotObeyed,
    /// A signal.
    Stopped(StopSignal),
    /// What the caller waits for beside.
    Outside(T),
}

/// What woke the loop.
enum Woken<T> {
    Message(Message),
    Stopped(StopSignal),
    Noticed(Noticed),
    Outside(T),
    Deadline,
}

/// How long changes of records are gathered before they are read, where a person waits to see them.
pub(super) const GATHER_BRIEFLY: TimeDelta = TimeDelta::milliseconds(150);
/// The same where nobody looks: most of them are this program's own. Whoever spends a grant reads its record anew, so what
/// another program renewed is not renewed again.
pub(super) const GATHER_LONG: TimeDelta = TimeDelta::seconds(5);

/// So often the records are read at least: a system may have no watcher, or lose what it noticed.
const RELOAD_AT_LEAST: TimeDelta = TimeDelta::minutes(5);

/// So far the wall clock may drift from elapsed time without a word.
const CLOCK_DISAGREES: TimeDelta = TimeDelta::minutes(1);

impl Driver {
    pub fn new(
        app: App,
        executor: Executor,
        clock: Clock,
        ends: Ends,
        gather: TimeDelta,
    ) -> io::Result<Self> {
        let (stop, clock_told) = (Stop::listen()?, TimeDelta::zero());
        let reload_at = clock.now() + RELOAD_AT_LEAST;
        Ok(Self { app, executor, clock, ends, stop, stopped: None, reload_at, gather, clock_told })
    }

    /// True once every answer that has come was taken in.
    pub fn is_caught_up(&self) -> bool {
        self.ends.answers.is_empty()
    }

    /// Waits for whatever comes first: an answer, a signal, a change of the vault, what the caller waits for (`outside` must
    /// lose nothing when it is dropped), the app's deadline or the caller's, `soonest`.
    pub async fn next<T>(
        &mut self,
        outside: impl Future<Output = T>,
        soonest: Option<DateTime<Utc>>,
    ) -> Next<T> {
        // Before anything else is awaited, and after a key was taken: that takes what has been read off the status line.
        if let Some(message) = self.clock_set() {
            return Next::Message(message);
        }
        let mut outside = pin!(outside);
        loop {
            let woken = self.woken(outside.as_mut(), soonest).await;
            if let Some(next) = self.sort(woken) {
                return next;
            }
        }
    }

    async fn woken<T>(
        &mut self,
        outside: impl Future<Output = T>,
        soonest: Option<DateTime<Utc>>,
    ) -> Woken<T> {
        let now = self.clock.now();
        let deadline =
            soonest.into_iter().fold(self.app.next_deadline(now).min(self.reload_at), DateTime::min);
        let sleep = tokio::time::sleep(self.clock.until(deadline));
        select! {
            biased; // answers first: they are already paid for
            Some(message) = self.ends.answers.recv() => Woken::Message(message),
            signal = self.stop.next() => Woken::Stopped(signal),
            Some(noticed) = self.ends.noticed.recv() => Woken::Noticed(noticed),
            outside = outside => Woken::Outside(outside),
            () = sleep => Woken::Deadline,
        }
    }

    /// What the caller is to hear of it; nothing where more is gathered first.
    fn sort<T>(&mut self, woken: Woken<T>) -> Option<Next<T>> {
        let now = self.clock.now();
        Some(match woken {
            Woken::Message(message) => Next::Message(message),
            Woken::Stopped(signal) => Next::Stopped(signal),
            Woken::Outside(outside) => Next::Outside(outside),
            Woken::Noticed(Noticed::Records) => {
                self.reload_at = self.reload_at.min(now + self.gather);
                return None;
            }
            // A record changes before that is noted: whoever read the activity in between has not seen it.
            Woken::Noticed(Noticed::Activity) => Next::Message(Message::ActivityNoted),
            Woken::Noticed(Noticed::LockOrder) if self.executor.is_ordered_to_lock() => {
                Next::Message(Message::LockOrdered)
            }
            Woken::Noticed(Noticed::LockOrder) => Next::OrderNotObeyed,
            // A file system may have no watchers, or the order come from another machine.
            Woken::Deadline if self.executor.is_ordered_to_lock() => Next::Message(Message::LockOrdered),
            Woken::Deadline if self.reload_at <= now => {
                self.reload_at = now + RELOAD_AT_LEAST;
                Next::Message(Message::RecordsChanged)
            }
            Woken::Deadline => Next::Message(Message::Wake),
        })
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

    /// Tells the app; what it wants done is to be performed.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        self.app.update(message, self.clock.now())
    }

    /// Performs effects, unless one of them is to leave.
    pub fn perform(&self, effects: Vec<Effect>) -> Option<Leave> {
        for effect in effects {
            match effect {
                Effect::Quit(leave) => return Some(leave),
                effect => self.executor.perform(effect),
            }
        }
        None
    }

    /// An answer that has come, if one has: for whoever waits for nothing else any more.
    pub fn late_answer(&mut self) -> Option<Message> {
        self.ends.answers.try_recv().ok()
    }

    /// The signal that came while the last answers were awaited, if one did: nobody hears of it again.
    pub fn stopped(&self) -> Option<StopSignal> {
        self.stopped
    }

    /// A token that was paid for is saved before the program ends: waits for that, and tells what could not be saved. A
    /// signal shortens the wait for answers, and cuts no save. Whoever calls has told the executor to leave.
    pub async fn last_answers(&mut self) -> Vec<Failure> {
        let mut finished = pin!(self.executor.finish());
        loop {
            select! {
                () = &mut finished => break,
                signal = self.stop.next() => {
                    self.stopped = Some(signal);
                    self.executor.leave(Haste::Stopping);
                }
            }
        }
        self.executor.last_words()
    }
}
