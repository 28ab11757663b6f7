//! Configuration for mail programs that ask a command for an access token: pure functions from facts to text.
//!
//! No secret is in it, so that it may lie anywhere, and it stays good for as long as the connection has its name.

pub mod mbsync;
pub mod msmtp;
pub mod mutt;

mod token_command;

use thiserror::Error;

use crate::domain::{ConnectionName, Mailbox};

pub use token_command::{TokenCommand, VaultOptions};

/// What a mail program has to be told, nothing of it secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAccess<'a> {
    /// The connection, by whose name the configuration calls it too.
    pub name: &'a ConnectionName,
    /// Whose mail it is.
    pub mailbox: &'a Mailbox,
    /// Where it is reached.
    pub hosts: MailHosts<'a>,
    /// What the program runs to get a token.
    pub command: TokenCommand,
}

/// The mail servers of a cloud, with the ports that are the same in every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailHosts<'a> {
    /// IMAP, with TLS from the first byte.
    pub imap: &'a str,
    /// SMTP submission, with STARTTLS.
    pub smtp: &'a str,
}

/// IMAP over TLS (RFC 8314 §3.2).
const IMAPS_PORT: u16 = 993;
/// Submission (RFC 6409), which Exchange Online secures by STARTTLS.
const SUBMISSION_PORT: u16 = 587;

/// Why there is no configuration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SnippetError {
    /// Every program reads its configuration line by line.
    #[error("{path:?} holds a control character or is no UTF-8, which a line of configuration cannot hold")]
    Path {
        /// What the path is, as far as it can be shown.
        path: String,
    },
    /// The program cuts longer lines off.
    #[error("{program} reads no line of more than {limit} bytes, and the command makes one of {length}")]
    LineTooLong {
        /// The program.
        program: &'static str,
        /// The most that it reads, bytes.
        limit: usize,
        /// What it would have to read, bytes.
        length: usize,
    },
    /// The program would take the address for a pattern.
    #[error("{program} takes {letter} in a sender's address for a pattern")]
    Pattern {
        /// The program.
        program: &'static str,
        /// The character.
        letter: char,
    },
}

/// The text, unless a line of it is longer than the program reads.
fn within(program: &'static str, limit: usize, text: String) -> Result<String, SnippetError> {
    match text.lines().map(str::len).max() {
        Some(length) if length > limit => Err(SnippetError::LineTooLong { program, limit, length }),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection with a command of its own.
    pub(super) fn access<'a>(name: &'a ConnectionName, mailbox: &'a Mailbox, vault: &str) -> MailAccess<'a> {
        let options = VaultOptions { vault: Some(vault.into()), ..VaultOptions::default() };
        MailAccess {
            name,
            mailbox,
            hosts: MailHosts { imap: "outlook.office365.com", smtp: "smtp.office365.com" },
            command: TokenCommand::new("tokengauge", &options, name).unwrap(),
        }
    }

    #[test]
    fn lines_are_measured_in_bytes() {
        assert_eq!(within("x", 4, "äa\nbcd\n".into()), Ok("äa\nbcd\n".into()));
        let error = SnippetError::LineTooLong { program: "x", limit: 4, length: 5 };
        assert_eq!(within("x", 4, "äaäb".replace('b', "")), Err(error));
    }
}
