//! What `permissions NAME` prints: a table, a sentence at its end, or JSON.

use serde_json::{Value, json};

use crate::app::permissions::{
    Asked, PermissionRow, Subject, application_rows, consent_statement, counts, difference, row_of,
};
use crate::domain::{Known, Overview};
use crate::sanitize::sanitize;

use crate::cli::words::table as aligned;

/// What is asked for, then what was granted besides.
fn rows(own: &Overview) -> Vec<PermissionRow> {
    let states = own.permission_states();
    states.iter().map(|state| row_of(own, &states, &Subject::of_state(state))).collect()
}

/// The table for a person.
pub fn table(own: &Overview) -> String {
    if !own.settings.way_in.is_delegated() {
        return application_table(own);
    }
    let cells = |row: &PermissionRow| {
        vec![
            sanitize(row.scope.name(), 60),
            asked(row.asked).to_owned(),
            granted(own, row).to_owned(),
            in_token(own, row).to_owned(),
            row.consent().unwrap_or("not known").to_owned(),
            row.meaning().unwrap_or_default().to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = rows(own).iter().map(cells).collect();
    aligned(&["PERMISSION", "ASKED", "GRANTED", "IN TOKEN", "WHO MAY CONSENT", "ALLOWS TO"], &rows)
}

fn application_table(own: &Overview) -> String {
    let rows: Vec<Vec<String>> = application_rows(own)
        .iter()
        .map(|row| {
            let asked = if row.asked { "yes" } else { "" };
            let in_token = match row.granted {
                _ if row.asked => "",
                Known::Yes => "yes",
                Known::No | Known::Unknown => "",
            };
            let meaning = row.meaning.unwrap_or_default().to_owned();
            vec![sanitize(row.scope.as_str(), 80), asked.to_owned(), in_token.to_owned(), meaning]
        })
        .collect();
    aligned(&["PERMISSION", "ASKED", "IN TOKEN", "ALLOWS TO"], &rows)
}

fn asked(asked: Asked) -> &'static str {
    match asked {
        Asked::No => "no",
        Asked::Chosen => "yes",
        Asked::ByItself => "by itself",
    }
}

fn granted(own: &Overview, row: &PermissionRow) -> &'static str {
    match row.granted {
        Known::Yes => "yes",
        Known::No => "no",
        Known::Unknown if own.tokens.is_some() => "-",
        Known::Unknown => "not yet",
    }
}

fn in_token(own: &Overview, row: &PermissionRow) -> &'static str {
    match row.in_token {
        Some(Known::Yes) => "yes",
        Some(Known::No) => "no",
        Some(Known::Unknown) if own.tokens.is_none() => "not yet",
        Some(Known::Unknown) | None => "-",
    }
}

/// How it stands, what differs, who must consent, and what applies it.
pub fn sentences(own: &Overview) -> Vec<String> {
    if !own.settings.way_in.is_delegated() {
        return Vec::new();
    }
    let counts = counts(own);
    let mut sentences = vec![counts.sentence(own)];
    sentences.extend(difference(own).into_iter().map(|text| sanitize(&text, 600)));
    if let Some(statement) = consent_statement(own) {
        sentences.push(sanitize(&statement.long, 600));
        if statement.needs_administrator {
            sentences.push(format!("a message for an administrator: tokengauge consent {}", own.name));
        }
    }
    if counts.needs_sign_in() {
        sentences.push(format!("sign in again to apply: tokengauge authorize {}", own.name));
    }
    sentences
}

/// For programs. No secret is in it.
pub fn json(own: &Overview) -> Value {
    let counts = counts(own);
    let rows: Vec<Value> = if own.settings.way_in.is_delegated() {
        rows(own).iter().map(|row| permission(own, row)).collect()
    } else {
        application_rows(own)
            .iter()
            .map(|row| {
                json!({
                    "scope": row.scope.as_str(),
                    "asked": row.asked,
                    "in_token": (!row.asked).then_some(row.granted == Known::Yes),
                    "allows": row.meaning,
                    "consent": "admin",
                })
            })
            .collect()
    };
    json!({
        "name": own.name.as_str(),
        "permissions": rows,
        "needs_sign_in": counts.needs_sign_in(),
        "needs_administrator": consent_statement(own).is_some_and(|statement| statement.needs_administrator),
    })
}

fn permission(own: &Overview, row: &PermissionRow) -> Value {
    let tells = |state: Option<bool>| own.tokens.as_ref().and(state);
    json!({
        "permission": row.known.map_or(row.scope.name(), |known| known.name),
        "scope": row.scope.as_str(),
        "resource": row.known.map(|known| known.resource.title()),
        "group": row.known.map(|known| known.group),
        "id": row.known.and_then(|known| known.id),
        "asked": row.asked != Asked::No,
        "by_itself": row.asked == Asked::ByItself,
        "granted": tells(match row.granted {
            Known::Yes => Some(true),
            Known::No => Some(false),
            Known::Unknown => None,
        }),
        "in_token": tells(match row.in_token {
            Some(Known::Yes) => Some(true),
            Some(Known::No) => Some(false),
            Some(Known::Unknown) | None => None,
        }),
        "consent": row.known.map(|known| known.consent().code()),
        "allows": row.meaning(),
        "being_retired": row.is_being_retired(),
    })
}
