//! The app registration behind a form: its credential is checked before anything is saved, then made or changed.

use chrono::NaiveDate;

use crate::app::CredentialEdit;
use crate::domain::{
    AppRegistration, ClientCredential, ConnectionId, Replacement, SecretCredential, Settings, settings_rules,
};
use crate::vault::PATIENCE;

use super::certificate_files;
use super::records::RecordError;
use super::services::Services;

/// What becomes of a credential, with what its files held.
pub(super) enum Entered {
    /// As it is.
    Keep,
    /// No secret, where there is no record yet.
    Public,
    /// The secret stays, its end date changes.
    EndsOn(Option<NaiveDate>),
    /// This one from now on.
    New(ClientCredential),
}

fn entered(services: &Services, edit: &CredentialEdit) -> Result<Entered, RecordError> {
    let now = services.clock.now();
    Ok(match edit {
        CredentialEdit::Keep => Entered::Keep,
        CredentialEdit::Public => Entered::Public,
        CredentialEdit::EndsOn(ends_on) => Entered::EndsOn(*ends_on),
        CredentialEdit::Remove => Entered::New(ClientCredential::Public),
        CredentialEdit::Secret { value, ends_on } => {
            let secret = SecretCredential { value: value.clone(), ends_on: *ends_on, entered_at: now };
            Entered::New(ClientCredential::Secret(secret))
        }
        CredentialEdit::CertificateFiles { certificate, key } => {
            let read = certificate_files::read(certificate, key.as_deref(), now);
            Entered::New(ClientCredential::Certificate(read.map_err(RecordError::Certificate)?))
        }
    })
}

/// Makes or changes the app registration as the form says.
pub(super) fn apply_credential(
    services: &Services,
    settings: &Settings,
    entered: &Entered,
    own: Option<&ConnectionId>,
) -> Result<(), RecordError> {
    let mut locked = services.vault.lock_app(&settings.client_id, PATIENCE)?;
    let held = locked.read()?;
    let replacement = replacement(held.as_ref(), entered, own);
    // The date that was changed may be that of the new secret: the old one keeps its own.
    let dates_new = matches!(entered, Entered::EndsOn(_))
        && uses_new(held.as_ref().and_then(|held| held.replacement.as_ref()), own);
    let moves = held.as_ref().is_some_and(|held| held.authority != settings.authority);
    let credential = match (credential(held.as_ref(), entered)?, &held) {
        (_, Some(held)) if dates_new => held.credential.clone(),
        (Some(credential), _) => credential,
        (None, Some(held)) if moves => held.credential.clone(),
        (None, _) => return Ok(()),
    };
    let mut app = AppRegistration {
        client_id: settings.client_id,
        authority: settings.authority.clone(),
        generation: held.map_or(0, |held| held.generation),
        credential,
        replacement,
    };
    Ok(locked.save(&mut app)?)
}

/// True if the connection uses the new secret of a registration already.
fn uses_new(replacement: Option<&Replacement>, own: Option<&ConnectionId>) -> bool {
    replacement.zip(own).is_some_and(|(replacement, own)| replacement.proven_for.contains(own))
}

/// What becomes of a new secret that is being proven. One that is entered in a form is for all connections, the person's
/// own word; an end date is that of the secret which the connection uses.
fn replacement(
    held: Option<&AppRegistration>,
    entered: &Entered,
    own: Option<&ConnectionId>,
) -> Option<Replacement> {
    let mut replacement = held?.replacement.clone()?;
    match entered {
        Entered::New(_) => None,
        Entered::EndsOn(ends_on) if uses_new(Some(&replacement), own) => {
            replacement.candidate.ends_on = *ends_on;
            Some(replacement)
        }
        Entered::EndsOn(_) | Entered::Keep | Entered::Public => Some(replacement),
    }
}

/// Refuses what cannot be saved, before anything is: settings that cannot work together, files that hold no credential,
/// a registration of another cloud that other connections use, a credential to be kept where there is none.
pub(super) fn check_registration(
    services: &Services,
    settings: &Settings,
    edit: &CredentialEdit,
    own: Option<&ConnectionId>,
) -> Result<Entered, RecordError> {
    let held = services.vault.app_registration(&settings.client_id)?;
    let entered = entered(services, edit)?;
    let becomes = credential(held.as_ref(), &entered)?;
    let becomes = becomes.as_ref().or(held.as_ref().map(|held| &held.credential));
    settings_rules::check(settings, becomes.map(ClientCredential::kind))?;
    let Some(held) = held.filter(|held| held.authority != settings.authority) else { return Ok(entered) };
    let connections = services.vault.listing()?.connections;
    let mut users = connections.iter().filter(|other| other.settings.client_id == held.client_id);
    // A connection that is the only one takes its registration along.
    if users.any(|user| Some(&user.id) != own) {
        return Err(RecordError::OtherAuthority { known: held.authority.host().to_owned() });
    }
    // What one login service was to be told is not told to another without a word.
    let is_kept = matches!(entered, Entered::Keep | Entered::EndsOn(_)) && held.credential.is_confidential();
    if is_kept && held.authority.login.origin() != settings.authority.login.origin() {
        return Err(RecordError::CredentialOfOtherAuthority { known: held.authority.host().to_owned() });
    }
    Ok(entered)
}

/// The credential to be saved; `None` leaves the record as it is.
fn credential(
    held: Option<&AppRegistration>,
    entered: &Entered,
) -> Result<Option<ClientCredential>, RecordError> {
    Ok(match (entered, held.map(|held| &held.credential)) {
        (Entered::Keep, None) => return Err(RecordError::NoCredential),
        (Entered::Keep, Some(_)) => None,
        // Only a person's own word removes a secret, and a form for a registration that is new here says nothing of one.
        (Entered::Public, Some(_)) => None,
        (Entered::Public, None) => Some(ClientCredential::Public),
        (Entered::New(credential), _) => Some(credential.clone()),
        (Entered::EndsOn(ends_on), Some(ClientCredential::Secret(secret))) => {
            Some(ClientCredential::Secret(SecretCredential { ends_on: *ends_on, ..secret.clone() }))
        }
        (Entered::EndsOn(_), _) => None,
    })
}
