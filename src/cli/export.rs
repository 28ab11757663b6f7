//! `export`: the connection values in a consumer's format, to a file of the owner's or to stdout.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::app::Edit;
use crate::app::hand_over::FRESH_ENOUGH;
use crate::domain::hand_over::Label;
use crate::domain::need::RenewalPlan;
use crate::domain::{Connection, ConnectionName, Destination, HandedOver, Overview};
use crate::export::{ConnectionValues, env, json};
use crate::runtime::records;
use crate::runtime::services::Services;

use super::context::{Context, connection};
use super::exit::{CliError, Exit, say};
use super::{output, parse, refresh};

/// Export the connection values: client ID, client secret, access token, refresh token
///
/// Renewed first if less than half an hour is left. The export is remembered, so that a copy that has become stale can be
/// told.
#[derive(Debug, Args)]
pub struct Export {
    /// The connection
    #[arg(value_parser = parse::name)]
    name: ConnectionName,
    /// In which form
    #[arg(long, value_enum)]
    format: Format,
    /// Into this file, for its owner alone; without it to stdout
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Write over a file that exists
    #[arg(long)]
    force: bool,
    /// Also to a terminal, or into a git work tree
    #[arg(long)]
    yes: bool,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// An object with mailbox, tenant and expiry dates
    Json,
    /// Assignments for a shell: CLIENT_ID, CLIENT_SECRET, ACCESS_TOKEN, REFRESH_TOKEN
    Env,
}

impl Export {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        self.check_target()?;
        let services = context.open()?;
        let held = fresh(&services, &self.name)?;
        let app = services.vault.app_registration(&held.settings.client_id)?;
        let values = ConnectionValues::of(&held, app.as_ref()).ok_or_else(|| never_signed_in(&self.name))?;
        let text = match self.format {
            Format::Json => json::write(&values),
            Format::Env => env::write(&values),
        };
        self.deliver(&text)?;
        // What was exported, whatever the record holds by now.
        let given =
            services.overview(&held).handed_over(self.what(), self.destination(), services.clock.now());
        records::change(&services, &held.id, &Edit::HandedOver(given))?;
        say(&format!("exported {}; renewing it here does not renew that copy", self.name));
        Ok(Exit::Ok)
    }

    fn what(&self) -> HandedOver {
        let format = match self.format {
            Format::Json => "json",
            Format::Env => "env",
        };
        HandedOver::Export(Label::of(format))
    }

    fn destination(&self) -> Destination {
        match &self.output {
            None => Destination::Stdout,
            Some(path) => Destination::File(Label::of(&path.display().to_string())),
        }
    }

    /// Before anything is renewed or opened.
    fn check_target(&self) -> Result<(), CliError> {
        match &self.output {
            None if io::stdout().is_terminal() && !self.yes => Err(CliError::new(
                Exit::Refused,
                "the values are not shown on a terminal, which keeps them in its history",
                "name a file with --output, or give --yes if you mean it",
            )),
            Some(path) if !self.yes && in_git_work_tree(path) => Err(CliError::new(
                Exit::Refused,
                format!("{} is in a git work tree, and a commit would publish the secrets", path.display()),
                "name a file elsewhere, or give --yes if you mean it",
            )),
            Some(path) if !self.force && path.symlink_metadata().is_ok() => Err(exists(path)),
            _ => Ok(()),
        }
    }

    fn deliver(&self, text: &Zeroizing<String>) -> Result<(), CliError> {
        match &self.output {
            None => output::print(text),
            Some(path) if self.force => replace(path, text).map_err(|error| unwritable(path, &error)),
            Some(path) => create(path, text).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => exists(path),
                _ => unwritable(path, &error),
            }),
        }
    }
}

/// The record with a set that is good for a while: renewed first where little is left. A set that is still valid is good
/// enough if it cannot be renewed just now.
fn fresh(services: &Services, name: &ConnectionName) -> Result<Connection, CliError> {
    let held = connection(services, name)?;
    let overview = services.overview(&held);
    let now = services.clock.now();
    let Some(access) = overview.access_lifetime() else { return Err(never_signed_in(name)) };
    if access.remaining(now) >= FRESH_ENOUGH || !may_renew(&overview, now) {
        return Ok(held);
    }
    match refresh::renew(services, &overview) {
        Ok(_) => connection(services, name),
        Err(CliError::Told(_, failure)) if !access.is_expired_at(now) => {
            say(&format!("not renewed before the export: {}", failure.what_happened));
            connection(services, name)
        }
        Err(error) => Err(error),
    }
}

/// Without a way to renew, the values are exported as they are: a consumer may only want the client's.
fn may_renew(overview: &Overview, now: DateTime<Utc>) -> bool {
    match overview.renewal_plan(now) {
        RenewalPlan::Due(_) => true,
        RenewalPlan::Retrying { at, .. } => at <= now,
        RenewalPlan::Impossible(_) => false,
    }
}

fn never_signed_in(name: &ConnectionName) -> CliError {
    CliError::new(
        Exit::SignInNeeded,
        format!("{name} has no tokens: nobody has signed in yet"),
        format!("sign in with: tokengauge authorize {name}"),
    )
}

fn exists(path: &Path) -> CliError {
    CliError::new(
        Exit::Refused,
        format!("{} exists and is not written over", path.display()),
        "name another file, or give --force",
    )
}

fn unwritable(path: &Path, error: &io::Error) -> CliError {
    CliError::new(
        Exit::LocalIo,
        format!("{} cannot be written: {error}", path.display()),
        "name a file in a directory that is yours and has room",
    )
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    // Half of the values would look like all of them.
    written.inspect_err(|_| drop(std::fs::remove_file(path)))
}

/// Over an old file in one step: a reader sees the old values or the new ones, and the new file is the owner's alone.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(directory_of(path))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn in_git_work_tree(path: &Path) -> bool {
    let Ok(directory) = directory_of(path).canonicalize() else { return false };
    directory.ancestors().any(|ancestor| ancestor.join(".git").exists())
}
