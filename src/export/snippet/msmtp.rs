//! Configuration for msmtp: SMTP submission by XOAUTH2.

use super::{MailAccess, SUBMISSION_PORT, SnippetError, within};

/// The longest line that msmtp 1.8 reads, bytes without the line's end.
const LONGEST_LINE: usize = 499;
/// What msmtp 1.8.23 can send of user and token together, characters: its command line holds 4094, which are 3069 bytes
/// before base64, and XOAUTH2 puts 20 of its own between them.
const LONGEST_USER_AND_TOKEN: usize = 3049;

/// An account for an msmtprc.
///
/// # Errors
///
/// If the command is too long for a line, or the address would be a pattern.
pub fn write(access: &MailAccess<'_>) -> Result<String, SnippetError> {
    let MailAccess { name, mailbox, hosts, command } = access;
    if let Some(letter) = mailbox.as_str().chars().find(|letter| "%*?[".contains(*letter)) {
        return Err(SnippetError::Pattern { program: "msmtp", letter });
    }
    let longest_token = LONGEST_USER_AND_TOKEN.saturating_sub(mailbox.as_str().len());
    let text = format!(
        "\
# msmtp, connection {name}: for your msmtprc (chmod 600). Nothing here is secret; the command prints an access token.
# msmtp 1.8.23 (Debian 12) sends no token of more than {longest_token} characters for this mailbox; later ones send longer.
account {name}
host {host}
port {SUBMISSION_PORT}
tls on
tls_starttls on
auth xoauth2
user {mailbox}
from {mailbox}
passwordeval {command}
",
        host = hosts.smtp,
        mailbox = quoted(mailbox.as_str()),
        command = quoted(command.as_str()),
    );
    within("msmtp", LONGEST_LINE, text)
}

/// A string of an msmtprc: the first and the last double quote are taken off, and nothing inside has a meaning.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::access;
    use super::*;
    use crate::domain::{ConnectionName, Mailbox};

    /// Reads the rest of a line as msmtp does.
    fn value<'a>(snippet: &'a str, keyword: &str) -> &'a str {
        let line = snippet.lines().find(|line| line.split(' ').next() == Some(keyword)).unwrap();
        let rest = line[keyword.len()..].trim();
        rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(rest)
    }

    proptest! {
        #[test]
        fn any_command_is_read_back(vault in r#"/[ -~]{0,40}[\\"$`'~é]{0,4}"#) {
            let (name, mailbox) = (ConnectionName::parse("a").unwrap(), Mailbox::parse("a'$@b.example").unwrap());
            let access = access(&name, &mailbox, &vault);
            let snippet = write(&access).unwrap();
            prop_assert_eq!(value(&snippet, "passwordeval"), access.command.as_str());
            prop_assert_eq!(value(&snippet, "user"), mailbox.as_str());
            prop_assert_eq!(value(&snippet, "from"), mailbox.as_str());
        }
    }

    #[test]
    fn what_msmtp_would_misread_is_refused() {
        let name = ConnectionName::parse("a").unwrap();
        let (plain, pattern) =
            (Mailbox::parse("a@b.example").unwrap(), Mailbox::parse("50%U@b.example").unwrap());
        let long = write(&access(&name, &plain, &format!("/{}", "x".repeat(480)))).unwrap_err();
        assert!(matches!(long, SnippetError::LineTooLong { program: "msmtp", .. }));
        let error = write(&access(&name, &pattern, "/vault")).unwrap_err();
        assert_eq!(error, SnippetError::Pattern { program: "msmtp", letter: '%' });
    }

    #[test]
    fn the_longest_token_depends_on_the_mailbox() {
        let name = ConnectionName::parse("a").unwrap();
        let mailbox = Mailbox::parse("ops@contoso.example").unwrap();
        assert!(write(&access(&name, &mailbox, "/vault")).unwrap().contains("more than 3030 characters"));
    }
}
