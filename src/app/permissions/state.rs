//! How one permission stands: asked for, granted, in the token.

use crate::catalogue::permissions::{Permission, is_by_itself};
use crate::domain::{Known, Overview, PermissionStates, Scope};

use super::Subject;

/// A permission as a connection has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionRow {
    /// The scope as it is, or would be, asked for.
    pub scope: Scope,
    /// What is known of it.
    pub known: Option<&'static Permission>,
    /// Whether the connection asks for it.
    pub asked: Asked,
    /// Whether the last answer granted it.
    pub granted: Known,
    /// Whether the access token of its resource holds it; `None` for what never stands in one.
    pub in_token: Option<Known>,
}

/// Whether a permission is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It is not.
    No,
    /// It was chosen.
    Chosen,
    /// Every sign-in asks for it.
    ByItself,
}

impl PermissionRow {
    /// What it allows.
    pub fn meaning(&self) -> Option<&'static str> {
        self.known.and_then(|known| known.meaning)
    }

    /// Who may consent, in a few words.
    pub fn consent(&self) -> Option<&'static str> {
        self.known.map(|known| known.consent().words())
    }

    /// Who may consent, in one word.
    pub fn consent_word(&self) -> Option<&'static str> {
        self.known.map(|known| known.consent().word())
    }

    /// What there is to say of it in sentences: what it allows, who may consent, what is special about it.
    pub fn sentences(&self) -> String {
        let name = self.scope.name();
        if self.scope.is_offline_access() {
            return format!(
                "{name} is asked for by itself at every sign-in: without it there is no refresh token, and nothing \
                 could be renewed."
            );
        }
        if is_by_itself(&self.scope) {
            return format!("{name} is asked for by itself at every sign-in: it tells who signed in.");
        }
        let Some(known) = self.known else {
            return format!(
                "{} is not in the catalogue: what it allows, and who may consent, is not known here.",
                self.scope
            );
        };
        let meaning = known.meaning.map_or_else(String::new, |meaning| format!(": {meaning}"));
        let consent = known.consent().sentence();
        let special = special(known).map_or_else(String::new, |text| format!(" {text}"));
        format!("{name}{meaning}. {consent}.{special}")
    }

    /// True for what Exchange Online gives up.
    pub fn is_being_retired(&self) -> bool {
        self.known.is_some_and(Permission::is_being_retired)
    }
}

/// What is special about a permission.
fn special(known: &Permission) -> Option<&'static str> {
    match () {
        () if known.is_for_registrations_only() => Some(
            "This is Graph's: no mail server takes that token. Tick Exchange Online's under Mail protocols.",
        ),
        () if known.is_being_retired() => {
            Some("EWS is blocked by default from 1 October 2026, gone on 1 April 2027.")
        }
        () if known.is_disputed() => Some("Sources disagree about that; the stricter one is taken."),
        () if known.is_new() => Some("Newer than most: perhaps a preview."),
        () => None,
    }
}

/// How the subject of a row stands for a connection. `states` are those of the whole connection.
pub fn row_of(overview: &Overview, states: &PermissionStates, subject: &Subject) -> PermissionRow {
    let settings = &overview.settings;
    let (wanted, known) = match subject {
        Subject::Known(permission) => (permission.scope(&settings.authority), Some(*permission)),
        Subject::Own(scope) => (scope.clone(), None),
    };
    let state = states.iter().find(|own| subject.is_of(own));
    let asked = match state {
        _ if is_by_itself(&wanted) => Asked::ByItself,
        Some(state) if state.asked => Asked::Chosen,
        Some(_) | None => Asked::No,
    };
    PermissionRow {
        known,
        asked,
        granted: state.map_or(Known::Unknown, |state| state.granted),
        in_token: (!wanted.is_openid()).then(|| state.map_or(Known::Unknown, |state| state.in_token)),
        // As it is asked for, which may be with another address.
        scope: state.filter(|state| state.asked).map_or(wanted, |state| state.scope.clone()),
    }
}

/// What the last answer said of `scope`.
pub fn granted_state(overview: &Overview, scope: &Scope) -> Known {
    overview.permission_states().of(scope).map_or(Known::Unknown, |state| state.granted)
}
