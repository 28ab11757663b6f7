//! The list of connections: what is shown of it, in which order, and which one is chosen.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::domain::{ConnectionId, ConnectionName, Need, Overview, TroubleKind, Unsaved};

use super::{AppFacts, Contents, DamagedFile, Field};

/// All connections and the way the person looks at them.
#[derive(Debug, Clone, PartialEq)]
pub struct Connections {
    all: Vec<Overview>,
    /// App registrations, for the choice in the form.
    pub apps: Vec<AppFacts>,
    /// Records that could not be opened.
    pub damaged: Vec<DamagedFile>,
    selected: Option<ConnectionId>,
    /// Text that name or mailbox must hold.
    pub filter: Field,
    /// Whether only what needs the person is shown.
    pub needs_me: bool,
    /// The order within a group.
    pub sort: Sort,
    /// What is shown of each.
    pub showing: Showing,
    /// Those that were taken in, changed or taken away since it was last asked.
    changed: BTreeSet<ConnectionId>,
}

/// What is shown of each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Showing {
    /// Its clocks, in groups.
    #[default]
    Clocks,
    /// Its next ninety days.
    Forecast,
}

impl Showing {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Clocks => Self::Forecast,
            Self::Forecast => Self::Clocks,
        }
    }
}

/// The order within a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// What lapses first stands first.
    #[default]
    Lapse,
    /// By name.
    Name,
    /// By mailbox.
    Mailbox,
}

impl Sort {
    /// The next order, round and round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Lapse => Self::Name,
            Self::Name => Self::Mailbox,
            Self::Mailbox => Self::Lapse,
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lapse => "lapsing first",
            Self::Name => "by name",
            Self::Mailbox => "by mailbox",
        }
    }
}

/// One group of the list with its rows in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Group<'a> {
    /// Which.
    pub need: Need,
    /// Its connections, in the chosen order.
    pub rows: Vec<&'a Overview>,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            apps: Vec::new(),
            damaged: Vec::new(),
            selected: None,
            filter: Field::open(64),
            needs_me: false,
            sort: Sort::default(),
            showing: Showing::default(),
            changed: BTreeSet::new(),
        }
    }
}

impl Connections {
    /// Takes what the vault holds; the selection stays where it was, if that connection is still there. What is in memory
    /// only stays, whatever the disk says: on a broken one its record is damaged, or missing.
    pub fn load(&mut self, contents: Contents, now: DateTime<Utc>) {
        let mut before: HashMap<ConnectionId, Overview> =
            self.all.drain(..).map(|own| (own.id.clone(), own)).collect();
        let differs = |read: &&Overview| before.get(&read.id) != Some(*read);
        self.changed.extend(contents.connections.iter().filter(differs).map(|read| read.id.clone()));
        let newer = |read: Overview| match before.remove(&read.id) {
            // Changed after the others were read: the higher generation stays, unless the lower one is known to be put back.
            Some(own) if own.generation > read.generation && !is_restored(&read) => own,
            // Nothing on disk tells of what is in memory only.
            Some(own) => Overview { unsaved: own.unsaved, ..read },
            None => read,
        };
        self.all = contents.connections.into_iter().map(newer).collect();
        self.changed.extend(before.keys().cloned());
        self.all.extend(before.into_values().filter(|own| own.unsaved.is_some()));
        self.apps = contents.apps;
        self.damaged = contents.damaged;
        if self.selected().is_none() {
            self.keep_selection(now);
        }
    }

    /// The former and the present name of those that have another one now.
    pub fn renamed(&self, read: &[Overview]) -> Vec<(ConnectionName, ConnectionName)> {
        let now: HashMap<&ConnectionId, &ConnectionName> =
            read.iter().map(|own| (&own.id, &own.name)).collect();
        let renamed = |own: &Overview| now.get(&own.id).filter(|name| ***name != own.name).copied();
        self.all.iter().filter_map(|own| Some((own.name.clone(), renamed(own)?.clone()))).collect()
    }

    /// Takes one record that was made or changed; an older generation than the one known is left out.
    pub fn put(&mut self, overview: Overview) {
        self.changed.insert(overview.id.clone());
        match self.all.iter_mut().find(|own| own.id == overview.id) {
            Some(own) if own.generation <= overview.generation => {
                *own = Overview { unsaved: own.unsaved.take(), ..overview };
            }
            Some(_) => {}
            None => self.all.push(overview),
        }
    }

    /// Notes that an answer is in memory only, or no longer.
    pub fn mark_unsaved(&mut self, id: &ConnectionId, unsaved: Option<Unsaved>) {
        if let Some(own) = self.all.iter_mut().find(|own| own.id == *id) {
            own.unsaved = unsaved;
        }
    }

    /// Those whose answer is in memory only.
    pub fn unsaved(&self) -> impl Iterator<Item = &Overview> {
        self.all.iter().filter(|own| own.unsaved.is_some())
    }

    /// Takes one away.
    pub fn remove(&mut self, id: &ConnectionId, now: DateTime<Utc>) {
        let next = self.neighbour(id, now);
        self.changed.insert(id.clone());
        self.all.retain(|own| own.id != *id);
        if self.selected.as_ref() == Some(id) {
            self.selected = next;
        }
        if self.selected().is_none() {
            self.keep_selection(now);
        }
    }

    /// Those whose record has changed since this was last asked.
    pub(super) fn take_changed(&mut self) -> BTreeSet<ConnectionId> {
        std::mem::take(&mut self.changed)
    }

    /// All of them, in no order.
    pub fn all(&self) -> &[Overview] {
        &self.all
    }

    /// One of them.
    pub fn get(&self, id: &ConnectionId) -> Option<&Overview> {
        self.all.iter().find(|own| own.id == *id)
    }

    /// The chosen one.
    pub fn selected(&self) -> Option<&Overview> {
        self.selected.as_ref().and_then(|id| self.get(id))
    }

    /// Chooses one.
    pub fn select(&mut self, id: ConnectionId) {
        self.selected = Some(id);
    }

    /// How many stand in each group, whatever the filter.
    pub fn counts(&self, now: DateTime<Utc>) -> [(Need, usize); 3] {
        Need::ALL.map(|need| (need, self.all.iter().filter(|own| own.need(now) == need).count()))
    }

    /// The groups that are shown, most urgent first, without empty ones.
    pub fn groups(&self, now: DateTime<Utc>) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> =
            Need::ALL.into_iter().map(|need| Group { need, rows: Vec::new() }).collect();
        for overview in self.all.iter().filter(|own| self.passes(own)) {
            let need = overview.need(now);
            if let Some(group) = groups.iter_mut().find(|group| group.need == need) {
                group.rows.push(overview);
            }
        }
        groups.retain(|group| !group.rows.is_empty() && (!self.needs_me || group.need == Need::NeedsYou));
        groups.iter_mut().for_each(|group| self.order(&mut group.rows));
        groups
    }

    /// The rows that are shown, in order, groups joined.
    pub fn rows(&self, now: DateTime<Utc>) -> Vec<&Overview> {
        self.groups(now).into_iter().flat_map(|group| group.rows).collect()
    }

    /// Moves the selection by so many rows, stopping at the ends.
    pub fn step(&mut self, by: isize, now: DateTime<Utc>) {
        let ids: Vec<ConnectionId> = self.rows(now).iter().map(|own| own.id.clone()).collect();
        let here = ids.iter().position(|id| Some(id) == self.selected.as_ref()).unwrap_or(0);
        let last = ids.len().saturating_sub(1);
        self.selected = ids.into_iter().nth(here.saturating_add_signed(by).min(last));
    }

    /// Chooses the first row if the chosen one is not shown.
    pub fn keep_selection(&mut self, now: DateTime<Utc>) {
        let rows = self.rows(now);
        let shown = rows.iter().any(|own| Some(&own.id) == self.selected.as_ref());
        if !shown {
            self.selected = rows.first().map(|own| own.id.clone());
        }
    }

    fn passes(&self, overview: &Overview) -> bool {
        let wanted = self.filter.text().to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&wanted);
        wanted.is_empty()
            || holds(overview.name.as_str())
            || overview.holder().as_deref().is_some_and(holds)
            || holds(overview.settings.tenant.as_str())
    }

    fn order(&self, rows: &mut [&Overview]) {
        let name = |own: &Overview| own.name.as_str().to_lowercase();
        match self.sort {
            // What never lapses comes last: `None` is smaller than any moment, so it is reversed twice.
            Sort::Lapse => {
                rows.sort_by_cached_key(|own| (Reverse(own.first_lapse().map(Reverse)), name(own)));
            }
            Sort::Name => rows.sort_by_cached_key(|own| name(own)),
            Sort::Mailbox => {
                rows.sort_by_cached_key(|own| (own.mailbox().unwrap_or("~").to_lowercase(), name(own)));
            }
        }
    }

    fn neighbour(&self, id: &ConnectionId, now: DateTime<Utc>) -> Option<ConnectionId> {
        let rows = self.rows(now);
        let here = rows.iter().position(|own| own.id == *id)?;
        let next = rows.get(here + 1).or_else(|| rows.get(here.checked_sub(1)?))?;
        Some(next.id.clone())
    }
}

fn is_restored(overview: &Overview) -> bool {
    overview.trouble.as_ref().is_some_and(|trouble| trouble.kind == TroubleKind::Restored)
}
