//! Whether anything lapses, in one sentence a connection.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::cli::exit::{CliError, Exit};
use crate::cli::{facts, words};
use crate::domain::lapse::{Lapse, Lapsing};
use crate::domain::outlook::{Outlook, Urgency, Verdict};
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

    /// How urgent the answer is; what could not be read stands behind what is known to need somebody.
    pub fn urgency(self, held: Result<&Overview, &CliError>) -> Urgency {
        held.map_or(Urgency::UNKNOWN, |own| self.outlook(own).urgency())
    }

    /// The answer as a sentence: the gravest first.
    pub fn sentence(self, own: &Overview) -> String {
        let outlook = self.outlook(own);
        let ends = outlook.lapses.iter().map(|lapse| self.ends(own, lapse));
        let told: Vec<String> = match outlook.verdict {
            Verdict::NeedsYou(step) => needs_you(own, step).into_iter().chain(ends).collect(),
            Verdict::Failing(since) => [failing(own, since)].into_iter().chain(ends).collect(),
            Verdict::Lapses => self.waits_to_be_asked(own).into_iter().chain(ends).collect(),
            Verdict::Quiet => {
                let nothing = format!("nothing lapses within {}", words::left(self.within));
                let next = outlook.next.map(|next| self.ends(own, &next));
                self.waits_to_be_asked(own).into_iter().chain([nothing]).chain(next).collect()
            }
        };
        format!("{}: {}", own.name, told.join("; "))
    }

    /// Since when its access token waits for somebody to ask; nothing of one that would not come.
    fn on_demand_since(self, own: &Overview) -> Option<DateTime<Utc>> {
        own.waits_to_be_asked_since(self.now).filter(|_| own.stop(self.now).is_none())
    }

    /// An access token that is over by the person's own decision: no cause for alarm, and not to be kept back.
    fn waits_to_be_asked(self, own: &Overview) -> Option<String> {
        let since = words::left(self.now - self.on_demand_since(own)?);
        let failed = own.trouble.as_ref().filter(|_| own.fails_on_demand(self.now));
        let failed = failed.map_or_else(String::new, |trouble| {
            format!(", the last try failed: {}", sanitize(&trouble.what_happened, 300))
        });
        Some(format!("the access token ended {since} ago, {}{failed}", words::on_demand_only(own)))
    }

    /// `client secret ends in 4 d, on 2026-11-26`.
    fn ends(self, own: &Overview, lapse: &Lapse) -> String {
        let noun = lapse.what.noun();
        let unless = match (&lapse.what, own.settings.renewal.policy) {
            (Lapsing::RefreshToken(_), _) if own.is_limited_from_sign_in() => " unless somebody signs in",
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
        match self.outlook(own).verdict {
            Verdict::NeedsYou(_) | Verdict::Failing(_) | Verdict::Lapses => Exit::Lapses,
            Verdict::Quiet => Exit::Ok,
        }
    }

    /// The answer for programs.
    pub fn json(self, own: &Overview) -> Value {
        let outlook = self.outlook(own);
        let lapses: Vec<Value> = outlook.lapses.iter().map(|lapse| self.lapse_json(lapse)).collect();
        json!({
            "outlook": outlook.word(),
            "within_seconds": self.within.num_seconds(),
            "lapses": lapses,
            "on_demand_since": self.on_demand_since(own).map(facts::moment),
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

/// What to do, and what has happened.
fn needs_you(own: &Overview, step: NextStep) -> Vec<String> {
    let trouble = own.foremost_trouble().map(|trouble| sanitize(&trouble.what_happened, 300));
    [format!("needs you: {}", words::step(step, own))].into_iter().chain(trouble).collect()
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
