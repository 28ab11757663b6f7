//! Text from outside made printable: the one door between other people's words and our screen, logs and files.
//!
//! Server error texts, claims, file names and pasted text come through here. What could move the cursor, reorder or
//! hide text never gets out; what was tampered with shows as U+FFFD.

use unicode_width::UnicodeWidthChar;

/// Stands for what was cut off.
const CUT: char = '…';

/// Stands for a character that has no business in a text.
const REPLACEMENT: char = '\u{fffd}';

/// Accents that may stand upon one another: more are a prank that paints over the lines above.
const MARKS_PER_BASE: usize = 2;

/// One printable line of at most `max_chars` characters. Line ends and tabs become a blank.
pub fn sanitize(text: &str, max_chars: usize) -> String {
    let mut printable = Printable::new(text);
    let line: String = printable.by_ref().take(max_chars).collect();
    let is_cut = printable.any(|c| c != ' ');
    cut_marked(line, is_cut, max_chars)
}

fn cut_marked(mut line: String, is_cut: bool, max_chars: usize) -> String {
    if is_cut && max_chars > 0 {
        line.pop();
        line.truncate(line.trim_end().len());
        line.push(CUT);
    }
    line.truncate(line.trim_end().len());
    line
}

/// The printable characters of a text, one after the other, so that a long text costs no more than what is shown.
struct Printable<'t> {
    characters: std::str::Chars<'t>,
    marks: usize,
    after_break: bool,
}

impl<'t> Printable<'t> {
    fn new(text: &'t str) -> Self {
        // What is left out anyway must not keep the blanks behind it. A lone mark would sit on the frame.
        let blank = |c: char| c.is_whitespace() || matches!(class(c), Class::Invisible | Class::Mark);
        Self { characters: text.trim_start_matches(blank).chars(), marks: MARKS_PER_BASE, after_break: false }
    }

    fn place(&mut self, c: char) -> Option<char> {
        let class = class(c);
        let is_repeated_break = matches!(class, Class::Break) && self.after_break;
        if !matches!(class, Class::Invisible) {
            self.after_break = matches!(class, Class::Break);
        }
        let (printable, marks) = match class {
            Class::Break if !is_repeated_break => (' ', MARKS_PER_BASE),
            Class::Forbidden => (REPLACEMENT, MARKS_PER_BASE),
            Class::Base => (c, if c == ' ' { MARKS_PER_BASE } else { 0 }),
            Class::Mark if self.marks < MARKS_PER_BASE => (c, self.marks + 1),
            Class::Break | Class::Invisible | Class::Mark => return None,
        };
        self.marks = marks;
        Some(printable)
    }
}

impl Iterator for Printable<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        loop {
            let c = self.characters.next()?;
            if let Some(printable) = self.place(c) {
                return Some(printable);
            }
        }
    }
}

enum Class {
    /// Ends or tabulates a line.
    Break,
    /// Shown as U+FFFD: controls, private use, not characters at all.
    Forbidden,
    /// Left out: takes no room and changes how its neighbours look.
    Invisible,
    /// Stands on the character before it.
    Mark,
    Base,
}

fn class(c: char) -> Class {
    match c {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Class::Break,
        c if c.is_control() || is_private_or_special(c) => Class::Forbidden,
        c if is_invisible(c) => Class::Invisible,
        c if c.width() == Some(0) => Class::Mark,
        _ => Class::Base,
    }
}

/// Private use, noncharacters, object replacement.
fn is_private_or_special(c: char) -> bool {
    let private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
    let noncharacter = matches!(c, '\u{fdd0}'..='\u{fdef}') || (c as u32) & 0xfffe == 0xfffe;
    private || noncharacter || c == '\u{fffc}'
}

/// Bidi controls, zero-width characters and what else Unicode calls default-ignorable (DerivedCoreProperties).
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Longest echo of a refused paste, in characters.
const ECHO_CHARACTERS: usize = 40;

/// Stands for a value that could be a credential; its length tells nothing.
const MASK: &str = "●●●";

/// Words of this length or more are taken for credentials.
const LONGEST_PLAIN_WORD: usize = 11;

/// Words that mix letters and digits are taken for credentials, or pieces of one, from this length on.
const LONGEST_MIXED_WORD: usize = 5;

/// Names that may be shown: parameters of the authorization response and request.
const PARAMETER_NAMES: [&str; 24] = [
    "access_token",
    "admin_consent",
    "client_id",
    "client_info",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "error",
    "error_description",
    "error_subcode",
    "error_uri",
    "expires_in",
    "id_token",
    "iss",
    "redirect_uri",
    "refresh_token",
    "response_mode",
    "response_type",
    "scope",
    "session_state",
    "state",
    "tenant",
    "token_type",
];

/// What a refused paste looked like, in at most 40 characters, with every value masked.
pub fn masked_echo(text: &str) -> String {
    // Masking only ever shortens a word beyond 40 characters, so a few thousand hold all that can be shown; a word
    // that is cut there is long enough to be masked.
    let line = sanitize(text, 4_096);
    let masked: Vec<String> = line.split_whitespace().map(masked_word).collect();
    sanitize(&masked.join(" "), ECHO_CHARACTERS)
}

fn masked_word(word: &str) -> String {
    if let Some((scheme, rest)) = word.split_once("://") {
        let (server, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if is_scheme(scheme) && is_server(server) {
            return format!("{scheme}://{server}{}", masked_pieces(rest));
        }
    }
    masked_pieces(word)
}

/// Path and parameters: names stay, values go, and so does every piece that is not short.
fn masked_pieces(text: &str) -> String {
    let parameters_from = match text.find(['?', '#']) {
        Some(at) => at,
        None if has_known_name(text) => 0,
        None => text.len(),
    };
    let (path, parameters) = text.split_at(parameters_from);
    let is_separator = |c| matches!(c, '?' | '#' | '&');
    let mut masked = masked_piece(path);
    for piece in parameters.split_inclusive(is_separator) {
        let (inner, separator) = piece.split_at(piece.trim_end_matches(is_separator).len());
        masked.push_str(&masked_parameter(inner));
        masked.push_str(separator);
    }
    masked
}

fn has_known_name(piece: &str) -> bool {
    piece.split_once('=').is_some_and(|(name, _)| PARAMETER_NAMES.contains(&name))
}

fn masked_parameter(piece: &str) -> String {
    match piece.split_once('=') {
        Some((name, _)) if PARAMETER_NAMES.contains(&name) => format!("{name}={MASK}"),
        None if piece.is_empty() || PARAMETER_NAMES.contains(&piece) => piece.to_owned(),
        _ => MASK.to_owned(),
    }
}

fn masked_piece(piece: &str) -> String {
    let length = piece.chars().count();
    let is_mixed =
        piece.contains(|c: char| c.is_ascii_digit()) && piece.contains(|c: char| c.is_alphabetic());
    let is_plain =
        !piece.contains('=') && length <= if is_mixed { LONGEST_MIXED_WORD } else { LONGEST_PLAIN_WORD };
    if is_plain || PARAMETER_NAMES.contains(&piece) { piece.to_owned() } else { MASK.to_owned() }
}

fn is_scheme(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "http" | "https" | "file")
}

/// Host and port as people read them: no user, no label long enough to be a credential.
fn is_server(text: &str) -> bool {
    let plain =
        text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    plain && text.len() <= 60 && text.split('.').all(|label| label.len() <= 24)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn line_ends_and_tabs_become_one_blank() {
        assert_eq!(sanitize("a\r\nb\tc\n\n\td", 99), "a b c d");
        assert_eq!(sanitize("a\u{2028}b\u{2029}c", 99), "a b c");
    }

    #[test]
    fn control_characters_show_as_replacement() {
        for c in (0..0x20).chain(0x7f..0xa0).filter(|c| ![9, 10, 13].contains(c)).filter_map(char::from_u32) {
            assert_eq!(sanitize(&format!("a{c}b"), 99), "a\u{fffd}b");
        }
        assert_eq!(sanitize("x\u{1b}]52;c;ZQ==\u{7}", 99), "x\u{fffd}]52;c;ZQ==\u{fffd}");
    }

    #[test]
    fn bidi_zero_width_and_ignorable_characters_vanish() {
        let bidi = (0x202a..=0x202e).chain(0x2066..=0x2069).chain([0x200e, 0x200f, 0x61c]);
        let hidden = [0x200b, 0x200c, 0x200d, 0x2060, 0xfeff, 0xad, 0x34f, 0x180e, 0x3164, 0xfe0f, 0xe0041];
        for c in bidi.chain(hidden).filter_map(char::from_u32) {
            assert_eq!(sanitize(&format!("a{c}b"), 99), "ab", "{:x}", c as u32);
        }
    }

    #[test]
    fn private_use_and_noncharacters_show_as_replacement() {
        for c in
            ['\u{e000}', '\u{f8ff}', '\u{fdd0}', '\u{fffe}', '\u{ffff}', '\u{1ffff}', '\u{f0000}', '\u{fffc}']
        {
            assert_eq!(sanitize(&format!("a{c}b"), 99), "a\u{fffd}b", "{:x}", c as u32);
        }
    }

    #[test]
    fn two_marks_may_stand_on_a_letter_and_none_on_nothing() {
        assert_eq!(sanitize("a\u{301}\u{302}\u{303}\u{304}b", 99), "a\u{301}\u{302}b");
        assert_eq!(sanitize("\u{301}a \u{301}b", 99), "a b");
    }

    #[test]
    fn letters_of_any_script_stay() {
        for text in ["Zürich", "日本語", "Ελληνικά", "שלום", "한국어", "🙂 ok"] {
            assert_eq!(sanitize(text, 99), text);
        }
    }

    #[test]
    fn no_line_begins_with_a_blank() {
        for text in [" a", "\u{202e} a", "\u{200b}\n\u{301}\ta", "\u{3000}a"] {
            assert_eq!(sanitize(text, 99), "a", "{text:?}");
        }
    }

    #[test]
    fn cut_is_marked_and_counts() {
        assert_eq!(sanitize("abcdef", 6), "abcdef");
        assert_eq!(sanitize("abcdefg", 6), "abcde…");
        assert_eq!(sanitize("abcdef   \n", 6), "abcdef");
        assert_eq!(sanitize("abcd efg", 6), "abcd…");
        assert_eq!(sanitize("abc", 1), "…");
        assert_eq!(sanitize("abc", 0), "");
    }

    #[test]
    fn echo_keeps_the_server_and_the_names_of_parameters() {
        assert_eq!(
            masked_echo("http://localhost:8401/?code=abc&state=d"),
            "http://localhost:8401/?code=●●●&state=●…"
        );
        assert_eq!(masked_echo("http://localhost/?code=abc&state=d"), "http://localhost/?code=●●●&state=●●●");
        assert_eq!(masked_echo("?error=x&foo=bar"), "?error=●●●&●●●");
        assert_eq!(masked_echo("I do not know what to paste"), "I do not know what to paste");
    }

    #[test]
    fn echo_masks_whatever_could_be_a_credential() {
        for secret in [
            "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJmYWtlIn0.c2ln",
            "Ab18Q~xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "abcdefghijkl",
            "aB3/dE5/gH7/jK9/",
            "M.C507_BAY.2.U.x!AbC*$$",
            "x@y@z@x@y@z@x@y",
            "1.AVcAfake",
        ] {
            for text in
                [secret.to_owned(), format!("it is {secret} ok"), format!("http://a.example/{secret}/x")]
            {
                assert!(!masked_echo(&text).contains(secret), "{text}: {}", masked_echo(&text));
            }
            assert!(!masked_echo(&format!("http://{secret}@evil.example/")).contains(secret));
        }
    }

    proptest! {
        #[test]
        fn nothing_that_moves_or_hides_text_gets_out(text in any::<String>(), max in 0_usize..60) {
            let line = sanitize(&text, max);
            prop_assert!(line.chars().count() <= max);
            prop_assert!(line.chars().all(|c| !c.is_control() && !is_invisible(c) && !is_private_or_special(c)));
            prop_assert!(masked_echo(&text).chars().count() <= ECHO_CHARACTERS);
        }

        #[test]
        fn echo_never_holds_a_long_run(secret in "[A-Za-z0-9._~!*$+/=%-]{12,80}", name in "code|state|x") {
            for text in [secret.clone(), format!("?{name}={secret}"), format!("http://localhost:8400/?{name}={secret}")] {
                prop_assert!(!masked_echo(&text).contains(&secret[..12]), "{}", masked_echo(&text));
            }
        }
    }
}
