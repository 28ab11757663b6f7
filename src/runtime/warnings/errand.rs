//! Telling the hook: each event on its own, a few at once; what failed in the end is told once.

use tokio::task::JoinSet;

use crate::app::Failure;
use crate::domain::warning::News;
use crate::domain::{Event, EventKind};
use crate::runtime::blocking::blocking;
use crate::runtime::services::Services;
use crate::sanitize::sanitize;

use super::books::BookFile;
use super::hook::HookError;
use super::{Reported, Warner, json};

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
            errands.spawn(async move { warner.tell_one(&services, &news).await });
        }
        let mut failures = Vec::new();
        while let Some(ended) = errands.join_next().await {
            match ended {
                Ok(Ok(()) | Err(HookError::Leaving)) => {}
                Ok(Err(error)) => failures.push(sanitize(&error.to_string(), 400)),
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
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
        let turn = self.hooks.acquire().await.expect("nobody closes the queue");
        let event = json::event(news, services.clock.now());
        let told = hook.tell(&event, &services.leaving).await;
        drop(turn);
        self.close_book(services, news, &told).await;
        told
    }

    /// Notes that it was told. What was cut short is left to the next program.
    async fn close_book(&self, services: &Services, news: &News, told: &Result<(), HookError>) {
        let News::Raised(warning) = news else { return };
        let (subject, mark) = (warning.subject.clone(), warning.mark());
        let until = matches!(told, Err(HookError::Leaving)).then(|| services.clock.now());
        {
            let mut own = self.own.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            own.in_memory.close(&subject, &mark, until);
            own.of_records.aside().into_iter().for_each(|books| books.close(&subject, &mark, until));
        }
        let Some(file) = BookFile::of(services) else { return };
        // Not held up by the end of the program: it is a matter of milliseconds.
        if let Ok(locked) = file.lock_at_the_end().await {
            // What cannot be noted is told again when its time is over.
            let _ = blocking(move || locked.change(|books| books.close(&subject, &mark, until))).await;
        }
    }
}
