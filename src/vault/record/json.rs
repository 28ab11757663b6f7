//! Writing and reading JSON without leaving copies of secrets behind or quoting them.

use std::borrow::Cow;
use std::io;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::FORMAT;

/// Why the JSON of a record is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::vault) enum Fault {
    /// A field is absent, of another type, or holds what it cannot hold.
    #[error("field {0} is missing or not usable")]
    Field(String),
    /// Not JSON.
    #[error("it does not hold a record")]
    NotJson,
    /// Written by a later version.
    #[error("it has a later format")]
    Newer,
}

pub(super) fn field(name: &str) -> Fault {
    Fault::Field(name.to_owned())
}

/// Counts what would be written.
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Measured first, so that the buffer never grows and leaves no copy of a secret behind.
pub(super) fn write(record: &impl Serialize) -> Zeroizing<Vec<u8>> {
    let mut count = Count(0);
    serde_json::to_writer(&mut count, record).expect("records are plain JSON");
    let mut json = Zeroizing::new(Vec::with_capacity(count.0));
    serde_json::to_writer(&mut *json, record).expect("records are plain JSON");
    json
}

pub(super) fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Fault> {
    // Asked first: a later format need not fit the types of this one.
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Format {
        format: u32,
    }
    let text = str::from_utf8(json).map_err(|_| Fault::NotJson)?;
    let format: Format = serde_json::from_str(text).map_err(|error| fault(text, &error))?;
    if format.format > FORMAT {
        return Err(Fault::Newer);
    }
    serde_json::from_str(text).map_err(|error| fault(text, &error))
}

/// The key that stands last before the error: the error's own text quotes the value.
fn fault(text: &str, error: &serde_json::Error) -> Fault {
    let before = text.lines().take(error.line().saturating_sub(1)).map(|line| line.len() + 1).sum::<usize>();
    let head = text.as_bytes().get(..before + error.column()).unwrap_or(text.as_bytes());
    last_key(head).map_or(Fault::NotJson, Fault::Field)
}

/// The last string that is followed by a colon, if it looks like one of our keys.
fn last_key(json: &[u8]) -> Option<String> {
    let (mut last, mut string, mut start, mut at) = (None, None, None, 0);
    while let Some(&byte) = json.get(at) {
        match (start, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(from), b'"') => (string, start) = (json.get(from..at), None),
            (None, b'"') => start = Some(at + 1),
            (None, b':') => last = string.take(),
            _ => {}
        }
        at += 1;
    }
    let key = str::from_utf8(last?).ok()?;
    let ours = !key.is_empty() && key.len() <= 40 && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    ours.then(|| key.to_owned())
}

/// A text that is borrowed from the buffer, which is wiped, wherever JSON allows it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Text<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }

    pub(super) fn some(text: Option<&'a String>) -> Option<Self> {
        text.map(|text| Self::of(text))
    }

    pub(super) fn owned(text: String) -> Self {
        Self(Cow::Owned(text))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_string(self) -> String {
        self.0.into_owned()
    }
}

/// A text that must not be empty: an empty `state`, verifier or device code would be met by anything, and an empty token
/// is none.
pub(super) fn filled(text: Text<'_>, name: &str) -> Result<String, Fault> {
    match text.into_string() {
        text if text.is_empty() => Err(field(name)),
        text => Ok(text),
    }
}

/// An optional text as the domain keeps it.
pub(super) fn string(text: Option<Text<'_>>) -> Option<String> {
    text.map(Text::into_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(default)]
    struct Sample<'a> {
        #[serde(borrow)]
        name: Text<'a>,
        number: u8,
    }

    #[test]
    fn a_field_of_another_type_is_named_without_its_value() {
        for json in [
            r#"{"name":"a\":b","number":"TGSECRET"}"#,
            r#"{"name":"x: y",
                "number":4711}"#,
        ] {
            assert_eq!(read::<Sample>(json.as_bytes()).unwrap_err(), field("number"), "{json}");
        }
        assert_eq!(read::<Sample>(br#"{"name":["TGSECRET"]}"#).unwrap_err(), field("name"));
    }

    #[test]
    fn what_is_no_json_is_told_without_quoting_it() {
        for json in [&b"TGSECRET"[..], b"", b"\xff", b"[1]", br#"{"TGSECRET":"#] {
            let told = read::<Sample>(json).unwrap_err().to_string();
            assert!(!told.contains("TGSECRET"), "{told}");
        }
    }

    #[test]
    fn unknown_and_absent_fields_are_no_errors() {
        let sample: Sample = read(br#"{"format":1,"colour":{"a":[null]},"number":7}"#).unwrap();
        assert_eq!((sample.number, sample.name.into_string()), (7, String::new()));
    }

    #[test]
    fn a_later_format_is_refused_before_its_types_are_looked_at() {
        assert_eq!(read::<Sample>(br#"{"name":17,"format":9}"#).unwrap_err(), Fault::Newer);
    }
}
