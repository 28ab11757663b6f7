//! The forms in which programs take one access token: a header, a line of curl's configuration, SASL XOAUTH2.
//!
//! A token is printable ASCII without blanks, as the reader of the answers has checked.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The field of an HTTP request (RFC 6750 §2.1).
pub fn header(token: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("Authorization: Bearer {token}"))
}

/// A line for `curl --config`. Within the double quotes that it needs, curl takes a backslash for the beginning of an
/// escape.
pub fn curl_config(token: &str) -> Zeroizing<String> {
    let header = header(token);
    let mut line = Zeroizing::new(String::with_capacity(2 * header.len() + 16));
    line.push_str("header = \"");
    for character in header.chars() {
        if matches!(character, '"' | '\\') {
            line.push('\\');
        }
        line.push(character);
    }
    line.push('"');
    line
}

/// The initial response of SASL XOAUTH2, as it goes over the wire of IMAP, POP and SMTP: base64 on one line.
pub fn sasl_xoauth2(user: &str, token: &str) -> Zeroizing<String> {
    let response = Zeroizing::new(format!("user={user}\x01auth=Bearer {token}\x01\x01"));
    Zeroizing::new(STANDARD.encode(response.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sasl_xoauth2_is_the_documented_example() {
        // Made with coreutils' base64 of the same bytes.
        assert_eq!(
            sasl_xoauth2("ops@contoso.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg").as_str(),
            "dXNlcj1vcHNAY29udG9zby5jb20BYXV0aD1CZWFyZXIgeWEyOS52RjlkZnQ0cW1UYzJOdmIzUmxja0JoZEhSaGRtbHpkR0V1WTI5dENn\
             AQE="
        );
        let long = sasl_xoauth2("ops@contoso.com", &"x".repeat(4000));
        assert!(!long.contains(['\n', '\r', ' ']));
    }

    #[test]
    fn curl_reads_the_header_back() {
        assert_eq!(curl_config("eyJ0.a-b_c").as_str(), r#"header = "Authorization: Bearer eyJ0.a-b_c""#);
        assert_eq!(curl_config(r#"a"b\c"#).as_str(), r#"header = "Authorization: Bearer a\"b\\c""#);
    }
}
