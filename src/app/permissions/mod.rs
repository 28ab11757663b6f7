//! Permissions of the chosen connection: the whole catalogue, what of it is asked for, granted and in the token.
//!
//! `list` makes the rows of the tab, whole or searched; `state` tells how a permission stands; `summary` puts the
//! difference and who must consent into words, for the tab, the sign-in, the administrator and the command line;
//! `application` is the shorter story of a client that acts for itself.

mod application;
mod list;
mod state;
mod summary;

use crate::domain::Scope;

use super::Field;

pub use application::{ApplicationRow, application_rows};
pub use list::{Heading, Item, Line, List, Section, Subject};
pub use state::{Asked, PermissionRow, granted_state, row_of};
pub use summary::{
    Counts, Statement, consent_statement, counts, difference, for_administrator, refused_tick,
};

/// The Permissions tab.
#[derive(Debug, Clone, PartialEq)]
pub struct PermissionsTab {
    /// The chosen permission; it stays chosen wherever the search puts it.
    pub cursor: Option<Item>,
    /// Where it stood last: what stands there now is chosen when it is gone.
    pub line: usize,
    /// What is searched for.
    pub search: Field,
    /// The scope being entered by name.
    pub entry: Option<Field>,
    /// What was unticked here: it stays among the choice until the tab is left, so that a slip can be taken back.
    pub unticked: Vec<Scope>,
}

impl Default for PermissionsTab {
    fn default() -> Self {
        Self { cursor: None, line: 0, search: Field::open(64), entry: None, unticked: Vec::new() }
    }
}

impl PermissionsTab {
    /// True while something is searched for.
    pub fn is_searching(&self) -> bool {
        !self.search.text().trim().is_empty()
    }

    /// Forgets what belongs to one connection or one visit.
    pub fn forget(&mut self) {
        *self = Self { search: std::mem::replace(&mut self.search, Field::open(64)), ..Self::default() };
    }
}
