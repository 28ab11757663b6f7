//! A client secret by stdin, file or prompt, a certificate by its files; never a secret by argument, where `ps` and the
//! shell's history would keep it.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use crate::domain::AppRegistration;
use crate::domain::app_registration::{ClientSecretError, CredentialKind};
use crate::domain::secret::ClientSecret;
use crate::given_file;
use crate::runtime::prompt::{self, Echo};

use super::exit::{CliError, Exit};

/// Where the client credential comes from.
#[derive(Debug, Args)]
#[group(multiple = true)]
pub struct CredentialOptions {
    /// Read the client secret from stdin
    #[arg(long, conflicts_with_all = ["secret_file", "certificate"])]
    secret_stdin: bool,
    /// Read the client secret from this file
    #[arg(long, value_name = "FILE", conflicts_with = "certificate")]
    secret_file: Option<PathBuf>,
    /// Certificate in place of a secret, PEM; the app registration holds it too
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Private key of the certificate, PEM, for your eyes only (chmod 600); may stand in the certificate's file
    #[arg(long, value_name = "FILE", requires = "certificate")]
    certificate_key: Option<PathBuf>,
    /// What a source of values told.
    #[arg(skip)]
    found: Option<ClientSecret>,
}

/// Where a new client secret comes from; asked for on the terminal where no option tells.
#[derive(Debug, Args)]
pub struct SecretOptions {
    /// Read the new client secret from stdin
    #[arg(long, conflicts_with = "secret_file")]
    secret_stdin: bool,
    /// Read the new client secret from this file
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

impl SecretOptions {
    /// True if an option tells where it comes from.
    pub fn is_given(&self) -> bool {
        self.secret_stdin || self.secret_file.is_some()
    }

    /// The secret. Without a terminal an option has to tell where it comes from.
    pub fn read(&self) -> Result<ClientSecret, CliError> {
        let is_typed = !self.is_given() || (self.secret_stdin && io::stdin().is_terminal());
        let text = match &self.secret_file {
            Some(path) => read_file(path)?,
            None if is_typed && (prompt::is_possible() || !self.secret_stdin) => {
                prompt::ask("New client secret (its Value, not its ID): ", Echo::Hidden)?
            }
            None => read_bounded(io::stdin().lock(), "stdin")?,
        };
        parse(&text)
    }
}

/// A client credential as it was given.
pub enum GivenCredential {
    /// The secret.
    Secret(ClientSecret),
    /// The files of certificate and key.
    CertificateFiles {
        /// The certificate.
        certificate: PathBuf,
        /// Its key, where that is another file.
        key: Option<PathBuf>,
    },
}

impl GivenCredential {
    /// True for the very secret that the registration holds.
    pub fn is_held_by(&self, known: Option<&AppRegistration>) -> bool {
        let held = known.and_then(|app| app.credential.secret());
        matches!((self, held), (Self::Secret(given), Some(held)) if *given == held.value)
    }

    /// Its kind.
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::Secret(_) => CredentialKind::Secret,
            Self::CertificateFiles { .. } => CredentialKind::Certificate,
        }
    }
}

/// Far more than any secret of the platform.
const LIMIT: u64 = 16 * 1024;

impl CredentialOptions {
    /// True if stdin is read for it.
    pub fn reads_stdin(&self) -> bool {
        self.secret_stdin
    }

    /// With a secret that counts where no option names a credential.
    pub fn or_found(self, found: Option<ClientSecret>) -> Self {
        Self { found, ..self }
    }

    /// True if the options name a credential.
    pub fn is_given(&self) -> bool {
        self.secret_stdin || self.secret_file.is_some() || self.certificate.is_some()
    }

    /// The credential that the options name, if they name one.
    pub fn read(&self) -> Result<Option<GivenCredential>, CliError> {
        if let Some(certificate) = &self.certificate {
            let (certificate, key) = (certificate.clone(), self.certificate_key.clone());
            return Ok(Some(GivenCredential::CertificateFiles { certificate, key }));
        }
        let text = match &self.secret_file {
            Some(path) => read_file(path)?,
            // Typed by a person: asked for, and not shown.
            None if self.secret_stdin && io::stdin().is_terminal() && prompt::is_possible() => {
                prompt::ask("Client secret (its Value, not its ID): ", Echo::Hidden)?
            }
            None if self.secret_stdin => read_bounded(io::stdin().lock(), "stdin")?,
            None => return Ok(self.found.clone().map(GivenCredential::Secret)),
        };
        parse(&text).map(GivenCredential::Secret).map(Some)
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
    let file = given_file::open(path).map_err(|error| unreadable(&shown, &error))?;
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
