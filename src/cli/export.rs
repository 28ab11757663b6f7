//! `export`: the connection values in a consumer's format, to a file of the owner's or to stdout.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use crate::app::Edit;
use crate::app::hand_over::FRESH_ENOUGH;
use crate::domain::hand_over::Label;
use crate::domain::need::RenewalPlan;
use crate::domain::secret::RevealedValue;
use crate::domain::{Connection, ConnectionName, Destination, HandedOver, Overview};
use crate::export::{self, ConnectionValues, ExportError, Format, Options};
use crate::runtime::export_file::{self, Allowed, ExportFileError};
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

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.purpose()))
    }
}

impl From<ExportError> for CliError {
    fn from(error: ExportError) -> Self {
        Self::new(Exit::Refused, error.to_string(), error.what_to_do())
    }
}

/// A rule for files refused it, or the system did.
impl From<ExportFileError> for CliError {
    fn from(error: ExportFileError) -> Self {
        let exit = if error.is_of_system() { Exit::LocalIo } else { Exit::Refused };
        let what_to_do = match &error {
            ExportFileError::Exists(_) => "name another file, or give --force",
            ExportFileError::InWorkTree(_) => "name a file elsewhere, or give --yes if you mean it",
            ExportFileError::Terminal => "name a file with --output, or give --yes if you mean it",
            ExportFileError::Symlink(_) | ExportFileError::NotAFile(_) | ExportFileError::NoName(_) => {
                "name a regular file"
            }
            ExportFileError::NoDirectory(_) | ExportFileError::Io { .. } => {
                "name a file in a directory that is yours and has room"
            }
        };
        Self::new(exit, error.to_string(), what_to_do)
    }
}

impl Export {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        self.check_target()?;
        let services = context.open()?;
        let held = fresh(&services, &self.name)?;
        let app = services.vault.app_registration(&held.settings.client_id)?;
        let values = ConnectionValues::of(&held, app.as_ref()).ok_or_else(|| never_signed_in(&self.name))?;
        let text = export::write(self.format, &values, &Options::default())?;
        let destination = self.deliver(&text)?;
        // Who gets no refresh token keeps nothing that could go stale.
        if self.format.is_push_copy() {
            let what = HandedOver::Export(Label::of(self.format.name()));
            let given = services.overview(&held).handed_over(what, destination, services.clock.now());
            records::change(&services, &held.id, &Edit::HandedOver(given))?;
        }
        say(&format!("exported {}; renewing it here does not renew that copy", self.name));
        Ok(Exit::Ok)
    }

    fn allowed(&self) -> Allowed {
        Allowed { overwrite: self.force, exposed: self.yes }
    }

    /// Before anything is renewed or opened.
    fn check_target(&self) -> Result<(), CliError> {
        match &self.output {
            None => export_file::check_stdout(self.allowed())?,
            Some(path) => export_file::check(path, self.allowed())?,
        }
        Ok(())
    }

    fn deliver(&self, text: &Zeroizing<String>) -> Result<Destination, CliError> {
        let Some(path) = &self.output else {
            output::print(text)?;
            return Ok(Destination::Stdout);
        };
        let text = RevealedValue::new(text.to_string());
        let path = export_file::write(path, &text, self.allowed())?;
        Ok(Destination::File(Label::of(&path.display().to_string())))
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
