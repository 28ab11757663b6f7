//! Permissions of the chosen connection: asked against granted.

use crate::catalogue::permissions::{PERMISSIONS, Permission, known};
use crate::domain::{Overview, Scope};

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
    /// What is known of it.
    pub known: Option<&'static Permission>,
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
    let asked = &overview.settings.scopes;
    let granted = overview.tokens.as_ref().and_then(|tokens| tokens.granted_scope.clone());
    let catalogue = PERMISSIONS.iter().filter_map(|permission| Scope::parse(permission.name));
    let given = granted.iter().flat_map(|set| set.iter().cloned()).filter(|scope| !scope.is_openid());
    let mut scopes = crate::domain::ScopeSet::default();
    catalogue.chain(asked.iter().cloned()).chain(given).for_each(|scope| {
        scopes.insert(scope);
    });
    scopes
        .iter()
        .map(|scope| PermissionRow {
            known: known(scope),
            asked: asked.contains(scope),
            granted: granted_state(overview, scope),
            scope: scope.clone(),
        })
        .collect()
}

/// What the last answer said of `scope`. `offline_access` is told by the refresh token, since answers leave it out.
pub fn granted_state(overview: &Overview, scope: &Scope) -> Granted {
    let Some(tokens) = &overview.tokens else { return Granted::Unknown };
    if scope.name().eq_ignore_ascii_case("offline_access") {
        return if tokens.refresh.is_some() { Granted::Yes } else { Granted::No };
    }
    match &tokens.granted_scope {
        None => Granted::Unknown,
        Some(_) if scope.is_openid() => Granted::Unknown,
        Some(granted) if granted.contains(scope) => Granted::Yes,
        Some(_) => Granted::No,
    }
}

/// True if what is asked for is not what was granted: only a new sign-in applies it.
pub fn needs_sign_in_to_apply(overview: &Overview) -> bool {
    overview.tokens.is_some()
        && overview.settings.scopes.iter().any(|scope| granted_state(overview, scope) == Granted::No)
}
