//! The probe of a connection: begun by a key, told as its checks are answered, remembered while the program runs.

use chrono::{DateTime, Utc};

use crate::app::offer::can_probe;
use crate::app::probe::{ProbeNews, ProbePanel, Probing};
use crate::app::{Action, App, Effect, Notice, Panel, RequestId, Tone};
use crate::domain::probe::{Probe, Verdict};
use crate::domain::{ConnectionId, Event, EventKind, Overview};

impl App {
    /// Asks anew, unless a probe of this connection is under way: then that one is shown.
    pub(super) fn begin_probe(&mut self, overview: &Overview, now: DateTime<Utc>) -> Vec<Effect> {
        if !can_probe(overview) && self.holds_nothing(overview, "test", now) {
            return Vec::new();
        }
        let connection = overview.id.clone();
        self.panel = Some(Panel::Probe(ProbePanel { connection: connection.clone() }));
        if self.probes.is_asking(&connection) {
            return Vec::new();
        }
        let request = self.request();
        self.probes.begin(&connection, request);
        vec![Effect::Probe { request, connection }]
    }

    pub(super) fn act_in_probe(
        &mut self,
        panel: ProbePanel,
        action: Action,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let overview = self.connections.get(&panel.connection).cloned();
        match (action, overview) {
            (Action::Back | Action::Quit | Action::Open, _) => Vec::new(),
            (Action::Probe, Some(overview)) => self.begin_probe(&overview, now),
            (Action::Authorize, Some(overview)) => self.authorize(&overview, now),
            (Action::AdminConsent, Some(overview)) => self.ask_administrator(&overview),
            _ => {
                self.panel = Some(Panel::Probe(panel));
                Vec::new()
            }
        }
    }

    pub(super) fn take_probe(&mut self, request: RequestId, news: ProbeNews, now: DateTime<Utc>) {
        let Some(connection) = self.probes.take(request, news, now) else { return };
        let is_shown = matches!(&self.panel, Some(Panel::Probe(panel)) if panel.connection == connection);
        let told = match self.probes.of(&connection) {
            Some(Probing::Ended(probe)) => probe_told(probe),
            Some(Probing::Failed { failure, .. }) => {
                (Tone::Bad, failure.what_happened.clone(), Some(failure.what_to_do.clone()))
            }
            Some(Probing::Asking { .. }) | None => return,
        };
        self.note_probe(&connection, told, is_shown, now);
    }

    /// Into the activity, and where its panel is closed into the status line.
    fn note_probe(
        &mut self,
        connection: &ConnectionId,
        (tone, what_happened, what_to_do): (Tone, String, Option<String>),
        is_shown: bool,
        now: DateTime<Utc>,
    ) {
        let Some(name) = self.connections.get(connection).map(|own| own.name.clone()) else { return };
        if !is_shown {
            let text = format!("{name}: {what_happened}");
            self.tell(Notice { tone, ..Notice::plain(text, now) });
        }
        let kind = match tone {
            Tone::Good => EventKind::Tested,
            Tone::Bad => EventKind::TestFailed,
            Tone::Plain | Tone::Soon => EventKind::Noted,
        };
        self.activity.note(Event { at: now, kind, connection: Some(name), what_happened, what_to_do });
    }
}

fn probe_told(probe: &Probe) -> (Tone, String, Option<String>) {
    let tone = match probe.verdict() {
        Verdict::Works if probe.checks().is_empty() => Tone::Plain,
        Verdict::Works => Tone::Good,
        Verdict::SignIn | Verdict::SetUpWrong | Verdict::TryLater => Tone::Bad,
    };
    let what_to_do =
        probe.checks().iter().find_map(|(check, outcome)| outcome.lines(*check)).map(|(_, to_do)| to_do);
    (tone, format!("test: {}", probe.sentence()), what_to_do)
}
