//! What an action does on the tabs.

use chrono::{DateTime, Utc};

use crate::domain::{ConnectionId, ConnectionValue, NextStep, Overview};

use crate::app::connections::Showing;
use crate::app::hand_over;
use crate::app::{
    Action, App, Effect, Failure, Field, FieldId, GrantStep, InputPane, Line, LockReason, Notice, Panel,
    Parcel, PresetPanel, Question, SignInPanel, Tab, Way,
};

impl App {
    pub(super) fn act_on_tab(&mut self, action: Action, now: DateTime<Utc>) -> Vec<Effect> {
        match action {
            Action::ShowConnections => self.show(Tab::Connections, now),
            Action::ShowPermissions => self.show(Tab::Permissions, now),
            Action::ShowTokens => self.show(Tab::Tokens, now),
            Action::ShowActivity => self.show(Tab::Activity, now),
            Action::NextTab | Action::NextField => self.turn_tab(1, now),
            Action::PreviousTab | Action::PreviousField => self.turn_tab(-1, now),
            Action::Help => self.panel = Some(Panel::Help(0)),
            Action::Lock => self.lock(LockReason::ByKey),
            Action::Quit => return self.quit(),
            Action::Back => self.back(now),
            Action::Up => self.step(-1, now),
            Action::Down => self.step(1, now),
            Action::HalfPageUp => self.step(-10, now),
            Action::HalfPageDown => self.step(10, now),
            Action::First => self.step(isize::MIN / 2, now),
            Action::Last => self.step(isize::MAX / 2, now),
            Action::Filter => self.begin_filter(now),
            // While a filter is set, n and N move among what it found.
            Action::New if self.tab == Tab::Permissions => self.step(1, now),
            Action::NewLike if self.tab == Tab::Permissions => self.step(-1, now),
            Action::Left if self.tab == Tab::Permissions => self.step_group(-1),
            Action::Right if self.tab == Tab::Permissions => self.step_group(1),
            Action::New if self.tab == Tab::Connections && !self.connections.filter.is_empty() => {
                self.step(1, now);
            }
            Action::NewLike if self.tab == Tab::Connections && !self.connections.filter.is_empty() => {
                self.step(-1, now);
            }
            Action::New => self.open_form(None),
            Action::NewLike => self.open_form(self.chosen().cloned().as_ref()),
            Action::Edit => self.edit_chosen(now),
            Action::NeedsMe => self.toggle_needs_me(now),
            Action::Sort => {
                self.connections.sort = self.connections.sort.next();
                self.tell(Notice::plain(format!("Order: {}", self.connections.sort.word()), now));
            }
            Action::ShowWarning => self.show_warning(now),
            Action::Forecast => self.connections.showing = self.connections.showing.other(),
            Action::RenewAll => self.ask_renew_all(now),
            Action::AddScope => {
                self.permissions.entry = Some(Field::open(256));
                self.line = Some(Line::Scope);
            }
            _ => return self.act_on_chosen(action, now),
        }
        Vec::new()
    }

    fn act_on_chosen(&mut self, action: Action, now: DateTime<Utc>) -> Vec<Effect> {
        let Some(chosen) = self.chosen().cloned() else { return Vec::new() };
        if let (Action::Open, Some(step)) = (action, self.queue_step(now)) {
            return self.open_in_queue(&chosen, step, now);
        }
        match action {
            Action::Open if chosen.open_attempt(now).is_some() && chosen.tokens.is_none() => {
                return self.authorize(&chosen, now);
            }
            Action::Open => self.show(Tab::Tokens, now),
            Action::Authorize => return self.authorize(&chosen, now),
            Action::AdminConsent => return self.ask_administrator(&chosen),
            Action::AcceptRestored if chosen.next_step(now) == NextStep::AcceptRestored => {
                self.panel = Some(Panel::Question(Question::AcceptRestored(chosen.id)));
            }
            Action::Paste if chosen.open_code_attempt(now).is_some() => {
                let mut panel = SignInPanel::waiting(chosen.id);
                panel.paste.focused = true;
                self.panel = Some(Panel::SignIn(panel));
            }
            Action::Renew => return self.renew(&chosen, now),
            Action::Remove => {
                let field = Field::open(64);
                self.panel =
                    Some(Panel::Question(Question::Remove { connection: chosen.id, field, removing: None }));
            }
            Action::Toggle => return self.toggle_permission(&chosen, now),
            Action::Presets => self.panel = Some(Panel::Presets(PresetPanel::open(&chosen))),
            Action::Copy => return self.copy_value(&chosen, now),
            Action::Reveal => return self.reveal(&chosen, now),
            Action::HandOver => return self.choose_consumer(&chosen, now),
            Action::ReplaceSecret => self.open_secret_replacement(&chosen, now),
            Action::Export => return self.open_export(&chosen, None, now),
            Action::Probe => return self.begin_probe(&chosen, now),
            Action::OtherWays => self.tell(Notice::plain(
                format!(
                    "Other ways: x exports all of them to a file; v shows it; in a shell: tokengauge export {}",
                    chosen.name
                ),
                now,
            )),
            _ => {}
        }
        Vec::new()
    }

    fn show(&mut self, tab: Tab, now: DateTime<Utc>) {
        self.tab = tab;
        self.tokens.mask();
        self.permissions.forget();
        self.line = None;
        self.keep_selection(now);
    }

    fn turn_tab(&mut self, by: isize, now: DateTime<Utc>) {
        let here = Tab::ALL.iter().position(|tab| *tab == self.tab).unwrap_or(0).cast_signed();
        self.show(Tab::ALL[(here + by).rem_euclid(Tab::ALL.len().cast_signed()).unsigned_abs()], now);
    }

    /// Esc undoes what narrows the list, then leads to the first tab.
    fn back(&mut self, now: DateTime<Utc>) {
        match self.tab {
            _ if self.hides_warning() => self.warnings.hide_banner(),
            Tab::Connections if self.connections.showing == Showing::Forecast => {
                self.connections.showing = Showing::Clocks;
            }
            Tab::Connections => {
                self.connections.filter.clear();
                self.leave_queue(now);
            }
            Tab::Permissions if self.permissions.is_searching() => self.end_search(),
            Tab::Activity if !self.activity.filter.is_empty() => self.activity.filter.clear(),
            Tab::Tokens if self.tokens.reveal.is_some() => self.tokens.mask(),
            _ => self.show(Tab::Connections, now),
        }
    }

    fn step(&mut self, by: isize, now: DateTime<Utc>) {
        match self.tab {
            Tab::Connections => self.connections.step(by, now),
            Tab::Activity => self.activity.step(by),
            Tab::Permissions => self.step_permission(by),
            Tab::Tokens => {
                let values = self.chosen().map_or_else(|| ConnectionValue::ALL.to_vec(), Overview::values);
                let here = values.iter().position(|v| *v == self.tokens.value).unwrap_or(0);
                self.tokens.value = values[here.saturating_add_signed(by).min(values.len() - 1)];
                self.tokens.mask();
            }
        }
    }

    fn begin_filter(&mut self, now: DateTime<Utc>) {
        match self.tab {
            Tab::Activity => self.line = Some(Line::ActivityFilter),
            Tab::Permissions if self.chosen().is_some_and(|own| own.settings.way_in.is_delegated()) => {
                self.line = Some(Line::PermissionSearch);
            }
            _ => {
                self.show(Tab::Connections, now);
                self.line = Some(Line::ConnectionFilter);
            }
        }
    }

    pub(super) fn act_in_line(&mut self, action: Action, now: DateTime<Utc>) -> Vec<Effect> {
        match (self.line, action) {
            (Some(Line::Scope), Action::Open) => return self.add_scope(now),
            (Some(Line::PermissionSearch), Action::Open) => self.keep_found(),
            (Some(Line::PermissionSearch), Action::Back) => self.permissions.search.clear(),
            (Some(Line::PermissionSearch), Action::Up | Action::Down) => {
                self.step(if action == Action::Up { -1 } else { 1 }, now);
                return Vec::new();
            }
            (Some(Line::Scope), Action::Back) => self.permissions.entry = None,
            (Some(Line::ConnectionFilter), Action::Back) => {
                self.connections.filter.clear();
                self.connections.keep_selection(now);
            }
            (Some(Line::ConnectionFilter), Action::Up | Action::Down) => {
                self.step(if action == Action::Up { -1 } else { 1 }, now);
                return Vec::new();
            }
            (Some(Line::ActivityFilter), Action::Back) => self.activity.filter.clear(),
            (_, Action::Open | Action::Back) => {}
            _ => return Vec::new(),
        }
        self.line = None;
        Vec::new()
    }

    fn open_form(&mut self, like: Option<&Overview>) {
        let pane = InputPane::new(
            self.connections.apps.clone(),
            self.environment.authorities.clone(),
            self.names_but(None),
            like,
        );
        self.tab = Tab::Connections;
        self.panel = Some(Panel::Input(Box::new(pane)));
    }

    /// Where the certificate is what comes next, its field has the focus.
    pub(super) fn edit_chosen(&mut self, now: DateTime<Utc>) {
        let Some(chosen) = self.chosen() else { return };
        let mut pane = InputPane::edit(
            chosen,
            self.connections.apps.clone(),
            self.environment.authorities.clone(),
            self.names_but(Some(&chosen.id)),
        );
        let is_next = chosen.next_step(now) == NextStep::ReplaceSecret;
        if is_next && pane.fields().contains(&FieldId::CertificateFile) {
            pane.focus = FieldId::CertificateFile;
        }
        self.panel = Some(Panel::Input(Box::new(pane)));
    }

    fn names_but(&self, except: Option<&ConnectionId>) -> Vec<String> {
        let others = self.connections.all().iter().filter(|own| Some(&own.id) != except);
        others.map(|own| own.name.as_str().to_owned()).collect()
    }

    /// Goes on with the open sign-in, or begins a new one.
    pub(super) fn authorize(&mut self, overview: &Overview, now: DateTime<Utc>) -> Vec<Effect> {
        if !overview.settings.way_in.is_delegated() {
            return self.renew(overview, now);
        }
        self.forget_covered_sign_ins(&overview.id);
        if let Some(effects) = self.authorize_by_device(overview, now) {
            return effects;
        }
        let capture = overview.settings.way_in.capture().unwrap_or_default();
        if overview.open_code_attempt(now).is_some_and(|attempt| attempt.can_come_back_by(capture)) {
            let mut panel = SignInPanel::waiting(overview.id.clone()).through(capture);
            let effects = self.await_answer(&mut panel);
            self.panel = Some(Panel::SignIn(panel));
            return effects;
        }
        let request = self.request();
        let panel = SignInPanel::beginning(overview.id.clone(), request).through(capture);
        self.panel = Some(Panel::SignIn(panel));
        vec![Effect::BeginAttempt { request, connection: overview.id.clone(), capture }]
    }

    /// One panel signs a connection in: an older one does not come back after it.
    pub(super) fn forget_covered_sign_ins(&mut self, connection: &ConnectionId) {
        self.covered.retain(|panel| panel.signs_in() != Some(connection));
    }

    pub(super) fn send_address(
        &mut self,
        connection: &ConnectionId,
        way: Way,
    ) -> (crate::app::RequestId, Effect) {
        let request = self.request();
        let parcel = Parcel::AuthorizationRequest;
        (request, Effect::Deliver { request, connection: connection.clone(), parcel, way })
    }

    fn renew(&mut self, overview: &Overview, now: DateTime<Utc>) -> Vec<Effect> {
        if !overview.can_renew() && self.holds_nothing(overview, "renew", now) {
            return Vec::new();
        }
        if !overview.can_renew() {
            self.tell(Notice::bad(Failure::new(
                format!("{} holds no refresh token, so it cannot be renewed.", overview.name),
                "Sign in (a); offline_access must be granted.",
            )));
            return Vec::new();
        }
        match self.exchange(&overview.id, GrantStep::renew(overview)) {
            Some((_, effect)) => {
                self.tell(Notice::plain(format!("Renewing {} …", overview.name), now));
                vec![effect]
            }
            None => Vec::new(),
        }
    }

    fn ask_renew_all(&mut self, now: DateTime<Utc>) {
        let due = self.connections.all().iter().filter(|own| own.is_due(now));
        let due: Vec<ConnectionId> = due.map(|own| own.id.clone()).collect();
        if due.is_empty() {
            self.tell(Notice::plain("Nothing is due.", now));
        } else {
            self.panel = Some(Panel::Question(Question::RenewAll(due)));
        }
    }

    fn copy_value(&mut self, overview: &Overview, now: DateTime<Utc>) -> Vec<Effect> {
        let value = self.tokens.value;
        if self.refuse_absent(overview, value, now) {
            return Vec::new();
        }
        if value.asks_before_copying() {
            self.panel = Some(Panel::Question(Question::Copy { connection: overview.id.clone(), value }));
            return Vec::new();
        }
        self.deliver_value(overview.id.clone(), value, now)
    }

    pub(super) fn deliver_value(
        &mut self,
        connection: ConnectionId,
        value: ConnectionValue,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let request = self.request();
        let given = self.connections.get(&connection).and_then(|own| hand_over::copied(own, value, now));
        self.tokens.copying = given.map(|given| (connection.clone(), given));
        self.tokens.errand = Some(request);
        vec![Effect::Deliver { request, connection, parcel: Parcel::Value(value), way: Way::Clipboard }]
    }

    fn reveal(&mut self, overview: &Overview, now: DateTime<Utc>) -> Vec<Effect> {
        if self.tokens.reveal.take().is_some() || self.refuse_absent(overview, self.tokens.value, now) {
            return Vec::new();
        }
        let (request, value) = (self.request(), self.tokens.value);
        self.tokens.revealing = Some((request, value));
        vec![Effect::Reveal { request, connection: overview.id.clone(), value }]
    }

    /// True where there are no tokens, which is told: nothing to `use_it`.
    pub(super) fn holds_nothing(&mut self, overview: &Overview, use_it: &str, now: DateTime<Utc>) -> bool {
        if overview.tokens.is_some() {
            return false;
        }
        let first = if overview.settings.way_in.is_delegated() { "Sign in" } else { "Get the token" };
        let text = format!("{} holds no tokens: nothing to {use_it}. {first} first (a).", overview.name);
        self.tell(Notice::plain(text, now));
        true
    }

    fn refuse_absent(&mut self, overview: &Overview, value: ConnectionValue, now: DateTime<Utc>) -> bool {
        let absent = overview.characters_of(value).is_none();
        if absent {
            self.tell(Notice::plain(format!("{} has no {}.", overview.name, value.noun()), now));
        }
        absent
    }
}
