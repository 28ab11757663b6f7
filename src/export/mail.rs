//! The snippets for mail programs as export formats: the one text here that holds no value of the connection.

use super::Format;
use super::snippet::{MailAccess, MailHosts, SnippetError, TokenCommand, VaultOptions, mbsync, msmtp, mutt};
use crate::domain::{ConnectionName, Mailbox};

/// What a snippet is told beside the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailOptions {
    /// The mail servers of the connection's cloud.
    pub hosts: MailHosts<'static>,
    /// The program, by name or path.
    pub program: String,
    /// How the program finds and opens the vault.
    pub vault: VaultOptions,
}

impl Default for MailOptions {
    /// The global cloud, and everything in its usual place.
    fn default() -> Self {
        Self {
            hosts: MailHosts { imap: "outlook.office365.com", smtp: "smtp.office365.com" },
            program: "tokengauge".to_owned(),
            vault: VaultOptions::default(),
        }
    }
}

/// A snippet for a mailbox; `None` for a format that is none. No sign-in is needed for it.
pub fn snippet(
    format: Format,
    name: &ConnectionName,
    mailbox: &Mailbox,
    options: &MailOptions,
) -> Option<Result<String, SnippetError>> {
    let write = match format {
        Format::Mutt => |access: &MailAccess<'_>| Ok(mutt::write(access)),
        Format::Mbsync => mbsync::write,
        Format::Msmtp => msmtp::write,
        _ => return None,
    };
    let command = TokenCommand::new(&options.program, &options.vault, name);
    Some(command.and_then(|command| write(&MailAccess { name, mailbox, hosts: options.hosts, command })))
}
