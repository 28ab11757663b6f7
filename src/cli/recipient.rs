//! `vault recipient`, `vault key-file`: who opens the vault beside the passphrase, and taking that away again.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::domain::secret::Passphrase;
use crate::runtime::prompt::{self, Echo};
use crate::sanitize::sanitize;
use crate::vault::unlock::read_passphrase;
use crate::vault::{LeftDamaged, Presence, Recipient, Successor, Vault, VaultError, WorkFactor};

use super::context::{Asking, Context, PASSPHRASE_TRIES};
use super::exit::{CliError, Exit, say};
use super::output;

/// Extra public keys that open every record, for recovery with the age program
#[derive(Debug, Subcommand)]
pub enum RecipientCommand {
    /// Let one more age key open every record
    ///
    /// Its secret half opens each file with the age program, and this vault with --key-file. Keep it somewhere else.
    Add {
        /// The public key, as age-keygen prints it
        #[arg(value_name = "AGE1…")]
        key: String,
        /// The name under which it is shown
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
    },
    /// Take a key away again
    ///
    /// The vault gets a new identity and every record is sealed anew: key files made before open it no more.
    Remove {
        /// Its name or public key
        #[arg(value_name = "NAME")]
        which: String,
        #[command(flatten)]
        successor: SuccessorOptions,
    },
    /// List them
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// What opens the vault after a change of its identity.
#[derive(Debug, Args)]
pub struct SuccessorOptions {
    /// In a vault without a passphrase: write the new key into this file, never over another
    #[arg(long, value_name = "FILE")]
    new_key_file: Option<PathBuf>,
}

impl RecipientCommand {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Add { key, name } => add(context, &key, name.as_deref()),
            Self::Remove { which, successor } => remove(context, &which, &successor),
            Self::List { json } => list(context, json),
        }
    }
}

fn add(context: &Context, key: &str, name: Option<&str>) -> Result<Exit, CliError> {
    let recipient = Recipient::parse(key, name).map_err(VaultError::from)?;
    let (vault, _) = context.open_vault(Asking::Allowed)?;
    let left = vault.add_recipient(&recipient)?;
    say(&format!("every record opens with {} too, from now on", shown(&recipient)));
    Ok(tell_left(&left))
}

fn remove(context: &Context, which: &str, successor: &SuccessorOptions) -> Result<Exit, CliError> {
    let (vault, successor) = open_for_change(context, successor)?;
    let left = vault.remove_recipient(which, &successor)?;
    say(&format!(
        "{} opens nothing here any more; copies made before can still be read with it",
        sanitize(which, 80)
    ));
    Ok(tell_changed(context, &successor, &left))
}

/// Gives the vault a new identity, so that every key file made before is worth nothing.
pub fn revoke_key_files(context: &Context, successor: &SuccessorOptions) -> Result<Exit, CliError> {
    let (vault, successor) = open_for_change(context, successor)?;
    let left = vault.change_key(&successor)?;
    say(
        "no key file made before opens the vault any more; copies of it made before can still be read with one",
    );
    Ok(tell_changed(context, &successor, &left))
}

/// A change of the identity needs the passphrase, which is to lead to the new one, and what is proved by it.
fn open_for_change(context: &Context, options: &SuccessorOptions) -> Result<(Vault, Successor), CliError> {
    let dir = &context.paths.vault;
    match (Vault::presence(dir)?, &options.new_key_file) {
        (Presence::Absent, _) => Err(VaultError::Absent(dir.clone()).into()),
        (Presence::Present { passphrase: true }, Some(_)) => {
            Err(VaultError::HasPassphrase(dir.clone()).into())
        }
        (Presence::Present { passphrase: true }, None) => {
            let (vault, passphrase) = open_by_passphrase(context)?;
            Ok((vault, Successor::Passphrase(passphrase, WorkFactor::PRODUCTION)))
        }
        (Presence::Present { passphrase: false }, Some(path)) => {
            let (vault, _) = context.open_vault(Asking::Allowed)?;
            Ok((vault, Successor::NewKeyFile(path.clone())))
        }
        (Presence::Present { passphrase: false }, None) => Err(CliError::new(
            Exit::Usage,
            "nothing would open the vault any more",
            "name a file for its new key with --new-key-file FILE",
        )),
    }
}

fn open_by_passphrase(context: &Context) -> Result<(Vault, Passphrase), CliError> {
    let dir = &context.paths.vault;
    if let Some(path) = &context.sources.passphrase_file {
        let passphrase = read_passphrase(path)?;
        let vault = Vault::open_with_passphrase(dir, &passphrase)?;
        context.introduce(&vault);
        return Ok((vault, passphrase));
    }
    if !prompt::is_possible() {
        return Err(CliError::new(
            Exit::Locked,
            "the new key is put behind the passphrase, and there is no terminal to ask for it on",
            "name a file with TOKENGAUGE_PASSPHRASE_FILE",
        ));
    }
    for _ in 0..PASSPHRASE_TRIES {
        let (typed, _held) = prompt::ask_and_hold("Passphrase of the vault: ", Echo::Hidden)?;
        let passphrase = Passphrase::new(typed.as_str());
        match Vault::open_with_passphrase(dir, &passphrase) {
            Ok(vault) => {
                context.introduce(&vault);
                return Ok((vault, passphrase));
            }
            Err(VaultError::WrongPassphrase) => say("the passphrase does not open the vault"),
            Err(error) => return Err(error.into()),
        }
    }
    Err(VaultError::WrongPassphrase.into())
}

fn tell_changed(context: &Context, successor: &Successor, left: &LeftDamaged) -> Exit {
    match successor {
        Successor::Passphrase(..) => {
            say("the passphrase opens it as before; for a key file: tokengauge vault key-file FILE");
        }
        Successor::NewKeyFile(path) => {
            say(&format!("{} opens it, and nothing else: keep a copy in a safe place", path.display()));
        }
    }
    // What lies with the kernel is the former key.
    if Vault::forget_keyring(&context.paths.vault).unwrap_or(false) {
        say("it is locked again; unlock it with: tokengauge vault unlock");
    }
    tell_left(left)
}

fn tell_left(left: &LeftDamaged) -> Exit {
    for file in left {
        say(&format!("{} is damaged and was left as it is", file.display()));
    }
    if left.is_empty() { Exit::Ok } else { Exit::Damaged }
}

fn list(context: &Context, as_json: bool) -> Result<Exit, CliError> {
    let (vault, _) = context.open_vault(Asking::Allowed)?;
    let recipients = vault.recipients()?;
    if as_json {
        let object = |own: &Recipient| json!({ "key": own.key(), "name": own.name() });
        output::print_json(&Value::Array(recipients.iter().map(object).collect()))?;
        return Ok(Exit::Ok);
    }
    if recipients.is_empty() {
        say("nobody beside the vault's own key");
    }
    for recipient in &recipients {
        output::print_line(&shown(recipient))?;
    }
    Ok(Exit::Ok)
}

fn shown(recipient: &Recipient) -> String {
    match recipient.name() {
        Some(name) => format!("{} ({})", recipient.key(), sanitize(name, 64)),
        None => recipient.key().to_owned(),
    }
}

/// Writes the vault's key in clear.
pub fn write_key_file(context: &Context, path: &Path) -> Result<Exit, CliError> {
    let (vault, _) = context.open_vault(Asking::Allowed)?;
    vault.write_key_file(path)?;
    say(&format!("{} now opens the vault too: keep it where only you can read it", path.display()));
    Ok(Exit::Ok)
}
