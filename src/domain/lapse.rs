//! What lapses, and when: one row for each thing that has an end, whomever it serves.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{Certainty, ClientId, ConnectionId, ConnectionName, Lifetime, Overview};

/// Something that ends, and what stops working with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lapse {
    /// What ends.
    pub what: Lapsing,
    /// When.
    pub at: DateTime<Utc>,
    /// How far that can be trusted.
    pub certainty: Certainty,
    /// The connections that it serves, by name.
    pub connections: Vec<ConnectionName>,
}

/// What ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lapsing {
    /// The access token of a connection that has nothing to renew it with.
    AccessToken(ConnectionId),
    /// The refresh token of a connection, unless it is used before.
    RefreshToken(ConnectionId),
    /// The secret or certificate of an app registration, which serves all its connections.
    ClientCredential {
        /// Whose it is.
        client_id: ClientId,
        /// `client secret` or `certificate`.
        noun: &'static str,
    },
}

impl Lapsing {
    /// The word for it within a sentence.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::AccessToken(_) => "access token",
            Self::RefreshToken(_) => "refresh token",
            Self::ClientCredential { noun, .. } => noun,
        }
    }
}

/// Everything with an end that these connections depend on, what ends first standing first. What is renewed without a
/// person as often as need be is not among it.
pub fn lapses(connections: &[Overview]) -> Vec<Lapse> {
    // While a secret is replaced its registration has two, each with its own end.
    let mut rows: BTreeMap<(Lapsing, DateTime<Utc>), Lapse> = BTreeMap::new();
    for own in connections {
        for (what, lifetime) in ends(own) {
            let row = rows.entry((what.clone(), lifetime.expires_at)).or_insert_with(|| Lapse {
                what,
                at: lifetime.expires_at,
                certainty: lifetime.certainty,
                connections: Vec::new(),
            });
            row.connections.push(own.name.clone());
        }
    }
    let mut rows: Vec<Lapse> = rows.into_values().collect();
    rows.iter_mut().for_each(|row| row.connections.sort());
    // Stable: of what ends together the order stays the same from run to run.
    rows.sort_by_key(|row| row.at);
    rows
}

/// The same with one row for each thing, that which ends first: where it has one date only to be told.
pub fn first_lapses(connections: &[Overview]) -> Vec<Lapse> {
    let mut seen = BTreeSet::new();
    lapses(connections).into_iter().filter(|row| seen.insert(row.what.clone())).collect()
}

fn ends(own: &Overview) -> impl Iterator<Item = (Lapsing, Lifetime)> {
    let access = own.access_lifetime().filter(|_| !own.can_renew());
    let access = access.map(|lifetime| (Lapsing::AccessToken(own.id.clone()), lifetime));
    let refresh = own.refresh_lifetime().map(|lifetime| (Lapsing::RefreshToken(own.id.clone()), lifetime));
    let credential = own.needed_credential_lifetime().map(|lifetime| {
        let (client_id, noun) = (own.settings.client_id, own.credential.noun());
        (Lapsing::ClientCredential { client_id, noun }, lifetime)
    });
    access.into_iter().chain(refresh).chain(credential)
}
