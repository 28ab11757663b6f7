//! Why there are no tokens: the refusal in words, and the trouble that is made of it.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::catalogue::aadsts;
use crate::domain::{Trouble, TroubleKind, WhoActs};
use crate::oauth::json;
use crate::oauth::platform_error::PlatformError;
use crate::sanitize::sanitize;

use super::HttpAnswer;
use super::reaction::Reaction;

/// Why there are no tokens, and what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenRefusal {
    /// What follows.
    pub reaction: Reaction,
    /// Who can end it.
    pub who: WhoActs,
    /// First line: what happened. Printable.
    pub what_happened: String,
    /// Second line: what to do. Printable.
    pub what_to_do: String,
    /// What the platform said, if it said something.
    pub platform: Option<PlatformError>,
}

const TRIED_AGAIN: &str = "Nothing is lost; it is tried again.";

impl TokenRefusal {
    /// A refusal in our own words: the platform said nothing that could be read.
    pub(in crate::oauth) fn own(
        reaction: Reaction,
        what_happened: impl Into<String>,
        what_to_do: impl Into<String>,
    ) -> Self {
        Self {
            reaction,
            who: reaction.who_acts(),
            what_happened: what_happened.into(),
            what_to_do: what_to_do.into(),
            platform: None,
        }
    }

    /// A refusal that passes by itself.
    pub(super) fn passing(what_happened: impl Into<String>) -> Self {
        Self::own(Reaction::TryLater(None), what_happened, TRIED_AGAIN)
    }

    /// True if the client itself is refused, by what it proved itself with (RFC 6749 §5.2): nothing else was looked at.
    pub fn is_of_client(&self) -> bool {
        self.platform.as_ref().is_some_and(|platform| platform.error.unsanitized() == "invalid_client")
    }

    /// The trouble that is kept in the record. `failures` tries failed in a row before this one; `jitter` is 0 to 1.
    pub fn trouble(&self, at: DateTime<Utc>, failures: u32, jitter: f64) -> Trouble {
        let later = |wait| TroubleKind::try_later(at, failures.saturating_add(1), wait, jitter);
        let platform = self.platform.as_ref();
        Trouble {
            at,
            kind: match self.reaction {
                Reaction::SignInNeeded => TroubleKind::SignInNeeded,
                Reaction::ConsentMissing => TroubleKind::ConsentMissing,
                Reaction::SetUpWrong => TroubleKind::SetUpWrong,
                Reaction::TryLater(wait) => later(wait),
                Reaction::ProtocolError => later(None),
            },
            who: self.who,
            what_happened: self.what_happened.clone(),
            what_to_do: self.what_to_do.clone(),
            aadsts: platform.and_then(|platform| platform.codes.first().copied()),
            trace_id: platform.and_then(|platform| platform.trace_id.clone()),
            correlation_id: platform.and_then(|platform| platform.correlation_id.clone()),
        }
    }
}

/// What an error of the authorization endpoint means (RFC 6749 §4.1.2.1): the same words as at the token endpoint.
pub fn refused_by_redirect(platform: PlatformError) -> TokenRefusal {
    in_words(Reaction::of(&HttpAnswer::default(), &platform), platform)
}

/// The `error` of an answer; an empty one is none.
pub(super) fn error(object: &Map<String, Value>) -> Option<&str> {
    json::text(object, "error")
}

pub(super) fn of_object(answer: &HttpAnswer, object: &Map<String, Value>) -> TokenRefusal {
    match error(object) {
        Some(_) => {
            let platform = PlatformError::from_json(object);
            in_words(Reaction::of(answer, &platform), platform)
        }
        None => by_status(answer),
    }
}

/// What the status alone tells.
pub(super) fn by_status(answer: &HttpAnswer) -> TokenRefusal {
    let status = answer.status;
    let what_happened = match status {
        429 => "the platform asks for a pause (HTTP 429)".to_owned(),
        500..=599 => format!("the platform has a fault (HTTP {status})"),
        _ => format!("the answer is not one of a token server (HTTP {status})"),
    };
    TokenRefusal::own(Reaction::TryLater(answer.retry_after), what_happened, TRIED_AGAIN)
}

fn in_words(reaction: Reaction, platform: PlatformError) -> TokenRefusal {
    let known = platform.codes.iter().find_map(|code| aadsts::explain(*code));
    // The error's own words decide: where the number says something else, its advice is left out.
    let advising = known.filter(|known| !contradicts(known.who, reaction));
    TokenRefusal {
        reaction,
        who: advising.map_or(reaction.who_acts(), |known| known.who),
        what_happened: what_happened(known, &platform),
        what_to_do: advising.map_or_else(|| advice(reaction), |known| known.what_to_do).to_owned(),
        platform: Some(platform),
    }
}

/// Longest piece of the server's own words that is shown, in characters.
const SERVER_WORDS: usize = 160;

fn what_happened(known: Option<&aadsts::Explanation>, platform: &PlatformError) -> String {
    if let Some(known) = known {
        return format!("{} (AADSTS{})", known.what_happened, known.code);
    }
    let word = platform.error.unsanitized();
    let error = sanitize(word, 40);
    let refused = match (platform.codes.first(), aadsts::explain_word(word)) {
        (Some(code), _) => {
            format!("the platform refused with {error}; its number AADSTS{code} is not known here")
        }
        (None, Some(known)) => format!("{} ({error})", known.what_happened),
        (None, None) => format!("the platform refused with {error}, which is not known here"),
    };
    match platform.printable_description(SERVER_WORDS) {
        words if words.is_empty() => refused,
        words => format!("{refused}. The server's words: \"{words}\""),
    }
}

fn contradicts(who: WhoActs, reaction: Reaction) -> bool {
    let passes = matches!(reaction, Reaction::TryLater(_) | Reaction::ProtocolError);
    passes != (who == WhoActs::Nobody)
}

fn advice(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::SignInNeeded => "Sign in again (a).",
        Reaction::ConsentMissing => "Ask the tenant's administrator to consent, then sign in again (a).",
        Reaction::SetUpWrong => "Check client ID, secret, tenant and permissions (e, tab 2).",
        Reaction::TryLater(_) | Reaction::ProtocolError => TRIED_AGAIN,
    }
}
