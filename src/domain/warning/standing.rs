//! What stands: each connection's causes for a warning, kept up to date one connection at a time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::rules::stage_at;
use super::{
    Act, Asked, Concerned, Ending, Failing, Nature, Stage, Subject, Warning, WarningKind, WarningRules,
    WayOut,
};
use crate::domain::need::{NoRenewal, RenewalPlan};
use crate::domain::{ClientId, Connection, ConnectionId, Lifetime, Overview, TroubleKind, Wait};

/// All that is to be warned of, by what it is about, and when the next of it comes by time alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    rules: WarningRules,
    /// What fails since before this moment may have passed while nobody tried.
    failing_from: DateTime<Utc>,
    causes: BTreeMap<Subject, BTreeMap<ConnectionId, Cause>>,
    looked_at: BTreeMap<ConnectionId, LookedAt>,
    moments: BTreeSet<(DateTime<Utc>, ConnectionId)>,
    /// Grows with every change of what stands, apart from words.
    version: u64,
}

/// Why one connection gives cause for a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cause {
    concerned: Concerned,
    client_id: ClientId,
    nature: Nature,
}

/// What is remembered of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LookedAt {
    subjects: Vec<Subject>,
    next: Option<DateTime<Utc>>,
}

impl Standing {
    /// Nothing known yet. What fails is told at `failing_from` at the earliest.
    pub fn new(rules: WarningRules, failing_from: DateTime<Utc>) -> Self {
        Self {
            rules,
            failing_from,
            causes: BTreeMap::new(),
            looked_at: BTreeMap::new(),
            moments: BTreeSet::new(),
            version: 0,
        }
    }

    /// The rules.
    pub fn rules(&self) -> &WarningRules {
        &self.rules
    }

    /// Takes a connection as it is now.
    pub fn take(&mut self, own: &Overview, now: DateTime<Utc>) {
        let look = Look { own, rules: &self.rules, failing_from: self.failing_from, now };
        let (causes, next) = look.causes();
        let before = self.forget(&own.id);
        let mut is_same = before.len() == causes.len();
        let mut subjects = Vec::with_capacity(causes.len());
        for ((subject, nature), before) in
            causes.into_iter().zip(before.into_iter().map(Some).chain(std::iter::repeat(None)))
        {
            let concerned = Concerned { name: own.name.clone(), id: own.id.clone() };
            let cause = Cause { concerned, client_id: own.settings.client_id, nature };
            is_same &= before.is_some_and(|before| before.0 == subject && before.1.is_as(&cause));
            subjects.push(subject.clone());
            self.causes.entry(subject).or_default().insert(own.id.clone(), cause);
        }
        if !is_same {
            self.version += 1;
        }
        self.moments.extend(next.map(|at| (at, own.id.clone())));
        self.looked_at.insert(own.id.clone(), LookedAt { subjects, next });
    }

    /// Takes all connections as they are now; of others nothing stays.
    pub fn take_all(&mut self, all: &[Overview], now: DateTime<Utc>) {
        let here: BTreeSet<&ConnectionId> = all.iter().map(|own| &own.id).collect();
        let gone: Vec<ConnectionId> =
            self.looked_at.keys().filter(|id| !here.contains(id)).cloned().collect();
        gone.iter().for_each(|id| self.drop(id));
        all.iter().for_each(|own| self.take(own, now));
    }

    /// A connection is gone.
    pub fn drop(&mut self, id: &ConnectionId) {
        if !self.forget(id).is_empty() {
            self.version += 1;
        }
    }

    fn forget(&mut self, id: &ConnectionId) -> Vec<(Subject, Cause)> {
        let Some(before) = self.looked_at.remove(id) else { return Vec::new() };
        if let Some(next) = before.next {
            self.moments.remove(&(next, id.clone()));
        }
        let mut causes = Vec::new();
        for subject in before.subjects {
            let Some(group) = self.causes.get_mut(&subject) else { continue };
            let cause = group.remove(id);
            if group.is_empty() {
                self.causes.remove(&subject);
            }
            causes.extend(cause.map(|cause| (subject, cause)));
        }
        causes
    }

    /// The connections that are to be looked at again by now.
    pub fn due(&self, now: DateTime<Utc>) -> Vec<ConnectionId> {
        let due = self.moments.iter().take_while(|(at, _)| *at <= now);
        due.map(|(_, id)| id.clone()).collect()
    }

    /// When something changes by time alone.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        self.moments.first().map(|(at, _)| *at)
    }

    /// Tells one state from another: it stays the same while only words change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What stands, the most urgent first.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings: Vec<Warning> =
            self.causes.iter().filter_map(|(subject, causes)| warning(subject, causes)).collect();
        warnings.sort_by_cached_key(|own| (own.urgency(), own.connections.first().cloned()));
        warnings
    }
}

/// The warning that all these give cause for.
fn warning(subject: &Subject, causes: &BTreeMap<ConnectionId, Cause>) -> Option<Warning> {
    let foremost = causes.values().min_by_key(|cause| cause.nature.order())?;
    let mut connections: Vec<Concerned> = causes.values().map(|cause| cause.concerned.clone()).collect();
    connections.sort();
    let is_common = causes.values().all(|cause| cause.client_id == foremost.client_id);
    Some(Warning {
        subject: subject.clone(),
        nature: foremost.nature.clone(),
        connections,
        client_id: is_common.then_some(foremost.client_id),
    })
}

impl Nature {
    /// Whose word counts for all: of one registration the earlier end, while some
    /// still use the old secret; of failing what has lasted longest.
    fn order(&self) -> i64 {
        match self {
            Self::Ends(ending) => ending.ends_at.timestamp(),
            Self::Fails(failing) => failing.since.timestamp(),
            Self::Needs(_) => 0,
        }
    }
}

impl Cause {
    /// True if they differ in words only.
    fn is_as(&self, other: &Self) -> bool {
        let same = match (&self.nature, &other.nature) {
            (Nature::Ends(own), Nature::Ends(other)) => own == other,
            (Nature::Needs(own), Nature::Needs(other)) => own.act == other.act,
            (Nature::Fails(_), Nature::Fails(_)) => true,
            _ => false,
        };
        same && self.concerned == other.concerned && self.client_id == other.client_id
    }
}

/// One connection, looked at.
struct Look<'a> {
    own: &'a Overview,
    rules: &'a WarningRules,
    failing_from: DateTime<Utc>,
    now: DateTime<Utc>,
}

/// What is found, and when to look again.
type Found = (Vec<(Subject, Nature)>, Option<DateTime<Utc>>);

impl Look<'_> {
    fn causes(&self) -> Found {
        let parts = [
            (WarningKind::Secret, self.credential()),
            (WarningKind::RefreshToken, self.refresh_token()),
            (WarningKind::NeedsYou, self.act()),
            (WarningKind::Failing, self.failing()),
        ];
        let told = parts.into_iter().filter(|(kind, _)| self.rules.tell(*kind));
        let (causes, moments): (Vec<_>, Vec<_>) = told.map(|(_, part)| part).unzip();
        (causes.into_iter().flatten().collect(), moments.into_iter().flatten().min())
    }

    fn credential(&self) -> (Option<(Subject, Nature)>, Option<DateTime<Utc>>) {
        let Some(lifetime) = self.own.needed_credential_lifetime() else { return (None, None) };
        let noun = self.own.credential.noun();
        let (ending, next) = self.ending(noun, &lifetime, &self.rules.secret_stages(), WayOut::Replace);
        (ending.map(|own| (Subject::Credential(self.own.settings.client_id), own)), next)
    }

    fn refresh_token(&self) -> (Option<(Subject, Nature)>, Option<DateTime<Utc>>) {
        let Some((lifetime, way_out)) = self.own.refresh_lifetime().zip(way_out(self.own, self.now)) else {
            return (None, None);
        };
        let stages = self.rules.refresh_token_stages(&lifetime);
        let (ending, next) = self.ending("refresh token", &lifetime, &stages, way_out);
        (ending.map(|own| (Subject::RefreshToken(self.own.id.clone()), own)), next)
    }

    fn ending(
        &self,
        noun: &'static str,
        lifetime: &Lifetime,
        stages: &[TimeDelta],
        way_out: WayOut,
    ) -> (Option<Nature>, Option<DateTime<Utc>>) {
        let (ends_at, certainty) = (lifetime.expires_at, lifetime.certainty);
        let stage = stage_at(stages, ends_at - self.now);
        let begins = stages.iter().filter_map(|before| ends_at.checked_sub_signed(*before));
        let next = begins.chain([ends_at]).filter(|at| *at > self.now).min();
        (stage.map(|stage| Nature::Ends(Ending { noun, ends_at, certainty, stage, way_out })), next)
    }

    fn act(&self) -> (Option<(Subject, Nature)>, Option<DateTime<Utc>>) {
        let asked = match (&self.own.unsaved, self.own.stop(self.now)) {
            (Some(unsaved), _) => Some(Asked {
                act: Act::MendDisk,
                what_happened: unsaved.what_happened.clone(),
                what_to_do: unsaved.what_to_do.clone(),
            }),
            // The secret itself is warned of, once for all whom it serves.
            (None, Some(NoRenewal::SecretExpired)) if self.rules.tell(WarningKind::Secret) => None,
            (None, Some(why)) => act_against(why, self.own, self.now).map(|act| self.asked(act)),
            (None, None) => None,
        };
        // Without a refresh token the work ends with the access token.
        let is_last = self.own.stop(self.now) == Some(NoRenewal::NoRefreshToken);
        let next =
            self.own.access_lifetime().map(|access| access.expires_at).filter(|at| is_last && *at > self.now);
        (asked.map(|own| (Subject::Act(self.own.id.clone()), Nature::Needs(own))), next)
    }

    fn asked(&self, act: Act) -> Asked {
        match self.own.foremost_trouble() {
            Some(trouble) => Asked {
                act,
                what_happened: trouble.what_happened.clone(),
                what_to_do: trouble.what_to_do.clone(),
            },
            None => Asked {
                act,
                what_happened: "its access token has ended, and there is no refresh token".to_owned(),
                what_to_do: "Sign in again (a).".to_owned(),
            },
        }
    }

    fn failing(&self) -> (Option<(Subject, Nature)>, Option<DateTime<Utc>>) {
        let RenewalPlan::Retrying { .. } = self.own.standing_plan(self.now) else { return (None, None) };
        let Some(trouble) = &self.own.trouble else { return (None, None) };
        let since = self.fails_since().unwrap_or(trouble.at);
        let from = since.checked_add_signed(self.rules.failing()).map(|at| at.max(self.failing_from));
        if let Some(later) = from.filter(|at| *at > self.now) {
            return (None, Some(later));
        }
        let throttled = matches!(trouble.kind, TroubleKind::TryLater { wait: Wait::Told, .. });
        let failing = Failing { since, throttled, what_happened: trouble.what_happened.clone() };
        let host = self.own.settings.authority.host().to_owned();
        (Some((Subject::Failing(host), Nature::Fails(failing))), None)
    }

    /// The first of the tries that have brought nothing since one that did. Where the record has forgotten that one, what
    /// it remembers begins later with each try: they began when the renewal was due.
    fn fails_since(&self) -> Option<DateTime<Utc>> {
        let renewals = &self.own.renewals;
        let first = renewals.iter().rev().take_while(|own| !own.outcome.worked()).map(|own| own.at).min();
        let forgot =
            renewals.len() >= Connection::RENEWALS_KEPT && renewals.iter().all(|own| !own.outcome.worked());
        let due = forgot.then(|| self.was_due_at()).flatten();
        first.into_iter().chain(due).min()
    }

    fn was_due_at(&self) -> Option<DateTime<Utc>> {
        if self.own.is_automatic() {
            let access = self.own.access_lifetime()?;
            Some(self.own.renewal_due_at(&access).max(access.starts_at))
        } else {
            self.own.exercise_due_at()
        }
    }
}

/// How the end of the refresh token is put off; `None` where that comes by itself, or where a sign-in is asked for anyway.
pub(super) fn way_out(own: &Overview, now: DateTime<Utc>) -> Option<WayOut> {
    match own.standing_plan(now) {
        RenewalPlan::Due(_) => own.is_limited_from_sign_in().then_some(WayOut::SignIn),
        RenewalPlan::Retrying { .. } => Some(WayOut::RenewsLater),
        RenewalPlan::OnRequest { .. } if own.is_limited_from_sign_in() => Some(WayOut::SignIn),
        RenewalPlan::OnRequest { .. } => Some(WayOut::Renew),
        RenewalPlan::Impossible(
            NoRenewal::SignInNeeded | NoRenewal::NeverSignedIn | NoRenewal::NoRefreshToken,
        ) => None,
        RenewalPlan::Impossible(_) => Some(WayOut::Mend),
    }
}

/// What a person is to do against it, whoever is told.
pub(super) fn act_against(why: NoRenewal, own: &Overview, now: DateTime<Utc>) -> Option<Act> {
    Some(match why {
        // Nobody expects it to work.
        NoRenewal::NeverSignedIn => return None,
        NoRenewal::NoRefreshToken => {
            let works = own.access_lifetime().is_some_and(|access| !access.is_expired_at(now));
            return (!works).then_some(Act::SignIn);
        }
        NoRenewal::SecretExpired => Act::ReplaceSecret,
        NoRenewal::SignInNeeded => Act::SignIn,
        NoRenewal::ConsentMissing => Act::Consent,
        NoRenewal::Blocked => Act::Unblock,
        NoRenewal::SetUpWrong => Act::MendSettings,
        NoRenewal::Restored => Act::AcceptRestored,
    })
}

impl Stage {
    /// True if the end has passed.
    pub fn is_over(self) -> bool {
        self == Self::Over
    }
}
