//! The fields that are stepped through: what they show, what a step does.

use crate::catalogue::clouds::{self, Cloud, Resource};
use crate::catalogue::permissions::{PRESETS, Standing};
use crate::domain::app_registration::CredentialKind;
use crate::domain::{RedirectUri, RenewalPolicy, ResponseMode, Settings, WayIn};

use super::check::platform;
use super::result::authority;
use super::{AppChoice, AppScopeChoice, FieldId, InputPane, Purpose, ScopeChoice};
use crate::domain::redirect_uri::RedirectPlatform;

/// The resource whose `.default` the settings ask for, else what they ask for as it is.
pub(super) fn app_scope_choice(settings: &Settings) -> AppScopeChoice {
    let asks = |resource: &Resource| {
        settings.scopes.is_one_default()
            && settings.scopes.iter().any(|own| *own == resource.default_scope(&settings.authority))
    };
    match Resource::ALL.into_iter().find(asks) {
        Some(resource) => AppScopeChoice::Default(resource),
        None => AppScopeChoice::Own(settings.scopes.clone()),
    }
}

impl InputPane {
    pub(super) fn choice_text(&self, id: FieldId) -> String {
        match id {
            FieldId::AppRegistration => match self.known_app() {
                Some(app) => format!("{} ({})", app.client_id, app.authority.host()),
                None => "a new one".to_owned(),
            },
            FieldId::Credential => match self.credential {
                CredentialKind::Secret => "client secret".to_owned(),
                CredentialKind::Certificate => "certificate".to_owned(),
                CredentialKind::Public => "none: a public client".to_owned(),
            },
            FieldId::Cloud => match self.authorities.get(self.authority) {
                Some(authority) => Cloud::of(authority)
                    .map_or_else(|| "simulated tenant".to_owned(), |cloud| cloud.title.to_owned()),
                None => "an authority of your own".to_owned(),
            },
            FieldId::WayIn => self.way_in.title().to_owned(),
            FieldId::ResponseMode => self.response_mode.as_str().to_owned(),
            FieldId::Permissions => self.permissions_text(),
            FieldId::Renewal => renewal_text(self.renewal).to_owned(),
            _ => String::new(),
        }
    }

    fn permissions_text(&self) -> String {
        if !self.way_in.is_delegated() {
            return match &self.app_scopes {
                AppScopeChoice::Default(resource) => format!(".default of {}", resource.title()),
                AppScopeChoice::Own(scopes) => format!("as it is: {}", scopes.to_wire()),
            };
        }
        match &self.scopes {
            ScopeChoice::Preset(place) => {
                let preset = &PRESETS[*place];
                let mark = if preset.standing == Standing::Draft { " (draft)" } else { "" };
                format!("{}{mark}", preset.title)
            }
            ScopeChoice::Own(scopes) => format!("as it is: {} permissions", scopes.len()),
        }
    }

    /// Steps through the focused choice.
    pub fn step_choice(&mut self, by: isize) {
        self.failure = None;
        self.touched = true;
        let default_redirect = self.has_default_redirect();
        match self.focus {
            FieldId::AppRegistration => {
                let here = match self.app {
                    AppChoice::Known(place) => place,
                    AppChoice::New => self.apps.len(),
                };
                let there = turn(here, by, self.apps.len() + 1);
                self.app = if there == self.apps.len() { AppChoice::New } else { AppChoice::Known(there) };
                self.take_app();
            }
            FieldId::Credential => self.credential = stepped(&self.credentials(), self.credential, by),
            FieldId::Cloud => self.authority = turn(self.authority, by, self.authorities.len() + 1),
            FieldId::WayIn => {
                self.way_in = stepped(&WayIn::ALL, self.way_in, by);
                if !self.credentials().contains(&self.credential) {
                    self.credential = CredentialKind::Secret;
                }
            }
            FieldId::ResponseMode => {
                self.response_mode = stepped(&ResponseMode::ALL, self.response_mode, by);
            }
            FieldId::Renewal => self.renewal = stepped(&RenewalPolicy::ALL, self.renewal, by),
            FieldId::Permissions if self.way_in.is_delegated() => self.step_preset(by),
            FieldId::Permissions => self.step_resource(by),
            _ => {}
        }
        if default_redirect {
            self.redirect_uri.set(&self.default_redirect());
        }
    }

    /// The credentials that fit the way in: a client that acts for itself proves itself.
    fn credentials(&self) -> Vec<CredentialKind> {
        let mut all = vec![CredentialKind::Secret, CredentialKind::Certificate];
        all.extend(self.way_in.is_delegated().then_some(CredentialKind::Public));
        all
    }

    fn step_preset(&mut self, by: isize) {
        let here = match self.scopes {
            ScopeChoice::Preset(place) => place,
            ScopeChoice::Own(_) => PRESETS.len(),
        };
        // What a client that acted for itself asked for is no choice for a person.
        let own = self.own_scopes.clone().filter(|own| !own.is_one_default());
        let there = turn(here, by, PRESETS.len() + usize::from(own.is_some()));
        self.scopes = match own {
            Some(own) if there == PRESETS.len() => ScopeChoice::Own(own),
            _ => ScopeChoice::Preset(there),
        };
    }

    fn step_resource(&mut self, by: isize) {
        let mut all: Vec<AppScopeChoice> = Resource::ALL.map(AppScopeChoice::Default).to_vec();
        if let AppScopeChoice::Own(_) = &self.app_scopes {
            all.push(self.app_scopes.clone());
        }
        let here = all.iter().position(|own| *own == self.app_scopes).unwrap_or(0);
        let count = all.len();
        self.app_scopes = all.swap_remove(turn(here, by, count));
    }

    /// True while the redirect URI of a new connection is one that the form itself put there.
    fn has_default_redirect(&self) -> bool {
        let text = self.redirect_uri.text();
        let is_native = self.authorities.iter().any(|own| clouds::native_redirect(own) == text);
        self.purpose == Purpose::New && (text == RedirectUri::DEFAULT || is_native)
    }

    /// localhost where a secret or certificate is sent or something listens here, else the cloud's own page.
    fn default_redirect(&self) -> String {
        let listens = self.way_in.capture().is_some_and(crate::domain::Capture::listens);
        let native = authority(self).ok().map(|authority| clouds::native_redirect(&authority));
        match native {
            Some(native) if !listens && platform(self) == RedirectPlatform::MobileAndDesktop => native,
            _ => RedirectUri::DEFAULT.to_owned(),
        }
    }
}

fn renewal_text(policy: RenewalPolicy) -> &'static str {
    match policy {
        RenewalPolicy::Automatic => "by itself, before the token ends",
        RenewalPolicy::KeepAlive => "only so that the sign-in stays good",
        RenewalPolicy::Manual => "never by itself",
    }
}

fn turn(here: usize, by: isize, count: usize) -> usize {
    (here.cast_signed() + by).rem_euclid(count.cast_signed()).unsigned_abs()
}

fn stepped<T: Copy + PartialEq>(all: &[T], here: T, by: isize) -> T {
    let place = all.iter().position(|own| *own == here).unwrap_or(0);
    all[turn(place, by, all.len())]
}
