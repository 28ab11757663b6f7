//! What drives an [`App`], with a screen and without one: the only sleep, and all that is waited for beside it.
//!
//! The dashboard adds what comes from a terminal, `watch` the moments at which its service manager is to hear of it. Both
//! wait in [`Driver::next`], tell the app by [`Driver::update`], and end by [`Driver::last_answers`].

use std::collections::BTreeSet;
use std::pin::pin;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::select;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::app::{App, Effect, Failure, Leave, Message};
use crate::domain::ConnectionName;

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
    /// Records of connections that have changed, and when it is looked who did that.
    changed: BTreeSet<ConnectionName>,
    look_at: Option<DateTime<Utc>>,
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
        stop: Stop,
        gather: TimeDelta,
    ) -> Self {
        Self {
            app,
            executor,
            clock,
            ends,
            stop,
            stopped: None,
            reload_at: clock.now() + RELOAD_AT_LEAST,
            changed: BTreeSet::new(),
            look_at: None,
            gather,
            clock_told: TimeDelta::zero(),
        }
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
        let reload_at = self.reload_at.min(self.app.next_deadline(now));
        let deadline = soonest.into_iter().chain(self.look_at).fold(reload_at, DateTime::min);
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
            Woken::Noticed(Noticed::Connection(name)) => {
                self.changed.insert(name);
                self.look_at.get_or_insert(now + self.gather);
                return None;
            }
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
            Woken::Deadline if self.have_others_changed_records(now) => {
                self.reload_at = now + RELOAD_AT_LEAST;
                Next::Message(Message::RecordsChanged)
            }
            Woken::Deadline => Next::Message(Message::Wake),
        })
    }

    /// True if the records are to be read: another program has replaced one, or may have. What this one has saved and told
    /// the app is no cause for that, however many records there are beside it.
    fn have_others_changed_records(&mut self, now: DateTime<Utc>) -> bool {
        let is_over = self.reload_at <= now;
        if self.look_at.take_if(|at| *at <= now).is_none() {
            return is_over;
        }
        let changed = std::mem::take(&mut self.changed);
        is_over || !changed.iter().all(|name| self.executor.is_told(name))
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

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::path::Path;

    use super::*;
    use crate::app::{
        Answer, Browser, CredentialEdit, Door, Edit, Environment, FirstRun, NewConnection, RequestId,
    };
    use crate::domain::{
        Authority, ClientId, ConnectionId, RedirectUri, RenewalRule, ResponseMode, Scope, ScopeSet, Settings,
        Tenant, WayIn,
    };
    use crate::runtime::dashboard::{Surroundings, outlets, terminal_orders};
    use crate::runtime::executor::VaultAccess;
    use crate::runtime::records;
    use crate::runtime::services::Services;
    use crate::vault::unlock::Sources;
    use crate::vault::{Identity, Protection, Vault, WorkFactor};

    /// What drives an app on this vault; nothing is noticed but what a test tells.
    fn driver(vault: Vault, clock: Clock) -> Driver {
        let environment = Environment {
            authorities: Vec::new(),
            browser: Browser::Elsewhere,
            themes: Vec::new(),
            utc_offset: clock.utc_offset(),
            vault_directory: String::new(),
            export_directory: String::new(),
            key_file: String::new(),
            has_passphrase: false,
        };
        let app = App::new(environment, Door::FirstRun(FirstRun::new()), String::new(), clock.now());
        let (Channels { answers, .. }, ends) = channels();
        let access = VaultAccess { directory: vault.dir().to_owned(), sources: Sources::default() };
        let outlets = outlets(&Surroundings::default(), terminal_orders().0);
        let unheard = mpsc::unbounded_channel().0;
        let executor = Executor::new(access, clock, outlets, answers, unheard).with_open_vault(vault, None);
        Driver::new(app, executor, clock, ends, Stop::listen().unwrap(), GATHER_LONG)
    }

    /// A vault as two programs have it open.
    fn opened_twice(home: &Path) -> (Vault, Vault) {
        let (dir, key) = (home.join("vault"), home.join("key"));
        let mine = Vault::init(&dir, &Protection::NewKeyFile(key.clone()), WorkFactor::PRODUCTION).unwrap();
        let identity = Identity::parse(&std::fs::read_to_string(key).unwrap()).unwrap();
        (mine, Vault::open(&dir, &identity).unwrap())
    }

    fn made(services: &Services, name: &str) -> ConnectionId {
        let connection = NewConnection {
            name: ConnectionName::parse(name).unwrap(),
            settings: Settings {
                client_id: ClientId::parse("5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44").unwrap(),
                authority: Authority::custom("http://127.0.0.1:9", None).unwrap(),
                tenant: Tenant::organizations(),
                sign_in_as: None,
                way_in: WayIn::default(),
                redirect_uri: RedirectUri::parse("http://localhost:8400/").unwrap(),
                response_mode: ResponseMode::Query,
                scopes: ScopeSet::parse_lenient("User.Read"),
                renewal: RenewalRule::default(),
            },
            credential: CredentialEdit::Public,
        };
        records::create(services, &connection).unwrap().id
    }

    /// The records of these connections were replaced, and the time has passed in which that is gathered.
    fn noticed(driver: &mut Driver, names: &[&str]) -> Message {
        for name in names {
            let noticed = Noticed::Connection(ConnectionName::parse(name).unwrap());
            assert!(driver.sort(Woken::<()>::Noticed(noticed)).is_none());
        }
        let now = driver.clock.now();
        let at = driver.look_at.replace(now).expect("it is looked who did it");
        assert!(at > now && at <= now + GATHER_LONG);
        at_deadline(driver)
    }

    fn at_deadline(driver: &mut Driver) -> Message {
        match driver.sort(Woken::<()>::Deadline) {
            Some(Next::Message(message)) => message,
            _ => panic!("a deadline is a message"),
        }
    }

    #[tokio::test]
    async fn what_this_program_has_saved_is_not_read_again_and_what_another_has_is() {
        let home = tempfile::tempdir().unwrap();
        let (mine, theirs) = opened_twice(home.path());
        let clock = Clock::system();
        let (own, other) = (Services::new(mine.clone(), clock), Services::new(theirs, clock));
        let names = ["a", "b", "c", "d"];
        let ids = names.map(|name| made(&other, name));
        let mut driver = driver(mine, clock);
        own.contents().unwrap();
        assert_eq!(noticed(&mut driver, &["a"]), Message::RecordsChanged, "nobody was told of it");
        for id in &ids[..3] {
            let (request, edit) = (RequestId(7), Edit::AddScope(Scope::parse("Mail.Send").unwrap()));
            driver.executor.perform(Effect::Change { request, connection: id.clone(), edit: Box::new(edit) });
            let next = driver.next(pending::<()>(), None).await;
            let Next::Message(Message::Answer { answer: Answer::Connection(Ok(_)), .. }) = next else {
                panic!("it is saved")
            };
        }
        for _ in 0..3 {
            assert_eq!(noticed(&mut driver, &names[..3]), Message::Wake, "all of it is known");
        }
        records::change(&other, &ids[3], &Edit::AddScope(Scope::parse("Mail.Send").unwrap())).unwrap();
        assert_eq!(noticed(&mut driver, &names), Message::RecordsChanged);
        assert_eq!(noticed(&mut driver, &names[..3]), Message::Wake);
        // What was ours is another's by now.
        records::change(&other, &ids[0], &Edit::AddScope(Scope::parse("Mail.Read").unwrap())).unwrap();
        assert_eq!(noticed(&mut driver, &["a"]), Message::RecordsChanged);
        assert_eq!(noticed(&mut driver, &["gone"]), Message::RecordsChanged);
    }

    #[tokio::test]
    async fn the_records_are_read_every_five_minutes_where_nothing_is_noticed() {
        let home = tempfile::tempdir().unwrap();
        let (mine, _) = opened_twice(home.path());
        let (clock, five_minutes) = (Clock::system(), TimeDelta::minutes(5));
        let mut begun = clock.now();
        let mut driver = driver(mine, clock);
        for _ in 0..3 {
            let soonest = begun + five_minutes;
            assert!((soonest..=clock.now() + five_minutes).contains(&driver.reload_at));
            assert_eq!(at_deadline(&mut driver), Message::Wake, "it is not time yet");
            begun = clock.now();
            driver.reload_at = begun;
            assert_eq!(at_deadline(&mut driver), Message::RecordsChanged);
        }
    }
}
