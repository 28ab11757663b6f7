//! Hostile words of a server in every command: only printable characters come out of them.

use crate::bench::Bench;
use crate::case::{Case, case};
use crate::server::Server;

/// All 256 bytes as characters, then what moves a cursor, sets a clipboard, asks a terminal, or reorders a line.
fn hostile() -> String {
    let bytes: String = (0..=255_u32).filter_map(char::from_u32).collect();
    format!(
        "{bytes}\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}[6n\u{1b}[2J\u{9b}31m\u{90}q\u{9c}\u{202e}\u{2066}\u{200b}\u{feff}e\u{301}\u{301}\u{301}"
    )
}

fn refusal() -> Case {
    let mut refusal = case("TE-077");
    let words = hostile();
    refusal.body = Some(
        serde_json::json!({
            "error": format!("invalid_{words}"), "error_description": format!("AADSTS99999: {words}"),
            "suberror": words, "trace_id": words, "correlation_id": words, "timestamp": words, "claims": words,
        })
        .to_string(),
    );
    refusal
}

fn grant() -> Case {
    let mut grant = case("TE-001");
    let words = hostile();
    grant.body = Some(
        serde_json::json!({
            "token_type": "Bearer", "access_token": "FAKE-access", "refresh_token": crate::bench::NEW,
            "expires_in": 3600, "scope": words, "id_token": id_token(&words),
        })
        .to_string(),
    );
    grant
}

fn id_token(words: &str) -> String {
    use base64::Engine as _;
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let payload = serde_json::json!({"preferred_username": words, "name": words, "oid": words, "tid": words});
    format!("{}.{}.FAKE", part(r#"{"alg":"none"}"#), part(&payload.to_string()))
}

/// Characters that are none of ours to send: controls but the line end, bidi and zero-width ones.
fn forbidden(text: &str) -> Vec<char> {
    let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.chars().filter(|c| (c.is_control() && *c != '\n') || hidden(*c)).collect()
}

async fn every_command_is_clean(answer: Case) {
    let server = Server::of(&answer).await;
    let bench = Bench::at(server.authority());
    let words = hostile().replace('\0', "");
    for arguments in [
        vec!["refresh", "bench"],
        vec!["refresh", "bench", "--json"],
        vec!["show", "bench"],
        vec!["show", "bench", "--json"],
        vec!["list"],
        vec!["list", "--json"],
        vec!["token", "bench"],
        vec!["explain", &format!("AADSTS99999: {words}")],
        vec!["explain", "--json", &format!("invalid_grant {words}")],
    ] {
        let output = bench.run(&arguments, "").await;
        for stream in [output.stdout, output.stderr] {
            let text = String::from_utf8(stream).expect("whole characters");
            assert_eq!(forbidden(&text), ['x'; 0], "{}: {text:?}", arguments[0]);
        }
    }
}

#[tokio::test]
async fn words_of_a_refusal_come_out_printable_everywhere() {
    every_command_is_clean(refusal()).await;
}

#[tokio::test]
async fn names_and_scopes_of_a_grant_come_out_printable_everywhere() {
    every_command_is_clean(grant()).await;
}
