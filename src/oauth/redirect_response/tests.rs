//! The rules one by one, beyond the cases of `tests/cases/redirect.json`.

use proptest::prelude::*;

use super::*;
use crate::domain::secret::Secret as _;

pub(super) const STATE: &str = "Qm3vX0p7s2kLr9TzWb1yHd5NfUe8aJcG";
pub(super) const CODE: &str = "1.AVcAfakeFAKE0.AgABBAIAAABlMNzVhAPU_fake-0123456789";
const ISSUER: &str = "https://login.microsoftonline.com/1111/v2.0";

/// What a paste comes to in one line: `code X`, `bare X`, `error X` or the refusal's reason.
fn came_to(pasted: impl AsRef<[u8]>, expectation: &Expectation<'_>) -> String {
    match read(pasted.as_ref(), expectation) {
        Ok(AuthorizationResponse::Code { code, state: StateCheck::Checked }) => {
            format!("code {}", code.expose())
        }
        Ok(AuthorizationResponse::Code { code, state: StateCheck::NotSent }) => {
            format!("bare {}", code.expose())
        }
        Ok(AuthorizationResponse::Error(error)) => format!("error {}", error.error.error.unsanitized()),
        Err(refusal) => refusal.reason().to_owned(),
    }
}

fn with_redirect(redirect: &str, pasted: &str) -> String {
    let redirect_uri = Url::parse(redirect).unwrap();
    came_to(
        pasted,
        &Expectation {
            redirect_uri: &redirect_uri,
            state: STATE,
            pkce: true,
            issuer: None,
            awaited: Awaited::Code,
        },
    )
}

fn pasting(pasted: &str) -> String {
    with_redirect("http://localhost:8400/", pasted)
}

fn pasting_with(pkce: bool, issuer: Option<&str>, pasted: &str) -> String {
    let redirect_uri = Url::parse("http://localhost:8400/").unwrap();
    came_to(
        pasted,
        &Expectation { redirect_uri: &redirect_uri, state: STATE, pkce, issuer, awaited: Awaited::Code },
    )
}

pub(super) fn good() -> String {
    format!("http://localhost:8400/?code={CODE}&state={STATE}")
}

fn good_code() -> String {
    format!("code {CODE}")
}

fn query(parameters: &str) -> String {
    pasting(&format!("http://localhost:8400/?{}", parameters.replace("OURS", STATE)))
}

#[test]
fn p1_length_is_limited() {
    let padded = |bytes: usize| format!("{}&x={}", good(), "A".repeat(bytes - good().len() - 3));
    assert_eq!(pasting(&padded(65_536)), good_code());
    assert_eq!(pasting(&padded(65_537)), "too_long");
}

/// Once took minutes: every bracket may begin an answer, and each was looked at for every other.
#[test]
fn p1_brackets_alone_are_read_in_no_time() {
    for tail in ["", "?code=a", "%3a%2f%2f", ":"] {
        assert!(!pasting(&format!("{}{tail}", "[".repeat(1_000))).starts_with("code"), "{tail}");
    }
}

#[test]
fn p1_long_chat_around_an_address_is_read() {
    let chat = "Bob: did you see https://aka.ms/entra-help yet?\nNo\n";
    assert_eq!(pasting(&format!("{}{}\n{}", chat.repeat(500), good(), chat.repeat(500))), good_code());
}

#[test]
fn p1_text_made_to_be_slow_is_given_up() {
    for slow in ["a\n", "a://b\n", "x(http://localhost:8400/?\n", "?a=b\n", "'a ", "&code="] {
        let reason = pasting(&slow.repeat(65_536 / slow.len()));
        assert!(!reason.starts_with("code"), "{slow:?}: {reason}");
    }
}

#[test]
fn p3_marks_of_a_paste_are_taken_off_and_other_escapes_refused() {
    assert_eq!(pasting(&format!("\u{1b}[200~{}\u{1b}[201~", good())), good_code());
    for bad in ['\u{1b}', '\u{7f}', '\u{9b}', '\u{202e}', '\u{2066}', '\u{0}'] {
        assert_eq!(pasting(&format!("{}{bad}", good())), "control_characters");
    }
}

#[test]
fn p4_hidden_characters_inside_an_address_do_no_harm() {
    let dotted = good().replace("code=1.", "co\u{200b}de=\u{feff}1\u{ad}.\u{2060}").replace('&', "&amp;");
    assert_eq!(pasting(&format!("\u{a0}{dotted}\u{a0}")), good_code());
}

#[test]
fn p5_address_is_found_inside_quotes_brackets_and_prose() {
    for (before, after) in [
        ("\"", "\""),
        ("'", "'"),
        ("`", "`"),
        ("<", ">"),
        ("(", ")"),
        ("[", "]"),
        ("see ", "."),
        ("see ", ", please"),
        ("see (", ")!"),
        ("(see ", ")."),
        ("see \u{201c}", "\u{201d}."),
        ("<a href=\"", "\">here</a>"),
        ("curl 'http", ""),
        ("<", "|sign in>"),
    ] {
        let pasted = match before.strip_suffix("http") {
            Some(before) => format!("{before}{}'", good()),
            None => format!("{before}{}{after}", good()),
        };
        assert_eq!(pasting(&pasted), good_code(), "{before} {after}");
    }
}

#[test]
fn p5_address_is_not_found_in_the_middle_of_a_word() {
    assert_eq!(pasting(&format!("x={}", good())), "no_code_found");
    assert_eq!(pasting(&format!("x:{}", good())), "wrong_redirect");
    assert_eq!(pasting(&format!("x{}", good())), "wrong_redirect");
}

#[test]
fn p5_last_character_is_not_punctuation_where_the_address_stands_alone() {
    let ends_in_mark = format!("http://localhost:8400/?state={STATE}&code=M.C507_BAY.2.U.abc!");
    assert_eq!(pasting(&ends_in_mark), "code M.C507_BAY.2.U.abc!");
    assert_eq!(pasting(&format!("'{ends_in_mark}'")), "code M.C507_BAY.2.U.abc!");
    assert_eq!(pasting(&format!("Wow: {ends_in_mark}")), "code M.C507_BAY.2.U.abc");
}

#[test]
fn p6_longest_join_that_passes_is_taken() {
    let code_last = format!("http://localhost:8400/?state={STATE}&code=abc\ndef\nghi jkl");
    assert_eq!(pasting(&code_last), "code abcdefghi");
    assert_eq!(pasting(&format!("{}\nThanks\nBob", good())), good_code());
    assert_eq!(pasting(&format!("{}\nhttps://aka.ms/help", good())), good_code());
    assert_eq!(pasting(&format!("http://localhost:8400/?state={STATE}&code=abc\n\ndef")), "code abc");
    assert_eq!(
        pasting(&format!("http://localhost:8400/?state={STATE}&code=abc\nhttps://aka.ms/x")),
        "code abc"
    );
}

#[test]
fn p7_answers_of_other_places_are_refused_even_beside_a_good_one() {
    for other in [
        "https://evil.example/?code=x",
        "http://localhost:8401/?error=x",
        "http://localhost:8401/#code=x",
        "http://localhost:8400/admin?code=x",
        "http://localhost:8400\\?code=x",
        "http://u@localhost:8400/?code=x",
        "evil.example/?code=x",
        "localhost:8401/?code=x",
        "/admin?code=x",
        "javascript:x?code=x",
        "https%3A%2F%2Fevil.example%2F%3Fcode%3Dx",
    ] {
        assert_eq!(pasting(&format!("{other} {}", good())), "wrong_redirect", "{other}");
        assert_eq!(pasting(&format!("{}\n({other})", good())), "wrong_redirect", "{other}");
        assert_eq!(pasting(&format!("{other}&state={STATE}")), "wrong_redirect", "{other}");
    }
}

#[test]
fn p7_other_addresses_without_an_answer_are_ignored() {
    for other in [
        "https://aka.ms/x",
        "http://localhost:8401/",
        "https://a.example/?q=code",
        "https://a.example/#error",
    ] {
        assert_eq!(pasting(&format!("{other} {}", good())), good_code(), "{other}");
        assert_eq!(pasting(other), "wrong_redirect", "{other}");
    }
}

#[test]
fn p7_scheme_may_be_missing_where_host_and_port_are_ours() {
    for redirect in ["http://localhost:8400/", "https://app.example/cb", "http://localhost/"] {
        let pasted = format!("{redirect}?code={CODE}&state={STATE}");
        let (_, bare) = pasted.split_once("://").unwrap();
        assert_eq!(with_redirect(redirect, bare), good_code());
        assert_eq!(with_redirect(redirect, &format!("Here: {bare}")), good_code());
        assert_eq!(with_redirect(redirect, &format!("//{bare}")), good_code());
    }
    assert_eq!(pasting(&good().replace("localhost", "[::1]").replace("http://", "")), good_code());
}

#[test]
fn p7_refusal_names_the_server_and_nothing_else() {
    let redirect_uri = Url::parse("http://localhost:8400/").unwrap();
    let expectation = Expectation {
        redirect_uri: &redirect_uri,
        state: STATE,
        pkce: true,
        issuer: None,
        awaited: Awaited::Code,
    };
    let refusal = read(b"http://u:p@localhost:8401/path?code=TGSECRET", &expectation).unwrap_err();
    assert_eq!(
        refusal.what_happened(),
        "This address belongs to http://localhost:8401, not to this sign-in (localhost:8400)."
    );
}

#[test]
fn p7_authorize_address_is_known_even_wrapped_and_gives_way_to_an_answer() {
    let authorize = format!(
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?client_id=x&\nresponse_type=code&state={STATE}"
    );
    assert_eq!(pasting(&authorize), "authorize_url");
    assert_eq!(pasting(&format!("{authorize}\n\n{}", good())), good_code());
    assert_eq!(pasting(&format!("{authorize}&code=x")), "wrong_redirect");
}

#[test]
fn p8_parameters_come_from_query_and_fragment_decoded_once() {
    assert_eq!(query("code=a#state=OURS"), "code a");
    assert_eq!(query("c%6Fde=a%252F&stat%65=OURS"), "code a%2F");
    assert_eq!(query("code=a+b&state=OURS"), "bad_code");
    assert_eq!(query("code=a%2Bb&state=OURS"), "code a+b");
}

#[test]
fn p9_nothing_that_decides_may_come_twice() {
    for twice in ["code=a&code=a&state=OURS", "code=a&state=OURS&state=OURS", "code=a&state=OURS#state=OURS"]
    {
        assert_eq!(query(twice), "duplicate_parameter", "{twice}");
    }
    assert_eq!(query("error=a&error=a&state=OURS"), "duplicate_parameter");
    assert_eq!(query("code=a&state=OURS&iss=x&iss=x"), "duplicate_parameter");
    assert_eq!(query("code=a&state=OURS&x=1&x=1"), "code a");
    assert_eq!(query("code=a&error=b&state=OURS"), "ambiguous_response");
    assert_eq!(query("code=a&state=OURS#error=b"), "ambiguous_response");
}

#[test]
fn p9_two_good_answers_must_be_one() {
    let other = good().replace("fakeFAKE", "otherOTHER");
    let error = format!("http://localhost:8400/?error=access_denied&state={STATE}");
    assert_eq!(pasting(&format!("{} {}", good(), good())), good_code());
    assert_eq!(pasting(&format!("{} {other}", good())), "multiple_responses");
    assert_eq!(pasting(&format!("{} {} {other}", good(), good())), "multiple_responses");
    assert_eq!(pasting(&format!("{other} {} {}", good(), good())), "multiple_responses");
    assert_eq!(pasting(&format!("{} {error}", good())), "multiple_responses");
}

#[test]
fn p10_bad_escapes_matter_only_where_they_are_used() {
    for bad in ["code=a%2&state=OURS", "code=a%zz&state=OURS", "code=a%ff&state=OURS", "code=a&state=OURS%"] {
        assert_eq!(query(bad), "bad_encoding", "{bad}");
    }
    assert_eq!(query("error=a&error_description=%&state=OURS"), "bad_encoding");
    assert_eq!(query("code=a&iss=%&state=OURS"), "bad_encoding");
    assert_eq!(query("code=a&state=OURS&x=%zz&error_description=%"), "code a");
}

#[test]
fn p11_state_must_be_there_and_exactly_ours() {
    for missing in ["code=a", "code=a&state=", "error=a", "error=a&state="] {
        assert_eq!(query(missing), "state_missing", "{missing}");
    }
    let lower = STATE.to_lowercase();
    for wrong in ["x", "OURSx", "xOURS", "OURS+", "%20OURS", &lower, &STATE[1..], &STATE[..STATE.len() - 1]] {
        assert_eq!(query(&format!("code=a&state={wrong}")), "state_mismatch", "{wrong}");
        assert_eq!(query(&format!("error=a&state={wrong}")), "state_mismatch", "{wrong}");
    }
}

#[test]
fn p12_issuer_is_compared_where_it_is_known() {
    let from = |issuer: &str| format!("{}{issuer}", good());
    assert_eq!(pasting_with(true, Some(ISSUER), &from(&format!("&iss={ISSUER}"))), good_code());
    assert_eq!(pasting_with(true, Some(ISSUER), &from("&iss=https://evil.example")), "issuer_mismatch");
    assert_eq!(pasting_with(true, Some(ISSUER), &from("&iss=")), "issuer_mismatch");
    assert_eq!(pasting_with(true, Some(ISSUER), &good()), "issuer_missing");
    assert_eq!(pasting_with(true, Some(ISSUER), CODE), "issuer_missing");
    assert_eq!(pasting_with(true, None, &from("&iss=https://any.example")), good_code());
    let error = format!("http://localhost:8400/?error=a&state={STATE}");
    assert_eq!(pasting_with(true, Some(ISSUER), &error), "issuer_missing");
}

#[test]
fn p13_error_carries_its_words_as_they_came() {
    let redirect_uri = Url::parse("http://localhost:8400/").unwrap();
    let expectation = Expectation {
        redirect_uri: &redirect_uri,
        state: STATE,
        pkce: true,
        issuer: None,
        awaited: Awaited::Code,
    };
    let pasted = format!(
        "?error=access_denied&error_subcode=cancel&error_description=AADSTS65004%3a+No.%0d%0aTrace+ID%3a+ab-1&state={STATE}"
    );
    let Ok(AuthorizationResponse::Error(AuthorizationError { error })) =
        read(pasted.as_bytes(), &expectation)
    else {
        panic!("not an error");
    };
    assert_eq!(error.codes, [65004]);
    assert_eq!(error.trace_id.as_deref(), Some("ab-1"));
    assert!(error.suberror.is_some_and(|suberror| suberror == "cancel"));
    assert_eq!(error.description, "AADSTS65004: No.\r\nTrace ID: ab-1");
}

#[test]
fn p14_code_is_printable_ascii_of_bounded_length() {
    let longest = "A".repeat(8_192);
    assert_eq!(query(&format!("code={longest}&state=OURS")), format!("code {longest}"));
    for bad in ["", "%20", "a%7f", "a%00", "%c3%a9", "\u{e9}", &format!("{longest}A")] {
        assert_eq!(query(&format!("code={bad}&state=OURS")), "bad_code", "{bad}");
    }
    assert_eq!(query("code=!~%21%7E&state=OURS"), "code !~!~");
}

#[test]
fn p15_answers_without_a_code_are_told_apart() {
    for token in ["access_token", "id_token"] {
        assert_eq!(query(&format!("{token}=x&state=OURS")), "implicit_response");
        assert_eq!(query(&format!("{token}=x&code=a&state=OURS")), "code a");
    }
    assert_eq!(query("admin_consent=True&tenant=x"), "admin_consent_response");
    assert_eq!(query("state=OURS"), "no_code_found");
    assert_eq!(query("state=wrong"), "no_code_found");
    assert_eq!(query("Code=a&state=OURS"), "no_code_found");
}

#[test]
fn p16_parameter_strings_follow_the_same_rules() {
    for lead in ["", "?", "#", "/?", "/#", "GET /?", "\"?", "session_state=x&", "code", "https://aka.ms/x "] {
        let lead = lead.strip_suffix("code").unwrap_or(lead);
        assert_eq!(pasting(&format!("{lead}code={CODE}&state={STATE}")), good_code(), "{lead}");
        assert_eq!(pasting(&format!("{lead}code={CODE}&state=x")), "state_mismatch", "{lead}");
        assert_eq!(pasting(&format!("{lead}code={CODE}")), "state_missing", "{lead}");
        assert_eq!(pasting(&format!("{lead}code=a&code=a&state={STATE}")), "duplicate_parameter", "{lead}");
    }
    assert_eq!(pasting(&format!("code={CODE}&sta\nte={STATE}")), good_code());
    assert_eq!(pasting(&format!("error=x&state={STATE}")), "error x");
    assert_eq!(pasting("#access_token=x&token_type=bearer"), "implicit_response");
}

#[test]
fn p16_selection_may_begin_in_the_middle_of_the_answer() {
    for lead in ["", "=", "e=", "de=", "ode="] {
        assert_eq!(pasting(&format!("{lead}{CODE}&state={STATE}#")), good_code(), "{lead}");
        assert_eq!(pasting(&format!("{lead}{CODE}&state=x")), "state_mismatch", "{lead}");
    }
    assert_eq!(pasting(&format!("fUe8&code={CODE}&state={STATE}")), good_code());
    assert_eq!(pasting(&format!("{CODE}\nxyz&state={STATE}\nThanks")), format!("code {CODE}xyz"));
    assert_eq!(pasting(&format!("{CODE}&session_state=x")), "state_missing");
}

#[test]
fn p17_bare_code_needs_pkce_length_and_no_blanks() {
    assert_eq!(pasting(CODE), format!("bare {CODE}"));
    assert_eq!(pasting(&format!("'{CODE}'")), format!("bare {CODE}"));
    assert_eq!(pasting_with(false, None, CODE), "state_missing");
    assert_eq!(pasting(&"a".repeat(20)), format!("bare {}", "a".repeat(20)));
    assert_eq!(pasting(&"a".repeat(19)), "no_code_found");
    assert_eq!(pasting(&format!("my {CODE}")), "no_code_found");
    assert_eq!(pasting(&"a".repeat(8_193)), "bad_code");
    assert_eq!(pasting("first\nsecond\nthird\nfourth\nfifth"), "no_code_found");
}

#[test]
fn p17_tokens_and_secrets_are_known_by_their_shape() {
    for token in
        ["eyJ0.eyJh.c2ln", "eyJ0.a.b.c.d", "Bearer eyJ0.eyJh.c2ln", "{\"access_token\":\"eyJ0.eyJh.c2ln\"}"]
    {
        assert_eq!(pasting(token), "looks_like_token");
        assert_eq!(pasting_with(false, None, token), "looks_like_token");
    }
    for secret in ["abc8Q~FakeFakeFakeFakeFakeFakeFakeFakeFa", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+/="]
    {
        assert_eq!(pasting(secret), "looks_like_secret");
        assert_eq!(pasting_with(false, None, secret), "looks_like_secret");
    }
}

#[test]
fn p18_only_a_missed_clipboard_costs_no_try() {
    assert!(!Refusal::Empty.counts_as_try());
    assert!(!Refusal::AuthorizeUrl.counts_as_try());
    for refusal in [Refusal::NoCodeFound, Refusal::StateMismatch, Refusal::TooLong, Refusal::LooksLikeSecret]
    {
        assert!(refusal.counts_as_try());
    }
}

fn wrapped(text: &str, width: usize, end: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(width).map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join(end)
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in any::<String>()) {
        came_to(&bytes, &Expectation { redirect_uri: &Url::parse("urn:a:b").unwrap(), state: "", pkce: true, issuer: None, awaited: Awaited::Code });
        pasting(&text);
    }

    #[test]
    fn no_odd_address_makes_it_panic(text in "[a?&=#:/%2('\\[\\]<\n .@\\\\é“]{0,60}", head in "(|http://localhost:8400|code=|eyJ)") {
        let outcome = pasting(&format!("{head}{text}"));
        prop_assert!(!outcome.starts_with("code"));
    }

    #[test]
    fn good_address_survives_wrapping_at_any_width_and_quotes(
        width in 1_usize..400,
        quotes in prop::sample::select(vec![("", ""), ("\"", "\""), ("'", "'"), ("<", ">"), ("(", ")"), ("[", "]"), ("`", "`")]),
        end in prop::sample::select(vec!["\n", "\r\n", "  \n   ", "\r"]),
    ) {
        let pasted = wrapped(&format!("{}{}{}", quotes.0, good(), quotes.1), width, end);
        prop_assert_eq!(pasting(&pasted), good_code());
    }

    #[test]
    fn good_address_survives_prose_around_it_wrapped_as_a_terminal_does(
        width in 8_usize..400,
        (before, after) in prop::sample::select(vec![
            ("", ""),
            ("", " - is that right?"),
            ("Hi, here it is: ", ", thanks"),
            ("I ended on (", ")."),
            ("Seen: https://aka.ms/x and ", "."),
            ("My notes (\"", "\"), sorry"),
        ]),
    ) {
        let pasted = wrapped(&format!("{before}{}{after}", good()), width, "\n");
        prop_assert_eq!(pasting(&pasted), good_code(), "{}", pasted);
    }

    #[test]
    fn whatever_state_was_altered_no_code_comes_out(at in 0..STATE.len(), by in "[a-zA-Z0-9]") {
        let mut state = STATE.to_owned();
        state.replace_range(at..=at, &by);
        prop_assume!(state != STATE);
        prop_assert_eq!(query(&format!("code=a&state={state}")), "state_mismatch");
    }
}
