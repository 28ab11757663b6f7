//! Exports of the dashboard: how they would look, and to a file or the clipboard. What was exported is remembered.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::app::export::{ExportOrder, ExportQuestion, ExportTo, Exported, NotExported, Permit, Previewed};
use crate::app::{Delivery, Edit, Failure};
use crate::catalogue::clouds;
use crate::domain::hand_over::Label;
use crate::domain::secret::RevealedValue;
use crate::domain::{
    AppRegistration, Authority, Connection, ConnectionId, ConnectionValue, Destination, HandedOver,
};
use crate::export::snippet::{MailHosts, VaultOptions};
use crate::export::{self, ConnectionValues, Format, MailOptions, Options, PatchError, Patched, remarks};
use crate::sanitize::sanitize;

use super::blocking::blocking;
use super::delivery::{Outlets, to_clipboard};
use super::export_file::{self, Allowed, ExportFileError};
use super::records;
use super::services::{Services, failure};

/// What stands for a masked secret.
const MARK: &str = "*";
/// Lines of a preview, and characters of a line, beyond which nobody looks.
const LONGEST_PREVIEW: (usize, usize) = (400, 400);

/// How the text of `order` would look.
pub async fn preview(
    services: &Services,
    outlets: &Outlets,
    id: &ConnectionId,
    order: ExportOrder,
) -> Result<Previewed, Failure> {
    let (services, id, vault) = (services.clone(), id.clone(), outlets.vault_options.clone());
    blocking(move || {
        let (connection, app) = records_of(&services, &id)?;
        let values = values(&connection, app.as_ref())?;
        match file_to_patch(&order)? {
            Some(text) => Ok(patch_preview(&patched(&text, &values)?, &values)),
            None => text_preview(&order, &whole_options(&order, &connection, vault), &values),
        }
        .map(|mut shown| {
            let is_over = values.access_token_lifetime.is_expired_at(services.clock.now());
            if is_over {
                shown
                    .remarks
                    .insert(0, "the access token has ended, and it could not be renewed first".to_owned());
            }
            shown
        })
    })
    .await
}

/// Exports and remembers it. What has left is exported, whether it can be remembered or not.
pub async fn export(
    services: &Services,
    outlets: &Outlets,
    id: &ConnectionId,
    order: ExportOrder,
) -> Result<Exported, NotExported> {
    let (made, format) =
        (make(services, outlets, id, &order).await.map_err(NotExported::Failed)?, order.format);
    let (delivery, destination) = match order.to {
        ExportTo::Clipboard => {
            let sent = to_clipboard(outlets, made.text).await.map_err(NotExported::Failed)?;
            (sent, Destination::Clipboard)
        }
        ExportTo::File(typed, permit) => {
            // What a patch would change was shown already.
            let overwrite = permit.overwrite || made.is_patch;
            let work_tree = permit.work_tree || !format.holds_secrets();
            let permit = Permit { overwrite, work_tree };
            let path = blocking(move || write(&typed, &made.text, permit)).await?;
            let label = Label::of(&path.display().to_string());
            (Delivery::WrittenTo(path.display().to_string()), Destination::File(label))
        }
    };
    let connection = made.connection;
    let services = services.clone();
    let remembered = blocking(move || remember(&services, &connection, format, destination)).await;
    Ok(Exported { delivery, remembered: remembered.map(Box::new) })
}

/// A text, and the record that it was made of.
struct Made {
    connection: Connection,
    text: RevealedValue,
    is_patch: bool,
}

async fn make(
    services: &Services,
    outlets: &Outlets,
    id: &ConnectionId,
    order: &ExportOrder,
) -> Result<Made, Failure> {
    let (services, id, order) = (services.clone(), id.clone(), order.clone());
    let vault = outlets.vault_options.clone();
    blocking(move || {
        let (connection, app) = records_of(&services, &id)?;
        let values = values(&connection, app.as_ref())?;
        let patch = file_to_patch(&order)?;
        let is_patch = patch.is_some();
        let text = match patch {
            Some(text) => patched(&text, &values)?.text.to_string(),
            None => export::write(order.format, &values, &whole_options(&order, &connection, vault))
                .map_err(|error| Failure::of_error(&error, "Choose another format."))?
                .to_string(),
        };
        let text = RevealedValue::new(text);
        Ok(Made { connection, text, is_patch })
    })
    .await
}

fn remember(
    services: &Services,
    exported: &Connection,
    format: Format,
    destination: Destination,
) -> Result<crate::domain::Overview, Failure> {
    let overview = services.overview(exported);
    // Who gets no refresh token keeps nothing that could go stale.
    if !format.is_push_copy() {
        return Ok(overview);
    }
    let what = HandedOver::Export(Label::of(format.name()));
    let given = overview.handed_over(what, destination, services.clock.now());
    records::change(services, &exported.id, &Edit::HandedOver(given)).map_err(|error| error.failure())
}

fn records_of(
    services: &Services,
    id: &ConnectionId,
) -> Result<(Connection, Option<AppRegistration>), Failure> {
    let connection = services.vault.connection_by_id(id).map_err(|error| failure(&error))?;
    services.vault.check_nothing_waits(&connection).map_err(|error| failure(&error))?;
    let app = services.vault.app_registration_of(&connection);
    Ok((connection, app.map_err(|error| failure(&error))?))
}

fn values<'a>(
    connection: &'a Connection,
    app: Option<&'a AppRegistration>,
) -> Result<ConnectionValues<'a>, Failure> {
    ConnectionValues::of(connection, app)
        .ok_or_else(|| Failure::new("Nobody has signed in yet: there are no values.", "Sign in (a)."))
}

/// The accounts file that is there already, since it holds the accounts of other connectors too.
fn file_to_patch(order: &ExportOrder) -> Result<Option<Zeroizing<String>>, Failure> {
    let ExportTo::File(typed, _) = &order.to else { return Ok(None) };
    let path = expanded(typed);
    if order.format != Format::AccountsYaml || path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let text = export_file::read(&path, export::LARGEST as u64).map_err(|error| file_failure(&error))?;
    Ok(Some(text))
}

fn patched(file: &str, values: &ConnectionValues<'_>) -> Result<Patched, Failure> {
    export::patch(file, None, values).map_err(|error| patch_failure(&error))
}

fn patch_failure(error: &PatchError) -> Failure {
    let what_to_do = match error {
        PatchError::WhichAccount { .. } => {
            "In a shell: tokengauge export --format accounts-yaml --patch FILE --account NAME"
        }
        error => error.what_to_do(),
    };
    Failure::of_error(error, sanitize(what_to_do, LONGEST_PREVIEW.1))
}

/// The other accounts of the file are nobody's business here: what changes is told, not shown.
fn patch_preview(patched: &Patched, values: &ConnectionValues<'_>) -> Previewed {
    let account = sanitize(&patched.account, LONGEST_PREVIEW.1);
    let mut lines = vec![format!("In the account \"{account}\" of the file that is there:")];
    let told = |what: &str, list: &[ConnectionValue]| {
        let nouns: Vec<&str> = list.iter().map(|value| value.noun()).collect();
        (!list.is_empty()).then(|| format!("  {what}: {}", nouns.join(", ")))
    };
    lines.extend(told("replaced", &patched.replaced));
    lines.extend(told("no key in the file, left out", &patched.without_key));
    lines.extend(told("no value here, left as it is", &patched.left));
    lines.push("  everything else: unchanged".to_owned());
    let mut notes = texts(&export::remarks_of_values(Format::AccountsYaml, values));
    notes.extend(patched.other_auth_type.as_ref().map(|other| {
        format!("the account says authType {}, and these values are of BASIC_OAUTH", sanitize(other, 80))
    }));
    Previewed { lines, remarks: notes, is_patch: true }
}

/// The person's choices, with what a mail program has to be told to run ours.
fn whole_options(order: &ExportOrder, connection: &Connection, vault: VaultOptions) -> Options {
    let mail = mail_options(&connection.settings.authority, vault);
    Options { mail, ..order.options.clone() }
}

/// What the configuration of a mail program is told beside the connection: the servers of its cloud, and how our program
/// is run.
pub fn mail_options(authority: &Authority, vault: VaultOptions) -> MailOptions {
    let (imap, smtp) = clouds::mail_hosts(authority);
    let hosts = MailHosts { imap: imap.value, smtp: smtp.value };
    MailOptions { hosts, program: "tokengauge".to_owned(), vault }
}

fn text_preview(
    order: &ExportOrder,
    options: &Options,
    values: &ConnectionValues<'_>,
) -> Result<Previewed, Failure> {
    let text = export::preview(order.format, values, options, MARK)
        .map_err(|error| Failure::of_error(&error, "Choose another format."))?;
    let lines = text.lines().take(LONGEST_PREVIEW.0);
    Ok(Previewed {
        lines: lines.map(shown).collect(),
        remarks: texts(&remarks(order.format, values)),
        is_patch: false,
    })
}

/// A line of the preview, printable; what it is indented by is a part of YAML.
fn shown(line: &str) -> String {
    let text = line.trim_start_matches(' ');
    let indent = (line.len() - text.len()).min(LONGEST_PREVIEW.1);
    format!("{:indent$}{}", "", sanitize(text, LONGEST_PREVIEW.1))
}

fn texts(remarks: &[export::Remark]) -> Vec<String> {
    remarks.iter().map(|remark| sanitize(&remark.text(), LONGEST_PREVIEW.1)).collect()
}

fn write(typed: &str, text: &RevealedValue, permit: Permit) -> Result<PathBuf, NotExported> {
    let allowed = Allowed { overwrite: permit.overwrite, exposed: permit.work_tree };
    export_file::write(&expanded(typed), text, allowed).map_err(|error| match error {
        ExportFileError::Exists(path) => NotExported::Asks(ExportQuestion::Overwrite(path)),
        ExportFileError::InWorkTree(path) => NotExported::Asks(ExportQuestion::WorkTree(path)),
        error => NotExported::Failed(file_failure(&error)),
    })
}

fn file_failure(error: &ExportFileError) -> Failure {
    Failure::of_error(error, "Name another file, in a directory that is yours and has room.")
}

/// A path as it was typed: `~/` stands for the person's home, as in a shell.
fn expanded(typed: &str) -> PathBuf {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    match (typed.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(typed),
    }
}
