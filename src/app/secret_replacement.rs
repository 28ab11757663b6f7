//! Replacing a client secret: the panel, and the words that screen and command share.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::app_registration::{ClientSecretError, SecretEnded};
use crate::domain::secret::ClientSecret;
use crate::domain::{
    ClientId, ConnectionId, HandOver, Overview, Proof, ProofRun, ProofState, SecretCredential, Unproven,
    Verdict,
};

use super::{Failure, Field, RequestId};

/// The panel in which a client secret is replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct SecretPanel {
    /// Of which app registration.
    pub client_id: ClientId,
    /// How many connections it serves.
    pub serves: usize,
    /// When the secret in use was entered, which tells it from any other.
    pub in_use_since: Option<DateTime<Utc>>,
    /// When the new one was entered, as soon as the record has told it.
    pub candidate_since: Option<DateTime<Utc>>,
    /// The row that is looked at; `None` follows what is under way.
    pub row: Option<usize>,
    /// How far it has come.
    pub phase: SecretPhase,
}

/// How far a replacement has come.
#[derive(Debug, Clone, PartialEq)]
pub enum SecretPhase {
    /// The new secret is typed or pasted.
    Typing(SecretForm),
    /// It is proven, connection by connection.
    Proving(ProofRun, SecretToProve),
    /// Nothing is under way, and not all are proven.
    Settled(ProofRun, SecretToProve, Verdict),
    /// The person wants to leave, and is asked what becomes of it. Nothing more is begun meanwhile.
    Asking(ProofRun, SecretToProve, AskedIn),
    /// The person has said yes: what is in the air is awaited.
    GoingBack(ProofRun, SecretToProve),
    /// The last word is on its way to the record.
    Ending(ProofRun, RequestId, ReplacementEnd),
    /// The new secret has taken the old one's place.
    Done {
        /// What was proven.
        run: ProofRun,
        /// How many copies of the old secret there were.
        copies: usize,
    },
}

/// What is asked, and where a no leads back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedIn {
    /// Whether to stop, while it is proven.
    Proving,
    /// Whether to stop, with nothing under way.
    Settled,
    /// Whether all go back to the old secret, with nothing under way.
    GoingBack,
}

/// What is typed of a new secret.
#[derive(Debug, Clone, PartialEq)]
pub struct SecretForm {
    /// Its value.
    pub secret: Field,
    /// Its last date.
    pub ends: Field,
    /// Which of the two has the focus.
    pub focus: SecretField,
    /// Why it was not taken.
    pub failure: Option<Failure>,
}

/// The fields of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretField {
    /// The value.
    Secret,
    /// The last date.
    Ends,
}

/// Which secret is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretToProve {
    /// What was typed or pasted a moment ago.
    Typed {
        /// Its value.
        value: ClientSecret,
        /// Its last date, as the person read it in the portal.
        ends_on: Option<NaiveDate>,
    },
    /// The one that the record holds beside the old one, since it has worked once.
    Held,
}

/// How a replacement is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplacementEnd {
    /// The new secret takes the old one's place.
    TakeNew,
    /// The old secret stays, the new one goes.
    BackToOld,
}

/// What proving a secret on one connection brought.
#[derive(Debug, Clone, PartialEq)]
pub struct ProofNews {
    /// Which connection.
    pub connection: ConnectionId,
    /// What came of it; the failure is one of ours.
    pub proof: Result<Proof, Failure>,
    /// The connection after it, where its record could be read.
    pub overview: Option<Box<Overview>>,
}

/// More than any secret of the platform has; what is longer is refused in words.
const LONGEST_SECRET: usize = 1_200;

impl Default for SecretForm {
    fn default() -> Self {
        Self {
            secret: Field::masked(LONGEST_SECRET),
            ends: Field::open(10),
            focus: SecretField::Secret,
            failure: None,
        }
    }
}

impl SecretForm {
    /// The field with the focus.
    pub fn field_mut(&mut self) -> &mut Field {
        match self.focus {
            SecretField::Secret => &mut self.secret,
            SecretField::Ends => &mut self.ends,
        }
    }

    /// The other field.
    pub fn turn_focus(&mut self) {
        self.focus = match self.focus {
            SecretField::Secret => SecretField::Ends,
            SecretField::Ends => SecretField::Secret,
        };
    }

    /// Takes pasted text in place of what the field held; what is far too long to be a secret is cut, and refused as such.
    pub fn paste(&mut self, text: &str) {
        self.failure = None;
        let cut = text.trim().char_indices().nth(LONGEST_SECRET).map_or(text.trim().len(), |(at, _)| at);
        let field = self.field_mut();
        field.clear();
        field.paste(&text.trim()[..cut]);
    }

    /// What is wrong with the secret so far; an empty field is not.
    pub fn secret_fault(&self) -> Option<String> {
        if self.secret.is_empty() {
            return None;
        }
        ClientSecret::parse(self.secret.text()).err().map(|error| error.to_string())
    }

    /// What is wrong with the date; an empty field is not.
    pub fn date_fault(&self, now: DateTime<Utc>) -> Option<String> {
        if !self.ends.text().trim().is_empty() && self.ends_on().is_none() {
            return Some("a date as year-month-day, such as 2027-05-22".to_owned());
        }
        SecretCredential::check_end(self.ends_on(), now).err().map(|error| error.to_string())
    }

    fn ends_on(&self) -> Option<NaiveDate> {
        NaiveDate::parse_from_str(self.ends.text().trim(), "%Y-%m-%d").ok()
    }

    /// The secret, if all that was typed is right.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in two lines.
    pub fn given(&self, now: DateTime<Utc>) -> Result<SecretToProve, Failure> {
        let value = ClientSecret::parse(self.secret.text()).map_err(|error| {
            let what_to_do = "Portal: Certificates & secrets, Client secrets, column Value.";
            match error {
                ClientSecretError::Empty => {
                    Failure::of_error(&"the new client secret is missing", what_to_do)
                }
                error => Failure::of_error(&error, what_to_do),
            }
        })?;
        match self.date_fault(now) {
            Some(fault) => Err(Failure::of_error(&fault, SecretEnded::WHAT_TO_DO)),
            None => Ok(SecretToProve::Typed { value, ends_on: self.ends_on() }),
        }
    }
}

impl SecretPanel {
    /// The proving, once there is one.
    pub fn run(&self) -> Option<&ProofRun> {
        match &self.phase {
            SecretPhase::Typing(_) => None,
            SecretPhase::Proving(run, _)
            | SecretPhase::Settled(run, ..)
            | SecretPhase::Asking(run, ..)
            | SecretPhase::GoingBack(run, _)
            | SecretPhase::Ending(run, ..)
            | SecretPhase::Done { run, .. } => Some(run),
        }
    }

    /// True if nothing is under way, and what is left to do only waits for the person's word.
    pub fn may_go_on(&self) -> bool {
        let SecretPhase::Settled(run, _, Verdict::Partly) = &self.phase else { return false };
        let waits = run.rows().iter().any(|row| row.state == ProofState::Waiting);
        waits || run.verdict() == Some(Verdict::AllProven)
    }

    /// True if there is a new secret that can be given up: the record holds it, or may do so before long.
    pub fn may_go_back(&self) -> bool {
        match &self.phase {
            SecretPhase::Settled(_, secret, verdict) => {
                *secret == SecretToProve::Held && *verdict == Verdict::Partly
            }
            SecretPhase::Asking(_, _, AskedIn::GoingBack) => false,
            SecretPhase::Asking(run, secret, _) => *secret == SecretToProve::Held || run.is_under_way(),
            _ => false,
        }
    }

    /// True if the secret that was given is not in use, and another one may be given in its place.
    pub fn takes_another(&self) -> bool {
        matches!(self.phase, SecretPhase::Settled(_, _, Verdict::Wrong | Verdict::Untried))
    }

    /// True if a field takes keys as text.
    pub fn is_typing(&self) -> bool {
        matches!(self.phase, SecretPhase::Typing(_))
    }

    /// True if a secret stands in it that the record does not hold.
    pub fn holds_secret(&self) -> bool {
        match &self.phase {
            SecretPhase::Typing(form) => !form.secret.is_empty(),
            SecretPhase::Proving(_, secret)
            | SecretPhase::Settled(_, secret, _)
            | SecretPhase::Asking(_, secret, _)
            | SecretPhase::GoingBack(_, secret) => matches!(secret, SecretToProve::Typed { .. }),
            SecretPhase::Ending(..) | SecretPhase::Done { .. } => false,
        }
    }
}

/// A replacement that was begun and is not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenReplacement {
    /// Of which app registration.
    pub client_id: ClientId,
    /// How many connections use the new secret.
    pub proven: usize,
    /// How many the registration serves.
    pub serves: usize,
}

impl OpenReplacement {
    /// How far it has come.
    pub fn in_words(&self) -> String {
        format!("being proven: {} of {}", self.proven, self.serves)
    }

    /// The command that goes on with it.
    pub fn command(&self) -> String {
        format!("tokengauge secret {} --resume", self.client_id)
    }
}

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
