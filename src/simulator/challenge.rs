//! The proof of possession that ties a code to the client that asked for it (RFC 7636).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::error::PlatformError;
use super::parameters::Parameters;

/// PKCE code challenge (RFC 7636 §4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    Plain(String),
    S256(String),
}

impl Challenge {
    /// Reads the parameters of an authorization request. Without a method the challenge is plain.
    pub(super) fn read(parameters: &Parameters) -> Result<Option<Self>, PlatformError> {
        let Some(challenge) = parameters.get("code_challenge") else { return Ok(None) };
        match parameters.get("code_challenge_method") {
            Some("S256") if challenge.len() == 43 => Ok(Some(Self::S256(challenge.to_owned()))),
            None | Some("plain") if (43..=128).contains(&challenge.len()) => {
                Ok(Some(Self::Plain(challenge.to_owned())))
            }
            _ => Err(PlatformError::new(501_491)),
        }
    }

    pub(super) fn is_met_by(&self, verifier: &str) -> bool {
        match self {
            Self::Plain(challenge) => verifier == challenge,
            Self::S256(challenge) => {
                URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) == *challenge
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pkce_vector_of_rfc_7636_is_met() {
        let challenge = Challenge::S256("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into());
        assert!(challenge.is_met_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(!challenge.is_met_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"));
    }
}
