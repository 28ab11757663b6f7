//! Secrets as types: one newtype each, redacted in Debug, wiped when dropped, compared in constant time.
//!
//! No secret has `Display` or `Serialize`. The text comes out through [`Secret::expose`] only, and
//! `tests/architecture.rs` lists the files that may call it, each with its reason.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// What every secret newtype can do.
pub trait Secret {
    /// The text itself. Files that call this are listed in `tests/architecture.rs`.
    fn expose(&self) -> &str;

    /// Length in characters, which may be shown.
    fn characters(&self) -> usize {
        self.expose().chars().count()
    }
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Takes ownership of the text; the caller keeps no copy.
            pub fn new(text: impl Into<String>) -> Self {
                Self(SecretString::from(text.into()))
            }
        }

        impl Secret for $name {
            fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
            }
        }

        impl Eq for $name {}
    };
}

secret! {
    /// Credential for one resource, sent as `Authorization: Bearer` (RFC 6749 §1.4).
    AccessToken
}
secret! {
    /// Credential with which new access tokens are obtained (RFC 6749 §1.5).
    RefreshToken
}
secret! {
    /// Who signed in, signed by the platform (OpenID Connect Core §2); whoever has it can pass for proof of a sign-in.
    IdToken
}
secret! {
    /// Password of a confidential client (RFC 6749 §2.3.1): the secret's *value* in the portal, not its ID.
    ClientSecret
}
secret! {
    /// Single-use grant that the browser brings back (RFC 6749 §1.3.1), good for about ten minutes.
    AuthorizationCode
}
secret! {
    /// What a device polls with until the person has answered (RFC 8628 §3.2).
    DeviceCode
}
secret! {
    /// PKCE code verifier, 43 to 128 unreserved characters (RFC 7636 §4.1).
    CodeVerifier
}
secret! {
    /// RSA private key of a client certificate, PEM (PKCS #8 or PKCS #1).
    PrivateKey
}
secret! {
    /// A signed statement by which a client proves itself for some minutes (RFC 7523 §2.2).
    ClientAssertion
}
secret! {
    /// A form on its way to the token endpoint.
    RequestBody
}
secret! {
    /// Text from the clipboard before anybody has looked at it: may hold a code, a secret, anything.
    PastedText
}
secret! {
    /// What a person types to open the vault.
    Passphrase
}
secret! {
    /// A value on its way to the person's clipboard or, for ten seconds, to their eyes.
    RevealedValue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_redacts_the_text() {
        assert_eq!(format!("{:?}", AccessToken::new("TGSECRET")), "AccessToken([redacted])");
    }

    #[test]
    fn equality_compares_the_text() {
        assert_eq!(ClientSecret::new("a"), ClientSecret::new("a"));
        assert_ne!(ClientSecret::new("a"), ClientSecret::new("ab"));
    }
}
