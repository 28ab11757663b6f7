//! The command line that prints an access token for a mail server, as a shell reads it.
//!
//! mutt, mbsync, msmtp and aerc all hand it to `/bin/sh -c`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::SnippetError;
use crate::domain::ConnectionName;

/// The variable that names a file with the passphrase: there is no option for it.
const PASSPHRASE_FILE: &str = "TOKENGAUGE_PASSPHRASE_FILE";

/// What the command has to be told to find and open the vault; empty where all is in its usual place. Paths are absolute:
/// nobody knows where a mail program is started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VaultOptions {
    /// The vault.
    pub vault: Option<PathBuf>,
    /// The configuration file.
    pub config: Option<PathBuf>,
    /// The key file.
    pub key_file: Option<PathBuf>,
    /// The file with the passphrase.
    pub passphrase_file: Option<PathBuf>,
}

/// A command line for `/bin/sh`: one line, without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCommand(String);

impl TokenCommand {
    /// That of a connection; `program` is a name or a path.
    ///
    /// # Errors
    ///
    /// [`SnippetError::Path`] for a path that no line can hold.
    pub fn new(program: &str, options: &VaultOptions, name: &ConnectionName) -> Result<Self, SnippetError> {
        let mut line = String::new();
        if let Some(path) = &options.passphrase_file {
            let _ = write!(line, "{PASSPHRASE_FILE}={} ", word(text(path)?));
        }
        line.push_str(&word(text(Path::new(program))?));
        let named =
            [("--vault", &options.vault), ("--config", &options.config), ("--key-file", &options.key_file)];
        for (option, path) in named {
            if let Some(path) = path {
                let _ = write!(line, " {option} {}", word(text(path)?));
            }
        }
        let _ = write!(line, " token {name} --audience exchange");
        Ok(Self(line))
    }

    /// As a shell reads it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn text(path: &Path) -> Result<&str, SnippetError> {
    let plain = path.to_str().filter(|text| !text.chars().any(char::is_control));
    plain.ok_or_else(|| SnippetError::Path { path: path.to_string_lossy().into_owned() })
}

/// One word of a command line (POSIX.1-2024, Shell Command Language §2.2.2): between single quotes nothing has a meaning but
/// the single quote.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-@:,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(options: &VaultOptions) -> Result<String, SnippetError> {
        let name = ConnectionName::parse("contoso").unwrap();
        TokenCommand::new("tokengauge", options, &name).map(|command| command.as_str().to_owned())
    }

    #[test]
    fn where_all_is_in_its_usual_place_nothing_is_said_of_it() {
        let plain = "tokengauge token contoso --audience exchange";
        assert_eq!(command(&VaultOptions::default()).unwrap(), plain);
    }

    #[test]
    fn what_is_elsewhere_is_named() {
        let options = VaultOptions {
            vault: Some("/srv/our vault".into()),
            config: Some("/etc/tokengauge.toml".into()),
            key_file: Some("/srv/ops' key".into()),
            passphrase_file: Some("/run/$pass".into()),
        };
        let line = r"TOKENGAUGE_PASSPHRASE_FILE='/run/$pass' tokengauge --vault '/srv/our vault' --config /etc/tokengauge.toml --key-file '/srv/ops'\'' key' token contoso --audience exchange";
        assert_eq!(command(&options).unwrap(), line);
    }

    #[test]
    fn a_path_that_no_line_can_hold_is_refused() {
        use std::os::unix::ffi::OsStrExt;
        let strange = std::ffi::OsStr::from_bytes(b"/srv/\xff");
        for path in ["/srv/a\nb".into(), "/srv/\u{1b}[2J".into(), PathBuf::from(strange)] {
            let options = VaultOptions { vault: Some(path), ..VaultOptions::default() };
            assert!(matches!(command(&options), Err(SnippetError::Path { .. })));
        }
    }
}
