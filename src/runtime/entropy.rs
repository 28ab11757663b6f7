//! The one place that draws randomness for the protocol and for ids. (The vault's keys are drawn by `age` itself.)

use crate::domain::ConnectionId;

/// 32 random bytes of the system.
pub fn bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has randomness once it has booted");
    bytes
}

/// A new id.
pub fn connection_id() -> ConnectionId {
    let text = uuid::Builder::from_random_bytes(guid_bytes()).into_uuid().simple().to_string();
    ConnectionId::parse(&text).expect("hex digits are letters and digits")
}

/// A GUID for `client-request-id`, by which the platform's log finds a request.
pub fn request_guid() -> String {
    uuid::Builder::from_random_bytes(guid_bytes()).into_uuid().hyphenated().to_string()
}

fn guid_bytes() -> [u8; 16] {
    let mut random = [0; 16];
    random.copy_from_slice(&bytes()[..16]);
    random
}

/// A few characters that make a file name nobody else's.
pub fn file_suffix() -> String {
    connection_id().as_str()[..8].to_owned()
}

/// Small letters and digits that nobody takes for one another, in print or by ear.
const SHORT_CODE_LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// Eight characters that a person can type: 39 bits, good for something that is asked for a few times only.
pub fn short_code() -> String {
    // Bytes beyond the last whole multiple would favour the first letters.
    let fair = 256 / SHORT_CODE_LETTERS.len() * SHORT_CODE_LETTERS.len();
    let mut code = String::with_capacity(8);
    while code.len() < 8 {
        let drawn = bytes().into_iter().map(usize::from).filter(|byte| *byte < fair);
        let letters = drawn.map(|byte| char::from(SHORT_CODE_LETTERS[byte % SHORT_CODE_LETTERS.len()]));
        code.extend(letters.take(8 - code.len()));
    }
    code
}

/// A number from 0 to 1, so that programs which failed together do not try again together.
pub fn jitter() -> f64 {
    f64::from(bytes()[0]) / 255.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_codes_have_eight_letters_without_look_alikes() {
        for _ in 0..200 {
            let code = short_code();
            assert_eq!(code.len(), 8);
            assert!(!code.contains(|c: char| "il1o0".contains(c) || !c.is_ascii_alphanumeric()), "{code}");
        }
        assert_ne!(short_code(), short_code());
    }
}
