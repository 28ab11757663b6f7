//! Copies of the values that others hold, and whether they are still those that are held here.
//!
//! Renewing here does not renew a copy. Whether that matters depends: a consumer renews its own copy by itself, and an
//! older refresh token works on for its own life, unless the authority revokes it when it issues the next one.

use chrono::{DateTime, Utc};

use super::app_registration::CredentialFacts;
use super::overview::{Overview, TokenFacts};
use super::{Clock, ConnectionValue, Destination, HandOver, HandedOver, Lifetime, Stage};

/// What somebody else holds: the last that was handed over to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldCopy<'a> {
    /// The hand-over.
    pub hand_over: &'a HandOver,
    /// How it compares with what is held here.
    pub freshness: Freshness,
}

/// How a copy compares with what is held here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The same values.
    Current,
    /// An older refresh token, which works on for its own life. Nothing needs to be done.
    Older,
    /// To be handed over again.
    Outdated(Outdated),
}

/// Why a copy is to be handed over again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outdated {
    /// The client secret was replaced since; the one that was given ends.
    SecretReplaced,
    /// A person has signed in again since: what ended the sign-in before may have ended the copy, and what was granted
    /// since is not in it.
    SignedInAgain,
    /// The refresh token was replaced, by an authority that may have revoked the older one with that.
    MayBeRevoked,
    /// Nobody renews it, and its refresh token lapses before long or has.
    Lapsing(DateTime<Utc>),
}

impl HeldCopy<'_> {
    /// True if it is to be handed over again.
    pub fn is_outdated(&self) -> bool {
        matches!(self.freshness, Freshness::Outdated(_))
    }

    /// When the refresh token in it had been got.
    pub fn token_of(&self) -> DateTime<Utc> {
        self.hand_over.set.unwrap_or(self.hand_over.at)
    }
}

impl Overview {
    /// What others hold, the last handed over first: for each of them what it was given last. What cannot go stale is left
    /// out.
    pub fn held_copies(&self, now: DateTime<Utc>) -> Vec<HeldCopy<'_>> {
        let mut copies: Vec<HeldCopy<'_>> = Vec::new();
        for (place, hand_over) in self.hand_overs.iter().enumerate().rev() {
            let is_replaced = self.hand_overs[place + 1..].iter().any(|later| later.replaces(hand_over));
            if !is_replaced && !hand_over.is_lasting() {
                copies.push(HeldCopy { hand_over, freshness: self.freshness_of(hand_over, now) });
            }
        }
        copies
    }

    /// The copy that is to be handed over again, where there is one. One value that was copied is nobody's in particular:
    /// it is told, and asks for nothing.
    pub fn outdated_copy(&self, now: DateTime<Utc>) -> Option<HeldCopy<'_>> {
        let is_whole = |copy: &HeldCopy<'_>| !copy.hand_over.is_single();
        self.held_copies(now).into_iter().find(|copy| copy.is_outdated() && is_whole(copy))
    }

    /// Who holds the client secret that was replaced since. One value that was copied is nobody's in particular.
    pub fn holders_of_old_secret(&self) -> Vec<&HandOver> {
        let is_replaced = |later: &[HandOver], own: &HandOver| later.iter().any(|later| later.replaces(own));
        let all = self.hand_overs.iter().enumerate().rev();
        all.filter(|(place, own)| !is_replaced(&self.hand_overs[place + 1..], own))
            .map(|(_, own)| own)
            .filter(|own| !own.is_single() && self.has_other_secret_than(own))
            .collect()
    }

    /// What is remembered when the values that are held here are given away.
    pub fn handed_over(&self, what: HandedOver, destination: Destination, at: DateTime<Utc>) -> HandOver {
        let refresh = self.tokens.as_ref().and_then(|tokens| tokens.refresh.as_ref());
        let refresh = refresh.filter(|_| what.has(ConnectionValue::RefreshToken));
        let entered_at = match &self.credential {
            CredentialFacts::Secret { entered_at, .. } => Some(*entered_at),
            _ => None,
        };
        HandOver {
            at,
            destination,
            set: refresh.map(|held| held.lifetime.starts_at),
            refresh_token: refresh.map(|held| held.fingerprint.clone()),
            client_secret: entered_at.filter(|_| what.has(ConnectionValue::ClientSecret)),
            what,
        }
    }

    /// The moments at which a copy may become outdated by time alone.
    pub fn copies_lapse_at(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let tokens = self.tokens.as_ref();
        let lives =
            self.hand_overs.iter().filter_map(move |given| copy_lifetime(given, tokens?, got_at(given)));
        lives.flat_map(|life| life.stage_changes(Clock::RefreshToken))
    }

    fn freshness_of(&self, given: &HandOver, now: DateTime<Utc>) -> Freshness {
        if self.has_other_secret_than(given) {
            return Freshness::Outdated(Outdated::SecretReplaced);
        }
        let Some((fingerprint, tokens)) = given.refresh_token.as_ref().zip(self.tokens.as_ref()) else {
            return Freshness::Current;
        };
        let is_rotated = tokens.refresh.as_ref().is_none_or(|held| held.fingerprint != *fingerprint);
        let got_at = got_at(given);
        if let Some(lapse) = lapse(given, tokens, got_at, now) {
            return Freshness::Outdated(Outdated::Lapsing(lapse));
        }
        match () {
            () if !is_rotated => Freshness::Current,
            () if tokens.signed_in_at > got_at => Freshness::Outdated(Outdated::SignedInAgain),
            () if self.settings.authority.is_strict() => Freshness::Outdated(Outdated::MayBeRevoked),
            () => Freshness::Older,
        }
    }

    fn has_other_secret_than(&self, given: &HandOver) -> bool {
        match (given.client_secret, &self.credential) {
            (Some(then), CredentialFacts::Secret { entered_at, .. }) => *entered_at != then,
            _ => false,
        }
    }
}

/// When a copy that nobody renews lapses, if that is near or past.
fn lapse(
    given: &HandOver,
    tokens: &TokenFacts,
    got_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let copy = copy_lifetime(given, tokens, got_at)?;
    (copy.stage(Clock::RefreshToken, now) >= Stage::Expiring).then_some(copy.expires_at)
}

/// The life of a copy that nobody renews.
fn copy_lifetime(given: &HandOver, tokens: &TokenFacts, got_at: DateTime<Utc>) -> Option<Lifetime> {
    let held = tokens.refresh.as_ref().filter(|_| !given.renews_itself())?.lifetime;
    let expires_at = got_at + (held.expires_at - held.starts_at);
    Some(Lifetime { starts_at: got_at, expires_at, certainty: held.certainty })
}

/// When the values that were given had been got.
fn got_at(given: &HandOver) -> DateTime<Utc> {
    given.set.unwrap_or(given.at)
}
