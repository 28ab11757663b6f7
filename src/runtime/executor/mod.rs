//! Performs effects in tasks; the answers come back as messages.

mod door;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::app::activity::KEPT;
use crate::app::export::NotExported;
use crate::app::{
    Answer, Contents, DoorFailure, Effect, Failure, Message, ProbeNews, ProofNews, ReplacementEnd, RequestId,
    SecretToProve, Warned,
};
use crate::domain::probe::Probe;
use crate::domain::secret::{PastedText, RevealedValue};
use crate::domain::{
    AttemptFacts, Capture, ClientId, ConnectionId, ConnectionName, DeviceAttemptFacts, Event, Overview,
    SecretCredential,
};
use crate::vault::Vault;
use crate::vault::unlock::Sources;

use super::blocking::blocking;
use super::clock::Clock;
use super::delivery::{Outlets, TerminalOrder, deliver, send_text, value};
use super::exchange::{NewSecret, Teller, begin_device_sign_in, exchange, poll_device, prove_secret};
use super::http::Network;
use super::listener::begin_attempt;
use super::listening::Listeners;
use super::probe::probe;
use super::services::{Services, failure};
use super::stop::{Haste, Leaving};
use super::warnings::{Report, Run, Setup, Warner};
use super::watcher::Noticed;
use super::{exporting, records, secret_replacement};

pub use door::KEY_LIFE;
use door::Open;

/// Where the vault is and what may open it.
#[derive(Debug, Clone)]
pub struct VaultAccess {
    /// The directory.
    pub directory: PathBuf,
    /// What may open it.
    pub sources: Sources,
}

/// The simulated browser of the demo: signs in at an address as a mailbox, and tells where it ended.
pub type SimulatedBrowser = Arc<dyn Fn(&str, Option<&str>) -> Result<String, String> + Send + Sync>;

/// Performs effects. Everything that it starts is awaited at the end, so that no answer is lost that was paid for.
#[derive(Clone)]
pub struct Executor {
    access: VaultAccess,
    clock: Clock,
    outlets: Outlets,
    network: Network,
    browser: Option<SimulatedBrowser>,
    answers: mpsc::UnboundedSender<Message>,
    noticed: mpsc::UnboundedSender<Noticed>,
    open: Arc<Mutex<Open>>,
    tasks: Arc<Mutex<JoinSet<()>>>,
    listeners: Listeners,
    leaving: Leaving,
    teller: Teller,
    warner: Warner,
    /// Which generation of a connection the loop was told last.
    told: Arc<Mutex<HashMap<ConnectionName, u64>>>,
}

impl Executor {
    /// An executor without an open vault.
    pub fn new(
        access: VaultAccess,
        clock: Clock,
        outlets: Outlets,
        answers: mpsc::UnboundedSender<Message>,
        noticed: mpsc::UnboundedSender<Noticed>,
    ) -> Self {
        Self {
            access,
            clock,
            outlets,
            network: Network::of_process(None),
            browser: None,
            teller: Teller::new(answers.clone()),
            answers,
            noticed,
            open: Arc::default(),
            tasks: Arc::default(),
            listeners: Listeners::default(),
            leaving: Leaving::default(),
            warner: Warner::new(Setup::none(), Run::Stays),
            told: Arc::default(),
        }
    }

    /// With another way to the outside than the environment alone tells.
    #[must_use]
    pub fn with_network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// With somebody to warn.
    #[must_use]
    pub fn with_warnings(mut self, setup: Setup) -> Self {
        self.warner = Warner::new(setup, Run::Stays);
        self
    }

    /// With a vault that is open already, and perhaps a simulated browser: the demo.
    #[must_use]
    pub fn with_open_vault(mut self, vault: Vault, browser: Option<SimulatedBrowser>) -> Self {
        self.browser = browser;
        self.access.sources.introduce(&vault);
        let lockings = self.open().lockings;
        // Nothing was locked between the two lines.
        let _ = self.keep(vault, None, lockings);
        self
    }

    /// Starts what an effect asks for.
    pub fn perform(&self, effect: Effect) {
        let effect = match effect {
            Effect::Listen { request, connection, capture } => {
                let answers = self.answers.clone();
                return self.listeners.start(self.services(), request, (connection, capture), answers);
            }
            Effect::Cancel(request) => return self.listeners.cancel(request),
            // At once: what is performed after it finds the vault closed.
            Effect::LockVault => return self.lock_vault(),
            Effect::Probe { request, connection } => return self.probe(request, connection),
            Effect::Warn { request, failing_from, unsaved } => {
                return self.warn(request, Report { failing_from, unsaved });
            }
            Effect::Ring { text } => return self.ring(&text),
            effect => effect,
        };
        let executor = self.clone();
        self.spawn(async move {
            if let Some((request, answer)) = executor.run(effect).await {
                executor.answer(request, answer);
            }
        });
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(work);
    }

    fn answer(&self, request: RequestId, answer: Answer) {
        if let Answer::Connection(Ok(overview)) = &answer {
            self.told().insert(overview.name.clone(), overview.generation);
        }
        // A loop that is gone awaits no answer.
        let _ = self.answers.send(Message::Answer { request, answer });
    }

    /// Answers each time there is something to tell.
    fn probe(&self, request: RequestId, connection: ConnectionId) {
        let executor = self.clone();
        self.spawn(async move {
            let tell = |news| executor.answer(request, Answer::Probe(news));
            let result = match executor.services() {
                Ok(services) => {
                    let so_far = |probe: &Probe| tell(ProbeNews::SoFar(Box::new(probe.clone())));
                    let probed = probe(&services, &connection, None, so_far).await;
                    probed.map(Box::new).map_err(|error| error.failure())
                }
                Err(failure) => Err(failure),
            };
            tell(ProbeNews::Ended(result));
        });
    }

    /// Answers as soon as it is noted who is told; the hook runs on its own.
    fn warn(&self, request: RequestId, report: Report) {
        let executor = self.clone();
        self.spawn(async move {
            let Ok(services) = executor.services() else {
                return executor.answer(request, Answer::Warned(Box::default()));
            };
            let Ok(reported) = executor.warner.report(&services, report).await else {
                // What stands in the way of reading the records is told by whoever reads them.
                let again_at = Some(executor.clock.now() + TimeDelta::minutes(1));
                let nothing = Warned { again_at, ..Warned::default() };
                return executor.answer(request, Answer::Warned(Box::new(nothing)));
            };
            executor.answer(request, Answer::Warned(Box::new(reported.warned.clone())));
            if let Err(failure) = executor.warner.tell_hook(&services, reported).await {
                executor.answer(request, Answer::HookFailed(failure));
            }
        });
    }

    fn ring(&self, text: &str) {
        let Some(signals) = self.warner.setup().signals else { return };
        let (written, _) = tokio::sync::oneshot::channel();
        let sequence = RevealedValue::new(signals.sequence(text));
        // A loop that is gone rings no more.
        let _ = self.outlets.terminal.send(TerminalOrder { sequence, written });
    }

    /// True if nothing is under way.
    pub fn is_idle(&self) -> bool {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.is_empty()
    }

    /// Closes every port that is listened on. Nobody takes an answer any more.
    pub fn stop_listening(&self) {
        self.listeners.close();
    }

    /// Tells all that was started that the program is to end. What is saved, or was sent, comes to its end.
    pub fn leave(&self, haste: Haste) {
        self.stop_listening();
        self.leaving.tell(haste);
    }

    /// Waits until everything that was started has ended.
    pub async fn finish(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
    }

    /// What could not be saved to the end.
    pub fn last_words(&self) -> Vec<Failure> {
        self.teller.last_words()
    }

    async fn run(&self, effect: Effect) -> Option<(RequestId, Answer)> {
        Some(match effect {
            Effect::OpenVault { request, passphrase } => {
                (request, self.at_door(move |own| own.open_vault(passphrase.as_ref())).await)
            }
            Effect::CreateVault { request, protection } => {
                (request, self.at_door(move |own| own.create_vault(protection)).await)
            }
            Effect::LoadVault { request } => (request, self.at_door(Self::load).await),
            Effect::ReadActivity { request } => (request, self.read_activity().await),
            Effect::Create { request, new } => {
                (request, self.record(move |services| records::create(services, &new)).await)
            }
            Effect::Change { request, connection, edit } => {
                (request, self.record(move |services| records::change(services, &connection, &edit)).await)
            }
            Effect::BeginAttempt { request, connection, capture } => {
                (request, self.begin_attempt(connection, capture).await)
            }
            Effect::BeginDeviceSignIn { request, connection } => {
                let answer = match self.services() {
                    Ok(services) => {
                        begin_device_sign_in(&services, &connection).await.map_err(|error| error.failure())
                    }
                    Err(failure) => Err(failure),
                };
                (request, Answer::Connection(answer.map(Box::new)))
            }
            Effect::PollDevice { request, connection, user_code } => {
                (request, self.poll_device(&connection, &user_code).await)
            }
            Effect::BeginAdminConsent { request, connection } => {
                let work = move |services: &Services| records::begin_admin_consent(services, &connection);
                (request, self.record(work).await)
            }
            Effect::Remove { request, connection } => (request, self.remove(connection).await),
            Effect::Exchange { request, connection, step } => {
                let answer = match self.services() {
                    Ok(services) => {
                        exchange(&services, &connection, step).await.map_err(|error| error.failure())
                    }
                    Err(failure) => Err(failure),
                };
                (request, Answer::Connection(answer.map(Box::new)))
            }
            Effect::ProveSecret { request, connection, secret } => {
                (request, Answer::SecretProved(self.prove_secret(connection, secret).await))
            }
            Effect::EndReplacement { request, client_id, end, proven } => {
                (request, Answer::ReplacementEnded(self.end_replacement(client_id, end, proven).await))
            }
            Effect::Deliver { request, connection, parcel, way } => {
                let answer = match self.services() {
                    Ok(services) => deliver(&services, &self.outlets, &connection, parcel, way).await,
                    Err(failure) => Err(failure),
                };
                (request, Answer::Delivered(answer))
            }
            Effect::SendText { request, text } => {
                (request, Answer::Delivered(send_text(&self.outlets, text).await))
            }
            Effect::Reveal { request, connection, value: which } => {
                let answer = match self.services() {
                    Ok(services) => value(&services, &connection, which).await,
                    Err(failure) => Err(failure),
                };
                (request, Answer::Revealed(answer))
            }
            Effect::PreviewExport { request, connection, order } => {
                let answer = match self.services() {
                    Ok(services) => exporting::preview(&services, &self.outlets, &connection, *order).await,
                    Err(failure) => Err(failure),
                };
                (request, Answer::Previewed(answer.map(Box::new)))
            }
            Effect::Export { request, connection, order } => {
                let answer = match self.services() {
                    Ok(services) => exporting::export(&services, &self.outlets, &connection, *order).await,
                    Err(failure) => Err(NotExported::Failed(failure)),
                };
                (request, Answer::Exported(answer))
            }
            Effect::SignInWithSimulatedBrowser { request, connection } => {
                (request, Answer::BrowserEndedOn(self.simulated_browser(connection).await))
            }
            Effect::Listen { .. }
            | Effect::Cancel(_)
            | Effect::LockVault
            | Effect::Probe { .. }
            | Effect::Warn { .. }
            | Effect::Ring { .. }
            | Effect::Quit(_) => {
                return None;
            }
        })
    }

    async fn poll_device(&self, connection: &ConnectionId, user_code: &str) -> Answer {
        let answer = match self.services() {
            Ok(services) => {
                poll_device(&services, connection, user_code).await.map_err(|error| error.failure())
            }
            Err(failure) => Err(failure),
        };
        Answer::Connection(answer.map(Box::new))
    }

    async fn prove_secret(&self, connection: ConnectionId, secret: SecretToProve) -> ProofNews {
        let services = match self.services() {
            Ok(services) => services,
            Err(failure) => return ProofNews { connection, proof: Err(failure), overview: None },
        };
        let secret = match secret {
            SecretToProve::Held => NewSecret::Held,
            SecretToProve::Typed { value, ends_on } => {
                NewSecret::Given(SecretCredential { value, ends_on, entered_at: self.clock.now() })
            }
        };
        let proof = prove_secret(&services, &connection, &secret).await.map_err(|error| error.failure());
        let id = connection.clone();
        let overview = blocking(move || {
            services.vault.connection_by_id(&id).map(|own| Box::new(services.overview(&own))).ok()
        });
        ProofNews { connection, proof, overview: overview.await }
    }

    async fn end_replacement(
        &self,
        client_id: ClientId,
        end: ReplacementEnd,
        proven: BTreeSet<ConnectionId>,
    ) -> Result<(), Failure> {
        let services = self.services()?;
        let ended = blocking(move || match end {
            ReplacementEnd::TakeNew => secret_replacement::take_proven_secret(&services, &client_id, &proven),
            ReplacementEnd::BackToOld => secret_replacement::go_back_to_old_secret(&services, &client_id),
        });
        ended.await.map_err(|error| error.failure())
    }

    /// True if what is on disk of this connection is what this program saved last, and the loop was told that.
    pub fn is_told(&self, name: &ConnectionName) -> bool {
        let Ok(services) = self.services() else { return false };
        let saved = services.vault.saved_generation(name);
        saved.is_some() && saved == self.told().get(name).copied()
    }

    fn told(&self) -> MutexGuard<'_, HashMap<ConnectionName, u64>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True if it is noticed at once what other programs change.
    pub fn notices_changes(&self) -> bool {
        self.open().watcher.is_some()
    }

    /// True if the open vault obeys an order to lock that was given.
    pub fn is_ordered_to_lock(&self) -> bool {
        self.open().services.as_ref().is_some_and(|own| own.vault.is_ordered_to_lock())
    }

    fn services(&self) -> Result<Services, Failure> {
        let services = self.open().services.clone();
        services.ok_or_else(|| Failure::new("The vault is locked.", "Type its passphrase."))
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn record(
        &self,
        work: impl FnOnce(&Services) -> Result<Overview, records::RecordError> + Send + 'static,
    ) -> Answer {
        let services = self.services();
        Answer::Connection(
            blocking(move || work(&services?).map(Box::new).map_err(|error| error.failure())).await,
        )
    }

    async fn begin_attempt(&self, id: ConnectionId, capture: Capture) -> Answer {
        let services = self.services();
        Answer::Connection(
            blocking(move || {
                begin_attempt(&services?, &id, capture).map(Box::new).map_err(|error| error.failure())
            })
            .await,
        )
    }

    async fn at_door(
        &self,
        work: impl FnOnce(&Self) -> Result<Contents, DoorFailure> + Send + 'static,
    ) -> Answer {
        let executor = self.clone();
        Answer::Contents(blocking(move || work(&executor)).await)
    }

    async fn read_activity(&self) -> Answer {
        let services = self.services();
        Answer::Activity(blocking(move || newest_events(&services?)).await)
    }

    async fn remove(&self, id: ConnectionId) -> Answer {
        let services = self.services();
        Answer::Removed(
            blocking(move || records::remove(&services?, &id).map(|()| id).map_err(|error| failure(&error)))
                .await,
        )
    }

    async fn simulated_browser(&self, id: ConnectionId) -> Result<PastedText, Failure> {
        let (services, browser) = (self.services()?, self.browser.clone());
        let ended = blocking(move || {
            let overview = services.contents().ok()?.connections.into_iter().find(|own| own.id == id)?;
            let address = match overview.open_attempt(services.clock.now())? {
                AttemptFacts::Code(attempt) => attempt.authorization_request.clone(),
                AttemptFacts::Device(attempt) => with_user_code(attempt),
            };
            Some(browser?(address.as_str(), overview.mailbox()))
        })
        .await;
        match ended {
            Some(Ok(address)) => Ok(PastedText::new(address)),
            Some(Err(page)) => Err(Failure::new(
                format!("The simulated browser ended on an error page: {page}"),
                "Check client ID and redirect URI (e).",
            )),
            None => Err(Failure::new("No sign-in is open.", "Begin one (a).")),
        }
    }
}

fn newest_events(services: &Services) -> Result<Vec<Event>, Failure> {
    services.activity.newest(KEPT).map_err(|error| {
        Failure::new(
            format!("The activity in {} cannot be read: {error}.", services.activity.place()),
            "Nothing else depends on it. What happens from now on is shown all the same.",
        )
    })
}

/// The page with the code filled in (RFC 8628 §3.3.1), as only the simulated browser gets it.
fn with_user_code(attempt: &DeviceAttemptFacts) -> url::Url {
    let mut address = attempt.verification_uri.clone();
    address.query_pairs_mut().append_pair("user_code", &attempt.user_code);
    address
}
