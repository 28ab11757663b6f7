//! Formats in: what was written here is read back, what others write is understood, and no error tells a value.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use tokengauge::domain::secret::Secret;
use tokengauge::export::intake::{Choice, Field, Found, IntakeError, LARGEST, Source, read};
use tokengauge::export::options::{AccountName, Prefix, Quote};
use tokengauge::export::{Format, Options, write};

use super::values::{CLIENT_ID, Sample};

fn found(source: Source, text: &str) -> Result<Found, IntakeError> {
    read(source, text.as_bytes(), &Choice::default())
}

/// Secret, access token and refresh token.
fn secrets(found: &Found) -> [&str; 3] {
    [
        found.client_secret.as_ref().map_or("", Secret::expose),
        found.access_token.as_ref().map_or("", Secret::expose),
        found.refresh_token.as_ref().map_or("", Secret::expose),
    ]
}

/// What the platform's values are made of, and more.
fn token() -> impl Strategy<Value = String> {
    "[!-~]{8,60}"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_here_is_read_back(secret in token(), access in token(), refresh in token()) {
        let sample = Sample::new(&secret, &access, &refresh);
        let pairs = [
            (Format::Json, Source::TokenResponse, Quote::Single),
            (Format::Postman, Source::Postman, Quote::Single),
            (Format::AccountsYaml, Source::AccountsYaml, Quote::Single),
            (Format::Env, Source::Env, Quote::Single),
            (Format::Env, Source::Env, Quote::Double),
            (Format::Env, Source::Env, Quote::None),
        ];
        for (format, source, quote) in pairs {
            let options = Options { quote, prefix: Prefix::parse("MY_").unwrap(), ..Options::default() };
            let Ok(text) = write(format, &sample.values(), &options) else { continue };
            // Without quotes nothing tells a quote at the beginning from one around the value, or what a shell computes.
            let is_doubtful = |text: &&String| text.starts_with(['\'', '"']) || text.contains(['$', '`']);
            if quote == Quote::None && [&secret, &access, &refresh].iter().any(is_doubtful) {
                continue;
            }
            let read = found(source, &text).unwrap();
            prop_assert_eq!(secrets(&read), [secret.as_str(), access.as_str(), refresh.as_str()]);
            prop_assert_eq!(read.client_id.map(|id| id.to_string()), Some(CLIENT_ID.to_owned()));
        }
    }

    #[test]
    fn no_bytes_make_a_reader_fall(bytes in vec(any::<u8>(), 0..300)) {
        for source in Source::ALL {
            let _ = read(source, &bytes, &Choice::default());
        }
    }

    #[test]
    fn no_error_tells_a_value(pieces in vec(select(&PIECES[..]), 0..16)) {
        let text = pieces.concat();
        for source in Source::ALL {
            if let Err(error) = found(source, &text) {
                let told = format!("{error} {} {error:?}", error.what_to_do());
                prop_assert!(!told.contains("TGSECRET"), "{}", told);
            }
        }
    }
}

const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\n",
    " ",
    "\n  ",
    "\n    ",
    "- ",
    "=",
    "'",
    "TGSECRET",
    "\"TGSECRET\"",
    "\"access_token\":",
    "\"refresh_token\":\"TGSECRET \u{1}\"",
    "\"client_secret\":\"TGSECRET\"",
    "\"client_secret\": \"TG SECRET TGSECRET\"",
    "\"values\":",
    "\"key\":\"access_token\"",
    "\"value\":\"TGSECRET x\"",
    "CLIENT_ID=TGSECRET\n",
    "ACCESS_TOKEN='TGSECRET",
    "ACCESS_TOKEN=TG TGSECRET\n",
    "REFRESH_TOKEN=\"TGSECRET$x\"\n",
    "accounts:\n",
    "  msexchange:\n",
    "    - name: a\n",
    "      credentials:\n",
    "        accessToken: TGSECRET x\n",
    "        clientId: TGSECRET\n",
    "        refreshToken: *TGSECRET\n",
    "        clientSecret: !TGSECRET x\n",
    "&TGSECRET ",
    "\"token_type\":\"TGSECRET\"",
    "TGSECRET=1\n",
    "-----BEGIN PGP MESSAGE-----\n",
    "\u{feff}",
];

#[test]
fn a_token_response_is_read() {
    let text = json!({"token_type": "Bearer", "scope": "Mail.Send User.Read", "expires_in": 3599, "access_token": "eyJ0X",
        "refresh_token": "1.AX", "id_token": "x.y.z"});
    let found = found(Source::TokenResponse, &text.to_string()).unwrap();
    assert_eq!(secrets(&found), ["", "eyJ0X", "1.AX"]);
    assert_eq!(found.scope.unwrap().to_wire(), "Mail.Send User.Read");
    // Seconds from a request that nobody dated are no moment.
    assert_eq!(found.expires_at, None);
}

#[test]
fn moments_are_read_as_text_or_number() {
    for (key, value) in [
        ("expires_at", json!("2026-01-01T10:00:00Z")),
        ("expires_on", json!(1_767_261_600)),
        ("expires_on", json!("1767261600")),
    ] {
        let found =
            found(Source::TokenResponse, &json!({"access_token": "x", key: value}).to_string()).unwrap();
        assert_eq!(found.expires_at.unwrap().to_rfc3339(), "2026-01-01T10:00:00+00:00");
    }
}

#[test]
fn mutts_file_is_read_and_an_encrypted_one_is_told() {
    let text = json!({"registration": "microsoft", "authflow": "authcode", "email": "ops@contoso.example",
        "access_token": "eyJ0X", "access_token_expiration": "2026-01-01T11:00:00.5", "refresh_token": "1.AX",
        "client_id": CLIENT_ID, "client_secret": "EXA~mple"});
    let own = found(Source::MuttOauth2, &text.to_string()).unwrap();
    assert_eq!(secrets(&own), ["EXA~mple", "eyJ0X", "1.AX"]);
    // It is in the local time of a machine that is not named.
    assert_eq!(own.expires_at, None);
    assert_eq!(own.mailbox.unwrap().as_str(), "ops@contoso.example");
    for bytes in [&b"-----BEGIN PGP MESSAGE-----\n\nhQ"[..], &[0x85, 0x01, 0x0c, 0xff]] {
        assert_eq!(read(Source::MuttOauth2, bytes, &Choice::default()).unwrap_err(), IntakeError::Encrypted);
    }
}

#[test]
fn assignments_of_other_programs_are_read() {
    let text = format!(
        "# made by hand\r\nexport AZURE_CLIENT_ID={CLIENT_ID}\r\nAZURE_TENANT_ID=\"contoso.onmicrosoft.com\" # ours\nAZURE_CLIENT_SECRET='EXA~mple'\nPATH=/bin\n\n"
    );
    let found = found(Source::Env, &text).unwrap();
    assert_eq!(found.client_id.unwrap().to_string(), CLIENT_ID);
    assert_eq!(found.tenant.unwrap().as_str(), "contoso.onmicrosoft.com");
    assert_eq!(found.client_secret.unwrap().expose(), "EXA~mple");
}

#[test]
fn a_prefix_chooses_among_several_sets() {
    let text = "A_ACCESS_TOKEN=one\nB_ACCESS_TOKEN=two\n";
    let error = found(Source::Env, text).unwrap_err();
    assert_eq!(error, IntakeError::Prefixes { line: 2, first_line: 1 });
    let same = found(Source::Env, "A_ACCESS_TOKEN=one\nA_ACCESS_TOKEN=two\n").unwrap_err();
    assert_eq!(same, IntakeError::Twice { line: Some(2), field: Field::AccessToken });
    let choice = Choice { prefix: Prefix::parse("B_"), ..Choice::default() };
    let chosen = read(Source::Env, text.as_bytes(), &choice).unwrap();
    assert_eq!(chosen.access_token.unwrap().expose(), "two");
}

#[test]
fn tokens_of_other_services_are_never_taken_along() {
    let text = format!(
        "AZURE_CLIENT_ID={CLIENT_ID}\nAZURE_CLIENT_SECRET=EXA~mple\nGITHUB_ACCESS_TOKEN=gho_x\nSLACK_REFRESH_TOKEN=xoxe-1\n"
    );
    let error = found(Source::Env, &text).unwrap_err();
    assert_eq!(error, IntakeError::Prefixes { line: 3, first_line: 1 });
    assert!(error.what_to_do().contains("--prefix"));
    let choice = Choice { prefix: Prefix::parse("AZURE_"), ..Choice::default() };
    let chosen = read(Source::Env, text.as_bytes(), &choice).unwrap();
    assert_eq!(secrets(&chosen), ["EXA~mple", "", ""]);
    // What is empty is nobody's.
    let text = format!("AZURE_CLIENT_ID={CLIENT_ID}\nSLACK_REFRESH_TOKEN=\n");
    assert!(found(Source::Env, &text).is_ok());
}

#[test]
fn an_account_is_chosen_by_its_name() {
    let text = include_str!("accounts.yaml");
    assert!(matches!(found(Source::AccountsYaml, text), Err(IntakeError::Accounts(_))));
    let choice = Choice { account: AccountName::parse("Account 1"), ..Choice::default() };
    let chosen = read(Source::AccountsYaml, text.as_bytes(), &choice).unwrap_err();
    assert_eq!(
        chosen.to_string(),
        "line 20: the access token is no token: it has blanks or other characters in it"
    );
    let sane = text.replace("old: #access", "eyJ0OLD").replace("old.refresh.token", "~");
    let chosen = read(Source::AccountsYaml, sane.as_bytes(), &choice).unwrap();
    assert_eq!(secrets(&chosen), ["old-secret", "eyJ0OLD", ""]);
}

#[test]
fn disabled_variables_of_postman_are_left_out() {
    let text = json!({"name": "x", "values": [
        {"key": "clientId", "value": CLIENT_ID, "enabled": true},
        {"key": "access_token", "value": "old", "enabled": false},
        {"key": "access_token", "value": "new"},
        {"key": "other", "value": 5}]});
    let found = found(Source::Postman, &text.to_string()).unwrap();
    assert_eq!(found.access_token.unwrap().expose(), "new");
}

#[test]
fn what_brings_nothing_says_why() {
    let told = |source, text: &str| found(source, text).unwrap_err().to_string();
    assert_eq!(told(Source::TokenResponse, "{\"a\":1}"), "it holds no client ID, secret or token");
    assert_eq!(
        told(Source::TokenResponse, "{\n\"access_token\":\"TGSECRET\"\n\"b\"}"),
        "it is not JSON: line 3"
    );
    assert_eq!(told(Source::TokenResponse, "[]"), "it is JSON of another kind: an object is expected");
    assert_eq!(
        told(Source::TokenResponse, "{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS700082\"}"),
        "it is a refusal of the token endpoint, not a token response"
    );
    assert_eq!(told(Source::TokenResponse, "{\"client_id\":\"TGSECRET\"}"), "the client ID is not a GUID");
    assert_eq!(
        told(Source::Env, &format!("A=1\nCLIENT_SECRET={CLIENT_ID}\n")),
        "line 2: the client secret is the secret's ID, not its value"
    );
    assert_eq!(told(Source::Env, "TGSECRET\n"), "line 1: not an assignment");
    for line in ["ACCESS_TOKEN=\"$(cat token)\"\n", "REFRESH_TOKEN=$X\n"] {
        assert_eq!(told(Source::Env, line), "line 1: the value is computed by a shell");
    }
    let large = " ".repeat(LARGEST + 1);
    for source in Source::ALL {
        assert_eq!(found(source, &large).unwrap_err(), IntakeError::TooLarge);
    }
    assert_eq!(read(Source::Env, b"A=\xff", &Choice::default()).unwrap_err(), IntakeError::NotText);
}
