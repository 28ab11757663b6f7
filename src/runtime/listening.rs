//! The listeners of the dashboard: each is a task of its own, which its request ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

use crate::app::{Answer, Failure, Message, RequestId};
use crate::domain::{Capture, ConnectionId};

use super::blocking::blocking;
use super::listener::{self, Heard, Listener};
use super::services::{Services, failure};

/// The listeners that run.
#[derive(Clone, Default)]
pub(super) struct Listeners(Arc<Mutex<Running>>);

/// Tasks by the requests that began them, and those that were told to end.
#[derive(Default)]
struct Running {
    tasks: BTreeMap<RequestId, JoinHandle<()>>,
    ending: Vec<JoinHandle<()>>,
}

impl Running {
    fn end(&mut self, request: RequestId) {
        if let Some(task) = self.tasks.remove(&request) {
            task.abort();
            self.ending.push(task);
        }
    }

    fn end_all(&mut self) {
        let requests: Vec<RequestId> = self.tasks.keys().copied().collect();
        requests.into_iter().for_each(|request| self.end(request));
    }
}

impl Listeners {
    /// Listens for the open sign-in of a connection, and answers `request` each time there is something to tell. There is
    /// one at a time: the one before it is closed first, since it may have the same port.
    pub(super) fn start(
        &self,
        services: Result<Services, Failure>,
        request: RequestId,
        (connection, capture): (ConnectionId, Capture),
        answers: UnboundedSender<Message>,
    ) {
        let mut running = self.lock();
        running.end_all();
        let before = std::mem::take(&mut running.ending);
        let listening = async move {
            for task in before {
                // Ended by us, which is no news.
                let _ = task.await;
            }
            let answer = |answer| {
                // A loop that is gone awaits no answer.
                let _ = answers.send(Message::Answer { request, answer });
            };
            match open(services, connection, capture).await {
                Err(failure) => answer(Answer::Listening(Err(failure))),
                Ok(listener) => {
                    let mut facts = listener.facts().clone();
                    answer(Answer::Listening(Ok(facts.clone())));
                    let heard = |heard| match heard {
                        Heard::Redirected(text) => answer(Answer::Redirected(text)),
                        Heard::Go(fate) => {
                            facts.tunnel.iter_mut().for_each(|tunnel| tunnel.fate = fate);
                            answer(Answer::Listening(Ok(facts.clone())));
                        }
                    };
                    listener.serve(heard).await;
                }
            }
        };
        running.tasks.insert(request, tokio::spawn(listening));
    }

    /// Closes that one, whether it listens yet or not.
    pub(super) fn cancel(&self, request: RequestId) {
        self.lock().end(request);
    }

    /// Closes all of them.
    pub(super) fn close(&self) {
        self.lock().end_all();
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn open(
    services: Result<Services, Failure>,
    id: ConnectionId,
    capture: Capture,
) -> Result<Listener, Failure> {
    let services = services?;
    let overview = {
        let services = services.clone();
        blocking(move || {
            let connection = services.vault.connection_by_id(&id).map_err(|error| failure(&error))?;
            Ok::<_, Failure>(services.overview(&connection))
        })
        .await?
    };
    listener::for_sign_in(&services, &overview, capture)
}
