//! Who will have to consent to a choice of permissions, said before anybody signs in.

use crate::domain::{Scope, ScopeSet};

use super::{Consent, is_by_itself, known};

/// The permissions of a choice by who may consent to them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WhoConsents {
    /// All of them.
    pub count: usize,
    /// Those that always take an administrator.
    pub admin: Vec<Scope>,
    /// Those that take one where the tenant keeps Microsoft's default consent policy.
    pub by_policy: Vec<Scope>,
    /// Those of which nothing is known here.
    pub unknown: Vec<Scope>,
}

impl WhoConsents {
    /// Sorts a choice. What stands for others (`.default`) and names that are not known are neither.
    pub fn of<'a>(scopes: impl IntoIterator<Item = &'a Scope>) -> Self {
        let mut own = Self::default();
        for scope in scopes {
            own.count += 1;
            match known(scope).map(super::Permission::consent) {
                Some(Consent::Admin) => own.admin.push(scope.clone()),
                Some(Consent::AdminByDefaultPolicy) => own.by_policy.push(scope.clone()),
                Some(Consent::Anyone) => {}
                None if is_by_itself(scope) => {}
                None => own.unknown.push(scope.clone()),
            }
        }
        own
    }

    /// True if an administrator has to act, in some tenants at least.
    pub fn needs_administrator(&self) -> bool {
        !self.admin.is_empty() || !self.by_policy.is_empty()
    }

    /// What needs an administrator, surely or by the default policy, and what nobody here knows.
    pub fn for_administrator(&self) -> ScopeSet {
        self.admin.iter().chain(&self.by_policy).chain(&self.unknown).cloned().collect()
    }

    /// The statement in a line of some eighty characters.
    pub fn sentence(&self) -> String {
        let Self { count, admin, by_policy, unknown } = self;
        match (admin.len(), by_policy.len(), unknown.len()) {
            (0, 0, 0) if *count == 1 => "whoever signs in may consent to it".to_owned(),
            (0, 0, 0) => format!("whoever signs in may consent to all {count}"),
            (0, 0, _) => format!("who may consent is not known of {}", names(unknown)),
            (0, some, _) => format!(
                "{some} of {count} need{} an administrator where the tenant keeps Microsoft's default consent policy",
                if some == 1 { "s" } else { "" }
            ),
            (some, 0, _) => format!("an administrator must consent to {some} of {count}: {}", names(admin)),
            (some, more, _) => format!(
                "an administrator must consent to {some} of {count}: {}; to {more} more by the default consent policy",
                names(admin)
            ),
        }
    }

    /// The same in some thirty characters.
    pub fn short(&self) -> String {
        let count = self.count;
        match (self.admin.len(), self.by_policy.len(), self.unknown.len()) {
            (0, 0, 0) => "whoever signs in may consent".to_owned(),
            (0, 0, some) => format!("{some} of {count}: consent not known"),
            (0, some, _) => format!("{some} of {count} for an admin by policy"),
            (some, 0, _) => format!("{some} of {count} for an administrator"),
            (some, more, _) => format!("{some} of {count} for an admin, {more} by policy"),
        }
    }
}

/// The first names, and how many more there are.
fn names(scopes: &[Scope]) -> String {
    let first: Vec<&str> = scopes.iter().take(2).map(Scope::name).collect();
    match scopes.len().saturating_sub(first.len()) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PRESETS, Preset};
    use super::*;

    fn of(wire: &str) -> WhoConsents {
        WhoConsents::of(ScopeSet::parse_lenient(wire).iter())
    }

    #[test]
    fn the_default_choice_needs_an_administrator_by_policy() {
        let own = WhoConsents::of(PRESETS[0].scope_set().iter());
        assert_eq!(
            own.sentence(),
            "3 of 6 need an administrator where the tenant keeps Microsoft's default consent policy"
        );
        assert_eq!(own.short(), "3 of 6 for an admin by policy");
    }

    #[test]
    fn what_always_needs_one_is_named() {
        let own = WhoConsents::of(Preset::named("app-connect+groups").unwrap().scope_set().iter());
        let text = own.sentence();
        assert!(
            text.starts_with("an administrator must consent to 1 of 7: Group.ReadWrite.All; to 3 more"),
            "{text}"
        );
        let own = of("Mail.Send User.Read.All Group.ReadWrite.All Directory.Read.All");
        let expected =
            "an administrator must consent to 3 of 4: User.Read.All, Group.ReadWrite.All and 1 more";
        assert_eq!(own.sentence(), expected);
    }

    #[test]
    fn what_anybody_may_consent_to_needs_nobody_else() {
        let own = of("Mail.Send User.Read offline_access");
        assert_eq!(own.sentence(), "whoever signs in may consent to all 3");
        assert!(!own.needs_administrator());
        assert_eq!(of("Mail.Send").sentence(), "whoever signs in may consent to it");
    }

    #[test]
    fn nothing_is_claimed_of_a_name_that_is_not_known() {
        assert_eq!(of("Mail.Send Own.Scope").sentence(), "who may consent is not known of Own.Scope");
        assert_eq!(of("Own.Scope Mail.Read").for_administrator().to_wire(), "Mail.Read Own.Scope");
    }
}
