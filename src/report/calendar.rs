//! The lapse dates as an iCalendar (RFC 5545): an event for each, which a later import moves rather than doubles.

use chrono::{DateTime, Duration, Utc};
use icalendar::{Alarm, Calendar, Component, Event, EventLike, Property, Trigger};

use crate::domain::lapse::{Lapse, Lapsing, first_lapses};
use crate::domain::{Certainty, ConnectionName, Overview};

/// Who is told to have made it (RFC 5545 §3.7.3).
const PRODUCT: &str = "-//tokengauge//lapses//EN";

/// How long before its end a reminder comes, in days.
const REMINDERS: [i64; 3] = [14, 7, 1];

/// The text, lines folded and ended as the format wants.
pub fn calendar(connections: &[Overview], now: DateTime<Utc>) -> String {
    let mut calendar = Calendar::empty();
    calendar
        .append_property(Property::new("VERSION", "2.0"))
        .append_property(Property::new("PRODID", PRODUCT))
        .append_property(Property::new("CALSCALE", "GREGORIAN"))
        .name("tokengauge");
    for lapse in first_lapses(connections) {
        calendar.push(event(&lapse, now));
    }
    calendar.to_string()
}

fn event(lapse: &Lapse, now: DateTime<Utc>) -> Event {
    let summary = summary(lapse);
    let uid = uid(&lapse.what);
    let mut event = Event::with_uid(&uid);
    event
        .timestamp(now)
        .summary(&summary)
        .description(&description(lapse))
        .add_property("TRANSP", "TRANSPARENT");
    match lapse.what {
        // A date that a person or a certificate told: the day counts, not the second.
        Lapsing::ClientCredential { .. } => {
            event.all_day(lapse.at.date_naive());
        }
        Lapsing::AccessToken(_) | Lapsing::RefreshToken(_) => {
            event.starts(lapse.at).ends(lapse.at);
        }
    }
    for days in REMINDERS {
        let mut alarm = Alarm::display(&summary, Trigger::before_start(Duration::days(days)));
        // RFC 9074 §4: the same from one export to the next, so that what was dismissed stays so.
        event.alarm(alarm.uid(&format!("{days}-days-before-{uid}")).done());
    }
    event.done()
}

/// The same for the same thing, whenever it ends (RFC 5545 §3.8.4.7).
fn uid(what: &Lapsing) -> String {
    match what {
        Lapsing::AccessToken(id) => format!("access-token-{}@tokengauge", id.as_str()),
        Lapsing::RefreshToken(id) => format!("refresh-token-{}@tokengauge", id.as_str()),
        Lapsing::ClientCredential { client_id, .. } => format!("client-credential-{client_id}@tokengauge"),
    }
}

fn summary(lapse: &Lapse) -> String {
    let noun = lapse.what.noun();
    match (&lapse.what, &lapse.connections[..]) {
        (_, [one]) => format!("{one}: {noun} ends"),
        (Lapsing::ClientCredential { client_id, .. }, all) => {
            format!("{noun} of {client_id} ends: {} connections", all.len())
        }
        (_, all) => format!("{noun} ends: {} connections", all.len()),
    }
}

fn description(lapse: &Lapse) -> String {
    let what_to_do = match lapse.what {
        Lapsing::AccessToken(_) => "There is no refresh token: sign in again before that.",
        Lapsing::RefreshToken(_) => "It ends if nothing renews before that; every renewal moves this date.",
        Lapsing::ClientCredential { .. } => "Make a new one in the portal and enter it before that.",
    };
    let certainty = match lapse.certainty {
        Certainty::Known => "",
        Certainty::Estimated => " The date is an estimate.",
        Certainty::Learned => " The date follows a limit that the tenant has told.",
    };
    let names: Vec<&str> = lapse.connections.iter().map(ConnectionName::as_str).collect();
    format!("{what_to_do}{certainty}\nConnections: {}", names.join(", "))
}
