//! Configuration for mutt and neomutt: IMAP and SMTP by XOAUTH2.

use super::{IMAPS_PORT, MailAccess, SUBMISSION_PORT};

/// Lines for a muttrc.
pub fn write(access: &MailAccess<'_>) -> String {
    let MailAccess { name, mailbox, hosts, command } = access;
    let command = quoted(command.as_str());
    let user = quoted(mailbox.as_str());
    let folder = quoted(&format!("imaps://{}:{IMAPS_PORT}/", hosts.imap));
    let login = percent_encoded(mailbox.as_str());
    let smtp_url = quoted(&format!("smtp://{login}@{}:{SUBMISSION_PORT}/", hosts.smtp));
    format!(
        "\
# mutt or neomutt, connection {name}: for your muttrc. Nothing here is secret; the command prints an access token.
# neomutt takes no token of more than 4096 characters, mutt sets no such limit. Both know only XOAUTH2 for one so long.
set imap_user={user}
set folder={folder}
set spoolfile=\"+INBOX\"
set imap_authenticators=\"xoauth2\"
set imap_oauth_refresh_command={command}
set from={user}
set smtp_url={smtp_url}
set smtp_authenticators=\"xoauth2\"
set smtp_oauth_refresh_command={command}
set ssl_force_tls=yes
"
    )
}

/// A string of a muttrc. Between double quotes these four have a meaning, which a backslash takes from them.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// The user of an address (RFC 3986 §3.2.1): an @ in it must not end it.
fn percent_encoded(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::access;
    use super::*;
    use crate::domain::{ConnectionName, Mailbox};

    /// Reads a quoted string as mutt does, and panics where mutt would put in something else.
    fn read(quoted: &str) -> String {
        let mut inside = quoted.strip_prefix('"').unwrap().chars();
        let mut text = String::new();
        loop {
            match inside.next().expect("the string ends with its quote") {
                '"' => break,
                // Letters after a backslash would be control characters.
                '\\' => text.extend(inside.next().filter(|c| !c.is_alphanumeric())),
                c @ ('`' | '$') => panic!("{c} has its meaning still"),
                c => text.push(c),
            }
        }
        assert_eq!(inside.as_str(), "");
        text
    }

    fn value<'a>(snippet: &'a str, variable: &str) -> &'a str {
        let start = format!("set {variable}=");
        snippet.lines().find_map(|line| line.strip_prefix(start.as_str())).unwrap()
    }

    proptest! {
        #[test]
        fn any_command_is_read_back(vault in r#"/[ -~]{0,40}[\\"$`'~é]{0,4}"#) {
            let (name, mailbox) = (ConnectionName::parse("a").unwrap(), Mailbox::parse("a@b.example").unwrap());
            let access = access(&name, &mailbox, &vault);
            let snippet = write(&access);
            for variable in ["imap_oauth_refresh_command", "smtp_oauth_refresh_command"] {
                prop_assert_eq!(read(value(&snippet, variable)), access.command.as_str());
            }
        }

        #[test]
        fn any_mailbox_is_read_back(local in r"[!#-'*-+./-9=?A-Z^-~-]{1,20}") {
            let Some(mailbox) = Mailbox::parse(&format!("{local}@contoso.example")) else { return Ok(()) };
            let name = ConnectionName::parse("a").unwrap();
            let snippet = write(&access(&name, &mailbox, "/vault"));
            prop_assert_eq!(read(value(&snippet, "imap_user")), mailbox.as_str());
            let address = url::Url::parse(&read(value(&snippet, "smtp_url"))).unwrap();
            prop_assert_eq!(address.host_str(), Some("smtp.office365.com"));
            let query = format!("user={}", address.username().replace('+', "%2B"));
            let (_, user) = url::form_urlencoded::parse(query.as_bytes()).next().unwrap();
            prop_assert_eq!(user, mailbox.as_str());
        }
    }
}
