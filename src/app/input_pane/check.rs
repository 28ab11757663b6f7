//! What is said of each field while it is typed: of the field alone, then of what it means together with others.

use chrono::{NaiveDate, TimeDelta};

use crate::catalogue::clouds::{self, Evidence, Recognised};
use crate::catalogue::permissions::{PRESETS, WhoConsents};
use crate::domain::app_registration::{ClientSecretError, CredentialFacts, CredentialKind};
use crate::domain::authority::{TenantForm, is_guid};
use crate::domain::redirect_uri::RedirectPlatform;
use crate::domain::secret::ClientSecret;
use crate::domain::settings_rules::{self, Concern};
use crate::domain::warning::span;
use crate::domain::{
    Capture, ClientId, ConnectionName, Mailbox, RedirectUri, RenewBefore, RenewalPolicy, SettingsFault,
    Tenant, WayIn,
};

use super::result::{authority, credential_kind, draft, scopes};
use super::{AppChoice, AppScopeChoice, FieldId, InputPane, ScopeChoice};

/// No access token is known to live longer, unless one tells its own life.
const LONGEST_USUAL_LIFE: TimeDelta = TimeDelta::minutes(90);

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
    let own = of_the_field(pane, id);
    match own {
        Check::Wrong(_) | Check::Empty(_) => own,
        Check::Right(_) | Check::Remark(_) => together(pane, id, own),
    }
}

fn of_the_field(pane: &InputPane, id: FieldId) -> Check {
    match id {
        FieldId::Name => name(pane),
        FieldId::AppRegistration => app_registration(pane),
        FieldId::ClientId => client_id(pane),
        FieldId::Credential => credential(pane),
        FieldId::ClientSecret => client_secret(pane),
        FieldId::SecretEnds => secret_ends(pane),
        FieldId::CertificateFile => certificate_file(pane),
        FieldId::KeyFile => key_file(pane),
        FieldId::Cloud => right("where the app registration and the mailbox live"),
        FieldId::AuthorityUrl => authority_url(pane),
        FieldId::Tenant => tenant(pane),
        FieldId::WayIn => way_in(pane),
        FieldId::SignInAs => sign_in_as(pane),
        FieldId::RedirectUri => redirect_uri(pane),
        FieldId::ResponseMode => right("how the browser brings the answer; query unless you know better"),
        FieldId::Permissions => permissions(pane),
        FieldId::Renewal => renewal(pane),
        FieldId::RenewBefore => renew_before(pane),
    }
}

/// What the rules between the settings say beside this field; what they do not mind stays as it is.
fn together(pane: &InputPane, id: FieldId, own: Check) -> Check {
    let (Some(settings), Some(concern)) = (draft(pane), concern(id)) else { return own };
    let faults = settings_rules::faults(&settings, credential_kind(pane));
    // Where the secret is still to be typed, its own field says so.
    let is_awaited = |fault: SettingsFault| {
        fault == SettingsFault::NoCredential && pane.fields().contains(&FieldId::ClientSecret)
    };
    let fault = faults.into_iter().find(|fault| fault.concern() == concern && !is_awaited(*fault));
    if let Some(fault) = fault {
        return wrong(format!("{fault}. {}", fault.what_to_do()));
    }
    let remark = settings_rules::remarks(&settings).into_iter().find(|remark| remark.concern() == concern);
    match (own, remark) {
        (Check::Right(_), Some(remark)) => Check::Remark(remark.text().to_owned()),
        (own, _) => own,
    }
}

fn concern(id: FieldId) -> Option<Concern> {
    Some(match id {
        FieldId::Tenant => Concern::Tenant,
        FieldId::WayIn => Concern::WayIn,
        FieldId::SignInAs => Concern::SignInAs,
        FieldId::RedirectUri => Concern::RedirectUri,
        FieldId::ResponseMode => Concern::ResponseMode,
        FieldId::Permissions => Concern::Scopes,
        _ => return None,
    })
}

/// An empty field is a wish until the person tries to save; then it is wrong.
fn empty(pane: &InputPane, text: &str) -> Check {
    if pane.tried { wrong(text) } else { Check::Empty(text.to_owned()) }
}

fn renewal(pane: &InputPane) -> Check {
    match (pane.renewal, pane.way_in.is_delegated()) {
        (RenewalPolicy::Automatic, _) => {
            right("as long as tokengauge runs, there is always a good access token")
        }
        (RenewalPolicy::KeepAlive, true) => {
            right("the refresh token is used every two months; access tokens are got when they are asked for")
        }
        (RenewalPolicy::KeepAlive, false) => Check::Remark(
            "without a person there is no refresh token: nothing is kept alive, as with never".into(),
        ),
        (RenewalPolicy::Manual, true) => {
            Check::Remark("somebody has to renew it within 90 days, or sign in again".into())
        }
        (RenewalPolicy::Manual, false) => right("a token is asked for when somebody wants one"),
    }
}

fn renew_before(pane: &InputPane) -> Check {
    let text = pane.renew_before.text().trim();
    if text.is_empty() {
        return Check::Empty("10 minutes; of a short life its last fifth".to_owned());
    }
    let Some(margin) = RenewBefore::parse(text) else { return wrong(RenewBefore::EXPECTED) };
    match pane.access_life {
        Some(life) if margin.is_cut_by(life) => Check::Remark(format!(
            "its token lives {} only: renewed as soon as a fifth of that is over",
            span(life)
        )),
        None if margin.is_cut_by(LONGEST_USUAL_LIFE) => Check::Remark(
            "tokens mostly live 60 to 90 minutes: renewed as soon as a fifth of that is over".to_owned(),
        ),
        _ => right(format!("renewed {margin} before its end, but never in the first fifth of its life")),
    }
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
        None => right("client ID and credential below; left and right choose one already here"),
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

fn credential(pane: &InputPane) -> Check {
    let held = pane.known_app().map(|app| &app.credential);
    match (pane.credential, held) {
        (CredentialKind::Public, Some(CredentialFacts::Secret { .. })) => {
            Check::Remark("takes the secret away, from every connection on this registration".to_owned())
        }
        (CredentialKind::Public, Some(CredentialFacts::Certificate { .. })) => {
            Check::Remark("takes the certificate away, from every connection on this registration".to_owned())
        }
        (CredentialKind::Public, _) => right("nothing is sent; register under Mobile and desktop"),
        (CredentialKind::Secret, _) => right("a password that the portal makes and shows once"),
        (CredentialKind::Certificate, _) => right("its key signs each request and never leaves the vault"),
    }
}

fn client_secret(pane: &InputPane) -> Check {
    let text = pane.client_secret.text();
    match ClientSecret::parse(text) {
        Err(ClientSecretError::Empty) => no_client_secret(pane),
        Err(error) => wrong(error.to_string()),
        Ok(_) if is_guid(pane.client_id.text().trim()) && text.trim() == pane.client_id.text().trim() => {
            wrong("that is the client ID: the secret's value stands under Certificates & secrets")
        }
        Ok(_) if text.trim().len() < 16 => {
            Check::Remark("shorter than the platform's secrets: was all of it copied?".to_owned())
        }
        Ok(_) if pane.known_app().is_some() => {
            Check::Remark("replaces the credential of every connection on this registration".to_owned())
        }
        Ok(_) => right(format!("{} characters", text.trim().chars().count())),
    }
}

fn no_client_secret(pane: &InputPane) -> Check {
    match pane.held_credential() {
        Some(CredentialFacts::Secret { characters, .. }) => {
            Check::Remark(format!("held, {characters} characters; leave empty to keep it"))
        }
        Some(CredentialFacts::Certificate { .. }) => {
            empty(pane, "Value column, shown once: takes the place of the certificate")
        }
        _ if !pane.way_in.is_delegated() => {
            empty(pane, "Value column, shown once: a client that acts for itself needs it")
        }
        _ => Check::Remark("Value column, shown once. Empty: a public client, no secret".to_owned()),
    }
}

fn certificate_file(pane: &InputPane) -> Check {
    let text = pane.certificate_file.text().trim();
    if !text.is_empty() {
        return path(text, "read and checked when you save; its end comes from itself");
    }
    match pane.known_app().map(|app| &app.credential) {
        Some(CredentialFacts::Certificate { lifetime, .. }) => {
            Check::Remark(format!("held, ends {}; leave empty to keep it", lifetime.expires_at.date_naive()))
        }
        _ if !pane.key_file.text().trim().is_empty() => wrong("name the certificate's file too"),
        _ => empty(pane, "a PEM file on this machine, such as ~/client.pem"),
    }
}

fn key_file(pane: &InputPane) -> Check {
    match pane.key_file.text().trim() {
        "" => Check::Remark("its private key, PEM. Empty: it stands in the certificate's file".to_owned()),
        text => path(text, "for your eyes only (chmod 600); sealed in the vault when you save"),
    }
}

/// A path is looked at by its end only: the file is read when the form is saved.
fn path(text: &str, good: &str) -> Check {
    let lower = text.to_ascii_lowercase();
    if [".pfx", ".p12"].iter().any(|end| lower.ends_with(end)) {
        return Check::Remark("PEM is wanted: openssl pkcs12 -in FILE -out client.pem -noenc".to_owned());
    }
    right(good)
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
    match clouds::typed_authority(text, None) {
        Ok(typed) => match typed.recognised {
            Some(Recognised::Alias(cloud)) => {
                Check::Remark(format!("another name of {}: taken as the cloud {}", cloud.login, cloud.title))
            }
            Some(Recognised::Login(cloud)) => Check::Remark(format!("taken as the cloud {}", cloud.title)),
            Some(Recognised::Shared) | None => right(""),
        },
        Err(error) => wrong(error.to_string()),
    }
}

fn tenant(pane: &InputPane) -> Check {
    let text = pane.tenant.text().trim();
    let Some(tenant) = Tenant::parse(text) else {
        return if text.is_empty() {
            empty(pane, "a tenant id, a domain such as contoso.com, or organizations")
        } else {
            wrong("a tenant is a GUID, a domain such as contoso.com, or common, organizations, consumers")
        };
    };
    match tenant.form() {
        TenantForm::Id | TenantForm::Domain if !pane.way_in.is_delegated() => {
            right("the tenant whose administrator consents and whose mailboxes are reached")
        }
        TenantForm::Id | TenantForm::Domain => Check::Remark(
            "one tenant. App Connect may need a multitenant registration with organizations".to_owned(),
        ),
        TenantForm::Organizations => right("for a multitenant registration; guests need the tenant itself"),
        TenantForm::Common => right("any organization and personal accounts; guests need the tenant itself"),
        TenantForm::Consumers => right("personal accounts only, such as outlook.com"),
    }
}

fn way_in(pane: &InputPane) -> Check {
    match pane.way_in {
        WayIn::AuthorizationCode(Capture::Paste) => {
            right("works from anywhere: the address that the browser ends on is copied to here")
        }
        WayIn::AuthorizationCode(Capture::Tunnel) => {
            right("nothing to copy: ssh -L brings the answer of your own browser to here")
        }
        WayIn::AuthorizationCode(Capture::Loopback) => {
            right("nothing to copy, where a browser runs on this machine")
        }
        WayIn::DeviceCode => right("a short code, entered on any device; many tenants block it"),
        WayIn::ClientCredentials => Check::Remark(
            "application permissions: an administrator consents, no mailbox signs in".to_owned(),
        ),
    }
}

fn permissions(pane: &InputPane) -> Check {
    if pane.way_in.is_delegated() {
        return who_consents(pane);
    }
    let Ok(authority) = authority(pane) else { return right("") };
    match &pane.app_scopes {
        AppScopeChoice::Default(resource) if resource.evidence(&authority) == Evidence::Observed => {
            Check::Remark(format!(
                "{}: an address that Microsoft does not document for this cloud",
                resource.default_scope(&authority)
            ))
        }
        AppScopeChoice::Default(resource) => Check::Remark(format!(
            "{}: all application permissions that were granted",
            resource.default_scope(&authority)
        )),
        AppScopeChoice::Own(_) => right("all application permissions that were granted"),
    }
}

/// Who will have to consent, before anybody signs in; a preset that cannot be relied on says so first.
fn who_consents(pane: &InputPane) -> Check {
    let Ok(authority) = authority(pane) else { return right("") };
    let scopes = scopes(pane, &authority);
    let who = WhoConsents::of(scopes.iter());
    let remark = match &pane.scopes {
        ScopeChoice::Preset(place) => PRESETS[*place].remark(),
        ScopeChoice::Own(_) => None,
    };
    match remark {
        Some(remark) => Check::Remark(format!("{remark}. Consent: {}", who.short())),
        None if who.needs_administrator() => Check::Remark(format!("{}; tab 2 names them", who.sentence())),
        None => right(format!("{}; tab 2 changes them one by one", who.sentence())),
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

/// The platform heading under which the redirect URI belongs: Web with a credential, Mobile and desktop without.
pub(super) fn platform(pane: &InputPane) -> RedirectPlatform {
    let is_web = match credential_kind(pane) {
        // While nothing is typed, the usual case is shown: a confidential client.
        Some(CredentialKind::Public) => {
            pane.app == AppChoice::New && pane.credential == CredentialKind::Secret && !pane.tried
        }
        Some(CredentialKind::Secret | CredentialKind::Certificate) => true,
        None => false,
    };
    if is_web { RedirectPlatform::Web } else { RedirectPlatform::MobileAndDesktop }
}
