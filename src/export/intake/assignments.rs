//! Values in assignments, one a line: `NAME=value` as a container reads it, `NAME='value'` and `NAME="value"` as a shell
//! does, `export` before it or not.

use zeroize::Zeroizing;

use super::{Field, Found, IntakeError};
use crate::export::options::Prefix;

/// More than any such file has.
const MOST_LINES: usize = 10_000;

/// The names as they are exported here; `AZURE_` is a prefix like any other.
const NAMES: [(&str, Field); 9] = [
    ("CLIENT_ID", Field::ClientId),
    ("CLIENT_SECRET", Field::ClientSecret),
    ("ACCESS_TOKEN", Field::AccessToken),
    ("REFRESH_TOKEN", Field::RefreshToken),
    ("TENANT_ID", Field::Tenant),
    ("TOKEN_EXPIRES_AT", Field::ExpiresAt),
    ("TOKEN_ENDPOINT", Field::TokenEndpoint),
    ("SCOPE", Field::Scope),
    ("MAILBOX", Field::Mailbox),
];

/// Reads the assignments whose names begin with the prefix; where none is given, with any, as long as it is the same one:
/// a file of several services holds tokens that are no business of this one's.
pub(super) fn read(text: &str, prefix: Option<&Prefix>) -> Result<Found, IntakeError> {
    let mut found = Found::default();
    let mut shared: Option<(&str, usize)> = None;
    for (index, line) in text.lines().enumerate() {
        if index >= MOST_LINES {
            return Err(IntakeError::Line { line: index + 1, what: "more lines than such a file has" });
        }
        let odd = |what| IntakeError::Line { line: index + 1, what };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let (name, value) = line.split_once('=').ok_or_else(|| odd("not an assignment"))?;
        if !is_name(name) {
            return Err(odd("not an assignment"));
        }
        let Some((before, field)) = field(name, prefix) else { continue };
        let value = unquoted(value).map_err(odd)?;
        if value.trim().is_empty() {
            continue;
        }
        let (first, first_line) = *shared.get_or_insert((before, index + 1));
        if first != before {
            return Err(IntakeError::Prefixes { line: index + 1, first_line });
        }
        found.take(field, &value, Some(index + 1))?;
    }
    Ok(found)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// What stands before a name, and which value it is.
fn field<'n>(name: &'n str, prefix: Option<&Prefix>) -> Option<(&'n str, Field)> {
    let of = |(end, field): &(&str, Field)| {
        let before = name.strip_suffix(end)?;
        prefix.is_none_or(|prefix| prefix.as_str() == before).then_some((before, *field))
    };
    NAMES.iter().find_map(of)
}

/// What is said of a value that is made when a shell reads the line; what it would be is not known here.
const COMPUTED: &str = "the value is computed by a shell";

/// The value without its quotes. Without quotes it is taken as it stands, as a container does, unless a shell would take
/// it for something else.
fn unquoted(value: &str) -> Result<Zeroizing<String>, &'static str> {
    let mut text = Zeroizing::new(String::with_capacity(value.len()));
    if !value.starts_with(['\'', '"']) {
        if value.contains(['$', '`']) {
            return Err(COMPUTED);
        }
        text.push_str(value);
        return Ok(text);
    }
    let mut characters = value.chars();
    // Quotes may follow one another: 'it'\''s'.
    while let Some(character) = characters.next() {
        match character {
            '\'' => push_single_quoted(&mut text, &mut characters)?,
            '"' => push_double_quoted(&mut text, &mut characters)?,
            '\\' => text.push(characters.next().ok_or("the line ends with a backslash")?),
            ' ' | '\t' => {
                let rest = characters.as_str().trim_start();
                let is_comment = rest.is_empty() || rest.starts_with('#');
                return if is_comment { Ok(text) } else { Err("something stands after the closing quote") };
            }
            _ => return Err("something stands after the closing quote"),
        }
    }
    Ok(text)
}

type Characters<'c> = std::str::Chars<'c>;

fn push_single_quoted(text: &mut String, characters: &mut Characters<'_>) -> Result<(), &'static str> {
    loop {
        match characters.next().ok_or("a quote is not closed")? {
            '\'' => return Ok(()),
            other => text.push(other),
        }
    }
}

fn push_double_quoted(text: &mut String, characters: &mut Characters<'_>) -> Result<(), &'static str> {
    loop {
        match characters.next().ok_or("a quote is not closed")? {
            '"' => return Ok(()),
            '\\' => match characters.next().ok_or("a quote is not closed")? {
                special @ ('"' | '\\' | '$' | '`') => text.push(special),
                other => text.extend(['\\', other]),
            },
            '$' | '`' => return Err(COMPUTED),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_read_as_a_shell_reads_them() {
        let read = |value: &str| unquoted(value).map(|text| text.to_string());
        assert_eq!(read("plain # 'x\\").as_deref(), Ok("plain # 'x\\"));
        assert_eq!(read("'$x `id`'").as_deref(), Ok("$x `id`"));
        assert_eq!(read(r"'it'\''s' # why").as_deref(), Ok("it's"));
        assert_eq!(read(r#""a\"b\\c\$d\`e\n""#).as_deref(), Ok(r#"a"b\c$d`e\n"#));
        for computed in ["\"$HOME\"", "$HOME", "before${X}", "$(cat token)", "`cat token`"] {
            assert_eq!(read(computed), Err(COMPUTED), "{computed}");
        }
        assert!(read("'open").is_err());
        assert!(read("'a'b").is_err());
    }
}
