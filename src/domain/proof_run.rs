//! Proving a new client secret on the connections that it is to serve, one renewal each.
//!
//! One goes first: a wrong secret costs one request, which the platform refuses before it looks at anything else. Then the
//! others follow, so many at a time as there is room. Nothing of this knows a secret.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{ConnectionId, ConnectionName, Overview, Trouble, TroubleKind, Wait};

/// How a new secret was received for one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It renewed: it uses the new secret from now on.
    Proven,
    /// The platform refuses the new secret. Printable.
    Refused(String),
    /// What came of it says nothing of the secret.
    Unproven(Unproven),
}

/// Why a secret is not proven for a connection, which is no proof against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unproven {
    /// It proves itself with no secret when it renews: its way in is that of a public client.
    SendsNoSecret,
    /// It renews with no secret: first a person must act. Printable.
    NeedsPerson(String),
    /// Something stood in the way that passes. Printable.
    Hindered(String),
    /// The server asks for a pause, until then.
    Paused(DateTime<Utc>),
}

impl Unproven {
    /// True if it can be tried again before long, so that it is worth waiting for.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Hindered(_) | Self::Paused(_))
    }

    /// What a trouble says of a secret: nothing.
    pub fn of_trouble(trouble: &Trouble) -> Self {
        match trouble.kind {
            TroubleKind::TryLater { retry_at, wait: Wait::Told, .. } => Self::Paused(retry_at),
            TroubleKind::TryLater { .. } => Self::Hindered(trouble.what_happened.clone()),
            TroubleKind::SignInNeeded
            | TroubleKind::ConsentMissing
            | TroubleKind::SetUpWrong
            | TroubleKind::Restored => Self::NeedsPerson(trouble.what_happened.clone()),
        }
    }
}

/// How far one connection has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProofState {
    /// Its turn comes.
    Waiting,
    /// Its renewal is on its way.
    Renewing,
    /// It came to this.
    Ended(Proof),
}

/// A connection and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofRow {
    /// Which.
    pub id: ConnectionId,
    /// Its name.
    pub name: ConnectionName,
    /// How far it has come.
    pub state: ProofState,
}

/// How many are tried at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caution {
    /// One, until the secret has worked once.
    OneFirst,
    /// As many as there is room for.
    Together,
}

/// What a run has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All that can be proven are: the new secret may take the old one's place.
    AllProven,
    /// For some connections the new secret works, for others it does not, or not yet: those keep the old one.
    Partly,
    /// The first that was tried refused it: nothing was changed.
    Wrong,
    /// It could not be tried on any connection.
    Untried,
}

/// How many connections stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProofCount {
    /// Their turn comes, or their renewal is on its way.
    pub open: usize,
    /// They use the new secret.
    pub proven: usize,
    /// It is refused there.
    pub refused: usize,
    /// To be tried again.
    pub hindered: usize,
    /// They renew with no secret, or not at all: whatever they use, they take the new one with the others.
    pub untried: usize,
}

/// The proving of one secret on all connections of its registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofRun {
    rows: Vec<ProofRow>,
    caution: Caution,
}

impl ProofRun {
    /// Those of one registration, in the order in which they are tried: what costs least and tells most comes first.
    /// `is_proven` are those that use the new secret already.
    pub fn new<'a>(
        connections: impl IntoIterator<Item = &'a Overview>,
        is_proven: impl Fn(&ConnectionId) -> bool,
        now: DateTime<Utc>,
    ) -> Self {
        let mut ordered: Vec<&Overview> = connections.into_iter().collect();
        ordered.sort_by_cached_key(|own| (rank(own), own.name.as_str().to_ascii_lowercase()));
        let state = |own: &Overview| match (is_proven(&own.id), own.unprovable(now)) {
            (true, _) => ProofState::Ended(Proof::Proven),
            (false, Some(why)) => ProofState::Ended(Proof::Unproven(why)),
            (false, None) => ProofState::Waiting,
        };
        let row = |own: &Overview| ProofRow { id: own.id.clone(), name: own.name.clone(), state: state(own) };
        let mut run = Self { rows: ordered.into_iter().map(row).collect(), caution: Caution::OneFirst };
        // Whoever was told of it, it is for all that this client asks there.
        if let Some(until) = run.paused_until() {
            run.pause(until);
        }
        run.trust_if_proven();
        run
    }

    /// Puts this connection first, if its turn comes at all.
    pub fn begin_with(&mut self, id: &ConnectionId) {
        if let Some(place) = self.rows.iter().position(|row| row.id == *id) {
            self.rows[..=place].rotate_right(1);
        }
    }

    /// The connections in their order.
    pub fn rows(&self) -> &[ProofRow] {
        &self.rows
    }

    /// Those whose turn it is, which count as renewing from now on; `room` is how many more may be in the air.
    pub fn begin_next(&mut self, room: usize, is_free: impl Fn(&ConnectionId) -> bool) -> Vec<ConnectionId> {
        let room = match self.caution {
            Caution::Together => room,
            Caution::OneFirst if self.is_halted() => 0,
            Caution::OneFirst => room.min(usize::from(self.count_of(&ProofState::Renewing) == 0)),
        };
        let waiting = self.rows.iter_mut().filter(|row| row.state == ProofState::Waiting && is_free(&row.id));
        waiting
            .take(room)
            .map(|row| {
                row.state = ProofState::Renewing;
                row.id.clone()
            })
            .collect()
    }

    /// Takes what a renewal came to. A pause holds for all that were to follow.
    pub fn take(&mut self, id: &ConnectionId, proof: Proof) {
        if let Proof::Unproven(Unproven::Paused(until)) = proof {
            self.pause(until);
        }
        if let Some(row) = self.rows.iter_mut().find(|row| row.id == *id) {
            row.state = ProofState::Ended(proof);
        }
        self.trust_if_proven();
    }

    /// What was refused or hindered has its turn again, and nobody goes first: a person insists. A pause is kept all the
    /// same.
    pub fn try_again(&mut self, now: DateTime<Utc>) {
        self.caution = Caution::Together;
        for row in &mut self.rows {
            if matches!(&row.state, ProofState::Ended(Proof::Refused(_)))
                || matches!(&row.state, ProofState::Ended(Proof::Unproven(Unproven::Hindered(_))))
            {
                row.state = ProofState::Waiting;
            }
        }
        self.resume(now);
    }

    /// Those have their turn again whose pause is over.
    pub fn resume(&mut self, now: DateTime<Utc>) {
        for row in &mut self.rows {
            if matches!(&row.state, ProofState::Ended(Proof::Unproven(Unproven::Paused(until))) if *until <= now)
            {
                row.state = ProofState::Waiting;
            }
        }
    }

    /// Takes which of them use the new secret by the record, whoever has proven it.
    pub fn follow(&mut self, proven_for: &BTreeSet<ConnectionId>) {
        for row in self.rows.iter_mut().filter(|row| row.state != ProofState::Renewing) {
            match (&row.state, proven_for.contains(&row.id)) {
                (_, true) => row.state = ProofState::Ended(Proof::Proven),
                (ProofState::Ended(Proof::Proven), false) => row.state = ProofState::Waiting,
                (_, false) => {}
            }
        }
    }

    /// Those that use the new secret.
    pub fn proven(&self) -> BTreeSet<ConnectionId> {
        let proven = self.rows.iter().filter(|row| row.state == ProofState::Ended(Proof::Proven));
        proven.map(|row| row.id.clone()).collect()
    }

    /// True if the renewal of this connection is on its way.
    pub fn awaits(&self, id: &ConnectionId) -> bool {
        self.rows.iter().any(|row| row.id == *id && row.state == ProofState::Renewing)
    }

    /// True if a renewal is on its way.
    pub fn is_under_way(&self) -> bool {
        self.count_of(&ProofState::Renewing) > 0
    }

    /// When a pause is over that a server asked for.
    pub fn paused_until(&self) -> Option<DateTime<Utc>> {
        let pauses = self.rows.iter().filter_map(|row| match &row.state {
            ProofState::Ended(Proof::Unproven(Unproven::Paused(until))) => Some(*until),
            _ => None,
        });
        pauses.max()
    }

    /// How many stand where.
    pub fn count(&self) -> ProofCount {
        self.rows.iter().fold(ProofCount::default(), |mut count, row| {
            match &row.state {
                ProofState::Waiting | ProofState::Renewing => count.open += 1,
                ProofState::Ended(Proof::Proven) => count.proven += 1,
                ProofState::Ended(Proof::Refused(_)) => count.refused += 1,
                ProofState::Ended(Proof::Unproven(why)) if why.passes() => count.hindered += 1,
                ProofState::Ended(Proof::Unproven(_)) => count.untried += 1,
            }
            count
        })
    }

    /// What it has come to; `None` while something is on its way or has its turn.
    pub fn verdict(&self) -> Option<Verdict> {
        let count = self.count();
        if self.is_under_way() || (count.open > 0 && !self.is_halted()) {
            return None;
        }
        Some(match count {
            ProofCount { proven: 1.., open: 0, refused: 0, hindered: 0, .. } => Verdict::AllProven,
            ProofCount { proven: 1.., .. } => Verdict::Partly,
            ProofCount { refused: 1.., .. } => Verdict::Wrong,
            _ => Verdict::Untried,
        })
    }

    /// The first that was tried has not worked, so the others are left alone; what only needs a person says nothing.
    fn is_halted(&self) -> bool {
        let count = self.count();
        self.caution == Caution::OneFirst && count.refused + count.hindered > 0
    }

    fn pause(&mut self, until: DateTime<Utc>) {
        let waiting = self.rows.iter_mut().filter(|row| row.state == ProofState::Waiting);
        waiting.for_each(|row| row.state = ProofState::Ended(Proof::Unproven(Unproven::Paused(until))));
    }

    fn count_of(&self, state: &ProofState) -> usize {
        self.rows.iter().filter(|row| row.state == *state).count()
    }

    fn trust_if_proven(&mut self) {
        if self.count().proven > 0 {
            self.caution = Caution::Together;
        }
    }
}

/// A client that acts for itself spends nothing; what works now tells most; the rest may have other reasons not to.
fn rank(own: &Overview) -> u8 {
    match (own.settings.way_in.is_delegated(), &own.trouble) {
        (false, None) => 0,
        (true, None) => 1,
        (_, Some(_)) => 2,
    }
}

impl Overview {
    /// Why no secret can be proven on this connection now; `None` if it can.
    pub fn unprovable(&self, now: DateTime<Utc>) -> Option<Unproven> {
        let needs = |what: &str| Some(Unproven::NeedsPerson(what.to_owned()));
        match &self.trouble {
            _ if self.settings.way_in.is_delegated() && self.tokens.is_none() => {
                return needs("nobody has signed in yet");
            }
            _ if !self.can_renew() => return needs("it holds no refresh token"),
            _ if !self.sends_credential() => return Some(Unproven::SendsNoSecret),
            None => {}
            Some(trouble) => match Unproven::of_trouble(trouble) {
                // The secret held may be what is wrong.
                _ if trouble.kind == TroubleKind::SetUpWrong => {}
                why @ Unproven::NeedsPerson(_) => return Some(why),
                Unproven::Paused(until) if until > now => return Some(Unproven::Paused(until)),
                _ => {}
            },
        }
        None
    }
}
