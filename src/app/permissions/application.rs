//! Permissions of a client that acts for itself: the `.default` that it asks for, and what the token holds.

use crate::catalogue::permissions::known_role;
use crate::domain::{Known, Overview, Scope, ScopeSet};

/// A row: what is asked for, or a role in the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationRow {
    /// The scope or role.
    pub scope: Scope,
    /// What it allows, where that is known.
    pub meaning: Option<&'static str>,
    /// Whether it is what the connection asks for, and not what came of it.
    pub asked: bool,
    /// Whether it was granted.
    pub granted: Known,
}

/// The rows: what is asked for, then what the token holds.
pub fn application_rows(overview: &Overview) -> Vec<ApplicationRow> {
    let roles = overview.roles();
    let granted = match &roles {
        None => Known::Unknown,
        Some(roles) if roles.is_empty() => Known::No,
        Some(_) => Known::Yes,
    };
    let asked = overview.settings.scopes.iter().map(|scope| ApplicationRow {
        scope: scope.clone(),
        meaning: Some("all that was granted there"),
        asked: true,
        granted,
    });
    let held = roles.iter().flat_map(ScopeSet::iter).map(|role| ApplicationRow {
        scope: role.clone(),
        meaning: known_role(role).map(|known| known.meaning),
        asked: false,
        granted: Known::Yes,
    });
    asked.chain(held).collect()
}
