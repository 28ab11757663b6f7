//! The delegated permissions of `delegated.txt`, read once, when they are first asked for.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::{Consent, MAIL_PROTOCOLS, Resource};

/// A delegated permission.
#[derive(Debug, PartialEq, Eq)]
pub struct Permission {
    /// Its name.
    pub name: &'static str,
    /// Id of its `oauth2PermissionScope` on the resource, where that is sure: a GUID.
    pub id: Option<&'static str>,
    /// Whose it is.
    pub resource: Resource,
    /// The heading under which it stands.
    pub group: &'static str,
    /// What it allows, where that was written down.
    pub meaning: Option<&'static str>,
    marks: &'static str,
    /// Name in small letters, for the search.
    pub(super) folded_name: String,
    /// Meaning, group and resource in small letters.
    pub(super) folded_rest: String,
}

/// Whether personal Microsoft accounts may be asked for a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonalAccounts {
    /// They may.
    Yes,
    /// Accounts of a tenant only.
    No,
    /// It is not told.
    NotTold,
}

impl Permission {
    /// Who may consent. Where the sources disagree, the stricter one is taken.
    pub fn consent(&self) -> Consent {
        if self.is_admin_consent_required() || self.is_disputed() {
            Consent::Admin
        } else if self.is_kept_from_users_by_default_policy() {
            Consent::AdminByDefaultPolicy
        } else {
            Consent::Anyone
        }
    }

    /// True if the permission itself is for administrators to grant (`adminConsentRequired`).
    pub fn is_admin_consent_required(&self) -> bool {
        self.marks.contains('a')
    }

    /// True if the consent policy that Microsoft manages takes it out of what users may consent to.
    pub fn is_kept_from_users_by_default_policy(&self) -> bool {
        self.marks.contains('p')
    }

    /// True if the sources disagree whether an administrator is needed.
    pub fn is_disputed(&self) -> bool {
        self.marks.contains('d')
    }

    /// True if it is newer than most: perhaps a preview, or limited.
    pub fn is_new(&self) -> bool {
        self.marks.contains('n')
    }

    /// Whether personal accounts may be asked for it.
    pub fn personal_accounts(&self) -> PersonalAccounts {
        match (self.marks.contains('y'), self.marks.contains('x')) {
            (true, _) => PersonalAccounts::Yes,
            (_, true) => PersonalAccounts::No,
            _ => PersonalAccounts::NotTold,
        }
    }
}

/// Permissions under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The heading.
    pub name: &'static str,
    /// Whose permissions they are.
    pub resource: Resource,
    range: Range<usize>,
}

/// All delegated permissions of both resources.
#[derive(Debug)]
pub struct Catalogue {
    permissions: Vec<Permission>,
    groups: Vec<Group>,
    by_name: HashMap<(Resource, String), usize>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(include_str!("delegated.txt")));

/// The catalogue. The first call reads it, which takes about a millisecond.
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

impl Catalogue {
    fn read(text: &'static str) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        let mut permissions = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                Some(heading) => groups.push(Group::read(heading, permissions.len())),
                None => {
                    let group = groups.last_mut().expect("a heading stands before its permissions");
                    permissions.push(Permission::read(line, group));
                    group.range.end = permissions.len();
                }
            }
        }
        let keyed = |(place, own): (usize, &Permission)| ((own.resource, own.folded_name.clone()), place);
        let by_name = permissions.iter().enumerate().map(keyed).collect();
        Self { permissions, groups, by_name }
    }

    /// All of them, in the order of the file.
    pub fn all(&'static self) -> &'static [Permission] {
        &self.permissions
    }

    /// The groups of what can be chosen, those of mail first.
    pub fn groups(&'static self) -> impl Iterator<Item = &'static Group> {
        self.groups.iter().filter(|group| group.in_choice())
    }

    /// The permissions of a group, by name.
    pub fn of(&'static self, group: &Group) -> &'static [Permission] {
        &self.permissions[group.range.clone()]
    }

    /// Those that can be chosen, group by group.
    pub fn to_choose(&'static self) -> impl Iterator<Item = &'static Permission> {
        self.groups().flat_map(|group| self.of(group))
    }

    /// The permission of that name, whatever its case. The mail protocols are Exchange's.
    pub fn named(&'static self, name: &str) -> Option<&'static Permission> {
        self.of_resource(Resource::Exchange, name).or_else(|| self.of_resource(Resource::Graph, name))
    }

    /// The permission of that name of one resource.
    pub fn of_resource(&'static self, resource: Resource, name: &str) -> Option<&'static Permission> {
        let place = self.by_name.get(&(resource, name.to_ascii_lowercase()))?;
        self.permissions.get(*place)
    }
}

impl Group {
    fn read(heading: &'static str, start: usize) -> Self {
        let (resource, name) = heading.split_once(' ').expect("a heading has a resource and a name");
        let resource = if resource == "exchange" { Resource::Exchange } else { Resource::Graph };
        Self { name, resource, range: start..start }
    }

    /// Graph lists the mail protocols too, for registrations; a token that was asked for under these names is for Graph,
    /// and no mail server takes it.
    fn in_choice(&self) -> bool {
        !(self.resource == Resource::Graph && self.name == MAIL_PROTOCOLS)
    }
}

impl Permission {
    fn read(line: &'static str, group: &Group) -> Self {
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap_or_default();
        let (name, id, marks, meaning) = (word(), word(), word(), word());
        Self {
            name,
            id: (id != "-").then_some(id),
            resource: group.resource,
            group: group.name,
            meaning: (!meaning.is_empty()).then_some(meaning),
            marks,
            folded_name: name.to_ascii_lowercase(),
            folded_rest: format!("{meaning} {} {}", group.name, group.resource.title()).to_ascii_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::Scope;
    use crate::domain::authority::is_guid;

    #[test]
    fn the_catalogue_is_whole() {
        let count = |resource| catalogue().all().iter().filter(|own| own.resource == resource).count();
        assert_eq!((count(Resource::Graph), count(Resource::Exchange)), (778, 5));
        assert_eq!(catalogue().to_choose().count(), 778);
        let groups: usize = catalogue().groups.iter().map(|group| catalogue().of(group).len()).sum();
        assert_eq!(groups, catalogue().all().len());
    }

    #[test]
    fn names_are_unique_and_scope_tokens() {
        let names: BTreeSet<_> =
            catalogue().all().iter().map(|own| (own.resource == Resource::Graph, &own.folded_name)).collect();
        assert_eq!(names.len(), catalogue().all().len());
        assert!(catalogue().all().iter().all(|own| Scope::parse(own.name).is_some()));
    }

    #[test]
    fn every_id_is_a_guid_and_no_two_are_the_same() {
        let ids: Vec<&str> = catalogue().all().iter().filter_map(|own| own.id).collect();
        assert!(ids.iter().all(|id| is_guid(id)));
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        assert_eq!(catalogue().named("Mail.Send").unwrap().id, Some("e383f46e-2787-4529-855e-0e479a3ffac0"));
        // Graph lists it; on Exchange itself its id is published nowhere.
        assert_eq!(catalogue().named("IMAP.AccessAsUser.All").unwrap().id, None);
    }

    #[test]
    fn marks_are_those_that_mean_something() {
        for own in catalogue().all() {
            let strange = own.marks.chars().find(|mark| !"apdnyx".contains(*mark) && own.marks != "-");
            assert_eq!(strange, None, "{}", own.name);
        }
    }

    #[test]
    fn who_may_consent_is_told_in_three_levels() {
        use Consent as C;
        for (name, consent) in [
            ("Mail.Send", C::Anyone),
            ("User.Read", C::Anyone),
            ("offline_access", C::Anyone),
            ("SMTP.Send", C::Anyone),
            ("Contacts.Read", C::Anyone),
            ("Files.ReadWrite", C::Anyone),
            ("Mail.Read", C::AdminByDefaultPolicy),
            ("Mail.ReadWrite", C::AdminByDefaultPolicy),
            ("Calendars.ReadWrite", C::AdminByDefaultPolicy),
            ("Contacts.ReadWrite", C::AdminByDefaultPolicy),
            ("IMAP.AccessAsUser.All", C::AdminByDefaultPolicy),
            ("EWS.AccessAsUser.All", C::AdminByDefaultPolicy),
            ("Sites.ReadWrite.All", C::AdminByDefaultPolicy),
            ("Group.ReadWrite.All", C::Admin),
            ("User.Read.All", C::Admin),
            ("Directory.ReadWrite.All", C::Admin),
            // For administrators by itself, whatever the policy says besides.
            ("Calendars.ReadBasic", C::Admin),
            // The sources disagree.
            ("MailboxItem.ImportExport", C::Admin),
        ] {
            assert_eq!(catalogue().named(name).unwrap().consent(), consent, "{name}");
        }
    }

    #[test]
    fn what_mail_and_people_permissions_allow_is_told() {
        let groups =
            ["Mail", "Calendars", "Contacts", "Mailbox", "Mail protocols", "OpenID", "User", "Group"];
        let silent =
            catalogue().all().iter().filter(|own| groups.contains(&own.group) && own.meaning.is_none());
        assert_eq!(silent.map(|own| own.name).collect::<Vec<_>>(), Vec::<&str>::new());
    }

    #[test]
    fn the_data_tell_where_they_come_from() {
        let head = include_str!("delegated.txt").lines().take(4).collect::<String>();
        assert!(head.contains("2026-08-07") && head.contains("microsoft-graph-devx-content"));
    }
}
