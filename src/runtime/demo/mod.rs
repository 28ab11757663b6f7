//! The demo: the dashboard on the simulated tenant, with nothing to set up and nothing kept.
//!
//! The vault is a fresh directory that goes at the end; the user's own vault, configuration of secrets and keyring are
//! never read. The browser is simulated too.

mod seed;

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use crate::app::{App, Banner, Browser, Door, Effect, Environment};
use crate::domain::Authority;
use crate::domain::warning::WarningRules;
use crate::simulator::browser::{self, Answer, Landing};
use crate::simulator::server::Server;
use crate::simulator::{Scenario, Simulator};
use crate::vault::unlock::Sources;
use crate::vault::{Vault, VaultError};

use super::clock::Clock;
use super::dashboard::{self, Ended, Surroundings, Titles, outlets, terminal_orders};
use super::driver::{self, Channels, Driver, GATHER_BRIEFLY};
use super::entropy;
use super::executor::{Executor, SimulatedBrowser, VaultAccess};
use super::looks::Looks;
use super::stop::Stop;
use super::warnings::Setup;

/// Why the demo did not come up.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No scenario has that name.
    #[error("no scenario is called \"{0}\"; there are: {known}", known = Scenario::EMBEDDED.join(", "))]
    UnknownScenario(String),
    /// The demo's vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Its directory, its loopback port or the terminal.
    #[error("the demo could not be set up: {0}")]
    Io(#[from] io::Error),
}

/// A tenant on loopback with a vault full of its connections.
pub struct DemoTenant {
    /// The vault; its directory goes with this value.
    pub vault: Vault,
    /// The loopback address and the port's life.
    pub server: Server,
    /// The simulator behind it.
    pub simulator: Arc<Mutex<Simulator>>,
    directory: TempDir,
}

impl DemoTenant {
    /// Sets the tenant up. Must be called inside a tokio runtime.
    pub fn start(scenario: &str, clock: Clock) -> Result<Self, DemoError> {
        let scenario =
            Scenario::embedded(scenario).ok_or_else(|| DemoError::UnknownScenario(scenario.to_owned()))?;
        let seed = u64::from_le_bytes(entropy::bytes()[..8].try_into().expect("eight of 32 bytes"));
        let simulator = Arc::new(Mutex::new(Simulator::new(scenario, seed)));
        let server = Server::start(Arc::clone(&simulator), move || clock.now())?;
        let directory = tempfile::Builder::new()
            .prefix("tokengauge-demo-")
            .permissions(std::fs::Permissions::from_mode(0o700))
            .tempdir()?;
        let vault = Vault::init_ephemeral(&directory.path().join("vault"))?;
        let authority = simulated_authority(&server);
        {
            let mut simulator = simulator.lock().unwrap_or_else(PoisonError::into_inner);
            seed::plant(&mut simulator, &vault, &authority, clock.now())?;
        }
        Ok(Self { vault, server, simulator, directory })
    }

    /// Its authority.
    pub fn authority(&self) -> Authority {
        simulated_authority(&self.server)
    }

    /// The browser that signs in there.
    pub fn browser(&self, clock: Clock) -> SimulatedBrowser {
        let simulator = Arc::clone(&self.simulator);
        Arc::new(move |address, mailbox| {
            let mut simulator = simulator.lock().unwrap_or_else(PoisonError::into_inner);
            let user_code = user_code(address);
            let first = simulator.scenario().users.first().map(|user| user.upn.clone());
            let user = mailbox.map(str::to_owned).or(first).unwrap_or_default();
            if let Some(code) = user_code {
                let page = address.split('?').next().unwrap_or(address);
                return browser::enter_code(page, &code, &user, Answer::Accept, |request| {
                    simulator.handle(&request, clock.now())
                })
                .map(|()| String::new())
                .map_err(|error| crate::sanitize::sanitize(&error.to_string(), 200));
            }
            let landing = browser::sign_in(address, &user, Answer::Accept, |request| {
                simulator.handle(&request, clock.now())
            });
            match landing {
                Ok(Landing::Address(address)) => Ok(address),
                Ok(Landing::Posted { body, .. }) => Ok(body),
                Err(error) => Err(crate::sanitize::sanitize(&error.to_string(), 200)),
            }
        })
    }
}

/// The code of a device sign-in that an address carries.
fn user_code(address: &str) -> Option<String> {
    let address = url::Url::parse(address).ok()?;
    let mut pairs = address.query_pairs();
    pairs.find(|(name, _)| name == "user_code").map(|(_, code)| code.into_owned())
}

fn simulated_authority(server: &Server) -> Authority {
    let mut authority = Authority::custom(&server.url(), None).expect("a loopback address is an authority");
    // Not a server of somebody's own: it rotates without revoking, as the platform does.
    "simulated".clone_into(&mut authority.cloud);
    authority
}

/// Shows the dashboard on a simulated tenant.
pub async fn run(
    scenario: &str,
    speed: u32,
    looks: Looks,
    surroundings: &Surroundings,
) -> Result<Ended, DemoError> {
    let clock = Clock::running_at(speed);
    let tenant = DemoTenant::start(scenario, clock)?;
    let (Channels { answers, noticed }, ends) = driver::channels();
    let (terminal, orders) = terminal_orders();
    // A file with an address goes where everything of the demo goes.
    let surroundings = Surroundings { directory: tenant.directory.path().to_owned(), ..surroundings.clone() };
    let access = VaultAccess { directory: tenant.vault.dir().to_owned(), sources: Sources::default() };
    let outlets = outlets(&surroundings, terminal);
    let executor = Executor::new(access, clock, outlets, answers, noticed)
        .with_open_vault(tenant.vault.clone(), Some(tenant.browser(clock)))
        // Warnings are to be seen, and disturb nobody.
        .with_warnings(Setup { rules: WarningRules::default(), hook: None, signals: None });
    let environment = Environment {
        authorities: vec![tenant.authority()],
        browser: Browser::Simulated,
        themes: looks.names(),
        utc_offset: clock.utc_offset(),
        vault_directory: "the demo".to_owned(),
        export_directory: tenant.directory.path().display().to_string(),
        key_file: String::new(),
        has_passphrase: false,
    };
    let theme = looks.names().swap_remove(0);
    let mut app = App::new(environment, Door::Open, theme, clock.now())
        .with_warnings(WarningRules::default(), Banner::Shown);
    let opening: Vec<Effect> = app.open_vault();
    opening.into_iter().for_each(|effect| executor.perform(effect));
    let driver = Driver::new(app, executor, clock, ends, Stop::listen()?, GATHER_BRIEFLY);
    Ok(Box::pin(dashboard::show(driver, looks, orders, Titles::Counts)).await?)
}
