//! Tells what stands to be warned of to whoever has not heard of it: the activity, the person at a terminal, the hook.
//!
//! Dashboard, `watch` and commands do the same here: under one lock the records are looked at as they are now, what was
//! told before is read, and what is news is noted as told. Then the hook runs, and nobody waits for it.

mod books;
mod errand;
mod hook;
mod json;
mod of_records;
pub mod terminal;
#[cfg(test)]
mod tests;
mod written;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Semaphore;

use crate::app::{Failure, Warned};
use crate::config;
use crate::domain::warning::{
    Look, News, Present, Standing, Subject, Warning, WarningRules, again_at, news, owe, owed_again_at,
    take_due,
};
use crate::domain::{ConnectionId, Overview, Unsaved};
use crate::vault::VaultError;

use super::blocking::blocking;
use super::services::Services;

use books::{BookFile, Books, Cause, Channel, NotKept};
pub use hook::{Hook, HookError};
pub use json::event as json_event;
use of_records::OfRecords;
pub use terminal::Signals;

/// At most so many hooks run at once.
const HOOKS_AT_ONCE: usize = 3;

/// When it is reported again where another program holds the books.
const BUSY: TimeDelta = TimeDelta::minutes(1);

/// How this program warns.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Of what, and when.
    pub rules: WarningRules,
    /// The program that hears of it.
    pub hook: Option<Hook>,
    /// The terminal in front of which somebody sits, if any.
    pub signals: Option<Signals>,
}

impl Setup {
    /// As the configuration says; `signals` where there is a terminal.
    pub fn of(config: &config::Warnings, signals: Option<Signals>) -> Self {
        Self { rules: config.rules(), hook: Hook::of(config), signals }
    }

    /// Nobody is warned.
    pub fn none() -> Self {
        Self { rules: WarningRules::none(), hook: None, signals: None }
    }
}

/// Warns. Clones share what was told.
#[derive(Debug, Clone)]
pub struct Warner {
    setup: Arc<Setup>,
    run: Run,
    /// What is told of what this program alone knows, and everything where the state directory takes nothing.
    own: Arc<Mutex<OwnBooks>>,
    /// True once it was told that it is not noted.
    complained: Arc<AtomicBool>,
    hooks: Arc<Semaphore>,
    turns: Arc<errand::Turns>,
}

/// How long the program runs that warns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// Until somebody ends it: with its start the hook is tried again.
    Stays,
    /// For one command, which may be given every minute.
    OneCommand,
}

/// What is told by this program alone.
#[derive(Debug, Default)]
struct OwnBooks {
    /// Of what is in its memory only.
    in_memory: Books,
    /// Of the records, also where the state directory takes nothing.
    of_records: OfRecords,
    /// What its hook is queued for or at work on, and until when others leave that to it.
    under_way: BTreeMap<Cause, DateTime<Utc>>,
    /// True once it has looked for what the hook was owed before.
    has_looked: bool,
}

impl OwnBooks {
    /// Those that are not under way already: what is waits for its turn a little longer.
    fn queue(&mut self, news: Vec<News>, until: DateTime<Utc>) -> Vec<News> {
        news.into_iter().filter(|own| self.under_way.insert(Cause::of(own), until).is_none()).collect()
    }
}

/// What is to be reported.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What fails is told at this moment at the earliest.
    pub failing_from: DateTime<Utc>,
    /// What is in memory only.
    pub unsaved: Vec<(ConnectionId, Unsaved)>,
}

/// What came of it, and what is left to be done.
#[derive(Debug)]
pub struct Reported {
    /// For the screen.
    pub warned: Warned,
    /// For the hook.
    hook: Vec<News>,
}

impl Reported {
    /// Nothing, and when to try again.
    fn nothing(services: &Services, again_after: Option<TimeDelta>) -> Self {
        let at = services.clock.now();
        let again_at = again_after.and_then(|span| at.checked_add_signed(span));
        Self { warned: Warned { at, again_at, ..Warned::default() }, hook: Vec::new() }
    }
}

impl Warner {
    /// Warns in this way.
    pub fn new(setup: Setup, run: Run) -> Self {
        Self {
            setup: Arc::new(setup),
            run,
            own: Arc::default(),
            complained: Arc::default(),
            hooks: Arc::new(Semaphore::new(HOOKS_AT_ONCE)),
            turns: Arc::default(),
        }
    }

    /// How.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Looks at the records, and notes as told what is news. The activity has it by then.
    ///
    /// # Errors
    ///
    /// Where the records cannot be read.
    pub async fn report(&self, services: &Services, report: Report) -> Result<Reported, VaultError> {
        let file = BookFile::of(services);
        let locked = match &file {
            Some(file) => file.lock(&services.leaving).await,
            None => Err(NotKept::NoPlace),
        };
        match locked {
            Err(NotKept::Leaving) => return Ok(Reported::nothing(services, None)),
            // Whoever holds it may be about to tell all of it.
            Err(NotKept::Busy) => return Ok(Reported::nothing(services, Some(BUSY))),
            Ok(_) | Err(NotKept::NoPlace | NotKept::Io(_)) => {}
        }
        let (warner, services) = (self.clone(), services.clone());
        blocking(move || warner.look(&services, &report, locked)).await
    }

    fn look(
        &self,
        services: &Services,
        report: &Report,
        locked: Result<books::Locked, NotKept>,
    ) -> Result<Reported, VaultError> {
        let contents = services.contents()?;
        let now = services.clock.now();
        let rules = &self.setup.rules;
        let mut standing = Standing::new(rules.clone(), report.failing_from);
        let with_unsaved = |mut own: Overview| {
            let unsaved = report.unsaved.iter().find(|(id, _)| *id == own.id);
            own.unsaved = unsaved.map(|(_, unsaved)| unsaved.clone());
            own
        };
        let connections: Vec<Overview> = contents.connections.into_iter().map(with_unsaved).collect();
        standing.take_all(&connections, now);
        let present = Present { connections: &connections, is_whole: contents.damaged.is_empty(), now };
        let (of_disk, of_all): (Vec<Warning>, Vec<Warning>) =
            standing.warnings().into_iter().partition(|own| is_in_memory(own, report));
        let mut own = self.own();
        let stays = self.run == Run::Stays && !std::mem::replace(&mut own.has_looked, true);
        let look = if stays { Look::AtStart } else { Look::Later };
        let channels = self.channels(now, look);
        let take = |books: &mut Books, standing: &[Warning]| {
            let mut told = Told::default();
            told.take(&channels, books, standing, present, rules);
            told
        };
        // Only this program knows of what is in its memory.
        let in_memory = take(&mut own.in_memory, &of_disk);
        let (of_records, not_kept) = own.of_records.take(locked, |books| take(books, &of_all));
        let told = in_memory.and(of_records);
        let claimed_until = self.setup.hook.as_ref().map(|hook| hook.claimed_until(now));
        let hook = claimed_until.map(|until| own.queue(told.hook, until)).unwrap_or_default();
        drop(own);
        told.news.iter().for_each(|news| services.note_event(&news.event(now)));
        let warned = Warned {
            at: now,
            news: told.news,
            ring: told.ring,
            again_at: told.again_at,
            not_noted: not_kept.and_then(|why| self.complaint(&why)),
        };
        Ok(Reported { warned, hook })
    }

    fn own(&self) -> MutexGuard<'_, OwnBooks> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn channels(&self, now: DateTime<Utc>, look: Look) -> Vec<Channel> {
        let terminal = self.setup.signals.as_ref().map(|_| Channel::Terminal);
        let hook = self.setup.hook.as_ref();
        let hook = hook.map(|hook| Channel::Hook { look, claim: hook.claimed_until(now) });
        [Some(Channel::Activity), terminal, hook].into_iter().flatten().collect()
    }

    /// Told once: what cannot be noted is told again by the next program, and that is no harm.
    fn complaint(&self, why: &NotKept) -> Option<Failure> {
        let what_happened = why.in_words()?;
        (!self.complained.swap(true, Ordering::Relaxed)).then(|| {
            Failure::new(
                format!("Who was warned of what cannot be noted: {what_happened}."),
                "Warnings come all the same, perhaps twice. See to $XDG_STATE_HOME/tokengauge/warnings.",
            )
        })
    }
}

/// What comes of looking.
#[derive(Default)]
struct Told {
    news: Vec<News>,
    ring: Vec<News>,
    hook: Vec<News>,
    again_at: Option<DateTime<Utc>>,
}

impl Told {
    fn and(mut self, other: Self) -> Self {
        self.news.extend(other.news);
        self.ring.extend(other.ring);
        self.hook.extend(other.hook);
        Self { again_at: self.again_at.into_iter().chain(other.again_at).min(), ..self }
    }

    fn take(
        &mut self,
        channels: &[Channel],
        books: &mut Books,
        standing: &[Warning],
        present: Present<'_>,
        rules: &WarningRules,
    ) {
        for channel in channels.iter().copied() {
            let ledger = books.of(channel);
            let found = news(ledger, standing, present, rules);
            let mut again_at = again_at(ledger, standing, rules);
            match channel {
                Channel::Activity => self.news.extend(found),
                Channel::Terminal => self.ring.extend(found),
                Channel::Hook { look, claim } => {
                    let Books { hook, owed, .. } = books;
                    owe(owed, &found, hook, present.now);
                    self.hook.extend(take_due(owed, standing, present, rules, look, claim));
                    again_at = again_at.into_iter().chain(owed_again_at(owed, standing, rules)).min();
                }
            }
            self.again_at = self.again_at.into_iter().chain(again_at).min();
        }
    }
}

/// What the hook has not taken so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owing {
    /// How many warnings and recoveries.
    pub count: usize,
    /// When the next of them is told again, at the latest.
    pub again_at: DateTime<Utc>,
}

/// What the hook of this person is owed, of all vaults together; `None` where that is nothing.
pub fn owing(notes: &Path) -> Option<Owing> {
    let all = BookFile::all_below(notes);
    let holds = all.iter().flat_map(|books| books.owed.values()).map(|owed| owed.hold.until());
    let count = holds.clone().count();
    holds.min().map(|again_at| Owing { count, again_at })
}

/// True if no record tells of it.
fn is_in_memory(warning: &Warning, report: &Report) -> bool {
    match &warning.subject {
        Subject::Act(id) => report.unsaved.iter().any(|(own, _)| own == id),
        _ => false,
    }
}
