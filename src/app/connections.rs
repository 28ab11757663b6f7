//! The list of connections: what is shown of it, in which order, and which one is chosen.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::domain::{ClientId, ConnectionId, ConnectionName, Need, Overview, TroubleKind, Unsaved};

use super::arrangement::{Arranged, Arrangement, Eye};
use super::secret_replacement::OpenReplacement;
use super::{AppFacts, Contents, DamagedFile, Field};

/// All connections and the way the person looks at them.
#[derive(Debug, Clone, PartialEq)]
pub struct Connections {
    all: Vec<Overview>,
    /// Where each of them stands.
    places: HashMap<ConnectionId, usize>,
    /// Those with a device sign-in, open or over.
    with_device_code: BTreeSet<ConnectionId>,
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
    arranged: Arranged,
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
            places: HashMap::new(),
            with_device_code: BTreeSet::new(),
            apps: Vec::new(),
            damaged: Vec::new(),
            selected: None,
            filter: Field::open(64),
            needs_me: false,
            sort: Sort::default(),
            showing: Showing::default(),
            changed: BTreeSet::new(),
            arranged: Arranged::default(),
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
        self.index();
        self.apps = contents.apps;
        self.damaged = contents.damaged;
        if self.selected().is_none() {
            self.keep_selection(now);
        }
    }

    /// The former and the present name of those that have another one now.
    pub fn renamed(&self, read: &[Overview]) -> Vec<(ConnectionName, ConnectionName)> {
        let other_name = |now: &Overview| self.get(&now.id).filter(|own| own.name != now.name);
        read.iter().filter_map(|now| Some((other_name(now)?.name.clone(), now.name.clone()))).collect()
    }

    /// Takes one record that was made or changed; an older generation than the one known is left out.
    pub fn put(&mut self, overview: Overview) {
        let id = overview.id.clone();
        let place = *self.places.entry(id.clone()).or_insert(self.all.len());
        match self.all.get_mut(place) {
            Some(own) if own.generation <= overview.generation => {
                *own = Overview { unsaved: own.unsaved.take(), ..overview };
            }
            Some(_) => return,
            None => self.all.push(overview),
        }
        self.note_change(&id, place);
    }

    /// Notes that an answer is in memory only, or no longer.
    pub fn mark_unsaved(&mut self, id: &ConnectionId, unsaved: Option<Unsaved>) {
        let Some(place) = self.places.get(id).copied() else { return };
        self.all[place].unsaved = unsaved;
        self.note_change(id, place);
    }

    fn note_change(&mut self, id: &ConnectionId, place: usize) {
        self.arranged.forget(place);
        self.changed.insert(id.clone());
        if has_device_code(&self.all[place]) {
            self.with_device_code.insert(id.clone());
        } else {
            self.with_device_code.remove(id);
        }
    }

    /// All stand elsewhere now.
    fn index(&mut self) {
        self.arranged.forget_all();
        self.places = self.all.iter().enumerate().map(|(place, own)| (own.id.clone(), place)).collect();
        self.with_device_code =
            self.all.iter().filter(|own| has_device_code(own)).map(|own| own.id.clone()).collect();
    }

    /// The replacement of the client secret of this registration, if one is open.
    pub fn open_replacement(&self, client_id: &ClientId) -> Option<OpenReplacement> {
        let app = self.apps.iter().find(|app| app.client_id == *client_id)?;
        let replacement = app.replacement.as_ref()?;
        let served: Vec<&Overview> =
            self.all.iter().filter(|own| own.settings.client_id == *client_id).collect();
        let proven = served.iter().filter(|own| replacement.proven_for.contains(&own.id)).count();
        Some(OpenReplacement { client_id: *client_id, proven, serves: served.len() })
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
        self.index();
        if self.selected.as_ref() == Some(id) {
            self.selected = next;
        }
        if self.selected().is_none() {
            self.keep_selection(now);
        }
    }

    /// Those whose record has changed since they were last taken.
    pub(super) fn changed(&self) -> &BTreeSet<ConnectionId> {
        &self.changed
    }

    /// The same, taken.
    pub(super) fn take_changed(&mut self) -> BTreeSet<ConnectionId> {
        std::mem::take(&mut self.changed)
    }

    /// All of them, in no order.
    pub fn all(&self) -> &[Overview] {
        &self.all
    }

    /// One of them.
    pub fn get(&self, id: &ConnectionId) -> Option<&Overview> {
        self.places.get(id).map(|place| &self.all[*place])
    }

    /// Those with a device sign-in, open or over.
    pub fn with_device_code(&self) -> impl Iterator<Item = &Overview> {
        self.with_device_code.iter().filter_map(|id| self.get(id))
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
        let counts = self.arranged(now, |own| own.counts);
        Need::ALL.map(|need| (need, counts[need as usize]))
    }

    /// The groups that are shown, most urgent first, without empty ones.
    pub fn groups(&self, now: DateTime<Utc>) -> Vec<Group<'_>> {
        let rows = |places: &[usize]| places.iter().map(|place| &self.all[*place]).collect();
        let group = |(need, places): &(Need, Vec<usize>)| Group { need: *need, rows: rows(places) };
        self.arranged(now, |own| own.groups.iter().map(group).collect())
    }

    /// The rows that are shown, in order, groups joined.
    pub fn rows(&self, now: DateTime<Utc>) -> Vec<&Overview> {
        self.places_shown(now).into_iter().map(|place| &self.all[place]).collect()
    }

    /// The longest name and the longest text for whom the tokens stand for, in characters, whatever the filter.
    pub fn longest(&self, now: DateTime<Utc>) -> (usize, usize) {
        self.arranged(now, |own| own.longest)
    }

    /// True if a clock among what is shown is counted down by seconds: less than a day is left.
    pub fn is_ticking(&self, now: DateTime<Utc>) -> bool {
        self.arranged(now, |own| own.is_ticking)
    }

    fn arranged<T>(&self, now: DateTime<Utc>, read: impl FnOnce(&Arrangement) -> T) -> T {
        let filter = self.filter.text();
        let eye = Eye { sort: self.sort, needs_me: self.needs_me, filter };
        self.arranged.at(&self.all, eye, now, read)
    }

    fn places_shown(&self, now: DateTime<Utc>) -> Vec<usize> {
        self.arranged(now, |own| own.groups.iter().flat_map(|(_, places)| places).copied().collect())
    }

    fn selected_place(&self) -> Option<usize> {
        self.places.get(self.selected.as_ref()?).copied()
    }

    /// Moves the selection by so many rows, stopping at the ends.
    pub fn step(&mut self, by: isize, now: DateTime<Utc>) {
        let (shown, chosen) = (self.places_shown(now), self.selected_place());
        let here = shown.iter().position(|place| Some(*place) == chosen).unwrap_or(0);
        let last = shown.len().saturating_sub(1);
        let there = shown.get(here.saturating_add_signed(by).min(last));
        self.selected = there.map(|place| self.all[*place].id.clone());
    }

    /// Chooses the first row if the chosen one is not shown.
    pub fn keep_selection(&mut self, now: DateTime<Utc>) {
        let chosen = self.selected_place();
        let is_shown = |own: &Arrangement| {
            own.groups.iter().any(|(_, places)| places.iter().any(|place| Some(*place) == chosen))
        };
        if !self.arranged(now, is_shown) {
            let first =
                self.arranged(now, |own| own.groups.first().and_then(|(_, places)| places.first().copied()));
            self.selected = first.map(|place| self.all[place].id.clone());
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

fn has_device_code(own: &Overview) -> bool {
    own.attempt.as_ref().is_some_and(|attempt| attempt.device().is_some())
}
