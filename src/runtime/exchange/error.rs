//! Why an exchange stored nothing.

use crate::app::Failure;
use crate::domain::{ReplacementError, Trouble};
use crate::oauth::certificate::CertificateError;
use crate::runtime::services::failure;
use crate::vault::VaultError;

use super::NotSaved;

/// Why nothing was stored.
#[derive(Debug, Clone, PartialEq)]
pub enum ExchangeError {
    /// The vault did not allow it; no request was sent.
    Vault(VaultError),
    /// The sign-in is over: too old, or too many pastes were refused.
    AttemptOver,
    /// There is nothing to renew with.
    NothingToRenew,
    /// The app registration's record is missing.
    NoAppRegistration,
    /// The key of the certificate cannot sign.
    UnusableKey(CertificateError),
    /// Somebody else signed in than the connection expects. Both as printable text.
    WrongUser {
        /// Who signed in.
        signed_in: String,
        /// Who was expected.
        expected: String,
    },
    /// A new sign-in was refused. What was held before still renews, so it is not the connection's trouble.
    SignInRefused(Box<Trouble>),
    /// The platform does not know the client by the new secret that was to be proven. Nothing was changed.
    SecretRefused(Box<Trouble>),
    /// A renewal that was to prove a new secret came to something else, which stands in the record.
    NotProven(Box<Trouble>),
    /// The connection renews as a public client, which sends no secret.
    SendsNoSecret,
    /// The new secret cannot be proven here.
    Replacement(ReplacementError),
    /// The answer came, and could not be saved.
    NotSaved(Box<NotSaved>),
    /// The program was told to end before anything was sent.
    Stopped,
}

impl ExchangeError {
    /// True if an answer came that is not in the vault: whatever else is told, this is.
    pub fn is_not_saved(&self) -> bool {
        matches!(self, Self::NotSaved(_))
    }

    /// In two lines.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Vault(error) => failure(error),
            Self::AttemptOver => Failure::new(
                "This sign-in is over: fifteen minutes have passed, or five pastes were refused.",
                "Begin a new one (a) and use its address.",
            ),
            Self::NothingToRenew => Failure::new(
                "There is no refresh token to renew with.",
                "Sign in (a); offline_access must be granted.",
            ),
            Self::NoAppRegistration => Failure::new(
                "The record of the app registration is missing.",
                "Enter client ID and secret again (e).",
            ),
            Self::UnusableKey(error) => Failure::new(
                format!("The client assertion could not be signed: {error}."),
                "Enter certificate and key again (e).",
            ),
            Self::WrongUser { signed_in, expected } => Failure::new(
                format!("You signed in as {signed_in}; this connection expects {expected}. Nothing saved."),
                "Sign in again (a) with the right account; a private browser window asks which one.",
            ),
            Self::SignInRefused(trouble) | Self::SecretRefused(trouble) | Self::NotProven(trouble) => {
                Failure::new(trouble.what_happened.clone(), trouble.what_to_do.clone())
            }
            Self::SendsNoSecret => Failure::new(
                "This connection renews as a public client, which sends no secret.",
                "Nothing to do: it takes the new secret with the others.",
            ),
            Self::Replacement(error) => Failure::of_error(error, error.what_to_do()),
            Self::NotSaved(not_saved) => not_saved.failure(),
            Self::Stopped => {
                Failure::new("Stopped before anything was sent.", "Nothing is lost; do it again.")
            }
        }
    }
}

impl From<ReplacementError> for ExchangeError {
    fn from(error: ReplacementError) -> Self {
        Self::Replacement(error)
    }
}

impl From<VaultError> for ExchangeError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}
