//! Telling the hook: each event on its own, a few at once; what failed in the end is told once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;

use crate::app::Failure;
use crate::domain::warning::{News, Subject, Telling};
use crate::domain::{Event, EventKind};
use crate::runtime::blocking::blocking;
use crate::runtime::services::Services;
use crate::sanitize::sanitize;

use super::books::{BookFile, Books, Cause, Kept, Locked, NotKept};
use super::hook::{Hook, HookError};
use super::{OwnBooks, Reported, Warner, json};

/// One errand of a subject at a time: what is over is not told before what it ends.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<BTreeMap<Subject, Weak<tokio::sync::Mutex<()>>>>);

impl Turns {
    fn of(&self, subject: &Subject) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(subject).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(subject.clone(), Arc::downgrade(&turn));
        turn
    }
}

/// What came of telling one.
enum Errand {
    /// It is heard, or another program's, or overtaken.
    Done,
    /// The program ends before.
    Left,
    Failed(HookError),
    /// Another one of the same round had failed when its turn came.
    Spared,
}

impl Warner {
    /// Tells the hook what it has not heard of. What it does not take in the end is noted in the activity, and stays owed:
    /// a hook that does not work is not tried for each of a thousand.
    ///
    /// # Errors
    ///
    /// What it did not take, in two lines for all of it.
    pub async fn tell_hook(&self, services: &Services, reported: Reported) -> Result<(), Failure> {
        let count = reported.hook.len();
        let has_failed = Arc::new(AtomicBool::new(false));
        let mut errands = JoinSet::new();
        for news in reported.hook {
            let (warner, services, has_failed) = (self.clone(), services.clone(), Arc::clone(&has_failed));
            errands.spawn(
                async move { (Cause::of(&news), warner.tell_one(&services, &news, &has_failed).await) },
            );
        }
        let (mut failures, mut left, mut spared) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(ended) = errands.join_next().await {
            match ended {
                Ok((_, Errand::Done)) => {}
                Ok((cause, Errand::Left)) => left.push(cause),
                Ok((cause, Errand::Spared)) => spared.push(cause),
                Ok((_, Errand::Failed(error))) => failures.push(sanitize(&error.to_string(), 400)),
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        let now = services.clock.now();
        let untaken = failures.len() + spared.len();
        // What was cut short, and what had no turn, is left to the next program.
        self.settle(services, left, Telling::Claimed(now)).await;
        self.settle(services, spared, Telling::Spared(now)).await;
        let Some(first) = failures.first() else { return Ok(()) };
        let failure = Failure::new(
            format!("The hook did not take {untaken} of {count} warnings: {first}."),
            "Mend it, try it: tokengauge hook. It is told again within the hour.",
        );
        let event = Event {
            at: now,
            kind: EventKind::HookFailed,
            connection: None,
            what_happened: failure.what_happened.clone(),
            what_to_do: Some(failure.what_to_do.clone()),
        };
        let services = services.clone();
        blocking(move || services.note_event(&event)).await;
        Err(failure)
    }

    async fn tell_one(&self, services: &Services, news: &News, has_failed: &AtomicBool) -> Errand {
        let Some(hook) = &self.setup.hook else { return Errand::Done };
        let cause = Cause::of(news);
        // What is over is not told beside what it ends, and takes no place from others while it waits for that.
        let of_subject = self.turns.of(news.subject());
        let turn = async {
            let alone = of_subject.lock().await;
            (alone, self.hooks.acquire().await.expect("nobody closes the queue"))
        };
        let turn = tokio::select! {
            biased;
            () = services.leaving.told() => return Errand::Left,
            turn = turn => turn,
        };
        let is_closing = || services.vault.is_closing();
        if is_closing() {
            return Errand::Left;
        }
        if has_failed.load(Ordering::Relaxed) {
            return Errand::Spared;
        }
        if !self.begin(services, hook, cause.clone()).await {
            return Errand::Done;
        }
        let event = json::event(news, services.clock.now());
        let is_still_told = || self.begin(services, hook, cause.clone());
        let told = hook.tell(&event, &services.leaving, is_closing, is_still_told).await;
        let (telling, errand) = match told {
            Ok(()) => (Telling::Done, Errand::Done),
            Err(HookError::Leaving) => return Errand::Left,
            Err(HookError::Overtaken) => return Errand::Done,
            Err(error) => (Telling::Failed(services.clock.now()), Errand::Failed(error)),
        };
        if matches!(errand, Errand::Failed(_)) {
            has_failed.store(true, Ordering::Relaxed);
        }
        drop(turn);
        self.settle(services, vec![cause], telling).await;
        errand
    }

    /// Claims it for the time that telling it may take from now on. False if another program has told it, or is about to,
    /// or it is over; also where another program holds the books: then it is told when the claim that it has is over.
    async fn begin(&self, services: &Services, hook: &Hook, cause: Cause) -> bool {
        let locked = books(services).await;
        let until = hook.claimed_until(services.clock.now());
        let warner = self.clone();
        blocking(move || warner.own().begin(locked, cause, until)).await
    }

    /// Notes what came of them, in one change.
    async fn settle(&self, services: &Services, causes: Vec<Cause>, telling: Telling) {
        if causes.is_empty() {
            return;
        }
        let locked = books(services).await;
        let warner = self.clone();
        blocking(move || warner.own().settle(locked, &causes, telling)).await;
    }
}

/// Not held up by the end of the program: it is a matter of milliseconds.
async fn books(services: &Services) -> Kept<Locked> {
    match BookFile::of(services) {
        Some(file) => file.lock_at_the_end().await,
        None => Err(NotKept::NoPlace),
    }
}

impl OwnBooks {
    fn begin(&mut self, locked: Kept<Locked>, cause: Cause, until: DateTime<Utc>) -> bool {
        let Some(claim) = self.under_way.remove(&cause) else { return false };
        let begun = self.hand_on(locked, &[(cause.clone(), claim)], Telling::Claimed(until));
        if begun {
            self.under_way.insert(cause, until);
        }
        begun
    }

    fn settle(&mut self, locked: Kept<Locked>, causes: &[Cause], telling: Telling) {
        let claims = causes.iter().filter_map(|cause| self.under_way.remove_entry(cause));
        let claims: Vec<(Cause, DateTime<Utc>)> = claims.collect();
        let is_busy = matches!(locked, Err(NotKept::Busy));
        self.hand_on(locked, &claims, telling);
        if is_busy {
            self.of_records.settle_later(claims, telling);
        }
    }

    /// True if any was still claimed by this program, as far as that can be seen.
    fn hand_on(&mut self, locked: Kept<Locked>, claims: &[(Cause, DateTime<Utc>)], telling: Telling) -> bool {
        let hand_on = |books: &mut Books| {
            let ours = claims.iter().filter(|(cause, claim)| books.hand_on(cause, *claim, telling));
            ours.count() > 0
        };
        let in_memory = hand_on(&mut self.in_memory);
        match locked {
            Err(NotKept::Busy) => in_memory,
            locked => self.of_records.take(locked, hand_on).0 || in_memory,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ConnectionId;
    use crate::domain::warning::{
        Act, Asked, Look, Nature, Present, Told, Warning, WarningRules, owe, take_due,
    };
    use crate::runtime::stop::Leaving;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + 60 * minute, 0).unwrap()
    }

    fn warning() -> Warning {
        let asked = Asked { act: Act::SignIn, what_happened: "no".into(), what_to_do: "yes".into() };
        Warning {
            subject: Subject::Act(ConnectionId::parse("c1").unwrap()),
            nature: Nature::Needs(asked),
            connections: Vec::new(),
            client_id: None,
        }
    }

    fn cause() -> Cause {
        Cause::of(&News::Raised(warning()))
    }

    /// One program, which finds it left by the others and claims it.
    async fn queue(own: &mut OwnBooks, file: &BookFile, now: i64) -> usize {
        queue_by(own, file, now, Look::Later).await
    }

    async fn queue_by(own: &mut OwnBooks, file: &BookFile, now: i64, look: Look) -> usize {
        let locked = file.lock(&Leaving::default()).await;
        let warning = warning();
        let present = Present { connections: &[], is_whole: true, now: at(now) };
        let (found, _) = own.of_records.take(locked, |books| {
            let told = Told {
                mark: warning.mark(),
                stage: warning.stage().seconds(),
                at: at(now),
                noun: "sign-in".into(),
                concerned: [].into(),
            };
            if books.hook.insert(warning.subject.clone(), told).is_none() {
                owe(&mut books.owed, &[News::Raised(warning.clone())], &books.hook, at(now));
            }
            let rules = WarningRules::default();
            take_due(&mut books.owed, std::slice::from_ref(&warning), present, &rules, look, at(now + 2))
        });
        own.queue(found, at(now + 2)).len()
    }

    async fn settle(own: &mut OwnBooks, file: &BookFile, telling: Telling) {
        own.settle(file.lock(&Leaving::default()).await, &[cause()], telling);
    }

    #[tokio::test]
    async fn what_waits_long_for_its_turn_is_told_by_one_program_once() {
        let notes = tempfile::tempdir().unwrap();
        let file = BookFile::new(notes.path(), "0123");
        let (mut first, mut second) = (OwnBooks::default(), OwnBooks::default());
        assert_eq!(queue(&mut first, &file, 0).await, 1);
        assert_eq!(queue(&mut first, &file, 3).await, 0, "it waits for its turn already");
        assert_eq!(queue(&mut second, &file, 6).await, 1, "the first seems to be gone");
        let locked = file.lock(&Leaving::default()).await;
        assert!(!first.begin(locked, cause(), at(9)), "the other has it");
        let locked = file.lock(&Leaving::default()).await;
        assert!(second.begin(locked, cause(), at(9)));
        assert_eq!(queue(&mut first, &file, 8).await, 0, "its time counts from its turn");
        settle(&mut second, &file, Telling::Done).await;
        assert_eq!(queue(&mut first, &file, 60).await, 0);
        assert!(first.under_way.is_empty() && second.under_way.is_empty());
    }

    #[tokio::test]
    async fn what_a_clock_that_ran_ahead_holds_back_is_told() {
        for ahead in [3 * 60, 5_000_000] {
            let notes = tempfile::tempdir().unwrap();
            let file = BookFile::new(notes.path(), "0123");
            let (mut first, mut second) = (OwnBooks::default(), OwnBooks::default());
            assert_eq!(queue(&mut first, &file, ahead).await, 1);
            assert_eq!(queue(&mut second, &file, 0).await, 1, "claimed");
            settle(&mut second, &file, Telling::Failed(at(ahead))).await;
            assert_eq!(queue(&mut second, &file, 0).await, 1, "paused");
            assert_eq!(queue(&mut first, &file, 0).await, 0, "the second is at it");
        }
    }

    #[tokio::test]
    async fn what_is_told_while_another_program_holds_the_books_is_noted_as_soon_as_it_lets_go() {
        let notes = tempfile::tempdir().unwrap();
        let file = BookFile::new(notes.path(), "0123");
        let (mut first, mut second) = (OwnBooks::default(), OwnBooks::default());
        assert_eq!(queue(&mut first, &file, 0).await, 1);
        first.settle(Err(NotKept::Busy), &[cause()], Telling::Done);
        assert_eq!(queue(&mut first, &file, 60).await, 0, "it was told");
        assert_eq!(queue(&mut second, &file, 60).await, 0, "it is noted");
    }

    #[tokio::test]
    async fn what_had_no_turn_is_left_to_the_next_program_at_once() {
        let notes = tempfile::tempdir().unwrap();
        let file = BookFile::new(notes.path(), "0123");
        let (mut first, mut second) = (OwnBooks::default(), OwnBooks::default());
        assert_eq!(queue(&mut first, &file, 0).await, 1);
        settle(&mut first, &file, Telling::Claimed(at(1))).await;
        assert_eq!(queue(&mut second, &file, 1).await, 1);
    }

    #[tokio::test]
    async fn what_failed_is_told_again_after_growing_pauses_by_one_program_and_at_the_next_start() {
        let notes = tempfile::tempdir().unwrap();
        let file = BookFile::new(notes.path(), "0123");
        let (mut first, mut second) = (OwnBooks::default(), OwnBooks::default());
        let (mut tries, mut failed) = (Vec::new(), Telling::Failed(at(0)));
        assert_eq!(queue(&mut first, &file, 0).await, 1);
        for minute in 0..240 {
            if let Telling::Failed(when) = failed
                && when == at(minute)
            {
                settle(&mut first, &file, failed).await;
            }
            if queue(&mut first, &file, minute).await == 1 {
                tries.push(minute);
                failed = Telling::Failed(at(minute + 1));
            }
            assert_eq!(queue(&mut second, &file, minute).await, 0);
        }
        assert_eq!(tries, [5, 16, 37, 78, 139, 200]);
        assert_eq!(queue_by(&mut second, &file, 240, Look::AtStart).await, 1);
        settle(&mut second, &file, Telling::Done).await;
        assert_eq!(queue_by(&mut first, &file, 600, Look::AtStart).await, 0);
    }
}
