//! What an answer of Graph means. Its codes decide, its words are only shown; nothing of a mailbox's content is taken.

use serde_json::{Map, Value};

use crate::domain::probe::{Check, Finding, Meaning, Outcome, Refused};
use crate::oauth::token_answer::HttpAnswer;
use crate::sanitize::sanitize;

/// Longer than any code of Graph.
const LONGEST_CODE: usize = 60;
/// As much of Graph's own words as is shown.
const LONGEST_WORDS: usize = 200;
/// Inner errors within one another; Graph nests two or three.
const DEEPEST: usize = 8;

/// What became of a check, by the answer to it.
pub fn read(check: Check, answer: &HttpAnswer) -> Outcome {
    let object = serde_json::from_slice::<Map<String, Value>>(&answer.body).ok();
    if (200..300).contains(&answer.status) {
        return object
            .and_then(|object| finding(check, &object))
            .map_or_else(|| not_graph(answer), Outcome::Answered);
    }
    let error = object.as_ref().and_then(|object| field(object, "error")).and_then(Value::as_object);
    let codes = error.map_or_else(Vec::new, codes);
    let meaning = meaning(check, answer, &codes);
    // A page of a proxy says nothing of the connection.
    let is_its_own = matches!(meaning, Meaning::Pause(_) | Meaning::Down(_) | Meaning::Redirected(_));
    if error.is_none() && !is_its_own {
        return not_graph(answer);
    }
    Outcome::Refused(Refused {
        status: answer.status,
        code: deepest_known(&codes).map(|code| sanitize(code, LONGEST_CODE)).filter(|code| !code.is_empty()),
        told: error.and_then(|error| text(error, "message")).map(|told| sanitize(told, LONGEST_WORDS)),
        meaning,
    })
}

/// What was found, if the answer has the shape of one.
fn finding(check: Check, object: &Map<String, Value>) -> Option<Finding> {
    match check {
        Check::Profile => {
            let username = text(object, "userPrincipalName").or_else(|| text(object, "mail"))?;
            let username = sanitize(username, 100);
            Some(Finding::Person { username: (!username.is_empty()).then_some(username) })
        }
        Check::Inbox => {
            let count = |name| field(object, name).and_then(Value::as_u64);
            let items = count("totalItemCount");
            let is_folder = items.is_some() || text(object, "id").is_some();
            is_folder.then(|| Finding::Folder { items, unread: count("unreadItemCount") })
        }
        Check::Calendar | Check::Contacts => field(object, "value")?.is_array().then_some(Finding::Opens),
    }
}

fn not_graph(answer: &HttpAnswer) -> Outcome {
    Outcome::NotReached {
        what_happened: format!("What answered is not Graph (HTTP {}).", answer.status),
        what_to_do: "Does a proxy or a login page stand in between? Check the cloud (e).".to_owned(),
    }
}

/// Every code of an error, the outermost first: the inner object is spelt in two ways and may nest.
fn codes(error: &Map<String, Value>) -> Vec<&str> {
    let levels =
        std::iter::successors(Some(error), |level| field(level, "innererror")?.as_object()).take(DEEPEST);
    levels.filter_map(|level| text(level, "code")).collect()
}

/// The innermost code that is known, else the outermost.
fn deepest_known<'a>(codes: &[&'a str]) -> Option<&'a str> {
    codes.iter().rev().find(|code| is_known(code)).or(codes.first()).copied()
}

const TOKEN: [&str; 4] =
    ["InvalidAuthenticationToken", "AuthenticationError", "ErrorInvalidToken", "TokenNotFound"];
const DENIED_BY_MAILBOX: [&str; 2] = ["ErrorAccessDenied", "ErrorApplicationAccessPolicyDenied"];
const DENIED_BY_DIRECTORY: [&str; 2] = ["Authorization_RequestDenied", "Authorization_IdentityNotFound"];
const NO_MAILBOX: [&str; 4] = [
    "MailboxNotEnabledForRESTAPI",
    "MailboxNotSupportedForRESTAPI",
    "ErrorMailboxNotFound",
    "ErrorNonExistentMailbox",
];
const NOBODY: [&str; 2] = ["Request_ResourceNotFound", "ErrorInvalidUser"];
const PAUSE: [&str; 3] = ["TooManyRequests", "ApplicationThrottled", "ErrorServerBusy"];

fn is_known(code: &str) -> bool {
    let lists: [&[&str]; 6] =
        [&TOKEN, &DENIED_BY_MAILBOX, &DENIED_BY_DIRECTORY, &NO_MAILBOX, &NOBODY, &PAUSE];
    lists.iter().any(|list| is_in(list, code))
}

fn is_in(list: &[&str], code: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(code))
}

fn meaning(check: Check, answer: &HttpAnswer, codes: &[&str]) -> Meaning {
    let says = |list: &[&str]| codes.iter().any(|code| is_in(list, code));
    if let Some(host) = &answer.redirected_to {
        return Meaning::Redirected(host.clone());
    }
    match answer.status {
        401 | 403 if says(&["insufficient_claims"]) => Meaning::PolicyWantsMore,
        401 => Meaning::TokenNotTaken,
        // Graph files some tokens of a wrong audience here.
        403 if says(&TOKEN) => Meaning::TokenNotTaken,
        _ if says(&NO_MAILBOX) => Meaning::NoMailbox,
        _ if says(&NOBODY) => Meaning::NobodyThere,
        403 if says(&DENIED_BY_DIRECTORY) || (check == Check::Profile && !codes.is_empty()) => {
            Meaning::DirectoryDenied
        }
        403 if !codes.is_empty() => Meaning::MailboxDenied,
        404 if says(&["ResourceNotFound"]) && check.is_in_mailbox() => Meaning::NoMailbox,
        404 if says(&["ResourceNotFound"]) => Meaning::NobodyThere,
        429 => Meaning::Pause(answer.retry_after),
        503 if says(&PAUSE) => Meaning::Pause(answer.retry_after),
        500.. => Meaning::Down(answer.retry_after),
        _ => Meaning::Other,
    }
}

/// A field by its name, whatever its case.
fn field<'o>(object: &'o Map<String, Value>, name: &str) -> Option<&'o Value> {
    object
        .get(name)
        .or_else(|| object.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn text<'o>(object: &'o Map<String, Value>, name: &str) -> Option<&'o str> {
    field(object, name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn answer(status: u16, body: &str) -> HttpAnswer {
        HttpAnswer { status, body: body.as_bytes().to_vec(), ..HttpAnswer::default() }
    }

    fn error(code: &str) -> String {
        format!(r#"{{"error":{{"code":"{code}","message":"words","innerError":{{"date":"2026"}}}}}}"#)
    }

    fn meaning_of(check: Check, status: u16, code: &str) -> Meaning {
        match read(check, &answer(status, &error(code))) {
            Outcome::Refused(refused) => refused.meaning,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_code_of_the_reference_has_its_meaning() {
        for (check, status, code, expected) in [
            (Check::Inbox, 401, "InvalidAuthenticationToken", Meaning::TokenNotTaken),
            (Check::Inbox, 403, "InvalidAuthenticationToken", Meaning::TokenNotTaken),
            (Check::Inbox, 403, "ErrorAccessDenied", Meaning::MailboxDenied),
            (Check::Inbox, 403, "Authorization_RequestDenied", Meaning::DirectoryDenied),
            (Check::Profile, 403, "Authorization_RequestDenied", Meaning::DirectoryDenied),
            (Check::Inbox, 403, "insufficient_claims", Meaning::PolicyWantsMore),
            (Check::Inbox, 404, "MailboxNotEnabledForRESTAPI", Meaning::NoMailbox),
            (Check::Contacts, 404, "ResourceNotFound", Meaning::NoMailbox),
            (Check::Profile, 404, "Request_ResourceNotFound", Meaning::NobodyThere),
            (Check::Inbox, 429, "TooManyRequests", Meaning::Pause(None)),
            (Check::Inbox, 503, "serviceNotAvailable", Meaning::Down(None)),
            (Check::Inbox, 400, "BadRequest", Meaning::Other),
        ] {
            assert_eq!(meaning_of(check, status, code), expected, "{check:?} {status} {code}");
        }
    }

    #[test]
    fn a_pause_tells_how_long() {
        let paused = HttpAnswer { retry_after: Some(TimeDelta::seconds(9)), ..answer(429, "") };
        let Outcome::Refused(refused) = read(Check::Inbox, &paused) else { panic!() };
        assert_eq!(refused.meaning, Meaning::Pause(Some(TimeDelta::seconds(9))));
    }

    #[test]
    fn the_innermost_known_code_counts_however_it_is_spelt() {
        let body = r#"{"error":{"code":"accessDenied","innererror":{"code":"x","InnerError":{"code":"mailboxnotenabledforrestapi"}}}}"#;
        let Outcome::Refused(refused) = read(Check::Inbox, &answer(403, body)) else { panic!() };
        assert_eq!(refused.meaning, Meaning::NoMailbox);
        assert_eq!(refused.code.as_deref(), Some("mailboxnotenabledforrestapi"));
    }

    #[test]
    fn counts_are_all_that_is_taken_of_a_mailbox() {
        let inbox = r#"{"id":"AAMk","displayName":"Secret plans","totalItemCount":120,"unreadItemCount":5}"#;
        let found = read(Check::Inbox, &answer(200, inbox));
        assert_eq!(found, Outcome::Answered(Finding::Folder { items: Some(120), unread: Some(5) }));
        let contacts = r#"{"value":[{"id":"AAMk","displayName":"Dana"}]}"#;
        assert_eq!(read(Check::Contacts, &answer(200, contacts)), Outcome::Answered(Finding::Opens));
    }

    #[test]
    fn a_page_of_a_proxy_is_not_graph() {
        for (status, body) in [(200, "<html>"), (200, "{}"), (200, ""), (403, "<html>blocked"), (400, "null")]
        {
            let found = read(Check::Inbox, &answer(status, body));
            assert!(matches!(found, Outcome::NotReached { .. }), "{status} {body}: {found:?}");
        }
    }

    #[test]
    fn texts_of_graph_are_printable_and_short() {
        let long = "x".repeat(5000);
        let body = format!(
            r#"{{"error":{{"code":"odd\u001b[31m\u202e{long}","message":"\u001b]0;title\u0007{long}"}}}}"#
        );
        let Outcome::Refused(refused) = read(Check::Inbox, &answer(400, &body)) else { panic!() };
        for text in [refused.code.unwrap(), refused.told.unwrap()] {
            assert!(
                text.chars().count() <= LONGEST_WORDS
                    && !text.chars().any(|c| c.is_control() || c == '\u{202e}')
            );
        }
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(status in 100u16..600, body in proptest::collection::vec(any::<u8>(), 0..200)) {
            for check in Check::ALL {
                read(check, &HttpAnswer { status, body: body.clone(), ..HttpAnswer::default() });
            }
        }
    }
}
