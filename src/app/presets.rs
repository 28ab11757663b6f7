//! The panel in which a preset is chosen for a connection.

use crate::catalogue::permissions::{PRESETS, Preset, WhoConsents};
use crate::domain::{ConnectionId, Overview, Scope, ScopeSet};

/// The panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetPanel {
    /// Whose permissions are chosen.
    pub connection: ConnectionId,
    /// The chosen preset, by its place in the catalogue.
    pub row: usize,
}

/// A preset beside what a connection asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetRow {
    /// The preset.
    pub preset: &'static Preset,
    /// Its scopes in the connection's cloud.
    pub scopes: ScopeSet,
    /// Scopes that are not asked for now.
    pub added: usize,
    /// Scopes asked for now that it does not hold.
    pub removed: usize,
    /// Who will have to consent, in some thirty characters.
    pub consent: String,
}

impl PresetRow {
    /// True if it is just what the connection asks for.
    pub fn is_own(&self) -> bool {
        self.added == 0 && self.removed == 0
    }
}

impl PresetPanel {
    /// The panel with the preset chosen that the connection has, else the default.
    pub fn open(overview: &Overview) -> Self {
        let row = rows(overview).iter().position(PresetRow::is_own).unwrap_or(0);
        Self { connection: overview.id.clone(), row }
    }

    /// Moves to another preset, stopping at the ends.
    pub fn step(&mut self, by: isize) {
        self.row = self.row.saturating_add_signed(by).min(PRESETS.len() - 1);
    }
}

/// All presets beside what the connection asks for.
pub fn rows(overview: &Overview) -> Vec<PresetRow> {
    let own = &overview.settings.scopes;
    let row = |preset: &'static Preset| {
        let scopes = preset.scope_set_at(&overview.settings.authority);
        let by_itself = |scope: &&Scope| !scope.is_openid();
        PresetRow {
            preset,
            added: scopes.difference(own).filter(by_itself).count(),
            removed: own.difference(&scopes).filter(by_itself).count(),
            consent: WhoConsents::of(scopes.iter()).short(),
            scopes,
        }
    };
    PRESETS.iter().map(row).collect()
}
