//! Connection values as assignments: for a POSIX shell (`set -a; . FILE`), systemd's `EnvironmentFile`, a container.

use zeroize::Zeroizing;

use super::options::Quote;
use super::{ConnectionValues, ExportError, Format, Options};
use crate::domain::secret::Secret;

/// Name, value, and what the value is called.
type Assignment<'v> = (&'static str, &'v str, &'static str);

/// One assignment a line. A value that is not there is assigned as empty, so that none is left over from before.
pub(super) fn write(values: &ConnectionValues<'_>, options: &Options) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
    let expires_at = values.expires_at();
    for (name, value, _) in assignments(values, &expires_at) {
        text.push_str(options.prefix.as_str());
        text.push_str(name);
        text.push('=');
        push_value(&mut text, value, options.quote);
        text.push('\n');
    }
    text
}

/// Refuses a value that a line of this kind cannot carry. Other formats of lines are held to it where it matters to them.
pub(super) fn check(
    format: Format,
    values: &ConnectionValues<'_>,
    options: &Options,
) -> Result<(), ExportError> {
    let is_lines = matches!(format, Format::Env | Format::Card | Format::CurlConfig);
    let expires_at = values.expires_at();
    for (_, value, what) in assignments(values, &expires_at) {
        if is_lines && value.chars().any(char::is_control) {
            return Err(ExportError::ControlCharacter { value: what });
        }
        if format == Format::Env && !can_carry(value, options.quote) {
            return Err(ExportError::Quoting { value: what, quote: options.quote });
        }
    }
    Ok(())
}

fn assignments<'v>(values: &'v ConnectionValues<'_>, expires_at: &'v str) -> [Assignment<'v>; 9] {
    [
        ("TENANT_ID", values.tenant, "tenant"),
        ("CLIENT_ID", values.client_id.as_str(), "client ID"),
        ("CLIENT_SECRET", values.client_secret.map_or("", Secret::expose), "client secret"),
        ("ACCESS_TOKEN", values.access_token.expose(), "access token"),
        ("REFRESH_TOKEN", values.refresh_token.map_or("", Secret::expose), "refresh token"),
        ("TOKEN_EXPIRES_AT", expires_at, "end of the access token"),
        ("TOKEN_ENDPOINT", &values.token_endpoint, "token endpoint"),
        ("SCOPE", &values.scope, "scope"),
        ("MAILBOX", values.mailbox.unwrap_or(""), "mailbox"),
    ]
}

/// Shells set a single quote outside of the quotes, and systemd and the readers of `.env` files do not follow them there.
fn can_carry(value: &str, quote: Quote) -> bool {
    match quote {
        Quote::Single => !value.contains('\''),
        Quote::Double => true,
        // A container's reader takes the line as it is, but for what stands around the value.
        Quote::None => value.trim() == value,
    }
}

fn push_value(text: &mut String, value: &str, quote: Quote) {
    match quote {
        Quote::Single => {
            text.push('\'');
            text.push_str(value);
            text.push('\'');
        }
        Quote::Double => push_double_quoted(text, value),
        Quote::None => text.push_str(value),
    }
}

/// POSIX 2.2.3: between double quotes these four keep a meaning, and a backslash takes it from them.
fn push_double_quoted(text: &mut String, value: &str) {
    text.push('"');
    for character in value.chars() {
        if matches!(character, '"' | '\\' | '$' | '`') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(value: &str, quote: Quote) -> String {
        let mut text = String::new();
        push_value(&mut text, value, quote);
        text
    }

    #[test]
    fn nothing_in_a_value_means_anything_to_the_shell() {
        assert_eq!(quoted("a$(id)`id`\\\"; b", Quote::Single), "'a$(id)`id`\\\"; b'");
        assert_eq!(quoted("it's $(id) `id` \\ \"", Quote::Double), r#""it's \$(id) \`id\` \\ \"""#);
        assert_eq!(quoted("", Quote::Single), "''");
        assert_eq!(quoted("a b~#", Quote::None), "a b~#");
    }

    #[test]
    fn what_a_choice_cannot_carry_is_known() {
        assert!(!can_carry("it's", Quote::Single));
        assert!(can_carry("it's", Quote::Double));
        assert!(!can_carry(" a", Quote::None));
        assert!(can_carry("a b", Quote::None));
    }
}
