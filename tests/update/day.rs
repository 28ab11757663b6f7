//! Whole days, jumped through from deadline to deadline; the exchanges are answered by a stub and counted.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use tokengauge::app::{Answer, Effect, Message, Tab};
use tokengauge::domain::{ConnectionId, Overview, RenewalKind, TroubleKind};

use super::fixtures::*;

/// How the stub answers the request of that number (from 0) for a connection.
type Fate = fn(&mut Overview, DateTime<Utc>, usize);

fn works(own: &mut Overview, now: DateTime<Utc>, _: usize) {
    renew(own, now, RenewalKind::Refresh);
}

struct Day {
    desk: Desk,
    requests: BTreeMap<ConnectionId, usize>,
    wakes: usize,
}

/// Nobody touches a key for so long; an exchange takes half a second.
fn pass(connections: Vec<Overview>, tab: Tab, span: TimeDelta, fate: Fate) -> Day {
    let mut desk = Desk::open(connections);
    desk.app.environment.has_passphrase = false;
    desk.app.tab = tab;
    let end = desk.now + span;
    let mut day = Day { desk, requests: BTreeMap::new(), wakes: 0 };
    while day.desk.now < end {
        day.desk.now = day.desk.app.next_deadline(day.desk.now).min(end);
        day.wakes += 1;
        let effects = day.desk.send(Message::Wake);
        for effect in effects {
            day.answer(&effect, fate);
        }
    }
    day
}

impl Day {
    fn answer(&mut self, effect: &Effect, fate: Fate) {
        let (request, connection) = match effect {
            Effect::Exchange { request, connection, .. } => (request, connection),
            // The tab reads along.
            Effect::ReadActivity { request } => {
                let answer = Answer::Activity(Ok(Vec::new()));
                let more = self.desk.send(Message::Answer { request: *request, answer });
                return assert_eq!(more, []);
            }
            other => panic!("{other:?}"),
        };
        let count = self.requests.entry(connection.clone()).or_default();
        let sent_at = self.desk.now;
        self.desk.now += TimeDelta::milliseconds(500);
        let mut own = self.desk.app.connections.get(connection).unwrap().clone();
        fate(&mut own, sent_at, *count);
        *count += 1;
        let answer = Answer::Connection(Ok(Box::new(own)));
        let more = self.desk.send(Message::Answer { request: *request, answer });
        more.iter().for_each(|effect| match effect {
            Effect::ReadActivity { .. } => self.answer(effect, fate),
            other => panic!("{other:?}"),
        });
    }

    fn count(&self, name: &str) -> usize {
        self.requests.get(&id(name)).copied().unwrap_or(0)
    }
}

#[test]
fn an_hours_token_is_renewed_every_fifty_minutes() {
    // Renewed ten minutes ago: due in 40 minutes, then every 50. The 29th would fall on the last moment of the day.
    let day = pass(vec![healthy("one")], Tab::Activity, days(1) - seconds(1), works);
    assert_eq!(day.count("one"), 28);
}

#[test]
fn forty_connections_cost_forty_times_as_many_and_no_more() {
    let all: Vec<Overview> =
        (0..40).map(|n| renewed(&format!("t{n}"), start() - minutes(10) + seconds(n))).collect();
    let day = pass(all, Tab::Activity, days(1) - seconds(1), works);
    let counts: Vec<usize> = (0..40).map(|n| day.count(&format!("t{n}"))).collect();
    assert!(counts.iter().all(|count| *count == 28), "{counts:?}");
}

#[test]
fn a_dead_credential_costs_one_request_and_then_silence() {
    fn dies(own: &mut Overview, now: DateTime<Utc>, _: usize) {
        refuse(own, now, TroubleKind::SignInNeeded);
    }
    let day = pass(vec![healthy("one")], Tab::Connections, days(2), dies);
    assert_eq!(day.count("one"), 1);
}

#[test]
fn trouble_that_passes_is_waited_out_with_longer_and_longer_pauses() {
    fn slow(own: &mut Overview, now: DateTime<Utc>, count: usize) {
        let attempt = u32::try_from(count).unwrap() + 1;
        match attempt {
            1..=6 => refuse(own, now, TroubleKind::try_later(now, attempt, None, 0.5)),
            _ => renew(own, now, RenewalKind::Refresh),
        }
    }
    // Due after 40 minutes; 30 + 60 + 120 + 240 + 480 + 900 s of pauses: 30.5 minutes, then it works.
    let day = pass(vec![healthy("one")], Tab::Activity, minutes(40 + 31), slow);
    assert_eq!(day.count("one"), 7);
    assert_eq!(day.desk.own("one").trouble, None);
}

#[test]
fn what_cannot_renew_sends_nothing_all_day() {
    let all = vec![
        unsigned("unsigned"),
        troubled("consent", TroubleKind::ConsentMissing),
        troubled("setup", TroubleKind::SetUpWrong),
        with(healthy("offline"), |own| own.tokens.as_mut().unwrap().refresh = None),
    ];
    assert!(pass(all, Tab::Connections, days(1), works).requests.is_empty());
}

#[test]
fn the_loop_wakes_every_half_minute_where_nothing_counts_down() {
    let day = pass(vec![unsigned("one")], Tab::Connections, days(1), works);
    assert_eq!(day.wakes, 2880);
}

#[test]
fn the_loop_wakes_every_second_where_a_gauge_counts_down() {
    let day = pass(vec![healthy("one")], Tab::Tokens, minutes(30), works);
    assert_eq!(day.wakes, 1800);
}
