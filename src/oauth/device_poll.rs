//! What the polls of a device sign-in are answered (RFC 8628 §3.5). The request is [`super::token_request::poll`].
//!
//! That the person has not answered yet is an answer of its own, so that no other grant can ever be "pending".

use super::json::text;
use super::token_answer::{self, HttpAnswer, TokenAnswer, TokenRefusal};

/// What a poll brought.
#[derive(Debug, Clone, PartialEq)]
pub enum PollAnswer {
    /// The person has not answered yet: ask again after the interval.
    Pending,
    /// As pending, and every later interval is longer (`DevicePoll::after_slow_down`).
    SlowDown,
    /// Over: no further poll can succeed.
    Ended(DeviceEnd, TokenRefusal),
    /// Tokens, or an answer that any grant may get. One that passes (`Reaction::TryLater`, `Reaction::ProtocolError`)
    /// leaves the sign-in open; any other ends it.
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

    fn in_words(self) -> (&'static str, &'static str) {
        match self {
            Self::Declined => ("the sign-in was declined", "Begin a new one (a) if that was a mistake."),
            Self::Expired => {
                ("nobody entered the code in time", "Begin a new sign-in (a): it brings a new code.")
            }
            Self::UnknownCode => {
                ("the platform does not know this code", "Begin a new sign-in (a): it brings a new code.")
            }
        }
    }
}

/// Reads the answer to a poll.
pub fn read(answer: &HttpAnswer) -> PollAnswer {
    let error =
        token_answer::object(answer).ok().and_then(|object| text(&object, "error").map(str::to_owned));
    // A server under load says 429 or 503 whatever its body holds: that is a pause, no end.
    let is_pause = answer.is_pause();
    match (error.as_deref(), token_answer::read(answer)) {
        (Some("authorization_pending"), _) => PollAnswer::Pending,
        (Some("slow_down"), _) => PollAnswer::SlowDown,
        (Some(error), TokenAnswer::Unusable { refusal, .. }) if !is_pause => match DeviceEnd::of(error) {
            Some(end) => PollAnswer::Ended(end, ended(end, refusal)),
            None => PollAnswer::Answered(TokenAnswer::Unusable { refresh_token: None, refusal }),
        },
        (_, answer) => PollAnswer::Answered(answer),
    }
}

/// The platform's numbers for these ends are used for more than one of them: the error's own name tells better.
fn ended(end: DeviceEnd, refusal: TokenRefusal) -> TokenRefusal {
    let (what_happened, what_to_do) = end.in_words();
    let number = refusal.platform.as_ref().and_then(|platform| platform.codes.first());
    TokenRefusal {
        what_happened: number
            .map_or_else(|| what_happened.to_owned(), |code| format!("{what_happened} (AADSTS{code})")),
        what_to_do: what_to_do.to_owned(),
        ..refusal
    }
}

#[cfg(test)]
mod tests {
    use super::super::token_answer::Reaction;
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
        assert_eq!(poll(400, r#"{"error":"slow_down"}"#), PollAnswer::SlowDown);
        assert_eq!(poll(429, r#"{"error":"slow_down"}"#), PollAnswer::SlowDown);
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
