//! PKCE (RFC 7636): a secret made here that only this sign-in can show. S256 always, confidential clients too.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::domain::secret::{CodeVerifier, Secret};

/// A verifier of 43 characters out of 32 random bytes (RFC 7636 §4.1).
pub fn code_verifier(random: &[u8; 32]) -> CodeVerifier {
    CodeVerifier::new(URL_SAFE_NO_PAD.encode(random))
}

/// The `S256` challenge of a verifier (RFC 7636 §4.2).
pub fn code_challenge(verifier: &CodeVerifier) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose().as_bytes()))
}

/// A `state` out of 32 random bytes.
pub fn state(random: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenge_of_rfc_7636_appendix_b() {
        let verifier = CodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(code_challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn verifier_has_43_unreserved_characters() {
        let verifier = code_verifier(&[0xfb; 32]);
        assert_eq!(verifier.characters(), 43);
        assert!(verifier.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)));
    }
}
