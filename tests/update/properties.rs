//! Whatever happens in whatever order: no panic, and never two token requests of one connection in the air.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use tokengauge::app::export::{ExportQuestion, NotExported};
use tokengauge::app::{
    Action, Answer, App, Browser, Effect, FirstRun, Locked, Message, Panel, Pasted, ProbeNews, ProofNews,
    RequestId,
};
use tokengauge::app::{Contents, Delivery, Door, DoorFailure, ListenerFacts};
use tokengauge::domain::secret::{PastedText, RevealedValue};
use tokengauge::domain::{
    ConnectionId, ConnectionName, Event, EventKind, Proof, RenewalKind, TroubleKind, Unproven,
};

use super::fixtures::*;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Happening {
    /// An action, on offer or not.
    Act(usize),
    /// A key, as it is bound where it is pressed.
    Press(String),
    Paste(usize, bool),
    /// The answer to one of the open effects; `fate` tells how it ended.
    Answer {
        which: usize,
        fate: u8,
    },
    /// An answer that nobody awaits.
    Stray(u64),
    Later(i64),
    FocusLost,
    RecordsChanged,
    LockOrdered,
}

const PASTES: [&str; 7] = [
    GOOD,
    "http://localhost:8400/?code=0.AXkA-x&state=wrong",
    "http://localhost:8400/?error=access_denied&state=state-of-northwind",
    "",
    "qDyY\r\n\u{3}",
    "northwind",
    "\u{1b}[31m\u{202e}ß√",
];

fn happening() -> impl Strategy<Value = Happening> {
    let keys =
        "[a-zA-Z0-9!/?+\\[\\]]|Enter|Esc|Tab|Shift-Tab|Up|Down|Left|Right|Space|Backspace|Ctrl-C|Ctrl-U";
    prop_oneof![
        4 => (0..Action::ALL.len()).prop_map(Happening::Act),
        6 => keys.prop_map(Happening::Press),
        2 => (0..PASTES.len(), any::<bool>()).prop_map(|(text, whole)| Happening::Paste(text, whole)),
        5 => (any::<usize>(), any::<u8>()).prop_map(|(which, fate)| Happening::Answer { which, fate }),
        1 => (0..60_u64).prop_map(Happening::Stray),
        3 => prop_oneof![Just(0_i64), Just(1), 1..30_i64, 30..4000_i64, Just(-90), Just(86_400)].prop_map(Happening::Later),
        1 => Just(Happening::FocusLost),
        1 => Just(Happening::RecordsChanged),
        1 => Just(Happening::LockOrdered),
    ]
}

/// What lies outside: open effects, and the records as they really are.
struct Outside {
    desk: Desk,
    open: Vec<Effect>,
    in_the_air: BTreeMap<ConnectionId, RequestId>,
}

impl Outside {
    fn take(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Exchange { request, connection, .. }
            | Effect::ProveSecret { request, connection, .. }
            | Effect::PollDevice { request, connection, .. } = &effect
            {
                let other = self.in_the_air.insert(connection.clone(), *request);
                assert_eq!(other, None, "two requests of {connection:?} in the air");
            }
            match effect {
                // Once it is closed it tells nothing any more.
                Effect::Cancel(closed) => {
                    self.open.retain(|own| request(own) != closed);
                }
                Effect::LockVault => self.open.retain(|own| !matches!(own, Effect::Listen { .. })),
                Effect::Ring { .. } | Effect::Quit(_) => {}
                effect => self.open.push(effect),
            }
        }
    }

    fn happen(&mut self, happening: Happening) {
        let effects = match happening {
            Happening::Act(place) => self.desk.act(Action::ALL[place]),
            Happening::Press(key) => self.desk.press(&key),
            Happening::Paste(text, whole) => {
                let text = PastedText::new(PASTES[text]);
                self.desk.send(Message::Paste(if whole { Pasted::Whole(text) } else { Pasted::Piece(text) }))
            }
            Happening::Answer { .. } if self.open.is_empty() => return,
            Happening::Answer { which, fate } => {
                let effect = self.open.swap_remove(which % self.open.len());
                if let Effect::Exchange { connection, .. }
                | Effect::ProveSecret { connection, .. }
                | Effect::PollDevice { connection, .. } = &effect
                {
                    self.in_the_air.remove(connection);
                }
                let message =
                    Message::Answer { request: request(&effect), answer: self.answer(&effect, fate) };
                self.desk.send(message)
            }
            Happening::Stray(request)
                if self.open.iter().any(|own| super::fixtures::request(own).0 == request) =>
            {
                return;
            }
            Happening::Stray(request) => {
                let answer = Answer::Connection(Ok(Box::new(healthy("quiet"))));
                self.desk.send(Message::Answer { request: RequestId(request), answer })
            }
            Happening::Later(by) => self.desk.after(seconds(by)),
            Happening::FocusLost => self.desk.send(Message::FocusLost),
            Happening::RecordsChanged => self.desk.send(Message::RecordsChanged),
            Happening::LockOrdered => self.desk.send(Message::LockOrdered),
        };
        let is_locked = matches!(&self.desk.app.door, Door::Locked(own) if own.why.what() == Locked::Vault);
        let spends = |effect: &Effect| {
            matches!(effect, Effect::Exchange { .. } | Effect::PollDevice { .. } | Effect::ProveSecret { .. })
        };
        assert!(!is_locked || !effects.iter().any(spends), "nothing renews in a locked vault");
        self.take(effects);
    }

    fn answer(&self, effect: &Effect, fate: u8) -> Answer {
        let now = self.desk.now;
        let bad = fate.is_multiple_of(3);
        match effect {
            Effect::OpenVault { .. } | Effect::CreateVault { .. } | Effect::LoadVault { .. } => {
                Answer::Contents(match fate % 8 {
                    0 => Err(DoorFailure::WrongPassphrase),
                    1 => Err(DoorFailure::Locked),
                    2 => Err(DoorFailure::Other(failure())),
                    3 => Ok(Contents::default()),
                    _ => Ok(contents(every_state())),
                })
            }
            Effect::ReadActivity { .. } if bad => Answer::Activity(Err(failure())),
            Effect::ReadActivity { .. } => Answer::Activity(Ok(vec![noted(now)])),
            Effect::Deliver { .. } | Effect::SendText { .. } if bad => Answer::Delivered(Err(failure())),
            Effect::Deliver { .. } | Effect::SendText { .. } => {
                Answer::Delivered(Ok(Delivery::SentToTerminal { characters: 7 }))
            }
            Effect::Probe { connection, .. } => {
                let known = self.desk.app.connections.get(connection);
                let probe = known.map(|own| Box::new(tokengauge::oauth::graph::probe(own, None, now)));
                Answer::Probe(match (probe, fate % 4) {
                    (Some(probe), 0) => ProbeNews::SoFar(probe),
                    (Some(probe), 1) => ProbeNews::Ended(Ok(probe)),
                    _ => ProbeNews::Ended(Err(failure())),
                })
            }
            Effect::Warn { .. } => Answer::Warned(Box::default()),
            Effect::Reveal { .. } => Answer::Revealed(Ok(RevealedValue::new("TGSECRET"))),
            Effect::SignInWithSimulatedBrowser { .. } => Answer::BrowserEndedOn(Ok(PastedText::new(GOOD))),
            Effect::PreviewExport { .. } if bad => Answer::Previewed(Err(failure())),
            Effect::PreviewExport { .. } => Answer::Previewed(Ok(Box::default())),
            Effect::Export { .. } if bad => Answer::Exported(Err(NotExported::Failed(failure()))),
            Effect::Export { .. } => {
                Answer::Exported(Err(NotExported::Asks(ExportQuestion::Overwrite("/tmp/x".into()))))
            }
            Effect::ProveSecret { connection, .. } => Answer::SecretProved(ProofNews {
                connection: connection.clone(),
                proof: match fate % 5 {
                    0 => Err(failure()),
                    1 => Ok(Proof::Refused("wrong".to_owned())),
                    2 => Ok(Proof::Unproven(Unproven::Paused(now + seconds(60)))),
                    _ => Ok(Proof::Proven),
                },
                overview: self.desk.app.connections.get(connection).cloned().map(Box::new),
            }),
            Effect::EndReplacement { .. } if bad => Answer::ReplacementEnded(Err(failure())),
            Effect::EndReplacement { .. } => Answer::ReplacementEnded(Ok(())),
            Effect::Remove { connection, .. } => Answer::Removed(Ok(connection.clone())),
            _ if bad => Answer::Connection(Err(failure())),
            Effect::Create { new, .. } => {
                Answer::Connection(Ok(Box::new(with(unsigned("made"), |own| own.name = new.name.clone()))))
            }
            Effect::Change { connection, .. }
            | Effect::BeginAttempt { connection, .. }
            | Effect::BeginDeviceSignIn { connection, .. }
            | Effect::PollDevice { connection, .. }
            | Effect::BeginAdminConsent { connection, .. }
            | Effect::Exchange { connection, .. } => {
                let known = self.desk.app.connections.get(connection).cloned();
                let mut own = known.unwrap_or_else(|| healthy("quiet"));
                match (effect, fate % 5) {
                    (Effect::BeginAttempt { .. }, _) => own = begun(own, now),
                    (Effect::BeginDeviceSignIn { .. }, _) => own = coded(own, now),
                    (Effect::PollDevice { .. }, 0) => {
                        own.attempt = None;
                        refuse(&mut own, now, TroubleKind::SignInNeeded);
                    }
                    (Effect::PollDevice { .. }, 1) => {
                        own = asked(own, |attempt| attempt.poll = attempt.poll.after_no_answer(now, None));
                    }
                    (Effect::PollDevice { .. }, 2) => renew(&mut own, now, RenewalKind::SignIn),
                    (Effect::PollDevice { .. }, _) => {
                        own = asked(own, |attempt| attempt.poll = attempt.poll.after_pending(now));
                    }
                    (Effect::BeginAdminConsent { .. }, _) => own = super::consent::asked(own),
                    (Effect::Exchange { .. }, 0) => refuse(&mut own, now, TroubleKind::SignInNeeded),
                    (Effect::Exchange { .. }, 1) => {
                        refuse(&mut own, now, TroubleKind::try_later(now, 1, None, 0.5));
                    }
                    (Effect::Exchange { .. }, _) => renew(&mut own, now, RenewalKind::Refresh),
                    _ => own.generation += 1,
                }
                Answer::Connection(Ok(Box::new(own)))
            }
            Effect::Listen { .. } if bad => Answer::Listening(Err(failure())),
            Effect::Listen { .. } if fate.is_multiple_of(2) => Answer::Redirected(PastedText::new(GOOD)),
            Effect::Listen { .. } => Answer::Listening(Ok(ListenerFacts { port: 8400, tunnel: None })),
            Effect::Cancel(_) | Effect::LockVault | Effect::Ring { .. } | Effect::Quit(_) => {
                unreachable!("none is answered")
            }
        }
    }

    fn holds(&self) {
        let app: &App = &self.desk.app;
        assert!(app.next_deadline(self.desk.now) > self.desk.now);
        assert!(app.next_deadline(self.desk.now) <= self.desk.now + seconds(30));
        if app.door != Door::Open {
            assert_eq!((app.plain_page(), &app.tokens.reveal), (None, &None), "locked is locked");
        }
        if let Some(Panel::SignIn(panel)) = &app.panel
            && panel.phase == tokengauge::app::Phase::Waiting
        {
            let own = app.connections.get(&panel.connection);
            assert!(own.is_some_and(|own| own.open_attempt(self.desk.now).is_some()), "nothing to wait for");
        }
        let _ = (app.on_offer(self.desk.now), app.context(), app.is_typing());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_things_panics_or_renews_twice_at_once(happenings in prop::collection::vec(happening(), 1..150)) {
        let mut outside =
            Outside { desk: Desk::open(every_state()), open: Vec::new(), in_the_air: BTreeMap::new() };
        outside.desk.app.environment.browser = Browser::Simulated;
        for happening in happenings {
            outside.happen(happening);
            outside.holds();
        }
    }

    #[test]
    fn the_first_run_survives_everything_too(happenings in prop::collection::vec(happening(), 1..80)) {
        let mut outside =
            Outside { desk: Desk::at(Door::FirstRun(FirstRun::new())), open: Vec::new(), in_the_air: BTreeMap::new() };
        for happening in happenings {
            outside.happen(happening);
            outside.holds();
        }
    }
}

/// What another program did.
fn noted(at: DateTime<Utc>) -> Event {
    let connection = ConnectionName::parse("quiet");
    Event { at, kind: EventKind::Renewed, connection, what_happened: "renewed".into(), what_to_do: None }
}
