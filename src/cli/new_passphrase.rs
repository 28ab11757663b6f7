//! A new passphrase: asked for twice on the terminal, or read from a file.

use std::path::Path;

use crate::app::FirstRun;
use crate::domain::secret::{Passphrase, Secret};
use crate::runtime::prompt::{self, Echo};
use crate::vault::unlock::read_passphrase;

use super::exit::{CliError, Exit, say};

/// How often a new passphrase is asked for, where it is too short or was not typed the same twice.
const TRIES: u32 = 3;

/// Why a typed passphrase is not taken.
#[derive(Debug, Clone, Copy)]
enum Fault {
    TooShort,
    Different,
}

impl Fault {
    fn what_happened(self) -> &'static str {
        match self {
            Self::TooShort => "the passphrase is too short",
            Self::Different => "the two passphrases differ",
        }
    }

    fn told(self) -> CliError {
        CliError::new(Exit::Usage, self.what_happened(), advice())
    }
}

/// The first line of the file, if it is long enough.
pub fn read(path: &Path) -> Result<Passphrase, CliError> {
    long_enough(read_passphrase(path)?).map_err(Fault::told)
}

/// Asked for until it is long enough and typed the same twice, three times at most. `instead` says what to do where
/// there is nobody to ask.
pub fn ask(instead: &str) -> Result<Passphrase, CliError> {
    if !prompt::is_possible() {
        return Err(CliError::new(Exit::Usage, "there is no terminal to ask for a passphrase on", instead));
    }
    for _ in 1..TRIES {
        match ask_once()? {
            Ok(passphrase) => return Ok(passphrase),
            Err(fault) => say(&format!("{}; nothing is changed yet, type it again", fault.what_happened())),
        }
    }
    ask_once()?.map_err(Fault::told)
}

fn ask_once() -> Result<Result<Passphrase, Fault>, CliError> {
    let question = format!("New passphrase, {} characters or more: ", FirstRun::SHORTEST_PASSPHRASE);
    let first = match long_enough(typed(&question)?) {
        Ok(first) => first,
        Err(fault) => return Ok(Err(fault)),
    };
    let second = typed("The same again: ")?;
    Ok(if first == second { Ok(first) } else { Err(Fault::Different) })
}

fn typed(question: &str) -> Result<Passphrase, CliError> {
    Ok(Passphrase::new(prompt::ask(question, Echo::Hidden)?.as_str()))
}

fn long_enough(passphrase: Passphrase) -> Result<Passphrase, Fault> {
    let is_long = passphrase.characters() >= FirstRun::SHORTEST_PASSPHRASE;
    if is_long { Ok(passphrase) } else { Err(Fault::TooShort) }
}

fn advice() -> String {
    format!(
        "nothing was changed; use {} characters or more, better four words",
        FirstRun::SHORTEST_PASSPHRASE
    )
}
