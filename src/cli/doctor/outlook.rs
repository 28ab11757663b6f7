//! Whether anything lapses, in one sentence a connection.

use std::slice;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::cli::exit::Exit;
use crate::cli::{facts, words};
use crate::domain::lapse::{Lapse, Lapsing, lapses};
use crate::domain::outlook::Outlook;
use crate::domain::{Certainty, NextStep, Overview, RenewalPolicy};
use crate::sanitize::sanitize;

/// The question: what ends within this time from this moment?
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// How far ahead is looked.
    pub within: TimeDelta,
    /// From when on.
    pub now: DateTime<Utc>,
}

impl Span {
    /// The answer for a connection.
    pub fn outlook(self, own: &Overview) -> Outlook {
        Outlook::of(own, self.within, self.now)
    }

    /// The answer as a sentence.
    pub fn sentence(self, own: &Overview) -> String {
        let told = match self.outlook(own) {
            Outlook::NeedsYou(step) => self.needs_you(own, step),
            Outlook::Failing(since) => Self::failing(own, since),
            Outlook::Lapses(all) => {
                let ends = all.iter().map(|lapse| self.ends(own, lapse));
                self.waits_to_be_asked(own).into_iter().chain(ends).collect::<Vec<_>>().join("; ")
            }
            Outlook::Quiet { next } => {
                let nothing = format!("nothing lapses within {}", words::left(self.within));
                let next = next.map(|next| self.ends(own, &next));
                let told = self.waits_to_be_asked(own).into_iter().chain([nothing]).chain(next);
                told.collect::<Vec<_>>().join("; ")
            }
        };
        format!("{}: {told}", own.name)
    }

    /// An access token that is over by the person's own decision: no cause for alarm, and not to be kept back.
    fn waits_to_be_asked(self, own: &Overview) -> Option<String> {
        let since = words::left(self.now - own.waits_to_be_asked_since(self.now)?);
        Some(format!("the access token ended {since} ago, {}", words::on_demand_only(own)))
    }

    fn needs_you(self, own: &Overview, step: NextStep) -> String {
        let step = words::step(step, own);
        let trouble = own.foremost_trouble().map(|trouble| sanitize(&trouble.what_happened, 300));
        let end = self.now.checked_add_signed(self.within).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let ends = lapses(slice::from_ref(own)).into_iter().filter(|lapse| lapse.at <= end);
        let ends = ends.map(|lapse| self.ends(own, &lapse));
        [format!("needs you: {step}")].into_iter().chain(trouble).chain(ends).collect::<Vec<_>>().join("; ")
    }

    fn failing(own: &Overview, since: DateTime<Utc>) -> String {
        let failed = own.renewals.iter().rev().take_while(|renewal| !renewal.outcome.worked()).count();
        let renewals = if failed == 1 { "renewal" } else { "renewals" };
        let why = own
            .trouble
            .as_ref()
            .map_or_else(String::new, |trouble| format!(": {}", sanitize(&trouble.what_happened, 300)));
        let since = words::moment(since);
        format!("no valid access token since {since}, {failed} {renewals} failed{why}")
    }

    /// `client secret ends in 4 d, on 2026-11-26`.
    fn ends(self, own: &Overview, lapse: &Lapse) -> String {
        let noun = lapse.what.noun();
        let unless = match (&lapse.what, own.settings.renewal.policy) {
            (Lapsing::RefreshToken(_), RenewalPolicy::Manual) => " unless somebody renews it",
            (Lapsing::RefreshToken(_), RenewalPolicy::Automatic | RenewalPolicy::KeepAlive) => {
                " unless it renews"
            }
            (Lapsing::AccessToken(_) | Lapsing::ClientCredential { .. }, _) => "",
        };
        let certainty = match lapse.certainty {
            Certainty::Known => String::new(),
            other => format!(" ({})", other.label()),
        };
        let on = match lapse.what {
            // A date that a person or a certificate told, wherever it is read.
            Lapsing::ClientCredential { .. } => lapse.at.date_naive().to_string(),
            Lapsing::AccessToken(_) | Lapsing::RefreshToken(_) => words::moment(lapse.at),
        };
        match lapse.at - self.now {
            left if left <= TimeDelta::zero() => format!("{noun} ended on {on}{certainty}"),
            left => format!("{noun} ends in {}, on {on}{certainty}{unless}", words::left(left)),
        }
    }

    /// What the answer counts for.
    pub fn exit(self, own: &Overview) -> Exit {
        match self.outlook(own) {
            Outlook::NeedsYou(_) | Outlook::Failing(_) | Outlook::Lapses(_) => Exit::Lapses,
            Outlook::Quiet { .. } => Exit::Ok,
        }
    }

    /// The answer for programs.
    pub fn json(self, own: &Overview) -> Value {
        let outlook = self.outlook(own);
        let lapsing = match &outlook {
            Outlook::Lapses(all) => all.iter().map(|lapse| self.lapse_json(lapse)).collect(),
            Outlook::NeedsYou(_) | Outlook::Failing(_) | Outlook::Quiet { .. } => Vec::new(),
        };
        json!({
            "outlook": outlook.word(),
            "within_seconds": self.within.num_seconds(),
            "lapses": lapsing,
            "access_token_ended_at": own.waits_to_be_asked_since(self.now).map(facts::moment),
            "sentence": self.sentence(own),
        })
    }

    fn lapse_json(self, lapse: &Lapse) -> Value {
        json!({
            "what": lapse.what.noun().replace(' ', "-"),
            "at": facts::moment(lapse.at),
            "remaining_seconds": (lapse.at - self.now).num_seconds().max(0),
            "certainty": lapse.certainty.label(),
        })
    }
}
