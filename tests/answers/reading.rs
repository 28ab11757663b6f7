//! Each case read as a value: outcome, life, refresh token, waits and intervals.

use chrono::{DateTime, TimeDelta};
use tokengauge::domain::secret::{RefreshToken, Secret as _};
use tokengauge::domain::{DevicePoll, Trouble};
use tokengauge::oauth::device_authorization::{self, DeviceAuthorization};
use tokengauge::oauth::device_poll::{self, PollAnswer};
use tokengauge::oauth::token_answer::{self, HttpAnswer, Reaction, TokenAnswer, TokenRefusal};

use crate::bench::{NEW, OLD};
use crate::case::{Case, Grant, Outcome, Stored, cases};

/// What a case was read as.
enum Read {
    Token(TokenAnswer),
    Poll(PollAnswer),
    Device(Result<DeviceAuthorization, TokenRefusal>),
}

fn http_answer(case: &Case) -> Option<HttpAnswer> {
    let location = case.headers.get("Location").map(|location| url::Url::parse(location).unwrap());
    Some(HttpAnswer {
        status: case.http_status,
        // `Retry-After` is read where the headers are: see `transaction.rs`.
        retry_after: None,
        redirected_to: location.and_then(|url| url.host_str().map(str::to_owned)),
        body: case.body()?,
        clock_skew: None,
        clock_ahead: None,
    })
}

fn read(case: &Case) -> Option<Read> {
    let answer = http_answer(case)?;
    Some(match case.grant {
        Grant::RefreshToken | Grant::AuthorizationCode | Grant::ClientCredentials => {
            Read::Token(token_answer::read(&answer))
        }
        Grant::DeviceCode => Read::Poll(device_poll::read(&answer)),
        Grant::DeviceAuthorization => Read::Device(device_authorization::read(&answer)),
    })
}

impl Read {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Token(TokenAnswer::Granted(_))
            | Self::Poll(PollAnswer::Answered(TokenAnswer::Granted(_))) => Outcome::Success,
            Self::Poll(PollAnswer::Pending) | Self::Device(Ok(_)) => Outcome::Pending,
            Self::Poll(PollAnswer::SlowDown(_)) => Outcome::SlowDown,
            Self::Poll(PollAnswer::Ended(..)) => Outcome::DeviceEnded,
            Self::Token(TokenAnswer::Unusable { refusal, .. })
            | Self::Poll(PollAnswer::Answered(TokenAnswer::Unusable { refusal, .. }))
            | Self::Device(Err(refusal)) => match refusal.reaction {
                Reaction::SignInNeeded | Reaction::ConsentMissing => Outcome::SigninNeeded,
                Reaction::SetUpWrong => Outcome::ConfigError,
                Reaction::TryLater(_) => Outcome::Transient,
                Reaction::ProtocolError => Outcome::ProtocolError,
            },
        }
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        match self {
            Self::Token(TokenAnswer::Granted(response)) => response.refresh_token.as_ref(),
            Self::Token(TokenAnswer::Unusable { refresh_token, .. }) => refresh_token.as_ref(),
            Self::Poll(_) | Self::Device(_) => None,
        }
    }

    fn trouble(&self) -> Option<Trouble> {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        match self {
            Self::Token(TokenAnswer::Unusable { refusal, .. })
            | Self::Poll(
                PollAnswer::Ended(_, refusal) | PollAnswer::Answered(TokenAnswer::Unusable { refusal, .. }),
            )
            | Self::Device(Err(refusal)) => Some(refusal.trouble(now, 0, 0.0)),
            Self::Token(TokenAnswer::Granted(_))
            | Self::Poll(
                PollAnswer::Pending | PollAnswer::SlowDown(_) | PollAnswer::Answered(TokenAnswer::Granted(_)),
            )
            | Self::Device(Ok(_)) => None,
        }
    }
}

/// Everything in which a reading differs from what its case expects.
fn differences(case: &Case, read: &Read) -> Vec<String> {
    let expect = &case.expect;
    let mut wrong = Vec::new();
    let mut compare = |what: &str, read: Option<i64>, expected: Option<i64>| {
        if expected.is_some() && read != expected {
            wrong.push(format!("{what} is {read:?}, expected {expected:?}"));
        }
    };
    compare("expires_in", life(read), expect.expires_in);
    compare("interval", interval(read), expect.interval_s);
    compare("slow_down", slow_down(read), expect.interval_add_s);
    if read.outcome() != expect.outcome && expect.precondition.is_none() {
        wrong.push(format!("outcome is {:?}, expected {:?}", read.outcome(), expect.outcome));
    }
    let told = read.refresh_token().map(RefreshToken::expose);
    let is_right = match expect.stored_refresh_token {
        Stored::New => told == Some(NEW),
        Stored::Unchanged | Stored::ValueOfOtherProcess => told.is_none_or(|told| told == OLD),
    };
    if !is_right {
        wrong.push("the refresh token in it was not read as expected".to_owned());
    }
    wrong
}

fn life(read: &Read) -> Option<i64> {
    match read {
        Read::Token(TokenAnswer::Granted(response)) => Some(response.expires_in.seconds()),
        _ => None,
    }
}

fn interval(read: &Read) -> Option<i64> {
    match read {
        Read::Device(Ok(authorization)) => Some(authorization.interval.num_seconds()),
        _ => None,
    }
}

fn slow_down(read: &Read) -> Option<i64> {
    let begun = DevicePoll::begin(DateTime::UNIX_EPOCH, TimeDelta::seconds(7));
    let grown = begun.after_slow_down(DateTime::UNIX_EPOCH, None).interval - begun.interval;
    matches!(read, Read::Poll(PollAnswer::SlowDown(_))).then_some(grown.num_seconds())
}

#[test]
fn every_case_reads_as_the_rules_say() {
    let cases = cases();
    let read: Vec<(&Case, Read)> =
        cases.iter().filter_map(|case| read(case).map(|read| (case, read))).collect();
    let wrong: Vec<String> = read
        .iter()
        .flat_map(|(case, read)| {
            differences(case, read).into_iter().map(move |what| format!("{}: {what}", case.id))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The others never end or never come: only a socket meets them.
    assert_eq!(read.len(), 69);
}

#[test]
fn no_text_about_an_answer_holds_a_credential_or_a_control() {
    for case in cases() {
        let Some(trouble) = read(&case).and_then(|read| read.trouble()) else { continue };
        let told = format!("{} {} {trouble:?}", trouble.what_happened, trouble.what_to_do);
        for planted in case.planted() {
            assert!(!told.contains(&planted), "{}: {told}", case.id);
        }
        let text = format!("{}{}", trouble.what_happened, trouble.what_to_do);
        assert!(!text.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)), "{text:?}");
        assert!(text.chars().count() < 400, "{}: {text}", case.id);
        assert!(!trouble.what_happened.is_empty() && !trouble.what_to_do.is_empty(), "{}", case.id);
    }
}

#[test]
fn words_of_the_server_are_marked_as_such() {
    let hostile = cases().into_iter().find(|case| case.id == "TE-079").unwrap();
    let trouble = read(&hostile).unwrap().trouble().unwrap();
    assert!(trouble.what_happened.contains("The server's words: \""), "{trouble:?}");
}

#[test]
fn device_life_is_cut_to_half_an_hour() {
    let absurd = cases().into_iter().find(|case| case.id == "TE-109").unwrap();
    let Some(Read::Device(Ok(authorization))) = read(&absurd) else { panic!("it can be used") };
    assert_eq!(authorization.expires_in, TimeDelta::minutes(30));
}
