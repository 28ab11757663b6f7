//! `watch` inside this process, by a clock of the test's own.

use std::thread::{self, JoinHandle};

use tokengauge::runtime::clock::Clock;
use tokengauge::runtime::executor::VaultAccess;
use tokengauge::runtime::http::Network;
use tokengauge::runtime::service_manager::ServiceManager;
use tokengauge::runtime::warnings::Setup;
use tokengauge::runtime::watch::log::{Detail, Log};
use tokengauge::runtime::watch::{self, Ended, Start};
use tokengauge::vault::Vault;
use tokengauge::vault::unlock::Sources;
use tokio::sync::oneshot;

/// Runs until it is stopped.
pub struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<bool>,
}

impl Running {
    pub fn start(vault: &Vault, clock: Clock) -> Self {
        let start = Start {
            vault: vault.clone(),
            access: VaultAccess { directory: vault.dir().to_owned(), sources: Sources::default() },
            network: Network::of_process(None),
            warnings: Setup::none(),
            clock,
            log: Log::to_stderr(clock, None, Detail::Events),
            manager: ServiceManager::of_process(),
        };
        let (stop, told) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            let ended = runtime.unwrap().block_on(watch::run_until(start, async {
                // A test that failed tells nothing any more.
                let _ = told.await;
            }));
            matches!(ended, Ok(Ended::Saved))
        });
        Self { stop, thread }
    }

    /// Stops it, and expects that all was saved.
    #[track_caller]
    pub fn stop(self) {
        self.stop.send(()).unwrap();
        assert!(self.thread.join().unwrap());
    }
}
