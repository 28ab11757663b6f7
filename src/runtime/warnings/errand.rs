//! Telling the hook: each event on its own, a few at once; what failed in the end is told once.

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;

use crate::app::Failure;
use crate::domain::warning::News;
use crate::domain::{Event, EventKind};
use crate::runtime::blocking::blocking;
use crate::runtime::services::Services;
use crate::sanitize::sanitize;

use super::books::{BookFile, Books, Cause, Kept, Locked, NotKept};
use super::hook::{Hook, HookError};
use super::{OwnBooks, Reported, Warner, json};

impl Warner {
    /// Tells the hook what it has not heard of. What it does not take in the end is noted in the activity.
    ///
    /// # Errors
    ///
    /// What it did not take, in two lines for all of it.
    pub async fn tell_hook(&self, services: &Services, reported: Reported) -> Result<(), Failure> {
        let count = reported.hook.len();
        let mut errands = JoinSet::new();
        for news in reported.hook {
            let (warner, services) = (self.clone(), services.clone());
            errands.spawn(async move {
                let told = warner.tell_one(&services, &news).await;
                (news, told)
            });
        }
        let (mut failures, mut left) = (Vec::new(), Vec::new());
        while let Some(ended) = errands.join_next().await {
            match ended {
                Ok((_, Ok(()))) => {}
                Ok((news, Err(HookError::Leaving))) => left.extend(cause(&news)),
                Ok((_, Err(error))) => failures.push(sanitize(&error.to_string(), 400)),
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        // What was cut short, and what had no turn, is left to the next program.
        self.settle(services, left, Some(services.clock.now())).await;
        let Some(first) = failures.first() else { return Ok(()) };
        let failure = Failure::new(
            format!("The hook did not take {} of {count} warnings: {first}.", failures.len()),
            "Mend it, then try it: tokengauge hook. The warnings themselves stand in the activity.",
        );
        let event = Event {
            at: services.clock.now(),
            kind: EventKind::HookFailed,
            connection: None,
            what_happened: failure.what_happened.clone(),
            what_to_do: Some(failure.what_to_do.clone()),
        };
        let services = services.clone();
        blocking(move || services.note_event(&event)).await;
        Err(failure)
    }

    async fn tell_one(&self, services: &Services, news: &News) -> Result<(), HookError> {
        let Some(hook) = &self.setup.hook else { return Ok(()) };
        let turn = tokio::select! {
            biased;
            () = services.leaving.told() => return Err(HookError::Leaving),
            turn = self.hooks.acquire() => turn.expect("nobody closes the queue"),
        };
        let is_closing = || services.vault.is_closing();
        if is_closing() {
            return Err(HookError::Leaving);
        }
        if let Some(cause) = cause(news)
            && !self.begin(services, hook, cause).await
        {
            return Ok(());
        }
        let event = json::event(news, services.clock.now());
        let told = hook.tell(&event, &services.leaving, is_closing).await;
        drop(turn);
        if !matches!(told, Err(HookError::Leaving)) {
            self.settle(services, cause(news).into_iter().collect(), None).await;
        }
        told
    }

    /// Claims it for the time that telling it may take from now on. False if another program has told it, or is about to,
    /// or it is over.
    async fn begin(&self, services: &Services, hook: &Hook, cause: Cause) -> bool {
        let locked = books(services).await;
        let until = hook.claimed_until(services.clock.now());
        let warner = self.clone();
        blocking(move || warner.own().begin(locked, cause, until)).await
    }

    /// Notes what became of them, in one change: told, or left to others from that moment on.
    async fn settle(&self, services: &Services, causes: Vec<Cause>, until: Option<DateTime<Utc>>) {
        if causes.is_empty() {
            return;
        }
        let locked = books(services).await;
        let warner = self.clone();
        blocking(move || warner.own().settle(locked, &causes, until)).await;
    }
}

/// Not held up by the end of the program: it is a matter of milliseconds.
async fn books(services: &Services) -> Kept<Locked> {
    match BookFile::of(services) {
        Some(file) => file.lock_at_the_end().await,
        None => Err(NotKept::NoPlace),
    }
}

/// What is noted of telling it; nothing of a recovery.
fn cause(news: &News) -> Option<Cause> {
    match news {
        News::Raised(warning) => Some(Cause::of(warning)),
        News::Recovered(_) => None,
    }
}

impl OwnBooks {
    fn begin(&mut self, locked: Kept<Locked>, cause: Cause, until: Option<DateTime<Utc>>) -> bool {
        let Some((claim, until)) = self.under_way.remove(&cause).zip(until) else { return false };
        let begun = self.hand_on(locked, &[(cause.clone(), claim)], Some(until));
        if begun {
            self.under_way.insert(cause, until);
        }
        begun
    }

    fn settle(&mut self, locked: Kept<Locked>, causes: &[Cause], until: Option<DateTime<Utc>>) {
        let claims = causes.iter().filter_map(|cause| self.under_way.remove_entry(cause));
        let claims: Vec<(Cause, DateTime<Utc>)> = claims.collect();
        self.hand_on(locked, &claims, until);
    }

    /// True if any was still claimed by this program. What cannot be noted is told again when its time is over.
    fn hand_on(
        &mut self,
        locked: Kept<Locked>,
        claims: &[(Cause, DateTime<Utc>)],
        until: Option<DateTime<Utc>>,
    ) -> bool {
        let hand_on = |books: &mut Books| {
            let ours = claims.iter().filter(|(cause, claim)| books.hand_on(cause, *claim, until));
            ours.count() > 0
        };
        let in_memory = hand_on(&mut self.in_memory);
        match locked {
            Err(NotKept::Busy | NotKept::Leaving) => in_memory,
            locked => self.of_records.take(locked, hand_on).0 || in_memory,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::books::Channel;
    use super::*;
    use crate::domain::ConnectionId;
    use crate::domain::warning::{Act, Asked, Nature, Subject, Told, Warning};
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

    /// One program, which finds it left by the others and claims it.
    async fn queue(own: &mut OwnBooks, file: &BookFile, now: i64) -> usize {
        let locked = file.lock(&Leaving::default()).await;
        let warning = warning();
        let (found, _) = own.of_records.take(locked, |books| {
            let ledger = books.of(Channel::Activity);
            assert!(ledger.is_empty());
            let told = Told {
                mark: warning.mark(),
                stage: warning.stage().seconds(),
                at: at(now),
                noun: "sign-in".into(),
                concerned: [].into(),
                until: Some(at(now + 2)),
            };
            let ledger = books.of(Channel::Hook(TimeDelta::minutes(2)));
            let is_left = |told: &Told| told.until.is_some_and(|until| until <= at(now));
            if ledger.get(&warning.subject).is_none_or(is_left) {
                ledger.insert(warning.subject.clone(), told);
                return vec![News::Raised(warning.clone())];
            }
            Vec::new()
        });
        own.queue(found, Some(at(now + 2))).len()
    }

    #[tokio::test]
    async fn what_waits_long_for_its_turn_is_told_by_one_program_once() {
        let notes = tempfile::tempdir().unwrap();
        let file = BookFile::new(notes.path(), "0123");
        let (mut first, mut second) = (OwnBooks::default(), OwnBooks::default());
        let cause = || Cause::of(&warning());
        assert_eq!(queue(&mut first, &file, 0).await, 1);
        assert_eq!(queue(&mut first, &file, 3).await, 0, "it waits for its turn already");
        assert_eq!(queue(&mut second, &file, 6).await, 1, "the first seems to be gone");
        let locked = file.lock(&Leaving::default()).await;
        assert!(!first.begin(locked, cause(), Some(at(9))), "the other has it");
        let locked = file.lock(&Leaving::default()).await;
        assert!(second.begin(locked, cause(), Some(at(9))));
        assert_eq!(queue(&mut first, &file, 8).await, 0, "its time counts from its turn");
        second.settle(file.lock(&Leaving::default()).await, &[cause()], None);
        assert_eq!(queue(&mut first, &file, 60).await, 0);
        assert!(first.under_way.is_empty() && second.under_way.is_empty());
    }

    #[tokio::test]
    async fn what_had_no_turn_is_left_to_the_next_program_at_once() {
        let notes = tempfile::tempdir().unwrap();
        let file = BookFile::new(notes.path(), "0123");
        let (mut first, mut second) = (OwnBooks::default(), OwnBooks::default());
        assert_eq!(queue(&mut first, &file, 0).await, 1);
        let locked = file.lock(&Leaving::default()).await;
        first.settle(locked, &[Cause::of(&warning())], Some(at(1)));
        assert_eq!(queue(&mut second, &file, 1).await, 1);
    }
}
