//! An error as people paste it: a number, the sentence of a screen, the JSON of an answer, the address of a browser.

use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::catalogue::aadsts;

use super::platform_error::PlatformError;

/// The longest text that is looked at, in characters.
const LONGEST: usize = 64 * 1024;

/// Numbers have at most seven digits so far; five is the fewest of those that people meet.
const DIGITS: std::ops::RangeInclusive<usize> = 4..=9;

/// Finds the error in a text; nothing if it holds neither a number nor a known word.
pub fn read(text: &str) -> Option<PlatformError> {
    let text: String = text.trim().chars().take(LONGEST).collect();
    let text = text.as_str();
    from_json(text).or_else(|| from_parameters(text)).or_else(|| from_sentence(text))
}

/// The answer of the token endpoint, also inside other words or a list.
fn from_json(text: &str) -> Option<PlatformError> {
    let piece = text.get(text.find('{')?..=text.rfind('}')?)?;
    let object: Map<String, Value> = serde_json::from_str(piece).ok()?;
    let platform = PlatformError::from_json(&object);
    tells_something(&platform).then_some(platform)
}

/// What the browser's address carries behind `?` or `#` (RFC 6749 §4.1.2.1).
fn from_parameters(text: &str) -> Option<PlatformError> {
    if !text.contains("error=") && !text.contains("error_description=") {
        return None;
    }
    let start = text.find(['?', '#']).map_or(0, |at| at + 1);
    let value = |name: &str| {
        let mut pairs = form_urlencoded::parse(&text.as_bytes()[start..]);
        pairs.find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
    };
    let (error, description) = (value("error"), value("error_description"));
    let platform =
        PlatformError::from_description(error.unwrap_or_default(), description.unwrap_or_default())
            .with_suberror(value("error_subcode"));
    tells_something(&platform).then_some(platform)
}

/// A number or a word of the standards, wherever it stands.
fn from_sentence(text: &str) -> Option<PlatformError> {
    // A number or a word alone is no sentence of the platform.
    let says_more = text.contains(char::is_whitespace);
    let at = text.find("AADSTS").unwrap_or(0);
    let description = if says_more { &text[at..] } else { "" };
    let mut platform = PlatformError::from_description(word(text).unwrap_or(""), description);
    if platform.codes.is_empty() {
        platform.codes.extend(bare_number(text));
    }
    tells_something(&platform).then_some(platform)
}

fn tells_something(platform: &PlatformError) -> bool {
    !platform.codes.is_empty() || !platform.error.unsanitized().is_empty()
}

/// The first value of `error` that is known.
fn word(text: &str) -> Option<&str> {
    let mut words = text.split(|c: char| !c.is_ascii_lowercase() && c != '_').filter(|word| !word.is_empty());
    words.find(|word| aadsts::explain_word(word).is_some())
}

/// A number that stands alone, such as `65001`.
fn bare_number(text: &str) -> Option<u32> {
    let digits =
        text.get(..6).filter(|start| start.eq_ignore_ascii_case("AADSTS")).map_or(text, |_| &text[6..]);
    let digits = digits.trim_end_matches(':');
    let good = DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    good.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<u32> {
        read(text).and_then(|error| error.codes.first().copied())
    }

    #[test]
    fn numbers_are_found_however_they_are_written() {
        for text in [
            "AADSTS65001",
            "aadsts65001",
            "65001",
            " 65001\n",
            "AADSTS65001: not consented",
            "Sorry, but we're having trouble. AADSTS65001: The user. Trace ID: 4c8a Correlation ID: 0d1f",
            r#"{"error":"invalid_grant","error_codes":[65001]}"#,
            r#"curl says: {"error":"invalid_grant","error_description":"AADSTS65001: x"} bye"#,
            "http://localhost:8400/?error=access_denied&error_description=AADSTS65001%3a+declined&state=x",
            "error=access_denied&error_description=AADSTS65001%3a+declined",
        ] {
            assert_eq!(code(text), Some(65_001), "{text}");
        }
    }

    #[test]
    fn words_of_the_standards_are_found() {
        for text in ["invalid_grant", "it said: invalid_grant.", r#"{"error":"invalid_grant"}"#] {
            assert_eq!(read(text).unwrap().error, "invalid_grant", "{text}");
        }
    }

    #[test]
    fn a_text_without_an_error_holds_none() {
        for text in [
            "",
            "hello",
            "12",
            "1234567890",
            "{}",
            "[1]",
            "AADSTS",
            "AADSTSx",
            "it rained 65001 times",
            "{\"error\":\"\"}",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn any_text_is_read_without_panicking() {
        for text in
            ["é".repeat(40_000), "}{".to_owned(), "?error=%ff".to_owned(), "\u{1b}AADSTS\u{202e}1".to_owned()]
        {
            let _ = read(&text);
        }
    }
}
