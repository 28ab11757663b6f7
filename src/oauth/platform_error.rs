//! Error answer of the identity platform: the OAuth error and what its description holds (RFC 6749 §4.1.2.1, §5.2).
//!
//! The authorization endpoint sends `error` and `error_description` in the redirect, the token endpoint in JSON. In
//! both the description begins with the `AADSTS` number and ends with lines that support asks for.

use std::fmt;

use serde_json::{Map, Value};

use crate::domain::ClaimsRequest;
use crate::domain::authority::is_guid;
use crate::sanitize::sanitize;

use super::json;

/// Words of somebody else, exactly as they came: has no `Display`, so that it meets the sanitizer before a screen.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct OutsideText(String);

impl OutsideText {
    /// Keeps the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text with whatever control characters it holds: to compare, or to hand to `sanitize`.
    pub fn unsanitized(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OutsideText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutsideText({} characters)", self.0.chars().count())
    }
}

impl PartialEq<str> for OutsideText {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for OutsideText {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// What the platform said went wrong. Everything but `error` may be absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlatformError {
    /// The OAuth error, such as `access_denied`: decides what happens next.
    pub error: OutsideText,
    /// Finer cause, such as `bad_token`; the redirect calls it `error_subcode`.
    pub suberror: Option<OutsideText>,
    /// `AADSTS` numbers in the order of their appearance.
    pub codes: Vec<u32>,
    /// The first 500 characters of the description, empty where none was sent.
    pub description: OutsideText,
    /// GUID of the request at the platform: printable ASCII.
    pub trace_id: Option<String>,
    /// GUID of the conversation at the platform: printable ASCII.
    pub correlation_id: Option<String>,
    /// The platform's own moment, such as `2026-11-22 05:41:56Z`: printable ASCII.
    pub timestamp: Option<String>,
    /// What policy wants of the next sign-in (OpenID Connect Core §5.5): a JSON object that goes with it as `claims`.
    pub claims: Option<ClaimsRequest>,
}

impl PlatformError {
    /// Reads number, ids and moment out of the description.
    pub fn from_description(error: impl Into<String>, description: impl Into<String>) -> Self {
        let description = description.into();
        Self {
            error: OutsideText::new(cut(&error.into(), LONGEST_WORD)),
            suberror: None,
            codes: leading_code(&description).into_iter().collect(),
            trace_id: labelled(&description, "Trace ID:", is_id_character),
            correlation_id: labelled(&description, "Correlation ID:", is_id_character),
            timestamp: labelled(&description, "Timestamp:", is_moment_character),
            description: OutsideText::new(cut(&description, LONGEST_DESCRIPTION)),
            claims: None,
        }
    }

    /// Reads an error answer of the token endpoint (RFC 6749 §5.2) with Microsoft's additions.
    pub fn from_json(object: &Map<String, Value>) -> Self {
        let text = |name| json::text(object, name);
        let mut read =
            Self::from_description(text("error").unwrap_or(""), text("error_description").unwrap_or(""))
                .with_suberror(text("suberror"));
        for number in listed_codes(object) {
            if !read.codes.contains(&number) && read.codes.len() < MOST_CODES {
                read.codes.push(number);
            }
        }
        let field = |name, allowed| text(name).and_then(|text| leading(text, allowed));
        read.trace_id = field("trace_id", is_id_character).or(read.trace_id);
        read.correlation_id = field("correlation_id", is_id_character).or(read.correlation_id);
        read.timestamp = field("timestamp", is_moment_character).or(read.timestamp);
        read.claims = text("claims").and_then(claims_request);
        read
    }

    /// The server's own words on one printable line, without the lines for support, and without words that could be
    /// a credential. Whoever shows them says whose words they are.
    pub fn printable_description(&self, max_characters: usize) -> String {
        let said = self.description.unsanitized();
        let said = said.split("Trace ID:").next().unwrap_or(said);
        let line = sanitize(said, LONGEST_DESCRIPTION);
        let masked: Vec<&str> = line
            .split_whitespace()
            .map(|word| if could_be_credential(word) && !is_guid(word) { "●●●" } else { word })
            .collect();
        sanitize(&masked.join(" "), max_characters)
    }

    /// Adds the finer cause, if one was sent.
    #[must_use]
    pub fn with_suberror(mut self, suberror: Option<impl Into<String>>) -> Self {
        self.suberror = suberror.map(|suberror| OutsideText::new(cut(&suberror.into(), LONGEST_WORD)));
        self
    }
}

/// The number of a description that begins with `AADSTSnnnnn`; the colon is missing where there is no sentence.
fn leading_code(description: &str) -> Option<u32> {
    let rest = description.trim_start().strip_prefix("AADSTS")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// Written anew, so that nothing but JSON goes on into an address.
fn claims_request(text: &str) -> Option<ClaimsRequest> {
    let object: Map<String, Value> = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&object).ok().filter(|_| !object.is_empty())?;
    ClaimsRequest::parse(written)
}

/// `error_codes`: numbers, or texts that hold them.
fn listed_codes(object: &Map<String, Value>) -> impl Iterator<Item = u32> {
    let listed = object.get("error_codes").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(|code| match code {
        Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}

/// So many numbers of one error are kept.
const MOST_CODES: usize = 8;

/// The longest description that is kept, in characters.
const LONGEST_DESCRIPTION: usize = 500;

/// The longest `error` or `suberror` that is kept, in characters; the standard's longest has 25.
const LONGEST_WORD: usize = 100;

fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// Words of 20 characters or more that are no plain words: a token, a code, a secret that the server sends back. No
/// plain word has more than 32.
fn could_be_credential(word: &str) -> bool {
    let length = word.chars().count();
    let is_plain = word.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | ',' | '-' | '\'' | '"'));
    let is_moment = word.starts_with(|c: char| c.is_ascii_digit()) && word.chars().all(is_moment_character);
    length > 32 || (length >= 20 && !is_plain && !is_moment)
}

/// What follows a label. The last mention counts: the platform appends these lines to a sentence that may quote input.
fn labelled(description: &str, label: &str, allowed: fn(char) -> bool) -> Option<String> {
    let at = description.rfind(label)? + label.len();
    leading(description[at..].trim_start_matches(' '), allowed)
}

/// What a text begins with, as far as its characters are allowed ones.
fn leading(text: &str, allowed: fn(char) -> bool) -> Option<String> {
    let end = text.find(|c| !allowed(c)).unwrap_or(text.len());
    let value = text[..end.min(LONGEST_VALUE)].trim_end();
    (!value.is_empty()).then(|| value.to_owned())
}

/// A GUID has 36 characters, a moment with fractions about 30.
const LONGEST_VALUE: usize = 40;

fn is_id_character(c: char) -> bool {
    c.is_ascii_hexdigit() || c == '-'
}

fn is_moment_character(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | '+' | 'T' | 'Z' | ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4c8a2f0e-1111-4a4e-8f0d-9d1f5a7b3300";
    const CORRELATION: &str = "0d1f6a3e-58a3-4b83-9f1e-2f5f5f2d7c10";

    fn description(separator: &str) -> String {
        format!(
            "AADSTS65004: Declined.{separator}Trace ID: {TRACE}{separator}Correlation ID: {CORRELATION}{separator}\
             Timestamp: 2026-11-22 05:41:56Z"
        )
    }

    #[test]
    fn description_yields_number_ids_and_moment_whatever_separates_the_lines() {
        for separator in ["\r\n", "\n", " ", "  "] {
            let read = PlatformError::from_description("access_denied", description(separator));
            assert_eq!(read.codes, [65004]);
            assert_eq!(read.trace_id.as_deref(), Some(TRACE));
            assert_eq!(read.correlation_id.as_deref(), Some(CORRELATION));
            assert_eq!(read.timestamp.as_deref(), Some("2026-11-22 05:41:56Z"));
        }
    }

    #[test]
    fn everything_but_the_error_may_be_absent() {
        let read = PlatformError::from_description("server_error", "");
        assert_eq!(
            read,
            PlatformError { error: OutsideText::new("server_error"), ..PlatformError::default() }
        );
    }

    #[test]
    fn number_needs_no_sentence() {
        assert_eq!(PlatformError::from_description("login_required", "AADSTS50058").codes, [50058]);
        assert!(PlatformError::from_description("x", "AADSTS99999999999: too large").codes.is_empty());
    }

    #[test]
    fn ids_hold_nothing_but_their_own_characters() {
        let read = PlatformError::from_description("x", "Trace ID: ab\u{1b}[2J\nCorrelation ID: \u{1b}");
        assert_eq!((read.trace_id.as_deref(), read.correlation_id), (Some("ab"), None));
    }

    #[test]
    fn debug_does_not_print_outside_text() {
        assert!(!format!("{:?}", PlatformError::from_description("x", "\u{1b}evil")).contains("evil"));
    }
}
