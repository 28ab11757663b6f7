//! `explain`: errors of the platform in words, without a vault.

use crate::home::{Home, Run};

fn explain(arguments: &[&str]) -> Run {
    let home = Home::empty();
    Run::of(home.anywhere().arg("explain").args(arguments).output().unwrap())
}

fn explain_stdin(text: &str) -> Run {
    let home = Home::empty();
    Run::of(home.anywhere().args(["explain", "--json"]).write_stdin(text).output().unwrap())
}

#[test]
fn a_number_is_explained_with_who_acts_and_the_next_step() {
    for number in ["AADSTS53003", "53003", "aadsts53003"] {
        let out = explain(&[number]).is(0).out;
        assert!(out.contains("Conditional Access blocks this sign-in"), "{out}");
        assert!(out.contains("Who acts        an administrator of the tenant"), "{out}");
        assert!(out.contains("Next step       Ask the tenant's administrator"), "{out}");
    }
}

#[test]
fn keys_of_the_dashboard_become_commands() {
    let out = explain(&["7000215"]).is(0).out;
    assert!(out.contains("tokengauge edit NAME") && !out.contains("(e)"), "{out}");
    let out = explain(&["7000222"]).is(0).out;
    assert!(out.contains("tokengauge secret CLIENT-ID") && !out.contains("(S)"), "{out}");
}

#[test]
fn a_whole_text_keeps_its_ids_and_its_limit() {
    let text = "AADSTS70043: Expired, the maximum allowed lifetime for this request is 43200. Trace ID: \
                4c8a2f0e-1111-4a4e-8f0d-9d1f5a7b3300 Correlation ID: 0d1f6a3e-58a3-4b83-9f1e-2f5f5f2d7c10 Timestamp: \
                2026-11-22 05:41:56Z";
    let out = explain(&[text]).is(0).out;
    for part in ["4c8a2f0e-1111", "0d1f6a3e-58a3", "2026-11-22 05:41:56Z", "live 12 h"] {
        assert!(out.contains(part), "{part}: {out}");
    }
}

#[test]
fn an_answer_of_the_platform_is_read_from_stdin() {
    let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215: x","error_codes":[7000215]}"#;
    let told = explain_stdin(body).is(0).json();
    assert_eq!((&told["aadsts"][0], &told["who_acts"]), (&7_000_215.into(), &"app-owner".into()));
    assert_eq!((&told["known"], &told["error"]), (&true.into(), &"invalid_client".into()));
}

#[test]
fn what_is_not_known_is_said_to_be_unknown() {
    let run =
        explain(&["AADSTS99999: Something new\u{1b}[2J\u{202e}, ask 1.AVcA-FAKE-refresh-token-OLD"]).is(5);
    assert!(run.out.contains("AADSTS99999 is not known here. The server's words: \""), "{}", run.out);
    assert!(run.out.contains("Something new") && !run.out.contains("FAKE"), "{}", run.out);
    assert!(!run.out.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{:?}", run.out);
    assert_eq!(explain_stdin("AADSTS99999").is(5).json()["known"], false);
}

#[test]
fn a_text_without_an_error_is_a_fault_of_usage() {
    for text in ["hello", "", "12"] {
        explain(&[text]).fails(2);
    }
    explain_stdin("{}").fails(2);
}
