//! Warnings: what stands is reported as it changes, and what came of that is told.

use chrono::{DateTime, Utc};

use crate::app::connections::Showing;
use crate::app::warnings::{Banner, Warned, Warnings};
use crate::app::{App, Door, Effect, RequestId, Tab};
use crate::domain::ConnectionId;
use crate::domain::warning::{News, WarningRules, whom};

impl App {
    /// With warnings by these rules. Without, nobody is warned.
    #[must_use]
    pub fn with_warnings(mut self, rules: WarningRules, banner: Banner) -> Self {
        self.warnings = Warnings::new(rules, banner, self.touched_at);
        self
    }

    /// Looks at what has changed since, and reports what stands where that is another thing than before.
    pub(super) fn follow_warnings(&mut self, now: DateTime<Utc>) -> Option<Effect> {
        if !self.works() {
            return None;
        }
        self.warnings.follow(&self.connections, now);
        if !self.warnings.is_to_report(now) {
            return None;
        }
        let request = self.request();
        let failing_from = self.warnings.reported(request);
        let unsaved = self.connections.unsaved();
        let unsaved = unsaved.filter_map(|own| Some((own.id.clone(), own.unsaved.clone()?))).collect();
        Some(Effect::Warn { request, failing_from, unsaved })
    }

    /// A report has ended: the news go into the activity, and the person at the terminal hears of them.
    pub(super) fn take_warned(
        &mut self,
        request: RequestId,
        warned: &Warned,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        if self.warnings.awaited != Some(request) {
            return Vec::new();
        }
        self.warnings.answered(warned.again_at);
        warned.news.iter().for_each(|news| self.note(news.event(warned.at)));
        if let Some(failure) = &warned.not_noted {
            self.complain(failure.clone(), now);
        }
        let ring = self.ringing(&warned.ring, now);
        ring.map(|text| Effect::Ring { text }).into_iter().collect()
    }

    /// What the terminal is to tell, in one line for all of it. A locked screen gives no names away.
    fn ringing(&self, news: &[News], now: DateTime<Utc>) -> Option<String> {
        let is_open = matches!(self.door, Door::Open);
        match news {
            [] => None,
            [only] if is_open => Some(only.message(now)),
            [first, rest @ ..] if is_open => {
                Some(format!("{} warnings: {}, {} more", news.len(), whom(first.connections()), rest.len()))
            }
            [_] => Some("1 warning".to_owned()),
            all => Some(format!("{} warnings", all.len())),
        }
    }

    /// True if the line of warnings is on the screen.
    pub fn shows_banner(&self) -> bool {
        matches!(self.door, Door::Open) && self.warnings.banner().is_some()
    }

    /// True if there is a line of warnings, and what it is about is not in front.
    pub fn leads_to_warning(&self) -> bool {
        let Some((warning, _)) = self.warnings.banner().filter(|_| self.shows_banner()) else { return false };
        let is_chosen = |id: &ConnectionId| warning.connections.iter().any(|own| own.id == *id);
        self.tab == Tab::Activity || !self.chosen().is_some_and(|own| is_chosen(&own.id))
    }

    /// True if Esc puts the line of warnings away: there is nothing else to go back from.
    pub fn hides_warning(&self) -> bool {
        let list = &self.connections;
        let is_narrowed = !list.filter.is_empty() || list.needs_me;
        self.is_on_tab() && self.tab == Tab::Connections && list.showing == Showing::Clocks && !is_narrowed
    }

    /// Goes to the connection that the line of warnings is about.
    pub(super) fn show_warning(&mut self, now: DateTime<Utc>) {
        let Some(first) = self.warnings.banner().and_then(|(own, _)| own.connections.first()) else { return };
        let id = first.id.clone();
        self.tab = Tab::Connections;
        // What is not shown cannot be chosen.
        self.connections.filter.clear();
        self.leave_queue(now);
        self.connections.select(id);
        self.keep_selection(now);
    }
}
