//! What is looked for: every secret as it is, encoded, and its beginning.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// So much of a secret is as good as all of it.
const BEGINNING: usize = 12;

/// The planted secrets in every form in which they could be told.
#[derive(Default)]
pub struct Needles {
    /// Beginnings that are planted.
    planted: HashSet<String>,
    /// Who is told, and by what.
    forms: Vec<(String, String)>,
}

impl Needles {
    pub fn of<N: Into<String>, S: AsRef<str>>(secrets: impl IntoIterator<Item = (N, S)>) -> Self {
        let mut needles = Self::default();
        for (name, secret) in secrets {
            needles.plant(&name.into(), secret.as_ref());
        }
        needles
    }

    /// A secret, under the name by which a find is told.
    pub fn plant(&mut self, name: &str, secret: &str) {
        assert!(secret.len() >= BEGINNING, "{name} is too short to be looked for");
        let beginning: String = secret.chars().take(BEGINNING).collect();
        if !self.planted.insert(beginning.clone()) {
            return;
        }
        let encoded: String = url::form_urlencoded::byte_serialize(beginning.as_bytes()).collect();
        for form in [beginning.clone(), encoded].into_iter().chain(in_base64(&beginning)) {
            self.forms.push((name.to_owned(), form));
        }
    }

    /// The names of those that stand in it.
    pub fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let text = String::from_utf8_lossy(bytes);
        let stands = |(_, form): &&(String, String)| text.contains(form.as_str());
        let mut found: Vec<&str> = self.forms.iter().filter(stands).map(|(name, _)| name.as_str()).collect();
        found.dedup();
        found
    }
}

/// Wherever it begins in what is encoded; the characters at the ends depend on the neighbours and are left out.
fn in_base64(secret: &str) -> Vec<String> {
    let at = |skipped: usize| {
        let bytes = [&vec![0; skipped][..], secret.as_bytes()].concat();
        let whole = bytes.len() / 3 * 3;
        let first = (skipped * 8).div_ceil(6);
        [STANDARD_NO_PAD.encode(&bytes[..whole]), URL_SAFE_NO_PAD.encode(&bytes[..whole])]
            .map(|text| text[first..].to_owned())
    };
    (0..3).flat_map(at).collect()
}

#[test]
fn every_form_is_found() {
    let needles = Needles::of([("secret", "x8Q~once/only+16-more-of-it")]);
    let basic = STANDARD_NO_PAD.encode("client:x8Q~once/only+16-more-of-it");
    for text in ["x8Q~once/only+16-more", "x8Q%7Eonce%2Fonly%2B1", &basic, "a x8Q~once/on"] {
        assert_eq!(needles.found_in(text.as_bytes()).is_empty(), text.ends_with("/on"), "{text}");
    }
}
