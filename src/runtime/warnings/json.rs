//! A warning as the hook gets it: one JSON object, without secrets.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Number;

use crate::domain::warning::{Concerned, Nature, News, Recovery, Stage, Warning};
use crate::domain::{Certainty, ClientId, ConnectionName};
use crate::sanitize::sanitize;

/// The longest text, in characters.
const LONGEST_TEXT: usize = 400;

/// One line of JSON.
#[derive(Debug, Serialize)]
struct Object<'a> {
    /// `warned` or `recovered`.
    event: &'static str,
    /// `secret`, `refresh-token`, `needs-you`, `failing`.
    kind: &'static str,
    at: String,
    what: &'a str,
    connections: Vec<&'a str>,
    client_id: Option<String>,
    ends_at: Option<String>,
    certainty: Option<&'static str>,
    /// The stage, in days; 0 once it is over.
    stage_days: Option<Number>,
    /// What is left, in whole days.
    days_left: Option<i64>,
    message: String,
    what_to_do: Option<String>,
}

/// A warning, or a recovery, as one line of JSON.
pub fn event(news: &News, now: DateTime<Utc>) -> String {
    let object = match news {
        News::Raised(warning) => raised(warning, now),
        News::Recovered(recovery) => recovered(recovery, now),
    };
    serde_json::to_string(&object).expect("texts and numbers become JSON")
}

fn raised(warning: &Warning, now: DateTime<Utc>) -> Object<'_> {
    let ending = warning.ending();
    let what = match &warning.nature {
        Nature::Needs(asked) => asked.act.word(),
        Nature::Ends(_) | Nature::Fails(_) => warning.noun(),
    };
    Object {
        event: "warned",
        kind: warning.subject.kind().word(),
        at: moment(now),
        what,
        connections: names(&warning.connections),
        client_id: warning.client_id.as_ref().map(ClientId::to_string),
        ends_at: ending.map(|own| moment(own.ends_at)),
        certainty: ending.map(|own| certainty(own.certainty)),
        stage_days: ending.and_then(|own| days(own.stage)),
        days_left: ending.map(|own| (own.ends_at - now).num_days().max(0)),
        message: sanitize(&warning.message(now), LONGEST_TEXT),
        what_to_do: Some(sanitize(&warning.what_to_do(), LONGEST_TEXT)),
    }
}

fn recovered(recovery: &Recovery, now: DateTime<Utc>) -> Object<'_> {
    Object {
        event: "recovered",
        kind: recovery.subject.kind().word(),
        at: moment(now),
        what: &recovery.noun,
        connections: names(&recovery.connections),
        client_id: recovery.client_id.as_ref().map(ClientId::to_string),
        ends_at: recovery.ends_at.map(moment),
        certainty: recovery.certainty.map(certainty),
        stage_days: None,
        days_left: recovery.ends_at.map(|at| (at - now).num_days().max(0)),
        message: sanitize(&recovery.message(), LONGEST_TEXT),
        what_to_do: None,
    }
}

fn names(connections: &[Concerned]) -> Vec<&str> {
    connections.iter().map(|own| ConnectionName::as_str(&own.name)).collect()
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Known => "known",
        Certainty::Estimated => "estimated",
        Certainty::Learned => "learned",
    }
}

/// A stage of less than a day is a part of one.
fn days(stage: Stage) -> Option<Number> {
    match stage.seconds() {
        whole if whole % 86_400 == 0 => Some((whole / 86_400).into()),
        part => Number::from_f64(part as f64 / 86_400.0),
    }
}
