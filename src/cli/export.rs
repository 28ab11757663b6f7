//! `export`: the connection values in a consumer's format, to a file of the owner's or to stdout.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use zeroize::Zeroizing;

use crate::app::hand_over::FRESH_ENOUGH;
use crate::app::{Edit, GrantStep};
use crate::domain::hand_over::Label;
use crate::domain::secret::RevealedValue;
use crate::domain::{
    Audience, Connection, ConnectionName, ConnectionValue, Destination, HandedOver, Mailbox, Overview,
};
use crate::export::{self, ConnectionValues, ExportError, Format, MailProgram, PatchError, Patched, Remark};
use crate::runtime::export_file::{self, Allowed, ExportFileError};
use crate::runtime::exporting::mail_options;
use crate::runtime::records;
use crate::runtime::services::Services;
use crate::sanitize::sanitize;

use super::context::{Context, connection};
use super::exit::{CliError, Exit, say};
use super::export_options::FormatOptions;
use super::vault_options::vault_options;
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
    /// Into this file, for its owner alone; without it, or as -, to stdout
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Write over a file that exists
    #[arg(long)]
    force: bool,
    /// Also to a terminal, or into a git work tree
    #[arg(long)]
    yes: bool,
    /// Which access token: graph, exchange, or the address of another resource [default: Graph's where there is one]
    #[arg(long, value_parser = parse::audience)]
    audience: Option<Audience>,
    #[command(flatten)]
    options: FormatOptions,
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

impl From<PatchError> for CliError {
    fn from(error: PatchError) -> Self {
        let exit = match error {
            PatchError::Unsafe { .. } | PatchError::Unproven => Exit::Refused,
            _ => Exit::Usage,
        };
        Self::new(exit, error.to_string(), error.what_to_do())
    }
}

fn tell_remarks(remarks: &[Remark]) {
    for remark in remarks {
        say(&format!("note: {}", remark.text()));
    }
}

/// What became of each value in the file.
fn tell_patched(patched: &Patched) {
    let nouns =
        |fields: &[ConnectionValue]| fields.iter().map(|field| field.noun()).collect::<Vec<_>>().join(", ");
    let account = sanitize(&patched.account, 128);
    say(&format!("patched the account {account}: {}", nouns(&patched.replaced)));
    if !patched.without_key.is_empty() {
        say(&format!("note: the account has no key for: {}", nouns(&patched.without_key)));
    }
    if !patched.left.is_empty() {
        say(&format!("note: left as it was, since this connection has none: {}", nouns(&patched.left)));
    }
    if let Some(other) = &patched.other_auth_type {
        let other = sanitize(other, 64);
        say(&format!("note: the account's authType is {other}; these values are those of BASIC_OAUTH"));
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
            ExportFileError::Symlink(_)
            | ExportFileError::NotAFile(_)
            | ExportFileError::NoName(_)
            | ExportFileError::TooLarge { .. }
            | ExportFileError::Unreadable { .. } => "name a regular file",
            ExportFileError::NoDirectory(_) | ExportFileError::Io { .. } => {
                "name a file in a directory that is yours and has room"
            }
        };
        Self::new(exit, error.to_string(), what_to_do)
    }
}

impl Export {
    pub fn run(mut self, context: &Context) -> Result<Exit, CliError> {
        self.output = self.output.filter(|path| path.as_os_str() != "-");
        self.options.check(self.format)?;
        self.check_audience()?;
        self.check_target()?;
        self.options.check_accounts()?;
        let services = context.open()?;
        if let Some(program) = self.format.mail_program() {
            return self.snippet(program, context, &services);
        }
        let held = fresh(&services, &self.name, self.audience.as_ref())?;
        // What is in the record may be used up.
        services.vault.check_nothing_waits(&held)?;
        let app = services.vault.app_registration_of(&held)?;
        let values = match &self.audience {
            None => ConnectionValues::of(&held, app.as_ref()),
            Some(audience) => ConnectionValues::of_audience(&held, app.as_ref(), audience),
        };
        let values = values.ok_or_else(|| never_signed_in(&self.name))?;
        if values.access_token_lifetime.is_expired_at(services.clock.now()) {
            say("note: the access token has ended, and it could not be renewed first");
        }
        // Read only now: a renewal takes its time, and what others wrote into the file meanwhile is not lost.
        let text = match self.options.existing_accounts()? {
            None => self.write(&values)?,
            Some(accounts) => self.patch(&accounts, &values)?,
        };
        let destination = self.deliver(&text)?;
        // Who gets no refresh token keeps nothing that could go stale.
        if self.format.is_push_copy() {
            let what = HandedOver::Export(Label::of(self.format.name()));
            let given = services.overview(&held).handed_over(what, destination, services.clock.now());
            let keeper = given.keeper();
            // What has left is exported, whether it can be remembered or not.
            if let Err(error) = records::change(&services, &held.id, &Edit::HandedOver(given)) {
                let why = error.failure();
                let why = format!("{} {}", why.what_happened, why.what_to_do);
                say(&format!("note: {keeper} has the values, but that could not be remembered: {why}"));
            }
            say(&format!("exported {}; renewing it here does not renew that copy", self.name));
        } else {
            say(&format!("exported the access token of {}, which ends by itself", self.name));
        }
        Ok(Exit::Ok)
    }

    /// A snippet is no copy of anything: nothing is renewed for it, nothing remembered.
    fn snippet(
        &self,
        program: MailProgram,
        context: &Context,
        services: &Services,
    ) -> Result<Exit, CliError> {
        let held = connection(services, &self.name)?;
        let overview = services.overview(&held);
        let mailbox = overview.mailbox().and_then(Mailbox::parse).ok_or(ExportError::NoMailbox)?;
        if !held.settings.audiences().contains(&Audience::Exchange) {
            say(
                "note: this connection asks for no permission of Exchange Online: add IMAP.AccessAsUser.All and SMTP.Send",
            );
        }
        let vault = vault_options(&context.paths.vault, context.paths.config.as_ref(), &context.sources);
        let options = mail_options(&held.settings.authority, vault);
        let text = export::mail_snippet(program, &held.name, &mailbox, &options);
        self.deliver(&Zeroizing::new(text.map_err(ExportError::from)?))?;
        Ok(Exit::Ok)
    }

    /// Before anything is opened.
    fn check_audience(&self) -> Result<(), CliError> {
        if self.audience.is_some() && !self.format.holds_secrets() {
            return Err(CliError::new(
                Exit::Usage,
                format!("--audience chooses a token, and {} holds none", self.format.name()),
                "leave out --audience: mail programs ask for the token of Exchange Online",
            ));
        }
        Ok(())
    }

    fn write(&self, values: &ConnectionValues<'_>) -> Result<Zeroizing<String>, CliError> {
        let text = export::write(self.format, values, &self.options.options())?;
        tell_remarks(&export::remarks(self.format, values));
        Ok(text)
    }

    /// The accounts file with the values in it; for the operator, the manifests around it.
    fn patch(&self, accounts: &str, values: &ConnectionValues<'_>) -> Result<Zeroizing<String>, CliError> {
        let patched = export::patch(accounts, self.options.account(), values)?;
        tell_remarks(&export::remarks_of_values(self.format, values));
        tell_patched(&patched);
        Ok(match self.format {
            Format::AppConnectOperator => {
                export::write_operator(&patched.text, values, &self.options.options())
            }
            _ => patched.text,
        })
    }

    /// A text without secrets is shown and published by nobody's mistake.
    fn allowed(&self) -> Allowed {
        let in_place = self.output.as_deref().is_some_and(|path| self.options.patches_in_place(path));
        // The operator's manifests are another file than the accounts in them.
        let overwrite = self.force || (in_place && self.format == Format::AccountsYaml);
        Allowed { overwrite, exposed: self.yes || !self.format.holds_secrets() }
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
fn fresh(
    services: &Services,
    name: &ConnectionName,
    audience: Option<&Audience>,
) -> Result<Connection, CliError> {
    let held = connection(services, name)?;
    let overview = services.overview(&held);
    let now = services.clock.now();
    let Some(tokens) = &held.tokens else { return Err(never_signed_in(name)) };
    let access = match audience {
        None => tokens.access.primary(),
        Some(audience) => match tokens.access.get(audience) {
            Some(access) => access,
            None => return first_of(services, &overview, audience),
        },
    };
    // Without a way to renew, the values are exported as they are: a consumer may only want the client's.
    if access.lifetime.remaining(now) >= FRESH_ENOUGH || !overview.may_renew_at(now) {
        return Ok(held);
    }
    let step = GrantStep::renew_these(&overview, [access.audience.clone()]);
    match refresh::renew(services, &overview, step) {
        Ok(_) => connection(services, name),
        Err(CliError::Told(_, failure)) if !access.lifetime.is_expired_at(now) => {
            say(&format!("not renewed before the export: {}", failure.what_happened));
            connection(services, name)
        }
        Err(error) => Err(error),
    }
}

/// The record with a token of a resource that there was none of.
fn first_of(services: &Services, held: &Overview, audience: &Audience) -> Result<Connection, CliError> {
    let lacking = |why: String| {
        CliError::new(
            Exit::SignInNeeded,
            format!("{} has no access token for {audience}: {why}", held.name),
            format!("sign in with its permissions: tokengauge authorize {}", held.name),
        )
    };
    if !held.settings.audiences().contains(audience) {
        return Err(lacking("none of its permissions is asked for".to_owned()));
    }
    let step = GrantStep::renew_these(held, [audience.clone()]);
    let after = connection(services, &refresh::renew(services, held, step)?.name)?;
    match after.tokens.as_ref().and_then(|tokens| tokens.access.get(audience)) {
        Some(_) => Ok(after),
        None => Err(lacking("the renewal brought none".to_owned())),
    }
}

fn never_signed_in(name: &ConnectionName) -> CliError {
    CliError::new(
        Exit::SignInNeeded,
        format!("{name} has no tokens: nobody has signed in yet"),
        format!("sign in with: tokengauge authorize {name}"),
    )
}
