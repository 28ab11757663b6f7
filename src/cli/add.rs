//! `add`: a new connection, or many of them out of a file.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::app::NewConnection;
use crate::domain::app_registration::CredentialKind;
use crate::domain::left_alone::in_short;
use crate::domain::{ClientId, Connection, ConnectionName, Overview, WayIn, settings_rules};
use crate::runtime::records::{self, CreateAllError};
use crate::vault::VaultError;

use super::connection_file::{self, ConnectionFile, Problem};
use super::connection_options::{ConnectionOptions, Described, notes};
use super::context::{Context, finish};
use super::exit::{CliError, Exit, say};
use super::parse;

/// Add a connection: an app registration, a tenant, the mailbox that signs in
///
/// The client secret is read from stdin, a file or the terminal, never from an argument. A client ID that is known here
/// already brings its secret or certificate.
#[derive(Debug, Args)]
pub struct Add {
    /// Name of your own, such as contoso-prod
    #[arg(value_parser = parse::name, required_unless_present = "from")]
    name: Option<ConnectionName>,
    /// Many at once: a CSV with the columns name, tenant, mailbox; the options hold for all of them
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    from: Option<PathBuf>,
    /// Application (client) ID of the registration
    #[arg(long, value_name = "ID", value_parser = parse::client_id)]
    client_id: ClientId,
    #[command(flatten)]
    options: ConnectionOptions,
}

impl Add {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        match (self.name.clone(), self.from.clone()) {
            (_, Some(path)) => self.add_all(context, &path),
            (Some(name), None) => self.add_one(context, name),
            (None, None) => unreachable!("clap asks for one of them"),
        }
    }

    fn add_one(self, context: &Context, name: ConnectionName) -> Result<Exit, CliError> {
        let services = context.open()?;
        // Looked at first: the credential is saved before the connection is.
        match services.vault.connection(&name) {
            Err(VaultError::NoSuchConnection(_)) => {}
            Ok(_) => return Err(VaultError::ConnectionExists(name.to_string()).into()),
            Err(error) => return Err(error.into()),
        }
        let known = services.vault.app_registration(&self.client_id)?;
        let ended = self.options.end_that_has_come(services.clock.now());
        let Described { settings, credential } = self.options.describe_new(self.client_id, known.as_ref())?;
        let new = NewConnection { name, settings, credential };
        let overview = records::create(&services, &new)?;
        tell(&overview);
        ended.iter().for_each(|ended| ended.warn(&overview.name));
        Ok(Exit::Ok)
    }

    /// All lines of the file, or none: every mistake is told before anything is made. What is there already, just as its
    /// line says, is passed over: a run that was killed is brought to its end by the same command.
    fn add_all(self, context: &Context, path: &Path) -> Result<Exit, CliError> {
        let mut file = connection_file::read(path)?;
        let services = context.open()?;
        let (own, of_others): (Vec<Connection>, Vec<Connection>) = services
            .vault
            .listing()?
            .connections
            .into_iter()
            .partition(|held| held.settings.client_id == self.client_id);
        for row in &file.rows {
            if of_others.iter().any(|held| held.name.is_same(&row.name)) {
                let what = format!("there is a connection {} of another registration already", row.name);
                file.problems.push(Problem::new(row.line, what));
            }
        }
        let known = services.vault.app_registration(&self.client_id)?;
        // Nobody is asked for a secret that would not be used.
        if !file.problems.is_empty() && self.options.would_ask(known.as_ref()) {
            return Err(tell_problems(file));
        }
        let ended = self.options.end_that_has_come(services.clock.now());
        let (described, kind) = self.options.describe_many(self.client_id, known.as_ref())?;
        let all = complete(&mut file, &described, kind, &own);
        if !file.problems.is_empty() {
            return Err(tell_problems(file));
        }
        let mut notes: Vec<String> = all.iter().flat_map(|new| notes(&new.settings)).collect();
        notes.sort();
        notes.dedup();
        notes.iter().for_each(|note| say(note));
        let names: Vec<ConnectionName> = all.iter().map(|new| new.name.clone()).collect();
        // A signal lets what was begun come to its end, so that nothing is half done.
        let made = finish(move || records::create_all(&services, &all))?;
        let made = made.map_err(|error| not_made(&error))?;
        tell_there(
            &names.iter().filter(|name| made.iter().all(|own| own.name != **name)).collect::<Vec<_>>(),
        );
        tell_all(&made);
        ended.iter().zip(&names).for_each(|(ended, first)| ended.warn(first));
        Ok(Exit::Ok)
    }
}

/// The connections of the file, each with what its line says. What breaks a rule, or is another connection of this
/// registration, is noted as a problem of its line.
fn complete(
    file: &mut ConnectionFile,
    described: &Described,
    kind: CredentialKind,
    held: &[Connection],
) -> Vec<NewConnection> {
    let mut all = Vec::new();
    for row in &file.rows {
        let mut settings = described.settings.clone();
        settings.tenant = row.tenant.clone().unwrap_or(settings.tenant);
        settings.sign_in_as = row.mailbox.clone().or(settings.sign_in_as);
        if !settings.way_in.is_delegated() {
            settings.sign_in_as = None;
        }
        for fault in settings_rules::faults(&settings, Some(kind)) {
            file.problems.push(Problem::new(row.line, fault.to_string()));
        }
        if held.iter().any(|own| own.name.is_same(&row.name) && own.settings != settings) {
            let what = format!("there is a connection {} with other settings already", row.name);
            file.problems.push(Problem::new(row.line, what));
        }
        all.push(NewConnection {
            name: row.name.clone(),
            settings,
            credential: described.credential.clone(),
        });
    }
    all
}

fn tell_problems(mut file: ConnectionFile) -> CliError {
    file.problems.sort_by_key(|problem| problem.line);
    for problem in &file.problems {
        say(&format!("line {}: {}", problem.line, problem.what));
    }
    let mut lines: Vec<u64> = file.problems.iter().map(|problem| problem.line).collect();
    lines.dedup();
    let what = match lines.len() {
        1 => "a line of the file is wrong; nothing was made".to_owned(),
        count => format!("{count} lines of the file are wrong; nothing was made"),
    };
    CliError::new(Exit::Usage, what, "mend them and run it again")
}

fn not_made(error: &CreateAllError) -> CliError {
    if error.left.is_empty() {
        say("nothing was made: what had been begun was taken back");
    } else {
        let names: Vec<&str> = error.left.iter().map(ConnectionName::as_str).collect();
        say(&format!("these were made and could not be taken back: {}", names.join(", ")));
    }
    error.error.clone().into()
}

fn tell_there(names: &[&ConnectionName]) {
    match names {
        [] => {}
        [only] => say(&format!("{only} is there already")),
        several => say(&format!("{} are there already", in_short(several))),
    }
}

fn tell_all(made: &[Overview]) {
    let Some(first) = made.first() else { return };
    let plural = if made.len() == 1 { "" } else { "s" };
    say(&format!("made {} connection{plural}", made.len()));
    tell_registration(first);
    say(&match first.settings.way_in {
        WayIn::ClientCredentials => "then get the tokens: tokengauge refresh --all".to_owned(),
        WayIn::AuthorizationCode(_) | WayIn::DeviceCode => {
            format!(
                "then sign in to each: tokengauge authorize {} (tokengauge list tells who is left)",
                first.name
            )
        }
    });
}

fn tell(overview: &Overview) {
    say(&format!("added {}", overview.name));
    tell_registration(overview);
    let what = if overview.settings.way_in.is_delegated() { "sign in" } else { "get the token" };
    say(&format!("then {what}: tokengauge authorize {}", overview.name));
}

/// What the portal must know of it.
fn tell_registration(overview: &Overview) {
    match overview.settings.way_in {
        WayIn::AuthorizationCode(_) => {
            let heading = overview.redirect_platform().heading();
            let uri = &overview.settings.redirect_uri;
            say(&format!(
                "register exactly this redirect URI: Authentication → Add a platform → {heading} → {uri}"
            ));
        }
        WayIn::DeviceCode => {}
        WayIn::ClientCredentials => say(
            "grant the application permissions: API permissions → Application permissions → admin consent",
        ),
    }
}
