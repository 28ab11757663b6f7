//! Transactions that change records without spending a grant: make, edit, rename, remove, begin a sign-in.

use crate::app::{Edit, Failure, NewConnection};
use crate::domain::attempt::WRONG_PASTES_ALLOWED;
use crate::domain::{
    AdminConsent, AdminConsentRequest, Attempt, CodeAttempt, Connection, ConnectionId, ConnectionName, Event,
    EventKind, Overview, RedirectUri, Renewal, RenewalKind, RenewalOutcome, SettingsFault, Tokens, Trouble,
    TroubleKind, WayIn, settings_rules,
};
use crate::oauth::admin_consent::{NoAdministrator, admin_consent_request};
use crate::oauth::authorization_request::authorization_request;
use crate::oauth::pkce;
use crate::vault::{PATIENCE, VaultError};

use super::certificate_files::CertificateFileError;
use super::registration::{apply_credential, check_registration};
use super::services::{Services, failure};
use super::{entropy, record_event};

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
    /// Secret or certificate were entered for another login service, and would be sent to this one.
    CredentialOfOtherAuthority {
        /// The login service that they were entered for.
        known: String,
    },
    /// The registration is not known here, and no credential was given.
    NoCredential,
    /// Nobody could consent for this tenant.
    NoAdministrator,
    /// The settings cannot work together.
    Settings(SettingsFault),
    /// Certificate or key could not be taken from their files.
    Certificate(CertificateFileError),
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
            Self::CredentialOfOtherAuthority { known } => Failure::new(
                format!(
                    "The client credential was entered for {known}; it is not sent to another login service."
                ),
                "Enter the secret or certificate again together with the new address.",
            ),
            Self::NoAdministrator => Failure::new(
                "Personal accounts have no administrator who could consent.",
                "Sign in (a): the person accepts the permissions.",
            ),
            Self::NoCredential => Failure::new(
                "The record of the app registration is missing.",
                "Enter client ID and secret as those of a new registration.",
            ),
            Self::Settings(fault) => Failure::of_error(fault, fault.what_to_do()),
            Self::Certificate(error) => error.failure(),
        }
    }
}

impl From<VaultError> for RecordError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<SettingsFault> for RecordError {
    fn from(fault: SettingsFault) -> Self {
        Self::Settings(fault)
    }
}

/// Makes a connection, and its app registration where that is new.
pub fn create(services: &Services, new: &NewConnection) -> Result<Overview, RecordError> {
    import(services, new, None)
}

/// Makes a connection that holds tokens already, which another program got.
pub fn import(
    services: &Services,
    new: &NewConnection,
    tokens: Option<Tokens>,
) -> Result<Overview, RecordError> {
    let entered = check_registration(services, &new.settings, &new.credential, None)?;
    let mut connection = Connection::new(entropy::connection_id(), new.name.clone(), new.settings.clone());
    connection.generation = 1;
    connection.tokens = tokens;
    let reserved = services.vault.reserve_name(&connection.name)?;
    // Between the two, so that a name that is taken changes no secret, and that no connection stands without its
    // registration where this is interrupted: the same command makes the rest.
    apply_credential(services, &new.settings, &entered, None)?;
    reserved.create(&connection)?;
    services.note(EventKind::Added, &connection.name, "added");
    Ok(services.overview(&connection))
}

/// Why many connections were not made, and what could not be taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateAllError {
    /// What went wrong.
    pub error: RecordError,
    /// Those that are there all the same: the vault failed in taking them back too.
    pub left: Vec<ConnectionName>,
}

/// Makes many connections on one app registration: all of them, or none. One that is there with the same name and settings
/// is left as it is; what is told is those that were made.
pub fn create_all(services: &Services, all: &[NewConnection]) -> Result<Vec<Overview>, CreateAllError> {
    let mut made: Vec<Connection> = Vec::new();
    match make_all(services, all, &mut made) {
        Ok(()) => {
            made.iter().for_each(|own| services.note(EventKind::Added, &own.name, "added"));
            Ok(made.iter().map(|connection| services.overview(connection)).collect())
        }
        Err(error) => Err(CreateAllError { error, left: take_back(services, &made) }),
    }
}

fn make_all(
    services: &Services,
    all: &[NewConnection],
    made: &mut Vec<Connection>,
) -> Result<(), RecordError> {
    let mut credential = None;
    for new in all {
        credential =
            Some((&new.settings, check_registration(services, &new.settings, &new.credential, None)?));
    }
    let held = services.vault.listing()?.connections;
    let is_there = |new: &&NewConnection| {
        held.iter().any(|own| own.name.is_same(&new.name) && own.settings == new.settings)
    };
    for new in all.iter().filter(|new| !is_there(new)) {
        let mut connection =
            Connection::new(entropy::connection_id(), new.name.clone(), new.settings.clone());
        connection.generation = 1;
        // Noted first: a record may be there although making it lasting failed.
        made.push(connection.clone());
        services.vault.create_connection(&connection)?;
    }
    match credential {
        Some((settings, entered)) => apply_credential(services, settings, &entered, None),
        None => Ok(()),
    }
}

/// Removes what was made; the names of what is still there.
fn take_back(services: &Services, made: &[Connection]) -> Vec<ConnectionName> {
    let is_gone = |connection: &&Connection| match take_away(services, &connection.id) {
        Ok(_) | Err(VaultError::NoSuchConnection(_)) => false,
        Err(_) => true,
    };
    made.iter().filter(is_gone).map(|connection| connection.name.clone()).collect()
}

/// Changes a connection under its lock, merged into what is on disk.
pub fn change(services: &Services, id: &ConnectionId, edit: &Edit) -> Result<Overview, RecordError> {
    let mut locked = services.vault.lock_connection(id, PATIENCE)?;
    let name_before = locked.name().clone();
    if is_by_hand(edit) {
        locked.check_not_restored(&locked.read()?)?;
    }
    let edit = &match edit {
        Edit::Form(form, shown) => Edit::Form(form.merged(shown, &locked.read()?), shown.clone()),
        edit => edit.clone(),
    };
    if let Edit::Form(form, _) = edit {
        // The connection's lock and name first, so that a secret is changed only together with the rest.
        let entered = check_registration(services, &form.settings, &form.credential, Some(id))?;
        locked = locked.rename(form.name.clone(), PATIENCE)?;
        apply_credential(services, &form.settings, &entered, Some(id))?;
    }
    let mut connection = locked.read()?;
    let before = settings_rules::faults(&connection.settings, None);
    if *edit == Edit::AcceptRestored {
        locked.accept_restored(&mut connection);
    }
    apply(&mut connection, edit, services);
    // A single change is not kept from mending what was wrong before.
    let after = settings_rules::faults(&connection.settings, None);
    if let (Edit::AddScope(_) | Edit::RemoveScope(_) | Edit::SetScopes(_), Some(fault)) =
        (edit, after.into_iter().find(|fault| !before.contains(fault)))
    {
        return Err(fault.into());
    }
    locked.save(&mut connection)?;
    let event = record_event::of_edit(edit, (&connection.name, &name_before), services.clock.now());
    event.iter().for_each(|event| services.note_event(event));
    Ok(services.overview(&connection))
}

/// What a person changes waits until a record that was put back from a backup is accepted, or signed in anew. What is
/// noted of things that have happened, or belongs to a sign-in, does not.
fn is_by_hand(edit: &Edit) -> bool {
    match edit {
        Edit::Form(..) | Edit::AddScope(_) | Edit::RemoveScope(_) | Edit::SetScopes(_) => true,
        Edit::WayIn(_)
        | Edit::AttemptRefused { .. }
        | Edit::AcceptRestored
        | Edit::AdminConsentGiven { .. }
        | Edit::AdminConsentRefused
        | Edit::HandedOver(_)
        | Edit::WrongPaste { .. }
        | Edit::AbandonAttempt { .. }
        | Edit::ForgetHandOver(_) => false,
    }
}

/// Takes a record that was put back from a backup as the newest one. Nothing is changed where it was not.
pub fn accept_restored(services: &Services, id: &ConnectionId) -> Result<Overview, RecordError> {
    let mut locked = services.vault.lock_connection(id, PATIENCE)?;
    let mut connection = locked.read()?;
    let generation = connection.generation;
    locked.accept_restored(&mut connection);
    if connection.generation != generation {
        locked.save(&mut connection)?;
    }
    Ok(services.overview(&connection))
}

/// Gives a connection another name.
pub fn rename(services: &Services, id: &ConnectionId, new: &ConnectionName) -> Result<(), VaultError> {
    let locked = services.vault.lock_connection(id, PATIENCE)?;
    let before = locked.name().clone();
    locked.rename(new.clone(), PATIENCE)?;
    if before != *new {
        services.note(EventKind::Renamed, new, Event::renamed_words(&before));
    }
    Ok(())
}

/// Removes a connection. Its app registration stays: other connections may use it, and a secret goes by hand only.
pub fn remove(services: &Services, id: &ConnectionId) -> Result<(), VaultError> {
    let name = take_away(services, id)?;
    services.note(EventKind::Removed, &name, "removed");
    Ok(())
}

fn take_away(services: &Services, id: &ConnectionId) -> Result<ConnectionName, VaultError> {
    let locked = services.vault.lock_connection(id, PATIENCE)?;
    let name = locked.name().clone();
    locked.remove().map(|()| name)
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
    connection.attempt = Some(Attempt::Code(code_attempt(&connection, redirect_uri, services)));
    locked.save(&mut connection)?;
    Ok(services.overview(&connection))
}

/// Makes the address at which an administrator consents. One that waits for its answer is replaced.
pub fn begin_admin_consent(services: &Services, id: &ConnectionId) -> Result<Overview, RecordError> {
    let mut locked = services.vault.lock_connection(id, PATIENCE)?;
    let mut connection = locked.read()?;
    let state = pkce::state(&entropy::bytes());
    let address = admin_consent_request(&connection.settings, &state)
        .map_err(|NoAdministrator| RecordError::NoAdministrator)?;
    connection.admin_consent = Some(AdminConsent::Asked(AdminConsentRequest {
        state,
        redirect_uri: connection.settings.redirect_uri.clone(),
        address,
        asked_at: services.clock.now(),
    }));
    locked.save(&mut connection)?;
    Ok(services.overview(&connection))
}

fn code_attempt(
    connection: &Connection,
    redirect_uri: Option<RedirectUri>,
    services: &Services,
) -> CodeAttempt {
    let settings = &connection.settings;
    let state = pkce::state(&entropy::bytes());
    let code_verifier = pkce::code_verifier(&entropy::bytes());
    let redirect_uri = redirect_uri.unwrap_or_else(|| settings.redirect_uri.clone());
    CodeAttempt {
        authorization_request: authorization_request(
            settings,
            &redirect_uri,
            &state,
            &code_verifier,
            connection.claims.as_ref(),
        ),
        state,
        code_verifier,
        redirect_uri,
        started_at: services.clock.now(),
        wrong_pastes: 0,
        failed_redemptions: 0,
    }
}

fn apply(connection: &mut Connection, edit: &Edit, services: &Services) {
    match edit {
        Edit::Form(form, _) => {
            if form.settings.changes_sign_in(&connection.settings) {
                forget_what_was_sent(connection);
            }
            if form.settings.disowns_tokens_of(&connection.settings) {
                // Tokens of one registration mean nothing to another, and must not be sent to it.
                connection.tokens = None;
                connection.refresh_limit = None;
                connection.claims = None;
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
                forget_what_was_sent(connection);
            }
        }
        Edit::RemoveScope(scope) => {
            if connection.settings.scopes.remove(scope) {
                forget_what_was_sent(connection);
            }
        }
        Edit::SetScopes(scopes) => {
            if connection.settings.scopes != *scopes {
                forget_what_was_sent(connection);
            }
            connection.settings.scopes = scopes.clone();
        }
        Edit::WrongPaste { state } => note_wrong_paste(connection, state),
        Edit::AttemptRefused { state, trouble } => note_refusal(connection, state, trouble),
        Edit::AbandonAttempt { mark } => {
            connection.attempt = connection.attempt.take().filter(|own| own.mark() != mark);
        }
        Edit::AdminConsentGiven { tenant } => note_consent(connection, tenant.clone(), services),
        Edit::AdminConsentRefused => connection.admin_consent = None,
        Edit::HandedOver(hand_over) => connection.note_hand_over(hand_over.clone()),
        // Its generation is raised under the lock.
        Edit::AcceptRestored => {}
        Edit::ForgetHandOver(forgotten) => connection.hand_overs.retain(|own| !forgotten.replaces(own)),
    }
}

/// A sign-in and a request for admin consent name the permissions of before: an answer to them no longer fits.
fn forget_what_was_sent(connection: &mut Connection) {
    connection.admin_consent = None;
    connection.attempt = None;
}

fn note_wrong_paste(connection: &mut Connection, state: &str) {
    let attempt = connection.attempt.as_mut().and_then(Attempt::code_mut);
    if let Some(attempt) = attempt.filter(|attempt| attempt.state == state) {
        attempt.wrong_pastes = (attempt.wrong_pastes + 1).min(WRONG_PASTES_ALLOWED);
    }
}

/// Consent was what stood in the way: what is held is tried again, and where nothing is, a person signs in.
fn note_consent(connection: &mut Connection, tenant: Option<String>, services: &Services) {
    connection.admin_consent = Some(AdminConsent::Given { at: services.clock.now(), tenant });
    let waited = |trouble: &Trouble| trouble.kind == TroubleKind::ConsentMissing;
    if connection.trouble.as_ref().is_some_and(waited) {
        connection.trouble = None;
    }
}

/// The sign-in was refused. What is held still works, so it only becomes the connection's trouble where nothing is.
fn note_refusal(connection: &mut Connection, state: &str, trouble: &Trouble) {
    if connection.code_attempt().is_some_and(|attempt| attempt.state == state) {
        connection.attempt = None;
    }
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
