//! A client secret on its way to the place of another: both are kept until the new one is proven.
//!
//! The platform accepts two secrets of a registration at once. Each connection uses the new one from the moment at which it
//! was proven for it, and the other until then, whichever process renews it, and also if the proving is interrupted.

use std::collections::BTreeSet;

use super::{AppRegistration, ClientCredential, ConnectionId, SecretCredential};

/// A secret that is being proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The new secret.
    pub candidate: SecretCredential,
    /// The connections that have renewed with it.
    pub proven_for: BTreeSet<ConnectionId>,
}

/// Why a replacement cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplacementError {
    /// The registration holds no secret that could be replaced.
    #[error("this app registration holds no client secret")]
    NoSecret,
    /// Just this secret is held.
    #[error("this is the client secret that is held already")]
    SameSecret,
    /// Another new secret is being proven.
    #[error("another new secret is being proven for this app registration")]
    AnotherUnderWay,
    /// None is being proven: it was finished, or given up.
    #[error("no replacement of this client secret is under way")]
    NoneUnderWay,
}

impl ReplacementError {
    /// The second line.
    pub fn what_to_do(self) -> &'static str {
        match self {
            Self::NoSecret => "Enter a secret or a certificate in the form of a connection (e).",
            Self::SameSecret => "Make a new one in the portal and give its value.",
            Self::AnotherUnderWay => "Go on with that one, or go back to the old secret first.",
            Self::NoneUnderWay => "Begin one with a new secret, if it is to be replaced.",
        }
    }
}

impl AppRegistration {
    /// The registration as one connection uses it: with the new secret where that was proven for it.
    #[must_use]
    pub fn used_by(self, connection: &ConnectionId) -> Self {
        match self.replacement {
            Some(own) if own.proven_for.contains(connection) => {
                Self { credential: ClientCredential::Secret(own.candidate), replacement: None, ..self }
            }
            _ => Self { replacement: None, ..self },
        }
    }

    /// Whether this secret may be proven here.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn may_prove(&self, candidate: &SecretCredential) -> Result<(), ReplacementError> {
        let held = self.credential.secret().ok_or(ReplacementError::NoSecret)?;
        match &self.replacement {
            Some(own) if own.candidate.value != candidate.value => Err(ReplacementError::AnotherUnderWay),
            None if held.value == candidate.value => Err(ReplacementError::SameSecret),
            Some(_) | None => Ok(()),
        }
    }

    /// Notes that the connection has renewed with the new secret, which uses it from now on.
    ///
    /// # Errors
    ///
    /// As [`Self::may_prove`].
    pub fn note_proof(
        &mut self,
        candidate: &SecretCredential,
        connection: ConnectionId,
    ) -> Result<(), ReplacementError> {
        self.may_prove(candidate)?;
        let begun = || Replacement { candidate: candidate.clone(), proven_for: BTreeSet::new() };
        self.replacement.get_or_insert_with(begun).proven_for.insert(connection);
        Ok(())
    }

    /// The new secret takes the place of the old one, for all connections.
    ///
    /// # Errors
    ///
    /// [`ReplacementError::NoneUnderWay`].
    pub fn take_new_secret(&mut self) -> Result<(), ReplacementError> {
        let own = self.replacement.take().ok_or(ReplacementError::NoneUnderWay)?;
        self.credential = ClientCredential::Secret(own.candidate);
        Ok(())
    }

    /// The same, if it is the secret that was proven for all of these: another one may have been begun with meanwhile.
    ///
    /// # Errors
    ///
    /// [`ReplacementError::NoneUnderWay`], [`ReplacementError::AnotherUnderWay`].
    pub fn take_proven_secret(&mut self, proven: &BTreeSet<ConnectionId>) -> Result<(), ReplacementError> {
        let own = self.replacement.as_ref().ok_or(ReplacementError::NoneUnderWay)?;
        if !proven.is_subset(&own.proven_for) {
            return Err(ReplacementError::AnotherUnderWay);
        }
        self.take_new_secret()
    }

    /// True if this secret is the one of all connections by now.
    pub fn has_taken(&self, candidate: &SecretCredential) -> bool {
        self.replacement.is_none()
            && self.credential.secret().is_some_and(|held| held.value == candidate.value)
    }

    /// All connections use the old secret again, and the new one is forgotten.
    ///
    /// # Errors
    ///
    /// [`ReplacementError::NoneUnderWay`].
    pub fn go_back_to_old_secret(&mut self) -> Result<(), ReplacementError> {
        self.replacement.take().map(drop).ok_or(ReplacementError::NoneUnderWay)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::secret::ClientSecret;
    use crate::domain::{Authority, ClientId};

    fn secret(value: &str) -> SecretCredential {
        SecretCredential { value: ClientSecret::new(value), ends_on: None, entered_at: DateTime::UNIX_EPOCH }
    }

    fn app() -> AppRegistration {
        AppRegistration {
            client_id: ClientId::parse("5d2f7a10-6b0e-4c7b-9a51-0f3c2f4f8a11").unwrap(),
            authority: Authority::custom("https://login.example.com", None).unwrap(),
            generation: 1,
            credential: ClientCredential::Secret(secret("old")),
            replacement: None,
        }
    }

    fn id(text: &str) -> ConnectionId {
        ConnectionId::parse(text).unwrap()
    }

    fn used_by(app: &AppRegistration, connection: &str) -> SecretCredential {
        app.clone().used_by(&id(connection)).credential.secret().unwrap().clone()
    }

    #[test]
    fn each_connection_uses_the_secret_that_is_proven_for_it() {
        let mut app = app();
        app.note_proof(&secret("new"), id("a")).unwrap();
        assert_eq!(used_by(&app, "a"), secret("new"));
        assert_eq!(used_by(&app, "b"), secret("old"));
        app.take_new_secret().unwrap();
        assert_eq!((used_by(&app, "b"), app.replacement), (secret("new"), None));
    }

    #[test]
    fn going_back_leaves_nothing_of_the_new_secret() {
        let before = app();
        let mut app = before.clone();
        app.note_proof(&secret("new"), id("a")).unwrap();
        app.go_back_to_old_secret().unwrap();
        assert_eq!(app, before);
        assert_eq!(app.go_back_to_old_secret(), Err(ReplacementError::NoneUnderWay));
        assert_eq!(app.take_new_secret(), Err(ReplacementError::NoneUnderWay));
    }

    #[test]
    fn a_third_secret_waits_until_the_second_is_settled() {
        let mut app = app();
        assert_eq!(app.may_prove(&secret("old")), Err(ReplacementError::SameSecret));
        app.note_proof(&secret("new"), id("a")).unwrap();
        assert_eq!(app.note_proof(&secret("third"), id("b")), Err(ReplacementError::AnotherUnderWay));
        app.note_proof(&secret("new"), id("b")).unwrap();
        assert_eq!(used_by(&app, "b"), secret("new"));
    }

    #[test]
    fn a_secret_that_took_the_proven_ones_place_is_not_taken() {
        let mut app = app();
        let proven = BTreeSet::from([id("a"), id("b")]);
        app.note_proof(&secret("new"), id("a")).unwrap();
        app.note_proof(&secret("new"), id("b")).unwrap();
        app.go_back_to_old_secret().unwrap();
        app.note_proof(&secret("third"), id("a")).unwrap();
        assert_eq!(app.take_proven_secret(&proven), Err(ReplacementError::AnotherUnderWay));
        assert_eq!(app.credential, ClientCredential::Secret(secret("old")));
        app.note_proof(&secret("third"), id("b")).unwrap();
        app.take_proven_secret(&proven).unwrap();
        assert_eq!(app.credential, ClientCredential::Secret(secret("third")));
        assert_eq!(app.take_proven_secret(&proven), Err(ReplacementError::NoneUnderWay));
    }

    #[test]
    fn only_a_secret_is_replaced() {
        let app = AppRegistration { credential: ClientCredential::Public, ..app() };
        assert_eq!(app.may_prove(&secret("new")), Err(ReplacementError::NoSecret));
    }
}
