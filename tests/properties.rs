//! What must hold for every paste, every answer and every text from outside: the oracles of the fuzz targets, on what
//! proptest thinks up out of the pieces that real ones are made of.

#[path = "fuzz/oracle.rs"]
mod oracle;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use oracle::STATE;

/// Pieces of pastes. `\u{1}` becomes the planted value.
const PASTE_PIECES: [&str; 40] = [
    "http://localhost:8400/",
    "https://login.microsoftonline.com/common/oauth2/nativeclient",
    "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    "https://evil.example@localhost:8400/",
    "msal11111111-2222-3333-4444-555555555555://auth",
    "?",
    "#",
    "&",
    "=",
    "%",
    "%26",
    "%00",
    "%C3",
    "code",
    "state",
    "error",
    "error_description",
    "iss",
    "code=\u{1}",
    "state=\u{1}",
    "error=\u{1}",
    "error=access_denied",
    "error_description=AADSTS65004: \u{1} Trace ID: 4c8a2f0e",
    "admin_consent=True",
    "access_token=\u{1}",
    "id_token=\u{1}",
    "\u{1}",
    " ",
    "\n",
    "\r\n",
    "\t",
    "\u{202e}",
    "\u{feff}",
    "\u{1b}[200~",
    "\"",
    "<a href=",
    "&amp;",
    "1.AVcAfakeFAKE0.AgABBAIAAABlMNzVhAPUTrARzfQjWPtK",
    "日本",
    "here it is: ",
];

/// Pieces of texts that mean no good.
const HOSTILE_PIECES: [&str; 16] = [
    "\u{1b}]52;c;ZQ==\u{7}",
    "\u{1b}[6n",
    "\u{9b}2J",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\u{ad}",
    "e\u{301}\u{302}\u{303}",
    "\u{301}",
    "\u{e000}",
    "\u{2028}",
    " \t\r\n",
    "🙂\u{200d}🙂",
    "AADSTS50076: ",
    "\u{1}",
];

const FIELDS: [&str; 21] = [
    "access_token",
    "refresh_token",
    "id_token",
    "token_type",
    "expires_in",
    "ext_expires_in",
    "refresh_token_expires_in",
    "scope",
    "error",
    "error_description",
    "error_codes",
    "suberror",
    "trace_id",
    "correlation_id",
    "timestamp",
    "claims",
    "error_uri",
    "device_code",
    "user_code",
    "verification_uri",
    "interval",
];

fn pieces(of: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    vec(select(of), 0..most).prop_map(|pieces| pieces.concat())
}

fn outside_text() -> impl Strategy<Value = String> {
    prop_oneof![pieces(&HOSTILE_PIECES, 12), any::<String>(), pieces(&PASTE_PIECES, 8)]
}

fn pasted() -> impl Strategy<Value = Vec<u8>> {
    let grammar = vec(prop_oneof![9 => select(&PASTE_PIECES[..]), 1 => Just(STATE)], 0..24);
    prop_oneof![
        4 => grammar.prop_map(|pieces| pieces.concat().into_bytes()),
        2 => pieces(&PASTE_PIECES, 5).prop_map(|text| format!("http://localhost:8400/?code=\u{1}&state={STATE}&{text}").into()),
        1 => vec(any::<u8>(), 0..400),
    ]
}

fn field_value() -> impl Strategy<Value = Value> {
    let odd = [json!(null), json!(true), json!([]), json!({}), json!([65001, "x", -1, 1e300]), json!(1e300)];
    prop_oneof![
        2 => select(vec![
            "Bearer",
            "https://microsoft.com/devicelogin",
            "slow_down",
            "bearer",
            "invalid_grant",
            "invalid_client",
            "consent_required",
            "3599",
            "-1",
            ""
        ])
        .prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        2 => Just(json!("\u{1}")),
        3 => outside_text().prop_map(Value::from),
        1 => select(odd.to_vec()),
    ]
}

/// The body of an answer: mostly an object of known fields, each with something in it.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let object = vec((select(&FIELDS[..]), field_value()), 0..8).prop_map(|fields| {
        let object: Map<String, Value> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        // JSON writes the mark as an escape; the planted value needs none.
        Value::Object(object).to_string().replace("\\u0001", "\u{1}").into_bytes()
    });
    prop_oneof![
        6 => object,
        1 => vec(any::<u8>(), 0..200),
        1 => outside_text().prop_map(|text| format!("<html>{text}").into()),
    ]
}

proptest! {
    #[test]
    fn no_paste_panics_or_is_told(circumstances: u8, text in pasted()) {
        oracle::paste(&[&[circumstances][..], &text].concat());
    }

    #[test]
    fn no_answer_panics_or_tells_a_token(head: [u8; 6], body in body()) {
        oracle::answer(&[&head[..], &body].concat());
    }

    #[test]
    fn no_granted_answer_tells_a_token(body in body()) {
        oracle::answer(&[&[0; 6][..], &body].concat());
    }

    #[test]
    fn no_text_moves_or_hides_what_is_on_the_screen(most: u16, text in outside_text()) {
        oracle::sanitizer(&[&most.to_be_bytes()[..], text.as_bytes()].concat());
    }
}
