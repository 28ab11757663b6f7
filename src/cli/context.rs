//! What every command starts from: the global options, where things are, the open vault.

use std::future::{Future, pending};
use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use clap::{ArgAction, Args};
use tokio::runtime::Builder;
use tracing::level_filters::LevelFilter;
use zeroize::Zeroizing;

use crate::config::{Config, ConfigFile, DashboardOptions, LookChoice, Paths, Variables};
use crate::domain::secret::Passphrase;
use crate::domain::{Connection, ConnectionName, Overview};
use crate::runtime::clock::{self, Clock};
use crate::runtime::exchange::{ExchangeError, NotSaved};
use crate::runtime::http::Network;
use crate::runtime::probe::ProbeError;
use crate::runtime::process::prove_limits;
use crate::runtime::prompt::{self, Echo, PromptError};
use crate::runtime::services::Services;
use crate::runtime::stop::{Haste, Pause, Stop, StopSignal};
use crate::runtime::watch::log::Detail;
use crate::sanitize::sanitize;
use crate::vault::unlock::{
    KeySource, Sources, Unlocked, unlock, unlock_with_passphrase, usual_runtime_directory,
};
use crate::vault::{TakenIn, Vault, VaultError};

use super::exit::{CliError, Exit, say};

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Directory of the vault
    #[arg(long, value_name = "DIR", global = true, help_heading = "Global options")]
    vault: Option<PathBuf>,
    /// Configuration file
    #[arg(long, value_name = "FILE", global = true, help_heading = "Global options")]
    config: Option<PathBuf>,
    /// Key file that opens the vault
    #[arg(long, value_name = "FILE", global = true, help_heading = "Global options")]
    key_file: Option<PathBuf>,
    /// Theme of the dashboard
    #[arg(long, value_name = "NAME", global = true, help_heading = "Global options")]
    theme: Option<String>,
    /// Tell on stderr what is done; never a secret
    #[arg(short, action = ArgAction::Count, global = true, help_heading = "Global options")]
    verbose: u8,
}

impl Global {
    /// Paths and sources of keys; nothing is opened yet.
    pub fn context(&self) -> Result<Context, CliError> {
        let environment = Variables::of_process();
        let paths = Paths::find(self.vault.clone(), self.config.clone(), &environment)?;
        let sources = Sources {
            since_boot: clock::since_boot(),
            usual_runtime_directory: Some(usual_runtime_directory()),
            ..environment.sources(self.key_file.clone())
        };
        Ok(Context { paths, sources })
    }

    /// What the dashboard starts with.
    pub fn start(&self) -> Result<DashboardOptions, CliError> {
        let context = self.context()?;
        let file = context.paths.config.as_ref();
        let config = Config::load(file)?;
        Ok(DashboardOptions {
            keymap: config.keymap(file)?,
            look: self.look(&config, &context.paths),
            vault: context.paths.vault,
            config: context.paths.config,
            sources: context.sources,
            warnings: config.warnings,
        })
    }

    /// What the demo starts with: nothing of the person's but the taste.
    pub fn demo_look(&self) -> LookChoice {
        LookChoice { theme: self.theme.clone(), ..LookChoice::default() }
    }

    fn look(&self, config: &Config, paths: &Paths) -> LookChoice {
        LookChoice {
            theme: self.theme.clone().or_else(|| config.theme.clone()),
            glyphs: config.glyphs,
            colours: config.colours,
            themes: paths.config.as_ref().map(ConfigFile::themes_directory),
        }
    }

    /// How much a log of events tells.
    pub fn detail(&self) -> Detail {
        if self.verbose > 0 { Detail::Steps } else { Detail::Events }
    }

    /// Nothing below `INFO` is ever written: libraries tell the bytes of their frames there.
    pub fn start_log(&self) {
        if self.verbose > 0 {
            let format = tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).without_time();
            let _ = format.with_max_level(LevelFilter::INFO).with_target(false).try_init();
        }
    }
}

/// Where things are.
#[derive(Debug, Clone)]
pub struct Context {
    /// Vault and configuration.
    pub paths: Paths,
    /// Where the key may come from.
    pub sources: Sources,
}

/// Whether a person may be asked for the passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// On a terminal, if there is one.
    Allowed,
    /// Never: a mail client waits for the answer.
    Never,
}

/// How often a wrong passphrase may be typed.
pub const PASSPHRASE_TRIES: u32 = 3;

impl Context {
    /// Opens the vault, asking for the passphrase where nothing else opens it.
    pub fn open(&self) -> Result<Services, CliError> {
        let (vault, _) = self.open_vault(Asking::Allowed)?;
        Ok(self.services(vault, Clock::system()))
    }

    /// Services over the open vault.
    pub fn services(&self, vault: Vault, clock: Clock) -> Services {
        Services::with_network(vault, clock, Network::of_process(self.paths.config.clone()))
    }

    /// Opens the vault and tells with what. What could not be saved before is taken in first.
    pub fn open_vault(&self, asking: Asking) -> Result<(Vault, KeySource), CliError> {
        let (vault, source) = self.unlocked(asking)?;
        tell_taken_in(&vault.take_in_emergency_copies(SHORT_PATIENCE));
        Ok((vault, source))
    }

    /// Tells a vault that was opened otherwise what belongs to it outside of it, and takes in what could not be saved.
    pub fn introduce(&self, vault: &Vault) {
        self.sources.introduce(vault);
        tell_taken_in(&vault.take_in_emergency_copies(SHORT_PATIENCE));
    }

    /// Opens the vault for whoever gives one token away: what could not be saved of others is left to other commands.
    pub fn open_vault_for_token(&self) -> Result<Vault, CliError> {
        self.unlocked(Asking::Never).map(|(vault, _)| vault)
    }

    fn unlocked(&self, asking: Asking) -> Result<(Vault, KeySource), CliError> {
        let dir = &self.paths.vault;
        tracing::info!(vault = %dir.display(), "opening the vault");
        match (unlock(dir, &self.sources)?, asking) {
            (Unlocked::Open(vault, source), _) => {
                tracing::info!(source = source_in_words(&source), "the vault is open");
                Ok((vault, source))
            }
            (Unlocked::NeedsPassphrase, Asking::Allowed) if prompt::is_possible() => self.ask_passphrase(),
            (Unlocked::NeedsPassphrase, _) => Err(CliError::new(
                Exit::Locked,
                format!("the vault in {} is locked", dir.display()),
                "in a terminal: tokengauge vault unlock; elsewhere name a key file with --key-file",
            )),
        }
    }

    fn ask_passphrase(&self) -> Result<(Vault, KeySource), CliError> {
        let mut last = VaultError::WrongPassphrase;
        for _ in 0..PASSPHRASE_TRIES {
            let (typed, held) = prompt::ask_and_hold("Passphrase of the vault: ", Echo::Hidden)?;
            let passphrase = Passphrase::new(typed.as_str());
            let opened = unlock_with_passphrase(&self.paths.vault, &self.sources, &passphrase);
            drop(held);
            match opened {
                Ok(vault) => return Ok((vault, KeySource::Prompt)),
                Err(VaultError::WrongPassphrase) => say("the passphrase does not open the vault"),
                Err(error) => last = error,
            }
            if last != VaultError::WrongPassphrase {
                break;
            }
        }
        Err(last.into())
    }
}

/// How long a command that only looks waits for a record that is in use, to take in what could not be saved.
const SHORT_PATIENCE: Duration = Duration::from_secs(1);

/// Tells what became of what could not be saved.
pub fn tell_taken_in(news: &[TakenIn]) {
    news.iter().for_each(|news| say(&sanitize(&news.to_string(), 600)));
}

/// Where the key came from, in words.
pub fn source_in_words(source: &KeySource) -> &'static str {
    match source {
        KeySource::KeyFile(_) => "key file",
        KeySource::SystemdCredential => "systemd credential",
        KeySource::PassphraseFile(_) => "passphrase file",
        KeySource::Keyring { .. } => "kernel keyring",
        KeySource::Prompt => "passphrase",
    }
}

impl From<PromptError> for CliError {
    fn from(error: PromptError) -> Self {
        match error {
            PromptError::Interrupted => Self::Quiet(Exit::Interrupted),
            PromptError::Stopped(signal) => Self::Quiet(exit_of(signal)),
            PromptError::NoTerminal => {
                Self::new(Exit::Usage, error.to_string(), "give the answer by option, stdin or file instead")
            }
            PromptError::Terminal(_) => Self::new(
                Exit::LocalIo,
                error.to_string(),
                "give the answer by option, stdin or file instead",
            ),
        }
    }
}

/// The exit code of a program that a signal ended.
pub fn exit_of(signal: StopSignal) -> Exit {
    match signal {
        StopSignal::Interrupt => Exit::Interrupted,
        StopSignal::Terminate | StopSignal::HangUp => Exit::Terminated,
    }
}

/// The connection of that name, secrets included.
pub fn connection(services: &Services, name: &ConnectionName) -> Result<Connection, CliError> {
    Ok(services.vault.connection(name)?)
}

/// What may be shown of the connection of that name.
pub fn overview(services: &Services, name: &ConnectionName) -> Result<Overview, CliError> {
    Ok(services.overview(&connection(services, name)?))
}

/// What must be told even of a command that a signal has ended.
pub trait LastWord {
    /// The answer that came and is not saved.
    fn not_saved(&self) -> Option<&NotSaved>;
}

impl<T> LastWord for Result<T, ExchangeError> {
    fn not_saved(&self) -> Option<&NotSaved> {
        match self {
            Err(ExchangeError::NotSaved(not_saved)) => Some(not_saved),
            _ => None,
        }
    }
}

impl<T> LastWord for Result<T, ProbeError> {
    fn not_saved(&self) -> Option<&NotSaved> {
        match self {
            Err(ProbeError::Exchange(ExchangeError::NotSaved(not_saved))) => Some(not_saved),
            _ => None,
        }
    }
}

/// Waits for work that spends grants. A signal lets what was sent come to its end, for a few seconds, so that no rotated
/// token is lost; another one does not cut it short.
pub fn wait<T: LastWord>(services: &Services, work: impl Future<Output = T>) -> Result<T, CliError> {
    let runtime = event_loop()?;
    let (value, signal) = runtime.block_on(until_stopped(services, work));
    // All that saves has been awaited. What still waits for a lock or a disk has sent nothing.
    runtime.shutdown_background();
    match signal {
        Some(signal) if value.not_saved().is_none() => Err(CliError::Quiet(exit_of(signal))),
        _ => Ok(value),
    }
}

async fn until_stopped<T>(services: &Services, work: impl Future<Output = T>) -> (T, Option<StopSignal>) {
    let Ok(mut stop) = Stop::listen() else { return (work.await, None) };
    // A turn for one that came while nobody waited, between two connections: then nothing is sent any more.
    tokio::task::yield_now().await;
    let mut work = pin!(work);
    let signal = tokio::select! {
        biased;
        signal = stop.next() => signal,
        value = &mut work => return (value, None),
    };
    services.leaving.tell(Haste::Stopping);
    say("finishing what is under way, for some seconds at most");
    (work.await, Some(signal))
}

/// How often it is looked whether the vault was ordered to be locked, while a person is waited for.
const LOOK_FOR_ORDERS: Duration = Duration::from_secs(1);

/// Waits for an order to lock the vault, which is closed then: the key goes out of memory, as in a dashboard. A vault whose
/// key lies beside it obeys none.
pub async fn ordered_to_lock(services: &Services) -> CliError {
    while !services.vault.is_ordered_to_lock() {
        if services.leaving.pause(LOOK_FOR_ORDERS).await == Pause::CutShort {
            // What ends by itself is not ended by an order.
            return pending().await;
        }
    }
    services.vault.close();
    VaultError::Closed(services.vault.dir().to_owned()).into()
}

/// Asks for one line, as long as the vault is open.
pub fn ask(services: &Services, question: &str, echo: Echo) -> Result<Zeroizing<String>, CliError> {
    event_loop()?.block_on(async {
        tokio::select! {
            answer = prompt::answer(question, echo) => Ok(answer?),
            locked = ordered_to_lock(services) => Err(locked),
        }
    })
}

/// Does what no signal may interrupt.
pub fn finish<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, CliError> {
    let done = event_loop()?.block_on(async {
        let stop = Stop::listen();
        let done = tokio::task::spawn_blocking(work).await;
        let mut stop = stop.ok();
        let signal = match &mut stop {
            // Ready at once if one came meanwhile.
            Some(stop) => tokio::select! {
                biased;
                signal = stop.next() => Some(signal),
                () = std::future::ready(()) => None,
            },
            None => None,
        };
        (done, signal)
    });
    match done {
        (_, Some(signal)) => Err(CliError::Quiet(exit_of(signal))),
        (Ok(value), None) => Ok(value),
        (Err(error), None) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// An event loop, for what needs one.
pub fn event_loop() -> Result<tokio::runtime::Runtime, CliError> {
    let mut builder = Builder::new_current_thread();
    // The thread that has prepared a request saves its answer: another one might be refused by then.
    builder.thread_keep_alive(Duration::from_secs(120));
    let built = prove_limits().and_then(|()| builder.enable_all().build());
    built.map_err(|error| no_event_loop(&error))
}

/// There are too few files or threads for one.
pub fn no_event_loop(error: &io::Error) -> CliError {
    CliError::new(
        Exit::LocalIo,
        format!("no event loop: {error}"),
        "see to the limits of this process (ulimit -a), then try again; what was saved before is untouched",
    )
}
