//! How everything stands, in one line: what `systemctl status` shows.

use chrono::{DateTime, FixedOffset, Utc};

use crate::app::App;
use crate::domain::Need;

/// "38 connections, next renewal 14:52, 1 needs a person".
pub fn status(app: &App, now: DateTime<Utc>, offset: FixedOffset) -> String {
    let count = match app.connections.all().len() {
        1 => "1 connection".to_owned(),
        count => format!("{count} connections"),
    };
    let next = app.next_renewal().map(|at| {
        if at <= now {
            "renewing now".to_owned()
        } else {
            format!("next renewal {}", moment(at, now, offset))
        }
    });
    let needs = match waiting(app, now) {
        0 => None,
        1 => Some("1 needs a person".to_owned()),
        count => Some(format!("{count} need a person")),
    };
    [Some(count), next, needs].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// How many wait for a person.
fn waiting(app: &App, now: DateTime<Utc>) -> usize {
    app.connections.all().iter().filter(|own| own.need(now) == Need::NeedsYou).count()
}

/// The time of day; with the date where that is not today.
pub fn moment(at: DateTime<Utc>, now: DateTime<Utc>, offset: FixedOffset) -> String {
    let (at, now) = (at.with_timezone(&offset), now.with_timezone(&offset));
    let format = if at.date_naive() == now.date_naive() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    at.format(format).to_string()
}
