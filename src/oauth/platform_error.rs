//! Error answer of the identity platform: the OAuth error and what its description holds (RFC 6749 §4.1.2.1, §5.2).
//!
//! The authorization endpoint sends `error` and `error_description` in the redirect, the token endpoint in JSON. In
//! both the description begins with the `AADSTS` number and ends with lines that support asks for.

use std::fmt;

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
    /// The whole description, empty where none was sent.
    pub description: OutsideText,
    /// GUID of the request at the platform: printable ASCII.
    pub trace_id: Option<String>,
    /// GUID of the conversation at the platform: printable ASCII.
    pub correlation_id: Option<String>,
    /// The platform's own moment, such as `2026-11-22 05:41:56Z`: printable ASCII.
    pub timestamp: Option<String>,
}

impl PlatformError {
    /// Reads number, ids and moment out of the description.
    pub fn from_description(error: impl Into<String>, description: impl Into<String>) -> Self {
        let description = description.into();
        Self {
            error: OutsideText::new(error),
            suberror: None,
            codes: leading_code(&description).into_iter().collect(),
            trace_id: labelled(&description, "Trace ID:", is_id_character),
            correlation_id: labelled(&description, "Correlation ID:", is_id_character),
            timestamp: labelled(&description, "Timestamp:", is_moment_character),
            description: OutsideText::new(description),
        }
    }

    /// Adds the finer cause, if one was sent.
    #[must_use]
    pub fn with_suberror(mut self, suberror: Option<impl Into<String>>) -> Self {
        self.suberror = suberror.map(OutsideText::new);
        self
    }
}

/// The number of a description that begins with `AADSTSnnnnn`; the colon is missing where there is no sentence.
fn leading_code(description: &str) -> Option<u32> {
    let rest = description.trim_start().strip_prefix("AADSTS")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// What follows a label. The last mention counts: the platform appends these lines to a sentence that may quote input.
fn labelled(description: &str, label: &str, allowed: fn(char) -> bool) -> Option<String> {
    let at = description.rfind(label)? + label.len();
    let rest = description[at..].trim_start_matches(' ');
    let end = rest.find(|c| !allowed(c)).unwrap_or(rest.len());
    let value = rest[..end.min(LONGEST_VALUE)].trim_end();
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
