//! Connection values as assignments that a POSIX shell can read (`set -a; . FILE`), and systemd's `EnvironmentFile`.

use zeroize::Zeroizing;

use super::ConnectionValues;
use crate::domain::secret::Secret;

/// One assignment a line. A value that is not there is assigned as empty, so that none is left over from before.
pub fn write(values: &ConnectionValues<'_>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
    for (name, value) in [
        ("CLIENT_ID", values.client_id.as_str()),
        ("CLIENT_SECRET", values.client_secret.map_or("", Secret::expose)),
        ("ACCESS_TOKEN", values.access_token.expose()),
        ("REFRESH_TOKEN", values.refresh_token.map_or("", Secret::expose)),
    ] {
        text.push_str(name);
        text.push('=');
        push_quoted(&mut text, value);
        text.push('\n');
    }
    text
}

/// Between single quotes nothing has a meaning but the single quote, which is set outside of them.
fn push_quoted(text: &mut String, value: &str) {
    text.push('\'');
    for part in value.split_inclusive('\'') {
        match part.strip_suffix('\'') {
            Some(plain) => {
                text.push_str(plain);
                text.push_str(r"'\''");
            }
            None => text.push_str(part),
        }
    }
    text.push('\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(value: &str) -> String {
        let mut text = String::new();
        push_quoted(&mut text, value);
        text
    }

    #[test]
    fn nothing_in_a_value_means_anything_to_the_shell() {
        assert_eq!(quoted("a$(id)`id`\\\"; b"), "'a$(id)`id`\\\"; b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("''"), r"''\'''\'''");
        assert_eq!(quoted(""), "''");
    }
}
