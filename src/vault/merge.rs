//! An emergency copy and the record on disk: which fields are of which.

use chrono::{DateTime, Utc};

use crate::domain::{Attempt, Connection, Renewal};

/// How copy and record came together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    /// The copy goes on from what is on disk.
    Whole,
    /// The record has been edited since: the tokens and what belongs to them are of the copy.
    ByField,
    /// The record has newer tokens.
    Outdated,
}

/// What is to be saved, if anything, and how it came to be.
pub(super) fn merge(on_disk: Connection, copy: Connection) -> (Option<Connection>, Merge) {
    if on_disk.generation <= copy.generation {
        return (Some(Connection { name: on_disk.name, ..copy }), Merge::Whole);
    }
    let is_outdated = on_disk.settings.disowns_tokens_of(&copy.settings)
        || is_taken_in(&on_disk, &copy)
        || has_newer_tokens(&on_disk, &copy);
    if is_outdated {
        return (None, Merge::Outdated);
    }
    let attempt = later_attempt(&on_disk, &copy);
    let mut later: Vec<Renewal> = later_renewals(&on_disk, &copy).cloned().collect();
    later.reverse();
    let mut merged = Connection {
        tokens: copy.tokens,
        trouble: copy.trouble,
        refresh_limit: copy.refresh_limit,
        claims: copy.claims,
        renewals: copy.renewals,
        attempt,
        ..on_disk
    };
    later.into_iter().for_each(|renewal| merged.note_renewal(renewal));
    (Some(merged), Merge::ByField)
}

/// True if the record knows the last answer of the copy: it was taken in, and could not be removed.
fn is_taken_in(on_disk: &Connection, copy: &Connection) -> bool {
    copy.renewals.last().is_none_or(|last| on_disk.renewals.contains(last))
}

/// True if the record was renewed, or somebody signed in, after the copy was made: told by the history of both, since
/// clocks may be set back.
fn has_newer_tokens(on_disk: &Connection, copy: &Connection) -> bool {
    later_renewals(on_disk, copy).any(|renewal| renewal.outcome.worked())
}

/// What the record tells after the last renewal that both know.
fn later_renewals<'a>(on_disk: &'a Connection, copy: &'a Connection) -> impl Iterator<Item = &'a Renewal> {
    on_disk.renewals.iter().rev().take_while(|renewal| !copy.renewals.contains(renewal))
}

/// The sign-in that the answer left, unless another was begun since.
fn later_attempt(on_disk: &Connection, copy: &Connection) -> Option<Attempt> {
    let answered_at = copy.renewals.last().map(|last| last.at);
    let begun = on_disk.attempt.as_ref().filter(|own| Some(started_at(own)) > answered_at);
    begun.or(copy.attempt.as_ref()).cloned()
}

fn started_at(attempt: &Attempt) -> DateTime<Utc> {
    match attempt {
        Attempt::Code(attempt) => attempt.started_at,
        Attempt::Device(attempt) => attempt.started_at,
    }
}
