//! The rows of the tab: the choice first, then the catalogue under its groups; or what a search found.

use crate::catalogue::clouds::Resource;
use crate::catalogue::permissions::{Permission, Query, catalogue, known};
use crate::domain::{Audience, Overview, PermissionState, Scope};

use super::PermissionsTab;

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A permission of the catalogue.
    Known(&'static Permission),
    /// A scope that is not in it.
    Own(Scope),
}

impl Subject {
    /// What is known of the scope, else the scope itself.
    pub fn of(scope: &Scope) -> Self {
        known(scope).map_or_else(|| Self::Own(scope.clone()), Self::Known)
    }

    /// The permission's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Known(permission) => permission.name,
            Self::Own(scope) => scope.as_str(),
        }
    }

    /// What a state is about: the platform names scopes with their resource or without.
    pub fn of_state(state: &PermissionState) -> Self {
        let resource = match state.audience {
            Some(Audience::Exchange) => Resource::Exchange,
            _ => return Self::of(&state.scope),
        };
        let known = catalogue().of_resource(resource, state.scope.name());
        known.map_or_else(|| Self::Own(state.scope.clone()), Self::Known)
    }

    /// True if the state is about this subject.
    pub(super) fn is_of(&self, state: &PermissionState) -> bool {
        match self {
            Self::Own(scope) => scope.is_same_permission(&state.scope),
            Self::Known(permission) => {
                let audience = match permission.resource {
                    Resource::Graph => Audience::Graph,
                    Resource::Exchange => Audience::Exchange,
                };
                let is_same_resource = state.audience.as_ref().is_none_or(|own| *own == audience);
                is_same_resource && permission.name.eq_ignore_ascii_case(state.scope.name())
            }
        }
    }
}

/// Where a row stands: a permission of the choice stands in its group too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Among what is asked for.
    Choice,
    /// In its group.
    Catalogue,
}

/// A row that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where it stands.
    pub section: Section,
    /// What it is about.
    pub subject: Subject,
}

/// What stands above a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The group's name.
    pub title: &'static str,
    /// How many of its permissions are asked for.
    pub ticked: usize,
    /// How many it has.
    pub count: usize,
    /// How many the search found, while there is one.
    pub found: Option<usize>,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// The head of a group.
    Heading(Heading),
    /// A permission.
    Item(Item),
}

/// The list as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    lines: Vec<Line>,
}

impl List {
    /// The rows for a connection with which a person signs in.
    pub fn of(overview: &Overview, tab: &PermissionsTab) -> Self {
        let asked = asked(overview);
        let query = Query::new(tab.search.text());
        let mut list = Self::default();
        if query.is_empty() {
            list.push_choice(overview, tab, &asked);
            for group in catalogue().groups() {
                list.push_group(group.name, catalogue().of(group), &asked);
            }
        } else {
            for found in query.find(catalogue()) {
                let count = catalogue().of(found.group).len();
                list.push_found(found.group.name, count, &found.permissions, &asked);
            }
            list.push_own(&query, &asked);
        }
        list
    }

    fn push_choice(&mut self, overview: &Overview, tab: &PermissionsTab, asked: &[Subject]) {
        let mut subjects = asked.to_vec();
        let states = overview.permission_states();
        let besides = states.iter().filter(|state| !state.asked).map(Subject::of_state);
        for subject in tab.unticked.iter().map(Subject::of).chain(besides) {
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
        let count = subjects.len();
        self.head(Heading { title: "Your choice", ticked: asked.len(), count, found: None });
        self.items(Section::Choice, subjects);
    }

    fn push_group(&mut self, title: &'static str, permissions: &'static [Permission], asked: &[Subject]) {
        let ticked = ticked(&permissions.iter(), asked);
        self.head(Heading { title, ticked, count: permissions.len(), found: None });
        self.items(Section::Catalogue, permissions.iter().map(Subject::Known));
    }

    fn push_found(
        &mut self,
        title: &'static str,
        count: usize,
        permissions: &[&'static Permission],
        asked: &[Subject],
    ) {
        let ticked = ticked(&permissions.iter().copied(), asked);
        self.head(Heading { title, ticked, count, found: Some(permissions.len()) });
        self.items(Section::Catalogue, permissions.iter().copied().map(Subject::Known));
    }

    /// What the catalogue does not have is found by its name.
    fn push_own(&mut self, query: &Query, asked: &[Subject]) {
        let matches = |own: &&Subject| matches!(own, Subject::Own(scope) if query.matches(scope.as_str()));
        let own: Vec<Subject> = asked.iter().filter(matches).cloned().collect();
        if own.is_empty() {
            return;
        }
        let count = own.len();
        self.head(Heading { title: "Entered by name", ticked: count, count, found: Some(count) });
        self.items(Section::Catalogue, own);
    }

    fn head(&mut self, heading: Heading) {
        self.lines.push(Line::Heading(heading));
    }

    fn items(&mut self, section: Section, subjects: impl IntoIterator<Item = Subject>) {
        let lines = subjects.into_iter().map(|subject| Line::Item(Item { section, subject }));
        self.lines.extend(lines);
    }

    /// All lines.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// How many permissions are shown, and which of them stands on this line, counted from one.
    pub fn place(&self, line: usize) -> (usize, usize) {
        let is_item = |line: &&Line| matches!(line, Line::Item(_));
        let all = self.lines.iter().filter(is_item).count();
        (all, self.lines.iter().take(line + 1).filter(is_item).count())
    }

    /// The heading of the group that a line belongs to.
    pub fn heading_of(&self, line: usize) -> Option<&Heading> {
        self.lines.iter().take(line + 1).rev().find_map(|line| match line {
            Line::Heading(heading) => Some(heading),
            Line::Item(_) => None,
        })
    }

    /// The permission on a line.
    pub fn item(&self, line: usize) -> Option<&Item> {
        match self.lines.get(line)? {
            Line::Item(item) => Some(item),
            Line::Heading(_) => None,
        }
    }

    /// The line of the chosen permission: where it stands, else where it stands as well, else the first that a search
    /// found, else what has come to its place. `None` if nothing is shown.
    pub fn chosen(&self, tab: &PermissionsTab) -> Option<usize> {
        let of = |cursor: &Item, matches: fn(&Item, &Item) -> bool| {
            self.lines.iter().position(|line| matches!(line, Line::Item(own) if matches(own, cursor)))
        };
        let cursor = tab.cursor.as_ref();
        cursor
            .and_then(|cursor| of(cursor, |own, cursor| own == cursor))
            .or_else(|| cursor.and_then(|cursor| of(cursor, |own, cursor| own.subject == cursor.subject)))
            .or_else(|| self.item_near(if tab.is_searching() { 0 } else { tab.line }))
    }

    /// The line so many permissions further, stopping at the ends.
    pub fn stepped(&self, from: usize, by: isize) -> usize {
        let items: Vec<usize> = self.item_lines().collect();
        let here = items.iter().position(|line| *line >= from).unwrap_or(0);
        let there = here.saturating_add_signed(by).min(items.len().saturating_sub(1));
        items.get(there).copied().unwrap_or(from)
    }

    /// The first permission of the next group, or of the group before.
    pub fn group_stepped(&self, from: usize, by: isize) -> usize {
        let heads: Vec<usize> =
            (0..self.lines.len()).filter(|line| matches!(self.lines[*line], Line::Heading(_))).collect();
        let here = heads.iter().rposition(|head| *head <= from).unwrap_or(0);
        let there = here.saturating_add_signed(by).min(heads.len().saturating_sub(1));
        heads.get(there).map_or(from, |head| head + 1)
    }

    fn item_lines(&self) -> impl Iterator<Item = usize> {
        (0..self.lines.len()).filter(|line| matches!(self.lines[*line], Line::Item(_)))
    }

    fn item_near(&self, line: usize) -> Option<usize> {
        let items: Vec<usize> = self.item_lines().collect();
        items.iter().copied().find(|own| *own >= line).or(items.last().copied())
    }
}

/// What is asked for: the connection's permissions, and `offline_access`, which adds itself.
fn asked(overview: &Overview) -> Vec<Subject> {
    overview.permission_states().asked().map(|state| Subject::of(&state.scope)).collect()
}

fn ticked(permissions: &(impl Iterator<Item = &'static Permission> + Clone), asked: &[Subject]) -> usize {
    let is_there = |asked: &&Subject| match asked {
        Subject::Known(own) => permissions.clone().any(|permission| std::ptr::eq(permission, *own)),
        Subject::Own(_) => false,
    };
    asked.iter().filter(is_there).count()
}
