//! Transactions that change records without spending a grant: make, edit, rename, remove, begin a sign-in.

use crate::app::{CredentialEdit, Edit, Failure, NewConnection};
use crate::domain::attempt::WRONG_PASTES_ALLOWED;
use crate::domain::{
    AppRegistration, Attempt, ClientCredential, CodeAttempt, Connection, ConnectionId, HandOver, Overview,
    RedirectUri, Renewal, RenewalKind, RenewalOutcome, SecretCredential, Settings, Trouble, WayIn,
};
use crate::oauth::authorization_request::authorization_request;
use crate::oauth::pkce;
use crate::vault::{PATIENCE, VaultError};

use super::entropy;
use super::services::{Services, failure};

/// Why a record was not changed.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordError {
    /// The vault did not allow it.
    Vault(VaultError),
    /// The client ID is known already, of another authority.
    OtherAuthority {
        /// The authority that is known.
        known: String,
    },
    /// The registration is not known here, and no credential was given.
    NoCredential,
}

impl RecordError {
    /// In two lines.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Vault(error) => failure(error),
            Self::OtherAuthority { known } => Failure::new(
                format!("This client ID is known here already, registered at {known}."),
                "Check client ID and cloud; a registration belongs to one cloud.",
            ),
            Self::NoCredential => Failure::new(
                "The record of the app registration is missing.",
                "Enter client ID and secret as those of a new registration.",
            ),
        }
    }
}

impl From<VaultError> for RecordError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

/// Makes a connection, and its app registration where that is new.
pub fn create(services: &Services, new: &NewConnection) -> Result<Overview, RecordError> {
    check_registration(services, &new.settings, &new.credential, None)?;
    let mut connection = Connection::new(entropy::connection_id(), new.name.clone(), new.settings.clone());
    connection.generation = 1;
    services.vault.create_connection(&connection)?;
    // Last, so that a name that is taken changes no secret.
    apply_credential(services, &new.settings, &new.credential)?;
    Ok(services.overview(&connection))
}

/// Changes a connection under its lock, merged into what is on disk.
pub fn change(services: &Services, id: &ConnectionId, edit: &Edit) -> Result<Overview, RecordError> {
    let mut locked = services.vault.lock_connection(id, PATIENCE)?;
    if let Edit::Form(form) = edit {
        // The connection's lock and name first, so that a secret is changed only together with the rest.
        check_registration(services, &form.settings, &form.credential, Some(id))?;
        locked = locked.rename(form.name.clone(), PATIENCE)?;
        apply_credential(services, &form.settings, &form.credential)?;
    }
    let mut connection = locked.read()?;
    apply(&mut connection, edit, services);
    locked.save(&mut connection)?;
    Ok(services.overview(&connection))
}

/// Removes a connection. Its app registration stays: other connections may use it, and a secret goes by hand only.
pub fn remove(services: &Services, id: &ConnectionId) -> Result<(), VaultError> {
    services.vault.lock_connection(id, PATIENCE)?.remove()
}

/// Begins a sign-in with a browser: fresh state and verifier, kept in the record. One that is still open is replaced.
/// `redirect_uri` is sent in place of the connection's own, which differs from it by the port at most.
pub fn begin_attempt(
    services: &Services,
    id: &ConnectionId,
    redirect_uri: Option<RedirectUri>,
) -> Result<Overview, RecordError> {
    let mut locked = services.vault.lock_connection(id, PATIENCE)?;
    let mut connection = locked.read()?;
    connection.attempt = Some(Attempt::Code(code_attempt(&connection.settings, redirect_uri, services)));
    locked.save(&mut connection)?;
    Ok(services.overview(&connection))
}

fn code_attempt(settings: &Settings, redirect_uri: Option<RedirectUri>, services: &Services) -> CodeAttempt {
    let state = pkce::state(&entropy::bytes());
    let code_verifier = pkce::code_verifier(&entropy::bytes());
    let redirect_uri = redirect_uri.unwrap_or_else(|| settings.redirect_uri.clone());
    CodeAttempt {
        authorization_request: authorization_request(settings, &redirect_uri, &state, &code_verifier),
        state,
        code_verifier,
        redirect_uri,
        started_at: services.clock.now(),
        wrong_pastes: 0,
    }
}

fn apply(connection: &mut Connection, edit: &Edit, services: &Services) {
    match edit {
        Edit::Form(form) => {
            // What was sent no longer fits: an answer to it could not be redeemed.
            if form.settings.changes_sign_in(&connection.settings) {
                connection.attempt = None;
            }
            if form.settings.disowns_tokens_of(&connection.settings) {
                // Tokens of one registration mean nothing to another, and must not be sent to it.
                connection.tokens = None;
            }
            // The cause may be mended: the next renewal tells.
            connection.trouble = None;
            connection.settings = form.settings.clone();
        }
        Edit::WayIn(way_in) => {
            // A code that waits on another device belongs to the way in that was left.
            if *way_in != WayIn::DeviceCode && connection.device_attempt().is_some() {
                connection.attempt = None;
            }
            connection.settings.way_in = *way_in;
        }
        Edit::AddScope(scope) => {
            if connection.settings.scopes.insert(scope.clone()) {
                connection.attempt = None;
            }
        }
        Edit::RemoveScope(scope) => {
            if connection.settings.scopes.remove(scope) {
                connection.attempt = None;
            }
        }
        Edit::WrongPaste => note_wrong_paste(connection),
        Edit::AttemptRefused(trouble) => note_refusal(connection, trouble),
        Edit::AbandonAttempt => connection.attempt = None,
        Edit::HandedOver { consumer, refresh_token } => connection.note_hand_over(HandOver {
            at: services.clock.now(),
            consumer: *consumer,
            refresh_token: refresh_token.clone(),
        }),
    }
}

fn note_wrong_paste(connection: &mut Connection) {
    if let Some(attempt) = connection.attempt.as_mut().and_then(Attempt::code_mut) {
        attempt.wrong_pastes = (attempt.wrong_pastes + 1).min(WRONG_PASTES_ALLOWED);
    }
}

/// The sign-in was refused. What is held still works, so it only becomes the connection's trouble where nothing is.
fn note_refusal(connection: &mut Connection, trouble: &Trouble) {
    connection.attempt = None;
    connection.note_renewal(Renewal {
        at: trouble.at,
        kind: RenewalKind::SignIn,
        outcome: RenewalOutcome::Failed(trouble.what_happened.clone()),
    });
    let works = connection.tokens.is_some() && connection.trouble.is_none();
    if !works {
        connection.trouble = Some(trouble.clone());
    }
}

/// Makes or changes the app registration as the form says.
fn apply_credential(
    services: &Services,
    settings: &Settings,
    edit: &CredentialEdit,
) -> Result<(), RecordError> {
    let mut locked = services.vault.lock_app(&settings.client_id, PATIENCE)?;
    let held = locked.read()?;
    let moves = held.as_ref().is_some_and(|held| held.authority != settings.authority);
    let credential = match (credential(services, held.as_ref(), edit)?, &held) {
        (Some(credential), _) => credential,
        (None, Some(held)) if moves => held.credential.clone(),
        (None, _) => return Ok(()),
    };
    let mut app = AppRegistration {
        client_id: settings.client_id,
        authority: settings.authority.clone(),
        generation: held.map_or(0, |held| held.generation),
        credential,
    };
    Ok(locked.save(&mut app)?)
}

/// Refuses what cannot be saved, before anything is: a registration of another cloud that other connections use, a
/// credential to be kept where there is none.
fn check_registration(
    services: &Services,
    settings: &Settings,
    edit: &CredentialEdit,
    own: Option<&ConnectionId>,
) -> Result<(), RecordError> {
    let held = services.vault.app_registration(&settings.client_id)?;
    credential(services, held.as_ref(), edit)?;
    let Some(held) = held.filter(|held| held.authority != settings.authority) else { return Ok(()) };
    let connections = services.vault.listing()?.connections;
    let mut users = connections.iter().filter(|other| other.settings.client_id == held.client_id);
    // A connection that is the only one takes its registration along.
    if users.any(|user| Some(&user.id) != own) {
        return Err(RecordError::OtherAuthority { known: held.authority.host().to_owned() });
    }
    Ok(())
}

/// The credential to be saved; `None` leaves the record as it is.
fn credential(
    services: &Services,
    held: Option<&AppRegistration>,
    edit: &CredentialEdit,
) -> Result<Option<ClientCredential>, RecordError> {
    let entered_at = services.clock.now();
    Ok(match (edit, held.map(|held| &held.credential)) {
        (CredentialEdit::Keep, None) => return Err(RecordError::NoCredential),
        (CredentialEdit::Keep, Some(_)) => None,
        // Only a person's own word removes a secret, and a form for a registration that is new here says nothing of one.
        (CredentialEdit::Public, Some(_)) => None,
        (CredentialEdit::Public, None) => Some(ClientCredential::Public),
        (CredentialEdit::Secret { value, ends_on }, _) => Some(ClientCredential::Secret(SecretCredential {
            value: value.clone(),
            ends_on: *ends_on,
            entered_at,
        })),
        (CredentialEdit::EndsOn(ends_on), Some(ClientCredential::Secret(secret))) => {
            Some(ClientCredential::Secret(SecretCredential { ends_on: *ends_on, ..secret.clone() }))
        }
        (CredentialEdit::EndsOn(_), _) => None,
    })
}
