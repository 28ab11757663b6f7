//! The simulator's only source of "randomness": splitmix64, started from a seed.
//!
//! Two simulators with one seed and one sequence of requests answer byte for byte alike. Nothing here is fit to
//! keep a secret, and nothing it makes is one outside the simulation.

use uuid::Builder;

/// The 64 characters of base64url, which opaque tokens are written in.
const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A splitmix64 sequence.
#[derive(Debug, Clone)]
pub(super) struct Generator {
    state: u64,
}

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits: a Weyl sequence, mixed twice.
    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let once = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let twice = (once ^ (once >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        twice ^ (twice >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low).saturating_add(1);
        low.saturating_add_unsigned(self.next() % span)
    }

    /// A version 4 GUID, in lower case with hyphens.
    pub(super) fn guid(&mut self) -> String {
        Builder::from_random_bytes(self.bytes()).into_uuid().to_string()
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| (self.next() & 0xFF) as u8)
    }

    /// `length` characters of base64url.
    pub(super) fn opaque(&mut self, length: usize) -> String {
        self.among(BASE64URL, length)
    }

    /// `length` characters of an alphabet.
    pub(super) fn among(&mut self, alphabet: &[u8], length: usize) -> String {
        let size = alphabet.len() as u64;
        (0..length).map(|_| char::from(alphabet[(self.next() % size) as usize])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_splitmix64() {
        // First outputs for seed 1234567, as published with the algorithm's reference implementations.
        let mut generator = Generator::new(1_234_567);
        assert_eq!(generator.next(), 6_457_827_717_110_365_317);
        assert_eq!(generator.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn numbers_stay_between_their_bounds() {
        let mut generator = Generator::new(7);
        assert!((0..1_000).map(|_| generator.between(3600, 5400)).all(|n| (3600..=5400).contains(&n)));
        assert_eq!(generator.between(60, 60), 60);
    }

    #[test]
    fn guids_have_their_shape() {
        let guid = Generator::new(1).guid();
        assert_eq!(guid.len(), 36);
        assert_eq!(guid.as_bytes()[14], b'4');
    }
}
