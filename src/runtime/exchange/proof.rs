//! Proving a new client secret: one real renewal with it, and the note that it has worked for this connection.
//!
//! The tokens are saved first, like those of any renewal; the note follows. A process that ends between the two has lost
//! nothing: both secrets are good, and the connection goes on with the one that it had.

use crate::domain::{
    Audience, ConnectionId, Event, EventKind, Overview, Proof, ReplacementError, SecretCredential, Unproven,
};
use crate::runtime::blocking::blocking;
use crate::runtime::services::Services;
use crate::vault::{ErrorKind, PATIENCE, VaultError};

use super::{ExchangeError, Grant, Ready, spend};

/// Which secret is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewSecret {
    /// One that was given just now.
    Given(SecretCredential),
    /// The one that the registration's record holds beside the old one.
    Held,
}

/// Renews the connection with the new secret, and lets it use that from then on if it worked. A refusal of the secret
/// leaves the record of the connection as it was, byte for byte; any other refusal is taken into it as always.
///
/// # Errors
///
/// What stands in the way of all of the registration's connections.
pub async fn prove_secret(
    services: &Services,
    id: &ConnectionId,
    secret: &NewSecret,
) -> Result<Proof, ExchangeError> {
    let read = {
        let (own, id, secret) = (services.clone(), id.clone(), secret.clone());
        blocking(move || candidate(&own, &id, &secret)).await
    };
    let (overview, candidate) = match read {
        Ok(read) => read,
        Err(error) => return unproven(error),
    };
    let (audience, secret) = (audience_of_proof(&overview), candidate.secret.clone());
    let spent = Box::pin(spend(services, id, Grant::Proof { audience, secret })).await;
    let proof = match spent {
        Ok(_) => Proof::Proven,
        Err(error) => unproven(error)?,
    };
    let (own, id) = (services.clone(), id.clone());
    blocking(move || note(&own, (&id, &overview), &candidate, proof)).await.or_else(unproven)
}

/// The resource that the renewal is for: one that renews, since a refusal for another says nothing of the secret.
fn audience_of_proof(overview: &Overview) -> Audience {
    let all = overview.audiences_to_renew();
    let renews = all.iter().position(|audience| overview.lack_of(audience).is_none());
    let chosen = all.into_iter().nth(renews.unwrap_or(0));
    chosen.unwrap_or_else(|| overview.settings.primary_audience())
}

/// The secret that is proven, and the registration's record from which that began.
struct Candidate {
    secret: SecretCredential,
    generation: u64,
}

/// The secret that is meant, if it may be proven.
fn candidate(
    services: &Services,
    id: &ConnectionId,
    secret: &NewSecret,
) -> Result<(Overview, Candidate), ExchangeError> {
    let connection = services.vault.connection_by_id(id)?;
    let app = services
        .vault
        .app_registration(&connection.settings.client_id)?
        .ok_or(ExchangeError::NoAppRegistration)?;
    let secret = match (secret, app.replacement.as_ref()) {
        (NewSecret::Given(given), _) => given.clone(),
        (NewSecret::Held, Some(own)) => own.candidate.clone(),
        (NewSecret::Held, None) => return Err(ReplacementError::NoneUnderWay.into()),
    };
    app.may_prove(&secret)?;
    Ok((services.overview(&connection), Candidate { secret, generation: app.generation }))
}

/// What a failed renewal says of the secret.
fn unproven(error: ExchangeError) -> Result<Proof, ExchangeError> {
    Ok(match error {
        ExchangeError::SecretRefused(trouble) => Proof::Refused(trouble.what_happened),
        ExchangeError::NotProven(trouble) => Proof::Unproven(Unproven::of_trouble(&trouble)),
        ExchangeError::SendsNoSecret => Proof::Unproven(Unproven::SendsNoSecret),
        ExchangeError::NothingToRenew => {
            Proof::Unproven(Unproven::NeedsPerson("it holds no refresh token".to_owned()))
        }
        ExchangeError::WrongUser { .. } => {
            Proof::Unproven(Unproven::NeedsPerson(error.failure().what_happened))
        }
        ExchangeError::Vault(error) => Proof::Unproven(of_vault(&error)),
        error => return Err(error),
    })
}

fn of_vault(error: &VaultError) -> Unproven {
    match error.kind() {
        ErrorKind::Refused | ErrorKind::Damaged | ErrorKind::NotFound => {
            Unproven::NeedsPerson(error.to_string())
        }
        _ => Unproven::Hindered(error.to_string()),
    }
}

/// Keeps what the proof came to: with the registration if it worked, else in the activity alone.
fn note(
    services: &Services,
    (id, overview): (&ConnectionId, &Overview),
    candidate: &Candidate,
    proof: Proof,
) -> Result<Proof, ExchangeError> {
    match &proof {
        Proof::Proven => note_proven(services, (id, overview), candidate)?,
        Proof::Refused(what_happened) => services.note_event(&Event {
            at: services.clock.now(),
            kind: EventKind::Failed,
            connection: Some(overview.name.clone()),
            what_happened: format!("new client secret refused: {what_happened}"),
            what_to_do: None,
        }),
        Proof::Unproven(_) => {}
    }
    Ok(proof)
}

fn note_proven(
    services: &Services,
    (id, overview): (&ConnectionId, &Overview),
    candidate: &Candidate,
) -> Result<(), ExchangeError> {
    let mut locked = services.vault.lock_app(&overview.settings.client_id, PATIENCE)?;
    let mut app = locked.read()?.ok_or(ExchangeError::NoAppRegistration)?;
    // Taken for all meanwhile, by another process that saw the last proof: there is nothing left to note.
    if app.has_taken(&candidate.secret) {
        return Ok(());
    }
    // Given up meanwhile, also where it was begun only after this had set out: what a person has ended does not begin anew
    // by itself. The record's generation tells that from a replacement which nobody has begun yet.
    if app.replacement.is_none() && app.generation != candidate.generation {
        return Err(ReplacementError::NoneUnderWay.into());
    }
    app.note_proof(&candidate.secret, id.clone())?;
    Ok(locked.save(&mut app)?)
}

impl Ready {
    /// What stands in the way of a renewal that was to prove a secret, as the record has it now.
    pub(super) fn not_proven(&self) -> Option<ExchangeError> {
        let trouble = self.overview().foremost_trouble().cloned()?;
        Some(ExchangeError::NotProven(Box::new(trouble)))
    }
}
