//! What Graph answered, as a table and for programs.

use serde_json::{Value, json};

use crate::cli::exit::Exit;
use crate::cli::{facts, words};
use crate::domain::probe::{
    Check, Finding, Holder, Meaning, Outcome, Permissions, Probe, Questions, Verdict, WhyNot,
};
use crate::domain::{Mailbox, Scope};
use crate::sanitize::sanitize;

/// What a probe counts for.
pub fn exit_of(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Works => Exit::Ok,
        Verdict::SignIn => Exit::SignInNeeded,
        Verdict::SetUpWrong => Exit::SetUpWrong,
        Verdict::TryLater => Exit::TryLater,
    }
}

/// The checks, indented below their sentence.
pub fn table(probe: &Probe) -> String {
    indented(&words::table(&["CHECK", "ANSWER", ""], &rows(probe)))
}

fn rows(probe: &Probe) -> Vec<Vec<String>> {
    let row = |(check, outcome): &(Check, Outcome)| {
        vec![check.noun().to_owned(), outcome.word().to_owned(), sanitize(&outcome.detail(), 120)]
    };
    probe.checks().iter().map(row).collect()
}

fn indented(table: &str) -> String {
    table.split_inclusive('\n').flat_map(|line| ["  ", line]).collect()
}

/// For programs.
pub fn json(probe: &Probe) -> Value {
    let (signed_in, expected, mailbox) = match &probe.holder {
        Holder::Person { signed_in, expected } => (signed_in.as_deref(), expected.as_ref(), None),
        Holder::Application { mailbox } => (None, None, mailbox.as_ref()),
    };
    json!({
        "asked_at": facts::moment(probe.began_at),
        "sentence": sanitize(&probe.sentence(), 400),
        "exit": exit_of(probe.verdict()) as u8,
        "signed_in_as": signed_in,
        "expected": expected.map(Mailbox::as_str),
        "is_someone_else": probe.stranger().is_some(),
        "mailbox": mailbox.map(Mailbox::as_str),
        "checks": probe.checks().iter().map(|(check, outcome)| check_json(*check, outcome)).collect::<Vec<_>>(),
        "nothing_to_ask": match &probe.questions {
            Questions::None(why) => Some(why.what_happened()),
            Questions::Asked(_) => None,
        },
        "permissions": match &probe.permissions {
            Permissions::Unknown => Value::Null,
            Permissions::Delegated { asked, missing } => json!({
                "asked": asked,
                "missing": missing.iter().map(Scope::as_str).collect::<Vec<_>>(),
            }),
            Permissions::Application { roles } => json!({ "roles": roles }),
        },
    })
}

fn check_json(check: Check, outcome: &Outcome) -> Value {
    let mut object = json!({ "check": check.noun(), "outcome": outcome.word().replace(' ', "-") });
    match outcome {
        Outcome::Answered(Finding::Folder { items, unread }) => {
            object["items"] = json!(items);
            object["unread"] = json!(unread);
        }
        Outcome::Refused(refused) => {
            object["status"] = json!(refused.status);
            object["code"] = json!(refused.code);
            object["told"] = json!(refused.told);
            object["who_acts"] = json!(words::who_acts_word(refused.meaning.who_acts()));
            if let Meaning::Pause(Some(wait)) | Meaning::Down(Some(wait)) = refused.meaning {
                object["retry_after_seconds"] = json!(wait.num_seconds());
            }
        }
        Outcome::NotAsked(WhyNot::NoPermission(least)) => object["needs"] = json!(least),
        _ => {}
    }
    if let Some((what_happened, what_to_do)) = outcome.lines(check) {
        object["what_happened"] = json!(what_happened);
        object["what_to_do"] = json!(what_to_do);
    }
    object
}
