//! Pastes that hold no address and no whole parameter string: the tail of one, a bare code, or something else that
//! was never meant for us (P16, P17).

use super::answer::{answer, authorization_code, check_issuer};
use super::parameters::{Parameters, Plus, decode};
use super::{Address, Awaited, Expectation, Refusal, Reply, StateCheck};

/// Shortest text that passes for a code; the user code of a device sign-in has nine characters.
const SHORTEST_CODE: usize = 20;

/// What the selection may have left of `code=` in front of the code.
const REMAINS_OF_NAME: [&str; 4] = ["ode=", "de=", "e=", "="];

/// An answer selected from the middle, behind `code=`; nothing if the text has another shape.
pub(super) fn tail_of_answer(text: &str, expectation: &Expectation<'_>) -> Option<Result<Reply, Refusal>> {
    let (text, fragment) =
        text.split_once('#').map_or((text, None), |(text, fragment)| (text, Some(fragment)));
    let (first, rest) = text.split_once('&')?;
    let rest = Parameters::of(&Address { base: "", query: Some(rest), fragment });
    if first.contains('?') || !rest.has_known_name() {
        return None;
    }
    if rest.is_answer() {
        return Some(answer(&rest, expectation));
    }
    let code = REMAINS_OF_NAME.into_iter().find_map(|name| first.strip_prefix(name)).unwrap_or(first);
    Some(answer(&Parameters::of_code_and_rest(code, rest), expectation))
}

/// The last guess: a token, a secret, a code without anything around it.
pub(super) fn bare(text: &str, expectation: &Expectation<'_>) -> Result<Reply, Refusal> {
    if text.split(is_boundary).any(is_token) {
        return Err(Refusal::LooksLikeToken);
    }
    let text = unwrapped(unquoted(text)).ok_or(Refusal::NoCodeFound)?;
    if is_client_secret(&text) {
        return Err(Refusal::LooksLikeSecret);
    }
    if expectation.awaited == Awaited::AdminConsent {
        return Err(Refusal::NoAdminConsentFound);
    }
    if text.chars().count() < SHORTEST_CODE || !could_be_code(&text) {
        return Err(Refusal::NoCodeFound);
    }
    if !expectation.pkce {
        // Without PKCE nothing but `state` ties the code to this attempt (RFC 9700 §4.7).
        return Err(Refusal::StateMissing);
    }
    let code = decode(&text, Plus::IsBlank).ok_or(Refusal::BadEncoding("code"))?;
    check_issuer(None, expectation.issuer)?;
    authorization_code(code, StateCheck::NotSent)
}

fn is_boundary(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | ',' | '=' | '&' | '(' | ')')
}

/// A JWT in compact form, signed (three parts) or encrypted (five): its header always begins with `{"`.
fn is_token(word: &str) -> bool {
    let parts = word.split('.').count();
    let characters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    word.starts_with("eyJ") && matches!(parts, 3 | 5) && word.chars().all(characters)
}

/// Secrets that the portal makes have a tilde, which codes never have; older ones are 32 bytes in base64.
fn is_client_secret(text: &str) -> bool {
    let today = (16..=64).contains(&text.len())
        && text.contains('~')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'~' | b'.' | b'-' | b'_'));
    let older = text.len() == 44
        && text.ends_with('=')
        && text[..43].bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    today || older
}

/// Addresses, parameters and markup are no codes, however long.
fn could_be_code(text: &str) -> bool {
    !text.contains("://") && !text.contains(['&', '"', '<', '>', '{', '}'])
}

fn unquoted(text: &str) -> &str {
    let quotes = ['"', '\'', '`'];
    let inner = |quote| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    quotes.into_iter().find_map(inner).unwrap_or(text).trim()
}

/// The text in one piece. Lines are joined only where a terminal has cut them, all at one column: a list of words is
/// no code.
fn unwrapped(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let (last, full) = lines.split_last()?;
    let width = full.first().map_or(0, |line| line.len());
    let cut_at_one_column =
        full.iter().all(|line| line.len() == width) && (full.is_empty() || last.len() <= width);
    let wide_enough = full.is_empty() || width >= SHORTEST_CODE;
    let in_one_piece = lines.iter().all(|line| !line.contains(char::is_whitespace));
    (cut_at_one_column && wide_enough && in_one_piece).then(|| lines.concat())
}
