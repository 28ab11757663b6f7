//! Replacing a client secret: the words that screen and command share.

use chrono::{DateTime, Utc};

use crate::domain::{ConnectionId, HandOver, Overview, Proof, Unproven};

/// A copy of the old secret at somebody else's.
#[derive(Debug, Clone, PartialEq)]
pub struct OldCopy {
    /// Of which connection the values are.
    pub connection: ConnectionId,
    /// What was handed over.
    pub hand_over: HandOver,
}

/// Who still holds the secret of before, in the order of the connections.
pub fn old_copies<'a>(connections: impl IntoIterator<Item = &'a Overview>) -> Vec<OldCopy> {
    let of = |own: &'a Overview| own.holders_of_old_secret().into_iter().map(|held| (own.id.clone(), held));
    let all = connections.into_iter().flat_map(of);
    all.map(|(connection, hand_over)| OldCopy { connection, hand_over: hand_over.clone() }).collect()
}

/// What a proof came to: one word for the eye, and why.
pub fn proof_in_words(proof: &Proof, moment: &dyn Fn(DateTime<Utc>) -> String) -> (&'static str, String) {
    match proof {
        Proof::Proven => ("proven", String::new()),
        Proof::Refused(why) => ("refused", why.clone()),
        Proof::Unproven(Unproven::SendsNoSecret) => {
            ("not tried", "it renews as a public client, without a secret".to_owned())
        }
        Proof::Unproven(Unproven::NeedsPerson(why)) => ("needs a person", why.clone()),
        Proof::Unproven(Unproven::Hindered(why)) => ("not yet", why.clone()),
        Proof::Unproven(Unproven::Paused(until)) => {
            ("paused", format!("the server asks for a pause until {}", moment(*until)))
        }
    }
}

/// `1 connection`, `38 connections`.
pub fn connections(count: usize) -> String {
    if count == 1 { "1 connection".to_owned() } else { format!("{count} connections") }
}
