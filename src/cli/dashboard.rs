//! No command: the dashboard.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use crate::app::Leave;
use crate::config::{self, DashboardOptions, LookChoice, Variables};
use crate::keymap::Keymap;
use crate::runtime::dashboard::{self, Ended, RunError, Surroundings};
use crate::runtime::executor::VaultAccess;
use crate::runtime::http::Network;
use crate::runtime::looks::{Looks, TerminalTraits, ThemeFile};

use crate::vault::is_watched;

use super::context::{Global, event_loop, exit_of};
use super::demo;
use super::exit::{CliError, Exit, say};
use super::vault_options::vault_options;

/// Said on leaving where the dashboard was the only one that renews.
const NOTHING_RENEWS: &str = "Nothing renews after you leave: watch is not running. Start it (tokengauge watch --print-unit), or run tokengauge refresh --due from cron.";

/// Opens the dashboard, if there is a terminal to open it on.
pub fn run(global: &Global) -> Result<Exit, CliError> {
    need_terminal()?;
    let start = global.start()?;
    let looks = looks(&start.look, start.keymap.clone())?;
    let directory = start.vault.clone();
    let runtime = event_loop()?;
    let ended = runtime.block_on(dashboard::run(dashboard_start(start, looks)));
    // All that saves has been awaited. What still waits for a lock or a disk has sent nothing.
    runtime.shutdown_background();
    let ended = ended?;
    match ended {
        Ended::Left { leave: Leave::Demo, .. } => demo::open_first(global),
        Ended::Left { leave: Leave::Quit, renewing } => {
            if renewing > 0 && !is_watched(&directory) {
                say(NOTHING_RENEWS);
            }
            Ok(Exit::Ok)
        }
        Ended::LeftUnsaved => Err(CliError::Quiet(Exit::LocalIo)),
        Ended::Stopped(signal) => Err(CliError::Quiet(exit_of(signal))),
    }
}

fn dashboard_start(start: DashboardOptions, looks: Looks) -> dashboard::Start {
    let vault_options = vault_options(&start.vault, start.config.as_ref(), &start.sources);
    dashboard::Start {
        network: Network::of_process(start.config),
        access: VaultAccess { directory: start.vault, sources: start.sources },
        looks,
        warnings: start.warnings,
        surroundings: Surroundings { vault_options, ..surroundings() },
    }
}

/// A dashboard drawn into a pipe helps nobody.
pub fn need_terminal() -> Result<(), CliError> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(CliError::new(
        Exit::Usage,
        "the dashboard needs a terminal",
        "see the commands that do not: tokengauge --help",
    ))
}

/// Themes, shapes and keys, as chosen or as they fit the terminal.
pub fn looks(choice: &LookChoice, keymap: Keymap) -> Result<Looks, CliError> {
    let own = choice.themes.as_deref().map_or_else(Vec::new, theme_files);
    Looks::choose(choice, &own, keymap, &terminal_traits()).map_err(|error| {
        let told = error.to_string();
        // What is wrong with a theme tells on a second line what to do.
        let (what_happened, what_to_do) = told.split_once('\n').unwrap_or((
            &told,
            "themes are dark, light, high-contrast, monochrome, and your own beside the configuration file",
        ));
        CliError::new(Exit::Usage, what_happened, what_to_do)
    })
}

/// The person's own themes, by name. A directory that is not there, or a file that cannot be read, is no theme.
fn theme_files(directory: &Path) -> Vec<ThemeFile> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let paths =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "toml"));
    let mut files: Vec<ThemeFile> = paths
        .filter_map(|path| {
            let name = path.file_stem()?.to_str()?.to_owned();
            let toml = config::read_bounded(&path).ok()?;
            Some(ThemeFile { name, path, toml })
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn terminal_traits() -> TerminalTraits {
    TerminalTraits {
        term: variable("TERM"),
        colorterm: variable("COLORTERM"),
        colorfgbg: variable("COLORFGBG"),
        no_color: variable("NO_COLOR").is_some_and(|value| !value.is_empty()),
        locale: ["LC_ALL", "LC_CTYPE", "LANG"].map(variable),
    }
}

/// What the environment says of where the program runs.
pub fn surroundings() -> Surroundings {
    let variables = Variables::of_process();
    Surroundings {
        tmux: variable("TMUX"),
        display: ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| variable(name).is_some_and(|v| !v.is_empty())),
        directory: variables.runtime_directory().or(variables.home).unwrap_or_else(|| PathBuf::from(".")),
        ..Surroundings::default()
    }
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Vault(error) => error.into(),
            RunError::Terminal(error) => Self::new(
                Exit::LocalIo,
                format!("the terminal: {error}"),
                "use the commands that need none: tokengauge --help",
            ),
        }
    }
}
