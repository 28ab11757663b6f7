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

/// A number from 0 to 1, so that programs which failed together do not try again together.
pub fn jitter() -> f64 {
    f64::from(bytes()[0]) / 255.0
}
