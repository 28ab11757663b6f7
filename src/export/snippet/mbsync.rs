//! Configuration for mbsync (isync): IMAP by XOAUTH2, which its SASL library has to bring.

use super::{IMAPS_PORT, MailAccess, SnippetError, within};

/// The longest line that mbsync 1.4 reads whole, bytes without the line's end.
const LONGEST_LINE: usize = 1022;

/// An account and a store for an mbsyncrc, to be named by a channel.
///
/// # Errors
///
/// If the command is too long for a line.
pub fn write(access: &MailAccess<'_>) -> Result<String, SnippetError> {
    let MailAccess { name, mailbox, hosts, command } = access;
    let (user, command) = (quoted(mailbox.as_str()), quoted(command.as_str()));
    // An empty line ends a section.
    let text = format!(
        "\
# mbsync, connection {name}: for your mbsyncrc. Nothing here is secret; the command prints an access token.
# mbsync needs a SASL module for XOAUTH2: Debian's package libsasl2-modules-kdexoauth2, elsewhere cyrus-sasl-xoauth2.
# Where the server refuses a token, mbsync 1.4 prints what it sent: keep its output to yourself.
# isync 1.5 calls SSLType TLSType. A channel names this store by: Far :{name}:
IMAPAccount {name}
Host {host}
Port {IMAPS_PORT}
User {user}
PassCmd {command}
AuthMechs XOAUTH2
SSLType IMAPS

IMAPStore {name}
Account {name}

",
        host = hosts.imap
    );
    within("mbsync", LONGEST_LINE, text)
}

/// A string of an mbsyncrc: between double quotes a backslash takes the meaning of `"` and of itself.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::access;
    use super::*;
    use crate::domain::{ConnectionName, Mailbox};

    /// Reads the one string of a line as mbsync does.
    fn read(rest: &str) -> String {
        let mut letters = rest.chars();
        let (mut text, mut quoted) = (String::new(), false);
        while let Some(c) = letters.next() {
            match c {
                '\\' => text.push(letters.next().expect("an escaped character")),
                '"' => quoted = !quoted,
                c => {
                    assert!(quoted || !c.is_whitespace(), "a second string: {rest}");
                    text.push(c);
                }
            }
        }
        assert!(!quoted, "{rest}");
        text
    }

    fn value(snippet: &str, keyword: &str) -> String {
        let start = format!("{keyword} ");
        read(snippet.lines().find_map(|line| line.strip_prefix(start.as_str())).unwrap())
    }

    proptest! {
        #[test]
        fn any_command_is_read_back(vault in r#"/[ -~]{0,40}[\\"$`'~é]{0,4}"#) {
            let (name, mailbox) = (ConnectionName::parse("a").unwrap(), Mailbox::parse("a'$@b.example").unwrap());
            let access = access(&name, &mailbox, &vault);
            let snippet = write(&access).unwrap();
            prop_assert_eq!(value(&snippet, "PassCmd"), access.command.as_str());
            prop_assert_eq!(value(&snippet, "User"), mailbox.as_str());
        }
    }

    #[test]
    fn a_command_that_mbsync_would_cut_off_is_refused() {
        let (name, mailbox) = (ConnectionName::parse("a").unwrap(), Mailbox::parse("a@b.example").unwrap());
        let error = write(&access(&name, &mailbox, &format!("/{}", "x".repeat(1000)))).unwrap_err();
        assert!(matches!(error, SnippetError::LineTooLong { program: "mbsync", limit: LONGEST_LINE, .. }));
    }
}
