//! A client secret by stdin, file or prompt; never by argument, where `ps` and the shell's history would keep it.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use crate::domain::app_registration::ClientSecretError;
use crate::domain::secret::ClientSecret;
use crate::runtime::prompt::{self, Echo};

use super::exit::{CliError, Exit};

/// Where the secret comes from.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct SecretOptions {
    /// Read the client secret from stdin
    #[arg(long)]
    secret_stdin: bool,
    /// Read the client secret from this file
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// Far more than any secret of the platform.
const LIMIT: u64 = 16 * 1024;

impl SecretOptions {
    /// The secret that the options name, if they name one.
    pub fn read(&self) -> Result<Option<ClientSecret>, CliError> {
        let text = match &self.secret_file {
            Some(path) => read_file(path)?,
            None if self.secret_stdin => read_bounded(io::stdin().lock(), "stdin")?,
            None => return Ok(None),
        };
        parse(&text).map(Some)
    }
}

/// Asks for the secret of a new app registration on the terminal; nothing typed, or nobody there, means a public client.
pub fn ask_for_new() -> Result<Option<ClientSecret>, CliError> {
    if !io::stdin().is_terminal() || !prompt::is_possible() {
        return Ok(None);
    }
    let typed =
        prompt::ask("Client secret (its Value, not its ID; empty for a public client): ", Echo::Hidden)?;
    match ClientSecret::parse(&typed) {
        Err(ClientSecretError::Empty) => Ok(None),
        _ => parse(&typed).map(Some),
    }
}

fn parse(text: &str) -> Result<ClientSecret, CliError> {
    ClientSecret::parse(text).map_err(|error| {
        let exit = if error == ClientSecretError::SecretId { Exit::Refused } else { Exit::Usage };
        CliError::new(exit, error.to_string(), "portal: Certificates & secrets, Client secrets, column Value")
    })
}

fn read_file(path: &Path) -> Result<Zeroizing<String>, CliError> {
    let shown = path.display().to_string();
    let file = File::open(path).map_err(|error| unreadable(&shown, &error))?;
    read_bounded(file, &shown)
}

fn read_bounded(source: impl Read, shown: &str) -> Result<Zeroizing<String>, CliError> {
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(LIMIT).unwrap_or(0)));
    source.take(LIMIT).read_to_string(&mut text).map_err(|error| unreadable(shown, &error))?;
    Ok(text)
}

fn unreadable(shown: &str, error: &io::Error) -> CliError {
    CliError::new(
        Exit::LocalIo,
        format!("the client secret cannot be read from {shown}: {error}"),
        "name a file that can be read, or use --secret-stdin",
    )
}
