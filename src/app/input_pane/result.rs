//! What the whole form says.

use std::path::PathBuf;

use chrono::NaiveDate;

use crate::app::{CredentialEdit, NewConnection};
use crate::catalogue::clouds;
use crate::catalogue::permissions::PRESETS;
use crate::domain::app_registration::{ClientSecretError, CredentialFacts, CredentialKind};
use crate::domain::secret::ClientSecret;
use crate::domain::{
    Authority, ClientId, ConnectionName, Mailbox, RedirectUri, RenewBefore, RenewalRule, ScopeSet, Settings,
    Tenant,
};

use super::{AppChoice, AppScopeChoice, FieldId, InputPane, Purpose, ScopeChoice};

pub(super) fn result(pane: &InputPane) -> Result<NewConnection, FieldId> {
    if let Some(field) = pane.fields().into_iter().find(|field| pane.check(*field).is_wrong()) {
        return Err(field);
    }
    Ok(NewConnection {
        name: ConnectionName::parse(pane.name.text()).ok_or(FieldId::Name)?,
        settings: settings(pane, client_id(pane).ok_or(FieldId::ClientId)?)?,
        credential: credential(pane)?,
    })
}

/// The settings as far as they can be told already, for the rules between them.
pub(super) fn draft(pane: &InputPane) -> Option<Settings> {
    // No rule looks at the client ID.
    let nobody = || ClientId::parse("00000000-0000-0000-0000-000000000000");
    settings(pane, client_id(pane).or_else(nobody)?).ok()
}

fn client_id(pane: &InputPane) -> Option<ClientId> {
    match pane.known_app() {
        Some(app) => Some(app.client_id),
        None => ClientId::parse(pane.client_id.text()),
    }
}

fn settings(pane: &InputPane, client_id: ClientId) -> Result<Settings, FieldId> {
    let authority = authority(pane)?;
    Ok(Settings {
        client_id,
        tenant: Tenant::parse(pane.tenant.text()).ok_or(FieldId::Tenant)?,
        sign_in_as: Mailbox::parse(pane.sign_in_as.text()).filter(|_| pane.way_in.is_delegated()),
        way_in: pane.way_in,
        redirect_uri: redirect_uri(pane)?,
        response_mode: pane.response_mode,
        scopes: scopes(pane, &authority),
        renewal: RenewalRule { policy: pane.renewal, before: RenewBefore::parse(pane.renew_before.text()) },
        authority,
    })
}

/// A redirect URI that is not asked for hinders nobody: the default stands in for what cannot be one.
fn redirect_uri(pane: &InputPane) -> Result<RedirectUri, FieldId> {
    let typed = RedirectUri::parse(pane.redirect_uri.text());
    if pane.way_in.capture().is_some() {
        return typed.map_err(|_| FieldId::RedirectUri);
    }
    typed.or_else(|_| RedirectUri::parse(RedirectUri::DEFAULT)).map_err(|_| FieldId::RedirectUri)
}

pub(super) fn scopes(pane: &InputPane, authority: &Authority) -> ScopeSet {
    if !pane.way_in.is_delegated() {
        return match &pane.app_scopes {
            AppScopeChoice::Default(resource) => [resource.default_scope(authority)].into_iter().collect(),
            AppScopeChoice::Own(scopes) => scopes.clone(),
        };
    }
    match &pane.scopes {
        ScopeChoice::Preset(place) => PRESETS[*place].scope_set_at(authority),
        ScopeChoice::Own(scopes) => scopes.clone(),
    }
}

/// The authority that is chosen or typed; the login service of a cloud is that cloud, however it was entered.
pub(super) fn authority(pane: &InputPane) -> Result<Authority, FieldId> {
    if let Some(authority) = pane.chosen_authority() {
        return Ok(authority.clone());
    }
    let typed = clouds::typed_authority(pane.authority_url.text(), None);
    typed.map(|typed| typed.authority).map_err(|_| FieldId::AuthorityUrl)
}

/// How the client will prove itself once the form is saved; `None` where the record is missing.
pub(super) fn credential_kind(pane: &InputPane) -> Option<CredentialKind> {
    let held = || pane.known_app().map_or(Some(CredentialKind::Public), |app| app.credential.kind());
    if !pane.asks_credential() {
        return held();
    }
    match pane.credential {
        CredentialKind::Secret if pane.client_secret.is_empty() => held(),
        kind => Some(kind),
    }
}

fn credential(pane: &InputPane) -> Result<CredentialEdit, FieldId> {
    // What was typed before another registration was chosen is not shown any more, and not meant for this one.
    if !pane.asks_credential() {
        return Ok(CredentialEdit::Keep);
    }
    match pane.credential {
        CredentialKind::Secret => secret(pane),
        CredentialKind::Certificate => Ok(certificate(pane)),
        CredentialKind::Public => Ok(no_credential(pane)),
    }
}

fn secret(pane: &InputPane) -> Result<CredentialEdit, FieldId> {
    let text = pane.secret_ends.text().trim();
    let ends_on = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    match ClientSecret::parse(pane.client_secret.text()) {
        Ok(value) => Ok(CredentialEdit::Secret { value, ends_on }),
        Err(ClientSecretError::Empty) => Ok(match (pane.app, &pane.purpose) {
            (AppChoice::New, _) => CredentialEdit::Public,
            (AppChoice::Known(_), Purpose::Edit(..)) if ends_on != pane.held_end() => {
                CredentialEdit::EndsOn(ends_on)
            }
            (AppChoice::Known(_), _) => CredentialEdit::Keep,
        }),
        Err(_) => Err(FieldId::ClientSecret),
    }
}

fn certificate(pane: &InputPane) -> CredentialEdit {
    let path = |text: &str| (!text.trim().is_empty()).then(|| PathBuf::from(text.trim()));
    match path(pane.certificate_file.text()) {
        Some(certificate) => {
            CredentialEdit::CertificateFiles { certificate, key: path(pane.key_file.text()) }
        }
        None => CredentialEdit::Keep,
    }
}

fn no_credential(pane: &InputPane) -> CredentialEdit {
    match pane.known_app().map(|app| &app.credential) {
        None => CredentialEdit::Public,
        Some(CredentialFacts::Public) => CredentialEdit::Keep,
        // A record that cannot be read is no reason to make a public client of it.
        Some(CredentialFacts::Missing) => CredentialEdit::Keep,
        Some(CredentialFacts::Secret { .. } | CredentialFacts::Certificate { .. }) => CredentialEdit::Remove,
    }
}
