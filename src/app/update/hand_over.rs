//! What keys and answers do to a hand-over.

use chrono::{DateTime, Utc};

use crate::app::hand_over::{self, Choice, FRESH_ENOUGH, handing};
use crate::app::{
    Action, App, Delivery, Edit, Effect, Failure, GrantStep, HandOverPanel, HandOverPhase, Notice, Panel,
    Parcel, RequestId, Way,
};
use crate::domain::{Consumer, HandOver, Overview};

impl App {
    /// Asks for the consumer where more than one makes sense.
    pub(super) fn choose_consumer(&mut self, overview: &Overview, now: DateTime<Utc>) -> Vec<Effect> {
        if self.holds_nothing(overview, "hand over", now) {
            return Vec::new();
        }
        let offered = hand_over::choices(overview, now);
        let Some(consumer) = hand_over::consumers(overview).first().copied() else { return Vec::new() };
        if offered.len() == 1 {
            return self.begin_hand_over(overview, consumer, now);
        }
        self.open_hand_over(overview, consumer, HandOverPhase::Choosing(0));
        Vec::new()
    }

    /// A set of which little is left is renewed first, if the form has tokens in it at all.
    pub(super) fn begin_hand_over(
        &mut self,
        overview: &Overview,
        consumer: Consumer,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let Some(access) = overview.primary_access() else { return Vec::new() };
        // A renewal under way replaces the set: it is awaited.
        let renewing = self.in_flight.get(&overview.id).copied().filter(|_| self.is_renewing(&overview.id));
        if let Some(request) = renewing {
            self.open_hand_over(overview, consumer, HandOverPhase::Renewing(request));
            return Vec::new();
        }
        if consumer.takes_tokens()
            && access.lifetime.remaining(now) < FRESH_ENOUGH
            && overview.may_renew_at(now)
            && let Some((request, effect)) =
                self.exchange(&overview.id, GrantStep::renew_these(overview, [access.audience.clone()]))
        {
            self.open_hand_over(overview, consumer, HandOverPhase::Renewing(request));
            return vec![effect];
        }
        self.open_hand_over(overview, consumer, handing(overview, consumer));
        Vec::new()
    }

    fn open_hand_over(&mut self, overview: &Overview, consumer: Consumer, phase: HandOverPhase) {
        let connection = overview.id.clone();
        self.panel = Some(Panel::HandOver(HandOverPanel { connection, consumer, phase }));
    }

    pub(super) fn act_in_hand_over(
        &mut self,
        mut panel: HandOverPanel,
        action: Action,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let next = panel.phase.next_field();
        let mut effects = Vec::new();
        match (&mut panel.phase, action) {
            (_, Action::Back | Action::Quit) => return effects,
            (HandOverPhase::Done { .. } | HandOverPhase::Failed(_), Action::Open) => return effects,
            (HandOverPhase::Choosing(row), action) => {
                let row = *row;
                return self.act_in_choice(panel, row, action, now);
            }
            (HandOverPhase::Asking { set, rows }, Action::Open) => {
                let (set, rows) = (*set, std::mem::take(rows));
                let own = self.connections.get(&panel.connection);
                let given = own.and_then(|own| hand_over::given(own, panel.consumer, set, now));
                effects.extend(given.map(|given| self.change(&panel.connection, Edit::HandedOver(given))));
                panel.phase = HandOverPhase::Done { set, rows };
            }
            (HandOverPhase::Handing { set, errand, .. }, Action::Copy | Action::Open) if errand.is_none() => {
                if let Some(field) = next {
                    let request = self.request();
                    *errand = Some(request);
                    effects.push(Effect::Deliver {
                        request,
                        connection: panel.connection.clone(),
                        parcel: Parcel::ValueOfSet(field.value, *set),
                        way: Way::Clipboard,
                    });
                }
            }
            _ => {}
        }
        self.panel = Some(Panel::HandOver(panel));
        effects
    }

    fn act_in_choice(
        &mut self,
        mut panel: HandOverPanel,
        row: usize,
        action: Action,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let Some(overview) = self.connections.get(&panel.connection).cloned() else { return Vec::new() };
        let choices = hand_over::choices(&overview, now);
        let last = choices.len().saturating_sub(1);
        let mut effects = Vec::new();
        match (action, choices.get(row)) {
            (Action::Open, Some(Choice::Consumer(consumer))) => {
                return self.begin_hand_over(&overview, *consumer, now);
            }
            (Action::Open, Some(Choice::Copy(before))) => {
                return self.open_export(&overview, Some(before), now);
            }
            (Action::Up, _) => panel.phase = HandOverPhase::Choosing(row.saturating_sub(1)),
            (Action::Down, _) => panel.phase = HandOverPhase::Choosing((row + 1).min(last)),
            (Action::Remove, _) => {
                if let Some(forgotten) = self.forgettable(&panel, now) {
                    let text =
                        format!("Forgotten: {}. What is held there stays as it is.", forgotten.keeper());
                    self.tell(Notice::plain(text, now));
                    effects.push(self.change(&overview.id, Edit::ForgetHandOver(forgotten)));
                }
            }
            _ => {}
        }
        self.panel = Some(Panel::HandOver(panel));
        effects
    }

    /// What is remembered of the row under the cursor.
    pub(in crate::app) fn forgettable(&self, panel: &HandOverPanel, now: DateTime<Utc>) -> Option<HandOver> {
        let HandOverPhase::Choosing(row) = panel.phase else { return None };
        let overview = self.connections.get(&panel.connection)?;
        let copies = overview.held_copies(now);
        let choice = hand_over::choices(overview, now).into_iter().nth(row)?;
        choice.held(&copies).map(|copy| copy.hand_over.clone())
    }

    /// The renewal that a hand-over waited for.
    pub(super) fn hand_over_renewed(&mut self, mut panel: HandOverPanel, overview: &Overview) {
        panel.phase = match &overview.trouble {
            None => handing(overview, panel.consumer),
            Some(trouble) => {
                HandOverPhase::Failed(Failure::new(trouble.what_happened.clone(), trouble.what_to_do.clone()))
            }
        };
        self.panel = Some(Panel::HandOver(panel));
    }

    pub(super) fn take_handed_value(
        &mut self,
        mut panel: HandOverPanel,
        request: RequestId,
        result: Result<Delivery, Failure>,
    ) -> Vec<Effect> {
        let HandOverPhase::Handing { set, mut rows, errand } = panel.phase.clone() else { return Vec::new() };
        if errand != Some(request) {
            return Vec::new();
        }
        panel.phase = match result {
            Err(failure) => HandOverPhase::Failed(failure),
            Ok(delivery) => {
                if let Some(row) = rows.iter_mut().find(|row| row.sent.is_none()) {
                    row.sent = Some(delivery);
                }
                if rows.iter().all(|row| row.sent.is_some()) {
                    HandOverPhase::Asking { set, rows }
                } else {
                    HandOverPhase::Handing { set, rows, errand: None }
                }
            }
        };
        self.panel = Some(Panel::HandOver(panel));
        Vec::new()
    }
}
