//! How a command ends: its exit code, and the error that goes with it in two lines.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::app::Failure;
use crate::config::ConfigError;
use crate::domain::{ConnectionName, Overview, Trouble, TroubleKind};
use crate::runtime::certificate_files::CertificateFileError;
use crate::runtime::exchange::ExchangeError;
use crate::runtime::records::RecordError;
use crate::runtime::services::failure;
use crate::sanitize::sanitize;
use crate::vault::VaultError;

/// The exit codes. Of several connections the highest counts, which is the order here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// All went well.
    Ok = 0,
    /// `doctor`: something has lapsed, or needs a person.
    Lapses = 1,
    /// The command was not understood, or names something that does not exist.
    Usage = 2,
    /// The vault is locked, the key is wrong, or others may read it.
    Locked = 3,
    /// A person has to sign in, or to consent.
    SignInNeeded = 4,
    /// Client, tenant or permissions are wrong.
    SetUpWrong = 5,
    /// Network or server: try later.
    TryLater = 6,
    /// Files, disk or terminal of this machine.
    LocalIo = 7,
    /// A record of the vault is damaged.
    Damaged = 8,
    /// Another process is at work.
    Busy = 9,
    /// Refused for safety.
    Refused = 10,
    /// A fault of this program.
    Internal = 70,
    /// Ctrl-C.
    Interrupted = 130,
    /// Whoever read the output has gone.
    ClosedPipe = 141,
    /// Asked to end, or the terminal has gone.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// What a vault's error ends with.
    pub fn of_vault(error: &VaultError) -> Self {
        match error.kind().exit_code() {
            3 => Self::Locked,
            7 => Self::LocalIo,
            8 => Self::Damaged,
            9 => Self::Busy,
            10 => Self::Refused,
            _ => Self::Usage,
        }
    }

    /// What a connection's trouble ends with.
    pub fn of_trouble(kind: TroubleKind) -> Self {
        match kind {
            // Missing consent is given while signing in, by an administrator if need be.
            TroubleKind::SignInNeeded | TroubleKind::ConsentMissing => Self::SignInNeeded,
            TroubleKind::SetUpWrong => Self::SetUpWrong,
            TroubleKind::Restored => Self::Refused,
            TroubleKind::TryLater { .. } => Self::TryLater,
        }
    }
}

/// Why a command ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CliError {
    /// Told in two lines on stderr.
    Told(Exit, Failure),
    /// Everything was said, or nobody is there to hear it.
    Quiet(Exit),
}

impl CliError {
    /// Two lines and a code.
    pub fn new(exit: Exit, what_happened: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self::Told(exit, Failure::new(what_happened, what_to_do))
    }

    /// The code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Told(exit, _) | Self::Quiet(exit) => *exit,
        }
    }

    /// Tells it on stderr.
    pub fn tell(&self) {
        if let Self::Told(_, failure) = self {
            tell(failure);
        }
    }

    /// An exchange that stored nothing.
    pub fn of_exchange(error: &ExchangeError, name: &ConnectionName) -> Self {
        let exit = match error {
            ExchangeError::Vault(error) => Exit::of_vault(error),
            ExchangeError::AttemptOver | ExchangeError::NothingToRenew => Exit::SignInNeeded,
            ExchangeError::NoAppRegistration | ExchangeError::UnusableKey(_) => Exit::SetUpWrong,
            ExchangeError::WrongUser { .. } => Exit::Refused,
            ExchangeError::SignInRefused(trouble)
            | ExchangeError::SecretRefused(trouble)
            | ExchangeError::NotProven(trouble) => Exit::of_trouble(trouble.kind),
            ExchangeError::SendsNoSecret => Exit::SetUpWrong,
            ExchangeError::Replacement(_) => Exit::Refused,
            ExchangeError::NotSaved(_) => Exit::LocalIo,
            ExchangeError::Stopped => Exit::Terminated,
        };
        Self::Told(exit, for_shell(error.failure(), name))
    }

    /// The trouble that an exchange ended with; nothing if it worked.
    pub fn of_trouble(overview: &Overview) -> Option<Self> {
        overview.trouble.as_ref().map(|trouble| Self::of_one_trouble(trouble, &overview.name))
    }

    /// What is told of this connection in the dashboard's words.
    pub fn for_connection(exit: Exit, failure: Failure, name: &ConnectionName) -> Self {
        Self::Told(exit, for_shell(failure, name))
    }

    /// A trouble that was told for this connection.
    pub fn of_one_trouble(trouble: &Trouble, name: &ConnectionName) -> Self {
        let failure = Failure::new(&trouble.what_happened, &trouble.what_to_do);
        Self::Told(Exit::of_trouble(trouble.kind), for_shell(failure, name))
    }
}

impl From<VaultError> for CliError {
    fn from(error: VaultError) -> Self {
        Self::Told(Exit::of_vault(&error), failure(&error))
    }
}

impl From<RecordError> for CliError {
    fn from(error: RecordError) -> Self {
        let exit = match &error {
            RecordError::Vault(error) => Exit::of_vault(error),
            RecordError::OtherAuthority { .. }
            | RecordError::CredentialOfOtherAuthority { .. }
            | RecordError::NoCredential
            | RecordError::NoAdministrator => Exit::SetUpWrong,
            RecordError::Settings(_) => Exit::Usage,
            RecordError::Certificate(error) => match error {
                CertificateFileError::Unreadable { .. } => Exit::LocalIo,
                // As a key file of the vault that others may read.
                CertificateFileError::Loose(error) => Exit::of_vault(error),
                CertificateFileError::Unusable(_) | CertificateFileError::Ended(_) => Exit::Usage,
            },
        };
        Self::Told(exit, error.failure())
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Usage, error.to_string(), error.what_to_do())
    }
}

/// Two lines on stderr, printable whatever is in them.
pub fn tell(failure: &Failure) {
    say(&format!("error: {}", sanitize(&failure.what_happened, 400)));
    say(&sanitize(&failure.what_to_do, 400));
}

/// The same for what was done all the same.
pub fn tell_warning(failure: &Failure) {
    say(&format!("warning: {}", sanitize(&failure.what_happened, 400)));
    say(&sanitize(&failure.what_to_do, 400));
}

/// A line on stderr. Nobody listening there is no error.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// The dashboard's keys in an advice, as commands.
fn for_shell(failure: Failure, name: &ConnectionName) -> Failure {
    let failure = failure.in_commands(name);
    // A command that ends tries nothing again.
    let advice = failure.what_to_do.replace("it is tried again", "run it again, or let refresh --due do so");
    Failure { what_to_do: advice, ..failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_dashboard_become_commands() {
        let name = ConnectionName::parse("contoso").unwrap();
        let advice = for_shell(Failure::new("", "Sign in again (a)."), &name).what_to_do;
        assert_eq!(advice, "Sign in again (tokengauge authorize contoso).");
        let advice = for_shell(Failure::new("", "Nothing is lost; it is tried again."), &name).what_to_do;
        assert_eq!(advice, "Nothing is lost; run it again, or let refresh --due do so.");
    }

    #[test]
    fn every_vault_error_keeps_its_code() {
        for kind_code in [VaultError::WrongPassphrase, VaultError::Absent("/x".into())] {
            assert_eq!(Exit::of_vault(&kind_code) as u8, kind_code.kind().exit_code());
        }
    }
}
