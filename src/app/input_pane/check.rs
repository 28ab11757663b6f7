//! What is said of each field while it is typed, and what the whole form says.

use chrono::NaiveDate;

use crate::domain::app_registration::{ClientSecretError, CredentialFacts};
use crate::domain::authority::is_guid;
use crate::domain::redirect_uri::RedirectPlatform;
use crate::domain::secret::ClientSecret;
use crate::domain::{Authority, ClientId, ConnectionName, Mailbox, RedirectUri, Settings, Tenant};

use crate::app::{CredentialEdit, NewConnection};
use crate::catalogue::permissions::PRESETS;

use super::{AppChoice, FieldId, InputPane, Purpose, ScopeChoice};

/// What is said of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// Nothing typed yet: what belongs here.
    Empty(String),
    /// It is right, with a word on what it means.
    Right(String),
    /// It is right, and something is worth knowing.
    Remark(String),
    /// It is wrong: what is wrong, what to do.
    Wrong(String),
}

impl Check {
    /// True if the form cannot be saved with it.
    pub fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong(_))
    }

    /// The sentence.
    pub fn text(&self) -> &str {
        match self {
            Self::Empty(text) | Self::Right(text) | Self::Remark(text) | Self::Wrong(text) => text,
        }
    }
}

fn right(text: impl Into<String>) -> Check {
    Check::Right(text.into())
}

fn wrong(text: impl Into<String>) -> Check {
    Check::Wrong(text.into())
}

pub(super) fn check(pane: &InputPane, id: FieldId) -> Check {
    match id {
        FieldId::Name => name(pane),
        FieldId::AppRegistration => app_registration(pane),
        FieldId::ClientId => client_id(pane),
        FieldId::ClientSecret => client_secret(pane),
        FieldId::SecretEnds => secret_ends(pane),
        FieldId::Cloud => right("where the app registration and the mailbox live"),
        FieldId::AuthorityUrl => authority_url(pane),
        FieldId::Tenant => tenant(pane),
        FieldId::SignInAs => sign_in_as(pane),
        FieldId::RedirectUri => redirect_uri(pane),
        FieldId::ResponseMode => right("how the browser brings the answer; query unless you know better"),
        FieldId::Preset => right("change single permissions on tab 2"),
    }
}

/// An empty field is a wish until the person tries to save; then it is wrong.
fn empty(pane: &InputPane, text: &str) -> Check {
    if pane.tried { wrong(text) } else { Check::Empty(text.to_owned()) }
}

fn name(pane: &InputPane) -> Check {
    let text = pane.name.text().trim();
    if text.is_empty() {
        return empty(pane, "a short name of your own, such as contoso-prod");
    }
    match ConnectionName::parse(text) {
        None => wrong("letters, digits and . _ @ - only, beginning with a letter or digit"),
        Some(_) if is_taken(pane, text) => wrong("another connection has this name"),
        Some(_) => right(""),
    }
}

fn is_taken(pane: &InputPane, text: &str) -> bool {
    pane.taken.iter().any(|taken| taken.eq_ignore_ascii_case(text))
}

fn app_registration(pane: &InputPane) -> Check {
    match pane.known_app() {
        Some(app) => right(match &app.credential {
            CredentialFacts::Secret { characters, lifetime: Some(lifetime), .. } => {
                format!("secret held, {characters} characters, ends {}", lifetime.expires_at.date_naive())
            }
            CredentialFacts::Secret { characters, .. } => {
                format!("secret held, {characters} characters, no end date known")
            }
            CredentialFacts::Certificate { lifetime, .. } => {
                format!("certificate held, ends {}", lifetime.expires_at.date_naive())
            }
            CredentialFacts::Public => "public client, no secret".to_owned(),
            CredentialFacts::Missing => "its record could not be read".to_owned(),
        }),
        None => right("client ID and secret below; left and right choose one already here"),
    }
}

fn client_id(pane: &InputPane) -> Check {
    let text = pane.client_id.text().trim();
    if text.is_empty() {
        return empty(pane, "Overview page, Application (client) ID: 8-4-4-4-12 hex digits");
    }
    match ClientId::parse(text) {
        None => wrong("a client ID is a GUID: 8-4-4-4-12 hex digits. Copy it from the Overview page"),
        Some(id) if pane.apps.iter().any(|app| app.client_id == id) => {
            wrong("this registration is already here: choose it in the field above")
        }
        Some(_) => right("not the Object ID, which stands beside it"),
    }
}

fn client_secret(pane: &InputPane) -> Check {
    let text = pane.client_secret.text();
    let held = pane.known_app().map(|app| &app.credential);
    match ClientSecret::parse(text) {
        Err(ClientSecretError::Empty) => match held {
            Some(CredentialFacts::Secret { characters, .. }) => {
                Check::Remark(format!("held, {characters} characters; leave empty to keep it"))
            }
            _ => Check::Remark("Value column, shown once. Empty: a public client, no secret".to_owned()),
        },
        Err(error) => wrong(error.to_string()),
        Ok(_) if is_guid(pane.client_id.text().trim()) && text.trim() == pane.client_id.text().trim() => {
            wrong("that is the client ID: the secret's value stands under Certificates & secrets")
        }
        Ok(_) if text.trim().len() < 16 => {
            Check::Remark("shorter than the platform's secrets: was all of it copied?".to_owned())
        }
        Ok(_) if pane.known_app().is_some() => {
            Check::Remark("replaces the secret of every connection on this registration".to_owned())
        }
        Ok(_) => right(format!("{} characters", text.trim().chars().count())),
    }
}

fn secret_ends(pane: &InputPane) -> Check {
    let text = pane.secret_ends.text().trim();
    if text.is_empty() {
        return Check::Remark("Expires column, as 2027-05-22. Without it nobody is warned".to_owned());
    }
    match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(_) => right(""),
        Err(_) => wrong("a date as year-month-day, such as 2027-05-22"),
    }
}

fn authority_url(pane: &InputPane) -> Check {
    let text = pane.authority_url.text().trim();
    if text.is_empty() {
        return empty(pane, "the address before /{tenant}/oauth2/v2.0/, such as https://login.example.com");
    }
    match Authority::custom(text, None) {
        Ok(_) => right(""),
        Err(error) => wrong(error.to_string()),
    }
}

fn tenant(pane: &InputPane) -> Check {
    let text = pane.tenant.text().trim();
    match Tenant::parse(text) {
        None if text.is_empty() => empty(pane, "a tenant id, a domain such as contoso.com, or organizations"),
        None => {
            wrong("a tenant is a GUID, a domain such as contoso.com, or common, organizations, consumers")
        }
        Some(tenant) if tenant.is_specific() => Check::Remark(
            "one tenant. App Connect may need a multitenant registration with organizations".to_owned(),
        ),
        Some(_) => right("for a multitenant registration; guests need the tenant itself"),
    }
}

fn sign_in_as(pane: &InputPane) -> Check {
    let text = pane.sign_in_as.text().trim();
    if text.is_empty() {
        return Check::Remark("the mailbox; without it whoever signs in first is kept to".to_owned());
    }
    match Mailbox::parse(text) {
        Some(_) => right("compared with who signs in, before anything is stored"),
        None => wrong("an address such as ops@contoso.com"),
    }
}

fn redirect_uri(pane: &InputPane) -> Check {
    match RedirectUri::parse(pane.redirect_uri.text()) {
        Ok(uri) => Check::Remark(format!(
            "register exactly this: Authentication → Add a platform → {} → {uri}",
            platform(pane).heading()
        )),
        Err(error) => wrong(error.to_string()),
    }
}

/// The platform heading under which the redirect URI belongs: Web with a secret, Mobile and desktop without.
pub(super) fn platform(pane: &InputPane) -> RedirectPlatform {
    let held = pane.known_app().is_some_and(|app| app.credential.is_confidential());
    // While nothing is typed, the usual case is shown: a confidential client.
    let open = pane.app == AppChoice::New && !pane.tried;
    let typed = pane.fields().contains(&FieldId::ClientSecret) && !pane.client_secret.is_empty();
    if held || open || typed { RedirectPlatform::Web } else { RedirectPlatform::MobileAndDesktop }
}

pub(super) fn result(pane: &InputPane) -> Result<NewConnection, FieldId> {
    if let Some(field) = pane.fields().into_iter().find(|field| pane.check(*field).is_wrong()) {
        return Err(field);
    }
    Ok(NewConnection {
        name: ConnectionName::parse(pane.name.text()).ok_or(FieldId::Name)?,
        settings: settings(pane)?,
        credential: credential(pane)?,
    })
}

fn settings(pane: &InputPane) -> Result<Settings, FieldId> {
    Ok(Settings {
        client_id: match pane.known_app() {
            Some(app) => app.client_id,
            None => ClientId::parse(pane.client_id.text()).ok_or(FieldId::ClientId)?,
        },
        authority: authority(pane)?,
        tenant: Tenant::parse(pane.tenant.text()).ok_or(FieldId::Tenant)?,
        sign_in_as: Mailbox::parse(pane.sign_in_as.text()),
        way_in: pane.way_in,
        redirect_uri: RedirectUri::parse(pane.redirect_uri.text()).map_err(|_| FieldId::RedirectUri)?,
        response_mode: pane.response_mode,
        scopes: match &pane.scopes {
            ScopeChoice::Preset(place) => PRESETS[*place].scope_set(),
            ScopeChoice::Own(scopes) => scopes.clone(),
        },
    })
}

fn authority(pane: &InputPane) -> Result<Authority, FieldId> {
    let known = pane.known_app().filter(|_| pane.purpose == Purpose::New);
    match (known, pane.authorities.get(pane.authority)) {
        (Some(app), _) => Ok(app.authority.clone()),
        (None, Some(authority)) => Ok(authority.clone()),
        (None, None) => Authority::custom(pane.authority_url.text(), None).map_err(|_| FieldId::AuthorityUrl),
    }
}

fn credential(pane: &InputPane) -> Result<CredentialEdit, FieldId> {
    // What was typed before another registration was chosen is not shown any more, and not meant for this one.
    if !pane.fields().contains(&FieldId::ClientSecret) {
        return Ok(CredentialEdit::Keep);
    }
    let text = pane.secret_ends.text().trim();
    let ends_on = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    match ClientSecret::parse(pane.client_secret.text()) {
        Ok(value) => Ok(CredentialEdit::Secret { value, ends_on }),
        Err(ClientSecretError::Empty) => Ok(match (pane.app, &pane.purpose) {
            (AppChoice::New, _) => CredentialEdit::Public,
            (AppChoice::Known(_), Purpose::Edit(_)) if ends_on != held_end(pane) => {
                CredentialEdit::EndsOn(ends_on)
            }
            (AppChoice::Known(_), _) => CredentialEdit::Keep,
        }),
        Err(_) => Err(FieldId::ClientSecret),
    }
}

fn held_end(pane: &InputPane) -> Option<NaiveDate> {
    match pane.known_app()?.credential {
        CredentialFacts::Secret { lifetime, .. } => lifetime.map(|lifetime| lifetime.expires_at.date_naive()),
        CredentialFacts::Public | CredentialFacts::Certificate { .. } | CredentialFacts::Missing => None,
    }
}
