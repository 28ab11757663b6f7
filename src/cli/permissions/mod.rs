//! `permissions`: what a connection asks for, against what was granted; changes to it; a search in the catalogue.

mod changes;
mod report;
mod search;

use clap::Args;

use crate::catalogue::permissions::Preset;
use crate::domain::{ConnectionName, Overview, Scope};
use crate::runtime::records;

use super::context::{Context, overview};
use super::exit::{CliError, Exit, say};
use super::{output, parse};

/// Show what a connection asks for, was granted and has in its token, and who may consent; or change what it asks for
#[derive(Debug, Args)]
pub struct Permissions {
    /// The connection
    #[arg(value_parser = parse::name, required_unless_present_any = ["search", "presets"])]
    name: Option<ConnectionName>,
    /// Ask for this permission too; may be repeated. A name that is not known is taken as it is
    #[arg(long, value_name = "SCOPE", value_parser = parse::scope, requires = "name")]
    add: Vec<Scope>,
    /// Ask for this permission no more; may be repeated
    #[arg(long, value_name = "SCOPE", value_parser = parse::scope, requires = "name")]
    remove: Vec<Scope>,
    /// Ask for just the permissions of this preset; --add and --remove then change that
    #[arg(long, value_name = "PRESET", value_parser = parse::delegated_preset, requires = "name")]
    preset: Option<&'static Preset>,
    /// Find permissions of Microsoft Graph and Exchange Online: all words must occur in name, meaning or group
    #[arg(long, value_name = "WORDS", num_args = 1.., conflicts_with_all = ["name", "presets"])]
    search: Vec<String>,
    /// List the presets
    #[arg(long, conflicts_with = "name")]
    presets: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Permissions {
    /// The vault is opened for a connection only.
    pub fn run(self, context: impl FnOnce() -> Result<Context, CliError>) -> Result<Exit, CliError> {
        match &self.name {
            None if self.presets => search::presets(self.json),
            None => search::run(&self.search.join(" "), self.json),
            Some(name) => self.of_connection(&context()?, name),
        }
    }

    fn of_connection(&self, context: &Context, name: &ConnectionName) -> Result<Exit, CliError> {
        let services = context.open()?;
        let before = overview(&services, name)?;
        let edits = changes::edits(&before, self.preset, &self.add, &self.remove)?;
        let mut after = before.clone();
        for edit in &edits {
            after = records::change(&services, &before.id, edit)?;
        }
        self.print(&after)?;
        if !edits.is_empty() {
            changes::say_what_follows(&before, &after);
        }
        Ok(Exit::Ok)
    }

    fn print(&self, own: &Overview) -> Result<(), CliError> {
        if self.json {
            return output::print_json(&report::json(own));
        }
        output::print(&report::table(own))?;
        for sentence in report::sentences(own) {
            say(&sentence);
        }
        Ok(())
    }
}
