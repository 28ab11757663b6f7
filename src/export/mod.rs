//! The formats in which connection values leave for a consumer: pure functions from values to text.
//!
//! [`write()`] makes the text, [`preview`] the same with masked secrets, [`remarks`] what a person should know about it.
//! What other programs wrote is read by [`intake`].
//! JSON and YAML come from writers that quote for themselves; no value is ever pasted into a text.

mod accounts;
pub mod bearer;
mod card;
mod curl;
mod env;
mod error;
mod format;
pub mod intake;
mod json;
mod kubernetes;
mod mail;
mod mask;
mod n8n;
mod operator;
pub mod options;
mod patch;
mod postman;
mod remark;
pub mod snippet;
mod values;
mod yaml;

use zeroize::Zeroizing;

use crate::domain::Mailbox;

use mask::{Appearance, MaskedSecrets};

pub use error::ExportError;
pub use format::Format;
pub use mail::{MailOptions, MailProgram, snippet as mail_snippet};
pub use options::Options;
pub use patch::{PatchError, Patched, check as check_patch, patch};
pub use remark::{Remark, of_values as remarks_of_values, remarks};
pub use values::ConnectionValues;

/// The largest text of another program that is read, in bytes: 1 MiB.
pub const LARGEST: usize = 1024 * 1024;

/// The values in a format, with a line end at the end.
pub fn write(
    format: Format,
    values: &ConnectionValues<'_>,
    options: &Options,
) -> Result<Zeroizing<String>, ExportError> {
    env::check(format, values, options)?;
    written(format, values, options, Appearance::Clear)
}

/// The same text with the secrets masked before it is written: `eyJ0●●●● 1,832 characters`, where `mark` is `●`. Fails
/// where [`write()`] would.
pub fn preview(
    format: Format,
    values: &ConnectionValues<'_>,
    options: &Options,
    mark: &str,
) -> Result<String, ExportError> {
    env::check(format, values, options)?;
    let masked = MaskedSecrets::of(values, mark);
    let shown = masked.values(values);
    let mut text = match format {
        // Masks in base64 would look like what they hide.
        Format::AppConnectOperator => {
            let file = accounts::write(values, options);
            operator::write(values, &mask::encoded_file(&file, mark), options, Appearance::Masked)
        }
        _ => written(format, &shown, options, Appearance::Masked)?,
    };
    Ok(std::mem::take(&mut *text))
}

/// The manifests of [`Format::AppConnectOperator`] around a patched accounts file.
pub fn write_operator(accounts: &str, values: &ConnectionValues<'_>, options: &Options) -> Zeroizing<String> {
    operator::write(values, accounts, options, Appearance::Clear)
}

fn snippet_of(
    program: MailProgram,
    values: &ConnectionValues<'_>,
    options: &Options,
) -> Result<Zeroizing<String>, ExportError> {
    let mailbox = values.mailbox.and_then(Mailbox::parse).ok_or(ExportError::NoMailbox)?;
    Ok(Zeroizing::new(mail_snippet(program, values.name, &mailbox, &options.mail)?))
}

fn written(
    format: Format,
    values: &ConnectionValues<'_>,
    options: &Options,
    appearance: Appearance,
) -> Result<Zeroizing<String>, ExportError> {
    Ok(match format {
        Format::Card => card::write(values),
        Format::Json => json::write(values),
        Format::Env => env::write(values, options),
        Format::KubernetesSecret => kubernetes::write(values, options, appearance),
        Format::AccountsYaml => accounts::write(values, options),
        Format::AppConnectOperator => {
            operator::write(values, &accounts::write(values, options), options, appearance)
        }
        Format::Postman => postman::write(values),
        Format::CurlConfig => curl::write(values),
        Format::N8n => n8n::write(values),
        Format::Mutt => snippet_of(MailProgram::Mutt, values, options)?,
        Format::Mbsync => snippet_of(MailProgram::Mbsync, values, options)?,
        Format::Msmtp => snippet_of(MailProgram::Msmtp, values, options)?,
    })
}
