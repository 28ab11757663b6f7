//! Who was told what, and what is owed, as it stands in a file: JSON.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::warning::{Concerned, Hold, Ledger, Owed, State, Subject, Told};
use crate::domain::{ConnectionId, ConnectionName};
use crate::sanitize::sanitize;

use super::books::Books;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct WrittenBooks {
    activity: Vec<WrittenTold>,
    terminal: Vec<WrittenTold>,
    hook: Vec<WrittenTold>,
    owed: Vec<WrittenOwed>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WrittenTold {
    subject: String,
    mark: String,
    /// In seconds before the end.
    stage: i64,
    at: DateTime<Utc>,
    noun: String,
    concerned: WrittenConcerned,
}

/// Name by id.
type WrittenConcerned = BTreeMap<String, String>;

#[derive(Debug, Serialize, Deserialize)]
struct WrittenOwed {
    subject: String,
    at: DateTime<Utc>,
    state: WrittenState,
    hold: WrittenHold,
    failures: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenState {
    Raised { mark: String, stage: i64 },
    Recovered { mark: String, noun: String, concerned: WrittenConcerned },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenHold {
    Claimed(DateTime<Utc>),
    Paused(DateTime<Utc>),
}

/// What stands in the file; what is not ours counts as nothing.
pub(super) fn parse(bytes: &[u8]) -> Books {
    let written: WrittenBooks = serde_json::from_slice(bytes).unwrap_or_default();
    let ledger = |own: Vec<WrittenTold>| own.into_iter().filter_map(read_told).collect();
    Books {
        activity: ledger(written.activity),
        terminal: ledger(written.terminal),
        hook: ledger(written.hook),
        owed: written.owed.into_iter().filter_map(read_owed).collect(),
    }
}

fn read_told(own: WrittenTold) -> Option<(Subject, Told)> {
    let told = Told {
        mark: own.mark,
        stage: own.stage,
        at: own.at,
        noun: sanitize(&own.noun, 40),
        concerned: read_concerned(&own.concerned)?,
    };
    Some((Subject::parse(&own.subject)?, told))
}

fn read_owed(own: WrittenOwed) -> Option<(Subject, Owed)> {
    let state = match own.state {
        WrittenState::Raised { mark, stage } => State::Raised { mark, stage },
        WrittenState::Recovered { mark, noun, concerned } => {
            State::Recovered { mark, noun: sanitize(&noun, 40), concerned: read_concerned(&concerned)? }
        }
    };
    let hold = match own.hold {
        WrittenHold::Claimed(until) => Hold::Claimed(until),
        WrittenHold::Paused(until) => Hold::Paused(until),
    };
    Some((Subject::parse(&own.subject)?, Owed { at: own.at, state, hold, failures: own.failures }))
}

fn read_concerned(written: &WrittenConcerned) -> Option<BTreeSet<Concerned>> {
    let one = |(id, name): (&String, &String)| {
        Some(Concerned { name: ConnectionName::parse(name)?, id: ConnectionId::parse(id)? })
    };
    written.iter().map(one).collect()
}

/// As it stands in the file.
pub(super) fn json(books: &Books) -> Vec<u8> {
    let ledger = |own: &Ledger| own.iter().map(|(subject, told)| written(subject, told)).collect();
    let written = WrittenBooks {
        activity: ledger(&books.activity),
        terminal: ledger(&books.terminal),
        hook: ledger(&books.hook),
        owed: books.owed.iter().map(|(subject, owed)| written_owed(subject, owed)).collect(),
    };
    serde_json::to_vec(&written).expect("texts and numbers become JSON")
}

fn written(subject: &Subject, told: &Told) -> WrittenTold {
    WrittenTold {
        subject: subject.key(),
        mark: told.mark.clone(),
        stage: told.stage,
        at: told.at,
        noun: told.noun.clone(),
        concerned: written_concerned(&told.concerned),
    }
}

fn written_owed(subject: &Subject, owed: &Owed) -> WrittenOwed {
    let state = match &owed.state {
        State::Raised { mark, stage } => WrittenState::Raised { mark: mark.clone(), stage: *stage },
        State::Recovered { mark, noun, concerned } => WrittenState::Recovered {
            mark: mark.clone(),
            noun: noun.clone(),
            concerned: written_concerned(concerned),
        },
    };
    let hold = match owed.hold {
        Hold::Claimed(until) => WrittenHold::Claimed(until),
        Hold::Paused(until) => WrittenHold::Paused(until),
    };
    WrittenOwed { subject: subject.key(), at: owed.at, state, hold, failures: owed.failures }
}

fn written_concerned(concerned: &BTreeSet<Concerned>) -> WrittenConcerned {
    concerned.iter().map(|own| (own.id.as_str().into(), own.name.to_string())).collect()
}
