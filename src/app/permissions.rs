//! Permissions of the chosen connection: asked against granted.

use crate::catalogue::permissions::{PERMISSIONS, known, known_role};
use crate::domain::{Audience, Overview, Scope};

use super::Field;

/// The Permissions tab.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PermissionsTab {
    /// The chosen row.
    pub row: usize,
    /// The scope being entered by name.
    pub entry: Option<Field>,
}

/// A row: one permission, whether it is asked for and whether it was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionRow {
    /// The scope.
    pub scope: Scope,
    /// What it allows, where that is known.
    pub meaning: Option<&'static str>,
    /// Who may consent, where that is known.
    pub consent: Option<&'static str>,
    /// Whether the connection asks for it.
    pub asked: bool,
    /// Whether the last answer granted it.
    pub granted: Granted,
}

/// What the last answer said of a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    /// Nobody has signed in, or the answer did not tell.
    Unknown,
    /// It is granted.
    Yes,
    /// It is not.
    No,
}

impl Granted {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "–",
            Self::Yes => "granted",
            Self::No => "not granted",
        }
    }
}

/// The rows for a connection: the known permissions, then what it asks for besides, then what it was given besides.
pub fn rows(overview: &Overview) -> Vec<PermissionRow> {
    if !overview.settings.way_in.is_delegated() {
        return application_rows(overview);
    }
    let asked = &overview.settings.scopes;
    let states = overview.permission_states();
    let catalogue = PERMISSIONS.iter().filter_map(|permission| Scope::parse(permission.name));
    let given = states.iter().filter(|own| !own.asked).map(|own| own.scope.clone());
    let mut scopes = crate::domain::ScopeSet::default();
    catalogue.chain(asked.iter().cloned()).chain(given).for_each(|scope| {
        scopes.insert(scope);
    });
    scopes
        .iter()
        .map(|scope| PermissionRow {
            meaning: known(scope).map(|known| known.meaning),
            consent: known(scope).map(|known| known.consent.words()),
            asked: asked.contains(scope),
            granted: granted_state(overview, scope),
            scope: scope.clone(),
        })
        .collect()
}

/// For a client that acts for itself: the `.default` that it asks for, then what the token holds.
fn application_rows(overview: &Overview) -> Vec<PermissionRow> {
    let roles = overview.roles();
    let granted = match &roles {
        None => Granted::Unknown,
        Some(roles) if roles.is_empty() => Granted::No,
        Some(_) => Granted::Yes,
    };
    let asked = overview.settings.scopes.iter().map(|scope| PermissionRow {
        scope: scope.clone(),
        meaning: Some("all that was granted there"),
        consent: Some("admin always"),
        asked: true,
        granted,
    });
    let held = roles.iter().flat_map(crate::domain::ScopeSet::iter).map(|role| PermissionRow {
        scope: role.clone(),
        meaning: known_role(role).map(|known| known.meaning),
        consent: Some("admin always"),
        asked: false,
        granted: Granted::Yes,
    });
    asked.chain(held).collect()
}

/// What the last answer said of `scope`. `offline_access` is told by the refresh token, since answers leave it out.
pub fn granted_state(overview: &Overview, scope: &Scope) -> Granted {
    let Some(tokens) = &overview.tokens else { return Granted::Unknown };
    if scope.name().eq_ignore_ascii_case("offline_access") {
        return if tokens.refresh.is_some() { Granted::Yes } else { Granted::No };
    }
    let audience = Audience::of_scope(scope, &overview.settings.authority);
    let access = audience.and_then(|audience| tokens.access.get(&audience));
    match access.and_then(|access| access.granted_scope.as_ref()) {
        None => Granted::Unknown,
        Some(granted) if granted.names(scope) => Granted::Yes,
        Some(_) => Granted::No,
    }
}

/// True if what is asked for is not what was granted: only a new sign-in applies it.
pub fn needs_sign_in_to_apply(overview: &Overview) -> bool {
    overview.tokens.is_some()
        && overview.settings.way_in.is_delegated()
        && overview.settings.scopes.iter().any(|scope| granted_state(overview, scope) == Granted::No)
}
