//! What the polls of a device sign-in are answered (RFC 8628 §3.5). The request is [`super::token_request::poll`].
//!
//! That the person has not answered yet is an answer of its own, so that no other grant can ever be "pending".

use chrono::TimeDelta;

use crate::domain::WhoActs;

use super::json::text;
use super::token_answer::{self, HttpAnswer, Reaction, TokenAnswer, TokenRefusal};

/// What a poll brought.
#[derive(Debug, Clone, PartialEq)]
pub enum PollAnswer {
    /// The person has not answered yet: ask again after the interval.
    Pending,
    /// As pending, and every later interval is longer (`DevicePoll::after_slow_down`); with the wait that `Retry-After`
    /// tells.
    SlowDown(Option<TimeDelta>),
    /// Over: no further poll can succeed.
    Ended(DeviceEnd, TokenRefusal),
    /// Tokens, or an answer that any grant may get. One that passes (`Reaction::TryLater`), and one that is not a token
    /// server's (`Reaction::ProtocolError`), leave the sign-in open; any other ends it.
    Answered(TokenAnswer),
}

/// How a device sign-in ended without tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceEnd {
    /// The person said no.
    Declined,
    /// Nobody answered in time.
    Expired,
    /// The platform does not know the code.
    UnknownCode,
    /// An error that no rule names: what is not known to pass is not asked about again (RFC 8628 §3.5).
    Refused,
    /// A success without a token that can be used: the code is spent.
    Spent,
}

impl DeviceEnd {
    /// The platform says `authorization_declined` where RFC 8628 §3.5 says `access_denied`.
    fn of(error: &str) -> Option<Self> {
        match error {
            "authorization_declined" | "access_denied" => Some(Self::Declined),
            "expired_token" => Some(Self::Expired),
            "bad_verification_code" => Some(Self::UnknownCode),
            _ => None,
        }
    }

    /// True if the platform may end a sign-in so whose tokens it has given out already.
    pub fn may_follow_tokens(self) -> bool {
        matches!(self, Self::Expired | Self::UnknownCode | Self::Refused)
    }

    /// What happened, where the end tells it better than the refusal; and what to do.
    fn in_words(self) -> (Option<&'static str>, &'static str) {
        const ANEW: &str = "Begin a new sign-in (a): it brings a new code.";
        match self {
            Self::Declined => {
                (Some("the sign-in was declined"), "Begin a new one (a) if that was a mistake.")
            }
            Self::Expired => (Some("nobody entered the code in time"), ANEW),
            Self::UnknownCode => (Some("the platform does not know this code"), ANEW),
            Self::Refused => {
                (None, "Begin a new sign-in (a); if that is refused as well, use a browser (p).")
            }
            Self::Spent => (None, "Begin a new sign-in (a): the code of this one is spent."),
        }
    }
}

/// Reads the answer to a poll.
pub fn read(answer: &HttpAnswer) -> PollAnswer {
    let object = token_answer::object(answer).ok();
    let error = object.as_ref().and_then(|object| text(object, "error"));
    // A server under load says 429 or 503 whatever its body holds: that is a pause, no end.
    let is_pause = answer.is_pause();
    match (error, token_answer::read(answer)) {
        (Some("authorization_pending"), _) => PollAnswer::Pending,
        (Some("slow_down"), _) => PollAnswer::SlowDown(answer.retry_after),
        (Some(error), TokenAnswer::Unusable { refusal, .. }) if !is_pause => refused(error, refusal),
        (None, TokenAnswer::Unusable { refresh_token, refusal })
            if object.is_some() && token_answer::is_success(answer) =>
        {
            PollAnswer::Ended(DeviceEnd::Spent, spent(refusal, refresh_token.is_some()))
        }
        (_, answer) => PollAnswer::Answered(answer),
    }
}

fn refused(error: &str, refusal: TokenRefusal) -> PollAnswer {
    let unknown = (refusal.reaction == Reaction::ProtocolError).then_some(DeviceEnd::Refused);
    match DeviceEnd::of(error).or(unknown) {
        Some(end) => PollAnswer::Ended(end, ended(end, refusal)),
        None => PollAnswer::Answered(TokenAnswer::Unusable { refresh_token: None, refusal }),
    }
}

/// A refresh token in such an answer may be anybody's: what would tell is missing.
fn spent(refusal: TokenRefusal, holds_refresh_token: bool) -> TokenRefusal {
    let beside = if holds_refresh_token {
        "; the refresh token in it was not kept, because nothing tells whose it is"
    } else {
        ""
    };
    let what_happened = format!("the sign-in was accepted, but {}{beside}", refusal.what_happened);
    ended(DeviceEnd::Spent, TokenRefusal { what_happened, ..refusal })
}

/// The platform's numbers for these ends are used for more than one of them: the error's own name tells better.
fn ended(end: DeviceEnd, refusal: TokenRefusal) -> TokenRefusal {
    let (what_happened, what_to_do) = end.in_words();
    let number = refusal.platform.as_ref().and_then(|platform| platform.codes.first());
    TokenRefusal {
        reaction: Reaction::SignInNeeded,
        who: WhoActs::User,
        what_happened: match (what_happened, number) {
            (Some(words), Some(code)) => format!("{words} (AADSTS{code})"),
            (Some(words), None) => words.to_owned(),
            (None, _) => refusal.what_happened,
        },
        what_to_do: what_to_do.to_owned(),
        platform: refusal.platform,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(status: u16, body: &str) -> PollAnswer {
        read(&HttpAnswer { status, body: body.into(), ..HttpAnswer::default() })
    }

    #[test]
    fn waiting_and_slowing_down_are_no_refusals() {
        assert_eq!(
            poll(400, r#"{"error":"authorization_pending","error_codes":[70016]}"#),
            PollAnswer::Pending
        );
        assert_eq!(poll(400, r#"{"error":"slow_down"}"#), PollAnswer::SlowDown(None));
        assert_eq!(poll(429, r#"{"error":"slow_down"}"#), PollAnswer::SlowDown(None));
    }

    #[test]
    fn both_names_of_a_decline_end_the_sign_in() {
        for (error, end) in [
            ("authorization_declined", DeviceEnd::Declined),
            ("access_denied", DeviceEnd::Declined),
            ("expired_token", DeviceEnd::Expired),
            ("bad_verification_code", DeviceEnd::UnknownCode),
        ] {
            let PollAnswer::Ended(ended, refusal) = poll(400, &format!(r#"{{"error":"{error}"}}"#)) else {
                panic!("{error}")
            };
            assert_eq!((ended, refusal.reaction), (end, Reaction::SignInNeeded), "{error}");
        }
    }

    #[test]
    fn a_fault_of_the_server_leaves_the_sign_in_open() {
        for (status, body) in [(503, ""), (503, r#"{"error":"expired_token"}"#), (429, "Too Many Requests")] {
            let PollAnswer::Answered(TokenAnswer::Unusable { refusal, .. }) = poll(status, body) else {
                panic!("{status} {body}")
            };
            assert!(matches!(refusal.reaction, Reaction::TryLater(_)), "{status} {body}");
        }
    }

    #[test]
    fn an_error_that_no_rule_names_ends_the_sign_in() {
        let PollAnswer::Ended(DeviceEnd::Refused, refusal) = poll(400, r#"{"error":"policy_violation"}"#)
        else {
            panic!("it is over")
        };
        assert_eq!((refusal.reaction, refusal.who), (Reaction::SignInNeeded, WhoActs::User));
        assert!(refusal.what_happened.contains("policy_violation"), "{refusal:?}");
        assert!(refusal.what_to_do.contains("Begin a new sign-in"), "{refusal:?}");
    }

    #[test]
    fn an_error_that_passes_leaves_the_sign_in_open() {
        for (status, body) in [
            (400, r#"{"error":"temporarily_unavailable"}"#),
            (400, r#"{"error":"server_error"}"#),
            (400, r#"{"error":"invalid_grant","error_codes":[50196]}"#),
            (429, r#"{"error":"policy_violation"}"#),
            (500, r#"{"error":"policy_violation"}"#),
        ] {
            let PollAnswer::Answered(TokenAnswer::Unusable { refusal, .. }) = poll(status, body) else {
                panic!("{status} {body}")
            };
            assert!(matches!(refusal.reaction, Reaction::TryLater(_)), "{status} {body}");
        }
    }

    #[test]
    fn a_success_without_a_usable_token_has_spent_the_code() {
        for (body, tells) in [
            (r#"{"token_type":"Bearer","refresh_token":"TG-refresh"}"#, true),
            (r#"{"token_type":"mac","access_token":"TG-access"}"#, false),
        ] {
            let PollAnswer::Ended(DeviceEnd::Spent, refusal) = poll(200, body) else { panic!("{body}") };
            assert_eq!(refusal.what_happened.contains("refresh token in it was not kept"), tells, "{body}");
            assert!(refusal.what_to_do.contains("is spent"), "{refusal:?}");
            assert!(!format!("{refusal:?}").contains("TG-"), "{refusal:?}");
        }
    }

    #[test]
    fn tokens_and_other_refusals_are_read_as_everywhere() {
        let granted = poll(200, r#"{"token_type":"Bearer","access_token":"a","expires_in":60}"#);
        assert!(matches!(granted, PollAnswer::Answered(TokenAnswer::Granted(_))));
        let blocked = poll(400, r#"{"error":"invalid_grant","error_codes":[53003]}"#);
        let PollAnswer::Answered(TokenAnswer::Unusable { refusal, .. }) = blocked else {
            panic!("{blocked:?}")
        };
        assert_eq!(refusal.reaction, Reaction::SignInNeeded);
    }
}
