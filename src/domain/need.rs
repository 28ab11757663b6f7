//! What a connection needs, from whom, and when: the group it stands in and its one next step.

use chrono::{DateTime, Utc};

use super::{
    AttemptFacts, Audience, Clock, Lack, Lacking, Lifetime, Overview, RenewalPolicy, Stage, Trouble,
    TroubleKind, WhoActs,
};

/// The groups of the list, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Nothing works until a person acts, or one of the resources does not.
    NeedsYou,
    /// It works, and something lapses before long.
    Soon,
    /// Nothing to do.
    Quiet,
}

impl Need {
    /// All groups, most urgent first.
    pub const ALL: [Self; 3] = [Self::NeedsYou, Self::Soon, Self::Quiet];

    /// The heading of the group.
    pub fn heading(self) -> &'static str {
        match self {
            Self::NeedsYou => "NEEDS YOU",
            Self::Soon => "SOON",
            Self::Quiet => "QUIET",
        }
    }
}

/// Whether and when a connection renews without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenewalPlan {
    /// At this moment, which may have passed.
    Due(DateTime<Utc>),
    /// After a failure that passes, not before this moment.
    Retrying {
        /// Not before this moment.
        at: DateTime<Utc>,
        /// Tries that failed in a row.
        attempt: u32,
    },
    /// Not by itself, as the person decided; whenever it is asked to.
    OnRequest {
        /// Not before this moment, after a failure that passes.
        not_before: Option<DateTime<Utc>>,
    },
    /// Not at all.
    Impossible(NoRenewal),
}

/// Why a connection cannot renew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRenewal {
    /// Nobody has signed in yet.
    NeverSignedIn,
    /// `offline_access` was not granted.
    NoRefreshToken,
    /// The client secret's date has passed, and the platform refused.
    SecretExpired,
    /// The platform wants a person.
    SignInNeeded,
    /// An administrator must consent.
    ConsentMissing,
    /// The tenant does not allow it: an administrator must.
    Blocked,
    /// The registration or the settings are wrong.
    SetUpWrong,
    /// The record was put back from a backup.
    Restored,
}

/// The one thing that comes next for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// The disk is mended: what came is in memory only.
    MendDisk,
    /// Nobody has signed in yet.
    SignIn,
    /// Nobody needs to sign in: the client asks for its first token.
    GetToken,
    /// The browser's address is awaited.
    PasteAddress,
    /// The user code is to be entered on another device.
    EnterCode,
    /// A person signs in again.
    SignInAgain,
    /// An administrator consents, then a person signs in.
    AskConsent,
    /// An administrator lifts what blocks the sign-in, then a person signs in.
    AskAdministrator,
    /// The settings or the registration are mended.
    MendSettings,
    /// A record from a backup is accepted, or a person signs in again.
    AcceptRestored,
    /// The client secret or certificate is replaced: it is over, or will be.
    ReplaceSecret,
    /// Before the refresh token lapses, a person signs in or it renews.
    RenewBefore(DateTime<Utc>),
    /// The tenant's limit counts from the sign-in: before it ends the refresh token, a person signs in.
    SignInBefore(DateTime<Utc>),
    /// What somebody else holds is no longer what is held here: it is handed over again.
    HandOverAgain,
    /// It renews when it is asked to.
    RenewOnRequest {
        /// When its access token ended; `None` while that is good.
        ended_at: Option<DateTime<Utc>>,
    },
    /// It renews by itself.
    RenewsAt(DateTime<Utc>),
    /// It is tried again by itself.
    RetriesAt(DateTime<Utc>),
    /// The access token ends, and nothing can renew it.
    EndsAt(DateTime<Utc>),
}

impl Overview {
    /// Whether and when it renews.
    pub fn renewal_plan(&self, now: DateTime<Utc>) -> RenewalPlan {
        use RenewalPlan::{Impossible, OnRequest, Retrying};
        let is_manual = self.settings.renewal.policy == RenewalPolicy::Manual;
        let trouble = self.trouble.as_ref();
        if let Some(why) = trouble.and_then(|trouble| self.stopped_by(trouble, now)) {
            return Impossible(why);
        }
        let wait = trouble.and_then(|trouble| Some((trouble.waits_until(now)?, trouble.kind)));
        match wait.filter(|_| self.can_renew()) {
            Some((until, _)) if is_manual => OnRequest { not_before: Some(until) },
            Some((at, TroubleKind::TryLater { attempt, .. })) => Retrying { at, attempt },
            _ => self.plan_without_trouble(now),
        }
    }

    /// The same for whoever looks at it: what failed when somebody asked, and is not due by itself, changes nothing.
    pub fn standing_plan(&self, now: DateTime<Utc>) -> RenewalPlan {
        if self.fails_on_demand(now) { self.plan_without_trouble(now) } else { self.renewal_plan(now) }
    }

    /// True if the last renewal, which was asked for, failed in a way that passes, and nothing is due by itself.
    pub fn fails_on_demand(&self, now: DateTime<Utc>) -> bool {
        let passes = matches!(&self.trouble, Some(own) if matches!(own.kind, TroubleKind::TryLater { .. }));
        let is_due = match self.settings.renewal.policy {
            RenewalPolicy::Automatic => true,
            RenewalPolicy::KeepAlive => self.exercise_due_at().is_some_and(|at| at <= now),
            RenewalPolicy::Manual => false,
        };
        passes && !is_due && self.tokens.is_some() && self.can_renew()
    }

    /// The same, as if nothing had failed.
    pub(super) fn plan_without_trouble(&self, now: DateTime<Utc>) -> RenewalPlan {
        use RenewalPlan::{Due, Impossible, OnRequest};
        if self.tokens.is_none() {
            // Nobody needs to sign in first: the first token is as due as any.
            return match (self.settings.way_in.is_delegated(), self.is_automatic()) {
                (true, _) => Impossible(NoRenewal::NeverSignedIn),
                (false, true) => Due(DateTime::UNIX_EPOCH),
                (false, false) => OnRequest { not_before: None },
            };
        }
        // A lapse that was estimated or typed is no refusal: one request tells for certain.
        if !self.can_renew() {
            return Impossible(NoRenewal::NoRefreshToken);
        }
        match (self.renewals_due(now).into_iter().map(|(at, _)| at).min(), self.refusal()) {
            (Some(at), _) => self.planned(at),
            (None, Some(trouble)) => {
                Impossible(self.stopped_by(trouble, now).unwrap_or(NoRenewal::SetUpWrong))
            }
            (None, None) => Impossible(NoRenewal::NeverSignedIn),
        }
    }

    /// What the person's policy makes of a connection whose first access token is due at `access_due_at`.
    fn planned(&self, access_due_at: DateTime<Utc>) -> RenewalPlan {
        let exercise = self.exercise_due_at();
        let at = match self.settings.renewal.policy {
            // A token that lives for months must not let the refresh token lapse.
            RenewalPolicy::Automatic => Some(exercise.map_or(access_due_at, |at| at.min(access_due_at))),
            RenewalPolicy::KeepAlive => exercise,
            RenewalPolicy::Manual => None,
        };
        at.map_or(RenewalPlan::OnRequest { not_before: None }, RenewalPlan::Due)
    }

    /// Why a trouble stops all renewing; `None` for what passes.
    fn stopped_by(&self, trouble: &Trouble, now: DateTime<Utc>) -> Option<NoRenewal> {
        Some(match trouble.kind {
            TroubleKind::ConsentMissing => NoRenewal::ConsentMissing,
            // Signing in again would be refused again: first somebody else has to act.
            TroubleKind::SignInNeeded | TroubleKind::SetUpWrong if trouble.who == WhoActs::TenantAdmin => {
                NoRenewal::Blocked
            }
            TroubleKind::SignInNeeded if trouble.who == WhoActs::AppOwner => NoRenewal::SetUpWrong,
            TroubleKind::SignInNeeded => NoRenewal::SignInNeeded,
            // The likeliest thing wrong with the set-up, and the one that we know of.
            TroubleKind::SetUpWrong if self.is_credential_over(now) => NoRenewal::SecretExpired,
            TroubleKind::SetUpWrong => NoRenewal::SetUpWrong,
            TroubleKind::Restored => NoRenewal::Restored,
            TroubleKind::TryLater { .. } => return None,
        })
    }

    /// The resources that renew without a person, each with its moment. What was asked for since the last sign-in is not
    /// among them: it takes effect with the next one. What was issued by a clock that was ahead of this one is due at once:
    /// nobody knows its age.
    fn renewals_due(&self, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, Audience)> {
        let Some(tokens) = &self.tokens else { return Vec::new() };
        let due_of = |lifetime: &Lifetime| {
            if lifetime.is_of_another_clock(now) {
                DateTime::UNIX_EPOCH
            } else {
                self.renewal_due_at(lifetime)
            }
        };
        let due = |audience: &Audience| match (tokens.access.get(audience), self.lack_of(audience)) {
            (_, Some(Lack::Refused(_))) | (None, None) => None,
            (_, Some(Lack::NotYet)) => self.renewed_at(),
            (Some(held), None) => Some(due_of(&held.lifetime)),
        };
        let asked = self.settings.audiences();
        let is_known =
            |audience: &Audience| tokens.access.get(audience).is_some() || self.lack_of(audience).is_some();
        if !asked.iter().any(is_known) {
            // All that is asked for now was chosen since: what is held goes on to the first of it.
            let at = self.access_lifetime().map(|lifetime| due_of(&lifetime));
            return at.into_iter().zip(asked).collect();
        }
        asked.into_iter().filter_map(|audience| Some((due(&audience)?, audience))).collect()
    }

    /// The resources whose renewal is due by now. Where it is only the refresh token that is to be used, one of them does.
    pub fn audiences_due(&self, now: DateTime<Utc>) -> Vec<Audience> {
        let all = self.renewals_due(now);
        let due = all.iter().filter(|(at, _)| self.is_automatic() && *at <= now);
        let due: Vec<Audience> = due.map(|(_, audience)| audience.clone()).collect();
        let is_exercised = self.exercise_due_at().is_some_and(|at| at <= now);
        if due.is_empty() && is_exercised && self.settings.renewal.policy != RenewalPolicy::Manual {
            return all.into_iter().take(1).map(|(_, audience)| audience).collect();
        }
        due
    }

    /// The resources that a person who asks for renewal means: what is held, and what was refused, once more.
    pub fn audiences_to_renew(&self) -> Vec<Audience> {
        let is_held = |audience: &Audience| {
            self.tokens.as_ref().is_some_and(|tokens| tokens.access.get(audience).is_some())
                || self.lack_of(audience).is_some()
        };
        let asked = self.settings.audiences();
        let held: Vec<Audience> = asked.iter().filter(|audience| is_held(audience)).cloned().collect();
        if held.is_empty() { asked.into_iter().take(1).collect() } else { held }
    }

    /// Why one of the resources is not renewed, while nothing stands in the way of the others.
    pub fn refusal(&self) -> Option<&Trouble> {
        self.lacks().find_map(Lacking::refusal)
    }

    /// True if there is something to renew with: a refresh token, or the client's own right.
    pub fn can_renew(&self) -> bool {
        !self.settings.way_in.is_delegated() || self.refresh_lifetime().is_some()
    }

    /// The group it stands in.
    pub fn need(&self, now: DateTime<Utc>) -> Need {
        if self.unsaved.is_some() || self.is_credential_over(now) {
            return Need::NeedsYou;
        }
        match self.standing_plan(now) {
            RenewalPlan::Impossible(NoRenewal::NoRefreshToken) => match self.stage(Clock::AccessToken, now) {
                Some(Stage::Expired) | None => Need::NeedsYou,
                Some(_) => Need::Soon,
            },
            RenewalPlan::Impossible(_) => Need::NeedsYou,
            _ if self.refusal().is_some() => Need::NeedsYou,
            RenewalPlan::Retrying { .. } | RenewalPlan::OnRequest { not_before: Some(_) } => Need::Soon,
            _ if self.tokens.is_none() => Need::Soon,
            RenewalPlan::OnRequest { not_before: None } | RenewalPlan::Due(_) => match self.latest_stage(now)
            {
                Stage::Expired => Need::NeedsYou,
                Stage::Expiring => Need::Soon,
                Stage::Fresh | Stage::Ageing if self.open_attempt(now).is_some() => Need::Soon,
                Stage::Fresh | Stage::Ageing if self.outdated_copy(now).is_some() => Need::Soon,
                Stage::Fresh | Stage::Ageing => Need::Quiet,
            },
        }
    }

    /// The first moment after `now` at which [`Overview::need`] may tell another group, if nothing but the time passes.
    pub fn need_changes_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let access = self.access_lifetime().filter(|_| !self.can_renew());
        let lives = [
            (Clock::AccessToken, access),
            (Clock::RefreshToken, self.refresh_lifetime()),
            (Clock::ClientCredential, self.needed_credential_lifetime()),
        ];
        let stages = lives.into_iter().filter_map(|(clock, life)| Some(life?.stage_changes(clock))).flatten();
        let attempt = self.attempt.iter().flat_map(AttemptFacts::open_between);
        // From then on it is due by itself: what failed counts.
        let due = self.exercise_due_at().filter(|_| self.fails_on_demand(now));
        stages.chain(attempt).chain(self.copies_lapse_at()).chain(due).filter(|at| *at > now).min()
    }

    /// Its one next step.
    pub fn next_step(&self, now: DateTime<Utc>) -> NextStep {
        if self.unsaved.is_some() {
            return NextStep::MendDisk;
        }
        match self.open_attempt(now) {
            Some(AttemptFacts::Code(_)) => return NextStep::PasteAddress,
            Some(AttemptFacts::Device(_)) => return NextStep::EnterCode,
            None => {}
        }
        match (self.stop(now), self.standing_plan(now)) {
            // Accepting a backup asks nobody; whatever else comes next would be refused.
            (why, _) if why != Some(NoRenewal::Restored) && self.is_credential_over(now) => {
                NextStep::ReplaceSecret
            }
            (Some(why), _) | (None, RenewalPlan::Impossible(why)) => self.step_out_of(why, now),
            (None, RenewalPlan::Retrying { at, .. }) => NextStep::RetriesAt(self.retries_at(at, now)),
            (None, RenewalPlan::OnRequest { .. }) => {
                let ended_at = self.waits_to_be_asked_since(now);
                self.step_before_renewal(NextStep::RenewOnRequest { ended_at }, now)
            }
            (None, RenewalPlan::Due(at)) => {
                let renewal = match self.waits_to_be_asked_since(now) {
                    // Only the refresh token is used by itself, and not yet.
                    Some(ended_at) if at > now => NextStep::RenewOnRequest { ended_at: Some(ended_at) },
                    _ => NextStep::RenewsAt(at),
                };
                self.step_before_renewal(renewal, now)
            }
        }
    }

    /// What stops the renewal of everything, or else of one resource, until a person acts.
    pub fn stop(&self, now: DateTime<Utc>) -> Option<NoRenewal> {
        match self.renewal_plan(now) {
            RenewalPlan::Impossible(why) => Some(why),
            RenewalPlan::Due(_) | RenewalPlan::Retrying { .. } | RenewalPlan::OnRequest { .. } => {
                self.refusal().and_then(|trouble| self.stopped_by(trouble, now))
            }
        }
    }

    /// What comes before `renewal`, else that itself.
    fn step_before_renewal(&self, renewal: NextStep, now: DateTime<Utc>) -> NextStep {
        if self.tokens.is_none() {
            return NextStep::GetToken;
        }
        match self.first_nearing(now) {
            Some((_, Clock::ClientCredential)) => NextStep::ReplaceSecret,
            Some((at, _)) if at <= now => NextStep::SignInAgain,
            Some((at, _)) if self.is_limited_from_sign_in() => NextStep::SignInBefore(at),
            Some((at, _)) => NextStep::RenewBefore(at),
            None if self.outdated_copy(now).is_some() => NextStep::HandOverAgain,
            None => renewal,
        }
    }

    /// Of refresh token and client credential the one that is near its end and comes to it first, or has.
    fn first_nearing(&self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Clock)> {
        let nearing = self.lasting().filter(|(clock, life)| life.stage(*clock, now) >= Stage::Expiring);
        nearing.map(|(clock, life)| (life.expires_at, clock)).min_by_key(|(at, _)| *at)
    }

    /// The first moment at which something that it holds lapses; what lapses first stands first in its group.
    pub fn first_lapse(&self) -> Option<DateTime<Utc>> {
        // A client that acts for itself gets a new access token whenever it asks.
        let access = self.access_lifetime().filter(|_| !self.can_renew());
        let held = self.refresh_lifetime().or(access);
        held.into_iter().chain(self.needed_credential_lifetime()).map(|lifetime| lifetime.expires_at).min()
    }

    /// What no renewal of an access token brings back, and this connection ends with.
    pub fn lasting(&self) -> impl Iterator<Item = (Clock, Lifetime)> {
        let credential = self.needed_credential_lifetime().map(|life| (Clock::ClientCredential, life));
        let refresh = self.refresh_lifetime().map(|life| (Clock::RefreshToken, life));
        credential.into_iter().chain(refresh)
    }

    /// The stage of one of its clocks, where it has that clock.
    pub fn stage(&self, clock: Clock, now: DateTime<Utc>) -> Option<Stage> {
        self.lifetime(clock).map(|lifetime| lifetime.stage(clock, now))
    }

    /// The lifetime of one of its clocks.
    pub fn lifetime(&self, clock: Clock) -> Option<Lifetime> {
        match clock {
            Clock::AccessToken => self.access_lifetime(),
            Clock::RefreshToken => self.refresh_lifetime(),
            Clock::ClientCredential => self.credential_lifetime(),
        }
    }

    fn step_out_of(&self, why: NoRenewal, now: DateTime<Utc>) -> NextStep {
        match why {
            NoRenewal::NeverSignedIn => NextStep::SignIn,
            // There is nobody to sign in: it is asked for again.
            NoRenewal::SignInNeeded if !self.settings.way_in.is_delegated() => NextStep::GetToken,
            NoRenewal::SignInNeeded => NextStep::SignInAgain,
            NoRenewal::ConsentMissing => NextStep::AskConsent,
            NoRenewal::Blocked => NextStep::AskAdministrator,
            NoRenewal::SetUpWrong => NextStep::MendSettings,
            NoRenewal::Restored => NextStep::AcceptRestored,
            NoRenewal::SecretExpired => NextStep::ReplaceSecret,
            NoRenewal::NoRefreshToken => match self.access_lifetime() {
                Some(access) if !access.is_expired_at(now) => NextStep::EndsAt(access.expires_at),
                _ => NextStep::SignInAgain,
            },
        }
    }

    /// How near the end is of what lasts longest: refresh token and client secret, whichever lapses first.
    pub fn latest_stage(&self, now: DateTime<Utc>) -> Stage {
        self.lasting().map(|(clock, life)| life.stage(clock, now)).max().unwrap_or(Stage::Fresh)
    }

    /// True if it is to be renewed by now, by itself or by `refresh --due`.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.turn(now).is_some_and(|turn| turn.at <= now)
    }

    /// True if a renewal may be tried now, due or not: a pause that was asked for is kept, and a dead credential is left
    /// alone.
    pub fn may_renew_at(&self, now: DateTime<Utc>) -> bool {
        match self.renewal_plan(now) {
            RenewalPlan::Due(_) | RenewalPlan::OnRequest { not_before: None } => true,
            RenewalPlan::Retrying { at, .. } | RenewalPlan::OnRequest { not_before: Some(at) } => at <= now,
            RenewalPlan::Impossible(_) => false,
        }
    }

    /// True if the client proves itself, and by its date the secret or certificate for that is over.
    pub fn is_credential_over(&self, now: DateTime<Utc>) -> bool {
        self.needed_credential_lifetime().is_some_and(|life| life.is_expired_at(now))
    }
}
