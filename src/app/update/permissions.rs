//! What happens on the Permissions tab and in the panel with the presets.

use chrono::{DateTime, Utc};

use crate::catalogue::permissions::{as_asked, known, nearest};
use crate::domain::{Overview, Scope};

use crate::app::permissions::{Asked, Item, List, PermissionRow, application_rows, refused_tick, row_of};
use crate::app::presets;
use crate::app::{Action, App, Edit, Effect, Failure, Notice, Panel, PresetPanel};

impl App {
    /// The chosen permission of a connection with which a person signs in.
    pub fn chosen_permission(&self) -> Option<Item> {
        let list = List::of(self.chosen()?, &self.permissions);
        list.item(list.chosen(&self.permissions)?).cloned()
    }

    pub(super) fn step_permission(&mut self, by: isize) {
        let Some(chosen) = self.chosen() else { return };
        if !chosen.settings.way_in.is_delegated() {
            let last = application_rows(chosen).len().saturating_sub(1);
            self.permissions.line = self.permissions.line.saturating_add_signed(by).min(last);
            return;
        }
        self.move_cursor(|list, from| list.stepped(from, by));
    }

    pub(super) fn step_group(&mut self, by: isize) {
        self.move_cursor(|list, from| list.group_stepped(from, by));
    }

    fn move_cursor(&mut self, to: impl FnOnce(&List, usize) -> usize) {
        let Some(chosen) = self.chosen() else { return };
        let list = List::of(chosen, &self.permissions);
        let Some(from) = list.chosen(&self.permissions) else { return };
        let line = to(&list, from);
        self.permissions.cursor = list.item(line).cloned();
        self.permissions.line = line;
    }

    /// What the search chose stays chosen when it is over.
    pub(super) fn keep_found(&mut self) {
        self.move_cursor(|_, from| from);
    }

    pub(super) fn end_search(&mut self) {
        self.keep_found();
        self.permissions.search.clear();
    }

    pub(super) fn toggle_permission(&mut self, overview: &Overview, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(item) = self.chosen_permission() else { return Vec::new() };
        self.keep_found();
        let row = row_of(overview, &overview.permission_states(), &item.subject);
        match row.asked {
            Asked::ByItself => {
                self.tell(Notice::plain(row.sentences(), now));
                Vec::new()
            }
            Asked::Chosen => {
                self.permissions.unticked.push(row.scope.clone());
                vec![self.change(&overview.id, Edit::RemoveScope(row.scope))]
            }
            Asked::No => self.tick(overview, row),
        }
    }

    fn tick(&mut self, overview: &Overview, row: PermissionRow) -> Vec<Effect> {
        if let Some(failure) = refused_tick(overview, &row.scope) {
            self.tell(Notice::bad(failure));
            return Vec::new();
        }
        vec![self.change(&overview.id, Edit::AddScope(row.scope))]
    }

    /// Asks for the scope that was typed; what is not known is asked for all the same, and said.
    pub(super) fn add_scope(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(chosen) = self.chosen().cloned() else { return Vec::new() };
        let typed =
            self.permissions.entry.as_ref().map_or(String::new(), |field| field.text().trim().to_owned());
        let Some(scope) = Scope::parse(&typed).map(|scope| as_asked(&scope, &chosen.settings.authority))
        else {
            self.tell(Notice::bad(Failure::new(
                "A scope is one word of printable characters, without blanks or quotes.",
                "Such as Mail.Read, or https://outlook.office.com/SMTP.Send.",
            )));
            return Vec::new();
        };
        if let Some(failure) = refused_tick(&chosen, &scope) {
            self.tell(Notice::bad(failure));
            return Vec::new();
        }
        self.permissions.entry = None;
        self.line = None;
        if chosen.settings.scopes.contains(&scope) {
            self.tell(Notice::plain(format!("{} is asked for already.", scope.name()), now));
            return Vec::new();
        }
        self.tell_if_strange(&scope, now);
        vec![self.change(&chosen.id, Edit::AddScope(scope))]
    }

    fn tell_if_strange(&mut self, scope: &Scope, now: DateTime<Utc>) {
        if known(scope).is_some() {
            return;
        }
        let text = match nearest(scope.name()) {
            Some(near) => {
                format!("{scope} is not in the catalogue and is asked for as typed. Meant {}?", near.name)
            }
            None => format!("{scope} is not in the catalogue and is asked for as typed."),
        };
        self.tell(Notice::plain(text, now));
    }

    pub(super) fn act_in_presets(
        &mut self,
        mut panel: PresetPanel,
        action: Action,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        match action {
            Action::Back | Action::Quit => return Vec::new(),
            Action::Open => return self.take_preset(&panel, now),
            Action::Up => panel.step(-1),
            Action::Down => panel.step(1),
            Action::HalfPageUp => panel.step(-5),
            Action::HalfPageDown => panel.step(5),
            Action::First => panel.step(isize::MIN / 2),
            Action::Last => panel.step(isize::MAX / 2),
            _ => {}
        }
        self.panel = Some(Panel::Presets(panel));
        Vec::new()
    }

    fn take_preset(&mut self, panel: &PresetPanel, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(overview) = self.connections.get(&panel.connection) else { return Vec::new() };
        let Some(row) = presets::rows(overview).into_iter().nth(panel.row) else { return Vec::new() };
        if row.is_own() {
            self.tell(Notice::plain(format!("{} asks for just that already.", overview.name), now));
            return Vec::new();
        }
        let text = match row.preset.remark() {
            Some(remark) => format!("{}: {remark}. Tick and untick what differs.", row.preset.name),
            None => format!("{}: {} permissions asked for.", row.preset.name, row.scopes.len()),
        };
        self.tell(Notice::plain(text, now));
        vec![self.change(&panel.connection, Edit::SetScopes(row.scopes))]
    }
}
