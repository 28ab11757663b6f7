//! The snippets for mail programs as export formats: the one text here that holds no value of the connection.

use super::snippet::{MailAccess, MailHosts, SnippetError, TokenCommand, VaultOptions, mbsync, msmtp, mutt};
use crate::domain::{ConnectionName, Mailbox};

/// A mail program that asks a command for its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailProgram {
    /// mutt and neomutt.
    Mutt,
    /// mbsync, of isync.
    Mbsync,
    /// msmtp.
    Msmtp,
}

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

/// A snippet for a mailbox. No sign-in is needed for it.
pub fn snippet(
    program: MailProgram,
    name: &ConnectionName,
    mailbox: &Mailbox,
    options: &MailOptions,
) -> Result<String, SnippetError> {
    let command = TokenCommand::new(&options.program, &options.vault, name)?;
    let access = MailAccess { name, mailbox, hosts: options.hosts, command };
    match program {
        MailProgram::Mutt => Ok(mutt::write(&access)),
        MailProgram::Mbsync => mbsync::write(&access),
        MailProgram::Msmtp => msmtp::write(&access),
    }
}
