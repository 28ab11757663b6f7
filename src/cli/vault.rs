//! `vault`: making, opening and closing the vault.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::runtime::clock::{Clock, since_boot};
use crate::runtime::entropy;
use crate::runtime::executor::KEY_LIFE;
use crate::runtime::prompt;
use crate::vault::unlock::{KeySource, Keyring, Unlocked, unlock};
use crate::vault::{LockOrders, Presence, Protection, Vault, VaultError, WorkFactor};

use super::context::{Asking, Context, source_in_words};
use super::exit::{CliError, Exit, say};
use super::recipient::{self, RecipientCommand, SuccessorOptions};
use super::{facts, new_passphrase, output, words};

/// Make, unlock or lock the vault
#[derive(Debug, Args)]
pub struct VaultCommand {
    #[command(subcommand)]
    command: Sub,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// Make a vault, opened by a passphrase or by a new key file
    ///
    /// The passphrase is asked for twice on the terminal, or read from TOKENGAUGE_PASSPHRASE_FILE.
    Init {
        /// Make a key file here instead of asking for a passphrase
        #[arg(long, value_name = "FILE")]
        new_key_file: Option<PathBuf>,
    },
    /// Leave the key with the kernel for 12 hours, so that commands do not ask
    Unlock,
    /// Take the key back from the kernel, and have running programs lock the vault
    ///
    /// Dashboards that a passphrase or the kernel's keyring opened give their key back and renew nothing more. Programs
    /// opened with a key file, a systemd credential or a passphrase file go on. No passphrase is needed.
    Lock,
    /// Tell whether there is a vault, and whether it opens; exit code 0 open, 2 none, 3 locked
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Change the passphrase, or give one to a vault that only a key file opens
    ///
    /// The present one is asked for, or what else opens the vault is used: a key file, TOKENGAUGE_PASSPHRASE_FILE. The new
    /// one is asked for twice. Key files open the vault as before.
    Passphrase {
        /// Read the new passphrase from the first line of this file instead of asking
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
    /// Write the key in clear into a new file, as a second way in; or take all key files away
    KeyFile {
        /// The file
        #[arg(value_name = "FILE", required_unless_present = "revoke")]
        path: Option<PathBuf>,
        /// Make every key file worthless: the vault gets a new identity, and every record is sealed anew
        #[arg(long, conflicts_with = "path")]
        revoke: bool,
        #[command(flatten)]
        successor: SuccessorOptions,
    },
    /// Extra public keys that open every record, for recovery with the age program
    #[command(subcommand)]
    Recipient(RecipientCommand),
}

impl VaultCommand {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self.command {
            Sub::Init { new_key_file } => init(context, new_key_file),
            Sub::Unlock => unlock_for_hours(context),
            Sub::Lock => lock(context),
            Sub::Status { json } => status(context, json),
            Sub::Passphrase { new_passphrase_file } => passphrase(context, new_passphrase_file.as_deref()),
            Sub::KeyFile { path: Some(path), .. } => recipient::write_key_file(context, &path),
            Sub::KeyFile { path: None, successor, .. } => recipient::revoke_key_files(context, &successor),
            Sub::Recipient(command) => command.run(context),
        }
    }
}

fn init(context: &Context, new_key_file: Option<PathBuf>) -> Result<Exit, CliError> {
    let dir = &context.paths.vault;
    // Before a passphrase is asked for in vain.
    if Vault::presence(dir)? != Presence::Absent {
        return Err(VaultError::VaultExists(dir.clone()).into());
    }
    let protection = match (new_key_file, &context.sources.passphrase_file) {
        (Some(path), _) => Protection::NewKeyFile(path),
        (None, Some(path)) => Protection::Passphrase(new_passphrase::read(path)?),
        (None, None) => Protection::Passphrase(new_passphrase::ask(
            "give --new-key-file FILE, or name a file with TOKENGAUGE_PASSPHRASE_FILE",
        )?),
    };
    Vault::init(dir, &protection, WorkFactor::PRODUCTION)?;
    say(&format!("made a vault in {}", dir.display()));
    match protection {
        Protection::NewKeyFile(path) => {
            say(&format!("{} opens it, and nothing else: keep a copy in a safe place", path.display()));
        }
        Protection::Passphrase(_) => {
            say("without the passphrase or a second key nobody can open it, and nothing brings them back");
            say("make a second key now: tokengauge vault key-file FILE");
        }
    }
    Ok(Exit::Ok)
}

/// Changes the passphrase, or gives one to a vault that only a key file opened.
fn passphrase(context: &Context, new_file: Option<&Path>) -> Result<Exit, CliError> {
    let new = new_file.map(new_passphrase::read).transpose()?;
    let had_one = Vault::presence(&context.paths.vault)? == Presence::Present { passphrase: true };
    let (vault, _) = proven(context, had_one).open_vault(Asking::Allowed)?;
    let new = match new {
        Some(new) => new,
        None => new_passphrase::ask("name a file with --new-passphrase-file")?,
    };
    vault.set_passphrase(&new, WorkFactor::PRODUCTION)?;
    say(if had_one { "the passphrase is changed" } else { "the vault has a passphrase now" });
    say("key files and recipients open the vault as before");
    Ok(Exit::Ok)
}

/// A key that lies open with the kernel proves nobody: whoever sits down at an unlocked terminal would have it.
fn proven(context: &Context, has_passphrase: bool) -> Context {
    let mut context = context.clone();
    if has_passphrase {
        context.sources.keyring = Keyring::Left;
    }
    context
}

/// Whoever finds a terminal with an unlocked vault cannot make its hours longer: that takes the passphrase, or what else
/// opens the vault.
fn unlock_for_hours(context: &Context) -> Result<Exit, CliError> {
    let dir = &context.paths.vault;
    let has_one = Vault::presence(dir)? == Presence::Present { passphrase: true };
    let (vault, source) = match proven(context, has_one).open_vault(Asking::Allowed) {
        // Nobody is there to type it.
        Err(error) if error.exit() == Exit::Locked && !prompt::is_possible() => {
            context.open_vault(Asking::Never).map_err(|_| error)?
        }
        opened => opened?,
    };
    if let KeySource::Keyring { until } = source {
        say(&format!("it is unlocked already, {}", until_in_words(until)));
        say("the hours begin anew with the passphrase: run it on a terminal");
        return Ok(Exit::Ok);
    }
    vault.remember_in_keyring(KEY_LIFE, since_boot())?;
    let hours = KEY_LIFE.as_secs() / 3600;
    say(&format!("unlocked for {hours} hours; close it before with: tokengauge vault lock"));
    Ok(Exit::Ok)
}

/// The end of a key in the keyring.
fn until_in_words(until: Duration) -> String {
    let clock = Clock::system();
    let end = clock.moment_since_boot(until);
    format!("until {} ({} left)", words::moment(end), words::left(end - clock.now()))
}

/// Takes the key from the kernel and orders running programs to lock. Neither needs the key.
fn lock(context: &Context) -> Result<Exit, CliError> {
    let dir = &context.paths.vault;
    // Both are done, whatever becomes of the other.
    let taken = Vault::forget_keyring(dir);
    if Vault::presence(dir)? == Presence::Absent {
        return Err(VaultError::Absent(dir.clone()).into());
    }
    LockOrders::of(dir, context.sources.notes.as_deref()).give(entropy::connection_id().as_str())?;
    say(if taken? {
        "took the key back from the kernel's keyring"
    } else {
        "the kernel's keyring held no key of this vault"
    });
    say(
        "ordered running programs to lock: they hear it at once, or within half a minute, and save first what is on its way",
    );
    say("programs opened with a key file, a systemd credential or a passphrase file go on: stop them");
    Ok(Exit::Ok)
}

fn status(context: &Context, as_json: bool) -> Result<Exit, CliError> {
    let dir = &context.paths.vault;
    let presence = Vault::presence(dir)?;
    let opened = match presence {
        Presence::Absent => None,
        Presence::Present { .. } => opened_by(context)?,
    };
    let swaps = opened.as_ref().is_some_and(|(vault, _)| !vault.is_key_locked_in_memory());
    let unfinished = opened.as_ref().is_some_and(|(vault, _)| vault.is_key_change_unfinished());
    let source = opened.map(|(_, source)| source);
    let (state, exit) = match (presence, &source) {
        (Presence::Absent, _) => ("absent", Exit::Usage),
        (Presence::Present { .. }, None) => ("locked", Exit::Locked),
        (Presence::Present { .. }, Some(_)) => ("open", Exit::Ok),
    };
    let passphrase = matches!(presence, Presence::Present { passphrase: true });
    let opened_by = source.as_ref().map(source_in_words);
    let until = match &source {
        Some(KeySource::Keyring { until }) => Some(*until),
        _ => None,
    };
    if as_json {
        let until = until.map(|until| facts::moment(Clock::system().moment_since_boot(until)));
        output::print_json(&json!({
            "vault": dir.display().to_string(),
            "state": state,
            "opened_by": opened_by,
            "open_until": until,
            "key_may_reach_swap": swaps,
            "passphrase": passphrase,
            "key_change_unfinished": unfinished,
        }))?;
    } else {
        let by = opened_by.map_or_else(String::new, |by| format!(", opened by {by}"));
        let until = until.map_or_else(String::new, |until| format!(", {}", until_in_words(until)));
        output::print_line(&format!("{}: {state}{by}{until}", dir.display()))?;
    }
    if swaps {
        say("its key may reach swap while a program has it open: this user may lock no memory (ulimit -l)");
    }
    if unfinished {
        say(
            "a change of its key was interrupted: open it with the passphrase, or the new key file, to finish it",
        );
    }
    Ok(exit)
}

/// What opens the vault without a person, if something does.
fn opened_by(context: &Context) -> Result<Option<(Vault, KeySource)>, CliError> {
    match unlock(&context.paths.vault, &context.sources) {
        Ok(Unlocked::Open(vault, source)) => Ok(Some((vault, source))),
        Ok(Unlocked::NeedsPassphrase) | Err(VaultError::NoKey(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
