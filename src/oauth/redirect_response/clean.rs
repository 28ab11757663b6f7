//! From bytes off the clipboard to plain text (P1 to P4).

use super::Refusal;

/// Longest paste that is looked at, in bytes. A redirect of a work account has about 1,500.
pub(super) const MAX_BYTES: usize = 65_536;

/// Marks that a terminal puts around a paste (bracketed paste), and that leak when nobody takes them off.
const PASTE_BEGIN: &str = "\u{1b}[200~";
const PASTE_END: &str = "\u{1b}[201~";

/// Text without marks, hidden or control characters; lines end in LF, the ends are trimmed.
pub(super) fn clean(pasted: &[u8]) -> Result<String, Refusal> {
    if pasted.len() > MAX_BYTES {
        return Err(Refusal::TooLong);
    }
    let text = without_paste_marks(std::str::from_utf8(pasted).map_err(|_| Refusal::NotText)?);
    if text.chars().any(is_forbidden) {
        return Err(Refusal::ControlCharacters);
    }
    let text: String = text.chars().filter(|c| !is_invisible(*c)).map(plain_blank).collect();
    match text.replace("\r\n", "\n").replace('\r', "\n").replace("&amp;", "&").trim() {
        "" => Err(Refusal::Empty),
        text => Ok(text.to_owned()),
    }
}

fn without_paste_marks(text: &str) -> &str {
    let text = text.trim_matches(['\t', '\n', '\r', ' ']);
    let text = text.strip_prefix(PASTE_BEGIN).unwrap_or(text);
    text.strip_suffix(PASTE_END).unwrap_or(text)
}

/// Control characters (but TAB, LF, CR) and bidi controls.
pub(super) fn is_forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || is_bidi_control(c)
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Byte order mark, zero-width space, word joiner, soft hyphen: editors and chats slip them in.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}' | '\u{2060}' | '\u{ad}')
}

fn plain_blank(c: char) -> char {
    if c == '\u{a0}' { ' ' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paste_of_exactly_the_limit_is_read_and_one_byte_more_is_not() {
        assert!(clean(&vec![b'a'; MAX_BYTES]).is_ok());
        assert_eq!(clean(&vec![b'a'; MAX_BYTES + 1]), Err(Refusal::TooLong));
    }

    #[test]
    fn length_is_judged_before_the_encoding() {
        assert_eq!(clean(&vec![0xff; MAX_BYTES + 1]), Err(Refusal::TooLong));
        assert_eq!(clean(&[b'a', 0xff]), Err(Refusal::NotText));
    }

    #[test]
    fn one_pair_of_paste_marks_is_taken_off() {
        assert_eq!(clean(b"\x1b[200~a\x1b[201~").as_deref(), Ok("a"));
        assert_eq!(clean(b"\x1b[200~a").as_deref(), Ok("a"));
        assert_eq!(clean(b"a\x1b[201~\n").as_deref(), Ok("a"));
        assert_eq!(clean(b"\x1b[200~\x1b[200~a"), Err(Refusal::ControlCharacters));
        assert_eq!(clean(b"a\x1b[201~b"), Err(Refusal::ControlCharacters));
        assert_eq!(clean(b"\x1b[201~a"), Err(Refusal::ControlCharacters));
    }

    #[test]
    fn control_and_bidi_characters_are_refused_wherever_they_stand() {
        let controls = (0..0x20).chain(0x7f..0xa0).filter(|c| ![9, 10, 13].contains(c));
        let bidi = [0x61c, 0x200e, 0x200f].into_iter().chain(0x202a..=0x202e).chain(0x2066..=0x2069);
        for c in controls.chain(bidi).filter_map(char::from_u32) {
            assert_eq!(clean(format!("a{c}b").as_bytes()), Err(Refusal::ControlCharacters), "{:x}", c as u32);
        }
    }

    #[test]
    fn invisible_characters_vanish_and_blanks_become_plain() {
        assert_eq!(
            clean("\u{feff}a\u{200b}b\u{2060}c\u{ad}d\u{a0}e&amp;f\u{a0}".as_bytes()).as_deref(),
            Ok("abcd e&f")
        );
        assert_eq!(clean(b"a\tb\r\nc").as_deref(), Ok("a\tb\nc"));
    }

    #[test]
    fn nothing_visible_is_empty() {
        for nothing in ["", " ", "\r\n\t", "\u{feff}", "\u{a0}\u{200b}", "\u{1b}[200~ \u{1b}[201~"] {
            assert_eq!(clean(nothing.as_bytes()), Err(Refusal::Empty));
        }
    }
}
