//! The input pane: the form for a connection and its client credentials.
//!
//! `mod.rs` holds the form and how keys move in it, `field_id.rs` which fields there are and which are shown,
//! `choices.rs` the fields that are stepped through, `check.rs` what is said of each field while it is typed, `result.rs`
//! what the whole form says, `help.rs` the portal's steps beside it.

mod check;
mod choices;
mod field_id;
mod help;
mod result;

use chrono::{NaiveDate, TimeDelta};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::catalogue::clouds::{Cloud, Resource};
use crate::domain::app_registration::{CredentialFacts, CredentialKind};
use crate::domain::{
    Authority, ConnectionId, Overview, RedirectUri, RenewalPolicy, ResponseMode, ScopeSet, WayIn,
};

use super::field::Secrecy;
use super::{AppFacts, Failure, Field, NewConnection, RequestId, Shown};

pub use check::Check;
pub use field_id::FieldId;
pub use help::{Help, help};

/// The form.
#[derive(Debug, Clone, PartialEq)]
pub struct InputPane {
    /// What it is for.
    pub purpose: Purpose,
    /// The field that has the focus.
    pub focus: FieldId,
    /// The registrations to choose from; the choice beyond the last is a new one.
    pub apps: Vec<AppFacts>,
    /// The chosen registration.
    pub app: AppChoice,
    /// The clouds to choose from; the choice beyond the last is an address of one's own.
    pub authorities: Vec<Authority>,
    /// The chosen cloud; equal to `authorities.len()` for an address of one's own.
    pub authority: usize,
    /// How the client is to prove itself.
    pub credential: CredentialKind,
    /// How the connection comes by tokens.
    pub way_in: WayIn,
    /// How the answer comes back.
    pub response_mode: ResponseMode,
    /// The chosen preset, or what the connection asks for already, where a person signs in.
    pub scopes: ScopeChoice,
    /// The chosen resource, or what the connection asks for already, where the client acts for itself.
    pub app_scopes: AppScopeChoice,
    /// What the connection asks for already, to come back to.
    own_scopes: Option<ScopeSet>,
    /// What renews by itself.
    pub renewal: RenewalPolicy,
    /// Names already taken.
    pub taken: Vec<String>,
    /// Whether anything was typed or chosen since it was opened.
    pub touched: bool,
    /// Whether the person tried to save: empty fields are wrong from then on.
    pub tried: bool,
    /// The sending of the redirect URI under way.
    pub errand: Option<RequestId>,
    /// The saving under way.
    pub saving: Option<RequestId>,
    /// What saving brought.
    pub failure: Option<Failure>,
    /// Whether the focused field's whole text is selected: what is typed or pasted takes its place.
    selected: bool,
    name: Field,
    client_id: Field,
    client_secret: Field,
    secret_ends: Field,
    certificate_file: Field,
    key_file: Field,
    authority_url: Field,
    tenant: Field,
    sign_in_as: Field,
    redirect_uri: Field,
    renew_before: Field,
    /// How long the access tokens live, where one is held.
    access_life: Option<TimeDelta>,
}

/// What the form is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A new connection.
    New,
    /// A change of this one.
    Edit(ConnectionId, Box<Shown>),
}

/// Which app registration is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppChoice {
    /// One already here, by its place in the list.
    Known(usize),
    /// A new one: client ID and secret are typed.
    New,
}

/// Which permissions are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeChoice {
    /// A preset, by its place in the catalogue.
    Preset(usize),
    /// What the connection asks for already.
    Own(ScopeSet),
}

/// Which application permissions are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppScopeChoice {
    /// All that were granted of a resource.
    Default(Resource),
    /// What the connection asks for already.
    Own(ScopeSet),
}

/// What a field shows.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldView<'a> {
    /// A text being typed.
    Text(&'a Field),
    /// One of several, stepped through with the arrow keys or the space bar.
    Choice(String),
}

impl InputPane {
    /// An empty form. `like` brings the settings of a connection, all but name, mailbox and secret.
    pub fn new(
        apps: Vec<AppFacts>,
        authorities: Vec<Authority>,
        taken: Vec<String>,
        like: Option<&Overview>,
    ) -> Self {
        let mut pane = Self::empty(Purpose::New, apps, authorities, taken);
        if let Some(like) = like {
            pane.take_settings(like);
        }
        pane
    }

    /// True if a client secret was typed.
    pub fn holds_secret(&self) -> bool {
        !self.client_secret.is_empty()
    }

    /// The form filled with a connection.
    pub fn edit(
        overview: &Overview,
        apps: Vec<AppFacts>,
        authorities: Vec<Authority>,
        taken: Vec<String>,
    ) -> Self {
        let mut pane = Self::empty(
            Purpose::Edit(overview.id.clone(), Box::new(Shown::of(overview))),
            apps,
            authorities,
            taken,
        );
        pane.take_settings(overview);
        pane.name.set(overview.name.as_str());
        pane.sign_in_as.set(overview.settings.sign_in_as.as_ref().map_or("", |mailbox| mailbox.as_str()));
        pane
    }

    fn empty(purpose: Purpose, apps: Vec<AppFacts>, authorities: Vec<Authority>, taken: Vec<String>) -> Self {
        let app = if apps.is_empty() { AppChoice::New } else { AppChoice::Known(0) };
        let text = |text: &str, limit| Field::with_text(text, Secrecy::Open, limit);
        let mut pane = Self {
            purpose,
            focus: FieldId::Name,
            apps,
            app,
            authorities,
            authority: 0,
            credential: CredentialKind::Secret,
            way_in: WayIn::default(),
            response_mode: ResponseMode::default(),
            scopes: ScopeChoice::Preset(0),
            app_scopes: AppScopeChoice::Default(Resource::Graph),
            own_scopes: None,
            renewal: RenewalPolicy::default(),
            access_life: None,
            taken,
            touched: false,
            tried: false,
            errand: None,
            saving: None,
            failure: None,
            selected: false,
            name: text("", 64),
            client_id: text("", 64),
            client_secret: Field::masked(1024),
            secret_ends: text("", 10),
            certificate_file: text("", 1024),
            key_file: text("", 1024),
            authority_url: text("", 256),
            tenant: text("organizations", 253),
            sign_in_as: text("", 254),
            redirect_uri: text(RedirectUri::DEFAULT, 256),
            renew_before: text("", 8),
        };
        pane.take_app();
        pane
    }

    fn take_settings(&mut self, overview: &Overview) {
        let settings = &overview.settings;
        let known = self.apps.iter().position(|app| app.client_id == settings.client_id);
        self.app = known.map_or(AppChoice::New, AppChoice::Known);
        self.client_id.set(&settings.client_id.to_string());
        self.take_app();
        self.take_authority(&settings.authority);
        self.tenant.set(settings.tenant.as_str());
        self.redirect_uri.set(settings.redirect_uri.as_str());
        self.way_in = settings.way_in;
        self.response_mode = settings.response_mode;
        if settings.way_in.is_delegated() {
            self.scopes = ScopeChoice::Own(settings.scopes.clone());
        } else {
            self.app_scopes = choices::app_scope_choice(settings);
        }
        self.own_scopes = Some(settings.scopes.clone());
        self.access_life = overview.access_lifetime().map(|access| access.span());
        self.renewal = settings.renewal.policy;
        self.renew_before.set(&settings.renewal.before.map_or_else(String::new, |before| before.to_string()));
    }

    /// A registration already here brings its authority, the kind of its credential and the end of its secret; a new one
    /// has none yet.
    fn take_app(&mut self) {
        let Some(app) = self.known_app().cloned() else { return self.secret_ends.clear() };
        self.take_authority(&app.authority);
        self.credential = app.credential.kind().unwrap_or(CredentialKind::Secret);
        let ends = self.held_end().map_or_else(String::new, |date| date.to_string());
        self.secret_ends.set(&ends);
    }

    fn take_authority(&mut self, authority: &Authority) {
        let known = self.authorities.iter().position(|own| own == authority);
        self.authority = known.unwrap_or(self.authorities.len());
        self.authority_url.set(if known.is_some() { "" } else { authority.login.as_str() });
    }

    /// The registration already here that is chosen.
    pub fn known_app(&self) -> Option<&AppFacts> {
        match self.app {
            AppChoice::Known(place) => self.apps.get(place),
            AppChoice::New => None,
        }
    }

    /// What is held to prove the client: while a secret is replaced, that which the edited connection uses.
    pub(super) fn held_credential(&self) -> Option<&CredentialFacts> {
        let app = self.known_app()?;
        Some(match &self.purpose {
            Purpose::New => &app.credential,
            Purpose::Edit(id, _) => app.credential_of(id),
        })
    }

    /// The last date of the secret that is held.
    pub(super) fn held_end(&self) -> Option<NaiveDate> {
        match self.held_credential()? {
            CredentialFacts::Secret { lifetime, .. } => lifetime.map(|life| life.expires_at.date_naive()),
            CredentialFacts::Public | CredentialFacts::Certificate { .. } | CredentialFacts::Missing => None,
        }
    }

    /// What a field shows.
    pub fn view(&self, id: FieldId) -> FieldView<'_> {
        match self.text_field(id) {
            Some(field) => FieldView::Text(field),
            None => FieldView::Choice(self.choice_text(id)),
        }
    }

    /// The authority that is chosen, if it is one of those to choose from.
    pub(super) fn chosen_authority(&self) -> Option<&Authority> {
        let known = self.known_app().filter(|_| self.purpose == Purpose::New);
        known.map(|app| &app.authority).or_else(|| self.authorities.get(self.authority))
    }

    /// The cloud that is chosen, if it is one of Microsoft's.
    pub fn cloud(&self) -> Option<&'static Cloud> {
        self.chosen_authority().and_then(Cloud::of)
    }

    /// Moves the focus to the next field, round and round.
    pub fn focus_next(&mut self) {
        self.move_focus(1);
    }

    /// Moves the focus to the field before, round and round.
    pub fn focus_previous(&mut self) {
        self.move_focus(-1);
    }

    fn move_focus(&mut self, by: isize) {
        let fields = self.fields();
        let here = fields.iter().position(|field| *field == self.focus).unwrap_or(0);
        let count = fields.len().cast_signed();
        self.focus = fields[(here.cast_signed() + by).rem_euclid(count).unsigned_abs()];
        self.selected = self.text_field(self.focus).is_some_and(|field| !field.is_empty());
    }

    /// True while the focused field's whole text is selected, as after moving to it.
    pub fn is_selected(&self) -> bool {
        self.selected
    }

    /// True if the focused field takes text.
    pub fn is_typing(&self) -> bool {
        self.text_field(self.focus).is_some()
    }

    /// Gives a key to the focused text field.
    pub fn handle(&mut self, key: KeyEvent) {
        self.failure = None;
        self.touched = true;
        let replaces = std::mem::take(&mut self.selected) && replaces_selection(key);
        if let Some(field) = self.text_field_mut(self.focus) {
            if replaces {
                field.clear();
            }
            field.handle(key);
        }
    }

    /// Gives pasted text to the focused text field; blanks around it are cut, since every portal copies some. False if it
    /// looks like a client secret or a private key and the field would show it.
    pub fn paste(&mut self, text: &str) -> bool {
        let shown = self.text_field(self.focus).is_some_and(|field| field.secrecy() == Secrecy::Open);
        if shown && looks_like_a_secret(text.trim()) {
            return false;
        }
        self.failure = None;
        self.touched = true;
        let replaces = std::mem::take(&mut self.selected);
        if let Some(field) = self.text_field_mut(self.focus) {
            if replaces {
                field.clear();
            }
            field.paste(text.trim());
        }
        true
    }

    /// Clears the focused text field; false if there was nothing to clear.
    pub fn clear_field(&mut self) -> bool {
        let Some(field) = self.text_field_mut(self.focus) else { return false };
        let had_text = !field.is_empty();
        field.clear();
        had_text
    }

    /// The redirect URI to be registered, while its field has the focus and it can be one.
    pub fn redirect_uri_to_copy(&self) -> Option<String> {
        let uri = RedirectUri::parse(self.redirect_uri.text()).ok();
        uri.filter(|_| self.focus == FieldId::RedirectUri).map(|uri| uri.to_string())
    }

    /// True if saving would make a registration without a secret, and nobody said so.
    pub fn makes_public_client(&self) -> bool {
        self.app == AppChoice::New
            && self.credential == CredentialKind::Secret
            && self.way_in.is_delegated()
            && self.client_secret.text().trim().is_empty()
    }

    /// Leads to the field for the client secret.
    pub fn focus_client_secret(&mut self) {
        self.focus = FieldId::ClientSecret;
        self.selected = false;
    }

    /// What is said of a field as it stands.
    pub fn check(&self, id: FieldId) -> Check {
        check::check(self, id)
    }

    /// What the form says, if every field is right; otherwise the first field that is not.
    pub fn result(&self) -> Result<NewConnection, FieldId> {
        result::result(self)
    }

    fn text_field(&self, id: FieldId) -> Option<&Field> {
        Some(match id {
            FieldId::Name => &self.name,
            FieldId::ClientId => &self.client_id,
            FieldId::ClientSecret => &self.client_secret,
            FieldId::SecretEnds => &self.secret_ends,
            FieldId::CertificateFile => &self.certificate_file,
            FieldId::KeyFile => &self.key_file,
            FieldId::AuthorityUrl => &self.authority_url,
            FieldId::Tenant => &self.tenant,
            FieldId::SignInAs => &self.sign_in_as,
            FieldId::RedirectUri => &self.redirect_uri,
            FieldId::RenewBefore => &self.renew_before,
            FieldId::AppRegistration
            | FieldId::Credential
            | FieldId::Cloud
            | FieldId::WayIn
            | FieldId::ResponseMode
            | FieldId::Permissions
            | FieldId::Renewal => return None,
        })
    }

    fn text_field_mut(&mut self, id: FieldId) -> Option<&mut Field> {
        Some(match id {
            FieldId::Name => &mut self.name,
            FieldId::ClientId => &mut self.client_id,
            FieldId::ClientSecret => &mut self.client_secret,
            FieldId::SecretEnds => &mut self.secret_ends,
            FieldId::CertificateFile => &mut self.certificate_file,
            FieldId::KeyFile => &mut self.key_file,
            FieldId::AuthorityUrl => &mut self.authority_url,
            FieldId::Tenant => &mut self.tenant,
            FieldId::SignInAs => &mut self.sign_in_as,
            FieldId::RedirectUri => &mut self.redirect_uri,
            FieldId::RenewBefore => &mut self.renew_before,
            FieldId::AppRegistration
            | FieldId::Credential
            | FieldId::Cloud
            | FieldId::WayIn
            | FieldId::ResponseMode
            | FieldId::Permissions
            | FieldId::Renewal => return None,
        })
    }
}

/// The text of a private key, or one of the secrets that the platform makes: some 40 characters with a tilde among
/// letters and digits.
fn looks_like_a_secret(text: &str) -> bool {
    if text.contains("PRIVATE KEY-----") {
        return true;
    }
    let alphabet = |b: u8| b.is_ascii_alphanumeric() || b"~._-".contains(&b);
    (30..=64).contains(&text.len()) && text.contains('~') && text.bytes().all(alphabet)
}

/// A character takes the place of what is selected, and so does deleting it; movements only end the selection.
fn replaces_selection(key: KeyEvent) -> bool {
    let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    plain && matches!(key.code, KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete)
}
