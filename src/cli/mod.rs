//! The command line: one file per command, the same transactions as the dashboard.
//!
//! Results go to stdout, everything else to stderr; an error is two lines there and an exit code ([`exit::Exit`]). Secrets
//! come by prompt, stdin or file, never by argument. Every command works without a terminal.

mod add;
mod authorize;
mod calendar;
mod completions;
mod connection_file;
mod connection_options;
mod consent;
mod context;
mod dashboard;
mod demo;
mod device_code;
mod doctor;
mod edit;
pub mod exit;
mod explain;
mod export;
mod export_options;
mod facts;
mod hook;
mod import;
mod list;
mod listen;
mod log;
mod metrics;
mod new_passphrase;
mod output;
mod parse;
mod permissions;
mod recipient;
mod redeem;
mod refresh;
mod remove;
mod rename;
mod report_file;
mod secret;
mod secret_input;
mod show;
mod token;
mod vault;
mod vault_options;
mod watch;
mod words;

use std::env;
use std::ffi::OsString;
use std::panic;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::runtime::process;
use context::Global;
use exit::{CliError, Exit, say};

/// The fuel gauge for Exchange connections: from a Microsoft app registration to live OAuth tokens.
///
/// Without a command the dashboard opens.
#[derive(Debug, Parser)]
#[command(name = "tokengauge", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 ok, 1 doctor: something needs you, 2 usage, 3 locked or unsafe permissions, 4 sign-in needed, 5 set-up wrong, \
6 try later, 7 local I/O, 8 vault damaged, 9 busy, 10 refused for safety, 70 internal error.
Environment: TOKENGAUGE_VAULT, TOKENGAUGE_CONFIG, TOKENGAUGE_KEY_FILE, TOKENGAUGE_PASSPHRASE_FILE (paths, never secrets).
HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR are obeyed.";

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Add(add::Add),
    List(list::List),
    Show(show::Show),
    Edit(edit::Edit),
    Rename(rename::Rename),
    Remove(remove::Remove),
    Authorize(authorize::Authorize),
    Redeem(redeem::Redeem),
    Permissions(permissions::Permissions),
    Consent(consent::Consent),
    Refresh(refresh::Refresh),
    Secret(secret::ReplaceSecret),
    Token(token::Token),
    Doctor(doctor::Doctor),
    Log(log::Log),
    Hook(hook::HookCommand),
    Metrics(metrics::Metrics),
    Calendar(calendar::CalendarCommand),
    Export(export::Export),
    Import(import::Import),
    Explain(explain::Explain),
    Watch(watch::Watch),
    Vault(vault::VaultCommand),
    Completions(completions::Completions),
}

/// What programs call every few minutes: `token`, and nothing else. To build all other commands takes longer than the rest
/// of its work.
#[derive(Debug, Parser)]
#[command(name = "tokengauge")]
struct TokenAlone {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    Token(token::Token),
}

impl From<TokenAlone> for Cli {
    fn from(TokenAlone { global, command: TokenCommand::Token(command) }: TokenAlone) -> Self {
        Self { global, command: Some(Command::Token(command)) }
    }
}

impl Cli {
    /// Reads the arguments: first as those of `token`, if they name it. Help and complaints are those of the whole program.
    fn read(arguments: impl Iterator<Item = OsString>) -> Result<Self, clap::Error> {
        let arguments = arguments.collect::<Vec<_>>();
        let may_be_token = arguments.iter().any(|argument| argument == "token");
        let alone = may_be_token.then(|| TokenAlone::try_parse_from(&arguments)).and_then(Result::ok);
        alone.map_or_else(|| Self::try_parse_from(&arguments), |alone| Ok(alone.into()))
    }

    fn run(self) -> Result<Exit, CliError> {
        let global = self.global;
        // Its own log tells more where more is asked for.
        if !matches!(self.command, Some(Command::Watch(_))) {
            global.start_log();
        }
        match self.command {
            None => dashboard::run(&global),
            Some(Command::Demo(command)) => command.run(&global),
            Some(Command::Add(command)) => command.run(&global.context()?),
            Some(Command::List(command)) => command.run(&global.context()?),
            Some(Command::Show(command)) => command.run(&global.context()?),
            Some(Command::Edit(command)) => command.run(&global.context()?),
            Some(Command::Rename(command)) => command.run(&global.context()?),
            Some(Command::Remove(command)) => command.run(&global.context()?),
            Some(Command::Authorize(command)) => command.run(&global.context()?),
            Some(Command::Redeem(command)) => command.run(&global.context()?),
            Some(Command::Permissions(command)) => command.run(|| global.context()),
            Some(Command::Consent(command)) => command.run(&global.context()?),
            Some(Command::Refresh(command)) => command.run(&global.context()?),
            Some(Command::Secret(command)) => command.run(&global.context()?),
            Some(Command::Token(command)) => command.run(&global.context()?),
            Some(Command::Doctor(command)) => command.run(&global.context()?),
            Some(Command::Log(command)) => command.run(&global.context()?),
            Some(Command::Hook(command)) => command.run(&global.context()?),
            Some(Command::Metrics(command)) => command.run(&global.context()?),
            Some(Command::Calendar(command)) => command.run(&global.context()?),
            Some(Command::Export(command)) => command.run(&global.context()?),
            Some(Command::Import(command)) => command.run(&global.context()?),
            Some(Command::Watch(command)) => command.run(&global.context()?, global.detail()),
            Some(Command::Vault(command)) => command.run(&global.context()?),
            Some(Command::Explain(command)) => command.run(),
            Some(Command::Completions(command)) => command.run(),
        }
    }
}

/// The whole program: parses the arguments, runs the command, tells its error, gives its exit code.
pub fn main() -> ExitCode {
    process::harden();
    tell_panics_without_their_text();
    panic::catch_unwind(run).unwrap_or(Exit::Internal).into()
}

fn run() -> Exit {
    let cli = match Cli::read(env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return tell_usage(&error),
    };
    match cli.run() {
        Ok(exit) => exit,
        Err(error) => {
            error.tell();
            error.exit()
        }
    }
}

fn tell_usage(error: &clap::Error) -> Exit {
    if error.use_stderr() {
        let _ = error.print();
        return Exit::Usage;
    }
    // Help and version are results: they are written like any other.
    match output::print(&error.render().to_string()) {
        Ok(()) => Exit::Ok,
        Err(error) => error.exit(),
    }
}

/// The text of a panic may hold anything; its place does not.
fn tell_panics_without_their_text() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        say(&format!("error: a fault of tokengauge itself{place}"));
        say("nothing that was saved is lost; please report this line, which holds no secret");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
        TokenAlone::command().debug_assert();
    }

    #[test]
    fn arguments_of_token_are_read_the_same_with_and_without_the_other_commands() {
        let all = |line: &str| Cli::try_parse_from(line.split(' ')).map_err(|error| error.to_string());
        let read =
            |line: &str| Cli::read(line.split(' ').map(OsString::from)).map_err(|error| error.to_string());
        for line in [
            "tokengauge token contoso",
            "tokengauge --key-file k token contoso --vault v -vv --audience exchange --min-valid 5m",
            "tokengauge token contoso --format sasl-xoauth2 --user ops@contoso.com",
            "tokengauge token token",
            "tokengauge list token",
            "tokengauge --theme token list",
            "tokengauge token",
            "tokengauge token a/b",
            "tokengauge token contoso --help",
            "tokengauge token contoso --format xml",
            "tokengauge tokens contoso",
            "tokengauge help token",
        ] {
            assert_eq!(format!("{:?}", read(line)), format!("{:?}", all(line)), "{line}");
        }
    }
}
